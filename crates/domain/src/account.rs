//! Signing in: an account is a phone number (or an identity of a broker) with one or more people behind it.

use crate::clock::Timestamp;
use crate::id::{AccountId, ChallengeId, DeviceId, SessionId};
use crate::named::named;
use crate::problem::Problems;

/// A family often shares one phone, so an account holds its own person and, when need be, others of the household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The person who signs in.
    Own,
    /// Somebody of the household who studies on the same phone.
    Household,
}

named! {
    Relation {
        Own = "own",
        Household = "household",
    }
}

/// A request for a one-time code. The code itself is never kept: only its keyed hash.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub id: ChallengeId,
    pub phone_hash: [u8; 32],
    pub code_hash: [u8; 32],
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub attempts: u32,
    pub used_at: Option<Timestamp>,
}

/// A device that is signed in. The refresh token rotates; its *family* is the session.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub account: AccountId,
    pub device: DeviceId,
    /// Keyed hash of the refresh token that is valid now.
    pub refresh_hash: [u8; 32],
    /// The one before it, which a phone may still hold when the answer was lost on the way.
    pub previous_hash: Option<[u8; 32]>,
    pub rotated_at: Timestamp,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// What a presented refresh token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// The valid one: rotate.
    Current,
    /// The one before, shortly after rotation: the answer was lost; rotate again.
    LostAnswer,
    /// The one before, long after, or an unknown one of this session: somebody else holds a copy; end the session.
    Reused,
    /// The session is over.
    Ended,
}

impl Session {
    /// Judges a refresh token by its hash. `forgive_ms`: how long the token before the valid one still passes,
    /// so that a phone whose answer was lost on a poor line is not signed out.
    pub fn judge(&self, presented: &[u8; 32], now: Timestamp, forgive_ms: i64) -> Refresh {
        if self.ended_at.is_some() || now >= self.expires_at {
            Refresh::Ended
        } else if presented == &self.refresh_hash {
            Refresh::Current
        } else if self.previous_hash.as_ref() == Some(presented) && now <= self.rotated_at.plus_ms(forgive_ms)
        {
            Refresh::LostAnswer
        } else {
            Refresh::Reused
        }
    }
}

/// A device names itself once, with an id that it made; sequence numbers of evidence count per device.
#[derive(Debug, Clone)]
pub struct DeviceInput {
    pub client_id: String,
    pub name: String,
}

impl DeviceInput {
    pub fn check(&self, field: &str, problems: &mut Problems) {
        problems.text(&format!("{field}.clientId"), &self.client_id, 64);
        problems.length(&format!("{field}.name"), &self.name, 80);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn session() -> Session {
        Session {
            id: SessionId::from_uuid(Uuid::from_u128(1)),
            account: AccountId::from_uuid(Uuid::from_u128(2)),
            device: DeviceId::from_uuid(Uuid::from_u128(3)),
            refresh_hash: [2; 32],
            previous_hash: Some([1; 32]),
            rotated_at: Timestamp::from_ms(1_000),
            created_at: Timestamp::from_ms(0),
            expires_at: Timestamp::from_ms(100_000),
            ended_at: None,
        }
    }

    #[test]
    fn a_lost_answer_is_forgiven_and_a_stolen_token_is_not() {
        let at = Timestamp::from_ms;
        assert_eq!(session().judge(&[2; 32], at(5_000), 60_000), Refresh::Current);
        assert_eq!(session().judge(&[1; 32], at(50_000), 60_000), Refresh::LostAnswer);
        assert_eq!(session().judge(&[1; 32], at(70_000), 60_000), Refresh::Reused);
        assert_eq!(session().judge(&[9; 32], at(5_000), 60_000), Refresh::Reused);
        assert_eq!(session().judge(&[2; 32], at(100_000), 60_000), Refresh::Ended);
        let ended = Session { ended_at: Some(at(4_000)), ..session() };
        assert_eq!(ended.judge(&[2; 32], at(5_000), 60_000), Refresh::Ended);
    }
}
