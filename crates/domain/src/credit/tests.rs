//! Every rule of the credit policy by example, and the laws that hold whatever is sent.

use std::collections::HashMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::clock::{Day, Timestamp};
use crate::device_clock::{Basis, Placed};
use crate::evidence::{Evidence, Focus, Reason, Source, Trust};
use crate::id::{DeviceId, WorkId};
use crate::interval::{self, Interval};

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

fn policy() -> CreditPolicy {
    CreditPolicy::parse(include_str!("../../../../data/policies/credit-2.toml")).unwrap()
}

/// Seconds since 1970 of a moment in Viet Nam.
fn moment(text: &str) -> i64 {
    Timestamp::parse(&format!("{text}+07:00")).unwrap().ms() / 1000
}

/// Eight in the evening.
fn evening() -> i64 {
    moment("2026-11-23T20:00:00")
}

fn device(number: u128) -> DeviceId {
    DeviceId::from_uuid(Uuid::from_u128(number))
}

fn work(number: u128) -> WorkId {
    WorkId::from_uuid(Uuid::from_u128(number))
}

fn placed(start_s: i64, seconds: i64) -> Placed {
    let (start_ms, end_ms) = (start_s * 1000, (start_s + seconds) * 1000);
    Placed { start_ms, end_ms, uncertainty_ms: 0, basis: Basis::Anchored, lost_ms: 0 }
}

fn unsure(placed: Placed, seconds: i64) -> Placed {
    Placed { uncertainty_ms: seconds * 1000, ..placed }
}

fn item(source: Source) -> Evidence {
    Evidence {
        sequence: 1,
        source,
        work: source.has_work().then(|| work(1)),
        started_at: Timestamp::from_ms(0),
        ended_at: Timestamp::from_ms(1),
        run: None,
        focus: Focus::Foreground,
        content: None,
        longest_idle_ms: 0,
        question_count: 0,
        title: String::new(),
    }
}

/// Media between two seconds of it.
fn video(from_s: i64, to_s: i64) -> Evidence {
    Evidence { content: Some((from_s * 1000, to_s * 1000)), ..item(Source::Video) }
}

fn reading() -> Evidence {
    item(Source::Reading)
}

fn about(number: u128, evidence: Evidence) -> Evidence {
    Evidence { work: Some(work(number)), ..evidence }
}

fn quiz(question_count: i64) -> Evidence {
    Evidence { question_count, ..item(Source::Quiz) }
}

/// A citizen's book, and the lessons that they study: an hour of media and 6,000 words, unless a test says other.
struct Desk {
    policy: CreditPolicy,
    facts: Facts,
    book: Book,
    number: i64,
}

fn desk() -> Desk {
    let facts = Facts { word_count: 6_000, duration_ms: Some(HOUR * 1000), reader: Reader::Ordinary };
    Desk { policy: policy(), facts, book: Book::default(), number: 0 }
}

impl Desk {
    fn lesson(mut self, word_count: i64, duration_s: i64) -> Self {
        self.facts = Facts { word_count, duration_ms: Some(duration_s * 1000), ..self.facts };
        self
    }

    fn study_on(&mut self, on: u128, evidence: &Evidence, placed: Placed) -> Judgement {
        self.number += 1;
        let (device, trust) = (device(on), evidence.source.trust());
        let (number, facts, policy) = (self.number, self.facts, &self.policy);
        study(&StudyLine { number, device, evidence, trust, placed, facts, policy }, &mut self.book).0
    }

    /// What a line earns, and what the rules take.
    fn study(&mut self, evidence: &Evidence, placed: Placed) -> (i64, Vec<(Reason, i64)>) {
        let judgement = self.study_on(1, evidence, placed);
        (judgement.credited_seconds(), judgement.clipped_seconds())
    }

    fn total(&self) -> i64 {
        self.book.holdings().map(|held| held.stretch.seconds()).sum()
    }
}

fn full(seconds: i64) -> (i64, Vec<(Reason, i64)>) {
    (seconds, Vec::new())
}

