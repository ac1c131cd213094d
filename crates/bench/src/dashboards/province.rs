//! A province with 166 communes, 4,000 branches and its citizens, each with 24 learning days in the last twelve months;
//! its server; and those who ask.

use bytes::Bytes;
use densach_domain::actor::{EdgeKind, Role, RoleGrant};
use densach_domain::id::CitizenId;
use densach_domain::{Clock as _, Day, Month, Timestamp};
use densach_server::secrets::Secrets;
use densach_server::wiring::SystemClock;
use densach_store::testkit::TestDatabase;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::MONTHS;
use super::floor::Floor;
use crate::documents::document;
use crate::load::Target;
use crate::pool::Pool;
use crate::process::Process;
use crate::seed::copies::{self, LEDGER};
use crate::seed::number::{Kind, series, stretches};
use crate::seed::phone::Phone;
use crate::seed::tree::{SUBTREE, Tree};
use crate::seed::{people, works, year};
use crate::{Outcome, side, stack};

const TREE: Tree = Tree { commune_count: 166, branch_count: 4000 };
/// Phones were registered, and people joined, before the year began.
const SINCE_SECONDS: i64 = 500 * 86_400;
/// The first learning days of a month that everybody has, as days of the month; each citizen up to nine days later.
const DAYS_OF_A_MONTH: [i32; 2] = [3, 17];
/// One in so many has lines and entries too, and a phone: the sums of the others are enough.
const SAMPLE_STEP: u32 = 50;
/// How many of those ask for their year.
const ASKING: u32 = 200;
/// Citizens whose days are written by one statement on SQLite, which keeps them in its log until it ends.
const CITIZENS_AT_ONCE: u32 = 50_000;

/// Dropped in this order: the server before its database.
pub struct Province {
    server: Process,
    pub floor: Floor,
    pub unit: Target,
    pub people: Vec<Person>,
    _folder: TempDir,
    _database: TestDatabase,
}

/// Who asks for their own year.
pub struct Person {
    pub citizen: CitizenId,
    pub target: Target,
}

/// The last twelve months that are over.
#[derive(Clone, Copy)]
pub struct Year {
    pub first: Month,
    pub last: Month,
}

impl Year {
    fn before(now: Timestamp) -> Outcome<Self> {
        let this = now.learning_day().month().number();
        let month = |back: i32| Month::from_number(this - back).ok_or("no such month");
        Ok(Self { first: month(i32::try_from(MONTHS)?)?, last: month(1)? })
    }

    fn months(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(self.first), |month| Some(month.next())).take(MONTHS)
    }

    pub fn first_day(self) -> Day {
        self.first.first_day()
    }

    pub fn last_day(self) -> Day {
        self.last.next().first_day().plus_days(-1)
    }

    fn learning_days(self) -> Vec<Day> {
        let of_month = |month: Month| DAYS_OF_A_MONTH.map(|day| month.first_day().plus_days(day - 1));
        self.months().flat_map(of_month).collect()
    }
}

impl Province {
    /// Citizens 1 to `citizens`; number 0 is the officer, whose own year the sample has too.
    pub async fn make(database: TestDatabase, citizens: u32) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("densach-bench-").tempdir()?;
        let secrets = Secrets::load_or_create(&stack::secrets_file(folder.path()), true)?;
        let now = SystemClock.now();
        let year = Year::before(now)?;
        fill(&database, citizens, year, now.plus_seconds(-SINCE_SECONDS)).await?;
        let server = side::ours(folder.path(), database.url()).await?;
        let asked = json!({
            "unitId": TREE.province(),
            "from": year.first.to_string(),
            "to": year.last.to_string(),
        });
        let unit = target(&server, 0, &secrets, "Office", asked)?;
        let person = |index: u32| -> Outcome<Person> {
            let number = index * SAMPLE_STEP;
            let citizen: CitizenId = Kind::Citizen.id(number);
            let asked = json!({
                "citizenId": citizen,
                "from": year.first_day().to_string(),
                "to": year.last_day().to_string(),
                "year": year.last.year(),
            });
            Ok(Person { citizen, target: target(&server, number, &secrets, "MyStudy", asked)? })
        };
        let people = (1..=ASKING.min(citizens / SAMPLE_STEP)).map(person).collect::<Outcome<Vec<_>>>()?;
        let floor = Floor::open(database.url(), TREE.province(), year).await?;
        Ok(Self { server, floor, unit, people, _folder: folder, _database: database })
    }

    pub fn port(&self) -> u16 {
        self.server.port
    }
}

fn target(
    server: &Process,
    citizen: u32,
    secrets: &Secrets,
    name: &str,
    variables: Value,
) -> Outcome<Target> {
    let asked = json!({ "documentId": document(name)?.hash, "variables": variables });
    let body: Bytes = serde_json::to_vec(&asked)?.into();
    let authorization = people::authorization(citizen, secrets)?;
    Ok(Target { port: server.port, path: "/graphql", authorization, bodies: vec![body] })
}

