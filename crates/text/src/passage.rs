//! Sentences, and passages of a bounded number of syllables, as ranges of the text.

use crate::token::tokens;
use std::iter;
use std::ops::Range;

/// A stretch of text without space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage<'a> {
    /// The stretch itself.
    pub text: &'a str,
    /// Where it starts, in bytes of the whole text.
    pub start: usize,
    /// How many words it has; see [`words`](crate::words()).
    pub words: usize,
}

impl Passage<'_> {
    /// The bytes of the passage in the whole text.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// Abbreviations whose full stop does not end a sentence.
const ABBREVIATIONS: [&str; 25] = [
    "TP", "Tp", "tp", "TX", "TT", "Q", "P", "H", "tr", "Tr", "ThS", "Ths", "TS", "Ts", "PGS", "GS", "BS",
    "Bs", "KS", "CN", "NXB", "Nxb", "Mr", "Mrs", "Dr",
];

/// The sentences of plain text (no markup), in order and without space around them.
///
/// A sentence ends at a line end, or at `.`, `!`, `?`, `…` (with closing quotes) before a space
/// that no lower-case letter follows. Full stops after abbreviations (`TP. Huế`), initials and
/// leading numbers (`1. Mục tiêu`) do not end it.
pub fn sentences(text: &str) -> impl Iterator<Item = Passage<'_>> {
    let mut at = 0;
    iter::from_fn(move || {
        let rest = text.get(at..)?;
        let begin = at + (rest.len() - rest.trim_start().len());
        let body = text.get(begin..).filter(|body| !body.is_empty())?;
        let len = sentence_len(body);
        at = begin + len;
        body.get(..len).map(|sentence| stretch(sentence.trim_end(), begin))
    })
}

/// Whole sentences packed into passages of at most `limit` words (at least 1); a longer sentence
/// is cut between words. Passages do not overlap and leave no word out.
///
/// ```
/// let text = "Học, học nữa. Học mãi! Ai cũng học.";
/// let found: Vec<_> = densach_text::passages(text, 5).map(|p| p.text).collect();
/// assert_eq!(found, ["Học, học nữa. Học mãi!", "Ai cũng học."]);
/// ```
pub fn passages(text: &str, limit: usize) -> impl Iterator<Item = Passage<'_>> {
    let limit = limit.max(1);
    let mut pieces = sentences(text).flat_map(move |sentence| pieces(sentence, limit)).peekable();
    iter::from_fn(move || {
        let mut passage = pieces.next()?;
        while let Some(next) = pieces.next_if(|next| passage.words + next.words <= limit) {
            let text = text.get(passage.start..next.range().end)?;
            passage = Passage { text, start: passage.start, words: passage.words + next.words };
        }
        Some(passage)
    })
}

fn stretch(text: &str, start: usize) -> Passage<'_> {
    Passage { text, start, words: tokens(text).count() }
}

/// A sentence in pieces of at most `limit` words.
fn pieces(sentence: Passage<'_>, limit: usize) -> impl Iterator<Item = Passage<'_>> {
    let mut rest = Some(sentence);
    iter::from_fn(move || {
        let whole = rest.take()?;
        let Some(next) = tokens(whole.text).nth(limit) else {
            return Some(whole);
        };
        let (head, tail) = whole.text.split_at_checked(next.start)?;
        rest = Some(Passage { text: tail, start: whole.start + next.start, words: whole.words - limit });
        Some(Passage { text: head.trim_end(), start: whole.start, words: limit })
    })
}

/// Bytes of the first sentence of `text`, which does not start with a space.
fn sentence_len(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\n' {
            return at;
        }
        if !is_terminator(c) {
            continue;
        }
        let mut end = at + c.len_utf8();
        let mut emphatic = c != '.';
        while let Some((next, c)) = chars.next_if(|(_, c)| is_terminator(*c) || is_closer(*c)) {
            emphatic |= is_terminator(c);
            end = next + c.len_utf8();
        }
        let (head, tail) = (text.get(..at).unwrap_or_default(), text.get(end..).unwrap_or_default());
        if begins_sentence(tail) && (emphatic || !is_inner_stop(head)) {
            return end;
        }
    }
    text.len()
}

const fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…')
}

const fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']')
}

/// Whether what follows a full stop can be another sentence, or is the end of the line.
fn begins_sentence(tail: &str) -> bool {
    let trimmed = tail.trim_start();
    let spaced = trimmed.len() < tail.len() || tail.is_empty();
    let same_line = !tail.get(..tail.len() - trimmed.len()).is_some_and(|space| space.contains('\n'));
    spaced && !(same_line && trimmed.starts_with(char::is_lowercase))
}

/// Whether a full stop after `head` belongs to an abbreviation, an initial or a leading number.
fn is_inner_stop(head: &str) -> bool {
    let word_start = head
        .rfind(|c: char| !c.is_alphanumeric())
        .map_or(0, |at| at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
    let word = head.get(word_start..).unwrap_or_default();
    let initial = word.chars().count() == 1 && word.contains(char::is_uppercase);
    let leading = word_start == 0 && word.bytes().all(|b| b.is_ascii_digit());
    initial || leading || ABBREVIATIONS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = sentences(text).collect();
        assert_eq!(found.iter().map(|s| s.text).collect::<Vec<_>>(), expected, "{text}");
        assert!(found.iter().all(|s| text.get(s.range()) == Some(s.text)));
    }

    #[test]
    fn table() {
        check("", &[]);
        check(" \n ", &[]);
        check("Một câu", &["Một câu"]);
        check("Một. Hai! Ba?  Bốn… Năm", &["Một.", "Hai!", "Ba?", "Bốn…", "Năm"]);
        check("Dòng một\nDòng hai.\n\nba", &["Dòng một", "Dòng hai.", "ba"]);
        check("Ở TP. Huế, GS.TS. Lê A. Nam nói. Rồi đi.", &["Ở TP. Huế, GS.TS. Lê A. Nam nói.", "Rồi đi."]);
        check("1. Mục tiêu. 2. Cách làm", &["1. Mục tiêu.", "2. Cách làm"]);
        check(
            "Giá 3.500 đồng, v.v. và hơn. “Đúng.” Hết.",
            &["Giá 3.500 đồng, v.v. và hơn.", "“Đúng.”", "Hết."],
        );
        check("Năm 2020. Sau đó", &["Năm 2020.", "Sau đó"]);
        check("“Sao?” anh hỏi...", &["“Sao?” anh hỏi..."]);
    }

    #[test]
    fn packed() {
        let text = "Một hai. Ba bốn năm. Sáu bảy tám chín mười mười một. Hết!";
        for (limit, expected) in [
            (5, vec!["Một hai. Ba bốn năm.", "Sáu bảy tám chín mười", "mười một. Hết!"]),
            (3, vec!["Một hai.", "Ba bốn năm.", "Sáu bảy tám", "chín mười mười", "một. Hết!"]),
            (100, vec![text]),
        ] {
            assert_eq!(passages(text, limit).map(|p| p.text).collect::<Vec<_>>(), expected);
        }
        assert_eq!(passages(text, 0).count(), 13);
    }
}
