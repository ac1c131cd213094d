//! Vietnamese personal names: family name first, given name last, sorted by the given name.

use crate::collate::word_weights;
use crate::normalize;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A name taken apart, as slices of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The first word; empty when there is only one.
    pub family: &'a str,
    /// What stands between, often `Văn` or `Thị`; may be empty or several words.
    pub middle: &'a str,
    /// The last word, by which people are addressed and listed.
    pub given: &'a str,
}

/// Splits a name into family, middle and given name. Double family names are not known to be
/// such: `Nguyễn Phúc` stays `Nguyễn` with `Phúc` in the middle.
///
/// ```
/// let parts = densach_text::name::parts("Nguyễn Thị Minh Khai");
/// assert_eq!((parts.family, parts.middle, parts.given), ("Nguyễn", "Thị Minh", "Khai"));
/// ```
#[must_use]
pub fn parts(name: &str) -> Parts<'_> {
    let (front, given) = name.trim().rsplit_once(char::is_whitespace).unwrap_or(("", name.trim()));
    let front = front.trim_end();
    let (family, middle) = front.split_once(char::is_whitespace).unwrap_or((front, ""));
    Parts { family, middle: middle.trim_start(), given }
}

/// The name as stored: [`normalize`]d, one space between words, none around. Borrows when it is
/// so already. Case stays: see [`title_case`].
#[must_use]
pub fn tidy(name: &str) -> Cow<'_, str> {
    let name = normalize(name);
    let mut edges = name.chars().next().into_iter().chain(name.chars().next_back());
    let spaced = edges.any(char::is_whitespace) || name.contains("  ") || name.contains(['\n', '\t']);
    if spaced { Cow::Owned(joined(name.split_whitespace())) } else { name }
}

/// A tidy name with capitals: `"NGUYỄN VĂN AN"` and `"nguyễn văn an"` give `"Nguyễn Văn An"`,
/// `"h'hen niê"` gives `"H'Hen Niê"`. Words of mixed case are taken as meant (`McDonald`).
#[must_use]
pub fn title_case(name: &str) -> String {
    let name = normalize(name);
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        push_title(word, &mut out);
    }
    out
}

fn push_title(word: &str, out: &mut String) {
    if word.contains(char::is_lowercase) && word.contains(char::is_uppercase) {
        out.push_str(word);
        return;
    }
    let mut inside = false;
    for c in word.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric();
    }
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A key whose byte order (`memcmp`) is the order of a class list: given name, then family name,
/// then middle names, each with its tone before the next word counts, by the weights of
/// [`collation_key`](crate::collation_key()).
///
/// Names that differ only in case, punctuation, spaces or the place of a tone mark have equal
/// keys. Store it in a binary column; it is about as long as the name.
#[must_use]
pub fn sort_key(name: &str) -> Vec<u8> {
    let name = normalize(name);
    let mut key = Vec::with_capacity(name.len() + 4);
    key.extend(listed(&name).flat_map(word_weights));
    key
}

/// The order of two sort keys, without building them.
///
/// ```
/// let mut class = ["Trần Văn Bình", "Lê Thị Ánh", "Nguyễn An", "Đỗ An"];
/// class.sort_by(|a, b| densach_text::name::compare(a, b));
/// assert_eq!(class, ["Đỗ An", "Nguyễn An", "Lê Thị Ánh", "Trần Văn Bình"]);
/// ```
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (normalize(a), normalize(b));
    listed(&a).flat_map(word_weights).cmp(listed(&b).flat_map(word_weights))
}

/// The words as a list is sorted: the last one, then the others in order.
fn listed(name: &str) -> impl Iterator<Item = &str> {
    let mut words = name.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
    let given = words.next_back();
    given.into_iter().chain(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let class = [
            "",
            "An",
            "Đỗ An",
            "Nguyễn An",
            "nguyễn thị an",
            "Nguyễn Văn An",
            "Nguyễn Vân An",
            "Lê Thị Ánh",
            "Phạm Ngọc Ánh",
            "Trần Ân",
            "Trần Văn Bình",
            "Bùi Hà",
            "Vũ Hà",
            "Bùi Hạ",
            "H'Hen Niê",
            "Y Bhăm Niê",
        ];
        let mut sorted = class;
        sorted.reverse();
        sorted.sort_by(|a, b| compare(a, b));
        assert_eq!(sorted, class);
        for pair in class.windows(2) {
            let [a, b] = pair else { continue };
            assert!(sort_key(a) < sort_key(b), "{a} < {b}");
        }
    }

    #[test]
    fn same_person() {
        for (a, b) in [("Hoà", "HÒA"), ("  Lê   Lợi ", "Lê Lợi"), ("Le\u{302} A", "lê a")] {
            assert_eq!(sort_key(a), sort_key(b), "{a} = {b}");
            assert_eq!(compare(a, b), Ordering::Equal);
        }
    }

    #[test]
    fn tidied() {
        for (name, expected) in
            [("Lê Lợi", "Lê Lợi"), (" Lê\u{a0}\t Lợi\n", "Lê Lợi"), ("Ðỗ  An", "Đỗ An"), ("", "")]
        {
            assert_eq!(tidy(name), expected, "{name:?}");
        }
        assert!(matches!(tidy("Lê Lợi"), Cow::Borrowed(_)));
    }

    #[test]
    fn capitals() {
        for (name, expected) in [
            ("NGUYỄN VĂN AN", "Nguyễn Văn An"),
            ("đặng thị ánh", "Đặng Thị Ánh"),
            ("h'hen  niê", "H'Hen Niê"),
            ("Ronald McDonald", "Ronald McDonald"),
        ] {
            assert_eq!(title_case(name), expected);
        }
    }

    #[test]
    fn split() {
        for (name, family, middle, given) in [
            ("An", "", "", "An"),
            ("Lê  Lợi", "Lê", "", "Lợi"),
            ("", "", "", ""),
            ("A  B C  D", "A", "B C", "D"),
        ] {
            assert_eq!(parts(name), Parts { family, middle, given });
        }
    }
}
