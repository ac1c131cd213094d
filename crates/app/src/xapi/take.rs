//! Taking statements in. All that were sent together are stored, or none is; what they say of study is then sent to the
//! ledger, now or with the next request.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use densach_domain::actor::Member;
use densach_domain::credit::{self, Deed};
use densach_domain::evidence::{Evidence, EvidenceId, MOST_ITEMS, Standing};
use densach_domain::id::{AccountId, CitizenId, WorkId};
use densach_domain::work::WorkKind;
use densach_domain::xapi::{self, Segment, Told, verb};
use densach_domain::{Code, Problem, Problems, Timestamp, policy};
use densach_store::{Tx, XapiKnown, XapiRow};
use serde_json::Value;
use uuid::Uuid;

use super::{Named, Object, Statement, agent, canon, check, tell, work_named};
use crate::ledger::{self, BatchItem, Correction, Subject};
use crate::{Context, Error, Result};

/// What became of statements that were sent together.
#[derive(Debug)]
pub enum Taken {
    /// All of them are stored, now or since an earlier time; their ids, in the order in which they came.
    Stored(Vec<Uuid>),
    /// Ids that stand for other statements, every one of them. Nothing was stored.
    Conflict(Vec<Problem>),
}

/// Stores statements. A statement that is stored already changes nothing; another one under its id is a conflict.
/// `is_list`: whether they came as a list, so that what is wrong is told with the place in it.
pub async fn take(cx: &Context, values: Vec<Value>, is_list: bool) -> Result<Taken> {
    let member = policy::signed_in(&cx.actor)?;
    let statements = read(cx, values, is_list)?;
    let mut citizens = Vec::with_capacity(statements.len());
    for statement in &statements {
        let citizen = statement.citizen.filter(|citizen| member.acts_for(*citizen));
        citizens.push(citizen.ok_or(Error::Forbidden)?);
    }
    let taking =
        Taking { member, own: own(cx, member, &statements).await?, works: works(cx, &statements).await? };
    let taken = taking.store(cx, &statements, &citizens, is_list).await?;
    if let Taken::Stored(_) = taken {
        send_due(cx, member).await?;
    }
    Ok(taken)
}

fn field(index: usize, is_list: bool) -> String {
    if is_list { index.to_string() } else { String::new() }
}

fn read(cx: &Context, values: Vec<Value>, is_list: bool) -> Result<Vec<Statement>> {
    let mut problems = Problems::default();
    let mut statements = Vec::with_capacity(values.len());
    let mut ids = HashSet::new();
    for (index, value) in values.into_iter().enumerate() {
        let path = field(index, is_list);
        let found = check::statement(&value, &path);
        if !found.is_empty() {
            found.into_vec().into_iter().for_each(|problem| problems.add(problem));
            continue;
        }
        let statement = Statement::read(cx.xapi_base(), || cx.new_uuid(), value);
        if !ids.insert(statement.id) {
            problems.add(Problem::new(Code::Duplicate, id_field(&path)).detail(statement.id));
        }
        statements.push(statement);
    }
    Ok(problems.into_result(statements)?)
}

fn id_field(path: &str) -> String {
    if path.is_empty() { "id".to_owned() } else { format!("{path}.id") }
}

/// What is behind the works that statements name.
type Works = HashMap<Named, (WorkId, WorkKind)>;

async fn works(cx: &Context, statements: &[Statement]) -> Result<Works> {
    let named: HashSet<Named> = statements.iter().filter_map(|statement| named(cx, statement)).collect();
    let ids: Vec<WorkId> = named
        .iter()
        .filter_map(|name| match name {
            Named::Id(id) => Some(*id),
            Named::Slug(_) => None,
        })
        .collect();
    // Whether a work is released is the ledger's question; here only its kind is asked for, and shown to nobody.
    let mut works: Works = HashMap::new();
    for work in cx.store.works(&ids).await? {
        works.insert(Named::Id(work.id), (work.id, work.kind));
    }
    for name in named {
        let Named::Slug(slug) = &name else { continue };
        if let Some(work) = cx.store.work_by_slug(slug).await? {
            works.insert(name, (work.id, work.kind));
        }
    }
    Ok(works)
}

fn named(cx: &Context, statement: &Statement) -> Option<Named> {
    match &statement.object {
        Object::Activity(iri) => work_named(cx.xapi_base(), iri),
        Object::Statement(_) | Object::Other(_) => None,
    }
}

/// Which statement a statement voids.
fn voids(statement: &Statement) -> Option<Uuid> {
    match &statement.object {
        Object::Statement(target) if statement.verb == verb::VOIDED => Some(*target),
        Object::Activity(_) | Object::Statement(_) | Object::Other(_) => None,
    }
}

