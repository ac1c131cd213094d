//! The fields of the embedded index, and a document in them.
//!
//! Words come in as keys joined by spaces; the engine only cuts at the spaces. Positions are not
//! kept: pairs of words stand in for them. Title layers exist beside the layers of the whole
//! because a word of a short title says more than the same word of a long body.

use densach_domain::id::{RevisionId, WorkId};
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::{TantivyDocument, Term};
use uuid::Uuid;

use crate::document::{Document, Texts, record_name};
use crate::keys::Keys;
use crate::query::Attribute;

/// Changes with anything that makes an index of an earlier version read wrongly: the fields, or
/// how keys are made. A folder of another format is rebuilt.
pub(super) const FORMAT: u32 = 2;

pub(super) const RELEASED_AT: &str = "released_at";
pub(super) const WORK_HIGH: &str = "work_high";
pub(super) const WORK_LOW: &str = "work_low";
pub(super) const REVISION_HIGH: &str = "revision_high";
pub(super) const REVISION_LOW: &str = "revision_low";

/// Handles of the fields. `e_` holds exact keys, `f_` folded ones, `e2_` and `f2_` pairs of each;
/// `_all` is title, summary, topic names and body together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    work: Field,
    kind: Field,
    topics: Field,
    level: Field,
    audience: Field,
    language: Field,
    pub(super) e_all: Field,
    pub(super) f_all: Field,
    pub(super) e2_all: Field,
    pub(super) f2_all: Field,
    pub(super) e_title: Field,
    pub(super) f_title: Field,
    pub(super) e2_title: Field,
    pub(super) f2_title: Field,
    title: Field,
    summary: Field,
    body: Field,
    work_high: Field,
    work_low: Field,
    revision_high: Field,
    revision_low: Field,
    released_at: Field,
}

pub(super) fn layout() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(IndexRecordOption::WithFreqs);
    let keys = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        work: schema.add_text_field("work", STRING),
        kind: schema.add_text_field(Attribute::Kind.name(), STRING),
        topics: schema.add_text_field(Attribute::Topic.name(), STRING),
        level: schema.add_text_field(Attribute::Level.name(), STRING),
        audience: schema.add_text_field(Attribute::Audience.name(), STRING),
        language: schema.add_text_field(Attribute::Language.name(), STRING),
        e_all: schema.add_text_field("e_all", keys.clone()),
        f_all: schema.add_text_field("f_all", keys.clone()),
        e2_all: schema.add_text_field("e2_all", keys.clone()),
        f2_all: schema.add_text_field("f2_all", keys.clone()),
        e_title: schema.add_text_field("e_title", keys.clone()),
        f_title: schema.add_text_field("f_title", keys.clone()),
        e2_title: schema.add_text_field("e2_title", keys.clone()),
        f2_title: schema.add_text_field("f2_title", keys),
        title: schema.add_text_field("title", STORED),
        summary: schema.add_text_field("summary", STORED),
        body: schema.add_text_field("body", STORED),
        work_high: schema.add_u64_field(WORK_HIGH, FAST),
        work_low: schema.add_u64_field(WORK_LOW, FAST),
        revision_high: schema.add_u64_field(REVISION_HIGH, FAST),
        revision_low: schema.add_u64_field(REVISION_LOW, FAST),
        released_at: schema.add_i64_field(RELEASED_AT, FAST),
    };
    (schema.build(), fields)
}

impl Fields {
    pub(super) const fn of(&self, attribute: Attribute) -> Field {
        match attribute {
            Attribute::Kind => self.kind,
            Attribute::Topic => self.topics,
            Attribute::Level => self.level,
            Attribute::Audience => self.audience,
            Attribute::Language => self.language,
        }
    }

    /// What names the record of a work.
    pub(super) fn named(&self, work: WorkId) -> Term {
        Term::from_field_text(self.work, &record_name(work))
    }

    pub(super) fn record(&self, document: &Document) -> TantivyDocument {
        let texts = Texts::of(document);
        let title = Keys::of(&texts.title);
        let mut all = Keys::of(&texts.title);
        all.add(&texts.summary);
        for topic in &texts.topic_names {
            all.add(topic);
        }
        all.add(&texts.body);

        let work = record_name(document.work);
        let layers: [(Field, &str); 15] = [
            (self.work, &work),
            (self.kind, &document.kind),
            (self.level, &document.level),
            (self.language, &document.language),
            (self.e_all, &all.exact),
            (self.f_all, &all.folded),
            (self.e2_all, &all.pairs),
            (self.f2_all, &all.folded_pairs),
            (self.e_title, &title.exact),
            (self.f_title, &title.folded),
            (self.e2_title, &title.pairs),
            (self.f2_title, &title.folded_pairs),
            (self.title, &texts.title),
            (self.summary, &texts.summary),
            (self.body, &texts.body),
        ];
        let mut record = TantivyDocument::default();
        for (field, text) in layers {
            record.add_text(field, text);
        }
        for topic in &document.topics {
            record.add_text(self.topics, topic);
        }
        for audience in &document.audience {
            record.add_text(self.audience, audience);
        }
        let (high, low) = document.work.uuid().as_u64_pair();
        record.add_u64(self.work_high, high);
        record.add_u64(self.work_low, low);
        let (high, low) = document.revision.uuid().as_u64_pair();
        record.add_u64(self.revision_high, high);
        record.add_u64(self.revision_low, low);
        record.add_i64(self.released_at, document.released_at_ms);
        record
    }

    /// Title, summary and body as they were stored.
    pub(super) fn texts<'r>(&self, record: &'r TantivyDocument) -> (&'r str, &'r str, &'r str) {
        let text = |field| record.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
        (text(self.title), text(self.summary), text(self.body))
    }
}

/// The id halves as they were stored.
pub(super) const fn ids(work: (u64, u64), revision: (u64, u64)) -> (WorkId, RevisionId) {
    (
        WorkId::from_uuid(Uuid::from_u64_pair(work.0, work.1)),
        RevisionId::from_uuid(Uuid::from_u64_pair(revision.0, revision.1)),
    )
}
