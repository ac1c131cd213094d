//! Names of things in the store. Only this file knows how they are written as object keys.

use std::time::SystemTime;

use densach_domain::asset::Sha256;
use densach_domain::id::UploadId;
use uuid::Uuid;

/// Names a thing, never a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlobKey {
    /// Bytes as somebody sent them, in quarantine: nothing about them is known to be true.
    Upload(UploadId),
    /// Checked bytes, named by their hash, so the same bytes are kept once and never change.
    Asset(Sha256),
}

/// The sorts of things, to list one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    Upload,
    Asset,
}

/// A line of [`Blobs::list`](crate::Blobs::list).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobEntry {
    pub key: BlobKey,
    pub size_bytes: u64,
    /// When the bytes were last written, by the clock of the store.
    pub modified_at: SystemTime,
}

impl BlobKind {
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Upload => "upload/",
            Self::Asset => "asset/",
        }
    }
}

impl BlobKey {
    pub const fn kind(&self) -> BlobKind {
        match self {
            Self::Upload(_) => BlobKind::Upload,
            Self::Asset(_) => BlobKind::Asset,
        }
    }

    /// The key in the bucket: `upload/<uuid>` or `asset/<first two digits>/<64 digits>`. The two digits keep a folder
    /// of the embedded store at a few thousand files; a real store does not care.
    pub fn object_key(&self) -> String {
        let prefix = self.kind().prefix();
        match self {
            Self::Upload(id) => format!("{prefix}{}", id.uuid()),
            Self::Asset(hash) => {
                let digits = hash.to_string();
                format!("{prefix}{digits:.2}/{digits}")
            }
        }
    }

    /// Reads what [`BlobKey::object_key`] wrote; none for anything else that lies in the bucket.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let key = if let Some(id) = text.strip_prefix(BlobKind::Upload.prefix()) {
            Self::Upload(UploadId::from_uuid(Uuid::try_parse(id).ok()?))
        } else {
            let (_, digits) = text.strip_prefix(BlobKind::Asset.prefix())?.split_once('/')?;
            Self::Asset(digits.parse().ok()?)
        };
        (key.object_key() == text).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back() {
        let upload = BlobKey::Upload(UploadId::from_uuid(Uuid::from_u128(7)));
        let asset = BlobKey::Asset(Sha256::of(b""));
        assert_eq!(upload.object_key(), "upload/00000000-0000-0000-0000-000000000007");
        let digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(asset.object_key(), format!("asset/e3/{digits}"));
        for key in [upload, asset] {
            assert_eq!(BlobKey::parse(&key.object_key()), Some(key));
        }
    }

    #[test]
    fn what_else_lies_in_the_bucket_is_no_key() {
        let digits = Sha256::of(b"").to_string();
        let elsewhere = format!("asset/00/{digits}");
        let upper = format!("asset/e3/{}", digits.to_uppercase());
        let unhyphenated = "upload/00000000000000000000000000000007";
        for text in ["", "upload/", "upload/x", "asset/", "backup/x", unhyphenated, &elsewhere, &upper] {
            assert_eq!(BlobKey::parse(text), None, "{text}");
        }
    }
}
