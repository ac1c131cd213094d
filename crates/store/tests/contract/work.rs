//! Works, their revisions and releases.

use densach_domain::Timestamp;
use densach_domain::id::{RevisionId, TopicId, WorkId};
use densach_domain::work::{RevisionState, WorkKind};
use densach_store::testkit::TestDatabase;
use densach_store::{ReleasedRow, Tx, WorkFilter};

use crate::{NOW, account, after, at, begin, content, drafted, duplicate, first, id, number, topic, write};

contract! {
    a_draft_is_saved_from_its_latest_version_only
    a_published_revision_is_frozen
    a_work_has_one_draft
    a_slug_is_taken_once
    a_release_points_to_one_revision
    released_works_page_newest_first_and_stay_stable
    released_works_are_filtered_by_kind_and_topic
    a_withdrawn_work_is_in_no_list
    testers_are_named_for_a_work
}

async fn topics(db: &TestDatabase) -> [TopicId; 2] {
    let tx = begin(db).await;
    tx.topic_put(&topic(1)).await.unwrap();
    tx.topic_put(&topic(2)).await.unwrap();
    tx.commit().await.unwrap();
    [id(1), id(2)]
}

async fn publish(tx: &Tx, revision: RevisionId, when: Timestamp, topics: &[TopicId]) {
    assert!(tx.revision_save(revision, 1, &content("Bài", topics)).await.unwrap());
    assert!(tx.revision_publish(revision, 2, when).await.unwrap());
    let published = tx.revisions(&[revision]).await.unwrap().remove(0);
    tx.work_release(&published, "Bản đầu", None, when).await.unwrap();
}

async fn released(
    db: &TestDatabase,
    number: u128,
    kind: WorkKind,
    topics: &[TopicId],
    when: Timestamp,
) -> WorkId {
    let (work, revision) = (id(number), id(number));
    let tx = begin(db).await;
    tx.work_add(work, kind, &format!("work-{number}"), NOW).await.unwrap();
    tx.revision_add(revision, work, &content("Nháp", &[]), None, NOW).await.unwrap();
    publish(&tx, revision, when, topics).await;
    tx.commit().await.unwrap();
    work
}

fn work_numbers(rows: &[ReleasedRow]) -> Vec<u128> {
    rows.iter().map(|row| number(row.work)).collect()
}

async fn a_draft_is_saved_from_its_latest_version_only(db: &TestDatabase) {
    let (work, revision) = drafted(db, 1, "Một").await;
    let draft = db.store().revision_draft(work).await.unwrap().unwrap();
    assert_eq!((draft.id, draft.work), (revision, work));
    assert_eq!((draft.kind, draft.slug.as_str()), (WorkKind::Lesson, "work-1"));
    assert_eq!((draft.number, draft.version, draft.state), (1, 1, RevisionState::Draft));
    assert_eq!((draft.created_at, draft.published_at), (NOW, None));
    assert_eq!(draft.content, content("Một", &[]));
    let tx = begin(db).await;
    assert!(tx.revision_save(revision, 1, &content("Hai", &[])).await.unwrap());
    assert!(!tx.revision_save(revision, 1, &content("Ba", &[])).await.unwrap());
    tx.commit().await.unwrap();
    let draft = db.store().revision_draft(work).await.unwrap().unwrap();
    assert_eq!((draft.version, draft.content.title.as_str()), (2, "Hai"));
}

async fn a_published_revision_is_frozen(db: &TestDatabase) {
    let (work, revision) = drafted(db, 1, "Một").await;
    let tx = begin(db).await;
    assert!(!tx.revision_publish(revision, 2, at(10)).await.unwrap(), "not the version that was read");
    assert!(tx.revision_publish(revision, 1, at(10)).await.unwrap());
    assert!(!tx.revision_publish(revision, 1, at(20)).await.unwrap());
    assert!(!tx.revision_save(revision, 1, &content("Hai", &[])).await.unwrap());
    tx.commit().await.unwrap();
    assert!(db.store().revision_draft(work).await.unwrap().is_none());
    let published = db.store().revisions(&[revision]).await.unwrap().remove(0);
    assert_eq!((published.state, published.version), (RevisionState::Published, 1));
    assert_eq!((published.content.title.as_str(), published.published_at), ("Một", Some(at(10))));
}

