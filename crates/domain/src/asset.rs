//! A file, named by the SHA-256 of its bytes, so that the same bytes are kept once and anybody can verify them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::AssetId;
use crate::named::named;

/// The SHA-256 of some bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Of bytes that are at hand.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

/// Not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256: 64 hexadecimal digits are needed")]
pub struct NotSha256;

impl FromStr for Sha256 {
    type Err = NotSha256;

    fn from_str(text: &str) -> Result<Self, NotSha256> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotSha256);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotSha256)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotSha256)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The media types that are taken in. Few on purpose: each must be recognised by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    Mp4,
    Pdf,
    Jpeg,
    Png,
    WebVtt,
}

named! {
    MediaType {
        Mp4 = "video/mp4",
        Pdf = "application/pdf",
        Jpeg = "image/jpeg",
        Png = "image/png",
        WebVtt = "text/vtt",
    }
}

impl MediaType {
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebVtt => "vtt",
        }
    }

    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "jpeg" => Some(Self::Jpeg),
            other => Self::ALL.into_iter().find(|media| media.extension() == other),
        }
    }
}

/// What a file is for in a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AssetRole {
    /// The video or document itself.
    Main,
    /// A small picture for lists.
    Cover,
    /// Captions (phụ đề) as WebVTT, in the language that stands beside it.
    Captions,
    /// Something to download along with a lesson.
    Attachment,
}

named! {
    AssetRole {
        Main = "main",
        Cover = "cover",
        Captions = "captions",
        Attachment = "attachment",
    }
}

impl AssetRole {
    /// Whether a file of this type can play this part.
    pub const fn takes(self, media: MediaType) -> bool {
        match self {
            Self::Main => matches!(media, MediaType::Mp4 | MediaType::Pdf),
            Self::Cover => matches!(media, MediaType::Jpeg | MediaType::Png),
            Self::Captions => matches!(media, MediaType::WebVtt),
            Self::Attachment => true,
        }
    }
}

/// A file that has been verified: its bytes have this hash and size, and are what they are said to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    pub id: AssetId,
    pub sha256: Sha256,
    pub size_bytes: u64,
    pub media_type: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_rubbish_does_not() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").to_string(), empty);
        assert_eq!(empty.to_uppercase().parse(), Ok(Sha256::of(b"")));
        for text in ["", "e3", &empty[1..], &format!("{}zz", &empty[2..]), "é".repeat(32).as_str()] {
            assert_eq!(text.parse::<Sha256>(), Err(NotSha256), "{text}");
        }
    }
}
