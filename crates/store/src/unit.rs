//! Units, as they are at a moment.

use densach_domain::actor::EdgeKind;
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::total::Presence;
use densach_domain::unit::{AreaClass, Unit, UnitKind};
use densach_domain::{Day, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::sql::{places, values};
use crate::{Reads, Result, StoreError, Tx};

/// The units in `count` places from `$first` on, each as its own root, and everything below them in the association
/// tree at the instant `$1`.
pub(crate) fn subtree(first: usize, count: usize) -> String {
    format!(
        "WITH RECURSIVE subtree (root, id) AS (SELECT u.id, u.id FROM unit u WHERE u.id IN ({}) UNION \
         SELECT s.root, e.child_id FROM unit_edge e JOIN subtree s ON e.parent_id = s.id \
         WHERE e.edge_kind = 'association' AND e.superseded_at IS NULL \
         AND e.valid_from <= $1 AND (e.valid_to IS NULL OR e.valid_to > $1))",
        places(first, count)
    )
}

/// A unit to write, with its first name, class and edges.
#[derive(Debug, Clone)]
pub struct UnitSeed {
    pub id: UnitId,
    pub code: String,
    pub kind: UnitKind,
    pub name: String,
    pub name_key: Vec<u8>,
    pub area_class: AreaClass,
    pub area_source: String,
    pub parent: Option<UnitId>,
    /// For an association: the administrative unit whose people it serves.
    pub territory: Option<UnitId>,
    pub valid_from: Timestamp,
}

mod row {
    pub mod unit {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "unit")]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub id: Uuid,
            pub code: String,
            pub kind: String,
            pub created_at: i64,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    pub mod name {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "unit_name")]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub unit_id: Uuid,
            pub name: String,
            pub sort_key: Vec<u8>,
            #[sea_orm(primary_key, auto_increment = false)]
            pub valid_from: i64,
            pub valid_to: Option<i64>,
            #[sea_orm(primary_key, auto_increment = false)]
            pub recorded_at: i64,
            pub superseded_at: Option<i64>,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    pub mod area {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "unit_area")]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub unit_id: Uuid,
            pub area_class: String,
            pub source: String,
            #[sea_orm(primary_key, auto_increment = false)]
            pub valid_from: i64,
            pub valid_to: Option<i64>,
            #[sea_orm(primary_key, auto_increment = false)]
            pub recorded_at: i64,
            pub superseded_at: Option<i64>,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    pub mod edge {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "unit_edge")]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub child_id: Uuid,
            pub parent_id: Uuid,
            #[sea_orm(primary_key, auto_increment = false)]
            pub edge_kind: String,
            #[sea_orm(primary_key, auto_increment = false)]
            pub valid_from: i64,
            pub valid_to: Option<i64>,
            #[sea_orm(primary_key, auto_increment = false)]
            pub recorded_at: i64,
            pub superseded_at: Option<i64>,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }
}

#[derive(FromQueryResult)]
struct Raw {
    id: Uuid,
    code: String,
    kind: String,
    name: String,
    area_class: Option<String>,
    parent_id: Option<Uuid>,
    valid_from: i64,
    sort_key: Vec<u8>,
}

impl TryFrom<Raw> for Unit {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self> {
        Ok(Self {
            id: UnitId::from_uuid(raw.id),
            code: raw.code,
            kind: UnitKind::parse(&raw.kind).ok_or(StoreError::Broken(raw.kind))?,
            name: raw.name,
            area_class: raw.area_class.as_deref().and_then(AreaClass::parse).unwrap_or(AreaClass::Unknown),
            parent: raw.parent_id.map(UnitId::from_uuid),
            valid_from: Timestamp::from_ms(raw.valid_from),
        })
    }
}

/// Units as they are at `$1`, as far as is known today.
const UNIT_NOW: &str = "SELECT u.id, u.code, u.kind, n.name, n.sort_key, n.valid_from, \
     (SELECT a.area_class FROM unit_area a WHERE a.unit_id = u.id AND a.superseded_at IS NULL \
      AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1) LIMIT 1) AS area_class, \
     (SELECT e.parent_id FROM unit_edge e WHERE e.child_id = u.id AND e.edge_kind IN ('administrative', 'association') \
      AND e.superseded_at IS NULL AND e.valid_from <= $1 AND (e.valid_to IS NULL OR e.valid_to > $1) LIMIT 1) AS parent_id \
     FROM unit u JOIN unit_name n ON n.unit_id = u.id AND n.superseded_at IS NULL \
     AND n.valid_from <= $1 AND (n.valid_to IS NULL OR n.valid_to > $1)";

