//! An editor's way: files come in by parts, a draft is written and shown to a tester, and the public sees an
//! edition when it is released and not before.

use std::fs;

use densach_domain::asset::Sha256;
use densach_domain::upload::PART_BYTES;
use densach_tests::{Person, TestApp, library_folder, on_both_stacks};
use serde_json::{Value, json};

use crate::bad_input::{error_code, list, mutation, new_id, payload, shipped, string, user_errors};

pub(crate) const EDITOR: &str = "0900000001";
const TESTER: &str = "0900000002";
const STRANGER: &str = "0900000006";

const SAVE_DRAFT: &str = "mutation($input: SaveDraftInput!) {
  saveDraft(input: $input) { workId revisionId version userErrors { code field } } }";
const NAME_TESTER: &str =
    "mutation($input: NameTesterInput!) { nameTester(input: $input) { userErrors { code field } } }";
const WITHDRAW: &str = "mutation($input: WithdrawWorkInput!) {
  withdrawWork(input: $input) { wasReleased userErrors { code field } } }";
const WORK: &str = "query($id: ID!) { work(id: $id) { title body revision { id number } } }";

/// The demo's editor, signed in where there are topics to write about.
pub(crate) async fn sign_in_editor(app: &TestApp) -> Person {
    app.seed_demo().await;
    import_little(app).await;
    app.sign_in(EDITOR).await
}

/// The topics and one lesson of the starter library: enough to write or study with, and quick to load.
pub(crate) async fn import_little(app: &TestApp) {
    let folder = app.folder.path().join("little");
    let made = fs::create_dir_all(folder.join("lessons"));
    made.unwrap_or_else(|error| panic!("{error}"));
    for name in ["topics.toml", "lessons/hoc-suot-doi-la-gi.md"] {
        let copied = fs::copy(library_folder().join(name), folder.join(name));
        copied.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let report = densach_app::library::import(&app.app.operator(), &folder).await;
    let report = report.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.refused().count(), 0, "{report:?}");
    app.drain().await;
}

/// A file of the starter library.
pub(crate) fn media(name: &str) -> Vec<u8> {
    let path = library_folder().join("media").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is stated about a file before its bytes are sent.
pub(crate) fn stated(name: &str, media_type: &str, bytes: &[u8]) -> Value {
    json!({
        "fileName": name,
        "mediaType": media_type,
        "sizeBytes": bytes.len() as f64,
        "sha256": Sha256::of(bytes).to_string(),
    })
}

/// Asks to bring a file in; answers the upload with its parts.
pub(crate) async fn begin_upload(app: &TestApp, editor: &Person, stated: Value) -> Value {
    editor.mutate(app, "CreateUpload", stated).await["upload"].clone()
}

/// Sends bytes to the presigned address of a part, as a phone does.
pub(crate) async fn put(app: &TestApp, part: &Value, bytes: &[u8]) {
    let sent = app.http.put(string(&part["url"])).body(bytes.to_vec()).send().await;
    let answer = sent.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer.status().as_u16(), 200);
}

/// How far an upload has come.
pub(crate) async fn upload_state(app: &TestApp, editor: &Person, upload: &Value) -> Value {
    editor.document(app, "UploadState", json!({ "uploadId": upload["id"] })).await["upload"].clone()
}

/// Sends a whole file and has it checked; answers the upload as it is then.
pub(crate) async fn send_file(app: &TestApp, editor: &Person, stated: Value, bytes: &[u8]) -> Value {
    let upload = begin_upload(app, editor, stated).await;
    for (part, bytes) in list(&upload["parts"]).iter().zip(bytes.chunks(PART_BYTES as usize)) {
        put(app, part, bytes).await;
    }
    editor.mutate(app, "CompleteUpload", json!({ "uploadId": upload["id"] })).await;
    app.drain().await;
    upload_state(app, editor, &upload).await
}

/// Brings in a file of the starter library; answers the id of the kept file.
pub(crate) async fn bring_in(app: &TestApp, editor: &Person, name: &str, media_type: &str) -> String {
    let bytes = media(name);
    let upload = send_file(app, editor, stated(name, media_type, &bytes), &bytes).await;
    assert_eq!(upload["state"], "READY", "{upload:#}");
    string(&upload["assetId"]).to_owned()
}

