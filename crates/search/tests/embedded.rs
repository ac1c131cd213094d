//! The folder of the embedded index: what survives, and what is made good.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use densach_domain::id::{RevisionId, WorkId};
use densach_search::{Document, Query, SearchConfig, SearchError, SearchIndex, open};
use tempfile::TempDir;
use uuid::Uuid;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A folder in which an index is opened again and again.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> std::io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("search")
    }

    async fn open(&self) -> Result<Arc<dyn SearchIndex>, SearchError> {
        open(&SearchConfig { url: format!("embedded:{}", self.path().display()), api_key: None }).await
    }

    /// An index with one document, closed again.
    async fn filled(&self) -> Result<(), SearchError> {
        self.open().await?.upsert(vec![document("Học suốt đời")]).await
    }

    /// A damaged index opens, reports itself, and is rebuilt for good.
    async fn assert_heals(&self) -> Outcome {
        let index = self.open().await?;
        assert_broken(index.check().await);
        assert_broken(index.find(&asking("học")).await);
        assert_broken(index.contents().await);
        assert_broken(index.upsert(vec![document("Một")]).await);
        index.rebuild(vec![document("Học suốt đời")]).await?;
        index.check().await?;
        drop(index);
        assert_eq!(count(&self.open().await?, "hoc suot doi").await?, 1);
        Ok(())
    }
}

fn document(title: &str) -> Document {
    Document {
        work: WorkId::from_uuid(Uuid::from_u128(1)),
        revision: RevisionId::from_uuid(Uuid::from_u128(2)),
        kind: "lesson".to_owned(),
        title: title.to_owned(),
        summary: String::new(),
        body: String::new(),
        topics: Vec::new(),
        topic_names: Vec::new(),
        level: String::new(),
        audience: Vec::new(),
        language: "vi".to_owned(),
        licence: String::new(),
        released_at_ms: 0,
    }
}

fn asking(text: &str) -> Query {
    Query { text: text.to_owned(), ..Query::default() }
}

async fn count(index: &Arc<dyn SearchIndex>, text: &str) -> Result<u64, SearchError> {
    Ok(index.find(&asking(text)).await?.total_count)
}

fn assert_broken<T: std::fmt::Debug>(outcome: Result<T, SearchError>) {
    assert!(matches!(outcome, Err(SearchError::Broken { .. })), "{outcome:?}");
}

fn generations(path: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| name.parse::<u64>().is_ok());
    Ok(names)
}

#[tokio::test]
async fn an_index_survives_its_process() -> Outcome {
    let bench = Bench::new()?;
    bench.filled().await?;
    let index = bench.open().await?;
    assert_eq!(count(&index, "hoc suot doi").await?, 1);
    index.upsert(vec![document("Vườn rau")]).await?;
    drop(index);
    let index = bench.open().await?;
    assert_eq!(count(&index, "hoc suot doi").await?, 0);
    assert_eq!(index.contents().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_rebuild_leaves_one_generation() -> Outcome {
    let bench = Bench::new()?;
    bench.filled().await?;
    let index = bench.open().await?;
    let before = generations(&bench.path())?;
    index.rebuild(vec![document("Vườn rau")]).await?;
    let after = generations(&bench.path())?;
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    drop(index);
    assert_eq!(count(&bench.open().await?, "vuon rau").await?, 1);
    Ok(())
}

#[tokio::test]
async fn an_incomplete_generation_is_swept() -> Outcome {
    let bench = Bench::new()?;
    bench.filled().await?;
    fs::create_dir(bench.path().join("9"))?;
    fs::write(bench.path().join("9/meta.json"), "{")?;
    let index = bench.open().await?;
    assert_eq!(generations(&bench.path())?, ["1"]);
    assert_eq!(count(&index, "hoc suot doi").await?, 1);
    Ok(())
}

#[tokio::test]
async fn damage_is_reported_and_rebuilt() -> Outcome {
    let bench = Bench::new()?;
    bench.filled().await?;
    fs::write(bench.path().join("1/meta.json"), "{")?;
    bench.assert_heals().await?;

    let bench = Bench::new()?;
    bench.filled().await?;
    fs::remove_dir_all(bench.path().join("1"))?;
    bench.assert_heals().await?;

    let bench = Bench::new()?;
    bench.filled().await?;
    fs::write(bench.path().join("CURRENT"), "nonsense")?;
    bench.assert_heals().await?;

    let bench = Bench::new()?;
    bench.filled().await?;
    for entry in fs::read_dir(bench.path().join("1"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "store") {
            let file = File::options().write(true).open(&path)?;
            file.set_len(file.metadata()?.len() / 2)?;
        }
    }
    bench.assert_heals().await
}

#[tokio::test]
async fn a_folder_has_one_user() -> Outcome {
    let bench = Bench::new()?;
    let index = bench.open().await?;
    assert!(matches!(bench.open().await.map(drop), Err(SearchError::Unavailable { .. })));
    drop(index);
    bench.open().await?.check().await?;
    Ok(())
}

#[tokio::test]
async fn a_folder_of_other_things_is_refused() -> Outcome {
    let bench = Bench::new()?;
    fs::create_dir_all(bench.path().join("2024"))?;
    assert!(matches!(bench.open().await.map(drop), Err(SearchError::Refused { .. })));
    assert!(bench.path().join("2024").exists());
    Ok(())
}

#[tokio::test]
async fn bare_letters_find_either_spelling() -> Outcome {
    let bench = Bench::new()?;
    let index = bench.open().await?;
    index.upsert(vec![document("Kĩ năng sống")]).await?;
    for text in ["ky nang", "ki nang", "kỹ năng", "kĩ năng"] {
        assert_eq!(count(&index, text).await?, 1, "{text}");
    }
    Ok(())
}
