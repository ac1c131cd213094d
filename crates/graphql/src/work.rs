//! Works as readers see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use densach_app::work::{self, WorkFilter, WorkView};
use densach_app::{Error, topic};
use densach_domain::asset::AssetRole;
use densach_domain::id::{AssetId, CitizenId, WorkId};
use densach_domain::work::{self as domain, ItemTarget};
use densach_domain::{Code, Timestamp};

use crate::asset::Asset;
use crate::batch::Batch;
use crate::error::Result;
use crate::input::{app, id};
use crate::page::{connection, page};
use crate::study::Progress;
use crate::topic::Topic;

/// What a work is.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::WorkKind")]
pub(crate) enum WorkKind {
    /// Bài học.
    Lesson,
    Video,
    /// Tài liệu.
    Document,
    /// Khóa học.
    Course,
    /// Danh mục đọc.
    ReadingList,
}

/// How much a reader should know beforehand.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::Level")]
pub(crate) enum Level {
    Basic,
    Intermediate,
    Advanced,
}

/// For whom a work is meant.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::Audience")]
pub(crate) enum Audience {
    Everyone,
    OlderAdult,
    YoungPerson,
    Farmer,
    Worker,
    Official,
    Parent,
}

/// Where a revision stands.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::RevisionState")]
pub(crate) enum RevisionState {
    Draft,
    Published,
}

/// One edition of a work.
#[derive(SimpleObject)]
pub(crate) struct Revision {
    pub id: ID,
    /// Counts from 1 within its work.
    pub number: u32,
    pub state: RevisionState,
    /// Grows with every save of a draft; a save names the version it was made from.
    pub version: u32,
    pub created_at: String,
    pub published_at: Option<String>,
}

impl From<&domain::Revision> for Revision {
    fn from(revision: &domain::Revision) -> Self {
        Self {
            id: revision.id.to_string().into(),
            number: revision.number,
            state: revision.state.into(),
            version: revision.version,
            created_at: revision.created_at.to_string(),
            published_at: revision.published_at.map(|at| at.to_string()),
        }
    }
}

/// The works of one list, and what they load together.
#[derive(Default)]
pub(crate) struct Siblings {
    works: Vec<WorkView>,
    assets: Batch<(), HashMap<AssetId, Arc<densach_domain::asset::Asset>>>,
    topics: Batch<(), Arc<Vec<topic::TopicRow>>>,
    items: Batch<(), HashMap<WorkId, Work>>,
    progress: Batch<CitizenId, HashMap<WorkId, densach_app::study::ProgressRow>>,
}

/// A lesson, video, document, course or reading list.
#[derive(Clone)]
pub(crate) struct Work {
    pub view: WorkView,
    siblings: Arc<Siblings>,
}

impl Work {
    /// A list whose works load together.
    pub fn list(views: Vec<WorkView>) -> Vec<Self> {
        let siblings = Arc::new(Siblings { works: views.clone(), ..Siblings::default() });
        views.into_iter().map(|view| Self { view, siblings: siblings.clone() }).collect()
    }

    pub fn one(view: WorkView) -> Self {
        Self { siblings: Arc::new(Siblings { works: vec![view.clone()], ..Siblings::default() }), view }
    }

    fn content(&self) -> &domain::Content {
        &self.view.edition.revision.content
    }

    async fn asset(&self, ctx: &Context<'_>, id: AssetId) -> Result<Option<Asset>> {
        let ids = || {
            let contents = self.siblings.works.iter().map(|view| &view.edition.revision.content);
            contents.flat_map(|content| content.assets.iter().map(|used| used.asset)).collect::<Vec<_>>()
        };
        let all = self.siblings.assets.get((), async { work::assets(app(ctx), &ids()).await }).await?;
        let slug = &self.view.edition.revision.slug;
        Ok(all
            .get(&id)
            .map(|asset| Asset { file_name: file_name(slug, &asset.media_type), asset: asset.clone() }))
    }

    async fn item_works(&self, ctx: &Context<'_>) -> Result<Arc<HashMap<WorkId, Self>>> {
        let load = async {
            let contents = self.siblings.works.iter().map(|view| &view.edition.revision.content);
            let ids: Vec<WorkId> = contents.flat_map(domain::Content::works).collect();
            let views = work::many(app(ctx), &ids).await?;
            let works = Self::list(views.into_values().collect());
            Ok::<_, Error>(works.into_iter().map(|work| (work.view.id(), work)).collect())
        };
        Ok(self.siblings.items.get((), load).await?)
    }
}

