//! Every line is judged again as it was judged: sums that are wrong are named and made anew, and what was judged stays.

use densach_app::library::{self, Verdict};
use densach_app::reconcile::ledger;
use densach_domain::evidence::{EvidenceId, Source, Trust};
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::total::{MonthSums, UnitMonths};
use densach_store::{DayRow, LineRow};
use densach_tests::{TestApp, on_both_stacks};
use serde_json::{Value, json};

use super::figure::{figures, months};
use super::{LESSON, done, id, minute};
use crate::attest::{COMMUNE_OFFICER, LEARNER_1, LEARNER_2, demo, hours};
use crate::bad_input::string;
use crate::citizen::{lesson, reading, send, today, verdicts};
use crate::why::unit_id;

/// Whose sums are not what the lines say.
async fn differing(app: &TestApp) -> (Vec<CitizenId>, Vec<UnitId>) {
    let report = done(ledger::check(&app.app.store, &app.app.policies).await);
    (report.citizens_differing, report.units_differing)
}

/// A line as the ledger keeps it.
async fn row(app: &TestApp, line: &Value) -> LineRow {
    let found = done(app.app.store.ledger_line(id::<EvidenceId>(string(line))).await);
    found.unwrap_or_else(|| panic!("no line {line}"))
}

on_both_stacks! {
    async fn sums_that_are_wrong_are_named_and_made_anew(app: TestApp) {
        demo(&app).await;
        let learner = app.sign_in(LEARNER_1).await;
        let work = lesson(&app, LESSON).await["id"].clone();
        send(&app, &learner, &learner.citizen, json!([minute(&app, 1, &work)])).await;
        assert_eq!(differing(&app).await, (vec![], vec![]));

        let (citizen, unit): (CitizenId, UnitId) = (id(&learner.citizen), id(&unit_id(&app, "DEMO-1").await));
        let day = today(&app);
        let too_much = DayRow { day, source: Source::Reading, trust: Trust::Measured, seconds: 60 };
        let mut sums = MonthSums::default();
        sums.of_mut(Trust::Measured).seconds = 60;
        let store = &app.app.store;
        let tx = done(store.begin().await);
        let mut writes = tx.writes();
        writes.study_days(&[(citizen, too_much)]);
        writes.unit_months(&UnitMonths::from([((unit, day.month()), sums)]));
        done(tx.write(writes).await);
        done(tx.commit().await);
        assert_eq!(differing(&app).await, (vec![citizen], vec![unit]));
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["READING MEASURED 120"]);

        let mended = done(ledger::recompute(store, &app.app.policies).await);
        assert_eq!((mended.citizens_differing, mended.units_differing), (vec![citizen], vec![unit]));
        assert_eq!(differing(&app).await, (vec![], vec![]));

        // All that was made from the lines is gone.
        let tx = done(store.begin().await);
        done(tx.study_clear(citizen).await);
        done(tx.commit().await);
        assert_eq!(differing(&app).await, (vec![citizen], vec![]));
        done(ledger::recompute(store, &app.app.policies).await);
        assert_eq!(differing(&app).await, (vec![], vec![]));
        assert_eq!(hours(&app, &learner, &learner.citizen).await, ["READING MEASURED 60"]);
        let officer = app.sign_in(COMMUNE_OFFICER).await;
        let seen = months(&app, &officer, "DEMO-1", day, day).await;
        assert_eq!(figures(&seen), ["MEASURED 60 of 1", "1 active"]);
        app.finish().await;
    }

    async fn what_was_judged_by_an_edition_stays_when_there_is_a_newer_one(app: TestApp) {
        demo(&app).await;
        let before = lesson(&app, LESSON).await;
        let word_count = before["wordCount"].as_i64().unwrap_or_default();
        // Sixty words a minute, twice a day, and never less than two minutes.
        let long_reading = json!([reading(&app, 1, &before["id"], -9000, -10)]);
        let verdict = |words: i64| format!("1 CLIPPED LONGER_THAN_CONTENT {}", 2 * words.max(120));
        let one = app.sign_in(LEARNER_1).await;
        let results = send(&app, &one, &one.citizen, long_reading.clone()).await;
        assert_eq!(verdicts(&results), [verdict(word_count)]);
        let line = row(&app, &results[0]["id"]).await;

        // Editions follow each other in time.
        app.clock.advance_seconds(60);
        let folder = app.folder.path().join("little");
        let file = folder.join("lessons").join(LESSON).with_extension("md");
        let text = done(std::fs::read_to_string(&file));
        let front_matter = text.split("+++").nth(1).unwrap_or_default();
        done(std::fs::write(&file, format!("+++{front_matter}+++\n\nMột hai ba.\n")));
        let report = done(library::import(&app.app.operator(), &folder).await);
        assert_eq!(report.count(&Verdict::Updated), 1, "{report:?}");
        app.drain().await;
        let after = lesson(&app, LESSON).await;
        assert_eq!(after["wordCount"], 3);

        let two = app.sign_in(LEARNER_2).await;
        let results = send(&app, &two, &two.citizen, long_reading).await;
        assert_eq!(verdicts(&results), [verdict(3)]);
        let newer = row(&app, &results[0]["id"]).await;
        for (line, edition, words) in [(&line, &before, word_count), (&newer, &after, 3)] {
            let revision = line.judged.revision.map(|revision| revision.to_string());
            assert_eq!(revision.as_deref(), edition["revision"]["id"].as_str());
            assert_eq!(line.judged.facts.map(|facts| facts.word_count), Some(words));
        }
        assert_eq!(differing(&app).await, (vec![], vec![]));
        app.finish().await;
    }
}
