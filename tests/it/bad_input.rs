//! What people, phones and files get wrong: every refusal names what is wrong, all of it at once, and harms
//! nothing else. Here, too, is how the other tests read answers.

use std::fs;
use std::path::Path;

use densach_app::library::{Report, Verdict};
use densach_domain::upload::PART_BYTES;
use densach_tests::{TestApp, library_folder, on_both_stacks};
use serde_json::{Value, json};

use crate::citizen::{reading, send, sign_in_learner, verdicts};
use crate::editor::{
    begin_upload, bring_in, content, import_little, media, put, send_file, sign_in_editor, stated,
    upload_state,
};

/// The text of a shipped document.
pub(crate) fn shipped(name: &str) -> &'static str {
    let document = densach_graphql::DOCUMENTS.iter().find(|document| document.name == name);
    document.unwrap_or_else(|| panic!("no document {name}")).text
}

/// A fresh id as a client makes it.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Runs a mutation, under a new client id unless the input has one; answers the whole body.
pub(crate) async fn mutation(app: &TestApp, token: &str, document: &str, mut input: Value) -> Value {
    if input.get("clientMutationId").is_none() {
        input["clientMutationId"] = json!(new_id());
    }
    app.graphql(token, document, json!({ "input": input })).await
}

/// A field that must be a text.
pub(crate) fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// A field that must be a list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

/// What a mutation answers, when it was run at all.
pub(crate) fn payload(answer: &Value) -> &Value {
    let payload = answer["data"].as_object().and_then(|data| data.values().next());
    payload.unwrap_or_else(|| panic!("no payload: {answer:#}"))
}

/// The code of the first error of an answer.
pub(crate) fn error_code(answer: &Value) -> &str {
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    code.unwrap_or_else(|| panic!("no error: {answer:#}"))
}

/// What the person should mend, as `field: CODE`.
pub(crate) fn user_errors(payload: &Value) -> Vec<String> {
    let line = |error: &Value| {
        let path: Vec<_> = list(&error["field"]).iter().map(string).collect();
        format!("{}: {}", path.join("."), string(&error["code"]))
    };
    list(&payload["userErrors"]).iter().map(line).collect()
}

/// What is wrong with the arguments of a query, as `field: CODE`.
pub(crate) fn problems(answer: &Value) -> &Value {
    assert_eq!(error_code(answer), "INVALID", "{answer:#}");
    &answer["errors"][0]["extensions"]["problems"]
}

/// Posts any bytes; answers the status and the body.
async fn post(app: &TestApp, body: impl Into<reqwest::Body>) -> (u16, Value) {
    let request =
        app.http.post(format!("{}/graphql", app.base_url)).header("content-type", "application/json");
    let answer = request.body(body).send().await.unwrap_or_else(|error| panic!("{error}"));
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_else(|error| panic!("{error}")))
}

/// An id of this kind that nothing has.
fn made_up(kind: &str) -> String {
    format!("{kind}_{}", "1".repeat(32))
}

const FRONT_MATTER: &str = r#"title = "Bài thử"
summary = "Một bài để thử."
topics = ["hoc-tap-suot-doi"]
level = "basic"
audience = ["everyone"]
language = "vi"
licence = "CC-BY-4.0"
authors = ["Nhóm thử"]"#;

/// Writes `front matter` and a body as a file of a library.
fn write_work(folder: &Path, name: &str, front_matter: &str) {
    write_file(folder, name, format!("+++\n{front_matter}\n+++\n\nThân bài.\n").as_bytes());
}

fn write_file(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bytes));
    made.unwrap_or_else(|error| panic!("{name}: {error}"));
}

async fn import(app: &TestApp, folder: &Path) -> Report {
    write_file(folder, "topics.toml", &fs::read(library_folder().join("topics.toml")).unwrap_or_default());
    let report = densach_app::library::import(&app.app.operator(), folder).await;
    app.drain().await;
    report.unwrap_or_else(|error| panic!("{error}"))
}

