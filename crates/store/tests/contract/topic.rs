//! Topics.

use densach_store::TopicRow;
use densach_store::testkit::TestDatabase;

use crate::{begin, id, topic};

contract! {
    topics_keep_their_id_and_take_new_names
}

async fn topics_keep_their_id_and_take_new_names(db: &TestDatabase) {
    let last = TopicRow { position: 2, ..topic(1) };
    let first = TopicRow { position: 1, ..topic(2) };
    let renamed = TopicRow { id: id(9), name: "Tên mới".into(), position: 0, ..topic(1) };
    let tx = begin(db).await;
    tx.topic_put(&last).await.unwrap();
    tx.topic_put(&first).await.unwrap();
    assert_eq!(tx.topics().await.unwrap(), [first.clone(), last]);
    tx.topic_put(&renamed).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().topics().await.unwrap(), [TopicRow { id: id(1), ..renamed }, first]);
}
