//! What is asked for: bounds, filters, and the words of a query.

use std::collections::BTreeSet;

use densach_text::{normalize, tokens};

use crate::error::SearchError;
use crate::keys::Key;

/// The most hits on a page.
pub const MAX_LIMIT: usize = 50;
/// The farthest a page may begin; who looks farther should ask better.
pub const MAX_OFFSET: usize = 1000;

/// Longer text is cut. It leaves room for any question and bounds the work.
const MAX_BYTES: usize = 512;
/// The most words that are looked up. Fewer than 64: the snippet keeps a bit for each.
const MAX_WORDS: usize = 48;
/// The most values of one filter.
const MAX_VALUES: usize = 50;

/// A question. `Query::default()` lists the twenty newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// As typed. Blank lists newest first.
    pub text: String,
    /// Any of these; all when empty. So for `topics`.
    pub kinds: Vec<String>,
    pub topics: Vec<String>,
    pub level: Option<String>,
    pub audience: Option<String>,
    pub language: Option<String>,
    /// 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// 0 to [`MAX_OFFSET`].
    pub offset: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: String::new(),
            kinds: Vec::new(),
            topics: Vec::new(),
            level: None,
            audience: None,
            language: None,
            limit: 20,
            offset: 0,
        }
    }
}

/// What a query may be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Kind,
    Topic,
    Level,
    Audience,
    Language,
}

impl Attribute {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Topic => "topics",
            Self::Level => "level",
            Self::Audience => "audience",
            Self::Language => "language",
        }
    }
}

/// What the text of a query comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Blank: a listing.
    Everything,
    /// Signs without a word: nothing can match.
    Nothing,
    Words(Words),
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

impl Query {
    pub(crate) fn check(&self) -> Result<(), SearchError> {
        if !(1..=MAX_LIMIT).contains(&self.limit) {
            return Err(SearchError::refused(format!("a page holds 1 to {MAX_LIMIT} hits")));
        }
        if self.offset > MAX_OFFSET {
            return Err(SearchError::refused(format!("a page begins at {MAX_OFFSET} at most")));
        }
        if self.filters().iter().any(|(_, values)| values.len() > MAX_VALUES) {
            return Err(SearchError::refused(format!("a filter takes {MAX_VALUES} values at most")));
        }
        Ok(())
    }

    /// Every filter with the values of which a hit must have one; no values, no filter.
    pub(crate) fn filters(&self) -> [(Attribute, &[String]); 5] {
        [
            (Attribute::Kind, self.kinds.as_slice()),
            (Attribute::Topic, self.topics.as_slice()),
            (Attribute::Level, self.level.as_slice()),
            (Attribute::Audience, self.audience.as_slice()),
            (Attribute::Language, self.language.as_slice()),
        ]
    }

    pub(crate) fn asked(&self) -> Asked {
        let cut = self.text.get(..self.text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
        let text = normalize(cut);
        if text.trim().is_empty() {
            return Asked::Everything;
        }
        let words = Words::of(&text);
        if words.list.is_empty() { Asked::Nothing } else { Asked::Words(words) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Asked {
        Query { text: text.to_owned(), ..Query::default() }.asked()
    }

    fn words(text: &str) -> Words {
        match asked(text) {
            Asked::Words(words) => words,
            Asked::Everything | Asked::Nothing => Words::default(),
        }
    }

    #[test]
    fn blank_signs_and_words() {
        for blank in ["", "  \n", "\u{200b}\u{feff}", "\u{a0}"] {
            assert_eq!(asked(blank), Asked::Everything, "{blank:?}");
        }
        for signs in ["?!…", "🎓🎓", "\" OR (", "\u{301}"] {
            assert_eq!(asked(signs), Asked::Nothing, "{signs:?}");
        }
        assert_eq!(words("Học, suốt!").exact(), BTreeSet::from(["hoc5", "suôt1"]));
    }

    #[test]
    fn work_is_bounded() {
        assert_eq!(words(&"a b c d ".repeat(1000)).list().len(), MAX_WORDS);
        assert!(words(&"học ".repeat(1000)).list().len() <= MAX_WORDS);
        assert_eq!(asked(&"a".repeat(10_000)), Asked::Nothing);
    }

    #[test]
    fn how_much_must_match() {
        for (text, needed) in [("học", 1), ("học hoc", 1), ("học bài", 2), ("học bài mới", 2), ("a b c d e", 3)] {
            assert_eq!(words(text).needed(), needed, "{text}");
        }
    }

    #[test]
    fn the_last_word_may_grow() {
        assert_eq!(words("học su").unfinished(), Some("su"));
        assert_eq!(words("học su ").unfinished(), None);
        assert_eq!(words(&"a b c d ".repeat(20)).unfinished(), None);
    }

    #[test]
    fn bounds() {
        let fine = Query::default();
        assert!(fine.check().is_ok());
        for bad in [
            Query { limit: 0, ..fine.clone() },
            Query { limit: 51, ..fine.clone() },
            Query { offset: 1001, ..fine.clone() },
            Query { topics: vec![String::new(); 51], ..fine.clone() },
        ] {
            assert!(matches!(bad.check(), Err(SearchError::Refused { .. })), "{bad:?}");
        }
    }
}
