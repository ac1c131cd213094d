//! A folder of lessons: one Markdown file with TOML front matter for each work. Importing says what changed, names
//! everything that is wrong, and is safe to run again. `library/README.md` describes the format.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use densach_blob::BlobKey;
use densach_domain::asset::{AssetRole, MediaType, Sha256};
use densach_domain::id::{AssetId, TopicId, WorkId};
use densach_domain::work::{AssetUse, Book, Content, Item, ItemTarget, WorkKind, check_slug};
use densach_domain::{Code, Problem, Problems};
use densach_store::{JobKind, TopicRow};
use serde::Deserialize;

use crate::upload::{new_asset, sniff};
use crate::writing::check_references;
use crate::{Context, Error, Result};

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Created,
    Updated,
    Unchanged,
    Refused(Vec<Problem>),
}

#[derive(Debug, Clone)]
pub struct Row {
    pub path: PathBuf,
    pub verdict: Verdict,
}

/// What an import did, file by file.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub rows: Vec<Row>,
}

impl Report {
    pub fn count(&self, verdict: &Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == *verdict).count()
    }

    pub fn refused(&self) -> impl Iterator<Item = (&Path, &[Problem])> {
        self.rows.iter().filter_map(|row| match &row.verdict {
            Verdict::Refused(problems) => Some((row.path.as_path(), problems.as_slice())),
            Verdict::Created | Verdict::Updated | Verdict::Unchanged => None,
        })
    }
}

