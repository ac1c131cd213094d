//! The demo: two branches in one commune and a few sign-ins, all plainly named as demo. Never part of a real service.

use densach_domain::account::Relation;
use densach_domain::actor::{EdgeKind, Role, RoleGrant};
use densach_domain::id::{AccountId, CitizenId, UnitId};
use densach_domain::unit::{AreaClass, UnitKind};
use densach_store::{CitizenRow, IdentityRow, Tx, UnitSeed};

use crate::unit::association_code;
use crate::{Context, Error, Result};

/// Phường Hoàn Kiếm, Hà Nội: any commune would do.
const COMMUNE: &str = "00070";
const BRANCHES: [(&str, &str); 2] = [("DEMO-1", "Chi hội Demo 1"), ("DEMO-2", "Chi hội Demo 2")];

/// Somebody to sign in as.
#[derive(Debug, Clone, Copy)]
pub struct DemoPerson {
    pub phone: &'static str,
    pub name: &'static str,
    /// What they are for, in the words of the person who tries the demo.
    pub part: &'static str,
    office: Option<(Role, Place)>,
    branch: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Country,
    Commune,
    Branch(usize),
}

/// The sign-ins of the demo.
pub const PEOPLE: [DemoPerson; 6] = [
    DemoPerson {
        phone: "0900000001",
        name: "Biên tập viên Demo",
        part: "editor",
        office: Some((Role::Editor, Place::Country)),
        branch: None,
    },
    DemoPerson {
        phone: "0900000002",
        name: "Người học Demo Một",
        part: "citizen of branch 1",
        office: None,
        branch: Some(0),
    },
    DemoPerson {
        phone: "0900000003",
        name: "Người học Demo Hai",
        part: "citizen of branch 2",
        office: None,
        branch: Some(1),
    },
    DemoPerson {
        phone: "0900000004",
        name: "Chi hội trưởng Demo",
        part: "officer of branch 1",
        office: Some((Role::Officer, Place::Branch(0))),
        branch: Some(0),
    },
    DemoPerson {
        phone: "0900000005",
        name: "Cán bộ xã Demo",
        part: "officer of the commune",
        office: Some((Role::Officer, Place::Commune)),
        branch: None,
    },
    DemoPerson {
        phone: "0900000006", name: "Người lạ Demo", part: "a stranger", office: None, branch: None
    },
];

/// Makes the branches and the people that are not there yet; running it again changes nothing.
pub async fn seed(cx: &Context) -> Result<()> {
    let now = cx.now();
    let country = find(cx, "VN").await?;
    let commune = find(cx, &association_code(COMMUNE)).await?;
    let mut branches = Vec::new();
    for (code, name) in BRANCHES {
        branches.push(branch(cx, commune, code, name).await?);
    }
    for person in PEOPLE {
        let phone =
            densach_domain::phone::Phone::parse(person.phone).map_err(|_| Error::internal("a demo phone"))?;
        let hash = cx.vault.hash("phone", phone.as_str().as_bytes());
        if cx.store.account_by_identity(&hash).await?.is_some() {
            continue;
        }
        let sealed = cx.vault.seal(&*cx.entropy, "phone", phone.as_str().as_bytes())?;
        let identity = IdentityRow { key_hash: hash, kind: "phone".into(), sealed };
        let tx = cx.store.begin().await?;
        let citizen = add_person(cx, &tx, person.name, identity).await?;
        if let Some(branch) = person.branch {
            tx.membership_add(cx.new_id(), citizen, branches[branch], now).await?;
        }
        if let Some((role, place)) = person.office {
            let (unit, edge_kind) = match place {
                Place::Country => (country, EdgeKind::Administrative),
                Place::Commune => (commune, EdgeKind::Association),
                Place::Branch(index) => (branches[index], EdgeKind::Association),
            };
            let grant = RoleGrant { role, unit, edge_kind, valid_from: now, valid_to: None };
            tx.role_grant_add(cx.new_id(), citizen, grant, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn find(cx: &Context, code: &str) -> Result<UnitId> {
    let unit = cx.store.unit_by_code(code, cx.now()).await?;
    unit.map(|unit| unit.id).ok_or_else(|| Error::internal(format!("unit {code} is not loaded")))
}

async fn branch(cx: &Context, commune: UnitId, code: &str, name: &str) -> Result<UnitId> {
    if let Some(unit) = cx.store.unit_by_code(code, cx.now()).await? {
        return Ok(unit.id);
    }
    let id = cx.new_id();
    let seed = UnitSeed {
        id,
        code: code.to_owned(),
        kind: UnitKind::Branch,
        name: name.to_owned(),
        name_key: densach_text::collation_key(name),
        area_class: AreaClass::Unknown,
        area_source: "demo".to_owned(),
        parent: Some(commune),
        territory: None,
        valid_from: cx.now(),
    };
    let tx = cx.store.begin().await?;
    tx.units_add(&[seed], cx.now()).await?;
    tx.commit().await?;
    Ok(id)
}

async fn add_person(cx: &Context, tx: &Tx, name: &str, identity: IdentityRow) -> Result<CitizenId> {
    let now = cx.now();
    let account: AccountId = cx.new_id();
    tx.account_add(account, identity, now).await?;
    let citizen = CitizenRow {
        id: cx.new_id(),
        full_name: name.to_owned(),
        birth_date: None,
        residence: None,
        id_number_hash: None,
        id_number_sealed: None,
        sealed_key: cx.vault.new_citizen_key(&*cx.entropy)?,
    };
    let id = citizen.id;
    tx.citizen_add(citizen, densach_text::name::sort_key(name), now).await?;
    tx.account_citizen_add(account, id, Relation::Own, now).await?;
    Ok(id)
}
