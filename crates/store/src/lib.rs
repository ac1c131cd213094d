//! The database: the only crate that says sea_orm.
//!
//! [`Store`] has reads; [`Store::begin`] gives a [`Tx`] with reads, writes and [`Tx::commit`]. Reads are written once,
//! on [`Reads`], and both dereference to it. A job is enqueued on a [`Tx`] and nowhere else, so it can neither outlive
//! nor predate its write. One file per noun holds the noun's rows, reads and writes.

mod account;
mod asset;
mod citizen;
mod connect;
mod error;
mod goal;
mod job;
mod receipt;
mod session;
mod sql;
mod study;
mod topic;
mod unit;
mod upload;
mod work;

#[cfg(feature = "testkit")]
pub mod testkit;

pub use account::IdentityRow;
pub use citizen::{CitizenRow, MemberRow};
pub use connect::{OnStatement, Options, Reads, Store, Tx};
pub use error::StoreError;
pub use job::{JobKind, JobRow};
pub use receipt::Receipt;
pub use session::ChallengeRow;
pub use study::{CreditRow, DayRow, EvidenceRow, PositionRow, ProgressRow, SpanRow};
pub use topic::TopicRow;
pub use unit::UnitSeed;
pub use upload::UploadRow;
pub use work::{ReleasedRow, WorkFilter};

pub type Result<T> = std::result::Result<T, StoreError>;
