//! Citizens in their branches, and phones that are signed in.

use densach_app::Claims;
use densach_domain::id::SessionId;
use densach_domain::{Clock as _, Timestamp};
use densach_server::secrets::Secrets;
use densach_server::wiring::SystemClock;

use super::number::{Kind, bytes_sql, series, stretches};
use super::tree::{SUBTREE, Tree};
use crate::Outcome;
use crate::pool::Pool;

const ROWS_AT_ONCE: u32 = 100_000;

/// The citizens from one number to another, both counted, each a member of one branch.
pub async fn add(pool: &Pool, tree: Tree, first: u32, last: u32, since: Timestamp) -> Outcome {
    let (citizen, membership) = (Kind::Citizen.sql(pool, "n.i"), Kind::Membership.sql(pool, "n.i"));
    let since_at = since;
    let (bytes, branch, since) = (bytes_sql(pool, "n.i"), tree.branch_sql(pool, "n.i"), since.ms());
    for (first, last) in stretches(first, last, ROWS_AT_ONCE) {
        let series = series(first, last);
        pool.run(format!(
            "INSERT INTO citizen (id, full_name, full_name_key, sealed_key, created_at) WITH RECURSIVE {series} \
             SELECT {citizen}, 'Người học thử số ' || CAST(n.i AS text), {bytes}, {bytes}, {since} FROM n"
        ))
        .await?;
        pool.run(format!(
            "INSERT INTO membership (id, citizen_id, unit_id, valid_from, recorded_at) WITH RECURSIVE {series} \
             SELECT {membership}, {citizen}, {branch}, {since}, {since} FROM n"
        ))
        .await?;
    }
    let day = since_at.learning_day().number();
    pool.run("DELETE FROM unit_people").await?;
    pool.run(format!(
        "INSERT INTO unit_people (unit_id, day, change) WITH RECURSIVE {SUBTREE} \
         SELECT s.root, {day}, count(*) FROM subtree s JOIN membership m ON m.unit_id = s.id GROUP BY s.root"
    ))
    .await?;
    Ok(())
}

/// An account, a phone and a session for every citizen whose number is a multiple of `step`, up to `last`.
pub async fn sign_in(pool: &Pool, step: u32, last: u32, since: Timestamp) -> Outcome {
    let number = format!("(n.i * {step})");
    let [account, citizen, device, session] =
        [Kind::Account, Kind::Citizen, Kind::Device, Kind::Session].map(|kind| kind.sql(pool, &number));
    let bytes = bytes_sql(pool, &number);
    let (since, until) = (since.ms(), SystemClock.now().plus_seconds(90 * 86_400).ms());
    let rows = [
        ("account (id, created_at)", format!("{account}, {since}")),
        (
            "device (id, account_id, client_id, name, created_at)",
            format!("{device}, {account}, 'bench', 'bench', {since}"),
        ),
        (
            "account_citizen (account_id, citizen_id, relation, created_at)",
            format!("{account}, {citizen}, 'own', {since}"),
        ),
        (
            "session (id, account_id, device_id, refresh_hash, rotated_at, created_at, expires_at)",
            format!("{session}, {account}, {device}, {bytes}, {since}, {since}, {until}"),
        ),
    ];
    let series = series(0, last / step);
    for (into, values) in rows {
        pool.run(format!("INSERT INTO {into} WITH RECURSIVE {series} SELECT {values} FROM n")).await?;
    }
    Ok(())
}

/// What the phone of a citizen sends with each request, good for a day.
pub fn authorization(citizen: u32, secrets: &Secrets) -> Outcome<String> {
    let sid: SessionId = Kind::Session.id(citizen);
    let exp = SystemClock.now().plus_seconds(86_400).ms() / 1000;
    Ok(format!("Bearer {}", Claims { sid, exp }.sign(&secrets.token_key)?))
}
