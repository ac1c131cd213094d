//! What a statement says of study, as evidence. Another program's word is a claim; what it is worth the ledger judges.

use std::collections::HashMap;

use super::verb;
use crate::clock::Timestamp;
use crate::evidence::{Evidence, Focus, Source};
use crate::id::WorkId;
use crate::work::WorkKind;

/// A stretch of media that was played, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Segment {
    pub from_ms: i64,
    pub to_ms: i64,
}

impl Segment {
    fn lasted_ms(self) -> i64 {
        self.to_ms - self.from_ms
    }
}

/// What is to be known of a statement.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Under which number the evidence goes: the place of the statement among all, which a repeat does not change.
    pub sequence: i64,
    pub verb: &'a str,
    /// When it happened; never after the moment at which it came.
    pub ended_at: Timestamp,
    pub duration_ms: Option<i64>,
    /// What was played and no earlier statement told of; absent when the statement has no list of it.
    pub played: Option<&'a [Segment]>,
    /// Where in the media it ended.
    pub position_ms: Option<i64>,
}

/// Nobody plays longer media.
const LONGEST_MEDIA_SECONDS: f64 = 1_000_000.0;
/// A longer list is no list of what one person played.
const MOST_SEGMENTS: usize = 10_000;
/// One statement tells of one sitting.
const LONGEST_SITTING_MS: i64 = 24 * 3_600_000;

/// Seconds of media, as the profile writes them, in milliseconds.
pub fn seconds_ms(seconds: f64) -> Option<i64> {
    (0.0..=LONGEST_MEDIA_SECONDS).contains(&seconds).then(|| (seconds * 1000.0).round() as i64)
}

/// Reads a list such as `0[.]12.5[,]30[.]45`. What was played backwards or not at all is left out; `None` when it is no
/// such list.
pub fn played_segments(text: &str) -> Option<Vec<Segment>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let ms = |seconds: &str| seconds_ms(seconds.trim().parse().ok()?);
    let segment = |part: &str| {
        let (from, to) = part.split_once("[.]")?;
        Some(Segment { from_ms: ms(from)?, to_ms: ms(to)? })
    };
    let all: Vec<Segment> = text.split("[,]").map(segment).collect::<Option<_>>()?;
    let played: Vec<Segment> = all.into_iter().filter(|segment| segment.from_ms < segment.to_ms).collect();
    (played.len() <= MOST_SEGMENTS).then_some(played)
}

/// Writes such a list.
pub fn segments_text(segments: &[Segment]) -> String {
    let seconds = |ms: i64| format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000));
    let texts: Vec<String> = segments
        .iter()
        .map(|segment| format!("{}[.]{}", seconds(segment.from_ms), seconds(segment.to_ms)))
        .collect();
    texts.join("[,]")
}

/// The list grows with every statement of a viewing: what is in it and was not in the one before.
pub fn new_segments(told: &[Segment], known: &[Segment]) -> Vec<Segment> {
    let mut counts: HashMap<Segment, usize> = HashMap::new();
    for segment in known {
        *counts.entry(*segment).or_default() += 1;
    }
    let is_new = |segment: &Segment| match counts.get_mut(segment) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        Some(_) | None => true,
    };
    told.iter().copied().filter(is_new).collect()
}

/// The evidence in a statement about a work, if it tells of any. A statement without a time or a duration tells of none.
pub fn study(told: &Told<'_>, work: WorkId, kind: WorkKind) -> Option<Evidence> {
    let (source, content, lasted_ms) = match kind {
        WorkKind::Video => {
            let (range, lasted_ms) = watched(told)?;
            (Source::Video, Some((range.from_ms, range.to_ms)), lasted_ms)
        }
        WorkKind::Lesson | WorkKind::Document => (Source::Reading, None, read(told)?),
        WorkKind::Course | WorkKind::ReadingList => return None,
    };
    Some(Evidence {
        sequence: told.sequence,
        source,
        work: Some(work),
        started_at: told.ended_at.plus_ms(-lasted_ms.min(LONGEST_SITTING_MS)),
        ended_at: told.ended_at,
        run: None,
        focus: Focus::Foreground,
        content,
        longest_idle_ms: 0,
        question_count: 0,
        title: String::new(),
    })
}

fn duration(told: &Told<'_>) -> Option<i64> {
    told.duration_ms.filter(|ms| *ms > 0)
}

fn read(told: &Told<'_>) -> Option<i64> {
    let is_reading = [verb::EXPERIENCED, verb::COMPLETED, verb::READ].contains(&told.verb)
        || verb::ALSO_READ.contains(&told.verb);
    duration(told).filter(|_| is_reading)
}

/// What of the media was covered, and for how long.
fn watched(told: &Told<'_>) -> Option<(Segment, i64)> {
    if ![verb::PAUSED, verb::TERMINATED, verb::COMPLETED].contains(&told.verb) {
        return None;
    }
    if let Some(played) = told.played {
        let (range, lasted_ms) = tail(played)?;
        return Some((range, duration(told).map_or(lasted_ms, |ms| ms.min(lasted_ms))));
    }
    let (lasted_ms, to_ms) = (duration(told)?, told.position_ms.filter(|ms| *ms > 0)?);
    Some((Segment { from_ms: to_ms.saturating_sub(lasted_ms).max(0), to_ms }, lasted_ms))
}

