//! The commands that do one thing and end.

use std::path::Path;

use densach_app::library::{Report, Verdict};
use densach_app::{Error, library, reconcile, unit};
use densach_domain::Clock as _;
use densach_domain::actor::Role;
use densach_search::SearchError;

use super::{Failure, Outcome, print, run, words};
use crate::config::Config;
use crate::secrets::Secrets;
use crate::wiring;

pub(super) async fn migrate(config: &Config) -> Outcome {
    let store = wiring::store(config, &wiring::Overrides::default()).await?;
    let count = store.migrate().await?;
    print(&format!("{count} step(s) applied; the database is up to date."))
}

pub(super) async fn reindex(config: &Config) -> Outcome {
    let app = run::open(config).await?;
    let count = reconcile::search::rebuild(&app.operator()).await?;
    print(&format!("{count} work(s) indexed anew."))
}

pub(super) async fn load_units(config: &Config) -> Outcome {
    let app = run::open(config).await?;
    let loaded = unit::load(&app.operator(), unit::UNITS_2025_07_01).await?;
    print(&format!("{} unit(s) added, {} known already.", loaded.added_count, loaded.known_count))
}

pub(super) async fn import(config: &Config, folder: &Path) -> Outcome {
    let app = run::open(config).await?;
    let report = library::import(&app.operator(), folder).await?;
    for row in &report.rows {
        let word = match &row.verdict {
            Verdict::Created => "created",
            Verdict::Updated => "updated",
            Verdict::Unchanged => continue,
            Verdict::Refused(_) => "refused",
        };
        print(&format!("{word:<10} {}", row.path.display()))?;
    }
    print_refused(&report)?;
    print(&summary(&report))?;
    if report.refused().next().is_some() {
        Err("some files were refused; mend them and run again".into())
    } else {
        Ok(())
    }
}

pub(super) fn summary(report: &Report) -> String {
    format!(
        "{} created, {} updated, {} unchanged, {} refused",
        report.count(&Verdict::Created),
        report.count(&Verdict::Updated),
        report.count(&Verdict::Unchanged),
        report.refused().count(),
    )
}

pub(super) fn print_refused(report: &Report) -> Outcome {
    for (path, problems) in report.refused() {
        print(&format!("{}:", path.display()))?;
        print(&format!("    {}", words(problems)))?;
    }
    Ok(())
}

pub(super) async fn grant(config: &Config, phone: &str, role: &str, unit: &str) -> Outcome {
    let role = Role::parse(role).ok_or_else(|| {
        let known = Role::ALL.map(Role::name).join(", ");
        Failure::from(format!("no role {role}; there are {known}"))
    })?;
    let app = run::open(config).await?;
    match densach_app::citizen::grant(&app.operator(), phone, role, unit).await {
        Ok(()) => print("granted"),
        Err(Error::Invalid(problems)) => Err(format!("not granted: {}", words(&problems)).into()),
        Err(error) => Err(error.into()),
    }
}

/// Prints what was compared and what differs, as JSON; fails when a check found something.
pub(super) async fn ledger(config: &Config, mends: bool) -> Outcome {
    let store = wiring::store(config, &wiring::Overrides::default()).await?;
    let policies = wiring::policies()?;
    let clock = wiring::SystemClock;
    let began = clock.now();
    let report = if mends {
        reconcile::ledger::recompute(&store, &policies).await?
    } else {
        reconcile::ledger::check(&store, &policies).await?
    };
    let found = serde_json::json!({
        "citizens": report.citizen_count,
        "lines": report.line_count,
        "differences": report.difference_count(),
        "seconds": (clock.now().ms() - began.ms()) as f64 / 1000.0,
    });
    print(&found.to_string())?;
    if report.difference_count() > 0 && !mends {
        return Err("sums differ from what the ledger's lines say: run densach ledger recompute".into());
    }
    Ok(())
}

/// Looks at every part and says what is wrong and what to do; fails when something is.
pub(super) async fn doctor(config: &Config) -> Outcome {
    let mut sick = 0;
    let mut say = |part: &str, found: Result<String, String>| -> Outcome {
        match found {
            Ok(fine) => print(&format!("ok    {part:<10} {fine}")),
            Err(wrong) => {
                sick += 1;
                print(&format!("BAD   {part:<10} {wrong}"))
            }
        }
    };
    say("config", Ok("every setting is well formed".into()))?;
    let secrets = Secrets::load_or_create(&config.secrets.file, config.may_create_secrets());
    say(
        "secrets",
        secrets.as_ref().map(|_| config.secrets.file.display().to_string()).map_err(ToString::to_string),
    )?;
    let store = wiring::store(config, &wiring::Overrides::default()).await;
    match &store {
        Err(error) => {
            say("database", Err(format!("{error}; check database.url and whether the server runs")))?
        }
        Ok(store) => match store.pending_migrations().await {
            Ok(0) => {
                say("database", Ok("up to date".into()))?;
                let differing = store.study_days_unreconciled().await.map_err(|error| error.to_string());
                say(
                    "hours",
                    match differing {
                        Ok(0) => Ok("sums by day equal the entries that they are sums of".into()),
                        Ok(count) => Err(format!(
                            "{count} day(s) differ from their entries: run densach ledger recompute, and please report this"
                        )),
                        Err(error) => Err(error),
                    },
                )?;
                say(
                    "jobs",
                    match store.job_counts().await {
                        Ok((waiting, 0)) => Ok(format!("{waiting} waiting")),
                        Ok((_, dead)) => {
                            Err(format!("{dead} failed too often; see last_error in the table job"))
                        }
                        Err(error) => Err(error.to_string()),
                    },
                )?;
            }
            Ok(pending) => say("database", Err(format!("{pending} step(s) behind: run densach migrate")))?,
            Err(error) => say("database", Err(error.to_string()))?,
        },
    }
    if let Ok(secrets) = &secrets {
        let blob = match wiring::blobs(config, secrets).await {
            Ok(blobs) => blobs.check().await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        say(
            "storage",
            blob.map(|()| config.blob.url.clone()).map_err(|error| format!("{error}; check blob.url")),
        )?;
    }
    say("search", search(config).await)?;
    if sick == 0 { Ok(()) } else { Err(format!("{sick} part(s) need attention").into()) }
}

async fn search(config: &Config) -> Result<String, String> {
    let api_key = (!config.search.api_key.is_empty()).then(|| config.search.api_key.expose().to_owned());
    let options = densach_search::SearchConfig { url: config.search.url.clone(), api_key };
    let index = match densach_search::open(&options).await {
        Ok(index) => index,
        Err(SearchError::Unavailable { .. }) if config.search.url.starts_with("embedded:") => {
            return Ok("held by the process that serves: ask /health/ready there".into());
        }
        Err(error) => return Err(format!("{error}; check search.url")),
    };
    index.check().await.map_err(|error| format!("{error}; run densach reindex"))?;
    Ok(config.search.url.clone())
}
