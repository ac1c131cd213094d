//! What must be so at the end of every schedule, whatever happened in it.

use std::collections::BTreeMap;

use densach_domain::credit::{Book, CreditPolicy, Entry, Holding, days_of, whole_seconds};
use densach_domain::device_clock::{Basis, Placed};
use densach_domain::evidence::Reason;
use densach_domain::interval::Interval;

use crate::course::Course;
use crate::ledger::{Ledger, Studied};
use crate::server::Server;
use crate::world::{Stretch, Truth};

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Shows it again.
    pub seed: u64,
    pub sentence: String,
}

/// What one citizen's ledger came to, in whole seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// In which the person studied, on whatever device.
    pub true_seconds: i64,
    /// Of these, the ones that no device had saved when its app was killed or its storage lost.
    pub unsaved_seconds: i64,
    /// What the same lines come to under the same policy when everything is known to lie where it was.
    pub due_seconds: i64,
    pub credited_seconds: i64,
    /// Whether every run of the clocks that saw something met the server, sooner or later.
    pub is_anchored: bool,
}

/// Collects what is wrong.
pub struct Findings<'a> {
    pub seed: u64,
    pub policy: &'a CreditPolicy,
    pub violations: Vec<Violation>,
    pub acknowledged_lost_seconds: i64,
}

