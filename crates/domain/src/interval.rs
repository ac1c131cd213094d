//! Half-open stretches of whole seconds `[start, end)`, and their unions and differences.

/// `[start, end)` in seconds since 1970 UTC; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    start: i64,
    end: i64,
}

impl Interval {
    /// `None` when the stretch would be empty or run backwards.
    pub fn new(start: i64, end: i64) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    pub fn start(self) -> i64 {
        self.start
    }

    pub fn end(self) -> i64 {
        self.end
    }

    pub fn seconds(self) -> i64 {
        self.end - self.start
    }

    /// The first `seconds` of the stretch; `None` when nothing is left.
    pub fn first(self, seconds: i64) -> Option<Self> {
        Self::new(self.start, self.end.min(self.start.saturating_add(seconds)))
    }
}

/// The parts of `new` that no stretch of `taken` covers, in order. `taken` may be unsorted and may overlap.
pub fn subtract(new: Interval, taken: &[Interval]) -> Vec<Interval> {
    let mut taken: Vec<Interval> =
        taken.iter().copied().filter(|t| t.end > new.start && t.start < new.end).collect();
    taken.sort_unstable();
    let mut free = Vec::new();
    let mut from = new.start;
    for t in taken {
        free.extend(Interval::new(from, t.start));
        from = from.max(t.end);
    }
    free.extend(Interval::new(from, new.end));
    free
}

/// Keeps at most `seconds` of `parts`, from the front.
pub fn first_seconds(parts: &[Interval], seconds: i64) -> Vec<Interval> {
    let mut left = seconds.max(0);
    let mut kept = Vec::new();
    for part in parts {
        if let Some(first) = part.first(left) {
            left -= first.seconds();
            kept.push(first);
        }
    }
    kept
}

pub fn total_seconds(parts: &[Interval]) -> i64 {
    parts.iter().map(|part| part.seconds()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interval() -> impl Strategy<Value = Interval> {
        (0i64..200, 1i64..60).prop_map(|(start, length)| Interval { start, end: start + length })
    }

    proptest! {
        /// Adding stretches one by one, each less what stands, gives the size of their union.
        #[test]
        fn what_is_left_adds_up_to_the_union(all in prop::collection::vec(interval(), 0..12)) {
            let mut kept: Vec<Interval> = Vec::new();
            for new in &all {
                kept.extend(subtract(*new, &kept));
            }
            let union = (0..300).filter(|s| all.iter().any(|i| i.start <= *s && *s < i.end)).count();
            prop_assert_eq!(total_seconds(&kept), union as i64);
        }

        #[test]
        fn first_seconds_never_gives_more(all in prop::collection::vec(interval(), 0..6), limit in -5i64..100) {
            let kept = first_seconds(&all, limit);
            prop_assert_eq!(total_seconds(&kept), total_seconds(&all).min(limit.max(0)));
        }
    }
}
