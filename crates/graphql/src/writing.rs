//! Making works: draft, preview, publish, release.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject};
use densach_app::Error;
use densach_app::writing::{self, Saved};
use densach_domain::Problem;
use densach_domain::asset as asset_domain;
use densach_domain::id::{Id, RevisionId, WorkId};
use densach_domain::work as domain;

use crate::error::{Result, UserError, settle};
use crate::input::{Reader, app, id, request};
use crate::work::{Audience, Level, Revision, WorkKind};

/// What a file is for.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "asset_domain::AssetRole")]
pub(crate) enum AssetRole {
    /// The video or document itself.
    Main,
    Cover,
    /// WebVTT, with its language.
    Captions,
    Attachment,
}

#[derive(InputObject)]
pub(crate) struct AssetUseInput {
    pub asset_id: ID,
    pub role: AssetRole,
    /// BCP 47; needed for captions.
    pub language: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct BookInput {
    pub title: String,
    pub author: Option<String>,
    pub publisher: Option<String>,
    pub year: Option<i32>,
    pub shelf_mark: Option<String>,
}

/// Either a work of this library, or a book on a shelf.
#[derive(OneofObject)]
pub(crate) enum ItemTargetInput {
    WorkId(ID),
    Book(BookInput),
}

#[derive(InputObject)]
pub(crate) struct ItemInput {
    pub target: ItemTargetInput,
    pub note: Option<String>,
}

/// Everything that a revision says.
#[derive(InputObject)]
pub(crate) struct ContentInput {
    pub title: String,
    #[graphql(default)]
    pub summary: String,
    /// Markdown; HTML in it is shown as text.
    #[graphql(default)]
    pub body: String,
    /// BCP 47.
    #[graphql(default_with = "String::from(\"vi\")")]
    pub language: String,
    /// SPDX name.
    pub licence: String,
    pub level: Level,
    #[graphql(default)]
    pub audience: Vec<Audience>,
    #[graphql(default)]
    pub topic_ids: Vec<ID>,
    #[graphql(default)]
    pub authors: Vec<String>,
    #[graphql(default)]
    pub sources: Vec<String>,
    /// `YYYY-MM-DD`.
    pub recheck_by: Option<String>,
    /// Needed for videos.
    pub duration_seconds: Option<u32>,
    #[graphql(default)]
    pub assets: Vec<AssetUseInput>,
    #[graphql(default)]
    pub items: Vec<ItemInput>,
}

fn known<I: Id>(id: Option<I>) -> I {
    id.unwrap_or_else(|| I::from_uuid(uuid::Uuid::nil()))
}

impl ContentInput {
    /// Reads ids. A wrong one is named, and stands as nil so that the others keep their places.
    fn read(self, reader: &mut Reader) -> domain::Content {
        let topics = self.topic_ids.iter().enumerate();
        let topics =
            topics.map(|(index, id)| known(reader.id(&format!("content.topicIds.{index}"), id))).collect();
        let assets = self.assets.into_iter().enumerate();
        let assets = assets.map(|(index, used)| domain::AssetUse {
            asset: known(reader.id(&format!("content.assets.{index}"), &used.asset_id)),
            role: asset_domain::AssetRole::from(used.role).name().to_owned(),
            language: used.language,
        });
        let assets = assets.collect();
        let items = self.items.into_iter().enumerate();
        let items = items.map(|(index, item)| {
            let target = match item.target {
                ItemTargetInput::WorkId(id) => {
                    domain::ItemTarget::Work(known(reader.id(&format!("content.items.{index}"), &id)))
                }
                ItemTargetInput::Book(BookInput { title, author, publisher, year, shelf_mark }) => {
                    domain::ItemTarget::Book(domain::Book { title, author, publisher, year, shelf_mark })
                }
            };
            domain::Item { target, note: item.note }
        });
        let items = items.collect();
        domain::Content {
            title: self.title,
            summary: self.summary,
            body: self.body,
            language: self.language,
            licence: self.licence,
            level: domain::Level::from(self.level).name().to_owned(),
            audience: self
                .audience
                .into_iter()
                .map(|a| domain::Audience::from(a).name().to_owned())
                .collect(),
            topics,
            authors: self.authors,
            sources: self.sources,
            recheck_by: self.recheck_by,
            duration_seconds: self.duration_seconds,
            assets,
            items,
        }
    }
}

#[derive(InputObject)]
pub(crate) struct CreateWorkInput {
    pub client_mutation_id: String,
    pub kind: WorkKind,
    /// Part of public addresses; made of the title when absent.
    pub slug: Option<String>,
    pub content: ContentInput,
}

#[derive(InputObject)]
pub(crate) struct SaveDraftInput {
    pub client_mutation_id: String,
    pub work_id: ID,
    /// The version that was opened; 0 to start a new draft of a published work.
    pub version: u32,
    pub content: ContentInput,
}

#[derive(InputObject)]
pub(crate) struct PublishDraftInput {
    pub client_mutation_id: String,
    pub work_id: ID,
    pub version: u32,
}

#[derive(InputObject)]
pub(crate) struct ReleaseRevisionInput {
    pub client_mutation_id: String,
    pub revision_id: ID,
    /// What changed, for readers.
    #[graphql(default)]
    pub notes: String,
}

#[derive(InputObject)]
pub(crate) struct WithdrawWorkInput {
    pub client_mutation_id: String,
    pub work_id: ID,
}

#[derive(InputObject)]
pub(crate) struct NameTesterInput {
    pub client_mutation_id: String,
    pub work_id: ID,
    /// The phone number that the tester signs in with.
    pub phone: String,
}

/// Which revision a mutation left, and at which version.
#[derive(SimpleObject)]
pub(crate) struct WritingPayload {
    pub work_id: Option<ID>,
    pub revision_id: Option<ID>,
    pub version: Option<u32>,
    pub user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct WithdrawWorkPayload {
    /// Whether the public could read it until now.
    pub was_released: Option<bool>,
    pub user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct NameTesterPayload {
    pub user_errors: Vec<UserError>,
}

fn payload((saved, user_errors): (Option<Saved>, Vec<UserError>)) -> WritingPayload {
    WritingPayload {
        work_id: saved.map(|saved| saved.work.to_string().into()),
        revision_id: saved.map(|saved| saved.revision.to_string().into()),
        version: saved.map(|saved| saved.version),
        user_errors,
    }
}

/// Below us a problem names a field of the content; here it names its path in the input.
fn of_content(error: Error) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let outside = ["slug", "version", "workId", "clientMutationId", "content"];
    let place = |mut problem: Problem| {
        let (first, rest) = problem.field.split_once('.').unwrap_or((&problem.field, ""));
        if !outside.contains(&first) {
            let first = if first == "topics" { "topicIds" } else { first };
            problem.field = format!("content.{first}.{rest}").trim_end_matches('.').to_owned();
        }
        problem
    };
    Error::Invalid(problems.into_iter().map(place).collect())
}

#[derive(Default)]
pub(crate) struct WritingQuery;

#[Object]
impl WritingQuery {
    /// All editions of a work, newest first, for editors.
    #[graphql(complexity = "child_complexity * 10 + 20")]
    async fn revisions(&self, ctx: &Context<'_>, work_id: ID) -> Result<Vec<Revision>> {
        let revisions = densach_app::work::editions(app(ctx), id("workId", &work_id)?).await?;
        Ok(revisions.iter().map(Into::into).collect())
    }
}

#[derive(Default)]
pub(crate) struct WritingMutation;

#[Object]
impl WritingMutation {
    /// Starts a work with its first draft.
    async fn create_work(&self, ctx: &Context<'_>, input: CreateWorkInput) -> Result<WritingPayload> {
        let cx = app(ctx);
        let request = request("createWork", &input.client_mutation_id, &input);
        let create = async {
            let mut reader = Reader::default();
            let content = input.content.read(&mut reader);
            let (kind, slug) = (input.kind.into(), writing::slug(input.slug, &content));
            if !reader.0.is_empty() {
                // A wrong id hides nothing else; what looking up the nil in its place says is not said twice.
                let wrong: Vec<String> = reader.0.fields().map(str::to_owned).collect();
                let others = of_content(Error::Invalid(
                    writing::problems(cx, kind, &slug, &content).await?.into_vec(),
                ));
                if let Error::Invalid(others) = others {
                    let others = others.into_iter().filter(|problem| !wrong.contains(&problem.field));
                    others.for_each(|problem| reader.0.add(problem));
                }
            }
            let content = reader.finish(Some(content))?;
            writing::create(cx, &request, kind, &slug, content).await
        };
        Ok(payload(settle(cx, create.await.map_err(of_content))?))
    }

