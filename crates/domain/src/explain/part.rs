//! What has become of each second of a line by now. Whatever was confirmed or corrected since, the parts always add up
//! to what was claimed.

use crate::credit::{Clip, Entry, Holding};
use crate::evidence::{Reason, Trust};
use crate::interval::{Interval, subtract};

/// Whether seconds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Credited {
        trust: Trust,
        /// The line that credited them: the one that they are about, or a later one.
        by: i64,
    },
    Clipped(Reason),
    /// They do not count, and an older ledger did not keep why.
    Unrecorded,
}

/// A stretch of a line, and its fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Absent for what true time has no room for.
    pub stretch: Option<Interval>,
    pub seconds: i64,
    pub fate: Fate,
}

impl Part {
    fn of(stretch: Interval, fate: Fate) -> Self {
        Self { stretch: Some(stretch), seconds: stretch.seconds(), fate }
    }

    pub fn is_credited(&self) -> bool {
        match self.fate {
            Fate::Credited { .. } => true,
            Fate::Clipped(_) | Fate::Unrecorded => false,
        }
    }
}

/// Divides line `number` as it stands now. `span`: the whole of it in true time. `clipped` and `lost`: as it was judged;
/// `lost` is what the device counted and true time has no room for. `entries`: in the order in which they were made; those
/// about other lines are passed over.
pub fn parts(
    number: i64,
    span: Option<Interval>,
    clipped: &[Clip],
    lost: Option<(Reason, i64)>,
    entries: &[Entry],
) -> Vec<Part> {
    let about = || entries.iter().filter(|entry| entry.holding.number == number);
    let standing = standing(about());
    let mut taken: Vec<Interval> = standing.iter().map(|(holding, _)| holding.stretch).collect();
    let mut parts: Vec<Part> = standing
        .iter()
        .map(|(holding, by)| Part::of(holding.stretch, Fate::Credited { trust: holding.trust, by: *by }))
        .collect();
    // What the rules had cut off, and what was credited once: both as far as they are not credited now.
    let cut_off = clipped.iter().map(|clip| (clip.stretch, clip.reason));
    let once = about().filter(|entry| entry.number == number && !entry.is_reversal);
    let once: Vec<_> = once.map(|entry| (entry.holding.stretch, Reason::Reversed)).collect();
    for (stretch, reason) in cut_off.chain(once) {
        let left = subtract(stretch, &taken);
        parts.extend(left.iter().map(|left| Part::of(*left, Fate::Clipped(reason))));
        taken.extend(left);
    }
    let rest = span.into_iter().flat_map(|span| subtract(span, &taken));
    parts.extend(rest.map(|rest| Part::of(rest, Fate::Unrecorded)));
    parts.sort_by_key(|part| part.stretch);
    if let Some((reason, seconds)) = lost.filter(|(_, seconds)| *seconds > 0) {
        parts.push(Part { stretch: None, seconds, fate: Fate::Clipped(reason) });
    }
    parts
}

/// What is held now, each with the line that credited it.
fn standing<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<(Holding, i64)> {
    let mut standing: Vec<(Holding, i64)> = Vec::new();
    for entry in entries {
        let holding = &entry.holding;
        if entry.is_reversal {
            let same =
                |(held, _): &(Holding, i64)| (held.stretch, held.trust) == (holding.stretch, holding.trust);
            if let Some(index) = standing.iter().position(same) {
                standing.remove(index);
            }
        } else {
            standing.push((*holding, entry.number));
        }
    }
    standing
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::Timestamp;
    use crate::credit::{Book, confirm, reverse, uphold};
    use crate::evidence::Source;
    use crate::id::DeviceId;

    const T: i64 = 1_795_500_000;

    fn stretch(from: i64, to: i64) -> Interval {
        Interval::new(T + from, T + to).unwrap()
    }

    fn held(from: i64, to: i64, trust: Trust) -> Holding {
        Holding {
            number: 1,
            device: DeviceId::from_uuid(Uuid::from_u128(1)),
            day: Timestamp::from_ms(T * 1000).learning_day(),
            stretch: stretch(from, to),
            source: Source::Book,
            trust,
            work: None,
            content: None,
            uncertainty_s: 0,
        }
    }

    fn clip(from: i64, to: i64, reason: Reason) -> Clip {
        Clip { reason, stretch: stretch(from, to) }
    }

    /// Each part as its length and its fate.
    fn fates(clipped: &[Clip], lost_seconds: i64, entries: &[Entry]) -> Vec<(i64, Fate)> {
        let parts =
            parts(1, Some(stretch(0, 100)), clipped, Some((Reason::ClockFast, lost_seconds)), entries);
        assert_eq!(parts.iter().map(|part| part.seconds).sum::<i64>(), 100 + lost_seconds);
        parts.into_iter().map(|part| (part.seconds, part.fate)).collect()
    }

    #[test]
    fn parts_add_up_whatever_was_corrected() {
        let claimed = Fate::Credited { trust: Trust::Claimed, by: 1 };
        let clips = [clip(60, 80, Reason::Overlap), clip(80, 100, Reason::DayCap)];
        let mut entries = vec![Entry::add(held(0, 60, Trust::Claimed))];
        let cut_off = [(20, Fate::Clipped(Reason::Overlap)), (20, Fate::Clipped(Reason::DayCap))];
        assert_eq!(
            fates(&clips, 7, &entries),
            [&[(60, claimed)][..], &cut_off, &[(7, Fate::Clipped(Reason::ClockFast))]].concat()
        );

        let mut book = Book::open(entries.clone(), std::collections::HashMap::new());
        entries.extend(confirm(2, 1, &mut book));
        let confirmed = Fate::Credited { trust: Trust::Attested, by: 2 };
        assert_eq!(fates(&clips, 0, &entries), [&[(60, confirmed)][..], &cut_off].concat());

        entries.extend(uphold(3, &held(0, 1, Trust::Attested), &clips, &mut book));
        let upheld = Fate::Credited { trust: Trust::Attested, by: 3 };
        assert_eq!(fates(&clips, 0, &entries), [(60, confirmed), cut_off[0], (20, upheld)]);

        entries.extend(reverse(4, 1, &mut book));
        assert_eq!(
            fates(&clips, 0, &entries),
            [&[(60, Fate::Clipped(Reason::Reversed))][..], &cut_off].concat()
        );
    }

    #[test]
    fn what_an_older_ledger_did_not_keep_is_said_to_be_unrecorded() {
        let entries = [Entry::add(held(10, 40, Trust::Measured))];
        let credited = Fate::Credited { trust: Trust::Measured, by: 1 };
        assert_eq!(fates(&[], 0, &entries), [(10, Fate::Unrecorded), (30, credited), (60, Fate::Unrecorded)]);
        let other = Entry::add(Holding { number: 2, ..held(0, 100, Trust::Measured) });
        assert_eq!(fates(&[], 0, &[other]), [(100, Fate::Unrecorded)]);
    }
}
