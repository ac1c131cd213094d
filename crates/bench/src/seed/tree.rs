//! A provincial association with communes and branches below it.

use densach_domain::Timestamp;
use densach_domain::id::UnitId;
use densach_domain::unit::{AreaClass, UnitKind};
use densach_store::{Store, UnitSeed};

use super::number::Kind;
use crate::Outcome;
use crate::pool::Pool;

/// Units are numbered from the province down.
#[derive(Debug, Clone, Copy)]
pub struct Tree {
    pub commune_count: u32,
    pub branch_count: u32,
}

const PROVINCE: u32 = 1;
const FIRST_COMMUNE: u32 = 2;

impl Tree {
    pub fn province(self) -> UnitId {
        Kind::Unit.id(PROVINCE)
    }

    fn first_branch(self) -> u32 {
        FIRST_COMMUNE + self.commune_count
    }

    /// The branch of the citizen whose number an expression is, as an expression.
    pub fn branch_sql(self, pool: &Pool, citizen: &str) -> String {
        Kind::Unit.sql(pool, &format!("({} + {citizen} % {})", self.first_branch(), self.branch_count))
    }

    pub async fn add(self, store: &Store, since: Timestamp) -> Outcome {
        let communes = (0..self.commune_count).map(|index| {
            let name = format!("Hội Khuyến học xã số {index}");
            seed(FIRST_COMMUNE + index, UnitKind::CommunalAssociation, Some(PROVINCE), name, since)
        });
        let branches = (0..self.branch_count).map(|index| {
            let commune = FIRST_COMMUNE + index % self.commune_count;
            let name = format!("Chi hội khuyến học số {index}");
            seed(self.first_branch() + index, UnitKind::Branch, Some(commune), name, since)
        });
        let name = "Hội Khuyến học tỉnh đo thử".to_owned();
        let mut seeds = vec![seed(PROVINCE, UnitKind::ProvincialAssociation, None, name, since)];
        seeds.extend(communes);
        seeds.extend(branches);
        let tx = store.begin().await?;
        tx.units_add(&seeds, since).await?;
        Ok(tx.commit().await?)
    }
}

fn seed(number: u32, kind: UnitKind, parent: Option<u32>, name: String, since: Timestamp) -> UnitSeed {
    UnitSeed {
        id: Kind::Unit.id(number),
        code: format!("BENCH-{number}"),
        kind,
        name,
        // Sorted by number.
        name_key: number.to_be_bytes().to_vec(),
        area_class: AreaClass::Ordinary,
        area_source: "made up".to_owned(),
        parent: parent.map(|parent| Kind::Unit.id(parent)),
        territory: None,
        valid_from: since,
    }
}

/// All units, each as its own root, with everything below them: a recursive common table expression.
pub const SUBTREE: &str = "subtree (root, id) AS (SELECT id, id FROM unit UNION ALL SELECT s.root, e.child_id \
     FROM subtree s JOIN unit_edge e ON e.parent_id = s.id AND e.edge_kind = 'association')";
