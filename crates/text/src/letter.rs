//! One Vietnamese letter: its ASCII base, its shape mark, its tone and its case, by table.
//!
//! Every other module reads letters through [`Letter::of`], so that a common character costs one
//! array access and no Unicode decomposition.

use crate::table;

/// The six tones. `Ord` follows Vietnamese dictionaries: ngang, huyền, hỏi, ngã, sắc, nặng.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// No mark: `a`.
    Ngang,
    /// Grave: `à`.
    Huyen,
    /// Hook above: `ả`.
    Hoi,
    /// Tilde: `ã`.
    Nga,
    /// Acute: `á`.
    Sac,
    /// Dot below: `ạ`.
    Nang,
}

impl Tone {
    /// All tones in dictionary order.
    pub const ALL: [Self; 6] = [Self::Ngang, Self::Huyen, Self::Hoi, Self::Nga, Self::Sac, Self::Nang];

    /// The digit of the VNI keyboard, `1` to `5`; `None` for ngang, which is not written.
    #[must_use]
    pub const fn digit(self) -> Option<char> {
        match self {
            Self::Ngang => None,
            Self::Sac => Some('1'),
            Self::Huyen => Some('2'),
            Self::Hoi => Some('3'),
            Self::Nga => Some('4'),
            Self::Nang => Some('5'),
        }
    }

    /// The tone of a VNI digit; `None` for anything but `1` to `5`.
    #[must_use]
    pub fn from_digit(digit: char) -> Option<Self> {
        Self::ALL.into_iter().find(|tone| tone.digit() == Some(digit))
    }

    /// The tone of a combining mark.
    pub(crate) const fn of_mark(mark: char) -> Option<Self> {
        match mark {
            '\u{300}' => Some(Self::Huyen),
            '\u{301}' => Some(Self::Sac),
            '\u{303}' => Some(Self::Nga),
            '\u{309}' => Some(Self::Hoi),
            '\u{323}' => Some(Self::Nang),
            _ => None,
        }
    }
}

/// The mark that makes another letter of the alphabet (not a tone).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// No mark: `a`.
    Plain,
    /// `ă`.
    Breve,
    /// `â ê ô`.
    Circumflex,
    /// `ơ ư`.
    Horn,
    /// `đ`.
    Stroke,
}

impl Shape {
    /// The shape of a combining mark (đ has none: its stroke never decomposes).
    pub(crate) const fn of_mark(mark: char) -> Option<Self> {
        match mark {
            '\u{302}' => Some(Self::Circumflex),
            '\u{306}' => Some(Self::Breve),
            '\u{31b}' => Some(Self::Horn),
            _ => None,
        }
    }
}

/// A letter taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Letter {
    base: u8,
    shape: Shape,
    tone: Tone,
    upper: bool,
}

impl Letter {
    /// Takes a composed character apart; `None` unless it is an ASCII letter, a Vietnamese letter
    /// or the look-alike `Ð ð` (U+00D0, U+00F0), which counts as `Đ đ`.
    #[must_use]
    pub fn of(c: char) -> Option<Self> {
        if c.is_ascii() {
            let base = c.to_ascii_lowercase() as u8;
            let letter = Self { upper: c.is_ascii_uppercase(), ..Self::plain(base) };
            return c.is_ascii_alphabetic().then_some(letter);
        }
        table::find(c)
    }

    pub(crate) const fn new(base: u8, shape: Shape, tone: Tone, upper: bool) -> Self {
        Self { base, shape, tone, upper }
    }

    /// A lower-case letter without marks, from an ASCII lower-case base.
    pub(crate) const fn plain(base: u8) -> Self {
        Self::new(base, Shape::Plain, Tone::Ngang, false)
    }

    /// The ASCII lower-case base: `e` for `Ệ`.
    #[must_use]
    pub const fn base(self) -> char {
        self.base as char
    }

    /// The shape mark.
    #[must_use]
    pub const fn shape(self) -> Shape {
        self.shape
    }

    /// The tone.
    #[must_use]
    pub const fn tone(self) -> Tone {
        self.tone
    }

    /// Whether the letter is a vowel (`y` is).
    #[must_use]
    pub const fn is_vowel(self) -> bool {
        matches!(self.base, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
    }

    /// The same letter, lower-case and without tone.
    #[must_use]
    pub const fn bare(self) -> Self {
        Self { tone: Tone::Ngang, upper: false, ..self }
    }

    pub(crate) const fn with_shape(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    pub(crate) const fn with_tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// Whether the alphabet has this base with this shape.
    pub(crate) fn takes(self, shape: Shape) -> bool {
        table::chars(self.base, shape, false).is_some()
    }

    /// The composed character. A mark that the alphabet does not know is left out.
    #[must_use]
    pub fn to_char(self) -> char {
        let chars = table::chars(self.base, self.shape, self.upper);
        let found = chars.and_then(|chars| chars.get(self.tone as usize)).copied();
        found.unwrap_or(if self.upper { self.base().to_ascii_uppercase() } else { self.base() })
    }
}

/// Combining marks of the Latin, Greek and Cyrillic scripts; marks of other scripts carry meaning
/// that must not be dropped, so they are not counted here.
pub(crate) const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_comes_back() {
        let marked = "àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ";
        for c in marked.chars().chain(marked.to_uppercase().chars()) {
            assert_eq!(Letter::of(c).map(Letter::to_char), Some(c));
        }
        for c in ('a'..='z').chain('A'..='Z').chain("đĐ".chars()) {
            assert_eq!(Letter::of(c).map(Letter::to_char), Some(c));
        }
        assert_eq!(Letter::of('\u{d0}').map(Letter::to_char), Some('Đ'));
    }

    #[test]
    fn strangers_are_none() {
        for c in "ç ñ ü 1 - 語 ﬁ × ÷ \u{301}".chars() {
            assert_eq!(Letter::of(c), None, "{c}");
        }
    }

    #[test]
    fn digits_and_tones() {
        for tone in Tone::ALL {
            assert_eq!(tone.digit().and_then(Tone::from_digit), tone.digit().map(|_| tone));
        }
        assert_eq!(Tone::from_digit('0'), None);
    }
}
