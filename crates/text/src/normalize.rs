//! The one form in which text is stored and compared.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc, is_nfc_quick};

/// Brings text to its stored form: NFC, without invisible characters, with plain spaces and `\n`
/// line ends, and with the look-alikes `Ð ð` (U+00D0, U+00F0) as `Đ đ`.
///
/// Borrows when there is nothing to do. Idempotent. Case and visible punctuation stay.
///
/// Invisible characters (zero-width, bidirectional, soft hyphen, controls other than `\n` and
/// `\t`) are removed before composing, because one of them may stand between a letter and its mark.
///
/// ```
/// assert_eq!(densach_text::normalize("Ðo\u{323}c\u{a0}sách\u{200b}"), "Đọc sách");
/// ```
#[must_use]
pub fn normalize(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_settled) {
        return Cow::Borrowed(text);
    }
    if text.chars().any(|c| replacement(c) != Replacement::Keep) {
        return Cow::Owned(clean(text).nfc().collect());
    }
    let composed = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => is_nfc(text),
    };
    if composed { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Replacement {
    Keep,
    Drop,
    With(char),
}

/// Characters of ordinary Vietnamese text that neither change nor combine.
const fn is_settled(c: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => true,
        '\u{a1}'..='\u{2ff}' => !matches!(c, '\u{ad}' | '\u{d0}' | '\u{f0}'),
        '\u{1ea0}'..='\u{1ef9}' | '\u{2010}'..='\u{2027}' | '\u{20ab}' => true,
        _ => false,
    }
}

const fn replacement(c: char) -> Replacement {
    match c {
        '\n' | '\t' => Replacement::Keep,
        '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Replacement::With('\n'),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' => Replacement::Drop,
        '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => Replacement::Drop,
        '\u{2060}'..='\u{206f}' | '\u{feff}' => Replacement::Drop,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Replacement::With(' ')
        }
        '\u{d0}' => Replacement::With('Đ'),
        '\u{f0}' => Replacement::With('đ'),
        _ => Replacement::Keep,
    }
}

fn clean(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut after_return = false;
    text.chars().filter_map(move |c| {
        let second_half = after_return && c == '\n';
        after_return = c == '\r';
        match replacement(c) {
            Replacement::Keep if second_half => None,
            Replacement::Keep => Some(c),
            Replacement::Drop => None,
            Replacement::With(other) => Some(other),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        let out = normalize(input);
        assert_eq!(out, expected, "{input:?}");
        assert_eq!(normalize(&out), out);
        assert_eq!(matches!(out, Cow::Borrowed(_)), input == expected, "{input:?}");
    }

    #[test]
    fn table() {
        for (input, expected) in [
            ("", ""),
            ("Học, học nữa, học mãi…\n\t– “V.I.” 5₫", "Học, học nữa, học mãi…\n\t– “V.I.” 5₫"),
            ("ho\u{323}c", "học"),
            ("e\u{302}\u{323}", "ệ"),
            ("e\u{323}\u{302}", "ệ"),
            ("a\u{200b}\u{301}", "á"),
            ("\u{feff}một\u{a0}hai\u{202f}ba", "một hai ba"),
            ("Ðặng ð", "Đặng đ"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("\u{202e}abc\u{202c}\0", "abc"),
            ("khoá\u{ad}học", "khoáhọc"),
            ("語 한국 ไทย", "語 한국 ไทย"),
        ] {
            check(input, expected);
        }
    }
}
