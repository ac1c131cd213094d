//! A question put to Meilisearch.

use meilisearch_sdk::client::Client;
use meilisearch_sdk::search::{FederationOptions, MatchingStrategies, SearchQuery, SearchResult, Selectors};

use super::call::within;
use super::record::{Stored, ascii};
use crate::document::{Found, Hit};
use crate::error::SearchError;
use crate::query::Query;
use crate::snippet;
use crate::words::{Asked, Words};

const PLAIN: &[&str] = &["title", "summary", "topic_names", "body"];
const EXACT: &[&str] = &["title_x", "body_x"];
const SHOWN: &[&str] = &["id", "revision", "title", "summary", "body"];
const NEWEST: &[&str] = &["released_at:desc", "id:desc"];

/// Marks that were typed outweigh a match of bare letters.
const PLAIN_WEIGHT: f32 = 1.0;
const EXACT_WEIGHT: f32 = 2.0;

pub(super) async fn find(client: &Client, name: &str, query: &Query) -> Result<Found, SearchError> {
    match Asked::of(&query.text) {
        Asked::Nothing => Ok(Found::default()),
        Asked::Everything => newest(client, name, query).await,
        Asked::Words(words) => best(client, name, &words, query).await,
    }
}

async fn newest(client: &Client, name: &str, query: &Query) -> Result<Found, SearchError> {
    let index = client.index(name);
    let filter = filter(query);
    let mut listing = SearchQuery::new(&index);
    listing
        .with_query("")
        .with_sort(NEWEST)
        .with_offset(query.offset)
        .with_limit(query.limit)
        .with_attributes_to_retrieve(Selectors::Some(SHOWN));
    if let Some(filter) = &filter {
        listing.with_filter(filter);
    }
    let answer = within(listing.execute::<Stored>()).await?;
    let hits = hits(&Words::default(), answer.hits)?;
    Ok(Found { hits, total_count: answer.estimated_total_hits.unwrap_or_default() as u64 })
}

/// One query on the texts, which the server folds, and one on the exact keys when marks were
/// typed; the server merges the answers. It looks at the first ten words only.
async fn best(client: &Client, name: &str, words: &Words, query: &Query) -> Result<Found, SearchError> {
    let index = client.index(name);
    let filter = filter(query);
    let typed = spoken(words, words.list().iter().map(|word| word.text.clone()).collect());
    let keys = spoken(words, words.list().iter().map(|word| ascii(&word.key.exact)).collect());
    let mut plain = SearchQuery::new(&index);
    plain
        .with_query(&typed)
        .with_attributes_to_search_on(PLAIN)
        .with_attributes_to_retrieve(Selectors::Some(SHOWN))
        .with_matching_strategy(strategy(words));
    if let Some(filter) = &filter {
        plain.with_filter(filter);
    }
    let mut exact = plain.build();
    exact.with_query(&keys).with_attributes_to_search_on(EXACT);

    let mut both = client.multi_search();
    both.with_search_query_and_weight(plain, PLAIN_WEIGHT);
    if words.any_marked() {
        both.with_search_query_and_weight(exact, EXACT_WEIGHT);
    }
    let page = FederationOptions {
        offset: Some(query.offset),
        limit: Some(query.limit),
        ..FederationOptions::default()
    };
    let both = both.with_federation(page);
    let answer = within(both.execute::<Stored>()).await?;
    let hits = hits(words, answer.hits)?;
    Ok(Found { hits, total_count: answer.estimated_total_hits as u64 })
}

/// A space at the end tells the server that the last word is finished.
fn spoken(words: &Words, mut list: Vec<String>) -> String {
    if words.unfinished().is_none() {
        list.push(String::new());
    }
    list.join(" ")
}

/// The server cannot be asked for half of the words; it drops the commonest first.
fn strategy(words: &Words) -> MatchingStrategies {
    if words.needed() == words.folded().len() {
        MatchingStrategies::ALL
    } else {
        MatchingStrategies::FREQUENCY
    }
}

fn hits(words: &Words, results: Vec<SearchResult<Stored>>) -> Result<Vec<Hit>, SearchError> {
    let mut hits = Vec::with_capacity(results.len());
    for found in results {
        let (work, revision) = found.result.ids()?;
        let score = found.federation.map_or(0.0, |origin| origin.weighted_ranking_score);
        let Stored { title, summary, body, .. } = &found.result;
        let shown = snippet::show(words, title, summary, body);
        hits.push(Hit { work, revision, score, title: shown.title, snippet: shown.snippet });
    }
    Ok(hits)
}

fn filter(query: &Query) -> Option<String> {
    let mut clauses = Vec::new();
    for (attribute, values) in query.filters() {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            clauses.push(format!("{} IN [{}]", attribute.name(), values.join(", ")));
        }
    }
    (!clauses.is_empty()).then(|| clauses.join(" AND "))
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        assert_eq!(filter(&Query::default()), None);
        let query = Query {
            kinds: vec!["lesson".to_owned(), "video".to_owned()],
            level: Some("a\" OR level = \\".to_owned()),
            ..Query::default()
        };
        let expected = r#"kind IN ["lesson", "video"] AND level IN ["a\" OR level = \\"]"#;
        assert_eq!(filter(&query).as_deref(), Some(expected));
    }
}
