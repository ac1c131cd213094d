//! An officer's way: the hours of the members of one's own unit and of those below it, and of nobody else's.

use densach_domain::id::{CitizenId, UnitId};
use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::bad_input::{error_code, list, mutation, payload, problems, shipped, string};
use crate::citizen::{add_citizen, at_noon, lesson, reading, send, today};
use crate::editor::import_little;

const LEARNER_1: &str = "0900000002";
const LEARNER_2: &str = "0900000003";
const BRANCH_OFFICER: &str = "0900000004";
const COMMUNE_OFFICER: &str = "0900000005";
const STRANGER: &str = "0900000006";

const SUGGEST_GOAL: &str =
    "mutation($input: SuggestGoalInput!) { suggestGoal(input: $input) { goalId userErrors { code field } } }";
const UNIT: &str = "query($code: String!) { unit(code: $code) { id } }";

/// The demo at noon, with one lesson to study.
async fn demo(app: &TestApp) {
    at_noon(app);
    app.seed_demo().await;
    import_little(app).await;
}

async fn unit_id(app: &TestApp, code: &str) -> String {
    let answer = app.graphql("", UNIT, json!({ "code": code })).await;
    string(&answer["data"]["unit"]["id"]).to_owned()
}

/// Somebody signs in and reads for so many seconds.
async fn read_for(app: &TestApp, phone: &str, seconds: i64) -> Person {
    let person = app.sign_in(phone).await;
    let work = lesson(app, "hoc-suot-doi-la-gi").await["id"].clone();
    let items = json!([reading(app, 1, &work, -3600, seconds - 3600)]);
    send(app, &person, &person.citizen, items).await;
    person
}

/// The variables of a unit in the month that the clock shows.
fn this_month(app: &TestApp, unit: &str) -> Value {
    let month = today(app).month().to_string();
    json!({ "unitId": unit, "from": month, "to": month })
}

/// A unit in this month: the whole answer.
async fn ask_office(app: &TestApp, token: &str, unit: &str) -> Value {
    app.graphql(token, shipped("Office"), this_month(app, unit)).await
}

async fn office(app: &TestApp, officer: &Person, unit: &str) -> Value {
    officer.document(app, "Office", this_month(app, unit)).await["office"].clone()
}

/// Measured seconds of a unit in this month, and how many members they come from.
fn measured(office: &Value) -> (i64, i64) {
    let months = list(&office["months"]);
    assert_eq!(months.len(), 1, "{office:#}");
    let sums = list(&months[0]["byTrust"]);
    assert!(sums.iter().all(|sum| sum["trust"] == "MEASURED"), "{office:#}");
    let number = |field: &str| sums.first().and_then(|sum| sum[field].as_i64()).unwrap_or(0);
    (number("seconds"), number("activeCount"))
}

/// Everything that a client can see of an answer, without its id and the time.
async fn whole_answer(app: &TestApp, token: &str, unit: &str) -> (u16, Vec<String>, String) {
    let mut request = app.http.post(format!("{}/graphql", app.base_url));
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    let body = json!({ "query": shipped("Office"), "variables": this_month(app, unit) });
    let answer = request.json(&body).send().await.unwrap_or_else(|error| panic!("{error}"));
    let status = answer.status().as_u16();
    let timeless = answer.headers().iter().filter(|(name, _)| name.as_str() != "date");
    let headers = timeless.map(|(name, value)| format!("{name}: {value:?}")).collect();
    let text = answer.text().await.unwrap_or_else(|error| panic!("{error}"));
    let said: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let request_id = string(&said["errors"][0]["extensions"]["requestId"]);
    (status, headers, text.replace(request_id, "…"))
}

/// Adds a person to a household and to a branch.
async fn join(app: &TestApp, person: &Person, name: &str, unit: &str) {
    let citizen = add_citizen(app, person, json!({ "fullName": name })).await;
    belong(app, &citizen, unit).await;
}

/// From now on somebody belongs to a unit.
pub(crate) async fn belong(app: &TestApp, citizen: &str, unit: &str) {
    let citizen: CitizenId = citizen.parse().unwrap_or_else(|error| panic!("{error}"));
    let unit: UnitId = unit.parse().unwrap_or_else(|error| panic!("{error}"));
    let cx = app.app.operator();
    let tx = cx.store.begin().await.unwrap_or_else(|error| panic!("{error}"));
    let joined = tx.membership_add(cx.new_id(), citizen, unit, cx.now()).await;
    joined.unwrap_or_else(|error| panic!("{error}"));
    tx.commit().await.unwrap_or_else(|error| panic!("{error}"));
}

