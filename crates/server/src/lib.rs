//! The binary `densach`: command line, configuration, wiring, HTTP. What it does is in the other crates; here it is put
//! together.

pub mod cli;
pub mod config;
pub mod http;
pub mod lifecycle;
pub mod secrets;
pub mod serve;
pub mod telemetry;
pub mod wiring;
