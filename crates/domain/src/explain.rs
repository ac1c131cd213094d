//! Why hours are what they are, in words: the same sentence in Vietnamese and in English, with the same numbers. A
//! grandmother, a pupil and an officer read the same line, so the sentences do without a pronoun.

use crate::credit::Deed;
use crate::device_clock::Basis;
use crate::evidence::{Reason, Standing, Trust};

mod part;
mod rule;

pub use part::{Fate, Part, parts};
pub use rule::rule;

/// A sentence, or a few, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub vi: String,
    pub en: String,
}

impl Words {
    fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }

    /// `{}` in both texts becomes what is filled in, in the language of each.
    fn fill(vi: &str, en: &str, filled: &Self) -> Self {
        Self::new(vi.replace("{}", &filled.vi), en.replace("{}", &filled.en))
    }

    /// The next sentence behind this one.
    #[must_use]
    pub fn then(mut self, next: Option<Self>) -> Self {
        if let Some(next) = next {
            for (text, more) in [(&mut self.vi, next.vi), (&mut self.en, next.en)] {
                text.push(' ');
                text.push_str(&more);
            }
        }
        self
    }
}

/// A length of time as people say it: `4 phút 20 giây`.
pub fn duration(seconds: i64) -> Words {
    let seconds = seconds.max(0);
    let units = [
        (seconds / 3600, "giờ", "hour"),
        (seconds / 60 % 60, "phút", "minute"),
        (seconds % 60, "giây", "second"),
    ];
    let said: Vec<Words> = units
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, vi, en)| count(number, vi, en))
        .collect();
    let join = |text: fn(&Words) -> &str| said.iter().map(text).collect::<Vec<_>>().join(" ");
    if said.is_empty() {
        count(0, "giây", "second")
    } else {
        Words::new(join(|words| &words.vi), join(|words| &words.en))
    }
}

fn count(number: i64, vi: &str, en: &str) -> Words {
    let plural = if number == 1 { "" } else { "s" };
    Words::new(format!("{number} {vi}"), format!("{number} {en}{plural}"))
}

/// A length of time in one unit, rounded: nobody is helped by the seconds of a doubt.
fn about(seconds: i64) -> Words {
    let rounded = |unit: i64| ((seconds + unit / 2) / unit).max(1);
    if seconds < 3600 {
        count(rounded(60), "phút", "minute")
    } else if seconds < 48 * 3600 {
        count(rounded(3600), "giờ", "hour")
    } else {
        count(rounded(86_400), "ngày", "day")
    }
}

/// Why seconds do not count.
pub fn clipped(reason: Reason, seconds: i64) -> Words {
    let (vi, en) = why(reason);
    Words::fill(
        &format!("{{}} không được tính: {vi}."),
        &format!("{{}} not counted: {en}."),
        &duration(seconds),
    )
}

const fn why(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Malformed => {
            ("dữ liệu máy gửi lên chưa đúng mẫu", "what the device sent was not well formed")
        }
        Reason::UnknownWork => ("không tìm thấy bài học này", "this lesson was not found"),
        Reason::SequenceReused => (
            "số thứ tự này đã được máy dùng cho một buổi học khác",
            "the device had used this number for something else",
        ),
        Reason::UnknownCitizen => (
            "chưa rõ ai là người học, hoặc thẻ không còn dùng được",
            "it is not clear who studied, or the card is not valid any more",
        ),
        Reason::NotOrganiser => (
            "lớp học và buổi sinh hoạt phải do người tổ chức xác nhận",
            "classes and events are attested by their organiser",
        ),
        Reason::TooShort => ("ngắn hơn một giây", "shorter than a second"),
        Reason::BeforeDevice => (
            "những phút này nằm trước lúc máy này có thể ghi lại việc học",
            "these minutes lie before this device could have recorded any study",
        ),
        Reason::ClockFast => (
            "đồng hồ trong máy chạy nhanh hơn thời gian thật",
            "the device's clock ran faster than time itself",
        ),
        Reason::NoFocus => (
            "lúc đó bài học không hiện trên màn hình và cũng không phát tiếng",
            "the lesson was neither on the screen nor heard",
        ),
        Reason::Idle => (
            "màn hình để yên lâu, không có ai chạm vào",
            "the screen was left alone for long, and nobody touched it",
        ),
        Reason::TooFast => (
            "đoạn này được tua qua, nhanh hơn mức có thể theo dõi",
            "this part was skipped through faster than anybody can follow",
        ),
        Reason::Overlap => (
            "những phút này đã được tính cho một việc học khác, trên máy khác hoặc cùng lúc",
            "these minutes already count for other study, on another device or at the same time",
        ),
        Reason::ClockUncertain => (
            "giờ trong các máy chưa đủ rõ, nên đây có thể là những phút đã tính ở máy khác",
            "the clocks do not tell well enough, so these may be minutes that already count on another device",
        ),
        Reason::LongerThanContent => (
            "lâu hơn thời gian mà nội dung này cần, kể cả khi học thong thả",
            "longer than this content takes, even at a slow and easy pace",
        ),
        Reason::Repeated => {
            ("phần này đã được học đủ số lượt được tính", "this part had been studied as often as it counts")
        }
        Reason::DayCap => (
            "ngày hôm đó đã tính đủ mức cao nhất của một ngày",
            "that day had reached the most that counts in one day",
        ),
        Reason::Reversed => {
            ("phần này đã được rút lại bằng một dòng điều chỉnh", "this part was taken back by a correction")
        }
    }
}

