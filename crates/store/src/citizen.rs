//! Citizens, their memberships and their offices.

use densach_domain::Timestamp;
use densach_domain::actor::RoleGrant;
use densach_domain::citizen::Citizen;
use densach_domain::id::{CitizenId, MembershipId, RoleGrantId, UnitId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::total::{Presence, presence};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::sql::{places, values};
use crate::{Reads, Result, Tx};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "citizen")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub full_name: String,
        pub full_name_key: Vec<u8>,
        pub birth_date: Option<String>,
        pub residence_id: Option<Uuid>,
        pub id_number_hash: Option<Vec<u8>>,
        pub id_number_sealed: Option<Vec<u8>>,
        pub sealed_key: Vec<u8>,
        pub lifelong_record_code: Option<String>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A citizen as it is written: secrets already hashed and sealed.
#[derive(Debug, Clone)]
pub struct CitizenRow {
    pub id: CitizenId,
    pub full_name: String,
    pub birth_date: Option<String>,
    pub residence: Option<UnitId>,
    pub id_number_hash: Option<[u8; 32]>,
    pub id_number_sealed: Option<Vec<u8>>,
    /// The citizen's own key, wrapped under the installation's key: without it the sealed values are noise.
    pub sealed_key: Vec<u8>,
}

/// A member in a list that is sorted as Vietnamese names sort; `key` is the place to go on from.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub citizen: CitizenId,
    pub full_name: String,
    pub birth_date: Option<String>,
    pub key: Vec<u8>,
}

#[derive(FromQueryResult)]
struct RawCitizen {
    id: Uuid,
    full_name: String,
    birth_date: Option<String>,
    has_id_number: bool,
    residence_id: Option<Uuid>,
}

impl From<RawCitizen> for Citizen {
    fn from(raw: RawCitizen) -> Self {
        Self {
            id: CitizenId::from_uuid(raw.id),
            full_name: raw.full_name,
            birth_date: raw.birth_date,
            has_id_number: raw.has_id_number,
            residence: raw.residence_id.map(UnitId::from_uuid),
        }
    }
}

#[derive(FromQueryResult)]
pub(crate) struct RawMember {
    id: Uuid,
    full_name: String,
    birth_date: Option<String>,
    full_name_key: Vec<u8>,
}

impl From<RawMember> for MemberRow {
    fn from(raw: RawMember) -> Self {
        Self {
            citizen: CitizenId::from_uuid(raw.id),
            full_name: raw.full_name,
            birth_date: raw.birth_date,
            key: raw.full_name_key,
        }
    }
}

impl<C: ConnectionTrait> Reads<C> {
    pub async fn citizens(&self, ids: &[CitizenId]) -> Result<Vec<Citizen>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT id, full_name, birth_date, id_number_hash IS NOT NULL AS has_id_number, residence_id \
             FROM citizen WHERE id IN ({})",
            places(1, ids.len())
        );
        let rows: Vec<RawCitizen> = self.all(sql, values(ids.iter().map(|id| id.uuid()))).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Those who belong to exactly this unit now, by given name.
    pub async fn members(
        &self,
        unit: UnitId,
        now: Timestamp,
        page: &PageRequest<(Vec<u8>, CitizenId)>,
    ) -> Result<Page<MemberRow>> {
        let mut values = vec![unit.uuid().into(), now.ms().into()];
        let after = match &page.after {
            Some((key, citizen)) => {
                values.extend([key.clone().into(), citizen.uuid().into()]);
                " AND (c.full_name_key, c.id) > ($3, $4)"
            }
            None => "",
        };
        let sql = format!(
            "SELECT DISTINCT c.id, c.full_name, c.birth_date, c.full_name_key \
             FROM membership m JOIN citizen c ON c.id = m.citizen_id \
             WHERE m.unit_id = $1 AND m.superseded_at IS NULL AND m.valid_from <= $2 AND (m.valid_to IS NULL OR m.valid_to > $2){after} \
             ORDER BY c.full_name_key, c.id LIMIT {}",
            page.limit + 1
        );
        let rows: Vec<RawMember> = self.all(sql, values).await?;
        Ok(Page::cut(rows.into_iter().map(Into::into).collect(), page.limit))
    }
}

impl Tx {
    /// `full_name_key`: sorts as Vietnamese names sort.
    pub async fn citizen_add(
        &self,
        citizen: CitizenRow,
        full_name_key: Vec<u8>,
        now: Timestamp,
    ) -> Result<()> {
        self.insert(row::Model {
            id: citizen.id.uuid(),
            full_name: citizen.full_name,
            full_name_key,
            birth_date: citizen.birth_date,
            residence_id: citizen.residence.map(UnitId::uuid),
            id_number_hash: citizen.id_number_hash.map(|hash| hash.to_vec()),
            id_number_sealed: citizen.id_number_sealed,
            sealed_key: citizen.sealed_key,
            lifelong_record_code: None,
            created_at: now.ms(),
        })
        .await
    }

    /// Belongs from an instant on. The numbers of members change with it; sums of study are the caller's.
    pub async fn membership_add(
        &self,
        id: MembershipId,
        citizen: CitizenId,
        unit: UnitId,
        now: Timestamp,
    ) -> Result<()> {
        let before = self.presence_of(citizen).await?;
        let sql = "INSERT INTO membership (id, citizen_id, unit_id, valid_from, recorded_at) VALUES ($1, $2, $3, $4, $4)";
        let values = vec![id.uuid().into(), citizen.uuid().into(), unit.uuid().into(), now.ms().into()];
        self.execute(sql, values).await?;
        let mut changes = self.presence_of(citizen).await?;
        for (step, change) in before {
            *changes.entry(step).or_default() -= change;
        }
        changes.retain(|_, change| *change != 0);
        self.places_changed().await?;
        self.unit_people_add(&changes).await
    }

    async fn presence_of(&self, citizen: CitizenId) -> Result<Presence> {
        let places: Vec<_> =
            self.citizen_places(&[citizen]).await?.into_iter().map(|(_, place)| place).collect();
        Ok(presence(&places))
    }

    pub async fn role_grant_add(
        &self,
        id: RoleGrantId,
        citizen: CitizenId,
        grant: RoleGrant,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO role_grant (id, citizen_id, role, unit_id, edge_kind, valid_from, valid_to, recorded_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = vec![
            id.uuid().into(),
            citizen.uuid().into(),
            grant.role.name().into(),
            grant.unit.uuid().into(),
            grant.edge_kind.name().into(),
            grant.valid_from.ms().into(),
            grant.valid_to.map(Timestamp::ms).into(),
            now.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }
}
