//! Codes, how often they may be asked for, and the sessions that they open.

use densach_domain::Timestamp;
use densach_domain::account::{Challenge, Session};
use densach_domain::id::{ChallengeId, SessionId};
use densach_store::ChallengeRow;
use densach_store::testkit::TestDatabase;
use tokio::task::JoinSet;

use crate::{NOW, account, at, begin, id, sign_in, write};

contract! {
    a_challenge_is_tried_and_used
    a_challenge_allows_only_so_many_tries_at_once
    uses_are_counted_by_window
    a_session_rotates
    sessions_end_alone_and_all_together
    an_ended_or_expired_session_has_no_member
    a_broker_answer_works_once
    old_sign_ins_are_forgotten
}

async fn challenge(db: &TestDatabase, number: u128, expires_at: Timestamp) -> ChallengeId {
    let challenge = Challenge {
        id: id(number),
        phone_hash: [3; 32],
        code_hash: [4; 32],
        created_at: NOW,
        expires_at,
        attempts: 0,
        used_at: None,
    };
    let row = ChallengeRow { challenge, phone_sealed: vec![5, 6] };
    write(db, async |tx| tx.challenge_add(&row).await.unwrap()).await;
    row.challenge.id
}

async fn session(db: &TestDatabase, session: SessionId) -> Option<Session> {
    write(db, async |tx| tx.session_lock(session).await.unwrap()).await
}

async fn a_challenge_is_tried_and_used(db: &TestDatabase) {
    let challenge = challenge(db, 1, at(300)).await;
    let tx = begin(db).await;
    tx.challenge_attempt(challenge).await.unwrap();
    tx.challenge_attempt(challenge).await.unwrap();
    tx.challenge_use(challenge, at(10)).await.unwrap();
    tx.commit().await.unwrap();
    let row = write(db, async |tx| {
        assert!(tx.challenge_lock(id(2)).await.unwrap().is_none());
        tx.challenge_lock(challenge).await.unwrap().unwrap()
    })
    .await;
    assert_eq!(row.phone_sealed, [5, 6]);
    let Challenge { phone_hash, code_hash, created_at, expires_at, attempts, used_at, .. } = row.challenge;
    assert_eq!((phone_hash, code_hash), ([3; 32], [4; 32]));
    assert_eq!((created_at, expires_at), (NOW, at(300)));
    assert_eq!((attempts, used_at), (2, Some(at(10))));
}

async fn a_challenge_allows_only_so_many_tries_at_once(db: &TestDatabase) {
    let challenge = challenge(db, 1, at(300)).await;
    let mut tries = JoinSet::new();
    for _ in 0..16 {
        let store = db.store().clone();
        tries.spawn(async move {
            let tx = store.begin().await.unwrap();
            let allowed = tx.challenge_lock(challenge).await.unwrap().unwrap().challenge.attempts < 5;
            if allowed {
                tx.challenge_attempt(challenge).await.unwrap();
            }
            tx.commit().await.unwrap();
            allowed
        });
    }
    let allowed = tries.join_all().await.into_iter().filter(|allowed| *allowed).count();
    assert_eq!(allowed, 5);
}

async fn uses_are_counted_by_window(db: &TestDatabase) {
    let minute_ms = 60_000;
    assert_eq!(NOW.ms() % minute_ms, 0);
    let count = async |subject: &str, when: Timestamp| {
        write(db, async |tx| tx.rate_count(subject, minute_ms, when).await.unwrap()).await
    };
    assert_eq!(count("phone-1", NOW).await, 1);
    assert_eq!(count("phone-1", at(59)).await, 2);
    assert_eq!(count("phone-2", at(59)).await, 1);
    assert_eq!(count("phone-1", at(60)).await, 1);
    assert_eq!(count("phone-1", at(30)).await, 3);
}

async fn a_session_rotates(db: &TestDatabase) {
    let account = account(db, 1).await;
    let Session { id, device, .. } = sign_in(db, account, 1).await;
    let fresh = session(db, id).await.unwrap();
    assert_eq!((fresh.id, fresh.account, fresh.device), (id, account, device));
    assert_eq!((fresh.refresh_hash, fresh.previous_hash), ([1; 32], None));
    assert_eq!((fresh.created_at, fresh.rotated_at, fresh.expires_at), (NOW, NOW, at(3600)));

    write(db, async |tx| tx.session_rotate(id, &[2; 32], &[1; 32], at(60), at(7200)).await.unwrap()).await;
    let rotated = session(db, id).await.unwrap();
    assert_eq!((rotated.refresh_hash, rotated.previous_hash), ([2; 32], Some([1; 32])));
    assert_eq!((rotated.created_at, rotated.rotated_at, rotated.expires_at), (NOW, at(60), at(7200)));
    assert!(session(db, crate::id(2)).await.is_none());
}

