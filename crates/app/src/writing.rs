//! Making works: draft, preview by named testers, publish, release. A published revision never changes, a new draft
//! does not disturb it, and the public sees a new revision only when it is released.

use densach_domain::actor::Actor;
use densach_domain::asset::{AssetRole, MediaType};
use densach_domain::id::{AccountId, RevisionId, WorkId};
use densach_domain::phone::Phone;
use densach_domain::work::{AssetUse, Content, Revision, RevisionState, WorkKind, check_slug};
use densach_domain::{Code, Problem, Problems, policy};
use densach_store::{JobKind, StoreError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::idempotent::{Write, begin};
use crate::{Context, Error, Request, Result};

/// Which draft a mutation left, and at which version.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Saved {
    pub work: WorkId,
    pub revision: RevisionId,
    pub version: u32,
}

fn editor(cx: &Context) -> Result<Option<AccountId>> {
    policy::edits(&cx.actor, cx.now())?;
    Ok(match &cx.actor {
        Actor::Member(member) => Some(member.account),
        Actor::Anonymous | Actor::Operator => None,
    })
}

fn actor_key(editor: Option<AccountId>) -> Uuid {
    editor.map_or(Uuid::nil(), AccountId::uuid)
}

/// Everything that is wrong with a work that somebody is about to start.
pub async fn problems(cx: &Context, kind: WorkKind, slug: &str, content: &Content) -> Result<Problems> {
    editor(cx)?;
    let mut problems = content.check_draft(kind);
    if let Some(problem) = check_slug(slug) {
        problems.add(problem);
    }
    check_references(cx, kind, content, &mut problems).await?;
    Ok(problems)
}

/// The slug of a work: the one that was given, or one made of its title.
pub fn slug(given: Option<String>, content: &Content) -> String {
    given.unwrap_or_else(|| densach_text::slug(&content.title))
}

/// Starts a work with its first draft.
pub async fn create(
    cx: &Context,
    request: &Request,
    kind: WorkKind,
    slug: &str,
    content: Content,
) -> Result<Saved> {
    let editor = editor(cx)?;
    problems(cx, kind, slug, &content).await?.into_result(())?;
    let write = begin!(cx, actor_key(editor), request);
    if write.tx.work_by_slug(slug).await?.is_some() {
        return Err(vec![Problem::new(Code::Duplicate, "slug").detail(slug)].into());
    }
    let saved = Saved { work: cx.new_id(), revision: cx.new_id(), version: 1 };
    write.tx.work_add(saved.work, kind, slug, cx.now()).await?;
    write.tx.revision_add(saved.revision, saved.work, &content, editor, cx.now()).await?;
    write.finish(cx, saved).await
}

/// Saves a draft. `version` is the one that the editor opened: when somebody saved in between, nothing is overwritten.
/// On a work whose newest revision is published, a new draft begins (then `version` is 0).
pub async fn save(
    cx: &Context,
    request: &Request,
    work: WorkId,
    version: u32,
    content: Content,
) -> Result<Saved> {
    let editor = editor(cx)?;
    let known = cx.store.works(&[work]).await?.pop().ok_or(Error::NotFound)?;
    let mut problems = content.check_draft(known.kind);
    problems.check(content.works().any(|item| item == work), Code::NotAllowed, "items");
    check_references(cx, known.kind, &content, &mut problems).await?;
    problems.into_result(())?;
    let write = begin!(cx, actor_key(editor), request);
    let saved = save_draft(cx, &write, work, version, &content, editor).await?;
    write.finish(cx, saved).await
}

async fn save_draft(
    cx: &Context,
    write: &Write,
    work: WorkId,
    version: u32,
    content: &Content,
    editor: Option<AccountId>,
) -> Result<Saved> {
    let stale = |found: u32| Error::from(vec![Problem::new(Code::Stale, "version").detail(found)]);
    match write.tx.revision_draft(work).await? {
        Some(draft) if draft.version == version => {
            if !write.tx.revision_save(draft.id, version, content).await? {
                return Err(stale(version + 1));
            }
            Ok(Saved { work, revision: draft.id, version: version + 1 })
        }
        Some(draft) => Err(stale(draft.version)),
        None if version == 0 => {
            let revision = cx.new_id();
            match write.tx.revision_add(revision, work, content, editor, cx.now()).await {
                Err(StoreError::Duplicate(_)) => Err(stale(1)),
                added => Ok(added.map(|()| Saved { work, revision, version: 1 })?),
            }
        }
        None => Err(Error::problem(Code::Immutable, "version")),
    }
}

