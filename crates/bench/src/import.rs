//! Loading the units and the starter library, and loading them again, which must change nothing.

use densach_app::library::{self, Verdict};
use densach_app::unit;
use densach_store::testkit::TestDatabase;

use crate::figure::{Figure, instant, say};
use crate::{Outcome, stack};

#[derive(Default)]
struct Runs {
    units_load: Vec<f64>,
    units_changes: Vec<f64>,
    import: Vec<f64>,
    reimport: Vec<f64>,
    reimport_changes: Vec<f64>,
}

pub async fn run(quick: bool) -> Outcome {
    let n = if quick { 1 } else { 3 };
    let mut sqlite = Runs::default();
    let mut postgres = Runs::default();
    for round in 1..=n {
        say(&format!("import: round {round} of {n}"));
        sqlite.add(&TestDatabase::sqlite().await).await?;
        postgres.add(&TestDatabase::postgres().await).await?;
    }
    sqlite.print("sqlite")?;
    postgres.print("postgres")?;
    if sqlite.changed() || postgres.changed() {
        return Err("loading again changed something, and must not".into());
    }
    Ok(())
}

impl Runs {
    /// One run on an empty database.
    async fn add(&mut self, database: &TestDatabase) -> Outcome {
        let folder = tempfile::Builder::new().prefix("densach-bench-").tempdir()?;
        let stack = stack::open(folder.path(), database.url(), None).await?;
        let cx = stack.app.operator();
        let library_folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../library");

        let (seconds, loaded) = timed(unit::load(&cx, unit::UNITS_2025_07_01)).await?;
        if loaded.known_count > 0 {
            return Err("the database was not empty".into());
        }
        self.units_load.push(seconds);
        let (_, loaded) = timed(unit::load(&cx, unit::UNITS_2025_07_01)).await?;
        self.units_changes.push(loaded.added_count as f64);

        let (seconds, report) = timed(library::import(&cx, &library_folder)).await?;
        if let Some((path, problems)) = report.refused().next() {
            return Err(format!("{} was refused: {problems:?}", path.display()).into());
        }
        self.import.push(seconds);
        let (seconds, report) = timed(library::import(&cx, &library_folder)).await?;
        self.reimport.push(seconds);
        let changes = report.rows.len() - report.count(&Verdict::Unchanged);
        self.reimport_changes.push(changes as f64);
        Ok(())
    }

    fn changed(&self) -> bool {
        self.units_changes.iter().chain(&self.reimport_changes).any(|changes| *changes != 0.0)
    }

    fn print(&self, database: &str) -> Outcome {
        let figures = [
            ("units_load_s", "s", &self.units_load),
            ("units_reload_changes", "changes", &self.units_changes),
            ("library_import_s", "s", &self.import),
            ("library_reimport_s", "s", &self.reimport),
            ("library_reimport_changes", "changes", &self.reimport_changes),
        ];
        for (name, unit, runs) in figures {
            Figure::new(format!("{name}.{database}"), unit, runs).print()?;
        }
        Ok(())
    }
}

/// How many seconds something took, and what it answered.
async fn timed<T>(work: impl Future<Output = densach_app::Result<T>>) -> Outcome<(f64, T)> {
    let started = instant();
    let answer = work.await?;
    Ok((started.elapsed().as_secs_f64(), answer))
}
