//! The ledger of study time: lines, entries, and what is known of the devices that send them.

use std::collections::HashMap;

use densach_domain::Timestamp;
use densach_domain::credit::{
    Book, Clip, Deed, Entry, FAR_UNCERTAINTY_S, Facts, Holding, Reader, confirm, reverse,
};
use densach_domain::device_clock::{Anchor, Basis, Boot, Placed};
use densach_domain::evidence::{Evidence, EvidenceId, Focus, Reason, Run, Source, Standing, Trust};
use densach_domain::id::{CitizenId, DeviceId};
use densach_domain::page::Page;
use densach_store::testkit::TestDatabase;
use densach_store::{DeviceRow, Judged, LineRow, RefusalRow, Said, Store, Tx};
use tokio::task::JoinSet;

use crate::{
    NOW, Student, after, at, begin, by_hand, duplicate, enter, first, holding, id, line, post, put, reading,
    span, student, today, write,
};

contract! {
    every_line_reads_back
    a_number_is_used_once
    lines_page_from_the_newest
    what_was_said_of_a_line_later_is_found
    everybody_with_lines_is_listed
    heads_know_the_last_number_and_the_year_of_birth
    many_at_once_on_one_citizen_all_get_through
    devices_and_their_clocks_read_back
    only_the_latest_runs_of_a_clock_are_remembered
    many_at_once_on_one_device_are_all_counted
    what_a_device_said_is_known
    numbers_that_never_came_are_ranges
    entries_near_come_with_uncertain_ones_from_afar
    entries_about_a_line_come_in_the_order_in_which_they_were_made
}

/// Something from each source, with all that it can say.
fn said(sequence: i64, source: Source) -> Evidence {
    let plain = Evidence { source, ..reading(sequence) };
    let run = Run { boot: format!("boot-{sequence}"), started_ms: 7_200_000, ended_ms: 7_800_000 };
    match source {
        Source::Video => Evidence { run: Some(run), content: Some((0, 600_000)), ..plain },
        Source::Audio => {
            Evidence { run: Some(run), focus: Focus::Audio, content: Some((5, 90_000)), ..plain }
        }
        Source::Reading => Evidence {
            focus: Focus::Background,
            content: Some((250_000, 1_000_000)),
            longest_idle_ms: 45_000,
            ..plain
        },
        Source::Quiz => Evidence { question_count: 12, ..plain },
        Source::Class | Source::Event | Source::Book | Source::Radio => {
            Evidence { work: None, title: format!("\"Học cả đời\" \\ {}\n", source.name()), ..plain }
        }
    }
}

/// A line that says something about an earlier one.
fn correction(who: &Student, number: i64, deed: Deed, target: i64) -> LineRow {
    LineRow {
        deed,
        target: Some(target),
        sequence: None,
        account: Some(id(7)),
        standing: Standing::Officer,
        said: Said { evidence: None, note: "Đã xem sách ở thư viện.".into() },
        ..line(who, number)
    }
}

/// Something that could be read and could not become a line.
fn refusal(sequence: i64, citizen: Option<CitizenId>) -> RefusalRow {
    RefusalRow {
        sequence,
        evidence: Some(reading(sequence)),
        raw: String::new(),
        citizen,
        reason: Reason::UnknownWork,
    }
}

/// Writes down what a device sent and what could not become lines.
async fn refuse(
    tx: &Tx,
    device: DeviceId,
    refusals: &[RefusalRow],
    received_at: Timestamp,
) -> densach_store::Result<()> {
    let rows: Vec<_> = refusals.iter().map(|refusal| (device, refusal.clone(), received_at)).collect();
    put(tx, |writes| writes.ledger_refusals(&rows).unwrap()).await
}