impl<C: ConnectionTrait> Reads<C> {
    pub async fn units(&self, ids: &[UnitId], now: Timestamp) -> Result<Vec<Unit>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{UNIT_NOW} WHERE u.id IN ({})", places(2, ids.len()));
        let mut all = vec![now.ms().into()];
        all.extend(values(ids.iter().map(|id| id.uuid())));
        let rows: Vec<Raw> = self.all(sql, all).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn unit_by_code(&self, code: &str, now: Timestamp) -> Result<Option<Unit>> {
        let raw: Option<Raw> =
            self.one(format!("{UNIT_NOW} WHERE u.code = $2"), vec![now.ms().into(), code.into()]).await?;
        raw.map(TryInto::try_into).transpose()
    }

    /// The units directly below one, by name; the key is the place to go on from.
    pub async fn unit_children(
        &self,
        parent: UnitId,
        edge_kind: EdgeKind,
        now: Timestamp,
        page: &PageRequest<(Vec<u8>, UnitId)>,
    ) -> Result<Page<(Unit, Vec<u8>)>> {
        let mut values = vec![now.ms().into(), parent.uuid().into(), edge_kind.name().into()];
        let after = match &page.after {
            Some((key, unit)) => {
                values.extend([key.clone().into(), unit.uuid().into()]);
                " AND (n.sort_key, u.id) > ($4, $5)"
            }
            None => "",
        };
        let sql = format!(
            "{UNIT_NOW} WHERE u.id IN (SELECT e.child_id FROM unit_edge e WHERE e.parent_id = $2 AND e.edge_kind = $3 \
             AND e.superseded_at IS NULL AND e.valid_from <= $1 AND (e.valid_to IS NULL OR e.valid_to > $1)){after} \
             ORDER BY n.sort_key, u.id LIMIT {}",
            page.limit + 1
        );
        let rows: Vec<Raw> = self.all(sql, values).await?;
        let units: Result<Vec<_>> = rows
            .into_iter()
            .map(|mut raw| {
                let key = std::mem::take(&mut raw.sort_key);
                Ok((raw.try_into()?, key))
            })
            .collect();
        Ok(Page::cut(units?, page.limit))
    }

    /// A unit and all above it by edges of one kind; the unit itself first.
    pub async fn unit_ancestors(
        &self,
        unit: UnitId,
        edge_kind: EdgeKind,
        now: Timestamp,
    ) -> Result<Vec<UnitId>> {
        #[derive(FromQueryResult)]
        struct Up {
            id: Uuid,
        }
        let sql = "WITH RECURSIVE up (id, step) AS (SELECT id, 0 FROM unit WHERE id = $1 UNION \
                   SELECT e.parent_id, u.step + 1 FROM unit_edge e JOIN up u ON e.child_id = u.id \
                   WHERE u.step < 12 AND e.edge_kind = $2 AND e.superseded_at IS NULL AND e.valid_from <= $3 \
                   AND (e.valid_to IS NULL OR e.valid_to > $3)) SELECT id FROM up ORDER BY step";
        let rows: Vec<Up> =
            self.all(sql, vec![unit.uuid().into(), edge_kind.name().into(), now.ms().into()]).await?;
        Ok(rows.into_iter().map(|row| UnitId::from_uuid(row.id)).collect())
    }

    pub async fn unit_count(&self) -> Result<i64> {
        self.number("SELECT count(*) FROM unit", vec![]).await
    }

    /// How many people belong to each of these units, or to one below it, on the learning day of an instant.
    pub async fn unit_member_counts(&self, units: &[UnitId], now: Timestamp) -> Result<Vec<(UnitId, i64)>> {
        #[derive(FromQueryResult)]
        struct Count {
            unit_id: Uuid,
            member_count: i64,
        }
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT unit_id, CAST(sum(change) AS bigint) AS member_count FROM unit_people \
             WHERE day <= $1 AND unit_id IN ({}) GROUP BY unit_id HAVING sum(change) > 0",
            places(2, units.len())
        );
        let mut all = vec![i64::from(now.learning_day().number()).into()];
        all.extend(values(units.iter().map(|unit| unit.uuid())));
        let rows: Vec<Count> = self.all(sql, all).await?;
        Ok(rows.into_iter().map(|row| (UnitId::from_uuid(row.unit_id), row.member_count)).collect())
    }

    /// People who belong anywhere, in the order of their ids, after one.
    pub async fn members_after(&self, after: Option<CitizenId>, limit: usize) -> Result<Vec<CitizenId>> {
        #[derive(FromQueryResult)]
        struct Raw {
            citizen_id: Uuid,
        }
        let sql = format!(
            "SELECT DISTINCT citizen_id FROM membership WHERE superseded_at IS NULL AND citizen_id > $1 \
             ORDER BY citizen_id LIMIT {limit}"
        );
        let after = after.map_or(Uuid::nil(), CitizenId::uuid);
        let rows: Vec<Raw> = self.all(sql, vec![after.into()]).await?;
        Ok(rows.into_iter().map(|row| CitizenId::from_uuid(row.citizen_id)).collect())
    }

    /// All changes of the numbers of members.
    pub async fn unit_people(&self) -> Result<Presence> {
        #[derive(FromQueryResult)]
        struct Raw {
            unit_id: Uuid,
            day: i64,
            change: i64,
        }
        let sql = "SELECT unit_id, day, change FROM unit_people WHERE change <> 0";
        let rows: Vec<Raw> = self.all(sql, vec![]).await?;
        let step = |row: Raw| {
            let day = Day::from_number(i32::try_from(row.day).unwrap_or(0));
            ((UnitId::from_uuid(row.unit_id), day), row.change)
        };
        Ok(rows.into_iter().map(step).collect())
    }
}

