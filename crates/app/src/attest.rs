//! What people vouch for: a class or an event by its organiser, a book or a programme by a librarian or a branch. And
//! how a line is taken back. Who acted stays on every line.

use std::collections::HashMap;

use densach_domain::account::Relation;
use densach_domain::actor::{Member, Role};
use densach_domain::credit::{Book, Deed, Holding};
use densach_domain::device_clock::Sent;
use densach_domain::evidence::{Evidence, EvidenceId, Focus, MOST_ITEMS, Run, Source, Standing, Trust};
use densach_domain::id::CitizenId;
use densach_domain::{Code, Problem, Problems, Timestamp, policy};
use densach_store::{LineRow, Tx};
use serde::{Deserialize, Serialize};

use crate::idempotent::begin;
use crate::ledger::{self, Batch, BatchItem, Correction, Echoed, Received, Subject, Unread};
use crate::{Context, Error, Request, Result};

/// So many claims are confirmed at once: a shelf of books, not an archive.
pub const MOST_CLAIMS: usize = 100;

/// Characters of the note beside a confirmation or a correction.
const LONGEST_NOTE: usize = 500;
const LONGEST_TITLE: usize = 200;

/// By what right the actor may vouch for a citizen, if by any: an officer or an organiser of a unit that the citizen
/// belongs to or of one above it. `by_card`: the citizen's card was shown, which proves that they were there, so that
/// any officer or organiser may. Nobody vouches for themselves or for somebody on their own account.
pub(crate) async fn attests(cx: &Context, citizen: CitizenId, by_card: bool) -> Result<Option<Standing>> {
    let member = policy::signed_in(&cx.actor)?;
    if member.acts_for(citizen) {
        return Ok(None);
    }
    let offices = [(Role::Officer, Standing::Officer), (Role::Organiser, Standing::Organiser)];
    let mut held = offices.into_iter().filter(|(role, _)| member.holds(*role, cx.now())).peekable();
    // Who holds no office is answered before anything is looked up.
    if by_card || held.peek().is_none() {
        return Ok(held.next().map(|(_, standing)| standing));
    }
    let units = cx.store.units_above_citizen(citizen, cx.now()).await?;
    Ok(held.find(|(role, _)| member.holds_over(*role, &units, cx.now())).map(|(_, standing)| standing))
}

/// What people came together for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetingKind {
    Class,
    Event,
}

impl MeetingKind {
    const fn source(self) -> Source {
        match self {
            Self::Class => Source::Class,
            Self::Event => Source::Event,
        }
    }
}

/// Somebody on the roster.
#[derive(Debug, Clone)]
pub struct Attendee {
    /// Of the organiser's device, one for each attendee.
    pub sequence: i64,
    pub subject: Subject,
    /// When they came later than the beginning or left before the end, by the organiser's wall clock.
    pub arrived_at: Option<Timestamp>,
    pub left_at: Option<Timestamp>,
}

/// A class or an event, as the organiser's device noted its beginning and end, perhaps days ago and without a network.
#[derive(Debug, Clone)]
pub struct Meeting {
    pub sent: Option<Sent>,
    pub echoes: Vec<Echoed>,
    pub kind: MeetingKind,
    pub title: String,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub run: Option<Run>,
    pub attendees: Vec<Attendee>,
    /// Attendees that could not be read; their numbers have arrived.
    pub unread: Vec<Unread>,
}

impl Meeting {
    /// What is wrong with the whole of it. What is wrong with one attendee sinks nobody else.
    fn check(&self) -> Result<()> {
        let mut problems = Problems::default();
        problems.text("title", &self.title, LONGEST_TITLE);
        match &self.run {
            Some(run) => {
                problems.check(run.ended_ms <= run.started_ms, Code::OutOfRange, "endedElapsedMs");
            }
            None => {
                problems.check(self.ended_at <= self.started_at, Code::OutOfRange, "endedAt");
            }
        }
        if self.attendees.len() + self.unread.len() > MOST_ITEMS {
            problems.add(Problem::new(Code::TooManyItems, "attendees").detail(MOST_ITEMS));
        }
        Ok(problems.into_result(())?)
    }

