//! How a one-time code reaches a phone.

use std::time::Duration;

use serde_json::json;

use crate::{Error, Part, Result};

/// Delivers one text message. It may be called twice for one code, so a gateway should not mind a repeat.
#[async_trait::async_trait]
pub trait CodeProvider: Send + Sync {
    async fn deliver(&self, phone: &str, code: &str) -> Result<()>;
}

/// Prints the code where the program runs: for the demo, never for real people.
pub struct ConsoleProvider;

#[async_trait::async_trait]
impl CodeProvider for ConsoleProvider {
    async fn deliver(&self, phone: &str, code: &str) -> Result<()> {
        tracing::info!(target: "densach::code", "one-time code for {phone}: {code}");
        Ok(())
    }
}

/// Posts `{"to", "code", "text"}` as JSON to the gateway of an SMS provider, with a bearer token.
pub struct WebhookProvider {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl WebhookProvider {
    pub fn new(client: reqwest::Client, url: String, token: String) -> Self {
        Self { client, url, token }
    }
}

#[async_trait::async_trait]
impl CodeProvider for WebhookProvider {
    async fn deliver(&self, phone: &str, code: &str) -> Result<()> {
        let text = format!("Đèn Sách: mã đăng nhập của bạn là {code}. Không đưa mã này cho bất kỳ ai.");
        let unavailable =
            |source: reqwest::Error| Error::Unavailable { part: Part::Outside, source: source.into() };
        self.client
            .post(&self.url)
            .bearer_auth(&self.token)
            .timeout(Duration::from_secs(10))
            .json(&json!({ "to": phone, "code": code, "text": text }))
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(unavailable)?;
        Ok(())
    }
}