async fn every_line_reads_back(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let judged = |basis| Judged {
        placed: Some(Placed {
            start_ms: NOW.ms() - 1,
            end_ms: at(600).ms(),
            uncertainty_ms: 1250,
            basis,
            lost_ms: 2500,
        }),
        facts: Some(Facts { word_count: 1200, duration_ms: Some(600_000), reader: Reader::Elder }),
        revision: Some(id(9)),
        clipped: Reason::ALL.map(|reason| Clip { reason, stretch: span(-60, 60) }).to_vec(),
        lost_seconds: 2,
        credited_seconds: 540,
        uncertainty_s: 7200,
    };
    let rights = Standing::ALL.into_iter().cycle().zip(Basis::ALL.into_iter().cycle());
    let mut lines: Vec<LineRow> = (1..)
        .zip(Source::ALL)
        .zip(rights)
        .map(|((number, source), (standing, basis))| LineRow {
            account: Some(id(7)),
            standing,
            said: Said { evidence: Some(said(number, source)), note: String::new() },
            judged: judged(basis),
            ..line(&who, number)
        })
        .collect();
    let facts = Facts { word_count: 0, duration_ms: None, reader: Reader::Ordinary };
    lines.extend([
        LineRow { judged: Judged { facts: Some(facts), ..Judged::default() }, ..line(&who, 9) },
        correction(&who, 10, Deed::Confirm, 7),
        correction(&who, 11, Deed::Uphold, 9),
        LineRow { device: None, ..correction(&who, 12, Deed::Reverse, 7) },
        LineRow { deed: Deed::Opening, ..line(&who, 13) },
    ]);
    enter(db, &lines).await;

    let store = db.store();
    assert_eq!(store.ledger_history(who.citizen).await.unwrap(), lines);
    for line in &lines {
        assert_eq!(store.ledger_line(line.id).await.unwrap().as_ref(), Some(line));
    }
    for missing in [(who.citizen, 14), (other.citizen, 1)] {
        let id = EvidenceId { citizen: missing.0, number: missing.1 };
        assert_eq!(store.ledger_line(id).await.unwrap(), None, "{id}");
    }
    assert!(store.ledger_history(other.citizen).await.unwrap().is_empty());
}

async fn a_number_is_used_once(db: &TestDatabase) {
    let (one, other) = (student(db, 1).await, student(db, 2).await);
    enter(db, &[line(&one, 1), line(&other, 1)]).await;
    let again = [
        // In the ledger of a citizen; on a phone; on a phone, whomever it speaks for.
        vec![LineRow { sequence: Some(2), ..line(&one, 1) }],
        vec![LineRow { sequence: Some(1), ..line(&one, 2) }],
        vec![LineRow { device: Some(one.device), sequence: Some(1), ..line(&other, 2) }],
        // Those before it are not written either.
        vec![line(&one, 2), line(&one, 3), line(&one, 3)],
    ];
    for lines in again {
        duplicate(db, async |tx| put(tx, |writes| writes.ledger_lines(&lines).unwrap()).await).await;
    }
    let history = db.store().ledger_history(one.citizen).await.unwrap();
    assert_eq!(history, [line(&one, 1)]);
    let (heads, _) = write(db, async |tx| tx.ledger_heads(&[one.citizen]).await.unwrap()).await;
    assert_eq!(heads[&one.citizen].last_number, 1);

    let refused = [refusal(5, None)];
    write(db, async |tx| refuse(tx, one.device, &refused, NOW).await.unwrap()).await;
    write(db, async |tx| refuse(tx, other.device, &refused, NOW).await.unwrap()).await;
    duplicate(db, async |tx| refuse(tx, one.device, &refused, at(1)).await).await;

    let entry = Entry::add(holding(&one, 1, span(0, 100)));
    post(db, &one, &[entry]).await;
    post(db, &other, &[entry]).await;
    duplicate(db, async |tx| put(tx, |writes| writes.ledger_entries(&[(one.citizen, entry)])).await).await;
    assert_eq!(db.store().ledger_entries(one.citizen).await.unwrap(), [entry]);
}

fn numbers(page: &Page<LineRow>) -> Vec<i64> {
    page.items.iter().map(|line| line.id.number).collect()
}

async fn lines_page_from_the_newest(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let lines: Vec<LineRow> = (1..=5).map(|number| line(&who, number)).collect();
    enter(db, &lines).await;
    enter(db, &[line(&other, 1)]).await;
    let store = db.store();
    let page = store.ledger_lines(who.citizen, &first(2)).await.unwrap();
    assert_eq!((numbers(&page), page.has_next), (vec![5, 4], true));
    assert_eq!(page.items, [lines[4].clone(), lines[3].clone()]);

    // One comes in above the place that was reached.
    enter(db, &[line(&who, 6)]).await;
    let page = store.ledger_lines(who.citizen, &after(2, 4)).await.unwrap();
    assert_eq!((numbers(&page), page.has_next), (vec![3, 2], true));
    let page = store.ledger_lines(who.citizen, &after(2, 2)).await.unwrap();
    assert_eq!((numbers(&page), page.has_next), (vec![1], false));
    let page = store.ledger_lines(who.citizen, &first(6)).await.unwrap();
    assert_eq!((numbers(&page), page.has_next), (vec![6, 5, 4, 3, 2, 1], false));
    let page = store.ledger_lines(id(99), &first(6)).await.unwrap();
    assert_eq!((numbers(&page), page.has_next), (vec![], false));
}

