//! Files on their way in: presigned parts straight to object storage, then checked, then kept. Until the check is done
//! nobody can read them.

use std::time::Duration;

use densach_blob::{BlobError, BlobKey, MultipartId};
use densach_domain::actor::Member;
use densach_domain::asset::{Asset, MediaType, Sha256};
use densach_domain::id::{AssetId, UploadId};
use densach_domain::upload::{UploadInput, UploadState, check_parts, part_bytes, part_count};
use densach_domain::{Code, Problem, policy};
use densach_store::JobKind;
pub use densach_store::UploadRow;
use futures::StreamExt as _;
use sha2::Digest as _;

use crate::idempotent::{Begun, begin};
use crate::{Context, Error, Request, Result};

/// One part: where to put it, how large it must be, and whether storage has it.
#[derive(Debug, Clone)]
pub struct Part {
    pub number: u32,
    pub size_bytes: u64,
    pub url: String,
    pub received: bool,
}

fn editor(cx: &Context) -> Result<&Member> {
    policy::edits(&cx.actor, cx.now())?;
    Ok(policy::signed_in(&cx.actor)?)
}

/// Asks to bring a file in.
pub async fn create(cx: &Context, request: &Request, input: &UploadInput) -> Result<UploadId> {
    let member = editor(cx)?;
    let plan = input.read()?;
    // Storage is asked before a transaction is open: it may be slow, and SQLite has one writer. What a repeated request
    // begins in vain is given back at once.
    let id: UploadId = cx.new_id();
    let key = BlobKey::Upload(id);
    let multipart = cx.blobs.multipart_begin(&key, plan.media_type.name()).await?;
    let write = match cx.begin(member.account.uuid(), request).await {
        Ok(Begun::Fresh(write)) => write,
        Ok(Begun::Repeated(earlier)) => {
            cx.blobs.multipart_abort(&key, &multipart).await?;
            return Ok(earlier);
        }
        Err(error) => {
            cx.blobs.multipart_abort(&key, &multipart).await?;
            return Err(error);
        }
    };
    let upload = UploadRow {
        id,
        account: member.account,
        file_name: plan.file_name,
        media_type: plan.media_type.name().into(),
        size_bytes: plan.size_bytes,
        sha256: plan.sha256,
        multipart: multipart.to_string(),
        state: UploadState::Open,
        refusal: None,
        asset: None,
        created_at: cx.now(),
    };
    write.tx.upload_add(&upload).await?;
    write.finish(cx, id).await
}

/// An upload of one's own.
pub async fn find(cx: &Context, id: UploadId) -> Result<UploadRow> {
    let member = editor(cx)?;
    let upload = cx.store.upload(id).await?.ok_or(Error::NotFound)?;
    if upload.account == member.account { Ok(upload) } else { Err(Error::NotFound) }
}

/// The parts of an open upload, with fresh URLs: what to send, and what need not be sent again after a cut.
pub async fn parts(cx: &Context, upload: &UploadRow) -> Result<Vec<Part>> {
    if upload.state != UploadState::Open {
        return Ok(Vec::new());
    }
    let key = BlobKey::Upload(upload.id);
    let multipart = MultipartId::new(upload.multipart.clone());
    let received = cx.blobs.part_list(&key, &multipart).await?;
    let life = Duration::from_secs(cx.settings.part_url_seconds);
    let mut parts = Vec::new();
    for number in 1..=part_count(upload.size_bytes) {
        let size_bytes = part_bytes(upload.size_bytes, number);
        let received = received.iter().any(|part| part.number == number && part.size_bytes == size_bytes);
        let url = cx.blobs.part_url(&key, &multipart, number, life).await?;
        parts.push(Part { number, size_bytes, url, received });
    }
    Ok(parts)
}

/// Says that all parts are there. Missing and wrong-sized parts are named; then the bytes are checked by a job.
pub async fn complete(cx: &Context, request: &Request, id: UploadId) -> Result<UploadId> {
    let upload = find(cx, id).await?;
    if upload.state == UploadState::Open {
        join_parts(cx, &upload).await?;
    }
    let mut write = begin!(cx, upload.account.uuid(), request);
    if write.tx.upload_move(id, UploadState::Open, UploadState::Verifying, None, None).await? {
        write.enqueue(cx, &JobKind::UploadVerify { upload: id }).await?;
    }
    write.finish(cx, id).await
}

