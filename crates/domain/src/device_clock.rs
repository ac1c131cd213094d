//! From the clocks of a phone to true time.
//!
//! A phone's wall clock may show any date; its monotonic clock only counts. Every contact with the server ties the
//! monotonic clock to true time: what the phone sends at reading `e` arrives at `T`, so `e` was not after `T`; what the
//! server stamped at `T'` the phone read at `e'`, so `e'` was not before `T'` (the signed anchor that a phone hands
//! back). Between the two, true time is known to within the way there and back. Evidence of a run of the clock that
//! never met the server is placed by the wall clock's distance from true time now, within what must have been before
//! and after it, and says how uncertain that is. No phone is refused for its date.

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::evidence::{Evidence, HIGHEST_SEQUENCE, Reason, Trust};
use crate::named::named;

/// How far clocks are believed; a part of the credit policy.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockPolicy {
    /// How much faster or slower than time a phone's monotonic clock may run, in millionths.
    pub drift_ppm: i64,
    /// How long a request or an answer may be on its way at most; clients give up after it.
    pub answer_ms: i64,
    /// How long before its registration a device's evidence may lie: an app may be used before anybody signs in.
    pub before_device_ms: i64,
}

/// A reading of a monotonic clock, and between which instants it was taken (true time, milliseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    pub elapsed_ms: i64,
    pub earliest_ms: i64,
    pub latest_ms: i64,
}

impl Anchor {
    fn middle(&self) -> i64 {
        self.earliest_ms + (self.latest_ms - self.earliest_ms) / 2
    }
}

/// One run of a device's monotonic clock: its first and its last moment that the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    pub id: String,
    pub first: Anchor,
    pub last: Anchor,
}

/// What a phone says of its clocks at the moment of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub wall: Timestamp,
    pub boot: String,
    pub elapsed_ms: i64,
}

/// An anchor that the server signed, and the reading at which the phone received it. Its signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    pub issued_at: Timestamp,
    pub boot: String,
    pub elapsed_ms: i64,
}

/// One contact: what came with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub received_at: Timestamp,
    pub sent: Option<Sent>,
    pub echoes: Vec<Echo>,
}

/// How the place of a stretch in true time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Between moments that the server knows.
    Anchored,
    /// By the wall clock's distance from true time, from a run of the clock that the server never met.
    Estimated,
    /// By the wall clock alone; the device says nothing else.
    Stated,
}

named! {
    Basis {
        Anchored = "anchored",
        Estimated = "estimated",
        Stated = "stated",
    }
}

/// A stretch in true time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub start_ms: i64,
    pub end_ms: i64,
    /// It may lie this much earlier or later.
    pub uncertainty_ms: i64,
    pub basis: Basis,
    /// What the device's clock counted and true time has no room for.
    pub lost_ms: i64,
}

impl Placed {
    /// Within the time that there was: after the device could have seen anything, and before it was received. It is
    /// moved as far as it is uncertain; what has no room then is lost, whatever the readings say.
    fn within(self, opens_ms: i64, received_ms: i64) -> Self {
        let received_ms = received_ms.max(opens_ms);
        let late_ms = self.end_ms.saturating_sub(received_ms).clamp(0, self.uncertainty_ms.max(0));
        let start_ms = self.start_ms.saturating_sub(late_ms).clamp(opens_ms, received_ms);
        let end_ms = self.end_ms.saturating_sub(late_ms).clamp(start_ms, received_ms);
        let gone_ms = self.end_ms.saturating_sub(self.start_ms).saturating_sub(end_ms - start_ms);
        Self {
            start_ms,
            end_ms,
            uncertainty_ms: self.uncertainty_ms.clamp(0, received_ms - opens_ms),
            lost_ms: self.lost_ms.saturating_add(gone_ms),
            ..self
        }
    }

    /// Why there is no room for `lost_ms`.
    pub fn lost_reason(&self) -> Reason {
        match self.basis {
            Basis::Anchored => Reason::ClockFast,
            Basis::Estimated | Basis::Stated => Reason::BeforeDevice,
        }
    }
}