/// Those of the ids that are our own: of lines of the ledger that we gave out as statements. The value is that statement,
/// if it is still given out.
async fn own(
    cx: &Context,
    member: &Member,
    statements: &[Statement],
) -> Result<HashMap<Uuid, Option<Value>>> {
    let mut lines = Vec::new();
    for statement in statements {
        if let Some(line) = own_line(cx, member, statement.id).await? {
            lines.push(line);
        }
    }
    let mut told = tell::lines(cx, &lines).await?;
    Ok(lines.into_iter().map(|line| (xapi::statement_id(line), told.remove(&line))).collect())
}

/// The line that is given out under an id, if it belongs to one of this account's people.
async fn own_line(cx: &Context, member: &Member, statement: Uuid) -> Result<Option<EvidenceId>> {
    let citizens = member.citizens.iter().map(|(citizen, _)| *citizen);
    let Some(id) = xapi::line_of(statement, citizens) else { return Ok(None) };
    Ok(cx.store.ledger_line(id).await?.filter(tell::is_told).map(|row| row.id))
}

/// Whether a repeat says the same. A statement without a timestamp got one when it was stored, so a timestamp on one side
/// alone tells no difference.
fn is_same(known: &[u8], known_at: Option<Timestamp>, statement: &Statement) -> bool {
    let same_time = known_at.zip(statement.said_at).is_none_or(|(known, said)| known == said);
    known == statement.digest && same_time
}

/// What must be known before anything is stored.
struct Taking<'a> {
    member: &'a Member,
    own: HashMap<Uuid, Option<Value>>,
    works: Works,
}

impl Taking<'_> {
    async fn store(
        &self,
        cx: &Context,
        statements: &[Statement],
        citizens: &[CitizenId],
        is_list: bool,
    ) -> Result<Taken> {
        let ids: Vec<Uuid> = statements.iter().map(|statement| statement.id).collect();
        let tx = cx.store.begin().await?;
        let (first, stored_at) = tx.xapi_places(statements.len(), cx.now()).await?;
        let known: HashMap<Uuid, XapiKnown> =
            tx.xapi_known(&ids).await?.into_iter().map(|known| (known.id, known)).collect();
        let mut conflicts = Vec::new();
        let mut fresh = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            match self.repeats(statement, known.get(&statement.id)) {
                Some(true) => {}
                Some(false) => {
                    let field = id_field(&field(index, is_list));
                    conflicts.push(Problem::new(Code::RequestReused, field).detail(statement.id));
                }
                None => fresh.push(index),
            }
        }
        if !conflicts.is_empty() || fresh.is_empty() {
            tx.roll_back().await?;
            return Ok(if conflicts.is_empty() { Taken::Stored(ids) } else { Taken::Conflict(conflicts) });
        }
        let mut viewings = Viewings::default();
        for index in fresh {
            let place = first.saturating_add(i64::try_from(index).unwrap_or(0));
            let row =
                self.row(cx, &tx, &statements[index], citizens[index], (place, stored_at), &mut viewings);
            tx.xapi_add(&row.await?).await?;
            if let Some(target) = voids(&statements[index]) {
                self.void(cx, &tx, target, statements[index].id).await?;
            }
        }
        tx.commit().await?;
        Ok(Taken::Stored(ids))
    }

    /// Whether a statement was there before (`Some(true)`), or another one under its id (`Some(false)`).
    fn repeats(&self, statement: &Statement, known: Option<&XapiKnown>) -> Option<bool> {
        if let Some(known) = known {
            return Some(is_same(&known.digest, known.said_at, statement));
        }
        let told = self.own.get(&statement.id)?;
        Some(told.as_ref().is_some_and(|told| {
            let said_at = told["timestamp"].as_str().and_then(xapi::timestamp);
            is_same(&canon::digest(told), said_at, statement)
        }))
    }

    async fn row(
        &self,
        cx: &Context,
        tx: &Tx,
        statement: &Statement,
        citizen: CitizenId,
        (position, stored_at): (i64, Timestamp),
        viewings: &mut Viewings,
    ) -> Result<XapiRow> {
        let account: AccountId = self.member.account;
        // What voids cannot be voided.
        let voided_by = match voids(statement) {
            Some(_) => None,
            None => tx.xapi_voiding(account, statement.id).await?,
        };
        let work = named(cx, statement).and_then(|name| self.works.get(&name));
        let study = match work {
            Some((work, kind)) if voided_by.is_none() => {
                let played = viewings.played(tx, citizen, statement).await?;
                let told = Told {
                    sequence: position,
                    verb: &statement.verb,
                    // What lies in the future has not happened; it is taken as what ends now.
                    ended_at: statement.said_at.unwrap_or(stored_at).min(stored_at),
                    duration_ms: statement.duration_ms,
                    played: played.as_deref(),
                    position_ms: statement.position_ms,
                };
                xapi::study(&told, *work, *kind)
            }
            Some(_) | None => None,
        };
        if study.is_some() {
            viewings.note(citizen, statement);
        }
        Ok(XapiRow {
            id: statement.id,
            position,
            account,
            citizen,
            digest: statement.digest,
            said_at: statement.said_at,
            verb: statement.verb.clone(),
            object_key: statement.object.key(),
            registration: statement.registration,
            viewing: statement.viewing,
            segments: statement.segments.as_deref().map(xapi::segments_text),
            body: statement.complete(stored_at, agent(cx.xapi_base(), &account.to_string())),
            stored_at,
            voided_by,
            study,
        })
    }

    /// Takes a statement back, and the line of the ledger that it became, or that it is. What is not there, or not for
    /// this account, may be voided too: the specification wants it so, and nothing comes of it.
    async fn void(&self, cx: &Context, tx: &Tx, target: Uuid, by: Uuid) -> Result<()> {
        let line = match tx.xapi_statement(target).await? {
            Some(found) if self.member.acts_for(found.citizen) => {
                // What voids cannot be voided.
                if found.verb == verb::VOIDED || found.voided_by.is_some() {
                    return Ok(());
                }
                tx.xapi_void(target, by).await?;
                found.line.map(|number| EvidenceId { citizen: found.citizen, number })
            }
            Some(_) => None,
            None => own_line(cx, self.member, target).await?,
        };
        match line {
            Some(line) => reverse(cx, tx, self.member, line, by).await,
            None => Ok(()),
        }
    }
}

