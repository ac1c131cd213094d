//! Whom an organiser meets: who may be ticked off at a class, and what waits to be confirmed.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};
use densach_app::roster::{self, ClaimRow, Entry};
use densach_domain::Timestamp;
use densach_domain::evidence::EvidenceId;
use densach_domain::id::CitizenId;
use uuid::Uuid;

use crate::error::Result;
use crate::input::{app, id};
use crate::page::{Key, connection, page};
use crate::study::StudySource;
use crate::unit::Unit;

/// Somebody who may be ticked off at a class: a name, and nobody's hours.
#[derive(SimpleObject)]
pub(crate) struct RosterEntry {
    /// To be named to `attestMeeting`.
    pub citizen_id: ID,
    pub full_name: String,
    /// Enough to tell two people of one name apart.
    pub birth_year: Option<String>,
    /// False for those of one's own account: somebody else attests for them.
    pub may_attest: bool,
}

impl From<Entry> for RosterEntry {
    fn from(entry: Entry) -> Self {
        let birth_year = entry.row.birth_date.as_deref().and_then(|date| date.get(..4));
        Self {
            citizen_id: entry.row.citizen.to_string().into(),
            birth_year: birth_year.map(str::to_owned),
            full_name: entry.row.full_name,
            may_attest: entry.may_attest,
        }
    }
}

/// What stands above a roster.
#[derive(SimpleObject)]
pub(crate) struct RosterHead {
    /// Whose people these are; those of the units below it are among them.
    pub unit: Unit,
    /// RFC 3339: when it was so. A phone that keeps the list shows how old it is.
    pub as_of: String,
}

type Roster = Connection<String, RosterEntry, RosterHead, EmptyFields>;

/// A printed book or a programme that somebody says they read or heard, and that nobody has confirmed yet.
#[derive(SimpleObject)]
pub(crate) struct Claim {
    /// The line of the ledger, `evd_…`, to be named to `confirmEvidence`.
    pub evidence_id: ID,
    pub citizen_id: ID,
    pub full_name: String,
    /// Of the book or the programme, as who claims it calls it.
    pub title: String,
    pub source: StudySource,
    /// RFC 3339, in true time as far as that is known.
    pub started_at: String,
    pub ended_at: String,
    /// So much of it counts as claimed. A confirmation makes it attested, and changes no total.
    pub seconds: i64,
    /// RFC 3339: since when it waits.
    pub received_at: String,
}

impl From<ClaimRow> for Claim {
    fn from(row: ClaimRow) -> Self {
        Self {
            evidence_id: row.id.to_string().into(),
            citizen_id: row.id.citizen.to_string().into(),
            full_name: row.full_name,
            title: row.title,
            source: row.source.into(),
            started_at: row.started_at.to_string(),
            ended_at: row.ended_at.to_string(),
            seconds: row.seconds,
            received_at: row.received_at.to_string(),
        }
    }
}

type Claims = Connection<String, Claim, EmptyFields, EmptyFields>;

impl Key for (Timestamp, EvidenceId) {
    fn write(&self) -> Vec<u8> {
        let (at, id) = self;
        [id.citizen.uuid().as_bytes().as_slice(), &id.number.to_be_bytes(), &at.ms().to_be_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (citizen, rest) = bytes.split_first_chunk::<16>()?;
        let (number, at) = rest.split_first_chunk::<8>()?;
        let citizen = CitizenId::from_uuid(Uuid::from_bytes(*citizen));
        let at = Timestamp::from_ms(i64::from_be_bytes(at.try_into().ok()?));
        Some((at, EvidenceId { citizen, number: i64::from_be_bytes(*number) }))
    }
}

/// A page is a branch, so that a phone has its list at once.
const MOST_ENTRIES: i32 = 200;
/// So many are confirmed at once.
const MOST_CLAIMS: i32 = 100;

#[derive(Default)]
pub(crate) struct RosterQuery;

#[Object]
impl RosterQuery {
    /// Organisers and officers: who belongs to a unit of theirs, or to one below it, now, sorted as Vietnamese names
    /// sort: given name first. At most 200 a page. A phone keeps it, and needs no network at the class. To everybody
    /// else it is "not found", just as a unit that does not exist.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 20 + 20")]
    async fn roster(
        &self,
        ctx: &Context<'_>,
        unit_id: ID,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Roster> {
        let unit = id("unitId", &unit_id)?;
        let page = page::<(Vec<u8>, CitizenId)>(first, after.as_deref(), MOST_ENTRIES)?;
        let found = roster::of_unit(app(ctx), unit, &page).await?;
        let head = RosterHead { unit: Unit(found.unit), as_of: found.as_of.to_string() };
        let key = |entry: &Entry| (entry.row.key.clone(), entry.row.citizen);
        Ok(connection(found.entries, page.after.is_some(), head, key, RosterEntry::from))
    }

    /// Librarians and officers: books and programmes that these people claim and that wait to be confirmed, the longest
    /// waiting first; those of one's own household wait for somebody else and are left out. At most 100 a page. To
    /// everybody else it is "not found", just as a unit that does not exist.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 10 + 50")]
    async fn claims(
        &self,
        ctx: &Context<'_>,
        unit_id: ID,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Claims> {
        let unit = id("unitId", &unit_id)?;
        let page = page::<(Timestamp, EvidenceId)>(first, after.as_deref(), MOST_CLAIMS)?;
        let found = roster::claims(app(ctx), unit, &page).await?;
        let key = |row: &ClaimRow| (row.received_at, row.id);
        Ok(connection(found, page.after.is_some(), EmptyFields, key, Claim::from))
    }
}
