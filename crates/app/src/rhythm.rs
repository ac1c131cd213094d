//! The rhythm of a citizen's learning, and what is said of it: thanks and encouragement, never a reproach.

use densach_domain::explain::Words;
use densach_domain::id::CitizenId;
use densach_domain::rhythm::{self, Rhythm};
use densach_domain::{Code, Day, Problem, policy};

use crate::{Context, Result};

/// A year, and the week that runs.
pub const MOST_WEEKS: i32 = 53;

/// A citizen's weeks, the newest `weeks` of them. Rows and sums are of all time.
pub async fn of_citizen(cx: &Context, citizen: CitizenId, weeks: i32) -> Result<Rhythm> {
    policy::acts_for(&cx.actor, citizen)?;
    if !(1..=MOST_WEEKS).contains(&weeks) {
        return Err(vec![Problem::new(Code::OutOfRange, "weeks").detail(format!("1–{MOST_WEEKS}"))].into());
    }
    let today = cx.now().learning_day();
    let rows = cx.store.study_days(citizen, Day::FIRST, today).await?;
    let days = rows.iter().map(|row| (row.day, row.seconds));
    Ok(rhythm::rhythm(days, today, weeks, &cx.policy().rhythm))
}

/// What a citizen, or somebody of the household, reads beside the weeks; without a pronoun, so that it suits every age.
/// A pause is never counted against anybody.
pub fn words(rhythm: &Rhythm) -> Words {
    let running = rhythm.weeks.last();
    let days = running.map_or(0, |week| week.learning_days);
    let is_week_of_learning = running.is_some_and(|week| week.is_week_of_learning);
    let (weeks, in_all) = (rhythm.current_weeks, rhythm.learning_days_in_all);
    let (vi, en) = if is_week_of_learning && weeks > 1 {
        (
            format!("Tuần này đã học {days} ngày, và đã giữ được nếp học {weeks} tuần liền. Thật quý!"),
            format!(
                "{} of learning this week, and {weeks} weeks of learning in a row. Well done!",
                counted(days)
            ),
        )
    } else if days > 0 {
        (
            format!("Tuần này đã học {days} ngày. Cứ thong thả, mỗi tuần vài buổi là quý."),
            format!(
                "{} of learning this week. Take your time: a few sittings a week are worth a lot.",
                counted(days)
            ),
        )
    } else if weeks > 1 {
        (
            format!("Đã giữ được nếp học {weeks} tuần liền. Tuần này lúc nào tiện, mời học tiếp."),
            format!("You have {weeks} weeks of learning in a row. Go on this week whenever it suits you."),
        )
    } else if in_all > 0 {
        (
            format!("Đã có {in_all} ngày học, ngày nào cũng còn đó. Khi nào tiện, mời học tiếp."),
            format!(
                "You have {} of learning, and nothing of it is lost. Go on whenever it suits you.",
                counted(in_all)
            ),
        )
    } else {
        (
            "Lúc nào rảnh, mời mở một bài ngắn. Mỗi lần một ít là đủ.".to_owned(),
            "Whenever you have a moment, open a short lesson. A little at a time is enough.".to_owned(),
        )
    };
    Words { vi, en }
}

fn counted(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

#[cfg(test)]
mod tests {
    use densach_domain::rhythm::Week;

    use super::*;

    /// Learning days of the running week and whether they make a week of learning; weeks in a row; learning days ever.
    fn check((days, is_week_of_learning): (i64, bool), weeks: i64, in_all: i64, vi: &str, en: &str) {
        let first_day = Day::from_number(4);
        let week = Week { first_day, learning_days: days, seconds: days * 600, is_week_of_learning };
        let rhythm = Rhythm {
            weeks: vec![week],
            current_weeks: weeks,
            longest_weeks: weeks,
            learning_days_in_all: in_all,
        };
        assert_eq!(words(&rhythm), Words { vi: vi.to_owned(), en: en.to_owned() });
    }

    #[test]
    fn what_a_citizen_reads() {
        check(
            (2, true),
            1,
            2,
            "Tuần này đã học 2 ngày. Cứ thong thả, mỗi tuần vài buổi là quý.",
            "2 days of learning this week. Take your time: a few sittings a week are worth a lot.",
        );
        check(
            (1, false),
            3,
            9,
            "Tuần này đã học 1 ngày. Cứ thong thả, mỗi tuần vài buổi là quý.",
            "1 day of learning this week. Take your time: a few sittings a week are worth a lot.",
        );
        check(
            (3, true),
            22,
            60,
            "Tuần này đã học 3 ngày, và đã giữ được nếp học 22 tuần liền. Thật quý!",
            "3 days of learning this week, and 22 weeks of learning in a row. Well done!",
        );
        check(
            (0, false),
            4,
            12,
            "Đã giữ được nếp học 4 tuần liền. Tuần này lúc nào tiện, mời học tiếp.",
            "You have 4 weeks of learning in a row. Go on this week whenever it suits you.",
        );
    }

    #[test]
    fn a_pause_is_no_reproach() {
        check(
            (0, false),
            0,
            31,
            "Đã có 31 ngày học, ngày nào cũng còn đó. Khi nào tiện, mời học tiếp.",
            "You have 31 days of learning, and nothing of it is lost. Go on whenever it suits you.",
        );
        check(
            (0, false),
            0,
            0,
            "Lúc nào rảnh, mời mở một bài ngắn. Mỗi lần một ít là đủ.",
            "Whenever you have a moment, open a short lesson. A little at a time is enough.",
        );
    }
}
