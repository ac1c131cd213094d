//! Reading inputs: ids and instants are texts outside and types inside; everything wrong is named at once.

use async_graphql::{Context, ID, InputType};
use densach_app::{Context as AppContext, Error, Request};
use densach_domain::id::{Id, IdError};
use densach_domain::{Code, Day, Month, Problem, Problems, Timestamp};
use sha2::{Digest as _, Sha256};

/// The request behind a resolver.
pub(crate) fn app<'a>(ctx: &Context<'a>) -> &'a AppContext {
    ctx.data_unchecked::<AppContext>()
}

/// The envelope of a mutation: its name, the client's id, and a digest of everything that was said.
pub(crate) fn request<T: InputType>(operation: &'static str, client_mutation_id: &str, input: &T) -> Request {
    let said = input.to_value().to_string();
    Request {
        operation,
        client_id: client_mutation_id.to_owned(),
        digest: Sha256::digest(said.as_bytes()).into(),
    }
}

/// Gathers problems while texts become types.
#[derive(Default)]
pub(crate) struct Reader(pub Problems);

impl Reader {
    pub fn id<I: Id>(&mut self, field: &str, id: &ID) -> Option<I> {
        match id.parse::<I>() {
            Ok(id) => Some(id),
            Err(error) => {
                let code = match error {
                    IdError::Malformed => Code::Malformed,
                    IdError::WrongKind => Code::WrongKind,
                };
                self.0.add(Problem::new(code, field).detail(format!("{}_…", I::PREFIX)));
                None
            }
        }
    }

    pub fn optional_id<I: Id>(&mut self, field: &str, id: Option<&ID>) -> Option<I> {
        id.and_then(|id| self.id(field, id))
    }

    pub fn instant(&mut self, field: &str, text: &str) -> Option<Timestamp> {
        let at = Timestamp::parse(text);
        if at.is_none() {
            self.0.add(Problem::new(Code::Malformed, field).detail("2026-11-23T08:00:00+07:00"));
        }
        at
    }

    pub fn day(&mut self, field: &str, text: &str) -> Option<Day> {
        let day = text.parse().ok();
        if day.is_none() {
            self.0.add(Problem::new(Code::Malformed, field).detail("2026-11-23"));
        }
        day
    }

    pub fn month(&mut self, field: &str, text: &str) -> Option<Month> {
        let month = text.parse().ok();
        if month.is_none() {
            self.0.add(Problem::new(Code::Malformed, field).detail("2026-11"));
        }
        month
    }

    /// The value, unless something was wrong on the way to it.
    pub fn finish<T>(self, value: Option<T>) -> densach_app::Result<T> {
        let problems = self.0.into_vec();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

/// One id of a query.
pub(crate) fn id<I: Id>(field: &str, id: &ID) -> densach_app::Result<I> {
    let mut reader = Reader::default();
    let id = reader.id(field, id);
    reader.finish(id)
}
