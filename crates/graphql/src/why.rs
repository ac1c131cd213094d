//! "Why these hours?" A citizen's ledger line by line, each in plain words.

use std::collections::HashMap;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use densach_app::office::Overseen;
use densach_app::why::{self, Corrected, Explained, ExplainedPart};
use densach_domain::credit;
use densach_domain::device_clock;
use densach_domain::evidence::{self, EvidenceId};
use densach_domain::explain::{Fate, Words};
use densach_domain::id::{CitizenId, IdError, WorkId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::{Code, Problem, Timestamp};

use crate::dispute::Dispute;
use crate::error::Result;
use crate::evidence::EvidenceReason;
use crate::input::{Reader, app};
use crate::page::{Key, connection, page};
use crate::study::{StudySource, Trust};
use crate::work::Work;

/// What a line of the ledger does. A line is never changed and never deleted.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "credit::Deed")]
pub(crate) enum StudyDeed {
    /// Brings evidence.
    Study,
    /// Confirms what was claimed: it becomes attested.
    Confirm,
    /// Takes the credit of an earlier line back.
    Reverse,
    /// A dispute was found right: what the rules had cut off is credited as attested.
    Uphold,
    /// Brought over from an older ledger.
    Opening,
}

/// By what right a line was entered.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "evidence::Standing")]
pub(crate) enum StudyStanding {
    /// By the citizen.
    Own,
    /// By somebody on whose account the citizen is.
    Household,
    /// On another's phone, with the citizen's card.
    Assisted,
    /// By the organiser of a class or a librarian.
    Organiser,
    /// By an officer of the association who answers for the citizen.
    Officer,
    /// By another program, in the citizen's name.
    Import,
}

/// How the place of a stretch in true time is known.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "device_clock::Basis")]
pub(crate) enum ClockBasis {
    /// Between moments that the server knows.
    Anchored,
    /// By the wall clock's distance from true time.
    Estimated,
    /// By the wall clock alone.
    Stated,
}

/// The same sentences in both languages, with the same numbers.
#[derive(SimpleObject)]
pub(crate) struct Explanation {
    pub vi: String,
    pub en: String,
}

impl From<&Words> for Explanation {
    fn from(words: &Words) -> Self {
        Self { vi: words.vi.clone(), en: words.en.clone() }
    }
}

/// Somebody who acted for the citizen.
#[derive(SimpleObject)]
pub(crate) struct ActedBy {
    pub full_name: String,
}

fn acted_by(full_name: Option<&String>) -> Option<ActedBy> {
    full_name.map(|full_name| ActedBy { full_name: full_name.clone() })
}

/// A stretch of a line. The parts of a line always add up to `claimedSeconds`.
#[derive(SimpleObject)]
pub(crate) struct StudyPart {
    /// RFC 3339; null for seconds that the device's clock counted and true time has no room for.
    pub from: Option<String>,
    pub to: Option<String>,
    pub seconds: i64,
    pub is_credited: bool,
    /// How seconds that count are known.
    pub trust: Option<Trust>,
    /// The rule by which seconds do not count; null when they do, and when an older ledger did not keep it.
    pub rule: Option<EvidenceReason>,
    /// The policy that decided it.
    pub policy_version: String,
    pub explanation: Explanation,
}

impl From<&ExplainedPart> for StudyPart {
    fn from(explained: &ExplainedPart) -> Self {
        let part = &explained.part;
        let (trust, rule) = match part.fate {
            Fate::Credited { trust, .. } => (Some(trust), None),
            Fate::Clipped(reason) => (None, Some(reason)),
            Fate::Unrecorded => (None, None),
        };
        let at = |seconds: i64| Timestamp::from_ms(seconds.saturating_mul(1000)).to_string();
        Self {
            from: part.stretch.map(|stretch| at(stretch.start())),
            to: part.stretch.map(|stretch| at(stretch.end())),
            seconds: part.seconds,
            is_credited: part.is_credited(),
            trust: trust.map(Into::into),
            rule: rule.map(Into::into),
            policy_version: explained.policy.clone(),
            explanation: (&explained.words).into(),
        }
    }
}

/// What a later line did to this one.
#[derive(SimpleObject)]
pub(crate) struct StudyCorrection {
    pub deed: StudyDeed,
    pub posted_at: String,
    /// By how much the total changed; 0 when claimed time was confirmed.
    pub changed_seconds: i64,
    /// Why, in the words of who did it.
    pub note: String,
    pub acted_by: Option<ActedBy>,
    pub explanation: Explanation,
}

impl From<&Corrected> for StudyCorrection {
    fn from(corrected: &Corrected) -> Self {
        Self {
            deed: corrected.deed.into(),
            posted_at: corrected.posted_at.to_string(),
            changed_seconds: corrected.changed_seconds,
            note: corrected.note.clone(),
            acted_by: acted_by(corrected.acted_by.as_ref()),
            explanation: (&corrected.words).into(),
        }
    }
}

/// A line of a citizen's ledger, explained as it stands now.
pub(crate) struct StudyLine {
    line: Explained,
    work: Option<Work>,
}

#[Object]
impl StudyLine {
    async fn id(&self) -> ID {
        self.line.row.id.to_string().into()
    }

    /// Counts up from 1 for each citizen, in the order of judging.
    async fn number(&self) -> i64 {
        self.line.row.id.number
    }

    async fn deed(&self) -> StudyDeed {
        self.line.row.deed.into()
    }

    /// For a line that confirms or corrects: which one.
    async fn corrects(&self) -> Option<ID> {
        let number = self.line.row.target?;
        Some(EvidenceId { number, ..self.line.row.id }.to_string().into())
    }

    /// What somebody was doing; null for a line that confirms or corrects.
    async fn source(&self) -> Option<StudySource> {
        self.line.row.said.evidence.as_ref().map(|evidence| evidence.source.into())
    }

    async fn standing(&self) -> StudyStanding {
        self.line.row.standing.into()
    }

    /// Who entered it, when that was not the citizen.
    async fn acted_by(&self) -> Option<ActedBy> {
        acted_by(self.line.acted_by.as_ref())
    }

    /// Null when there is none, and when it was taken back since.
    async fn work(&self) -> Option<&Work> {
        self.work.as_ref()
    }

    /// The name of what was studied; empty for a line that confirms or corrects.
    async fn title(&self) -> &str {
        &self.line.title
    }

    /// In true time, as far as that is known.
    async fn started_at(&self) -> Option<String> {
        self.line.span().map(|(started_at, _)| started_at.to_string())
    }

    async fn ended_at(&self) -> Option<String> {
        self.line.span().map(|(_, ended_at)| ended_at.to_string())
    }

    /// It may have been this much earlier or later.
    async fn uncertainty_seconds(&self) -> Option<i64> {
        self.line.uncertainty_seconds()
    }

    /// How the time of day is known; null for a line of an older ledger, and for one that confirms or corrects.
    async fn basis(&self) -> Option<ClockBasis> {
        self.line.basis().map(Into::into)
    }

    /// All that the device saw or the person said.
    async fn claimed_seconds(&self) -> i64 {
        self.line.claimed_seconds()
    }

    /// What of it counts now, with all that was confirmed and corrected since.
    async fn credited_seconds(&self) -> i64 {
        self.line.credited_seconds()
    }

    /// What has become of each second.
    #[graphql(complexity = "child_complexity * 2 + 1")]
    async fn parts(&self) -> Vec<StudyPart> {
        self.line.parts.iter().map(Into::into).collect()
    }

    /// What was said about it later.
    #[graphql(complexity = "child_complexity * 2 + 1")]
    async fn corrections(&self) -> Vec<StudyCorrection> {
        self.line.corrections.iter().map(Into::into).collect()
    }

    /// For a line that confirms or corrects: by how much the total changed.
    async fn changed_seconds(&self) -> Option<i64> {
        self.line.changed_seconds
    }

    /// For a line that confirms or corrects: why, in the words of who did it.
    async fn note(&self) -> &str {
        &self.line.row.said.note
    }

    /// The policy that judged it.
    async fn policy_version(&self) -> &str {
        &self.line.row.policy
    }

    async fn received_at(&self) -> String {
        self.line.row.received_at.to_string()
    }

    /// The device that saw it.
    async fn device_name(&self) -> Option<&str> {
        self.line.device_name.as_deref()
    }

    /// The last dispute about it.
    async fn dispute(&self) -> Option<Dispute> {
        self.line.dispute.clone().map(Dispute)
    }

    /// The whole of it in a few sentences.
    async fn explanation(&self) -> Explanation {
        (&self.line.words).into()
    }
}

pub(crate) type StudyLines = Connection<String, StudyLine, EmptyFields, EmptyFields>;

impl Key for i64 {
    fn write(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes.try_into().ok()?))
    }
}

