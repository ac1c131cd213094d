//! The vocabulary of refusals, and the one table of their words.

use std::error::Error as StdError;

use densach_blob::BlobError;
use densach_domain::policy::Refusal;
use densach_domain::{Code, Problem};
use densach_search::SearchError;
use densach_store::StoreError;

pub type Result<T> = std::result::Result<T, Error>;

/// Which part of the machine does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Database,
    Storage,
    Search,
    /// The gateway that delivers one-time codes, or an identity broker.
    Outside,
}

/// What a use case answers when it does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("nobody is signed in")]
    Unauthenticated,
    #[error("not allowed")]
    Forbidden,
    /// Not there, or not for this actor to know of: a stranger cannot tell which.
    #[error("not found")]
    NotFound,
    /// Everything that is wrong with the input, at once.
    #[error("invalid: {0:?}")]
    Invalid(Vec<Problem>),
    #[error("too many: wait {retry_after_seconds} s")]
    TooMany { retry_after_seconds: i64 },
    #[error("{part:?} is unavailable")]
    Unavailable { part: Part, source: Box<dyn StdError + Send + Sync> },
    /// Our mistake. The source goes to the log and never to a client.
    #[error("internal error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    pub fn internal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    pub fn problem(code: Code, field: &str) -> Self {
        Self::Invalid(vec![Problem::new(code, field)])
    }

    /// The code that stands in `extensions.code`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Invalid(_) => "INVALID",
            Self::TooMany { .. } => "TOO_MANY",
            Self::Unavailable { part: Part::Search, .. } => "SEARCH_UNAVAILABLE",
            Self::Unavailable { .. } => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// Whether it is ours to mend: then it is logged as an error, with its source.
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Internal(_))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthenticated => Self::Unauthenticated,
            Refusal::Forbidden => Self::Forbidden,
            Refusal::Hidden => Self::NotFound,
        }
    }
}

impl From<Vec<Problem>> for Error {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Invalid(problems)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Full(_) => {
                Self::Unavailable { part: Part::Database, source: Box::new(error) }
            }
            StoreError::Duplicate(_)
            | StoreError::Newer(_)
            | StoreError::Broken(_)
            | StoreError::Internal(_) => Self::internal(error),
        }
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::NotFound(_) => Self::NotFound,
            BlobError::Unavailable(_) | BlobError::Full(_) => {
                Self::Unavailable { part: Part::Storage, source: Box::new(error) }
            }
            BlobError::Refused { .. } | BlobError::Internal(_) => Self::internal(error),
        }
    }
}

impl From<SearchError> for Error {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Unavailable { .. } | SearchError::Broken { .. } => {
                Self::Unavailable { part: Part::Search, source: Box::new(error) }
            }
            SearchError::Refused { .. } | SearchError::Internal { .. } => Self::internal(error),
        }
    }
}

/// In which language somebody is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Vietnamese,
    English,
}

/// The words of a code in both languages; `{}` stands for the detail of the problem.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub code: &'static str,
    pub vi: &'static str,
    pub en: &'static str,
}

