//! The exact key: one spelling for every way to write the same syllable.

use crate::letter::{Letter, Shape, Tone};
use unicode_normalization::UnicodeNormalization;

/// The canonical key of one word: lower-case, tone taken out and appended as a VNI digit
/// (`1` sắc, `2` huyền, `3` hỏi, `4` ngã, `5` nặng), and a lone final `y` as `i` after
/// h k l m s t th kh ph ch nh tr qu.
///
/// So `hòa = hoà`, `vịêt = việt`, `kỹ = kĩ`, `quý = quí`, and NFD = NFC. Shape marks stay:
/// `"đời"` gives `"đơi2"`. A word without a tone keeps its own final digit, so `"a1"` and `"á"`
/// share a key; both are then found, which search can live with. Idempotent.
///
/// ```
/// use densach_text::exact_key;
/// assert_eq!(exact_key("Hòa"), "hoa2");
/// assert_eq!(exact_key("hoà"), exact_key("hòa"));
/// ```
#[must_use]
pub fn exact_key(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 1);
    exact_key_into(word, &mut out);
    out
}

/// Appends [`exact_key`] of `word` to `out`.
pub fn exact_key_into(word: &str, out: &mut String) {
    let start = out.len();
    if word.chars().all(|c| c.is_ascii() || Letter::of(c).is_some()) {
        let tone = strip(word.chars(), out);
        finish(out, start, tone);
        return;
    }
    let mut bare = String::with_capacity(word.len());
    let tone = strip(word.nfc(), &mut bare);
    out.extend(bare.nfc());
    finish(out, start, tone);
}

/// Appends the letters without tones, lower-case; returns the first tone met.
fn strip(chars: impl Iterator<Item = char>, out: &mut String) -> Tone {
    let mut found = Tone::Ngang;
    for c in chars {
        let tone = match Letter::of(c) {
            Some(letter) => {
                out.push(letter.bare().to_char());
                letter.tone()
            }
            None => strip_other(c, out),
        };
        if found == Tone::Ngang {
            found = tone;
        }
    }
    found
}

/// A character outside the alphabet: a stray mark (typed in an order that NFC cannot join, such
/// as `e`, acute, circumflex) is applied to the letter before it, anything else is kept.
fn strip_other(c: char, out: &mut String) -> Tone {
    if let Some(tone) = Tone::of_mark(c) {
        return tone;
    }
    let last = out.chars().next_back().and_then(Letter::of);
    match (Shape::of_mark(c), last) {
        (Some(shape), Some(letter)) if letter.shape() == Shape::Plain && letter.takes(shape) => {
            out.pop();
            out.push(letter.with_shape(shape).to_char());
        }
        (Some(_) | None, Some(_) | None) => out.extend(c.to_lowercase()),
    }
    Tone::Ngang
}

fn finish(out: &mut String, start: usize, tone: Tone) {
    let merges = out.get(start..).and_then(|word| word.strip_suffix('y')).is_some_and(merges_y);
    if merges {
        out.pop();
        out.push('i');
    }
    out.extend(tone.digit());
}

/// After these beginnings both `i` and `y` are written for the same sound.
fn merges_y(onset: &str) -> bool {
    matches!(onset, "h" | "k" | "l" | "m" | "s" | "t" | "th" | "kh" | "ph" | "ch" | "nh" | "tr" | "qu")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(exact_key(input), expected, "{input:?}");
        assert_eq!(exact_key(&input.nfd().collect::<String>()), expected, "{input:?} NFD");
        assert_eq!(exact_key(expected), expected, "{input:?} twice");
    }

    #[test]
    fn table() {
        for (input, expected) in [
            ("", ""),
            ("hòa", "hoa2"),
            ("hoà", "hoa2"),
            ("VIỆT", "viêt5"),
            ("vịêt", "viêt5"),
            ("thủy", "thuy3"),
            ("thuỷ", "thuy3"),
            ("Đường", "đương2"),
            ("Ðời", "đơi2"),
            ("kỹ", "ki4"),
            ("Mỹ", "mi4"),
            ("quý", "qui1"),
            ("quí", "qui1"),
            ("thúi", "thui1"),
            ("thúy", "thuy1"),
            ("y", "y"),
            ("may", "may"),
            ("2020", "2020"),
            ("é\u{302}", "ê1"),
            ("niño", "niño"),
            ("日本", "日本"),
        ] {
            check(input, expected);
        }
    }

    #[test]
    fn idempotent_on_every_character() {
        for c in '\0'..=char::MAX {
            let once = exact_key(c.encode_utf8(&mut [0; 4]));
            assert_eq!(exact_key(&once), once, "{:x}", c as u32);
        }
    }
}
