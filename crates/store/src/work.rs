//! Works, their revisions and releases.

use densach_domain::Timestamp;
use densach_domain::id::{AccountId, RevisionId, TopicId, WorkId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::work::{Content, Revision, RevisionState, Work, WorkKind};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::sql::{places, values};
use crate::{Reads, Result, StoreError, Tx};

/// A released work in a list: where it stands, and which immutable revision says what it is.
#[derive(Debug, Clone, Copy)]
pub struct ReleasedRow {
    pub work: WorkId,
    pub revision: RevisionId,
    pub released_at: Timestamp,
}

/// Which released works to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct WorkFilter {
    pub kind: Option<WorkKind>,
    pub topic: Option<TopicId>,
}

#[derive(FromQueryResult)]
struct RawWork {
    id: Uuid,
    kind: String,
    slug: String,
    released_revision_id: Option<Uuid>,
    released_at: Option<i64>,
}

impl TryFrom<RawWork> for Work {
    type Error = StoreError;

    fn try_from(raw: RawWork) -> Result<Self> {
        Ok(Self {
            id: WorkId::from_uuid(raw.id),
            kind: WorkKind::parse(&raw.kind).ok_or(StoreError::Broken(raw.kind))?,
            slug: raw.slug,
            released: raw.released_revision_id.map(RevisionId::from_uuid),
            released_at: raw.released_at.map(Timestamp::from_ms),
        })
    }
}

#[derive(FromQueryResult)]
struct RawRevision {
    id: Uuid,
    work_id: Uuid,
    kind: String,
    slug: String,
    number: i64,
    state: String,
    version: i64,
    content: String,
    created_at: i64,
    published_at: Option<i64>,
}

impl TryFrom<RawRevision> for Revision {
    type Error = StoreError;

    fn try_from(raw: RawRevision) -> Result<Self> {
        Ok(Self {
            id: RevisionId::from_uuid(raw.id),
            work: WorkId::from_uuid(raw.work_id),
            kind: WorkKind::parse(&raw.kind).ok_or(StoreError::Broken(raw.kind))?,
            slug: raw.slug,
            number: u32::try_from(raw.number).unwrap_or(0),
            state: RevisionState::parse(&raw.state).ok_or(StoreError::Broken(raw.state))?,
            version: u32::try_from(raw.version).unwrap_or(0),
            content: serde_json::from_str(&raw.content)
                .map_err(|error| StoreError::Broken(error.to_string()))?,
            created_at: Timestamp::from_ms(raw.created_at),
            published_at: raw.published_at.map(Timestamp::from_ms),
        })
    }
}

#[derive(FromQueryResult)]
struct RawReleased {
    id: Uuid,
    released_revision_id: Uuid,
    released_at: i64,
}

impl From<RawReleased> for ReleasedRow {
    fn from(raw: RawReleased) -> Self {
        Self {
            work: WorkId::from_uuid(raw.id),
            revision: RevisionId::from_uuid(raw.released_revision_id),
            released_at: Timestamp::from_ms(raw.released_at),
        }
    }
}

const WORK: &str = "SELECT id, kind, slug, released_revision_id, released_at FROM work";
const REVISION: &str = "SELECT r.id, r.work_id, w.kind, w.slug, r.number, r.state, r.version, r.content, r.created_at, \
                        r.published_at FROM revision r JOIN work w ON w.id = r.work_id";

fn json(content: &Content) -> Result<String> {
    serde_json::to_string(content).map_err(|error| StoreError::Broken(error.to_string()))
}

impl<C: ConnectionTrait> Reads<C> {
    pub async fn works(&self, ids: &[WorkId]) -> Result<Vec<Work>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{WORK} WHERE id IN ({})", places(1, ids.len()));
        let rows: Vec<RawWork> = self.all(sql, values(ids.iter().map(|id| id.uuid()))).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn work_by_slug(&self, slug: &str) -> Result<Option<Work>> {
        let raw: Option<RawWork> = self.one(format!("{WORK} WHERE slug = $1"), vec![slug.into()]).await?;
        raw.map(TryInto::try_into).transpose()
    }

