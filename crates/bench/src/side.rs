//! This program again, as a server in a process of its own.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Process, free_port};
use crate::{Outcome, load, stack};

const PATIENCE: Duration = Duration::from_secs(60);

/// What `densach serve` does with its defaults. Its files and keys are in `folder`.
pub async fn ours(folder: &Path, database: &str) -> Outcome<Process> {
    let port = free_port()?;
    let mut command = this_program(folder)?;
    command.arg("serve-ours").envs(stack::environment(folder, database, port));
    started(command, port).await
}

/// A floor: a hidden subcommand that takes a database and a port.
pub async fn floor(folder: &Path, subcommand: &str, database: &str) -> Outcome<Process> {
    let port = free_port()?;
    let mut command = this_program(folder)?;
    command.args([subcommand, "--database", database, "--port", &port.to_string()]);
    started(command, port).await
}

fn this_program(folder: &Path) -> Outcome<Command> {
    Ok(process::command(std::env::current_exe()?, folder))
}

async fn started(command: Command, port: u16) -> Outcome<Process> {
    let mut process = Process::spawn(command, port)?;
    process.until(PATIENCE, || load::get("/health/live"), |answer| answer.status.is_success()).await?;
    Ok(process)
}
