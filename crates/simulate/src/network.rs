//! The way between a phone and the server: it loses, delays, repeats and reorders.

use crate::dice::Dice;
use crate::world::SECOND;

/// A client gives up on an answer so long after it sent.
pub const PATIENCE_MS: i64 = 60 * SECOND;
/// Nothing is longer on its way.
const SLOWEST_MS: i64 = 50 * SECOND;

#[derive(Debug, Clone, Copy)]
pub struct Link {
    loses_percent: i64,
    repeats_percent: i64,
    slowest_ms: i64,
}

impl Link {
    /// Loses nothing and is quick.
    pub const CALM: Self = Self { loses_percent: 0, repeats_percent: 0, slowest_ms: 200 };

    pub fn draw(dice: &mut Dice) -> Self {
        Self {
            loses_percent: dice.pick(&[0, 5, 30, 60]).unwrap_or(0),
            repeats_percent: dice.pick(&[0, 0, 10, 50]).unwrap_or(0),
            slowest_ms: dice.pick(&[300, 3 * SECOND, 20 * SECOND, SLOWEST_MS]).unwrap_or(SLOWEST_MS),
        }
    }

    /// After how long each copy of a request arrives, or an answer; none when it is lost.
    pub fn carry(&self, dice: &mut Dice) -> impl Iterator<Item = i64> + use<> {
        let copies = usize::from(!dice.percent(self.loses_percent));
        let again = usize::from(dice.percent(self.repeats_percent));
        let delays = [dice.between(1, self.slowest_ms), dice.between(1, self.slowest_ms)];
        delays.into_iter().take(copies + again)
    }
}