/// How seconds that count are known. `by`: the deed of the line that credited them.
pub fn credited(trust: Trust, by: Deed, seconds: i64) -> Words {
    let (vi, en) = match by {
        Deed::Confirm => ("tự khai và đã có người xác nhận", "claimed, and confirmed since"),
        Deed::Uphold => (
            "tính thêm sau khi xem lại theo đề nghị của người học",
            "added when it was looked at again because the learner had asked",
        ),
        Deed::Study | Deed::Opening | Deed::Reverse => match trust {
            Trust::Measured => ("máy đo được", "measured by the device"),
            Trust::Attested => ("người tổ chức xác nhận", "attested by the organiser"),
            Trust::Claimed => ("theo lời tự khai", "claimed, as the learner says"),
        },
    };
    Words::fill(&format!("{{}} được tính: {vi}."), &format!("{{}} counted: {en}."), &duration(seconds))
}

/// Seconds of which the ledger does not say why they do not count.
pub fn unrecorded(seconds: i64) -> Words {
    Words::fill(
        "{} không được tính theo quy định trước đây; sổ cũ không ghi lý do của từng phần.",
        "{} not counted under the earlier rules; the older ledger kept no reason for each part.",
        &duration(seconds),
    )
}

/// The whole of a line of evidence.
pub fn total(claimed_seconds: i64, credited_seconds: i64) -> Words {
    if claimed_seconds == 0 {
        return Words::new(
            "Buổi này ngắn hơn một giây nên chưa có gì để tính.",
            "This was shorter than a second, so there is nothing to count.",
        );
    }
    let (claimed, credited) = (duration(claimed_seconds), duration(credited_seconds));
    if credited_seconds == claimed_seconds {
        Words::fill("Được tính đủ {}.", "All of it counts: {}.", &claimed)
    } else if credited_seconds == 0 {
        Words::fill(
            "Chưa tính được phần nào trong {}; lý do ghi ở từng phần.",
            "Nothing of {} counts; each part says why.",
            &claimed,
        )
    } else {
        Words::new(
            format!("Được tính {} trong {}; phần còn lại có ghi lý do.", credited.vi, claimed.vi),
            format!("{} of {} count; the rest says why not.", credited.en, claimed.en),
        )
    }
}

/// By what right a line was entered, and by whom when that is known and not the citizen.
pub fn entered(standing: Standing, name: Option<&str>) -> Words {
    let (vi, en) = match standing {
        Standing::Own => ("Gửi từ máy của chính người học", "Sent from the learner's own device"),
        Standing::Household => {
            ("Người trong nhà gửi giúp, từ máy dùng chung", "Sent by the household, from a shared device")
        }
        Standing::Assisted => {
            ("Người khác gửi giúp bằng thẻ của người học", "Sent by a helper, with the learner's card")
        }
        Standing::Organiser => {
            ("Người tổ chức lớp hoặc thủ thư ghi", "Entered by the organiser of a class or a librarian")
        }
        Standing::Officer => ("Cán bộ Hội Khuyến học ghi", "Entered by an officer of the association"),
        Standing::Import => {
            ("Chuyển sang từ một phần mềm học tập khác", "Brought over from another learning program")
        }
    };
    let name = name.map(|name| format!(": {name}")).unwrap_or_default();
    Words::new(format!("{vi}{name}."), format!("{en}{name}."))
}

/// Less doubt than this about a time of day is not worth a sentence.
const LEAST_DOUBT_S: i64 = 120;

