//! What others vouch for: a class by its organiser, a book by a librarian; and what is taken back. Who acted stays on
//! every line.

use densach_domain::actor::Role;
use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::bad_input::{error_code, list, mutation, new_id, payload, shipped, string, user_errors};
use crate::citizen::{add_citizen, at_noon, lesson, reading, send, today};
use crate::editor::import_little;

/// Of branch 1.
pub(crate) const LEARNER_1: &str = "0900000002";
/// Of branch 2.
pub(crate) const LEARNER_2: &str = "0900000003";
/// Officer and member of branch 1.
pub(crate) const BRANCH_OFFICER: &str = "0900000004";
/// Of the commune that both branches belong to.
pub(crate) const COMMUNE_OFFICER: &str = "0900000005";
/// The demo's stranger, who belongs to no branch and gets an office here.
const ORGANISER: &str = "0900000006";

const DAYS: &str = "query($id: ID!, $day: String!) { viewer { citizen(id: $id) {
  studyDays(from: $day, to: $day) { source trust seconds } } } }";
const LINES: &str = "query($id: ID!) { viewer { citizen(id: $id) {
  studyLines(first: 20) { nodes { id deed standing actedBy { fullName } } } } } }";

/// The demo at noon, with one lesson to study.
pub(crate) async fn demo(app: &TestApp) {
    at_noon(app);
    app.seed_demo().await;
    import_little(app).await;
}

/// Somebody who holds classes and keeps the shelf of a unit.
pub(crate) async fn organiser(app: &TestApp, unit: &str) -> Person {
    let granted = densach_app::citizen::grant(&app.app.operator(), ORGANISER, Role::Organiser, unit).await;
    granted.unwrap_or_else(|error| panic!("{error}"));
    app.sign_in(ORGANISER).await
}

/// A new card; answers its text.
pub(crate) async fn card(app: &TestApp, person: &Person, citizen: &str) -> String {
    let issued = person.mutate(app, "IssueCard", json!({ "citizenId": citizen })).await;
    string(&issued["card"]["token"]).to_owned()
}

/// A class from nine to eleven.
pub(crate) fn class(app: &TestApp, attendees: Value) -> Value {
    json!({
        "kind": "CLASS",
        "title": "Lớp dùng điện thoại",
        "startedAt": app.clock.at(-3 * 3600),
        "endedAt": app.clock.at(-3600),
        "attendees": attendees,
    })
}

pub(crate) async fn attest(app: &TestApp, organiser: &Person, meeting: Value) -> Value {
    let said = organiser.document(app, "AttestMeeting", json!({ "input": meeting })).await;
    assert_eq!(said["attestMeeting"]["userErrors"], json!([]));
    said["attestMeeting"]["results"].clone()
}

/// One line an item: `ACCEPTED`, `REJECTED UNKNOWN_CITIZEN`.
pub(crate) fn fates(results: &Value) -> Vec<String> {
    let words = |result: &Value| {
        let words = ["verdict", "reason"].into_iter().filter_map(|name| result[name].as_str());
        words.collect::<Vec<_>>().join(" ")
    };
    list(results).iter().map(words).collect()
}

/// What a citizen was credited today: `CLASS ATTESTED 7200`.
pub(crate) async fn hours(app: &TestApp, person: &Person, citizen: &str) -> Vec<String> {
    let asked = json!({ "id": citizen, "day": today(app).to_string() });
    let known = person.graphql(app, DAYS, asked).await["data"]["viewer"]["citizen"].clone();
    let days = list(&known["studyDays"]).iter().filter(|day| day["seconds"] != 0);
    let line =
        |day: &Value| format!("{} {} {}", string(&day["source"]), string(&day["trust"]), day["seconds"]);
    days.map(line).collect()
}

/// The ledger of a citizen, newest first: `STUDY ASSISTED Người lạ Demo`.
pub(crate) async fn lines(app: &TestApp, person: &Person, citizen: &str) -> Vec<String> {
    let known =
        person.graphql(app, LINES, json!({ "id": citizen })).await["data"]["viewer"]["citizen"].clone();
    let line = |line: &Value| {
        let name = line["actedBy"]["fullName"].as_str().unwrap_or("-");
        format!("{} {} {name}", string(&line["deed"]), string(&line["standing"]))
    };
    list(&known["studyLines"]["nodes"]).iter().map(line).collect()
}

/// The id of a citizen's line; lines count up from 1.
pub(crate) fn line_id(citizen: &str, number: i64) -> String {
    format!("evd_{}_{number}", citizen.trim_start_matches("cit_"))
}

