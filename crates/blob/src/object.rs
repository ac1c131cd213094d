//! Whole objects: put, look at, copy, delete, list.

use std::path::Path;
use std::time::SystemTime;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::MetadataDirective;
use bytes::Bytes;

use crate::Blobs;
use crate::client::patient;
use crate::error::BlobError;
use crate::key::{BlobEntry, BlobKey, BlobKind};

/// What is known about an object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobMeta {
    pub size_bytes: u64,
    /// A strong ETag with its quotes, as HTTP writes it. It says whether bytes changed, not what they are.
    pub etag: String,
    pub media_type: String,
}

impl Blobs {
    /// Keeps bytes that are in memory. When this returns, they are on disk for good.
    ///
    /// # Errors
    ///
    /// [`BlobError::Full`], or any other but `NotFound`.
    pub async fn put(&self, key: &BlobKey, bytes: Bytes, media_type: &str) -> Result<(), BlobError> {
        self.client
            .put_object()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .content_type(media_type)
            .body(bytes.into())
            .send()
            .await?;
        Ok(())
    }

    /// Keeps the bytes of a local file, which must not change meanwhile. When this returns, they are on disk for good.
    ///
    /// # Errors
    ///
    /// [`BlobError::Internal`] when the file cannot be read, [`BlobError::Full`], or any other but `NotFound`.
    pub async fn put_file(&self, key: &BlobKey, path: &Path, media_type: &str) -> Result<(), BlobError> {
        let body = ByteStream::from_path(path).await;
        let body = body.map_err(|error| BlobError::Internal(error.into()))?;
        self.client
            .put_object()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .content_type(media_type)
            .body(body)
            .customize()
            .config_override(patient())
            .send()
            .await?;
        Ok(())
    }

    /// Looks at an object; none when it is not there.
    ///
    /// # Errors
    ///
    /// Any of [`BlobError`] but `NotFound`.
    pub async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        let head = self.client.head_object().bucket(&*self.bucket).key(key.object_key());
        match head.send().await.map_err(BlobError::from) {
            Ok(head) => Ok(Some(BlobMeta {
                size_bytes: size_bytes(head.content_length()),
                etag: head.e_tag().unwrap_or_default().to_owned(),
                media_type: head.content_type().unwrap_or("application/octet-stream").to_owned(),
            })),
            Err(BlobError::NotFound(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Copies an object (of at most 5 GiB) inside the store and gives the copy its own media type. The copy appears
    /// whole or not at all; when this returns, it is on disk for good.
    ///
    /// # Errors
    ///
    /// [`BlobError::NotFound`] when `from` is not there, [`BlobError::Full`], or any other.
    pub async fn copy(&self, from: &BlobKey, to: &BlobKey, media_type: &str) -> Result<(), BlobError> {
        self.client
            .copy_object()
            .copy_source(format!("{}/{}", self.bucket, from.object_key()))
            .bucket(&*self.bucket)
            .key(to.object_key())
            .metadata_directive(MetadataDirective::Replace)
            .content_type(media_type)
            .customize()
            .config_override(patient())
            .send()
            .await?;
        Ok(())
    }

    /// Deletes an object. One that is not there is no error.
    ///
    /// # Errors
    ///
    /// Any of [`BlobError`] but `NotFound`.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        let delete = self.client.delete_object().bucket(&*self.bucket).key(key.object_key());
        match delete.send().await.map_err(BlobError::from) {
            Ok(_) | Err(BlobError::NotFound(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Everything of one kind, for a sweeper. All of it is held in memory: fine for the quarantine, dear for the
    /// assets. What lies in the bucket under a name that is not ours is passed over.
    ///
    /// # Errors
    ///
    /// Any of [`BlobError`] but `NotFound`.
    pub async fn list(&self, kind: BlobKind) -> Result<Vec<BlobEntry>, BlobError> {
        let list = self.client.list_objects_v2().bucket(&*self.bucket).prefix(kind.prefix());
        let mut pages = list.into_paginator().send();
        let mut entries = Vec::new();
        while let Some(page) = pages.try_next().await? {
            entries.extend(page.contents().iter().filter_map(|object| {
                Some(BlobEntry {
                    key: object.key().and_then(BlobKey::parse)?,
                    size_bytes: size_bytes(object.size()),
                    modified_at: object.last_modified().and_then(|at| SystemTime::try_from(*at).ok())?,
                })
            }));
        }
        Ok(entries)
    }
}

pub(crate) fn size_bytes(size: Option<i64>) -> u64 {
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default()
}