async fn sessions_end_alone_and_all_together(db: &TestDatabase) {
    let (mine, yours) = (account(db, 1).await, account(db, 2).await);
    for (number, account) in [(1, mine), (2, mine), (3, yours)] {
        sign_in(db, account, number).await;
    }
    let tx = begin(db).await;
    tx.session_end(id(1), at(1)).await.unwrap();
    tx.session_end(id(1), at(2)).await.unwrap();
    assert_eq!(tx.session_end_all(mine, at(3)).await.unwrap(), 1);
    assert_eq!(tx.session_end_all(mine, at(4)).await.unwrap(), 0);
    tx.commit().await.unwrap();
    for (number, ended_at) in [(1, Some(at(1))), (2, Some(at(3))), (3, None)] {
        assert_eq!(session(db, id(number)).await.unwrap().ended_at, ended_at, "{number}");
    }
}

async fn an_ended_or_expired_session_has_no_member(db: &TestDatabase) {
    let account = account(db, 1).await;
    let (live, ended) = (sign_in(db, account, 1).await, sign_in(db, account, 2).await);
    let member = async |session, when| db.store().session_member(session, when).await.unwrap();
    assert!(member(ended.id, at(10)).await.is_some());
    write(db, async |tx| tx.session_end(ended.id, at(10)).await.unwrap()).await;
    assert!(member(ended.id, at(10)).await.is_none());
    assert!(member(id(3), at(10)).await.is_none());

    let found = member(live.id, at(3599)).await.unwrap();
    assert_eq!((found.account, found.session, found.device), (account, live.id, live.device));
    assert!(found.citizens.is_empty() && found.grants.is_empty(), "nobody has said who they are");
    assert!(member(live.id, at(3600)).await.is_none());
    write(db, async |tx| tx.session_rotate(live.id, &[2; 32], &[1; 32], at(60), at(7200)).await.unwrap())
        .await;
    assert!(member(live.id, at(7199)).await.is_some());
    assert!(member(live.id, at(7200)).await.is_none());
    write(db, async |tx| tx.session_end_all(account, at(20)).await.unwrap()).await;
    assert!(member(live.id, at(20)).await.is_none());
}

async fn a_broker_answer_works_once(db: &TestDatabase) {
    let tx = begin(db).await;
    tx.oidc_attempt_add(&[1; 32], "broker", vec![7], NOW, at(60)).await.unwrap();
    tx.oidc_attempt_add(&[2; 32], "broker", vec![8], NOW, at(60)).await.unwrap();
    tx.commit().await.unwrap();
    let tx = begin(db).await;
    assert_eq!(tx.oidc_attempt_take(&[1; 32], at(59)).await.unwrap(), Some(vec![7]));
    assert_eq!(tx.oidc_attempt_take(&[1; 32], at(59)).await.unwrap(), None);
    assert_eq!(tx.oidc_attempt_take(&[2; 32], at(60)).await.unwrap(), None);
    tx.commit().await.unwrap();
}

async fn old_sign_ins_are_forgotten(db: &TestDatabase) {
    let account = account(db, 1).await;
    let (old, young) = (challenge(db, 1, at(10)).await, challenge(db, 2, at(5000)).await);
    let (short, long) = (sign_in(db, account, 1).await, sign_in(db, account, 2).await);
    let tx = begin(db).await;
    tx.session_rotate(long.id, &[2; 32], &[1; 32], NOW, at(5000)).await.unwrap();
    tx.rate_count("phone-1", 60_000, NOW).await.unwrap();
    tx.sign_in_forget(at(4000)).await.unwrap();
    assert!(tx.challenge_lock(old).await.unwrap().is_none());
    assert!(tx.challenge_lock(young).await.unwrap().is_some());
    assert!(tx.session_lock(short.id).await.unwrap().is_none());
    assert!(tx.session_lock(long.id).await.unwrap().is_some());
    assert_eq!(tx.rate_count("phone-1", 60_000, NOW).await.unwrap(), 1);
    tx.commit().await.unwrap();
}
