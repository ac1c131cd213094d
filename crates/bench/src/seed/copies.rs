//! The year of citizen 0 for everybody, by SQL: the same lines, entries and sums under other ids. Columns are read from the
//! database, so that a column more changes nothing here.

use super::number::{Kind, series, stretches};
use super::tree::{SUBTREE, Tree};
use crate::Outcome;
use crate::pool::Pool;

/// What a ledger is made of, a device's before a citizen's.
pub const LEDGER: [&str; 5] = ["study_device", "study_head", "study_line", "study_entry", "study_work"];
/// The sums that are read most.
pub const DAYS: &str = "study_day";

/// So many citizens get their rows by one statement, because SQLite keeps what it writes in a log until it ends.
const CITIZENS_AT_ONCE: u32 = 2_000;

/// Gives what citizen 0 has in `table` to every citizen whose number is a multiple of `step`, from `step` to `last`.
pub async fn give(pool: &Pool, table: &str, step: u32, last: u32) -> Outcome {
    let columns = pool.columns(table).await?;
    let number = format!("(n.i * {step})");
    let value = |column: &String| match column.as_str() {
        "account_id" => Kind::Account.sql(pool, &number),
        "citizen_id" => Kind::Citizen.sql(pool, &number),
        "device_id" => Kind::Device.sql(pool, &number),
        other => format!("t.{other}"),
    };
    let values = columns.iter().map(value).collect::<Vec<_>>().join(", ");
    let owner = if columns.iter().any(|column| column == "citizen_id") {
        format!("t.citizen_id = {}", Kind::Citizen.sql(pool, "0"))
    } else {
        format!("t.device_id = {}", Kind::Device.sql(pool, "0"))
    };
    let columns = columns.join(", ");
    for (first, last) in stretches(1, last / step, CITIZENS_AT_ONCE) {
        let series = series(first, last);
        pool.run(format!(
            "INSERT INTO {table} ({columns}) WITH RECURSIVE {series} \
             SELECT {values} FROM n CROSS JOIN {table} t WHERE {owner}"
        ))
        .await?;
    }
    Ok(())
}

/// Makes the sums of units right when every member has what citizen 0 has: the sums of its branch, in which nobody else
/// has anything yet, times the members of each unit. All columns are sums over people.
pub async fn unit_months(pool: &Pool, tree: Tree) -> Outcome {
    let columns = pool.columns("study_unit_month").await?;
    let sums: Vec<&str> =
        columns.iter().map(String::as_str).filter(|column| !["unit_id", "month"].contains(column)).collect();
    let products = sums.iter().map(|column| format!("b.{column} * p.size")).collect::<Vec<_>>().join(", ");
    let sums = sums.join(", ");
    let branch = tree.branch_sql(pool, "0");
    pool.run(format!("CREATE TABLE bench_month AS SELECT * FROM study_unit_month WHERE unit_id = {branch}"))
        .await?;
    pool.run("DELETE FROM study_unit_month").await?;
    let count = pool
        .run(format!(
            "INSERT INTO study_unit_month (unit_id, month, {sums}) WITH RECURSIVE {SUBTREE}, \
             people (root, size) AS (SELECT s.root, count(*) FROM subtree s JOIN membership m ON m.unit_id = s.id \
             GROUP BY s.root) \
             SELECT p.root, b.month, {products} FROM people p CROSS JOIN bench_month b"
        ))
        .await?;
    pool.run("DROP TABLE bench_month").await?;
    if count == 0 { Err("the year of citizen 0 is in no sum of its branch".into()) } else { Ok(()) }
}
