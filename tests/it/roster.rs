//! Whom an organiser meets: names to tick off at a class, claims to confirm, and nobody's hours.

use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::attest::{
    BRANCH_OFFICER, COMMUNE_OFFICER, LEARNER_1, LEARNER_2, attest, book, claim_book, class, confirm, demo,
    fates, hours, line_id, organiser,
};
use crate::bad_input::{error_code, list, problems, shipped, string};
use crate::citizen::{add_citizen, lesson, reading, send};
use crate::officer::belong;
use crate::why::unit_id;

const DOCUMENTS: [&str; 2] = ["Roster", "Claims"];

async fn roster(app: &TestApp, person: &Person, unit: &str) -> Value {
    person.document(app, "Roster", json!({ "unitId": unit })).await["roster"].clone()
}

fn names(page: &Value) -> Vec<&str> {
    list(&page["nodes"]).iter().map(|node| string(&node["fullName"])).collect()
}

async fn claims(app: &TestApp, person: &Person, unit: &str) -> Value {
    person.document(app, "Claims", json!({ "unitId": unit })).await["claims"].clone()
}

/// One line a claim: `Người học Demo Một BOOK 1800`.
fn waiting(claims: &Value) -> Vec<String> {
    let line = |claim: &Value| {
        format!("{} {} {}", string(&claim["fullName"]), string(&claim["source"]), claim["seconds"])
    };
    list(&claims["nodes"]).iter().map(line).collect()
}

/// What somebody is told who asks for the roster and for the claims of a unit.
async fn told(app: &TestApp, token: &str, unit: &str) -> Vec<String> {
    let mut told = Vec::new();
    for document in DOCUMENTS {
        let said = app.graphql(token, shipped(document), json!({ "unitId": unit })).await;
        let code = said["errors"][0]["extensions"]["code"].as_str();
        told.push(code.unwrap_or("ok").to_owned());
    }
    told
}

/// Whether somebody sees each of these units, by both documents.
async fn check(app: &TestApp, units: &[String], person: &Person, seen: [bool; 6]) {
    for (unit, seen) in units.iter().zip(seen) {
        let expected = if seen { "ok" } else { "NOT_FOUND" };
        assert_eq!(told(app, &person.token, unit).await, [expected; 2], "{} {unit}", person.phone);
    }
}

