//! The words of a query.

use std::collections::BTreeSet;

use densach_text::{normalize, tokens};

use crate::keys::Key;

/// Longer text is cut. It leaves room for any question and bounds the work.
const MAX_BYTES: usize = 512;
/// The most words that are looked up. Fewer than 64: the snippet keeps a bit for each.
const MAX_WORDS: usize = 48;

/// What the text of a query comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Blank: a listing.
    Everything,
    /// Signs without a word: nothing can match.
    Nothing,
    Words(Words),
}

impl Asked {
    pub(crate) fn of(text: &str) -> Self {
        let cut = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
        let text = normalize(cut);
        if text.trim().is_empty() {
            return Self::Everything;
        }
        let words = Words::of(&text);
        if words.list.is_empty() { Self::Nothing } else { Self::Words(words) }
    }
}

/// One word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As typed, composed.
    pub(crate) text: String,
    pub(crate) key: Key,
}

impl Word {
    /// Whether it was typed with marks, which then count.
    pub(crate) fn is_marked(&self) -> bool {
        self.key.exact != self.key.folded
    }
}

/// The words of a query, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    list: Vec<Word>,
    /// Nothing follows the last word: it may still be growing.
    open: bool,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        for token in tokens(text) {
            let Some(key) = Key::of(token.text) else { continue };
            if words.list.len() == MAX_WORDS {
                words.open = false;
                break;
            }
            words.list.push(Word { text: token.text.to_owned(), key });
            words.open = token.end() == text.len();
        }
        words
    }

    pub(crate) fn list(&self) -> &[Word] {
        &self.list
    }

    pub(crate) fn any_marked(&self) -> bool {
        self.list.iter().any(Word::is_marked)
    }

    /// The distinct exact keys.
    pub(crate) fn exact(&self) -> BTreeSet<&str> {
        self.list.iter().map(|word| word.key.exact.as_str()).collect()
    }

    /// The distinct folded keys.
    pub(crate) fn folded(&self) -> BTreeSet<&str> {
        self.list.iter().map(|word| word.key.folded.as_str()).collect()
    }

    /// How many of the distinct words a hit must have: all of one or two, half of more.
    pub(crate) fn needed(&self) -> usize {
        match self.folded().len() {
            few @ 0..=2 => few,
            many => many.div_ceil(2),
        }
    }

    /// The folded key of a last word that may be the beginning of another.
    pub(crate) fn unfinished(&self) -> Option<&str> {
        self.list.last().filter(|_| self.open).map(|word| word.key.folded.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        match Asked::of(text) {
            Asked::Words(words) => words,
            Asked::Everything | Asked::Nothing => Words::default(),
        }
    }

    #[test]
    fn blank_signs_and_words() {
        for blank in ["", "  \n", "\u{200b}\u{feff}", "\u{a0}"] {
            assert_eq!(Asked::of(blank), Asked::Everything, "{blank:?}");
        }
        for signs in ["?!…", "🎓🎓", "\" ( :*", "\u{301}"] {
            assert_eq!(Asked::of(signs), Asked::Nothing, "{signs:?}");
        }
        assert_eq!(words("Học, suốt!").exact(), BTreeSet::from(["hoc5", "suôt1"]));
    }

    #[test]
    fn work_is_bounded() {
        assert_eq!(words(&"a b c d ".repeat(1000)).list().len(), MAX_WORDS);
        assert!(words(&"học ".repeat(1000)).list().len() <= MAX_WORDS);
        assert_eq!(Asked::of(&"a".repeat(10_000)), Asked::Nothing);
    }

    #[test]
    fn how_much_must_match() {
        for (text, needed) in
            [("học", 1), ("học hoc", 1), ("học bài", 2), ("học bài mới", 2), ("a b c d e", 3)]
        {
            assert_eq!(words(text).needed(), needed, "{text}");
        }
    }

    #[test]
    fn the_last_word_may_grow() {
        assert_eq!(words("học su").unfinished(), Some("su"));
        assert_eq!(words("học su ").unfinished(), None);
        assert_eq!(words(&"a b c d ".repeat(20)).unfinished(), None);
    }
}
