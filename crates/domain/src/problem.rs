//! A refusal that a person can act on. All problems of one input are gathered and given back at once.

use std::fmt;

use crate::named::named;

/// What is wrong, as a stable code. The words for it, in Vietnamese and English, stand in one table in `app`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    Required,
    TooLong,
    TooShort,
    OutOfRange,
    Malformed,
    WrongKind,
    UnknownValue,
    Duplicate,
    NotFound,
    NotReady,
    NotAllowed,
    Mismatch,
    Expired,
    Stale,
    Immutable,
    RequestReused,
    /// More of something than fits.
    TooManyItems,
    /// A wrong one-time code; the detail says how many tries are left.
    WrongCode,
    /// The bytes of a file are not of the stated type.
    RefusedType,
    /// The bytes of a file are not those that were stated.
    RefusedBytes,
    /// An upload that nobody finished.
    UploadExpired,
    /// A dispute that was answered or withdrawn already.
    Settled,
}

named! {
    Code {
        Required = "REQUIRED",
        TooLong = "TOO_LONG",
        TooShort = "TOO_SHORT",
        OutOfRange = "OUT_OF_RANGE",
        Malformed = "MALFORMED",
        WrongKind = "WRONG_KIND",
        UnknownValue = "UNKNOWN_VALUE",
        Duplicate = "DUPLICATE",
        NotFound = "NOT_FOUND",
        NotReady = "NOT_READY",
        NotAllowed = "NOT_ALLOWED",
        Mismatch = "MISMATCH",
        Expired = "EXPIRED",
        Stale = "STALE",
        Immutable = "IMMUTABLE",
        RequestReused = "REQUEST_REUSED",
        TooManyItems = "TOO_MANY_ITEMS",
        WrongCode = "WRONG_CODE",
        RefusedType = "REFUSED_TYPE",
        RefusedBytes = "REFUSED_BYTES",
        UploadExpired = "UPLOAD_EXPIRED",
        Settled = "SETTLED",
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One problem of one field. `field` is the path in the input, dots between names: `items.2.startedAt`.
/// `detail` is the limit or the value that would be right, put into the words of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    pub field: String,
    pub detail: Option<String>,
}

impl Problem {
    pub fn new(code: Code, field: impl Into<String>) -> Self {
        Self { code, field: field.into(), detail: None }
    }

    #[must_use]
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }
}

/// Gathers problems while an input is read, so that none hides another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Notes a problem when `bad` holds; answers whether it did.
    pub fn check(&mut self, bad: bool, code: Code, field: &str) -> bool {
        if bad {
            self.add(Problem::new(code, field));
        }
        bad
    }

    /// A text that must be there and be at most `longest` characters long.
    pub fn text(&mut self, field: &str, text: &str, longest: usize) {
        if !self.check(text.trim().is_empty(), Code::Required, field) {
            self.length(field, text, longest);
        }
    }

    /// A text that may be absent but not longer than `longest` characters.
    pub fn length(&mut self, field: &str, text: &str, longest: usize) {
        // No database keeps a NUL in a text, and no person types one.
        if text.contains('\0') {
            self.add(Problem::new(Code::Malformed, field));
        }
        if text.chars().count() > longest {
            self.add(Problem::new(Code::TooLong, field).detail(longest));
        }
    }

    /// The fields that something is wrong with.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|problem| problem.field.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    /// `Ok(value)` when nothing was wrong, else all that was.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}