    /// Released works, newest first.
    pub async fn works_released(
        &self,
        filter: WorkFilter,
        page: &PageRequest<(Timestamp, WorkId)>,
    ) -> Result<Page<ReleasedRow>> {
        let mut values = Vec::new();
        let mut conditions = vec!["w.released_revision_id IS NOT NULL".to_owned()];
        let mut from = "work w";
        if let Some(topic) = filter.topic {
            from = "work_topic t JOIN work w ON w.id = t.work_id";
            values.push(topic.uuid().into());
            conditions.push(format!("t.topic_id = ${}", values.len()));
        }
        if let Some(kind) = filter.kind {
            values.push(kind.name().into());
            conditions.push(format!("w.kind = ${}", values.len()));
        }
        if let Some((at, work)) = page.after {
            values.extend([at.ms().into(), work.uuid().into()]);
            conditions.push(format!("(w.released_at, w.id) < (${}, ${})", values.len() - 1, values.len()));
        }
        let sql = format!(
            "SELECT w.id, w.released_revision_id, w.released_at FROM {from} WHERE {} \
             ORDER BY w.released_at DESC, w.id DESC LIMIT {}",
            conditions.join(" AND "),
            page.limit + 1
        );
        let rows: Vec<RawReleased> = self.all(sql, values).await?;
        Ok(Page::cut(rows.into_iter().map(Into::into).collect(), page.limit))
    }

    pub async fn works_released_count(&self, filter: WorkFilter) -> Result<i64> {
        let mut values = Vec::new();
        let mut sql = String::from("SELECT count(*) FROM work w WHERE w.released_revision_id IS NOT NULL");
        if let Some(kind) = filter.kind {
            values.push(kind.name().into());
            sql.push_str(" AND w.kind = $1");
        }
        if let Some(topic) = filter.topic {
            values.push(topic.uuid().into());
            let place = values.len();
            sql.push_str(&format!(" AND w.id IN (SELECT work_id FROM work_topic WHERE topic_id = ${place})"));
        }
        self.number(sql, values).await
    }

