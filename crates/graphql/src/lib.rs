//! The public schema over the use cases: the only crate that says async_graphql.
//!
//! A field is three to ten lines that call `densach_app`. One file per noun; each contributes the queries and the
//! mutations of its noun, which are merged here.

mod account;
mod asset;
mod attest;
mod batch;
mod card;
mod citizen;
mod criteria;
mod dispute;
mod error;
mod evidence;
mod execute;
mod goal;
mod input;
mod limit;
mod office;
mod page;
mod persisted;
mod rhythm;
mod roster;
mod search;
mod study;
mod topic;
mod total;
mod unit;
mod upload;
mod why;
mod work;
mod writing;

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, Schema, ValidationMode};

pub use execute::{Answer, Asked, ClientAddress, Executor, Text};
pub use limit::Limits;
pub use persisted::{DOCUMENTS, Document};

#[derive(MergedObject, Default)]
pub struct Query(
    account::AccountQuery,
    citizen::CitizenQuery,
    criteria::CriteriaQuery,
    office::OfficeQuery,
    roster::RosterQuery,
    search::SearchQuery,
    topic::TopicQuery,
    unit::UnitQuery,
    upload::UploadQuery,
    work::WorkQuery,
    writing::WritingQuery,
);

#[derive(MergedObject, Default)]
pub struct Mutation(
    account::AccountMutation,
    attest::AttestMutation,
    card::CardMutation,
    citizen::CitizenMutation,
    dispute::DisputeMutation,
    evidence::EvidenceMutation,
    goal::GoalMutation,
    study::StudyMutation,
    upload::UploadMutation,
    writing::WritingMutation,
);

type DensachSchema = Schema<Query, Mutation, EmptySubscription>;

/// `mode`: documents that ship are checked by a test, so only their cost is checked again when they run.
fn schema(limits: &Limits, mode: ValidationMode) -> DensachSchema {
    let builder = Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .validation_mode(mode)
        .limit_depth(limits.depth)
        .limit_complexity(limits.complexity)
        .limit_directives(8);
    if limits.introspection { builder.finish() } else { builder.disable_introspection().finish() }
}

/// The schema as SDL, sorted: what `schema.graphql` holds.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    schema(&Limits::default(), ValidationMode::Strict).sdl_with_options(options)
}
