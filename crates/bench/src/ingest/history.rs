//! A province in which everybody has studied twice a week for a year; and the same lines once more in the table of the
//! floor.

use densach_domain::id::WorkId;
use densach_domain::{Clock as _, Day};
use densach_server::wiring::SystemClock;
use densach_store::testkit::TestDatabase;

use crate::Outcome;
use crate::pool::Pool;
use crate::seed::copies::{self, DAYS, LEDGER};
use crate::seed::phone::Phone;
use crate::seed::tree::Tree;
use crate::seed::{people, works, year};

const TREE: Tree = Tree { commune_count: 4, branch_count: 40 };
const WEEKS: i32 = 52;
/// Phones were registered before the year began.
const SINCE_SECONDS: i64 = 400 * 86_400;

/// The columns of `study_line`, with its key and nothing else.
const BENCH_LINE: &str = "CREATE TABLE bench_line (citizen_id {uuid} NOT NULL, number bigint NOT NULL, \
     deed text NOT NULL, target bigint, device_id {uuid}, sequence bigint, account_id {uuid}, standing text NOT NULL, \
     said text NOT NULL, judged text NOT NULL, started_s bigint NOT NULL, policy text NOT NULL, \
     received_at bigint NOT NULL, PRIMARY KEY (citizen_id, number))";
const COLUMNS: &str = "citizen_id, number, deed, target, device_id, sequence, account_id, standing, said, judged, \
     started_s, policy, received_at";

pub struct History {
    pub phone: Phone,
    pub works: Vec<WorkId>,
    pub today: Day,
    /// Numbers 1 to this; one more is there for whom items come one by one, and number 0, whose year the others have.
    pub citizens: u32,
    /// How many learning days each has; so many sequence numbers are used.
    pub days: usize,
    /// Of all together.
    pub line_count: i64,
}

impl History {
    pub async fn make(database: &TestDatabase, citizens: u32) -> Outcome<Self> {
        let now = SystemClock.now();
        let (today, since) = (now.learning_day(), now.plus_seconds(-SINCE_SECONDS));
        let phone = Phone { started_at: since };
        TREE.add(database.store(), since).await?;
        let works = works::add(database.store(), since).await?;
        let pool = Pool::to_fill(database.url()).await?;
        people::add(&pool, TREE, 0, citizens + 1, since).await?;
        people::sign_in(&pool, 1, citizens + 1, since).await?;

        let first = today.plus_days(-7 * WEEKS);
        let days: Vec<Day> =
            (0..WEEKS).flat_map(|week| [0, 3].map(|day| first.plus_days(7 * week + day))).collect();
        year::live(database.url(), phone, &works, &days).await?;
        for table in LEDGER.into_iter().chain([DAYS]) {
            copies::give(&pool, table, 1, citizens + 1).await?;
        }
        copies::unit_months(&pool, TREE).await?;

        let uuid = if pool.is_postgres() { "uuid" } else { "blob" };
        pool.run(BENCH_LINE.replace("{uuid}", uuid)).await?;
        pool.run(format!("INSERT INTO bench_line ({COLUMNS}) SELECT {COLUMNS} FROM study_line")).await?;
        let line_count = pool.number("SELECT count(*) FROM study_line").await?;
        pool.settle().await?;
        Ok(Self { phone, works, today, citizens, days: days.len(), line_count })
    }
}
