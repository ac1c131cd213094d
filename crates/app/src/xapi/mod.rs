//! Learning records of other programs (xAPI 1.0.3): statements come in and are kept as they are, and what they say of
//! study goes to the ledger as a claim; statements go out, and with them the lines of the ledger.
//!
//! A statement is stored first, together with what it says of study. The ledger takes that in a transaction of its own,
//! under the statement's place among all as its number. When this program is killed between the two, the next request of
//! the same account sends what is missing, and the number keeps it from counting twice.

mod canon;
mod check;
mod give;
mod query;
mod take;
mod tell;

use densach_domain::Timestamp;
use densach_domain::id::{CitizenId, WorkId};
use densach_domain::xapi::{self, Segment, extension};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::Context;

pub use canon::digest;
pub use give::{Given, many, one};
pub use query::{Asked, Query, read};
pub use take::{Taken, take};

/// A statement that has the right form.
struct Statement {
    id: Uuid,
    /// Whom it is about, when that is one of ours.
    citizen: Option<CitizenId>,
    verb: String,
    object: Object,
    registration: Option<Uuid>,
    /// Its timestamp, if it has one.
    said_at: Option<Timestamp>,
    duration_ms: Option<i64>,
    segments: Option<Vec<Segment>>,
    position_ms: Option<i64>,
    /// Which playing of which video it tells of.
    viewing: Option<[u8; 32]>,
    digest: [u8; 32],
    body: Value,
}

/// What a statement is about, as far as it can be asked for.
enum Object {
    Activity(String),
    Statement(Uuid),
    /// An agent, a group, or a statement within the statement.
    Other(String),
}

impl Object {
    fn key(&self) -> String {
        match self {
            Self::Activity(iri) => iri.clone(),
            Self::Statement(id) => id.to_string(),
            Self::Other(key) => key.clone(),
        }
    }
}

impl Statement {
    /// Reads what was checked. `new_id`: for a statement that came without one.
    fn read(base: &str, new_id: impl FnOnce() -> Uuid, body: Value) -> Self {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        let object = object(&body["object"]);
        let registration = text("/context/registration").and_then(xapi::uuid);
        let said = body.pointer("/result/extensions").unwrap_or(&Value::Null);
        let context = body.pointer("/context/extensions").unwrap_or(&Value::Null);
        let session = context.get(extension::SESSION_ID).and_then(Value::as_str).map(str::to_owned);
        let session = session.or(registration.map(|id| id.to_string()));
        let viewing = match (&object, session) {
            (Object::Activity(iri), Some(session)) => {
                Some(Sha256::digest(json!([iri, session]).to_string()).into())
            }
            (Object::Activity(_) | Object::Statement(_) | Object::Other(_), _) => None,
        };
        Self {
            id: text("/id").and_then(xapi::uuid).unwrap_or_else(new_id),
            citizen: citizen(base, &body["actor"]),
            verb: text("/verb/id").unwrap_or_default().to_owned(),
            registration,
            said_at: text("/timestamp").and_then(xapi::timestamp),
            duration_ms: text("/result/duration").and_then(xapi::duration_ms),
            segments: said
                .get(extension::PLAYED_SEGMENTS)
                .and_then(Value::as_str)
                .and_then(xapi::played_segments),
            position_ms: said.get(extension::TIME).and_then(Value::as_f64).and_then(xapi::seconds_ms),
            viewing,
            digest: digest(&body),
            object,
            body,
        }
    }

    /// The statement as it is kept and given out: with what a store of records sets.
    fn complete(&self, stored_at: Timestamp, authority: Value) -> String {
        let mut body = self.body.clone();
        if let Some(activities) = body.pointer_mut("/context/contextActivities") {
            canon::lists(activities);
        }
        body["id"] = json!(self.id);
        body["stored"] = json!(stored_at.to_string());
        body["authority"] = authority;
        for (name, value) in
            [("timestamp", stored_at.to_string()), ("version", xapi::STATEMENT_VERSION.to_owned())]
        {
            if body.get(name).is_none() {
                body[name] = json!(value);
            }
        }
        body.to_string()
    }
}

fn object(object: &Value) -> Object {
    let id = object.get("id").and_then(Value::as_str);
    match object.get("objectType").and_then(Value::as_str) {
        None | Some("Activity") => Object::Activity(id.unwrap_or_default().to_owned()),
        Some("StatementRef") => match id.and_then(xapi::uuid) {
            Some(id) => Object::Statement(id),
            None => Object::Other(String::new()),
        },
        Some("Agent" | "Group") => Object::Other(canon::agent_key(object)),
        Some(_) => Object::Other(String::new()),
    }
}