/// A content that can be published as a lesson, with what is special about it.
pub(crate) async fn content(app: &TestApp, special: Value) -> Value {
    let topics = app.document("", "PublicTopics", json!({})).await;
    let mut content = json!({
        "title": "Bài thử",
        "summary": "Một bài để thử.",
        "body": "Một hai ba.",
        "licence": "CC-BY-4.0",
        "level": "BASIC",
        "audience": ["EVERYONE", "OLDER_ADULT"],
        "topicIds": [topics["topics"][0]["id"]],
        "authors": ["Nhóm thử"],
    });
    for (key, value) in special.as_object().into_iter().flatten() {
        content[key] = value.clone();
    }
    content
}

/// Starts a work with a slug of its own; answers its id, its draft's id and version.
pub(crate) async fn create(app: &TestApp, editor: &Person, kind: &str, special: Value) -> Value {
    let content = content(app, special).await;
    let input = json!({ "kind": kind, "slug": format!("thu-{}", new_id()), "content": content });
    editor.mutate(app, "CreateWork", input).await
}

/// Saves a draft against `version`; answers the payload with its user errors.
async fn save(app: &TestApp, editor: &Person, work: &Value, version: u32, special: Value) -> Value {
    let content = content(app, special).await;
    let input = json!({ "workId": work["workId"], "version": version, "content": content });
    payload(&mutation(app, &editor.token, SAVE_DRAFT, input).await).clone()
}

/// Asks to publish a draft as it was saved; answers the whole body.
async fn try_publish(app: &TestApp, token: &str, saved: &Value) -> Value {
    let input = json!({ "workId": saved["workId"], "version": saved["version"] });
    mutation(app, token, shipped("PublishDraft"), input).await
}

async fn publish(app: &TestApp, editor: &Person, saved: &Value) {
    let answer = try_publish(app, &editor.token, saved).await;
    assert_eq!(payload(&answer)["userErrors"], json!([]));
}

async fn release(app: &TestApp, editor: &Person, saved: &Value) {
    editor.mutate(app, "ReleaseRevision", json!({ "revisionId": saved["revisionId"] })).await;
    app.drain().await;
}

/// A work as anybody sees it: the whole answer.
async fn public(app: &TestApp, work: &Value) -> Value {
    app.graphql("", WORK, json!({ "id": work["workId"] })).await
}

/// A released work.
pub(crate) async fn released(app: &TestApp, editor: &Person, kind: &str, special: Value) -> Value {
    let work = create(app, editor, kind, special).await;
    publish(app, editor, &work).await;
    release(app, editor, &work).await;
    work
}

async fn preview(app: &TestApp, token: &str, work: &Value) -> Value {
    app.graphql(token, shipped("PreviewDraft"), json!({ "workId": work["workId"] })).await
}

/// Whether somebody who looks for `words` finds this work first.
async fn is_found(app: &TestApp, words: &str, work: &Value) -> bool {
    let found = app.document("", "Search", json!({ "text": words })).await;
    found["search"]["hits"][0]["work"]["id"] == work["workId"]
}

