//! The authorization table: every query and mutation of the schema × who asks × whose thing it is → what they are told.
//! Each cell is sent over HTTP, on both stacks. A field of the schema that is missing here fails the build.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use densach_domain::Clock as _;
use densach_domain::actor::Role;
use densach_domain::unit::{AreaClass, UnitKind};
use densach_store::UnitSeed;
use densach_tests::{Person, TestApp, repository};
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Who asks. The table has a column for each, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    Anonymous,
    /// Belongs to no branch.
    Stranger,
    /// Belongs to branch 1.
    Citizen,
    /// Belongs to branch 2, and was named as a tester of `World::draft` and `World::published`.
    Tester,
    Editor,
    /// Of branch 1.
    BranchOfficer,
    /// Of the commune that branches 1 and 2 belong to.
    CommuneOfficer,
    /// Of a branch in another commune.
    ElsewhereOfficer,
}

impl Actor {
    const ALL: [Self; 8] = [
        Self::Anonymous,
        Self::Stranger,
        Self::Citizen,
        Self::Tester,
        Self::Editor,
        Self::BranchOfficer,
        Self::CommuneOfficer,
        Self::ElsewhereOfficer,
    ];
}

type Told = &'static str;

const OK: Told = "ok";
/// No error, and nothing to be seen.
const NULL: Told = "null";
const WHO: Told = "UNAUTHENTICATED";
const NO: Told = "FORBIDDEN";
/// Also what must not be known of.
const GONE: Told = "NOT_FOUND";

/// Refusals that come after permission was given: the person is told what to mend.
const WRONG_CODE: Told = "user error WRONG_CODE";
const EXPIRED: Told = "user error EXPIRED";
const NOT_READY: Told = "user error NOT_READY";
const UNKNOWN: Told = "user error NOT_FOUND";

type Cells = [Told; Actor::ALL.len()];

const fn everybody(told: Told) -> Cells {
    [told; Actor::ALL.len()]
}

const fn signed_in(told: Told) -> Cells {
    [WHO, told, told, told, told, told, told, told]
}

const fn editors(told: Told) -> Cells {
    [WHO, NO, NO, NO, told, NO, NO, NO]
}

struct Row {
    operation: &'static str,
    scope: &'static str,
    cells: Cells,
}

const fn row(operation: &'static str, scope: &'static str, cells: Cells) -> Row {
    Row { operation, scope, cells }
}

