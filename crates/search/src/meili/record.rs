//! A document as Meilisearch keeps it.

use densach_domain::id::{RevisionId, WorkId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::{Document, Texts, record_name};
use crate::error::SearchError;
use crate::keys::Keys;

/// What goes in. Meilisearch folds every field, so `_x` holds the exact keys in ASCII: the only
/// way to make marks count there.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    id: String,
    revision: String,
    kind: String,
    title: String,
    title_x: String,
    summary: String,
    topic_names: Vec<String>,
    body: String,
    body_x: String,
    topics: Vec<String>,
    level: String,
    audience: Vec<String>,
    language: String,
    licence: String,
    released_at: i64,
}

impl Record {
    pub(super) fn of(document: &Document) -> Self {
        let texts = Texts::of(document);
        let mut rest = Keys::of(&texts.summary);
        for topic in &texts.topic_names {
            rest.add(topic);
        }
        rest.add(&texts.body);
        Self {
            id: record_name(document.work),
            revision: document.revision.uuid().simple().to_string(),
            kind: document.kind.clone(),
            title_x: ascii(&Keys::of(&texts.title).exact),
            title: texts.title,
            summary: texts.summary,
            topic_names: texts.topic_names,
            body: texts.body,
            body_x: ascii(&rest.exact),
            topics: document.topics.clone(),
            level: document.level.clone(),
            audience: document.audience.clone(),
            language: document.language.clone(),
            licence: document.licence.clone(),
            released_at: document.released_at_ms,
        }
    }
}

/// What comes out; texts only where they were asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Stored {
    id: String,
    revision: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) summary: String,
    #[serde(default)]
    pub(super) body: String,
}

impl Stored {
    pub(super) fn ids(&self) -> Result<(WorkId, RevisionId), SearchError> {
        let parse = |text: &str| {
            Uuid::try_parse(text)
                .map_err(|error| SearchError::broken("a record whose id is not ours").caused_by(error))
        };
        Ok((WorkId::from_uuid(parse(&self.id)?), RevisionId::from_uuid(parse(&self.revision)?)))
    }
}

/// Exact keys with the shapes of letters as the digits of the VNI keyboard: `đơi2` is `d9o7i2`.
pub(super) fn ascii(keys: &str) -> String {
    let mut out = String::with_capacity(keys.len() + keys.len() / 8);
    for c in keys.chars() {
        match c {
            'ă' => out.push_str("a8"),
            'â' => out.push_str("a6"),
            'ê' => out.push_str("e6"),
            'ô' => out.push_str("o6"),
            'ơ' => out.push_str("o7"),
            'ư' => out.push_str("u7"),
            'đ' => out.push_str("d9"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_digits() {
        assert_eq!(ascii(&Keys::of("Đường đời, kỹ năng").exact), "d9u7o7ng2 d9o7i2 ki4 na8ng");
    }
}
