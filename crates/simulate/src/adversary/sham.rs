//! What each liar sends.

use std::rc::Rc;

use densach_domain::Timestamp;
use densach_domain::credit::{CreditPolicy, Reader};
use densach_domain::device_clock::{Echo, Sent};
use densach_domain::evidence::{Evidence, Focus, Run, Source};

use super::{Adversary, AdversaryResult};
use crate::check::Findings;
use crate::dice::Dice;
use crate::server::{Batch, Server};
use crate::world::{DAY, HOUR, MINUTE, Person, SECOND, Work};

/// 20:00 of 1 November 2026 in Viet Nam.
const EVENING_MS: i64 = 1_793_538_000_000;
/// On the way to the server.
const WAY_MS: i64 = 200;

/// What was so, and how much more may be credited.
struct Told {
    truth_s: i64,
    bound_s: i64,
}

pub fn run(kind: Adversary, seed: u64, policy: &CreditPolicy) -> AdversaryResult {
    let mut dice = Dice::new(seed);
    let people = [Person::new(0, Reader::Ordinary), Person::new(1, Reader::Ordinary)];
    // Long enough for an hour each; the first is of any length.
    let first = Work::new(0, dice.between(200, 4_000), Some(dice.between(MINUTE, 4 * HOUR)));
    let works: Vec<Work> =
        std::iter::once(first).chain((1..60).map(|number| Work::new(number, 8_000, Some(HOUR)))).collect();
    let registered_ms = EVENING_MS + dice.below(10 * DAY);
    let server = Server::new(policy, &works, &people, std::iter::repeat_n(registered_ms, 4));
    let mut sham = Sham { policy, dice, server, works: &works, registered_ms, sequence: 0 };
    let told = match kind {
        Adversary::ThousandHours => sham.thousand_hours(),
        Adversary::OverlappingHours => sham.overlapping_hours(),
        Adversary::FutureStamps => sham.future_stamps(),
        Adversary::FutureRuns => sham.future_runs(),
        Adversary::ForgedDevice => sham.forged_device(),
        Adversary::ReplayOfAnother => sham.replay_of_another(),
        Adversary::TheftOfAnother => sham.theft_of_another(),
        Adversary::SeekToComplete => sham.seek_to_complete(),
        Adversary::TwoPhonesAllNight => sham.two_phones_all_night(),
        Adversary::LoopAllNight => sham.loop_all_night(),
        Adversary::LeftOpen => sham.left_open(),
        Adversary::BooksAllDay => sham.books_all_day(),
    };
    let credited_seconds = sham.server.ledgers.iter().map(|ledger| ledger.total()).sum();
    let excess_seconds = credited_seconds - told.truth_s;
    let mut findings = Findings::new(seed, policy);
    findings.ledgers(&sham.server);
    findings.must(excess_seconds <= told.bound_s, || {
        format!("{}: {excess_seconds} s more than the truth, the bound is {}", kind.name(), told.bound_s)
    });
    AdversaryResult {
        kind,
        seed,
        credited_seconds,
        truth_seconds: told.truth_s,
        excess_seconds,
        bound_seconds: told.bound_s,
        violations: findings.violations,
    }
}

struct Sham<'a> {
    policy: &'a CreditPolicy,
    dice: Dice,
    server: Server<'a>,
    works: &'a [Work],
    registered_ms: i64,
    sequence: i64,
}

