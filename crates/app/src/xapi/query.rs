//! What somebody asks for, and where a list goes on.

use std::collections::HashSet;

use densach_domain::id::CitizenId;
use densach_domain::xapi;
use densach_domain::{Code, Problem, Problems, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{check, citizen};
use crate::account::{base64, unbase64};
use crate::{Context, Result};

/// More are not given at once; also when any number is asked for.
const MOST_STATEMENTS: u32 = 100;

/// A question about statements.
#[derive(Debug)]
pub enum Asked {
    One { id: Uuid, is_voided: bool },
    Many(Box<Query>),
}

/// Which statements, and how.
#[derive(Debug, Default)]
pub struct Query {
    /// The citizen, if it is one of ours, and the key as an object.
    pub(super) agent: Option<(Option<CitizenId>, String)>,
    pub(super) verb: Option<String>,
    pub(super) activity: Option<String>,
    pub(super) registration: Option<Uuid>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) limit: u32,
    pub(super) is_ascending: bool,
    pub(super) cursor: Cursor,
    /// The question as it came, without its cursor.
    pub(super) asked: Vec<(String, String)>,
}

/// How far a list was given out: the position of the last statement, and the number of the last line of each ledger.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    #[serde(rename = "s")]
    pub position: Option<i64>,
    #[serde(rename = "l")]
    pub lines: Vec<(CitizenId, i64)>,
}

impl Cursor {
    pub fn line(&self, citizen: CitizenId) -> Option<i64> {
        self.lines.iter().find(|(known, _)| *known == citizen).map(|(_, number)| *number)
    }

    pub fn set_line(&mut self, citizen: CitizenId, number: i64) {
        match self.lines.iter_mut().find(|(known, _)| *known == citizen) {
            Some((_, known)) => *known = number,
            None => self.lines.push((citizen, number)),
        }
    }

    fn write(&self) -> String {
        base64(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&unbase64(text)?).ok()
    }
}

const CURSOR: &str = "cursor";
const UNTIL: &str = "until";

/// Reads the parameters of a question. What is not known is refused, and so is what another parameter forbids.
pub fn read(cx: &Context, parameters: Vec<(String, String)>) -> Result<Asked> {
    let mut reading =
        Reading { base: cx.xapi_base(), query: Query::default(), one: None, problems: Problems::default() };
    let mut seen = HashSet::new();
    for (name, value) in &parameters {
        if seen.insert(name.as_str()) {
            reading.parameter(name, value);
        } else {
            reading.problems.add(Problem::new(Code::Duplicate, name).detail(name));
        }
    }
    if let Some((name, _, _)) = reading.one {
        let others = ["attachments", "format", name];
        for (other, _) in parameters.iter().filter(|(other, _)| !others.contains(&other.as_str())) {
            reading.problems.add(Problem::new(Code::NotAllowed, other));
        }
    }
    let (one, mut query) = (reading.one, reading.query);
    reading.problems.into_result(())?;
    if let Some((_, id, is_voided)) = one {
        return Ok(Asked::One { id, is_voided });
    }
    query.limit = if query.limit == 0 { MOST_STATEMENTS } else { query.limit.min(MOST_STATEMENTS) };
    query.asked = parameters.into_iter().filter(|(name, _)| name != CURSOR).collect();
    Ok(Asked::Many(Box::new(query)))
}

impl Query {
    /// The parameters of the next page. `now`: a list against the order of time shows what there was when it began, so
    /// that what comes in meanwhile moves nothing.
    pub(super) fn next(&self, cursor: &Cursor, now: Timestamp) -> Vec<(String, String)> {
        let mut next = self.asked.clone();
        if !self.is_ascending && self.until.is_none() {
            next.push((UNTIL.to_owned(), now.to_string()));
        }
        next.push((CURSOR.to_owned(), cursor.write()));
        next
    }
}