    pub async fn revisions(&self, ids: &[RevisionId]) -> Result<Vec<Revision>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{REVISION} WHERE r.id IN ({})", places(1, ids.len()));
        let rows: Vec<RawRevision> = self.all(sql, values(ids.iter().map(|id| id.uuid()))).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// For each work the revision that was released last, even when the work was withdrawn since.
    pub async fn revisions_released_last(&self, works: &[WorkId]) -> Result<Vec<(WorkId, RevisionId)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            work_id: Uuid,
            revision_id: Uuid,
        }
        if works.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT r.work_id, r.revision_id FROM release r WHERE r.work_id IN ({}) AND r.released_at = \
             (SELECT max(l.released_at) FROM release l WHERE l.work_id = r.work_id)",
            places(1, works.len())
        );
        let rows: Vec<Raw> = self.all(sql, values(works.iter().map(|id| id.uuid()))).await?;
        let pair = |row: Raw| (WorkId::from_uuid(row.work_id), RevisionId::from_uuid(row.revision_id));
        Ok(rows.into_iter().map(pair).collect())
    }

    /// All editions of a work, newest first.
    pub async fn revisions_of(&self, work: WorkId) -> Result<Vec<Revision>> {
        let sql = format!("{REVISION} WHERE r.work_id = $1 ORDER BY r.number DESC LIMIT 200");
        let rows: Vec<RawRevision> = self.all(sql, vec![work.uuid().into()]).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn revision_draft(&self, work: WorkId) -> Result<Option<Revision>> {
        let sql = format!("{REVISION} WHERE r.work_id = $1 AND r.state = 'draft'");
        let raw: Option<RawRevision> = self.one(sql, vec![work.uuid().into()]).await?;
        raw.map(TryInto::try_into).transpose()
    }

    /// Which of the works this account may preview as a named tester.
    pub async fn works_tested_by(&self, account: AccountId, works: &[WorkId]) -> Result<Vec<WorkId>> {
        if works.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT work_id AS id FROM tester WHERE account_id = $1 AND work_id IN ({})",
            places(2, works.len())
        );
        let mut all = vec![account.uuid().into()];
        all.extend(values(works.iter().map(|id| id.uuid())));
        #[derive(FromQueryResult)]
        struct Raw {
            id: Uuid,
        }
        let rows: Vec<Raw> = self.all(sql, all).await?;
        Ok(rows.into_iter().map(|row| WorkId::from_uuid(row.id)).collect())
    }

    /// Everything that is released, in pages by id: what a search index should hold.
    pub async fn works_released_after(&self, after: Option<WorkId>, limit: u32) -> Result<Vec<ReleasedRow>> {
        let sql = format!(
            "SELECT id, released_revision_id, released_at FROM work WHERE released_revision_id IS NOT NULL \
             AND id > $1 ORDER BY id LIMIT {limit}"
        );
        let after = after.map_or(Uuid::nil(), WorkId::uuid);
        let rows: Vec<RawReleased> = self.all(sql, vec![after.into()]).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

impl Tx {
    pub async fn work_add(&self, id: WorkId, kind: WorkKind, slug: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO work (id, kind, slug, created_at) VALUES ($1, $2, $3, $4)";
        self.execute(sql, vec![id.uuid().into(), kind.name().into(), slug.into(), now.ms().into()]).await?;
        Ok(())
    }

    /// Starts a draft with the next number of its work.
    pub async fn revision_add(
        &self,
        id: RevisionId,
        work: WorkId,
        content: &Content,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO revision (id, work_id, number, state, version, content, created_by, created_at) \
                   VALUES ($1, $2, (SELECT coalesce(max(number), 0) + 1 FROM revision WHERE work_id = $2), 'draft', 1, \
                   $3, $4, $5)";
        let values = vec![
            id.uuid().into(),
            work.uuid().into(),
            json(content)?.into(),
            by.map(AccountId::uuid).into(),
            now.ms().into(),
        ];
        self.execute(sql, values).await?;
        self.revision_assets_replace(id, content).await
    }

    /// Saves a draft that still is at `version`; answers whether it was.
    pub async fn revision_save(&self, id: RevisionId, version: u32, content: &Content) -> Result<bool> {
        let sql = "UPDATE revision SET content = $3, version = version + 1 \
                   WHERE id = $1 AND version = $2 AND state = 'draft'";
        let values = vec![id.uuid().into(), i64::from(version).into(), json(content)?.into()];
        let saved = self.execute(sql, values).await?.rows_affected() > 0;
        if saved {
            self.revision_assets_replace(id, content).await?;
        }
        Ok(saved)
    }

    async fn revision_assets_replace(&self, id: RevisionId, content: &Content) -> Result<()> {
        self.execute("DELETE FROM revision_asset WHERE revision_id = $1", vec![id.uuid().into()]).await?;
        for used in &content.assets {
            let sql = "INSERT INTO revision_asset (revision_id, asset_id) VALUES ($1, $2) \
                       ON CONFLICT (revision_id, asset_id) DO NOTHING";
            self.execute(sql, vec![id.uuid().into(), used.asset.uuid().into()]).await?;
        }
        Ok(())
    }

    /// Freezes a draft that still is at `version`; answers whether it was.
    pub async fn revision_publish(&self, id: RevisionId, version: u32, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE revision SET state = 'published', published_at = $3 \
                   WHERE id = $1 AND version = $2 AND state = 'draft'";
        let values = vec![id.uuid().into(), i64::from(version).into(), now.ms().into()];
        Ok(self.execute(sql, values).await?.rows_affected() > 0)
    }

    /// Makes a published revision the one that the public sees.
    pub async fn work_release(
        &self,
        revision: &Revision,
        notes: &str,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<()> {
        let work = revision.work.uuid();
        let sql = "UPDATE work SET released_revision_id = $2, released_at = $3 WHERE id = $1";
        self.execute(sql, vec![work.into(), revision.id.uuid().into(), now.ms().into()]).await?;
        let sql = "INSERT INTO release (work_id, revision_id, notes, released_by, released_at) VALUES ($1, $2, $3, $4, $5)";
        let values = vec![
            work.into(),
            revision.id.uuid().into(),
            notes.into(),
            by.map(AccountId::uuid).into(),
            now.ms().into(),
        ];
        self.execute(sql, values).await?;
        self.work_topics_replace(work, &revision.content.topics, now).await
    }

    /// Takes a work back from the public; its revisions stay.
    pub async fn work_withdraw(&self, work: WorkId) -> Result<bool> {
        let sql = "UPDATE work SET released_revision_id = NULL, released_at = NULL \
                   WHERE id = $1 AND released_revision_id IS NOT NULL";
        let withdrawn = self.execute(sql, vec![work.uuid().into()]).await?.rows_affected() > 0;
        self.execute("DELETE FROM work_topic WHERE work_id = $1", vec![work.uuid().into()]).await?;
        Ok(withdrawn)
    }

    pub async fn tester_add(&self, work: WorkId, account: AccountId, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO tester (work_id, account_id, named_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (work_id, account_id) DO NOTHING";
        self.execute(sql, vec![work.uuid().into(), account.uuid().into(), now.ms().into()]).await?;
        Ok(())
    }
}