const MOST_LINES: i32 = 100;

/// The lines of somebody for whom the signed-in person acts.
pub(crate) async fn lines(
    ctx: &Context<'_>,
    citizen: CitizenId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<StudyLines> {
    let page: PageRequest<i64> = page(first, after, MOST_LINES)?;
    Ok(connect(why::lines(app(ctx), citizen, &page).await?, page.after.is_some()))
}

/// The lines of a member, for their officer.
pub(crate) async fn member_lines(
    ctx: &Context<'_>,
    unit: Overseen,
    citizen: CitizenId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<StudyLines> {
    let page: PageRequest<i64> = page(first, after, MOST_LINES)?;
    Ok(connect(why::member_lines(app(ctx), unit, citizen, &page).await?, page.after.is_some()))
}

/// One line of somebody for whom the signed-in person acts. `citizen`: whose ledger was asked.
pub(crate) async fn line(ctx: &Context<'_>, citizen: CitizenId, id: &ID) -> Result<StudyLine> {
    Ok(one(why::line(app(ctx), line_of(citizen, id)?).await?))
}

/// One line of a member, for their officer.
pub(crate) async fn member_line(
    ctx: &Context<'_>,
    unit: Overseen,
    citizen: CitizenId,
    id: &ID,
) -> Result<StudyLine> {
    Ok(one(why::member_line(app(ctx), unit, line_of(citizen, id)?).await?))
}

/// The id of a line; one of another citizen's ledger is not found here.
fn line_of(citizen: CitizenId, id: &ID) -> densach_app::Result<EvidenceId> {
    let mut reader = Reader::default();
    let id = evidence_id(&mut reader, "id", id);
    let id = reader.finish(id)?;
    if id.citizen == citizen { Ok(id) } else { Err(densach_app::Error::NotFound) }
}

/// Reads the id of a line of the ledger.
pub(crate) fn evidence_id(reader: &mut Reader, field: &str, id: &ID) -> Option<EvidenceId> {
    match id.parse::<EvidenceId>() {
        Ok(id) => Some(id),
        Err(error) => {
            let code = match error {
                IdError::Malformed => Code::Malformed,
                IdError::WrongKind => Code::WrongKind,
            };
            reader.0.add(Problem::new(code, field).detail("evd_…"));
            None
        }
    }
}

fn one(line: Explained) -> StudyLine {
    let work = line.work.clone().map(Work::one);
    StudyLine { line, work }
}

/// The works of one page load together.
fn connect(lines: Page<Explained>, has_previous: bool) -> StudyLines {
    let views: HashMap<WorkId, _> =
        lines.items.iter().filter_map(|line| line.work.clone()).map(|view| (view.id(), view)).collect();
    let works = Work::list(views.into_values().collect());
    let works: HashMap<WorkId, Work> = works.into_iter().map(|work| (work.view.id(), work)).collect();
    let key = |line: &Explained| line.row.id.number;
    let node = |line: Explained| {
        let work = line.work.as_ref().and_then(|view| works.get(&view.id()).cloned());
        StudyLine { line, work }
    };
    connection(lines, has_previous, EmptyFields, key, node)
}
