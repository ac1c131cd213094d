//! "Why these hours?" Every line of a citizen's ledger with everything that explains it: what counts, what does not, by
//! which rule, who entered it, and what was said about it later. A page of lines is explained by a fixed number of
//! statements.

use std::collections::HashMap;
use std::sync::Arc;

use densach_domain::credit::{Deed, Entry, whole_seconds};
use densach_domain::device_clock::Basis;
use densach_domain::dispute::Dispute;
use densach_domain::evidence::{Evidence, EvidenceId, Standing, Trust};
use densach_domain::explain::{self, Fate, Part, Words};
use densach_domain::id::{AccountId, CitizenId, DeviceId, RevisionId, WorkId};
use densach_domain::interval::Interval;
use densach_domain::page::{Page, PageRequest};
use densach_domain::{Timestamp, policy};
use densach_store::{LineRow, MemberRow};
use uuid::Uuid;

use crate::office::Overseen;
use crate::work::{self, Edition, WorkView};
use crate::{Context, Error, Result};

/// A stretch of a line and why it counts or does not.
#[derive(Debug, Clone)]
pub struct ExplainedPart {
    pub part: Part,
    /// Version of the policy that decided it.
    pub policy: String,
    pub words: Words,
}

/// What a later line did to this one.
#[derive(Debug, Clone)]
pub struct Corrected {
    pub deed: Deed,
    pub posted_at: Timestamp,
    /// By how much the total changed.
    pub changed_seconds: i64,
    pub note: String,
    /// Who did it, when that is known.
    pub acted_by: Option<String>,
    pub words: Words,
}

/// A line of the ledger, explained.
#[derive(Debug, Clone)]
pub struct Explained {
    pub row: LineRow,
    /// The name of what was studied; empty for a line that confirms or corrects.
    pub title: String,
    /// Absent when there is none, and when it was taken back since.
    pub work: Option<WorkView>,
    /// The device that saw it.
    pub device_name: Option<String>,
    /// The name of who entered it, when that was not the citizen.
    pub acted_by: Option<String>,
    /// They add up to what was claimed.
    pub parts: Vec<ExplainedPart>,
    pub corrections: Vec<Corrected>,
    /// For a line that confirms or corrects: by how much the total changed.
    pub changed_seconds: Option<i64>,
    /// The last dispute about it.
    pub dispute: Option<Dispute>,
    pub words: Words,
}

impl Explained {
    pub fn claimed_seconds(&self) -> i64 {
        self.parts.iter().map(|part| part.part.seconds).sum()
    }

    /// What stands now.
    pub fn credited_seconds(&self) -> i64 {
        let credited = self.parts.iter().filter(|part| part.part.is_credited());
        credited.map(|part| part.part.seconds).sum()
    }

    /// In true time, as far as that is known.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.row.span()
    }

    pub fn basis(&self) -> Option<Basis> {
        self.row.judged.placed.map(|placed| placed.basis)
    }

    pub fn uncertainty_seconds(&self) -> Option<i64> {
        uncertainty_seconds(&self.row)
    }
}

/// Rounded up: a doubt is never said to be smaller than it is.
fn uncertainty_seconds(row: &LineRow) -> Option<i64> {
    let ms = row.judged.placed?.uncertainty_ms;
    Some(ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) != 0))
}

/// The lines of a citizen, newest first, for who acts for them.
pub async fn lines(cx: &Context, citizen: CitizenId, page: &PageRequest<i64>) -> Result<Page<Explained>> {
    policy::acts_for(&cx.actor, citizen)?;
    read(cx, citizen, page).await
}

/// One line, for who acts for its citizen.
pub async fn line(cx: &Context, id: EvidenceId) -> Result<Explained> {
    policy::acts_for(&cx.actor, id.citizen)?;
    read_one(cx, id).await
}

/// Somebody who belongs to an overseen unit, or to one below it, now.
pub async fn member(cx: &Context, unit: Overseen, citizen: CitizenId) -> Result<MemberRow> {
    cx.store.member_under(unit.unit(), citizen, cx.now()).await?.ok_or(Error::NotFound)
}

/// The same lines, for an officer who oversees the citizen.
pub async fn member_lines(
    cx: &Context,
    unit: Overseen,
    citizen: CitizenId,
    page: &PageRequest<i64>,
) -> Result<Page<Explained>> {
    member(cx, unit, citizen).await?;
    read(cx, citizen, page).await
}

