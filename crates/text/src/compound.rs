//! Written units that the tokenizer takes apart: document numbers and joined initials.

use crate::fold::fold_into;
use crate::token::{Token, tokens};
use std::iter;
use std::ops::Range;

/// What a joined unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompoundKind {
    /// The number of a decree, circular, decision: `15/2020/NĐ-CP`, `29-NQ/TW`, `15/2020`.
    DocumentNumber,
    /// Capitals joined by `&`, `.` or `-`: `GD&ĐT`, `TP.HCM`, `KT-XH`.
    Initials,
}

/// A joined unit and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Compound<'a> {
    /// The unit as written.
    pub text: &'a str,
    /// Where it starts, in bytes of the whole text.
    pub start: usize,
    /// What it is.
    pub kind: CompoundKind,
}

impl Compound<'_> {
    /// The bytes of the unit in the whole text.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The term to index it by: folded, separators removed. `152020ndcp`, `gddt`.
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = String::with_capacity(self.text.len());
        tokens(self.text).for_each(|token| fold_into(token.text, &mut key));
        key
    }
}

/// The joined units of a text, in order; their parts are among its [`tokens`] as well.
///
/// ```
/// let keys: Vec<_> = densach_text::compounds("Bộ GD&ĐT, số 15/2020/NĐ-CP.").map(|c| c.key()).collect();
/// assert_eq!(keys, ["gddt", "152020ndcp"]);
/// ```
pub fn compounds(text: &str) -> impl Iterator<Item = Compound<'_>> {
    let mut rest = tokens(text).peekable();
    iter::from_fn(move || {
        loop {
            let first = rest.next()?;
            let mut last = first;
            while let Some(next) = rest.next_if(|next| joined(text, &last, next)) {
                last = next;
            }
            let unit = text.get(first.start..last.end())?;
            if let Some(kind) = kind_of(unit) {
                return Some(Compound { text: unit, start: first.start, kind });
            }
        }
    })
}

/// The key of a document number, when that is all `text` holds: `"15/2020/NĐ-CP"` gives
/// `"152020ndcp"`, in any case. A number without its letters (`"15/2020"`) gives `"152020"`,
/// which begins the key of the whole, so that a prefix query finds it. `None` for anything else.
#[must_use]
pub fn document_number(text: &str) -> Option<String> {
    let text = text.trim();
    let unit = compounds(text).next().filter(|unit| unit.range() == (0..text.len()))?;
    (unit.kind == CompoundKind::DocumentNumber).then(|| unit.key())
}

/// One joining character and nothing else between two words.
fn joined(text: &str, before: &Token<'_>, after: &Token<'_>) -> bool {
    let between = text.get(before.end()..after.start).unwrap_or_default();
    matches!(between, "/" | "&" | "." | "-" | "–" | "‑")
}

fn kind_of(unit: &str) -> Option<CompoundKind> {
    if is_document_number(unit) {
        Some(CompoundKind::DocumentNumber)
    } else if is_initials(unit) {
        Some(CompoundKind::Initials)
    } else {
        None
    }
}

/// Digits first, a slash, then letters that look official: capitals, a hyphen or a year tell
/// `30/NQ-CP` from `30/ngày`. Two numbers pass when the second is a year.
fn is_document_number(unit: &str) -> bool {
    let mut parts = tokens(unit);
    if !parts.next().is_some_and(|part| is_number(part.text)) || !unit.contains('/') {
        return false;
    }
    let has_year = parts.clone().any(|part| is_year(part.text));
    if unit.contains(char::is_alphabetic) {
        has_year || unit.contains('-') || !unit.contains(char::is_lowercase)
    } else {
        has_year && parts.count() == 1
    }
}

fn is_initials(unit: &str) -> bool {
    let mut parts = tokens(unit);
    let capitals = unit.contains(char::is_uppercase) && !unit.contains(char::is_lowercase);
    capitals && !unit.contains('/') && unit.starts_with(char::is_alphabetic) && parts.nth(1).is_some()
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_digit())
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && is_number(part) && (part.starts_with("19") || part.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = compounds(text).map(|c| c.key()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn table() {
        check("", &[]);
        check("học suốt đời, và/hoặc hơn", &[]);
        check("Sở GD&ĐT TP.HCM", &["gddt", "tphcm"]);
        check("HN&GĐ; KT-XH; P.ĐTĐH; COVID-19.", &["hngd", "ktxh", "pdtdh", "covid19"]);
        check("Nghị định 15/2020/NĐ-CP và 01/2019/QH14", &["152020ndcp", "012019qh14"]);
        check("(29-NQ/TW), 1234/QĐ–BGDĐT", &["29nqtw", "1234qdbgddt"]);
        check("60 km/h, 30/ngày, 24/7, 1/2, 10/12/2021, U/N", &[]);
    }

    #[test]
    fn numbers() {
        for (text, expected) in [
            (" 15/2020/nđ-cp ", Some("152020ndcp")),
            ("15/2020/ND-CP", Some("152020ndcp")),
            ("22/2021", Some("222021")),
            ("TT 22/2021", None),
            ("GD&ĐT", None),
            ("", None),
        ] {
            assert_eq!(document_number(text).as_deref(), expected, "{text}");
        }
    }
}