fn file_name(slug: &str, media_type: &str) -> String {
    let media = densach_domain::asset::MediaType::parse(media_type);
    media.map_or_else(|| slug.to_owned(), |media| format!("{slug}.{}", media.extension()))
}

/// A reader's own person, or the one that is named.
pub(crate) fn reader(ctx: &Context<'_>, citizen: Option<&ID>) -> densach_app::Result<Option<CitizenId>> {
    match citizen {
        Some(citizen) => id("citizenId", citizen).map(Some),
        None => Ok(app(ctx).actor.member().and_then(densach_domain::actor::Member::own_citizen)),
    }
}

#[Object]
impl Work {
    async fn id(&self) -> ID {
        self.view.id().to_string().into()
    }

    async fn kind(&self) -> WorkKind {
        self.view.kind().into()
    }

    /// Stable and readable: part of public addresses.
    async fn slug(&self) -> &str {
        &self.view.edition.revision.slug
    }

    async fn title(&self) -> &str {
        &self.content().title
    }

    async fn summary(&self) -> &str {
        &self.content().summary
    }

    /// The text as an HTML subset; nothing in it can run.
    async fn body_html(&self) -> &str {
        self.view.edition.html()
    }

    /// The text as it was written, in Markdown.
    async fn body(&self) -> &str {
        &self.content().body
    }

    /// Vietnamese words, which are syllables.
    #[graphql(complexity = 2)]
    async fn word_count(&self) -> u32 {
        self.content().word_count()
    }

    /// BCP 47.
    async fn language(&self) -> &str {
        &self.content().language
    }

    /// SPDX name.
    async fn licence(&self) -> &str {
        &self.content().licence
    }

    async fn level(&self) -> Option<Level> {
        domain::Level::parse(&self.content().level).map(Into::into)
    }

    async fn audience(&self) -> Vec<Audience> {
        self.content()
            .audience
            .iter()
            .filter_map(|name| domain::Audience::parse(name))
            .map(Into::into)
            .collect()
    }

    async fn authors(&self) -> &[String] {
        &self.content().authors
    }

    /// Public texts on which the facts rest.
    async fn sources(&self) -> &[String] {
        &self.content().sources
    }

    /// Facts of law, health and money should be checked again by this day.
    async fn recheck_by(&self) -> Option<&str> {
        self.content().recheck_by.as_deref()
    }

    async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
        let topics = self.siblings.topics.get((), topic::list(app(ctx))).await?;
        let mine = topics.iter().filter(|topic| self.content().topics.contains(&topic.id));
        Ok(mine.cloned().map(Topic).collect())
    }

    /// Length of a video.
    async fn duration_seconds(&self) -> Option<u32> {
        self.content().duration_seconds
    }

    /// A small picture.
    async fn cover(&self, ctx: &Context<'_>) -> Result<Option<Asset>> {
        match self.content().asset(AssetRole::Cover) {
            Some(asset) => self.asset(ctx, asset).await,
            None => Ok(None),
        }
    }

    /// The video or document itself.
    async fn main(&self, ctx: &Context<'_>) -> Result<Option<Asset>> {
        match self.content().asset(AssetRole::Main) {
            Some(asset) => self.asset(ctx, asset).await,
            None => Ok(None),
        }
    }

    /// Captions as WebVTT.
    async fn captions(&self, ctx: &Context<'_>) -> Result<Vec<Captions>> {
        let mut captions = Vec::new();
        for used in self.content().assets.iter().filter(|used| used.role == AssetRole::Captions.name()) {
            if let Some(asset) = self.asset(ctx, used.asset).await? {
                captions.push(Captions { language: used.language.clone().unwrap_or_default(), asset });
            }
        }
        Ok(captions)
    }

    /// What a course or reading list is made of, in order.
    #[graphql(complexity = "child_complexity * 10 + 5")]
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<WorkItem>> {
        if self.content().items.is_empty() {
            return Ok(Vec::new());
        }
        let works = self.item_works(ctx).await?;
        let item = |item: &domain::Item| match &item.target {
            ItemTarget::Work(id) => {
                WorkItem { work: works.get(id).cloned(), book: None, note: item.note.clone() }
            }
            ItemTarget::Book(book) => {
                WorkItem { work: None, book: Some(book.clone().into()), note: item.note.clone() }
            }
        };
        Ok(self.content().items.iter().map(item).collect())
    }

    /// Which edition this is.
    async fn revision(&self) -> Revision {
        (&self.view.edition.revision).into()
    }

    /// When the public could first read this edition; absent for a draft.
    async fn released_at(&self) -> Option<String> {
        self.view.released_at.map(|at| at.to_string())
    }

    /// How far somebody has come; by default the signed-in person. Absent when nobody is signed in or nothing was read.
    async fn progress(&self, ctx: &Context<'_>, citizen_id: Option<ID>) -> Result<Option<Progress>> {
        let Some(citizen) = reader(ctx, citizen_id.as_ref())? else { return Ok(None) };
        let load = async {
            let ids: Vec<WorkId> = self.siblings.works.iter().map(WorkView::id).collect();
            work::progress(app(ctx), citizen, &ids).await
        };
        let rows = self.siblings.progress.get(citizen, load).await?;
        Ok(rows.get(&self.view.id()).copied().map(Progress))
    }
}

