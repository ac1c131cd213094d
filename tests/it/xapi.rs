//! Other programs: their statements come in once, are worth no more than a claim, and go out again together with our own
//! hours.

use std::fs;

use densach_app::account;
use densach_domain::actor::Actor;
use densach_domain::evidence::{Evidence, Focus, Source, Trust};
use densach_domain::id::CitizenId;
use densach_domain::xapi::{extension, verb};
use densach_domain::{Clock as _, Timestamp};
use densach_store::XapiRow;
use densach_tests::{Person, TestApp, library_folder, on_both_stacks};
use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::bad_input::{list, string};
use crate::citizen::{add_citizen, at_noon, lesson, reading, send, sign_in_learner, today};

const OTHER_PHONE: &str = "0987654321";
const VIDEO: &str = "video-hoc-suot-doi";
const VERSION: &str = "X-Experience-API-Version";

/// Asks as a program does that speaks the newest version; answers the status and the body.
async fn ask(app: &TestApp, token: &str, method: Method, query: &str, body: Option<&Value>) -> (u16, Value) {
    let mut request = app.http.request(method, format!("{}/xapi/statements{query}", app.base_url));
    request = request.header(VERSION, "1.0.3");
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap_or_else(|error| panic!("{error}"));
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap_or_default();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn put(app: &TestApp, person: &Person, statement: &Value) -> (u16, Value) {
    let query = format!("?statementId={}", string(&statement["id"]));
    ask(app, &person.token, Method::PUT, &query, Some(statement)).await
}

async fn post(app: &TestApp, person: &Person, statements: &Value) -> (u16, Value) {
    ask(app, &person.token, Method::POST, "", Some(statements)).await
}

async fn get(app: &TestApp, person: &Person, query: &str) -> (u16, Value) {
    ask(app, &person.token, Method::GET, query, None).await
}

/// Stores a statement, which must work.
async fn store(app: &TestApp, person: &Person, statement: &Value) {
    let (status, said) = put(app, person, statement).await;
    assert_eq!(status, 204, "{said:#}");
}

/// `?name=value&…`
fn query(pairs: &[(&str, &str)]) -> String {
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("?{text}")
}

/// What is wrong, as `field: CODE`.
fn wrong(said: &Value) -> Vec<String> {
    let line = |problem: &Value| format!("{}: {}", string(&problem["field"]), string(&problem["code"]));
    list(&said["errors"][0]["extensions"]["problems"]).iter().map(line).collect()
}

fn statement_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn activity(app: &TestApp, work: &Value) -> String {
    format!("{}/xapi/activities/{}", app.base_url, string(work))
}

fn actor(app: &TestApp, citizen: &str) -> Value {
    json!({ "objectType": "Agent", "account": { "homePage": app.base_url, "name": citizen } })
}

/// Somebody did something for so long, until so many seconds from now.
fn statement(app: &TestApp, person: &Person, verb: &str, object: &str, duration: &str, at: i64) -> Value {
    json!({
        "id": statement_id(),
        "actor": actor(app, &person.citizen),
        "verb": { "id": verb, "display": { "en": "did" } },
        "object": { "id": object },
        "result": { "duration": duration },
        "timestamp": app.clock.at(at),
    })
}

/// A player of the video profile tells, in one session, what was played so far.
fn played(app: &TestApp, person: &Person, verb: &str, object: &str, segments: &str, at: i64) -> Value {
    let mut statement = statement(app, person, verb, object, "PT0S", at);
    statement["result"] =
        json!({ "extensions": { extension::PLAYED_SEGMENTS: segments, extension::TIME: 1.5 } });
    statement["context"] = json!({ "extensions": { extension::SESSION_ID: "one session" } });
    statement
}

fn voiding(app: &TestApp, person: &Person, target: &Value) -> Value {
    json!({
        "id": statement_id(),
        "actor": actor(app, &person.citizen),
        "verb": { "id": verb::VOIDED },
        "object": { "objectType": "StatementRef", "id": target },
    })
}

fn citizen(person: &Person) -> CitizenId {
    person.citizen.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Seconds that somebody was credited in one class, on any day up to a year from now.
async fn seconds(app: &TestApp, person: &Person, trust: Trust) -> i64 {
    let (from, to) = (today(app).plus_days(-100), today(app).plus_days(365));
    let days = app.app.store.study_days(citizen(person), from, to).await;
    let days = days.unwrap_or_else(|error| panic!("{error}"));
    days.iter().filter(|row| row.trust == trust).map(|row| row.seconds).sum()
}

/// Somebody who has just said who they are.
async fn somebody(app: &TestApp, phone: &str) -> Person {
    let mut person = app.sign_in(phone).await;
    person.citizen = add_citizen(app, &person, json!({ "fullName": "Người học Khác" })).await;
    person
}

/// One video of the starter library; answers its activity.
async fn import_video(app: &TestApp) -> String {
    let folder = app.folder.path().join("one-video");
    let media = ["mp4", "jpg", "vi.vtt"].map(|end| format!("media/{VIDEO}.{end}"));
    for name in media.iter().map(String::as_str).chain(["topics.toml", "videos/video-hoc-suot-doi.md"]) {
        let to = folder.join(name);
        let made = to.parent().map_or(Ok(()), fs::create_dir_all);
        let copied = made.and_then(|()| fs::copy(library_folder().join(name), &to));
        copied.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let report = densach_app::library::import(&app.app.operator(), &folder).await;
    assert_eq!(report.unwrap_or_else(|error| panic!("{error}")).refused().count(), 0);
    app.drain().await;
    activity(app, &lesson(app, VIDEO).await["id"])
}

/// All statements of a list, page by page.
async fn all(app: &TestApp, person: &Person, first: &str) -> Vec<Value> {
    let mut statements = Vec::new();
    let mut query = first.to_owned();
    for _ in 0..20 {
        let (status, said) = get(app, person, &query).await;
        assert_eq!(status, 200, "{said:#}");
        statements.extend(list(&said["statements"]).iter().cloned());
        let more = string(&said["more"]);
        if more.is_empty() {
            return statements;
        }
        query = more.strip_prefix("/xapi/statements").unwrap_or_else(|| panic!("{more}")).to_owned();
    }
    panic!("a list without an end");
}

fn ids(statements: &[Value]) -> Vec<String> {
    statements.iter().map(|statement| string(&statement["id"]).to_owned()).collect()
}

on_both_stacks! {
    async fn a_statement_is_stored_once(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let object = activity(&app, &lesson["id"]);
        let mut said = statement(&app, &person, verb::EXPERIENCED, &object, "PT60S", -600);
        store(&app, &person, &said).await;
        store(&app, &person, &said).await;
        assert_eq!(post(&app, &person, &said).await, (200, json!([said["id"]])));
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 60);

        // What a store of records sets or what only describes is no difference; anything else is one.
        let (_, kept) = get(&app, &person, &query(&[("statementId", string(&said["id"]))])).await;
        assert_eq!(kept["stored"], app.clock.now().to_string());
        assert_eq!(kept["verb"]["display"], json!({ "en": "did" }));
        store(&app, &person, &kept).await;
        said["result"]["duration"] = json!("PT61S");
        let (status, refused) = put(&app, &person, &said).await;
        assert_eq!((status, wrong(&refused)), (409, vec!["id: REQUEST_REUSED".to_owned()]), "{refused:#}");
        assert_eq!(post(&app, &person, &said).await.0, 409);
        let (_, still) = get(&app, &person, &query(&[("statementId", string(&said["id"]))])).await;
        assert_eq!(still, kept);
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 60);
        app.finish().await;
    }

    async fn a_batch_with_a_conflict_stores_nothing(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let object = activity(&app, &lesson["id"]);
        let make = |at| statement(&app, &person, verb::EXPERIENCED, &object, "PT10S", at);
        let (fresh, mut first, mut second) = (make(-100), make(-200), make(-300));
        assert_eq!(post(&app, &person, &json!([first, second])).await.0, 200);
        let before = seconds(&app, &person, Trust::Claimed).await;
        let repeat = first.clone();
        first["verb"]["id"] = json!("http://a.b/other");
        second["timestamp"] = json!(app.clock.at(-301));
        // No conflict hides another.
        let (status, refused) = post(&app, &person, &json!([fresh, first, second])).await;
        assert_eq!((status, wrong(&refused).join(", ")), (409, "1.id: REQUEST_REUSED, 2.id: REQUEST_REUSED".into()));
        assert_eq!(get(&app, &person, &query(&[("statementId", string(&fresh["id"]))])).await.0, 404);
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, before);
        // A repeat among new ones is none.
        assert_eq!(post(&app, &person, &json!([repeat, fresh])).await, (200, json!([repeat["id"], fresh["id"]])));
        let (status, refused) = post(&app, &person, &json!([fresh, fresh])).await;
        assert_eq!((status, wrong(&refused)), (400, vec!["1.id: DUPLICATE".to_owned()]));
        app.finish().await;
    }

    async fn statements_are_taken_for_ones_own_people_only(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let stranger = somebody(&app, OTHER_PHONE).await;
        let object = activity(&app, &lesson["id"]);
        let mine = statement(&app, &person, verb::EXPERIENCED, &object, "PT60S", -600);
        let mut foreign = statement(&app, &stranger, verb::EXPERIENCED, &object, "PT60S", -600);
        assert_eq!(put(&app, &person, &foreign).await.0, 403);
        assert_eq!(post(&app, &person, &json!([mine, foreign])).await.0, 403);
        for other in [
            json!({ "mbox": "mailto:hoc@example.vn" }),
            json!({ "account": { "homePage": "https://other.vn", "name": person.citizen } }),
            json!({ "objectType": "Group", "member": [actor(&app, &person.citizen)] }),
        ] {
            foreign["actor"] = other;
            assert_eq!(put(&app, &person, &foreign).await.0, 403, "{foreign:#}");
        }
        assert_eq!(ask(&app, "", Method::POST, "", Some(&mine)).await.0, 401);
        assert_eq!(ask(&app, "x", Method::GET, "", None).await.0, 401);
        assert_eq!(get(&app, &person, "").await, (200, json!({ "statements": [], "more": "" })));

        store(&app, &person, &mine).await;
        let one = query(&[("statementId", string(&mine["id"]))]);
        assert_eq!((get(&app, &person, &one).await.0, get(&app, &stranger, &one).await.0), (200, 404));
        assert_eq!(get(&app, &stranger, "").await.1["statements"], json!([]));
        app.finish().await;
    }

    async fn every_request_says_its_version(app: TestApp) {
        let person = app.sign_in(OTHER_PHONE).await;
        let known = [("1.0", 200), ("1.0.0", 200), ("1.0.9", 200)];
        let unknown = [("", 400), ("0.95", 400), ("1.1.0", 400), ("2.0.0", 400)];
        for (version, status) in known.into_iter().chain(unknown) {
            let mut request =
                app.http.get(format!("{}/xapi/statements", app.base_url)).bearer_auth(&person.token);
            if !version.is_empty() {
                request = request.header(VERSION, version);
            }
            let answer = request.send().await.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(answer.status().as_u16(), status, "{version}");
            assert_eq!(answer.headers()[VERSION], "1.0.3");
            let through = answer.headers()["x-experience-api-consistent-through"].to_str().unwrap_or_default();
            let (through, now) = (Timestamp::parse(through), app.clock.now());
            assert!(through.is_some_and(|at| at < now && at.plus_seconds(60) > now), "{through:?}");
        }
        let about = app.http.get(format!("{}/xapi/about", app.base_url)).send().await;
        let about = about.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(about.status().as_u16(), 200);
        assert_eq!(about.headers()[VERSION], "1.0.3");
        let about: Value = about.json().await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(about, json!({ "version": ["1.0.3", "1.0.0"] }));
        app.finish().await;
    }

    async fn all_that_is_wrong_with_statements_is_said_at_once(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let right = statement(&app, &person, verb::EXPERIENCED, &activity(&app, &lesson["id"]), "PT60S", -600);
        let bad = json!({
            "id": "12",
            "actor": { "mbox": "hoc", "account": { "homePage": "sach" } },
            "verb": { "id": null },
            "object": { "objectType": "Lesson", "id": "bai" },
            "result": { "duration": "an hour", "success": "true" },
            "timestamp": "yesterday",
            "version": "2.0.0",
            "mood": "good",
        });
        let (status, refused) = post(&app, &person, &json!([right, bad])).await;
        let mut said = wrong(&refused);
        said.sort_unstable();
        let mut expected = [
            "1.actor.account.homePage: MALFORMED",
            "1.actor.account.name: REQUIRED",
            "1.actor.mbox: MALFORMED",
            "1.actor: MALFORMED",
            "1.id: MALFORMED",
            "1.mood: NOT_ALLOWED",
            "1.object.objectType: UNKNOWN_VALUE",
            "1.result.duration: MALFORMED",
            "1.result.success: MALFORMED",
            "1.timestamp: MALFORMED",
            "1.verb.id: MALFORMED",
            "1.version: MALFORMED",
        ];
        expected.sort_unstable();
        assert_eq!((status, said), (400, expected.map(str::to_owned).to_vec()), "{refused:#}");
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 0);
        app.finish().await;
    }

    async fn what_is_no_request_for_statements_is_refused(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let said = statement(&app, &person, verb::EXPERIENCED, &activity(&app, &lesson["id"]), "PT60S", -600);
        let id = string(&said["id"]);
        for query in ["", "?statementId=12", &format!("?statementId={id}&a=b"), &format!("?statementid={id}")] {
            assert_eq!(ask(&app, &person.token, Method::PUT, query, Some(&said)).await.0, 400, "{query}");
        }
        let other = format!("?statementId={}", statement_id());
        let (status, refused) = ask(&app, &person.token, Method::PUT, &other, Some(&said)).await;
        assert_eq!((status, wrong(&refused)), (400, vec!["id: MISMATCH".to_owned()]));
        assert_eq!(ask(&app, &person.token, Method::POST, "?method=GET", Some(&said)).await.0, 400);
        for query in [
            format!("?statementId={id}&voidedStatementId={id}"),
            format!("?statementId={id}&limit=1"),
            "?StatementId=x".into(),
            "?verb=read".into(),
            "?limit=-1".into(),
            "?since=yesterday".into(),
            "?ascending=yes".into(),
            "?agent=%7B%7D".into(),
            "?format=ids".into(),
            "?limit=1&limit=2".into(),
            "?cursor=zz".into(),
        ] {
            assert_eq!(get(&app, &person, &query).await.0, 400, "{query}");
        }
        for (media_type, body, status) in [
            ("multipart/mixed; boundary=x", said.to_string(), 400),
            ("text/plain", said.to_string(), 400),
            ("application/json", "{".to_owned(), 400),
            ("application/json", format!("[{}]", "1,".repeat(600_000)), 413),
            ("application/json; charset=utf-8", said.to_string(), 200),
        ] {
            let request = app.http.post(format!("{}/xapi/statements", app.base_url)).bearer_auth(&person.token);
            let request = request.header(VERSION, "1.0.3").header("content-type", media_type).body(body);
            let answer = request.send().await.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(answer.status().as_u16(), status, "{media_type}");
        }
        app.finish().await;
    }

    async fn a_played_video_becomes_claimed_seconds_once(app: TestApp) {
        at_noon(&app);
        let video = import_video(&app).await;
        let person = somebody(&app, OTHER_PHONE).await;
        let claimed = async || seconds(&app, &person, Trust::Claimed).await;
        let first = played(&app, &person, verb::PAUSED, &video, "0[.]30", -100);
        store(&app, &person, &first).await;
        store(&app, &person, &first).await;
        assert_eq!(claimed().await, 30);
        // The list grows; only what is new in it counts.
        let list = "0.000[.]30.000[,]30[.]45";
        store(&app, &person, &played(&app, &person, verb::PAUSED, &video, list, -80)).await;
        assert_eq!(claimed().await, 45);
        let seeked = "https://w3id.org/xapi/video/verbs/seeked";
        for (verb, at) in [(verb::TERMINATED, -10), (verb::PAUSED, -5), (seeked, -2)] {
            store(&app, &person, &played(&app, &person, verb, &video, list, at)).await;
            assert_eq!(claimed().await, 45, "{verb}");
        }
        // By the address of its page, and without a list; and without anything that could be counted.
        let page = format!("{}/#/w/{VIDEO}", app.base_url);
        let mut by_position = statement(&app, &person, verb::COMPLETED, &page, "PT10S", -1000);
        by_position["result"]["extensions"] = json!({ extension::TIME: 55 });
        store(&app, &person, &by_position).await;
        assert_eq!(claimed().await, 55);
        store(&app, &person, &statement(&app, &person, verb::COMPLETED, &page, "PT10S", -2000)).await;
        assert_eq!(claimed().await, 55);
        assert_eq!(seconds(&app, &person, Trust::Measured).await, 0);
        app.finish().await;
    }

    async fn a_thousand_hours_are_worth_no_more_than_the_lesson(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let object = activity(&app, &lesson["id"]);
        store(&app, &person, &statement(&app, &person, verb::EXPERIENCED, &object, "PT1000H", -60)).await;
        let view = densach_app::work::by_slug(&app.app.operator(), "hoc-suot-doi-la-gi").await;
        let view = view.unwrap_or_else(|error| panic!("{error}"));
        let words = i64::from(view.edition.revision.content.word_count());
        let reading = &app.app.policy().reading;
        let most = (words * 60 / reading.words_per_minute).max(reading.least_seconds) * reading.times_a_day;
        let earned = seconds(&app, &person, Trust::Claimed).await;
        assert!((1..=most).contains(&earned), "{earned} of {most}");
        app.finish().await;
    }

    async fn what_lies_in_the_future_is_worth_no_time_to_come(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let object = activity(&app, &lesson["id"]);
        // Each of them would end a day later than the one before. All are taken as ending now, so they overlap.
        for day in 1..5 {
            let ahead = statement(&app, &person, verb::EXPERIENCED, &object, "PT60S", day * 86_400);
            store(&app, &person, &ahead).await;
        }
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 60);
        let (from, to) = (today(&app).plus_days(1), today(&app).plus_days(9));
        let days = app.app.store.study_days(citizen(&person), from, to).await;
        assert!(days.is_ok_and(|days| days.is_empty()));
        app.finish().await;
    }

    async fn a_list_is_read_to_its_end_without_repeats(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let object = activity(&app, &lesson["id"]);
        let mut stored = Vec::new();
        for step in 0..5 {
            let verb = if step == 3 { verb::COMPLETED } else { "http://a.b/looked-at" };
            let said = statement(&app, &person, verb, &object, "PT1S", -step);
            store(&app, &person, &said).await;
            stored.push(said);
            app.clock.advance_seconds(1);
            if step == 1 {
                let items = json!([reading(&app, 1, &lesson["id"], -60, -30)]);
                send(&app, &person, &person.citizen, items).await;
                app.clock.advance_seconds(1);
            }
        }
        let up = all(&app, &person, "?ascending=true&limit=2").await;
        let ours = ids(&up)[2].clone();
        let mut expected = ids(&stored);
        expected.insert(2, ours.clone());
        assert_eq!(ids(&up), expected);
        expected.reverse();
        assert_eq!(ids(&all(&app, &person, "?limit=2").await), expected);
        assert_eq!(ids(&all(&app, &person, "?limit=0").await), expected);
        assert!(up.windows(2).all(|two| string(&two[0]["stored"]) <= string(&two[1]["stored"])));

        // After the line of the ledger; and not after it.
        let stored_at = string(&up[2]["stored"]);
        expected.reverse();
        let since = query(&[("since", stored_at), ("ascending", "true"), ("limit", "1")]);
        assert_eq!(ids(&all(&app, &person, &since).await), expected[3..]);
        let until = query(&[("until", stored_at), ("ascending", "true")]);
        assert_eq!(ids(&all(&app, &person, &until).await), expected[..3]);

        // What comes in while a list is read against the order of time does not move it.
        let (_, page) = get(&app, &person, "?limit=3").await;
        app.clock.advance_seconds(1);
        store(&app, &person, &statement(&app, &person, "http://a.b/late", &object, "PT1S", 0)).await;
        let rest = string(&page["more"]).replace("/xapi/statements", "");
        let mut read = ids(list(&page["statements"]));
        read.extend(ids(&all(&app, &person, &rest).await));
        read.reverse();
        assert_eq!(read, expected);

        let by = async |name: &str, value: &str| ids(&all(&app, &person, &query(&[(name, value)])).await);
        assert_eq!(by("verb", verb::COMPLETED).await, [expected[4].clone()]);
        assert_eq!(by("verb", verb::EXPERIENCED).await, std::slice::from_ref(&ours));
        assert_eq!(by("activity", &object).await.len(), 7);
        assert_eq!(by("activity", "http://a.b/c").await, Vec::<String>::new());
        assert_eq!(by("registration", &statement_id()).await, Vec::<String>::new());
        assert_eq!(by("agent", &actor(&app, &person.citizen).to_string()).await.len(), 7);
        assert_eq!(by("agent", r#"{"mbox":"mailto:a@b.vn"}"#).await, Vec::<String>::new());
        app.finish().await;
    }

    async fn our_own_hours_are_given_out_with_what_is_known_of_them(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        send(&app, &person, &person.citizen, json!([reading(&app, 1, &lesson["id"], -600, -540)])).await;
        let given = all(&app, &person, "").await;
        assert_eq!(given.len(), 1, "{given:#?}");
        let line = &given[0];
        let known = |name: &str| &line["context"]["extensions"][format!("{}/xapi/extensions/{name}", app.base_url)];
        assert_eq!((&line["verb"]["id"], &line["result"]["duration"]), (&json!(verb::EXPERIENCED), &json!("PT60S")));
        assert_eq!(line["object"]["id"], activity(&app, &lesson["id"]));
        assert_eq!(line["object"]["definition"]["name"]["vi"], lesson["title"]);
        assert_eq!((known("trust"), known("credited-seconds")), (&json!("measured"), &json!({ "measured": 60 })));
        assert_eq!(known("policy"), &json!(app.app.policy().version));
        assert!(known("basis").is_string() && string(known("evidence")).starts_with("evd_"), "{line:#}");
        let one = query(&[("statementId", string(&line["id"]))]);
        assert_eq!(get(&app, &person, &one).await, (200, line.clone()));
        let stranger = somebody(&app, OTHER_PHONE).await;
        assert_eq!(get(&app, &stranger, &one).await.0, 404);

        // It comes back as what it is, and nothing else may take its place.
        store(&app, &person, line).await;
        let mut other = line.clone();
        other["result"]["duration"] = json!("PT600S");
        assert_eq!(put(&app, &person, &other).await.0, 409);
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 0);
        // A statement of another program is not given out twice.
        let said = statement(&app, &person, verb::EXPERIENCED, &activity(&app, &lesson["id"]), "PT30S", -100);
        store(&app, &person, &said).await;
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 30);
        assert_eq!(all(&app, &person, "").await.len(), 2);
        app.finish().await;
    }

    async fn what_is_voided_is_taken_back(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let object = activity(&app, &lesson["id"]);
        let said = statement(&app, &person, verb::EXPERIENCED, &object, "PT60S", -600);
        store(&app, &person, &said).await;
        send(&app, &person, &person.citizen, json!([reading(&app, 1, &lesson["id"], -300, -240)])).await;
        let both = async || {
            (seconds(&app, &person, Trust::Claimed).await, seconds(&app, &person, Trust::Measured).await)
        };
        assert_eq!(both().await, (60, 60));

        // A stranger's word takes nothing back.
        let stranger = somebody(&app, OTHER_PHONE).await;
        store(&app, &stranger, &voiding(&app, &stranger, &said["id"])).await;
        assert_eq!(both().await, (60, 60));

        let void = voiding(&app, &person, &said["id"]);
        store(&app, &person, &void).await;
        store(&app, &person, &void).await;
        assert_eq!(both().await, (0, 60));
        let id = string(&said["id"]);
        assert_eq!(get(&app, &person, &query(&[("statementId", id)])).await.0, 404);
        assert_eq!(get(&app, &person, &query(&[("voidedStatementId", id)])).await.1["id"], said["id"]);
        let given = ids(&all(&app, &person, "?ascending=true").await);
        assert_eq!((given.len(), given.contains(&id.to_owned())), (2, false), "{given:?}");
        // What voids cannot be voided; and what was voided is still there, so its repeat is a repeat.
        store(&app, &person, &voiding(&app, &person, &void["id"])).await;
        store(&app, &person, &said).await;
        assert_eq!(both().await, (0, 60));

        // A line of the ledger, by the id under which it was given out.
        let line = all(&app, &person, &query(&[("verb", verb::EXPERIENCED)])).await.remove(0);
        store(&app, &person, &voiding(&app, &person, &line["id"])).await;
        assert_eq!(both().await, (0, 0));
        assert_eq!(get(&app, &person, &query(&[("statementId", string(&line["id"]))])).await.0, 404);
        app.finish().await;
    }

    async fn what_was_voided_before_it_came_counts_for_nothing(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let said = statement(&app, &person, verb::EXPERIENCED, &activity(&app, &lesson["id"]), "PT60S", -600);
        store(&app, &person, &voiding(&app, &person, &said["id"])).await;
        store(&app, &person, &said).await;
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 0);
        assert_eq!(get(&app, &person, &query(&[("voidedStatementId", string(&said["id"]))])).await.0, 200);

        // In one request, whichever comes first.
        let make = |at| statement(&app, &person, verb::EXPERIENCED, &activity(&app, &lesson["id"]), "PT60S", at);
        let (first, second) = (make(-500), make(-400));
        let (of_first, of_second) = (voiding(&app, &person, &first["id"]), voiding(&app, &person, &second["id"]));
        assert_eq!(post(&app, &person, &json!([first, of_first, of_second, second])).await.0, 200);
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 0);
        app.finish().await;
    }

    async fn what_a_kill_left_undone_is_done_by_the_repeat(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let said = statement(&app, &person, verb::EXPERIENCED, &activity(&app, &lesson["id"]), "PT60S", -600);
        // As it is when the statement was stored, and the program was killed before the ledger had it.
        let actor = account::authenticate(&app.app, &person.token).await;
        let Ok(Actor::Member(member)) = actor else { panic!("not signed in") };
        let tx = app.app.store.begin().await.unwrap_or_else(|error| panic!("{error}"));
        let places = tx.xapi_places(1, app.clock.now()).await;
        let (position, stored_at) = places.unwrap_or_else(|error| panic!("{error}"));
        let ended_at = app.clock.now().plus_seconds(-600);
        let row = XapiRow {
            id: string(&said["id"]).parse().unwrap_or_default(),
            position,
            account: member.account,
            citizen: citizen(&person),
            digest: densach_app::xapi::digest(&said),
            said_at: Some(ended_at),
            verb: verb::EXPERIENCED.to_owned(),
            object_key: string(&said["object"]["id"]).to_owned(),
            registration: None,
            viewing: None,
            segments: None,
            body: said.to_string(),
            stored_at,
            voided_by: None,
            study: Some(Evidence {
                sequence: position,
                source: Source::Reading,
                work: string(&lesson["id"]).parse().ok(),
                started_at: ended_at.plus_seconds(-60),
                ended_at,
                run: None,
                focus: Focus::Foreground,
                content: None,
                longest_idle_ms: 0,
                question_count: 0,
                title: String::new(),
            }),
        };
        tx.xapi_add(&row).await.unwrap_or_else(|error| panic!("{error}"));
        tx.commit().await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 0);
        for _ in 0..2 {
            store(&app, &person, &said).await;
            assert_eq!(seconds(&app, &person, Trust::Claimed).await, 60);
        }
        store(&app, &person, &voiding(&app, &person, &said["id"])).await;
        assert_eq!(seconds(&app, &person, Trust::Claimed).await, 0);
        app.finish().await;
    }
}
