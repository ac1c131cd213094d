//! The people behind an account: oneself, and others of the household who study on the same phone.

use densach_domain::account::Relation;
use densach_domain::actor::{Actor, EdgeKind, Role, RoleGrant};
use densach_domain::citizen::{Citizen, CitizenInput, MOST_CITIZENS_OF_AN_ACCOUNT};
use densach_domain::id::CitizenId;
use densach_domain::phone::Phone;
use densach_domain::{Code, Problem, policy};
use densach_store::{CitizenRow, StoreError};

use crate::idempotent::begin;
use crate::{Context, Error, Request, Result};

/// The people of the account that asks, its own person first.
pub async fn mine(cx: &Context) -> Result<Vec<(Citizen, Relation)>> {
    let member = policy::signed_in(&cx.actor)?;
    let ids: Vec<_> = member.citizens.iter().map(|(citizen, _)| *citizen).collect();
    let mut known = cx.store.citizens(&ids).await?;
    let mut people = Vec::new();
    for (id, relation) in &member.citizens {
        if let Some(index) = known.iter().position(|citizen| citizen.id == *id) {
            people.push((known.swap_remove(index), *relation));
        }
    }
    Ok(people)
}

/// Adds a person to the account: the first is the account's own, the others are of the household.
pub async fn add(cx: &Context, request: &Request, input: &CitizenInput) -> Result<CitizenId> {
    let member = policy::signed_in(&cx.actor)?;
    let facts = input.read(cx.now().civil_day())?;
    if let Some(residence) = facts.residence
        && cx.store.units(&[residence], cx.now()).await?.is_empty()
    {
        return Err(Error::problem(Code::NotFound, "residenceId"));
    }
    let write = begin!(cx, member.account.uuid(), request);
    // Two devices of one account may add at once: who is there is read again under a lock.
    write.tx.account_lock(member.account).await?;
    let member = write.tx.session_member(member.session, cx.now()).await?.ok_or(Error::Unauthenticated)?;
    if member.citizens.len() >= MOST_CITIZENS_OF_AN_ACCOUNT {
        return Err(
            vec![Problem::new(Code::TooManyItems, "citizens").detail(MOST_CITIZENS_OF_AN_ACCOUNT)].into()
        );
    }
    let id: CitizenId = cx.new_id();
    let sealed_key = cx.vault.new_citizen_key(&*cx.entropy)?;
    let id_number_sealed = match &facts.id_number {
        Some(number) => Some(cx.vault.seal_for_citizen(
            &*cx.entropy,
            &sealed_key,
            "id number",
            number.as_str().as_bytes(),
        )?),
        None => None,
    };
    let citizen = CitizenRow {
        id,
        birth_date: facts.birth_date.map(|birth| birth.to_string()),
        residence: facts.residence,
        id_number_hash: facts
            .id_number
            .as_ref()
            .map(|number| cx.vault.hash("id number", number.as_str().as_bytes())),
        id_number_sealed,
        sealed_key,
        full_name: facts.full_name,
    };
    let relation = if member.own_citizen().is_none() { Relation::Own } else { Relation::Household };
    let name_key = densach_text::name::sort_key(&citizen.full_name);
    match write.tx.citizen_add(citizen, name_key, cx.now()).await {
        // Who holds the number is not said: it may be somebody else's account.
        Err(StoreError::Duplicate(_)) => return Err(Error::problem(Code::Duplicate, "idNumber")),
        added => added?,
    }
    write.tx.account_citizen_add(member.account, id, relation, cx.now()).await?;
    let id = write.finish(cx, id).await?;
    cx.caches.members.invalidate_all();
    Ok(id)
}

/// Gives an office to the person behind a phone number. Only the operator may; how officers hand over among themselves
/// is the registry's business.
pub async fn grant(cx: &Context, phone: &str, role: Role, unit_code: &str) -> Result<()> {
    match &cx.actor {
        Actor::Operator => {}
        Actor::Anonymous | Actor::Member(_) => return Err(Error::Forbidden),
    }
    let phone = Phone::parse(phone).map_err(|code| Error::problem(code, "phone"))?;
    let hash = cx.vault.hash("phone", phone.as_str().as_bytes());
    let missing = |field: &str| Error::problem(Code::NotFound, field);
    let account = cx.store.account_by_identity(&hash).await?.ok_or_else(|| missing("phone"))?;
    let citizen = cx.store.account_own_citizen(account).await?.ok_or_else(|| missing("citizen"))?;
    let unit = cx.store.unit_by_code(unit_code, cx.now()).await?.ok_or_else(|| missing("unit"))?;
    if role == Role::Officer && !unit.kind.is_association() {
        let association = crate::unit::association_code(unit_code);
        return Err(vec![Problem::new(Code::WrongKind, "unit").detail(association)].into());
    }
    let edge_kind = if unit.kind.is_association() { EdgeKind::Association } else { EdgeKind::Administrative };
    let grant = RoleGrant { role, unit: unit.id, edge_kind, valid_from: cx.now(), valid_to: None };
    let tx = cx.store.begin().await?;
    tx.role_grant_add(cx.new_id(), citizen, grant, cx.now()).await?;
    tx.commit().await?;
    cx.caches.members.invalidate_all();
    Ok(())
}
