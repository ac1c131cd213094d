//! A citizen's way: find a lesson, read and watch it, go on from any device, and see what the hours are.

use densach_domain::{Clock as _, Day, Timestamp};
use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::bad_input::{error_code, list, mutation, payload, shipped, string, user_errors};
use crate::editor::{import_little, media};

const PHONE: &str = "0912345678";
const OTHER_PHONE: &str = "0987654321";
const LESSON: &str = "hoc-suot-doi-la-gi";
const VIDEO: &str = "video-hoc-suot-doi";
const ID_NUMBER: &str = "001148000001";

const ADD_CITIZEN: &str = "mutation($input: AddCitizenInput!) {
  addCitizen(input: $input) { citizenId userErrors { code field message } } }";

/// Turns the clock back to the last noon in Viet Nam, so that the hours before it lie in one learning day and
/// month.
pub(crate) fn at_noon(app: &TestApp) {
    let noon_utc_seconds = 5 * 3600;
    let since = (app.clock.now().ms() / 1000 - noon_utc_seconds).rem_euclid(86_400);
    app.clock.advance_seconds(-since);
}

/// The learning day that the clock shows.
pub(crate) fn today(app: &TestApp) -> Day {
    app.clock.now().learning_day()
}

/// RFC 3339, `seconds` from the last whole second: only whole seconds are credited.
fn at(app: &TestApp, seconds: i64) -> String {
    let second = app.clock.now().ms().div_euclid(1000) + seconds;
    Timestamp::from_ms(second * 1000).to_string()
}

/// Somebody who has just said who they are, at noon, and the lesson that there is.
pub(crate) async fn sign_in_learner(app: &TestApp) -> (Person, Value) {
    at_noon(app);
    import_little(app).await;
    let person = sign_in_as(app, PHONE, "Người học Thử").await;
    (person, lesson(app, LESSON).await)
}

/// Somebody who has just said who they are.
async fn sign_in_as(app: &TestApp, phone: &str, name: &str) -> Person {
    let mut person = app.sign_in(phone).await;
    person.citizen = add_citizen(app, &person, json!({ "fullName": name })).await;
    person
}

/// Adds a person to an account; answers their id.
pub(crate) async fn add_citizen(app: &TestApp, person: &Person, input: Value) -> String {
    let said = mutation(app, &person.token, ADD_CITIZEN, input).await;
    string(&payload(&said)["citizenId"]).to_owned()
}

pub(crate) async fn lesson(app: &TestApp, slug: &str) -> Value {
    app.document("", "PublicLesson", json!({ "slug": slug })).await["work"].clone()
}

/// A text was read, from and to so many seconds from now.
pub(crate) fn reading(app: &TestApp, sequence: i64, work: &Value, from: i64, to: i64) -> Value {
    json!({
        "sequence": sequence,
        "workId": work,
        "source": "READING",
        "startedAt": at(app, from),
        "endedAt": at(app, to),
    })
}

/// A video was played from its beginning.
fn watching(app: &TestApp, sequence: i64, work: &Value, from: i64, to: i64) -> Value {
    let mut item = reading(app, sequence, work, from, to);
    item["source"] = json!("VIDEO");
    item["mediaStartMs"] = json!(0);
    item["mediaEndMs"] = json!((to - from) * 1000);
    item
}

/// Sends a batch of evidence; answers what became of each item.
pub(crate) async fn send(app: &TestApp, person: &Person, citizen: &str, items: Value) -> Value {
    let input = json!({ "citizenId": citizen, "items": items });
    person.mutate(app, "SendEvidence", input).await["results"].clone()
}

/// One line a result: `1 ACCEPTED 60`, `2 CLIPPED OVERLAP 0`, `3 REJECTED MALFORMED endedAt 0`.
pub(crate) fn verdicts(results: &Value) -> Vec<String> {
    let line = |result: &Value| {
        let words = ["verdict", "reason", "field"].into_iter().filter_map(|name| result[name].as_str());
        let words = words.collect::<Vec<_>>().join(" ");
        format!("{} {words} {}", result["sequence"], result["creditedSeconds"])
    };
    list(results).iter().map(line).collect()
}

