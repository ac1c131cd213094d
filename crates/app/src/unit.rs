//! Units: public names and places, and the data file that they are loaded from.

use std::collections::HashMap;

use densach_domain::Timestamp;
use densach_domain::actor::EdgeKind;
use densach_domain::id::UnitId;
use densach_domain::page::{Page, PageRequest};
use densach_domain::unit::{AreaClass, Unit, UnitKind};
use densach_store::UnitSeed;

use crate::{Context, Error, Result};

/// The 34 provinces and 3,321 communes in force since 1 July 2025; source and date stand in its head.
pub const UNITS_2025_07_01: &str = include_str!("../../../data/units-2025-07-01.csv");
const IN_FORCE_FROM: &str = "2025-07-01T00:00:00+07:00";
const COUNTRY: &str = "VN";
const ASSOCIATION_MARK: &str = "HKH";
/// No source that was read lists the class of each commune since the reform.
const AREA_SOURCE: &str = "not stated in the unit list";

pub async fn by_id(cx: &Context, id: UnitId) -> Result<Unit> {
    cx.store.units(&[id], cx.now()).await?.pop().ok_or(Error::NotFound)
}

pub async fn by_code(cx: &Context, code: &str) -> Result<Unit> {
    if code.contains('\0') {
        return Err(Error::NotFound);
    }
    cx.store.unit_by_code(code, cx.now()).await?.ok_or(Error::NotFound)
}

/// The units directly below one, in Vietnamese order.
pub async fn children(
    cx: &Context,
    parent: &Unit,
    page: &PageRequest<(Vec<u8>, UnitId)>,
) -> Result<Page<(Unit, Vec<u8>)>> {
    let kind = if parent.kind.is_association() { EdgeKind::Association } else { EdgeKind::Administrative };
    Ok(cx.store.unit_children(parent.id, kind, cx.now(), page).await?)
}

/// What loading the unit list did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    pub added_count: usize,
    pub known_count: usize,
}

/// Loads a unit list, and one association for each unit. Units that are there already stay as they are, so loading
/// again changes nothing; a changed name or parent is the work of a reorganisation plan, never of a load.
pub async fn load(cx: &Context, csv: &str) -> Result<Loaded> {
    let valid_from =
        Timestamp::parse(IN_FORCE_FROM).ok_or_else(|| Error::internal("the date of the unit list"))?;
    let tx = cx.store.begin().await?;
    let ids = tx.unit_codes().await?.into_iter().collect();
    let mut plan = Plan { cx, valid_from, ids, seeds: Vec::new(), known_count: 0 };
    let country = plan.add(COUNTRY, UnitKind::Country, "Việt Nam", None, None);
    let national = plan.add(
        &association_code(COUNTRY),
        UnitKind::NationalAssociation,
        "Hội Khuyến học Việt Nam",
        None,
        Some(country),
    );
    for (number, line) in csv.lines().enumerate() {
        if line.starts_with('#') || line.starts_with("code,") || line.trim().is_empty() {
            continue;
        }
        let fields: Vec<&str> = line.split(',').collect();
        let [code, level, parent, name, _, _] = fields[..] else {
            return Err(Error::internal(format!("unit list, line {}: six fields are needed", number + 1)));
        };
        let (kind, association, above, association_above) = match level {
            "province" => (UnitKind::Province, UnitKind::ProvincialAssociation, country, national),
            "commune" => (
                UnitKind::Commune,
                UnitKind::CommunalAssociation,
                plan.find(parent, number)?,
                plan.find(&association_code(parent), number)?,
            ),
            other => return Err(Error::internal(format!("unit list, line {}: level {other}", number + 1))),
        };
        let unit = plan.add(code, kind, name, Some(above), None);
        let name = format!("Hội Khuyến học {name}");
        plan.add(&association_code(code), association, &name, Some(association_above), Some(unit));
    }
    let loaded = Loaded { added_count: plan.seeds.len(), known_count: plan.known_count };
    tx.units_add(&plan.seeds, cx.now()).await?;
    tx.commit().await?;
    Ok(loaded)
}

/// The code of the association that serves a unit.
pub fn association_code(code: &str) -> String {
    format!("{ASSOCIATION_MARK}-{code}")
}

struct Plan<'a> {
    cx: &'a Context,
    valid_from: Timestamp,
    /// By code: what was there, and what is being added.
    ids: HashMap<String, UnitId>,
    seeds: Vec<UnitSeed>,
    known_count: usize,
}

impl Plan<'_> {
    fn add(
        &mut self,
        code: &str,
        kind: UnitKind,
        name: &str,
        parent: Option<UnitId>,
        territory: Option<UnitId>,
    ) -> UnitId {
        if let Some(id) = self.ids.get(code) {
            self.known_count += 1;
            return *id;
        }
        let id = self.cx.new_id();
        self.ids.insert(code.to_owned(), id);
        self.seeds.push(UnitSeed {
            id,
            code: code.to_owned(),
            kind,
            name: name.to_owned(),
            name_key: densach_text::collation_key(name),
            area_class: AreaClass::Unknown,
            area_source: AREA_SOURCE.to_owned(),
            parent,
            territory,
            valid_from: self.valid_from,
        });
        id
    }

    fn find(&self, code: &str, line: usize) -> Result<UnitId> {
        self.ids
            .get(code)
            .copied()
            .ok_or_else(|| Error::internal(format!("unit list, line {}: no unit {code}", line + 1)))
    }
}
