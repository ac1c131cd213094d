//! A printed card: whoever has no phone shows it, and another's phone sends what they studied.

use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::attest::{
    BRANCH_OFFICER, COMMUNE_OFFICER, LEARNER_1, LEARNER_2, card, demo, fates, hours, lines, organiser,
};
use crate::bad_input::{error_code, mutation, new_id, payload, shipped, string, user_errors};
use crate::citizen::{add_citizen, lesson, reading, send};

const NEIGHBOUR: &str = "0912345678";

const REVOKE_CARD: &str =
    "mutation($input: RevokeCardInput!) { revokeCard(input: $input) { wasGood userErrors { code field } } }";
const CARD: &str = "query($id: ID!) { viewer { citizen(id: $id) { card { serial token svg } } } }";

/// Somebody with a phone who belongs to no branch.
async fn neighbour(app: &TestApp) -> Person {
    let mut person = app.sign_in(NEIGHBOUR).await;
    person.citizen = add_citizen(app, &person, json!({ "fullName": "Hàng xóm Thử" })).await;
    person
}

/// A minute of the lesson, for whoever holds this card; answers its fate.
async fn read_for(app: &TestApp, person: &Person, token: &str, sequence: i64) -> String {
    let work = lesson(app, "hoc-suot-doi-la-gi").await["id"].clone();
    let mut item = reading(app, sequence, &work, -3600, -3540);
    item["card"] = json!(token);
    fates(&send(app, person, &person.citizen, json!([item])).await).concat()
}

/// The card that is good now.
async fn current(app: &TestApp, person: &Person, citizen: &str) -> Value {
    person.graphql(app, CARD, json!({ "id": citizen })).await["data"]["viewer"]["citizen"]["card"].clone()
}

async fn revoke(app: &TestApp, person: &Person, citizen: &str) -> Value {
    mutation(app, &person.token, REVOKE_CARD, json!({ "citizenId": citizen })).await
}

