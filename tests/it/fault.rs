//! Faults: a part of the machine is down, and the others go on; whatever breaks, a client reads what to do and nothing
//! of how we are built.

use std::error::Error;
use std::process::Command;
use std::time::Duration;

use densach_store::testkit::TestDatabase;
use densach_tests::{Person, TestApp};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::schema;
use crate::statements::Machine;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What no client may read in an error.
const PRIVATE: [&str; 14] = [
    "sqlx",
    concat!("sea_", "orm"),
    "sqlite",
    "SELECT",
    "INSERT",
    "UPDATE",
    "postgres",
    "pool",
    "127.0.0.1:9",
    "os error",
    "refused",
    "no such table",
    "dispatch failure",
    "/tmp",
];

/// Nothing listens at the discard port.
const SEARCH_DOWN: [(&str, &str); 1] = [("DENSACH_SEARCH__URL", "http://127.0.0.1:9/?index=x")];
const STORAGE_DOWN: [(&str, &str); 4] = [
    ("DENSACH_BLOB__URL", "s3:http://127.0.0.1:9/densach"),
    ("DENSACH_BLOB__ACCESS_KEY", "key"),
    ("DENSACH_BLOB__SECRET_KEY", "hush"),
    ("DENSACH_BLOB__REGION", "us-east-1"),
];

const EDITOR: &str = "0900000001";
const CITIZEN: &str = "0900000002";

