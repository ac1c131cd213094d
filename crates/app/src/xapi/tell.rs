//! A line of the ledger as a statement, so that other programs read our hours with what is known of them: how they are
//! known, by which policy they were judged, and on what their place in time rests.

use std::collections::{BTreeMap, HashMap};

use densach_domain::evidence::{Evidence, EvidenceId, Source, Standing, Trust};
use densach_domain::id::{CitizenId, WorkId};
use densach_domain::page::PageRequest;
use densach_domain::xapi::{self, Segment, extension, verb};
use densach_domain::{Timestamp, credit::Deed};
use densach_store::LineRow;
use serde_json::{Map, Value, json};

use super::{activity_id, agent};
use crate::work::WorkView;
use crate::{Context, Result, work};

/// Who says what is in the ledger: the ledger.
const AUTHORITY: &str = "ledger";
const PLATFORM: &str = "Đèn Sách";

/// Lines that lie no further apart than this are read at once.
const GAP: i64 = 16;

/// Seconds by the class in which they are known.
type Held = BTreeMap<Trust, i64>;

/// These lines as statements. What brought no evidence, what came as a statement, and what nothing stands of any more is
/// left out.
pub(super) async fn lines(cx: &Context, ids: &[EvidenceId]) -> Result<HashMap<EvidenceId, Value>> {
    let mut numbers: BTreeMap<CitizenId, Vec<i64>> = BTreeMap::new();
    for id in ids {
        numbers.entry(id.citizen).or_default().push(id.number);
    }
    let mut rows: Vec<LineRow> = Vec::new();
    let mut held: HashMap<EvidenceId, Held> = HashMap::new();
    for (citizen, mut numbers) in numbers {
        numbers.sort_unstable();
        for (first, last) in runs(&numbers) {
            let limit = u32::try_from(last - first + 1).unwrap_or(u32::MAX - 1);
            let page = PageRequest { limit, after: Some(last + 1) };
            let found = cx.store.ledger_lines(citizen, &page).await?;
            rows.extend(found.items.into_iter().filter(|row| numbers.binary_search(&row.id.number).is_ok()));
        }
        for entry in cx.store.ledger_entries_of(citizen, &numbers).await? {
            let id = EvidenceId { citizen, number: entry.holding.number };
            *held.entry(id).or_default().entry(entry.holding.trust).or_insert(0) += entry.seconds();
        }
    }
    let works = works(cx, &rows).await?;
    let told = rows.iter().filter_map(|row| {
        let evidence = row.said.evidence.as_ref().filter(|_| is_told(row))?;
        let view = evidence.work.and_then(|work| works.get(&work));
        let held = held.get(&row.id)?;
        let line = Line { base: cx.xapi_base(), row, evidence, view, held };
        (line.total_seconds() > 0).then(|| (row.id, line.statement()))
    });
    Ok(told.collect())
}

/// Whether a line is given out under an id of its own.
pub(super) fn is_told(row: &LineRow) -> bool {
    match row.deed {
        Deed::Study | Deed::Opening => row.standing != Standing::Import,
        Deed::Confirm | Deed::Reverse | Deed::Uphold => false,
    }
}

/// Numbers in order, cut where a gap is too wide: the first and the last of each run.
fn runs(numbers: &[i64]) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if number - *last <= GAP => *last = *number,
            Some(_) | None => runs.push((*number, *number)),
        }
    }
    runs
}

async fn works(cx: &Context, rows: &[LineRow]) -> Result<HashMap<WorkId, WorkView>> {
    let mut ids: Vec<WorkId> =
        rows.iter().filter_map(|row| row.said.evidence.as_ref().and_then(|evidence| evidence.work)).collect();
    ids.sort_unstable();
    ids.dedup();
    work::many(cx, &ids).await
}

/// A line with what is known of it.
struct Line<'a> {
    base: &'a str,
    row: &'a LineRow,
    evidence: &'a Evidence,
    /// The work as the public sees it now; it may have been taken back since.
    view: Option<&'a WorkView>,
    held: &'a Held,
}

