//! `densach-bench`: the figures of `docs/benchmarks.md`, a subcommand a question, one JSON object a line.
//!
//! Everything that is needed is started in a temporary folder and goes with the process. Where there is a baseline, it
//! and our code run in turn in the same run, so that a figure is a ratio and not a property of the machine.

mod dashboards;
mod documents;
mod figure;
mod import;
mod ingest;
mod load;
mod pool;
mod process;
mod seed;
mod side;
mod simulate;
mod stack;
mod start;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What stops a figure, as a person reads it.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T = ()> = Result<T, Failure>;

/// Measures Đèn Sách and prints one JSON object a figure.
#[derive(Parser)]
#[command(name = "densach-bench", version, about, arg_required_else_help = true)]
struct Cli {
    /// Fewer and shorter rounds: an answer within a minute. Full runs are what is quoted.
    #[arg(long, global = true)]
    quick: bool,
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    /// How long from the start of `densach serve` to the first answer, and how much memory it takes idle.
    Start,
    /// How many documents a second, against a hand-written handler with one prepared statement; and how many statements.
    Documents,
    /// How long the library and the units take to load, and whether loading again changes nothing.
    Import,
    /// How fast study evidence is taken, against a hand-written handler with one INSERT; how many commits many phones at
    /// once take; and how long it takes to work everything out again.
    Ingest,
    /// How long the year of a province and of a citizen take, and what a hundred times as many citizens change.
    Dashboards,
    /// Whether the ledger holds under everything that happens to phones, how far from the truth it is, and what lies gain.
    Simulate(simulate::Options),
    /// All of them.
    All,
    /// Our side: the real server, configured by the environment.
    #[command(hide = true)]
    ServeOurs,
    /// The other side of `documents`.
    #[command(hide = true)]
    ServeFloor(documents::floor::Options),
    /// The other side of `ingest`.
    #[command(hide = true)]
    ServeIngestFloor(ingest::floor::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            figure::say(&format!("densach-bench: {failure}"));
            let mut cause = failure.source();
            while let Some(inner) = cause {
                figure::say(&format!("  because: {inner}"));
                cause = inner.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(answer(cli))
}

async fn answer(cli: Cli) -> Outcome {
    let quick = cli.quick;
    let measures = !matches!(
        cli.question,
        Question::ServeOurs | Question::ServeFloor(_) | Question::ServeIngestFloor(_)
    );
    if measures && cfg!(debug_assertions) {
        figure::say("densach-bench: this is a debug build: its figures say nothing");
    }
    match cli.question {
        Question::Start => start::run(quick).await,
        Question::Documents => documents::run(quick).await,
        Question::Import => import::run(quick).await,
        Question::Ingest => ingest::run(quick).await,
        Question::Dashboards => dashboards::run(quick).await,
        Question::Simulate(options) => simulate::run(quick, &options),
        Question::All => {
            start::run(quick).await?;
            documents::run(quick).await?;
            import::run(quick).await?;
            ingest::run(quick).await?;
            dashboards::run(quick).await?;
            simulate::run(quick, &simulate::Options::FULL)
        }
        Question::ServeOurs => documents::ours::serve().await,
        Question::ServeFloor(options) => documents::floor::serve(&options).await,
        Question::ServeIngestFloor(options) => ingest::floor::serve(&options).await,
    }
}
