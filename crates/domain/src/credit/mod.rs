//! From evidence to credited seconds: a pure function of the evidence, of what the citizen already holds, and of a
//! versioned policy. Credited time is engaged time within covered content, united over all of a citizen's devices;
//! each second belongs to exactly one activity, to the one that was confirmed first.

mod book;
mod judge;
mod line;
mod policy;
#[cfg(test)]
mod tests;

pub use book::{Book, Entry, FAR_UNCERTAINTY_S, Holding};
pub use judge::{Clip, Facts, Judgement, day_range, days_near, days_of, judge, whole_seconds};
pub use line::{Deed, StudyLine, confirm, reverse, study, uphold};
pub use policy::{CreditPolicy, HourUnits, Policies, Reader, RhythmPolicy};
