//! How a question is put to the engine: which records match, and what each match weighs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query as Matcher, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, TantivyError, Term};

use super::schema::Fields;
use crate::keys::pair;
use crate::query::Query;
use crate::words::Words;

/// Weights of the layers. Exact stands above folded, so typed marks count; pairs reward words in
/// their order; folded is never left out, so bare letters find.
const EXACT: f32 = 1.0;
const FOLDED: f32 = 0.75;
const PAIR: f32 = 0.7;
const FOLDED_PAIR: f32 = 0.28;
const TITLE_EXACT: f32 = 0.9;
const TITLE_FOLDED: f32 = 0.5;
const TITLE_PAIR: f32 = 1.0;
const TITLE_FOLDED_PAIR: f32 = 0.4;
/// A word of a title that only begins like the last word of the query.
const BEGUN: f32 = 0.2;
/// When no word carries a mark, most likely they were left out: texts that lack them too are
/// preferred a little only.
const UNMARKED: f32 = 0.3;

/// The most words that a beginning stands for.
const MAX_COMPLETIONS: usize = 20;
/// The most words looked at to find them, in each segment.
const MAX_SCANNED: usize = 2000;

type Clause = (Occur, Box<dyn Matcher>);

/// Matches what passes the filters, without a score.
pub(super) fn listing(fields: &Fields, query: &Query) -> Box<dyn Matcher> {
    let clauses = filters(fields, query);
    if clauses.is_empty() { Box::new(AllQuery) } else { Box::new(BooleanQuery::new(clauses)) }
}

/// Matches enough of the words within the filters, best scores first.
pub(super) fn search(
    searcher: &Searcher,
    fields: &Fields,
    words: &Words,
    query: &Query,
) -> Result<Box<dyn Matcher>, TantivyError> {
    let mut clauses = filters(fields, query);
    clauses.push((Occur::Must, coverage(searcher, fields, words)?));
    let trust = if words.any_marked() { 1.0 } else { UNMARKED };
    let title = title_weight(words.list().len());
    let mut prefer =
        |field, key: &str, weight: f32| clauses.push((Occur::Should, weighted(field, key, weight)));
    for key in words.exact() {
        prefer(fields.e_all, key, trust * EXACT);
        prefer(fields.e_title, key, trust * title * TITLE_EXACT);
    }
    for key in words.folded() {
        prefer(fields.f_title, key, title * TITLE_FOLDED);
    }
    for two in words.list().windows(2) {
        if let [first, second] = two {
            let key = pair(&first.key.exact, &second.key.exact);
            prefer(fields.e2_all, &key, trust * PAIR);
            prefer(fields.e2_title, &key, trust * title * TITLE_PAIR);
            let key = pair(&first.key.folded, &second.key.folded);
            prefer(fields.f2_all, &key, FOLDED_PAIR);
            prefer(fields.f2_title, &key, title * TITLE_FOLDED_PAIR);
        }
    }
    Ok(Box::new(BooleanQuery::new(clauses)))
}

/// Who types two words wants a title, who types a sentence wants an answer.
const fn title_weight(words: usize) -> f32 {
    match words {
        0..=3 => 1.0,
        4 => 0.7,
        _ => 0.45,
    }
}

/// The words that must be there, under their folded keys. The last word is also there when a word
/// of the title begins with it.
fn coverage(searcher: &Searcher, fields: &Fields, words: &Words) -> Result<Box<dyn Matcher>, TantivyError> {
    let mut clauses: Vec<Box<dyn Matcher>> = Vec::new();
    for key in words.folded() {
        let whole = weighted(fields.f_all, key, FOLDED);
        if words.unfinished() != Some(key) {
            clauses.push(whole);
            continue;
        }
        let mut any = vec![whole];
        for begun in completions(searcher, fields.f_title, key)? {
            any.push(Box::new(ConstScoreQuery::new(term(fields.f_title, &begun), BEGUN)));
        }
        clauses.push(Box::new(BooleanQuery::union(any)));
    }
    Ok(Box::new(BooleanQuery::union_with_minimum_required_clauses(clauses, words.needed())))
}

/// The commonest words that begin with `start`, itself left out.
fn completions(searcher: &Searcher, field: Field, start: &str) -> Result<Vec<String>, TantivyError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut stream = index.terms().range().gt(start).into_stream()?;
        for _ in 0..MAX_SCANNED {
            if !stream.advance() || !stream.key().starts_with(start.as_bytes()) {
                break;
            }
            let key = String::from_utf8_lossy(stream.key()).into_owned();
            *counts.entry(key).or_default() += u64::from(stream.value().doc_freq);
        }
    }
    let mut ranked: Vec<(String, u64)> = counts.into_iter().collect();
    ranked.sort_by_key(|(_, count)| Reverse(*count));
    ranked.truncate(MAX_COMPLETIONS);
    Ok(ranked.into_iter().map(|(key, _)| key).collect())
}

/// One clause for each filter; they decide and do not score.
fn filters(fields: &Fields, query: &Query) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    for (attribute, values) in query.filters() {
        if values.is_empty() {
            continue;
        }
        let field = fields.of(attribute);
        let any: Vec<Box<dyn Matcher>> = values.iter().map(|value| term(field, value)).collect();
        let filter: Box<dyn Matcher> =
            Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::union(any)), 0.0));
        clauses.push((Occur::Must, filter));
    }
    clauses
}

fn weighted(field: Field, key: &str, weight: f32) -> Box<dyn Matcher> {
    Box::new(BoostQuery::new(term(field, key), weight))
}

fn term(field: Field, key: &str) -> Box<dyn Matcher> {
    Box::new(TermQuery::new(Term::from_field_text(field, key), IndexRecordOption::WithFreqs))
}
