//! One newtype per id, so that the compiler refuses a lesson's id where a citizen's is asked.
//!
//! Inside, an id is a UUIDv7: ids sort by time of birth, which keeps indexes dense. Outside, it is an opaque
//! typed text such as `wrk_018f3c…` (three letters, `_`, 32 hexadecimal digits); a text of another kind is
//! refused as [`IdError::WrongKind`], so a client learns of a mix-up at once instead of reading "not found".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not an id of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Neither a known prefix nor 32 hexadecimal digits.
    #[error("not an id")]
    Malformed,
    /// A well-formed id of something else.
    #[error("an id of another kind")]
    WrongKind,
}

/// What every id can do; written once so that boundaries can be generic over it.
pub trait Id: Copy + Eq + fmt::Display + FromStr<Err = IdError> {
    /// The three letters that stand before `_` outside.
    const PREFIX: &'static str;

    fn from_uuid(uuid: Uuid) -> Self;

    fn uuid(self) -> Uuid;
}

fn parse(prefix: &str, text: &str) -> Result<Uuid, IdError> {
    let (kind, digits) = text.split_once('_').ok_or(IdError::Malformed)?;
    if digits.len() != 32 || kind.len() != 3 {
        return Err(IdError::Malformed);
    }
    let uuid = Uuid::try_parse(digits).map_err(|_| IdError::Malformed)?;
    if kind == prefix { Ok(uuid) } else { Err(IdError::WrongKind) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl Id for $name {
            const PREFIX: &'static str = $prefix;

            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// Somebody who can sign in (tài khoản).
    AccountId = "acc";
    /// A file with its bytes, named by content (tệp).
    AssetId = "ast";
    /// One request for a one-time code.
    ChallengeId = "chl";
    /// A person who studies (công dân).
    CitizenId = "cit";
    /// A phone or computer of one account.
    DeviceId = "dev";
    /// What somebody asks to have looked at again (đề nghị xem lại).
    DisputeId = "dsp";
    /// A goal of study hours (mục tiêu giờ học).
    GoalId = "goa";
    /// A piece of work for later.
    JobId = "job";
    /// Belonging to an association branch (hội viên).
    MembershipId = "mem";
    /// One edition of a work.
    RevisionId = "rev";
    /// An office held over a unit for a time.
    RoleGrantId = "grt";
    /// One signed-in device.
    SessionId = "ses";
    /// A subject (chủ đề).
    TopicId = "top";
    /// An administrative or association unit (đơn vị hành chính, tổ chức hội).
    UnitId = "uni";
    /// Bytes on their way in.
    UploadId = "upl";
    /// A lesson, video, document, course or reading list.
    WorkId = "wrk";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_another_kind_is_refused() {
        let work = WorkId::from_uuid(Uuid::from_u128(7));
        assert_eq!(work.to_string().parse(), Ok(work));
        assert_eq!(work.to_string().parse::<UnitId>(), Err(IdError::WrongKind));
        for text in ["", "wrk", "wrk_", "wrk_12", "00000000000000000000000000000007", "wrk_zz"] {
            assert_eq!(text.parse::<WorkId>(), Err(IdError::Malformed), "{text}");
        }
    }
}
