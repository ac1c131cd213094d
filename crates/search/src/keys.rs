//! The keys under which words are looked up.

use densach_text::{compounds, exact_key, fold, tokens};

/// Stands between the two keys of a pair; never inside a key.
const JOINT: char = '\u{2581}';

/// A longer run of letters (in bytes) is no word: an address, a checksum.
const LONGEST: usize = 100;

/// The two keys of one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// One for all spellings of the syllable: `đơi2`.
    pub(crate) exact: String,
    /// The exact key without tone and marks: `doi`. Made from it, so that `kỹ` and `kĩ` meet here too.
    pub(crate) folded: String,
}

impl Key {
    /// `None` for what is too long to be a word or has no letter left.
    pub(crate) fn of(word: &str) -> Option<Self> {
        if word.len() > LONGEST {
            return None;
        }
        let exact = exact_key(word);
        let mut folded = fold(&exact);
        if folded.len() > fold(word).len() {
            folded.pop();
        }
        (!exact.is_empty() && !folded.is_empty()).then_some(Self { exact, folded })
    }
}

/// Two neighbouring words as one key: proximity without positions.
pub(crate) fn pair(first: &str, second: &str) -> String {
    let mut joined = String::with_capacity(first.len() + JOINT.len_utf8() + second.len());
    joined.push_str(first);
    joined.push(JOINT);
    joined.push_str(second);
    joined
}

/// The keys of whole texts, separated by spaces.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) exact: String,
    pub(crate) folded: String,
    pub(crate) pairs: String,
    pub(crate) folded_pairs: String,
}

impl Keys {
    pub(crate) fn of(text: &str) -> Self {
        let mut keys = Self::default();
        keys.add(text);
        keys
    }

    /// Adds a text of its own: its first word is no neighbour of the words before.
    pub(crate) fn add(&mut self, text: &str) {
        let mut before: Option<Key> = None;
        for token in tokens(text) {
            let Some(key) = Key::of(token.text) else {
                before = None;
                continue;
            };
            append(&mut self.exact, &key.exact);
            append(&mut self.folded, &key.folded);
            if let Some(before) = before {
                append(&mut self.pairs, &pair(&before.exact, &key.exact));
                append(&mut self.folded_pairs, &pair(&before.folded, &key.folded));
            }
            before = Some(key);
        }
        for compound in compounds(text) {
            let whole = compound.key();
            append(&mut self.exact, &whole);
            append(&mut self.folded, &whole);
        }
    }
}

fn append(keys: &mut String, key: &str) {
    if !keys.is_empty() {
        keys.push(' ');
    }
    keys.push_str(key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (word, exact, folded) in [
            ("đời", "đơi2", "doi"),
            ("doi", "doi", "doi"),
            ("hoà", "hoa2", "hoa"),
            ("kỹ", "ki4", "ki"),
            ("ky", "ki", "ki"),
            ("2020", "2020", "2020"),
            ("A1", "a1", "a1"),
        ] {
            let key = Key { exact: exact.to_owned(), folded: folded.to_owned() };
            assert_eq!(Key::of(word), Some(key), "{word}");
        }
        assert_eq!(Key::of(&"a".repeat(LONGEST + 1)), None);
    }

    #[test]
    fn texts() {
        let mut keys = Keys::of("Học suốt đời.");
        keys.add("Bộ GD&ĐT");
        assert_eq!(keys.exact, "hoc5 suôt1 đơi2 bô5 gd đt gddt");
        assert_eq!(keys.folded, "hoc suot doi bo gd dt gddt");
        assert_eq!(keys.pairs, "hoc5▁suôt1 suôt1▁đơi2 bô5▁gd gd▁đt");
    }
}