impl Findings<'_> {
    pub fn new(seed: u64, policy: &CreditPolicy) -> Findings<'_> {
        Findings { seed, policy, violations: Vec::new(), acknowledged_lost_seconds: 0 }
    }

    pub fn must(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(Violation { seed: self.seed, sentence: sentence() });
        }
    }

    /// Everything that holds when phones keep the contract; an outcome for each citizen.
    pub fn course(&mut self, course: &Course<'_>) -> Vec<Outcome> {
        self.ledgers(&course.server);
        let ledgers = course.server.ledgers.iter().enumerate();
        ledgers
            .map(|(person, ledger)| {
                let truths = truths(course, person);
                self.honest(ledger, &truths);
                self.outcome(course, person, ledger, &truths)
            })
            .collect()
    }

    /// Whatever is sent a second time, is known.
    pub fn again(&mut self, course: &Course<'_>) {
        let again = &course.repeated;
        self.must(again.is_empty(), || format!("sent a second time, it was not known: {again:?}"));
    }

    /// Nothing that was acknowledged is missing, all was sent in the end, and what never came is known.
    pub fn phones(&mut self, course: &Course<'_>) {
        for (number, (phone, device)) in course.phones.iter().zip(&course.server.devices).enumerate() {
            for item in phone.items.iter().filter(|item| item.is_acknowledged) {
                let said =
                    |studied: &Studied| studied.device == device.id && studied.evidence == item.evidence;
                let ledger = course.server.ledgers.get(item.person);
                if !ledger.is_some_and(|ledger| ledger.all_studied().any(|(_, studied)| said(studied))) {
                    let sequence = item.evidence.sequence;
                    self.acknowledged_lost_seconds += item.evidence.lasted_ms() / 1_000;
                    self.must(false, || format!("phone {number}, item {sequence}: acknowledged and lost"));
                }
            }
            let sent = phone.items.iter().filter(|item| !item.is_forgotten);
            let unsent = sent.clone().filter(|item| !item.is_acknowledged).count();
            self.must(unsent == 0, || format!("phone {number}: {unsent} items were never acknowledged"));
            let highest = sent.clone().map(|item| item.evidence.sequence).max().unwrap_or(0);
            let missing = highest - i64::try_from(sent.count()).unwrap_or(i64::MAX);
            let counted = device.missing_count();
            self.must(counted == missing, || {
                format!("phone {number}: {counted} numbers are said to be missing, and {missing} are")
            });
        }
    }

    /// What holds for whatever was sent, by whomever.
    pub fn ledgers(&mut self, server: &Server<'_>) {
        for ledger in &server.ledgers {
            for (number, studied) in ledger.all_studied() {
                self.line(number, studied);
            }
            self.sums(ledger);
            let again = ledger.replay(self.policy, |studied| studied.placed).entries;
            self.must(again == ledger.entries, || {
                let other = again.iter().zip(&ledger.entries).find(|(again, entry)| again != entry);
                let counts = (again.len(), ledger.entries.len());
                format!("judged again with the whole book, it is another: {counts:?} entries, {other:?}")
            });
        }
    }

    /// Every second of a line is accounted for once, and was over when it was received.
    fn line(&mut self, number: i64, studied: &Studied) {
        let Studied { evidence, placed, judgement, received_ms, .. } = studied;
        let credited = judgement.credited.iter().map(|(_, stretch)| *stretch);
        let mut parts: Vec<Interval> =
            credited.chain(judgement.clipped.iter().map(|clip| clip.stretch)).collect();
        parts.sort_unstable();
        let span = whole_seconds(placed);
        let meets = parts.windows(2).all(|pair| matches!(pair, [a, b] if a.end() == b.start()));
        let ends = parts.first().zip(parts.last()).map(|(first, last)| (first.start(), last.end()));
        self.must(meets && ends == span.map(|span| (span.start(), span.end())), || {
            format!("line {number}: {parts:?} are not the parts of {span:?}")
        });
        let claimed_s = evidence.lasted_ms() / 1_000;
        let kept_s = span.map_or(0, Interval::seconds) + judgement.lost.map_or(0, |(_, seconds)| seconds);
        // A clock is believed to run fast by so much, and both sides are rounded down.
        let drift_s = claimed_s * self.policy.clock.drift_ppm / 1_000_000 + 3;
        self.must((0..=drift_s).contains(&(claimed_s - kept_s)), || {
            format!("line {number}: {claimed_s} s were claimed, {kept_s} s are accounted for")
        });
        let late = judgement.credited.iter().find(|(_, stretch)| stretch.end() * 1_000 > *received_ms);
        self.must(late.is_none(), || format!("line {number}: {late:?} ends after it was received"));
    }

    /// No second counts twice, and every partition has the same sum.
    fn sums(&mut self, ledger: &Ledger) {
        let standing = standing(ledger);
        let twice =
            standing.windows(2).find(|pair| matches!(pair, [a, b] if a.stretch.end() > b.stretch.start()));
        self.must(twice.is_none(), || format!("a second counts twice: {twice:?}"));
        let astray = standing.iter().find(|held| !days_of(held.stretch).eq([held.day]));
        self.must(astray.is_none(), || format!("it is not within its day: {astray:?}"));
        let total: i64 = standing.iter().map(|held| held.stretch.seconds()).sum();
        let by_sum = sums(&standing, |held| (held.day, held.source, held.trust));
        let kept = ledger.sums.iter().filter(|(_, seconds)| **seconds != 0);
        self.must(kept.eq(by_sum.iter()), || format!("{:?} were kept along, {by_sum:?} stand", ledger.sums));
        let partitions = [
            ("all entries", ledger.total()),
            ("sums kept along", ledger.sums.values().sum()),
            ("by source", sums(&standing, |held| held.source).values().sum()),
            ("by trust", sums(&standing, |held| held.trust).values().sum()),
            ("by day", sums(&standing, |held| held.day).values().sum()),
            ("by device", sums(&standing, |held| held.device).values().sum()),
            ("by work", sums(&standing, |held| held.work).values().sum()),
            ("by line", sums(&standing, |held| held.number).values().sum()),
        ];
        for (partition, sum) in partitions {
            self.must(sum == total, || format!("{partition}: {sum} s, but {total} s stand"));
        }
        let most = self.policy.caps.day_seconds;
        let full = sums(&standing, |held| held.day).into_iter().find(|(_, seconds)| *seconds > most);
        // What an office grants in spite of the rules, it grants in spite of this one.
        self.must(full.is_none() || !ledger.upheld().is_empty(), || {
            format!("{full:?}: more than {most} s a day")
        });
    }

    /// An honest phone is placed where it was, as far as that is said to be certain, and is accused of nothing.
    fn honest(&mut self, ledger: &Ledger, truths: &Truths) {
        for (number, studied) in ledger.all_studied() {
            let mut reasons = studied.judgement.clipped_seconds().into_iter().map(|(reason, _)| reason);
            let accused = reasons.find(is_accusation);
            self.must(accused.is_none(), || format!("line {number}: an honest phone, but {accused:?}"));
            let Some((from_ms, _)) = truths.get(&key(studied)) else { continue };
            let placed = &studied.placed;
            let off_ms = (placed.start_ms - from_ms).abs();
            self.must(off_ms <= placed.uncertainty_ms, || {
                format!("line {number}: {off_ms} ms from the truth, which is more than {placed:?} says")
            });
        }
    }

    /// Credit is never more than the time in which the person studied.
    fn outcome(&mut self, course: &Course<'_>, person: usize, ledger: &Ledger, truths: &Truths) -> Outcome {
        let own = course.phones.iter().flat_map(|phone| &phone.engaged);
        let own = own.filter(|(whose, _)| *whose == person).map(|(_, stretch)| *stretch);
        let saved = course.phones.iter().flat_map(|phone| &phone.items);
        let saved = saved.filter(|item| item.person == person && !item.is_forgotten);
        let saved = saved.flat_map(|item| item.engaged.iter().copied());
        // What people say, is taken at their word: also when it was.
        let said = ledger.all_studied().filter(|(_, studied)| !studied.evidence.source.has_work());
        let said = said.map(|(_, studied)| (studied.placed.start_ms, studied.placed.end_ms));
        let said: Vec<Stretch> = said.collect();
        let truth_ms = Truth::of(own.chain(said.iter().copied())).union_ms();
        let saved_ms = Truth::of(saved.chain(said)).union_ms();
        // What an office granted in spite of the rules, is its own to answer for.
        let upheld = ledger.upheld();
        let granted = ledger.entries.iter().filter(|entry| upheld.contains(&entry.number));
        let credited = ledger.total();
        let earned = credited - granted.map(Entry::seconds).sum::<i64>();
        self.must(earned * 1_000 <= truth_ms, || {
            format!("citizen {person}: {earned} s were credited, the truth is {truth_ms} ms")
        });
        let due = ledger.replay(self.policy, |studied| exact(studied, truths));
        Outcome {
            true_seconds: truth_ms / 1_000,
            unsaved_seconds: (truth_ms - saved_ms) / 1_000,
            due_seconds: due.total(),
            credited_seconds: credited,
            is_anchored: ledger.all_studied().all(|(_, studied)| studied.placed.basis != Basis::Estimated),
        }
    }
}