    /// What is said of one attendee: the whole meeting, or the part of it at which they were there.
    fn evidence(&self, attendee: &Attendee) -> Evidence {
        let late_ms = attendee.arrived_at.map_or(0, |at| between_ms(self.started_at, at));
        let early_ms = attendee.left_at.map_or(0, |at| between_ms(at, self.ended_at));
        Evidence {
            sequence: attendee.sequence,
            source: self.kind.source(),
            work: None,
            started_at: self.started_at.plus_ms(late_ms),
            ended_at: self.ended_at.plus_ms(-early_ms),
            // The same clock counted both, so what a wall clock that was set wrongly says of the distance is right.
            run: self.run.as_ref().map(|run| Run {
                boot: run.boot.clone(),
                started_ms: run.started_ms.saturating_add(late_ms),
                ended_ms: run.ended_ms.saturating_sub(early_ms),
            }),
            focus: Focus::Foreground,
            content: None,
            longest_idle_ms: 0,
            question_count: 0,
            title: self.title.trim().to_owned(),
        }
    }
}

/// From one instant to a later one; nothing when it is not later. Who was there before the beginning waited.
fn between_ms(from: Timestamp, to: Timestamp) -> i64 {
    to.ms().saturating_sub(from.ms()).max(0)
}

/// Takes a meeting in: one line for each attendee. Who may attest whom is decided for each of them by
/// [`ledger::send`], so that a stranger on the roster, or a card that was revoked, sinks nobody else.
pub async fn meeting(cx: &Context, meeting: Meeting) -> Result<Received> {
    policy::signed_in(&cx.actor)?;
    meeting.check()?;
    let item = |attendee: &Attendee| BatchItem {
        subject: attendee.subject.clone(),
        evidence: meeting.evidence(attendee),
        imported: false,
    };
    let items = meeting.attendees.iter().map(item).collect();
    let Meeting { sent, echoes, unread, .. } = meeting;
    ledger::send(cx, Batch { sent, echoes, items, unread }).await
}

/// What became of one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    pub id: EvidenceId,
    /// So much was claimed and is attested now.
    pub confirmed_seconds: i64,
    /// By how much the citizen's total changed: a confirmation adds nothing.
    pub changed_seconds: i64,
    /// Why it was not confirmed: not there or not to be seen, no claim of this actor's to confirm, or confirmed before.
    pub refusal: Option<Code>,
}

/// Confirms books and programmes that citizens claimed. Each claim stands for itself; what the actor may not see is
/// answered like what is not there.
pub async fn confirm(
    cx: &Context,
    request: &Request,
    ids: &[EvidenceId],
    note: &str,
) -> Result<Vec<Confirmed>> {
    let member = policy::signed_in(&cx.actor)?;
    // Who holds no office is answered before anything is looked up.
    if ![Role::Officer, Role::Organiser].iter().any(|role| member.holds(*role, cx.now())) {
        return Err(Error::NotFound);
    }
    let mut problems = Problems::default();
    problems.check(ids.is_empty(), Code::Required, "evidenceIds");
    if ids.len() > MOST_CLAIMS {
        problems.add(Problem::new(Code::TooManyItems, "evidenceIds").detail(MOST_CLAIMS));
    }
    problems.length("note", note, LONGEST_NOTE);
    problems.into_result(())?;
    let mut claims = Vec::with_capacity(ids.len());
    for id in ids {
        claims.push((*id, right_to_confirm(cx, member, *id).await?));
    }
    let kept = confirm_claims(cx, request, member, &claims, note).await?;
    let confirmed = |(id, kept): (&EvidenceId, Kept)| Confirmed {
        id: *id,
        confirmed_seconds: kept.confirmed_seconds,
        changed_seconds: kept.changed_seconds,
        refusal: kept.refusal.as_deref().and_then(Code::parse),
    };
    Ok(ids.iter().zip(kept).map(confirmed).collect())
}

/// By what right the actor confirms a claim, or why not.
type Right = std::result::Result<Standing, Code>;

