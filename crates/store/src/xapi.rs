//! Statements of other programs (xAPI): as they came, what each said of study, and whether the ledger has it.

use densach_domain::Timestamp;
use densach_domain::evidence::{Evidence, Focus, Source};
use densach_domain::id::{AccountId, CitizenId, WorkId};
use densach_domain::xapi::verb;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::{MOST_VALUES, places, values};
use crate::{Reads, Result, StoreError, Tx};

/// A statement to be kept.
#[derive(Debug, Clone)]
pub struct XapiRow {
    pub id: Uuid,
    /// Given out by [`Tx::xapi_places`].
    pub position: i64,
    pub account: AccountId,
    pub citizen: CitizenId,
    pub digest: [u8; 32],
    /// Its timestamp, if it had one.
    pub said_at: Option<Timestamp>,
    pub verb: String,
    pub object_key: String,
    pub registration: Option<Uuid>,
    pub viewing: Option<[u8; 32]>,
    pub segments: Option<String>,
    /// JSON, with everything that the store of records sets.
    pub body: String,
    pub stored_at: Timestamp,
    pub voided_by: Option<Uuid>,
    /// What it says of study, to be sent to the ledger.
    pub study: Option<Evidence>,
}

/// What a repeat is compared with.
#[derive(Debug, Clone)]
pub struct XapiKnown {
    pub id: Uuid,
    pub digest: Vec<u8>,
    pub said_at: Option<Timestamp>,
}

/// A statement that is looked at by itself.
#[derive(Debug, Clone)]
pub struct XapiFound {
    pub citizen: CitizenId,
    pub verb: String,
    pub body: String,
    pub voided_by: Option<Uuid>,
    /// The line of the ledger that it became.
    pub line: Option<i64>,
}

/// A statement in a list.
#[derive(Debug, Clone)]
pub struct XapiGiven {
    pub position: i64,
    pub stored_at: Timestamp,
    pub body: String,
}

/// Evidence that the ledger may not have yet.
#[derive(Debug, Clone)]
pub struct XapiDue {
    pub id: Uuid,
    pub citizen: CitizenId,
    pub evidence: Evidence,
}

/// Which statements to list; those that were voided never are.
#[derive(Debug, Clone, Default)]
pub struct XapiFilter {
    /// Whose the actor may see.
    pub citizens: Vec<CitizenId>,
    /// Actor or object: the citizen, when it is one of ours, and the key as an object.
    pub agent: Option<(Option<CitizenId>, String)>,
    pub verb: Option<String>,
    pub object_key: Option<String>,
    pub registration: Option<Uuid>,
    /// Stored after, and not after.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Which lines of a citizen's ledger to list; those of which nothing stands never are, and neither are those that came as
/// statements.
#[derive(Debug, Clone, Default)]
pub struct XapiLineFilter {
    pub sources: Option<Vec<Source>>,
    pub work: Option<WorkId>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Where a list goes on, and how.
#[derive(Debug, Clone, Copy)]
pub struct XapiPage {
    pub after: Option<i64>,
    pub is_ascending: bool,
    pub limit: u32,
}

impl XapiPage {
    /// The comparison with `after`, and the direction.
    fn words(&self) -> (&'static str, &'static str) {
        if self.is_ascending { (">", "ASC") } else { ("<", "DESC") }
    }
}

/// Evidence as it is kept with its statement. A field is never renamed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StudyText {
    source: String,
    work: WorkId,
    started_at: Timestamp,
    ended_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    content: Option<(i64, i64)>,
}

impl StudyText {
    fn write(evidence: &Evidence) -> Result<String> {
        let text = Self {
            source: evidence.source.name().to_owned(),
            work: evidence.work.ok_or_else(|| StoreError::Broken("evidence without a work".into()))?,
            started_at: evidence.started_at,
            ended_at: evidence.ended_at,
            content: evidence.content,
        };
        serde_json::to_string(&text).map_err(|error| StoreError::Broken(error.to_string()))
    }

    fn read(text: &str, sequence: i64) -> Result<Evidence> {
        let text: Self = serde_json::from_str(text).map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(Evidence {
            sequence,
            source: Source::parse(&text.source).ok_or(StoreError::Broken(text.source))?,
            work: Some(text.work),
            started_at: text.started_at,
            ended_at: text.ended_at,
            run: None,
            focus: Focus::Foreground,
            content: text.content,
            longest_idle_ms: 0,
            question_count: 0,
            title: String::new(),
        })
    }
}

/// Conditions with their values.
#[derive(Default)]
struct Conditions {
    all: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// `$n` for a value.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Adds `words` and a value.
    fn add(&mut self, words: &str, value: impl Into<Value>) {
        let place = self.bind(value);
        self.all.push(format!("{words} {place}"));
    }

    fn add_list<V: Into<Value>>(&mut self, column: &str, list: impl IntoIterator<Item = V>) {
        let places: Vec<String> = list.into_iter().map(|value| self.bind(value)).collect();
        self.all.push(format!("{column} IN ({})", places.join(",")));
    }

