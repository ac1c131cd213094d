//! What is in an index after a change.

use densach_domain::id::{RevisionId, WorkId};
use densach_search::{Document, SearchError};

use crate::{Index, NONE, Outcome, ask, asking, document, revision, work};

async fn sorted_contents(index: &Index) -> Result<Vec<(WorkId, RevisionId)>, SearchError> {
    let mut contents = index.contents().await?;
    contents.sort();
    Ok(contents)
}

pub(crate) async fn nothing_to_do(index: &Index) -> Outcome {
    index.upsert(Vec::new()).await?;
    index.remove(&[]).await?;
    index.remove(&[work(1)]).await?;
    assert!(index.contents().await?.is_empty());
    assert_eq!(ask(index, "học").await?, NONE);
    assert_eq!(ask(index, "").await?, NONE);
    Ok(())
}

pub(crate) async fn upsert_replaces(index: &Index) -> Outcome {
    index.upsert(vec![document(1, "Toán cao cấp"), document(2, "Vườn rau")]).await?;
    index.upsert(vec![Document { revision: revision(7), ..document(1, "Âm nhạc dân gian") }]).await?;
    assert_eq!(ask(index, "toán").await?, NONE);
    assert_eq!(ask(index, "âm nhạc").await?, [work(1)]);
    assert_eq!(sorted_contents(index).await?, [(work(1), revision(7)), (work(2), revision(1002))]);

    let twice = [(8, "Lịch sử"), (9, "Địa lý")];
    let twice = twice.map(|(number, title)| Document { revision: revision(number), ..document(3, title) });
    index.upsert(twice.into()).await?;
    assert_eq!(ask(index, "lịch sử").await?, NONE);
    assert_eq!(ask(index, "địa lý").await?, [work(3)]);
    assert_eq!(index.contents().await?.len(), 3);
    Ok(())
}

pub(crate) async fn remove(index: &Index) -> Outcome {
    index.upsert((1..=3).map(|number| document(number, "Bài học")).collect()).await?;
    index.remove(&[work(1), work(3), work(99)]).await?;
    assert_eq!(ask(index, "bài học").await?, [work(2)]);
    index.upsert(vec![document(1, "Bài học")]).await?;
    assert_eq!(index.find(&asking("bài học")).await?.total_count, 2);
    Ok(())
}

pub(crate) async fn contents(index: &Index) -> Outcome {
    index.upsert((1..=120).map(|number| document(number, "Bài học")).collect()).await?;
    index.remove(&[work(5)]).await?;
    let expected: Vec<_> = (1..=120)
        .filter(|number| *number != 5)
        .map(|number| (work(number), revision(1000 + number)))
        .collect();
    assert_eq!(sorted_contents(index).await?, expected);
    Ok(())
}

pub(crate) async fn rebuild(index: &Index) -> Outcome {
    index.upsert(vec![document(1, "Toán cao cấp"), document(2, "Âm nhạc")]).await?;
    let fresh = vec![document(2, "Âm nhạc"), document(3, "Vườn rau")];
    let question = asking("âm nhạc");
    let (rebuilt, meanwhile) = tokio::join!(index.rebuild(fresh), index.find(&question));
    rebuilt?;
    assert_eq!(meanwhile?.total_count, 1);
    assert_eq!(sorted_contents(index).await?, [(work(2), revision(1002)), (work(3), revision(1003))]);
    assert_eq!(ask(index, "toán").await?, NONE);
    assert_eq!(ask(index, "vuon rau").await?, [work(3)]);

    index.upsert(vec![document(4, "Lịch sử")]).await?;
    assert_eq!(ask(index, "lịch sử").await?, [work(4)]);
    index.rebuild(Vec::new()).await?;
    assert!(index.contents().await?.is_empty());
    Ok(())
}

pub(crate) async fn check(index: &Index) -> Outcome {
    index.check().await?;
    index.upsert(vec![document(1, "Bài học")]).await?;
    index.check().await?;
    index.rebuild(vec![document(2, "Bài học")]).await?;
    index.check().await?;
    Ok(())
}
