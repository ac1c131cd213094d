//! Raw key strokes: text typed for Telex or VNI while the input method was off.
//!
//! [`decode`] follows every key as an input method would, keeps each way to read it, and lets the
//! syllable rules throw out what cannot be Vietnamese. Tone and shape keys may stand anywhere
//! after the vowel they belong to: `hocj`, `hojc`, `tieengs`, `tienges`, `duocwdj`.

use crate::letter::{Letter, Shape, Tone};
use crate::syllable::Syllable;

/// A keyboard convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Letters as marks: `ddowif` is `đời`.
    Telex,
    /// Digits as marks: `d9o7i2` is `đời`.
    Vni,
}

/// The longest syllable takes ten keys; what is longer is no syllable.
const MAX_KEYS: usize = 12;
/// Readings followed at a time. Real input needs at most eight.
const MAX_DRAFTS: usize = 32;

/// The usual key strokes of a syllable, tone last: `đường` gives `dduowngf`, `d9uo7ng2`.
#[must_use]
pub fn encode(syllable: &Syllable, method: Method) -> String {
    let mut out = String::with_capacity(10);
    let mut previous = None;
    for (at, letter) in syllable.letters().iter().enumerate() {
        let next = syllable.letters().get(at + 1);
        let pair = is_horned(letter, 'u') && next.is_some_and(|next| is_horned(next, 'o'));
        out.push(letter.base());
        if !pair {
            out.extend(shape_key(*letter, method));
        }
        if method == Method::Telex && previous == Some(*letter) && *letter == Letter::plain(b'o') {
            out.push('o');
        }
        previous = Some(*letter);
    }
    out.extend(tone_key(syllable.tone(), method));
    out
}

/// The syllables that `raw` may stand for, without repetition: complete ones first, then
/// beginnings of syllables (for the word still being typed).
///
/// VNI when there is a digit, else Telex; composed letters that already carry marks stay (`viêtj`).
/// A plain reading counts too: `"hoa"` gives `hoa`. Empty when nothing Vietnamese can be meant.
///
/// ```
/// use densach_text::typing::decode;
/// assert_eq!(decode("dduowcj").first().map(|s| s.to_string()).as_deref(), Some("được"));
/// ```
#[must_use]
pub fn decode(raw: &str) -> Vec<Syllable> {
    let keys = raw.chars().count();
    if keys == 0 || keys > MAX_KEYS {
        return Vec::new();
    }
    let method = if raw.chars().any(|c| c.is_ascii_digit()) { Method::Vni } else { Method::Telex };
    let mut drafts = vec![Draft { syllable: Syllable::EMPTY, touched: false }];
    for c in raw.chars().flat_map(char::to_lowercase) {
        let mut next = Vec::with_capacity(drafts.len() * 2);
        for draft in &drafts {
            draft.press(c, method, &mut next);
        }
        next.truncate(MAX_DRAFTS);
        drafts = next;
    }
    collect(&drafts)
}

fn collect(drafts: &[Draft]) -> Vec<Syllable> {
    let readings = || drafts.iter().flat_map(|draft| [*draft, draft.joined()]);
    let complete = readings().filter(|draft| draft.syllable.is_valid());
    let begun = readings().filter(|draft| draft.touched && draft.syllable.is_prefix());
    let mut out = Vec::new();
    for draft in complete.chain(begun) {
        if !out.contains(&draft.syllable) {
            out.push(draft.syllable);
        }
    }
    out
}

/// One reading of the keys so far.
#[derive(Clone, Copy)]
struct Draft {
    syllable: Syllable,
    /// Whether some key was read as a mark.
    touched: bool,
}

impl Draft {
    /// Adds every reading of one more key to `next`.
    fn press(&self, key: char, method: Method, next: &mut Vec<Self>) {
        let voiced = self.letters().iter().any(|l| l.is_vowel());
        if let Some(tone) = tone_of(key, method).filter(|_| voiced) {
            next.push(self.toned(tone));
            return;
        }
        match (method, key) {
            (Method::Telex, 'w') => {
                let before = next.len();
                self.press_horn(next);
                self.press_shape('a', Shape::Breve, next);
                if next.len() == before {
                    self.press_letter(Letter::plain(b'u').with_shape(Shape::Horn), true, next);
                }
            }
            (Method::Telex, 'a' | 'e' | 'o') => {
                self.press_shape(key, Shape::Circumflex, next);
                self.press_again(key, next);
            }
            (Method::Telex, 'd') => self.press_shape(key, Shape::Stroke, next),
            (Method::Vni, '6') => {
                "aeo".chars().for_each(|base| self.press_shape(base, Shape::Circumflex, next))
            }
            (Method::Vni, '7') => self.press_horn(next),
            (Method::Vni, '8') => self.press_shape('a', Shape::Breve, next),
            (Method::Vni, '9') => self.press_shape('d', Shape::Stroke, next),
            (Method::Telex | Method::Vni, _) => {}
        }
        if let Some(letter) = Letter::of(key).filter(|l| method == Method::Vni || l.base() != 'w') {
            self.press_letter(letter, false, next);
        }
    }

