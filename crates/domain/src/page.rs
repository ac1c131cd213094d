//! A page of a list: keyset, so that it stays stable while others insert.

/// What the caller asked: at most `limit` rows after `after` (the key of the last row already seen).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest<K> {
    pub limit: u32,
    pub after: Option<K>,
}

/// What a read answers. `has_next` is known because one row more than asked was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub has_next: bool,
}

impl<T> Page<T> {
    /// Cuts the one row too many that tells whether there is more.
    pub fn cut(mut items: Vec<T>, limit: u32) -> Self {
        let limit = limit as usize;
        let has_next = items.len() > limit;
        items.truncate(limit);
        Self { items, has_next }
    }

    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), has_next: self.has_next }
    }
}
