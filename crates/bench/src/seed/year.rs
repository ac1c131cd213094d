//! A year of one citizen, number 0, through the real schema, use cases and store, with the clock of those days: so that
//! what is kept of it is exactly what the program keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use densach_app::{App, Context, Language};
use densach_domain::actor::Actor;
use densach_domain::id::{SessionId, WorkId};
use densach_domain::{Clock, Day, Timestamp};
use densach_graphql::{Asked, ClientAddress, Executor, Text};
use densach_server::config::Config;
use densach_server::secrets::Secrets;
use densach_server::wiring::{self, Overrides};
use serde_json::Value;
use tokio::time::timeout;

use super::number::Kind;
use super::phone::{Phone, Watched};
use crate::documents::document;
use crate::{Outcome, stack};

/// From 08:00 on.
const STARTS_AFTER_SECONDS: i64 = 5 * 3600;
const LASTS_SECONDS: i64 = 30 * 60;
/// The phone reaches the server at 18:00.
const ARRIVES_AFTER_SECONDS: i64 = 15 * 3600;
const PATIENCE: Duration = Duration::from_secs(30);

/// A clock that shows what it is set to.
#[derive(Default)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

/// Half an hour on each of `days`, sent on the evening of the day. The numbers of the device count up from 1.
pub async fn live(database: &str, phone: Phone, works: &[WorkId], days: &[Day]) -> Outcome {
    // Keys and files of its own: nothing of them is needed afterwards.
    let folder = tempfile::Builder::new().prefix("densach-bench-").tempdir()?;
    let config = Config::load(None, stack::environment(folder.path(), database, 8080))?;
    let secrets = Secrets::load_or_create(&config.secrets.file, true)?;
    let clock = Arc::new(SetClock::default());
    let overrides = Overrides { clock: Some(clock.clone()), on_statement: None };
    let app = wiring::app(&config, &secrets, overrides).await?;
    let executor = wiring::executor(&config);
    for ((day, work), sequence) in days.iter().zip(works.iter().cycle()).zip(1_i64..) {
        let opens = day.learning_day_starts_at();
        let now = opens.plus_seconds(ARRIVES_AFTER_SECONDS);
        clock.0.store(now.ms(), Ordering::SeqCst);
        let watched = Watched {
            work: *work,
            start: opens.plus_seconds(STARTS_AFTER_SECONDS),
            seconds: LASTS_SECONDS,
            media_ms: 0,
        };
        let items = [phone.item(sequence, &watched)];
        let variables = phone.variables(Kind::Citizen.id(0), now, &items);
        let credited = timeout(PATIENCE, send(&app, &executor, now, variables)).await??;
        // A clock is believed to be off by a few seconds a day.
        if credited < LASTS_SECONDS - 10 {
            return Err(format!("{day}: only {credited} s of {LASTS_SECONDS} s were credited").into());
        }
    }
    Ok(())
}

async fn send(app: &App, executor: &Executor, now: Timestamp, variables: Value) -> Outcome<i64> {
    let session: SessionId = Kind::Session.id(0);
    let member = app.store.session_member(session, now).await?.ok_or("citizen 0 is not signed in")?;
    let cx = Context {
        app: app.clone(),
        actor: Actor::Member(Box::new(member)),
        language: Language::default(),
        request_id: String::new(),
    };
    let text = Text::Shipped(document("SendEvidence")?);
    let asked = Asked { text, operation_name: None, variables, canonical: false };
    let answer = executor.execute(cx, ClientAddress::default(), asked).await;
    let said: Value = serde_json::from_slice(&answer.json)?;
    let credited = said["data"]["sendEvidence"]["results"][0]["creditedSeconds"].as_i64();
    Ok(credited.ok_or_else(|| format!("SendEvidence: {said}"))?)
}
