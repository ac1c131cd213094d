//! Printed citizen cards, and the units that a citizen can be attested for by.

use densach_domain::Timestamp;
use densach_domain::id::{AccountId, CitizenId, UnitId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::{Reads, Result, StoreError, Tx};

/// A card that was printed. What stands on it is made from this again whenever it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardRow {
    pub citizen: CitizenId,
    pub serial: u32,
    pub issued_at: Timestamp,
}

fn serial(number: i64) -> Result<u32> {
    u32::try_from(number).map_err(|_| StoreError::Broken(format!("card serial {number}")))
}

impl<C: ConnectionTrait> Reads<C> {
    /// The card of a citizen that is good now.
    pub async fn card_current(&self, citizen: CitizenId) -> Result<Option<CardRow>> {
        let sql = "SELECT serial, issued_at FROM citizen_card WHERE citizen_id = $1 AND revoked_at IS NULL";
        let Some(row) = self.row(sql, vec![citizen.uuid().into()]).await? else { return Ok(None) };
        let issued_at = Timestamp::from_ms(row.try_get_by_index(1)?);
        Ok(Some(CardRow { citizen, serial: serial(row.try_get_by_index(0)?)?, issued_at }))
    }

    pub async fn card_is_valid(&self, citizen: CitizenId, serial: u32) -> Result<bool> {
        let sql =
            "SELECT count(*) FROM citizen_card WHERE citizen_id = $1 AND serial = $2 AND revoked_at IS NULL";
        Ok(self.number(sql, vec![citizen.uuid().into(), i64::from(serial).into()]).await? > 0)
    }

    /// The units that a citizen belongs to now, and all above them in the association tree.
    pub async fn units_above_citizen(&self, citizen: CitizenId, now: Timestamp) -> Result<Vec<UnitId>> {
        #[derive(FromQueryResult)]
        struct Up {
            id: Uuid,
        }
        let sql = "WITH RECURSIVE up (id, step) AS (SELECT m.unit_id, 0 FROM membership m WHERE m.citizen_id = $1 \
                   AND m.superseded_at IS NULL AND m.valid_from <= $2 AND (m.valid_to IS NULL OR m.valid_to > $2) UNION \
                   SELECT e.parent_id, u.step + 1 FROM unit_edge e JOIN up u ON e.child_id = u.id \
                   WHERE u.step < 12 AND e.edge_kind = 'association' AND e.superseded_at IS NULL AND e.valid_from <= $2 \
                   AND (e.valid_to IS NULL OR e.valid_to > $2)) SELECT DISTINCT id FROM up ORDER BY id";
        let rows: Vec<Up> = self.all(sql, vec![citizen.uuid().into(), now.ms().into()]).await?;
        Ok(rows.into_iter().map(|row| UnitId::from_uuid(row.id)).collect())
    }
}

impl Tx {
    /// Writes down a new card under the next serial; the older ones are good no more.
    pub async fn card_issue(&self, citizen: CitizenId, by: AccountId, now: Timestamp) -> Result<CardRow> {
        // Two devices may ask at once: each card gets a serial of its own.
        let lock = format!("SELECT id FROM citizen WHERE id = $1{}", self.for_update());
        self.row(lock, vec![citizen.uuid().into()]).await?;
        self.card_revoke(citizen, by, now).await?;
        let last = "SELECT max(serial) FROM citizen_card WHERE citizen_id = $1";
        let serial = serial(self.number(last, vec![citizen.uuid().into()]).await?.saturating_add(1))?;
        let sql =
            "INSERT INTO citizen_card (citizen_id, serial, issued_by, issued_at) VALUES ($1, $2, $3, $4)";
        let values = vec![citizen.uuid().into(), i64::from(serial).into(), by.uuid().into(), now.ms().into()];
        self.execute(sql, values).await?;
        Ok(CardRow { citizen, serial, issued_at: now })
    }

    /// Makes the card of a citizen worthless; answers whether there was a good one.
    pub async fn card_revoke(&self, citizen: CitizenId, by: AccountId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE citizen_card SET revoked_at = $2, revoked_by = $3 \
                   WHERE citizen_id = $1 AND revoked_at IS NULL";
        let values = vec![citizen.uuid().into(), now.ms().into(), by.uuid().into()];
        Ok(self.execute(sql, values).await?.rows_affected() > 0)
    }
}