impl Line<'_> {
    fn statement(&self) -> Value {
        let verb = xapi::verb_of(self.evidence.source);
        let (vi, en) = words(verb);
        let citizen = self.row.id.citizen.to_string();
        let ended_at =
            self.row.judged.placed.map_or(self.evidence.ended_at, |it| Timestamp::from_ms(it.end_ms));
        json!({
            "id": xapi::statement_id(self.row.id),
            "actor": agent(self.base, &citizen),
            "verb": { "id": verb, "display": { "vi": vi, "en": en } },
            "object": self.activity(),
            "result": self.result(),
            "context": self.context(),
            "timestamp": ended_at.to_string(),
            "stored": self.row.received_at.to_string(),
            "authority": agent(self.base, AUTHORITY),
            "version": xapi::STATEMENT_VERSION,
        })
    }

    fn activity(&self) -> Value {
        let id = match self.evidence.work {
            Some(work) => work.to_string(),
            // Each class, book and programme is what it is called, and nothing that others know by an address.
            None => self.row.id.to_string(),
        };
        let mut definition = Map::new();
        definition.insert("type".into(), json!(xapi::activity_type_of(self.evidence.source)));
        let name = match self.view {
            Some(view) => {
                let content = &view.edition.revision.content;
                Some((content.language.as_str(), content.title.as_str()))
            }
            None => Some(("vi", self.evidence.title.as_str())).filter(|(_, title)| !title.is_empty()),
        };
        if let Some((language, title)) = name.filter(|(language, _)| xapi::is_language_tag(language)) {
            let mut names = Map::new();
            names.insert(language.to_owned(), json!(title));
            definition.insert("name".into(), Value::Object(names));
        }
        json!({ "objectType": "Activity", "id": activity_id(self.base, &id), "definition": definition })
    }

    fn total_seconds(&self) -> i64 {
        self.held.values().sum()
    }

    /// What of the media was covered, if it was media.
    fn segment(&self) -> Option<Segment> {
        let (from_ms, to_ms) = self.evidence.content.filter(|_| self.evidence.source.is_playing())?;
        Some(Segment { from_ms, to_ms })
    }

    fn media_ms(&self) -> Option<i64> {
        self.row.judged.facts.and_then(|facts| facts.duration_ms).filter(|ms| *ms > 0)
    }

    fn result(&self) -> Value {
        let mut result = Map::new();
        result.insert("duration".into(), json!(xapi::duration_text(self.total_seconds())));
        if let Some(segment) = self.segment() {
            let mut said = Map::new();
            said.insert(extension::TIME.into(), seconds(segment.to_ms));
            said.insert(extension::PLAYED_SEGMENTS.into(), json!(xapi::segments_text(&[segment])));
            if let Some(media_ms) = self.media_ms() {
                let covered = segment.to_ms.min(media_ms) - segment.from_ms.min(media_ms);
                let thousandths = covered.saturating_mul(1000).div_euclid(media_ms);
                said.insert(extension::PROGRESS.into(), seconds(thousandths));
            }
            result.insert("extensions".into(), Value::Object(said));
        }
        Value::Object(result)
    }

    fn context(&self) -> Value {
        let mut said = Map::new();
        let mut say = |name: &str, value: Value| {
            said.insert(format!("{}/xapi/extensions/{name}", self.base), value);
        };
        // The class of the weakest seconds stands for all; the mix stands beside it.
        let trust = self.held.iter().filter(|(_, seconds)| **seconds > 0).map(|(trust, _)| *trust).max();
        say("trust", json!(trust.unwrap_or(self.evidence.source.trust()).name()));
        let by_trust: Map<String, Value> = self
            .held
            .iter()
            .filter(|(_, seconds)| **seconds != 0)
            .map(|(trust, seconds)| (trust.name().to_owned(), json!(seconds)))
            .collect();
        say("credited-seconds", Value::Object(by_trust));
        say("policy", json!(self.row.policy));
        say("standing", json!(self.row.standing.name()));
        say("evidence", json!(self.row.id.to_string()));
        if let Some(placed) = &self.row.judged.placed {
            say("basis", json!(placed.basis.name()));
        }
        let mut context = Map::new();
        if self.segment().is_some() {
            if let Some(media_ms) = self.media_ms() {
                said.insert(extension::LENGTH.into(), seconds(media_ms));
            }
            let profile = json!({ "category": [{ "id": xapi::VIDEO_PROFILE }] });
            context.insert("contextActivities".into(), profile);
        }
        context.insert("platform".into(), json!(PLATFORM));
        context.insert("extensions".into(), Value::Object(said));
        Value::Object(context)
    }
}

/// Thousandths as a number with three decimals at most.
fn seconds(ms: i64) -> Value {
    json!(ms as f64 / 1000.0)
}

/// A verb in Vietnamese and in English.
fn words(id: &str) -> (&'static str, &'static str) {
    match id {
        verb::PAUSED => ("đã dừng", "paused"),
        verb::ANSWERED => ("đã trả lời", "answered"),
        verb::ATTENDED => ("đã tham dự", "attended"),
        verb::READ => ("đã đọc", "read"),
        verb::LISTENED => ("đã nghe", "listened"),
        _ => ("đã học", "experienced"),
    }
}