/// Takes back what stands of a line.
async fn reverse(cx: &Context, tx: &Tx, member: &Member, line: EvidenceId, by: Uuid) -> Result<()> {
    let entries = tx.ledger_entries_of(line.citizen, &[line.number]).await?;
    if entries.iter().map(credit::Entry::seconds).sum::<i64>() == 0 {
        return Ok(());
    }
    let note = format!("xAPI {by}");
    let correction = Correction {
        target: line,
        deed: Deed::Reverse,
        standing: Standing::Import,
        account: member.account,
        device: None,
        note: &note,
    };
    ledger::correct(cx, tx, &correction).await?;
    Ok(())
}

/// What was told of each playing of a video so far.
#[derive(Default)]
struct Viewings(HashMap<(CitizenId, [u8; 32]), Vec<Segment>>);

impl Viewings {
    /// What of a statement's list no earlier statement told of; `None` when it has no list.
    async fn played(
        &mut self,
        tx: &Tx,
        citizen: CitizenId,
        statement: &Statement,
    ) -> Result<Option<Vec<Segment>>> {
        let Some(told) = &statement.segments else { return Ok(None) };
        // Without a session or a registration nobody knows what was told before.
        let Some(viewing) = statement.viewing else { return Ok(Some(told.clone())) };
        let known = match self.0.entry((citizen, viewing)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let text = tx.xapi_segments(citizen, &viewing).await?;
                place.insert(text.as_deref().and_then(xapi::played_segments).unwrap_or_default())
            }
        };
        Ok(Some(xapi::new_segments(told, known)))
    }

    fn note(&mut self, citizen: CitizenId, statement: &Statement) {
        let (Some(viewing), Some(told)) = (statement.viewing, &statement.segments) else { return };
        let known = self.0.entry((citizen, viewing)).or_default();
        if told.len() > known.len() {
            known.clone_from(told);
        }
    }
}

/// Sends what statements of this account said of study and the ledger may not have yet: what was just stored, and what an
/// earlier request was killed over. Under its number nothing is taken twice.
async fn send_due(cx: &Context, member: &Member) -> Result<()> {
    loop {
        let due = cx.store.xapi_due(member.account, MOST_ITEMS).await?;
        if due.is_empty() {
            return Ok(());
        }
        let item = |citizen: CitizenId, evidence: &Evidence| BatchItem {
            subject: Subject::Citizen(citizen),
            evidence: evidence.clone(),
            imported: true,
        };
        let items = due.iter().map(|due| item(due.citizen, &due.evidence)).collect();
        let outcomes = ledger::send_imported(cx, items).await?;
        let tx = cx.store.begin().await?;
        for (index, due) in due.iter().enumerate() {
            let line = outcomes.get(index).and_then(|outcome| outcome.id);
            tx.xapi_done(due.id, line.map(|line| line.number)).await?;
            // It may have been voided while it was on its way.
            let voided_by = tx.xapi_statement(due.id).await?.and_then(|found| found.voided_by);
            if let Some((line, by)) = line.zip(voided_by) {
                reverse(cx, &tx, member, line, by).await?;
            }
        }
        tx.commit().await?;
    }
}
