//! Length in syllables, the measure of Vietnamese text.

use crate::token::tokens;

/// How many words a text has: syllables, numbers and foreign words, as [`tokens`] cuts them.
///
/// ```
/// assert_eq!(densach_text::words("Học, học nữa, học mãi!"), 5);
/// ```
#[must_use]
pub fn words(text: &str) -> usize {
    tokens(text).count()
}

/// Whether a text has at most `limit` words; reads no further than it must, so that a limit on
/// a form field costs the same for a short and for a huge text.
///
/// ```
/// assert!(densach_text::within("Học suốt đời", 3));
/// ```
#[must_use]
pub fn within(text: &str, limit: usize) -> bool {
    tokens(text).nth(limit).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (text, expected) in [
            ("", 0),
            (" …\n", 0),
            ("một", 1),
            ("Nghị định 15/2020/NĐ-CP", 6),
            ("ho\u{323}c so\u{302}\u{301} 4.0", 4),
        ] {
            assert_eq!(words(text), expected, "{text}");
            assert!(within(text, expected));
            assert!(expected == 0 || !within(text, expected - 1));
        }
    }
}
