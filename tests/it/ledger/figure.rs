//! Figures of units, month by month: from the branch to the country, and after a month was closed.

use densach_domain::actor::Role;
use densach_domain::{Clock as _, Day};
use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use super::{DAY_SECONDS, HOUR_SECONDS, LESSON, done, minute, said};
use crate::attest::{COMMUNE_OFFICER, LEARNER_1, LEARNER_2, demo, fates};
use crate::bad_input::{list, string};
use crate::citizen::{lesson, reading, send, today};
use crate::officer::belong;
use crate::why::{STRANGER, unit_id};

const TOTAL: &str = "query($id: ID!, $from: String!, $to: String!) {
  viewer { citizen(id: $id) { studyTotal(from: $from, to: $to) { byTrust { trust seconds } } } } }";

/// Goes on to noon of a later day; whoever was signed in must sign in again.
fn go_on_to(app: &TestApp, day: Day) {
    let noon = day.learning_day_starts_at().plus_seconds(9 * HOUR_SECONDS);
    app.clock.advance_seconds((noon.ms() - app.clock.now().ms()).div_euclid(1000));
}

/// The day on which the demo began, and the first day of the next month.
fn first_days(app: &TestApp) -> (Day, Day) {
    (today(app), today(app).month().next().first_day())
}

/// The learner signs in again on their phone and sends a minute of that day, as the phone's next number; answers the
/// learner and the id of the line.
async fn read_on(app: &TestApp, day: Day, sequence: i64) -> (Person, Value) {
    let person = Person::sign_in(app, LEARNER_1, "may-1").await;
    let work = lesson(app, LESSON).await["id"].clone();
    let from = i64::from(day.number() - today(app).number()) * DAY_SECONDS - 100 * sequence;
    let items = json!([reading(app, sequence, &work, from, from + 60)]);
    let results = send(app, &person, &person.citizen, items).await;
    assert_eq!(fates(&results), ["ACCEPTED"]);
    (person, results[0]["id"].clone())
}

/// The figures of a unit from the month of one day to that of another.
pub(super) async fn months(app: &TestApp, officer: &Person, code: &str, from: Day, to: Day) -> Value {
    let (from, to) = (from.month().to_string(), to.month().to_string());
    let asked = json!({ "unitId": unit_id(app, code).await, "from": from, "to": to });
    officer.document(app, "Office", asked).await["office"]["months"].clone()
}

/// For each month, what was measured: all of it, the part that came late, and what came in it for earlier months.
fn measured(months: &Value) -> Vec<[i64; 3]> {
    let of = |month: &Value| {
        let sums = list(&month["byTrust"]).iter().find(|sums| sums["trust"] == "MEASURED");
        let number = |field: &str| sums.and_then(|sums| sums[field].as_i64()).unwrap_or(0);
        ["seconds", "lateSeconds", "priorPeriodSeconds"].map(number)
    };
    list(months).iter().map(of).collect()
}

/// The first month in words: `MEASURED 180 of 2` for each class, then `2 active`.
pub(super) fn figures(months: &Value) -> Vec<String> {
    let month = &months[0];
    let line =
        |sums: &Value| format!("{} {} of {}", string(&sums["trust"]), sums["seconds"], sums["activeCount"]);
    let mut figures: Vec<String> = list(&month["byTrust"]).iter().map(line).collect();
    figures.push(format!("{} active", month["activeCount"]));
    figures
}

/// The figures of this month: of the first branch, and of each unit above it.
async fn check_figures(app: &TestApp, officer: &Person, branch: &[&str], above: &[&str]) {
    for (code, expected) in [("DEMO-1", branch), ("HKH-00070", above), ("HKH-01", above), ("HKH-VN", above)] {
        let seen = months(app, officer, code, today(app), today(app)).await;
        assert_eq!(figures(&seen), expected, "{code}");
    }
}

/// An officer of the national association, who sees every unit.
async fn national_officer(app: &TestApp) -> Person {
    done(densach_app::citizen::grant(&app.app.operator(), STRANGER, Role::Officer, "HKH-VN").await);
    app.sign_in(STRANGER).await
}

