//! Refusals on their way out. Top-level errors carry `extensions.code`; refusals that a screen must show are data.

use std::sync::Arc;

use async_graphql::{Error as GraphqlError, ErrorExtensionValues, SimpleObject};
use densach_app::{Context, Error};
use densach_domain::Problem;

/// A use case's refusal, wrapped so that a bare `?` on anything else does not compile.
pub(crate) struct Failure(pub Arc<Error>);

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Failure> for GraphqlError {
    fn from(failure: Failure) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", failure.0.code());
        match &*failure.0 {
            Error::TooMany { retry_after_seconds } => {
                extensions.set("retryAfterSeconds", *retry_after_seconds)
            }
            Error::Invalid(problems) => extensions.set("problems", problem_list(problems)),
            Error::Unauthenticated | Error::Forbidden | Error::NotFound => {}
            Error::Unavailable { .. } | Error::Internal(_) => {}
        }
        // The words are put in by the executor, which knows the language; the source is for the log only.
        Self { message: String::new(), source: Some(failure.0), extensions: Some(extensions) }
    }
}

fn problem_list(problems: &[Problem]) -> async_graphql::Value {
    let problem = |problem: &Problem| format!("{}: {}", problem.field, problem.code);
    async_graphql::Value::List(problems.iter().map(|p| problem(p).into()).collect())
}

/// Something that the person can mend.
#[derive(SimpleObject)]
pub(crate) struct UserError {
    /// A stable code such as `REQUIRED`; docs/errors.md lists them.
    pub code: String,
    /// Path of the field in the input, such as `content.title`; empty when it is about the whole.
    pub field: Vec<String>,
    /// What to do, in the language of the request.
    pub message: String,
}

pub(crate) fn user_error(cx: &Context, problem: &Problem) -> UserError {
    let code = problem.code.name();
    UserError {
        code: code.to_owned(),
        field: problem.field.split('.').map(str::to_owned).collect(),
        message: densach_app::text(code, cx.language, problem.detail.as_deref()),
    }
}

/// Splits the answer of a mutation into its value and what the person should mend; everything else stays an error.
pub(crate) fn settle<T>(cx: &Context, answer: densach_app::Result<T>) -> Result<(Option<T>, Vec<UserError>)> {
    match answer {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::Invalid(problems)) => Ok((None, problems.iter().map(|p| user_error(cx, p)).collect())),
        Err(error) => Err(error.into()),
    }
}
