//! The lines of a citizen's ledger. Nothing is ever edited: what proves wrong is taken back by a line of its own.

use super::book::{Book, Entry, Holding};
use super::judge::{Clip, Facts, Judgement, by_learning_day, judge};
use super::policy::CreditPolicy;
use crate::device_clock::Placed;
use crate::evidence::{Evidence, Reason, Trust};
use crate::id::DeviceId;
use crate::named::named;

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Brings evidence.
    Study,
    /// A librarian or a branch confirms what was claimed: it becomes attested.
    Confirm,
    /// Takes the credit of an earlier line back.
    Reverse,
    /// A dispute was found right: what the rules had cut off is credited as attested.
    Uphold,
    /// Brought over from an older ledger, with the credit that it had there.
    Opening,
}

named! {
    Deed {
        Study = "study",
        Confirm = "confirm",
        Reverse = "reverse",
        Uphold = "uphold",
        Opening = "opening",
    }
}

/// A line of evidence and everything that it is judged by.
#[derive(Debug, Clone)]
pub struct StudyLine<'a> {
    pub number: i64,
    pub device: DeviceId,
    pub evidence: &'a Evidence,
    /// How its seconds are known.
    pub trust: Trust,
    pub placed: Placed,
    pub facts: Facts,
    pub policy: &'a CreditPolicy,
}

/// Judges a line of evidence and enters what it earns.
pub fn study(line: &StudyLine<'_>, book: &mut Book) -> (Judgement, Vec<Entry>) {
    let judgement = judge(line, book);
    let entries: Vec<Entry> = judgement.holdings(line).map(Entry::add).collect();
    entries.iter().for_each(|entry| book.post(entry));
    (judgement, entries)
}

/// Takes back all that stands of line `target`.
pub fn reverse(number: i64, target: i64, book: &mut Book) -> Vec<Entry> {
    let entries: Vec<Entry> =
        book.of(target).into_iter().map(|holding| Entry::reverse(number, holding)).collect();
    entries.iter().for_each(|entry| book.post(entry));
    entries
}

/// Makes what line `target` claimed attested.
pub fn confirm(number: i64, target: i64, book: &mut Book) -> Vec<Entry> {
    let claimed = book.of(target).into_iter().filter(|held| held.trust == Trust::Claimed);
    let entries: Vec<Entry> = claimed
        .flat_map(|holding| {
            let attested = Holding { trust: Trust::Attested, ..holding };
            [Entry::reverse(number, holding), Entry { number, is_reversal: false, holding: attested }]
        })
        .collect();
    entries.iter().for_each(|entry| book.post(entry));
    entries
}

/// Credits what the rules had cut off line `target`, as far as nothing else holds it by now. `target`: how the line
/// holds what it holds. What another activity holds, and time that there was not, stays cut off.
pub fn uphold(number: i64, target: &Holding, clipped: &[Clip], book: &mut Book) -> Vec<Entry> {
    let arguable: Vec<_> = clipped
        .iter()
        .filter(|clip| !matches!(clip.reason, Reason::Overlap | Reason::BeforeDevice | Reason::ClockFast))
        .map(|clip| clip.stretch)
        .collect();
    let mut free = book.free(&arguable);
    free.sort_unstable();
    let mut entries = Vec::new();
    for (day, stretches) in by_learning_day(&free) {
        entries.extend(stretches.into_iter().map(|stretch| Entry {
            number,
            is_reversal: false,
            holding: Holding { day, stretch, trust: Trust::Attested, ..*target },
        }));
    }
    entries.iter().for_each(|entry| book.post(entry));
    entries
}
