//! Addresses of pages.

use crate::fold::fold_into;
use crate::token::tokens;

/// A piece of a web address: folded words with `-` between them, only `a-z`, `0-9` and `-`.
///
/// Letters of other scripts are left out, so the result may be empty: the caller then needs
/// another name (an identifier). Idempotent.
///
/// ```
/// assert_eq!(densach_text::slug("Học suốt đời: “Vì sao?”"), "hoc-suot-doi-vi-sao");
/// ```
#[must_use]
pub fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for token in tokens(text) {
        word.clear();
        fold_into(token.text, &mut word);
        push_word(&word, &mut out);
    }
    out
}

/// Folding may bring separators in (`½` is `1/2`), so the word is cut again.
fn push_word(word: &str, out: &mut String) {
    for piece in word.split(|c: char| !c.is_ascii_alphanumeric()).filter(|piece| !piece.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(slug(input), expected, "{input:?}");
        assert_eq!(slug(expected), expected);
    }

    #[test]
    fn table() {
        for (input, expected) in [
            ("", ""),
            ("  – !", ""),
            ("Đường đời", "duong-doi"),
            ("GD&ĐT 15/2020/NĐ-CP", "gd-dt-15-2020-nd-cp"),
            ("ho\u{323}c  so\u{302}\u{301}", "hoc-so"),
            ("Tiếng Nhật 日本 N5", "tieng-nhat-n5"),
            ("½ ngày", "1-2-ngay"),
            ("--a--b--", "a-b"),
        ] {
            check(input, expected);
        }
    }
}
