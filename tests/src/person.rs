//! Somebody at a device.

use serde_json::{Value, json};

use crate::TestApp;

/// A signed-in person on one device.
#[derive(Debug, Clone)]
pub struct Person {
    pub phone: String,
    pub token: String,
    pub refresh_token: String,
    /// The account's own person, when they have said who they are.
    pub citizen: String,
}

impl Person {
    /// Signs in as the device `device`: asks for a code, receives it from the gateway, confirms it.
    pub async fn sign_in(app: &TestApp, phone: &str, device: &str) -> Self {
        let input = json!({ "clientMutationId": id(), "phone": phone });
        let sent = app.document("", "RequestSignInCode", json!({ "input": input })).await;
        let challenge = sent["requestSignInCode"]["challengeId"].clone();
        assert!(challenge.is_string(), "{sent:#}");
        app.drain().await;
        let input = json!({
            "clientMutationId": id(),
            "challengeId": challenge,
            "code": app.gateway.code(&international(phone)),
            "device": { "clientId": device, "name": "test device" },
        });
        let confirmed = app.document("", "ConfirmSignInCode", json!({ "input": input })).await;
        let session = &confirmed["confirmSignInCode"]["session"];
        let text =
            |field: &str| session[field].as_str().unwrap_or_else(|| panic!("{confirmed:#}")).to_owned();
        let token = text("accessToken");
        let viewer = app.document(&token, "Viewer", json!({})).await;
        let citizen = viewer["viewer"]["citizens"][0]["id"].as_str().unwrap_or_default().to_owned();
        Self { phone: phone.to_owned(), refresh_token: text("refreshToken"), token, citizen }
    }

    /// Runs a shipped document as this person.
    pub async fn document(&self, app: &TestApp, name: &str, variables: Value) -> Value {
        app.document(&self.token, name, variables).await
    }

    /// Runs any document as this person and answers the whole body.
    pub async fn graphql(&self, app: &TestApp, query: &str, variables: Value) -> Value {
        app.graphql(&self.token, query, variables).await
    }

    /// Runs a mutation document with its `input`, under a new client id; the answer must have no user errors.
    pub async fn mutate(&self, app: &TestApp, name: &str, mut input: Value) -> Value {
        if input.get("clientMutationId").is_none() && name != "SendEvidence" {
            input["clientMutationId"] = json!(id());
        }
        let data = self.document(app, name, json!({ "input": input })).await;
        let (_, payload) = data.as_object().unwrap().iter().next().unwrap();
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload.clone()
    }
}

/// A fresh id as a client makes it.
pub fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn international(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    format!("+84{}", digits.strip_prefix('0').unwrap_or(&digits))
}
