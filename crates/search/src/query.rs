//! What is asked for, its bounds and its filters.

use crate::error::SearchError;

/// The most hits on a page.
pub const MAX_LIMIT: usize = 50;
/// The farthest a page may begin; who looks farther should ask better.
pub const MAX_OFFSET: usize = 1000;

/// The most values of one filter.
const MAX_VALUES: usize = 50;

/// A question. `Query::default()` lists the twenty newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// As typed. Blank lists newest first.
    pub text: String,
    /// Any of these; all when empty. So for `topics`.
    pub kinds: Vec<String>,
    pub topics: Vec<String>,
    pub level: Option<String>,
    pub audience: Option<String>,
    pub language: Option<String>,
    /// 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// 0 to [`MAX_OFFSET`].
    pub offset: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: String::new(),
            kinds: Vec::new(),
            topics: Vec::new(),
            level: None,
            audience: None,
            language: None,
            limit: 20,
            offset: 0,
        }
    }
}

/// What a query may be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Kind,
    Topic,
    Level,
    Audience,
    Language,
}

impl Attribute {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Topic => "topics",
            Self::Level => "level",
            Self::Audience => "audience",
            Self::Language => "language",
        }
    }
}

impl Query {
    pub(crate) fn check(&self) -> Result<(), SearchError> {
        if !(1..=MAX_LIMIT).contains(&self.limit) {
            return Err(SearchError::refused(format!("a page holds 1 to {MAX_LIMIT} hits")));
        }
        if self.offset > MAX_OFFSET {
            return Err(SearchError::refused(format!("a page begins at {MAX_OFFSET} at most")));
        }
        if self.filters().iter().any(|(_, values)| values.len() > MAX_VALUES) {
            return Err(SearchError::refused(format!("a filter takes {MAX_VALUES} values at most")));
        }
        Ok(())
    }

    /// Every filter with the values of which a hit must have one; no values, no filter.
    pub(crate) fn filters(&self) -> [(Attribute, &[String]); 5] {
        [
            (Attribute::Kind, self.kinds.as_slice()),
            (Attribute::Topic, self.topics.as_slice()),
            (Attribute::Level, self.level.as_slice()),
            (Attribute::Audience, self.audience.as_slice()),
            (Attribute::Language, self.language.as_slice()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        let fine = Query::default();
        assert!(fine.check().is_ok());
        for bad in [
            Query { limit: 0, ..fine.clone() },
            Query { limit: 51, ..fine.clone() },
            Query { offset: 1001, ..fine.clone() },
            Query { topics: vec![String::new(); 51], ..fine.clone() },
        ] {
            assert!(matches!(bad.check(), Err(SearchError::Refused { .. })), "{bad:?}");
        }
    }
}
