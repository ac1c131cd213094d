//! What every engine promises, asked of each: in memory, in a folder, and of a Meilisearch server
//! when `DENSACH_TEST_MEILI_URL` (and, if it wants one, `DENSACH_TEST_MEILI_KEY`) is given.

mod changing;
mod finding;
mod narrowing;

use std::env;
use std::path::Path;
use std::sync::Arc;

use densach_domain::id::{RevisionId, WorkId};
use densach_search::{Document, Found, Fragment, Query, SearchConfig, SearchError, SearchIndex, open};
use meilisearch_sdk::client::Client;
use uuid::Uuid;

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Index = Arc<dyn SearchIndex>;

/// No hit.
const NONE: [WorkId; 0] = [];

macro_rules! contract {
    ($($group:ident :: $behaviour:ident,)*) => {
        mod memory {
            $(
                #[tokio::test]
                async fn $behaviour() -> crate::Outcome {
                    let index = densach_search::open(&densach_search::SearchConfig::memory()).await?;
                    crate::$group::$behaviour(&index).await
                }
            )*
        }

        mod folder {
            $(
                #[tokio::test]
                async fn $behaviour() -> crate::Outcome {
                    let folder = tempfile::tempdir()?;
                    let index = crate::in_folder(folder.path()).await?;
                    crate::$group::$behaviour(&index).await
                }
            )*
        }

        mod meilisearch {
            $(
                #[tokio::test]
                async fn $behaviour() -> crate::Outcome {
                    let Some(server) = crate::Server::given() else {
                        crate::skipped(stringify!($behaviour));
                        return Ok(());
                    };
                    let outcome = match server.index().await {
                        Ok(index) => crate::$group::$behaviour(&index).await,
                        Err(error) => Err(error.into()),
                    };
                    server.clean().await?;
                    outcome
                }
            )*
        }
    };
}

contract! {
    finding::words_without_marks,
    finding::decomposed_text,
    finding::every_spelling_of_a_syllable,
    finding::exact_marks_first,
    finding::a_word_being_typed,
    finding::all_of_two_words_and_half_of_many,
    finding::every_field,
    narrowing::filters,
    narrowing::newest_first_without_words,
    narrowing::pages,
    finding::matches_set_off_with_their_marks,
    finding::any_text,
    narrowing::only_what_is_within_bounds,
    changing::nothing_to_do,
    changing::upsert_replaces,
    changing::remove,
    changing::contents,
    changing::rebuild,
    changing::check,
}

async fn in_folder(path: &Path) -> Result<Index, SearchError> {
    let url = format!("embedded:{}", path.join("search").display());
    open(&SearchConfig { url, api_key: None }).await
}

/// A server with an index of its own for one test.
struct Server {
    url: String,
    key: Option<String>,
    name: String,
}

impl Server {
    fn given() -> Option<Self> {
        let url = env::var("DENSACH_TEST_MEILI_URL").ok()?;
        let key = env::var("DENSACH_TEST_MEILI_KEY").ok();
        Some(Self { url, key, name: format!("densach-test-{}", Uuid::now_v7().simple()) })
    }

    async fn index(&self) -> Result<Index, SearchError> {
        let url = format!("{}/?index={}", self.url.trim_end_matches('/'), self.name);
        open(&SearchConfig { url, api_key: self.key.clone() }).await
    }

    async fn clean(&self) -> Outcome {
        let client = Client::new(self.url.trim_end_matches('/'), self.key.as_deref())?;
        client.delete_index(&self.name).await?.wait_for_completion(&client, None, None).await?;
        Ok(())
    }
}

#[expect(clippy::print_stderr, reason = "a test that did not run says so")]
fn skipped(behaviour: &str) {
    eprintln!("skipped: meilisearch::{behaviour}, since DENSACH_TEST_MEILI_URL is not given");
}

fn work(number: u128) -> WorkId {
    WorkId::from_uuid(Uuid::from_u128(number))
}

fn revision(number: u128) -> RevisionId {
    RevisionId::from_uuid(Uuid::from_u128(number))
}

/// A lesson; a higher number is newer.
fn document(number: u128, title: &str) -> Document {
    Document {
        work: work(number),
        revision: revision(1000 + number),
        kind: "lesson".to_owned(),
        title: title.to_owned(),
        summary: String::new(),
        body: String::new(),
        topics: Vec::new(),
        topic_names: Vec::new(),
        level: String::new(),
        audience: Vec::new(),
        language: "vi".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
        released_at_ms: i64::try_from(number).unwrap_or_default(),
    }
}

fn asking(text: &str) -> Query {
    Query { text: text.to_owned(), ..Query::default() }
}

fn works(found: &Found) -> Vec<WorkId> {
    found.hits.iter().map(|hit| hit.work).collect()
}

async fn ask(index: &Index, text: &str) -> Result<Vec<WorkId>, SearchError> {
    Ok(works(&index.find(&asking(text)).await?))
}

fn joined(fragments: &[Fragment]) -> String {
    fragments.iter().map(|fragment| fragment.text.as_str()).collect()
}

fn matched(fragments: &[Fragment]) -> Vec<&str> {
    fragments.iter().filter(|fragment| fragment.is_match).map(|fragment| fragment.text.as_str()).collect()
}
