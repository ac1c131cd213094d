//! The command line.

mod admin;
mod run;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::lifecycle::{Ending, Lifecycle};
use crate::telemetry;

/// Đèn Sách: lessons, study hours and search for a country that learns for life.
#[derive(Parser)]
#[command(name = "densach", version, about, arg_required_else_help = true)]
struct Cli {
    /// Configuration file; what it leaves out has the defaults of `densach config default`. Environment variables such
    /// as DENSACH_SERVER__LISTEN come last.
    #[arg(long, short, global = true, value_name = "FILE", env = "DENSACH_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try everything on this machine: makes a folder `run`, loads units, lessons and demo sign-ins, and serves.
    Demo {
        /// The folder of lessons to load.
        #[arg(long, default_value = "library")]
        library: PathBuf,
    },
    /// Answer requests.
    Serve,
    /// Run jobs only, for a node that does not answer requests.
    Work,
    /// Bring the database up to date.
    Migrate,
    /// Look at every part and say what is wrong and what to do.
    Doctor,
    /// Print the GraphQL schema.
    Schema,
    /// Build the search index anew beside the one that is read, and swap.
    Reindex,
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Lessons in a folder.
    #[command(subcommand)]
    Library(LibraryCommand),
    /// Administrative and association units.
    #[command(subcommand)]
    Units(UnitsCommand),
    /// The ledger of study time.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Offices of people.
    #[command(subcommand)]
    Role(RoleCommand),
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// Judge every line again under its own policy and compare all sums; changes nothing, and may run beside the server.
    Check,
    /// The same, and make anew what differs. Lines are never touched.
    Recompute,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Read the configuration, name everything that is wrong, and show what holds.
    Check,
    /// Print all settings with their defaults and what they mean.
    Default,
}

#[derive(Subcommand)]
enum LibraryCommand {
    /// Load a folder of lessons; safe to run again.
    Import { folder: PathBuf },
}

#[derive(Subcommand)]
enum UnitsCommand {
    /// Load the 34 provinces and 3,321 communes with their associations; safe to run again.
    Load,
}

#[derive(Subcommand)]
enum RoleCommand {
    /// Give an office to the person behind a phone number who has signed in once.
    Grant {
        phone: String,
        /// editor, officer, organiser or administrator.
        role: String,
        /// Code of the unit: VN, 00070, HKH-00070 …
        unit: String,
    },
}

/// What stops a command, as a person reads it.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Outcome = Result<(), Failure>;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_failure(&*failure);
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Outcome {
    match &cli.command {
        Command::Schema => return print(&densach_graphql::sdl()),
        Command::Config(ConfigCommand::Default) => return print(crate::config::DEFAULT),
        _ => {}
    }
    let env = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let config = Config::load(cli.config.as_deref(), env)?;
    if let Command::Config(ConfigCommand::Check) = cli.command {
        return print(&format!("# The configuration is right. What holds:\n{}", config.describe()));
    }
    telemetry::init(&config.log)?;
    let lifecycle = Lifecycle::new(std::time::Duration::from_secs(u64::from(config.server.shutdown_seconds)));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let outcome = dispatch(cli.command, &config, &lifecycle).await;
        lifecycle.stop();
        if let Ending::Abandoned { tasks } = lifecycle.finish().await {
            tracing::warn!(tasks, "stopped before everything was finished");
        }
        outcome
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    outcome
}

async fn dispatch(command: Command, config: &Config, lifecycle: &Lifecycle) -> Outcome {
    match command {
        Command::Demo { library } => run::demo(config, &library, lifecycle).await,
        Command::Serve => run::serve(config, lifecycle).await,
        Command::Work => run::work(config, lifecycle).await,
        Command::Migrate => admin::migrate(config).await,
        Command::Doctor => admin::doctor(config).await,
        Command::Reindex => admin::reindex(config).await,
        Command::Library(LibraryCommand::Import { folder }) => admin::import(config, &folder).await,
        Command::Units(UnitsCommand::Load) => admin::load_units(config).await,
        Command::Ledger(LedgerCommand::Check) => admin::ledger(config, false).await,
        Command::Ledger(LedgerCommand::Recompute) => admin::ledger(config, true).await,
        Command::Role(RoleCommand::Grant { phone, role, unit }) => {
            admin::grant(config, &phone, &role, &unit).await
        }
        // Answered before anything was opened.
        Command::Schema | Command::Config(_) => Ok(()),
    }
}

/// A reader that stopped reading, as `head` does, is no failure.
fn print(text: &str) -> Outcome {
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Problems as a person reads them, a line each.
fn words(problems: &[densach_domain::Problem]) -> String {
    let line = |problem: &densach_domain::Problem| {
        let words =
            densach_app::text(problem.code.name(), densach_app::Language::English, problem.detail.as_deref());
        format!("{}: {words}", problem.field)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n    ")
}

#[expect(clippy::print_stderr, reason = "why a command failed goes to standard error")]
fn print_failure(failure: &(dyn std::error::Error + Send + Sync)) {
    eprintln!("densach: {failure}");
    let mut said = failure.to_string();
    let mut cause = failure.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !said.contains(&text) {
            eprintln!("  because: {text}");
        }
        said.push_str(&text);
        cause = inner.source();
    }
}