async fn what_was_said_of_a_line_later_is_found(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let confirmed = correction(&who, 4, Deed::Confirm, 1);
    let reversed = correction(&who, 5, Deed::Reverse, 2);
    let upheld = correction(&who, 6, Deed::Uphold, 1);
    let lines = [line(&who, 1), line(&who, 2), line(&who, 3)];
    enter(db, &[&lines[..], &[confirmed.clone(), reversed.clone(), upheld.clone()]].concat()).await;
    enter(db, &[line(&other, 1), correction(&other, 2, Deed::Reverse, 1)]).await;
    let found = async |targets: &[i64]| db.store().ledger_corrections(who.citizen, targets).await.unwrap();
    assert_eq!(found(&[1]).await, [confirmed.clone(), upheld.clone()]);
    assert_eq!(found(&[3, 2, 1]).await, [confirmed, reversed, upheld]);
    assert!(found(&[3, 4]).await.is_empty());
    assert!(found(&[]).await.is_empty());
}

async fn everybody_with_lines_is_listed(db: &TestDatabase) {
    for number in [3, 1, 2] {
        enter(db, &[line(&student(db, number).await, 1)]).await;
    }
    student(db, 4).await;
    let store = db.store();
    assert_eq!(store.ledger_citizens(None, 2).await.unwrap(), [id(1), id(2)]);
    assert_eq!(store.ledger_citizens(Some(id(2)), 2).await.unwrap(), [id(3)]);
    assert!(store.ledger_citizens(Some(id(3)), 2).await.unwrap().is_empty());
}

async fn heads_know_the_last_number_and_the_year_of_birth(db: &TestDatabase) {
    let elder = student(db, 1).await;
    by_hand(db, "UPDATE citizen SET birth_date = '1948-05-19'").await;
    let newcomer = student(db, 2).await;
    enter(db, &[line(&elder, 1), line(&elder, 2)]).await;
    let tx = begin(db).await;
    let heads = async || {
        let (heads, _) = tx.ledger_heads(&[elder.citizen, newcomer.citizen, id(99)]).await.unwrap();
        assert_eq!(heads.len(), 2);
        [&elder, &newcomer].map(|who| (heads[&who.citizen].last_number, heads[&who.citizen].birth_year))
    };
    assert_eq!(heads().await, [(2, Some(1948)), (0, None)]);
    // What the transaction itself wrote counts.
    let lines = [line(&newcomer, 1), line(&elder, 3)];
    put(&tx, |writes| writes.ledger_lines(&lines).unwrap()).await.unwrap();
    assert_eq!(heads().await, [(3, Some(1948)), (1, None)]);
    assert!(tx.ledger_heads(&[]).await.unwrap().0.is_empty());
    tx.commit().await.unwrap();
}