/// What is known of a device's clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceClock {
    pub registered_at: Timestamp,
    /// The runs that the evidence at hand is of.
    pub boots: Vec<Boot>,
    /// The latest evidence by sequence number that the device saw itself, and the earliest instant at which it can have
    /// ended: what has a higher number came after it.
    pub latest: Option<(i64, i64)>,
}

fn drift(distance_ms: i64, policy: &ClockPolicy) -> i64 {
    let exact = i128::from(distance_ms.unsigned_abs()) * i128::from(policy.drift_ppm);
    i64::try_from(exact.div_euclid(1_000_000) + i128::from(exact % 1_000_000 != 0)).unwrap_or(i64::MAX / 4)
}

fn second_up(ms: i64) -> i64 {
    ms.saturating_add(999).div_euclid(1000).saturating_mul(1000)
}

impl DeviceClock {
    /// Takes the anchors of a contact in.
    pub fn meet(&mut self, contact: &Contact, policy: &ClockPolicy) {
        for echo in &contact.echoes {
            // No answer is older than its request's receipt: what claims to be is no anchor.
            if echo.issued_at <= contact.received_at {
                let earliest_ms = echo.issued_at.ms();
                let anchor = Anchor {
                    elapsed_ms: echo.elapsed_ms,
                    earliest_ms,
                    latest_ms: earliest_ms.saturating_add(policy.answer_ms).min(contact.received_at.ms()),
                };
                self.tie(&echo.boot, anchor);
            }
        }
        let Some(sent) = &contact.sent else { return };
        let latest_ms = contact.received_at.ms();
        // What was read off a signed anchor bounds the way here, however long it was: a batch that waited in a queue with
        // an old reading arrives late, and the bound says how late.
        let own = contact.echoes.iter().filter(|echo| echo.boot == sent.boot);
        let bounds = own.filter_map(|echo| {
            let since = sent.elapsed_ms.checked_sub(echo.elapsed_ms).filter(|since| *since >= 0)?;
            Some(echo.issued_at.ms().saturating_add(since).saturating_sub(drift(since, policy)))
        });
        let bound = bounds.filter(|bound| *bound <= latest_ms).max();
        let earliest_ms = bound.unwrap_or(latest_ms.saturating_sub(policy.answer_ms));
        self.tie(&sent.boot, Anchor { elapsed_ms: sent.elapsed_ms, earliest_ms, latest_ms });
    }

    fn tie(&mut self, boot: &str, anchor: Anchor) {
        // No clock has counted for longer than numbers are exact, or less than nothing.
        if !(0..=HIGHEST_SEQUENCE).contains(&anchor.elapsed_ms) {
            return;
        }
        match self.boots.iter_mut().find(|known| known.id == boot) {
            None => self.boots.push(Boot { id: boot.to_owned(), first: anchor, last: anchor }),
            Some(known) => {
                if anchor.elapsed_ms < known.first.elapsed_ms {
                    known.first = anchor;
                }
                if anchor.elapsed_ms >= known.last.elapsed_ms {
                    known.last = anchor;
                }
            }
        }
    }

    fn boot(&self, id: &str) -> Option<&Boot> {
        self.boots.iter().find(|boot| boot.id == id)
    }

    /// Where an item lies in true time. Items of one batch are placed in the order of their numbers.
    pub fn place(
        &mut self,
        item: &Evidence,
        contact: &Contact,
        shift_ms: i64,
        policy: &ClockPolicy,
    ) -> Placed {
        let run = item.run.as_ref();
        let anchored = run.and_then(|run| Some((run, self.boot(&run.boot)?)));
        let placed = match anchored {
            Some((run, boot)) => boot.place(run.started_ms, run.ended_ms, item.source.trust(), policy),
            None => self.estimate(item, contact, shift_ms, policy),
        };
        let placed = placed.within(self.opens_ms(policy), contact.received_at.ms());
        // What people say of other hours bounds nothing, and what was seen may have been seen earlier than it stands.
        let is_seen = item.source.has_work() && placed.basis != Basis::Stated;
        if is_seen && self.latest.is_none_or(|(sequence, _)| sequence < item.sequence) {
            self.latest = Some((item.sequence, placed.end_ms.saturating_sub(placed.uncertainty_ms)));
        }
        placed
    }