/// Joins the parts in storage, unless an earlier call did so and was cut off before it could say it.
async fn join_parts(cx: &Context, upload: &UploadRow) -> Result<()> {
    let key = BlobKey::Upload(upload.id);
    let multipart = MultipartId::new(upload.multipart.clone());
    let received = match cx.blobs.part_list(&key, &multipart).await {
        Ok(received) => received,
        Err(BlobError::NotFound(_)) if cx.blobs.head(&key).await?.is_some() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let sizes: Vec<_> = received.iter().map(|part| (part.number, part.size_bytes)).collect();
    let problems = check_parts(upload.size_bytes, &sizes);
    if !problems.is_empty() {
        return Err(problems.into());
    }
    Ok(cx.blobs.multipart_complete(&key, &multipart, &received).await?)
}

/// The job behind [`complete`]: reads the bytes once, compares size and hash with what was stated and the content with
/// the stated type, and keeps or refuses them. Doing it again changes nothing.
pub(crate) async fn verify(cx: &Context, id: UploadId) -> Result<()> {
    let Some(upload) = cx.store.upload(id).await?.filter(|upload| upload.state == UploadState::Verifying)
    else {
        return Ok(());
    };
    let key = BlobKey::Upload(id);
    let refusal = match check_bytes(cx, &key, &upload).await {
        Ok(refusal) => refusal,
        // The bytes are gone although they were acknowledged: a person must send them again.
        Err(Error::NotFound) => Some(Code::RefusedBytes),
        Err(error) => return Err(error),
    };
    let (state, asset) = match refusal {
        Some(_) => (UploadState::Refused, None),
        None => {
            cx.blobs.copy(&key, &BlobKey::Asset(upload.sha256), &upload.media_type).await?;
            (UploadState::Ready, Some(new_asset(cx, upload.sha256, upload.size_bytes, &upload.media_type)))
        }
    };
    let tx = cx.store.begin().await?;
    let asset = match asset {
        Some(asset) => Some(tx.asset_put(&asset, cx.now()).await?),
        None => None,
    };
    tx.upload_move(id, UploadState::Verifying, state, refusal.map(Code::name), asset).await?;
    tx.commit().await?;
    cx.blobs.delete(&key).await?;
    Ok(())
}

pub(crate) fn new_asset(cx: &Context, sha256: Sha256, size_bytes: u64, media_type: &str) -> Asset {
    let id: AssetId = cx.new_id();
    Asset { id, sha256, size_bytes, media_type: media_type.to_owned() }
}

async fn check_bytes(cx: &Context, key: &BlobKey, upload: &UploadRow) -> Result<Option<Code>> {
    let mut hasher = sha2::Sha256::new();
    let mut size_bytes = 0_u64;
    let mut head = Vec::new();
    let mut bytes = cx.blobs.read(key).await?;
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk?;
        size_bytes += chunk.len() as u64;
        hasher.update(&chunk);
        let room = HEAD_BYTES.saturating_sub(head.len()).min(chunk.len());
        head.extend_from_slice(&chunk[..room]);
    }
    let sha256 = Sha256::from_bytes(hasher.finalize().into());
    if size_bytes != upload.size_bytes || sha256 != upload.sha256 {
        return Ok(Some(Code::RefusedBytes));
    }
    let stated = MediaType::parse(&upload.media_type);
    Ok(if stated.is_some() && sniff(&head) == stated { None } else { Some(Code::RefusedType) })
}

pub(crate) const HEAD_BYTES: usize = 8192;

/// What the first bytes of a file say that it is.
pub(crate) fn sniff(head: &[u8]) -> Option<MediaType> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if text.starts_with(b"WEBVTT") && text.get(6).is_none_or(|byte| byte.is_ascii_whitespace()) {
        return Some(MediaType::WebVtt);
    }
    match infer::get(head)?.mime_type() {
        "video/mp4" | "video/x-m4v" => Some(MediaType::Mp4),
        "application/pdf" => Some(MediaType::Pdf),
        "image/jpeg" => Some(MediaType::Jpeg),
        "image/png" => Some(MediaType::Png),
        _ => None,
    }
}

/// Why an upload was refused, as a problem that a screen can show.
pub fn refusal(upload: &UploadRow) -> Option<Problem> {
    let code = Code::parse(upload.refusal.as_deref()?)?;
    let detail =
        if code == Code::RefusedType { upload.media_type.clone() } else { upload.sha256.to_string() };
    Some(Problem::new(code, "file").detail(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_bytes() {
        assert_eq!(sniff(b"WEBVTT\n\n00:00"), Some(MediaType::WebVtt));
        assert_eq!(sniff(b"\xef\xbb\xbfWEBVTT"), Some(MediaType::WebVtt));
        assert_eq!(sniff(b"WEBVTTX"), None);
        assert_eq!(sniff(b"%PDF-1.7\n"), Some(MediaType::Pdf));
        assert_eq!(sniff(b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"), Some(MediaType::Mp4));
        assert_eq!(sniff(b"MZ\x90\0\x03\0\0\0"), None);
        assert_eq!(sniff(b""), None);
    }
}
