//! Journeys and refusals over HTTP, on the real wiring, on both stacks.

mod attest;
mod authz;
mod bad_input;
mod card;
mod citizen;
mod commands;
mod dispute;
mod durability;
mod editor;
mod fault;
mod found;
mod house;
mod ledger;
mod officer;
mod oidc;
mod public;
mod roster;
mod schema;
mod sign_in;
mod simulate;
mod start;
mod statements;
mod why;
mod xapi;
