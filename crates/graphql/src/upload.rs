//! Files on their way in.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use densach_app::upload::{self, UploadRow};
use densach_domain::upload as domain;

use crate::error::{Result, UserError, settle, user_error};
use crate::input::{Reader, app, id, request};

/// How far an upload has come.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::UploadState")]
pub(crate) enum UploadState {
    /// Parts are being sent.
    Open,
    /// All parts are there and the bytes are being checked.
    Verifying,
    /// Checked and kept.
    Ready,
    /// Not what was stated; `refusal` says why.
    Refused,
}

/// One part: send its bytes with HTTP PUT to `url`, unless they have arrived.
#[derive(SimpleObject)]
pub(crate) struct UploadPart {
    /// From 1.
    pub number: u32,
    pub size_bytes: f64,
    /// Presigned; straight to object storage.
    pub url: String,
    /// Storage has this part whole.
    pub is_received: bool,
}

/// A file on its way in. Only its editor sees it.
pub(crate) struct Upload(UploadRow);

#[Object]
impl Upload {
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    async fn media_type(&self) -> &str {
        &self.0.media_type
    }

    async fn size_bytes(&self) -> f64 {
        self.0.size_bytes as f64
    }

    async fn state(&self) -> UploadState {
        self.0.state.into()
    }

    /// The parts with fresh addresses; after a cut, what is received need not be sent again. Empty when all arrived.
    #[graphql(complexity = "child_complexity * 20 + 50")]
    async fn parts(&self, ctx: &Context<'_>) -> Result<Vec<UploadPart>> {
        let parts = upload::parts(app(ctx), &self.0).await?;
        let part = |part: upload::Part| UploadPart {
            number: part.number,
            size_bytes: part.size_bytes as f64,
            url: part.url,
            is_received: part.received,
        };
        Ok(parts.into_iter().map(part).collect())
    }

    /// The kept file, to be named in a draft; there when the state is READY.
    async fn asset_id(&self) -> Option<ID> {
        self.0.asset.map(|asset| asset.to_string().into())
    }

    /// Why it was refused.
    async fn refusal(&self, ctx: &Context<'_>) -> Option<UserError> {
        upload::refusal(&self.0).map(|problem| user_error(app(ctx), &problem))
    }
}

#[derive(Default)]
pub(crate) struct UploadQuery;

#[Object]
impl UploadQuery {
    /// An upload of one's own.
    async fn upload(&self, ctx: &Context<'_>, upload_id: ID) -> Result<Upload> {
        Ok(Upload(upload::find(app(ctx), id("uploadId", &upload_id)?).await?))
    }
}

#[derive(InputObject)]
pub(crate) struct CreateUploadInput {
    pub client_mutation_id: String,
    pub file_name: String,
    /// IANA name, such as `video/mp4`.
    pub media_type: String,
    /// A float, because GraphQL's Int ends at 2 GiB.
    pub size_bytes: f64,
    /// SHA-256 of the whole file, 64 hexadecimal digits.
    pub sha256: String,
}

#[derive(InputObject)]
pub(crate) struct CompleteUploadInput {
    pub client_mutation_id: String,
    pub upload_id: ID,
}

#[derive(SimpleObject)]
pub(crate) struct UploadPayload {
    pub upload: Option<Upload>,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct UploadMutation;

#[Object]
impl UploadMutation {
    /// Asks to bring a file in. The bytes go in parts straight to object storage, never through GraphQL.
    async fn create_upload(&self, ctx: &Context<'_>, input: CreateUploadInput) -> Result<UploadPayload> {
        let cx = app(ctx);
        let request = request("createUpload", &input.client_mutation_id, &input);
        let facts = domain::UploadInput {
            file_name: input.file_name,
            media_type: input.media_type,
            size_bytes: input.size_bytes as i64,
            sha256: input.sha256,
        };
        let create = async {
            let id = upload::create(cx, &request, &facts).await?;
            upload::find(cx, id).await
        };
        let (upload, user_errors) = settle(cx, create.await)?;
        Ok(UploadPayload { upload: upload.map(Upload), user_errors })
    }

    /// Says that all parts are there. What is missing is named; then the bytes are checked, which takes a moment.
    async fn complete_upload(&self, ctx: &Context<'_>, input: CompleteUploadInput) -> Result<UploadPayload> {
        let cx = app(ctx);
        let request = request("completeUpload", &input.client_mutation_id, &input);
        let complete = async {
            let mut reader = Reader::default();
            let id = reader.id("uploadId", &input.upload_id);
            let id = upload::complete(cx, &request, reader.finish(id)?).await?;
            upload::find(cx, id).await
        };
        let (upload, user_errors) = settle(cx, complete.await)?;
        Ok(UploadPayload { upload: upload.map(Upload), user_errors })
    }
}