impl Sham<'_> {
    /// A lesson that plays, or is said to, for all of its length.
    fn video(&mut self, work: usize, from_ms: i64, to_ms: i64) -> Evidence {
        let work = self.works.get(work % self.works.len());
        let media_ms = work.and_then(|work| work.duration_ms).unwrap_or(HOUR);
        self.sequence += 1;
        Evidence {
            sequence: self.sequence,
            source: Source::Video,
            work: work.map(|work| work.id),
            started_at: Timestamp::from_ms(from_ms),
            ended_at: Timestamp::from_ms(to_ms),
            run: None,
            focus: Focus::Foreground,
            content: Some((0, media_ms)),
            longest_idle_ms: 0,
            question_count: 0,
            title: String::new(),
        }
    }

    fn book(&mut self, from_ms: i64, to_ms: i64) -> Evidence {
        let title = "x".to_owned();
        Evidence { source: Source::Book, work: None, content: None, title, ..self.video(0, from_ms, to_ms) }
    }

    /// The monotonic clock of a device that was started with its registration, and runs as time does.
    fn ran(&self, boot: &str, evidence: Evidence) -> Evidence {
        let elapsed = |at: Timestamp| at.ms() - self.registered_ms;
        let (started_ms, ended_ms) = (elapsed(evidence.started_at), elapsed(evidence.ended_at));
        Evidence { run: Some(Run { boot: boot.to_owned(), started_ms, ended_ms }), ..evidence }
    }

    fn sent(&self, at_ms: i64) -> Sent {
        let elapsed_ms = at_ms - self.registered_ms;
        Sent { wall: Timestamp::from_ms(at_ms), boot: "a".to_owned(), elapsed_ms }
    }

    /// What the device was given when it signed in.
    fn echo(&self) -> Echo {
        let issued_at = Timestamp::from_ms(self.registered_ms + WAY_MS);
        Echo { issued_at, boot: "a".to_owned(), elapsed_ms: 2 * WAY_MS }
    }

    fn batch(&self, device: usize, person: usize, at_ms: i64, items: Vec<Evidence>) -> Batch {
        let items = items.into_iter().map(|item| (person, Rc::new(item))).collect();
        Batch { device, sent: Some(self.sent(at_ms)), echoes: vec![self.echo()], items }
    }

    fn sign_in(&mut self, device: usize) {
        let hello = Batch { echoes: Vec::new(), ..self.batch(device, 0, self.registered_ms, Vec::new()) };
        self.server.take(&hello, self.registered_ms + WAY_MS);
    }

    fn send(&mut self, device: usize, at_ms: i64, items: Vec<Evidence>) {
        let batch = self.batch(device, 0, at_ms, items);
        self.server.take(&batch, at_ms + WAY_MS);
    }

    /// The most that the days from an instant to another can hold.
    fn days_s(&self, from_ms: i64, to_ms: i64, a_day: i64) -> i64 {
        let number = |at_ms: i64| i64::from(Timestamp::from_ms(at_ms).learning_day().number());
        (number(to_ms) - number(from_ms) + 1) * a_day
    }

    fn opens_ms(&self) -> i64 {
        self.registered_ms - self.policy.clock.before_device_ms
    }

    /// What playing the first work takes at the slowest pace that is believed.
    fn slowest_s(&self) -> i64 {
        let media_ms = self.works.first().and_then(|work| work.duration_ms).unwrap_or(0);
        (media_ms * 100 / self.policy.playing.slowest_rate_percent.max(1)).div_euclid(1_000) + 1
    }

    fn thousand_hours(&mut self) -> Told {
        self.sign_in(0);
        let passed_ms = self.dice.between(MINUTE, 10 * HOUR);
        let now = self.registered_ms + passed_ms;
        let claimed_ms = 1_000 * HOUR;
        // Between two contacts, as well as their instants are known.
        let clock = &self.policy.clock;
        let unknown_ms = clock.answer_ms + 2 * passed_ms * clock.drift_ppm / 1_000_000;
        let mut room_s = (passed_ms + unknown_ms) / 1_000 + 1;
        let mut batch = self.batch(0, 0, now, Vec::new());
        let item = match self.dice.below(4) {
            // Said to end long after it is sent.
            0 => {
                let item = self.video(0, self.registered_ms, self.registered_ms + claimed_ms);
                self.ran("a", item)
            }
            // The clock is said to have run as long.
            1 => {
                let item = self.video(0, self.registered_ms, self.registered_ms + claimed_ms);
                batch.sent = batch.sent.map(|sent| Sent { elapsed_ms: claimed_ms, ..sent });
                self.ran("a", item)
            }
            // In a run of the clock that the server never met, before the present one.
            2 => {
                room_s = (now - self.opens_ms()) / 1_000;
                let item = self.video(0, self.registered_ms, self.registered_ms + claimed_ms);
                self.ran("never", item)
            }
            // By the wall clock alone.
            _ => {
                room_s = (now - self.opens_ms()) / 1_000;
                self.video(0, now - claimed_ms, now)
            }
        };
        batch.items.push((0, Rc::new(item)));
        self.server.take(&batch, now + WAY_MS);
        let most_s = self.slowest_s().min(room_s);
        let truth_s = self.dice.below(most_s.min(passed_ms / 1_000) + 1);
        Told { truth_s, bound_s: most_s - truth_s }
    }

    fn overlapping_hours(&mut self) -> Told {
        (0..3).for_each(|device| self.sign_in(device));
        let from_ms = self.registered_ms + self.dice.between(MINUTE, DAY);
        let to_ms = from_ms + HOUR;
        for device in 0..3 {
            let mut items = Vec::new();
            for _ in 0..self.dice.between(1, 5) {
                let work = self.dice.index(50) + 1;
                let video = self.video(work, from_ms, to_ms);
                items.push(self.ran("a", video));
            }
            items.push(self.book(from_ms, to_ms));
            self.send(device, to_ms + self.dice.clone().between(0, DAY), items);
        }
        Told { truth_s: HOUR / SECOND, bound_s: 0 }
    }

    fn future_stamps(&mut self) -> Told {
        let now = self.registered_ms + self.dice.between(MINUTE, 10 * DAY);
        let years = self.dice.between(0, 20 * 365) * DAY;
        let hours = self.dice.between(1, 400);
        let items = (0..hours).map(|hour| {
            let from_ms = now + years + hour * HOUR;
            self.video(usize::try_from(hour).unwrap_or(0), from_ms, from_ms + HOUR)
        });
        let items = items.collect();
        let mut batch = self.batch(0, 0, now, items);
        if self.dice.percent(70) {
            (batch.sent, batch.echoes) = (None, Vec::new());
        }
        self.server.take(&batch, now + WAY_MS);
        let days_s = self.days_s(self.opens_ms(), now, self.policy.caps.day_seconds);
        Told { truth_s: 0, bound_s: days_s.min(hours * HOUR / SECOND) }
    }

    fn future_runs(&mut self) -> Told {
        self.sign_in(0);
        let now = self.registered_ms + self.dice.between(MINUTE, 10 * DAY);
        let items = (1..self.dice.between(2, 200)).map(|hour| {
            let from_ms = now + hour * HOUR;
            let video = self.video(usize::try_from(hour).unwrap_or(0), from_ms, from_ms + HOUR);
            self.ran("a", video)
        });
        let items = items.collect();
        self.send(0, now, items);
        Told { truth_s: 0, bound_s: 0 }
    }

    fn forged_device(&mut self) -> Told {
        self.sign_in(0);
        let hours = self.dice.between(1, 14 * 24);
        let now = self.registered_ms + hours * HOUR;
        let items = (0..hours).map(|hour| {
            let from_ms = self.registered_ms + hour * HOUR;
            let video = self.video(usize::try_from(hour).unwrap_or(0) + 1, from_ms, from_ms + HOUR);
            self.ran("a", video)
        });
        let items = items.collect();
        self.send(0, now, items);
        // The first hour may be placed as much earlier as the clocks leave open.
        let days_s = self.days_s(self.registered_ms - 5 * MINUTE, now, self.policy.caps.day_seconds);
        Told { truth_s: 0, bound_s: days_s.min(hours * HOUR / SECOND) }
    }

    /// Another person studies for some hours; answers the batch, when it was sent, and how long they studied.
    fn victim(&mut self) -> (Batch, i64, i64) {
        self.sign_in(0);
        let hours = self.dice.between(1, 8);
        let now = self.registered_ms + hours * HOUR;
        let items = (0..hours).map(|hour| {
            let from_ms = self.registered_ms + hour * HOUR;
            let video = self.video(usize::try_from(hour).unwrap_or(0) + 1, from_ms, from_ms + HOUR);
            self.ran("a", video)
        });
        let items = items.collect();
        (self.batch(0, 1, now, items), now, hours * HOUR / SECOND)
    }

    fn replay_of_another(&mut self) -> Told {
        let (batch, now, truth_s) = self.victim();
        self.server.take(&batch, now + WAY_MS);
        for _ in 0..self.dice.between(1, 20) {
            let later = now + self.dice.below(5 * DAY);
            self.server.take(&batch, later);
        }
        Told { truth_s, bound_s: 0 }
    }

    fn theft_of_another(&mut self) -> Told {
        let (batch, now, truth_s) = self.victim();
        self.server.take(&batch, now + WAY_MS);
        // The anchors are signed for the device that they were given to, so they do not come along.
        let items = batch.items.iter().map(|(_, item)| (0, Rc::clone(item))).collect();
        let stolen = Batch { device: 1, echoes: Vec::new(), items, ..batch.clone() };
        self.server.take(&stolen, now + self.dice.below(5 * DAY));
        Told { truth_s, bound_s: truth_s }
    }

    fn seek_to_complete(&mut self) -> Told {
        self.sign_in(0);
        let mut at_ms = self.registered_ms + MINUTE;
        let begins_ms = at_ms;
        let mut items = Vec::new();
        for _ in 0..self.dice.between(1, 30) {
            let open_ms = self.dice.between(SECOND, 30 * SECOND);
            let video = self.video(0, at_ms, at_ms + open_ms);
            items.push(self.ran("a", video));
            at_ms += open_ms;
        }
        self.send(0, at_ms, items);
        // Whoever drags a player looks at it.
        Told { truth_s: (at_ms - begins_ms) / 1_000, bound_s: 0 }
    }

    fn two_phones_all_night(&mut self) -> Told {
        let night_ms = self.dice.between(6, 10) * HOUR;
        let begins_ms = self.registered_ms + self.dice.below(HOUR);
        for device in 0..2 {
            self.sign_in(device);
            let items = (0..night_ms / HOUR).map(|hour| {
                let from_ms = begins_ms + hour * HOUR;
                let work = usize::try_from(hour).unwrap_or(0) + 1 + 20 * device;
                let video = self.video(work, from_ms, from_ms + HOUR);
                self.ran("a", video)
            });
            let items = items.collect();
            self.send(device, begins_ms + night_ms + self.dice.clone().below(HOUR), items);
        }
        Told { truth_s: 0, bound_s: night_ms / 1_000 }
    }

    fn loop_all_night(&mut self) -> Told {
        self.sign_in(0);
        let length_ms = self.works.first().and_then(|work| work.duration_ms).unwrap_or(HOUR);
        let begins_ms = self.registered_ms + MINUTE;
        let rounds = (10 * HOUR / length_ms).max(1);
        let items = (0..rounds).map(|round| {
            let from_ms = begins_ms + round * length_ms;
            let video = self.video(0, from_ms, from_ms + length_ms);
            self.ran("a", video)
        });
        let items = items.collect();
        let ends_ms = begins_ms + rounds * length_ms;
        self.send(0, ends_ms, items);
        let a_day = self.slowest_s() * self.policy.playing.times_a_day;
        let days_s = self.days_s(begins_ms, ends_ms, a_day);
        Told { truth_s: 0, bound_s: days_s.min((ends_ms - begins_ms) / 1_000) }
    }

    fn left_open(&mut self) -> Told {
        self.sign_in(0);
        let from_ms = self.registered_ms + MINUTE;
        let there_ms = self.dice.below(10 * MINUTE);
        let left_ms = self.dice.between(10 * MINUTE, 10 * HOUR);
        let to_ms = from_ms + there_ms + left_ms;
        let video = self.video(1, from_ms, to_ms);
        let text = Evidence { source: Source::Reading, content: None, longest_idle_ms: left_ms, ..video };
        let text = self.ran("a", text);
        self.send(0, to_ms, vec![text]);
        Told { truth_s: there_ms / 1_000, bound_s: self.policy.reading.idle_gap_seconds }
    }

    fn books_all_day(&mut self) -> Told {
        let days = self.dice.between(1, 14);
        let now = self.registered_ms + days * DAY;
        let pieces = days * 6;
        let items = (0..pieces).map(|piece| {
            let from_ms = self.registered_ms + piece * 4 * HOUR;
            self.book(from_ms, from_ms + 4 * HOUR)
        });
        let items = items.collect();
        self.send(0, now, items);
        Told { truth_s: 0, bound_s: self.days_s(self.registered_ms, now, self.policy.claimed.day_seconds) }
    }
}
