//! Journeys and refusals over HTTP, on the real wiring, on both stacks.

mod authz;
mod bad_input;
mod citizen;
mod commands;
mod durability;
mod editor;
mod fault;
mod found;
mod house;
mod officer;
mod oidc;
mod public;
mod schema;
mod sign_in;
mod start;
mod statements;
