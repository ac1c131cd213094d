//! The documents that ship: what the app and the examples send. A public read is asked for by the hash of its document,
//! so that it is a plain GET that every cache on the way can keep.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// A shipped document.
#[derive(Debug)]
pub struct Document {
    pub name: &'static str,
    pub text: &'static str,
    /// SHA-256 of the text, 64 hexadecimal digits.
    pub hash: String,
    /// Whether it says the same to everybody, so that the answer to a GET may be kept by shared caches.
    pub public: bool,
}

macro_rules! documents {
    ($($name:literal, $public:literal;)*) => {
        [$(($name, include_str!(concat!("../documents/", $name, ".graphql")), $public)),*]
    };
}

/// All shipped documents.
pub static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let shipped = documents![
        "PublicHome", true;
        "PublicLesson", true;
        "PublicReadingLists", true;
        "PublicTopics", true;
        "PublicCriteria", true;
        "PublicUnits", true;
        "Search", true;
        "RequestSignInCode", false;
        "ConfirmSignInCode", false;
        "RefreshSession", false;
        "Viewer", false;
        "Home", false;
        "Lesson", false;
        "SendEvidence", false;
        "WithdrawEvidence", false;
        "IssueCard", false;
        "AttestMeeting", false;
        "ConfirmEvidence", false;
        "Roster", false;
        "Claims", false;
        "RecordPosition", false;
        "MyStudy", false;
        "SetGoal", false;
        "Office", false;
        "OfficeMembers", false;
        "WhyTheseHours", false;
        "DisputeEvidence", false;
        "OfficeWhy", false;
        "OfficeDisputes", false;
        "AnswerDispute", false;
        "CreateUpload", false;
        "UploadState", false;
        "CompleteUpload", false;
        "CreateWork", false;
        "PreviewDraft", false;
        "PublishDraft", false;
        "ReleaseRevision", false;
    ];
    shipped
        .into_iter()
        .map(|(name, text, public)| Document { name, text, hash: hash(text), public })
        .collect()
});

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Document {
    /// Whether it only reads: nothing else may be asked for by GET.
    pub fn is_query(&self) -> bool {
        self.text.lines().any(|line| line.starts_with("query "))
    }

    pub fn by_hash(hash: &str) -> Option<&'static Self> {
        DOCUMENTS.iter().find(|document| document.hash == hash)
    }
}