/// One line, for an officer who oversees its citizen.
pub async fn member_line(cx: &Context, unit: Overseen, id: EvidenceId) -> Result<Explained> {
    member(cx, unit, id.citizen).await?;
    read_one(cx, id).await
}

async fn read_one(cx: &Context, id: EvidenceId) -> Result<Explained> {
    let page = PageRequest { limit: 1, after: id.number.checked_add(1) };
    let found = read(cx, id.citizen, &page).await?.items.pop();
    found.filter(|line| line.row.id == id).ok_or(Error::NotFound)
}

async fn read(cx: &Context, citizen: CitizenId, page: &PageRequest<i64>) -> Result<Page<Explained>> {
    let lines = cx.store.ledger_lines(citizen, page).await?;
    if lines.items.is_empty() {
        return Ok(Page { items: Vec::new(), has_next: false });
    }
    let around = Around::load(cx, citizen, &lines.items).await?;
    Ok(lines.map(|row| around.explain(cx, row)))
}

/// What explains the lines of one page.
struct Around {
    /// About the lines, and about those that they confirm or correct.
    entries: Vec<Entry>,
    corrections: Vec<LineRow>,
    disputes: Vec<Dispute>,
    /// Of devices, and of the people behind accounts.
    names: HashMap<Uuid, String>,
    works: HashMap<WorkId, WorkView>,
    /// Editions of works that were taken back since.
    editions: HashMap<RevisionId, Arc<Edition>>,
}

impl Around {
    async fn load(cx: &Context, citizen: CitizenId, rows: &[LineRow]) -> Result<Self> {
        let numbers: Vec<i64> = rows.iter().map(|row| row.id.number).collect();
        let mut about: Vec<i64> = rows.iter().map(|row| row.target.unwrap_or(row.id.number)).collect();
        about.sort_unstable();
        about.dedup();
        let entries = cx.store.ledger_entries_of(citizen, &about).await?;
        let corrections = cx.store.ledger_corrections(citizen, &numbers).await?;
        let disputes = cx.store.disputes_about(citizen, &numbers).await?;
        let names = names(cx, rows, &corrections).await?;
        let mut ids: Vec<WorkId> = rows.iter().filter_map(studied).collect();
        ids.sort_unstable();
        ids.dedup();
        let works = work::many(cx, &ids).await?;
        let is_gone = |row: &&LineRow| studied(row).is_some_and(|work| !works.contains_key(&work));
        let gone: Vec<RevisionId> =
            rows.iter().filter(is_gone).filter_map(|row| row.judged.revision).collect();
        let editions = work::published(cx, gone).await?;
        Ok(Self { entries, corrections, disputes, names, works, editions })
    }

    fn explain(&self, cx: &Context, row: LineRow) -> Explained {
        let number = row.id.number;
        let acted_by = if row.standing == Standing::Own { None } else { self.account_name(&row) };
        let entered = explain::entered(row.standing, acted_by.as_deref());
        let evidence = row.said.evidence.as_ref();
        let device = row.device.filter(|_| row.target.is_none());
        let changed = row.target.map(|target| self.changed(number, target));
        let later = self.corrections.iter().filter(|later| later.target == Some(number));
        let mut explained = Explained {
            title: evidence.map(|evidence| self.title(evidence, row.judged.revision)).unwrap_or_default(),
            work: studied(&row).and_then(|work| self.works.get(&work).cloned()),
            device_name: device.and_then(|device| self.names.get(&device.uuid()).cloned()),
            parts: evidence.map(|evidence| self.parts(cx, &row, evidence)).unwrap_or_default(),
            corrections: later.map(|later| self.corrected(later, number)).collect(),
            changed_seconds: changed.map(|(added, taken)| added - taken),
            dispute: self.disputes.iter().rfind(|dispute| dispute.evidence == row.id).cloned(),
            words: entered.clone(),
            acted_by,
            row,
        };
        explained.words = match changed {
            Some((added, taken)) => explain::change(explained.row.deed, added, taken).then(Some(entered)),
            None => {
                let doubt = explained.basis().zip(explained.uncertainty_seconds());
                explain::total(explained.claimed_seconds(), explained.credited_seconds())
                    .then(Some(entered))
                    .then(doubt.and_then(|(basis, seconds)| explain::placed(basis, seconds)))
            }
        };
        explained
    }

