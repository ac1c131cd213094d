//! The S3 operations of the embedded store: those of `s3s-fs` that our client and phones use, made fit for keeping.
//!
//! What is added to `s3s-fs`:
//! - It syncs nothing, so after a power cut an object that was acknowledged could be empty, or its records unreadable.
//!   Here put, copy and completion answer when all of it is on disk. Parts are not synced: one that is lost is missing
//!   from the list of parts and is sent again, and the whole is checked by its hash.
//! - It copies into the destination, where a reader sees half an object, and doubles the room that a video takes. Here
//!   a copy appears at once, and is a second name for the same bytes where the file system can do that.
//! - A completion that fails takes with it the parts that it has read. Here what must fail fails before it begins.
//! - An upload that is gone is `NoSuchUpload`, not `AccessDenied` or an empty list of parts.
//! - An object that is deleted leaves its records behind. Here they go with it.
//! - A full disk is 507, not a nameless 500 that seems worth another try.
//!
//! What stays: one process a folder, and a crash at a bad moment can leave an object that nobody acknowledged. So the
//! database says what exists, and the store only holds it. ETags are the MD5 of the bytes (for an upload in parts, the
//! MD5 of the MD5s and their count), kept in the records, and computed anew for each answer only while those are
//! missing.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::Path;

use async_trait::async_trait;
use http::StatusCode;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CopyObjectInput, CopyObjectOutput, CopySource,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput,
    PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use uuid::Uuid;

use crate::error::{BlobError, is_full};
use crate::folder::Folder;

/// As in S3: only the last part may be smaller.
const PART_LEAST_BYTES: u64 = 5 * 1024 * 1024;

type Answer<T> = S3Result<S3Response<T>>;

pub(crate) struct Disk {
    files: FileSystem,
    folder: Folder,
}

impl Disk {
    /// Opens a folder that exists, and sweeps out what a crash left half written.
    pub(crate) fn open(path: &Path) -> Result<Self, BlobError> {
        let folder = Folder::open(path)?;
        let files = FileSystem::new(folder.root())
            .map_err(|error| BlobError::Internal(S3Error::from(error).into()))?;
        Ok(Self { files, folder })
    }

    fn upload(&self, id: &str) -> S3Result<Uuid> {
        self.folder.upload(id).ok_or_else(|| s3_error!(NoSuchUpload))
    }

    /// Whether a completion can succeed.
    async fn check_parts(&self, upload: Uuid, parts: &[CompletedPart]) -> S3Result<()> {
        for (index, part) in parts.iter().enumerate() {
            let number = index + 1;
            if part.part_number.and_then(|given| usize::try_from(given).ok()) != Some(number) {
                return Err(s3_error!(InvalidPartOrder, "parts must be numbered 1, 2, 3 and so on"));
            }
            let size_bytes = self.folder.part_bytes(upload, number).await;
            let size_bytes = size_bytes.map_err(|error| s3_error!(error, InvalidPart))?;
            if number < parts.len() && size_bytes < PART_LEAST_BYTES {
                return Err(s3_error!(EntityTooSmall));
            }
        }
        Ok(())
    }

    async fn sync(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.folder.sync(bucket, key).await.map_err(failed)
    }

    async fn forget(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.folder.forget(bucket, key).await.map_err(failed)
    }
}

#[async_trait]
impl S3 for Disk {
    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        self.files.head_bucket(req).await
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        self.files.head_object(req).await
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        self.files.get_object(req).await
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        self.files.list_objects_v2(req).await
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let answer = self.files.put_object(req).await.map_err(tell_full)?;
        self.sync(&bucket, &key).await?;
        Ok(answer)
    }

    /// Only inside one bucket, and with the media type and the like given anew, which is how our client copies.
    async fn copy_object(&self, mut req: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let from = match &req.input.copy_source {
            CopySource::Bucket { bucket: from_bucket, key: from, .. } if **from_bucket == *bucket => {
                from.to_string()
            }
            _ => return Err(s3_error!(NotImplemented)),
        };
        if from != key {
            let linked = self.folder.link(&bucket, &from, &key).await;
            linked.map_err(|error| match error.kind() {
                ErrorKind::NotFound => s3_error!(error, NoSuchKey),
                _ => failed(error),
            })?;
            // Now, not before: a source that is missing must not cost the destination its records.
            self.forget(&bucket, &key).await?;
        }
        // The bytes are in place. What is left is a copy of the object onto itself, which writes the records.
        req.input.copy_source =
            CopySource::Bucket { bucket: bucket.as_str().into(), key: key.as_str().into(), version_id: None };
        let answer = self.files.copy_object(req).await.map_err(tell_full)?;
        self.sync(&bucket, &key).await?;
        Ok(answer)
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        // The records first: if we crash in between, the object is still there to be deleted again.
        self.forget(&req.input.bucket, &req.input.key).await?;
        self.files.delete_object(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        self.files.create_multipart_upload(req).await.map_err(tell_full)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        self.upload(&req.input.upload_id)?;
        self.files.upload_part(req).await.map_err(tell_full)
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        self.upload(&req.input.upload_id)?;
        self.files.list_parts(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let upload = self.upload(&req.input.upload_id)?;
        let parts = req.input.multipart_upload.as_ref().and_then(|given| given.parts.as_deref());
        self.check_parts(upload, parts.unwrap_or_default()).await?;
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let answer = self.files.complete_multipart_upload(req).await.map_err(tell_full)?;
        self.sync(&bucket, &key).await?;
        Ok(answer)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.upload(&req.input.upload_id)?;
        self.files.abort_multipart_upload(req).await
    }
}

fn failed(error: io::Error) -> S3Error {
    tell_full(S3Error::internal_error(error))
}

/// Makes a 507 of an error beneath which a disk said that it is full.
fn tell_full(mut error: S3Error) -> S3Error {
    let mut cause = error.source().map(|source| source as &(dyn Error + 'static));
    let mut full = false;
    while let Some(one) = cause {
        full = full || one.downcast_ref::<io::Error>().is_some_and(|one| is_full(one.kind()));
        cause = one.source();
    }
    if full {
        error.set_code(S3ErrorCode::Custom("InsufficientStorage".into()));
        error.set_status_code(StatusCode::INSUFFICIENT_STORAGE);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        let full = failed(ErrorKind::StorageFull.into());
        assert_eq!(full.status_code(), Some(StatusCode::INSUFFICIENT_STORAGE));
        let broken = failed(ErrorKind::InvalidData.into());
        assert_eq!(broken.status_code(), Some(StatusCode::INTERNAL_SERVER_ERROR));
    }
}