#[test]
fn an_honest_stretch_counts_in_full() {
    let check = |evidence: Evidence, seconds: i64| {
        assert_eq!(desk().study(&evidence, placed(evening(), seconds)), full(seconds), "{evidence:?}");
    };
    check(video(0, 600), 600);
    check(Evidence { focus: Focus::Audio, ..video(0, 600) }, 600);
    // At half and at double pace, and with a pause for a glass of water.
    check(video(0, 600), 1_200);
    check(video(0, 1_200), 600);
    check(video(0, 600), 700);
    check(reading(), HOUR);
    check(Evidence { content: Some((0, 100_000)), ..reading() }, 600);
    check(quiz(5), 600);
    check(item(Source::Class), 2 * HOUR);
    check(item(Source::Event), 8 * HOUR);
    check(item(Source::Book), 4 * HOUR);
    check(Evidence { focus: Focus::Background, ..item(Source::Radio) }, HOUR);
}

#[test]
fn a_thousand_hours_are_what_the_content_takes() {
    let thousand = 1_000 * HOUR;
    let check = |evidence: Evidence, most: i64| {
        let (credited, clipped) = desk().study(&evidence, placed(evening(), thousand));
        assert_eq!(credited, most, "{evidence:?}");
        assert_eq!(clipped, [(Reason::LongerThanContent, thousand - most)], "{evidence:?}");
    };
    check(video(0, HOUR), 2 * HOUR);
    check(video(0, 60), 120);
    // The text takes 100 minutes, and is believed to be read twice.
    check(reading(), 200 * MINUTE);
    check(quiz(3), 9 * MINUTE);
    check(item(Source::Class), 8 * HOUR);
    check(item(Source::Book), 4 * HOUR);
}

#[test]
fn a_player_that_is_left_paused_earns_nothing_for_it() {
    let (credited, clipped) = desk().study(&video(0, 600), placed(evening(), 6 * HOUR));
    assert_eq!((credited, clipped), (1_200, vec![(Reason::LongerThanContent, 6 * HOUR - 1_200)]));
}

#[test]
fn nothing_is_covered_past_the_end() {
    let check = |from_s: i64, to_s: i64, most: i64| {
        let judgement = desk().lesson(0, 600).study_on(1, &video(from_s, to_s), placed(evening(), HOUR));
        assert_eq!(judgement.credited_seconds(), most, "{from_s} to {to_s}");
        assert!(judgement.content.is_none_or(|(_, to)| to <= 600_000));
    };
    check(0, 3_600, 1_200);
    check(500, 3_600, 200);
    check(600, 3_600, 0);
    // Where nobody knows the length, an hour is believed.
    let mut desk = desk();
    desk.facts.duration_ms = None;
    assert_eq!(desk.study(&video(0, 9 * HOUR), placed(evening(), 9 * HOUR)).0, 2 * HOUR);
}

#[test]
fn what_two_devices_hold_counts_once() {
    let mut desk = desk();
    assert_eq!(desk.study_on(1, &video(0, 600), placed(evening(), 600)).credited_seconds(), 600);
    let later = desk.study_on(2, &about(2, reading()), placed(evening() + 300, 600));
    assert_eq!((later.credited_seconds(), later.clipped_seconds()), (300, vec![(Reason::Overlap, 300)]));
    let within = desk.study_on(1, &item(Source::Book), placed(evening() - 100, 1_100));
    assert_eq!((within.credited_seconds(), within.clipped_seconds()), (200, vec![(Reason::Overlap, 900)]));
    assert_eq!(desk.total(), 1_100);
}