on_both_stacks! {
    async fn a_closed_month_stays_as_it_was_reported(app: TestApp) {
        demo(&app).await;
        let (first, next) = first_days(&app);
        read_on(&app, first, 1).await;
        // A month closes on the 10th of the next one.
        go_on_to(&app, next.plus_days(8));
        read_on(&app, first, 2).await;
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        let closed = measured(&months(&app, &officer, "DEMO-1", first, next).await);
        assert_eq!(closed, [[120, 0, 0], [0, 0, 0]]);

        go_on_to(&app, next.plus_days(11));
        read_on(&app, first, 3).await;
        let (learner, _) = read_on(&app, today(&app), 4).await;
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        for code in ["DEMO-1", "HKH-00070"] {
            let sums = measured(&months(&app, &officer, code, first, next).await);
            assert_eq!(sums, [[180, 60, 0], [60, 0, 60]], "{code}");
            let [seconds, late, _] = sums[0];
            assert_eq!(seconds - late, closed[0][0]);
            // However a report adds months up, nothing is lost and nothing counts twice.
            let reported: i64 = sums.iter().map(|[seconds, late, prior]| seconds - late + prior).sum();
            let (from, to) = (first.to_string(), today(&app).to_string());
            let asked = json!({ "id": learner.citizen, "from": from, "to": to });
            let seen = learner.graphql(&app, TOTAL, asked).await;
            let total = &seen["data"]["viewer"]["citizen"]["studyTotal"]["byTrust"][0];
            assert_eq!(total, &json!({ "trust": "MEASURED", "seconds": reported }));
        }
        app.finish().await;
    }

    async fn what_is_taken_back_late_leaves_a_closed_month_as_it_was_reported(app: TestApp) {
        demo(&app).await;
        let (first, next) = first_days(&app);
        let (_, line) = read_on(&app, first, 1).await;
        go_on_to(&app, next.plus_days(11));
        let learner = app.sign_in(LEARNER_1).await;
        let withdrawn = learner.mutate(&app, "WithdrawEvidence", json!({ "evidenceId": line })).await;
        assert_eq!(withdrawn["changedSeconds"], -60);
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        let seen = months(&app, &officer, "DEMO-1", first, next).await;
        assert_eq!(measured(&seen), [[0, -60, 0], [0, 0, -60]]);
        assert_eq!(seen[0]["activeCount"], 0);
        app.finish().await;
    }

    async fn figures_agree_from_the_branch_to_the_country(app: TestApp) {
        demo(&app).await;
        let officer = national_officer(&app).await;
        let (one, two) = (app.sign_in(LEARNER_1).await, app.sign_in(LEARNER_2).await);
        let work = lesson(&app, LESSON).await["id"].clone();
        let items = json!([reading(&app, 1, &work, -600, -480), said(&app, 2, "BOOK", -7200, -5400)]);
        let of_one = send(&app, &one, &one.citizen, items.clone()).await;
        let branch = ["MEASURED 120 of 1", "CLAIMED 1800 of 1", "1 active"];
        check_figures(&app, &officer, &branch, &branch).await;
        let again = send(&app, &one, &one.citizen, items).await;
        assert_eq!(fates(&again), ["DUPLICATE"; 2]);
        check_figures(&app, &officer, &branch, &branch).await;
        let of_two = send(&app, &two, &two.citizen, json!([minute(&app, 1, &work)])).await;
        let above = ["MEASURED 180 of 2", "CLAIMED 1800 of 1", "2 active"];
        check_figures(&app, &officer, &branch, &above).await;

        let commune = app.sign_in(COMMUNE_OFFICER).await;
        commune.mutate(&app, "ConfirmEvidence", json!({ "evidenceIds": [of_one[1]["id"]] })).await;
        let branch = ["MEASURED 120 of 1", "ATTESTED 1800 of 1", "1 active"];
        let above = ["MEASURED 180 of 2", "ATTESTED 1800 of 1", "2 active"];
        check_figures(&app, &officer, &branch, &above).await;

        one.mutate(&app, "WithdrawEvidence", json!({ "evidenceId": of_one[0]["id"] })).await;
        let above = ["MEASURED 60 of 1", "ATTESTED 1800 of 1", "2 active"];
        check_figures(&app, &officer, &["ATTESTED 1800 of 1", "1 active"], &above).await;
        one.mutate(&app, "WithdrawEvidence", json!({ "evidenceId": of_one[1]["id"] })).await;
        check_figures(&app, &officer, &["0 active"], &["MEASURED 60 of 1", "1 active"]).await;
        two.mutate(&app, "WithdrawEvidence", json!({ "evidenceId": of_two[0]["id"] })).await;
        check_figures(&app, &officer, &["0 active"], &["0 active"]).await;
        app.finish().await;
    }

    async fn who_belongs_to_two_branches_counts_once_above_them(app: TestApp) {
        demo(&app).await;
        let officer = national_officer(&app).await;
        let learner = app.sign_in(LEARNER_1).await;
        belong(&app, &learner.citizen, &unit_id(&app, "DEMO-2").await).await;
        let work = lesson(&app, LESSON).await["id"].clone();
        send(&app, &learner, &learner.citizen, json!([minute(&app, 1, &work)])).await;
        let once = ["MEASURED 60 of 1", "1 active"];
        check_figures(&app, &officer, &once, &once).await;
        let seen = months(&app, &officer, "DEMO-2", today(&app), today(&app)).await;
        assert_eq!(figures(&seen), once);
        app.finish().await;
    }
}
