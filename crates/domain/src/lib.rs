//! The words and rules of Đèn Sách: no input or output, no framework, no ambient clock or rng.
//!
//! One file per noun. A rule about data lives here as a pure function that returns a typed refusal
//! ([`problem::Problem`]); who may do what is in [`policy`]; everything that needs a database, bytes
//! or a network lives in other crates.

pub mod account;
pub mod actor;
pub mod asset;
pub mod card;
pub mod citizen;
pub mod clock;
pub mod credit;
pub mod criteria;
pub mod device_clock;
pub mod dispute;
pub mod evidence;
pub mod explain;
pub mod goal;
pub mod id;
pub mod interval;
mod named;
pub mod page;
pub mod phone;
pub mod policy;
pub mod problem;
pub mod rhythm;
pub mod total;
pub mod unit;
pub mod upload;
pub mod work;
pub mod xapi;

pub use clock::{Clock, Day, Month, Timestamp};
pub use problem::{Code, Problem, Problems};
