//! Journeys and refusals over HTTP, on the real wiring, on both stacks.

mod oidc;
mod start;
