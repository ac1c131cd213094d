//! Chance that repeats itself: a seed that a failure printed must give the same schedule on every machine and under
//! every version of every library, so the generator (SplitMix64, Steele and others 2014) is our own twenty lines.

#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Neighbouring seeds give unrelated rolls.
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed);
        let first = dice.roll();
        Self(first ^ seed.rotate_left(32))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to `count`, without it; 0 when there is nothing to choose from.
    pub fn below(&mut self, count: i64) -> i64 {
        let count = u64::try_from(count).unwrap_or(0).max(1);
        let wide = u128::from(self.roll()) * u128::from(count);
        i64::try_from(wide >> 64).unwrap_or(0)
    }

    /// From `least` to `most`, with both.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below(most - least + 1)
    }

    pub fn index(&mut self, count: usize) -> usize {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        usize::try_from(self.below(count)).unwrap_or(0)
    }

    pub fn pick<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.index(all.len())).copied()
    }

    pub fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_the_same_for_ever() {
        let mut dice = Dice::new(7);
        let rolls: Vec<i64> = (0..6).map(|_| dice.below(1_000)).collect();
        assert_eq!(rolls, [342, 178, 146, 419, 991, 465]);
    }

    #[test]
    fn rolls_stay_where_they_were_asked_for() {
        let mut dice = Dice::new(1);
        let mut seen = [0; 5];
        for _ in 0..1_000 {
            let roll = dice.between(-2, 2);
            assert!((-2..=2).contains(&roll));
            seen[usize::try_from(roll + 2).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| *count > 150), "{seen:?}");
        assert_eq!((dice.below(0), dice.index(0), dice.pick::<u8>(&[])), (0, 0, None));
    }
}