#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("addCitizen", "to one's account", signed_in(OK)),
    row("completeUpload", "one's own", editors(NOT_READY)),
    row("completeUpload", "another editor's", editors(GONE)),
    row("completeUpload", "not existing", editors(GONE)),
    row("confirmSignInCode", "the right code", everybody(OK)),
    row("confirmSignInCode", "a wrong code", everybody(WRONG_CODE)),
    row("confirmSignInCode", "not existing", everybody(EXPIRED)),
    row("createUpload", "", editors(OK)),
    row("createWork", "", editors(OK)),
    row("criteriaSet", "the one in force", everybody(OK)),
    row("criteriaSet", "not existing", everybody(GONE)),
    row("criteriaSets", "", everybody(OK)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("draft", "a draft",                    [GONE,  GONE,    GONE,   OK,    OK,    GONE,  GONE,   GONE]),
    row("draft", "released, without a draft",  [GONE,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("draft", "not existing",               [GONE,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("edition", "released", everybody(OK)),
    row("edition", "published, not released",  [GONE,  GONE,    GONE,   OK,    OK,    GONE,  GONE,   GONE]),
    row("edition", "a draft",                  [GONE,  GONE,    GONE,   OK,    OK,    GONE,  GONE,   GONE]),
    row("edition", "not existing", everybody(GONE)),
    row("nameTester", "a work", editors(OK)),
    row("nameTester", "a phone that nobody has", editors(UNKNOWN)),
    row("nameTester", "not existing", editors(GONE)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("office", "branch 1",                  [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     GONE]),
    row("office", "branch 2",                  [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("office", "the commune",               [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("office", "a branch elsewhere",        [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   OK]),
    row("office", "the province", signed_in(GONE)),
    row("office", "not existing", signed_in(GONE)),
    row("publishDraft", "a draft", editors(OK)),
    row("publishDraft", "not existing", editors(GONE)),
    row("recordPosition", "oneself", signed_in(OK)),
    row("recordPosition", "of the household", signed_in(OK)),
    row("recordPosition", "somebody else", signed_in(GONE)),
    row("recordPosition", "not existing", signed_in(GONE)),
    row("recordPosition", "a work that does not exist", signed_in(GONE)),
    row("refreshSession", "a token of one's own", everybody(OK)),
    row("refreshSession", "not existing", everybody(WHO)),
    row("releaseRevision", "published, not released", editors(OK)),
    row("releaseRevision", "a draft", editors(NOT_READY)),
    row("releaseRevision", "not existing", editors(GONE)),
    row("requestSignInCode", "", everybody(OK)),
    row("revisions", "a work", editors(OK)),
    // An empty list says no more than that there is nothing.
    row("revisions", "not existing", editors(OK)),
    row("saveDraft", "a draft", editors(OK)),
    row("saveDraft", "not existing", editors(GONE)),
    row("search", "", everybody(OK)),
    row("sendEvidence", "oneself", signed_in(OK)),
    row("sendEvidence", "of the household", signed_in(OK)),
    row("sendEvidence", "somebody else", signed_in(GONE)),
    row("sendEvidence", "not existing", signed_in(GONE)),
    row("setGoal", "oneself", signed_in(OK)),
    row("setGoal", "of the household", signed_in(OK)),
    row("setGoal", "somebody else", signed_in(GONE)),
    row("setGoal", "not existing", signed_in(GONE)),
    row("signOut", "this device", signed_in(OK)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("suggestGoal", "branch 1",             [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     GONE]),
    row("suggestGoal", "branch 2",             [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("suggestGoal", "the commune",          [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("suggestGoal", "a branch elsewhere",   [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   OK]),
    row("suggestGoal", "not existing", signed_in(GONE)),
    row("topics", "", everybody(OK)),
    row("unit", "a unit", everybody(OK)),
    row("unit", "not existing", everybody(GONE)),
    row("upload", "one's own", editors(OK)),
    row("upload", "another editor's", editors(GONE)),
    row("upload", "not existing", editors(GONE)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("viewer", "oneself",                   [NULL,  OK,      OK,     OK,    OK,    OK,    OK,     OK]),
    row("viewer", "of the household",          [NULL,  OK,      OK,     OK,    OK,    OK,    OK,     OK]),
    row("viewer", "somebody else",             [NULL,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("viewer", "not existing",              [NULL,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("withdrawWork", "a work", editors(OK)),
    row("withdrawWork", "not existing", editors(GONE)),
    row("work", "released", everybody(OK)),
    row("work", "a draft", everybody(GONE)),
    row("work", "not existing", everybody(GONE)),
    row("work", "with one's own progress", signed_in(OK)),
    row("work", "with somebody else's progress", signed_in(GONE)),
    row("works", "", everybody(OK)),
    row("works", "with somebody else's progress", signed_in(GONE)),
];

/// Fields without a row: what this installation is set up with, and nothing of anybody's. The list only shrinks.
const EXEMPT: &[&str] = &["signInProviders"];
const MOST_EXEMPT: usize = 1;

#[test]
fn every_field_of_the_schema_stands_in_the_table() -> Outcome {
    let schema = std::fs::read_to_string(repository().join("schema.graphql"))?;
    let mut fields = fields(&schema, "Query");
    fields.extend(self::fields(&schema, "Mutation"));
    assert!(fields.contains(&"viewer") && fields.contains(&"setGoal"), "the schema is not read: {fields:?}");
    let in_table = |field: &str| TABLE.iter().any(|row| row.operation == field);
    let missing: Vec<_> = fields.iter().filter(|field| !in_table(field) && !EXEMPT.contains(field)).collect();
    assert!(missing.is_empty(), "no row in the authorization table says who may use {missing:?}");
    let gone: Vec<_> = TABLE.iter().map(|row| row.operation).filter(|name| !fields.contains(name)).collect();
    assert!(gone.is_empty(), "the authorization table speaks of what the schema does not have: {gone:?}");
    Ok(())
}

#[test]
fn the_list_of_exemptions_only_shrinks() -> Outcome {
    assert!(EXEMPT.len() <= MOST_EXEMPT, "write rows for {EXEMPT:?}");
    let schema = std::fs::read_to_string(repository().join("schema.graphql"))?;
    for name in EXEMPT {
        assert!(TABLE.iter().all(|row| row.operation != *name), "{name} has rows: it needs no exemption");
        assert!(
            fields(&schema, "Query").contains(name),
            "{name} is not in the schema: it needs no exemption"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_what_the_table_says_on_sqlite() -> Outcome {
    run(builder().sqlite().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_what_the_table_says_on_postgres() -> Outcome {
    run(builder().postgres().await).await
}

/// The names of the fields of an object type, from a text that has one field a line.
fn fields<'a>(schema: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("type {name} {{");
    let body = schema.lines().skip_while(|line| *line != head).skip(1).take_while(|line| *line != "}");
    let mut in_words = false;
    let mut fields = Vec::new();
    for line in body.map(str::trim) {
        if let Some(rest) = line.strip_prefix("\"\"\"") {
            in_words ^= !rest.ends_with("\"\"\"");
        } else if !in_words && let Some((name, _)) = line.split_once(['(', ':']) {
            fields.push(name);
        }
    }
    fields
}

/// The table signs people in more often than anybody would.
fn builder() -> densach_tests::Builder {
    TestApp::builder()
        .set("DENSACH_SIGN_IN__CODES_PER_PHONE_PER_HOUR", "100000")
        .set("DENSACH_SIGN_IN__CODES_PER_ADDRESS_PER_HOUR", "100000")
}

#[expect(clippy::print_stdout, reason = "how much was tried is what the run is asked for")]
async fn run(app: TestApp) -> Outcome {
    let world = World::new(&app).await?;
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in TABLE {
        for (actor, expected) in Actor::ALL.into_iter().zip(row.cells) {
            let (document, variables, token) = world.ask(actor, row.operation, row.scope).await?;
            let answer = app.graphql(&token, &document, variables).await;
            let found = told(&answer, row.operation);
            count += 1;
            if found != expected {
                wrong.push(format!(
                    "{} ({}), {actor:?}: {expected} in the table, {found} told",
                    row.operation, row.scope
                ));
            }
        }
    }
    println!("the authorization table: {count} cells in {} rows", TABLE.len());
    assert!(wrong.is_empty(), "{} of {count} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    app.drain().await;
    app.finish().await;
    Ok(())
}

/// An answer in the words of the table.
fn told(answer: &Value, operation: &str) -> String {
    if let Some(error) = answer["errors"].get(0) {
        return error["extensions"]["code"].as_str().unwrap_or("an error without a code").to_owned();
    }
    let field = &answer["data"][operation];
    match field["userErrors"].get(0) {
        Some(error) => format!("user error {}", error["code"].as_str().unwrap_or_default()),
        None if field.is_null() => NULL.to_owned(),
        None => OK.to_owned(),
    }
}

/// A work and one of its revisions.
#[derive(Clone)]
struct Written {
    work: String,
    revision: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Draft,
    Published,
    Released,
}

/// The people and the things that the table speaks of.
struct World<'a> {
    app: &'a TestApp,
    /// Everybody but [`Actor::Anonymous`], in the order of [`Actor::ALL`].
    people: Vec<Person>,
    /// Somebody of each one's household.
    households: Vec<String>,
    units: HashMap<&'static str, String>,
    topic: String,
    draft: Written,
    published: Written,
    released: Written,
    /// The editor's, and another editor's.
    uploads: [String; 2],
    count: AtomicUsize,
}

const ELSEWHERE: (&str, &str) = ("0911000001", "THU-1");
const SECOND_EDITOR: &str = "0911000002";
/// Asks for codes and signs in; nobody of the table.
const PASSER_BY: &str = "0911000003";
const UNITS: [(&str, &str); 5] = [
    ("branch 1", "DEMO-1"),
    ("branch 2", "DEMO-2"),
    ("the commune", "HKH-00070"),
    ("a branch elsewhere", ELSEWHERE.1),
    ("the province", "HKH-01"),
];

impl<'a> World<'a> {
    async fn new(app: &'a TestApp) -> Outcome<Self> {
        app.seed_demo().await;
        app.import_library().await;
        branch_elsewhere(app).await?;
        let mut people = Vec::new();
        for phone in ["0900000006", "0900000002", "0900000003", "0900000001", "0900000004", "0900000005"] {
            people.push(app.sign_in(phone).await);
        }
        people.push(newcomer(app, ELSEWHERE.0, Role::Officer, ELSEWHERE.1).await?);
        let second_editor = newcomer(app, SECOND_EDITOR, Role::Editor, "VN").await?;
        let mut households = Vec::new();
        for person in &people {
            let added =
                act(app, &person.token, "addCitizen", "citizenId", json!({ "fullName": "Bà Thử" })).await?;
            households.push(text(&added["citizenId"])?);
        }
        let mut units = HashMap::new();
        for (name, code) in UNITS {
            let found = data(app, "", &format!("{{ unit(code: {code:?}) {{ id }} }}")).await?;
            units.insert(name, text(&found["unit"]["id"])?);
        }
        let topics = data(app, "", "{ topics { id } }").await?;
        let editor = people[Actor::Editor as usize - 1].token.clone();
        let uploads = [create_upload(app, &editor).await?, create_upload(app, &second_editor.token).await?];
        let nothing = Written { work: String::new(), revision: String::new() };
        let mut world = Self {
            app,
            people,
            households,
            units,
            topic: text(&topics["topics"][0]["id"])?,
            draft: nothing.clone(),
            published: nothing.clone(),
            released: nothing,
            uploads,
            count: AtomicUsize::new(0),
        };
        world.draft = world.write(Stage::Draft).await?;
        world.published = world.write(Stage::Published).await?;
        world.released = world.write(Stage::Released).await?;
        let tester = &world.people[Actor::Tester as usize - 1].phone;
        for written in [&world.draft, &world.published] {
            act(app, &editor, "nameTester", "", json!({ "workId": written.work, "phone": tester })).await?;
        }
        app.drain().await;
        Ok(world)
    }

    fn person(&self, actor: Actor) -> Option<&Person> {
        self.people.get((actor as usize).checked_sub(1)?)
    }

    /// The person of an actor; for nobody, the stranger's.
    fn own(&self, actor: Actor) -> &str {
        self.person(actor).map_or(&self.people[0].citizen, |person| &person.citizen)
    }

    fn household(&self, actor: Actor) -> &str {
        &self.households[(actor as usize).saturating_sub(1)]
    }

    /// Somebody of another account; for the officers, a member of branch 1.
    fn other(&self, actor: Actor) -> &str {
        self.own(if actor == Actor::Citizen { Actor::Stranger } else { Actor::Citizen })
    }

    fn citizen(&self, actor: Actor, scope: &str) -> String {
        match scope {
            "of the household" => self.household(actor).to_owned(),
            "somebody else" => self.other(actor).to_owned(),
            "not existing" => nothing("cit"),
            _ => self.own(actor).to_owned(),
        }
    }

    fn unit(&self, scope: &str) -> String {
        self.units.get(scope).cloned().unwrap_or_else(|| nothing("uni"))
    }

    fn upload(&self, scope: &str) -> String {
        match scope {
            "one's own" => self.uploads[0].clone(),
            "another editor's" => self.uploads[1].clone(),
            _ => nothing("upl"),
        }
    }

    /// A fresh work of the editor, brought as far as `stage`.
    async fn write(&self, stage: Stage) -> Outcome<Written> {
        let token = &self.people[Actor::Editor as usize - 1].token;
        let saved = act(self.app, token, "createWork", "workId revisionId", self.new_work()).await?;
        let written = Written { work: text(&saved["workId"])?, revision: text(&saved["revisionId"])? };
        if stage != Stage::Draft {
            act(self.app, token, "publishDraft", "", json!({ "workId": written.work, "version": 1 })).await?;
        }
        if stage == Stage::Released {
            act(self.app, token, "releaseRevision", "", json!({ "revisionId": written.revision })).await?;
        }
        Ok(written)
    }

    fn new_work(&self) -> Value {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        json!({ "kind": "LESSON", "slug": format!("bai-thu-{number}"), "content": self.content() })
    }

    fn content(&self) -> Value {
        json!({
            "title": "Bài thử", "summary": "Để thử ai được làm gì.", "body": "Một hai ba bốn năm.",
            "licence": "CC-BY-4.0", "level": "BASIC", "audience": ["EVERYONE"],
            "authors": ["Nhóm thử"], "topicIds": [self.topic],
        })
    }

    /// What an actor sends for a row: a document, its variables, an access token.
    async fn ask(&self, actor: Actor, operation: &str, scope: &str) -> Outcome<(String, Value, String)> {
        let mut token = self.person(actor).map_or_else(String::new, |person| person.token.clone());
        if let Some(document) = self.query(actor, operation, scope) {
            return Ok((document, json!({}), token));
        }
        let mut input = self.input(actor, operation, scope).await?;
        if !WITHOUT_CLIENT_ID.contains(&operation) {
            input["clientMutationId"] = json!(client_id());
        }
        // What signs out must not end the session that the next rows need.
        if let ("signOut", Some(person)) = (operation, self.person(actor)) {
            token = self.app.sign_in(&person.phone).await.token;
        }
        Ok((mutation(operation, ""), json!({ "input": input }), token))
    }

    fn query(&self, actor: Actor, operation: &str, scope: &str) -> Option<String> {
        let progress = |citizen: &str| format!("progress(citizenId: {citizen:?}) {{ latest {{ locator }} }}");
        let selection = match operation {
            "criteriaSet" => match scope {
                "not existing" => "criteriaSet(code: \"0/QĐ\") { code }".to_owned(),
                _ => "criteriaSet { code }".to_owned(),
            },
            "criteriaSets" => "criteriaSets { code }".to_owned(),
            "draft" => {
                let work = match scope {
                    "a draft" => self.draft.work.clone(),
                    "released, without a draft" => self.released.work.clone(),
                    _ => nothing("wrk"),
                };
                format!("draft(workId: {work:?}) {{ title body }}")
            }
            "edition" => {
                let revision = match scope {
                    "released" => self.released.revision.clone(),
                    "published, not released" => self.published.revision.clone(),
                    "a draft" => self.draft.revision.clone(),
                    _ => nothing("rev"),
                };
                format!("edition(revisionId: {revision:?}) {{ title body }}")
            }
            "office" => format!(
                "office(unitId: {:?}) {{ memberCount months(from: \"2026-01\", to: \"2026-02\") {{ month }} \
                 members(first: 5) {{ nodes {{ fullName study(month: \"2026-01\") {{ seconds }} }} }} }}",
                self.unit(scope)
            ),
            "revisions" => {
                let work = if scope == "a work" { self.draft.work.clone() } else { nothing("wrk") };
                format!("revisions(workId: {work:?}) {{ id }}")
            }
            "search" => "search(text: \"hoc suot doi\") { hits { work { title } } }".to_owned(),
            "topics" => "topics { slug }".to_owned(),
            "unit" => {
                let id = if scope == "a unit" { self.unit("branch 1") } else { nothing("uni") };
                format!("unit(id: {id:?}) {{ name }}")
            }
            "upload" => format!("upload(uploadId: {:?}) {{ state parts {{ url }} }}", self.upload(scope)),
            "viewer" => format!(
                "viewer {{ citizen(id: {:?}) {{ fullName goals {{ minutes }} \
                 studyDays(from: \"2026-01-01\", to: \"2026-02-01\") {{ seconds }} }} }}",
                self.citizen(actor, scope)
            ),
            "work" => {
                let (work, more) = match scope {
                    "released" => (self.released.work.clone(), String::new()),
                    "a draft" => (self.draft.work.clone(), String::new()),
                    "with one's own progress" => (self.released.work.clone(), progress(self.own(actor))),
                    "with somebody else's progress" => {
                        (self.released.work.clone(), progress(self.other(actor)))
                    }
                    _ => (nothing("wrk"), String::new()),
                };
                format!("work(id: {work:?}) {{ title {more} }}")
            }
            "works" => {
                let more = if scope.is_empty() { String::new() } else { progress(self.other(actor)) };
                format!("works(first: 3) {{ nodes {{ title {more} }} }}")
            }
            _ => return None,
        };
        Some(format!("{{ {selection} }}"))
    }

    async fn input(&self, actor: Actor, operation: &str, scope: &str) -> Outcome<Value> {
        let missing = scope == "not existing";
        Ok(match operation {
            "addCitizen" => json!({ "fullName": "Em Thử" }),
            "completeUpload" => json!({ "uploadId": self.upload(scope) }),
            "confirmSignInCode" => self.confirmation(scope).await?,
            "createUpload" => new_upload(),
            "createWork" => self.new_work(),
            "nameTester" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Draft).await?.work };
                let phone =
                    if scope == "a phone that nobody has" { "0988888888" } else { &self.people[0].phone };
                json!({ "workId": work, "phone": phone })
            }
            "publishDraft" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Draft).await?.work };
                json!({ "workId": work, "version": 1 })
            }
            "recordPosition" => {
                let lost = scope == "a work that does not exist";
                json!({
                    "citizenId": self.citizen(actor, scope), "locator": 0.5, "recordedAt": self.app.clock.at(-60),
                    "workId": if lost { nothing("wrk") } else { self.released.work.clone() },
                })
            }
            "refreshSession" => {
                let own =
                    self.app.sign_in(self.person(actor).map_or(PASSER_BY, |person| &person.phone)).await;
                let made_up = format!("{}.{}", nothing("ses"), "A".repeat(43));
                json!({ "refreshToken": if missing { made_up } else { own.refresh_token } })
            }
            "releaseRevision" => {
                let stage = if scope == "a draft" { Stage::Draft } else { Stage::Published };
                let revision = if missing { nothing("rev") } else { self.write(stage).await?.revision };
                json!({ "revisionId": revision })
            }
            "requestSignInCode" => json!({ "phone": PASSER_BY }),
            "saveDraft" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Draft).await?.work };
                json!({ "workId": work, "version": 1, "content": self.content() })
            }
            "sendEvidence" => {
                let item = json!({
                    "sequence": self.count.fetch_add(1, Ordering::Relaxed) + 1, "workId": self.released.work,
                    "source": "READING", "startedAt": self.app.clock.at(-60), "endedAt": self.app.clock.at(-30),
                });
                json!({ "citizenId": self.citizen(actor, scope), "items": [item] })
            }
            "setGoal" => json!({ "citizenId": self.citizen(actor, scope), "period": "WEEK", "minutes": 90 }),
            "signOut" => json!({}),
            "suggestGoal" => json!({ "unitId": self.unit(scope), "period": "WEEK", "minutes": 90 }),
            "withdrawWork" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Released).await?.work };
                json!({ "workId": work })
            }
            other => return Err(format!("the table does not know how to ask for {other}").into()),
        })
    }

    /// A code on its way to somebody, confirmed rightly or not.
    async fn confirmation(&self, scope: &str) -> Outcome<Value> {
        let input = json!({ "phone": PASSER_BY });
        let sent = act(self.app, "", "requestSignInCode", "challengeId", input).await?;
        self.app.drain().await;
        let code = self.app.gateway.code(&format!("+84{}", &PASSER_BY[1..]));
        let wrong = if code == "000000" { "000001" } else { "000000" };
        Ok(json!({
            "challengeId": if scope == "not existing" { nothing("chl") } else { text(&sent["challengeId"])? },
            "code": if scope == "a wrong code" { wrong } else { code.as_str() },
            "device": { "clientId": client_id() },
        }))
    }
}

/// What a repeat is known by stands in the input of these already.
const WITHOUT_CLIENT_ID: [&str; 3] = ["refreshSession", "sendEvidence", "signOut"];

fn mutation(operation: &str, fields: &str) -> String {
    let (first, rest) = operation.split_at(1);
    let input = format!("{}{rest}Input", first.to_uppercase());
    format!(
        "mutation($input: {input}!) {{ {operation}(input: $input) {{ {fields} userErrors {{ code }} }} }}"
    )
}

fn client_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A well-formed id of something that is not there.
fn nothing(prefix: &str) -> String {
    format!("{prefix}_{}", uuid::Uuid::now_v7().simple())
}

fn text(value: &Value) -> Outcome<String> {
    Ok(value.as_str().ok_or_else(|| format!("no text: {value}"))?.to_owned())
}

/// Asks for something that must be answered.
async fn data(app: &TestApp, token: &str, query: &str) -> Outcome<Value> {
    let answer = app.graphql(token, query, json!({})).await;
    if answer.get("errors").is_some() {
        Err(format!("{query}: {answer:#}").into())
    } else {
        Ok(answer["data"].clone())
    }
}

/// Does something that must be done; answers its payload.
async fn act(app: &TestApp, token: &str, operation: &str, fields: &str, mut input: Value) -> Outcome<Value> {
    if !WITHOUT_CLIENT_ID.contains(&operation) {
        input["clientMutationId"] = json!(client_id());
    }
    let answer = app.graphql(token, &mutation(operation, fields), json!({ "input": input })).await;
    let payload = &answer["data"][operation];
    if payload["userErrors"] == json!([]) {
        Ok(payload.clone())
    } else {
        Err(format!("{operation}: {answer:#}").into())
    }
}

fn new_upload() -> Value {
    json!({ "fileName": "thu.pdf", "mediaType": "application/pdf", "sizeBytes": 10, "sha256": "0".repeat(64) })
}

async fn create_upload(app: &TestApp, token: &str) -> Outcome<String> {
    text(&act(app, token, "createUpload", "upload { id }", new_upload()).await?["upload"]["id"])
}

/// Signs somebody in who was not there before, and gives them an office.
async fn newcomer(app: &TestApp, phone: &str, role: Role, unit: &str) -> Outcome<Person> {
    let mut person = app.sign_in(phone).await;
    let input = json!({ "fullName": "Người Mới" });
    person.citizen = text(&act(app, &person.token, "addCitizen", "citizenId", input).await?["citizenId"])?;
    densach_app::citizen::grant(&app.app.operator(), phone, role, unit).await?;
    Ok(person)
}

/// A branch in a commune (Phường Ba Đình) that is not the demo's.
async fn branch_elsewhere(app: &TestApp) -> Outcome {
    let now = app.clock.now();
    let commune = app.app.store.unit_by_code("HKH-00004", now).await?.ok_or("the commune is not loaded")?;
    let seed = UnitSeed {
        id: app.app.new_id(),
        code: ELSEWHERE.1.to_owned(),
        kind: UnitKind::Branch,
        name: "Chi hội Thử".to_owned(),
        name_key: b"thu".to_vec(),
        area_class: AreaClass::Unknown,
        area_source: "test".to_owned(),
        parent: Some(commune.id),
        territory: None,
        valid_from: now,
    };
    let tx = app.app.store.begin().await?;
    tx.units_add(&[seed], now).await?;
    tx.commit().await?;
    Ok(())
}
