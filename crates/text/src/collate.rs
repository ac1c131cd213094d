//! Vietnamese order as bytes that a database can compare.
//!
//! A key is a row of words; a word is its letters, `0x01`, its tones, `0x01`. Word by word, letters
//! decide before tones, as in Vietnamese dictionaries: `ba`, `ba ba`, `bà`, `bà con`, `bán`, `băng`.
//! Letter weights start at `0x10`, so a shorter word comes before a longer one.

use crate::fold::spelt_out;
use crate::letter::{Letter, Shape, Tone, is_mark};
use crate::normalize;
use crate::token::tokens;
use std::cmp::Ordering;
use std::iter;
use unicode_normalization::char::decompose_compatible;

const END: u8 = 0x01;
const FIRST_TONE: u8 = 0x02;
/// A mark that no Vietnamese letter has (`ñ`): after all tones.
const FOREIGN_MARK: u8 = 0x08;
const FIRST_DIGIT: u8 = 0x10;
const FIRST_LETTER: u8 = 0x20;
/// Letters of other scripts, three bytes of code point follow.
const OTHER_SCRIPT: u8 = 0xf0;

/// A key whose byte order is the Vietnamese order of `text`: a ă â b c d đ e ê …, digits before
/// letters, other scripts last; tones within a word ngang, huyền, hỏi, ngã, sắc, nặng.
///
/// Case, punctuation, the place of the tone mark and the Unicode form do not count: such texts
/// have equal keys, so a total order needs a tie-break of its own (an identifier).
/// About as long as the text; the bytes are not text (store them as a blob).
#[must_use]
pub fn collation_key(text: &str) -> Vec<u8> {
    let text = normalize(text);
    let mut key = Vec::with_capacity(text.len() + 2);
    key.extend(words_of(&text).flat_map(word_weights));
    key
}

/// The order of two collation keys, without building them. To sort many texts use
/// `sort_by_cached_key` with [`collation_key`].
///
/// ```
/// let mut words = ["bể", "đa", "bà con", "da", "ba ba", "bế"];
/// words.sort_by(|a, b| densach_text::compare(a, b));
/// assert_eq!(words, ["ba ba", "bà con", "bể", "bế", "da", "đa"]);
/// ```
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (normalize(a), normalize(b));
    words_of(&a).flat_map(word_weights).cmp(words_of(&b).flat_map(word_weights))
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    tokens(text).map(|token| token.text)
}

/// The weights of one word in NFC; characters other than letters and digits weigh nothing.
pub(crate) fn word_weights(word: &str) -> impl Iterator<Item = u8> + '_ {
    let letters = word.chars().flat_map(|c| {
        let (bytes, len) = primary(c);
        bytes.into_iter().take(len)
    });
    letters.chain(iter::once(END)).chain(word.chars().filter_map(secondary)).chain(iter::once(END))
}

/// Up to four bytes for one character.
fn primary(c: char) -> ([u8; 4], usize) {
    if let Some(letter) = Letter::of(c) {
        return ([letter_weight(letter), 0, 0, 0], 1);
    }
    if !c.is_alphanumeric() {
        return ([0; 4], 0);
    }
    let c = c.to_lowercase().next().unwrap_or(c);
    let known = latin_weights(c);
    if known.1 > 0 { known } else { (other_script(c), 4) }
}

/// The letters and digits which a character is made of: `ñ` is n, `æ` is ae, `Ａ` is a.
fn latin_weights(c: char) -> ([u8; 4], usize) {
    let (mut bytes, mut len) = ([0; 4], 0);
    let mut put = |part: char| {
        let weight = part.to_digit(10).and_then(|d| u8::try_from(d).ok()).map(|d| FIRST_DIGIT + d);
        let weight = weight.or_else(|| Letter::of(part).map(letter_weight));
        if let (Some(weight), Some(slot)) = (weight, bytes.get_mut(len)) {
            *slot = weight;
            len += 1;
        }
    };
    match spelt_out(c) {
        Some(spelt) => spelt.chars().for_each(put),
        None => decompose_compatible(c, &mut put),
    }
    (bytes, len)
}

fn other_script(c: char) -> [u8; 4] {
    let code = c as u32;
    let seven_bits = |shift: u32| 0x80 | ((code >> shift) & 0x7f) as u8;
    [OTHER_SCRIPT, seven_bits(14), seven_bits(7), seven_bits(0)]
}

/// The place in the alphabet: the letters with shape marks follow their base.
fn letter_weight(letter: Letter) -> u8 {
    let base = letter.base();
    let inserted: u8 = [('a', 2), ('d', 1), ('e', 1), ('o', 2), ('u', 1)]
        .into_iter()
        .filter_map(|(before, count)| (before < base).then_some(count))
        .sum();
    let shape = match letter.shape() {
        Shape::Plain => 0,
        Shape::Breve | Shape::Stroke => 1,
        Shape::Circumflex if base == 'a' => 2,
        Shape::Circumflex => 1,
        Shape::Horn if base == 'o' => 2,
        Shape::Horn => 1,
    };
    FIRST_LETTER + (base as u8 - b'a') + inserted + shape
}

fn secondary(c: char) -> Option<u8> {
    if c.is_ascii() {
        return None;
    }
    match Letter::of(c) {
        Some(letter) if letter.tone() == Tone::Ngang => None,
        Some(letter) => Some(FIRST_TONE + letter.tone() as u8),
        None if is_mark(c) || latin_weights(c).1 > 0 => Some(FOREIGN_MARK),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_order(expected: &[&str]) {
        for pair in expected.windows(2) {
            let [a, b] = pair else { continue };
            assert!(collation_key(a) < collation_key(b), "{a} < {b}");
            assert_eq!(compare(a, b), Ordering::Less, "{a} < {b}");
        }
    }

    #[test]
    fn alphabet() {
        let letters = "0 9 a ă â b c d đ e ê f g h i j k l m n o ô ơ p q r s t u ư v w x y z я 日";
        check_order(&letters.split(' ').collect::<Vec<_>>());
    }

    #[test]
    fn tones_and_words() {
        check_order(&["", "a", "à", "ả", "ã", "á", "ạ", "ai", "ái", "ăn"]);
        check_order(&["ba", "ba ba", "ba má", "bà", "bà con", "bản đồ", "bán", "băng"]);
        check_order(&["Bài 1", "Bài 2", "bài A", "n", "na", "ña", "nab", "nghỉ", "nguyên"]);
    }

    #[test]
    fn equal_keys() {
        for (a, b) in
            [("hòa", "HOÀ"), ("Học-suốt", "học  suốt!"), ("e\u{302}\u{323}", "ệ"), ("Ð", "đ"), ("æ", "æ")]
        {
            assert_eq!(collation_key(a), collation_key(b), "{a} = {b}");
        }
    }

    #[test]
    fn marker_bytes_stay_apart() {
        for c in '\0'..=char::MAX {
            let (bytes, len) = primary(c);
            assert!(bytes.iter().take(len).all(|b| *b >= FIRST_DIGIT), "{:x}", c as u32);
        }
    }
}