    /// Saves a draft, or starts a new one. A save against a version that is no longer the newest is refused, and
    /// nothing is overwritten.
    async fn save_draft(&self, ctx: &Context<'_>, input: SaveDraftInput) -> Result<WritingPayload> {
        let cx = app(ctx);
        let request = request("saveDraft", &input.client_mutation_id, &input);
        let save = async {
            let mut reader = Reader::default();
            let work = reader.id("workId", &input.work_id);
            let content = input.content.read(&mut reader);
            let (work, content) = reader.finish(work.map(|work: WorkId| (work, content)))?;
            writing::save(cx, &request, work, input.version, content).await
        };
        Ok(payload(settle(cx, save.await.map_err(of_content))?))
    }

    /// Freezes the draft. The public sees nothing yet.
    async fn publish_draft(&self, ctx: &Context<'_>, input: PublishDraftInput) -> Result<WritingPayload> {
        let cx = app(ctx);
        let request = request("publishDraft", &input.client_mutation_id, &input);
        let publish = async {
            let mut reader = Reader::default();
            let work = reader.id("workId", &input.work_id);
            writing::publish(cx, &request, reader.finish(work)?, input.version).await
        };
        Ok(payload(settle(cx, publish.await)?))
    }

    /// Shows a published revision to the public.
    async fn release_revision(
        &self,
        ctx: &Context<'_>,
        input: ReleaseRevisionInput,
    ) -> Result<WritingPayload> {
        let cx = app(ctx);
        let request = request("releaseRevision", &input.client_mutation_id, &input);
        let release = async {
            let mut reader = Reader::default();
            let revision = reader.id::<RevisionId>("revisionId", &input.revision_id);
            writing::release(cx, &request, reader.finish(revision)?, &input.notes).await
        };
        Ok(payload(settle(cx, release.await)?))
    }

    /// Takes a work back from the public. Its revisions and everybody's hours stay.
    async fn withdraw_work(
        &self,
        ctx: &Context<'_>,
        input: WithdrawWorkInput,
    ) -> Result<WithdrawWorkPayload> {
        let cx = app(ctx);
        let request = request("withdrawWork", &input.client_mutation_id, &input);
        let withdraw = async {
            let mut reader = Reader::default();
            let work = reader.id("workId", &input.work_id);
            writing::withdraw(cx, &request, reader.finish(work)?).await
        };
        let (was_released, user_errors) = settle(cx, withdraw.await)?;
        Ok(WithdrawWorkPayload { was_released, user_errors })
    }

    /// Names somebody who may read the drafts of a work.
    async fn name_tester(&self, ctx: &Context<'_>, input: NameTesterInput) -> Result<NameTesterPayload> {
        let cx = app(ctx);
        let request = request("nameTester", &input.client_mutation_id, &input);
        let name = async {
            let mut reader = Reader::default();
            let work = reader.id("workId", &input.work_id);
            writing::name_tester(cx, &request, reader.finish(work)?, &input.phone).await
        };
        let (_, user_errors) = settle(cx, name.await)?;
        Ok(NameTesterPayload { user_errors })
    }
}
