//! The numbers behind a reason: what the policy that judged a line allows.

use super::{Words, duration};
use crate::credit::{CreditPolicy, Facts, Reader};
use crate::evidence::{Reason, Source, Trust};

/// What the rule allows, with its numbers; none for reasons that have no numbers. `trust`: how the line is known.
pub fn rule(
    reason: Reason,
    source: Source,
    trust: Trust,
    facts: Option<&Facts>,
    policy: &CreditPolicy,
) -> Option<Words> {
    match reason {
        Reason::Idle => idle(source, policy),
        Reason::TooFast => Some(percent(
            "Tốc độ nhanh nhất được tính là {}% tốc độ thường.",
            "The fastest pace that counts is {}% of the normal one.",
            policy.playing.fastest_rate_percent,
        )),
        Reason::LongerThanContent => Some(longest(source, facts, policy)),
        Reason::Repeated => repeated(source, policy),
        Reason::DayCap => Some(day_cap(trust, policy)),
        Reason::Malformed
        | Reason::UnknownWork
        | Reason::SequenceReused
        | Reason::UnknownCitizen
        | Reason::NotOrganiser
        | Reason::TooShort
        | Reason::BeforeDevice
        | Reason::ClockFast
        | Reason::NoFocus
        | Reason::Overlap
        | Reason::ClockUncertain
        | Reason::Reversed => None,
    }
}

fn percent(vi: &str, en: &str, number: i64) -> Words {
    Words::fill(vi, en, &Words::new(number.to_string(), number.to_string()))
}

fn idle(source: Source, policy: &CreditPolicy) -> Option<Words> {
    let gap_seconds = match source {
        Source::Reading => policy.reading.idle_gap_seconds,
        Source::Quiz => policy.quiz.idle_gap_seconds,
        Source::Video | Source::Audio | Source::Class | Source::Event | Source::Book | Source::Radio => {
            return None;
        }
    };
    Some(Words::fill(
        "Để yên màn hình tới {} vẫn được tính; chỉ phần lâu hơn bị trừ.",
        "Leaving the screen alone for up to {} still counts; only what is longer is taken off.",
        &duration(gap_seconds),
    ))
}

fn longest(source: Source, facts: Option<&Facts>, policy: &CreditPolicy) -> Words {
    match source {
        Source::Video | Source::Audio => percent(
            "Xem hoặc nghe chậm tới {}% tốc độ thường vẫn được tính đủ.",
            "Playing as slowly as {}% of the normal pace still counts in full.",
            policy.playing.slowest_rate_percent,
        ),
        Source::Reading => reading(facts, policy),
        Source::Quiz => Words::fill(
            "Mỗi câu hỏi được tính nhiều nhất {}.",
            "Each question counts for at most {}.",
            &duration(policy.quiz.seconds_per_question),
        ),
        Source::Class | Source::Event => Words::fill(
            "Một buổi được tính nhiều nhất {}.",
            "One meeting counts for at most {}.",
            &duration(policy.attested.most_seconds),
        ),
        Source::Book | Source::Radio => Words::fill(
            "Một lần khai được tính nhiều nhất {}.",
            "One claim counts for at most {}.",
            &duration(policy.claimed.most_seconds),
        ),
    }
}

fn reading(facts: Option<&Facts>, policy: &CreditPolicy) -> Words {
    let reader = facts.map_or(Reader::Ordinary, |facts| facts.reader);
    let pace = match reader {
        Reader::Ordinary => policy.reading.words_per_minute,
        Reader::Elder => policy.reading.elder_words_per_minute,
    };
    let times = policy.reading.times_a_day;
    let (length_vi, length_en) = facts.map_or_else(Default::default, |facts| {
        let count = facts.word_count;
        (format!("Cả bài có {count} chữ. "), format!("The whole text has {count} words. "))
    });
    Words::new(
        format!("{length_vi}Mỗi phút đọc {pace} chữ là đã thong thả; mỗi ngày tính tới {times} lượt đọc."),
        format!("{length_en}At an easy {pace} words a minute, up to {times} readings count each day."),
    )
}

fn repeated(source: Source, policy: &CreditPolicy) -> Option<Words> {
    let a_day = match source {
        Source::Video | Source::Audio => policy.playing.times_a_day,
        Source::Reading => policy.reading.times_a_day,
        Source::Quiz => {
            let most = policy.quiz.most_questions;
            return Some(percent(
                "Mỗi ngày tính nhiều nhất {} câu hỏi của một bài.",
                "At most {} questions of one work count each day.",
                most,
            ));
        }
        Source::Class | Source::Event | Source::Book | Source::Radio => return None,
    };
    let ever = policy.caps.work_times;
    Some(Words::new(
        format!("Cùng một nội dung được tính {a_day} lượt mỗi ngày; cả bài được tính nhiều nhất {ever} lần."),
        format!("The same content counts {a_day} times a day; the whole work counts at most {ever} times."),
    ))
}

fn day_cap(trust: Trust, policy: &CreditPolicy) -> Words {
    let all = duration(policy.caps.day_seconds);
    let claimed = duration(policy.claimed.day_seconds);
    match trust {
        Trust::Measured | Trust::Attested => {
            Words::fill("Một ngày được tính nhiều nhất {}.", "One day counts for at most {}.", &all)
        }
        Trust::Claimed => Words::new(
            format!(
                "Một ngày được tính nhiều nhất {}, riêng phần tự khai nhiều nhất {}.",
                all.vi, claimed.vi
            ),
            format!(
                "One day counts for at most {}, and what is only claimed for at most {}.",
                all.en, claimed.en
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    fn policy() -> CreditPolicy {
        CreditPolicy::parse(include_str!("../../../../data/policies/credit-2.toml")).unwrap()
    }

    #[test]
    fn every_rule_says_the_same_numbers_in_both_languages() {
        let facts = Facts { word_count: 300, duration_ms: None, reader: Reader::Elder };
        for reason in Reason::ALL {
            for source in Source::ALL {
                for trust in Trust::ALL {
                    let known = rule(reason, source, trust, Some(&facts), &policy());
                    let unknown = rule(reason, source, trust, None, &policy());
                    known.iter().chain(&unknown).for_each(check);
                    assert_eq!(known.is_some(), unknown.is_some());
                }
            }
        }
    }

    #[test]
    fn the_pace_of_the_reader_is_said() {
        let facts = Facts { word_count: 300, duration_ms: None, reader: Reader::Elder };
        let said = rule(Reason::LongerThanContent, Source::Reading, Trust::Measured, Some(&facts), &policy());
        assert_eq!(
            said.unwrap().vi,
            "Cả bài có 300 chữ. Mỗi phút đọc 40 chữ là đã thong thả; mỗi ngày tính tới 2 lượt đọc."
        );
        let said = rule(Reason::DayCap, Source::Book, Trust::Claimed, None, &policy()).unwrap();
        assert_eq!(said.vi, "Một ngày được tính nhiều nhất 12 giờ, riêng phần tự khai nhiều nhất 4 giờ.");
    }
}