#[test]
fn what_may_be_another_devices_seconds_is_taken_off_once() {
    let next = |first_u: i64, second_u: i64| {
        let mut desk = desk();
        desk.study_on(1, &video(0, 600), unsure(placed(evening(), 600), first_u));
        desk.study_on(2, &about(2, video(0, 600)), unsure(placed(evening() + 600, 600), second_u))
    };
    assert_eq!(next(0, 0).clipped_seconds(), []);
    // Both may lie half a minute elsewhere, and whole seconds one more.
    let near = next(30, 30);
    assert_eq!(near.clipped_seconds(), [(Reason::ClockUncertain, 61)]);
    assert_eq!(near.credited[0].1.start(), evening() + 661, "it stays clear of the other");
    assert_eq!(near.uncertainty_s, 30, "so it is known as well as before");
    // Nobody knows where the second lies: all of the first may lie in it, and that is all.
    let far = next(0, 3 * HOUR);
    assert_eq!(far.clipped_seconds(), [(Reason::ClockUncertain, 600)]);
    // On the same device one thing came after the other, wherever both lie.
    let mut desk = desk();
    desk.study_on(1, &video(0, 600), unsure(placed(evening(), 600), 3 * HOUR));
    let same = desk.study_on(1, &about(2, video(0, 600)), unsure(placed(evening() + 600, 600), 3 * HOUR));
    assert_eq!(same.clipped_seconds(), []);
    // What somebody says on it has no clock of its own.
    let said = desk.study_on(1, &item(Source::Book), placed(evening() + 1_200, 2 * HOUR));
    assert_eq!(said.clipped_seconds(), [(Reason::ClockUncertain, 1_200)]);
}

/// One evening with two phones whose clocks are known to a second: the second phone's time must not be spoiled by what
/// it shares with the first, nor spoil what comes after.
#[test]
fn what_is_shared_for_a_while_costs_seconds() {
    let mut desk = desk();
    let known = |from: i64, seconds: i64| unsure(placed(evening() + from, seconds), 1);
    desk.study_on(1, &video(0, 1_800), known(0, 1_800));
    assert_eq!(desk.study_on(2, &about(2, video(0, HOUR)), known(0, HOUR)).credited_seconds(), 1_797);
    assert_eq!(desk.study_on(1, &about(3, video(0, 1_800)), known(HOUR, 1_800)).credited_seconds(), 1_797);
}

#[test]
fn what_is_skipped_through_earns_nothing() {
    let check = |covered_s: i64, seconds: i64, counts: bool| {
        let (credited, clipped) =
            desk().lesson(0, 9 * HOUR).study(&video(0, covered_s), placed(evening(), seconds));
        let taken = if counts { vec![] } else { vec![(Reason::TooFast, seconds)] };
        assert_eq!(
            (credited, clipped),
            (if counts { seconds } else { 0 }, taken),
            "{covered_s} in {seconds}"
        );
    };
    check(HOUR, 10, false);
    check(1_250, 600, false);
    check(1_200, 600, true);
    check(1_204, 600, true);
    // At twice the pace for three hours, by a clock that lags as much as is believed, shortened by as much again.
    check(6 * HOUR, 3 * HOUR - 4, true);
    check(6 * HOUR + 60, 3 * HOUR - 4, false);
}

#[test]
fn idle_time_is_taken_off_beyond_the_gap() {
    let check = |evidence: Evidence, idle_ms: i64, seconds: i64, left: i64| {
        let evidence = Evidence { longest_idle_ms: idle_ms, ..evidence };
        let (credited, _) = desk().study(&evidence, placed(evening(), seconds));
        assert_eq!(credited, left, "{evidence:?}");
    };
    check(reading(), 300_000, 1_800, 1_800);
    check(reading(), 1_200_000, 1_800, 900);
    // A part of a second was idle too.
    check(reading(), 1_200_001, 1_800, 899);
    check(reading(), 10_000_000, 1_800, 0);
    check(quiz(20), 900_000, 1_800, 1_500);
    check(video(0, 1_800), 1_700_000, 1_800, 1_800);
}

