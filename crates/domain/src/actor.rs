//! Who is asking.

use crate::account::Relation;
use crate::clock::Timestamp;
use crate::id::{AccountId, CitizenId, DeviceId, SessionId, UnitId};
use crate::named::named;

/// An office somebody may hold over a unit and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Uploads materials and makes lessons (người biên tập).
    Editor,
    /// Answers for the members of an association unit and of those below it (cán bộ Hội Khuyến học).
    Officer,
    /// Holds classes and keeps a library's shelf (người tổ chức lớp, thủ thư): attests who was there and what was read,
    /// and sees nobody's hours.
    Organiser,
    /// Keeps the installation running; sees no person's data (quản trị hệ thống).
    Administrator,
}

named! {
    Role {
        Editor = "editor",
        Officer = "officer",
        Organiser = "organiser",
        Administrator = "administrator",
    }
}

/// Which tree of units a grant follows downward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// Country, provinces, communes.
    Administrative,
    /// National association, provincial, communal, branches.
    Association,
}

named! {
    EdgeKind {
        Administrative = "administrative",
        Association = "association",
    }
}

/// Role × unit subtree × period, held by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleGrant {
    pub role: Role,
    pub unit: UnitId,
    pub edge_kind: EdgeKind,
    pub valid_from: Timestamp,
    pub valid_to: Option<Timestamp>,
}

impl RoleGrant {
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.valid_from <= now && self.valid_to.is_none_or(|end| now < end)
    }
}

/// A signed-in account with the people and the offices behind it.
#[derive(Debug, Clone)]
pub struct Member {
    pub account: AccountId,
    pub session: SessionId,
    pub device: DeviceId,
    pub citizens: Vec<(CitizenId, Relation)>,
    /// Grants of the account's own person; a household member never inherits them.
    pub grants: Vec<RoleGrant>,
}

impl Member {
    /// The person who signs in; absent until they have said who they are.
    pub fn own_citizen(&self) -> Option<CitizenId> {
        self.citizens.iter().find(|(_, relation)| *relation == Relation::Own).map(|(citizen, _)| *citizen)
    }

    pub fn acts_for(&self, citizen: CitizenId) -> bool {
        self.citizens.iter().any(|(own, _)| *own == citizen)
    }

    /// The roots of the subtrees over which the role is held now.
    pub fn units_as(&self, role: Role, now: Timestamp) -> impl Iterator<Item = &RoleGrant> {
        self.grants.iter().filter(move |grant| grant.role == role && grant.holds_at(now))
    }

    pub fn holds(&self, role: Role, now: Timestamp) -> bool {
        self.units_as(role, now).next().is_some()
    }

    /// Whether the role is held now over one of these units of the association tree.
    pub fn holds_over(&self, role: Role, units: &[UnitId], now: Timestamp) -> bool {
        self.units_as(role, now)
            .any(|grant| grant.edge_kind == EdgeKind::Association && units.contains(&grant.unit))
    }
}

/// Who is asking.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Somebody who has not signed in.
    Anonymous,
    Member(Box<Member>),
    /// The command line or a job of the machine itself; never comes from a request.
    Operator,
}

impl Actor {
    pub fn member(&self) -> Option<&Member> {
        match self {
            Self::Member(member) => Some(member),
            Self::Anonymous | Self::Operator => None,
        }
    }
}