/// The citizen behind an agent: an account on this installation whose name is the citizen's id.
fn citizen(base: &str, agent: &Value) -> Option<CitizenId> {
    let is_one = agent.get("objectType").is_none_or(|kind| kind == "Agent");
    let account = agent.get("account").filter(|_| is_one)?;
    let home = account.get("homePage").and_then(Value::as_str)?;
    account.get("name").and_then(Value::as_str).filter(|_| home.trim_end_matches('/') == base)?.parse().ok()
}

/// Somebody or something with an account on this installation.
fn agent(base: &str, name: &str) -> Value {
    json!({ "objectType": "Agent", "account": { "homePage": base, "name": name } })
}

/// The address that stands for a work, or for whatever else is named so.
fn activity_id(base: &str, id: &str) -> String {
    format!("{base}/xapi/activities/{id}")
}

/// A work, as another program may name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Named {
    Id(WorkId),
    Slug(String),
}

/// The work behind an activity: by the address that we give out, or by the address of its page.
fn work_named(base: &str, activity: &str) -> Option<Named> {
    let path = activity.strip_prefix(base)?;
    if let Some(id) = path.strip_prefix("/xapi/activities/") {
        return id.parse().ok().map(Named::Id);
    }
    let slug = path.strip_prefix("/works/").or_else(|| path.strip_prefix("/#/w/"))?;
    densach_domain::work::check_slug(slug).is_none().then(|| Named::Slug(slug.to_owned()))
}

impl Context {
    /// The address of this installation, as it stands in statements.
    fn xapi_base(&self) -> &str {
        self.settings.public_url.trim_end_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://sach.vn";

    #[test]
    fn a_work_is_known_by_its_id_and_by_its_page() {
        let id = WorkId::from_uuid(Uuid::from_u128(7));
        let check = |activity: &str, named: Option<Named>| {
            assert_eq!(work_named(BASE, activity), named, "{activity}");
        };
        check(&activity_id(BASE, &id.to_string()), Some(Named::Id(id)));
        check("https://sach.vn/works/hoc", Some(Named::Slug("hoc".into())));
        check("https://sach.vn/#/w/hoc", Some(Named::Slug("hoc".into())));
        check("https://sach.vn/works/../hoc", None);
        check("https://other.vn/works/hoc", None);
        check("https://sach.vn/xapi/activities/cit_00000000000000000000000000000007", None);
    }

    #[test]
    fn an_agent_is_ours_by_its_account_here() {
        let id = CitizenId::from_uuid(Uuid::from_u128(7));
        let name = id.to_string();
        assert_eq!(citizen(BASE, &agent(BASE, &name)), Some(id));
        assert_eq!(citizen(BASE, &agent("https://sach.vn/", &name)), Some(id));
        assert_eq!(citizen(BASE, &agent("https://other.vn", &name)), None);
        assert_eq!(citizen(BASE, &agent(BASE, "wrk_00000000000000000000000000000007")), None);
        assert_eq!(citizen(BASE, &json!({ "mbox": "mailto:a@b.vn" })), None);
        let group = json!({ "objectType": "Group", "account": { "homePage": BASE, "name": name } });
        assert_eq!(citizen(BASE, &group), None);
    }

    #[test]
    fn a_kept_statement_has_what_a_store_of_records_sets() {
        let body = json!({
            "actor": agent(BASE, "cit_00000000000000000000000000000007"),
            "verb": { "id": "http://a.b/c" },
            "object": { "id": "http://a.b/d" },
            "context": { "contextActivities": { "parent": { "id": "http://a.b/e" } } },
        });
        let statement = Statement::read(BASE, || Uuid::from_u128(9), body);
        let stored_at = Timestamp::from_ms(0);
        let kept: Value = serde_json::from_str(&statement.complete(stored_at, agent(BASE, "acc_1"))).unwrap();
        assert_eq!(kept["id"], "00000000-0000-0000-0000-000000000009");
        let stored = json!(stored_at.to_string());
        assert_eq!((&kept["stored"], &kept["timestamp"]), (&stored, &stored));
        assert_eq!(kept["version"], "1.0.0");
        assert_eq!(kept["authority"]["account"]["name"], "acc_1");
        assert_eq!(kept["context"]["contextActivities"]["parent"], json!([{ "id": "http://a.b/e" }]));
        // What comes back as it was given out is the same statement.
        assert_eq!(digest(&kept), statement.digest);
    }
}
