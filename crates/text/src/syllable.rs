//! One syllable: letters with their shapes, and one tone for the whole.

use crate::letter::{Letter, Shape, Tone, is_mark};
use crate::{exact_key, rime};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// The longest syllable, `nghiêng`, has seven letters.
const MAX_LETTERS: usize = 7;

/// Where the tone mark goes in an open `oa`, `oe`, `uy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ToneStyle {
    /// On the first vowel, as most people type: `hòa`, `khỏe`, `thủy`.
    #[default]
    Old,
    /// On the main vowel, as school books print: `hoà`, `khoẻ`, `thuỷ`.
    New,
}

/// Up to seven Latin letters, lower-case, with one tone; a small `Copy` value.
///
/// Two spellings of the same syllable (`hòa`, `hoà`, `HOÀ`) are equal. A value may be a word that
/// Vietnamese does not have (`class`): ask [`Syllable::is_valid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Syllable {
    letters: [Letter; MAX_LETTERS],
    len: u8,
    tone: Tone,
}

impl Syllable {
    pub(crate) const EMPTY: Self =
        Self { letters: [Letter::plain(b'a'); MAX_LETTERS], len: 0, tone: Tone::Ngang };

    /// Reads one word, in any case and any Unicode form; `None` when it is empty, longer than
    /// seven letters, has two tones or holds anything but Vietnamese letters.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        if word.chars().any(is_mark) { Self::from_chars(word.nfc()) } else { Self::from_chars(word.chars()) }
    }

    /// Reads what [`exact_key`](crate::exact_key()) wrote: `"hoa2"`. `None` as for [`Syllable::parse`].
    /// The merged `i` of `ki4` comes back as `kĩ`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        let tone = key.chars().next_back().and_then(Tone::from_digit);
        let letters = if tone.is_some() { key.get(..key.len() - 1)? } else { key };
        let mut syllable = Self::parse(letters)?;
        match (tone, syllable.tone) {
            (Some(tone), Tone::Ngang) => syllable.tone = tone,
            (None, _) => {}
            (Some(_), Tone::Huyen | Tone::Hoi | Tone::Nga | Tone::Sac | Tone::Nang) => return None,
        }
        Some(syllable)
    }

    fn from_chars(chars: impl Iterator<Item = char>) -> Option<Self> {
        let mut syllable = Self::EMPTY;
        for c in chars {
            syllable.push(Letter::of(c)?)?;
        }
        (syllable.len > 0).then_some(syllable)
    }

    /// Appends a letter; `None` when there is no room or it brings a second tone.
    pub(crate) fn push(&mut self, letter: Letter) -> Option<()> {
        if letter.tone() != Tone::Ngang {
            if self.tone != Tone::Ngang {
                return None;
            }
            self.tone = letter.tone();
        }
        *self.letters.get_mut(usize::from(self.len))? = letter.bare();
        self.len += 1;
        Some(())
    }

    pub(crate) const fn set_tone(&mut self, tone: Tone) {
        self.tone = tone;
    }

    pub(crate) fn set_shape(&mut self, at: usize, shape: Shape) {
        let len = usize::from(self.len);
        if let Some(letter) = self.letters.get_mut(at).filter(|_| at < len) {
            *letter = letter.with_shape(shape);
        }
    }

    /// The letters: lower-case, without tones.
    #[must_use]
    pub fn letters(&self) -> &[Letter] {
        self.letters.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The tone.
    #[must_use]
    pub const fn tone(&self) -> Tone {
        self.tone
    }

    /// The same key as [`exact_key`](crate::exact_key()) of any of its spellings.
    #[must_use]
    pub fn key(&self) -> String {
        exact_key(&self.spell(ToneStyle::Old))
    }

    /// Whether it is a possible Vietnamese syllable: onset and rime go together, and a syllable
    /// that ends in a stop (`c ch p t`) has the tone sắc or nặng. Rules, no dictionary: a few
    /// syllables that nobody uses pass too.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        rime::is_valid(self.letters(), self.tone)
    }

    /// Whether a valid syllable starts with these letters: `"ngh"`, `"đươ"`, `"hoc"`.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        rime::is_prefix(self.letters(), self.tone)
    }

    /// Writes the syllable with its tone mark where `style` puts it, lower-case, NFC.
    #[must_use]
    pub fn spell(&self, style: ToneStyle) -> String {
        let slot = self.tone_slot(style);
        let toned = |(at, letter): (usize, &Letter)| {
            if slot == Some(at) { letter.with_tone(self.tone).to_char() } else { letter.to_char() }
        };
        self.letters().iter().enumerate().map(toned).collect()
    }

    fn tone_slot(&self, style: ToneStyle) -> Option<usize> {
        let letters = self.letters();
        let start = rime::vowels_start(letters);
        let vowels: &[Letter] = letters.get(start..).unwrap_or_default();
        let vowels = vowels.split(|l| !l.is_vowel()).next().unwrap_or_default();
        let closed = start + vowels.len() < letters.len();
        if let Some(shaped) = vowels.iter().rposition(|l| l.shape() != Shape::Plain) {
            return Some(start + shaped);
        }
        let offset = match vowels {
            [] => return None,
            [_] => 0,
            [_, _] if closed => 1,
            [first, second] => match style {
                ToneStyle::Old => 0,
                ToneStyle::New => usize::from(is_rising(*first, *second)),
            },
            [_, _, ..] => 1,
        };
        Some(start + offset)
    }
}

/// Whether the main vowel comes second: `oa`, `oe`, `uy`.
const fn is_rising(first: Letter, second: Letter) -> bool {
    matches!((first.base(), second.base()), ('o', 'a' | 'e') | ('u', 'y'))
}

impl fmt::Display for Syllable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spell(ToneStyle::Old))
    }
}

/// Whether `word` is a possible Vietnamese syllable; see [`Syllable::is_valid`].
///
/// ```
/// assert!(densach_text::is_syllable("nghiễng"));
/// assert!(!densach_text::is_syllable("hỏc"));
/// ```
#[must_use]
pub fn is_syllable(word: &str) -> bool {
    Syllable::parse(word).is_some_and(|syllable| syllable.is_valid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, old: &str, new: &str) {
        let syllable = Syllable::parse(word);
        assert_eq!(syllable.map(|s| s.spell(ToneStyle::Old)).as_deref(), Some(old), "{word}");
        assert_eq!(syllable.map(|s| s.spell(ToneStyle::New)).as_deref(), Some(new), "{word}");
        assert_eq!(syllable.map(|s| s.key()), Some(exact_key(word)), "{word}");
    }

    #[test]
    fn spelling() {
        check("hoà", "hòa", "hoà");
        check("HÒA", "hòa", "hoà");
        check("vịêt", "việt", "việt");
        check("thuỷ", "thủy", "thuỷ");
        for word in
            "quý quả già gì giếng giữa mía mưa được toán huỳnh khuỷu ngoằn ngoẻo hoại thuở oái ý ừ".split(' ')
        {
            check(word, word, word);
        }
    }

    #[test]
    fn keys_come_back() {
        for word in "hòa việt đường ngoẻo quí ma".split(' ') {
            assert_eq!(Syllable::from_key(&exact_key(word)), Syllable::parse(word), "{word}");
        }
        for bad in ["", "1", "á1", "x.2", "nghiêngx"] {
            assert_eq!(Syllable::from_key(bad), None, "{bad}");
        }
    }

    #[test]
    fn not_syllables() {
        for word in ["", "áà", "a1", "đường-phố", "日", "nghiêngs", "ñ"] {
            assert_eq!(Syllable::parse(word), None, "{word}");
        }
    }
}