    fn account_name(&self, row: &LineRow) -> Option<String> {
        self.names.get(&row.account?.uuid()).cloned()
    }

    fn title(&self, evidence: &Evidence, revision: Option<RevisionId>) -> String {
        let Some(work) = evidence.work else { return evidence.title.clone() };
        let released = self.works.get(&work).map(|view| &view.edition);
        let edition = released.or_else(|| self.editions.get(&revision?));
        edition.map(|edition| edition.revision.content.title.clone()).unwrap_or_default()
    }

    /// What a line entered about another and what it took back, in seconds.
    fn changed(&self, number: i64, target: i64) -> (i64, i64) {
        let about = self.entries.iter().filter(|entry| entry.holding.number == target);
        let (mut added, mut taken) = (0, 0);
        for entry in about.filter(|entry| entry.number == number) {
            let sum = if entry.is_reversal { &mut taken } else { &mut added };
            *sum += entry.holding.stretch.seconds();
        }
        (added, taken)
    }

    fn corrected(&self, later: &LineRow, target: i64) -> Corrected {
        let (added, taken) = self.changed(later.id.number, target);
        Corrected {
            deed: later.deed,
            posted_at: later.received_at,
            changed_seconds: added - taken,
            note: later.said.note.clone(),
            acted_by: self.account_name(later),
            words: explain::change(later.deed, added, taken),
        }
    }

    fn parts(&self, cx: &Context, row: &LineRow, evidence: &Evidence) -> Vec<ExplainedPart> {
        let judged = &row.judged;
        let parts = explain::parts(
            row.id.number,
            span(row, evidence),
            &judged.clipped,
            judged.placed.map(|placed| (placed.lost_reason(), judged.lost_seconds)),
            &self.entries,
        );
        parts.into_iter().map(|part| self.explain_part(cx, row, evidence, part)).collect()
    }

    fn explain_part(&self, cx: &Context, row: &LineRow, evidence: &Evidence, part: Part) -> ExplainedPart {
        let mut decided_by = row;
        let words = match part.fate {
            Fate::Credited { trust, by } => {
                let later = self.corrections.iter().find(|later| later.id.number == by);
                decided_by = later.unwrap_or(row);
                explain::credited(trust, decided_by.deed, part.seconds)
            }
            Fate::Clipped(reason) => {
                let (source, trust) = (evidence.source, trust(row, evidence));
                let facts = row.judged.facts.as_ref();
                let policy = cx.policies.of(&row.policy);
                let rule = policy.and_then(|policy| explain::rule(reason, source, trust, facts, policy));
                explain::clipped(reason, part.seconds).then(rule)
            }
            Fate::Unrecorded => explain::unrecorded(part.seconds),
        };
        ExplainedPart { part, policy: decided_by.policy.clone(), words }
    }
}

/// Which work of the platform was studied.
fn studied(row: &LineRow) -> Option<WorkId> {
    row.said.evidence.as_ref().and_then(|evidence| evidence.work)
}

/// How the seconds of a line were known when it was judged: what another program says is a claim.
fn trust(row: &LineRow, evidence: &Evidence) -> Trust {
    if row.standing == Standing::Import { Trust::Claimed } else { evidence.source.trust() }
}

/// The whole of a line in true time; for one of an older ledger, by the clock of its device.
fn span(row: &LineRow, evidence: &Evidence) -> Option<Interval> {
    match &row.judged.placed {
        Some(placed) => whole_seconds(placed),
        None => {
            let start = evidence.started_at.ms().div_euclid(1000);
            Interval::new(start, start.saturating_add(evidence.lasted_ms().div_euclid(1000)))
        }
    }
}

/// What the devices of these lines are called, and who stands behind the accounts that acted for others.
async fn names(cx: &Context, rows: &[LineRow], corrections: &[LineRow]) -> Result<HashMap<Uuid, String>> {
    let seen = rows.iter().filter(|row| row.target.is_none());
    let mut devices: Vec<DeviceId> = seen.filter_map(|row| row.device).collect();
    let helped = rows.iter().chain(corrections).filter(|row| row.standing != Standing::Own);
    let mut accounts: Vec<AccountId> = helped.filter_map(|row| row.account).collect();
    devices.sort_unstable();
    devices.dedup();
    accounts.sort_unstable();
    accounts.dedup();
    Ok(cx.store.names_of(&devices, &accounts).await?.into_iter().collect())
}