fn is_accusation(reason: &Reason) -> bool {
    matches!(reason, Reason::BeforeDevice | Reason::ClockFast | Reason::NoFocus | Reason::TooFast)
}

/// Where what a person's phones saw, lies in true time, by device and number.
type Truths = BTreeMap<(u128, i64), Stretch>;

fn key(studied: &Studied) -> (u128, i64) {
    (studied.device.uuid().as_u128(), studied.evidence.sequence)
}

fn truths(course: &Course<'_>, person: usize) -> Truths {
    let phones = course.phones.iter().zip(&course.server.devices);
    let items = phones.flat_map(|(phone, device)| phone.items.iter().map(|item| (device.id, item)));
    let own = items.filter(|(_, item)| item.person == person);
    own.filter_map(|(id, item)| Some(((id.uuid().as_u128(), item.evidence.sequence), item.truth?))).collect()
}

/// Where evidence lay, with nothing uncertain about it; what people say lies where they say.
fn exact(studied: &Studied, truths: &Truths) -> Placed {
    let certain = Placed { uncertainty_ms: 0, ..studied.placed };
    truths.get(&key(studied)).map_or(certain, |(start_ms, end_ms)| Placed {
        start_ms: *start_ms,
        end_ms: *end_ms,
        basis: Basis::Anchored,
        lost_ms: 0,
        ..certain
    })
}

/// What stands, in the order of time.
fn standing(ledger: &Ledger) -> Vec<Holding> {
    let book = Book::open(ledger.entries.iter().copied(), Default::default());
    let mut standing: Vec<Holding> = book.holdings().copied().collect();
    standing.sort_unstable_by_key(|held| held.stretch);
    standing
}

fn sums<K: Ord>(standing: &[Holding], key: impl Fn(&Holding) -> K) -> BTreeMap<K, i64> {
    let mut sums = BTreeMap::new();
    for held in standing {
        *sums.entry(key(held)).or_default() += held.stretch.seconds();
    }
    sums
}
