//! Phones with any date. Their clock that only counts, and the moments at which they met the server, say when they saw
//! what they saw.

use densach_domain::Clock as _;
use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use super::{DAY_SECONDS, HOUR_SECONDS, OTHER_PHONE, PHONE, gaps, learner, ready, said, tell};
use crate::attest::fates;
use crate::bad_input::{list, payload, shipped, string, user_errors};
use crate::citizen::{add_citizen, reading, send, today, verdicts};
use crate::why::{self, check_parts};

const DAYS: &str = "query($id: ID!, $from: String!, $to: String!) {
  viewer { citizen(id: $id) { studyDays(from: $from, to: $to) { day seconds } } } }";

/// The same, by the wall clock alone.
fn by_wall(mut item: Value) -> Value {
    for field in ["bootId", "startedElapsedMs", "endedElapsedMs"] {
        item[field] = Value::Null;
    }
    item
}

/// A phone with clocks of its own: one shows any date, the other only counts.
struct Phone {
    person: Person,
    /// Which run of the clock that counts.
    boot: &'static str,
    /// When that run began, in true time.
    began_ms: i64,
    /// How far the wall clock is ahead of true time; negative when it is behind.
    ahead_seconds: i64,
}

impl Phone {
    /// It has been on for a day.
    fn new(app: &TestApp, person: &Person, ahead_seconds: i64) -> Self {
        let began_ms = app.clock.now().plus_seconds(-DAY_SECONDS).ms();
        Self { person: person.clone(), boot: "b1", began_ms, ahead_seconds }
    }

    /// What the clock that counts shows, so many seconds from now.
    fn elapsed_ms(&self, app: &TestApp, seconds: i64) -> i64 {
        app.clock.now().plus_seconds(seconds).ms() - self.began_ms
    }

    fn reading(&self, app: &TestApp, sequence: i64, work: &Value, from: i64, to: i64) -> Value {
        json!({
            "sequence": sequence,
            "source": "READING",
            "workId": work,
            "startedAt": app.clock.at(from + self.ahead_seconds),
            "endedAt": app.clock.at(to + self.ahead_seconds),
            "bootId": self.boot,
            "startedElapsedMs": self.elapsed_ms(app, from),
            "endedElapsedMs": self.elapsed_ms(app, to),
        })
    }

    /// Sends a batch with what both clocks show; answers all that the phone is told.
    async fn send(&self, app: &TestApp, echoes: &Value, items: Value) -> Value {
        let clock = json!({
            "wallAt": app.clock.at(self.ahead_seconds),
            "bootId": self.boot,
            "elapsedMs": self.elapsed_ms(app, 0),
            "echoes": echoes,
        });
        let input = json!({ "citizenId": self.person.citizen, "clock": clock, "items": items });
        self.person.mutate(app, "SendEvidence", input).await
    }

    /// Asks for an anchor; answers it as it is handed back.
    async fn anchor(&self, app: &TestApp) -> Value {
        let receipt = self.send(app, &json!([]), json!([])).await;
        json!([{ "anchor": receipt["anchor"], "bootId": self.boot, "elapsedMs": self.elapsed_ms(app, 0) }])
    }
}