async fn many_at_once_on_one_citizen_all_get_through(db: &TestDatabase) {
    let who = student(db, 1).await;
    let citizen = who.citizen;
    // A second process on the same database, as a worker beside a server.
    let beside = Store::open(&db.options()).await.unwrap();
    let mut tasks = JoinSet::new();
    for sequence in 1..=32 {
        let store = if sequence % 2 == 0 { db.store().clone() } else { beside.clone() };
        let line = line(&who, sequence);
        tasks.spawn(async move {
            let tx = store.begin().await?;
            // Who does not wait for the one before reads its number, and is refused.
            tx.ledger_lock(&[citizen], &[]).await?;
            let (heads, _) = tx.ledger_heads(&[citizen]).await?;
            let number = heads[&citizen].last_number + 1;
            put(&tx, |writes| {
                writes.ledger_lines(&[LineRow { id: EvidenceId { citizen, number }, ..line }]).unwrap();
                writes.study_works(&[(citizen, id(1), 10)]);
            })
            .await?;
            tx.commit().await
        });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
    beside.close().await.unwrap();
    let history = db.store().ledger_history(citizen).await.unwrap();
    let numbers: Vec<i64> = history.iter().map(|line| line.id.number).collect();
    assert_eq!(numbers, (1..=32).collect::<Vec<_>>());
    assert!(db.store().ledger_missing(who.device, 10).await.unwrap().is_empty());
    assert_eq!(db.store().study_works(citizen).await.unwrap(), [(id(1), 320)]);
}

/// A run of a device's clock, met at two readings.
fn boot(name: &str, first_ms: i64, last_ms: i64) -> Boot {
    let anchor = |elapsed_ms| Anchor {
        elapsed_ms,
        earliest_ms: NOW.ms() + elapsed_ms - 500,
        latest_ms: NOW.ms() + elapsed_ms,
    };
    Boot { id: name.into(), first: anchor(first_ms), last: anchor(last_ms) }
}

/// What is known of a device that has sent nothing yet.
fn silent() -> DeviceRow {
    DeviceRow {
        registered_at: NOW,
        highest_sequence: 0,
        received_count: 0,
        latest_end_ms: i64::MIN,
        boots: vec![],
    }
}

async fn known(db: &TestDatabase, device: DeviceId) -> Option<DeviceRow> {
    write(db, async |tx| tx.ledger_devices(&[device]).await.unwrap().remove(&device)).await
}

async fn remember(db: &TestDatabase, devices: &[(DeviceId, DeviceRow)]) {
    write(db, async |tx| put(tx, |writes| writes.ledger_devices(devices).unwrap()).await.unwrap()).await;
}

async fn devices_and_their_clocks_read_back(db: &TestDatabase) {
    let (one, other) = (student(db, 1).await.device, student(db, 2).await.device);
    assert_eq!(known(db, one).await, Some(silent()));
    assert_eq!(known(db, id(99)).await, None);

    let row = |count, boots| DeviceRow {
        highest_sequence: count + 2,
        received_count: count,
        latest_end_ms: at(count).ms(),
        boots,
        ..silent()
    };
    // Runs stay in the order in which they were met, whatever they are called.
    let mine = row(7, vec![boot("b", 0, 10), boot("a", 5, 5)]);
    let theirs = row(1, vec![boot("a", 3, 4)]);
    remember(db, &[(one, mine.clone()), (other, theirs.clone())]).await;
    let both = write(db, async |tx| tx.ledger_devices(&[one, other, id(99)]).await.unwrap()).await;
    assert_eq!(both, HashMap::from([(one, mine.clone()), (other, theirs.clone())]));
    assert_eq!(known(db, one).await, Some(mine));
    assert!(write(db, async |tx| tx.ledger_devices(&[]).await.unwrap()).await.is_empty());

    // What is written takes the place of all that was known.
    let later = row(9, vec![boot("a", -60, 99), boot("c", 1, 2)]);
    remember(db, &[(one, later.clone())]).await;
    assert_eq!(known(db, one).await, Some(later));
    assert_eq!(known(db, other).await, Some(theirs));
}

async fn only_the_latest_runs_of_a_clock_are_remembered(db: &TestDatabase) {
    let device = student(db, 1).await.device;
    let boots: Vec<Boot> =
        (0..20).map(|number| boot(&format!("boot-{number}"), number, number + 5)).collect();
    for (count, kept) in [(16, 0..16), (17, 1..17), (20, 4..20)] {
        let row = DeviceRow { boots: boots[..count].to_vec(), ..silent() };
        remember(db, &[(device, row)]).await;
        assert_eq!(known(db, device).await.unwrap().boots, boots[kept], "of {count}");
    }
}

async fn many_at_once_on_one_device_are_all_counted(db: &TestDatabase) {
    let device = student(db, 1).await.device;
    let beside = Store::open(&db.options()).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..32 {
        let store = if number % 2 == 0 { db.store().clone() } else { beside.clone() };
        tasks.spawn(async move {
            let tx = store.begin().await?;
            // As when a phone speaks for others each time: no citizen is there to wait for.
            tx.ledger_lock(&[], &[device]).await?;
            let mut row = tx.ledger_devices(&[device]).await?.remove(&device).unwrap();
            row.received_count += 1;
            row.highest_sequence += 1;
            put(&tx, |writes| writes.ledger_devices(&[(device, row)]).unwrap()).await?;
            tx.commit().await
        });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
    beside.close().await.unwrap();
    let row = known(db, device).await.unwrap();
    assert_eq!((row.received_count, row.highest_sequence), (32, 32));
}

async fn what_a_device_said_is_known(db: &TestDatabase) {
    let (one, other) = (student(db, 1).await, student(db, 2).await);
    let assisted = Said { evidence: Some(said(2, Source::Quiz)), note: String::new() };
    let lines = [
        line(&one, 1),
        LineRow { device: Some(one.device), sequence: Some(2), said: assisted, ..line(&other, 1) },
        line(&other, 2),
        correction(&one, 2, Deed::Reverse, 1),
    ];
    enter(db, &lines).await;
    // The last one could not even be read.
    let unread = RefusalRow { evidence: None, raw: "{\"source\": \"?\"}".into(), ..refusal(5, None) };
    let refused = [
        RefusalRow { evidence: Some(said(3, Source::Video)), ..refusal(3, Some(other.citizen)) },
        RefusalRow { evidence: Some(said(4, Source::Book)), ..refusal(4, None) },
        RefusalRow { reason: Reason::Malformed, ..unread },
    ];
    write(db, async |tx| refuse(tx, one.device, &refused, NOW).await.unwrap()).await;

    let known = async |device: DeviceId, sequences: &[i64]| {
        let mut known = write(db, async |tx| tx.ledger_known(device, sequences).await.unwrap()).await;
        known.sort_by_key(|known| known.sequence);
        let said = known.into_iter().map(|known| (known.sequence, known.id, known.citizen, known.evidence));
        said.collect::<Vec<_>>()
    };
    let name = |who: &Student, number| Some(EvidenceId { citizen: who.citizen, number });
    let expected = [
        (1, name(&one, 1), Some(one.citizen), Some(reading(1))),
        (2, name(&other, 1), Some(other.citizen), Some(said(2, Source::Quiz))),
        (3, None, Some(other.citizen), Some(said(3, Source::Video))),
        (4, None, None, Some(said(4, Source::Book))),
        (5, None, None, None),
    ];
    assert_eq!(known(one.device, &[6, 5, 4, 3, 2, 1]).await, expected);
    assert_eq!(known(one.device, &[3]).await, expected[2..3]);
    let theirs = (2, name(&other, 2), Some(other.citizen), Some(reading(2)));
    assert_eq!(known(other.device, &[1, 2, 3]).await, [theirs]);
    assert!(known(one.device, &[]).await.is_empty());
}

async fn numbers_that_never_came_are_ranges(db: &TestDatabase) {
    let (one, other) = (student(db, 1).await, student(db, 2).await);
    let missing = async |device: DeviceId, limit| db.store().ledger_missing(device, limit).await.unwrap();
    assert!(missing(one.device, 10).await.is_empty());

    enter(db, &[line(&other, 1), line(&other, 3)]).await;
    write(db, async |tx| refuse(tx, other.device, &[refusal(2, None)], NOW).await.unwrap()).await;
    assert!(missing(other.device, 10).await.is_empty());

    // A correction that came from a phone has none of its numbers.
    let numbered = |number, sequence| LineRow { sequence: Some(sequence), ..line(&one, number) };
    let confirmed = correction(&one, 4, Deed::Confirm, 1);
    enter(db, &[numbered(1, 3), numbered(2, 2), numbered(3, 9), confirmed]).await;
    write(db, async |tx| refuse(tx, one.device, &[refusal(5, None)], NOW).await.unwrap()).await;
    assert_eq!(missing(one.device, 10).await, [(1, 1), (4, 4), (6, 8)]);
    assert_eq!(missing(one.device, 2).await, [(1, 1), (4, 4)]);
    enter(db, &[numbered(5, 1), numbered(6, 7)]).await;
    assert_eq!(missing(one.device, 10).await, [(4, 4), (6, 6), (8, 8)]);
}

async fn entries_near_come_with_uncertain_ones_from_afar(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let on = |number: i64, day: i64, uncertainty_s: i64| {
        let start = day * 86_400 + number * 100;
        Holding { uncertainty_s, ..holding(&who, number, span(start, start + 60)) }
    };
    let near = Entry::add(on(1, 0, FAR_UNCERTAINTY_S - 1));
    let near_and_vague = Entry::add(on(2, 1, FAR_UNCERTAINTY_S));
    let far = Entry::add(on(3, -5, FAR_UNCERTAINTY_S - 1));
    let far_and_vague = Entry::add(on(4, -5, FAR_UNCERTAINTY_S));
    let ahead_and_vague = Entry::add(on(5, 40, 1_000_000));
    let taken_back = Entry::reverse(6, far_and_vague.holding);
    let all = [near, near_and_vague, far, far_and_vague, ahead_and_vague, taken_back];
    post(db, &who, &all).await;
    let theirs = Holding { uncertainty_s: FAR_UNCERTAINTY_S, ..holding(&other, 1, span(0, 60)) };
    let theirs = Entry::add(theirs);
    post(db, &other, &[theirs]).await;

    let both = [who.citizen, other.citizen];
    let around = async |from: i32, to: i32| {
        let (from, to) = (today().plus_days(from), today().plus_days(to));
        let mut near = write(db, async |tx| tx.ledger_entries_near(&both, from, to).await.unwrap()).await;
        assert_eq!(near.remove(&other.citizen), Some(vec![theirs]));
        near.remove(&who.citizen).unwrap_or_default()
    };
    let vague = [near_and_vague, far_and_vague, ahead_and_vague, taken_back];
    assert_eq!(around(10, 12).await, vague);
    let with_near = [near, near_and_vague, far_and_vague, ahead_and_vague, taken_back];
    assert_eq!(around(0, 0).await, with_near);
    // Whatever lies on the days and is uncertain too comes once.
    assert_eq!(around(0, 1).await, with_near);
    assert_eq!(around(-5, -5).await, [near_and_vague, far, far_and_vague, ahead_and_vague, taken_back]);
    assert_eq!(around(-9, 99).await, all);

    let tx = begin(db).await;
    let of = async |citizens: &[CitizenId]| tx.ledger_entries_near(citizens, today(), today()).await.unwrap();
    assert_eq!(of(&[who.citizen, id(99)]).await, HashMap::from([(who.citizen, with_near.to_vec())]));
    assert!(of(&[]).await.is_empty());
    tx.commit().await.unwrap();
}

async fn entries_about_a_line_come_in_the_order_in_which_they_were_made(db: &TestDatabase) {
    let who = student(db, 1).await;
    let claimed = |from, to| {
        let held = holding(&who, 1, span(from, to));
        Entry::add(Holding { source: Source::Book, trust: Trust::Claimed, work: None, ..held })
    };
    let made = [claimed(0, 100), claimed(200, 260), claimed(86_400, 86_500)];
    let played = holding(&who, 2, span(300, 390));
    let played = Holding { source: Source::Video, content: Some((0, 90_000)), uncertainty_s: 3, ..played };
    let beside = [Entry::add(played)];
    let mut book = Book::open(made.into_iter().chain(beside), HashMap::new());
    let confirmed = confirm(3, 1, &mut book);
    let reversed = reverse(4, 1, &mut book);
    assert_eq!((confirmed.len(), reversed.len()), (6, 3));

    // They are written in another order.
    let mut all = [made.to_vec(), beside.to_vec(), confirmed.clone(), reversed.clone()].concat();
    all.reverse();
    post(db, &who, &all).await;
    all.reverse();
    let store = db.store();
    let stored = store.ledger_entries(who.citizen).await.unwrap();
    assert_eq!(stored, all);
    let about = async |lines: &[i64]| store.ledger_entries_of(who.citizen, lines).await.unwrap();
    assert_eq!(about(&[1]).await, [made.to_vec(), confirmed, reversed].concat());
    assert_eq!(about(&[2]).await, beside);
    assert_eq!(about(&[2, 1]).await, all);
    assert!(about(&[3, 4]).await.is_empty());
    assert!(about(&[]).await.is_empty());
    assert!(store.ledger_entries(id(99)).await.unwrap().is_empty());
    // A book that is opened with them stands where it stood.
    let reopened = Book::open(stored, HashMap::new());
    assert!(reopened.holdings().eq(&[played]));
}