/// How far the time of day of a line is known, when that is worth saying.
pub fn placed(basis: Basis, uncertainty_s: i64) -> Option<Words> {
    match basis {
        Basis::Anchored | Basis::Estimated if uncertainty_s < LEAST_DOUBT_S => None,
        Basis::Anchored => Some(Words::fill(
            "Giờ của buổi học này có thể lệch khoảng {}.",
            "The time of day may be off by about {}.",
            &about(uncertainty_s),
        )),
        Basis::Estimated => Some(Words::fill(
            "Giờ trong máy chưa đúng; buổi học này có thể sớm hoặc muộn hơn khoảng {}.",
            "The device's clock was not right; this may have been about {} earlier or later.",
            &about(uncertainty_s),
        )),
        Basis::Stated => Some(Words::new(
            "Giờ của buổi học này lấy theo đồng hồ trên máy.",
            "The time of day is as the device's clock had it.",
        )),
    }
}

/// What a line does to an earlier one. `added_seconds` and `taken_seconds`: what it entered and what it took back.
pub fn change(deed: Deed, added_seconds: i64, taken_seconds: i64) -> Words {
    match deed {
        Deed::Study => Words::new("Một buổi học được ghi vào sổ.", "Study was entered in the ledger."),
        Deed::Opening => Words::new("Chuyển sang từ sổ cũ.", "Brought over from the older ledger."),
        Deed::Confirm => Words::fill(
            "Đã xác nhận {} tự khai.",
            "Confirmed: {} that had been claimed.",
            &duration(added_seconds),
        ),
        Deed::Reverse => Words::fill("Đã rút lại {}.", "Taken back: {}.", &duration(taken_seconds)),
        Deed::Uphold => Words::fill(
            "Đã xem lại theo đề nghị của người học và tính thêm {}.",
            "Looked at again because the learner had asked; added: {}.",
            &duration(added_seconds - taken_seconds),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that stand in a text.
    pub(super) fn numbers(text: &str) -> Vec<i64> {
        let digits = text.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
        digits.map(|digits| digits.parse().unwrap()).collect()
    }

    pub(super) fn check(words: &Words) {
        for text in [&words.vi, &words.en] {
            assert!(text.ends_with('.') && !text.contains("{}") && !text.contains(".."), "{words:?}");
        }
        assert_eq!(numbers(&words.vi), numbers(&words.en), "{words:?}");
        assert_ne!(words.vi, words.en);
    }

    #[test]
    fn a_duration_is_said_as_people_say_it() {
        let said = |seconds| (duration(seconds).vi, duration(seconds).en);
        assert_eq!(said(260), ("4 phút 20 giây".into(), "4 minutes 20 seconds".into()));
        assert_eq!(said(3601), ("1 giờ 1 giây".into(), "1 hour 1 second".into()));
        assert_eq!(said(0), ("0 giây".into(), "0 seconds".into()));
        assert_eq!(
            (about(7300).vi, about(30).vi, about(4 * 86_400).vi),
            ("2 giờ".into(), "1 phút".into(), "4 ngày".into())
        );
    }

    #[test]
    fn every_reason_is_said_in_both_languages() {
        for reason in Reason::ALL {
            check(&clipped(reason, 260));
        }
        assert_eq!(
            clipped(Reason::Overlap, 260).vi,
            "4 phút 20 giây không được tính: những phút này đã được tính cho một việc học khác, trên máy khác hoặc \
             cùng lúc."
        );
        check(&unrecorded(61));
    }

    #[test]
    fn everything_else_is_said_in_both_languages() {
        for deed in Deed::ALL {
            for trust in Trust::ALL {
                check(&credited(trust, deed, 3661));
            }
            check(&change(deed, 260, 0));
        }
        for standing in Standing::ALL {
            check(&entered(standing, None));
            assert!(entered(standing, Some("Lê An")).vi.ends_with(": Lê An."));
        }
        for (claimed, credited) in [(0, 0), (600, 600), (600, 0), (600, 540)] {
            check(&total(claimed, credited));
        }
        for basis in Basis::ALL {
            for words in [0, 90, 130, 7200, 400_000].map(|uncertainty_s| placed(basis, uncertainty_s)) {
                words.iter().for_each(check);
            }
        }
        assert_eq!(
            placed(Basis::Estimated, 7200).unwrap().vi,
            "Giờ trong máy chưa đúng; buổi học này có thể sớm hoặc muộn hơn khoảng 2 giờ."
        );
        assert_eq!(placed(Basis::Anchored, 60), None);
    }

    #[test]
    fn sentences_follow_each_other() {
        let words = total(600, 600).then(None).then(Some(entered(Standing::Own, None)));
        assert_eq!(words.vi, "Được tính đủ 10 phút. Gửi từ máy của chính người học.");
        check(&words);
    }
}
