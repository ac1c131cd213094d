//! Use cases: who may do what, in which transaction, with which effects.
//!
//! Every use case is a function that takes a [`Context`] first (who asks, when, and the machine behind it) and decides
//! permission before it reads content. What the actor may not see is answered as "not found".

pub mod account;
pub mod attest;
mod cache;
pub mod card;
pub mod citizen;
pub mod code;
mod context;
pub mod criteria;
pub mod demo;
pub mod dispute;
mod error;
pub mod goal;
mod idempotent;
pub mod jobs;
pub mod ledger;
pub mod library;
pub mod office;
pub mod oidc;
pub mod reconcile;
pub mod rhythm;
pub mod roster;
pub mod search;
mod settings;
pub mod study;
mod token;
pub mod topic;
pub mod total;
pub mod unit;
pub mod upload;
mod vault;
pub mod why;
pub mod work;
pub mod writing;
pub mod xapi;

pub use context::{App, Context, Entropy, Parts};
pub use error::{Error, Language, Part, Result, Text, text};
pub use idempotent::Request;
pub use settings::{OidcProvider, Settings};
pub use token::Claims;
pub use vault::Vault;