/// Nobody knows when in a stretch the idle time was, so what is left may be any part of it.
#[test]
fn what_is_left_beside_idle_time_may_lie_anywhere() {
    let idle = Evidence { longest_idle_ms: 1_200_000, ..reading() };
    // Read for five minutes on one phone, away for twenty, back for five.
    let mut first = desk();
    assert_eq!(first.study_on(1, &idle, placed(evening(), 1_800)).credited_seconds(), 900);
    let other = first.study_on(2, &about(2, video(0, 300)), placed(evening() + 1_500, 300));
    assert_eq!(other.credited_seconds(), 0, "the last five minutes may be held already");
    let mut second = desk();
    second.study_on(2, &about(2, video(0, 300)), placed(evening() + 1_500, 300));
    assert_eq!(second.study_on(1, &idle, placed(evening(), 1_800)).credited_seconds(), 600);
}

#[test]
fn a_lesson_must_be_seen_or_heard() {
    let heeded = |source: Source, focus: Focus| {
        let content = source.is_playing().then_some((0, 600_000));
        let evidence = Evidence { focus, content, question_count: 5, ..item(source) };
        let (credited, clipped) = desk().study(&evidence, placed(evening(), 600));
        assert!(credited == 600 || clipped == [(Reason::NoFocus, 600)], "{source:?} {focus:?} {clipped:?}");
        credited == 600
    };
    for source in Source::ALL {
        assert!(heeded(source, Focus::Foreground));
        assert_eq!(heeded(source, Focus::Audio), source.is_playing() || !source.has_work(), "{source:?}");
        assert_eq!(heeded(source, Focus::Background), !source.has_work(), "{source:?}");
    }
}

#[test]
fn the_same_stretch_of_media_counts_twice_a_day() {
    let mut desk = desk();
    let mut at = evening();
    let mut play = |from_s: i64, to_s: i64| {
        at += HOUR;
        desk.study(&video(from_s, to_s), placed(at, to_s - from_s))
    };
    assert_eq!(play(0, 600), full(600));
    assert_eq!(play(0, 600), full(600));
    assert_eq!(play(0, 600), (0, vec![(Reason::Repeated, 600)]));
    // Ten minutes are new, and take twenty at half pace.
    assert_eq!(play(0, 1_200), full(1_200));
    assert_eq!(play(600, 1_200), full(600));
    assert_eq!(play(600, 1_200), (0, vec![(Reason::Repeated, 600)]));
    // Listening is playing.
    let heard = Evidence { source: Source::Audio, ..video(0, 600) };
    assert_eq!(desk.study(&heard, placed(evening() - HOUR, 600)).0, 0);
    assert_eq!(desk.study(&video(0, 600), placed(evening() + 24 * HOUR, 600)), full(600), "the next day");
}

#[test]
fn a_text_counts_twice_a_day() {
    let mut desk = desk().lesson(600, 0);
    // Ten minutes at a slow pace.
    assert_eq!(desk.study(&reading(), placed(evening(), 900)), full(900));
    let rest = desk.study(&reading(), placed(evening() + HOUR, 900));
    assert_eq!(rest, (300, vec![(Reason::Repeated, 600)]));
    assert_eq!(desk.study(&reading(), placed(evening() + 24 * HOUR, 900)), full(900), "the next day");
    assert_eq!(desk.study(&about(2, reading()), placed(evening() + 2 * HOUR, 900)), full(900), "another");
}

#[test]
fn a_quiz_counts_by_its_questions() {
    assert_eq!(desk().study(&quiz(0), placed(evening(), 600)), (0, vec![(Reason::LongerThanContent, 600)]));
    assert_eq!(desk().study(&quiz(2), placed(evening(), 600)).0, 360);
    assert_eq!(desk().study(&quiz(1_000), placed(evening(), 6 * HOUR)).0, 3 * HOUR);
    let mut desk = desk();
    assert_eq!(desk.study(&quiz(60), placed(evening() - 6 * HOUR, 2 * HOUR)), full(2 * HOUR));
    let rest = desk.study(&quiz(60), placed(evening(), 2 * HOUR));
    assert_eq!(rest, (HOUR, vec![(Reason::Repeated, HOUR)]));
}