    fn letters(&self) -> &[Letter] {
        self.syllable.letters()
    }

    fn toned(mut self, tone: Tone) -> Self {
        self.syllable.set_tone(tone);
        Self { touched: true, ..self }
    }

    fn shaped(mut self, at: usize, shape: Shape) -> Self {
        self.syllable.set_shape(at, shape);
        Self { touched: true, ..self }
    }

    fn press_letter(mut self, letter: Letter, touched: bool, next: &mut Vec<Self>) {
        if self.syllable.push(letter).is_some() {
            self.touched |= touched;
            next.push(self);
        }
    }

    /// The last plain letter with this base takes the shape; `d` only at the beginning.
    fn press_shape(&self, base: char, shape: Shape, next: &mut Vec<Self>) {
        let letters = self.letters().iter();
        let found = letters.clone().rposition(|l| l.base() == base && l.shape() == Shape::Plain);
        if let Some(at) = found.filter(|at| base != 'd' || *at == 0) {
            next.push(self.shaped(at, shape));
        }
    }

    /// A horn for the last `o`, the last `u`, or both side by side.
    fn press_horn(&self, next: &mut Vec<Self>) {
        self.press_shape('o', Shape::Horn, next);
        self.press_shape('u', Shape::Horn, next);
        let pair = |two: &[Letter]| two.iter().map(|l| l.base()).eq("uo".chars());
        if let Some(at) = self.letters().windows(2).rposition(pair) {
            next.push(self.shaped(at, Shape::Horn).shaped(at + 1, Shape::Horn));
        }
    }

    /// A third key takes the mark of the second back: `xooong` is `xoong`.
    fn press_again(&self, key: char, next: &mut Vec<Self>) {
        let at = self.letters().len().wrapping_sub(1);
        let marked = |l: &Letter| l.base() == key && l.shape() == Shape::Circumflex;
        if let (Some(letter), true) = (Letter::of(key), self.letters().last().is_some_and(marked)) {
            self.shaped(at, Shape::Plain).press_letter(letter, true, next);
        }
    }

    /// Half a pair is meant as the whole: `ưo` and, before an ending, `uơ` are `ươ`.
    fn joined(self) -> Self {
        let letters = self.letters();
        let half = |two: &[Letter]| {
            two.iter().map(|l| l.base()).eq("uo".chars()) && two.iter().any(|l| l.shape() == Shape::Horn)
        };
        match letters.windows(2).position(half) {
            Some(at) if at + 2 < letters.len() => self.shaped(at, Shape::Horn).shaped(at + 1, Shape::Horn),
            Some(_) | None => self,
        }
    }
}

fn is_horned(letter: &Letter, base: char) -> bool {
    letter.base() == base && letter.shape() == Shape::Horn
}

const TELEX_TONES: [(char, Tone); 6] = [
    ('s', Tone::Sac),
    ('f', Tone::Huyen),
    ('r', Tone::Hoi),
    ('x', Tone::Nga),
    ('j', Tone::Nang),
    ('z', Tone::Ngang),
];

fn tone_of(key: char, method: Method) -> Option<Tone> {
    match method {
        Method::Telex => TELEX_TONES.iter().find(|(c, _)| *c == key).map(|(_, tone)| *tone),
        Method::Vni if key == '0' => Some(Tone::Ngang),
        Method::Vni => Tone::from_digit(key),
    }
}

fn tone_key(tone: Tone, method: Method) -> Option<char> {
    match method {
        Method::Vni => tone.digit(),
        Method::Telex if tone == Tone::Ngang => None,
        Method::Telex => TELEX_TONES.iter().find(|(_, t)| *t == tone).map(|(c, _)| *c),
    }
}

const fn shape_key(letter: Letter, method: Method) -> Option<char> {
    match (letter.shape(), method) {
        (Shape::Plain, Method::Telex | Method::Vni) => None,
        (Shape::Breve | Shape::Horn, Method::Telex) => Some('w'),
        (Shape::Circumflex | Shape::Stroke, Method::Telex) => Some(letter.base()),
        (Shape::Circumflex, Method::Vni) => Some('6'),
        (Shape::Horn, Method::Vni) => Some('7'),
        (Shape::Breve, Method::Vni) => Some('8'),
        (Shape::Stroke, Method::Vni) => Some('9'),
    }
}