/// What was refused, as `file field: CODE`, with the detail of each.
fn refusals(report: &Report) -> (Vec<String>, Vec<String>) {
    let named =
        report.refused().flat_map(|(path, problems)| problems.iter().map(move |problem| (path, problem)));
    let line = |(path, problem): (&Path, &densach_domain::Problem)| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let field = problem.field.rsplit('/').next().unwrap_or_default();
        (format!("{name} {field}: {}", problem.code), problem.detail.clone().unwrap_or_default())
    };
    named.map(line).unzip()
}

on_both_stacks! {
    async fn what_is_no_request_is_refused(app: TestApp) {
        let bodies =
            ["", "{", "[]", "{}", "null", r#"{"query":""}"#, r#"{"query":5}"#, r#"{"documentId":"x"}"#];
        for body in bodies {
            let (status, said) = post(&app, body).await;
            assert_eq!((status, error_code(&said)), (400, "BAD_REQUEST"), "{body}");
            assert!(said["errors"][0]["extensions"]["requestId"].is_string(), "{said:#}");
        }
        let (status, said) = post(&app, b"\xff\xfe".to_vec()).await;
        assert_eq!((status, error_code(&said)), (400, "BAD_REQUEST"));
        app.finish().await;
    }

    async fn a_body_of_more_than_a_mebibyte_is_refused(app: TestApp) {
        let body = format!(r#"{{"query":"{}"}}"#, "x".repeat(1024 * 1024));
        let (status, said) = post(&app, body).await;
        assert_eq!((status, error_code(&said)), (413, "LIMIT"));
        app.finish().await;
    }

    async fn a_document_that_asks_too_much_is_refused(app: TestApp) {
        let nested =
            |depth: usize| (0..depth).fold("id".to_owned(), |inner, _| format!("parent {{ {inner} }}"));
        let children = "children(first: 100) { nodes { children(first: 100) { nodes { id } } } }";
        let wide: String = (0..4000).map(|number| format!("a{number}: topics {{ id name }} ")).collect();
        let documents = [
            format!("{{ unit(code: \"VN\") {{ {} }} }}", nested(20)),
            format!("{{ unit(code: \"VN\") {{ {} }} }}", nested(200)),
            format!("{{ unit(code: \"VN\") {{ {children} }} }}"),
            format!("{{ {wide} }}"),
            "fragment f on Query { ...f } { ...f }".to_owned(),
        ];
        for document in documents {
            let said = app.graphql("", &document, json!({})).await;
            assert_eq!(error_code(&said), "LIMIT", "{document:.80}");
            assert!(said["data"].is_null());
        }
        app.finish().await;
    }

    async fn a_document_that_does_not_fit_the_schema_is_refused(app: TestApp) {
        let documents = [
            "{",
            "{ nope }",
            "{ topics { nope } }",
            "{ unit(code: 5) { id } }",
            "query A { topics { id } } query B { topics { id } }",
            "query($text: String!) { search(text: $text) { totalCount } }",
        ];
        for document in documents {
            let said = app.graphql("", document, json!({})).await;
            assert_eq!(error_code(&said), "BAD_REQUEST", "{document}: {said:#}");
        }
        app.finish().await;
    }

    async fn an_id_of_another_kind_is_told_from_an_unknown_one(app: TestApp) {
        let query = "query($id: ID!) { work(id: $id) { title } }";
        let ask = async |id: &str| app.graphql("", query, json!({ "id": id })).await;
        assert_eq!(problems(&ask(&made_up("uni")).await), &json!(["id: WRONG_KIND"]));
        assert_eq!(problems(&ask("hoc-suot-doi").await), &json!(["id: MALFORMED"]));
        assert_eq!(error_code(&ask(&made_up("wrk")).await), "NOT_FOUND");

        let person = app.sign_in("0912345678").await;
        let goal = json!({ "citizenId": made_up("wrk"), "period": "WEEK", "minutes": 60 });
        let said = mutation(&app, &person.token, shipped("SetGoal"), goal).await;
        assert_eq!(user_errors(payload(&said)), ["citizenId: WRONG_KIND"]);
        app.finish().await;
    }

    async fn a_page_is_neither_too_long_nor_made_up(app: TestApp) {
        for (arguments, wrong) in [
            ("first: 101", "first: OUT_OF_RANGE"),
            ("first: 0", "first: OUT_OF_RANGE"),
            ("first: -1", "first: OUT_OF_RANGE"),
            (r#"after: "zz""#, "after: MALFORMED"),
        ] {
            let query = format!("{{ works({arguments}) {{ nodes {{ id }} }} }}");
            let said = app.graphql("", &query, json!({})).await;
            assert_eq!(problems(&said), &json!([wrong]), "{arguments}");
        }
        app.finish().await;
    }

    async fn all_that_is_wrong_with_a_stated_file_is_said_at_once(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let file = json!({
            "fileName": " ",
            "mediaType": "application/x-msdownload",
            "sizeBytes": 0.0,
            "sha256": "12",
        });
        let said = mutation(&app, &editor.token, shipped("CreateUpload"), file).await;
        let wrong = [
            "fileName: REQUIRED",
            "mediaType: UNKNOWN_VALUE",
            "sizeBytes: OUT_OF_RANGE",
            "sha256: MALFORMED",
        ];
        assert_eq!(user_errors(payload(&said)), wrong);
        app.finish().await;
    }

    async fn each_missing_or_wrong_part_is_named(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let mut file = stated("a.mp4", "video/mp4", b"");
        file["sizeBytes"] = json!((2 * PART_BYTES + 5) as f64);
        let upload = begin_upload(&app, &editor, file).await;
        put(&app, &upload["parts"][0], b"short").await;
        put(&app, &upload["parts"][2], b"right").await;

        let asked = json!({ "uploadId": upload["id"] });
        let said = mutation(&app, &editor.token, shipped("CompleteUpload"), asked).await;
        assert_eq!(user_errors(payload(&said)), ["parts.1: MISMATCH", "parts.2: NOT_READY"]);
        let still = upload_state(&app, &editor, &upload).await;
        let received: Vec<_> = list(&still["parts"]).iter().map(|part| &part["isReceived"]).collect();
        assert_eq!(still["state"], "OPEN");
        assert_eq!(received, [&json!(false), &json!(false), &json!(true)]);
        app.finish().await;
    }

    async fn a_file_that_is_not_what_was_stated_is_refused(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let bytes = media("so-tay-tu-hoc.pdf");
        let mut other_bytes = stated("a.pdf", "application/pdf", &bytes);
        other_bytes["sha256"] = json!("0".repeat(64));
        for (file, code) in
            [(stated("a.mp4", "video/mp4", &bytes), "REFUSED_TYPE"), (other_bytes, "REFUSED_BYTES")]
        {
            let upload = send_file(&app, &editor, file, &bytes).await;
            assert_eq!((&upload["state"], &upload["refusal"]["code"]), (&json!("REFUSED"), &json!(code)));
            assert!(upload["assetId"].is_null(), "{upload:#}");
        }
        app.finish().await;
    }

    async fn a_file_in_the_wrong_place_is_refused(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let captions = bring_in(&app, &editor, "video-hoc-suot-doi.vi.vtt", "text/vtt").await;
        let assets = json!([{ "assetId": captions, "role": "MAIN" }]);
        let content = content(&app, json!({ "durationSeconds": 60, "assets": assets })).await;
        let input = json!({ "kind": "VIDEO", "slug": "sai-cho", "content": content });
        let said = mutation(&app, &editor.token, shipped("CreateWork"), input).await;
        let wrong = user_errors(payload(&said));
        assert!(!wrong.is_empty() && wrong.iter().all(|line| line.ends_with(": MISMATCH")), "{wrong:?}");
        app.finish().await;
    }

    async fn all_that_is_wrong_with_a_work_is_said_at_once(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let captions = bring_in(&app, &editor, "video-hoc-suot-doi.vi.vtt", "text/vtt").await;
        let content = json!({
            "title": " ",
            "summary": "x".repeat(601),
            "language": "",
            "licence": "MIT",
            "level": "BASIC",
            "recheckBy": "mai",
            "authors": [""],
            "assets": [{ "assetId": captions, "role": "CAPTIONS" }],
            "items": [{ "target": { "book": { "title": "Sách" } } }],
        });
        let input = json!({ "kind": "LESSON", "slug": "../../etc/passwd", "content": content });
        let said = mutation(&app, &editor.token, shipped("CreateWork"), input).await;
        let wrong = user_errors(payload(&said));
        for line in [
            "title: REQUIRED",
            "summary: TOO_LONG",
            "language: MALFORMED",
            "licence: UNKNOWN_VALUE",
            "recheckBy: MALFORMED",
            "authors.0: REQUIRED",
            "assets.0.language: REQUIRED",
            "items: NOT_ALLOWED",
            "slug: MALFORMED",
        ] {
            assert!(
                wrong.iter().any(|said| said.trim_start_matches("content.") == line),
                "{line}: {wrong:#?}"
            );
        }
        app.finish().await;
    }

    async fn a_slug_is_never_a_path(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        for slug in ["../../etc/passwd", "/etc/passwd", "..", "a/b", "a b", "Học", "-a", ""] {
            let input = json!({ "kind": "LESSON", "slug": slug, "content": content(&app, json!({})).await });
            let said = mutation(&app, &editor.token, shipped("CreateWork"), input).await;
            assert_eq!(user_errors(payload(&said)), ["slug: MALFORMED"], "{slug}");
            let found = app.graphql("", shipped("PublicLesson"), json!({ "slug": slug })).await;
            assert_eq!(error_code(&found), "NOT_FOUND", "{slug}");
        }
        app.finish().await;
    }

    async fn no_address_leads_out_of_the_storage(app: TestApp) {
        let paths = [
            "densach/..%2f..%2fsecrets.toml",
            "densach/asset/..%2f..%2f..%2fsecrets.toml",
            "..%2f..%2fetc%2fpasswd",
        ];
        for path in paths {
            let asked = app.http.get(format!("{}/{path}", app.base_url)).send().await;
            let answer = asked.unwrap_or_else(|error| panic!("{error}"));
            assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
            let said = answer.text().await.unwrap_or_default();
            assert!(!said.contains("master_key") && !said.contains("root:"), "{path}: {said}");
        }
        app.finish().await;
    }

    async fn any_text_can_be_looked_for(app: TestApp) {
        import_little(&app).await;
        let texts = [
            "a".repeat(10_000),
            "học ".repeat(2500),
            "😀🎓".to_owned(),
            String::new(),
            "   ".to_owned(),
            "AND OR NOT title:x".to_owned(),
            "\"'\\%_*?~^:()[]{}<script>".to_owned(),
        ];
        for text in texts {
            let found = app.document("", "Search", json!({ "text": text })).await;
            assert!(found["search"]["hits"].is_array(), "{text:.40}");
        }
        app.finish().await;
    }

    async fn no_phone_is_refused_for_its_date(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let items = json!([reading(&app, 1, &lesson["id"], 3600, 3700)]);
        let results = send(&app, &person, &person.citizen, items).await;
        // Its clock runs ahead by at least as much as its stamp; what it saw, it saw until now.
        assert_eq!(verdicts(&results), ["1 ACCEPTED 100"]);
        app.finish().await;
    }

    async fn a_thousand_hours_count_as_long_as_the_text_takes(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let items = json!([reading(&app, 1, &lesson["id"], -3_600_000, 0)]);
        let results = send(&app, &person, &person.citizen, items).await;
        // 60 words a minute, twice a day: data/policies/credit-2.toml.
        let most = lesson["wordCount"].as_i64().unwrap_or_default() * 2;
        assert!(most > 240, "{lesson:#}");
        assert_eq!(verdicts(&results), [format!("1 CLIPPED LONGER_THAN_CONTENT {most}")]);
        app.finish().await;
    }

    async fn one_bad_item_sinks_no_other(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let lesson = &lesson["id"];
        let mut no_instant = reading(&app, 4, lesson, -400, -340);
        no_instant["startedAt"] = json!("hôm qua");
        let mut no_media = reading(&app, 5, lesson, -400, -340);
        no_media["source"] = json!("VIDEO");
        let items = json!([
            reading(&app, 1, lesson, -600, -540),
            reading(&app, 2, &json!(made_up("wrk")), -500, -440),
            reading(&app, 3, lesson, -400, -460),
            no_instant,
            no_media,
            reading(&app, 6, lesson, -300, -240),
        ]);
        let results = send(&app, &person, &person.citizen, items).await;
        let judged = [
            "1 ACCEPTED 60",
            "2 REJECTED UNKNOWN_WORK workId 0",
            "3 REJECTED MALFORMED endedAt 0",
            "4 REJECTED MALFORMED startedAt 0",
            "5 REJECTED MALFORMED media 0",
            "6 ACCEPTED 60",
        ];
        assert_eq!(verdicts(&results), judged);
        app.finish().await;
    }

    async fn a_number_is_not_used_for_something_else(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        for (from, verdict) in [(-600, "1 ACCEPTED 60"), (-500, "1 REJECTED SEQUENCE_REUSED sequence 0")] {
            let items = json!([reading(&app, 1, &lesson["id"], from, from + 60)]);
            let results = send(&app, &person, &person.citizen, items).await;
            assert_eq!(verdicts(&results), [verdict]);
        }
        app.finish().await;
    }

    async fn a_batch_has_at_most_five_hundred_items(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let items: Vec<_> =
            (1..=501).map(|number| reading(&app, number, &lesson["id"], -600, -540)).collect();
        let input = json!({ "input": { "citizenId": person.citizen, "items": items } });
        let said = person.graphql(&app, shipped("SendEvidence"), input).await;
        assert_eq!(user_errors(payload(&said)), ["items: TOO_MANY_ITEMS"]);
        assert_eq!(payload(&said)["results"], json!([]));
        app.finish().await;
    }

    async fn a_broken_lesson_file_stops_no_other(app: TestApp) {
        let folder = app.folder.path().join("broken");
        write_file(&folder, "lessons/khong-dau.md", "title = \"Bài thử\"\n\nThân bài.\n".as_bytes());
        write_work(&folder, "lessons/hong-toml.md", "title = \"Bài thử\"\nsummary = \"không đóng");
        write_work(&folder, "lessons/khoa-la.md", &format!("{FRONT_MATTER}\nkhoa = 1"));
        write_work(&folder, "lessons/chu-de-la.md", &FRONT_MATTER.replace("hoc-tap-suot-doi", "khong-co"));
        write_work(&folder, "lessons/tot.md", FRONT_MATTER);
        let report = import(&app, &folder).await;

        let (refused, details) = refusals(&report);
        let wanted = [
            "chu-de-la.md topics.0: UNKNOWN_VALUE",
            "hong-toml.md front matter: MALFORMED",
            "khoa-la.md front matter: MALFORMED",
            "khong-dau.md front matter: MALFORMED",
        ];
        assert_eq!(refused, wanted);
        assert!(details[1].starts_with("line 3"), "{}", details[1]);
        assert!(details[2].starts_with("line ") && details[2].contains("khoa"), "{}", details[2]);
        assert_eq!(report.count(&Verdict::Created), 1);
        let loaded = app.document("", "PublicLesson", json!({ "slug": "tot" })).await;
        assert_eq!(loaded["work"]["title"], "Bài thử");
        app.finish().await;
    }

    async fn a_file_behind_a_lesson_is_what_its_name_says(app: TestApp) {
        let folder = app.folder.path().join("broken");
        write_file(&folder, "videos/la-pdf.mp4", &media("so-tay-tu-hoc.pdf"));
        let files = "file = \"la-pdf.mp4\"\ncover = \"khong-co.jpg\"";
        write_work(&folder, "videos/phim.md", &format!("{FRONT_MATTER}\n{files}"));
        let report = import(&app, &folder).await;
        let (refused, _) = refusals(&report);
        assert_eq!(refused, ["phim.md la-pdf.mp4: MISMATCH", "phim.md khong-co.jpg: NOT_FOUND"]);
        app.finish().await;
    }
}