/// The folders of a library and what they hold, in the order in which works can point to earlier ones.
const FOLDERS: [(&str, WorkKind); 5] = [
    ("lessons", WorkKind::Lesson),
    ("videos", WorkKind::Video),
    ("documents", WorkKind::Document),
    ("courses", WorkKind::Course),
    ("reading-lists", WorkKind::ReadingList),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicFile {
    topic: Vec<TopicEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicEntry {
    slug: String,
    name: String,
    name_en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    summary: String,
    topics: Vec<String>,
    level: String,
    audience: Vec<String>,
    language: String,
    licence: String,
    authors: Vec<String>,
    recheck_by: Option<String>,
    #[serde(default)]
    sources: Vec<String>,
    file: Option<PathBuf>,
    cover: Option<PathBuf>,
    #[serde(default)]
    captions: Vec<CaptionsEntry>,
    #[serde(default)]
    items: Vec<ItemEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaptionsEntry {
    language: String,
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ItemEntry {
    Slug(String),
    Entry(ListEntry),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListEntry {
    work: Option<String>,
    book: Option<Book>,
    note: Option<String>,
}

/// Imports a folder. Only the operator may: an import publishes and releases.
pub async fn import(cx: &Context, folder: &Path) -> Result<Report> {
    densach_domain::policy::edits(&cx.actor, cx.now())?;
    let mut report = Report::default();
    let mut changed = import_topics(cx, folder, &mut report).await?;
    cx.caches.topics.invalidate_all();
    let topics = cx.store.topics().await?.into_iter().map(|topic| (topic.slug, topic.id)).collect();
    let importer = Importer { cx, topics };
    for (name, kind) in FOLDERS {
        for path in markdown_files(&folder.join(name)) {
            let verdict = match importer.file(&path, kind).await {
                Ok(verdict) => verdict,
                Err(Error::Invalid(problems)) => Verdict::Refused(problems),
                Err(error) => return Err(error),
            };
            changed |= matches!(verdict, Verdict::Created | Verdict::Updated);
            report.rows.push(Row { path, verdict });
        }
    }
    if report.rows.is_empty() {
        return Err(
            vec![Problem::new(Code::NotFound, folder.display().to_string()).detail("lessons/*.md")].into()
        );
    }
    if changed {
        cx.caches.released_changed();
        let tx = cx.store.begin().await?;
        tx.job_add(cx.new_id(), &JobKind::SearchReconcile, cx.now()).await?;
        tx.commit().await?;
        cx.job_bell.notify_one();
    }
    Ok(report)
}

fn markdown_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_markdown = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(is_markdown).collect();
    files.sort();
    files
}

fn malformed(field: &str, detail: impl std::fmt::Display) -> Error {
    vec![Problem::new(Code::Malformed, field).detail(detail)].into()
}

async fn import_topics(cx: &Context, folder: &Path, report: &mut Report) -> Result<bool> {
    let path = folder.join("topics.toml");
    let Ok(text) = fs::read_to_string(&path) else { return Ok(false) };
    let file: TopicFile = match toml::from_str(&text) {
        Ok(file) => file,
        Err(error) => {
            let problem = Problem::new(Code::Malformed, "topics").detail(error.message());
            report.rows.push(Row { path, verdict: Verdict::Refused(vec![problem]) });
            return Ok(false);
        }
    };
    let known = cx.store.topics().await?;
    let tx = cx.store.begin().await?;
    let mut changed = false;
    for (position, entry) in (1..).zip(file.topic) {
        let same = known.iter().find(|topic| topic.slug == entry.slug);
        let id = same.map_or_else(|| cx.new_id(), |topic| topic.id);
        let topic = TopicRow { id, slug: entry.slug, name: entry.name, name_en: entry.name_en, position };
        if same != Some(&topic) {
            tx.topic_put(&topic).await?;
            changed = true;
        }
    }
    tx.commit().await?;
    Ok(changed)
}

struct Importer<'a> {
    cx: &'a Context,
    topics: HashMap<String, TopicId>,
}

impl Importer<'_> {
    async fn file(&self, path: &Path, kind: WorkKind) -> Result<Verdict> {
        let slug = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if let Some(problem) = check_slug(&slug) {
            return Err(vec![problem].into());
        }
        let text = fs::read_to_string(path).map_err(|error| malformed("file", error))?;
        let (front, body) = split(&text)?;
        let front: FrontMatter =
            toml::from_str(front).map_err(|error| malformed("front matter", located(&error, front)))?;
        let content = self.content(path, front, body).await?;
        let mut problems = content.check_publishable(kind);
        check_references(self.cx, kind, &content, &mut problems).await?;
        problems.into_result(())?;
        self.put(&slug, kind, content).await
    }

    /// Writes, publishes and releases a content, unless it is what stands already.
    async fn put(&self, slug: &str, kind: WorkKind, content: Content) -> Result<Verdict> {
        let cx = self.cx;
        let now = cx.now();
        let tx = cx.store.begin().await?;
        let (work, verdict) = match tx.work_by_slug(slug).await? {
            Some(work) if work.kind != kind => {
                return Err(vec![Problem::new(Code::Duplicate, "slug").detail(work.kind.name())].into());
            }
            Some(work) => {
                let newest = tx.revisions_of(work.id).await?.into_iter().next();
                if newest
                    .as_ref()
                    .is_some_and(|newest| newest.content == content && work.released == Some(newest.id))
                {
                    return Ok(Verdict::Unchanged);
                }
                if tx.revision_draft(work.id).await?.is_some() {
                    // Somebody is at work on it; their draft is not thrown away.
                    return Err(vec![Problem::new(Code::Stale, "draft").detail(slug)].into());
                }
                (work.id, Verdict::Updated)
            }
            None => {
                let id: WorkId = cx.new_id();
                tx.work_add(id, kind, slug, now).await?;
                (id, Verdict::Created)
            }
        };
        let revision = cx.new_id();
        tx.revision_add(revision, work, &content, None, now).await?;
        tx.revision_publish(revision, 1, now).await?;
        if let Some(revision) = tx.revisions(&[revision]).await?.pop() {
            tx.work_release(&revision, "", None, now).await?;
        }
        tx.commit().await?;
        Ok(verdict)
    }

    async fn content(&self, path: &Path, front: FrontMatter, body: &str) -> Result<Content> {
        let mut problems = Problems::default();
        let mut topics = Vec::new();
        for (index, slug) in front.topics.iter().enumerate() {
            match self.topics.get(slug) {
                Some(topic) => topics.push(*topic),
                None => {
                    problems.add(Problem::new(Code::UnknownValue, format!("topics.{index}")).detail(slug))
                }
            }
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut assets = Vec::new();
        let mut duration_seconds = None;
        if let Some(file) = &front.file {
            let file = folder.join(file);
            duration_seconds = mp4_seconds(&file);
            self.attach(&file, AssetRole::Main, None, &mut assets, &mut problems).await?;
        }
        if let Some(cover) = &front.cover {
            self.attach(&folder.join(cover), AssetRole::Cover, None, &mut assets, &mut problems).await?;
        }
        for entry in &front.captions {
            let language = Some(entry.language.clone());
            self.attach(&folder.join(&entry.file), AssetRole::Captions, language, &mut assets, &mut problems)
                .await?;
        }
        let items = self.items(front.items, &mut problems).await?;
        problems
            .into_result(Content {
                title: front.title,
                summary: front.summary,
                body: body.trim().to_owned(),
                language: front.language,
                licence: front.licence,
                level: front.level,
                audience: front.audience,
                topics,
                authors: front.authors,
                sources: front.sources,
                recheck_by: front.recheck_by,
                duration_seconds,
                assets,
                items,
            })
            .map_err(Into::into)
    }

    async fn items(&self, entries: Vec<ItemEntry>, problems: &mut Problems) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let field = format!("items.{index}");
            let entry = match entry {
                ItemEntry::Slug(slug) => ListEntry { work: Some(slug), book: None, note: None },
                ItemEntry::Entry(entry) => entry,
            };
            let target = match (entry.work, entry.book) {
                (Some(slug), None) => match self.cx.store.work_by_slug(&slug).await? {
                    Some(work) => ItemTarget::Work(work.id),
                    None => {
                        problems.add(Problem::new(Code::NotFound, field).detail(slug));
                        continue;
                    }
                },
                (None, Some(book)) => ItemTarget::Book(book),
                (Some(_), Some(_)) | (None, None) => {
                    problems.add(Problem::new(Code::Malformed, field).detail("work | book"));
                    continue;
                }
            };
            items.push(Item { target, note: entry.note });
        }
        Ok(items)
    }

    /// Keeps a file of the folder as an asset; the same bytes are kept once.
    async fn attach(
        &self,
        file: &Path,
        role: AssetRole,
        language: Option<String>,
        assets: &mut Vec<AssetUse>,
        problems: &mut Problems,
    ) -> Result<()> {
        let field = file.display().to_string();
        let stated =
            file.extension().and_then(|extension| extension.to_str()).and_then(MediaType::of_extension);
        let bytes = match (fs::read(file), stated) {
            (Ok(bytes), Some(media)) if sniff(&bytes) == Some(media) => bytes,
            (Ok(_), stated) => {
                let wanted = stated
                    .map_or_else(|| MediaType::ALL.map(MediaType::name).join(", "), |m| m.name().into());
                problems.add(Problem::new(Code::Mismatch, field).detail(wanted));
                return Ok(());
            }
            (Err(error), _) => {
                problems.add(Problem::new(Code::NotFound, field).detail(error));
                return Ok(());
            }
        };
        let media_type = stated.map_or("", MediaType::name);
        let sha256 = Sha256::of(&bytes);
        let asset: AssetId = match self.cx.store.asset_by_sha256(&sha256).await? {
            Some(asset) => asset.id,
            None => {
                let size_bytes = bytes.len() as u64;
                self.cx.blobs.put(&BlobKey::Asset(sha256), bytes.into(), media_type).await?;
                let tx = self.cx.store.begin().await?;
                let id =
                    tx.asset_put(&new_asset(self.cx, sha256, size_bytes, media_type), self.cx.now()).await?;
                tx.commit().await?;
                id
            }
        };
        assets.push(AssetUse { asset, role: role.name().to_owned(), language });
        Ok(())
    }
}

/// The front matter between two lines `+++`, and what follows.
fn split(text: &str) -> Result<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let inner = text.strip_prefix("+++").and_then(|rest| rest.split_once("\n+++"));
    inner.ok_or_else(|| malformed("front matter", "+++ … +++"))
}

/// A TOML error with the line it is about.
fn located(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    line.map_or_else(|| error.message().to_owned(), |line| format!("line {line}: {}", error.message()))
}

/// How long a video runs; `None` when the file is no MP4 that can be read.
fn mp4_seconds(file: &Path) -> Option<u32> {
    let (mp4, _) = re_mp4::Mp4::read_file(file).ok()?;
    let header = &mp4.moov.mvhd;
    let seconds = header.duration.div_ceil(u64::from(header.timescale.max(1)));
    u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_split_off() {
        assert_eq!(split("+++\ntitle = 1\n+++\n\nThân bài").unwrap(), ("\ntitle = 1", "\n\nThân bài"));
        assert_eq!(split("\u{feff}+++\n+++\n").unwrap(), ("", "\n"));
        for text in ["", "title = 1", "+++\ntitle = 1\n", "---\ntitle: 1\n---\n"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
