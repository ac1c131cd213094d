//! Who may do what. Pure: it reads the actor and the place of a thing, never a database.

use crate::actor::{Actor, EdgeKind, Member, Role};
use crate::clock::Timestamp;
use crate::id::{CitizenId, UnitId};

/// A refusal. What the actor may not even know of is [`Refusal::Hidden`] and is answered as "not found".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody is signed in.
    Unauthenticated,
    /// Signed in, and the thing is known to exist, but it is not theirs to change.
    Forbidden,
    /// Not theirs to know of.
    Hidden,
}

/// The member behind a request.
pub fn signed_in(actor: &Actor) -> Result<&Member, Refusal> {
    actor.member().ok_or(Refusal::Unauthenticated)
}

/// A person acts for themselves and for those of the household on the same account.
pub fn acts_for(actor: &Actor, citizen: CitizenId) -> Result<&Member, Refusal> {
    let member = signed_in(actor)?;
    if member.acts_for(citizen) { Ok(member) } else { Err(Refusal::Hidden) }
}

/// Editors write lessons; so does the machine's operator when a folder is imported.
pub fn edits(actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    match actor {
        Actor::Operator => Ok(()),
        Actor::Anonymous => Err(Refusal::Unauthenticated),
        Actor::Member(member) if member.holds(Role::Editor, now) => Ok(()),
        Actor::Member(_) => Err(Refusal::Forbidden),
    }
}

/// An officer sees the members of a unit when one of its ancestors, or the unit itself, is theirs now.
/// `ancestors`: the unit and all above it by the edges of the association tree.
pub fn oversees(actor: &Actor, ancestors: &[UnitId], now: Timestamp) -> Result<(), Refusal> {
    let member = signed_in(actor)?;
    let holds = member
        .units_as(Role::Officer, now)
        .any(|grant| grant.edge_kind == EdgeKind::Association && ancestors.contains(&grant.unit));
    if holds { Ok(()) } else { Err(Refusal::Hidden) }
}

/// Who vouches for people: an officer, or an organiser of classes and keeper of a shelf.
const VOUCHING: [Role; 2] = [Role::Officer, Role::Organiser];

/// Whether somebody vouches for anybody at all; for whom, [`vouches_in`] says.
pub fn vouches(actor: &Actor, now: Timestamp) -> Result<&Member, Refusal> {
    let member = signed_in(actor)?;
    if VOUCHING.iter().any(|role| member.holds(*role, now)) { Ok(member) } else { Err(Refusal::Hidden) }
}

/// Whoever vouches for the people of a unit knows their names, and what they claim: officers and organisers of the unit
/// or of one above it, now. `ancestors`: the unit and all above it by the edges of the association tree.
pub fn vouches_in<'a>(actor: &'a Actor, ancestors: &[UnitId], now: Timestamp) -> Result<&'a Member, Refusal> {
    let member = signed_in(actor)?;
    let holds = VOUCHING.iter().any(|role| member.holds_over(*role, ancestors, now));
    if holds { Ok(member) } else { Err(Refusal::Hidden) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::Relation;
    use crate::actor::RoleGrant;
    use crate::id::{AccountId, DeviceId, SessionId};

    fn unit(number: u128) -> UnitId {
        UnitId::from_uuid(Uuid::from_u128(number))
    }

    fn officer_of(place: UnitId, valid_to: Option<i64>) -> Actor {
        holder_of(Role::Officer, place, valid_to)
    }

    fn holder_of(role: Role, place: UnitId, valid_to: Option<i64>) -> Actor {
        Actor::Member(Box::new(Member {
            account: AccountId::from_uuid(Uuid::from_u128(1)),
            session: SessionId::from_uuid(Uuid::from_u128(2)),
            device: DeviceId::from_uuid(Uuid::from_u128(3)),
            citizens: vec![(CitizenId::from_uuid(Uuid::from_u128(4)), Relation::Own)],
            grants: vec![RoleGrant {
                role,
                unit: place,
                edge_kind: EdgeKind::Association,
                valid_from: Timestamp::from_ms(0),
                valid_to: valid_to.map(Timestamp::from_ms),
            }],
        }))
    }

    #[test]
    fn an_officer_sees_their_branch_and_below_while_in_office() {
        let now = Timestamp::from_ms(100);
        let commune = unit(10);
        let branch = unit(11);
        let elsewhere = unit(12);
        assert_eq!(oversees(&officer_of(commune, None), &[branch, commune], now), Ok(()));
        assert_eq!(oversees(&officer_of(branch, None), &[commune], now), Err(Refusal::Hidden));
        assert_eq!(oversees(&officer_of(elsewhere, None), &[branch, commune], now), Err(Refusal::Hidden));
        assert_eq!(oversees(&officer_of(commune, Some(100)), &[branch, commune], now), Err(Refusal::Hidden));
        assert_eq!(oversees(&Actor::Anonymous, &[branch], now), Err(Refusal::Unauthenticated));
        assert_eq!(oversees(&Actor::Operator, &[branch], now), Err(Refusal::Unauthenticated));
    }

    #[test]
    fn officers_and_organisers_vouch_for_their_unit_and_below_while_in_office() {
        let now = Timestamp::from_ms(100);
        let [commune, branch, elsewhere] = [10, 11, 12].map(unit);
        let told = |actor: &Actor, ancestors: &[UnitId]| vouches_in(actor, ancestors, now).map(drop);
        for role in VOUCHING {
            assert_eq!(told(&holder_of(role, commune, None), &[branch, commune]), Ok(()));
            assert_eq!(told(&holder_of(role, branch, None), &[commune]), Err(Refusal::Hidden));
            assert_eq!(told(&holder_of(role, elsewhere, None), &[branch, commune]), Err(Refusal::Hidden));
            assert_eq!(told(&holder_of(role, commune, Some(100)), &[branch, commune]), Err(Refusal::Hidden));
            assert!(vouches(&holder_of(role, elsewhere, None), now).is_ok());
            assert!(vouches(&holder_of(role, elsewhere, Some(100)), now).is_err());
        }
        for role in [Role::Editor, Role::Administrator] {
            let holder = holder_of(role, branch, None);
            assert_eq!(told(&holder, &[branch, commune]), Err(Refusal::Hidden));
            assert_eq!(vouches(&holder, now).map(drop), Err(Refusal::Hidden));
        }
        assert_eq!(told(&Actor::Anonymous, &[branch]), Err(Refusal::Unauthenticated));
        assert_eq!(told(&Actor::Operator, &[branch]), Err(Refusal::Unauthenticated));
    }
}