on_both_stacks! {
    async fn a_card_is_printed_for_somebody_of_the_household(app: TestApp) {
        demo(&app).await;
        let person = neighbour(&app).await;
        let mother = add_citizen(&app, &person, json!({ "fullName": "Nguyễn Thị <Sáu>" })).await;
        assert!(current(&app, &person, &mother).await.is_null());
        let issued = person.mutate(&app, "IssueCard", json!({ "citizenId": mother })).await["card"].clone();
        assert_eq!(issued["serial"], 1);
        assert!(string(&issued["token"]).starts_with("DS1-"), "{issued:#}");
        let svg = string(&issued["svg"]);
        assert!(svg.starts_with("<svg ") && svg.contains("Thẻ học tập"), "{svg}");
        assert!(svg.contains("Nguyễn Thị") && svg.contains("&lt;Sáu&gt;"), "{svg}");

        // It can be printed again, and it is the same card.
        let again = current(&app, &person, &mother).await;
        assert_eq!((&again["token"], &again["svg"]), (&issued["token"], &issued["svg"]));
        let newer = person.mutate(&app, "IssueCard", json!({ "citizenId": mother })).await["card"].clone();
        assert_eq!(newer["serial"], 2);
        assert_ne!(newer["token"], issued["token"]);
        assert_eq!(current(&app, &person, &mother).await["token"], newer["token"]);
        app.finish().await;
    }

    async fn a_card_that_is_asked_for_again_is_the_same(app: TestApp) {
        demo(&app).await;
        let person = neighbour(&app).await;
        let mut input = json!({ "clientMutationId": new_id(), "citizenId": person.citizen });
        let first = person.mutate(&app, "IssueCard", input.clone()).await;
        assert_eq!(person.mutate(&app, "IssueCard", input.clone()).await, first);
        assert_eq!(current(&app, &person, &person.citizen).await["serial"], 1);
        input["citizenId"] = json!(add_citizen(&app, &person, json!({ "fullName": "Bà Thử" })).await);
        let said = mutation(&app, &person.token, shipped("IssueCard"), input).await;
        assert_eq!(user_errors(payload(&said)), ["clientMutationId: REQUEST_REUSED"]);
        app.finish().await;
    }

    async fn a_neighbours_phone_sends_and_the_citizen_sees_who_acted(app: TestApp) {
        demo(&app).await;
        let learner = app.sign_in(LEARNER_1).await;
        let token = card(&app, &learner, &learner.citizen).await;
        let neighbour = neighbour(&app).await;
        assert_eq!(read_for(&app, &neighbour, &token, 1).await, "ACCEPTED");
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["READING MEASURED 60"]);
        assert_eq!(lines(&app, &learner, &learner.citizen).await, ["STUDY ASSISTED Hàng xóm Thử"]);
        // The neighbour gains nothing by it, and sees nothing.
        assert!(hours(&app, &neighbour, &neighbour.citizen).await.is_empty());
        let asked = json!({ "id": learner.citizen });
        assert_eq!(error_code(&neighbour.graphql(&app, CARD, asked).await), "NOT_FOUND");

        assert_eq!(read_for(&app, &neighbour, &token, 1).await, "DUPLICATE");
        // A scanner may be set to small letters.
        assert_eq!(read_for(&app, &neighbour, &token.to_lowercase(), 1).await, "DUPLICATE");
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["READING MEASURED 60"]);
        app.finish().await;
    }

    async fn ones_own_card_on_ones_own_phone_changes_nothing(app: TestApp) {
        demo(&app).await;
        let neighbour = neighbour(&app).await;
        let own = card(&app, &neighbour, &neighbour.citizen).await;
        assert_eq!(read_for(&app, &neighbour, &own, 1).await, "ACCEPTED");
        assert_eq!(lines(&app, &neighbour, &neighbour.citizen).await, ["STUDY OWN -"]);
        app.finish().await;
    }

    async fn a_card_that_was_lost_or_made_up_is_refused(app: TestApp) {
        demo(&app).await;
        let learner = app.sign_in(LEARNER_1).await;
        let neighbour = neighbour(&app).await;
        let lost = card(&app, &learner, &learner.citizen).await;
        let good = card(&app, &learner, &learner.citizen).await;
        let last = if good.ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{last}", &good[..good.len() - 1]);
        let unknown = "REJECTED UNKNOWN_CITIZEN";
        for (sequence, token) in (1..).zip([lost.as_str(), forged.as_str(), "DS1-12", "", "https://example.vn"]) {
            assert_eq!(read_for(&app, &neighbour, token, sequence).await, unknown, "{token}");
        }
        assert_eq!(read_for(&app, &neighbour, &good, 10).await, "ACCEPTED");

        for was_good in [true, false] {
            let said = revoke(&app, &learner, &learner.citizen).await;
            assert_eq!(payload(&said), &json!({ "wasGood": was_good, "userErrors": [] }));
        }
        assert!(current(&app, &learner, &learner.citizen).await.is_null());
        assert_eq!(read_for(&app, &neighbour, &good, 11).await, unknown);
        // What was studied before it was lost stays.
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["READING MEASURED 60"]);
        app.finish().await;
    }

    async fn officers_make_cards_for_their_members_and_nobody_else_does(app: TestApp) {
        demo(&app).await;
        let learner = app.sign_in(LEARNER_2).await;
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        let token = card(&app, &officer, &learner.citizen).await;
        assert_eq!(current(&app, &learner, &learner.citizen).await["token"], token);

        let others =
            [app.sign_in(BRANCH_OFFICER).await, organiser(&app, "DEMO-2").await, neighbour(&app).await];
        let made_up = format!("cit_{}", "1".repeat(32));
        for other in &others {
            for citizen in [&learner.citizen, &made_up] {
                let asked = json!({ "citizenId": citizen });
                let said = mutation(&app, &other.token, shipped("IssueCard"), asked).await;
                assert_eq!(error_code(&said), "NOT_FOUND", "{}", other.phone);
                assert_eq!(error_code(&revoke(&app, other, citizen).await), "NOT_FOUND", "{}", other.phone);
            }
        }
        let said = mutation(&app, "", shipped("IssueCard"), json!({ "citizenId": made_up })).await;
        assert_eq!(error_code(&said), "UNAUTHENTICATED");
        let said = mutation(&app, &officer.token, shipped("IssueCard"), json!({ "citizenId": "Bà Tư" })).await;
        assert_eq!(user_errors(payload(&said)), ["citizenId: MALFORMED"]);
        assert_eq!(current(&app, &learner, &learner.citizen).await["token"], token);
        app.finish().await;
    }
}
