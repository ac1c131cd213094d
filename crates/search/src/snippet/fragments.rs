//! Writing down stretches of text.

use crate::document::Fragment;

/// Neighbours of one kind become one fragment.
#[derive(Default)]
pub(super) struct Fragments {
    pub(super) list: Vec<Fragment>,
    /// Whether line ends and runs of spaces become one space.
    pub(super) squeeze: bool,
}

impl Fragments {
    pub(super) fn push(&mut self, text: &str, is_match: bool) {
        if text.is_empty() {
            return;
        }
        let text = if self.squeeze { squeezed(text) } else { text.to_owned() };
        match self.list.last_mut() {
            Some(last) if last.is_match == is_match => last.text.push_str(&text),
            Some(_) | None => self.list.push(Fragment { text, is_match }),
        }
    }
}

fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_whitespace() {
            true if out.ends_with(' ') => {}
            true => out.push(' '),
            false => out.push(c),
        }
    }
    out
}