on_both_stacks! {
    async fn an_officer_finds_their_offices(app: TestApp) {
        demo(&app).await;
        for (phone, code) in [(BRANCH_OFFICER, "DEMO-1"), (COMMUNE_OFFICER, "HKH-00070")] {
            let officer = app.sign_in(phone).await;
            let known = officer.document(&app, "Viewer", json!({})).await;
            let offices = list(&known["viewer"]["offices"]);
            assert_eq!((offices.len(), &offices[0]["unit"]["code"]), (1, &json!(code)));
        }
        app.finish().await;
    }

    async fn a_branch_officer_sees_the_hours_of_the_branch(app: TestApp) {
        demo(&app).await;
        read_for(&app, LEARNER_1, 120).await;
        read_for(&app, LEARNER_2, 60).await;
        let officer = read_for(&app, BRANCH_OFFICER, 30).await;
        let seen = office(&app, &officer, &unit_id(&app, "DEMO-1").await).await;
        assert_eq!((&seen["unit"]["name"], &seen["memberCount"]), (&json!("Chi hội Demo 1"), &json!(2)));
        assert_eq!(measured(&seen), (150, 2));
        assert_eq!(seen["branches"]["nodes"], json!([]));
        app.finish().await;
    }

    async fn members_stand_by_given_name(app: TestApp) {
        demo(&app).await;
        let learner = read_for(&app, LEARNER_1, 120).await;
        let branch = unit_id(&app, "DEMO-1").await;
        for name in ["Trần Văn Ánh", "Nguyễn Bình", "Lê Thị An"] {
            join(&app, &learner, name, &branch).await;
        }
        let officer = app.sign_in(BRANCH_OFFICER).await;
        let month = today(&app).month().to_string();
        let asked = json!({ "unitId": branch, "month": month });
        let seen = officer.document(&app, "OfficeMembers", asked).await;
        let members = list(&seen["office"]["members"]["nodes"]);
        let names: Vec<_> = members.iter().map(|member| string(&member["fullName"])).collect();
        let by_given_name =
            ["Lê Thị An", "Trần Văn Ánh", "Nguyễn Bình", "Chi hội trưởng Demo", "Người học Demo Một"];
        assert_eq!(names, by_given_name);
        assert_eq!(members[4]["study"], json!([{ "trust": "MEASURED", "seconds": 120 }]));
        assert_eq!(members[0]["study"], json!([]));
        app.finish().await;
    }

    async fn members_come_by_pages(app: TestApp) {
        demo(&app).await;
        let officer = app.sign_in(BRANCH_OFFICER).await;
        let month = today(&app).month().to_string();
        let mut asked = json!({ "unitId": unit_id(&app, "DEMO-1").await, "month": month, "first": 1 });
        let mut names = Vec::new();
        for has_next in [true, false] {
            let page =
                officer.document(&app, "OfficeMembers", asked.clone()).await["office"]["members"].clone();
            assert_eq!((list(&page["nodes"]).len(), &page["pageInfo"]["hasNextPage"]), (1, &json!(has_next)));
            names.push(string(&page["nodes"][0]["fullName"]).to_owned());
            asked["after"] = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(names, ["Chi hội trưởng Demo", "Người học Demo Một"]);
        app.finish().await;
    }

    async fn a_branch_officer_sees_no_other_unit(app: TestApp) {
        demo(&app).await;
        let officer = app.sign_in(BRANCH_OFFICER).await;
        for code in ["DEMO-2", "HKH-00070", "HKH-VN", "00070"] {
            let unit = unit_id(&app, code).await;
            assert_eq!(error_code(&ask_office(&app, &officer.token, &unit).await), "NOT_FOUND", "{code}");
        }
        app.finish().await;
    }

    async fn a_commune_officer_sees_its_branches_and_they_add_up(app: TestApp) {
        demo(&app).await;
        read_for(&app, LEARNER_1, 120).await;
        read_for(&app, LEARNER_2, 60).await;
        read_for(&app, STRANGER, 90).await;
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        let seen = office(&app, &officer, &unit_id(&app, "HKH-00070").await).await;
        let branches = list(&seen["branches"]["nodes"]);
        let names: Vec<_> = branches.iter().map(|branch| string(&branch["unit"]["name"])).collect();
        assert_eq!(names, ["Chi hội Demo 1", "Chi hội Demo 2"]);
        let sums: Vec<_> = branches.iter().map(measured).collect();
        assert_eq!(sums, [(120, 1), (60, 1)]);
        assert_eq!(measured(&seen), (180, 2));

        let below = unit_id(&app, "DEMO-2").await;
        assert_eq!(measured(&office(&app, &officer, &below).await), (60, 1));
        app.finish().await;
    }

    async fn a_stranger_cannot_tell_a_unit_from_a_made_up_one(app: TestApp) {
        demo(&app).await;
        let real = unit_id(&app, "DEMO-1").await;
        let made_up = format!("uni_{}", "1".repeat(32));
        for phone in [STRANGER, LEARNER_1, ""] {
            let token = if phone.is_empty() { String::new() } else { app.sign_in(phone).await.token };
            let (of_real, of_made_up) =
                (whole_answer(&app, &token, &real).await, whole_answer(&app, &token, &made_up).await);
            assert_eq!(of_real, of_made_up, "{phone}");
            let code = if phone.is_empty() { "UNAUTHENTICATED" } else { "NOT_FOUND" };
            assert!(of_real.2.contains(code), "{}", of_real.2);
        }
        app.finish().await;
    }

    async fn an_officer_cannot_tell_a_foreign_unit_from_a_made_up_one(app: TestApp) {
        demo(&app).await;
        let officer = app.sign_in(BRANCH_OFFICER).await;
        let foreign = whole_answer(&app, &officer.token, &unit_id(&app, "DEMO-2").await).await;
        let made_up = whole_answer(&app, &officer.token, &format!("uni_{}", "1".repeat(32))).await;
        assert_eq!(foreign, made_up);
        app.finish().await;
    }

    async fn a_suggested_goal_reaches_the_members(app: TestApp) {
        demo(&app).await;
        let officer = app.sign_in(BRANCH_OFFICER).await;
        let unit = unit_id(&app, "DEMO-1").await;
        let goal = json!({ "unitId": unit, "period": "MONTH", "minutes": 300 });
        let said = mutation(&app, &officer.token, SUGGEST_GOAL, goal).await;
        assert_eq!(payload(&said)["userErrors"], json!([]));
        let id = &payload(&said)["goalId"];
        let suggested = json!([{ "id": id, "period": "MONTH", "minutes": 300, "isSuggested": true }]);
        for (phone, goals) in [(LEARNER_1, suggested), (LEARNER_2, json!([]))] {
            let member = app.sign_in(phone).await;
            let known = member.document(&app, "Viewer", json!({})).await;
            assert_eq!(known["viewer"]["citizens"][0]["goals"], goals, "{phone}");
        }
        app.finish().await;
    }

    async fn only_an_officer_of_the_unit_suggests(app: TestApp) {
        demo(&app).await;
        let goal = json!({ "unitId": unit_id(&app, "DEMO-2").await, "period": "MONTH", "minutes": 300 });
        for phone in [BRANCH_OFFICER, STRANGER] {
            let person = app.sign_in(phone).await;
            let said = mutation(&app, &person.token, SUGGEST_GOAL, goal.clone()).await;
            assert_eq!(error_code(&said), "NOT_FOUND", "{phone}");
        }
        let said = mutation(&app, "", SUGGEST_GOAL, goal).await;
        assert_eq!(error_code(&said), "UNAUTHENTICATED");
        app.finish().await;
    }

    async fn a_range_of_months_has_an_end(app: TestApp) {
        demo(&app).await;
        let officer = app.sign_in(BRANCH_OFFICER).await;
        let unit = unit_id(&app, "DEMO-1").await;
        for (from, to, wrong) in [
            ("2024-01", "2026-01", json!(["to: OUT_OF_RANGE"])),
            ("2026-02", "2026-01", json!(["to: OUT_OF_RANGE"])),
            ("2026-13", "mai", json!(["from: MALFORMED", "to: MALFORMED"])),
        ] {
            let asked = json!({ "unitId": unit, "from": from, "to": to });
            let said = officer.graphql(&app, shipped("Office"), asked).await;
            assert_eq!(problems(&said), &wrong, "{from} {to}");
        }
        let two_years = json!({ "unitId": unit, "from": "2024-01", "to": "2025-12" });
        let seen = officer.document(&app, "Office", two_years).await;
        assert_eq!(list(&seen["office"]["months"]).len(), 24);
        app.finish().await;
    }
}