    /// Before this moment the device saw nothing.
    pub fn opens_ms(&self, policy: &ClockPolicy) -> i64 {
        self.registered_at.ms().saturating_sub(policy.before_device_ms)
    }

    fn estimate(&self, item: &Evidence, contact: &Contact, shift_ms: i64, policy: &ClockPolicy) -> Placed {
        let received_ms = contact.received_at.ms();
        let lasted_ms = if item.run.is_some() {
            let lasted = item.lasted_ms();
            lasted.saturating_sub(drift(lasted, policy))
        } else {
            item.lasted_ms()
        };
        let opens = self.opens_ms(policy);
        let after = self.latest.filter(|(sequence, _)| *sequence < item.sequence).map(|(_, end_ms)| end_ms);
        let basis =
            if item.run.is_some() && contact.sent.is_some() { Basis::Estimated } else { Basis::Stated };
        // What a run before the present one saw, it saw before the present one began.
        let current = contact.sent.as_ref().filter(|_| basis == Basis::Estimated);
        let closes = current
            .and_then(|sent| Some(self.boot(&sent.boot)?.at(0, policy)))
            .map_or(received_ms, |(began_ms, off_ms, _)| began_ms.saturating_add(off_ms).min(received_ms));
        // A clock that is right, but for the way that the batch took, moves nothing that people say.
        let is_right = basis == Basis::Stated && contact.sent.is_some() && shift_ms.abs() <= policy.answer_ms;
        let shift_ms = if is_right { 0 } else { shift_ms };
        let wished = item.started_at.ms().saturating_add(shift_ms);
        let (earliest, latest) = match basis {
            Basis::Estimated => (after.unwrap_or(opens).max(opens), closes.saturating_sub(lasted_ms)),
            Basis::Stated | Basis::Anchored => (second_up(opens), received_ms.saturating_sub(lasted_ms)),
        };
        let latest = latest.max(earliest);
        let start_ms = match basis {
            Basis::Estimated => wished.clamp(earliest, latest),
            // And it stays on whole seconds, so that what does not meet still does not.
            Basis::Stated | Basis::Anchored => {
                wished.clamp(earliest, latest).div_euclid(1000).saturating_mul(1000)
            }
        };
        let uncertainty_ms = match basis {
            Basis::Estimated => (start_ms - earliest).max(latest - start_ms),
            Basis::Stated | Basis::Anchored => 0,
        };
        let end_ms = start_ms.saturating_add(lasted_ms);
        // Before the first moment at which the device could have seen anything there is no time to count.
        let end_ms = end_ms.min(closes.max(start_ms));
        Placed { start_ms, end_ms, uncertainty_ms, basis, lost_ms: lasted_ms - (end_ms - start_ms) }
    }
}

/// How far the wall clock is to be moved: by what it is wrong now, or, when the phone does not say, by as much as its
/// latest stamp lies in the future, or its earliest before the device saw anything. Items of one batch move together.
pub fn wall_shift_ms<'a, I: Iterator<Item = &'a Evidence>>(
    contact: &Contact,
    opens_ms: i64,
    items: impl Fn() -> I,
) -> i64 {
    let received_ms = contact.received_at.ms();
    if let Some(sent) = &contact.sent {
        return received_ms.saturating_sub(sent.wall.ms());
    }
    let back = items().map(|item| received_ms.saturating_sub(item.ended_at.ms())).min().unwrap_or(0).min(0);
    let earliest = items().map(|item| item.started_at.ms()).min().unwrap_or(opens_ms);
    back.saturating_add(opens_ms.saturating_sub(earliest.saturating_add(back)).max(0))
}

