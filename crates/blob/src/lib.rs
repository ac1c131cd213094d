//! Bytes: the only crate that says aws_sdk_s3 or s3s.
//!
//! The seam is the S3 protocol, so there is one client and no trait. `blob.url = s3:…` reaches a real store over the
//! network. `blob.url = file:…` reaches an S3 service inside this process that keeps its objects in a folder; the same
//! service answers phones when the server mounts [`Blobs::embedded_service`], so a presigned upload and a download in
//! ranges run through the same code on one small machine as in a data centre.
//!
//! Callers name things with [`BlobKey`] and never write a path. Bytes that nobody has checked are
//! [`BlobKey::Upload`]; checked bytes are [`BlobKey::Asset`], named by their content.

mod client;
mod config;
mod disk;
mod embedded;
mod error;
mod folder;
mod key;
mod multipart;
mod object;
mod read;

use std::sync::Arc;

use aws_sdk_s3::Client;

pub use config::{BlobConfig, DEFAULT_BUCKET, Secret};
pub use embedded::EmbeddedService;
pub use error::{BlobError, Source};
pub use key::{BlobEntry, BlobKey, BlobKind};
pub use multipart::{MOST_PARTS, MultipartId, Part};
pub use object::BlobMeta;
pub use read::BlobStream;

use config::{Place, Settings};

/// All bytes of the archive. Cheap to clone: every clone is the same store.
#[derive(Debug, Clone)]
pub struct Blobs {
    /// Speaks with the store.
    client: Client,
    /// Signs what phones will ask for, and sends nothing. It is a second client because a signature covers the host:
    /// phones know the store by another address than we do.
    signer: Client,
    bucket: Arc<str>,
    embedded: Option<EmbeddedService>,
}

impl Blobs {
    /// Opens the store that `config` names. The embedded store makes its folder and its bucket; a real store is not
    /// asked anything until it is used (see [`Blobs::check`]), and its bucket must exist.
    ///
    /// # Errors
    ///
    /// [`BlobError::Refused`] says what is wrong with the configuration; otherwise the folder could not be made.
    pub async fn open(config: &BlobConfig) -> Result<Self, BlobError> {
        let settings = Settings::read(config)?;
        let (embedded, http_client, endpoint) = match &settings.place {
            Place::Folder(folder) => {
                let service = EmbeddedService::start(folder, &settings).await?;
                let http_client = service.http_client();
                (Some(service), http_client, embedded::ENDPOINT)
            }
            Place::Endpoint(endpoint) => (None, client::over_the_network(endpoint), endpoint.as_str()),
        };
        let speak = client::config(&settings, http_client, endpoint);
        let sign = speak.to_builder().endpoint_url(settings.public_url.clone()).build();
        Ok(Self {
            client: Client::from_conf(speak),
            signer: Client::from_conf(sign),
            bucket: settings.bucket.into(),
            embedded,
        })
    }

    /// The bucket that holds everything; also the first segment of every path of the embedded store.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the server mounts for phones; none when the store is a real one, which phones reach themselves.
    pub fn embedded_service(&self) -> Option<EmbeddedService> {
        self.embedded.clone()
    }

    /// Whether the store answers and has our bucket, for a readiness probe.
    ///
    /// # Errors
    ///
    /// [`BlobError::Unavailable`] when it does not answer or the bucket is missing, [`BlobError::Refused`] when it
    /// does not accept our keys.
    pub async fn check(&self) -> Result<(), BlobError> {
        match self.client.head_bucket().bucket(&*self.bucket).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(match BlobError::from(error) {
                BlobError::NotFound(source) => BlobError::Unavailable(source),
                other => other,
            }),
        }
    }
}