    fn add_period(&mut self, column: &str, since: Option<Timestamp>, until: Option<Timestamp>) {
        if let Some(since) = since {
            self.add(&format!("{column} >"), since.ms());
        }
        if let Some(until) = until {
            self.add(&format!("{column} <="), until.ms());
        }
    }
}

impl<C: ConnectionTrait> Reads<C> {
    /// Those of these ids that are taken.
    pub async fn xapi_known(&self, ids: &[Uuid]) -> Result<Vec<XapiKnown>> {
        #[derive(FromQueryResult)]
        struct Raw {
            id: Uuid,
            digest: Vec<u8>,
            said_at: Option<i64>,
        }
        let mut known = Vec::new();
        for ids in ids.chunks(MOST_VALUES) {
            let list = places(1, ids.len());
            let sql = format!("SELECT id, digest, said_at FROM xapi_statement WHERE id IN ({list})");
            let rows: Vec<Raw> = self.all(sql, values(ids.iter().copied())).await?;
            known.extend(rows.into_iter().map(|row| XapiKnown {
                id: row.id,
                digest: row.digest,
                said_at: row.said_at.map(Timestamp::from_ms),
            }));
        }
        Ok(known)
    }

    pub async fn xapi_statement(&self, id: Uuid) -> Result<Option<XapiFound>> {
        #[derive(FromQueryResult)]
        struct Raw {
            citizen_id: Uuid,
            verb: String,
            body: String,
            voided_by: Option<Uuid>,
            line: Option<i64>,
        }
        let sql = "SELECT citizen_id, verb, body, voided_by, line FROM xapi_statement WHERE id = $1";
        let row: Option<Raw> = self.one(sql, vec![id.into()]).await?;
        Ok(row.map(|row| XapiFound {
            citizen: CitizenId::from_uuid(row.citizen_id),
            verb: row.verb,
            body: row.body,
            voided_by: row.voided_by,
            line: row.line,
        }))
    }

    /// A page of statements, in the order in which they were stored or against it.
    pub async fn xapi_statements(&self, filter: &XapiFilter, page: &XapiPage) -> Result<Vec<XapiGiven>> {
        #[derive(FromQueryResult)]
        struct Raw {
            position: i64,
            stored_at: i64,
            body: String,
        }
        if filter.citizens.is_empty() {
            return Ok(Vec::new());
        }
        let (comparison, direction) = page.words();
        let mut conditions = Conditions::default();
        conditions.all.push("voided_by IS NULL".to_owned());
        conditions.add_list("citizen_id", filter.citizens.iter().map(|citizen| citizen.uuid()));
        if let Some((citizen, key)) = &filter.agent {
            let key = conditions.bind(key.clone());
            let actor =
                citizen.map(|citizen| format!(" OR citizen_id = {}", conditions.bind(citizen.uuid())));
            conditions.all.push(format!("(object_key = {key}{})", actor.unwrap_or_default()));
        }
        if let Some(verb) = &filter.verb {
            conditions.add("verb =", verb.clone());
        }
        if let Some(key) = &filter.object_key {
            conditions.add("object_key =", key.clone());
        }
        if let Some(registration) = filter.registration {
            conditions.add("registration =", registration);
        }
        conditions.add_period("stored_at", filter.since, filter.until);
        if let Some(after) = page.after {
            conditions.add(&format!("position {comparison}"), after);
        }
        let sql = format!(
            "SELECT position, stored_at, body FROM xapi_statement WHERE {} ORDER BY position {direction} LIMIT {}",
            conditions.all.join(" AND "),
            page.limit
        );
        let rows: Vec<Raw> = self.all(sql, conditions.values).await?;
        Ok(rows
            .into_iter()
            .map(|row| XapiGiven {
                position: row.position,
                stored_at: Timestamp::from_ms(row.stored_at),
                body: row.body,
            })
            .collect())
    }