impl Boot {
    /// When the clock showed `elapsed_ms`, and by how much earlier it may have been; when no time fits all that is known, the moment on
    /// the line between the known ones, and by how much they disagree.
    fn at(&self, elapsed_ms: i64, policy: &ClockPolicy) -> (i64, i64, bool) {
        let (mut earliest, mut latest) = (i64::MIN, i64::MAX);
        for anchor in [&self.first, &self.last] {
            let distance = elapsed_ms.saturating_sub(anchor.elapsed_ms);
            let slack = drift(distance, policy);
            earliest = earliest.max(anchor.earliest_ms.saturating_add(distance).saturating_sub(slack));
            latest = latest.min(anchor.latest_ms.saturating_add(distance).saturating_add(slack));
        }
        if earliest <= latest {
            // The latest that can be: most requests are on their way for a moment only, so this hardly moves when more
            // becomes known, and what lies before and after on the same clock stays before and after.
            return (latest, latest - earliest + 1, true);
        }
        (self.between(elapsed_ms), earliest.saturating_sub(latest), false)
    }

    /// On the straight line between the two known moments; beyond them, at the clock's own pace.
    fn between(&self, elapsed_ms: i64) -> i64 {
        let (first, last) = (&self.first, &self.last);
        let counted = last.elapsed_ms.saturating_sub(first.elapsed_ms);
        if elapsed_ms <= first.elapsed_ms || counted <= 0 {
            return first.middle().saturating_add(elapsed_ms.saturating_sub(first.elapsed_ms));
        }
        if elapsed_ms >= last.elapsed_ms {
            return last.middle().saturating_add(elapsed_ms.saturating_sub(last.elapsed_ms));
        }
        let passed = i128::from(last.middle() - first.middle()).max(0);
        let share = i128::from(elapsed_ms - first.elapsed_ms) * passed / i128::from(counted);
        first.middle().saturating_add(i64::try_from(share).unwrap_or(i64::MAX / 4))
    }

