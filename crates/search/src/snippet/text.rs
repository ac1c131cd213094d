//! A text with the words of a query in it.

use std::ops::Range;

use super::fragments::Fragments;
use super::reader::{Match, Place};
use crate::document::Fragment;
use crate::words::{Word, Words};

/// How many words a snippet holds.
const WINDOW: usize = 30;
/// How many of them stand before the first match.
const LEAD: usize = 4;
/// How much punctuation is kept before the first and after the last word, in bytes.
const EDGE: usize = 20;

pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) places: Vec<Place>,
}

impl Text<'_> {
    /// A bit for each word that was typed with marks and stands here just so.
    pub(super) fn exact(&self, words: &Words) -> u64 {
        let matches = self.places.iter().filter_map(|place| place.matched).filter(|found| found.exact);
        let marked = |found: &Match| words.list().get(found.word).is_some_and(Word::is_marked);
        matches.filter(marked).fold(0_u64, |bits, found| bits | (1_u64 << found.word))
    }

    /// Where a word was found as typed, its other readings are chance.
    pub(super) fn drop_loose(&mut self, exact: u64) {
        for place in &mut self.places {
            place.matched = place.matched.filter(|found| found.exact || exact & (1_u64 << found.word) == 0);
        }
    }

    /// The first of the windows with the most points, and its points.
    pub(super) fn best(&self) -> Option<(u32, Range<usize>)> {
        let mut best: Option<(u32, Range<usize>)> = None;
        for (at, place) in self.places.iter().enumerate() {
            if place.matched.is_none() {
                continue;
            }
            let window = self.window(at.saturating_sub(LEAD));
            let points = points(self.places.get(window.clone()).unwrap_or_default());
            if best.as_ref().is_none_or(|(most, _)| points > *most) {
                best = Some((points, window));
            }
        }
        best
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn beginning(&self) -> Range<usize> {
        self.window(0)
    }

    /// A full window where there are words enough.
    fn window(&self, start: usize) -> Range<usize> {
        let start = start.min(self.places.len().saturating_sub(WINDOW));
        start..(start + WINDOW).min(self.places.len())
    }

    pub(super) fn whole(&self) -> Vec<Fragment> {
        let mut fragments = Fragments::default();
        self.write(&self.places, 0..self.text.len(), &mut fragments);
        fragments.list
    }

    pub(super) fn cut(&self, window: Range<usize>) -> Vec<Fragment> {
        let mut fragments = Fragments { squeeze: true, ..Fragments::default() };
        let places = self.places.get(window.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            return Vec::new();
        };
        let start = if window.start == 0 && first.range.start <= EDGE { 0 } else { first.range.start };
        let end = if window.end == self.places.len() {
            self.text.floor_char_boundary(last.range.end + EDGE)
        } else {
            last.range.end
        };
        if window.start > 0 {
            fragments.push("… ", false);
        }
        self.write(places, start..end, &mut fragments);
        if window.end < self.places.len() {
            fragments.push(" …", false);
        }
        fragments.list
    }

    fn write(&self, places: &[Place], bounds: Range<usize>, out: &mut Fragments) {
        let mut at = bounds.start;
        for place in places.iter().filter(|place| place.matched.is_some()) {
            let gap = self.text.get(at..place.range.start).unwrap_or_default();
            let joins = at > bounds.start && gap.chars().all(char::is_whitespace);
            out.push(gap, joins);
            out.push(self.text.get(place.range.clone()).unwrap_or_default(), true);
            at = place.range.end;
        }
        out.push(self.text.get(at..bounds.end).unwrap_or_default(), false);
    }
}

/// Many different words count most, then words in the order of the query, then exact ones.
fn points(places: &[Place]) -> u32 {
    let mut bits = 0_u64;
    let mut points = 0;
    let mut before = None;
    for place in places {
        let word = place.matched.map(|found| found.word);
        if let Some(found) = place.matched {
            bits |= 1_u64 << found.word;
            points += if found.exact { 2 } else { 1 };
            points += if before == found.word.checked_sub(1) && before.is_some() { 4 } else { 0 };
        }
        before = word;
    }
    points + 8 * bits.count_ones()
}