async fn right_to_confirm(cx: &Context, member: &Member, id: EvidenceId) -> Result<Right> {
    let Some(line) = cx.store.ledger_line(id).await? else { return Ok(Err(Code::NotFound)) };
    if member.acts_for(id.citizen) {
        return Ok(Err(Code::NotAllowed));
    }
    // Who wrote the claim down for somebody without a phone had their card in hand.
    let by_card = line.standing == Standing::Assisted && line.account == Some(member.account);
    let Some(standing) = attests(cx, id.citizen, by_card).await? else { return Ok(Err(Code::NotFound)) };
    let source = line.said.evidence.map(|evidence| evidence.source);
    let is_claim = line.target.is_none() && source.is_some_and(|source| source.trust() == Trust::Claimed);
    Ok(if is_claim { Ok(standing) } else { Err(Code::NotAllowed) })
}

/// What a receipt remembers of one claim, in the order in which they were named.
#[derive(Serialize, Deserialize)]
struct Kept {
    confirmed_seconds: i64,
    changed_seconds: i64,
    refusal: Option<String>,
}

impl Kept {
    fn refused(code: Code) -> Self {
        Self { confirmed_seconds: 0, changed_seconds: 0, refusal: Some(code.name().to_owned()) }
    }
}

async fn confirm_claims(
    cx: &Context,
    request: &Request,
    member: &Member,
    claims: &[(EvidenceId, Right)],
    note: &str,
) -> Result<Vec<Kept>> {
    let write = begin!(cx, member.account.uuid(), request);
    let mut citizens: Vec<CitizenId> =
        claims.iter().filter(|(_, right)| right.is_ok()).map(|(id, _)| id.citizen).collect();
    citizens.sort_unstable();
    citizens.dedup();
    if !citizens.is_empty() {
        // All at once and in one order: two librarians never wait for each other.
        write.tx.ledger_lock(&citizens, &[]).await?;
    }
    let mut kept = Vec::with_capacity(claims.len());
    for (id, right) in claims {
        kept.push(match right {
            Ok(standing) => {
                let correction = correction(member, *id, Deed::Confirm, *standing, note);
                confirm_claim(cx, &write.tx, &correction).await?
            }
            Err(code) => Kept::refused(*code),
        });
    }
    write.finish(cx, kept).await
}

async fn confirm_claim(cx: &Context, tx: &Tx, correction: &Correction<'_>) -> Result<Kept> {
    let held = standing_of(tx, correction.target).await?;
    let claimed = held.iter().filter(|holding| holding.trust == Trust::Claimed);
    let confirmed_seconds: i64 = claimed.map(|holding| holding.stretch.seconds()).sum();
    if confirmed_seconds == 0 {
        // Nothing of it counts: it was taken back, or something else held all of its seconds.
        return Ok(Kept::refused(if held.is_empty() { Code::NotAllowed } else { Code::Duplicate }));
    }
    let changed_seconds = ledger::correct(cx, tx, correction).await?;
    Ok(Kept { confirmed_seconds, changed_seconds, refusal: None })
}

/// Takes a line back: a citizen one of their own or of the household, an officer or organiser one that they attested.
/// Answers by how much the total changed; what was taken back before changes nothing.
pub async fn withdraw(cx: &Context, request: &Request, id: EvidenceId, note: &str) -> Result<i64> {
    let member = policy::signed_in(&cx.actor)?;
    let mut problems = Problems::default();
    problems.length("note", note, LONGEST_NOTE);
    problems.into_result(())?;
    let line = cx.store.ledger_line(id).await?.ok_or(Error::NotFound)?;
    let standing = right_to_withdraw(cx, member, &line).await?.ok_or(Error::NotFound)?;
    if line.target.is_some() {
        // A correction is put right by another one, never by taking it back: nothing is about it.
        return Err(Error::problem(Code::NotAllowed, "evidenceId"));
    }
    let write = begin!(cx, member.account.uuid(), request);
    write.tx.ledger_lock(&[id.citizen], &[]).await?;
    let changed_seconds = if standing_of(&write.tx, id).await?.is_empty() {
        0
    } else {
        let correction = correction(member, id, Deed::Reverse, standing, note);
        ledger::correct(cx, &write.tx, &correction).await?
    };
    write.finish(cx, changed_seconds).await
}

