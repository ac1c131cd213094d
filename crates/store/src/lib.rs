//! The database: the only crate that says sea_orm.
//!
//! [`Store`] has reads; [`Store::begin`] gives a [`Tx`] with reads, writes and [`Tx::commit`]. Reads are written once,
//! on [`Reads`], and both dereference to it. A job is enqueued on a [`Tx`] and nowhere else, so it can neither outlive
//! nor predate its write. One file per noun holds the noun's rows, reads and writes.

mod account;
mod asset;
mod card;
mod citizen;
mod connect;
mod dispute;
mod error;
mod goal;
mod job;
mod ledger;
mod position;
mod receipt;
mod roster;
mod session;
mod sql;
mod topic;
mod total;
mod unit;
mod upload;
mod why;
mod work;
mod xapi;

#[cfg(feature = "testkit")]
pub mod testkit;

pub use account::IdentityRow;
pub use card::CardRow;
pub use citizen::{CitizenRow, MemberRow};
pub use connect::{OnStatement, Options, Reads, Snapshot, Store, Tx, TxReads};
pub use dispute::{DisputeCounts, DisputeRow};
pub use error::StoreError;
pub use job::{JobKind, JobRow};
pub use ledger::{DeviceRow, HeadRow, Judged, Known, LineRow, RefusalRow, Said};
pub use position::{PositionRow, ProgressRow};
pub use receipt::Receipt;
pub use roster::ClaimRow;
pub use session::ChallengeRow;
pub use sql::Writes;
pub use topic::TopicRow;
pub use total::DayRow;
pub use unit::UnitSeed;
pub use upload::UploadRow;
pub use work::{ReleasedRow, WorkFilter};
pub use xapi::{XapiDue, XapiFilter, XapiFound, XapiGiven, XapiKnown, XapiLineFilter, XapiPage, XapiRow};

pub type Result<T> = std::result::Result<T, StoreError>;
