//! What explains a line of the ledger beside the line itself: names of people and devices, and whether an officer may
//! look.

use densach_domain::Timestamp;
use densach_domain::id::{AccountId, CitizenId, DeviceId, UnitId};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::citizen::MemberRow;
use crate::dispute::BELONGS;
use crate::sql::{places, values};
use crate::unit::subtree;
use crate::{Reads, Result};

impl<C: ConnectionTrait> Reads<C> {
    /// What devices are called, and who stands behind accounts, by the id of each; one statement for both.
    pub async fn names_of(
        &self,
        devices: &[DeviceId],
        accounts: &[AccountId],
    ) -> Result<Vec<(Uuid, String)>> {
        #[derive(FromQueryResult)]
        struct Named {
            id: Uuid,
            name: String,
        }
        let mut selects = Vec::new();
        let mut all: Vec<Value> = Vec::new();
        if !devices.is_empty() {
            let ids = places(1, devices.len());
            selects.push(format!("SELECT id, name FROM device WHERE id IN ({ids})"));
            all.extend(values(devices.iter().map(|id| id.uuid())));
        }
        if !accounts.is_empty() {
            let ids = places(all.len() + 1, accounts.len());
            selects.push(format!(
                "SELECT a.account_id AS id, c.full_name AS name FROM account_citizen a \
                 JOIN citizen c ON c.id = a.citizen_id WHERE a.relation = 'own' AND a.account_id IN ({ids})"
            ));
            all.extend(values(accounts.iter().map(|id| id.uuid())));
        }
        if selects.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Named> = self.all(selects.join(" UNION ALL "), all).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
    }

    /// A citizen whom officers of a unit answer for now, because the citizen belongs to it or to a unit below it. Somebody
    /// who belongs nowhere is seen from the national association, and only while a dispute of theirs waits.
    pub async fn member_under(
        &self,
        unit: UnitId,
        citizen: CitizenId,
        now: Timestamp,
    ) -> Result<Option<MemberRow>> {
        #[derive(FromQueryResult)]
        struct Raw {
            id: Uuid,
            full_name: String,
            birth_date: Option<String>,
            full_name_key: Vec<u8>,
        }
        let sql = format!(
            "{} SELECT c.id, c.full_name, c.birth_date, c.full_name_key FROM citizen c WHERE c.id = $3 AND (\
             EXISTS (SELECT 1 FROM subtree s JOIN membership m ON m.unit_id = s.id \
             WHERE m.citizen_id = c.id AND {BELONGS}) \
             OR (EXISTS (SELECT 1 FROM unit u WHERE u.id = $2 AND u.kind = 'national_association') \
             AND EXISTS (SELECT 1 FROM dispute d WHERE d.citizen_id = c.id AND d.state = 'open') \
             AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.citizen_id = c.id AND {BELONGS})))",
            subtree(2, 1)
        );
        let values = vec![now.ms().into(), unit.uuid().into(), citizen.uuid().into()];
        let raw: Option<Raw> = self.one(sql, values).await?;
        Ok(raw.map(|raw| MemberRow {
            citizen: CitizenId::from_uuid(raw.id),
            full_name: raw.full_name,
            birth_date: raw.birth_date,
            key: raw.full_name_key,
        }))
    }
}