#[test]
fn a_work_counts_so_often_in_a_lifetime() {
    let before = |seconds: i64| {
        let mut desk = desk().lesson(0, 120);
        desk.book = Book::open([], HashMap::from([(work(1), seconds)]));
        desk.study(&video(0, 120), placed(evening(), 120))
    };
    // Two minutes take four at half pace, twenty times.
    assert_eq!(before(0), full(120));
    assert_eq!(before(4_790), (10, vec![(Reason::Repeated, 110)]));
    assert_eq!(before(4_800), (0, vec![(Reason::Repeated, 120)]));
    assert_eq!(before(9_999).0, 0);
}

#[test]
fn what_was_read_of_a_lesson_does_not_use_up_what_is_there_to_be_seen() {
    // A minute of film and fifty minutes of text, read for an hour.
    let mut desk = desk().lesson(3_000, 60);
    assert_eq!(desk.study(&reading(), placed(evening(), HOUR)), full(HOUR));
    assert_eq!(desk.study(&video(0, 60), placed(evening() + 2 * HOUR, 60)), full(60));
    // And the other way round: a film of an hour, seen often, and a text of two minutes.
    let mut seen = self::desk().lesson(100, HOUR);
    seen.book = Book::open([], HashMap::from([(work(1), 30 * HOUR)]));
    assert_eq!(seen.study(&reading(), placed(evening(), 120)), full(120));
}

#[test]
fn a_day_holds_twelve_hours_and_ends_at_three() {
    let mut desk = desk();
    let morning = moment("2026-11-23T05:00:00");
    for hour in 0..12 {
        let lesson = about(100 + hour, video(0, HOUR));
        assert_eq!(desk.study(&lesson, placed(morning + hour as i64 * HOUR, HOUR)), full(HOUR));
    }
    let late = moment("2026-11-24T02:30:00");
    let lesson = about(200, video(0, HOUR));
    assert_eq!(desk.study(&lesson, placed(late, HOUR)), (1_800, vec![(Reason::DayCap, 1_800)]));
    let (day, stretch) = (Day::new(2026, 11, 24).unwrap(), Interval::new(late + 1_800, late + HOUR).unwrap());
    assert_eq!(desk.book.holdings().last().map(|held| (held.day, held.stretch)), Some((day, stretch)));
    // An evening that runs past midnight stays one day.
    let over = desk.study_on(1, &item(Source::Class), placed(moment("2026-11-25T23:00:00"), 5 * HOUR));
    let days: Vec<_> =
        over.credited.iter().map(|(day, stretch)| (day.to_string(), stretch.seconds())).collect();
    assert_eq!(days, [("2026-11-25".to_owned(), 4 * HOUR), ("2026-11-26".to_owned(), HOUR)]);
}

#[test]
fn what_is_only_said_counts_four_hours_a_day_until_it_is_confirmed() {
    let mut desk = desk();
    let morning = moment("2026-11-23T05:00:00");
    assert_eq!(desk.study(&item(Source::Book), placed(morning, 3 * HOUR)), full(3 * HOUR));
    let radio = desk.study(&item(Source::Radio), placed(morning + 4 * HOUR, 3 * HOUR));
    assert_eq!(radio, (HOUR, vec![(Reason::DayCap, 2 * HOUR)]));
    assert_eq!(desk.study(&video(0, HOUR), placed(morning + 8 * HOUR, HOUR)), full(HOUR));
    confirm(9, 1, &mut desk.book);
    assert_eq!(desk.study(&item(Source::Radio), placed(morning + 10 * HOUR, 3 * HOUR)), full(3 * HOUR));
}

#[test]
fn less_than_a_second_is_too_short() {
    let judgement =
        desk().study_on(1, &reading(), Placed { end_ms: evening() * 1000 + 999, ..placed(evening(), 1) });
    assert_eq!((judgement.credited_seconds(), judgement.main_reason()), (0, Some(Reason::TooShort)));
    let lost = Placed { lost_ms: 5_000, ..placed(evening(), 0) };
    assert_eq!(desk().study_on(1, &reading(), lost).main_reason(), Some(Reason::ClockFast));
    let lost = Placed { basis: Basis::Estimated, ..lost };
    assert_eq!(desk().study_on(1, &reading(), lost).main_reason(), Some(Reason::BeforeDevice));
}

