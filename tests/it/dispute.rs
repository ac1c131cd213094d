//! One tap asks to have hours looked at again; an officer answers by a known day. What is found right is added by a line
//! of its own, and nothing that stood before changes.

use densach_domain::Timestamp;
use densach_domain::actor::Role;
use densach_domain::evidence::EvidenceId;
use densach_store::LineRow;
use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::bad_input::{error_code, list, mutation, new_id, payload, shipped, string, user_errors};
use crate::citizen::{add_citizen, today};
use crate::why::{
    BRANCH_OFFICER, COMMUNE_OFFICER, LEARNER_1, LEARNER_2, STRANGER, check_parts, demo, lines, of_member,
    reader, unit_id,
};

const NATIONAL_OFFICER: &str = "0911000009";

const TOTALS: &str = "query($id: ID!, $day: String!) {
  viewer { citizen(id: $id) { studyDays(from: $day, to: $day) { trust seconds } } } }";
const WITHDRAW: &str = "mutation($input: WithdrawDisputeInput!) {
  withdrawDispute(input: $input) { dispute { state } userErrors { code field } } }";
const MY_DISPUTES: &str = "query($id: ID!) {
  viewer { citizen(id: $id) { disputes { nodes { state answer isOverdue } } } } }";

/// Somebody reads for much longer than the text takes: the first part counts, the rest is cut off.
async fn long_reader(app: &TestApp, phone: &str) -> (Person, Value) {
    let person = reader(app, phone, -9000, -10).await;
    let line = lines(app, &person, &person.citizen).await[0].clone();
    assert!(number(&line["creditedSeconds"]) < number(&line["claimedSeconds"]), "{line:#}");
    (person, line)
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("not a number: {value}"))
}

/// Opens a dispute; answers its id.
async fn dispute(app: &TestApp, person: &Person, line: &Value) -> Value {
    let opened = person.mutate(app, "DisputeEvidence", json!({ "evidenceId": line["id"] })).await;
    opened["dispute"]["id"].clone()
}

fn upholding(id: &Value) -> Value {
    json!({ "disputeId": id, "answer": "UPHOLD", "words": "Bà đọc chậm, có ghi chép." })
}

fn declining(id: &Value) -> Value {
    json!({ "disputeId": id, "answer": "DECLINE", "words": "Bài này ngắn." })
}

async fn answer(app: &TestApp, officer: &Person, input: Value) -> Value {
    mutation(app, &officer.token, shipped("AnswerDispute"), input).await
}

/// What waits for the officers of a unit.
async fn office(app: &TestApp, officer: &Person, code: &str, state: Value) -> Value {
    let asked = json!({ "unitId": unit_id(app, code).await, "state": state });
    officer.document(app, "OfficeDisputes", asked).await["office"].clone()
}

/// Measured and attested seconds of today.
async fn totals(app: &TestApp, person: &Person) -> (i64, i64) {
    let asked = json!({ "id": person.citizen, "day": today(app).to_string() });
    let said = person.graphql(app, TOTALS, asked).await;
    let days = list(&said["data"]["viewer"]["citizen"]["studyDays"]);
    let of = |trust: &str| {
        let days = days.iter().filter(|day| day["trust"] == trust);
        days.map(|day| number(&day["seconds"])).sum::<i64>()
    };
    (of("MEASURED"), of("ATTESTED"))
}

/// The line as the ledger keeps it.
async fn row(app: &TestApp, line: &Value) -> LineRow {
    let id: EvidenceId = string(&line["id"]).parse().unwrap_or_else(|error| panic!("{error}"));
    let found = app.app.store.ledger_line(id).await.unwrap_or_else(|error| panic!("{error}"));
    found.unwrap_or_else(|| panic!("no line {id}"))
}

