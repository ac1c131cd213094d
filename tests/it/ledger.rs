//! The ledger of hours, as a phone sees it: numbers that are missing or come again, batches about several people, what
//! each rule takes, and many phones at once.

mod anew;
mod clock;
mod figure;

use std::fmt::Debug;
use std::str::FromStr;

use densach_app::demo::PEOPLE;
use densach_domain::Clock as _;
use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::attest::{card, fates, hours, lines};
use crate::bad_input::{list, payload, shipped, string, user_errors};
use crate::citizen::{add_citizen, at_noon, lesson, reading, send, verdicts};
use crate::editor::import_little;
use crate::why::{self, check_parts};

const PHONE: &str = "0912345678";
const OTHER_PHONE: &str = "0987654321";
const LESSON: &str = "hoc-suot-doi-la-gi";
const VIDEO: &str = "video-hoc-suot-doi";

const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 24 * HOUR_SECONDS;

/// How many phones send at the same moment.
const PHONE_COUNT: usize = 64;

/// What must have worked.
fn done<T, E: Debug>(outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error:?}"))
}

fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    done(text.parse())
}

/// Noon, and a lesson to study; answers its id.
async fn ready(app: &TestApp) -> Value {
    at_noon(app);
    import_little(app).await;
    lesson(app, LESSON).await["id"].clone()
}

/// Somebody who has just said who they are.
async fn learner(app: &TestApp, phone: &str) -> Person {
    let mut person = app.sign_in(phone).await;
    person.citizen = add_citizen(app, &person, json!({ "fullName": "Người học Thử" })).await;
    person
}

/// Sends a batch; answers all that the phone is told.
async fn tell(app: &TestApp, person: &Person, items: Value) -> Value {
    person.mutate(app, "SendEvidence", json!({ "citizenId": person.citizen, "items": items })).await
}

/// What the phone learns of its numbers: `6 of 9`, and the ranges of those that are missing.
fn gaps(receipt: &Value) -> Vec<String> {
    let range = |range: &Value| format!("{}-{}", range["from"], range["to"]);
    let count = format!("{} of {}", receipt["missingCount"], receipt["highestSequence"]);
    std::iter::once(count).chain(list(&receipt["missing"]).iter().map(range)).collect()
}

/// A minute with the lesson, at a time of its own for each number.
fn minute(app: &TestApp, sequence: i64, work: &Value) -> Value {
    reading(app, sequence, work, -100 * sequence, 60 - 100 * sequence)
}

/// A video from its beginning, as far as so many milliseconds.
fn watching(app: &TestApp, sequence: i64, work: &Value, from: i64, to: i64, until_ms: i64) -> Value {
    let mut item = reading(app, sequence, work, from, to);
    item["source"] = json!("VIDEO");
    item["mediaStartMs"] = json!(0);
    item["mediaEndMs"] = json!(until_ms);
    item
}

/// What is not of the platform.
fn said(app: &TestApp, sequence: i64, source: &str, from: i64, to: i64) -> Value {
    json!({
        "sequence": sequence,
        "source": source,
        "title": "Dế Mèn phiêu lưu ký",
        "startedAt": app.clock.at(from),
        "endedAt": app.clock.at(to),
    })
}

