//! When two statements are the same statement. What a store of records may set, what describes an activity or a verb
//! instead of being said, the order of a group's members, letters whose case means nothing, and the zone in which an
//! instant is written do not count; everything else does.

use densach_domain::xapi;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::check::CONTEXT_ACTIVITIES;

/// What a store of records may set or change. Timestamps are compared apart: a statement without one gets one.
const SET_BY_STORES: [&str; 5] = ["id", "stored", "authority", "version", "timestamp"];

/// The largest whole number that every reader of JSON keeps exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A digest of what a statement says, without its timestamp.
pub fn digest(statement: &Value) -> [u8; 32] {
    let mut said = statement.clone();
    if let Some(object) = said.as_object_mut() {
        SET_BY_STORES.iter().for_each(|name| drop(object.remove(*name)));
        of_statement(object);
    }
    let mut bytes = Vec::new();
    write(&said, &mut bytes);
    Sha256::digest(&bytes).into()
}

/// Who an agent is, as one text: the same for the same identifier, whatever name stands beside it.
pub(super) fn agent_key(agent: &Value) -> String {
    let mut known = agent.clone();
    of_agent(&mut known);
    let identifier = super::check::IDENTIFIERS.iter().find_map(|name| Some((*name, known.get(*name)?)));
    let mut bytes = Vec::new();
    match identifier {
        Some((name, value)) => {
            bytes.extend_from_slice(name.as_bytes());
            write(value, &mut bytes);
        }
        // An anonymous group is nobody but itself.
        None => write(&known, &mut bytes),
    }
    format!("agent:{}", crate::account::hex(&Sha256::digest(&bytes)))
}

fn of_statement(statement: &mut Map<String, Value>) {
    if let Some(verb) = statement.get_mut("verb").and_then(Value::as_object_mut) {
        verb.remove("display");
    }
    if let Some(actor) = statement.get_mut("actor") {
        of_agent(actor);
    }
    if let Some(object) = statement.get_mut("object") {
        of_object(object);
    }
    if let Some(duration) = statement.get_mut("result").and_then(|result| result.get_mut("duration")) {
        change(duration, xapi::comparable_duration);
    }
    if let Some(context) = statement.get_mut("context").and_then(Value::as_object_mut) {
        of_context(context);
    }
}

fn of_object(object: &mut Value) {
    match object.get("objectType").and_then(Value::as_str) {
        Some("Agent" | "Group") => of_agent(object),
        Some("SubStatement") => {
            let Some(object) = object.as_object_mut() else { return };
            if let Some(timestamp) = object.get_mut("timestamp") {
                let instant = |text: &str| xapi::timestamp(text).map_or(text.to_owned(), |at| at.to_string());
                change(timestamp, instant);
            }
            of_statement(object);
        }
        Some("StatementRef") => {
            if let Some(id) = object.get_mut("id") {
                change(id, str::to_ascii_lowercase);
            }
        }
        Some(_) | None => of_activity(object),
    }
}

fn of_activity(activity: &mut Value) {
    if let Some(activity) = activity.as_object_mut() {
        activity.remove("definition");
    }
}

fn of_context(context: &mut Map<String, Value>) {
    for name in ["registration", "language"] {
        if let Some(text) = context.get_mut(name) {
            change(text, str::to_ascii_lowercase);
        }
    }
    for name in ["instructor", "team"] {
        if let Some(agent) = context.get_mut(name) {
            of_agent(agent);
        }
    }
    if let Some(id) = context.get_mut("statement").and_then(|statement| statement.get_mut("id")) {
        change(id, str::to_ascii_lowercase);
    }
    if let Some(activities) = context.get_mut("contextActivities") {
        lists(activities);
        let values = activities.as_object_mut().into_iter().flatten().map(|(_, value)| value);
        for list in values.filter_map(Value::as_array_mut) {
            list.iter_mut().for_each(of_activity);
        }
    }
}

/// Every part of the context that activities have is a list of them, also when a single one came without.
pub(super) fn lists(activities: &mut Value) {
    for name in CONTEXT_ACTIVITIES {
        if let Some(value) = activities.get_mut(name).filter(|value| value.is_object()) {
            *value = Value::Array(vec![value.take()]);
        }
    }
}

fn of_agent(agent: &mut Value) {
    if let Some(mbox) = agent.get_mut("mbox") {
        let lower = |text: &str| match text.rsplit_once('@') {
            Some((name, domain)) => format!("{name}@{}", domain.to_lowercase()),
            None => text.to_owned(),
        };
        change(mbox, lower);
    }
    if let Some(sum) = agent.get_mut("mbox_sha1sum") {
        change(sum, str::to_ascii_lowercase);
    }
    if let Some(members) = agent.get_mut("member").and_then(Value::as_array_mut) {
        members.iter_mut().for_each(of_agent);
        members.sort_by_cached_key(|member| {
            let mut bytes = Vec::new();
            write(member, &mut bytes);
            bytes
        });
    }
}