on_both_stacks! {
    async fn a_video_a_document_and_captions_come_in(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let files = [
            ("video-hoc-suot-doi.mp4", "video/mp4"),
            ("so-tay-tu-hoc.pdf", "application/pdf"),
            ("video-hoc-suot-doi.vi.vtt", "text/vtt"),
        ];
        for (name, media_type) in files {
            let asset = bring_in(&app, &editor, name, media_type).await;
            assert!(asset.starts_with("ast_"), "{name}: {asset}");
        }
        app.finish().await;
    }

    async fn an_upload_goes_on_after_a_cut(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let mut bytes = media("video-hoc-suot-doi.mp4");
        bytes.resize(9 * 1024 * 1024, 0);
        let (first, second) = bytes.split_at(PART_BYTES as usize);
        let upload = begin_upload(&app, &editor, stated("dai.mp4", "video/mp4", &bytes)).await;
        put(&app, &upload["parts"][0], first).await;

        let after_the_cut = upload_state(&app, &editor, &upload).await;
        let received: Vec<_> = list(&after_the_cut["parts"]).iter().map(|part| &part["isReceived"]).collect();
        assert_eq!(received, [&json!(true), &json!(false)]);
        assert_eq!(after_the_cut["parts"][1]["sizeBytes"], second.len() as f64);

        put(&app, &after_the_cut["parts"][1], second).await;
        editor.mutate(&app, "CompleteUpload", json!({ "uploadId": upload["id"] })).await;
        assert_eq!(upload_state(&app, &editor, &upload).await["state"], "VERIFYING");
        app.drain().await;
        let ready = upload_state(&app, &editor, &upload).await;
        assert_eq!((&ready["state"], &ready["parts"]), (&json!("READY"), &json!([])));
        assert!(ready["assetId"].is_string(), "{ready:#}");
        app.finish().await;
    }

    async fn the_same_bytes_are_kept_once(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let first = bring_in(&app, &editor, "so-tay-tu-hoc.pdf", "application/pdf").await;
        let second = bring_in(&app, &editor, "so-tay-tu-hoc.pdf", "application/pdf").await;
        assert_eq!(first, second);
        app.finish().await;
    }

    async fn a_video_is_written_with_its_captions(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let film = bring_in(&app, &editor, "video-hoc-suot-doi.mp4", "video/mp4").await;
        let captions = bring_in(&app, &editor, "video-hoc-suot-doi.vi.vtt", "text/vtt").await;
        let special = json!({
            "title": "Video thử",
            "durationSeconds": 102,
            "assets": [
                { "assetId": film, "role": "MAIN" },
                { "assetId": captions, "role": "CAPTIONS", "language": "vi" },
            ],
        });
        let work = create(&app, &editor, "VIDEO", special).await;
        let draft = preview(&app, &editor.token, &work).await["data"]["draft"].clone();
        assert_eq!((&draft["kind"], &draft["title"]), (&json!("VIDEO"), &json!("Video thử")));
        assert_eq!(draft["main"]["mediaType"], "video/mp4");
        assert_eq!(draft["captions"][0]["language"], "vi");
        publish(&app, &editor, &work).await;
        app.finish().await;
    }

    async fn a_course_is_made_of_works_in_order(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let first = released(&app, &editor, "LESSON", json!({ "title": "Bài một" })).await;
        let second = released(&app, &editor, "LESSON", json!({ "title": "Bài hai" })).await;
        let items = json!([
            { "target": { "workId": second["workId"] }, "note": "Học trước" },
            { "target": { "workId": first["workId"] } },
        ]);
        let course = released(&app, &editor, "COURSE", json!({ "title": "Khóa thử", "items": items })).await;
        let query = "query($id: ID!) {
            work(id: $id) { kind licence audience topics { slug } items { note work { title } } } }";
        let answer = app.graphql("", query, json!({ "id": course["workId"] })).await;
        let seen = &answer["data"]["work"];
        assert_eq!((&seen["kind"], &seen["licence"]), (&json!("COURSE"), &json!("CC-BY-4.0")));
        assert_eq!(seen["audience"], json!(["EVERYONE", "OLDER_ADULT"]));
        assert_eq!(seen["topics"], json!([{ "slug": "hoc-tap-suot-doi" }]));
        let shown = json!([
            { "note": "Học trước", "work": { "title": "Bài hai" } },
            { "note": null, "work": { "title": "Bài một" } },
        ]);
        assert_eq!(seen["items"], shown);
        app.finish().await;
    }

    async fn a_draft_is_for_its_editor_and_the_named_tester(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let tester = app.sign_in(TESTER).await;
        let stranger = app.sign_in(STRANGER).await;
        let work = create(&app, &editor, "LESSON", json!({ "body": "**Nháp**" })).await;
        assert_eq!(error_code(&preview(&app, &tester.token, &work).await), "NOT_FOUND");

        let asked = json!({ "workId": work["workId"], "phone": TESTER });
        let named = mutation(&app, &editor.token, NAME_TESTER, asked).await;
        assert_eq!(payload(&named)["userErrors"], json!([]));
        for reader in [&editor, &tester] {
            let seen = preview(&app, &reader.token, &work).await;
            assert_eq!(seen["data"]["draft"]["bodyHtml"], "<p><strong>Nháp</strong></p>\n", "{seen:#}");
        }
        for token in [stranger.token.as_str(), ""] {
            assert_eq!(error_code(&preview(&app, token, &work).await), "NOT_FOUND");
        }
        app.finish().await;
    }

    async fn only_an_editor_writes(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let stranger = app.sign_in(STRANGER).await;
        let work = create(&app, &editor, "LESSON", json!({})).await;
        let file = stated("a.vtt", "text/vtt", b"WEBVTT\n");
        for (token, code) in [(stranger.token.as_str(), "FORBIDDEN"), ("", "UNAUTHENTICATED")] {
            assert_eq!(error_code(&try_publish(&app, token, &work).await), code);
            let upload = mutation(&app, token, shipped("CreateUpload"), file.clone()).await;
            assert_eq!(error_code(&upload), code);
        }
        app.finish().await;
    }

    async fn an_older_version_overwrites_nothing(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let work = create(&app, &editor, "LESSON", json!({ "body": "Một" })).await;
        let saved = save(&app, &editor, &work, 1, json!({ "body": "Hai" })).await;
        assert_eq!(saved["version"], 2, "{saved:#}");

        let late = save(&app, &editor, &work, 1, json!({ "body": "Ba" })).await;
        assert_eq!(user_errors(&late), ["version: STALE"]);
        let stale = try_publish(&app, &editor.token, &work).await;
        assert_eq!(user_errors(payload(&stale)), ["version: STALE"]);

        let draft = preview(&app, &editor.token, &work).await["data"]["draft"].clone();
        assert_eq!(draft["bodyHtml"], "<p>Hai</p>\n");
        let revision = &draft["revision"];
        assert_eq!((&revision["state"], &revision["version"]), (&json!("DRAFT"), &json!(2)));
        app.finish().await;
    }

    async fn what_is_published_never_changes(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let work = create(&app, &editor, "LESSON", json!({ "body": "Một" })).await;
        publish(&app, &editor, &work).await;

        let late = save(&app, &editor, &work, 1, json!({ "body": "Hai" })).await;
        assert_eq!(user_errors(&late), ["version: IMMUTABLE"]);
        let again = try_publish(&app, &editor.token, &work).await;
        assert_eq!(user_errors(payload(&again)), ["workId: IMMUTABLE"]);

        let next = save(&app, &editor, &work, 0, json!({ "body": "Hai" })).await;
        assert_eq!(next["version"], 1, "{next:#}");
        assert_ne!(next["revisionId"], work["revisionId"]);
        let query = "query($id: ID!) { revisions(workId: $id) { number state } draft(workId: $id) { body } }";
        let editions = editor.graphql(&app, query, json!({ "id": work["workId"] })).await["data"].clone();
        let states = json!([{ "number": 2, "state": "DRAFT" }, { "number": 1, "state": "PUBLISHED" }]);
        assert_eq!((&editions["revisions"], &editions["draft"]["body"]), (&states, &json!("Hai")));
        app.finish().await;
    }

    async fn the_public_sees_a_work_when_it_is_released(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let work = create(&app, &editor, "LESSON", json!({ "title": "Trồng nấm rơm trong nhà" })).await;
        let asked = json!({ "revisionId": work["revisionId"] });
        let early = mutation(&app, &editor.token, shipped("ReleaseRevision"), asked).await;
        assert_eq!(user_errors(payload(&early)), ["revisionId: NOT_READY"]);

        publish(&app, &editor, &work).await;
        assert_eq!(error_code(&public(&app, &work).await), "NOT_FOUND");
        assert!(!is_found(&app, "trong nam rom", &work).await);

        app.clock.advance_seconds(1);
        release(&app, &editor, &work).await;
        assert_eq!(public(&app, &work).await["data"]["work"]["title"], "Trồng nấm rơm trong nhà");
        assert!(is_found(&app, "trong nam rom", &work).await);
        let newest = app.document("", "PublicHome", json!({ "first": 1 })).await;
        assert_eq!(newest["works"]["nodes"][0]["id"], work["workId"]);
        app.finish().await;
    }

    async fn a_new_draft_disturbs_nobody_until_it_is_released(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let first = released(&app, &editor, "LESSON", json!({ "body": "Bản một" })).await;
        let second = save(&app, &editor, &first, 0, json!({ "body": "Bản hai" })).await;
        assert_eq!(public(&app, &first).await["data"]["work"]["body"], "Bản một");
        publish(&app, &editor, &second).await;
        assert_eq!(public(&app, &first).await["data"]["work"]["body"], "Bản một");

        release(&app, &editor, &second).await;
        let seen = public(&app, &first).await["data"]["work"].clone();
        assert_eq!((&seen["body"], &seen["revision"]["number"]), (&json!("Bản hai"), &json!(2)));
        assert_eq!(seen["revision"]["id"], second["revisionId"]);
        app.finish().await;
    }

    async fn an_earlier_edition_is_no_longer_public(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let first = released(&app, &editor, "LESSON", json!({ "body": "Bản một" })).await;
        let second = save(&app, &editor, &first, 0, json!({ "body": "Bản hai" })).await;
        publish(&app, &editor, &second).await;
        release(&app, &editor, &second).await;
        let query = "query($id: ID!) { edition(revisionId: $id) { body } }";
        let old = json!({ "id": first["revisionId"] });
        assert_eq!(error_code(&app.graphql("", query, old.clone()).await), "NOT_FOUND");
        assert_eq!(editor.graphql(&app, query, old).await["data"]["edition"]["body"], "Bản một");
        app.finish().await;
    }

    async fn a_withdrawn_work_is_hidden(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let work = released(&app, &editor, "LESSON", json!({ "title": "Nuôi ong mật ven rừng" })).await;
        assert!(is_found(&app, "nuoi ong mat", &work).await);
        for was_released in [true, false] {
            let asked = json!({ "workId": work["workId"] });
            let withdrawn = mutation(&app, &editor.token, WITHDRAW, asked).await;
            assert_eq!(payload(&withdrawn), &json!({ "wasReleased": was_released, "userErrors": [] }));
            // Before the index knows, too.
            assert_eq!(error_code(&public(&app, &work).await), "NOT_FOUND");
            assert!(!is_found(&app, "nuoi ong mat", &work).await);
        }
        app.drain().await;
        assert!(!is_found(&app, "nuoi ong mat", &work).await);
        app.finish().await;
    }

    async fn what_readers_need_is_asked_for_before_publishing(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let bare = json!({ "title": "T", "licence": "CC0-1.0", "level": "BASIC" });
        let input = json!({ "kind": "VIDEO", "slug": "thieu-moi-thu", "content": bare });
        let work = editor.mutate(&app, "CreateWork", input).await;
        let refused = try_publish(&app, &editor.token, &work).await;
        let missing = ["summary", "audience", "topics", "authors", "assets.main", "durationSeconds"];
        assert_eq!(user_errors(payload(&refused)), missing.map(|field| format!("{field}: REQUIRED")));
        app.finish().await;
    }

    async fn a_request_sent_again_is_answered_again(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let content = content(&app, json!({})).await;
        let id = new_id();
        let mut input =
            json!({ "clientMutationId": id, "kind": "LESSON", "slug": "gui-lai", "content": content });
        let first = editor.mutate(&app, "CreateWork", input.clone()).await;
        let second = editor.mutate(&app, "CreateWork", input.clone()).await;
        assert_eq!(first, second);

        input["content"]["title"] = json!("Khác");
        let other_body = mutation(&app, &editor.token, shipped("CreateWork"), input.clone()).await;
        assert_eq!(user_errors(payload(&other_body)), ["clientMutationId: REQUEST_REUSED"]);
        let asked = json!({ "clientMutationId": id, "workId": first["workId"], "version": 1 });
        let other_mutation = mutation(&app, &editor.token, shipped("PublishDraft"), asked).await;
        assert_eq!(user_errors(payload(&other_mutation)), ["clientMutationId: REQUEST_REUSED"]);
        app.finish().await;
    }
}
