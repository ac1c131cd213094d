//! What is really so: who the people are, what there is to study, and when somebody really studied. Nobody in the
//! simulation but the judge at its end knows it.

use densach_domain::credit::{Facts, Reader};
use densach_domain::id::{CitizenId, WorkId};
use uuid::Uuid;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A stretch of true time in milliseconds, `[from, to)`.
pub type Stretch = (i64, i64);

#[derive(Debug, Clone, Copy)]
pub struct Work {
    pub id: WorkId,
    pub word_count: i64,
    pub duration_ms: Option<i64>,
}

impl Work {
    pub fn new(number: usize, word_count: i64, duration_ms: Option<i64>) -> Self {
        Self { id: WorkId::from_uuid(uuid(1, number)), word_count, duration_ms }
    }

    pub fn facts(&self, reader: Reader) -> Facts {
        Facts { word_count: self.word_count, duration_ms: self.duration_ms, reader }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub id: CitizenId,
    pub reader: Reader,
}

impl Person {
    pub fn new(number: usize, reader: Reader) -> Self {
        Self { id: CitizenId::from_uuid(uuid(2, number)), reader }
    }
}

/// Ids need only differ.
pub fn uuid(kind: u128, number: usize) -> Uuid {
    Uuid::from_u128(kind << 64 | number as u128)
}

/// When one person really studied, on whatever device.
#[derive(Debug, Clone)]
pub struct Truth(Vec<Stretch>);

impl Truth {
    pub fn of(stretches: impl Iterator<Item = Stretch>) -> Self {
        let mut sorted: Vec<Stretch> = stretches.filter(|(from, to)| from < to).collect();
        sorted.sort_unstable();
        Self(sorted)
    }

    /// Milliseconds in which the person studied: those of two devices at once count once.
    pub fn union_ms(&self) -> i64 {
        let mut sum = 0;
        let mut reached = i64::MIN;
        for (from, to) in &self.0 {
            sum += (to - reached.max(*from)).max(0);
            reached = reached.max(*to);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_devices_saw_at_once_is_one_time() {
        let all = [(20, 30), (0, 10), (5, 12), (22, 25), (40, 40)];
        assert_eq!(Truth::of(all.into_iter()).union_ms(), 22);
    }
}