on_both_stacks! {
    async fn what_is_upheld_counts_as_attested(app: TestApp) {
        demo(&app).await;
        let (learner, line) = long_reader(&app, LEARNER_1).await;
        let before = row(&app, &line).await;
        let (claimed, credited) = (number(&line["claimedSeconds"]), number(&line["creditedSeconds"]));
        assert_eq!(totals(&app, &learner).await, (credited, 0));

        let said = json!({ "evidenceId": line["id"], "message": "Tôi đọc hai lần." });
        let opened = learner.mutate(&app, "DisputeEvidence", said).await["dispute"].clone();
        let instant = |field: &str| Timestamp::parse(string(&opened[field])).map(Timestamp::ms).unwrap_or_default();
        assert_eq!(instant("dueAt") - instant("openedAt"), 15 * 86_400_000);
        assert_eq!((&opened["state"], &opened["evidenceId"]), (&json!("OPEN"), &line["id"]));

        let officer = app.sign_in(BRANCH_OFFICER).await;
        let seen = office(&app, &officer, "DEMO-1", json!("OPEN")).await;
        assert_eq!(seen["disputeCount"], json!({ "open": 1, "overdue": 0 }));
        let waiting = &list(&seen["disputes"]["nodes"])[0];
        assert_eq!(waiting["fullName"], "Người học Demo Một");
        assert_eq!(waiting["citizenId"], learner.citizen);
        assert_eq!((&waiting["dispute"]["id"], &waiting["dispute"]["message"]), (&opened["id"], &json!("Tôi đọc hai lần.")));

        let answered = officer.mutate(&app, "AnswerDispute", upholding(&opened["id"])).await;
        assert_eq!((&answered["dispute"]["state"], number(&answered["changedSeconds"])), (&json!("UPHELD"), claimed - credited));
        assert_eq!(totals(&app, &learner).await, (credited, claimed - credited));

        // The line stands as it did; what was added stands in a line of its own.
        assert_eq!(row(&app, &line).await, before);
        let now = lines(&app, &learner, &learner.citizen).await;
        let [added, original] = list(&now) else { panic!("{now:#}") };
        check_parts(original);
        assert_eq!(original["claimedSeconds"], original["creditedSeconds"]);
        assert_eq!(original["receivedAt"], line["receivedAt"]);
        assert_eq!(original["dispute"]["answer"], "Bà đọc chậm, có ghi chép.");
        let correction = &original["corrections"][0];
        assert_eq!((&correction["deed"], number(&correction["changedSeconds"])), (&json!("UPHOLD"), claimed - credited));
        assert_eq!(correction["actedBy"]["fullName"], "Chi hội trưởng Demo");
        assert_eq!((&added["deed"], &added["corrects"]), (&json!("UPHOLD"), &line["id"]));
        assert_eq!((&added["standing"], number(&added["changedSeconds"])), (&json!("OFFICER"), claimed - credited));
        assert_eq!(added["parts"], json!([]));
        let seen = office(&app, &officer, "DEMO-1", json!("OPEN")).await;
        assert_eq!((&seen["disputeCount"]["open"], &seen["disputes"]["nodes"]), (&json!(0), &json!([])));
        app.finish().await;
    }

    async fn what_is_declined_leaves_the_totals(app: TestApp) {
        demo(&app).await;
        let (learner, line) = long_reader(&app, LEARNER_1).await;
        let before = totals(&app, &learner).await;
        let id = dispute(&app, &learner, &line).await;
        let officer = app.sign_in(COMMUNE_OFFICER).await;

        let silent = json!({ "disputeId": id, "answer": "DECLINE" });
        assert_eq!(user_errors(payload(&answer(&app, &officer, silent).await)), ["words: REQUIRED"]);
        let declined = officer.mutate(&app, "AnswerDispute", declining(&id)).await;
        assert_eq!((&declined["dispute"]["state"], &declined["changedSeconds"]), (&json!("DECLINED"), &json!(0)));
        assert_eq!(totals(&app, &learner).await, before);
        let now = lines(&app, &learner, &learner.citizen).await;
        assert_eq!(list(&now).len(), 1);
        assert_eq!((&now[0]["parts"], &now[0]["corrections"]), (&line["parts"], &json!([])));
        assert_eq!(now[0]["dispute"]["answer"], "Bài này ngắn.");

        // It is answered once, by whomever; but it can be asked again.
        for phone in [COMMUNE_OFFICER, BRANCH_OFFICER] {
            let officer = app.sign_in(phone).await;
            let said = answer(&app, &officer, upholding(&id)).await;
            assert_eq!(user_errors(payload(&said)), ["disputeId: SETTLED"], "{phone}");
        }
        assert_eq!(totals(&app, &learner).await, before);
        assert_ne!(dispute(&app, &learner, &line).await, id);
        app.finish().await;
    }

    async fn nobody_answers_in_their_own_case(app: TestApp) {
        demo(&app).await;
        let (officer, line) = long_reader(&app, BRANCH_OFFICER).await;
        let before = totals(&app, &officer).await;
        let id = dispute(&app, &officer, &line).await;
        for input in [upholding(&id), declining(&id)] {
            assert_eq!(error_code(&answer(&app, &officer, input).await), "FORBIDDEN");
        }
        assert_eq!(totals(&app, &officer).await, before);
        let above = app.sign_in(COMMUNE_OFFICER).await;
        above.mutate(&app, "AnswerDispute", upholding(&id)).await;
        assert!(totals(&app, &officer).await.1 > 0);
        app.finish().await;
    }

    async fn only_who_oversees_the_citizen_finds_it(app: TestApp) {
        demo(&app).await;
        let (learner, line) = long_reader(&app, LEARNER_2).await;
        for phone in [STRANGER, LEARNER_1, BRANCH_OFFICER, COMMUNE_OFFICER] {
            let person = app.sign_in(phone).await;
            let said = mutation(&app, &person.token, shipped("DisputeEvidence"), json!({ "evidenceId": line["id"] })).await;
            assert_eq!(error_code(&said), "NOT_FOUND", "{phone}");
        }
        let id = dispute(&app, &learner, &line).await;
        let made_up = json!(format!("dsp_{}", "1".repeat(32)));
        for phone in [STRANGER, LEARNER_1, LEARNER_2, BRANCH_OFFICER] {
            let person = app.sign_in(phone).await;
            for id in [&id, &made_up] {
                assert_eq!(error_code(&answer(&app, &person, upholding(id)).await), "NOT_FOUND", "{phone}");
            }
        }
        let officer = app.sign_in(BRANCH_OFFICER).await;
        assert_eq!(office(&app, &officer, "DEMO-1", Value::Null).await["disputes"]["nodes"], json!([]));
        let above = app.sign_in(COMMUNE_OFFICER).await;
        for code in ["DEMO-2", "HKH-00070"] {
            assert_eq!(office(&app, &above, code, Value::Null).await["disputeCount"]["open"], 1, "{code}");
        }
        let said = mutation(&app, "", shipped("AnswerDispute"), upholding(&id)).await;
        assert_eq!(error_code(&said), "UNAUTHENTICATED");
        app.finish().await;
    }

    async fn the_same_request_is_answered_again(app: TestApp) {
        demo(&app).await;
        let (learner, line) = long_reader(&app, LEARNER_1).await;
        let tap = json!({ "clientMutationId": new_id(), "evidenceId": line["id"] });
        let first = learner.mutate(&app, "DisputeEvidence", tap.clone()).await["dispute"].clone();
        assert_eq!(learner.mutate(&app, "DisputeEvidence", tap.clone()).await["dispute"], first);
        let other = json!({ "evidenceId": line["id"], "message": "Xin xem lại." });
        let said = mutation(&app, &learner.token, shipped("DisputeEvidence"), other).await;
        assert_eq!(user_errors(payload(&said)), ["evidenceId: DUPLICATE"]);

        let officer = app.sign_in(BRANCH_OFFICER).await;
        let mut upheld = upholding(&first["id"]);
        upheld["clientMutationId"] = json!(new_id());
        let answered = officer.mutate(&app, "AnswerDispute", upheld.clone()).await;
        assert_eq!(officer.mutate(&app, "AnswerDispute", upheld.clone()).await, answered);
        upheld["answer"] = json!("DECLINE");
        assert_eq!(user_errors(payload(&answer(&app, &officer, upheld).await)), ["clientMutationId: REQUEST_REUSED"]);
        assert_eq!(list(&lines(&app, &learner, &learner.citizen).await).len(), 2);
        // The tap of before still answers with the same dispute, as it stands now.
        let again = learner.mutate(&app, "DisputeEvidence", tap).await["dispute"].clone();
        assert_eq!((&again["id"], &again["state"]), (&first["id"], &json!("UPHELD")));
        app.finish().await;
    }

    async fn what_waits_too_long_is_overdue(app: TestApp) {
        demo(&app).await;
        let (learner, line) = long_reader(&app, LEARNER_1).await;
        dispute(&app, &learner, &line).await;
        for (days, overdue) in [(15, 0), (1, 1)] {
            app.clock.advance_seconds(days * 86_400);
            let officer = app.sign_in(BRANCH_OFFICER).await;
            let seen = office(&app, &officer, "DEMO-1", json!("OPEN")).await;
            assert_eq!(seen["disputeCount"], json!({ "open": 1, "overdue": overdue }));
            assert_eq!(seen["disputes"]["nodes"][0]["dispute"]["isOverdue"], overdue == 1);
        }
        let learner = app.sign_in(LEARNER_1).await;
        let said = learner.graphql(&app, MY_DISPUTES, json!({ "id": learner.citizen })).await;
        let mine = &said["data"]["viewer"]["citizen"]["disputes"]["nodes"];
        assert_eq!(mine, &json!([{ "state": "OPEN", "answer": null, "isOverdue": true }]));
        app.finish().await;
    }

    async fn a_dispute_is_taken_back(app: TestApp) {
        demo(&app).await;
        let (learner, line) = long_reader(&app, LEARNER_1).await;
        let id = dispute(&app, &learner, &line).await;
        let taking_back = json!({ "disputeId": id });
        for phone in [STRANGER, BRANCH_OFFICER] {
            let person = app.sign_in(phone).await;
            let said = mutation(&app, &person.token, WITHDRAW, taking_back.clone()).await;
            assert_eq!(error_code(&said), "NOT_FOUND", "{phone}");
        }
        let said = mutation(&app, &learner.token, WITHDRAW, taking_back.clone()).await;
        assert_eq!(payload(&said)["dispute"]["state"], "WITHDRAWN", "{said:#}");
        let said = mutation(&app, &learner.token, WITHDRAW, taking_back).await;
        assert_eq!(user_errors(payload(&said)), ["disputeId: SETTLED"]);
        let officer = app.sign_in(BRANCH_OFFICER).await;
        let said = answer(&app, &officer, upholding(&id)).await;
        assert_eq!(user_errors(payload(&said)), ["disputeId: SETTLED"]);
        for (state, count) in [(json!("OPEN"), 0), (json!("WITHDRAWN"), 1), (Value::Null, 1)] {
            let seen = office(&app, &officer, "DEMO-1", state).await;
            assert_eq!(list(&seen["disputes"]["nodes"]).len(), count);
        }
        app.finish().await;
    }

    async fn a_correction_is_not_disputed_but_its_line_is(app: TestApp) {
        demo(&app).await;
        let (learner, line) = long_reader(&app, LEARNER_1).await;
        let id = dispute(&app, &learner, &line).await;
        let officer = app.sign_in(BRANCH_OFFICER).await;
        officer.mutate(&app, "AnswerDispute", upholding(&id)).await;
        let added = lines(&app, &learner, &learner.citizen).await[0].clone();
        let said = json!({ "evidenceId": added["id"] });
        let said = mutation(&app, &learner.token, shipped("DisputeEvidence"), said).await;
        assert_eq!(user_errors(payload(&said)), ["evidenceId: NOT_ALLOWED"]);
        // Who corrected a line does not judge it a second time.
        let id = dispute(&app, &learner, &line).await;
        assert_eq!(error_code(&answer(&app, &officer, declining(&id)).await), "FORBIDDEN");
        let above = app.sign_in(COMMUNE_OFFICER).await;
        above.mutate(&app, "AnswerDispute", declining(&id)).await;
        app.finish().await;
    }

    async fn who_belongs_nowhere_is_answered_by_the_national_association(app: TestApp) {
        demo(&app).await;
        let national = app.sign_in(NATIONAL_OFFICER).await;
        add_citizen(&app, &national, json!({ "fullName": "Cán bộ Trung ương Thử" })).await;
        let granted = densach_app::citizen::grant(&app.app.operator(), NATIONAL_OFFICER, Role::Officer, "HKH-VN").await;
        granted.unwrap_or_else(|error| panic!("{error}"));
        let (stranger, line) = long_reader(&app, STRANGER).await;
        let root = unit_id(&app, "HKH-VN").await;
        let asked = of_member(&root, &stranger.citizen);
        assert_eq!(error_code(&national.graphql(&app, shipped("OfficeWhy"), asked.clone()).await), "NOT_FOUND");

        let id = dispute(&app, &stranger, &line).await;
        let commune = app.sign_in(COMMUNE_OFFICER).await;
        assert_eq!(office(&app, &commune, "HKH-00070", json!("OPEN")).await["disputeCount"]["open"], 0);
        assert_eq!(error_code(&answer(&app, &commune, upholding(&id)).await), "NOT_FOUND");

        // The line is seen while it is asked about, and no longer.
        let seen = office(&app, &national, "HKH-VN", json!("OPEN")).await;
        assert_eq!(seen["disputeCount"]["open"], 1);
        assert_eq!(seen["disputes"]["nodes"][0]["dispute"]["id"], id);
        let seen = national.document(&app, "OfficeWhy", asked.clone()).await;
        assert_eq!(seen["office"]["member"]["studyLines"]["nodes"][0]["id"], line["id"]);
        national.mutate(&app, "AnswerDispute", upholding(&id)).await;
        assert_eq!(error_code(&national.graphql(&app, shipped("OfficeWhy"), asked).await), "NOT_FOUND");
        app.finish().await;
    }
}