/// What a citizen sees of their study today.
async fn my_study(app: &TestApp, person: &Person, citizen: &str) -> Value {
    let day = today(app);
    let asked =
        json!({ "citizenId": citizen, "from": day.to_string(), "to": day.to_string(), "year": day.year() });
    person.document(app, "MyStudy", asked).await["viewer"]["citizen"].clone()
}

/// Records a place in a work, so many seconds from now; answers the progress.
async fn move_to(app: &TestApp, person: &Person, work: &Value, locator: f64, seconds: i64) -> Value {
    let (citizen, recorded_at) = (&person.citizen, at(app, seconds));
    let input =
        json!({ "citizenId": citizen, "workId": work, "locator": locator, "recordedAt": recorded_at });
    person.mutate(app, "RecordPosition", input).await["progress"].clone()
}

/// Reads an address, or a part of what is behind it.
async fn fetch(app: &TestApp, address: &str, range: Option<&str>) -> reqwest::Response {
    let mut request = app.http.get(address);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    request.send().await.unwrap_or_else(|error| panic!("{error}"))
}

fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

on_both_stacks! {
    async fn a_lesson_is_found_and_read(app: TestApp) {
        app.import_library().await;
        let person = app.sign_in(PHONE).await;
        for text in ["lap ke hoach tu hoc", "lập kế hoạch tự học"] {
            let found = person.document(&app, "Search", json!({ "text": text })).await;
            let slug = &found["search"]["hits"][0]["work"]["slug"];
            assert_eq!(slug, "lap-ke-hoach-tu-hoc-mot-nam", "{text}");
            let read = person.document(&app, "Lesson", json!({ "slug": slug })).await;
            assert!(string(&read["work"]["bodyHtml"]).starts_with("<p>"), "{read:#}");
            assert!(read["work"]["progress"].is_null());
        }
        app.finish().await;
    }

    async fn a_video_is_read_in_pieces(app: TestApp) {
        app.import_library().await;
        let main = lesson(&app, VIDEO).await["main"].clone();
        let bytes = media("video-hoc-suot-doi.mp4");
        assert_eq!(main["sizeBytes"], bytes.len() as f64);

        let piece = fetch(&app, string(&main["url"]), Some("bytes=1000-1999")).await;
        assert_eq!(piece.status().as_u16(), 206);
        assert_eq!(header(&piece, "content-range"), format!("bytes 1000-1999/{}", bytes.len()));
        assert_eq!(header(&piece, "content-type"), "video/mp4");
        let etag = header(&piece, "etag").to_owned();
        assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "not strong: {etag}");
        let read = piece.bytes().await.unwrap_or_default();
        assert_eq!(&read[..], &bytes[1000..2000]);

        let whole = fetch(&app, string(&main["url"]), None).await;
        assert_eq!((whole.status().as_u16(), header(&whole, "etag")), (200, etag.as_str()));
        let past_the_end = fetch(&app, string(&main["url"]), Some("bytes=900000000-")).await;
        assert_eq!(past_the_end.status().as_u16(), 416);
        app.finish().await;
    }

    async fn the_etag_stays_when_the_address_changes(app: TestApp) {
        // Half of the life of an address, so that the first still works when the second is given out. Back,
        // because storage has a clock of its own and takes no address from the future.
        let half_life_seconds = 10_800;
        app.clock.advance_seconds(-half_life_seconds);
        app.import_library().await;
        let mut addresses = Vec::new();
        let mut etags = Vec::new();
        for seconds in [0, half_life_seconds] {
            app.clock.advance_seconds(seconds);
            let address = string(&lesson(&app, VIDEO).await["main"]["url"]).to_owned();
            let piece = fetch(&app, &address, Some("bytes=0-0")).await;
            assert_eq!(piece.status().as_u16(), 206);
            etags.push(header(&piece, "etag").to_owned());
            addresses.push(address);
        }
        assert_ne!(addresses[0], addresses[1]);
        assert_eq!(etags[0], etags[1]);
        app.finish().await;
    }

    async fn bytes_are_read_by_a_signed_address_only(app: TestApp) {
        app.import_library().await;
        let main = lesson(&app, VIDEO).await["main"].clone();
        let address = string(&main["url"]);
        let unsigned = address.split('?').next().unwrap_or_default();
        let flipped = if address.ends_with('0') { "1" } else { "0" };
        let tampered = format!("{}{flipped}", &address[..address.len() - 1]);
        for address in [unsigned, tampered.as_str()] {
            assert_eq!(fetch(&app, address, None).await.status().as_u16(), 403, "{address}");
        }
        app.finish().await;
    }

    async fn somebody_goes_on_where_they_were_on_another_device(app: TestApp) {
        let (phone, lesson) = sign_in_learner(&app).await;
        move_to(&app, &phone, &lesson["id"], 0.5, -100).await;
        let tablet = app.sign_in(PHONE).await;
        assert_eq!(tablet.citizen, phone.citizen);
        move_to(&app, &tablet, &lesson["id"], 0.25, -50).await;

        for device in [&phone, &tablet] {
            let seen = device.document(&app, "Lesson", json!({ "slug": LESSON })).await;
            let progress = &seen["work"]["progress"];
            assert_eq!(progress["latest"]["locator"], 0.25, "{progress:#}");
            assert_eq!(progress["furthest"]["locator"], 0.5, "{progress:#}");
        }
        app.finish().await;
    }

    async fn a_place_that_arrives_late_overwrites_nothing(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        move_to(&app, &person, &lesson["id"], 0.5, -100).await;
        let progress = move_to(&app, &person, &lesson["id"], 0.25, -200).await;
        assert_eq!(progress["latest"]["locator"], 0.5);
        assert_eq!(progress["furthest"]["locator"], 0.5);
        app.finish().await;
    }

    async fn a_clock_that_runs_ahead_does_not_hold_the_latest_place(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        move_to(&app, &person, &lesson["id"], 0.5, 86_400).await;
        app.clock.advance_seconds(60);
        let progress = move_to(&app, &person, &lesson["id"], 0.25, 0).await;
        assert_eq!(progress["latest"]["locator"], 0.25, "{progress:#}");
        app.finish().await;
    }

    async fn evidence_sent_twice_counts_once(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let items =
            json!(
                [reading(&app, 1, &lesson["id"], -600, -540), reading(&app, 2, &lesson["id"], -500, -440),]
            );
        let first = send(&app, &person, &person.citizen, items.clone()).await;
        assert_eq!(verdicts(&first), ["1 ACCEPTED 60", "2 ACCEPTED 60"]);
        let second = send(&app, &person, &person.citizen, items).await;
        assert_eq!(verdicts(&second), ["1 DUPLICATE 0", "2 DUPLICATE 0"]);
        assert_eq!(my_study(&app, &person, &person.citizen).await["studyDays"][0]["seconds"], 120);
        app.finish().await;
    }

    async fn two_devices_at_the_same_time_count_once(app: TestApp) {
        let (phone, lesson) = sign_in_learner(&app).await;
        let tablet = app.sign_in(PHONE).await;
        let of_phone = json!([reading(&app, 1, &lesson["id"], -600, -540)]);
        assert_eq!(verdicts(&send(&app, &phone, &phone.citizen, of_phone).await), ["1 ACCEPTED 60"]);
        let of_tablet =
            json!(
                [reading(&app, 1, &lesson["id"], -600, -540), reading(&app, 2, &lesson["id"], -570, -510),]
            );
        let results = send(&app, &tablet, &tablet.citizen, of_tablet).await;
        assert_eq!(verdicts(&results), ["1 CLIPPED OVERLAP 0", "2 CLIPPED OVERLAP 30"]);
        assert_eq!(my_study(&app, &phone, &phone.citizen).await["studyDays"][0]["seconds"], 90);
        app.finish().await;
    }

    async fn a_device_learns_what_never_arrived(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let items =
            json!([reading(&app, 1, &lesson["id"], -600, -540), reading(&app, 4, &lesson["id"], -500, -440)]);
        let input = json!({ "citizenId": person.citizen, "items": items });
        let received = person.mutate(&app, "SendEvidence", input).await;
        assert_eq!((&received["highestSequence"], &received["missingCount"]), (&json!(4), &json!(2)));
        app.finish().await;
    }

    async fn minutes_stand_by_day_and_source(app: TestApp) {
        at_noon(&app);
        app.import_library().await;
        let person = sign_in_as(&app, PHONE, "Người học Thử").await;
        let (text, film) = (lesson(&app, LESSON).await, lesson(&app, VIDEO).await);
        let items = json!([
            reading(&app, 1, &text["id"], -3600, -3450),
            watching(&app, 2, &film["id"], -3000, -2940),
        ]);
        send(&app, &person, &person.citizen, items).await;

        let study = my_study(&app, &person, &person.citizen).await;
        let day = today(&app).to_string();
        let days = json!([
            { "day": day, "source": "READING", "trust": "MEASURED", "minutes": 2, "seconds": 150 },
            { "day": day, "source": "VIDEO", "trust": "MEASURED", "minutes": 1, "seconds": 60 },
        ]);
        assert_eq!(study["studyDays"], days);
        let works = json!([
            { "seconds": 150, "work": { "slug": LESSON, "title": text["title"] } },
            { "seconds": 60, "work": { "slug": VIDEO, "title": film["title"] } },
        ]);
        assert_eq!(study["studiedWorks"], works);
        app.finish().await;
    }

    async fn hours_are_evidence_and_never_the_title(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        send(&app, &person, &person.citizen, json!([reading(&app, 1, &lesson["id"], -600, -480)])).await;
        let study = my_study(&app, &person, &person.citizen).await;
        let (taking, others): (Vec<_>, Vec<_>) =
            list(&study["indicators"]).iter().partition(|row| row["indicator"]["takesHours"] == true);
        assert!(!taking.is_empty() && !others.is_empty());
        for row in taking {
            assert_eq!(row["seconds"], json!([{ "trust": "MEASURED", "seconds": 120 }]));
            assert!(string(&row["meaning"]).contains("không tự cho danh hiệu"), "{row:#}");
        }
        for row in others {
            assert_eq!(row["seconds"], json!([]));
            assert!(string(&row["meaning"]).contains("không phải là minh chứng"), "{row:#}");
        }
        app.finish().await;
    }

    async fn two_people_study_on_one_phone(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let grandmother = add_citizen(&app, &person, json!({ "fullName": "Bà Nguyễn Thị Hai" })).await;
        for (sequence, citizen) in [(1, &person.citizen), (2, &grandmother)] {
            let items = json!([reading(&app, sequence, &lesson["id"], -600, -540)]);
            let results = send(&app, &person, citizen, items).await;
            assert_eq!(verdicts(&results), [format!("{sequence} ACCEPTED 60")]);
        }
        for (name, citizen) in [("Người học Thử", &person.citizen), ("Bà Nguyễn Thị Hai", &grandmother)]
        {
            let study = my_study(&app, &person, citizen).await;
            assert_eq!((&study["fullName"], &study["studyDays"][0]["seconds"]), (&json!(name), &json!(60)));
        }
        let known = person.document(&app, "Viewer", json!({})).await;
        let relations: Vec<_> =
            list(&known["viewer"]["citizens"]).iter().map(|row| string(&row["relation"])).collect();
        assert_eq!(relations, ["OWN", "HOUSEHOLD"]);
        app.finish().await;
    }

    async fn a_birth_year_is_enough(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        add_citizen(&app, &person, json!({ "fullName": "  Bà  Nguyễn Thị Hai ", "birthDate": "1948" })).await;
        let known = person.document(&app, "Viewer", json!({})).await["viewer"]["citizens"][0].clone();
        assert_eq!((&known["birthDate"], &known["fullName"]), (&json!("1948"), &json!("Bà Nguyễn Thị Hai")));
        assert_eq!(known["hasIdNumber"], false);
        app.finish().await;
    }

    async fn all_that_is_wrong_with_a_person_is_said_at_once(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        let input = json!({ "fullName": " ", "birthDate": "19/5/1948", "idNumber": "12" });
        let said = mutation(&app, &person.token, ADD_CITIZEN, input).await;
        let wrong = ["fullName: REQUIRED", "birthDate: MALFORMED", "idNumber: MALFORMED"];
        assert_eq!(user_errors(payload(&said)), wrong);
        app.finish().await;
    }

    async fn an_id_number_is_never_shown(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        let input = json!({ "fullName": "Bà Nguyễn Thị Hai", "idNumber": ID_NUMBER });
        let added = mutation(&app, &person.token, ADD_CITIZEN, input.clone()).await;
        let other = app.sign_in(OTHER_PHONE).await;
        let taken = mutation(&app, &other.token, ADD_CITIZEN, input).await;
        assert_eq!(user_errors(payload(&taken)), ["idNumber: DUPLICATE"]);

        let known = person.document(&app, "Viewer", json!({})).await;
        assert_eq!(known["viewer"]["citizens"][0]["hasIdNumber"], true);
        let citizen = string(&payload(&added)["citizenId"]);
        let study = my_study(&app, &person, citizen).await;
        for answer in [&added, &taken, &known, &study] {
            assert!(!answer.to_string().contains(ID_NUMBER), "{answer:#}");
        }
        app.finish().await;
    }

    async fn somebody_elses_person_is_not_found(app: TestApp) {
        let (person, lesson) = sign_in_learner(&app).await;
        let stranger = sign_in_as(&app, OTHER_PHONE, "Người lạ").await;
        let citizen = &person.citizen;
        let day = today(&app).to_string();
        let study = json!({ "citizenId": citizen, "from": day, "to": day, "year": 2026 });
        assert_eq!(error_code(&stranger.graphql(&app, shipped("MyStudy"), study).await), "NOT_FOUND");
        let items = json!([reading(&app, 1, &lesson["id"], -600, -540)]);
        let evidence = json!({ "input": { "citizenId": citizen, "items": items } });
        assert_eq!(error_code(&stranger.graphql(&app, shipped("SendEvidence"), evidence).await), "NOT_FOUND");
        let now = at(&app, 0);
        let work = &lesson["id"];
        let place = json!({ "citizenId": citizen, "workId": work, "locator": 0.5, "recordedAt": now });
        let goal = json!({ "citizenId": citizen, "period": "WEEK", "minutes": 60 });
        for (name, input) in [("RecordPosition", place), ("SetGoal", goal)] {
            let said = mutation(&app, &stranger.token, shipped(name), input).await;
            assert_eq!(error_code(&said), "NOT_FOUND", "{name}");
        }
        assert_eq!(my_study(&app, &person, citizen).await["studyDays"], json!([]));
        app.finish().await;
    }

    async fn a_goal_is_set_and_replaced(app: TestApp) {
        let person = sign_in_as(&app, PHONE, "Người học Thử").await;
        for minutes in [90, 120] {
            let goal = json!({ "citizenId": person.citizen, "period": "WEEK", "minutes": minutes });
            assert!(person.mutate(&app, "SetGoal", goal).await["goalId"].is_string());
        }
        let goals = my_study(&app, &person, &person.citizen).await["goals"].clone();
        assert_eq!(goals, json!([{ "period": "WEEK", "minutes": 120, "isSuggested": false }]));

        let none = json!({ "citizenId": person.citizen, "period": "WEEK", "minutes": 0 });
        let said = mutation(&app, &person.token, shipped("SetGoal"), none).await;
        assert_eq!(user_errors(payload(&said)), ["minutes: OUT_OF_RANGE"]);
        app.finish().await;
    }
}
