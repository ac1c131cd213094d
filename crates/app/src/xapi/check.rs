//! Whether a JSON value is a statement, by the rules of the specification. All that is wrong is told at once, with the
//! path of each place.

use densach_domain::xapi::{self, verb};
use densach_domain::{Code, Problem, Problems};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// Checks the value at a path.
type Rule = fn(&mut Check, &Value, &str);

/// The properties that an object may have. What is not among them is refused, and so is a null in any of them.
type Properties = &'static [(&'static str, Rule)];

/// Longer names of verbs and activities do not fit into an index.
const LONGEST_IRI_BYTES: usize = 1000;

const STATEMENT: Properties = &[
    ("id", Check::uuid),
    ("actor", Check::actor),
    ("verb", Check::verb),
    ("object", Check::object),
    ("result", Check::result),
    ("context", Check::context),
    ("timestamp", Check::timestamp),
    ("stored", Check::timestamp),
    ("authority", Check::actor),
    ("version", Check::version),
    ("attachments", Check::attachments),
];
const SUB_STATEMENT: Properties = &[
    ("objectType", Check::text),
    ("actor", Check::actor),
    ("verb", Check::verb),
    ("object", Check::object_of_sub_statement),
    ("result", Check::result),
    ("context", Check::context),
    ("timestamp", Check::timestamp),
    ("attachments", Check::attachments),
];
const AGENT: Properties = &[
    ("objectType", Check::text),
    ("name", Check::text),
    ("mbox", Check::mbox),
    ("mbox_sha1sum", Check::sha1),
    ("openid", Check::iri),
    ("account", Check::account),
];
const GROUP: Properties = &[
    ("objectType", Check::text),
    ("name", Check::text),
    ("member", Check::members),
    ("mbox", Check::mbox),
    ("mbox_sha1sum", Check::sha1),
    ("openid", Check::iri),
    ("account", Check::account),
];
/// Exactly one of them says who somebody is.
pub(super) const IDENTIFIERS: [&str; 4] = ["mbox", "mbox_sha1sum", "openid", "account"];
const ACCOUNT: Properties = &[("homePage", Check::iri), ("name", Check::filled)];
const VERB: Properties = &[("id", Check::iri), ("display", Check::language_map)];
const ACTIVITY: Properties =
    &[("objectType", Check::text), ("id", Check::iri), ("definition", Check::definition)];
const STATEMENT_REF: Properties = &[("objectType", Check::text), ("id", Check::uuid)];
const DEFINITION: Properties = &[
    ("name", Check::language_map),
    ("description", Check::language_map),
    ("type", Check::iri),
    ("moreInfo", Check::iri),
    ("extensions", Check::extensions),
    ("interactionType", Check::interaction),
    ("correctResponsesPattern", Check::texts),
    ("choices", Check::components),
    ("scale", Check::components),
    ("source", Check::components),
    ("target", Check::components),
    ("steps", Check::components),
];
const INTERACTION: [&str; 6] = ["correctResponsesPattern", "choices", "scale", "source", "target", "steps"];
const INTERACTIONS: [&str; 10] = [
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
];
const COMPONENT: Properties = &[("id", Check::text), ("description", Check::language_map)];
const RESULT: Properties = &[
    ("score", Check::score),
    ("success", Check::boolean),
    ("completion", Check::boolean),
    ("response", Check::text),
    ("duration", Check::duration),
    ("extensions", Check::extensions),
];
const SCORE: Properties =
    &[("scaled", Check::number), ("raw", Check::number), ("min", Check::number), ("max", Check::number)];
const CONTEXT: Properties = &[
    ("registration", Check::uuid),
    ("instructor", Check::actor),
    ("team", Check::group),
    ("contextActivities", Check::context_activities),
    ("revision", Check::text),
    ("platform", Check::text),
    ("language", Check::language),
    ("statement", Check::statement_ref),
    ("extensions", Check::extensions),
];
pub(super) const CONTEXT_ACTIVITIES: [&str; 4] = ["parent", "grouping", "category", "other"];
const ATTACHMENT: Properties = &[
    ("usageType", Check::iri),
    ("display", Check::language_map),
    ("description", Check::language_map),
    ("contentType", Check::filled),
    ("length", Check::count),
    ("sha2", Check::filled),
    ("fileUrl", Check::iri),
];
/// The bytes of an attachment would come in another part of the request, which is not taken: they must lie elsewhere.
const ATTACHED: &[&str] = &["usageType", "display", "contentType", "length", "sha2", "fileUrl"];

