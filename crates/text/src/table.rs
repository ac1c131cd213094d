//! The Vietnamese letters with marks, and the arrays that find them by code point.

use crate::letter::Shape::{Breve, Circumflex, Horn, Plain, Stroke};
use crate::letter::{Letter, Shape, Tone};

/// A letter in its six tones (in the order of [`Tone`]), small and capital.
struct Row {
    base: u8,
    shape: Shape,
    lower: [char; 6],
    upper: [char; 6],
}

const fn row(base: u8, shape: Shape, lower: [char; 6], upper: [char; 6]) -> Row {
    Row { base, shape, lower, upper }
}

/// The consonant takes no tone: one character six times.
#[rustfmt::skip]
const ROWS: [Row; 13] = [
    row(b'a', Plain,      ['a', 'à', 'ả', 'ã', 'á', 'ạ'], ['A', 'À', 'Ả', 'Ã', 'Á', 'Ạ']),
    row(b'a', Breve,      ['ă', 'ằ', 'ẳ', 'ẵ', 'ắ', 'ặ'], ['Ă', 'Ằ', 'Ẳ', 'Ẵ', 'Ắ', 'Ặ']),
    row(b'a', Circumflex, ['â', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ'], ['Â', 'Ầ', 'Ẩ', 'Ẫ', 'Ấ', 'Ậ']),
    row(b'e', Plain,      ['e', 'è', 'ẻ', 'ẽ', 'é', 'ẹ'], ['E', 'È', 'Ẻ', 'Ẽ', 'É', 'Ẹ']),
    row(b'e', Circumflex, ['ê', 'ề', 'ể', 'ễ', 'ế', 'ệ'], ['Ê', 'Ề', 'Ể', 'Ễ', 'Ế', 'Ệ']),
    row(b'i', Plain,      ['i', 'ì', 'ỉ', 'ĩ', 'í', 'ị'], ['I', 'Ì', 'Ỉ', 'Ĩ', 'Í', 'Ị']),
    row(b'o', Plain,      ['o', 'ò', 'ỏ', 'õ', 'ó', 'ọ'], ['O', 'Ò', 'Ỏ', 'Õ', 'Ó', 'Ọ']),
    row(b'o', Circumflex, ['ô', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ'], ['Ô', 'Ồ', 'Ổ', 'Ỗ', 'Ố', 'Ộ']),
    row(b'o', Horn,       ['ơ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ'], ['Ơ', 'Ờ', 'Ở', 'Ỡ', 'Ớ', 'Ợ']),
    row(b'u', Plain,      ['u', 'ù', 'ủ', 'ũ', 'ú', 'ụ'], ['U', 'Ù', 'Ủ', 'Ũ', 'Ú', 'Ụ']),
    row(b'u', Horn,       ['ư', 'ừ', 'ử', 'ữ', 'ứ', 'ự'], ['Ư', 'Ừ', 'Ử', 'Ữ', 'Ứ', 'Ự']),
    row(b'y', Plain,      ['y', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ'], ['Y', 'Ỳ', 'Ỷ', 'Ỹ', 'Ý', 'Ỵ']),
    row(b'd', Stroke,     ['đ'; 6],                       ['Đ'; 6]),
];

/// Code points of the first array: Latin-1 letters to `ư`.
const LOW: (u32, usize) = (0xc0, 0x1b1 - 0xc0);
/// Code points of the second array: `Ạ` to `ỹ`.
const HIGH: (u32, usize) = (0x1ea0, 0x1efa - 0x1ea0);
static LOW_LETTERS: [Option<Letter>; LOW.1] = build(LOW.0);
static HIGH_LETTERS: [Option<Letter>; HIGH.1] = build(HIGH.0);

/// The letter of a character outside ASCII.
pub(crate) fn find(c: char) -> Option<Letter> {
    let code = c as u32;
    let at = |start: u32| code.wrapping_sub(start) as usize;
    let slot = if code < HIGH.0 { LOW_LETTERS.get(at(LOW.0)) } else { HIGH_LETTERS.get(at(HIGH.0)) };
    slot.copied().flatten()
}

/// The six characters of a letter; `None` when the alphabet does not have it.
pub(crate) fn chars(base: u8, shape: Shape, upper: bool) -> Option<&'static [char; 6]> {
    static TABLE: [Row; 13] = ROWS;
    let row = TABLE.iter().find(|row| row.base == base && row.shape == shape)?;
    Some(if upper { &row.upper } else { &row.lower })
}

const fn build<const N: usize>(start: u32) -> [Option<Letter>; N] {
    let mut table = [None; N];
    let mut r = 0;
    while r < ROWS.len() {
        table = put_row(table, start, &ROWS[r]);
        r += 1;
    }
    table = put(table, start, '\u{d0}', Letter::new(b'd', Stroke, Tone::Ngang, true));
    put(table, start, '\u{f0}', Letter::new(b'd', Stroke, Tone::Ngang, false))
}

const fn put_row<const N: usize>(
    mut table: [Option<Letter>; N],
    start: u32,
    row: &Row,
) -> [Option<Letter>; N] {
    let mut t = Tone::ALL.len();
    while t > 0 {
        t -= 1;
        let tone = Tone::ALL[t];
        table = put(table, start, row.lower[t], Letter::new(row.base, row.shape, tone, false));
        table = put(table, start, row.upper[t], Letter::new(row.base, row.shape, tone, true));
    }
    table
}

const fn put<const N: usize>(
    mut table: [Option<Letter>; N],
    start: u32,
    c: char,
    letter: Letter,
) -> [Option<Letter>; N] {
    let at = (c as u32).wrapping_sub(start) as usize;
    if at < N {
        table[at] = Some(letter);
    }
    table
}