/// The sources whose lines are given out under a verb.
pub(super) fn sources_of(verb: &str) -> Vec<Source> {
    Source::ALL.into_iter().filter(|source| xapi::verb_of(*source) == verb).collect()
}

#[cfg(test)]
mod tests {
    use densach_domain::credit::{Facts, Reader};
    use densach_domain::device_clock::{Basis, Placed};
    use densach_domain::evidence::Focus;
    use densach_store::{Judged, Said};
    use uuid::Uuid;

    use super::super::check;
    use super::*;

    const BASE: &str = "https://sach.vn";

    fn row(source: Source, content: Option<(i64, i64)>) -> LineRow {
        let evidence = Evidence {
            sequence: 1,
            source,
            work: source.has_work().then(|| WorkId::from_uuid(Uuid::from_u128(3))),
            started_at: Timestamp::from_ms(0),
            ended_at: Timestamp::from_ms(60_000),
            run: None,
            focus: Focus::Foreground,
            content,
            longest_idle_ms: 0,
            question_count: 0,
            title: if source.has_work() { String::new() } else { "Lớp xóa mù số".into() },
        };
        let placed =
            Placed { start_ms: 1000, end_ms: 61_000, uncertainty_ms: 0, basis: Basis::Anchored, lost_ms: 0 };
        let facts = Facts { word_count: 0, duration_ms: Some(120_000), reader: Reader::Ordinary };
        LineRow {
            id: EvidenceId { citizen: CitizenId::from_uuid(Uuid::from_u128(7)), number: 2 },
            deed: Deed::Study,
            target: None,
            device: None,
            sequence: Some(1),
            account: None,
            standing: Standing::Own,
            said: Said { evidence: Some(evidence), note: String::new() },
            judged: Judged { placed: Some(placed), facts: Some(facts), ..Judged::default() },
            policy: "credit-2".into(),
            received_at: Timestamp::from_ms(70_000),
        }
    }

    fn told(row: &LineRow, held: &[(Trust, i64)]) -> Value {
        let held: Held = held.iter().copied().collect();
        let Some(evidence) = &row.said.evidence else { panic!("no evidence") };
        Line { base: BASE, row, evidence, view: None, held: &held }.statement()
    }

    fn extension_of<'a>(statement: &'a Value, name: &str) -> &'a Value {
        &statement["context"]["extensions"][format!("{BASE}/xapi/extensions/{name}")]
    }

    #[test]
    fn what_is_given_out_has_the_right_form() {
        for source in Source::ALL {
            let content = source.is_playing().then_some((0, 60_000));
            let statement = told(&row(source, content), &[(source.trust(), 60)]);
            let problems = check::statement(&statement, "").into_vec();
            assert!(problems.is_empty(), "{}: {problems:?}", source.name());
            assert_eq!(statement["result"]["duration"], "PT60S");
            assert_eq!(statement["timestamp"], "1970-01-01T00:01:01.000Z");
            assert_eq!(extension_of(&statement, "trust"), source.trust().name());
            assert!(sources_of(statement["verb"]["id"].as_str().unwrap()).contains(&source));
        }
    }

    #[test]
    fn a_video_is_told_by_its_profile() {
        let statement = told(&row(Source::Video, Some((0, 60_000))), &[(Trust::Measured, 60)]);
        let said = &statement["result"]["extensions"];
        assert_eq!(said[extension::PLAYED_SEGMENTS], "0.000[.]60.000");
        assert_eq!((&said[extension::TIME], &said[extension::PROGRESS]), (&json!(60.0), &json!(0.5)));
        assert_eq!(statement["context"]["extensions"][extension::LENGTH], 120.0);
    }

    #[test]
    fn a_mix_of_classes_is_told_as_the_weakest_with_the_mix_beside_it() {
        let held = [(Trust::Measured, 60), (Trust::Attested, 30), (Trust::Claimed, 0)];
        let statement = told(&row(Source::Reading, None), &held);
        assert_eq!(extension_of(&statement, "trust"), "attested");
        assert_eq!(extension_of(&statement, "credited-seconds"), &json!({ "measured": 60, "attested": 30 }));
        assert_eq!(statement["result"]["duration"], "PT90S");
    }

    #[test]
    fn lines_that_lie_together_are_read_together() {
        assert_eq!(runs(&[1, 2, 9, 100, 101]), [(1, 9), (100, 101)]);
        assert!(runs(&[]).is_empty());
    }
}
