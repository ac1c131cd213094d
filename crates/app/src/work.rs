//! Reading works. The public sees the released revision; editors and named testers may also see a draft.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use densach_domain::actor::{Actor, Role};
use densach_domain::asset::Asset;
use densach_domain::id::{AssetId, RevisionId, WorkId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::policy::{self, Refusal};
use densach_domain::work::{Revision, RevisionState, Work, check_slug};
use densach_domain::{Timestamp, work::WorkKind};
pub use densach_store::{ProgressRow, WorkFilter};

use densach_blob::BlobKey;
use densach_domain::id::CitizenId;

use crate::{Context, Error, Result};

/// A revision as it is shown. The HTML is made at the first reading and kept as long as the revision is.
#[derive(Debug)]
pub struct Edition {
    pub revision: Revision,
    html: OnceLock<String>,
}

impl Edition {
    fn new(revision: Revision) -> Self {
        Self { revision, html: OnceLock::new() }
    }

    /// The body as an HTML subset: what Markdown says; raw HTML in it is shown as text, never run.
    pub fn html(&self) -> &str {
        self.html.get_or_init(|| html(&self.revision.content.body))
    }

    /// About how many bytes it takes in memory, with its HTML.
    pub(crate) fn weight(&self) -> usize {
        let content = &self.revision.content;
        1024 + content.body.len() * 3
            + content.summary.len()
            + content.items.len() * 64
            + content.assets.len() * 64
    }
}

fn html(markdown: &str) -> String {
    use pulldown_cmark::{CowStr, Event, Options, Parser, Tag};
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) if !is_address(&dest_url) => {
            Event::Start(Tag::Link { link_type, dest_url: CowStr::Borrowed("#"), title, id })
        }
        other => other,
    });
    let mut html = String::with_capacity(markdown.len() * 5 / 4);
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

/// A link may lead to the web, to a telephone, or within the library; never to a script.
fn is_address(url: &str) -> bool {
    ["https://", "http://", "tel:", "mailto:", "#", "/"].iter().any(|start| url.starts_with(start))
}

/// A work with the edition that this actor is shown.
#[derive(Debug, Clone)]
pub struct WorkView {
    /// When the public could first read this edition; absent for a draft.
    pub released_at: Option<Timestamp>,
    pub edition: Arc<Edition>,
}

impl WorkView {
    pub fn id(&self) -> WorkId {
        self.edition.revision.work
    }

    pub fn kind(&self) -> WorkKind {
        self.edition.revision.kind
    }
}

/// Released works, newest first.
pub async fn released(
    cx: &Context,
    filter: WorkFilter,
    page: &PageRequest<(Timestamp, WorkId)>,
) -> Result<Page<WorkView>> {
    let key = (filter, page.clone());
    let page = match cx.caches.lists.get(&key) {
        Some(page) => page,
        None => {
            let page = Arc::new(cx.store.works_released(filter, page).await?);
            cx.caches.lists.insert(key, page.clone());
            page
        }
    };
    let editions = published(cx, page.items.iter().map(|row| row.revision)).await?;
    let views = page.items.iter().filter_map(|row| {
        let edition = editions.get(&row.revision)?.clone();
        Some(WorkView { released_at: Some(row.released_at), edition })
    });
    Ok(Page { items: views.collect(), has_next: page.has_next })
}

pub async fn released_count(cx: &Context, filter: WorkFilter) -> Result<i64> {
    Ok(cx.store.works_released_count(filter).await?)
}

/// These works as the public sees them; one that is not released is left out.
pub async fn many(cx: &Context, ids: &[WorkId]) -> Result<HashMap<WorkId, WorkView>> {
    let mut works = Vec::with_capacity(ids.len());
    let mut missing = Vec::new();
    for id in ids {
        match cx.caches.works.get(id) {
            Some(work) => works.push(work),
            None => missing.push(*id),
        }
    }
    works.extend(keep(cx, cx.store.works(&missing).await?));
    views(cx, &works).await
}

/// The same, straight from the store: for what must not be a second old.
pub(crate) async fn many_now(cx: &Context, ids: &[WorkId]) -> Result<HashMap<WorkId, WorkView>> {
    let works: Vec<_> = keep(cx, cx.store.works(ids).await?).collect();
    views(cx, &works).await
}

fn keep(cx: &Context, works: Vec<Work>) -> impl Iterator<Item = Arc<Work>> {
    works.into_iter().map(|work| {
        let work = Arc::new(work);
        cx.caches.slugs.insert(work.slug.clone(), work.id);
        cx.caches.works.insert(work.id, work.clone());
        work
    })
}

pub async fn by_id(cx: &Context, id: WorkId) -> Result<WorkView> {
    many(cx, &[id]).await?.remove(&id).ok_or(Error::NotFound)
}

pub async fn by_slug(cx: &Context, slug: &str) -> Result<WorkView> {
    if check_slug(slug).is_some() {
        return Err(Error::NotFound);
    }
    let id = match cx.caches.slugs.get(slug) {
        Some(id) => id,
        None => {
            let work = cx.store.work_by_slug(slug).await?.ok_or(Error::NotFound)?;
            let id = work.id;
            keep(cx, vec![work]).for_each(drop);
            id
        }
    };
    by_id(cx, id).await
}

async fn views(cx: &Context, works: &[Arc<Work>]) -> Result<HashMap<WorkId, WorkView>> {
    let editions = published(cx, works.iter().filter_map(|work| work.released)).await?;
    let view = |work: &Arc<Work>| {
        let edition = editions.get(&work.released?)?.clone();
        Some((work.id, WorkView { released_at: work.released_at, edition }))
    };
    Ok(works.iter().filter_map(view).collect())
}