/// Captions in one language.
#[derive(SimpleObject)]
pub(crate) struct Captions {
    /// BCP 47.
    pub language: String,
    pub asset: Asset,
}

/// One line of a course or reading list: a work, or a book on a shelf.
#[derive(SimpleObject)]
pub(crate) struct WorkItem {
    /// Absent for a book, and for a work that was taken back.
    pub work: Option<Work>,
    pub book: Option<Book>,
    pub note: Option<String>,
}

/// A physical book.
#[derive(SimpleObject)]
pub(crate) struct Book {
    pub title: String,
    pub author: Option<String>,
    pub publisher: Option<String>,
    pub year: Option<i32>,
    /// Ký hiệu xếp giá: where it stands in the local library.
    pub shelf_mark: Option<String>,
}

impl From<domain::Book> for Book {
    fn from(book: domain::Book) -> Self {
        let domain::Book { title, author, publisher, year, shelf_mark } = book;
        Self { title, author, publisher, year, shelf_mark }
    }
}

/// How many works there are in all; counted only when asked for.
pub(crate) struct WorkTotal(WorkFilter);

#[Object]
impl WorkTotal {
    #[graphql(complexity = 50)]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(work::released_count(app(ctx), self.0).await?)
    }
}

#[derive(Default)]
pub(crate) struct WorkQuery;

#[Object]
impl WorkQuery {
    /// Released works, newest first; at most 100 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 8 + 5")]
    async fn works(
        &self,
        ctx: &Context<'_>,
        kind: Option<WorkKind>,
        topic: Option<String>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, Work, WorkTotal, EmptyFields>> {
        let cx = app(ctx);
        let page = page::<(Timestamp, WorkId)>(first, after.as_deref(), 100)?;
        let topic = match topic {
            Some(slug) => Some(
                topic::by_slug(cx, &slug).await?.ok_or_else(|| Error::problem(Code::NotFound, "topic"))?,
            ),
            None => None,
        };
        let filter = WorkFilter { kind: kind.map(Into::into), topic };
        let views = work::released(cx, filter, &page).await?;
        let siblings = Arc::new(Siblings { works: views.items.clone(), ..Siblings::default() });
        let key = |view: &WorkView| (view.released_at.unwrap_or(Timestamp::from_ms(0)), view.id());
        let node = |view: WorkView| Work { view, siblings: siblings.clone() };
        Ok(connection(views, page.after.is_some(), WorkTotal(filter), key, node))
    }

    /// One work by its id or by its slug, as the public sees it.
    async fn work(&self, ctx: &Context<'_>, id: Option<ID>, slug: Option<String>) -> Result<Work> {
        let cx = app(ctx);
        let view = match (id, slug) {
            (Some(id), None) => work::by_id(cx, crate::input::id("id", &id)?).await?,
            (None, Some(slug)) => work::by_slug(cx, &slug).await?,
            (Some(_), Some(_)) | (None, None) => {
                return Err(Error::problem(Code::Required, "id | slug").into());
            }
        };
        Ok(Work::one(view))
    }

    /// The draft of a work, for its editors and for the testers who were named.
    async fn draft(&self, ctx: &Context<'_>, work_id: ID) -> Result<Work> {
        Ok(Work::one(work::draft(app(ctx), id("workId", &work_id)?).await?))
    }

    /// One edition: the released one for everybody, any other for editors and named testers.
    async fn edition(&self, ctx: &Context<'_>, revision_id: ID) -> Result<Work> {
        Ok(Work::one(work::edition(app(ctx), id("revisionId", &revision_id)?).await?))
    }
}