/// Goes through all pages of one; answers the names in the order in which they came.
async fn one_by_one(app: &TestApp, person: &Person, document: &str, unit: &str) -> Vec<String> {
    let field = document.to_lowercase();
    let mut asked = json!({ "unitId": unit, "first": 1 });
    let mut found = Vec::new();
    loop {
        let page = person.document(app, document, asked.clone()).await[&field].clone();
        found.extend(names(&page).into_iter().map(str::to_owned));
        assert!(found.len() < 10, "the pages never end: {found:?}");
        if page["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        assert_eq!(names(&page).len(), 1);
        asked["after"] = page["pageInfo"]["endCursor"].clone();
    }
}

on_both_stacks! {
    async fn an_organiser_ticks_off_names_and_sees_no_hours(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let [learner, leader] = [app.sign_in(LEARNER_1).await, app.sign_in(BRANCH_OFFICER).await];
        let branch = unit_id(&app, "DEMO-1").await;

        // Everything that the tick list needs is on the phone before it goes where there is no network.
        let kept = roster(&app, &organiser, &branch).await;
        let line = |person: &Person, name: &str| {
            json!({ "citizenId": person.citizen, "fullName": name, "birthYear": null, "mayAttest": true })
        };
        let expected = json!([line(&leader, "Chi hội trưởng Demo"), line(&learner, "Người học Demo Một")]);
        assert_eq!(kept["nodes"], expected);
        assert_eq!(kept["unit"], json!({ "id": branch, "name": "Chi hội Demo 1" }));
        assert_eq!(kept["asOf"], app.clock.at(0));
        assert_eq!(kept["pageInfo"]["hasNextPage"], false);

        let tick = |(node, sequence): (&Value, i64)| {
            json!({ "sequence": sequence, "citizenId": node["citizenId"] })
        };
        let ticks: Vec<_> = list(&kept["nodes"]).iter().zip(1..).map(tick).collect();
        let meeting = class(&app, json!(ticks));
        assert_eq!(fates(&attest(&app, &organiser, meeting).await), ["ACCEPTED"; 2]);
        for person in [&learner, &leader] {
            assert_eq!(hours(&app, person, &person.citizen).await, ["CLASS ATTESTED 7200"]);
        }

        let month = app.clock.at(0)[..7].to_owned();
        let asked = json!({ "unitId": branch, "from": month, "to": month });
        assert_eq!(error_code(&organiser.graphql(&app, shipped("Office"), asked).await), "NOT_FOUND");
        let study = format!("study(month: {month:?}) {{ seconds }}");
        let asked = format!("{{ roster(unitId: {branch:?}) {{ nodes {{ {study} }} }} }}");
        assert_eq!(error_code(&organiser.graphql(&app, &asked, json!({})).await), "BAD_REQUEST");
        app.finish().await;
    }

    async fn a_roster_is_of_the_unit_and_of_those_below_it(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "HKH-00070").await;
        let learner = app.sign_in(LEARNER_1).await;
        // Who belongs to two branches stands on the list once.
        let [first, second] = [unit_id(&app, "DEMO-1").await, unit_id(&app, "DEMO-2").await];
        belong(&app, &learner.citizen, &second).await;
        let grandmother = json!({ "fullName": "Lê Thị An", "birthDate": "1948-05-19" });
        belong(&app, &add_citizen(&app, &learner, grandmother).await, &first).await;

        let all = ["Lê Thị An", "Chi hội trưởng Demo", "Người học Demo Hai", "Người học Demo Một"];
        let commune = unit_id(&app, "HKH-00070").await;
        let kept = roster(&app, &organiser, &commune).await;
        assert_eq!(names(&kept), all);
        assert_eq!(kept["nodes"][0]["birthYear"], "1948");
        assert_eq!(one_by_one(&app, &organiser, "Roster", &commune).await, all);
        assert_eq!(names(&roster(&app, &organiser, &second).await), all[2..]);
        app.finish().await;
    }

    async fn a_claim_waits_until_it_is_confirmed_or_taken_back(app: TestApp) {
        demo(&app).await;
        let librarian = organiser(&app, "DEMO-1").await;
        let learner = claim_book(&app, LEARNER_1).await;
        claim_book(&app, LEARNER_2).await;
        let work = lesson(&app, "hoc-suot-doi-la-gi").await["id"].clone();
        let mut radio = book(&app, 2);
        for (field, value) in [
            ("source", "RADIO".to_owned()),
            ("title", "Thời sự".to_owned()),
            ("startedAt", app.clock.at(-5000)),
            ("endedAt", app.clock.at(-4400)),
        ] {
            radio[field] = json!(value);
        }
        app.clock.advance_seconds(1);
        let items = json!([radio, reading(&app, 3, &work, -60, 0)]);
        assert_eq!(fates(&send(&app, &learner, &learner.citizen, items).await), ["ACCEPTED"; 2]);

        let branch = unit_id(&app, "DEMO-1").await;
        let both = ["Người học Demo Một BOOK 1800", "Người học Demo Một RADIO 600"];
        let found = claims(&app, &librarian, &branch).await;
        assert_eq!(waiting(&found), both);
        let book = &found["nodes"][0];
        assert_eq!(book["evidenceId"], line_id(&learner.citizen, 1));
        assert_eq!(book["citizenId"], learner.citizen);
        assert_eq!(book["title"], "Dế Mèn phiêu lưu ký");
        assert_eq!(book["receivedAt"], app.clock.at(-1));
        assert!(string(&book["startedAt"]) < string(&book["endedAt"]), "{book:#}");

        let ids = [string(&book["evidenceId"]).to_owned()];
        assert_eq!(confirm(&app, &librarian, &ids).await, ["1800 0 null"]);
        assert_eq!(waiting(&claims(&app, &librarian, &branch).await), both[1..]);

        let radio = string(&found["nodes"][1]["evidenceId"]);
        learner.mutate(&app, "WithdrawEvidence", json!({ "evidenceId": radio, "note": "" })).await;
        assert!(waiting(&claims(&app, &librarian, &branch).await).is_empty());
        assert_eq!(names(&roster(&app, &librarian, &branch).await).len(), 2);
        app.finish().await;
    }

    async fn what_waits_longest_comes_first(app: TestApp) {
        demo(&app).await;
        let librarian = organiser(&app, "HKH-00070").await;
        for phone in [LEARNER_1, BRANCH_OFFICER, LEARNER_2] {
            claim_book(&app, phone).await;
            app.clock.advance_seconds(1);
        }
        let commune = unit_id(&app, "HKH-00070").await;
        let all = ["Người học Demo Một", "Chi hội trưởng Demo", "Người học Demo Hai"];
        assert_eq!(names(&claims(&app, &librarian, &commune).await), all);
        assert_eq!(one_by_one(&app, &librarian, "Claims", &commune).await, all);
        app.finish().await;
    }

    async fn those_of_ones_own_household_wait_for_somebody_else(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let branch = unit_id(&app, "DEMO-1").await;
        let mother = add_citizen(&app, &organiser, json!({ "fullName": "Bà Thử" })).await;
        belong(&app, &mother, &branch).await;
        let read = json!([book(&app, 1)]);
        assert_eq!(fates(&send(&app, &organiser, &mother, read).await), ["ACCEPTED"]);

        let officer = app.sign_in(BRANCH_OFFICER).await;
        let waits_for_officer = vec!["Bà Thử BOOK 1800"];
        for (person, may_attest, waits) in [(&organiser, false, vec![]), (&officer, true, waits_for_officer)] {
            let kept = roster(&app, person, &branch).await;
            let entry = list(&kept["nodes"]).iter().find(|node| node["citizenId"] == json!(mother));
            assert_eq!(entry.map(|entry| &entry["mayAttest"]), Some(&json!(may_attest)), "{}", person.phone);
            assert_eq!(waiting(&claims(&app, person, &branch).await), waits, "{}", person.phone);
        }
        app.finish().await;
    }

    async fn only_who_vouches_for_a_unit_learns_who_belongs_to_it(app: TestApp) {
        demo(&app).await;
        let learner = claim_book(&app, LEARNER_1).await;
        let mut units = vec![format!("uni_{}", "1".repeat(32))];
        for code in ["DEMO-1", "DEMO-2", "HKH-00070", "HKH-VN", "00070"] {
            units.push(unit_id(&app, code).await);
        }
        let stranger = app.sign_in("0900000006").await;
        let editor = app.sign_in("0900000001").await;
        let leader = app.sign_in(BRANCH_OFFICER).await;
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        let nothing = [false; 6];
        check(&app, &units, &learner, nothing).await;
        check(&app, &units, &stranger, nothing).await;
        check(&app, &units, &editor, nothing).await;
        check(&app, &units, &leader, [false, true, false, false, false, false]).await;
        check(&app, &units, &officer, [false, true, true, true, false, false]).await;
        // The administrative units are another tree, to which nobody belongs as a member.
        let of_ward = organiser(&app, "00070").await;
        check(&app, &units, &of_ward, nothing).await;
        let of_branch = organiser(&app, "DEMO-2").await;
        check(&app, &units, &of_branch, [false, false, true, false, false, false]).await;

        for unit in &units {
            assert_eq!(told(&app, "", unit).await, ["UNAUTHENTICATED"; 2], "{unit}");
        }
        app.finish().await;
    }

    async fn a_page_that_cannot_be_is_refused(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let branch = unit_id(&app, "DEMO-1").await;
        for (document, most) in [("Roster", 200), ("Claims", 100)] {
            let asked = json!({ "unitId": branch, "first": most });
            organiser.document(&app, document, asked).await;
            let asked = json!({ "unitId": branch, "first": most + 1, "after": "trang sau" });
            let said = organiser.graphql(&app, shipped(document), asked).await;
            assert_eq!(problems(&said), &json!(["first: OUT_OF_RANGE", "after: MALFORMED"]), "{document}");
            let asked = json!({ "unitId": organiser.citizen });
            let said = organiser.graphql(&app, shipped(document), asked).await;
            assert_eq!(problems(&said), &json!(["unitId: WRONG_KIND"]), "{document}");
        }
        app.finish().await;
    }
}
