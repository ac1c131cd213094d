//! Which words find which documents, in which order, and how they are shown.

use densach_search::Document;

use crate::{Index, NONE, Outcome, ask, asking, document, joined, matched, work};

/// `Học suốt đời` with every mark apart from its letter.
const DECOMPOSED: &str = "Ho\u{323}c suo\u{302}\u{301}t \u{111}o\u{31b}\u{300}i";

pub(crate) async fn words_without_marks(index: &Index) -> Outcome {
    index.upsert(vec![document(1, "Học suốt đời là gì?"), document(2, "Nấu ăn ngon mỗi ngày")]).await?;
    for text in ["hoc suot doi", "học suốt đời", "HỌC SUỐT ĐỜI", "hoc suốt doi", "  hoc,suot;doi  "]
    {
        assert_eq!(ask(index, text).await?.first(), Some(&work(1)), "{text}");
    }
    assert_eq!(ask(index, "nau an").await?, [work(2)]);
    assert_eq!(ask(index, "vắng bóng").await?, NONE);
    Ok(())
}

pub(crate) async fn decomposed_text(index: &Index) -> Outcome {
    index.upsert(vec![document(1, "Học suốt đời"), document(2, DECOMPOSED)]).await?;
    for text in [DECOMPOSED, "Học suốt đời"] {
        let mut found = ask(index, text).await?;
        found.sort();
        assert_eq!(found, [work(1), work(2)], "{text}");
    }
    Ok(())
}

pub(crate) async fn every_spelling_of_a_syllable(index: &Index) -> Outcome {
    let titles = ["Hòa bình", "Thuỷ điện", "Kĩ năng sống", "Ðời người"];
    let documents = (1..).zip(titles).map(|(number, title)| document(number, title));
    index.upsert(documents.collect()).await?;
    for (text, number) in [
        ("hoà bình", 1),
        ("hòa bình", 1),
        ("hoa binh", 1),
        ("thủy điện", 2),
        ("kỹ năng", 3),
        ("đời người", 4),
        ("doi nguoi", 4),
    ] {
        assert_eq!(ask(index, text).await?, [work(number)], "{text}");
    }
    Ok(())
}

pub(crate) async fn exact_marks_first(index: &Index) -> Outcome {
    index
        .upsert(vec![document(1, "Con dương xỉ trong vườn"), document(2, "Con đường đi tới trường")])
        .await?;
    assert_eq!(ask(index, "đường").await?, [work(2), work(1)]);
    assert_eq!(ask(index, "dương").await?, [work(1), work(2)]);
    let mut bare = ask(index, "duong").await?;
    bare.sort();
    assert_eq!(bare, [work(1), work(2)]);
    Ok(())
}

pub(crate) async fn a_word_being_typed(index: &Index) -> Outcome {
    index.upsert(vec![document(1, "Học suốt đời"), document(2, "Nấu ăn ngon")]).await?;
    for text in ["hoc su", "học suố", "h", "su"] {
        assert_eq!(ask(index, text).await?, [work(1)], "{text}");
    }
    Ok(())
}

pub(crate) async fn all_of_two_words_and_half_of_many(index: &Index) -> Outcome {
    index.upsert(vec![document(1, "Học suốt đời là gì?"), document(2, "Học bơi")]).await?;
    assert_eq!(ask(index, "học bơi").await?, [work(2)]);
    let question = "cho hỏi học suốt đời là gì vậy thầy";
    assert_eq!(ask(index, question).await?.first(), Some(&work(1)));
    Ok(())
}

pub(crate) async fn every_field(index: &Index) -> Outcome {
    index
        .upsert(vec![
            Document { summary: "Vài cách giữ vườn rau.".to_owned(), ..document(1, "Một") },
            Document { body: "Đo huyết áp\nmỗi sáng.".to_owned(), ..document(2, "Hai") },
            Document { topic_names: vec!["Kỹ năng số".to_owned()], ..document(3, "Ba") },
        ])
        .await?;
    for (text, number) in [("vườn rau", 1), ("huyet ap", 2), ("kỹ năng số", 3), ("ky nang so", 3), ("hai", 2)]
    {
        assert_eq!(ask(index, text).await?, [work(number)], "{text}");
    }
    Ok(())
}

pub(crate) async fn matches_set_off_with_their_marks(index: &Index) -> Outcome {
    let body = format!("{}con đường đi tới trường.{}", "Chữ nghĩa. ".repeat(60), " Chữ nghĩa.".repeat(60));
    index.upsert(vec![Document { body, ..document(1, "Học suốt đời là gì?") }]).await?;

    let found = index.find(&asking("hoc suot doi")).await?;
    let title = found.hits.first().map(|hit| hit.title.as_slice()).unwrap_or_default();
    assert_eq!(joined(title), "Học suốt đời là gì?");
    assert_eq!(matched(title), ["Học suốt đời"]);

    let found = index.find(&asking("con duong ")).await?;
    let snippet = found.hits.first().map(|hit| hit.snippet.as_slice()).unwrap_or_default();
    assert_eq!(matched(snippet), ["con đường"]);
    let length = joined(snippet).split_whitespace().count();
    assert!((25..40).contains(&length), "{length} words: {}", joined(snippet));
    Ok(())
}

pub(crate) async fn any_text(index: &Index) -> Outcome {
    index.upsert(vec![document(1, "Học suốt đời")]).await?;
    for text in ["", " ", "\n\t", "\u{200b}\u{feff}\u{2060}"] {
        assert_eq!(ask(index, text).await?, [work(1)], "{text:?}");
    }
    for text in ["?!…", "🎓🎓", "\"", "\\", "()[]{}<>", "* : ^ ~", "\u{301}\u{301}"] {
        assert_eq!(ask(index, text).await?, NONE, "{text:?}");
    }
    let long = ["học ".repeat(2500), "a".repeat(10_000), "🎓".repeat(10_000), "\u{200b}".repeat(10_000)];
    for text in long {
        ask(index, &text).await?;
    }
    for text in
        ["học AND OR NOT", "title:học", "học\0suốt", "học🎓suốt", "-học", "\"học suốt\"", "日本語 ไทย"]
    {
        ask(index, text).await?;
    }
    Ok(())
}