on_both_stacks! {
    async fn no_date_on_a_phone_moves_what_it_saw(app: TestApp) {
        let work = ready(&app).await;
        let in_1970 = 2 * DAY_SECONDS - app.clock.now().ms() / 1000;
        for (number, ahead_seconds) in [(PHONE, in_1970), (OTHER_PHONE, 365 * DAY_SECONDS)] {
            let person = learner(&app, number).await;
            let phone = Phone::new(&app, &person, ahead_seconds);
            let read = |sequence: i64, hours: i64| {
                let from = -hours * HOUR_SECONDS;
                phone.reading(&app, sequence, &work, from, from + 600)
            };
            // At ten in the evening, at one in the night, and this morning.
            let items = json!([read(1, 14), read(2, 11), read(3, 2), by_wall(read(4, 1))]);
            let results = phone.send(&app, &json!([]), items).await["results"].clone();
            // What its clock may run fast is taken off.
            assert_eq!(
                verdicts(&results),
                ["1 ACCEPTED 599", "2 ACCEPTED 599", "3 ACCEPTED 599", "4 ACCEPTED 600"]
            );
            let (yesterday, today) = (today(&app).plus_days(-1).to_string(), today(&app).to_string());
            let asked = json!({ "id": person.citizen, "from": yesterday, "to": today });
            let seen = person.graphql(&app, DAYS, asked).await;
            let days = json!([{ "day": yesterday, "seconds": 1198 }, { "day": today, "seconds": 1199 }]);
            assert_eq!(seen["data"]["viewer"]["citizen"]["studyDays"], days, "{seen:#}");
            let lines = why::lines(&app, &person, &person.citizen).await;
            let bases: Vec<_> = list(&lines).iter().map(|line| string(&line["basis"])).collect();
            assert_eq!(bases, ["STATED", "ANCHORED", "ANCHORED", "ANCHORED"]);
        }
        app.finish().await;
    }

    async fn an_anchor_that_is_handed_back_tells_the_time_better(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let phone = Phone::new(&app, &person, 365 * DAY_SECONDS);
        let tablet = Phone::new(&app, &app.sign_in(PHONE).await, 0);
        let (own, foreign) = (phone.anchor(&app).await, tablet.anchor(&app).await);
        let anchor = string(&own[0]["anchor"]);
        let first = if anchor.starts_with('A') { "B" } else { "A" };
        let (mut tampered, mut made_up) = (own.clone(), own.clone());
        tampered[0]["anchor"] = json!(format!("{first}{}", &anchor[1..]));
        made_up[0]["anchor"] = json!("không phải mốc giờ");

        app.clock.advance_seconds(500);
        for (sequence, echoes) in (1..).zip([json!([]), foreign, tampered, made_up, own]) {
            let items = json!([phone.reading(&app, sequence, &work, -100 * sequence, 60 - 100 * sequence)]);
            let receipt = phone.send(&app, &echoes, items).await;
            assert_eq!(verdicts(&receipt["results"]), [format!("{sequence} ACCEPTED 59")]);
        }
        // A minute on the way or none: half of it either way is the doubt. The anchor that is its own ends the doubt.
        let lines = why::lines(&app, &person, &person.citizen).await;
        let doubts: Vec<_> = list(&lines).iter().map(|line| line["uncertaintySeconds"].clone()).collect();
        assert_eq!(doubts, [1, 61, 61, 61, 61]);
        app.finish().await;
    }

    async fn where_clocks_do_not_tell_nothing_counts_twice(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let mother = add_citizen(&app, &person, json!({ "fullName": "Bà Thử" })).await;
        let read = json!([reading(&app, 1, &work, -5 * HOUR_SECONDS, 600 - 5 * HOUR_SECONDS)]);
        assert_eq!(verdicts(&send(&app, &person, &person.citizen, read).await), ["1 ACCEPTED 600"]);

        // The tablet was started an hour ago; what it saw before that, it saw in a run that never met the server.
        let began_ms = app.clock.now().plus_seconds(-HOUR_SECONDS).ms();
        let tablet = Phone { began_ms, ..Phone::new(&app, &app.sign_in(PHONE).await, 0) };
        let before = |sequence: i64, hours: i64, citizen: &str| {
            let from = -hours * HOUR_SECONDS;
            let mut item = tablet.reading(&app, sequence, &work, from, from + 600);
            item["bootId"] = json!("b0");
            item["startedElapsedMs"] = json!(sequence * 1_000_000);
            item["endedElapsedMs"] = json!(sequence * 1_000_000 + 600_000);
            item["citizenId"] = json!(citizen);
            item
        };
        let items = json!([before(1, 3, &person.citizen), before(2, 2, &mother)]);
        let receipt = tablet.send(&app, &json!([]), items).await;
        assert_eq!(verdicts(&receipt["results"]), ["1 CLIPPED CLOCK_UNCERTAIN 0", "2 ACCEPTED 599"]);
        let line = why::lines(&app, &person, &person.citizen).await[0].clone();
        check_parts(&line);
        assert_eq!(line["basis"], "ESTIMATED");
        assert!(line["uncertaintySeconds"].as_i64() > Some(20 * DAY_SECONDS), "{line:#}");
        app.finish().await;
    }

    async fn two_phones_of_one_person_at_once_count_once(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let phone = Phone::new(&app, &person, -365 * DAY_SECONDS);
        let tablet = Phone::new(&app, &app.sign_in(PHONE).await, 0);
        let anchors = [phone.anchor(&app).await, tablet.anchor(&app).await];
        app.clock.advance_seconds(590);
        let mut credited = 0;
        for (device, echoes, from) in [(&phone, &anchors[0], -580), (&tablet, &anchors[1], -380)] {
            let items = json!([device.reading(&app, 1, &work, from, from + 300)]);
            let results = device.send(&app, echoes, items).await["results"].clone();
            credited += results[0]["creditedSeconds"].as_i64().unwrap_or_default();
        }
        // From the first second to the last there were 500; what the clocks may be off is not counted.
        assert!((490..=500).contains(&credited), "{credited}");
        let line = why::lines(&app, &person, &person.citizen).await[0].clone();
        check_parts(&line);
        let overlap = why::seconds(&line, Some("OVERLAP"));
        assert!((97..=101).contains(&overlap), "{line:#}");
        app.finish().await;
    }

    async fn a_clock_that_outruns_time_earns_the_time_there_was(app: TestApp) {
        let work = ready(&app).await;
        let person = learner(&app, PHONE).await;
        let contact = async |elapsed_ms: i64, items: Value| {
            let clock = json!({ "wallAt": app.clock.at(0), "bootId": "b1", "elapsedMs": elapsed_ms });
            let input = json!({ "citizenId": person.citizen, "clock": clock, "items": items });
            person.mutate(&app, "SendEvidence", input).await["results"].clone()
        };
        contact(0, json!([])).await;
        app.clock.advance_seconds(590);
        // A thousand times as fast as time.
        let all_ms: i64 = 590_000_000;
        let half = |sequence: i64, from_ms: i64| {
            let mut item = reading(&app, sequence, &work, -590, 0);
            item["bootId"] = json!("b1");
            item["startedElapsedMs"] = json!(from_ms);
            item["endedElapsedMs"] = json!(from_ms + all_ms / 2);
            item
        };
        let results = contact(all_ms, json!([half(1, 0), half(2, all_ms / 2)])).await;
        assert_eq!(fates(&results), ["CLIPPED CLOCK_FAST"; 2]);
        let credited: i64 =
            list(&results).iter().map(|result| result["creditedSeconds"].as_i64().unwrap_or_default()).sum();
        assert!((580..=590).contains(&credited), "{results:#}");
        for line in list(&why::lines(&app, &person, &person.citizen).await) {
            let parts = list(&line["parts"]);
            let lost = parts.last().filter(|part| part["rule"] == "CLOCK_FAST" && part["from"].is_null());
            assert!(lost.is_some(), "{line:#}");
        }
        app.finish().await;
    }

    async fn all_that_is_wrong_with_a_clock_is_said_at_once(app: TestApp) {
        ready(&app).await;
        let person = learner(&app, PHONE).await;
        let echo = json!({ "anchor": "", "bootId": "x".repeat(65), "elapsedMs": 1e300 });
        let now = app.clock.at(0);
        let sent = |wall: &str, boot: &str, elapsed_ms: i64, echoes: Value| {
            let clock = json!({ "wallAt": wall, "bootId": boot, "elapsedMs": elapsed_ms, "echoes": echoes });
            let items = json!([said(&app, 1, "BOOK", -60, 0)]);
            json!({ "input": { "citizenId": person.citizen, "clock": clock, "items": items } })
        };
        let good = json!({ "anchor": "", "bootId": "b", "elapsedMs": 1 });
        let out_of_range = [
            "clock.bootId: OUT_OF_RANGE",
            "clock.elapsedMs: OUT_OF_RANGE",
            "clock.echoes.0.bootId: OUT_OF_RANGE",
            "clock.echoes.0.elapsedMs: OUT_OF_RANGE",
        ];
        let cases: [(Value, &[&str]); 3] = [
            (sent(&now, "", -1, json!([echo])), &out_of_range),
            (sent(&now, "b", 1, json!(vec![good; 51])), &["clock.echoes: TOO_MANY_ITEMS"]),
            (sent("hôm nay", "b", 1, json!([])), &["clock.wallAt: MALFORMED"]),
        ];
        for (input, wrong) in cases {
            let answer = person.graphql(&app, shipped("SendEvidence"), input).await;
            assert_eq!(user_errors(payload(&answer)), wrong);
            assert_eq!(payload(&answer)["results"], json!([]));
        }
        // Nothing of it arrived: the same numbers are sent again.
        assert_eq!(gaps(&tell(&app, &person, json!([])).await), ["0 of 0"]);
        app.finish().await;
    }
}
