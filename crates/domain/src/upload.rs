//! Bytes on their way in: which parts, how large, and what must be true when all have arrived.

use crate::asset::{MediaType, Sha256};
use crate::named::named;
use crate::problem::{Code, Problem, Problems};

/// S3 asks for at least 5 MiB in every part but the last.
pub const PART_BYTES: u64 = 8 * 1024 * 1024;
/// S3 takes at most 10,000 parts; with 8 MiB each that is more than any file allowed here.
pub const MOST_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// What an editor states about a file before the first byte is sent.
#[derive(Debug, Clone)]
pub struct UploadInput {
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: i64,
    pub sha256: String,
}

/// The same, read and found well.
#[derive(Debug, Clone)]
pub struct UploadPlan {
    pub file_name: String,
    pub media_type: MediaType,
    pub size_bytes: u64,
    pub sha256: Sha256,
}

impl UploadInput {
    pub fn read(&self) -> Result<UploadPlan, Vec<Problem>> {
        let mut problems = Problems::default();
        problems.text("fileName", &self.file_name, 200);
        let media_type = MediaType::parse(&self.media_type);
        if media_type.is_none() {
            let known = MediaType::ALL.map(MediaType::name).join(", ");
            problems.add(Problem::new(Code::UnknownValue, "mediaType").detail(known));
        }
        let size_bytes = u64::try_from(self.size_bytes).ok().filter(|size| (1..=MOST_BYTES).contains(size));
        if size_bytes.is_none() {
            problems.add(Problem::new(Code::OutOfRange, "sizeBytes").detail(format!("1–{MOST_BYTES}")));
        }
        let sha256 = self.sha256.parse().ok();
        problems.check(sha256.is_none(), Code::Malformed, "sha256");
        match (media_type, size_bytes, sha256, problems.is_empty()) {
            (Some(media_type), Some(size_bytes), Some(sha256), true) => {
                Ok(UploadPlan { file_name: self.file_name.trim().to_owned(), media_type, size_bytes, sha256 })
            }
            _ => Err(problems.into_vec()),
        }
    }
}

/// How many parts a file of this size has.
pub const fn part_count(size_bytes: u64) -> u32 {
    size_bytes.div_ceil(PART_BYTES) as u32
}

/// How many bytes part `number` (from 1) must have.
pub const fn part_bytes(size_bytes: u64, number: u32) -> u64 {
    let before = PART_BYTES * (number as u64 - 1);
    let left = size_bytes.saturating_sub(before);
    if left < PART_BYTES { left } else { PART_BYTES }
}

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// Parts are being sent.
    Open,
    /// All parts are there; the bytes are being checked. Nobody can read them yet.
    Verifying,
    /// Checked and kept.
    Ready,
    /// Not what was stated; the reason stands beside it.
    Refused,
}

named! {
    UploadState {
        Open = "open",
        Verifying = "verifying",
        Ready = "ready",
        Refused = "refused",
    }
}

/// Compares the parts that storage holds with the plan. Each missing or wrong-sized part is its own problem.
pub fn check_parts(size_bytes: u64, parts: &[(u32, u64)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for number in 1..=part_count(size_bytes) {
        let wanted = part_bytes(size_bytes, number);
        match parts.iter().find(|(n, _)| *n == number) {
            None => problems.push(Problem::new(Code::NotReady, format!("parts.{number}"))),
            Some((_, size)) if *size != wanted => {
                problems.push(Problem::new(Code::Mismatch, format!("parts.{number}")).detail(wanted));
            }
            Some(_) => {}
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_the_file() {
        for size in [1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES + 7] {
            let sum: u64 = (1..=part_count(size)).map(|n| part_bytes(size, n)).sum();
            assert_eq!(sum, size);
        }
    }

    #[test]
    fn every_wrong_part_is_named() {
        let size = 2 * PART_BYTES + 5;
        let problems = check_parts(size, &[(1, PART_BYTES), (3, 4)]);
        let named: Vec<_> = problems.iter().map(|p| (p.field.as_str(), p.code)).collect();
        assert_eq!(named, [("parts.2", Code::NotReady), ("parts.3", Code::Mismatch)]);
        assert!(check_parts(size, &[(1, PART_BYTES), (2, PART_BYTES), (3, 5)]).is_empty());
    }

    #[test]
    fn all_that_is_wrong_with_a_statement_is_said_at_once() {
        let input = UploadInput {
            file_name: String::new(),
            media_type: "application/x-msdownload".into(),
            size_bytes: 0,
            sha256: "12".into(),
        };
        let fields: Vec<_> = input.read().unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["fileName", "mediaType", "sizeBytes", "sha256"]);
    }
}