fn change(value: &mut Value, rule: impl Fn(&str) -> String) {
    if let Value::String(text) = value {
        *text = rule(text);
    }
}

/// One way of writing each value: keys in order, numbers by their worth.
fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(flag) => out.extend_from_slice(flag.to_string().as_bytes()),
        Value::Number(number) => out.extend_from_slice(number_text(number).as_bytes()),
        Value::String(text) => write_text(text, out),
        Value::Array(list) => {
            out.push(b'[');
            for value in list {
                write(value, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            out.push(b'{');
            for (key, value) in fields {
                write_text(key, out);
                out.push(b':');
                write(value, out);
                out.push(b',');
            }
            out.push(b'}');
        }
    }
}

/// A text with its length before it, so that no two values are written alike.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}\"", text.len()).as_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(whole) if whole.fract() == 0.0 && whole.abs() < EXACT => format!("{}", whole as i64),
        // Larger whole numbers are kept to the last digit.
        Some(_) | None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn statement() -> Value {
        json!({
            "id": "018f3c2e-8b1a-7c3d-9e4f-5a6b7c8d9e0f",
            "actor": { "objectType": "Agent", "mbox": "mailto:An@sach.vn", "name": "An" },
            "verb": { "id": "http://a.b/read" },
            "object": { "id": "http://a.b/c" },
            "result": { "duration": "PT1.5S", "score": { "raw": 3 }, "extensions": { "http://a.b/x": [1, null] } },
            "context": {
                "registration": "018f3c2e-8b1a-7c3d-9e4f-5a6b7c8d9e01",
                "team": { "objectType": "Group", "member": [{ "openid": "http://a" }, { "openid": "http://b" }] },
                "contextActivities": { "parent": { "id": "http://a.b/p" } },
            },
            "timestamp": "2026-11-23T08:00:00Z",
        })
    }

    fn is_same(pointer: &str, put: Value) -> bool {
        let mut other = statement();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        other.pointer_mut(parent).unwrap()[key] = put;
        digest(&other) == digest(&statement())
    }

    #[test]
    fn what_a_store_of_records_may_set_does_not_count() {
        let stored = "2026-11-23T09:00:00Z";
        for (pointer, put) in [
            ("/stored", json!(stored)),
            ("/timestamp", json!(stored)),
            ("/version", json!("1.0.0")),
            ("/authority", json!({ "mbox": "mailto:a@b.vn" })),
            ("/verb/display", json!({ "vi": "đã đọc" })),
            ("/object/definition", json!({ "name": { "vi": "Bài" } })),
            ("/actor/mbox", json!("mailto:An@SACH.vn")),
            ("/result/score/raw", json!(3.0)),
            ("/result/duration", json!("PT1.5S")),
            ("/context/registration", json!("018F3C2E-8B1A-7C3D-9E4F-5A6B7C8D9E01")),
            ("/context/team/member", json!([{ "openid": "http://b" }, { "openid": "http://a" }])),
            ("/context/contextActivities/parent", json!([{ "id": "http://a.b/p" }])),
        ] {
            assert!(is_same(pointer, put), "{pointer}");
        }
    }

    #[test]
    fn what_was_said_counts() {
        for (pointer, put) in [
            ("/actor/mbox", json!("mailto:an@sach.vn")),
            ("/actor/name", json!("Ân")),
            ("/verb/id", json!("http://a.b/Read")),
            ("/object/id", json!("http://a.b/d")),
            ("/object/objectType", json!("Activity")),
            ("/result/duration", json!("PT1.6S")),
            ("/result/score/raw", json!(3.5)),
            ("/result/success", json!(true)),
            ("/result/extensions", json!({ "http://a.b/x": [1] })),
            ("/context/platform", json!("x")),
        ] {
            assert!(!is_same(pointer, put), "{pointer}");
        }
    }

    #[test]
    fn an_agent_is_who_its_identifier_says() {
        let key = |agent: Value| agent_key(&agent);
        assert_eq!(
            key(json!({ "mbox": "mailto:a@B.vn", "name": "A" })),
            key(json!({ "mbox": "mailto:a@b.vn" }))
        );
        assert_ne!(key(json!({ "mbox": "mailto:a@b.vn" })), key(json!({ "openid": "mailto:a@b.vn" })));
    }
}
