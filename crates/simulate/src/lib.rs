//! The ledger of study time under everything that happens to phones: a simulation, without input or output, in which
//! the truth is known.
//!
//! [`run`] draws a schedule from a seed and lets it happen: phones with wrong clocks that restart, are offline for days
//! and play at the same time; requests and answers that are lost, repeated and overtaken; a server that is killed while
//! it writes. Then it compares what was credited with what was so. [`run_adversary`] lets phones lie, and says how much
//! that gains at most. What is judged, is judged by the functions of the domain that the real server calls.

mod adversary;
mod check;
mod course;
mod dice;
mod ledger;
mod network;
mod phone;
mod report;
mod run;
mod schedule;
mod server;
mod world;

pub use adversary::{Adversary, AdversaryResult, run_adversary};
pub use check::{Outcome, Violation};
pub use report::{Distribution, Report, ScheduleResult};
pub use run::{run, tell};