#[test]
fn rounding_never_adds() {
    let stretch = |from_ms: i64, to_ms: i64| {
        whole_seconds(&Placed { start_ms: from_ms, end_ms: to_ms, ..placed(0, 0) })
            .map(|stretch| (stretch.start(), stretch.end()))
    };
    assert_eq!(stretch(900, 2_899), Some((0, 1)));
    assert_eq!(stretch(900, 2_900), Some((0, 2)));
    assert_eq!(stretch(2_900, 3_900), Some((2, 3)), "it does not meet the one before");
    assert_eq!(stretch(-100, 900), Some((-1, 0)));
    assert_eq!(stretch(5, 1_004), None);
}

#[test]
fn old_people_read_as_slowly_as_they_like() {
    let most = |reader: Reader, word_count: i64| {
        let mut desk = desk().lesson(word_count, 0);
        desk.facts.reader = reader;
        desk.study(&reading(), placed(evening(), 10 * HOUR)).0
    };
    assert_eq!(most(Reader::Ordinary, 600), 1_200);
    assert_eq!(most(Reader::Elder, 600), 1_800);
    assert_eq!(most(Reader::Ordinary, 3), 240, "nobody is refused two minutes");
    let policy = policy();
    let day = Day::new(2026, 11, 23).unwrap();
    for (birth_year, reader) in
        [(Some(1966), Reader::Elder), (Some(1967), Reader::Ordinary), (None, Reader::Ordinary)]
    {
        assert_eq!(policy.reader(birth_year, day), reader, "{birth_year:?}");
    }
}

#[test]
fn a_months_figures_close_on_the_tenth_of_the_next() {
    let policy = policy();
    let closed = |day: &str, at: &str| {
        let at = Timestamp::parse(&format!("{at}+07:00")).unwrap();
        policy.is_closed(day.parse().unwrap(), at)
    };
    assert!(!closed("2026-11-01", "2026-12-10T02:59:59"));
    assert!(closed("2026-11-01", "2026-12-10T03:00:00"));
    assert!(closed("2026-11-30", "2026-12-10T03:00:00"));
    assert!(!closed("2026-12-31", "2027-01-10T02:59:59"));
    assert!(closed("2026-12-31", "2027-01-10T03:00:00"));
}

#[test]
fn hours_are_whole_at_the_end_of_a_sum() {
    let policy = policy();
    assert_eq!(policy.hours(0), (0, 0));
    assert_eq!(policy.hours(3_599), (0, 1));
    assert_eq!(policy.hours(3_600), (1, 1));
    assert_eq!(policy.hours(5_400), (1, 2));
    assert_eq!(policy.hours(100 * HOUR), (100, 133));
}

#[test]
fn a_right_dispute_is_granted_as_far_as_nothing_else_holds_it() {
    let mut desk = desk();
    let line = desk.study_on(1, &video(0, 600), placed(evening(), HOUR));
    assert_eq!(line.credited_seconds(), 1_200);
    desk.study_on(2, &item(Source::Class), placed(evening() + 3_000, HOUR));
    let target = desk.book.of(1)[0];
    let entries = uphold(3, &target, &line.clipped, &mut desk.book);
    assert_eq!(entries.iter().map(Entry::seconds).sum::<i64>(), 1_800);
    assert!(entries.iter().all(|entry| entry.holding.trust == Trust::Attested && entry.holding.number == 1));
    assert_eq!(uphold(4, &target, &line.clipped, &mut desk.book), [], "it is granted once");
    // What another activity holds is not for a dispute to give.
    let overlapped = desk.study_on(3, &about(2, video(0, 600)), placed(evening(), 600));
    reverse(5, 1, &mut desk.book);
    assert_eq!(uphold(6, &target, &overlapped.clipped, &mut desk.book), []);
}