struct Reading<'a> {
    base: &'a str,
    query: Query,
    /// The parameter, the id, and whether a voided statement is asked for.
    one: Option<(&'static str, Uuid, bool)>,
    problems: Problems,
}

impl Reading<'_> {
    fn parameter(&mut self, name: &str, value: &str) {
        match name {
            "statementId" => self.one("statementId", value, false),
            "voidedStatementId" => self.one("voidedStatementId", value, true),
            "agent" => self.agent(value),
            "verb" => self.query.verb = self.iri(name, value),
            "activity" => self.query.activity = self.iri(name, value),
            "registration" => self.query.registration = self.uuid(name, value),
            "since" => self.query.since = self.timestamp(name, value),
            UNTIL => self.query.until = self.timestamp(name, value),
            "limit" => match value.parse() {
                Ok(limit) => self.query.limit = limit,
                Err(_) => self.wrong(name, &MOST_STATEMENTS.to_string()),
            },
            "ascending" => self.query.is_ascending = self.flag(name, value),
            "related_activities" | "related_agents" | "attachments" => {
                if self.flag(name, value) {
                    self.only(name, "false");
                }
            }
            "format" if value != "exact" => self.only(name, "exact"),
            "format" => {}
            CURSOR => match Cursor::read(value) {
                Some(cursor) => self.query.cursor = cursor,
                None => self.wrong(name, "more"),
            },
            _ => self.problems.add(Problem::new(Code::NotAllowed, name)),
        }
    }

    fn wrong(&mut self, name: &str, right: &str) {
        self.problems.add(Problem::new(Code::Malformed, name).detail(right));
    }

    /// A value of the specification that is not served here.
    fn only(&mut self, name: &str, served: &str) {
        self.problems.add(Problem::new(Code::UnknownValue, name).detail(served));
    }

    fn one(&mut self, name: &'static str, value: &str, is_voided: bool) {
        if let Some(id) = self.uuid(name, value) {
            self.one = Some((name, id, is_voided));
        }
    }

    fn uuid(&mut self, name: &str, value: &str) -> Option<Uuid> {
        let id = xapi::uuid(value);
        if id.is_none() {
            self.wrong(name, "018f3c2e-8b1a-7c3d-9e4f-5a6b7c8d9e0f");
        }
        id
    }

    fn iri(&mut self, name: &str, value: &str) -> Option<String> {
        if xapi::is_iri(value) {
            return Some(value.to_owned());
        }
        self.wrong(name, xapi::verb::EXPERIENCED);
        None
    }

    fn timestamp(&mut self, name: &str, value: &str) -> Option<Timestamp> {
        // A plus sign that was not written as %2B arrives as a space.
        let at = xapi::timestamp(&value.replace(' ', "+"));
        if at.is_none() {
            self.wrong(name, "2026-11-23T08:00:00Z");
        }
        at
    }

    fn flag(&mut self, name: &str, value: &str) -> bool {
        if !["true", "false"].contains(&value) {
            self.wrong(name, "true");
        }
        value == "true"
    }

    fn agent(&mut self, value: &str) {
        let Ok(agent) = serde_json::from_str::<Value>(value) else {
            return self.wrong("agent", "{\"account\":{…}}");
        };
        let problems = check::agent(&agent, "agent");
        if problems.is_empty() {
            self.query.agent = Some((citizen(self.base, &agent), super::canon::agent_key(&agent)));
        }
        problems.into_vec().into_iter().for_each(|problem| self.problems.add(problem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let citizen = CitizenId::from_uuid(Uuid::from_u128(7));
        let mut cursor = Cursor { position: Some(12), lines: Vec::new() };
        cursor.set_line(citizen, 5);
        cursor.set_line(citizen, 4);
        let read = Cursor::read(&cursor.write()).unwrap();
        assert_eq!((read.position, read.line(citizen)), (Some(12), Some(4)));
        assert_eq!(read.line(CitizenId::from_uuid(Uuid::from_u128(8))), None);
        assert!(Cursor::read("zz").is_none());
    }
}
