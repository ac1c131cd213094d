//! `densach ledger check`: the whole ledger is judged once more from its lines and compared with what is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use densach_store::testkit::TestDatabase;
use serde::Deserialize;
use tokio::time::sleep;

use crate::figure::Figure;
use crate::process::{self, free_port};
use crate::{Outcome, stack};

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What the command says of its work.
#[derive(Deserialize)]
struct Checked {
    lines: u64,
    differences: u64,
    seconds: f64,
}

/// The program that is shipped, beside this one.
pub fn binary() -> Outcome<PathBuf> {
    let binary = std::env::current_exe()?.with_file_name("densach");
    if binary.is_file() {
        Ok(binary)
    } else {
        let build = "cargo build --release --bin densach --bin densach-bench";
        Err(format!("{} is missing: {build}", binary.display()).into())
    }
}

/// Nobody else may hold what is in `folder` by then.
pub async fn run(folder: &Path, database: &TestDatabase) -> Outcome {
    let mut command = process::command(binary()?, folder);
    command
        .args(["ledger", "check"])
        .envs(stack::environment(folder, database.url(), free_port()?))
        .stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let peak_mib = peak_mib(&mut child).await?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().rfind(|line| line.trim_start().starts_with('{'));
    let line = line.ok_or_else(|| format!("densach ledger check said nothing ({})", output.status))?;
    let checked: Checked = serde_json::from_str(line)?;
    if checked.differences > 0 || !output.status.success() {
        return Err(format!("densach ledger check: {}: {line}", output.status).into());
    }
    let name = database.name();
    let per_million = checked.seconds * 1e6 / checked.lines.max(1) as f64;
    Figure::new(format!("recompute_seconds_per_million.{name}"), "s", &[per_million]).print()?;
    Figure::new(format!("recompute_peak_mib.{name}"), "MiB", &[peak_mib]).print()
}

/// The most memory that a process held, as far as it was seen before it ended; it only ever grows.
async fn peak_mib(child: &mut Child) -> Outcome<f64> {
    let file = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait()?.is_none() {
        // A process that has just ended has no memory any more.
        if let Some(mib) = fs::read_to_string(&file).ok().as_deref().and_then(high_water_mib) {
            peak = mib;
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(peak)
}

/// A line such as `VmHWM:   51234 kB`.
fn high_water_mib(status: &str) -> Option<f64> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))?;
    Some(value.trim().parse::<f64>().ok()? / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_found() {
        let status = "Name:\tdensach\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(high_water_mib(status), Some(2.0));
        assert_eq!(high_water_mib("Name:\tdensach\n"), None);
    }
}