async fn a_work_has_one_draft(db: &TestDatabase) {
    let (work, revision) = drafted(db, 1, "Một").await;
    duplicate(db, async |tx| tx.revision_add(id(2), work, &content("Hai", &[]), None, NOW).await).await;
    let tx = begin(db).await;
    assert!(tx.revision_publish(revision, 1, at(10)).await.unwrap());
    tx.revision_add(id(2), work, &content("Hai", &[]), None, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    let revisions = db.store().revisions_of(work).await.unwrap();
    let revisions: Vec<_> =
        revisions.iter().map(|one| (one.number, one.state, one.content.title.as_str())).collect();
    assert_eq!(revisions, [(2, RevisionState::Draft, "Hai"), (1, RevisionState::Published, "Một")]);
}

async fn a_slug_is_taken_once(db: &TestDatabase) {
    let (work, _) = drafted(db, 1, "Một").await;
    duplicate(db, async |tx| tx.work_add(id(2), WorkKind::Video, "work-1", NOW).await).await;
    assert_eq!(db.store().work_by_slug("work-1").await.unwrap().unwrap().id, work);
    assert!(db.store().work_by_slug("work-2").await.unwrap().is_none());
}

async fn a_release_points_to_one_revision(db: &TestDatabase) {
    let [old, new] = topics(db).await;
    let ((work, one), two) = (drafted(db, 1, "Một").await, id(2));
    let unreleased = db.store().works(&[work]).await.unwrap().remove(0);
    assert_eq!((unreleased.kind, unreleased.slug.as_str()), (WorkKind::Lesson, "work-1"));
    assert_eq!((unreleased.released, unreleased.released_at), (None, None));

    let tx = begin(db).await;
    publish(&tx, one, at(10), &[old]).await;
    tx.revision_add(two, work, &content("Hai", &[]), None, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    let listed = db.store().works_released(WorkFilter::default(), &first(10)).await.unwrap().items;
    assert_eq!((listed[0].revision, listed[0].released_at), (one, at(10)), "a draft changes nothing");

    write(db, async |tx| publish(tx, two, at(30), &[new]).await).await;
    let work = db.store().works(&[work]).await.unwrap().remove(0);
    assert_eq!((work.released, work.released_at), (Some(two), Some(at(30))));
    for (topic, count) in [(old, 0), (new, 1)] {
        let filter = WorkFilter { topic: Some(topic), ..WorkFilter::default() };
        assert_eq!(db.store().works_released_count(filter).await.unwrap(), count);
    }
}

async fn released_works_page_newest_first_and_stay_stable(db: &TestDatabase) {
    drafted(db, 9, "Nháp").await;
    // Two at the same moment, so that the id decides.
    for (number, when) in [(1, at(10)), (2, at(20)), (3, at(20)), (4, at(30))] {
        released(db, number, WorkKind::Lesson, &[], when).await;
    }
    let everything = WorkFilter::default();
    let mut page = db.store().works_released(everything, &first(2)).await.unwrap();
    let mut seen = work_numbers(&page.items);
    assert_eq!(seen, [4, 3]);

    // One comes in before the place that was reached, one after it.
    released(db, 5, WorkKind::Lesson, &[], at(40)).await;
    released(db, 6, WorkKind::Lesson, &[], at(5)).await;
    while page.has_next {
        let last = page.items.last().unwrap();
        let next = after(2, (last.released_at, last.work));
        page = db.store().works_released(everything, &next).await.unwrap();
        seen.extend(work_numbers(&page.items));
    }
    assert_eq!(seen, [4, 3, 2, 1, 6]);
    assert_eq!(db.store().works_released_count(everything).await.unwrap(), 6);

    let by_id = db.store().works_released_after(None, 4).await.unwrap();
    assert_eq!(work_numbers(&by_id), [1, 2, 3, 4]);
    let by_id = db.store().works_released_after(Some(id(4)), 4).await.unwrap();
    assert_eq!(work_numbers(&by_id), [5, 6]);
}

async fn released_works_are_filtered_by_kind_and_topic(db: &TestDatabase) {
    let [one, two] = topics(db).await;
    released(db, 1, WorkKind::Lesson, &[one], at(10)).await;
    released(db, 2, WorkKind::Lesson, &[one, two], at(20)).await;
    released(db, 3, WorkKind::Video, &[one], at(30)).await;
    released(db, 4, WorkKind::Lesson, &[two], at(40)).await;
    let cases: [(Option<WorkKind>, Option<TopicId>, &[u128]); 5] = [
        (None, None, &[4, 3, 2, 1]),
        (Some(WorkKind::Lesson), None, &[4, 2, 1]),
        (None, Some(one), &[3, 2, 1]),
        (Some(WorkKind::Lesson), Some(one), &[2, 1]),
        (Some(WorkKind::Course), Some(one), &[]),
    ];
    for (kind, topic, expected) in cases {
        let filter = WorkFilter { kind, topic };
        let mut seen = Vec::new();
        let mut page = db.store().works_released(filter, &first(1)).await.unwrap();
        while let Some(last) = page.items.last() {
            seen.extend(work_numbers(&page.items));
            let next = after(1, (last.released_at, last.work));
            page = db.store().works_released(filter, &next).await.unwrap();
        }
        assert_eq!(seen, expected, "{filter:?}");
        let count = db.store().works_released_count(filter).await.unwrap();
        assert_eq!(usize::try_from(count).unwrap(), expected.len(), "{filter:?}");
    }
}

async fn a_withdrawn_work_is_in_no_list(db: &TestDatabase) {
    let [topic, _] = topics(db).await;
    let gone = released(db, 1, WorkKind::Lesson, &[topic], at(10)).await;
    released(db, 2, WorkKind::Lesson, &[topic], at(20)).await;
    let tx = begin(db).await;
    assert!(tx.work_withdraw(gone).await.unwrap());
    assert!(!tx.work_withdraw(gone).await.unwrap());
    tx.commit().await.unwrap();
    for topic in [None, Some(topic)] {
        let filter = WorkFilter { kind: None, topic };
        let page = db.store().works_released(filter, &first(10)).await.unwrap();
        assert_eq!(work_numbers(&page.items), [2]);
    }
    assert_eq!(work_numbers(&db.store().works_released_after(None, 10).await.unwrap()), [2]);
    assert_eq!(db.store().works(&[gone]).await.unwrap()[0].released, None);
    assert_eq!(db.store().revisions_of(gone).await.unwrap().len(), 1);
    assert_eq!(db.store().revisions_released_last(&[gone]).await.unwrap(), [(gone, id(1))]);
}

async fn testers_are_named_for_a_work(db: &TestDatabase) {
    let tester = account(db, 1).await;
    let ((mine, _), (other, _)) = (drafted(db, 1, "Một").await, drafted(db, 2, "Hai").await);
    let tx = begin(db).await;
    tx.tester_add(mine, tester, NOW).await.unwrap();
    tx.tester_add(mine, tester, at(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().works_tested_by(tester, &[mine, other]).await.unwrap(), [mine]);
    assert!(db.store().works_tested_by(id(2), &[mine, other]).await.unwrap().is_empty());
    assert!(db.store().works_tested_by(tester, &[]).await.unwrap().is_empty());
}
