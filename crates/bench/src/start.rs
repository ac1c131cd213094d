//! From the start of the process to the first answer, and what it holds in memory when nobody asks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::time::sleep;

use crate::Outcome;
use crate::documents::document;
use crate::figure::{Figure, instant, milliseconds, say};
use crate::load::{self, Answer};
use crate::process::{self, Process, free_port};

/// How long nobody asks before the memory is read.
const IDLE: Duration = Duration::from_secs(3);
/// For loading the units and the library the first time.
const PATIENCE: Duration = Duration::from_secs(180);

pub async fn run(quick: bool) -> Outcome {
    let binary = std::env::current_exe()?.with_file_name("densach");
    if !binary.is_file() {
        let build = "cargo build --release --bin densach --bin densach-bench";
        return Err(format!("{} is missing: {build}", binary.display()).into());
    }
    let folder = tempfile::Builder::new().prefix("densach-bench-").tempdir()?;
    say("start: loading the demo");
    prepare(&binary, folder.path()).await?;
    let mut starts = Vec::new();
    let mut resident = Vec::new();
    let mut proportional = Vec::new();
    let n = if quick { 3 } else { 7 };
    for _ in 0..n {
        let port = free_port()?;
        let command = densach(&binary, folder.path(), port, &["serve"]);
        let started = instant();
        let mut server = Process::spawn(command, port)?;
        server.until(PATIENCE, public_home, is_right).await?;
        starts.push(milliseconds(started.elapsed()));
        sleep(IDLE).await;
        let of_process = |file: &str| PathBuf::from(format!("/proc/{}/{file}", server.id()));
        resident.push(mib(&of_process("status"), "VmRSS:")?);
        proportional.push(mib(&of_process("smaps_rollup"), "Pss:")?);
        server.stop().await?;
    }
    Figure::new("cold_start_ms", "ms", &starts).print()?;
    Figure::new("idle_memory_mib", "MiB", &resident).print()?;
    Figure::new("idle_memory_pss_mib", "MiB", &proportional).print()
}

/// Makes the folder `run` of the demo, as a newcomer does, and waits until its jobs are done.
async fn prepare(binary: &Path, folder: &Path) -> Outcome {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../library").canonicalize()?;
    let library = library.display().to_string();
    let port = free_port()?;
    let mut demo = Process::spawn(densach(binary, folder, port, &["demo", "--library", &library]), port)?;
    demo.until(PATIENCE, public_home, is_right).await?;
    demo.until(PATIENCE, || load::get("/metrics"), is_at_rest).await?;
    demo.stop().await
}

/// The binary with its defaults, but for where it listens and how much it says.
fn densach(binary: &Path, folder: &Path, port: u16, arguments: &[&str]) -> Command {
    let mut command = process::command(binary, folder);
    command
        .args(arguments)
        .env("DENSACH_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("DENSACH_SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}"))
        .env("DENSACH_LOG__FILTER", "warn");
    command
}

/// As a phone asks that nobody signed in on.
fn public_home() -> Outcome<Request<Full<Bytes>>> {
    load::get(&format!("/graphql?documentId={}", document("PublicHome")?.hash))
}

fn is_right(answer: &Answer) -> bool {
    answer
        .data()
        .is_ok_and(|data| data["data"]["works"]["nodes"].as_array().is_some_and(|nodes| nodes.len() == 20))
}

fn is_at_rest(answer: &Answer) -> bool {
    let text = String::from_utf8_lossy(&answer.body);
    let waiting = text.lines().find_map(|line| line.strip_prefix("densach_jobs_waiting "));
    waiting.and_then(|count| count.trim().parse::<f64>().ok()) == Some(0.0)
}

/// A line such as `VmRSS:   51234 kB` of a file of `/proc`.
fn mib(file: &Path, name: &str) -> Outcome<f64> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
    let kib: f64 = value.ok_or_else(|| format!("{} has no {name}", file.display()))?.trim().parse()?;
    Ok(kib / 1024.0)
}
