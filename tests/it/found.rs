//! Found by trying: each of these failed when it was written.

use densach_graphql::DOCUMENTS;
use densach_tests::on_both_stacks;
use serde_json::json;

use crate::bad_input::{error_code, list, mutation, new_id, payload, shipped, string, user_errors};
use crate::citizen::{add_citizen, lesson, reading, send, sign_in_learner, verdicts};
use crate::editor::{EDITOR, content, create, import_little, media, send_file, sign_in_editor, stated};
use crate::public::{address, get};

const PHONE: &str = "0912345678";

on_both_stacks! {
    // Fields stand in the order in which their resolvers were ready: bytes, and the ETag, differ by chance.
    async fn the_same_question_has_the_same_bytes(app: TestApp) {
        app.import_library().await;
        for document in DOCUMENTS.iter().filter(|document| document.public && document.name != "PublicUnits")
        {
            let address = address(&app, document);
            let cold = get(&app, &address, &[]).await.text().await.unwrap_or_default();
            let warm = get(&app, &address, &[]).await.text().await.unwrap_or_default();
            assert_eq!(cold, warm, "{}", document.name);
        }
        app.finish().await;
    }

    // The presigned address is kept by file, but the name in it is the slug of the work that asked first.
    async fn a_file_is_saved_under_the_name_of_the_work_that_is_read(app: TestApp) {
        app.import_library().await;
        app.seed_demo().await;
        let editor = app.sign_in(EDITOR).await;
        let bytes = media("video-hoc-suot-doi.mp4");
        let file = send_file(&app, &editor, stated("a.mp4", "video/mp4", &bytes), &bytes).await;
        let assets = json!([{ "assetId": file["assetId"], "role": "MAIN" }]);
        let draft = create(&app, &editor, "VIDEO", json!({ "durationSeconds": 102, "assets": assets })).await;
        editor.document(&app, "PreviewDraft", json!({ "workId": draft["workId"] })).await;

        let address = lesson(&app, "video-hoc-suot-doi").await["main"]["url"].clone();
        assert!(string(&address).contains("video-hoc-suot-doi.mp4"), "{address}");
        app.finish().await;
    }

    // The digest of an item does not hold whose it is.
    async fn an_item_under_a_used_number_is_no_duplicate_for_somebody_else(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let other = add_citizen(&app, &person, json!({ "fullName": "Bà Nguyễn Thị Hai" })).await;
        let items = json!([reading(&app, 1, &lesson["id"], -600, -540)]);
        send(&app, &person, &person.citizen, items.clone()).await;
        let results = send(&app, &person, &other, items).await;
        assert_eq!(verdicts(&results), ["1 REJECTED SEQUENCE_REUSED sequence 0"]);
        app.finish().await;
    }

    // Results are matched by number, those that could be read first.
    async fn results_stand_in_the_order_of_the_batch(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let mut broken = reading(&app, 5, &lesson["id"], -600, -540);
        broken["startedAt"] = json!("hôm qua");
        let again = reading(&app, 5, &lesson["id"], -600, -540);
        let items = json!([broken, again, reading(&app, 4, &lesson["id"], -600, -540)]);
        let results = send(&app, &person, &person.citizen, items).await;
        assert_eq!(verdicts(&results), [
            "5 REJECTED MALFORMED startedAt 0",
            "5 REJECTED SEQUENCE_REUSED sequence 0",
            "4 ACCEPTED 60",
        ]);
        app.finish().await;
    }

    // Other devices of the account keep what they knew for up to ten seconds, and decide by it.
    async fn an_account_has_one_own_person(app: TestApp) {
        let (phone, tablet) = (app.sign_in(PHONE).await, app.sign_in(PHONE).await);
        add_citizen(&app, &phone, json!({ "fullName": "Người học Thử" })).await;
        add_citizen(&app, &tablet, json!({ "fullName": "Bà Nguyễn Thị Hai" })).await;
        let known = tablet.document(&app, "Viewer", json!({})).await;
        let relations: Vec<_> =
            list(&known["viewer"]["citizens"]).iter().map(|row| string(&row["relation"])).collect();
        assert_eq!(relations, ["OWN", "HOUSEHOLD"]);
        app.finish().await;
    }

    async fn a_new_person_is_known_on_every_device_at_once(app: TestApp) {
        let (phone, tablet) = (app.sign_in(PHONE).await, app.sign_in(PHONE).await);
        let citizen = add_citizen(&app, &phone, json!({ "fullName": "Người học Thử" })).await;
        let goal = json!({ "citizenId": citizen, "period": "WEEK", "minutes": 60 });
        let said = mutation(&app, &tablet.token, shipped("SetGoal"), goal).await;
        assert!(said.get("errors").is_none(), "{said:#}");
        app.finish().await;
    }

    // PostgreSQL takes no NUL in a text: what a person sent is answered as our own mistake.
    async fn a_nul_in_a_text_is_not_our_mistake(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        let citizen = add_citizen(&app, &person, json!({ "fullName": "Người học Thử" })).await;
        let found = app.graphql("", shipped("PublicLesson"), json!({ "slug": "a\0" })).await;
        assert_eq!(error_code(&found), "NOT_FOUND");
        let id = format!("{}\0", new_id());
        let goal = json!({ "clientMutationId": id, "citizenId": citizen, "period": "WEEK", "minutes": 60 });
        let said = mutation(&app, &person.token, shipped("SetGoal"), goal).await;
        assert_ne!(said["errors"][0]["extensions"]["code"], "INTERNAL", "{said:#}");
        app.finish().await;
    }

    // Not even that a draft exists is anybody's business.
    async fn a_stranger_has_no_place_in_a_draft(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let draft = create(&app, &editor, "LESSON", json!({})).await;
        let stranger = app.sign_in("0900000006").await;
        let (citizen, now) = (&stranger.citizen, app.clock.at(0));
        let place =
            json!({ "citizenId": citizen, "workId": draft["workId"], "locator": 0.5, "recordedAt": now });
        let said = mutation(&app, &stranger.token, shipped("RecordPosition"), place).await;
        assert_eq!(error_code(&said), "NOT_FOUND");
        app.finish().await;
    }

    // A wrong id hides what else is wrong, and paths differ by kind: `topics.0`, `content.topicIds.0`.
    async fn a_wrong_id_hides_nothing_else(app: TestApp) {
        let editor = sign_in_editor(&app).await;
        let mut content = content(&app, json!({ "title": " ", "licence": "MIT" })).await;
        content["topicIds"] = json!(["top_11111111111111111111111111111111", "không phải mã"]);
        let input = json!({ "kind": "LESSON", "slug": "thu", "content": content });
        let said = mutation(&app, &editor.token, shipped("CreateWork"), input).await;
        let wrong = user_errors(payload(&said));
        for line in [
            "content.title: REQUIRED",
            "content.licence: UNKNOWN_VALUE",
            "content.topicIds.0: NOT_FOUND",
            "content.topicIds.1: MALFORMED",
        ] {
            assert!(wrong.iter().any(|said| said == line), "{line}: {wrong:#?}");
        }
        app.finish().await;
    }

    // TOO_MANY has the words of the rate limit: "wait 500 seconds".
    async fn a_batch_that_is_too_long_is_not_told_to_wait(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let items: Vec<_> =
            (1..=501).map(|number| reading(&app, number, &lesson["id"], -600, -540)).collect();
        let input = json!({ "input": { "citizenId": person.citizen, "items": items } });
        let said = person.graphql(&app, shipped("SendEvidence"), input).await;
        let message = string(&payload(&said)["userErrors"][0]["message"]);
        assert!(message.contains("500") && !message.contains("giây"), "{message}");
        app.finish().await;
    }

    // An error at the beginning of a line is reported one line too early.
    async fn a_broken_lesson_file_is_named_with_its_line(app: TestApp) {
        import_little(&app).await;
        let file = app.folder.path().join("little/lessons/hoc-suot-doi-la-gi.md");
        let text = std::fs::read_to_string(&file).unwrap_or_default().replacen("+++\n", "+++\nkhoa = 1\n", 1);
        std::fs::write(&file, text).unwrap_or_else(|error| panic!("{error}"));
        let folder = app.folder.path().join("little");
        let report = densach_app::library::import(&app.app.operator(), &folder).await;
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        let (_, problems) = report.refused().next().unwrap_or_else(|| panic!("{report:?}"));
        let detail = problems[0].detail.clone().unwrap_or_default();
        assert!(detail.starts_with("line 2: "), "{detail}");
        app.finish().await;
    }
}
