//! Running a document: limits, words of errors in the reader's language, one line in the log for what is ours.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError, ValidationMode, Value, Variables};
use densach_app::{Context, Error, text};

use crate::persisted::{DOCUMENTS, Document};
use crate::{DensachSchema, Limits, limit, schema};

/// What a client asks.
pub struct Asked {
    pub text: Text,
    pub operation_name: Option<String>,
    pub variables: serde_json::Value,
    /// Fields sorted by name, so that the same answer is the same bytes: fields are resolved side by side and arrive in
    /// any order. For answers that caches keep.
    pub canonical: bool,
}

/// The document that a client asks to run.
pub enum Text {
    /// One that ships, by its hash: read and checked once.
    Shipped(&'static Document),
    Sent(String),
}

/// Where a request came from, as far as the server can tell; for rate limits only.
#[derive(Debug, Clone, Default)]
pub struct ClientAddress(pub String);

/// What it is answered.
pub struct Answer {
    /// The body: `data`, `errors`, with every error's code and the request's id.
    pub json: Vec<u8>,
    pub has_errors: bool,
}

/// The schema, ready to run.
#[derive(Clone)]
pub struct Executor {
    strict: DensachSchema,
    shipped: DensachSchema,
    nodes: usize,
}

/// The shipped documents, read once.
static SHIPPED: LazyLock<HashMap<&'static str, ExecutableDocument>> = LazyLock::new(|| {
    let read = |document: &'static Document| Some((document.name, parse_query(document.text).ok()?));
    DOCUMENTS.iter().filter_map(read).collect()
});

impl Executor {
    pub fn new(limits: &Limits) -> Self {
        Self {
            strict: schema(limits, ValidationMode::Strict),
            shipped: schema(limits, ValidationMode::Fast),
            nodes: limits.nodes,
        }
    }

    pub async fn execute(&self, cx: Context, address: ClientAddress, asked: Asked) -> Answer {
        let language = cx.language;
        let request_id = cx.request_id.clone();
        let canonical = asked.canonical;
        let mut response = match self.prepare(asked) {
            Ok((schema, request)) => schema.execute(request.data(cx).data(address)).await,
            Err(error) => Response::from_errors(vec![error]),
        };
        for error in &mut response.errors {
            finish(error, language, &request_id);
        }
        if canonical {
            sort(&mut response.data);
        }
        let has_errors = !response.errors.is_empty();
        let json =
            serde_json::to_vec(&response).unwrap_or_else(|_| br#"{"errors":[{"message":""}]}"#.to_vec());
        Answer { json, has_errors }
    }

    fn prepare(&self, asked: Asked) -> Result<(&DensachSchema, Request), ServerError> {
        let variables = Variables::from_json(asked.variables);
        let (schema, document) = match &asked.text {
            Text::Shipped(document) => match SHIPPED.get(document.name) {
                Some(read) => (&self.shipped, read.clone()),
                None => (&self.strict, parse_query(document.text)?),
            },
            Text::Sent(text) => (&self.strict, parse_query(text)?),
        };
        limit::check_nodes(&document, &variables, self.nodes)?;
        let mut request = Request::new(String::new()).variables(variables);
        request.set_parsed_query(document);
        if let Some(name) = asked.operation_name {
            request = request.operation_name(name);
        }
        Ok((schema, request))
    }
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.sort_keys();
            fields.values_mut().for_each(sort);
        }
        Value::List(items) => items.iter_mut().for_each(sort),
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => {}
    }
}

/// Gives an error its code, its words and the id of its request, and logs it when it is ours.
fn finish(error: &mut ServerError, language: densach_app::Language, request_id: &str) {
    let source = error.source.take().and_then(|source| source.downcast::<Error>().ok());
    if let Some(source) = &source
        && source.is_ours()
    {
        let path = error.path.iter().map(|part| format!("{part:?}")).collect::<Vec<_>>().join(".");
        tracing::error!(request_id, path, error = &**source as &dyn std::error::Error, "a request failed");
    }
    let extensions = error.extensions.get_or_insert_with(Default::default);
    let code = match extensions.get("code") {
        Some(Value::String(code)) => code.clone(),
        // Everything without a code of ours comes from reading or checking the document.
        _ => {
            let limit =
                ["too deep", "too complex", "recursion"].iter().any(|word| error.message.contains(word));
            let code = if limit { "LIMIT" } else { "BAD_REQUEST" };
            extensions.set("code", code);
            extensions.set("detail", error.message.clone());
            code.to_owned()
        }
    };
    let detail = match (&source, extensions.get("detail")) {
        (Some(source), _) => detail(source),
        (None, Some(Value::String(detail))) => Some(detail.clone()),
        (None, _) => None,
    };
    error.message = text(&code, language, detail.as_deref());
    extensions.set("requestId", request_id);
}

fn detail(error: &Error) -> Option<String> {
    match error {
        Error::TooMany { retry_after_seconds } => Some(retry_after_seconds.to_string()),
        Error::Unauthenticated
        | Error::Forbidden
        | Error::NotFound
        | Error::Invalid(_)
        | Error::Unavailable { .. }
        | Error::Internal(_) => None,
    }
}
