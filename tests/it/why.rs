//! "Why these hours?" A citizen and their officer read the same answer, line by line, with a rule for every second.

use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::bad_input::{error_code, list, shipped, string};
use crate::citizen::{add_citizen, at_noon, lesson, reading, send, sign_in_learner};
use crate::editor::import_little;

pub(crate) const LEARNER_1: &str = "0900000002";
pub(crate) const LEARNER_2: &str = "0900000003";
pub(crate) const BRANCH_OFFICER: &str = "0900000004";
pub(crate) const COMMUNE_OFFICER: &str = "0900000005";
pub(crate) const STRANGER: &str = "0900000006";

const ONE_LINE: &str = "query($citizenId: ID!, $id: ID!) {
  viewer { citizen(id: $citizenId) { studyLine(id: $id) { number claimedSeconds } } } }";

/// The demo at noon, with one lesson to study.
pub(crate) async fn demo(app: &TestApp) {
    at_noon(app);
    app.seed_demo().await;
    import_little(app).await;
}

pub(crate) async fn unit_id(app: &TestApp, code: &str) -> String {
    let answer =
        app.graphql("", "query($code: String!) { unit(code: $code) { id } }", json!({ "code": code })).await;
    string(&answer["data"]["unit"]["id"]).to_owned()
}

/// Somebody signs in and reads, from and to so many seconds from now.
pub(crate) async fn reader(app: &TestApp, phone: &str, from: i64, to: i64) -> Person {
    let person = app.sign_in(phone).await;
    let work = lesson(app, "hoc-suot-doi-la-gi").await["id"].clone();
    send(app, &person, &person.citizen, json!([reading(app, 1, &work, from, to)])).await;
    person
}

/// The lines of somebody of one's account, newest first.
pub(crate) async fn lines(app: &TestApp, person: &Person, citizen: &str) -> Value {
    let seen = person.document(app, "WhyTheseHours", json!({ "citizenId": citizen })).await;
    seen["viewer"]["citizen"]["studyLines"]["nodes"].clone()
}

/// What is asked of a member's lines by an officer.
pub(crate) fn of_member(unit: &str, citizen: &str) -> Value {
    json!({ "unitId": unit, "citizenId": citizen })
}

/// Seconds of the parts of a line that a rule took; without a rule, of those that count.
pub(crate) fn seconds(line: &Value, rule: Option<&str>) -> i64 {
    let parts = list(&line["parts"]).iter().filter(|part| part["rule"].as_str() == rule);
    parts.map(|part| part["seconds"].as_i64().unwrap_or_default()).sum()
}

/// Parts add up, follow each other, and say why in both languages.
pub(crate) fn check_parts(line: &Value) {
    let parts = list(&line["parts"]);
    let all: i64 = parts.iter().map(|part| part["seconds"].as_i64().unwrap_or_default()).sum();
    assert_eq!(
        (json!(all), json!(seconds(line, None))),
        (line["claimedSeconds"].clone(), line["creditedSeconds"].clone())
    );
    for pair in parts.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{line:#}");
    }
    for part in parts {
        assert_eq!(part["isCredited"], part["rule"].is_null(), "{part:#}");
        assert_eq!(part["isCredited"], part["trust"].is_string(), "{part:#}");
        assert!(part["policyVersion"].is_string());
        for language in ["vi", "en"] {
            assert!(string(&part["explanation"][language]).ends_with('.'), "{part:#}");
            assert!(string(&line["explanation"][language]).ends_with('.'), "{line:#}");
        }
    }
}

