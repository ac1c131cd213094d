//! Folding: what a reader types who leaves every mark out.

use crate::letter::{Letter, is_mark};
use unicode_normalization::UnicodeNormalization;

/// Lower-case letters without marks, `đ` as `d`: `"Đời"` gives `"doi"`, composed or decomposed.
///
/// Latin letters, compatibility forms and typographic punctuation become ASCII; letters of other
/// scripts are kept (lower-case, decomposed), because dropping them would make them unfindable.
/// Idempotent. Spaces and punctuation stay.
///
/// ```
/// assert_eq!(densach_text::fold("HỌC suốt đời"), "hoc suot doi");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Appends [`fold`] of `text` to `out`, so that a caller can use one buffer for many words.
pub fn fold_into(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(folded) = quick(c) {
            out.push(folded);
        } else if !is_mark(c) {
            let (run, after) = rest.split_at(slow_run(rest));
            fold_slow(run, out);
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
}

/// One character that needs no decomposition.
fn quick(c: char) -> Option<char> {
    if c.is_ascii() { Some(c.to_ascii_lowercase()) } else { Letter::of(c).map(Letter::base) }
}

/// Bytes up to the next quick character. The run is decomposed as a whole, since the order of
/// marks is only defined between two starters.
fn slow_run(text: &str) -> usize {
    text.char_indices().find(|(_, c)| quick(*c).is_some()).map_or(text.len(), |(at, _)| at)
}

fn fold_slow(run: &str, out: &mut String) {
    for c in run.nfkd().flat_map(char::to_lowercase) {
        if let Some(spelt) = spelt_out(c) {
            out.push_str(spelt);
        } else if let Some(folded) = quick(c) {
            out.push(folded);
        } else if !is_mark(c) {
            out.push(c);
        }
    }
}

/// Letters and signs which Unicode does not decompose.
pub(crate) const fn spelt_out(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ß' => "ss",
        'þ' => "th",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ĸ' => "k",
        'ŋ' => "ng",
        '‘' | '’' | '‚' | '‛' | '′' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => "\"",
        '‹' => "<",
        '›' => ">",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => "-",
        '⁄' | '∕' => "/",
        '×' => "x",
        '•' | '·' => "*",
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(fold(input), expected, "{input:?}");
        assert_eq!(fold(expected), expected);
    }

    #[test]
    fn table() {
        for (input, expected) in [
            ("", ""),
            ("Đường Ðời ð", "duong doi d"),
            ("NGHIÊNG nghiễng", "nghieng nghieng"),
            ("ho\u{323}c e\u{323}\u{302} o\u{31b}\u{301}", "hoc e o"),
            ("Façade, niño, Łódź, Straße, Æsop", "facade, nino, lodz, strasse, aesop"),
            ("ﬁle Ａ１ ℌ ½", "file a1 h 1/2"),
            ("“học” – ‘suốt’…", "\"hoc\" - 'suot'..."),
            ("một\u{a0}hai", "mot hai"),
            ("日本 ΑΒΓ Й ไทย नमस्ते", "日本 αβγ и ไทย नमस्ते"),
        ] {
            check(input, expected);
        }
    }

    #[test]
    fn every_vietnamese_letter() {
        let all = "aàảãáạ ăằẳẵắặ âầẩẫấậ eèẻẽéẹ êềểễếệ iìỉĩíị oòỏõóọ ôồổỗốộ ơờởỡớợ uùủũúụ ưừửữứự yỳỷỹýỵ";
        let plain = "aaaaaa aaaaaa aaaaaa eeeeee eeeeee iiiiii oooooo oooooo oooooo uuuuuu uuuuuu yyyyyy";
        check(all, plain);
        check(&all.to_uppercase(), plain);
        check(&all.nfd().collect::<String>(), plain);
    }

    #[test]
    fn idempotent_on_every_character() {
        for c in '\0'..=char::MAX {
            let once = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{:x}", c as u32);
        }
    }
}
