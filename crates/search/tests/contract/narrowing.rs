//! Filters, pages, listings, and what is refused.

use densach_search::{Document, Query, SearchError};

use crate::{Index, NONE, Outcome, ask, asking, document, work, works};

pub(crate) async fn filters(index: &Index) -> Outcome {
    let text = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let lesson = Document {
        topics: text(&["toan"]),
        level: "co-ban".to_owned(),
        audience: text(&["nguoi-lon"]),
        ..document(1, "Bài học một")
    };
    let video = Document {
        kind: "video".to_owned(),
        topics: text(&["am-nhac", "toan"]),
        level: "nang-cao".to_owned(),
        audience: text(&["tre-em", "nguoi-lon"]),
        ..document(2, "Bài học hai")
    };
    let course = Document {
        kind: "course".to_owned(),
        topics: text(&["tin-hoc"]),
        level: "co-ban".to_owned(),
        audience: text(&["tre-em"]),
        language: "en".to_owned(),
        ..document(3, "Bài học ba")
    };
    index.upsert(vec![lesson, video, course]).await?;

    let all = asking("bài học");
    let some = |value: &str| Some(value.to_owned());
    let cases: [(Query, &[u128]); 10] = [
        (all.clone(), &[1, 2, 3]),
        (Query { kinds: text(&["video"]), ..all.clone() }, &[2]),
        (Query { kinds: text(&["video", "course"]), ..all.clone() }, &[2, 3]),
        (Query { topics: text(&["toan"]), ..all.clone() }, &[1, 2]),
        (Query { topics: text(&["toan", "tin-hoc"]), ..all.clone() }, &[1, 2, 3]),
        (Query { level: some("co-ban"), ..all.clone() }, &[1, 3]),
        (Query { audience: some("tre-em"), ..all.clone() }, &[2, 3]),
        (Query { language: some("en"), ..all.clone() }, &[3]),
        (Query { level: some("co-ban"), audience: some("nguoi-lon"), ..all.clone() }, &[1]),
        (Query { level: some("x\" OR level != \"\\"), ..all.clone() }, &[]),
    ];
    for (query, expected) in cases {
        let found = index.find(&query).await?;
        let mut hits = works(&found);
        hits.sort();
        assert_eq!(hits, expected.iter().copied().map(work).collect::<Vec<_>>(), "{query:?}");
        assert_eq!(found.total_count, expected.len() as u64, "{query:?}");
    }
    Ok(())
}

pub(crate) async fn newest_first_without_words(index: &Index) -> Outcome {
    let video = Document { kind: "video".to_owned(), ..document(2, "Hai") };
    index.upsert(vec![document(3, "Ba"), document(1, "Một"), video]).await?;
    assert_eq!(ask(index, "").await?, [work(3), work(2), work(1)]);
    let lessons = Query { kinds: vec!["lesson".to_owned()], ..asking(" \u{200b}") };
    assert_eq!(works(&index.find(&lessons).await?), [work(3), work(1)]);
    Ok(())
}

pub(crate) async fn pages(index: &Index) -> Outcome {
    index.upsert((1..=7).map(|number| document(number, "Bài học chung")).collect()).await?;
    for text in ["bài học", ""] {
        let mut seen = Vec::new();
        for offset in [0, 3, 6] {
            let query = Query { limit: 3, offset, ..asking(text) };
            let page = index.find(&query).await?;
            assert_eq!(page.total_count, 7, "{text}");
            assert_eq!(works(&page), works(&index.find(&query).await?), "{text}");
            seen.extend(works(&page));
        }
        seen.sort();
        assert_eq!(seen, (1..=7).map(work).collect::<Vec<_>>(), "{text}");
        let behind = Query { offset: 1000, ..asking(text) };
        assert_eq!(works(&index.find(&behind).await?), NONE, "{text}");
    }
    Ok(())
}

pub(crate) async fn only_what_is_within_bounds(index: &Index) -> Outcome {
    for query in [
        Query { limit: 0, ..asking("học") },
        Query { limit: 51, ..asking("học") },
        Query { offset: 1001, ..asking("học") },
        Query { kinds: vec!["lesson".to_owned(); 51], ..asking("học") },
    ] {
        let refused = index.find(&query).await;
        assert!(matches!(refused, Err(SearchError::Refused { .. })), "{query:?}: {refused:?}");
    }
    assert!(index.find(&Query { limit: 50, offset: 1000, ..asking("học") }).await.is_ok());
    Ok(())
}
