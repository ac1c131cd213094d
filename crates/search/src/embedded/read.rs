//! Reading a generation: hits and contents.

use densach_domain::id::{RevisionId, WorkId};
use tantivy::collector::sort_key::{SortBySimilarityScore, SortByStaticFastValue};
use tantivy::collector::{Count, TopDocs};
use tantivy::columnar::Column;
use tantivy::error::DataCorruption;
use tantivy::{DocAddress, DocId, Searcher, SegmentReader, TantivyDocument, TantivyError};

use super::generation::Generation;
use super::plan;
use super::schema::{RELEASED_AT, REVISION_HIGH, REVISION_LOW, WORK_HIGH, WORK_LOW, ids};
use crate::document::{Found, Hit};
use crate::query::Query;
use crate::snippet;
use crate::words::{Asked, Words};

/// Where a hit is and what it scored.
type Ranked = Vec<(f32, DocAddress)>;

pub(super) fn find(generation: &Generation, query: &Query) -> Result<Found, TantivyError> {
    let searcher = generation.searcher();
    let (words, (ranked, total)) = match Asked::of(&query.text) {
        Asked::Nothing => return Ok(Found::default()),
        Asked::Everything => (Words::default(), newest(&searcher, generation, query)?),
        Asked::Words(words) => {
            let best = best(&searcher, generation, &words, query)?;
            (words, best)
        }
    };
    let mut hits = Vec::with_capacity(ranked.len());
    for (score, at) in ranked {
        hits.push(hit(&searcher, generation, &words, score, at)?);
    }
    Ok(Found { hits, total_count: total as u64 })
}

/// Equal scores are settled by id, so that pages do not overlap when segments merge in between.
fn best(
    searcher: &Searcher,
    generation: &Generation,
    words: &Words,
    query: &Query,
) -> Result<(Ranked, usize), TantivyError> {
    let matcher = plan::search(searcher, &generation.fields, words, query)?;
    let order = (
        SortBySimilarityScore,
        SortByStaticFastValue::<u64>::for_field(WORK_HIGH),
        SortByStaticFastValue::<u64>::for_field(WORK_LOW),
    );
    let page = TopDocs::with_limit(query.limit).and_offset(query.offset).order_by(order);
    let (ranked, total) = searcher.search(matcher.as_ref(), &(page, Count))?;
    Ok((ranked.into_iter().map(|((score, _, _), at)| (score, at)).collect(), total))
}

fn newest(
    searcher: &Searcher,
    generation: &Generation,
    query: &Query,
) -> Result<(Ranked, usize), TantivyError> {
    let matcher = plan::listing(&generation.fields, query);
    let order = (
        SortByStaticFastValue::<i64>::for_field(RELEASED_AT),
        SortByStaticFastValue::<u64>::for_field(WORK_HIGH),
        SortByStaticFastValue::<u64>::for_field(WORK_LOW),
    );
    let page = TopDocs::with_limit(query.limit).and_offset(query.offset).order_by(order);
    let (ranked, total) = searcher.search(matcher.as_ref(), &(page, Count))?;
    Ok((ranked.into_iter().map(|(_, at)| (0.0, at)).collect(), total))
}

fn hit(
    searcher: &Searcher,
    generation: &Generation,
    words: &Words,
    score: f32,
    at: DocAddress,
) -> Result<Hit, TantivyError> {
    let (work, revision) = Ids::of(searcher.segment_reader(at.segment_ord))?.at(at.doc_id)?;
    let record: TantivyDocument = searcher.doc(at)?;
    let (title, summary, body) = generation.fields.texts(&record);
    let shown = snippet::show(words, title, summary, body);
    Ok(Hit { work, revision, score, title: shown.title, snippet: shown.snippet })
}

/// Reads columns only, never the texts.
pub(super) fn contents(generation: &Generation) -> Result<Vec<(WorkId, RevisionId)>, TantivyError> {
    let searcher = generation.searcher();
    let mut contents = Vec::new();
    for segment in searcher.segment_readers() {
        let ids = Ids::of(segment)?;
        for doc in segment.doc_ids_alive() {
            contents.push(ids.at(doc)?);
        }
    }
    Ok(contents)
}

/// The columns in which a segment keeps its ids, each half a `u64`.
struct Ids {
    columns: [Column<u64>; 4],
}

impl Ids {
    fn of(segment: &SegmentReader) -> Result<Self, TantivyError> {
        let column = |name| segment.fast_fields().u64(name);
        let columns = [column(WORK_HIGH)?, column(WORK_LOW)?, column(REVISION_HIGH)?, column(REVISION_LOW)?];
        Ok(Self { columns })
    }

    fn at(&self, doc: DocId) -> Result<(WorkId, RevisionId), TantivyError> {
        match self.columns.each_ref().map(|column| column.first(doc)) {
            [Some(work_high), Some(work_low), Some(high), Some(low)] => {
                Ok(ids((work_high, work_low), (high, low)))
            }
            _ => Err(TantivyError::DataCorruption(DataCorruption::comment_only("a record without ids"))),
        }
    }
}