on_both_stacks! {
    async fn an_empty_batch_is_answered_with_an_anchor(app: TestApp) {
        ready(&app).await;
        let person = learner(&app, PHONE).await;
        let receipt = tell(&app, &person, json!([])).await;
        assert_eq!(receipt["results"], json!([]));
        assert_eq!(gaps(&receipt), ["0 of 0"]);
        assert!(!string(&receipt["anchor"]).is_empty());
        assert_eq!(why::lines(&app, &person, &person.citizen).await, json!([]));
        app.finish().await;
    }

    async fn what_never_came_is_told_until_it_comes(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let steps: [(&[i64], &[&str]); 4] = [
            (&[9, 1, 4], &["6 of 9", "2-3", "5-8"]),
            (&[8, 2, 3, 5], &["2 of 9", "6-7"]),
            (&[7], &["1 of 9", "6-6"]),
            (&[6], &["0 of 9"]),
        ];
        for (numbers, missing) in steps {
            let items = numbers.iter().map(|number| minute(&app, *number, &work)).collect();
            let receipt = tell(&app, &person, items).await;
            let accepted: Vec<_> = numbers.iter().map(|number| format!("{number} ACCEPTED 60")).collect();
            assert_eq!(verdicts(&receipt["results"]), accepted);
            assert_eq!(gaps(&receipt), missing);
        }
        app.finish().await;
    }

    async fn a_number_that_comes_again_counts_once(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let mut other = minute(&app, 3, &work);
        other["sequence"] = json!(1);
        let items = json!([minute(&app, 1, &work), minute(&app, 1, &work), minute(&app, 2, &work), other]);
        let first = tell(&app, &person, items.clone()).await;
        let reused = "1 REJECTED SEQUENCE_REUSED sequence 0";
        let judged = ["1 ACCEPTED 60", "1 DUPLICATE 0", "2 ACCEPTED 60", reused];
        assert_eq!(verdicts(&first["results"]), judged);
        let again = tell(&app, &person, items).await;
        let judged = ["1 DUPLICATE 0", "1 DUPLICATE 0", "2 DUPLICATE 0", reused];
        assert_eq!(verdicts(&again["results"]), judged);
        assert_eq!(again["results"][1]["id"], first["results"][0]["id"]);
        assert_eq!(gaps(&again), ["0 of 2"]);
        assert_eq!(hours(&app, &person, &person.citizen).await, ["READING MEASURED 120"]);
        app.finish().await;
    }

    async fn a_phone_that_asks_twice_at_the_same_moment_counts_once(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let items = json!([minute(&app, 1, &work)]);
        let (one, other) = tokio::join!(tell(&app, &person, items.clone()), tell(&app, &person, items));
        let mut fates = [fates(&one["results"]), fates(&other["results"])].concat();
        fates.sort();
        assert_eq!(fates, ["ACCEPTED", "DUPLICATE"]);
        assert_eq!(hours(&app, &person, &person.citizen).await, ["READING MEASURED 60"]);
        app.finish().await;
    }

    async fn what_is_refused_has_arrived(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let unknown = minute(&app, 2, &json!(format!("wrk_{}", "1".repeat(32))));
        let backwards = reading(&app, 3, &work, -400, -460);
        let mut unreadable = minute(&app, 4, &work);
        unreadable["startedAt"] = json!("hôm qua");
        let numberless = reading(&app, 0, &work, -700, -640);
        let (one, five) = (minute(&app, 1, &work), minute(&app, 5, &work));
        let items = json!([one, unknown, backwards, unreadable, five, numberless]);
        let unreadable = "4 REJECTED MALFORMED startedAt 0";
        let numberless = "0 REJECTED MALFORMED sequence 0";
        let first = [
            "1 ACCEPTED 60",
            "2 REJECTED UNKNOWN_WORK workId 0",
            "3 REJECTED MALFORMED endedAt 0",
            unreadable,
            "5 ACCEPTED 60",
            numberless,
        ];
        let again =
            ["1 DUPLICATE 0", "2 DUPLICATE 0", "3 DUPLICATE 0", unreadable, "5 DUPLICATE 0", numberless];
        for judged in [first, again, again] {
            let receipt = tell(&app, &person, items.clone()).await;
            assert_eq!(verdicts(&receipt["results"]), judged);
            assert_eq!(gaps(&receipt), ["0 of 5"]);
        }
        // Put right, it is something else, and needs a number of its own.
        let mended = json!([minute(&app, 4, &work)]);
        let results = send(&app, &person, &person.citizen, mended).await;
        assert_eq!(verdicts(&results), ["4 REJECTED SEQUENCE_REUSED sequence 0"]);
        assert_eq!(hours(&app, &person, &person.citizen).await, ["READING MEASURED 120"]);
        app.finish().await;
    }

    async fn each_device_counts_for_itself(app: TestApp) {
        let work = ready(&app).await;
        let phone = learner(&app, PHONE).await;
        let tablet = app.sign_in(PHONE).await;
        let of_phone = json!([minute(&app, 1, &work)]);
        let mut of_tablet = json!([minute(&app, 2, &work)]);
        of_tablet[0]["sequence"] = json!(1);
        let mut ids = Vec::new();
        for (device, items) in [(&phone, &of_phone), (&tablet, &of_tablet)] {
            let receipt = tell(&app, device, items.clone()).await;
            assert_eq!(verdicts(&receipt["results"]), ["1 ACCEPTED 60"]);
            assert_eq!(gaps(&receipt), ["0 of 1"]);
            ids.push(receipt["results"][0]["id"].clone());
        }
        assert_ne!(ids[0], ids[1]);
        let again = tell(&app, &phone, of_phone).await;
        assert_eq!(verdicts(&again["results"]), ["1 DUPLICATE 0"]);
        assert_eq!(again["results"][0]["id"], ids[0]);
        assert_eq!(lines(&app, &phone, &phone.citizen).await, ["STUDY OWN -"; 2]);
        app.finish().await;
    }

    async fn a_batch_may_be_about_several_people(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let mother = add_citizen(&app, &person, json!({ "fullName": "Bà Thử" })).await;
        let neighbour = learner(&app, OTHER_PHONE).await;
        let token = card(&app, &neighbour, &neighbour.citizen).await;
        let read = |sequence: i64, about: Value| {
            let mut item = reading(&app, sequence, &work, -600, -540);
            for (field, value) in about.as_object().into_iter().flatten() {
                item[field] = value.clone();
            }
            item
        };
        let items = json!([
            read(2, json!({ "citizenId": mother })),
            said(&app, 7, "CLASS", -7200, -3600),
            read(1, json!({})),
            read(3, json!({ "citizenId": neighbour.citizen })),
            said(&app, 6, "BOOK", -7200, -5400),
            read(5, json!({ "citizenId": neighbour.citizen, "card": token })),
            read(4, json!({ "card": token })),
        ]);
        let receipt = tell(&app, &person, items).await;
        let judged = [
            "2 ACCEPTED 60",
            "7 REJECTED NOT_ORGANISER citizenId 0",
            "1 ACCEPTED 60",
            "3 REJECTED UNKNOWN_CITIZEN citizenId 0",
            "6 ACCEPTED 1800",
            "5 REJECTED MALFORMED card 0",
            "4 ACCEPTED 60",
        ];
        assert_eq!(verdicts(&receipt["results"]), judged);
        assert_eq!(gaps(&receipt), ["0 of 7"]);
        let own = ["BOOK CLAIMED 1800", "READING MEASURED 60"];
        assert_eq!(hours(&app, &person, &person.citizen).await, own);
        for (device, citizen, line) in [
            (&person, &mother, "STUDY HOUSEHOLD Người học Thử"),
            (&neighbour, &neighbour.citizen, "STUDY ASSISTED Người học Thử"),
        ] {
            assert_eq!(hours(&app, device, citizen).await, ["READING MEASURED 60"]);
            assert_eq!(lines(&app, device, citizen).await, [line]);
        }
        app.finish().await;
    }

    async fn five_hundred_items_are_taken_and_no_more(app: TestApp) {
        ready(&app).await;
        let person = learner(&app, PHONE).await;
        let items = |count: i64| -> Value {
            (1..=count).map(|number| said(&app, number, "BOOK", -2 * number - 10, -2 * number - 9)).collect()
        };
        let input = json!({ "input": { "citizenId": person.citizen, "items": items(501) } });
        let refused = person.graphql(&app, shipped("SendEvidence"), input).await;
        assert_eq!(user_errors(payload(&refused)), ["items: TOO_MANY_ITEMS"]);
        let receipt = tell(&app, &person, items(500)).await;
        assert_eq!(fates(&receipt["results"]), ["ACCEPTED"; 500]);
        assert_eq!(gaps(&receipt), ["0 of 500"]);
        assert_eq!(hours(&app, &person, &person.citizen).await, ["BOOK CLAIMED 500"]);
        app.finish().await;
    }

    async fn each_rule_says_what_it_takes(app: TestApp) {
        at_noon(&app);
        app.import_library().await;
        let person = learner(&app, PHONE).await;
        let (text, film) = (lesson(&app, LESSON).await["id"].clone(), lesson(&app, VIDEO).await);
        let whole_ms = film["durationSeconds"].as_i64().unwrap_or_default() * 1000;
        assert!(whole_ms > 60_000, "{film:#}");
        let film = &film["id"];
        let mut hidden = reading(&app, 2, &text, -2900, -2840);
        hidden["focus"] = json!("BACKGROUND");
        let mut left_alone = reading(&app, 3, &text, -2800, -1900);
        left_alone["longestIdleMs"] = json!(600_000);
        let mut moment = reading(&app, 4, &text, -1800, -1700);
        moment["startedAt"] = json!(app.clock.at(-1800));
        moment["endedAt"] = json!(app.clock.now().plus_ms(-1_799_500).to_string());
        let items = json!([
            // Sought to the end within ten seconds.
            watching(&app, 1, film, -3000, -2990, whole_ms),
            hidden,
            left_alone,
            moment,
            watching(&app, 5, film, -1700, -1640, 60_000),
            watching(&app, 6, film, -1600, -1540, 60_000),
            watching(&app, 7, film, -1500, -1440, 60_000),
            watching(&app, 8, film, -1500 - DAY_SECONDS, -1440 - DAY_SECONDS, 60_000),
            said(&app, 9, "BOOK", -8 * HOUR_SECONDS, -5 * HOUR_SECONDS),
            said(&app, 10, "RADIO", -4 * HOUR_SECONDS, -HOUR_SECONDS),
        ]);
        let results = send(&app, &person, &person.citizen, items).await;
        let judged = [
            "1 CLIPPED TOO_FAST 0",
            "2 CLIPPED NO_FOCUS 0",
            "3 CLIPPED IDLE 600",
            "4 CLIPPED TOO_SHORT 0",
            "5 ACCEPTED 60",
            "6 ACCEPTED 60",
            "7 CLIPPED REPEATED 0",
            "8 ACCEPTED 60",
            "9 ACCEPTED 10800",
            "10 CLIPPED DAY_CAP 3600",
        ];
        assert_eq!(verdicts(&results), judged);
        assert_eq!(results[2]["clipped"], json!([{ "reason": "IDLE", "seconds": 300 }]));
        for line in list(&why::lines(&app, &person, &person.citizen).await) {
            check_parts(line);
        }
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_that_send_at_once_share_commits() {
    let commit_count = send_at_once(builder().sqlite().await).await;
    assert!((1..40).contains(&commit_count), "{commit_count} commits for {PHONE_COUNT} phones");
}

/// People sign in more often here than anybody would.
fn builder() -> densach_tests::Builder {
    TestApp::builder()
        .set("DENSACH_SIGN_IN__CODES_PER_PHONE_PER_HOUR", "1000")
        .set("DENSACH_SIGN_IN__CODES_PER_ADDRESS_PER_HOUR", "1000")
}

/// Many phones of the demo's people send one book each at the same moment, and each is told that it counts; answers how
/// many transactions that took.
async fn send_at_once(app: TestApp) -> usize {
    at_noon(&app);
    app.seed_demo().await;
    let mut phones = Vec::new();
    for person in PEOPLE.iter().cycle().take(PHONE_COUNT) {
        phones.push(app.sign_in(person.phone).await);
    }
    drop(app.take_statements());
    let mut sends = JoinSet::new();
    for (number, phone) in (1..).zip(&phones) {
        let items = json!([said(&app, 1, "BOOK", -120 * number, 60 - 120 * number)]);
        let input = json!({ "citizenId": phone.citizen, "items": items });
        let body = json!({ "query": shipped("SendEvidence"), "variables": { "input": input } });
        let request = app.http.post(format!("{}/graphql", app.base_url)).bearer_auth(&phone.token);
        let request = request.json(&body);
        sends.spawn(async move { done(done(request.send().await).json::<Value>().await) });
    }
    for answer in sends.join_all().await {
        assert_eq!(fates(&payload(&answer)["results"]), ["ACCEPTED"], "{answer:#}");
    }
    // Beginnings and ends of transactions are not told. Each transaction asks once for the version of all places.
    let statements = app.take_statements();
    app.finish().await;
    statements.iter().filter(|sql| sql.contains("FROM place_version")).count()
}