/// Freezes the draft. What is missing for readers is said at once; nothing is shown to the public yet.
pub async fn publish(cx: &Context, request: &Request, work: WorkId, version: u32) -> Result<Saved> {
    let editor = editor(cx)?;
    let write = begin!(cx, actor_key(editor), request);
    let Some(draft) = write.tx.revision_draft(work).await? else {
        let known = write.tx.works(&[work]).await?;
        return Err(if known.is_empty() {
            Error::NotFound
        } else {
            Error::problem(Code::Immutable, "workId")
        });
    };
    if draft.version != version {
        return Err(vec![Problem::new(Code::Stale, "version").detail(draft.version)].into());
    }
    let mut problems = draft.content.check_publishable(draft.kind);
    check_references(cx, draft.kind, &draft.content, &mut problems).await?;
    problems.into_result(())?;
    write.tx.revision_publish(draft.id, version, cx.now()).await?;
    write.finish(cx, Saved { work, revision: draft.id, version }).await
}

/// Shows a published revision to the public. `notes` say what changed, for readers.
pub async fn release(cx: &Context, request: &Request, revision: RevisionId, notes: &str) -> Result<Saved> {
    let editor = editor(cx)?;
    let mut problems = Problems::default();
    problems.length("notes", notes, 2000);
    problems.into_result(())?;
    let mut write = begin!(cx, actor_key(editor), request);
    let revision = write.tx.revisions(&[revision]).await?.pop().ok_or(Error::NotFound)?;
    let saved = release_in(cx, &mut write, &revision, notes, editor).await?;
    let saved = write.finish(cx, saved).await?;
    cx.caches.released_changed();
    Ok(saved)
}

async fn release_in(
    cx: &Context,
    write: &mut Write,
    revision: &Revision,
    notes: &str,
    editor: Option<AccountId>,
) -> Result<Saved> {
    match revision.state {
        RevisionState::Draft => Err(Error::problem(Code::NotReady, "revisionId")),
        RevisionState::Published => {
            write.tx.work_release(revision, notes, editor, cx.now()).await?;
            write.enqueue(cx, &JobKind::WorkIndex { work: revision.work }).await?;
            Ok(Saved { work: revision.work, revision: revision.id, version: revision.version })
        }
    }
}

/// Takes a work back from the public. Its revisions and everybody's hours stay.
pub async fn withdraw(cx: &Context, request: &Request, work: WorkId) -> Result<bool> {
    let editor = editor(cx)?;
    if cx.store.works(&[work]).await?.is_empty() {
        return Err(Error::NotFound);
    }
    let mut write = begin!(cx, actor_key(editor), request);
    let withdrawn = write.tx.work_withdraw(work).await?;
    write.enqueue(cx, &JobKind::WorkIndex { work }).await?;
    let withdrawn = write.finish(cx, withdrawn).await?;
    cx.caches.released_changed();
    Ok(withdrawn)
}

/// Names somebody, by the phone number of their account, who may read the drafts of a work.
pub async fn name_tester(cx: &Context, request: &Request, work: WorkId, phone: &str) -> Result<bool> {
    let editor = editor(cx)?;
    let phone =
        Phone::parse(phone).map_err(|code| vec![Problem::new(code, "phone").detail("0912 345 678")])?;
    if cx.store.works(&[work]).await?.is_empty() {
        return Err(Error::NotFound);
    }
    let hash = cx.vault.hash("phone", phone.as_str().as_bytes());
    let Some(account) = cx.store.account_by_identity(&hash).await? else {
        return Err(Error::problem(Code::NotFound, "phone"));
    };
    let write = begin!(cx, actor_key(editor), request);
    write.tx.tester_add(work, account, cx.now()).await?;
    write.finish(cx, true).await
}

/// Whether everything that a content points to is there and fits.
pub(crate) async fn check_references(
    cx: &Context,
    kind: WorkKind,
    content: &Content,
    problems: &mut Problems,
) -> Result<()> {
    let topics = cx.store.topics().await?;
    for (index, topic) in content.topics.iter().enumerate() {
        let known = topics.iter().any(|row| row.id == *topic);
        problems.check(!known, Code::NotFound, &format!("topics.{index}"));
    }
    let ids: Vec<_> = content.assets.iter().map(|used| used.asset).collect();
    let assets = cx.store.assets(&ids).await?;
    for (index, used) in content.assets.iter().enumerate() {
        let field = format!("assets.{index}");
        match assets.iter().find(|asset| asset.id == used.asset) {
            None => problems.add(Problem::new(Code::NotFound, field)),
            Some(asset) => check_asset(kind, used, &asset.media_type, &field, problems),
        }
    }
    let works: Vec<_> = content.works().collect();
    let known = cx.store.works(&works).await?;
    for (index, work) in works.iter().enumerate() {
        problems.check(!known.iter().any(|row| row.id == *work), Code::NotFound, &format!("items.{index}"));
    }
    Ok(())
}

fn check_asset(kind: WorkKind, used: &AssetUse, media_type: &str, field: &str, problems: &mut Problems) {
    let (Some(role), Some(media)) = (AssetRole::parse(&used.role), MediaType::parse(media_type)) else {
        return;
    };
    if !role.takes(media) {
        problems.add(Problem::new(Code::Mismatch, field).detail(role.name()));
    }
    if let (AssetRole::Main, Some(wanted)) = (role, kind.main_media())
        && wanted != media_type
    {
        problems.add(Problem::new(Code::Mismatch, field).detail(wanted));
    }
}