fn any_source() -> impl Strategy<Value = Source> {
    prop::sample::select(Source::ALL.to_vec())
}

prop_compose! {
    /// Anything, around one evening: lines that fit and lines that do not.
    fn any_line()(
        source in any_source(),
        on in 1u128..4,
        of in 1u128..4,
        from in 0i64..20_000_000,
        lasted in 0i64..9_000_000,
        uncertainty_ms in prop_oneof![Just(0), 0i64..100_000, 0i64..40_000_000],
        covered in (0i64..900_000, 1i64..4_000_000),
        focus in prop::sample::select(Focus::ALL.to_vec()),
        longest_idle_ms in prop_oneof![Just(0), 0i64..4_000_000],
        question_count in 0i64..80,
    ) -> (u128, Evidence, Placed) {
        let content = match source {
            Source::Video | Source::Audio => Some((covered.0, covered.0 + covered.1)),
            Source::Reading => Some((covered.0, (covered.0 + covered.1).min(1_000_000))),
            Source::Quiz | Source::Class | Source::Event | Source::Book | Source::Radio => None,
        };
        let evidence = Evidence { content, focus, longest_idle_ms, question_count, ..item(source) };
        let evidence = if source.has_work() { about(of, evidence) } else { evidence };
        let start_ms = evening() * 1000 + from;
        let placed = Placed { start_ms, end_ms: start_ms + lasted, uncertainty_ms, ..placed(0, 0) };
        (on, evidence, placed)
    }
}

/// What a desk holds must be disjoint, within its days, and summed by work.
fn check_book(desk: &Desk) -> Result<(), TestCaseError> {
    let mut held: Vec<Holding> = desk.book.holdings().copied().collect();
    held.sort_unstable_by_key(|held| held.stretch);
    for pair in held.windows(2) {
        prop_assert!(pair[0].stretch.end() <= pair[1].stretch.start(), "{pair:?}");
    }
    for held in &held {
        prop_assert!(days_of(held.stretch).eq([held.day]));
    }
    for number in 1..4 {
        let of_work = held.iter().filter(|held| held.work == Some(work(number)));
        let seconds: i64 = of_work.map(|held| held.stretch.seconds()).sum();
        prop_assert_eq!(desk.book.work_seconds(work(number)), seconds);
    }
    Ok(())
}

