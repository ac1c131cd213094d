//! What one line of evidence is worth: a pure function of the evidence, of what the citizen already holds, and of a
//! versioned policy. It divides the stretch that was claimed among credit and the rules that took the rest, so that
//! every second is accounted for.

use super::book::{Book, FAR_UNCERTAINTY_S, Holding};
use super::line::StudyLine;
use super::policy::{CreditPolicy, Reader};
use crate::clock::{Day, Timestamp};
use crate::device_clock::Placed;
use crate::evidence::{Evidence, Focus, Reason, Source, Trust, WHOLE_TEXT};
use crate::id::DeviceId;
use crate::interval::{self, Interval};

/// What the judge must know of the work and of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub word_count: i64,
    pub duration_ms: Option<i64>,
    pub reader: Reader,
}

/// A stretch and its fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clip {
    pub reason: Reason,
    pub stretch: Interval,
}

/// The fate of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// What counts, cut at the ends of learning days.
    pub credited: Vec<(Day, Interval)>,
    /// What does not, and why. Together with `credited` it makes up the whole stretch.
    pub clipped: Vec<Clip>,
    /// Seconds that the device counted and true time has no room for, and why there is none.
    pub lost: Option<(Reason, i64)>,
    /// What of the content was covered, within the content that there is.
    pub content: Option<(i64, i64)>,
    pub uncertainty_s: i64,
}

impl Judgement {
    pub fn credited_seconds(&self) -> i64 {
        self.credited.iter().map(|(_, stretch)| stretch.seconds()).sum()
    }

    /// Seconds by the rule that took them.
    pub fn clipped_seconds(&self) -> Vec<(Reason, i64)> {
        let mut sums: Vec<(Reason, i64)> = self.lost.into_iter().collect();
        for clip in &self.clipped {
            match sums.iter_mut().find(|(reason, _)| *reason == clip.reason) {
                Some((_, seconds)) => *seconds += clip.stretch.seconds(),
                None => sums.push((clip.reason, clip.stretch.seconds())),
            }
        }
        sums
    }

    /// The rule that took the most, if any took something.
    pub fn main_reason(&self) -> Option<Reason> {
        if self.credited.is_empty() && self.clipped.is_empty() && self.lost.is_none() {
            return Some(Reason::TooShort);
        }
        self.clipped_seconds().into_iter().max_by_key(|(_, seconds)| *seconds).map(|(reason, _)| reason)
    }

    /// What the line adds to the book.
    pub fn holdings(&self, line: &StudyLine<'_>) -> impl Iterator<Item = Holding> {
        self.credited.iter().map(|(day, stretch)| Holding {
            number: line.number,
            device: line.device,
            day: *day,
            stretch: *stretch,
            source: line.evidence.source,
            trust: line.trust,
            work: line.evidence.work,
            content: self.content,
            uncertainty_s: self.uncertainty_s,
        })
    }
}

/// A stretch in whole seconds: it begins in the second in which it began, and is as long as the whole seconds it
/// lasted. Rounding never adds, and stretches of one clock that do not meet still do not.
pub fn whole_seconds(placed: &Placed) -> Option<Interval> {
    let start = placed.start_ms.div_euclid(1000);
    let lasted_ms = placed.end_ms.saturating_sub(placed.start_ms);
    Interval::new(start, start.saturating_add(lasted_ms.div_euclid(1000)))
}

/// The first and the last learning day that a stretch touches.
pub fn day_range(stretch: Interval) -> (Day, Day) {
    let day = |second: i64| Timestamp::from_ms(second.saturating_mul(1000)).learning_day();
    (day(stretch.start()), day(stretch.end() - 1))
}

/// The learning days that a stretch touches.
pub fn days_of(stretch: Interval) -> impl Iterator<Item = Day> {
    let (first, last) = day_range(stretch);
    (first.number()..=last.number()).map(Day::from_number)
}

/// The learning days on which something could share seconds with a stretch: what must be known to judge it.
pub fn days_near(placed: &Placed) -> Option<(Day, Day)> {
    let span = whole_seconds(placed)?;
    let reach = placed.uncertainty_ms.div_euclid(1000).saturating_add(FAR_UNCERTAINTY_S + 2);
    Interval::new(span.start().saturating_sub(reach), span.end().saturating_add(reach)).map(day_range)
}

/// Judges one well-formed line against what is held.
pub fn judge(line: &StudyLine<'_>, book: &Book) -> Judgement {
    let StudyLine { evidence, placed, facts, policy, device, .. } = line;
    let lost =
        Some((placed.lost_reason(), placed.lost_ms.div_euclid(1000))).filter(|(_, seconds)| *seconds > 0);
    let uncertainty_s = seconds_up(placed.uncertainty_ms);
    let Some(span) = whole_seconds(placed) else {
        return Judgement { lost, uncertainty_s, ..Judgement::default() };
    };
    let mut bench =
        Bench { evidence, facts, book, policy, trust: line.trust, left: vec![span], clipped: Vec::new() };
    bench.attention(span);
    let idle_s = span.seconds() - bench.left_seconds();
    let content = bench.content_covered();
    bench.pace(content, span);
    bench.overlap();
    let spread_s = bench.uncertain(*device, span, idle_s, uncertainty_s);
    bench.content(content);
    bench.work_lifetime();
    let credited = bench.days(content);
    Judgement { credited, clipped: bench.clipped, lost, content, uncertainty_s: spread_s }
}