/// One line of evidence covers one stretch of media: the end of the list, as far back as no more was skipped than was
/// played, and how long that took.
fn tail(played: &[Segment]) -> Option<(Segment, i64)> {
    let mut range = *played.last()?;
    let mut lasted_ms = 0;
    let mut longest = (range, range.lasted_ms());
    for segment in played.iter().rev() {
        range.from_ms = range.from_ms.min(segment.from_ms);
        range.to_ms = range.to_ms.max(segment.to_ms);
        lasted_ms += segment.lasted_ms();
        if range.lasted_ms() <= lasted_ms * 2 {
            longest = (range, lasted_ms);
        }
    }
    Some(longest)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const END: Timestamp = Timestamp::from_ms(1_795_500_000_000);

    fn told(verb: &str) -> Told<'_> {
        Told { sequence: 7, verb, ended_at: END, duration_ms: None, played: None, position_ms: None }
    }

    fn evidence(told: &Told<'_>, kind: WorkKind) -> Option<Evidence> {
        study(told, WorkId::from_uuid(Uuid::from_u128(1)), kind)
    }

    fn segment(from_s: i64, to_s: i64) -> Segment {
        Segment { from_ms: from_s * 1000, to_ms: to_s * 1000 }
    }

    #[test]
    fn a_list_of_what_was_played_reads_back() {
        let list = played_segments("0[.]12.5[,]30[.]45").unwrap();
        assert_eq!(list, [Segment { from_ms: 0, to_ms: 12_500 }, segment(30, 45)]);
        assert_eq!(segments_text(&list), "0.000[.]12.500[,]30.000[.]45.000");
        assert_eq!(played_segments(&segments_text(&list)), Some(list));
        assert_eq!(played_segments(""), Some(Vec::new()));
        assert_eq!(played_segments("5[.]5[,]9[.]3"), Some(Vec::new()));
        for text in ["5", "a[.]b", "-1[.]5", "0[.]inf", "0[.]5,6[.]7"] {
            assert_eq!(played_segments(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_told_before_is_not_told_again() {
        let (a, b) = (segment(0, 10), segment(20, 30));
        assert_eq!(new_segments(&[a, b], &[a]), [b]);
        assert_eq!(new_segments(&[a, a], &[a]), [a]);
        assert_eq!(new_segments(&[a, b], &[b, a]), Vec::new());
    }

    #[test]
    fn a_pause_tells_of_what_was_played_last() {
        let played = [segment(0, 60)];
        let pause = Told { played: Some(&played), ..told(verb::PAUSED) };
        let item = evidence(&pause, WorkKind::Video).unwrap();
        assert_eq!((item.source, item.content, item.sequence), (Source::Video, Some((0, 60_000)), 7));
        assert_eq!((item.started_at, item.ended_at), (END.plus_seconds(-60), END));
        assert_eq!(item.check(), Ok(()));
        // Nothing new, no list and no duration, or another verb: nothing.
        let nothing = Told { played: Some(&[]), duration_ms: Some(60_000), ..pause };
        assert_eq!(evidence(&nothing, WorkKind::Video), None);
        assert_eq!(evidence(&told(verb::PAUSED), WorkKind::Video), None);
        let play = Told { verb: "https://w3id.org/xapi/video/verbs/played", ..pause };
        assert_eq!(evidence(&play, WorkKind::Video), None);
    }

    #[test]
    fn what_was_skipped_is_not_covered() {
        assert_eq!(tail(&[segment(0, 20), segment(30, 60)]), Some((segment(0, 60), 50_000)));
        assert_eq!(tail(&[segment(0, 20), segment(300, 330)]), Some((segment(300, 330), 30_000)));
        assert_eq!(tail(&[segment(0, 20), segment(0, 20)]), Some((segment(0, 20), 40_000)));
        assert_eq!(tail(&[]), None);
    }

    #[test]
    fn a_thousand_hours_are_one_sitting() {
        let long = Told { duration_ms: Some(3_600_000_000), ..told(verb::EXPERIENCED) };
        let item = evidence(&long, WorkKind::Lesson).unwrap();
        assert_eq!((item.source, item.lasted_ms()), (Source::Reading, LONGEST_SITTING_MS));
        assert_eq!(evidence(&Told { duration_ms: Some(i64::MAX), ..long }, WorkKind::Lesson), Some(item));
        assert_eq!(evidence(&told(verb::EXPERIENCED), WorkKind::Lesson), None);
        assert_eq!(evidence(&long, WorkKind::Course), None);
        let video = Told { position_ms: Some(60_000), verb: verb::COMPLETED, ..long };
        assert_eq!(evidence(&video, WorkKind::Video).unwrap().content, Some((0, 60_000)));
    }
}