proptest! {
    /// Every second of a line is either credited or clipped, for one reason; and no second of a citizen counts twice.
    #[test]
    fn every_second_is_accounted_for(lines in prop::collection::vec(any_line(), 1..12)) {
        let mut desk = desk();
        for (on, evidence, placed) in &lines {
            let judgement = desk.study_on(*on, evidence, *placed);
            let credited = judgement.credited.iter().map(|(_, stretch)| *stretch);
            let mut parts: Vec<Interval> = credited.chain(judgement.clipped.iter().map(|clip| clip.stretch)).collect();
            parts.sort_unstable();
            let span = whole_seconds(placed);
            prop_assert_eq!(interval::total_seconds(&parts), span.map_or(0, Interval::seconds));
            prop_assert!(parts.windows(2).all(|pair| pair[0].end() == pair[1].start()), "{:?}", parts);
            prop_assert_eq!(parts.first().map(|part| part.start()), span.map(Interval::start));
            let reasons: i64 = judgement.clipped_seconds().into_iter().map(|(_, seconds)| seconds).sum();
            prop_assert_eq!(judgement.credited_seconds() + reasons, span.map_or(0, Interval::seconds));
            prop_assert!(judgement.uncertainty_s * 1000 >= placed.uncertainty_ms);
        }
        check_book(&desk)?;
        for day in days_of(Interval::new(evening(), evening() + 40_000).unwrap()) {
            prop_assert!(desk.book.day_seconds(day) <= desk.policy.caps.day_seconds);
            prop_assert!(desk.book.claimed_on(day) <= desk.policy.claimed.day_seconds);
        }
    }

    /// The same lines in the same order give the same book; certain clocks and no rule in the way give the union, in
    /// whatever order the lines come.
    #[test]
    fn certain_meetings_add_up_to_their_union(
        mut spans in prop::collection::vec((1u128..4, 0i64..20_000, 1i64..4_000), 1..12),
    ) {
        let study_all = |spans: &[(u128, i64, i64)]| {
            let mut desk = desk();
            for (on, from, seconds) in spans {
                desk.study_on(*on, &item(Source::Class), placed(evening() - 12 * HOUR + from, *seconds));
            }
            desk
        };
        let first = study_all(&spans);
        prop_assert_eq!(&first.book, &study_all(&spans).book);
        let union = (0..24_000).filter(|s| spans.iter().any(|(_, from, long)| (*from..from + long).contains(s)));
        let union = union.count() as i64;
        prop_assert_eq!(first.total(), union);
        spans.reverse();
        prop_assert_eq!(study_all(&spans).total(), union);
    }

    #[test]
    fn corrections_keep_the_sums(lines in prop::collection::vec(any_line(), 1..8), target in 1i64..8) {
        let mut desk = desk();
        let judged: Vec<Judgement> =
            lines.iter().map(|(on, evidence, placed)| desk.study_on(*on, evidence, *placed)).collect();
        let total = desk.total();

        let confirmed = confirm(100, target, &mut desk.book);
        prop_assert_eq!((confirmed.iter().map(Entry::seconds).sum::<i64>(), desk.total()), (0, total));
        prop_assert!(desk.book.of(target).iter().all(|held| held.trust != Trust::Claimed));
        prop_assert_eq!(confirm(101, target, &mut desk.book), []);
        check_book(&desk)?;

        if let (Some(held), Some(line)) = (desk.book.of(target).first().copied(), judged.get(target as usize - 1)) {
            let granted: i64 = uphold(102, &held, &line.clipped, &mut desk.book).iter().map(Entry::seconds).sum();
            let taken: i64 = line.clipped.iter().map(|clip| clip.stretch.seconds()).sum();
            prop_assert!((0..=taken).contains(&granted));
            prop_assert_eq!(desk.total(), total + granted);
            check_book(&desk)?;
        }

        let stood: i64 = desk.book.of(target).iter().map(|held| held.stretch.seconds()).sum();
        let before = desk.total();
        let reversed: i64 = reverse(103, target, &mut desk.book).iter().map(Entry::seconds).sum();
        prop_assert_eq!((reversed, desk.total()), (-stood, before - stood));
        prop_assert_eq!(desk.book.of(target), []);
        prop_assert_eq!(reverse(104, target, &mut desk.book), []);
        check_book(&desk)?;
    }

    /// What is loaded for a line decides as the whole book does.
    #[test]
    fn the_days_around_a_line_are_enough(lines in prop::collection::vec((any_line(), 0i64..10), 1..10)) {
        let mut desk = desk();
        let mut entries: Vec<Entry> = Vec::new();
        for ((on, evidence, placed), days) in &lines {
            let moved = days * 24 * HOUR * 1000;
            let placed = Placed { start_ms: placed.start_ms + moved, end_ms: placed.end_ms + moved, ..*placed };
            let Some((first, last)) = days_near(&placed) else { continue };
            let near = entries.iter().filter(|entry| {
                let held = &entry.holding;
                (first..=last).contains(&held.day) || held.uncertainty_s >= FAR_UNCERTAINTY_S
            });
            let works = (1..4).map(|number| (work(number), desk.book.work_seconds(work(number)))).collect();
            let mut loaded = Book::open(near.copied(), works);
            desk.number += 1;
            let (device, trust) = (device(*on), evidence.source.trust());
            let (number, facts, policy) = (desk.number, desk.facts, &desk.policy);
            let line = StudyLine { number, device, evidence, trust, placed, facts, policy };
            let by_loaded = study(&line, &mut loaded);
            let by_all = study(&line, &mut desk.book);
            prop_assert_eq!(&by_loaded, &by_all);
            entries.extend(by_all.1);
        }
    }
}