/// The draft of a work, for its editors and for the testers who were named.
pub async fn draft(cx: &Context, work: WorkId) -> Result<WorkView> {
    may_preview(cx, work).await?;
    let revision = cx.store.revision_draft(work).await?.ok_or(Error::NotFound)?;
    Ok(WorkView { released_at: None, edition: Arc::new(Edition::new(revision)) })
}

/// Any edition of a work, for its editors and testers; the public sees the released one only.
pub async fn edition(cx: &Context, id: RevisionId) -> Result<WorkView> {
    let revision = cx.store.revisions(&[id]).await?.pop().ok_or(Error::NotFound)?;
    let released = cx.store.works(&[revision.work]).await?.pop().filter(|work| work.released == Some(id));
    match released {
        Some(work) => {
            Ok(WorkView { released_at: work.released_at, edition: Arc::new(Edition::new(revision)) })
        }
        None => {
            may_preview(cx, revision.work).await?;
            Ok(WorkView { released_at: None, edition: Arc::new(Edition::new(revision)) })
        }
    }
}

/// Whether this actor may read any edition of a work.
pub(crate) async fn readable(cx: &Context, work: WorkId) -> Result<()> {
    match by_id(cx, work).await {
        Err(Error::NotFound) => {
            may_preview(cx, work).await?;
            if cx.store.works(&[work]).await?.is_empty() { Err(Error::NotFound) } else { Ok(()) }
        }
        found => found.map(drop),
    }
}

async fn may_preview(cx: &Context, work: WorkId) -> Result<()> {
    match &cx.actor {
        Actor::Operator => Ok(()),
        Actor::Anonymous => Err(Refusal::Hidden.into()),
        Actor::Member(member) if member.holds(Role::Editor, cx.now()) => Ok(()),
        Actor::Member(member) => {
            let tested = cx.store.works_tested_by(member.account, &[work]).await?;
            if tested.is_empty() { Err(Refusal::Hidden.into()) } else { Ok(()) }
        }
    }
}

/// All editions of a work, newest first, for editors.
pub async fn editions(cx: &Context, work: WorkId) -> Result<Vec<Revision>> {
    policy::edits(&cx.actor, cx.now())?;
    Ok(cx.store.revisions_of(work).await?)
}

/// Published editions, from memory where they are known: they never change.
pub(crate) async fn published(
    cx: &Context,
    ids: impl IntoIterator<Item = RevisionId>,
) -> Result<HashMap<RevisionId, Arc<Edition>>> {
    let mut known = HashMap::new();
    let mut missing = Vec::new();
    for id in ids {
        match cx.caches.editions.get(&id) {
            Some(edition) => drop(known.insert(id, edition)),
            None => missing.push(id),
        }
    }
    for revision in cx.store.revisions(&missing).await? {
        if revision.state == RevisionState::Published {
            let edition = Arc::new(Edition::new(revision));
            cx.caches.editions.insert(edition.revision.id, edition.clone());
            known.insert(edition.revision.id, edition);
        }
    }
    Ok(known)
}

/// Verified files, from memory where they are known: their bytes never change.
pub async fn assets(cx: &Context, ids: &[AssetId]) -> Result<HashMap<AssetId, Arc<Asset>>> {
    let mut known = HashMap::new();
    let mut missing = Vec::new();
    for id in ids {
        match cx.caches.assets.get(id) {
            Some(asset) => drop(known.insert(*id, asset)),
            None => missing.push(*id),
        }
    }
    for asset in cx.store.assets(&missing).await? {
        let asset = Arc::new(asset);
        cx.caches.assets.insert(asset.id, asset.clone());
        known.insert(asset.id, asset);
    }
    Ok(known)
}

/// Where the bytes of a file are read: a presigned URL of object storage, with Range and a strong ETag. Within a window
/// of half its life the URL stays the same, so that a cache keeps what it has.
pub async fn asset_url(cx: &Context, asset: &Asset, file_name: &str) -> Result<Arc<str>> {
    let window_ms = i64::try_from(cx.settings.read_url_seconds).unwrap_or(i64::MAX / 1000).max(2) * 500;
    let window = cx.now().ms().div_euclid(window_ms);
    let cached = (asset.id, window, file_name.to_owned());
    if let Some(url) = cx.caches.urls.get(&cached) {
        return Ok(url);
    }
    let signed_at = std::time::UNIX_EPOCH
        + std::time::Duration::from_millis(u64::try_from(window * window_ms).unwrap_or(0));
    let life = std::time::Duration::from_secs(cx.settings.read_url_seconds);
    let key = BlobKey::Asset(asset.sha256);
    let url: Arc<str> = cx.blobs.read_url(&key, signed_at, life, file_name, &asset.media_type).await?.into();
    cx.caches.urls.insert(cached, url.clone());
    Ok(url)
}

/// How far a citizen has come in these works.
pub async fn progress(
    cx: &Context,
    citizen: CitizenId,
    works: &[WorkId],
) -> Result<HashMap<WorkId, ProgressRow>> {
    policy::acts_for(&cx.actor, citizen)?;
    let rows = cx.store.progress(citizen, works).await?;
    Ok(rows.into_iter().map(|row| (WorkId::from_uuid(row.work_id), row)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_is_text() {
        assert_eq!(
            html("**đậm** <script>x</script>"),
            "<p><strong>đậm</strong> &lt;script&gt;x&lt;/script&gt;</p>\n"
        );
        assert!(html("<img src=x onerror=alert(1)>").contains("&lt;img"));
    }

    #[test]
    fn a_link_cannot_run_a_script() {
        assert!(
            !html("[a](javascript:alert(1))").contains("javascript:"),
            "{}",
            html("[a](javascript:alert(1))")
        );
    }
}