fn seconds_up(ms: i64) -> i64 {
    ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) != 0)
}

/// One line on the bench: what is left of it, and what was cut off.
struct Bench<'a> {
    evidence: &'a Evidence,
    facts: &'a Facts,
    book: &'a Book,
    policy: &'a CreditPolicy,
    trust: Trust,
    left: Vec<Interval>,
    clipped: Vec<Clip>,
}

impl Bench<'_> {
    fn left_seconds(&self) -> i64 {
        interval::total_seconds(&self.left)
    }

    /// Keeps the first `seconds` of what is left.
    fn keep_first(&mut self, seconds: i64, reason: Reason) {
        if self.left_seconds() <= seconds {
            return;
        }
        let kept = interval::first_seconds(&self.left, seconds);
        self.cut_to(kept, reason);
    }

    fn cut_to(&mut self, kept: Vec<Interval>, reason: Reason) {
        let gone = self.left.iter().flat_map(|stretch| interval::subtract(*stretch, &kept));
        self.clipped.extend(gone.map(|stretch| Clip { reason, stretch }));
        self.left = kept;
    }

    /// Was anybody there?
    fn attention(&mut self, span: Interval) {
        let (source, focus) = (self.evidence.source, self.evidence.focus);
        let heeded = match focus {
            Focus::Foreground => true,
            Focus::Audio => source.is_playing() || !source.has_work(),
            Focus::Background => !source.has_work(),
        };
        if !heeded {
            return self.keep_first(0, Reason::NoFocus);
        }
        let gap = match source {
            Source::Reading => self.policy.reading.idle_gap_seconds,
            Source::Quiz => self.policy.quiz.idle_gap_seconds,
            Source::Video | Source::Audio => return,
            Source::Class | Source::Event | Source::Book | Source::Radio => return,
        };
        let idle = seconds_up(self.evidence.longest_idle_ms);
        if idle > gap {
            self.keep_first((span.seconds() - (idle - gap)).max(0), Reason::Idle);
        }
    }

    /// What of the content was covered, within the content that there is.
    fn content_covered(&self) -> Option<(i64, i64)> {
        let (from, to) = match (self.evidence.source, self.evidence.content) {
            (Source::Reading, None) => (0, WHOLE_TEXT),
            (_, content) => content?,
        };
        let end = if self.evidence.source.is_playing() { to.min(self.media_length_ms()) } else { to };
        Some((from.min(end), end))
    }

    /// Media that was covered faster than anybody follows was skipped through, not played.
    fn pace(&mut self, content: Option<(i64, i64)>, span: Interval) {
        if !self.evidence.source.is_playing() {
            return;
        }
        let covered = content.map_or(0, |(from, to)| to - from);
        let fastest = self.policy.playing.fastest_rate_percent;
        // A second of grace on either end: players report in steps. And what the clock may lag behind the player, that
        // of the device by as much as is believed, and the span once more, because it was shortened by that.
        let lag_s = span.seconds().saturating_mul(2 * self.policy.clock.drift_ppm).div_euclid(1_000_000);
        let room_ms = (span.seconds() + lag_s + 2).saturating_mul(10).saturating_mul(fastest);
        if covered > room_ms {
            self.keep_first(0, Reason::TooFast);
        }
    }

    fn overlap(&mut self) {
        let free = self.book.free(&self.left);
        if interval::total_seconds(&free) < self.left_seconds() {
            self.cut_to(free, Reason::Overlap);
        }
    }

    /// Takes off what may be the same seconds as something else's, when clocks do not tell; answers how far what is
    /// credited may lie from where it stands. `idle_s`: how much of the span nobody was there, nobody knows when.
    fn uncertain(&mut self, device: DeviceId, span: Interval, idle_s: i64, uncertainty_s: i64) -> i64 {
        let shared = self.book.shared(device, self.evidence.source, span, uncertainty_s);
        let sure = interval::subtract(span, &shared.near);
        let kept = self.left.iter().flat_map(|stretch| interval::subtract(*stretch, &shared.near)).collect();
        self.cut_to(kept, Reason::ClockUncertain);
        let unknown_s = idle_s.saturating_add(shared.far_seconds);
        if unknown_s == 0 {
            return uncertainty_s;
        }
        let sure_s = interval::total_seconds(&sure);
        self.keep_first(sure_s.saturating_sub(unknown_s).max(0), Reason::ClockUncertain);
        // Which of its seconds are the ones that were studied and that nobody shares, is not known better than this.
        uncertainty_s.saturating_add(unknown_s).saturating_add(span.seconds() - sure_s)
    }

    /// No longer than what was covered takes.
    fn content(&mut self, content: Option<(i64, i64)>) {
        let (from, to) = content.unwrap_or((0, 0));
        let most = match self.evidence.source {
            Source::Video | Source::Audio => self.policy.playing_seconds(to - from),
            Source::Reading => {
                let words = self.facts.word_count.saturating_mul(to - from).div_euclid(WHOLE_TEXT);
                self.policy
                    .reading_seconds(words, self.facts.reader)
                    .max(self.policy.reading.least_seconds)
                    .saturating_mul(self.policy.reading.times_a_day.max(1))
            }
            Source::Quiz => {
                let questions = self.evidence.question_count.min(self.policy.quiz.most_questions);
                questions.saturating_mul(self.policy.quiz.seconds_per_question)
            }
            Source::Class | Source::Event => self.policy.attested.most_seconds,
            Source::Book | Source::Radio => self.policy.claimed.most_seconds,
        };
        self.keep_first(most, Reason::LongerThanContent);
    }

    /// The length of a work counts so many times in a lifetime.
    fn work_lifetime(&mut self) {
        let Some(work) = self.evidence.work else { return };
        // All that there is of it: what was read of a lesson must not use up what is there to be seen.
        let is_playing = self.evidence.source.is_playing();
        let has_media = is_playing || self.facts.duration_ms.is_some();
        let has_text = !is_playing || self.facts.word_count > 0;
        let media = if has_media { self.policy.playing_seconds(self.media_length_ms()) } else { 0 };
        let text = if has_text { self.reading_once() } else { 0 };
        let once = media.saturating_add(text).max(self.policy.quiz.seconds_per_question);
        let most = once.saturating_mul(self.policy.caps.work_times.max(1));
        self.keep_first((most - self.book.work_seconds(work)).max(0), Reason::Repeated);
    }

    fn media_length_ms(&self) -> i64 {
        self.facts.duration_ms.unwrap_or(self.policy.playing.unknown_length_ms)
    }

    fn reading_once(&self) -> i64 {
        self.policy
            .reading_seconds(self.facts.word_count, self.facts.reader)
            .max(self.policy.reading.least_seconds)
    }

    /// What each learning day still takes.
    fn days(&mut self, content: Option<(i64, i64)>) -> Vec<(Day, Interval)> {
        let mut credited = Vec::new();
        for (day, stretches) in by_learning_day(&std::mem::take(&mut self.left)) {
            self.left = stretches;
            self.repeats(content, day);
            self.keep_first(
                (self.policy.caps.day_seconds - self.book.day_seconds(day)).max(0),
                Reason::DayCap,
            );
            if self.trust == Trust::Claimed {
                let most = self.policy.claimed.day_seconds - self.book.claimed_on(day);
                self.keep_first(most.max(0), Reason::DayCap);
            }
            credited.extend(std::mem::take(&mut self.left).into_iter().map(|stretch| (day, stretch)));
        }
        credited
    }

    /// The same stretch counts so often on one day.
    fn repeats(&mut self, content: Option<(i64, i64)>, day: Day) {
        let source = self.evidence.source;
        let most = match (source, content) {
            (Source::Video | Source::Audio, Some(range)) => {
                let covered = self.book.covered(self.evidence.work, source, day, range);
                let fresh = fresh(range, &covered, self.policy.playing.times_a_day.max(1));
                self.policy.playing_seconds(fresh)
            }
            (Source::Reading, _) => {
                let once = self.reading_once().saturating_mul(self.policy.reading.times_a_day.max(1));
                once - self.book.work_on(self.evidence.work, source, day)
            }
            (Source::Quiz, _) => {
                let most =
                    self.policy.quiz.most_questions.saturating_mul(self.policy.quiz.seconds_per_question);
                most - self.book.work_on(self.evidence.work, source, day)
            }
            (Source::Video | Source::Audio, None)
            | (Source::Class | Source::Event | Source::Book | Source::Radio, _) => return,
        };
        self.keep_first(most.max(0), Reason::Repeated);
    }
}

