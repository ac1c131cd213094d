//! Finding the words of a query in a text.

use std::collections::HashMap;
use std::ops::Range;

use densach_text::tokens;

use super::text::Text;
use crate::keys::Key;
use crate::words::{Word, Words};

/// How much of a text is looked through, in bytes.
const SCAN: usize = 128 * 1024;

/// Which word of the query a place matches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) word: usize,
    pub(super) exact: bool,
}

/// One word of a text.
pub(super) struct Place {
    pub(super) range: Range<usize>,
    pub(super) matched: Option<Match>,
}

/// Remembers the words it has met, since a text repeats a few of them most of the time.
pub(super) struct Reader<'q, 't> {
    words: &'q Words,
    seen: HashMap<&'t str, Option<Match>>,
}

impl<'q, 't> Reader<'q, 't> {
    pub(super) fn new(words: &'q Words) -> Self {
        Self { words, seen: HashMap::new() }
    }

    pub(super) fn read(&mut self, text: &'t str) -> Text<'t> {
        let text = text.get(..text.floor_char_boundary(SCAN)).unwrap_or_default();
        let words = self.words;
        let places = tokens(text)
            .map(|token| Place {
                range: token.range(),
                matched: *self.seen.entry(token.text).or_insert_with(|| matching(words, token.text)),
            })
            .collect();
        Text { text, places }
    }
}

fn matching(words: &Words, text: &str) -> Option<Match> {
    let list = words.list();
    if list.is_empty() {
        return None;
    }
    let key = Key::of(text)?;
    let exact = |word: &Word| word.key.exact == key.exact;
    let folded = |word: &Word| word.key.folded == key.folded;
    if let Some(word) = list.iter().position(exact) {
        return Some(Match { word, exact: true });
    }
    if let Some(word) = list.iter().position(folded) {
        return Some(Match { word, exact: false });
    }
    let begun = words.unfinished().is_some_and(|start| key.folded.starts_with(start));
    begun.then(|| Match { word: list.len() - 1, exact: false })
}
