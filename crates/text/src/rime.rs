//! Which letters may make a syllable: onsets, and for each vowel group the endings it takes.

use crate::letter::{Letter, Shape, Tone};

/// Onsets, longest first where one begins another. `gi` and `q` have rules of their own below.
const ONSETS: [&str; 26] = [
    "ngh", "ng", "nh", "n", "ch", "c", "đ", "d", "gh", "g", "kh", "k", "ph", "p", "th", "tr", "t", "b", "h",
    "l", "m", "r", "s", "v", "x", "",
];

/// Vowel group and its endings; `-` stands for no ending.
type Rimes = &'static [(&'static str, &'static str)];

const RIMES: Rimes = &[
    ("a", "- c ch i m n ng nh o p t u y"),
    ("ă", "c m n ng p t"),
    ("â", "c m n ng p t u y"),
    ("e", "- c m n ng o p t"),
    ("ê", "- ch m n nh p t u"),
    ("i", "- ch m n nh p t u"),
    ("ia", "-"),
    ("iê", "c m n ng p t u"),
    ("o", "- c i m n ng p t"),
    ("oa", "- c ch i m n ng nh o p t y"),
    ("oă", "c m n ng p t"),
    ("oe", "- c m n ng o p t"),
    ("oo", "c n ng p t"),
    ("ô", "- c i m n ng p t"),
    ("ơ", "- i m n ng p t"),
    ("u", "- c i m n ng p t"),
    ("ua", "-"),
    ("uâ", "n ng t y"),
    ("uê", "- ch n nh u"),
    ("uô", "c i m n ng p t"),
    ("uơ", "-"),
    ("uy", "- ch n nh p t u"),
    ("uya", "-"),
    ("uyê", "n t"),
    ("ư", "- c i m n ng t u"),
    ("ưa", "-"),
    ("ươ", "c i m n ng p t u"),
    ("y", "-"),
    ("yê", "m n ng t u"),
];

/// After `qu`.
const QU_RIMES: Rimes = &[
    ("a", "- c ch i m n ng nh o p t u y"),
    ("ă", "c m n ng p t"),
    ("â", "c n ng t u y"),
    ("e", "- c m n ng o t"),
    ("ê", "- ch n nh t u"),
    ("i", "- ch n nh t"),
    ("ô", "c"),
    ("ơ", "- i n t"),
    ("y", "- ch n nh p t"),
    ("yê", "n t"),
];

/// How much of a syllable is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Prefix,
}

pub(crate) fn is_valid(letters: &[Letter], tone: Tone) -> bool {
    let stopped = ends_in_stop(letters);
    let tone_fits = match tone {
        Tone::Sac | Tone::Nang => true,
        Tone::Ngang | Tone::Huyen | Tone::Hoi | Tone::Nga => !stopped,
    };
    tone_fits && fits(letters, Extent::Whole)
}

/// A half-typed syllable may still lack its tone, so ngang passes before a stop.
pub(crate) fn is_prefix(letters: &[Letter], tone: Tone) -> bool {
    let tone_fits = match tone {
        Tone::Sac | Tone::Nang | Tone::Ngang => true,
        Tone::Huyen | Tone::Hoi | Tone::Nga => !ends_in_stop(letters),
    };
    tone_fits && (is_onset_start(letters) || fits(letters, Extent::Prefix))
}

/// Where the vowels begin, `gi` and `qu` before a vowel being consonants.
pub(crate) fn vowels_start(letters: &[Letter]) -> usize {
    let consonants = letters.iter().take_while(|l| !l.is_vowel()).count();
    match letters {
        [g, i, next, ..] if g.base() == 'g' && i.base() == 'i' && next.is_vowel() => 2,
        [q, u, next, ..] if q.base() == 'q' && u.base() == 'u' && next.is_vowel() => 2,
        _ => consonants,
    }
}

fn ends_in_stop(letters: &[Letter]) -> bool {
    let vowel_seen = letters.iter().any(|l| l.is_vowel());
    match letters {
        [.., c, h] if c.base() == 'c' && h.base() == 'h' => vowel_seen,
        [.., last] => vowel_seen && matches!(last.base(), 'c' | 'p' | 't'),
        [] => false,
    }
}

fn is_onset_start(letters: &[Letter]) -> bool {
    !letters.is_empty() && ONSETS.iter().chain(&["qu"]).any(|onset| rest_of(onset, letters).is_some())
}