/// What is wrong with a statement; nothing, when nothing is.
pub(super) fn statement(value: &Value, path: &str) -> Problems {
    let mut check = Check::default();
    if let Some(object) = check.map(value, path) {
        check.properties(object, path, STATEMENT);
        check.about(object, path);
    }
    check.problems
}

/// What is wrong with somebody whom a query asks for.
pub(super) fn agent(value: &Value, path: &str) -> Problems {
    let mut check = Check::default();
    check.actor(value, path);
    check.problems
}

#[derive(Default)]
struct Check {
    problems: Problems,
}

fn at(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn object_type(object: &Object) -> Option<&str> {
    object.get("objectType").and_then(Value::as_str)
}

impl Check {
    fn wrong(&mut self, path: &str, right: &str) {
        self.problems.add(Problem::new(Code::Malformed, path).detail(right));
    }

    fn unknown(&mut self, path: &str, known: &[&str]) {
        self.problems.add(Problem::new(Code::UnknownValue, path).detail(known.join(", ")));
    }

    /// Notes that a value is not what it should be.
    fn expect(&mut self, holds: bool, path: &str, right: &str) {
        if !holds {
            self.wrong(path, right);
        }
    }

    fn map<'a>(&mut self, value: &'a Value, path: &str) -> Option<&'a Object> {
        self.expect(value.is_object(), path, "{…}");
        value.as_object()
    }

    fn properties(&mut self, object: &Object, path: &str, known: Properties) {
        for (key, value) in object {
            let path = at(path, key);
            match known.iter().find(|(name, _)| name == key) {
                Some((_, rule)) => rule(self, value, &path),
                None => self.problems.add(Problem::new(Code::NotAllowed, path)),
            }
        }
    }

    fn required(&mut self, object: &Object, path: &str, names: &[&str]) {
        for name in names.iter().filter(|name| !object.contains_key(**name)) {
            self.problems.add(Problem::new(Code::Required, at(path, name)));
        }
    }

    /// An object of these properties, of which some must be there.
    fn made_of(&mut self, value: &Value, path: &str, known: Properties, required: &[&str]) {
        let Some(object) = self.map(value, path) else { return };
        self.properties(object, path, known);
        self.required(object, path, required);
    }

    fn each(&mut self, value: &Value, path: &str, rule: Rule) {
        let Some(list) = value.as_array() else { return self.wrong(path, "[…]") };
        for (index, value) in list.iter().enumerate() {
            rule(self, value, &at(path, &index.to_string()));
        }
    }

    /// A text of a form that `is_right` knows.
    fn form(&mut self, value: &Value, path: &str, is_right: impl Fn(&str) -> bool, right: &str) {
        self.expect(value.as_str().is_some_and(is_right), path, right);
    }

    fn text(&mut self, value: &Value, path: &str) {
        self.form(value, path, |_| true, "\"…\"");
    }

    fn filled(&mut self, value: &Value, path: &str) {
        self.form(value, path, |text| !text.is_empty(), "\"…\"");
    }

    fn texts(&mut self, value: &Value, path: &str) {
        self.each(value, path, Self::text);
    }

    fn boolean(&mut self, value: &Value, path: &str) {
        self.expect(value.is_boolean(), path, "true");
    }

    fn number(&mut self, value: &Value, path: &str) {
        self.expect(value.is_number(), path, "0.5");
    }

    fn count(&mut self, value: &Value, path: &str) {
        self.expect(value.is_u64(), path, "1024");
    }

    fn uuid(&mut self, value: &Value, path: &str) {
        self.form(value, path, |text| xapi::uuid(text).is_some(), "018f3c2e-8b1a-7c3d-9e4f-5a6b7c8d9e0f");
    }

    fn iri(&mut self, value: &Value, path: &str) {
        if value.as_str().is_some_and(|text| text.len() > LONGEST_IRI_BYTES) {
            self.problems.add(Problem::new(Code::TooLong, path).detail(LONGEST_IRI_BYTES));
        }
        self.form(value, path, xapi::is_iri, verb::EXPERIENCED);
    }

    fn mbox(&mut self, value: &Value, path: &str) {
        self.form(value, path, xapi::is_mailto, "mailto:hoc@example.vn");
    }

    fn sha1(&mut self, value: &Value, path: &str) {
        let is_hex = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.form(value, path, is_hex, "ebd31e95054c018b10727ccffd2ef2ec3a016ee9");
    }

    fn timestamp(&mut self, value: &Value, path: &str) {
        self.form(value, path, |text| xapi::timestamp(text).is_some(), "2026-11-23T08:00:00+07:00");
    }

    fn duration(&mut self, value: &Value, path: &str) {
        self.form(value, path, |text| xapi::duration_ms(text).is_some(), "PT25M");
    }

    fn version(&mut self, value: &Value, path: &str) {
        let is_known = |text: &str| {
            let patch = text.strip_prefix("1.0.");
            patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit()))
        };
        self.form(value, path, is_known, xapi::STATEMENT_VERSION);
    }

    fn language(&mut self, value: &Value, path: &str) {
        self.form(value, path, xapi::is_language_tag, "vi");
    }

    fn language_map(&mut self, value: &Value, path: &str) {
        for (tag, value) in self.map(value, path).into_iter().flatten() {
            let path = at(path, tag);
            self.expect(xapi::is_language_tag(tag), &path, "vi");
            self.text(value, &path);
        }
    }

    /// Whatever stands in an extension is nobody's business but its maker's; its name is an IRI.
    fn extensions(&mut self, value: &Value, path: &str) {
        for name in self.map(value, path).into_iter().flat_map(Map::keys) {
            self.expect(xapi::is_iri(name), &at(path, name), xapi::extension::TIME);
        }
    }

    fn account(&mut self, value: &Value, path: &str) {
        self.made_of(value, path, ACCOUNT, &["homePage", "name"]);
    }

    /// Somebody: an agent, or a group of them.
    fn actor(&mut self, value: &Value, path: &str) {
        match value.as_object().and_then(object_type) {
            Some("Group") => self.group(value, path),
            Some(_) | None => self.agent(value, path),
        }
    }

    fn agent(&mut self, value: &Value, path: &str) {
        let Some(object) = self.map(value, path) else { return };
        self.properties(object, path, AGENT);
        if object_type(object).is_some_and(|name| name != "Agent") {
            self.unknown(&at(path, "objectType"), &["Agent"]);
        }
        self.identifier(object, path, true);
    }

    fn group(&mut self, value: &Value, path: &str) {
        let Some(object) = self.map(value, path) else { return };
        self.properties(object, path, GROUP);
        if object_type(object) != Some("Group") {
            self.unknown(&at(path, "objectType"), &["Group"]);
        }
        // Without a name of its own a group is its members.
        let is_anonymous = object.contains_key("member");
        self.identifier(object, path, !is_anonymous);
    }

    fn members(&mut self, value: &Value, path: &str) {
        self.each(value, path, Self::agent);
    }

    fn identifier(&mut self, object: &Object, path: &str, is_required: bool) {
        match IDENTIFIERS.iter().filter(|name| object.contains_key(**name)).count() {
            0 if is_required => self.problems.add(Problem::new(Code::Required, at(path, "account"))),
            0 | 1 => {}
            _ => self.wrong(path, "account"),
        }
    }

    fn verb(&mut self, value: &Value, path: &str) {
        self.made_of(value, path, VERB, &["id"]);
    }

    fn object(&mut self, value: &Value, path: &str) {
        match value.as_object().and_then(object_type) {
            Some("SubStatement") => self.sub_statement(value, path),
            Some(_) | None => self.object_of_sub_statement(value, path),
        }
    }

    fn object_of_sub_statement(&mut self, value: &Value, path: &str) {
        let kinds = ["Activity", "Agent", "Group", "StatementRef", "SubStatement"];
        match value.as_object().and_then(object_type) {
            None | Some("Activity") => self.activity(value, path),
            Some("Agent") => self.agent(value, path),
            Some("Group") => self.group(value, path),
            Some("StatementRef") => self.statement_ref(value, path),
            Some(_) => self.unknown(&at(path, "objectType"), &kinds),
        }
    }

    fn sub_statement(&mut self, value: &Value, path: &str) {
        let Some(object) = self.map(value, path) else { return };
        self.properties(object, path, SUB_STATEMENT);
        self.about(object, path);
    }

    fn statement_ref(&mut self, value: &Value, path: &str) {
        self.made_of(value, path, STATEMENT_REF, &["objectType", "id"]);
        if value.as_object().and_then(object_type).is_some_and(|name| name != "StatementRef") {
            self.unknown(&at(path, "objectType"), &["StatementRef"]);
        }
    }

    fn activity(&mut self, value: &Value, path: &str) {
        self.made_of(value, path, ACTIVITY, &["id"]);
        if value.as_object().and_then(object_type).is_some_and(|name| name != "Activity") {
            self.unknown(&at(path, "objectType"), &["Activity"]);
        }
    }

    fn definition(&mut self, value: &Value, path: &str) {
        let Some(object) = self.map(value, path) else { return };
        self.properties(object, path, DEFINITION);
        if INTERACTION.iter().any(|name| object.contains_key(*name)) {
            self.required(object, path, &["interactionType"]);
        }
    }

    fn interaction(&mut self, value: &Value, path: &str) {
        if !value.as_str().is_some_and(|name| INTERACTIONS.contains(&name)) {
            self.unknown(path, &INTERACTIONS);
        }
    }

    fn components(&mut self, value: &Value, path: &str) {
        self.each(value, path, |check, value, path| check.made_of(value, path, COMPONENT, &["id"]));
    }

    fn result(&mut self, value: &Value, path: &str) {
        self.made_of(value, path, RESULT, &[]);
    }

    fn score(&mut self, value: &Value, path: &str) {
        self.made_of(value, path, SCORE, &[]);
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        let (raw, min, max) = (number("raw"), number("min"), number("max"));
        let within = |low: Option<f64>, number: Option<f64>, high: Option<f64>| match number {
            Some(number) => low.is_none_or(|low| low <= number) && high.is_none_or(|high| number <= high),
            None => true,
        };
        for (name, is_right) in [
            ("scaled", within(Some(-1.0), number("scaled"), Some(1.0))),
            ("min", min.zip(max).is_none_or(|(min, max)| min < max)),
            ("raw", within(min, raw, max)),
        ] {
            if !is_right {
                self.problems.add(Problem::new(Code::OutOfRange, at(path, name)));
            }
        }
    }

    fn context(&mut self, value: &Value, path: &str) {
        self.made_of(value, path, CONTEXT, &[]);
    }

    /// Activities by their part in the context; a single one may stand without a list.
    fn context_activities(&mut self, value: &Value, path: &str) {
        for (name, value) in self.map(value, path).into_iter().flatten() {
            let path = at(path, name);
            if !CONTEXT_ACTIVITIES.contains(&name.as_str()) {
                self.problems.add(Problem::new(Code::NotAllowed, path));
            } else if value.is_array() {
                self.each(value, &path, Self::activity);
            } else {
                self.activity(value, &path);
            }
        }
    }

    fn attachments(&mut self, value: &Value, path: &str) {
        self.each(value, path, |check, value, path| check.made_of(value, path, ATTACHMENT, ATTACHED));
    }

    /// What must be there, and what fits only some objects.
    fn about(&mut self, statement: &Object, path: &str) {
        self.required(statement, path, &["actor", "verb", "object"]);
        let kind = statement.get("object").and_then(Value::as_object).and_then(object_type);
        let context = statement.get("context").and_then(Value::as_object);
        if kind.is_some_and(|kind| kind != "Activity") {
            let names = ["revision", "platform"].into_iter();
            for name in names.filter(|name| context.is_some_and(|context| context.contains_key(*name))) {
                self.problems.add(Problem::new(Code::NotAllowed, at(&at(path, "context"), name)));
            }
        }
        let verb = statement.get("verb").and_then(|verb| verb.get("id")).and_then(Value::as_str);
        if verb == Some(verb::VOIDED) && kind != Some("StatementRef") {
            self.unknown(&at(&at(path, "object"), "objectType"), &["StatementRef"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn right() -> Value {
        json!({
            "id": "018f3c2e-8b1a-7c3d-9e4f-5a6b7c8d9e0f",
            "actor": { "account": { "homePage": "https://sach.vn", "name": "cit_1" } },
            "verb": { "id": verb::EXPERIENCED, "display": { "vi": "đã đọc" } },
            "object": { "id": "https://sach.vn/bai", "definition": { "type": "http://a.b/c" } },
            "result": { "duration": "PT5M", "score": { "scaled": 0.5 }, "extensions": { "http://a.b/d": null } },
            "context": { "platform": "x", "contextActivities": { "parent": { "id": "http://a.b/e" } } },
            "timestamp": "2026-11-23T08:00:00Z",
            "version": "1.0.3",
        })
    }

    fn wrong(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut value = right();
        change(&mut value);
        let problems = statement(&value, "").into_vec();
        problems.iter().map(|problem| format!("{}: {}", problem.field, problem.code)).collect()
    }

    #[test]
    fn a_right_statement_has_no_problem() {
        assert_eq!(wrong(|_| ()), Vec::<String>::new());
        let group = json!({ "objectType": "Group", "member": [right()["actor"]] });
        assert_eq!(wrong(|value| value["actor"] = group), Vec::<String>::new());
        let sub = json!({ "objectType": "SubStatement", "actor": right()["actor"], "verb": right()["verb"],
            "object": right()["object"] });
        let no_platform = |value: &mut Value| {
            value["object"] = sub;
            value["context"] = json!({});
        };
        assert_eq!(wrong(no_platform), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let check = |pointer: &str, put: Value, told: &[&str]| {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let said = wrong(|value| value.pointer_mut(parent).unwrap()[key] = put);
            assert_eq!(said, told, "{pointer}");
        };
        check("/id", json!("12"), &["id: MALFORMED"]);
        check("/actor", json!({}), &["actor.account: REQUIRED"]);
        check("/actor/mbox", json!("mailto:a@b.vn"), &["actor: MALFORMED"]);
        let told = ["actor.account.homePage: REQUIRED", "actor.account.name: REQUIRED"];
        check("/actor/account", json!({}), &told);
        check("/actor/objectType", json!("Person"), &["actor.objectType: UNKNOWN_VALUE"]);
        check("/verb/id", json!("read"), &["verb.id: MALFORMED"]);
        check("/verb/display", json!({ "tiếng Việt": "x" }), &["verb.display.tiếng Việt: MALFORMED"]);
        check("/verb/id", json!(verb::VOIDED), &["object.objectType: UNKNOWN_VALUE"]);
        check("/object/id", json!(null), &["object.id: MALFORMED"]);
        let told = ["object.objectType: UNKNOWN_VALUE", "context.platform: NOT_ALLOWED"];
        check("/object/objectType", json!("activity"), &told);
        check("/object/definition/choices", json!([]), &["object.definition.interactionType: REQUIRED"]);
        check("/result/duration", json!("5 minutes"), &["result.duration: MALFORMED"]);
        check("/result/success", json!("true"), &["result.success: MALFORMED"]);
        check("/result/score/scaled", json!(2), &["result.score.scaled: OUT_OF_RANGE"]);
        check("/result/extensions", json!({ "time": 1 }), &["result.extensions.time: MALFORMED"]);
        let told = ["context.contextActivities.sibling: NOT_ALLOWED"];
        check("/context/contextActivities/sibling", json!([]), &told);
        check("/timestamp", json!("yesterday"), &["timestamp: MALFORMED"]);
        check("/version", json!("0.9"), &["version: MALFORMED"]);
        check("/mood", json!("good"), &["mood: NOT_ALLOWED"]);
        let told = ["context.statement.id: MALFORMED", "context.statement.objectType: UNKNOWN_VALUE"];
        check("/context/statement", json!({ "objectType": "Activity", "id": "x" }), &told);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let all = statement(&json!({ "verb": {}, "mood": 1 }), "3").into_vec();
        let told: Vec<_> = all.iter().map(|problem| format!("{}: {}", problem.field, problem.code)).collect();
        let mut expected =
            vec!["3.verb.id: REQUIRED", "3.mood: NOT_ALLOWED", "3.actor: REQUIRED", "3.object: REQUIRED"];
        let mut told: Vec<_> = told.iter().map(String::as_str).collect();
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected);
        assert_eq!(statement(&json!([]), "").into_vec().len(), 1);
    }
}
