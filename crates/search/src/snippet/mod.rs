//! What a hit shows: the title and the best few words of the text, with the matches set off.
//!
//! It reads the stored text, not the index, so the marks are the author's whatever was typed.

mod fragments;
mod reader;
mod text;

use self::reader::Reader;
use crate::document::Fragment;
use crate::words::Words;

/// Title and snippet of one document.
pub(crate) struct Shown {
    pub(crate) title: Vec<Fragment>,
    pub(crate) snippet: Vec<Fragment>,
}

/// Marks `words` in the title and in the better of summary and body. Without words, and when
/// nothing matches, the snippet is how the summary, or else the body, begins.
pub(crate) fn show(words: &Words, title: &str, summary: &str, body: &str) -> Shown {
    let mut reader = Reader::new(words);
    let mut title = reader.read(title);
    let mut summary = reader.read(summary);
    let mut body = reader.read(body);
    let exact = title.exact(words) | summary.exact(words) | body.exact(words);
    for text in [&mut title, &mut summary, &mut body] {
        text.drop_loose(exact);
    }
    let chosen = match (summary.best(), body.best()) {
        (Some((first, window)), Some((second, _))) if first >= second => (&summary, window),
        (_, Some((_, window))) => (&body, window),
        (Some((_, window)), None) => (&summary, window),
        (None, None) if summary.is_empty() => (&body, body.beginning()),
        (None, None) => (&summary, summary.beginning()),
    };
    Shown { title: title.whole(), snippet: chosen.0.cut(chosen.1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Asked;

    fn words(text: &str) -> Words {
        match Asked::of(text) {
            Asked::Words(words) => words,
            Asked::Everything | Asked::Nothing => Words::default(),
        }
    }

    /// Matches between brackets.
    fn plain(fragments: &[Fragment]) -> String {
        let text = |part: &Fragment| {
            if part.is_match { format!("[{}]", part.text) } else { part.text.clone() }
        };
        fragments.iter().map(text).collect()
    }

    fn title(query: &str, title: &str) -> String {
        plain(&show(&words(query), title, "", "").title)
    }

    #[test]
    fn titles() {
        assert_eq!(title("hoc suot doi", "Học suốt đời là gì?"), "[Học suốt đời] là gì?");
        assert_eq!(title("suốt", "Học, suốt  đời"), "Học, [suốt]  đời");
        assert_eq!(title("hoà bình", "Hòa bình!"), "[Hòa bình]!");
        assert_eq!(title("học đ", "Học suốt đời"), "[Học] suốt [đời]");
        assert_eq!(title("", "Học suốt đời"), "Học suốt đời");
        assert_eq!(title("học", ""), "");
    }

    #[test]
    fn marks_that_were_typed_decide_where_they_can() {
        assert_eq!(title("đường ", "Đường có dương xỉ"), "[Đường] có dương xỉ");
        assert_eq!(title("đường ", "Cây dương xỉ"), "Cây [dương] xỉ");
        assert_eq!(title("duong ", "Đường có dương xỉ"), "[Đường] có [dương] xỉ");
    }

    #[test]
    fn snippets() {
        let body = format!("{}con đường\nđi học{}", "chữ ".repeat(50), " chữ".repeat(50));
        let shown = plain(&show(&words("đường đi"), "", "Tóm tắt.", &body).snippet);
        assert!(shown.starts_with("… chữ chữ chữ con [đường đi] học chữ"), "{shown}");
        assert!(shown.ends_with("chữ …"), "{shown}");
        assert_eq!(densach_text::tokens(&shown).count(), 30);

        assert_eq!(plain(&show(&words("vắng"), "", "Tóm tắt.", &body).snippet), "Tóm tắt.");
        assert_eq!(plain(&show(&Words::default(), "", "", "Ngắn thôi.").snippet), "Ngắn thôi.");
        assert!(show(&words("vắng"), "Tên", "", "").snippet.is_empty());
    }
}