/// Half an hour with a book, as its reader says.
pub(crate) fn book(app: &TestApp, sequence: i64) -> Value {
    json!({
        "sequence": sequence,
        "source": "BOOK",
        "title": "Dế Mèn phiêu lưu ký",
        "startedAt": app.clock.at(-7200),
        "endedAt": app.clock.at(-5400),
    })
}

/// Somebody signs in and claims a book.
pub(crate) async fn claim_book(app: &TestApp, phone: &str) -> Person {
    let person = app.sign_in(phone).await;
    assert_eq!(fates(&send(app, &person, &person.citizen, json!([book(app, 1)])).await), ["ACCEPTED"]);
    person
}

/// Confirms; one line a claim: `1800 0 null`, `0 0 "DUPLICATE"`.
pub(crate) async fn confirm(app: &TestApp, person: &Person, ids: &[String]) -> Vec<String> {
    let input = json!({ "evidenceIds": ids, "note": "Sách của thư viện" });
    let results = person.mutate(app, "ConfirmEvidence", input).await["results"].clone();
    let named: Vec<_> = list(&results).iter().map(|result| string(&result["evidenceId"])).collect();
    assert_eq!(named, ids);
    let line = |result: &Value| {
        let code = &result["refusal"]["code"];
        format!("{} {} {code}", result["confirmedSeconds"], result["changedSeconds"])
    };
    list(&results).iter().map(line).collect()
}

async fn withdraw(app: &TestApp, person: &Person, id: &str) -> Value {
    let input = json!({ "evidenceId": id, "note": "Ghi nhầm" });
    mutation(app, &person.token, shipped("WithdrawEvidence"), input).await
}

