//! A real HTTP receiver in the place of an SMS gateway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;

type Codes = Arc<Mutex<HashMap<String, String>>>;

/// Remembers the last code sent to each phone.
pub struct Gateway {
    url: String,
    codes: Codes,
}

impl Gateway {
    pub const TOKEN: &str = "gateway-token";

    pub async fn start() -> Self {
        let codes = Codes::default();
        let router = Router::new().route("/sms", post(receive)).with_state(codes.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sms", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, codes }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The code that was sent last to this number (`+84…`).
    pub fn code(&self, phone: &str) -> String {
        self.codes.lock().unwrap().get(phone).unwrap_or_else(|| panic!("no code was sent to {phone}")).clone()
    }
}

async fn receive(State(codes): State<Codes>, headers: HeaderMap, Json(message): Json<Value>) -> StatusCode {
    let wanted = format!("Bearer {}", Gateway::TOKEN);
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(wanted.as_str()) {
        return StatusCode::UNAUTHORIZED;
    }
    let text = |field: &str| message[field].as_str().unwrap().to_owned();
    codes.lock().unwrap().insert(text("to"), text("code"));
    StatusCode::NO_CONTENT
}
