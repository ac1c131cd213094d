//! What is made from the code and kept beside it: the public schema, the SQL schemas, the shipped documents.
//! `UPDATE=1` writes the files anew, to be read before they are committed.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

use densach_graphql::DOCUMENTS;
use densach_store::testkit::TestDatabase;
use densach_tests::{TestApp, repository};
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[test]
fn the_public_schema_is_what_the_code_serves() -> Outcome {
    keep("schema.graphql", &densach_graphql::sdl())
}

#[tokio::test]
async fn the_sqlite_schema_is_what_the_migrations_make() -> Outcome {
    keep("migrations/schema.sqlite.sql", &TestDatabase::sqlite().await.dump_schema().await)
}

#[tokio::test]
async fn the_postgres_schema_is_what_the_migrations_make() -> Outcome {
    keep("migrations/schema.postgres.sql", &TestDatabase::postgres().await.dump_schema().await)
}

#[test]
fn every_document_ships_under_the_name_of_its_file_and_operation() -> Outcome {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(repository().join("crates/graphql/documents"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a file without a name")?.to_owned();
        let shipped = DOCUMENTS.iter().find(|document| document.name == name);
        let shipped = shipped.ok_or_else(|| format!("{name} is not in the list of shipped documents"))?;
        assert_eq!(shipped.text, fs::read_to_string(&path)?, "{name}");
        let kind = if shipped.is_query() { "query" } else { "mutation" };
        let head = format!("{kind} {name}");
        let operations =
            shipped.text.lines().filter(|line| line.starts_with("query ") || line.starts_with("mutation "));
        let operations: Vec<_> = operations.collect();
        assert!(matches!(operations[..], [only] if only.starts_with(&head)), "{name}: {operations:?}");
        assert!(shipped.is_query() || !shipped.public, "{name} writes, so no cache may answer it");
        files.insert(name);
    }
    assert_eq!(files.len(), DOCUMENTS.len(), "a document ships twice, or without a file");
    Ok(())
}

#[tokio::test]
async fn every_document_is_valid() -> Outcome {
    let app = TestApp::sqlite().await;
    for document in DOCUMENTS.iter() {
        // A document is checked before its operation is looked for, so nothing runs.
        let body = json!({ "query": document.text, "operationName": "Nothing", "variables": {} });
        let sent = app.http.post(format!("{}/graphql", app.base_url)).json(&body).send().await?;
        let answer: Value = sent.json().await?;
        let said = answer["errors"][0]["extensions"]["detail"].as_str().unwrap_or_default();
        assert_eq!(said, "Unknown operation named \"Nothing\"", "{}: {answer:#}", document.name);
    }
    app.finish().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_document_is_answered_on_sqlite() -> Outcome {
    every_query_document_is_answered(TestApp::sqlite().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_document_is_answered_on_postgres() -> Outcome {
    every_query_document_is_answered(TestApp::postgres().await).await
}

async fn every_query_document_is_answered(app: TestApp) -> Outcome {
    app.seed_demo().await;
    app.import_library().await;
    let cases = cases(&app).await?;
    for document in DOCUMENTS.iter().filter(|document| document.is_query()) {
        let asked = cases.iter().filter(|case| case.name == document.name);
        let asked: Vec<_> = asked.filter(|case| !document.public || case.token.is_empty()).collect();
        assert!(
            !asked.is_empty(),
            "nobody asks for {}: add a case, without a token when it is public",
            document.name
        );
        for case in asked {
            let data = app.document(&case.token, case.name, case.variables.clone()).await;
            let fields = data.as_object().ok_or("no data")?;
            assert!(fields.values().all(|value| !value.is_null()), "{}: {data:#}", case.name);
        }
    }
    app.drain().await;
    app.finish().await;
    Ok(())
}

/// Somebody asks for a shipped query document.
pub(crate) struct Case {
    pub name: &'static str,
    pub token: String,
    pub variables: Value,
}

/// A fitting person, with something to see, for every query document. The demo and the library must be there.
pub(crate) async fn cases(app: &TestApp) -> Outcome<Vec<Case>> {
    let citizen = app.sign_in("0900000002").await;
    let officer = app.sign_in("0900000005").await;
    let editor = app.sign_in("0900000001").await;
    let mut sequence = 0;
    for slug in ["video-hoc-suot-doi", "video-do-huyet-ap", "hoc-suot-doi-la-gi"] {
        let lesson = app.document("", "PublicLesson", json!({ "slug": slug })).await;
        let work = &lesson["work"]["id"];
        sequence += 1;
        let mut item = json!({
            "sequence": sequence, "workId": work, "source": "READING",
            "startedAt": app.clock.at(sequence * 100 - 3600), "endedAt": app.clock.at(sequence * 100 - 3540),
        });
        if slug.starts_with("video") {
            item["source"] = json!("VIDEO");
            item["mediaStartMs"] = json!(0);
            item["mediaEndMs"] = json!(60_000);
        }
        let batch = json!({ "citizenId": citizen.citizen, "items": [item] });
        citizen.mutate(app, "SendEvidence", batch).await;
        let place = json!({
            "citizenId": citizen.citizen, "workId": work, "locator": 0.25, "recordedAt": app.clock.at(-60),
        });
        citizen.mutate(app, "RecordPosition", place).await;
    }
    citizen
        .mutate(app, "SetGoal", json!({ "citizenId": citizen.citizen, "period": "WEEK", "minutes": 90 }))
        .await;
    let lines = citizen.document(app, "WhyTheseHours", json!({ "citizenId": citizen.citizen })).await;
    let line = &lines["viewer"]["citizen"]["studyLines"]["nodes"][0]["id"];
    citizen.mutate(app, "DisputeEvidence", json!({ "evidenceId": line })).await;
    let book = json!({
        "sequence": sequence + 1, "source": "BOOK", "title": "Dế Mèn phiêu lưu ký",
        "startedAt": app.clock.at(-9000), "endedAt": app.clock.at(-7200),
    });
    citizen.mutate(app, "SendEvidence", json!({ "citizenId": citizen.citizen, "items": [book] })).await;
    let offices = officer.document(app, "Viewer", json!({})).await;
    let commune = &offices["viewer"]["offices"][0]["unit"]["id"];
    let branch = app.document("", "PublicUnits", json!({ "code": "DEMO-1" })).await;
    let file = json!({
        "fileName": "thu.pdf", "mediaType": "application/pdf", "sizeBytes": 10, "sha256": "0".repeat(64),
    });
    let upload = editor.mutate(app, "CreateUpload", file).await;
    let topics = app.document("", "PublicTopics", json!({})).await;
    let content = json!({
        "title": "Bản nháp", "body": "Một hai ba.", "licence": "CC-BY-4.0", "level": "BASIC",
        "topicIds": [topics["topics"][0]["id"]],
    });
    let draft = editor.mutate(app, "CreateWork", json!({ "kind": "LESSON", "content": content })).await;
    let of_member = json!({ "unitId": branch["unit"]["id"], "citizenId": citizen.citizen });
    let (today, before) = (app.clock.at(86_400), app.clock.at(-2 * 86_400));
    let (month, year) = (app.clock.at(0)[..7].to_owned(), app.clock.at(0)[..4].parse::<i32>()?);
    let case =
        |name: &'static str, token: &str, variables: Value| Case { name, token: token.to_owned(), variables };
    let study =
        json!({ "citizenId": citizen.citizen, "from": before[..10], "to": today[..10], "year": year });
    Ok(vec![
        case("PublicHome", "", json!({})),
        case("PublicLesson", "", json!({ "slug": "video-hoc-suot-doi" })),
        case("PublicReadingLists", "", json!({})),
        case("PublicTopics", "", json!({})),
        case("PublicCriteria", "", json!({})),
        case("PublicUnits", "", json!({})),
        case("Search", "", json!({ "text": "hoc suot doi" })),
        case("Viewer", &citizen.token, json!({})),
        case("Viewer", &officer.token, json!({})),
        case("Home", &citizen.token, json!({})),
        case("Lesson", &citizen.token, json!({ "slug": "video-hoc-suot-doi" })),
        case("MyStudy", &citizen.token, study),
        case("Office", &officer.token, json!({ "unitId": commune, "from": month, "to": month })),
        case("OfficeMembers", &officer.token, json!({ "unitId": branch["unit"]["id"], "month": month })),
        case("WhyTheseHours", &citizen.token, json!({ "citizenId": citizen.citizen })),
        case("OfficeWhy", &officer.token, of_member),
        case("OfficeDisputes", &officer.token, json!({ "unitId": commune })),
        case("Roster", &officer.token, json!({ "unitId": commune })),
        case("Claims", &officer.token, json!({ "unitId": commune })),
        case("UploadState", &editor.token, json!({ "uploadId": upload["upload"]["id"] })),
        case("PreviewDraft", &editor.token, json!({ "workId": draft["workId"] })),
    ])
}

/// Compares a kept file with what the code makes, or writes it.
fn keep(name: &str, made: &str) -> Outcome {
    let path = repository().join(name);
    let made = format!("{}\n", made.trim_end());
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        return Ok(fs::write(path, made)?);
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept == made {
        return Ok(());
    }
    let line = |text: &str, number: usize| text.lines().nth(number).unwrap_or("(the end)").to_owned();
    let same = kept.lines().zip(made.lines()).take_while(|(kept, made)| kept == made).count();
    Err(format!(
        "{name} is not what the code makes; the first difference is in line {}:\n  kept: {}\n  made: {}\n\
         Run the test again with UPDATE=1 and read what changed.",
        same + 1,
        line(&kept, same),
        line(&made, same),
    )
    .into())
}
