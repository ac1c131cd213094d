//! Reading an object: as a stream, its first bytes, or by a phone through a signed address.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::ByteStreamError;
use bytes::Bytes;
use futures::stream::{self, BoxStream, Stream, StreamExt};

use crate::Blobs;
use crate::client::presigning;
use crate::error::BlobError;
use crate::key::BlobKey;

/// The bytes of an object as they come, in chunks of whatever size the store likes.
pub struct BlobStream(BoxStream<'static, Result<Bytes, BlobError>>);

impl Stream for BlobStream {
    type Item = Result<Bytes, BlobError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl Blobs {
    /// Reads an object from its first byte to its last. A break in the middle is an item of the stream.
    ///
    /// # Errors
    ///
    /// [`BlobError::NotFound`] or any other.
    pub async fn read(&self, key: &BlobKey) -> Result<BlobStream, BlobError> {
        let get = self.client.get_object().bucket(&*self.bucket).key(key.object_key());
        let object = get.send().await?;
        let chunks = stream::try_unfold(object.body, |mut body| async move {
            let chunk = body.try_next().await.map_err(broken_off);
            chunk.map(|chunk| chunk.map(|bytes| (bytes, body)))
        });
        Ok(BlobStream(chunks.boxed()))
    }

    /// Reads the first `max_bytes` of an object, or all of one that has fewer, to see what it is.
    ///
    /// # Errors
    ///
    /// [`BlobError::NotFound`] or any other.
    pub async fn read_start(&self, key: &BlobKey, max_bytes: u64) -> Result<Bytes, BlobError> {
        let range = format!("bytes=0-{}", max_bytes.saturating_sub(1));
        let get = self.client.get_object().bucket(&*self.bucket).key(key.object_key());
        let object = match get.range(range).send().await {
            Ok(object) => object,
            // An empty object has no first byte, so no range of it can be given.
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 416) => {
                return Ok(Bytes::new());
            }
            Err(error) => return Err(error.into()),
        };
        let mut bytes = object.body.collect().await.map_err(broken_off)?.into_bytes();
        bytes.truncate(usize::try_from(max_bytes).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// Where a phone GETs an object, whole or in ranges, for `expires` (at most a week) from `signed_at`. The same
    /// arguments give the same address, so round `signed_at` down and phones and caches will know it again. The object
    /// is shown, not saved, under `file_name`. Nothing is asked of the store.
    ///
    /// # Errors
    ///
    /// [`BlobError::Refused`] when the time is too long.
    pub async fn read_url(
        &self,
        key: &BlobKey,
        signed_at: SystemTime,
        expires: Duration,
        file_name: &str,
        media_type: &str,
    ) -> Result<String, BlobError> {
        let request = self
            .signer
            .get_object()
            .bucket(&*self.bucket)
            .key(key.object_key())
            .response_content_type(media_type)
            .response_content_disposition(inline(file_name))
            .presigned(presigning(Some(signed_at), expires)?)
            .await?;
        Ok(request.uri().to_owned())
    }
}

fn broken_off(error: ByteStreamError) -> BlobError {
    BlobError::Unavailable(error.into())
}

/// A `Content-Disposition` that shows the object and names it, in the form that carries Vietnamese (RFC 8187).
fn inline(file_name: &str) -> String {
    let mut header = "inline; filename*=UTF-8''".to_owned();
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            header.push(char::from(byte));
        } else {
            header.push_str(&format!("%{byte:02X}"));
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_fits_into_a_header() {
        assert_eq!(inline("Bài 1.pdf"), "inline; filename*=UTF-8''B%C3%A0i%201.pdf");
        assert_eq!(inline("a\"\r\n;b"), "inline; filename*=UTF-8''a%22%0D%0A%3Bb");
    }
}
