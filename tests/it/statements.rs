//! How many statements each shipped query document takes: few, and no more when there is more to see. Cold is the first
//! request of a process that has read nothing yet; warm is the same request again.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use densach_domain::Clock as _;
use densach_domain::id::{CitizenId, MembershipId};
use densach_store::CitizenRow;
use densach_store::testkit::TestDatabase;
use densach_tests::{TestApp, repository};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::schema::{self, Case};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// With the look at who asks. Two documents gather a whole screen of figures, and two gather all that explains a line:
/// they take a few more, never growing ones.
fn most(document: &str) -> usize {
    match document {
        "MyStudy" | "Office" => 8,
        // Who asks, people, lines, entries, corrections, disputes, names, works, editions.
        "WhyTheseHours" => 9,
        // Who asks, ancestors, the unit, the member twice, and the last seven of those above.
        "OfficeWhy" => 12,
        _ => 6,
    }
}
/// What is made so that there is more than a page of forty of everything.
const PLENTY: usize = 45;
const FEW: usize = 5;
const MANY: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_take_few_statements_on_sqlite() -> Outcome {
    run(TestDatabase::sqlite().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_take_few_statements_on_postgres() -> Outcome {
    run(TestDatabase::postgres().await).await
}

#[expect(clippy::print_stdout, reason = "the counts are what the run is asked for")]
async fn run(database: TestDatabase) -> Outcome {
    let machine = Machine::new(database)?;
    let cases = machine.fill().await?;
    let mut table = String::from("statements                cold  warm\n");
    let mut wrong = Vec::new();
    for case in &cases {
        let found = machine.count(case, &case.variables).await?;
        writeln!(table, "{:<26}{:>4}{:>6}", case.name, found.cold.len(), found.warm.len())?;
        for (when, statements) in [("cold", &found.cold), ("warm", &found.warm)] {
            if statements.len() > most(case.name) {
                wrong.push(format!(
                    "{} takes {} {when}:\n{}",
                    case.name,
                    statements.len(),
                    shown(statements)
                ));
            }
        }
        let takes_first = case.variables.get("first").is_some();
        if takes_first {
            let few = machine.count(case, &with_first(case, FEW)).await?;
            let many = machine.count(case, &with_first(case, MANY)).await?;
            writeln!(table, "  the first {FEW:<14}{:>4}{:>6}", few.cold.len(), few.warm.len())?;
            writeln!(table, "  the first {MANY:<14}{:>4}{:>6}", many.cold.len(), many.warm.len())?;
            for (when, few, many) in [("cold", &few.cold, &many.cold), ("warm", &few.warm, &many.warm)] {
                if few.len() != many.len() {
                    let (few_count, many_count) = (few.len(), many.len());
                    wrong.push(format!(
                        "{} takes {few_count} {when} for {FEW} and {many_count} for {MANY}:\n{}",
                        case.name,
                        shown(many)
                    ));
                }
            }
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n"));
    Ok(())
}

fn with_first(case: &Case, first: usize) -> Value {
    let mut variables = case.variables.clone();
    variables["first"] = json!(first);
    variables
}

/// The beginnings of statements, each with how often it was sent.
fn shown(statements: &[String]) -> String {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for statement in statements {
        let start: String = statement.chars().take(120).collect();
        match lines.iter_mut().find(|(known, _)| *known == start) {
            Some((_, count)) => *count += 1,
            None => lines.push((start, 1)),
        }
    }
    lines.iter().map(|(start, count)| format!("  {count} × {start}")).collect::<Vec<_>>().join("\n")
}

struct Counted {
    cold: Vec<String>,
    warm: Vec<String>,
}

/// What stays when a process ends: the database and the disk.
pub(crate) struct Machine {
    pub database: TestDatabase,
    pub folder: TempDir,
}

impl Machine {
    pub fn new(database: TestDatabase) -> Outcome<Self> {
        Ok(Self { database, folder: tempfile::tempdir()? })
    }

    /// A process that knows nothing yet, with these settings beside those that lead to this machine.
    pub async fn start(&self, settings: &[(&str, &str)]) -> TestApp {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let builder = TestApp::builder()
            .set("DENSACH_DATABASE__URL", self.database.url())
            .set("DENSACH_BLOB__URL", format!("file:{}", path("blobs")))
            .set("DENSACH_SEARCH__URL", format!("embedded:{}", path("search")))
            .set("DENSACH_SECRETS__FILE", path("secrets.toml"));
        // The database that comes with the app stands idle.
        settings.iter().fold(builder, |builder, (name, value)| builder.set(name, *value)).sqlite().await
    }

    async fn count(&self, case: &Case, variables: &Value) -> Outcome<Counted> {
        let app = self.start(&[]).await;
        drop(app.take_statements());
        app.document(&case.token, case.name, variables.clone()).await;
        let cold = app.take_statements();
        app.document(&case.token, case.name, variables.clone()).await;
        let warm = app.take_statements();
        app.finish().await;
        Ok(Counted { cold, warm })
    }

    /// Makes plenty of everything; answers what is asked for.
    async fn fill(&self) -> Outcome<Vec<Case>> {
        let app = self.start(&[]).await;
        app.seed_demo().await;
        app.import_library().await;
        let plenty = self.plenty()?;
        let report = densach_app::library::import(&app.app.operator(), plenty.path()).await?;
        assert_eq!(report.refused().count(), 0, "{:?}", report.refused().collect::<Vec<_>>());
        app.drain().await;
        members(&app).await?;
        lines(&app).await?;
        let mut cases = schema::cases(&app).await?;
        for case in &mut cases {
            match case.name {
                "PublicHome" | "Home" | "PublicReadingLists" | "PublicUnits" | "OfficeMembers"
                | "WhyTheseHours" | "OfficeWhy" | "OfficeDisputes" | "Roster" | "Claims" => {
                    case.variables["first"] = json!(20);
                }
                "Search" => case.variables = json!({ "text": "bai kiem thu", "first": 20 }),
                _ => {}
            }
        }
        app.drain().await;
        app.finish().await;
        Ok(cases)
    }

    /// A folder of lessons and reading lists, each with topics and a cover, so that any page of them is alike.
    fn plenty(&self) -> Outcome<TempDir> {
        let folder = tempfile::tempdir()?;
        let cover = repository().join("library/media/video-do-huyet-ap.jpg");
        let head = |title: &str| {
            format!(
                "+++\ntitle = \"{title}\"\nsummary = \"Để đếm câu lệnh.\"\ntopics = [\"hoc-tap-suot-doi\"]\n\
                 level = \"basic\"\naudience = [\"everyone\"]\nlanguage = \"vi\"\nlicence = \"CC-BY-4.0\"\n\
                 authors = [\"Nhóm thử\"]\ncover = {cover:?}\n"
            )
        };
        for kind in ["lessons", "reading-lists"] {
            fs::create_dir(folder.path().join(kind))?;
        }
        for number in 1..=PLENTY {
            let lesson =
                format!("{}+++\nBài kiểm thử số {number}.\n", head(&format!("Bài kiểm thử {number}")));
            fs::write(folder.path().join(format!("lessons/bai-kiem-thu-{number}.md")), lesson)?;
            let list = format!(
                "{}[[items]]\nwork = \"bai-kiem-thu-{number}\"\n[[items]]\nwork = \"video-hoc-suot-doi\"\n\
                 [[items]]\nbook = {{ title = \"Truyện Kiều\", author = \"Nguyễn Du\" }}\n+++\nĐể đọc.\n",
                head(&format!("Tủ sách bài kiểm thử {number}"))
            );
            fs::write(folder.path().join(format!("reading-lists/tu-sach-kiem-thu-{number}.md")), list)?;
        }
        Ok(folder)
    }
}

/// Members of the first branch of the demo.
async fn members(app: &TestApp) -> Outcome {
    let now = app.clock.now();
    let branch = app.app.store.unit_by_code("DEMO-1", now).await?.ok_or("no branch")?;
    let tx = app.app.store.begin().await?;
    for number in 1..=PLENTY {
        let id: CitizenId = app.app.new_id();
        let citizen = CitizenRow {
            id,
            full_name: format!("Hội viên {number}"),
            birth_date: None,
            residence: None,
            id_number_hash: None,
            id_number_sealed: None,
            sealed_key: Vec::new(),
        };
        tx.citizen_add(citizen, format!("{number:04}").into_bytes(), now).await?;
        tx.membership_add(app.app.new_id::<MembershipId>(), id, branch.id, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Lines in the ledger of the citizen of [`schema::cases`], each about another lesson and each disputed.
async fn lines(app: &TestApp) -> Outcome {
    let citizen = app.sign_in("0900000002").await;
    let query = format!("{{ works(first: {PLENTY}, kind: LESSON) {{ nodes {{ id }} }} }}");
    let found = app.graphql("", &query, json!({})).await;
    let lessons = found["data"]["works"]["nodes"].as_array().ok_or("no lessons")?;
    assert_eq!(lessons.len(), PLENTY, "{found:#}");
    let item = |(sequence, lesson): (i64, &Value)| {
        json!({
            "sequence": sequence, "workId": lesson["id"], "source": "READING",
            "startedAt": app.clock.at(sequence * 60 - 7200), "endedAt": app.clock.at(sequence * 60 - 7170),
        })
    };
    let items: Vec<Value> = (1..).zip(lessons).map(item).collect();
    let sent =
        citizen.mutate(app, "SendEvidence", json!({ "citizenId": citizen.citizen, "items": items })).await;
    for result in sent["results"].as_array().into_iter().flatten() {
        citizen.mutate(app, "DisputeEvidence", json!({ "evidenceId": result["id"] })).await;
    }
    Ok(())
}
