//! Words and where they stand.

use crate::letter::is_mark;
use std::iter::FusedIterator;
use std::ops::Range;

/// A run of letters and digits, with the combining marks that follow them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token<'a> {
    /// The word as written.
    pub text: &'a str,
    /// Where it starts, in bytes of the whole text.
    pub start: usize,
}

impl Token<'_> {
    /// The byte just after the word.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The bytes of the word in the whole text.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.end()
    }
}

/// The words of a text in order; made by [`tokens`].
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

/// Cuts text into words: Vietnamese syllables, numbers, foreign words. Never fails, allocates
/// nothing, and gives ranges into `text` itself, so that a hit can be highlighted.
///
/// Marks stay with their letter, so that decomposed text is cut like composed text. `GD&ĐT`
/// gives `GD` and `ĐT`: see [`compounds`](crate::compounds()) for the whole.
///
/// ```
/// let words: Vec<_> = densach_text::tokens("Học, suốt đời!").map(|t| (t.text, t.start)).collect();
/// assert_eq!(words, [("Học", 0), ("suốt", 7), ("đời", 14)]);
/// ```
#[must_use]
pub const fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0 }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.at..)?;
        let Some(skipped) = rest.find(char::is_alphanumeric) else {
            self.at = self.text.len();
            return None;
        };
        let word = rest.get(skipped..)?;
        let len = word.find(|c: char| !c.is_alphanumeric() && !is_mark(c)).unwrap_or(word.len());
        let start = self.at + skipped;
        self.at = start + len;
        Some(Token { text: word.get(..len)?, start })
    }
}

impl FusedIterator for Tokens<'_> {}

/// Every two neighbouring words. They carry what word segmentation would, and cannot be wrong
/// about text without marks. The words of two fields are never neighbours: call it field by field.
///
/// ```
/// let pairs: Vec<_> = densach_text::bigrams("học suốt đời").map(|(a, b)| (a.text, b.text)).collect();
/// assert_eq!(pairs, [("học", "suốt"), ("suốt", "đời")]);
/// ```
pub fn bigrams(text: &str) -> impl Iterator<Item = (Token<'_>, Token<'_>)> {
    let mut rest = tokens(text);
    let mut previous = rest.next();
    rest.filter_map(move |token| previous.replace(token).map(|before| (before, token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = tokens(text).collect();
        assert_eq!(found.iter().map(|t| t.text).collect::<Vec<_>>(), expected, "{text}");
        for token in found {
            assert_eq!(text.get(token.range()), Some(token.text));
        }
    }

    #[test]
    fn table() {
        check("", &[]);
        check(" … – ", &[]);
        check("Học suốt đời", &["Học", "suốt", "đời"]);
        check("GD&ĐT, 15/2020/NĐ-CP", &["GD", "ĐT", "15", "2020", "NĐ", "CP"]);
        check("ho\u{323}c_so\u{302}\u{301}", &["ho\u{323}c", "so\u{302}\u{301}"]);
        check("lớp 10A1: 3,5 điểm", &["lớp", "10A1", "3", "5", "điểm"]);
        check("\u{301}a 日本", &["a", "日本"]);
    }

    #[test]
    fn pairs_of_few_words() {
        assert_eq!(bigrams("").count(), 0);
        assert_eq!(bigrams("một").count(), 0);
        assert_eq!(bigrams("một hai ba bốn").count(), 3);
    }
}
