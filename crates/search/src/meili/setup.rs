//! Making an index on the server, with our settings.

use meilisearch_sdk::client::Client;
use meilisearch_sdk::errors::{Error, ErrorCode};
use meilisearch_sdk::settings::{
    LocalizedAttributes, MinWordSizeForTypos, PaginationSetting, Settings, TypoToleranceSettings,
};

use super::call::{fault, finish, outcome, within};
use crate::error::SearchError;
use crate::query::{Attribute, MAX_LIMIT, MAX_OFFSET};

/// The attribute that names a record.
pub(super) const ID: &str = "id";

/// Makes the index when there is none, and brings its settings up to date; the server reindexes
/// only when one changed.
pub(super) async fn prepare(client: &Client, name: &str) -> Result<(), SearchError> {
    match within(client.get_raw_index(name)).await {
        Ok(_) => {}
        Err(SearchError::Broken { .. }) => create(client, name).await?,
        Err(error) => return Err(error),
    }
    let index = client.index(name);
    let settings = settings();
    let task = within(index.set_settings(&settings)).await?;
    finish(client, task).await
}

/// Another process may be as fast.
async fn create(client: &Client, name: &str) -> Result<(), SearchError> {
    let task = within(client.create_index(name, Some(ID))).await?;
    match outcome(client, task).await? {
        Some(error) if error.error_code != ErrorCode::IndexAlreadyExists => {
            Err(fault(Error::Meilisearch(error)))
        }
        Some(_) | None => Ok(()),
    }
}

/// Removes an index, or nothing.
pub(super) async fn discard(client: &Client, name: &str) -> Result<(), SearchError> {
    let task = within(client.delete_index(name)).await?;
    match outcome(client, task).await? {
        Some(error) if error.error_code != ErrorCode::IndexNotFound => Err(fault(Error::Meilisearch(error))),
        Some(_) | None => Ok(()),
    }
}

/// Needs Meilisearch 1.15 or later.
fn settings() -> Settings {
    let filters =
        [Attribute::Kind, Attribute::Topic, Attribute::Level, Attribute::Audience, Attribute::Language];
    Settings::new()
        .with_searchable_attributes(["title", "title_x", "summary", "topic_names", "body", "body_x"])
        .with_displayed_attributes([ID, "revision", "title", "summary", "body"])
        .with_filterable_attributes(filters.map(Attribute::name))
        .with_sortable_attributes(["released_at", ID])
        .with_ranking_rules(["words", "typo", "proximity", "attribute", "sort", "exactness"])
        .with_typo_tolerance(TypoToleranceSettings {
            enabled: Some(true),
            disable_on_attributes: Some(vec!["title_x".to_owned(), "body_x".to_owned()]),
            disable_on_words: None,
            min_word_size_for_typos: Some(MinWordSizeForTypos { one_typo: Some(4), two_typos: Some(9) }),
            disable_on_numbers: Some(true),
        })
        .with_pagination(PaginationSetting { max_total_hits: MAX_OFFSET + MAX_LIMIT })
        .with_localized_attributes([LocalizedAttributes {
            locales: vec!["vie".to_owned()],
            attribute_patterns: vec!["*".to_owned()],
        }])
}