/// How long people wait for what does not need the part that is down.
const PATIENCE: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_search_everything_else_goes_on_sqlite() -> Outcome {
    without_search_everything_else_goes_on(TestDatabase::sqlite().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_search_everything_else_goes_on_postgres() -> Outcome {
    without_search_everything_else_goes_on(TestDatabase::postgres().await).await
}

async fn without_search_everything_else_goes_on(database: TestDatabase) -> Outcome {
    let machine = filled(database).await?;
    let app = machine.start(&SEARCH_DOWN).await;
    let (editor, citizen) = (app.sign_in(EDITOR).await, app.sign_in(CITIZEN).await);
    lessons_are_read(&app, &citizen).await?;
    let answer = app.graphql("", "{ search(text: \"hoc suot doi\") { totalCount } }", json!({})).await;
    assert_eq!(codes(&answer)?, ["SEARCH_UNAVAILABLE"]);
    evidence_is_accepted(&app, &citizen).await?;
    release(&app, &editor, "khi-tim-kiem-nghi").await?;
    assert_eq!(
        ready(&app).await?,
        (StatusCode::OK, json!({ "database": "ok", "storage": "ok", "search": "unavailable" }))
    );

    // The index is told later: its job waits, tries again, and is not laid aside.
    assert!(app.drain().await >= 1);
    assert_eq!(app.app.store.job_counts().await?, (1, 0));
    app.clock.advance_seconds(1000);
    assert_eq!(app.drain().await, 1, "the job did not try again");
    assert_eq!(app.app.store.job_counts().await?, (1, 0));
    drop(app);

    let app = machine.start(&[]).await;
    app.clock.advance_seconds(5000);
    assert_eq!(app.drain().await, 1);
    let found = app.document("", "Search", json!({ "text": "khi tim kiem nghi" })).await;
    assert_eq!(found["search"]["hits"][0]["work"]["slug"], "khi-tim-kiem-nghi", "{found:#}");
    app.finish().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_storage_lessons_are_read_and_evidence_is_accepted() -> Outcome {
    let machine = filled(TestDatabase::sqlite().await).await?;
    let app = machine.start(&STORAGE_DOWN).await;
    let (editor, citizen) = (app.sign_in(EDITOR).await, app.sign_in(CITIZEN).await);
    lessons_are_read(&app, &citizen).await?;
    let lesson = app.document("", "PublicLesson", json!({ "slug": "video-hoc-suot-doi" })).await;
    let url = lesson["work"]["main"]["url"].as_str().unwrap_or_default();
    assert!(url.starts_with("http://127.0.0.1:9/densach/") && url.contains("X-Amz-Signature="), "{url}");
    evidence_is_accepted(&app, &citizen).await?;
    assert_eq!(codes(&create_upload(&app, &editor).await)?, ["UNAVAILABLE"]);
    evidence_is_accepted(&app, &citizen).await?;
    release(&app, &editor, "khi-kho-nghi").await?;
    assert_eq!(
        ready(&app).await?,
        (StatusCode::OK, json!({ "database": "ok", "storage": "unavailable", "search": "ok" }))
    );
    app.drain().await;
    app.finish().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storage_folder_that_is_gone_is_no_more_than_storage_that_is_down() -> Outcome {
    let machine = filled(TestDatabase::sqlite().await).await?;
    let app = machine.start(&[]).await;
    let (editor, citizen) = (app.sign_in(EDITOR).await, app.sign_in(CITIZEN).await);
    std::fs::rename(machine.folder.path().join("blobs"), machine.folder.path().join("gone"))?;
    lessons_are_read(&app, &citizen).await?;
    evidence_is_accepted(&app, &citizen).await?;
    assert_eq!(codes(&create_upload(&app, &editor).await)?, ["UNAVAILABLE"]);
    let lesson = app.document("", "PublicLesson", json!({ "slug": "video-hoc-suot-doi" })).await;
    let url = lesson["work"]["main"]["url"].as_str().ok_or("no address")?;
    let download = app.http.get(url).send().await?;
    assert!(!download.status().is_success(), "{}", download.status());
    let said = download.text().await?;
    let place = machine.folder.path().display().to_string();
    assert!(!said.contains("os error") && !said.contains(&place), "{said}");

    std::fs::rename(machine.folder.path().join("gone"), machine.folder.path().join("blobs"))?;
    editor.mutate(&app, "CreateUpload", new_upload()).await;
    assert_eq!(app.http.get(url).send().await?.status(), StatusCode::OK);
    app.drain().await;
    app.finish().await;
    Ok(())
}

/// Storage that takes connections and never answers: whoever writes into the database must not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storage_that_hangs_keeps_nobody_from_writing() -> Outcome {
    let machine = filled(TestDatabase::sqlite().await).await?;
    let (hole, app) = with_storage_that_hangs(&machine).await?;
    let (editor, citizen) = (app.sign_in(EDITOR).await, app.sign_in(CITIZEN).await);
    let (http, url, token) = (app.http.clone(), format!("{}/graphql", app.base_url), editor.token.clone());
    let document = document("CreateUpload")?;
    let body = json!({ "query": document, "variables": { "input": with_client_id(new_upload()) } });
    let upload = tokio::spawn(async move { http.post(url).bearer_auth(token).json(&body).send().await });
    let held = timeout(PATIENCE, hole.accept()).await.map_err(|_| "storage was not asked")??;
    let sent = timeout(PATIENCE, evidence_is_accepted(&app, &citizen)).await;
    assert!(sent.is_ok(), "evidence waits for an upload that waits for storage");
    sent??;
    drop(held);
    upload.abort();
    Ok(())
}

/// Only the database decides whether requests should be sent here, so the answer must not wait for the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_does_not_wait_for_storage_that_hangs() -> Outcome {
    let machine = filled(TestDatabase::sqlite().await).await?;
    let (_hole, app) = with_storage_that_hangs(&machine).await?;
    let answer = timeout(PATIENCE, ready(&app)).await.map_err(|_| "readiness waits for storage")??;
    assert_eq!(
        answer,
        (StatusCode::OK, json!({ "database": "ok", "storage": "unavailable", "search": "ok" }))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_closed_is_told_without_a_word_of_it_sqlite() -> Outcome {
    a_database_that_is_closed_is_told_without_a_word_of_it(TestDatabase::sqlite().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_closed_is_told_without_a_word_of_it_postgres() -> Outcome {
    a_database_that_is_closed_is_told_without_a_word_of_it(TestDatabase::postgres().await).await
}

async fn a_database_that_is_closed_is_told_without_a_word_of_it(database: TestDatabase) -> Outcome {
    let machine = filled(database).await?;
    let cases = {
        let app = machine.start(&[]).await;
        let cases = schema::cases(&app).await?;
        app.drain().await;
        app.finish().await;
        cases
    };
    // A process that keeps nothing in memory yet.
    let app = machine.start(&[]).await;
    app.app.store.clone().close().await?;
    for case in &cases {
        let answer = app.graphql(&case.token, document(case.name)?, case.variables.clone()).await;
        // The criteria are in the program itself.
        let expected: &[&str] = if case.name == "PublicCriteria" { &[] } else { &["UNAVAILABLE"] };
        assert_eq!(codes(&answer)?, expected, "{}: {answer:#}", case.name);
    }
    let input = json!({ "phone": CITIZEN });
    let answer =
        app.graphql("", document("RequestSignInCode")?, json!({ "input": with_client_id(input) })).await;
    assert_eq!(codes(&answer)?, ["UNAVAILABLE"]);
    assert_eq!(ready(&app).await?.0, StatusCode::SERVICE_UNAVAILABLE);
    Ok(())
}

/// Tables that are gone, which only a mistake of ours could bring about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_of_ours_is_told_without_a_word_of_it() -> Outcome {
    let machine = filled(TestDatabase::sqlite().await).await?;
    let app = machine.start(&[]).await;
    let cases = schema::cases(&app).await?;
    let path = machine.database.url().trim_start_matches("sqlite:");
    python(
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nfor t in sys.argv[2:]:\n    \
         c.execute(f'ALTER TABLE {t} RENAME TO gone_{t}')\nc.commit()",
        &[path, "unit_name", "study_day", "progress", "challenge", "upload"],
    )?;
    for name in ["PublicUnits", "Home", "MyStudy", "Office", "OfficeMembers", "UploadState"] {
        let case = cases.iter().find(|case| case.name == name).ok_or(name)?;
        let answer = app.graphql(&case.token, document(case.name)?, case.variables.clone()).await;
        let codes = codes(&answer)?;
        assert!(!codes.is_empty() && codes.iter().all(|code| code == "INTERNAL"), "{name}: {answer:#}");
    }
    let input = json!({ "phone": CITIZEN });
    let answer =
        app.graphql("", document("RequestSignInCode")?, json!({ "input": with_client_id(input) })).await;
    assert_eq!(codes(&answer)?, ["INTERNAL"]);
    Ok(())
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_told_without_a_word_of_us() -> Outcome {
    let app = TestApp::sqlite().await;
    let url = format!("{}/graphql", app.base_url);
    for body in [
        "",
        "{",
        "{\"query\":1}",
        "{\"query\":\"{\"}",
        "{\"query\":\"{ nothing }\"}",
        "{\"documentId\":\"0\"}",
    ] {
        let answer: Value = app.http.post(&url).body(body).send().await?.json().await?;
        assert_eq!(codes(&answer)?, ["BAD_REQUEST"], "{body}");
    }
    for token in ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let answer = app.graphql(token, "{ viewer { isEditor } }", json!({})).await;
        assert_eq!(codes(&answer)?, ["UNAUTHENTICATED"], "{token}");
    }
    app.finish().await;
    Ok(())
}

/// A machine with the demo and the library.
async fn filled(database: TestDatabase) -> Outcome<Machine> {
    let machine = Machine::new(database)?;
    let app = machine.start(&[]).await;
    app.seed_demo().await;
    app.import_library().await;
    app.finish().await;
    Ok(machine)
}

/// What listens takes connections, because the system does that for it, and says nothing.
async fn with_storage_that_hangs(machine: &Machine) -> Outcome<(TcpListener, TestApp)> {
    let hole = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("s3:http://{}/densach", hole.local_addr()?);
    let mut settings = STORAGE_DOWN;
    settings[0].1 = &url;
    let app = machine.start(&settings).await;
    Ok((hole, app))
}

async fn lessons_are_read(app: &TestApp, citizen: &Person) -> Outcome {
    let home = app.document("", "PublicHome", json!({})).await;
    assert_eq!(home["works"]["nodes"].as_array().ok_or("no works")?.len(), 20);
    citizen.document(app, "Home", json!({})).await;
    let lesson = citizen.document(app, "Lesson", json!({ "slug": "video-hoc-suot-doi" })).await;
    assert!(lesson["work"]["main"]["url"].is_string(), "{lesson:#}");
    Ok(())
}

/// Another minute of reading.
async fn evidence_is_accepted(app: &TestApp, citizen: &Person) -> Outcome {
    let lesson = app.document("", "PublicLesson", json!({ "slug": "hoc-suot-doi-la-gi" })).await;
    let empty = json!({ "citizenId": citizen.citizen, "items": [] });
    let before = citizen.mutate(app, "SendEvidence", empty).await;
    let sequence = before["highestSequence"].as_i64().unwrap_or(0) + 1;
    let item = json!({
        "sequence": sequence, "workId": lesson["work"]["id"], "source": "READING",
        "startedAt": app.clock.at(sequence * 60 - 7200), "endedAt": app.clock.at(sequence * 60 - 7150),
    });
    let sent =
        citizen.mutate(app, "SendEvidence", json!({ "citizenId": citizen.citizen, "items": [item] })).await;
    assert_eq!(sent["results"][0]["verdict"], "ACCEPTED", "{sent:#}");
    // Whole seconds within fifty that need not begin with one.
    assert!(sent["results"][0]["creditedSeconds"].as_i64() >= Some(49), "{sent:#}");
    Ok(())
}

/// Writes, publishes and releases a lesson; everybody can read it at once.
async fn release(app: &TestApp, editor: &Person, slug: &str) -> Outcome {
    let topics = app.document("", "PublicTopics", json!({})).await;
    let content = json!({
        "title": slug.replace('-', " "), "summary": "Để thử.", "body": "Một hai ba.", "licence": "CC-BY-4.0",
        "level": "BASIC", "audience": ["EVERYONE"], "authors": ["Nhóm thử"], "topicIds": [topics["topics"][0]["id"]],
    });
    let saved =
        editor.mutate(app, "CreateWork", json!({ "kind": "LESSON", "slug": slug, "content": content })).await;
    editor.mutate(app, "PublishDraft", json!({ "workId": saved["workId"], "version": 1 })).await;
    editor.mutate(app, "ReleaseRevision", json!({ "revisionId": saved["revisionId"] })).await;
    let lesson = app.document("", "PublicLesson", json!({ "slug": slug })).await;
    assert_eq!(lesson["work"]["id"], saved["workId"]);
    Ok(())
}

fn new_upload() -> Value {
    json!({ "fileName": "thu.pdf", "mediaType": "application/pdf", "sizeBytes": 10, "sha256": "0".repeat(64) })
}

async fn create_upload(app: &TestApp, editor: &Person) -> Value {
    let document = "mutation($input: CreateUploadInput!) { createUpload(input: $input) { upload { id } } }";
    editor.graphql(app, document, json!({ "input": with_client_id(new_upload()) })).await
}

fn with_client_id(mut input: Value) -> Value {
    input["clientMutationId"] = json!(uuid::Uuid::now_v7().to_string());
    input
}

fn document(name: &str) -> Outcome<&'static str> {
    let document = densach_graphql::DOCUMENTS.iter().find(|document| document.name == name);
    Ok(document.ok_or_else(|| format!("no document {name}"))?.text)
}

/// The codes of the errors of an answer, each once. None of them may say how we are built; each has words for the
/// reader and the id of its request.
fn codes(answer: &Value) -> Outcome<Vec<String>> {
    let mut codes = Vec::new();
    for error in answer["errors"].as_array().into_iter().flatten() {
        let said = format!("{} {}", error["message"], error["extensions"]);
        for word in PRIVATE {
            assert!(!said.contains(word), "{word:?} is told to a client: {said}");
        }
        assert!(error["message"].as_str().is_some_and(|words| !words.is_empty()), "{error}");
        assert!(error["extensions"]["requestId"].is_string(), "{error}");
        let code = error["extensions"]["code"].as_str().ok_or("an error without a code")?;
        if !codes.iter().any(|known| known == code) {
            codes.push(code.to_owned());
        }
    }
    Ok(codes)
}

async fn ready(app: &TestApp) -> Outcome<(StatusCode, Value)> {
    let answer = app.http.get(format!("{}/health/ready", app.base_url)).send().await?;
    Ok((answer.status(), answer.json().await?))
}

/// Runs a few lines of Python, which reaches into a database behind the program's back.
pub(crate) fn python(script: &str, arguments: &[&str]) -> Outcome {
    let ran = Command::new("python3").arg("-c").arg(script).args(arguments).output();
    let ran = ran.map_err(|error| format!("python3 is needed for this test: {error}"))?;
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into()) }
}
