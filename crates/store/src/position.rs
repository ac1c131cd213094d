//! Where people are in works: an append-only log of places, and how far they have come.

use densach_domain::Timestamp;
use densach_domain::id::{CitizenId, DeviceId, WorkId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::sql::{places, values};
use crate::{Reads, Result, Tx};

/// Where somebody was in a work, as a device said.
#[derive(Debug, Clone, Copy)]
pub struct PositionRow {
    pub work: WorkId,
    /// Parts per million of the whole, independent of screen size.
    pub locator_ppm: i64,
    pub media_ms: Option<i64>,
    pub recorded_at: Timestamp,
}

/// The latest and the furthest position; they differ when somebody looks something up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct ProgressRow {
    pub work_id: Uuid,
    pub latest_ppm: i64,
    pub latest_media_ms: Option<i64>,
    pub latest_at: i64,
    pub furthest_ppm: i64,
    pub furthest_media_ms: Option<i64>,
    pub furthest_at: i64,
}

impl<C: ConnectionTrait> Reads<C> {
    pub async fn progress(&self, citizen: CitizenId, works: &[WorkId]) -> Result<Vec<ProgressRow>> {
        if works.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT work_id, latest_ppm, latest_media_ms, latest_at, furthest_ppm, furthest_media_ms, furthest_at \
             FROM progress WHERE citizen_id = $1 AND work_id IN ({})",
            places(2, works.len())
        );
        let mut all = vec![citizen.uuid().into()];
        all.extend(values(works.iter().map(|id| id.uuid())));
        self.all(sql, all).await
    }
}

impl Tx {
    /// Adds a position to the log and moves the latest and the furthest along. The log is never overwritten; a
    /// position that arrives late changes nothing that is newer or further.
    pub async fn position_add(
        &self,
        id: Uuid,
        citizen: CitizenId,
        device: DeviceId,
        position: &PositionRow,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO position (id, citizen_id, work_id, device_id, locator_ppm, media_ms, recorded_at, received_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = vec![
            id.into(),
            citizen.uuid().into(),
            position.work.uuid().into(),
            device.uuid().into(),
            position.locator_ppm.into(),
            position.media_ms.into(),
            position.recorded_at.ms().into(),
            now.ms().into(),
        ];
        self.execute(sql, values).await?;
        let sql = "INSERT INTO progress (citizen_id, work_id, latest_ppm, latest_media_ms, latest_at, furthest_ppm, \
                   furthest_media_ms, furthest_at) VALUES ($1, $2, $3, $4, $5, $3, $4, $5) \
                   ON CONFLICT (citizen_id, work_id) DO UPDATE SET \
                   latest_ppm = CASE WHEN excluded.latest_at >= progress.latest_at THEN excluded.latest_ppm ELSE progress.latest_ppm END, \
                   latest_media_ms = CASE WHEN excluded.latest_at >= progress.latest_at THEN excluded.latest_media_ms ELSE progress.latest_media_ms END, \
                   latest_at = CASE WHEN excluded.latest_at >= progress.latest_at THEN excluded.latest_at ELSE progress.latest_at END, \
                   furthest_ppm = CASE WHEN excluded.furthest_ppm > progress.furthest_ppm THEN excluded.furthest_ppm ELSE progress.furthest_ppm END, \
                   furthest_media_ms = CASE WHEN excluded.furthest_ppm > progress.furthest_ppm THEN excluded.furthest_media_ms ELSE progress.furthest_media_ms END, \
                   furthest_at = CASE WHEN excluded.furthest_ppm > progress.furthest_ppm THEN excluded.furthest_at ELSE progress.furthest_at END";
        let values = vec![
            citizen.uuid().into(),
            position.work.uuid().into(),
            position.locator_ppm.into(),
            position.media_ms.into(),
            position.recorded_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }
}