on_both_stacks! {
    async fn an_organiser_attests_a_class_for_a_roster(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let learner = app.sign_in(LEARNER_1).await;
        let late = app.sign_in(BRANCH_OFFICER).await;
        let guest = app.sign_in(LEARNER_2).await;
        let roster = json!([
            { "sequence": 1, "citizenId": learner.citizen },
            { "sequence": 2, "citizenId": late.citizen, "arrivedAt": app.clock.at(-2 * 3600 - 1800) },
            { "sequence": 3, "card": card(&app, &guest, &guest.citizen).await },
        ]);
        let meeting = class(&app, roster);
        let results = attest(&app, &organiser, meeting.clone()).await;
        assert_eq!(fates(&results), ["ACCEPTED"; 3]);
        assert_eq!(results[0]["id"], line_id(&learner.citizen, 1));
        for (person, seconds) in [(&learner, 7200), (&late, 5400), (&guest, 7200)] {
            let expected = [format!("CLASS ATTESTED {seconds}")];
            assert_eq!(hours(&app, person, &person.citizen).await, expected, "{}", person.phone);
            assert_eq!(lines(&app, person, &person.citizen).await, ["STUDY ORGANISER Người lạ Demo"]);
        }

        // The answer was lost on the way, so the phone sends it all again.
        assert_eq!(fates(&attest(&app, &organiser, meeting).await), ["DUPLICATE"; 3]);
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["CLASS ATTESTED 7200"]);
        app.finish().await;
    }

    async fn a_stranger_on_the_roster_sinks_nobody_else(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let learner = app.sign_in(LEARNER_1).await;
        let stranger = app.sign_in(LEARNER_2).await;
        let results = attest(&app, &organiser, class(&app, json!([
            { "sequence": 1, "citizenId": stranger.citizen },
            { "sequence": 2, "citizenId": format!("cit_{}", "1".repeat(32)) },
            { "sequence": 3, "citizenId": "Bà Tư" },
            { "sequence": 4, "card": "https://example.vn" },
            { "sequence": 5, "citizenId": learner.citizen, "leftAt": "trưa" },
            { "sequence": 6 },
            { "sequence": 7, "citizenId": learner.citizen },
        ]))).await;
        let unknown = "REJECTED UNKNOWN_CITIZEN";
        let malformed = "REJECTED MALFORMED";
        let expected = [unknown, unknown, unknown, unknown, malformed, malformed, "ACCEPTED"];
        assert_eq!(fates(&results), expected);
        assert!(hours(&app, &stranger, &stranger.citizen).await.is_empty());
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["CLASS ATTESTED 7200"]);
        app.finish().await;
    }

    async fn nobody_attests_for_their_own_account(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let mother = add_citizen(&app, &organiser, json!({ "fullName": "Bà Thử" })).await;
        let own_card = card(&app, &organiser, &organiser.citizen).await;
        let results = attest(&app, &organiser, class(&app, json!([
            { "sequence": 1, "citizenId": organiser.citizen },
            { "sequence": 2, "citizenId": mother },
            { "sequence": 3, "card": own_card },
        ]))).await;
        assert_eq!(fates(&results), ["REJECTED NOT_ORGANISER"; 3]);
        for citizen in [&organiser.citizen, &mother] {
            assert!(hours(&app, &organiser, citizen).await.is_empty());
        }
        app.finish().await;
    }

    async fn who_holds_no_office_attests_nobody(app: TestApp) {
        demo(&app).await;
        let learner = app.sign_in(LEARNER_1).await;
        let officer = app.sign_in(BRANCH_OFFICER).await;
        let results = attest(&app, &learner, class(&app, json!([
            { "sequence": 1, "citizenId": officer.citizen },
            { "sequence": 2, "card": card(&app, &officer, &officer.citizen).await },
        ]))).await;
        assert_eq!(fates(&results), ["REJECTED UNKNOWN_CITIZEN", "REJECTED NOT_ORGANISER"]);
        let said = app.graphql("", shipped("AttestMeeting"), json!({ "input": class(&app, json!([])) })).await;
        assert_eq!(error_code(&said), "UNAUTHENTICATED");
        app.finish().await;
    }

    async fn an_officer_attests_the_members_below(app: TestApp) {
        demo(&app).await;
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        for (sequence, phone) in [(1, LEARNER_1), (2, LEARNER_2)] {
            let learner = app.sign_in(phone).await;
            let mut event = class(&app, json!([{ "sequence": sequence, "citizenId": learner.citizen }]));
            event["kind"] = json!("EVENT");
            assert_eq!(fates(&attest(&app, &officer, event).await), ["ACCEPTED"]);
            assert_eq!(hours(&app, &learner, &learner.citizen).await, ["EVENT ATTESTED 7200"]);
            assert_eq!(lines(&app, &learner, &learner.citizen).await, ["STUDY OFFICER Cán bộ xã Demo"]);
        }
        app.finish().await;
    }

    async fn an_organiser_whose_phone_believes_it_is_1970_attests(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let learner = app.sign_in(LEARNER_1).await;
        let hour_ms = 3_600_000;
        let mut meeting = class(&app, json!([{ "sequence": 1, "citizenId": learner.citizen }]));
        meeting["clock"] =
            json!({ "wallAt": "1970-01-01T04:00:00Z", "bootId": "b", "elapsedMs": 4 * hour_ms, "echoes": [] });
        meeting["startedAt"] = json!("1970-01-01T01:00:00Z");
        meeting["endedAt"] = json!("1970-01-01T03:00:00Z");
        meeting["bootId"] = json!("b");
        meeting["startedElapsedMs"] = json!(hour_ms);
        meeting["endedElapsedMs"] = json!(3 * hour_ms);
        let results = attest(&app, &organiser, meeting).await;
        assert_eq!(fates(&results), ["ACCEPTED"]);
        // What its clock may run fast is taken off.
        let seconds = results[0]["creditedSeconds"].as_i64().unwrap_or(0);
        assert!((7190..=7200).contains(&seconds), "{results:#}");
        let today = hours(&app, &learner, &learner.citizen).await;
        assert_eq!(today, [format!("CLASS ATTESTED {seconds}")]);
        app.finish().await;
    }

    async fn all_that_is_wrong_with_a_meeting_is_said_at_once(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let mut meeting = class(&app, json!([]));
        meeting["title"] = json!(" ");
        meeting["endedAt"] = meeting["startedAt"].clone();
        let said = organiser.graphql(&app, shipped("AttestMeeting"), json!({ "input": meeting })).await;
        assert_eq!(user_errors(payload(&said)), ["title: REQUIRED", "endedAt: OUT_OF_RANGE"]);
        meeting["startedAt"] = json!("sáng");
        meeting["bootId"] = json!("b");
        let said = organiser.graphql(&app, shipped("AttestMeeting"), json!({ "input": meeting })).await;
        assert_eq!(user_errors(payload(&said)), ["startedAt: MALFORMED", "bootId: MALFORMED"]);
        app.finish().await;
    }

    async fn a_claimed_book_becomes_attested_and_the_total_stays(app: TestApp) {
        demo(&app).await;
        let learner = claim_book(&app, LEARNER_1).await;
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["BOOK CLAIMED 1800"]);
        let librarian = organiser(&app, "HKH-00070").await;
        let ids = [line_id(&learner.citizen, 1)];
        assert_eq!(confirm(&app, &librarian, &ids).await, ["1800 0 null"]);
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["BOOK ATTESTED 1800"]);
        let known = lines(&app, &learner, &learner.citizen).await;
        assert_eq!(known, ["CONFIRM ORGANISER Người lạ Demo", "STUDY OWN -"]);

        // Confirmed once is confirmed.
        assert_eq!(confirm(&app, &librarian, &ids).await, [r#"0 0 "DUPLICATE""#]);
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["BOOK ATTESTED 1800"]);
        assert_eq!(lines(&app, &learner, &learner.citizen).await.len(), 2);
        app.finish().await;
    }

    async fn a_confirmation_that_is_sent_again_is_answered_again(app: TestApp) {
        demo(&app).await;
        let learner = claim_book(&app, LEARNER_1).await;
        let librarian = organiser(&app, "DEMO-1").await;
        let id = line_id(&learner.citizen, 1);
        let mut input = json!({ "clientMutationId": new_id(), "evidenceIds": [id, id] });
        let first = librarian.mutate(&app, "ConfirmEvidence", input.clone()).await;
        assert_eq!(first["results"][0]["confirmedSeconds"], 1800);
        // Named twice, confirmed once.
        assert_eq!(first["results"][1]["refusal"]["code"], "DUPLICATE");
        assert_eq!(librarian.mutate(&app, "ConfirmEvidence", input.clone()).await, first);
        input["note"] = json!("khác");
        let said = mutation(&app, &librarian.token, shipped("ConfirmEvidence"), input).await;
        assert_eq!(user_errors(payload(&said)), ["clientMutationId: REQUEST_REUSED"]);
        app.finish().await;
    }

    async fn what_is_no_claim_of_ones_own_people_is_not_confirmed(app: TestApp) {
        demo(&app).await;
        let librarian = organiser(&app, "DEMO-1").await;
        let claims = json!([book(&app, 1)]);
        assert_eq!(fates(&send(&app, &librarian, &librarian.citizen, claims).await), ["ACCEPTED"]);
        let learner = claim_book(&app, LEARNER_1).await;
        let elsewhere = claim_book(&app, LEARNER_2).await;
        let work = lesson(&app, "hoc-suot-doi-la-gi").await["id"].clone();
        let read = json!([reading(&app, 2, &work, -60, 0)]);
        assert_eq!(fates(&send(&app, &learner, &learner.citizen, read).await), ["ACCEPTED"]);
        let ids = [
            line_id(&elsewhere.citizen, 1),
            line_id(&learner.citizen, 9),
            line_id(&librarian.citizen, 1),
            line_id(&learner.citizen, 2),
            line_id(&learner.citizen, 1),
        ];
        let gone = r#"0 0 "NOT_FOUND""#;
        let not_allowed = r#"0 0 "NOT_ALLOWED""#;
        let expected = [gone, gone, not_allowed, not_allowed, "1800 0 null"];
        assert_eq!(confirm(&app, &librarian, &ids).await, expected);
        assert_eq!(hours(&app, &elsewhere, &elsewhere.citizen).await, ["BOOK CLAIMED 1800"]);
        assert_eq!(hours(&app, &librarian, &librarian.citizen).await, ["BOOK CLAIMED 1800"]);

        let asked = json!({ "evidenceIds": [line_id(&elsewhere.citizen, 1)] });
        for (token, code) in [(&learner.token, "NOT_FOUND"), (&String::new(), "UNAUTHENTICATED")] {
            let said = mutation(&app, token, shipped("ConfirmEvidence"), asked.clone()).await;
            assert_eq!(error_code(&said), code);
        }
        let wrong = json!({ "evidenceIds": ["sách", elsewhere.citizen] });
        let said = mutation(&app, &librarian.token, shipped("ConfirmEvidence"), wrong).await;
        let expected = ["evidenceIds.0: MALFORMED", "evidenceIds.1: WRONG_KIND"];
        assert_eq!(user_errors(payload(&said)), expected);
        app.finish().await;
    }

    async fn a_librarian_confirms_the_book_of_whoever_showed_a_card(app: TestApp) {
        demo(&app).await;
        let librarian = organiser(&app, "DEMO-1").await;
        let guest = app.sign_in(LEARNER_2).await;
        let mut claim = book(&app, 1);
        claim["card"] = json!(card(&app, &guest, &guest.citizen).await);
        let sent = send(&app, &librarian, &librarian.citizen, json!([claim])).await;
        assert_eq!(fates(&sent), ["ACCEPTED"]);
        assert_eq!(confirm(&app, &librarian, &[line_id(&guest.citizen, 1)]).await, ["1800 0 null"]);
        assert_eq!(hours(&app, &guest, &guest.citizen).await, ["BOOK ATTESTED 1800"]);
        let known = lines(&app, &guest, &guest.citizen).await;
        assert_eq!(known, ["CONFIRM ORGANISER Người lạ Demo", "STUDY ASSISTED Người lạ Demo"]);
        app.finish().await;
    }

    async fn a_citizen_takes_a_line_back(app: TestApp) {
        demo(&app).await;
        let learner = claim_book(&app, LEARNER_1).await;
        let id = line_id(&learner.citizen, 1);
        for phone in [LEARNER_2, BRANCH_OFFICER, COMMUNE_OFFICER] {
            let other = app.sign_in(phone).await;
            assert_eq!(error_code(&withdraw(&app, &other, &id).await), "NOT_FOUND", "{phone}");
        }
        let said = withdraw(&app, &learner, &id).await;
        assert_eq!(payload(&said), &json!({ "changedSeconds": -1800, "userErrors": [] }));
        assert!(hours(&app, &learner, &learner.citizen).await.is_empty());
        let known = lines(&app, &learner, &learner.citizen).await;
        assert_eq!(known, ["REVERSE OWN -", "STUDY OWN -"]);

        // Taken back once is taken back; and the line that did it is nobody's to take back.
        let said = withdraw(&app, &learner, &id).await;
        assert_eq!(payload(&said), &json!({ "changedSeconds": 0, "userErrors": [] }));
        let said = withdraw(&app, &learner, &line_id(&learner.citizen, 2)).await;
        assert_eq!(user_errors(payload(&said)), ["evidenceId: NOT_ALLOWED"]);
        let said = withdraw(&app, &learner, &line_id(&learner.citizen, 3)).await;
        assert_eq!(error_code(&said), "NOT_FOUND");
        // What was taken back can be confirmed no more, and the phone that sends it again changes nothing.
        let librarian = organiser(&app, "DEMO-1").await;
        assert_eq!(confirm(&app, &librarian, &[id]).await, [r#"0 0 "NOT_ALLOWED""#]);
        let again = send(&app, &learner, &learner.citizen, json!([book(&app, 1)])).await;
        assert_eq!(fates(&again), ["DUPLICATE"]);
        assert!(hours(&app, &learner, &learner.citizen).await.is_empty());
        app.finish().await;
    }

    async fn a_withdrawal_that_is_sent_again_is_answered_again(app: TestApp) {
        demo(&app).await;
        let learner = claim_book(&app, LEARNER_1).await;
        let input = json!({ "clientMutationId": new_id(), "evidenceId": line_id(&learner.citizen, 1) });
        for _ in 0..2 {
            let said = learner.mutate(&app, "WithdrawEvidence", input.clone()).await;
            assert_eq!(said["changedSeconds"], -1800);
        }
        assert_eq!(lines(&app, &learner, &learner.citizen).await.len(), 2);
        app.finish().await;
    }

    async fn an_organiser_takes_back_what_they_attested_by_mistake(app: TestApp) {
        demo(&app).await;
        let organiser = organiser(&app, "DEMO-1").await;
        let learner = claim_book(&app, LEARNER_1).await;
        // From nine to eleven, of which the book holds half an hour.
        let meeting = class(&app, json!([{ "sequence": 1, "citizenId": learner.citizen }]));
        assert_eq!(fates(&attest(&app, &organiser, meeting).await), ["CLIPPED OVERLAP"]);
        let attested = line_id(&learner.citizen, 2);
        let officer = app.sign_in(BRANCH_OFFICER).await;
        assert_eq!(error_code(&withdraw(&app, &officer, &attested).await), "NOT_FOUND");
        let said = withdraw(&app, &organiser, &attested).await;
        assert_eq!(payload(&said), &json!({ "changedSeconds": -5400, "userErrors": [] }));
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["BOOK CLAIMED 1800"]);
        assert_eq!(lines(&app, &learner, &learner.citizen).await[0], "REVERSE ORGANISER Người lạ Demo");
        // What the learner said is the learner's.
        let claimed = line_id(&learner.citizen, 1);
        assert_eq!(error_code(&withdraw(&app, &organiser, &claimed).await), "NOT_FOUND");
        app.finish().await;
    }
}