impl Tx {
    /// Adds to the changes of the numbers of members.
    pub async fn unit_people_add(&self, changes: &Presence) -> Result<()> {
        let row = |((unit, day), change): (&(UnitId, Day), &i64)| {
            vec![unit.uuid().into(), i64::from(day.number()).into(), (*change).into()]
        };
        self.insert_rows(
            "INSERT INTO unit_people (unit_id, day, change)",
            changes.iter().map(row).collect(),
            "ON CONFLICT (unit_id, day) DO UPDATE SET change = unit_people.change + excluded.change",
        )
        .await
    }

    /// To be called when somebody comes to a unit or leaves it, or a unit moves.
    pub(crate) async fn places_changed(&self) -> Result<()> {
        self.execute("UPDATE place_version SET version = version + 1 WHERE id = 1", vec![]).await?;
        Ok(())
    }

    /// Takes all numbers of members away, so that they can be made again.
    pub async fn unit_people_clear(&self) -> Result<()> {
        self.execute("DELETE FROM unit_people", vec![]).await?;
        Ok(())
    }

    /// Writes new units with their first names, classes and edges.
    pub async fn units_add(&self, seeds: &[UnitSeed], now: Timestamp) -> Result<()> {
        let recorded_at = now.ms();
        let units = seeds.iter().map(|seed| row::unit::Model {
            id: seed.id.uuid(),
            code: seed.code.clone(),
            kind: seed.kind.name().into(),
            created_at: recorded_at,
        });
        self.insert_all(units.collect(), 4).await?;
        let names = seeds.iter().map(|seed| row::name::Model {
            unit_id: seed.id.uuid(),
            name: seed.name.clone(),
            sort_key: seed.name_key.clone(),
            valid_from: seed.valid_from.ms(),
            valid_to: None,
            recorded_at,
            superseded_at: None,
        });
        self.insert_all(names.collect(), 7).await?;
        let areas = seeds.iter().map(|seed| row::area::Model {
            unit_id: seed.id.uuid(),
            area_class: seed.area_class.name().into(),
            source: seed.area_source.clone(),
            valid_from: seed.valid_from.ms(),
            valid_to: None,
            recorded_at,
            superseded_at: None,
        });
        self.insert_all(areas.collect(), 7).await?;
        let edges = seeds.iter().flat_map(|seed| {
            let tree =
                if seed.kind.is_association() { EdgeKind::Association } else { EdgeKind::Administrative };
            let parent = seed.parent.map(|parent| (parent, tree.name()));
            let territory = seed.territory.map(|territory| (territory, "territory"));
            parent.into_iter().chain(territory).map(|(parent, edge_kind)| row::edge::Model {
                child_id: seed.id.uuid(),
                parent_id: parent.uuid(),
                edge_kind: edge_kind.into(),
                valid_from: seed.valid_from.ms(),
                valid_to: None,
                recorded_at,
                superseded_at: None,
            })
        });
        self.insert_all(edges.collect(), 7).await?;
        self.places_changed().await
    }

    /// All codes that are taken, with the unit that has each.
    pub async fn unit_codes(&self) -> Result<Vec<(String, UnitId)>> {
        #[derive(FromQueryResult)]
        struct Code {
            code: String,
            id: Uuid,
        }
        let rows: Vec<Code> = self.all("SELECT code, id FROM unit", vec![]).await?;
        Ok(rows.into_iter().map(|row| (row.code, UnitId::from_uuid(row.id))).collect())
    }
}