/// One row a code: everything that a person can be told.
pub const TEXTS: [Text; 31] = [
    Text {
        code: "UNAUTHENTICATED",
        vi: "Bác cần đăng nhập để làm việc này.",
        en: "Please sign in to do this.",
    },
    Text {
        code: "FORBIDDEN",
        vi: "Tài khoản này không được làm việc này.",
        en: "This account may not do this.",
    },
    Text {
        code: "NOT_FOUND",
        vi: "Không tìm thấy. Có thể mục này đã được chuyển đi hoặc không dành cho tài khoản này.",
        en: "Not found. It may have moved, or it is not for this account.",
    },
    Text {
        code: "INVALID",
        vi: "Một vài chỗ cần sửa trước khi gửi lại.",
        en: "A few things need mending before this can be sent again.",
    },
    Text {
        code: "TOO_MANY",
        vi: "Bác đã thử nhiều lần. Xin chờ {} giây rồi thử lại.",
        en: "Too many tries. Please wait {} seconds and try again.",
    },
    Text {
        code: "SEARCH_UNAVAILABLE",
        vi: "Tìm kiếm đang tạm nghỉ. Bài học vẫn mở được từ danh mục; xin thử tìm lại sau ít phút.",
        en: "Search is taking a break. Lessons still open from the lists; please try again in a few minutes.",
    },
    Text {
        code: "UNAVAILABLE",
        vi: "Hệ thống đang bận. Chưa có gì bị mất; xin thử lại sau ít phút.",
        en: "The system is busy. Nothing was lost; please try again in a few minutes.",
    },
    Text {
        code: "INTERNAL",
        vi: "Có lỗi ở phía chúng tôi. Xin thử lại; nếu vẫn lỗi, hãy báo mã yêu cầu này.",
        en: "Something went wrong on our side. Please try again; if it goes on, tell us this request id.",
    },
    Text { code: "LIMIT", vi: "Yêu cầu này quá lớn: {}.", en: "This request is too large: {}." },
    Text {
        code: "BAD_REQUEST", vi: "Yêu cầu này chưa đúng: {}.", en: "This request is not right: {}."
    },
    Text { code: "REQUIRED", vi: "Xin điền mục này.", en: "Please fill this in." },
    Text {
        code: "TOO_LONG", vi: "Dài quá: nhiều nhất {} ký tự.", en: "Too long: at most {} characters."
    },
    Text { code: "TOO_SHORT", vi: "Ngắn quá: ít nhất {}.", en: "Too short: at least {}." },
    Text { code: "OUT_OF_RANGE", vi: "Ngoài khoảng cho phép: {}.", en: "Out of range: {}." },
    Text {
        code: "MALFORMED",
        vi: "Chưa đúng cách viết. Ví dụ đúng: {}.",
        en: "Not well formed. For example: {}.",
    },
    Text {
        code: "WRONG_KIND",
        vi: "Mã này là của một loại khác. Cần mã dạng {}.",
        en: "This id is of another kind. Needed: {}.",
    },
    Text {
        code: "UNKNOWN_VALUE",
        vi: "Giá trị này chưa biết. Có thể dùng: {}.",
        en: "Unknown value. Use one of: {}.",
    },
    Text { code: "DUPLICATE", vi: "Mục này đã có rồi: {}.", en: "This is there already: {}." },
    Text { code: "NOT_READY", vi: "Mục này chưa xong: {}.", en: "This is not ready yet: {}." },
    Text {
        code: "NOT_ALLOWED", vi: "Mục này không dùng được ở đây.", en: "This cannot be used here."
    },
    Text {
        code: "MISMATCH",
        vi: "Không khớp với điều đã khai. Cần: {}.",
        en: "Not what was stated. Needed: {}.",
    },
    Text {
        code: "EXPIRED",
        vi: "Mã đã hết hạn hoặc đã dùng. Xin lấy mã mới.",
        en: "This code has expired or was used. Please ask for a new one.",
    },
    Text {
        code: "STALE",
        vi: "Có người đã lưu trước. Xin mở bản mới nhất (phiên bản {}) rồi sửa tiếp; chữ bác vừa gõ vẫn còn trên máy.",
        en: "Somebody saved before you. Please open the newest version ({}) and go on; what you typed is still on your device.",
    },
    Text {
        code: "IMMUTABLE",
        vi: "Bản đã xuất bản không sửa được. Xin tạo bản nháp mới.",
        en: "A published revision never changes. Please start a new draft.",
    },
    Text {
        code: "REQUEST_REUSED",
        vi: "Mã yêu cầu này đã dùng cho việc khác. Xin gửi lại với mã mới.",
        en: "This request id was used for something else. Please send it again under a new one.",
    },
    Text {
        code: "TOO_MANY_ITEMS", vi: "Nhiều quá: nhiều nhất {} mục.", en: "Too many: at most {}."
    },
    Text {
        code: "WRONG_CODE",
        vi: "Mã chưa đúng. Bác còn {} lần thử.",
        en: "That is not the code. {} tries are left.",
    },
    Text {
        code: "UPLOAD_EXPIRED",
        vi: "Tệp gửi dở đã lâu nên được dọn đi. Xin tải lên lại.",
        en: "This upload was left unfinished for long and was cleared away. Please upload again.",
    },
    Text {
        code: "SETTLED",
        vi: "Việc này đã được trả lời hoặc đã rút lại rồi.",
        en: "This has been answered or withdrawn already.",
    },
    Text {
        code: "REFUSED_TYPE",
        vi: "Nội dung tệp không phải loại đã khai ({}).",
        en: "The bytes of the file are not of the stated type ({}).",
    },
    Text {
        code: "REFUSED_BYTES",
        vi: "Tệp nhận được không giống tệp gốc (mã SHA-256 khác). Xin tải lên lại.",
        en: "The bytes that arrived are not those that were stated (SHA-256 differs). Please upload again.",
    },
];

/// The words of a code in one language.
pub fn text(code: &str, language: Language, detail: Option<&str>) -> String {
    let row = TEXTS.iter().find(|row| row.code == code);
    let words = match (row, language) {
        (Some(row), Language::Vietnamese) => row.vi,
        (Some(row), Language::English) => row.en,
        (None, _) => code,
    };
    match detail {
        Some(detail) => words.replace("{}", detail.trim_end_matches('.')),
        // Without a detail the clause that would hold it says nothing: it is left out.
        None => words
            .split(['.', ':'])
            .next()
            .filter(|_| words.contains("{}"))
            .map_or_else(|| words.to_owned(), |clause| format!("{clause}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_in_both_languages() {
        for code in Code::ALL.map(Code::name) {
            let row = TEXTS.iter().find(|row| row.code == code);
            assert!(row.is_some_and(|row| !row.vi.is_empty() && !row.en.is_empty()), "{code}");
        }
        let mut codes: Vec<_> = TEXTS.iter().map(|row| row.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TEXTS.len());
    }

    #[test]
    fn a_detail_stands_in_the_words() {
        assert_eq!(text("TOO_LONG", Language::English, Some("200")), "Too long: at most 200 characters.");
        assert_eq!(text("TOO_LONG", Language::English, None), "Too long.");
        assert_eq!(text("REQUIRED", Language::Vietnamese, None), "Xin điền mục này.");
    }
}
