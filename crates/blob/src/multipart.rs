//! Uploads in parts: a phone sends each part straight to the store, in any order and again after a cut, and the store,
//! not the phone, says which parts have arrived.

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::Blobs;
use crate::client::{patient, presigning};
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::object::size_bytes;

/// The most parts that an upload may have.
pub const MOST_PARTS: u32 = 10_000;

/// Names one upload in parts, as the store named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartId(String);

impl MultipartId {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MultipartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part that has arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: u32,
    pub size_bytes: u64,
    /// What a real store wants back when the upload is completed. Empty in the embedded store, which keeps none.
    pub etag: String,
}

impl Blobs {
    /// Begins an upload in parts. It stays, and takes room, until it is completed or aborted.
    ///
    /// # Errors
    ///
    /// Any of [`BlobError`] but `NotFound`.
    pub async fn multipart_begin(&self, key: &BlobKey, media_type: &str) -> Result<MultipartId, BlobError> {
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .content_type(media_type)
            .send()
            .await?;
        let id = begun.upload_id().ok_or_else(|| BlobError::Internal("an upload without an id".into()))?;
        Ok(MultipartId::new(id))
    }

    /// Where a phone PUTs the bytes of part `number` (1 to [`MOST_PARTS`]), with no header but `Content-Length`. Every
    /// part but the last needs at least 5 MiB. Nothing is asked of the store, so an address for an upload that is gone
    /// is given all the same, and answers 404.
    ///
    /// # Errors
    ///
    /// [`BlobError::Refused`] when the number or the time is out of range.
    pub async fn part_url(
        &self,
        key: &BlobKey,
        id: &MultipartId,
        number: u32,
        expires: Duration,
    ) -> Result<String, BlobError> {
        let request = self
            .signer
            .upload_part()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .upload_id(id.as_str())
            .part_number(part_number(number)?)
            .presigned(presigning(None, expires)?)
            .await?;
        Ok(request.uri().to_owned())
    }

    /// The parts that have arrived whole, by number: all of them, however many pages the store needs.
    ///
    /// # Errors
    ///
    /// [`BlobError::NotFound`] when the upload was completed, aborted or swept away.
    pub async fn part_list(&self, key: &BlobKey, id: &MultipartId) -> Result<Vec<Part>, BlobError> {
        let listed = self
            .client
            .list_parts()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .upload_id(id.as_str())
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await?;
        let mut parts: Vec<Part> = listed
            .iter()
            .filter_map(|part| {
                let number = part.part_number().and_then(|number| u32::try_from(number).ok())?;
                let etag = part.e_tag().unwrap_or_default().to_owned();
                Some(Part { number, size_bytes: size_bytes(part.size()), etag })
            })
            .collect();
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// Puts the parts together. `parts` must be numbered 1, 2, 3 and so on, in that order. When this returns, the
    /// object is on disk for good; when it is refused, the upload is as it was and can go on.
    ///
    /// # Errors
    ///
    /// [`BlobError::Refused`] when a part is missing, out of order or too small; [`BlobError::NotFound`] when the
    /// upload is gone, which also follows a completion whose answer was lost: ask [`Blobs::head`] then.
    pub async fn multipart_complete(
        &self,
        key: &BlobKey,
        id: &MultipartId,
        parts: &[Part],
    ) -> Result<(), BlobError> {
        let parts = parts
            .iter()
            .map(|part| {
                let etag = Some(part.etag.clone()).filter(|etag| !etag.is_empty());
                let completed = CompletedPart::builder().set_e_tag(etag);
                part_number(part.number).map(|number| completed.part_number(number).build())
            })
            .collect::<Result<Vec<_>, BlobError>>()?;
        self.client
            .complete_multipart_upload()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .upload_id(id.as_str())
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .customize()
            .config_override(patient())
            .send()
            .await?;
        Ok(())
    }

    /// Gives an upload up and frees its parts. One that is gone already is no error.
    ///
    /// # Errors
    ///
    /// Any of [`BlobError`] but `NotFound`.
    pub async fn multipart_abort(&self, key: &BlobKey, id: &MultipartId) -> Result<(), BlobError> {
        let aborted = self
            .client
            .abort_multipart_upload()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .upload_id(id.as_str())
            .send()
            .await;
        match aborted.map_err(BlobError::from) {
            Ok(_) | Err(BlobError::NotFound(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

fn part_number(number: u32) -> Result<i32, BlobError> {
    i32::try_from(number)
        .ok()
        .filter(|_| (1..=MOST_PARTS).contains(&number))
        .ok_or_else(|| BlobError::refused(format!("part {number} of at most {MOST_PARTS}")))
}