/// How much of `range` was covered fewer than `times` times.
fn fresh(range: (i64, i64), covered: &[(i64, i64)], times: i64) -> i64 {
    let mut steps: Vec<(i64, i64)> = Vec::new();
    for (from, to) in covered {
        let (from, to) = ((*from).max(range.0), (*to).min(range.1));
        if from < to {
            steps.push((from, 1));
            steps.push((to, -1));
        }
    }
    steps.push((range.1, 0));
    steps.sort_unstable();
    let (mut at, mut depth, mut sum) = (range.0, 0, 0);
    for (place, step) in steps {
        if depth < times {
            sum += place - at;
        }
        at = place;
        depth += step;
    }
    sum
}

pub(super) fn by_learning_day(stretches: &[Interval]) -> Vec<(Day, Vec<Interval>)> {
    let mut days: Vec<(Day, Vec<Interval>)> = Vec::new();
    for stretch in stretches {
        for day in days_of(*stretch) {
            let opens = day.learning_day_starts_at().ms() / 1000;
            let closes = day.plus_days(1).learning_day_starts_at().ms() / 1000;
            let Some(part) = Interval::new(stretch.start().max(opens), stretch.end().min(closes)) else {
                continue;
            };
            match days.last_mut() {
                Some((last, parts)) if *last == day => parts.push(part),
                _ => days.push((day, vec![part])),
            }
        }
    }
    days
}