on_both_stacks! {
    async fn every_second_has_its_rule(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        // Sixty words a minute, twice a day.
        let most = 2 * lesson["wordCount"].as_i64().unwrap_or_default().max(120);
        let items = json!([
            reading(&app, 1, &lesson["id"], -9000, -8400),
            reading(&app, 2, &lesson["id"], -8700, -10),
        ]);
        send(&app, &person, &person.citizen, items).await;

        let lines = lines(&app, &person, &person.citizen).await;
        let [long, short] = list(&lines) else { panic!("{lines:#}") };
        for line in [long, short] {
            check_parts(line);
            assert_eq!((&line["standing"], &line["actedBy"]), (&json!("OWN"), &Value::Null));
            assert_eq!((&line["deviceName"], &line["title"]), (&json!("test device"), &lesson["title"]));
            assert_eq!((&line["basis"], &line["work"]["slug"]), (&json!("STATED"), &lesson["slug"]));
        }
        assert_eq!((&short["number"], &short["claimedSeconds"]), (&json!(1), &json!(600)));
        assert_eq!(short["creditedSeconds"], 600);
        assert!(string(&short["explanation"]["vi"]).starts_with("Được tính đủ 10 phút."), "{short:#}");

        assert_eq!((&long["number"], &long["claimedSeconds"]), (&json!(2), &json!(8690)));
        assert_eq!(long["creditedSeconds"], most - 600);
        assert_eq!(seconds(long, Some("OVERLAP")), 300);
        assert_eq!(seconds(long, Some("REPEATED")), 600);
        assert_eq!(seconds(long, Some("LONGER_THAN_CONTENT")), 8390 - most);
        let overlap = list(&long["parts"]).iter().find(|part| part["rule"] == "OVERLAP");
        assert_eq!(
            overlap.map(|part| string(&part["explanation"]["vi"])),
            Some("5 phút không được tính: những phút này đã được tính cho một việc học khác, trên máy khác hoặc cùng lúc.")
        );
        app.finish().await;
    }

    async fn who_helped_is_named(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let grandmother = add_citizen(&app, &person, json!({ "fullName": "Bà Thử" })).await;
        send(&app, &person, &grandmother, json!([reading(&app, 1, &lesson["id"], -600, -540)])).await;
        let lines = lines(&app, &person, &grandmother).await;
        let line = &list(&lines)[0];
        assert_eq!((&line["standing"], &line["actedBy"]["fullName"]), (&json!("HOUSEHOLD"), &json!("Người học Thử")));
        assert!(string(&line["explanation"]["vi"]).contains("Người học Thử"), "{line:#}");
        app.finish().await;
    }

    async fn lines_come_by_pages(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let items = (1..=3).map(|number| reading(&app, number, &lesson["id"], number * 100 - 600, number * 100 - 540));
        send(&app, &person, &person.citizen, items.collect()).await;
        let mut asked = json!({ "citizenId": person.citizen, "first": 2 });
        let mut numbers = Vec::new();
        for has_next in [true, false] {
            let seen = person.document(&app, "WhyTheseHours", asked.clone()).await;
            let page = &seen["viewer"]["citizen"]["studyLines"];
            assert_eq!(page["pageInfo"]["hasNextPage"], has_next);
            numbers.extend(list(&page["nodes"]).iter().map(|line| line["number"].clone()));
            asked["after"] = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(numbers, [3, 2, 1]);
        app.finish().await;
    }

    async fn one_line_is_asked_for_by_its_id(app: TestApp) {
        demo(&app).await;
        let learner = reader(&app, LEARNER_1, -600, -540).await;
        let other = reader(&app, LEARNER_2, -600, -540).await;
        let id = lines(&app, &learner, &learner.citizen).await[0]["id"].clone();
        let said = learner.graphql(&app, ONE_LINE, json!({ "citizenId": learner.citizen, "id": id })).await;
        let line = &said["data"]["viewer"]["citizen"]["studyLine"];
        assert_eq!(line, &json!({ "number": 1, "claimedSeconds": 60 }), "{said:#}");

        // A line that is not there, and a line of somebody else's ledger.
        let missing = json!(format!("{}9", string(&id)));
        for (person, id) in [(&learner, &missing), (&other, &id)] {
            let asked = json!({ "citizenId": person.citizen, "id": id });
            assert_eq!(error_code(&person.graphql(&app, ONE_LINE, asked).await), "NOT_FOUND");
        }
        app.finish().await;
    }

    async fn an_officer_reads_what_the_citizen_reads(app: TestApp) {
        demo(&app).await;
        let learner = reader(&app, LEARNER_1, -9000, -10).await;
        let own = lines(&app, &learner, &learner.citizen).await;
        check_parts(&own[0]);
        for (phone, code) in [(BRANCH_OFFICER, "DEMO-1"), (COMMUNE_OFFICER, "DEMO-1"), (COMMUNE_OFFICER, "HKH-00070")] {
            let officer = app.sign_in(phone).await;
            let asked = of_member(&unit_id(&app, code).await, &learner.citizen);
            let seen = officer.document(&app, "OfficeWhy", asked).await["office"]["member"].clone();
            assert_eq!(seen["fullName"], "Người học Demo Một");
            assert_eq!(seen["studyLines"]["nodes"], own, "{phone} {code}");
        }
        app.finish().await;
    }

    async fn nobody_else_finds_the_lines(app: TestApp) {
        demo(&app).await;
        let learner = reader(&app, LEARNER_1, -600, -540).await;
        let other = reader(&app, LEARNER_2, -600, -540).await;
        let own = json!({ "citizenId": learner.citizen });
        for phone in [STRANGER, LEARNER_2, BRANCH_OFFICER, COMMUNE_OFFICER] {
            let said = app.sign_in(phone).await.graphql(&app, shipped("WhyTheseHours"), own.clone()).await;
            assert_eq!(error_code(&said), "NOT_FOUND", "{phone}");
        }
        let [branch_1, branch_2] = [unit_id(&app, "DEMO-1").await, unit_id(&app, "DEMO-2").await];
        for (phone, unit, citizen) in [
            (STRANGER, &branch_1, &learner.citizen),
            (LEARNER_1, &branch_1, &learner.citizen),
            (BRANCH_OFFICER, &branch_1, &other.citizen),
            (BRANCH_OFFICER, &branch_2, &other.citizen),
            (COMMUNE_OFFICER, &branch_1, &other.citizen),
        ] {
            let asked = of_member(unit, citizen);
            let said = app.sign_in(phone).await.graphql(&app, shipped("OfficeWhy"), asked).await;
            assert_eq!(error_code(&said), "NOT_FOUND", "{phone}");
        }
        let said = app.graphql("", shipped("OfficeWhy"), of_member(&branch_1, &learner.citizen)).await;
        assert_eq!(error_code(&said), "UNAUTHENTICATED");
        app.finish().await;
    }
}