    /// Numbers of lines of a citizen's ledger, and when each was received, in the order of the numbers or against it.
    pub async fn xapi_lines(
        &self,
        citizen: CitizenId,
        filter: &XapiLineFilter,
        page: &XapiPage,
    ) -> Result<Vec<(i64, Timestamp)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            number: i64,
            received_at: i64,
        }
        let (comparison, direction) = page.words();
        let mut conditions = Conditions::default();
        conditions.add("e.citizen_id =", citizen.uuid());
        conditions.all.push("l.standing <> 'import'".to_owned());
        if let Some(sources) = &filter.sources {
            if sources.is_empty() {
                return Ok(Vec::new());
            }
            conditions.add_list("e.source", sources.iter().map(|source| source.name()));
        }
        if let Some(work) = filter.work {
            conditions.add("e.work_id =", work.uuid());
        }
        conditions.add_period("l.received_at", filter.since, filter.until);
        if let Some(after) = page.after {
            conditions.add(&format!("e.line {comparison}"), after);
        }
        let sql = format!(
            "SELECT e.line AS number, l.received_at FROM study_entry e \
             JOIN study_line l ON l.citizen_id = e.citizen_id AND l.number = e.line WHERE {} \
             GROUP BY e.line, l.received_at HAVING sum((e.ended_s - e.started_s) * (1 - 2 * e.is_reversal)) > 0 \
             ORDER BY e.line {direction} LIMIT {}",
            conditions.all.join(" AND "),
            page.limit
        );
        let rows: Vec<Raw> = self.all(sql, conditions.values).await?;
        Ok(rows.into_iter().map(|row| (row.number, Timestamp::from_ms(row.received_at))).collect())
    }

    /// The longest list of what was played that a statement of this viewing told of and that became evidence.
    pub async fn xapi_segments(&self, citizen: CitizenId, viewing: &[u8; 32]) -> Result<Option<String>> {
        let sql = "SELECT segments FROM xapi_statement WHERE citizen_id = $1 AND viewing = $2 AND segments IS NOT NULL \
                   AND study IS NOT NULL AND voided_by IS NULL ORDER BY length(segments) DESC, position DESC LIMIT 1";
        let row = self.row(sql, vec![citizen.uuid().into(), viewing.to_vec().into()]).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
    }

    /// The statement of this account that voids another, which may not have come yet.
    pub async fn xapi_voiding(&self, account: AccountId, target: Uuid) -> Result<Option<Uuid>> {
        let sql = format!(
            "SELECT id FROM xapi_statement WHERE object_key = $1 AND verb = '{}' AND account_id = $2 \
             ORDER BY position LIMIT 1",
            verb::VOIDED
        );
        let row = self.row(sql, vec![target.to_string().into(), account.uuid().into()]).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
    }

    /// Evidence from statements of this account that is still to be sent to the ledger, first come first.
    pub async fn xapi_due(&self, account: AccountId, limit: usize) -> Result<Vec<XapiDue>> {
        #[derive(FromQueryResult)]
        struct Raw {
            id: Uuid,
            position: i64,
            citizen_id: Uuid,
            study: String,
        }
        let sql = format!(
            "SELECT id, position, citizen_id, study FROM xapi_statement \
             WHERE account_id = $1 AND study_state = 'due' AND study IS NOT NULL ORDER BY position LIMIT {limit}"
        );
        let rows: Vec<Raw> = self.all(sql, vec![account.uuid().into()]).await?;
        rows.into_iter()
            .map(|row| {
                let evidence = StudyText::read(&row.study, row.position)?;
                Ok(XapiDue { id: row.id, citizen: CitizenId::from_uuid(row.citizen_id), evidence })
            })
            .collect()
    }
}

impl Tx {
    /// Takes the next `count` positions, and the moment at which what is put there counts as stored. Whoever comes next
    /// waits for the end of this transaction, so nothing appears later in front of what was seen.
    pub async fn xapi_places(&self, count: usize, now: Timestamp) -> Result<(i64, Timestamp)> {
        let sql = "UPDATE xapi_head SET last_position = last_position + $1, last_stored_at = \
                   CASE WHEN last_stored_at > $2 THEN last_stored_at ELSE $2 END WHERE id = 1 \
                   RETURNING last_position, last_stored_at";
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let row = self.row(sql, vec![count.into(), now.ms().into()]).await?;
        let row = row.ok_or_else(|| StoreError::Broken("xapi_head is empty".into()))?;
        let last: i64 = row.try_get_by_index(0)?;
        Ok((last - count + 1, Timestamp::from_ms(row.try_get_by_index(1)?)))
    }

    pub async fn xapi_add(&self, row: &XapiRow) -> Result<()> {
        let state = if row.study.is_some() && row.voided_by.is_none() { "due" } else { "none" };
        let sql = "INSERT INTO xapi_statement (id, position, account_id, citizen_id, digest, said_at, verb, object_key, \
                   registration, viewing, segments, body, stored_at, voided_by, study_state, study) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let values = vec![
            row.id.into(),
            row.position.into(),
            row.account.uuid().into(),
            row.citizen.uuid().into(),
            row.digest.to_vec().into(),
            row.said_at.map(Timestamp::ms).into(),
            row.verb.clone().into(),
            row.object_key.clone().into(),
            row.registration.into(),
            row.viewing.map(|viewing| viewing.to_vec()).into(),
            row.segments.clone().into(),
            row.body.clone().into(),
            row.stored_at.ms().into(),
            row.voided_by.into(),
            state.into(),
            row.study.as_ref().map(StudyText::write).transpose()?.into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Marks a statement as voided, unless it is already. What it said of study and was not sent yet is not sent.
    pub async fn xapi_void(&self, target: Uuid, by: Uuid) -> Result<()> {
        let sql = "UPDATE xapi_statement SET voided_by = $2, \
                   study_state = CASE WHEN study_state = 'due' THEN 'none' ELSE study_state END \
                   WHERE id = $1 AND voided_by IS NULL";
        self.execute(sql, vec![target.into(), by.into()]).await?;
        Ok(())
    }

    /// The ledger has what a statement said; `line` is what it became, if it became a line.
    pub async fn xapi_done(&self, id: Uuid, line: Option<i64>) -> Result<()> {
        let sql = "UPDATE xapi_statement SET study_state = 'done', line = coalesce($2, line) WHERE id = $1";
        self.execute(sql, vec![id.into(), line.into()]).await?;
        Ok(())
    }
}
