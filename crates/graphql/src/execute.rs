//! Running a document: limits, words of errors in the reader's language, one line in the log for what is ours.

use async_graphql::{Request, Response, ServerError, Value, Variables};
use densach_app::{Context, Error, text};

use crate::{DensachSchema, Limits, schema};

/// What a client asks.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    #[serde(default)]
    pub query: String,
    #[serde(default)]
    pub operation_name: Option<String>,
    #[serde(default)]
    pub variables: serde_json::Value,
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
    schema: DensachSchema,
}

impl Executor {
    pub fn new(limits: &Limits) -> Self {
        Self { schema: schema(limits) }
    }

    pub async fn execute(&self, cx: Context, address: ClientAddress, asked: Asked) -> Answer {
        let language = cx.language;
        let request_id = cx.request_id.clone();
        let mut request =
            Request::new(asked.query).variables(Variables::from_json(asked.variables)).data(cx).data(address);
        if let Some(name) = asked.operation_name {
            request = request.operation_name(name);
        }
        let mut response: Response = self.schema.execute(request).await;
        for error in &mut response.errors {
            finish(error, language, &request_id);
        }
        let has_errors = !response.errors.is_empty();
        let json =
            serde_json::to_vec(&response).unwrap_or_else(|_| br#"{"errors":[{"message":""}]}"#.to_vec());
        Answer { json, has_errors }
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