async fn fill(database: &TestDatabase, citizens: u32, year: Year, since: Timestamp) -> Outcome {
    let store = database.store();
    TREE.add(store, since).await?;
    let works = works::add(store, since).await?;
    let pool = Pool::to_fill(database.url()).await?;
    people::add(&pool, TREE, 0, citizens, since).await?;
    people::sign_in(&pool, SAMPLE_STEP, citizens, since).await?;
    let tx = store.begin().await?;
    let grant = RoleGrant {
        role: Role::Officer,
        unit: TREE.province(),
        edge_kind: EdgeKind::Association,
        valid_from: since,
        valid_to: None,
    };
    tx.role_grant_add(Kind::Grant.id(0), Kind::Citizen.id(0), grant, since).await?;
    tx.commit().await?;

    let days = year.learning_days();
    year::live(database.url(), Phone { started_at: since }, &works, &days).await?;
    for table in LEDGER {
        copies::give(&pool, table, SAMPLE_STEP, citizens).await?;
    }
    if pool.is_postgres() {
        // Day by day, as they came: a citizen's rows lie far apart.
        for index in 0..days.len() {
            add_days(&pool, 1, citizens, &days, index..index + 1).await?;
        }
    } else {
        for (first, last) in stretches(1, citizens, CITIZENS_AT_ONCE) {
            add_days(&pool, first, last, &days, 0..days.len()).await?;
        }
    }
    add_unit_months(&pool).await?;
    pool.settle().await
}

/// Some of `days` of the citizens from one number to another: ten minutes to fifty, five of eight measured, one attested,
/// two claimed.
async fn add_days(
    pool: &Pool,
    first: u32,
    last: u32,
    days: &[Day],
    which: std::ops::Range<usize>,
) -> Outcome {
    let rows = days.iter().enumerate().skip(which.start).take(which.len());
    let rows: Vec<String> = rows.map(|(index, day)| format!("({index}, {})", day.number())).collect();
    let (series, citizen, rows) = (series(first, last), Kind::Citizen.sql(pool, "n.i"), rows.join(", "));
    pool.run(format!(
        "INSERT INTO study_day (citizen_id, day, source, trust, seconds) WITH RECURSIVE {series}, \
         k (k, day) AS (VALUES {rows}) \
         SELECT {citizen}, k.day + n.i % 10, \
         CASE (n.i + k.k) % 8 WHEN 3 THEN 'reading' WHEN 4 THEN 'reading' WHEN 5 THEN 'class' WHEN 6 THEN 'book' \
         WHEN 7 THEN 'radio' ELSE 'video' END, \
         CASE (n.i + k.k) % 8 WHEN 5 THEN 'attested' WHEN 6 THEN 'claimed' WHEN 7 THEN 'claimed' ELSE 'measured' END, \
         600 + (n.i * 7 + k.k * 13) % 41 * 60 \
         FROM n CROSS JOIN k"
    ))
    .await?;
    Ok(())
}

/// The sums of all units, from the days of their members. Nothing came late.
async fn add_unit_months(pool: &Pool) -> Outcome {
    let month = if pool.is_postgres() {
        let date = "(DATE '1970-01-01' + CAST(d.day AS integer))";
        format!("CAST(extract(year FROM {date}) * 12 + extract(month FROM {date}) - 1 AS bigint)")
    } else {
        let part = |name: &str| format!("CAST(strftime('{name}', d.day * 86400, 'unixepoch') AS integer)");
        format!("{} * 12 + {} - 1", part("%Y"), part("%m"))
    };
    let classes = ["measured", "attested", "claimed"];
    let each = |text: &str| classes.map(|class| text.replace("{}", class)).join(", ");
    let columns = each("{}_seconds, {}_late, {}_prior, {}_active");
    let of_people = each("sum(CASE d.trust WHEN '{}' THEN d.seconds ELSE 0 END) AS {}");
    let of_branches = each("sum({}) AS {}, sum(CASE WHEN {} > 0 THEN 1 ELSE 0 END) AS {}_active");
    let sums = each("CAST(sum(b.{}) AS bigint), 0, 0, CAST(sum(b.{}_active) AS bigint)");
    pool.run("DELETE FROM study_unit_month").await?;
    pool.run(format!(
        "INSERT INTO study_unit_month (unit_id, month, {columns}, active) WITH RECURSIVE {SUBTREE}, \
         people AS (SELECT m.unit_id, {month} AS month, {of_people} \
         FROM membership m CROSS JOIN study_day d WHERE d.citizen_id = m.citizen_id \
         GROUP BY m.unit_id, d.citizen_id, 2), \
         branches AS (SELECT unit_id, month, {of_branches}, count(*) AS active FROM people GROUP BY unit_id, month) \
         SELECT s.root, b.month, {sums}, CAST(sum(b.active) AS bigint) \
         FROM subtree s JOIN branches b ON b.unit_id = s.id GROUP BY s.root, b.month"
    ))
    .await?;
    Ok(())
}