fn fits(letters: &[Letter], extent: Extent) -> bool {
    if let Some(rest) = after("qu", letters) {
        return in_table(QU_RIMES, rest, extent);
    }
    let soft_g =
        after("gi", letters).filter(|rest| !rest.first().is_some_and(|l| matches!(l.base(), 'i' | 'y')));
    if soft_g.is_some_and(|rest| in_table(RIMES, rest, extent)) {
        return true;
    }
    let split = ONSETS.iter().find_map(|onset| after(onset, letters).map(|rest| (*onset, rest)));
    split.is_some_and(|(onset, rest)| agree(onset, rest) && in_table(RIMES, rest, extent))
}

/// Spelling rules between the onset and the first vowel: c/k, g/gh, ng/ngh, i/y.
fn agree(onset: &str, rime: &[Letter]) -> bool {
    let Some(first) = rime.first() else { return false };
    let front = matches!(first.base(), 'i' | 'e');
    let diphthong = rime.get(1).is_some_and(|l| l.base() == 'e' && l.shape() == Shape::Circumflex);
    match (onset, first.base()) {
        ("k", _) => front || (first.base() == 'y' && !diphthong),
        ("gh" | "ngh", _) => front,
        ("g", 'i') => true,
        ("c" | "g" | "ng", _) => !front && first.base() != 'y',
        ("", 'i') => !diphthong,
        ("", _) => true,
        (_, 'y') => !diphthong,
        _ => true,
    }
}

fn in_table(rimes: Rimes, rest: &[Letter], extent: Extent) -> bool {
    rimes.iter().any(|(vowels, endings)| match (after(vowels, rest), extent) {
        (Some(tail), _) => endings.split(' ').any(|ending| ends_with(ending, tail, extent)),
        (None, Extent::Prefix) => !rest.is_empty() && rest_of(vowels, rest).is_some(),
        (None, Extent::Whole) => false,
    })
}

fn ends_with(ending: &str, tail: &[Letter], extent: Extent) -> bool {
    let ending = if ending == "-" { "" } else { ending };
    match extent {
        Extent::Whole => after(ending, tail).is_some_and(<[Letter]>::is_empty),
        Extent::Prefix => rest_of(ending, tail).is_some(),
    }
}

/// What follows `head` in `letters`.
fn after<'a>(head: &str, letters: &'a [Letter]) -> Option<&'a [Letter]> {
    let mut rest = letters;
    for c in head.chars() {
        let (first, others) = rest.split_first()?;
        if first.to_char() != c {
            return None;
        }
        rest = others;
    }
    Some(rest)
}

/// What is left of `word` once `letters` are used up.
fn rest_of<'a>(word: &'a str, letters: &[Letter]) -> Option<&'a str> {
    letters.iter().try_fold(word, |rest, letter| rest.strip_prefix(letter.to_char()))
}

#[cfg(test)]
mod tests {
    use crate::{Syllable, is_syllable};

    #[test]
    fn valid() {
        let list = "a ạ ý yêu yến ỉa gì gìn giếng giết giữa giúp gió ghế nghỉ nghiêng ngoằn ngoèo khuỷu khuya \
            quý quốc quân quyển quỳnh quýt quơ thuở thuế xoong hoặc loẹt chuối được người hươu ước kỹ kể kiên \
            cả củ đường trường phở vợ Việt Vy học sách mực thích cập mười huỳnh tuýp nguệch toàn xoáy";
        for word in list.split_whitespace() {
            assert!(is_syllable(word), "{word}");
        }
    }

    #[test]
    fn invalid() {
        let list = "hỏc hoc sach kà cế gế ghà ngế nghà class this school yê iêu xyz bc ươ đươ qa nhyê \
            hoă tiê hoaa ddi w f";
        for word in list.split_whitespace() {
            assert!(!is_syllable(word), "{word}");
        }
    }

    #[test]
    fn prefixes() {
        for (word, expected) in [
            ("ngh", true),
            ("đươ", true),
            ("hoc", true),
            ("q", true),
            ("suô", true),
            ("hỏc", false),
            ("zz", false),
        ] {
            assert_eq!(Syllable::parse(word).map(|s| s.is_prefix()), Some(expected), "{word}");
        }
    }
}
