//! Relay connections: a list field is a few lines. Cursors are keysets in disguise, stable under inserts.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{ObjectType, OutputType};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use densach_app::Error;
use densach_domain::id::{Id, UnitId, WorkId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::{Code, Problem, Timestamp};
use uuid::Uuid;

pub(crate) const DEFAULT_FIRST: i32 = 20;

/// A key that can be written into a cursor and read back.
pub(crate) trait Key: Sized {
    fn write(&self) -> Vec<u8>;
    fn read(bytes: &[u8]) -> Option<Self>;
}

fn uuid_and_rest(bytes: &[u8]) -> Option<(Uuid, &[u8])> {
    let (uuid, rest) = bytes.split_first_chunk::<16>()?;
    Some((Uuid::from_bytes(*uuid), rest))
}

impl Key for (Timestamp, WorkId) {
    fn write(&self) -> Vec<u8> {
        [self.1.uuid().as_bytes().as_slice(), &self.0.ms().to_be_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (uuid, rest) = uuid_and_rest(bytes)?;
        Some((Timestamp::from_ms(i64::from_be_bytes(rest.try_into().ok()?)), WorkId::from_uuid(uuid)))
    }
}

impl<I: Id> Key for (Vec<u8>, I) {
    fn write(&self) -> Vec<u8> {
        [self.1.uuid().as_bytes().as_slice(), &self.0].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (uuid, rest) = uuid_and_rest(bytes)?;
        Some((rest.to_vec(), I::from_uuid(uuid)))
    }
}

impl Key for usize {
    fn write(&self) -> Vec<u8> {
        u32::try_from(*self).unwrap_or(u32::MAX).to_be_bytes().to_vec()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
    }
}

// A key of units is one of the generic pairs; named here so that a reader finds where it is used.
pub(crate) type UnitKey = (Vec<u8>, UnitId);

pub(crate) fn cursor<K: Key>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(key.write())
}

/// Reads `first` and `after`; a page larger than `most` is refused with what is allowed.
pub(crate) fn page<K: Key>(
    first: Option<i32>,
    after: Option<&str>,
    most: i32,
) -> densach_app::Result<PageRequest<K>> {
    let mut problems = Vec::new();
    let first = first.unwrap_or(DEFAULT_FIRST.min(most));
    if !(1..=most).contains(&first) {
        problems.push(Problem::new(Code::OutOfRange, "first").detail(format!("1–{most}")));
    }
    let key = after.map(|text| URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| K::read(&bytes)));
    if key.as_ref().is_some_and(Option::is_none) {
        problems.push(Problem::new(Code::Malformed, "after").detail("pageInfo.endCursor"));
    }
    if problems.is_empty() {
        Ok(PageRequest { limit: u32::try_from(first).unwrap_or(1), after: key.flatten() })
    } else {
        Err(Error::Invalid(problems))
    }
}

/// A page as a connection.
pub(crate) fn connection<K: Key, T, N: OutputType, F: ObjectType>(
    page: Page<T>,
    has_previous: bool,
    fields: F,
    key: impl Fn(&T) -> K,
    node: impl Fn(T) -> N,
) -> Connection<String, N, F, EmptyFields> {
    let mut connection = Connection::with_additional_fields(has_previous, page.has_next, fields);
    connection.edges.extend(page.items.into_iter().map(|item| {
        let cursor = cursor(&key(&item));
        Edge::new(cursor, node(item))
    }));
    connection
}
