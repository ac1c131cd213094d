//! Videos of two hours to study: long enough that a hundred minutes of one are a hundred different minutes.

use densach_domain::Timestamp;
use densach_domain::id::{Id, RevisionId, WorkId};
use densach_domain::work::{Content, WorkKind};
use densach_store::Store;
use uuid::Uuid;

use crate::Outcome;

const WORKS: usize = 20;
const DURATION_SECONDS: u32 = 7200;

fn new<I: Id>() -> I {
    I::from_uuid(Uuid::now_v7())
}

pub async fn add(store: &Store, at: Timestamp) -> Outcome<Vec<WorkId>> {
    let tx = store.begin().await?;
    let mut works = Vec::with_capacity(WORKS);
    for index in 0..WORKS {
        let (work, revision): (WorkId, RevisionId) = (new(), new());
        tx.work_add(work, WorkKind::Video, &format!("bai-giang-do-{index}"), at).await?;
        tx.revision_add(revision, work, &content(index), None, at).await?;
        tx.revision_publish(revision, 1, at).await?;
        let published = tx.revisions(&[revision]).await?.pop().ok_or("a revision is not there")?;
        tx.work_release(&published, "", None, at).await?;
        works.push(work);
    }
    tx.commit().await?;
    Ok(works)
}

fn content(index: usize) -> Content {
    Content {
        title: format!("Bài giảng đo thử số {index}"),
        summary: "Hai giờ học cùng cả nhà.".to_owned(),
        body: "Nội dung của bài giảng.".to_owned(),
        language: "vi".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
        level: "basic".to_owned(),
        audience: vec!["everyone".to_owned()],
        topics: Vec::new(),
        authors: vec!["Nhóm biên soạn Đèn Sách".to_owned()],
        sources: vec!["https://example.org/nguon-1".to_owned()],
        recheck_by: None,
        duration_seconds: Some(DURATION_SECONDS),
        assets: Vec::new(),
        items: Vec::new(),
    }
}