    fn place(&self, started_ms: i64, ended_ms: i64, trust: Trust, policy: &ClockPolicy) -> Placed {
        let counted = ended_ms.saturating_sub(started_ms);
        let (start_ms, uncertainty_ms, agrees) = self.at(started_ms, policy);
        let lasted = if agrees { counted } else { counted.min((self.between(ended_ms) - start_ms).max(0)) };
        // A clock that runs fast by as much as is believed must not make time, where time is measured by it.
        let lasted = match trust {
            Trust::Measured => lasted.saturating_sub(drift(lasted, policy)),
            Trust::Attested | Trust::Claimed => lasted,
        };
        Placed {
            start_ms,
            end_ms: start_ms.saturating_add(lasted),
            uncertainty_ms,
            basis: Basis::Anchored,
            lost_ms: if agrees { 0 } else { counted - lasted },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::evidence::{Focus, Run, Source};
    use crate::id::WorkId;

    const POLICY: ClockPolicy =
        ClockPolicy { drift_ppm: 200, answer_ms: 60_000, before_device_ms: 30 * 86_400_000 };
    const T: i64 = 1_795_500_000_000;
    const HOUR: i64 = 3_600_000;

    fn item(sequence: i64, wall_ms: i64, boot: Option<&str>, from: i64, to: i64) -> Evidence {
        Evidence {
            sequence,
            source: Source::Reading,
            work: Some(WorkId::from_uuid(Uuid::from_u128(1))),
            started_at: Timestamp::from_ms(wall_ms),
            ended_at: Timestamp::from_ms(wall_ms + to - from),
            run: boot.map(|boot| Run { boot: boot.into(), started_ms: from, ended_ms: to }),
            focus: Focus::Foreground,
            content: None,
            longest_idle_ms: 0,
            question_count: 0,
            title: String::new(),
        }
    }

    fn clock() -> DeviceClock {
        DeviceClock { registered_at: Timestamp::from_ms(T - 10 * 24 * HOUR), boots: vec![], latest: None }
    }

    fn contact(boot: &str, elapsed_ms: i64, wall_ms: i64, echoes: Vec<Echo>) -> Contact {
        let sent = Sent { wall: Timestamp::from_ms(wall_ms), boot: boot.into(), elapsed_ms };
        Contact { received_at: Timestamp::from_ms(T), sent: Some(sent), echoes }
    }

    #[test]
    fn a_phone_that_believes_it_is_1970_is_placed_by_its_monotonic_clock() {
        let mut clock = clock();
        let echo = Echo { issued_at: Timestamp::from_ms(T - 5 * HOUR), boot: "a".into(), elapsed_ms: HOUR };
        // Sent at reading 6 h; the way took two seconds.
        let contact = contact("a", 6 * HOUR - 2_000, 500, vec![echo]);
        clock.meet(&contact, &POLICY);
        let placed = clock.place(&item(1, 0, Some("a"), 2 * HOUR, 3 * HOUR), &contact, 0, &POLICY);
        assert_eq!((placed.basis, placed.lost_ms), (Basis::Anchored, 0));
        let truth = T - 4 * HOUR;
        assert!((placed.start_ms - truth).abs() <= placed.uncertainty_ms, "{placed:?}");
        assert!(placed.uncertainty_ms < 7_000, "{placed:?}");
        assert_eq!(placed.end_ms - placed.start_ms, HOUR - 720);
    }

    #[test]
    fn a_run_that_never_met_the_server_is_estimated_within_what_must_be() {
        let mut clock = clock();
        clock.latest = Some((4, T - 48 * HOUR));
        // The phone restarted an hour ago; its wall clock is a year behind.
        let year = 365 * 24 * HOUR;
        let contact = contact("b", HOUR, T - year, vec![]);
        clock.meet(&contact, &POLICY);
        let shift = wall_shift_ms(&contact, i64::MIN, std::iter::empty);
        let seen = clock.place(&item(5, T - year - 3 * HOUR, Some("a"), 0, HOUR), &contact, shift, &POLICY);
        assert_eq!((seen.basis, seen.start_ms), (Basis::Estimated, T - 3 * HOUR));
        assert!(seen.uncertainty_ms >= 44 * HOUR, "{seen:?}");
        // Its clock was reset in between: it says 1970, and lies after what came before it, as early as that may be.
        let reset = clock.place(&item(6, 0, Some("x"), 0, HOUR / 2), &contact, shift, &POLICY);
        assert_eq!(reset.start_ms, seen.end_ms - seen.uncertainty_ms);
        assert!(reset.start_ms + reset.uncertainty_ms >= T - 2 * HOUR, "{reset:?}");
    }

    #[test]
    fn what_was_before_the_present_run_may_lie_up_to_its_very_beginning() {
        let mut clock = clock();
        // The phone began the present run between 11:00 and 11:01 before now, as far as is known.
        let contact = contact("b", 11 * HOUR, T, vec![]);
        clock.meet(&contact, &POLICY);
        let began = T - 11 * HOUR;
        let seen = clock.place(&item(1, began - HOUR, Some("a"), 0, HOUR), &contact, 0, &POLICY);
        let truth = began - HOUR;
        assert!((seen.start_ms - truth).abs() <= seen.uncertainty_ms, "{seen:?}");
        assert!(seen.start_ms + seen.uncertainty_ms >= truth, "{seen:?}");
    }

    #[test]
    fn nothing_lies_after_it_was_received_or_before_the_device_could_see_anything() {
        let mut clock = clock();
        let contact = contact("a", 60 * 24 * HOUR, T, vec![]);
        clock.meet(&contact, &POLICY);
        let now = 60 * 24 * HOUR;
        // The run says that it goes on for a thousand hours yet.
        let future =
            clock.place(&item(1, T, Some("a"), now - HOUR, now + 1_000 * HOUR), &contact, 0, &POLICY);
        assert_eq!((future.end_ms, future.basis), (T, Basis::Anchored));
        assert!(future.end_ms - future.start_ms <= HOUR + 61_500, "{future:?}");
        assert!(future.lost_ms >= 999 * HOUR, "{future:?}");
        // Sixty days ago, when the device was registered ten days ago.
        let past = clock.place(&item(2, T, Some("a"), 0, 30 * 24 * HOUR), &contact, 0, &POLICY);
        assert!(past.start_ms >= T - 40 * 24 * HOUR, "{past:?}");
        assert!(past.end_ms - past.start_ms <= 11 * 24 * HOUR, "{past:?}");
    }

    #[test]
    fn no_reading_is_too_absurd() {
        let ends = [i64::MIN, -1, 0, 1, HIGHEST_SEQUENCE, i64::MAX];
        for sent in ends {
            for read in ends {
                let mut clock = clock();
                for elapsed_ms in [sent, read, 0] {
                    let echo =
                        Echo { issued_at: Timestamp::from_ms(T - HOUR), boot: "a".into(), elapsed_ms: read };
                    let contact = contact("a", elapsed_ms, T, vec![echo]);
                    clock.meet(&contact, &POLICY);
                    let placed =
                        clock.place(&item(1, T, Some("a"), 0, HIGHEST_SEQUENCE), &contact, 0, &POLICY);
                    assert!(placed.start_ms <= placed.end_ms && placed.end_ms <= T, "{placed:?}");
                    assert!((0..=40 * 24 * HOUR).contains(&placed.uncertainty_ms), "{placed:?}");
                }
            }
        }
    }

    #[test]
    fn what_people_say_is_not_moved_by_the_way_that_it_took() {
        let mut clock = clock();
        let said = item(1, T - 3 * HOUR, None, 0, HOUR);
        for way_ms in [0, 1_700, 59_999] {
            let contact = contact("a", HOUR, T - way_ms, vec![]);
            let shift = wall_shift_ms(&contact, i64::MIN, std::iter::empty);
            assert_eq!(clock.place(&said, &contact, shift, &POLICY).start_ms, T - 3 * HOUR);
        }
        // A clock that is an hour behind is another matter, and whole seconds stay whole.
        let contact = contact("a", HOUR, T - HOUR - 1_700, vec![]);
        let shift = wall_shift_ms(&contact, i64::MIN, std::iter::empty);
        assert_eq!(clock.place(&said, &contact, shift, &POLICY).start_ms, T - 2 * HOUR + 1_000);
        assert_eq!(clock.latest, None, "and says nothing about what comes after it");
    }

    #[test]
    fn a_clock_that_outruns_time_earns_only_the_time_there_was() {
        let mut clock = clock();
        let first = Anchor { elapsed_ms: 0, earliest_ms: T - HOUR, latest_ms: T - HOUR };
        clock.boots.push(Boot { id: "a".into(), first, last: first });
        let contact = contact("a", 1_000 * HOUR, T, vec![]);
        clock.meet(&contact, &POLICY);
        let placed = clock.place(&item(1, T - HOUR, Some("a"), 0, 1_000 * HOUR), &contact, 0, &POLICY);
        assert!(placed.end_ms - placed.start_ms <= HOUR, "{placed:?}");
        assert!(placed.lost_ms >= 999 * HOUR - HOUR / 1000, "{placed:?}");
    }

    #[test]
    fn without_any_word_about_its_clock_a_phone_ahead_is_set_back() {
        let mut clock = clock();
        let contact = Contact { received_at: Timestamp::from_ms(T), sent: None, echoes: vec![] };
        let items = [item(1, T + 47 * HOUR, None, 0, HOUR), item(2, T + 49 * HOUR, None, 0, HOUR)];
        let shift = wall_shift_ms(&contact, i64::MIN, || items.iter());
        let placed = items.each_ref().map(|item| clock.place(item, &contact, shift, &POLICY).end_ms);
        assert_eq!(placed, [T - 2 * HOUR, T]);

        // One that believes it is 1970 keeps its order too.
        let mut clock = self::clock();
        let items = [item(1, 0, None, 0, HOUR), item(2, 2 * HOUR, None, 0, HOUR)];
        let opens = clock.opens_ms(&POLICY);
        let shift = wall_shift_ms(&contact, opens, || items.iter());
        let placed = items.each_ref().map(|item| clock.place(item, &contact, shift, &POLICY).start_ms);
        assert_eq!(placed, [opens, opens + 2 * HOUR]);
    }
}
