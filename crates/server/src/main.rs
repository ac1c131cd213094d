//! `densach`, the program.

use std::process::ExitCode;

fn main() -> ExitCode {
    densach_server::cli::main()
}