async fn right_to_withdraw(cx: &Context, member: &Member, line: &LineRow) -> Result<Option<Standing>> {
    let citizen = line.id.citizen;
    let own = member.citizens.iter().find(|(own, _)| *own == citizen);
    if let Some((_, relation)) = own {
        return Ok(Some(match relation {
            Relation::Own => Standing::Own,
            Relation::Household => Standing::Household,
        }));
    }
    let is_attested_by_actor = match line.standing {
        Standing::Organiser | Standing::Officer => line.account == Some(member.account),
        Standing::Own | Standing::Household | Standing::Assisted | Standing::Import => false,
    };
    // They were entitled to the line then; now they need only be in office still.
    if is_attested_by_actor { attests(cx, citizen, true).await } else { Ok(None) }
}

/// What counts of a line now.
async fn standing_of(tx: &Tx, id: EvidenceId) -> Result<Vec<Holding>> {
    let entries = tx.ledger_entries_of(id.citizen, &[id.number]).await?;
    Ok(Book::open(entries, HashMap::new()).of(id.number))
}

fn correction<'a>(
    member: &Member,
    target: EvidenceId,
    deed: Deed,
    standing: Standing,
    note: &'a str,
) -> Correction<'a> {
    Correction { target, deed, standing, account: member.account, device: Some(member.device), note }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NINE: Timestamp = Timestamp::from_ms(1_795_485_600_000);
    const HOUR_MS: i64 = 3_600_000;

    fn class(run: Option<Run>) -> Meeting {
        Meeting {
            sent: None,
            echoes: Vec::new(),
            kind: MeetingKind::Class,
            title: " Lớp tin học ".into(),
            started_at: NINE,
            ended_at: NINE.plus_ms(2 * HOUR_MS),
            run,
            attendees: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Somebody who came and left so many milliseconds after nine.
    fn attendee(arrived_ms: Option<i64>, left_ms: Option<i64>) -> Attendee {
        let at = |ms: Option<i64>| ms.map(|ms| NINE.plus_ms(ms));
        let subject = Subject::Card("DS1-…".into());
        Attendee { sequence: 1, subject, arrived_at: at(arrived_ms), left_at: at(left_ms) }
    }

    fn lasted(meeting: &Meeting, arrived_ms: Option<i64>, left_ms: Option<i64>) -> i64 {
        meeting.evidence(&attendee(arrived_ms, left_ms)).lasted_ms()
    }

    #[test]
    fn an_attendee_was_there_as_long_as_the_meeting_or_less() {
        let run = Run { boot: "b".into(), started_ms: 500, ended_ms: 500 + 2 * HOUR_MS };
        for meeting in [class(None), class(Some(run))] {
            assert_eq!(lasted(&meeting, None, None), 2 * HOUR_MS);
            assert_eq!(lasted(&meeting, Some(HOUR_MS), None), HOUR_MS);
            assert_eq!(lasted(&meeting, None, Some(HOUR_MS / 2)), HOUR_MS / 2);
            assert_eq!(lasted(&meeting, Some(-HOUR_MS), Some(3 * HOUR_MS)), 2 * HOUR_MS);
            // Who left before they came was not there: the item is refused, not turned around.
            let absent = meeting.evidence(&attendee(Some(HOUR_MS), Some(HOUR_MS)));
            assert!(absent.check().is_err());
        }
        assert_eq!(class(None).evidence(&attendee(None, None)).title, "Lớp tin học");
    }

    #[test]
    fn a_meeting_ends_after_it_began_by_the_clock_that_counts() {
        let run = |ended_ms| Some(Run { boot: "b".into(), started_ms: 500, ended_ms });
        let set_back = Meeting { ended_at: NINE.plus_ms(-1), ..class(run(1500)) };
        assert!(set_back.check().is_ok());
        for wrong in [class(run(500)), Meeting { ended_at: NINE, ..class(None) }] {
            assert!(wrong.check().is_err());
        }
        assert!(Meeting { title: " ".into(), ..class(None) }.check().is_err());
    }
}
