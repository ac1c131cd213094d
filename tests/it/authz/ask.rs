//! How each thing of the table is asked for: queries, inputs, and what is done beforehand so that there is something to
//! ask about.

use std::sync::atomic::Ordering;

use densach_tests::TestApp;
use serde_json::{Value, json};

use super::Outcome;
use super::table::Actor;
use super::world::{PASSER_BY, Stage, World};

impl World<'_> {
    pub fn new_work(&self) -> Value {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        json!({ "kind": "LESSON", "slug": format!("bai-thu-{number}"), "content": self.content() })
    }

    fn content(&self) -> Value {
        json!({
            "title": "Bài thử", "summary": "Để thử ai được làm gì.", "body": "Một hai ba bốn năm.",
            "licence": "CC-BY-4.0", "level": "BASIC", "audience": ["EVERYONE"],
            "authors": ["Nhóm thử"], "topicIds": [self.topic],
        })
    }

    /// What an actor sends for a row: a document, its variables, an access token.
    pub async fn ask(&self, actor: Actor, operation: &str, scope: &str) -> Outcome<(String, Value, String)> {
        let mut token = self.person(actor).map_or_else(String::new, |person| person.token.clone());
        if let Some(document) = self.query(actor, operation, scope) {
            return Ok((document, json!({}), token));
        }
        let mut input = self.input(actor, operation, scope).await?;
        if !WITHOUT_CLIENT_ID.contains(&operation) {
            input["clientMutationId"] = json!(client_id());
        }
        // What signs out must not end the session that the next rows need.
        if let ("signOut", Some(person)) = (operation, self.person(actor)) {
            token = self.app.sign_in(&person.phone).await.token;
        }
        Ok((mutation(operation, ""), json!({ "input": input }), token))
    }

    fn query(&self, actor: Actor, operation: &str, scope: &str) -> Option<String> {
        let progress = |citizen: &str| format!("progress(citizenId: {citizen:?}) {{ latest {{ locator }} }}");
        let selection = match operation {
            "criteriaSet" => match scope {
                "not existing" => "criteriaSet(code: \"0/QĐ\") { code }".to_owned(),
                _ => "criteriaSet { code }".to_owned(),
            },
            "criteriaSets" => "criteriaSets { code }".to_owned(),
            "draft" => {
                let work = match scope {
                    "a draft" => self.draft.work.clone(),
                    "released, without a draft" => self.released.work.clone(),
                    _ => nothing("wrk"),
                };
                format!("draft(workId: {work:?}) {{ title body }}")
            }
            "edition" => {
                let revision = match scope {
                    "released" => self.released.revision.clone(),
                    "published, not released" => self.published.revision.clone(),
                    "a draft" => self.draft.revision.clone(),
                    _ => nothing("rev"),
                };
                format!("edition(revisionId: {revision:?}) {{ title body }}")
            }
            "claims" => {
                format!("claims(unitId: {:?}) {{ nodes {{ fullName title seconds }} }}", self.unit(scope))
            }
            "roster" => {
                format!("roster(unitId: {:?}) {{ nodes {{ fullName birthYear }} }}", self.unit(scope))
            }
            "office" => format!(
                "office(unitId: {:?}) {{ memberCount months(from: \"2026-01\", to: \"2026-02\") {{ month }} \
                 members(first: 5) {{ nodes {{ fullName study(month: \"2026-01\") {{ seconds }} }} }} }}",
                self.unit(scope)
            ),
            "revisions" => {
                let work = if scope == "a work" { self.draft.work.clone() } else { nothing("wrk") };
                format!("revisions(workId: {work:?}) {{ id }}")
            }
            "search" => "search(text: \"hoc suot doi\") { hits { work { title } } }".to_owned(),
            "topics" => "topics { slug }".to_owned(),
            "unit" => {
                let id = if scope == "a unit" { self.unit("branch 1") } else { nothing("uni") };
                format!("unit(id: {id:?}) {{ name }}")
            }
            "upload" => format!("upload(uploadId: {:?}) {{ state parts {{ url }} }}", self.upload(scope)),
            "viewer" => format!(
                "viewer {{ citizen(id: {:?}) {{ fullName goals {{ minutes }} \
                 studyDays(from: \"2026-01-01\", to: \"2026-02-01\") {{ seconds }} }} }}",
                self.citizen(actor, scope)
            ),
            "work" => {
                let (work, more) = match scope {
                    "released" => (self.released.work.clone(), String::new()),
                    "a draft" => (self.draft.work.clone(), String::new()),
                    "with one's own progress" => (self.released.work.clone(), progress(self.own(actor))),
                    "with somebody else's progress" => {
                        (self.released.work.clone(), progress(self.other(actor)))
                    }
                    _ => (nothing("wrk"), String::new()),
                };
                format!("work(id: {work:?}) {{ title {more} }}")
            }
            "works" => {
                let more = if scope.is_empty() { String::new() } else { progress(self.other(actor)) };
                format!("works(first: 3) {{ nodes {{ title {more} }} }}")
            }
            _ => return None,
        };
        Some(format!("{{ {selection} }}"))
    }

    async fn input(&self, actor: Actor, operation: &str, scope: &str) -> Outcome<Value> {
        let missing = scope == "not existing";
        Ok(match operation {
            "addCitizen" => json!({ "fullName": "Em Thử" }),
            "answerDispute" => {
                let dispute = self.dispute(actor, scope).await?;
                json!({ "disputeId": dispute, "answer": "DECLINE", "words": "Để thử." })
            }
            "attestMeeting" => {
                let attendee = json!({ "sequence": self.number(), "citizenId": self.citizen(actor, scope) });
                json!({
                    "kind": "CLASS", "title": "Lớp thử", "startedAt": self.app.clock.at(-60),
                    "endedAt": self.app.clock.at(-30), "attendees": [attendee],
                })
            }
            "completeUpload" => json!({ "uploadId": self.upload(scope) }),
            "confirmEvidence" => json!({ "evidenceIds": [self.line(actor, scope).await?] }),
            "confirmSignInCode" => self.confirmation(scope).await?,
            "createUpload" => new_upload(),
            "createWork" => self.new_work(),
            "disputeEvidence" => json!({ "evidenceId": self.line(actor, scope).await? }),
            "issueCard" | "revokeCard" => json!({ "citizenId": self.citizen(actor, scope) }),
            "nameTester" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Draft).await?.work };
                let phone =
                    if scope == "a phone that nobody has" { "0988888888" } else { &self.people[0].phone };
                json!({ "workId": work, "phone": phone })
            }
            "publishDraft" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Draft).await?.work };
                json!({ "workId": work, "version": 1 })
            }
            "recordPosition" => {
                let lost = scope == "a work that does not exist";
                json!({
                    "citizenId": self.citizen(actor, scope), "locator": 0.5, "recordedAt": self.app.clock.at(-60),
                    "workId": if lost { nothing("wrk") } else { self.released.work.clone() },
                })
            }
            "refreshSession" => {
                let own =
                    self.app.sign_in(self.person(actor).map_or(PASSER_BY, |person| &person.phone)).await;
                let made_up = format!("{}.{}", nothing("ses"), "A".repeat(43));
                json!({ "refreshToken": if missing { made_up } else { own.refresh_token } })
            }
            "releaseRevision" => {
                let stage = if scope == "a draft" { Stage::Draft } else { Stage::Published };
                let revision = if missing { nothing("rev") } else { self.write(stage).await?.revision };
                json!({ "revisionId": revision })
            }
            "requestSignInCode" => json!({ "phone": PASSER_BY }),
            "saveDraft" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Draft).await?.work };
                json!({ "workId": work, "version": 1, "content": self.content() })
            }
            "sendEvidence" => json!({ "citizenId": self.citizen(actor, scope), "items": [self.reading()] }),
            "setGoal" => json!({ "citizenId": self.citizen(actor, scope), "period": "WEEK", "minutes": 90 }),
            "signOut" => json!({}),
            "suggestGoal" => json!({ "unitId": self.unit(scope), "period": "WEEK", "minutes": 90 }),
            "withdrawDispute" => json!({ "disputeId": self.dispute(actor, scope).await? }),
            "withdrawEvidence" => json!({ "evidenceId": self.line(actor, scope).await? }),
            "withdrawWork" => {
                let work = if missing { nothing("wrk") } else { self.write(Stage::Released).await?.work };
                json!({ "workId": work })
            }
            other => return Err(format!("the table does not know how to ask for {other}").into()),
        })
    }

    /// A number that no device sent before.
    fn number(&self) -> usize {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Half a minute with a lesson, as the app saw it.
    fn reading(&self) -> Value {
        json!({
            "sequence": self.number(), "workId": self.released.work, "source": "READING",
            "startedAt": self.app.clock.at(-60), "endedAt": self.app.clock.at(-30),
        })
    }

    /// Half a minute with a book, as its reader says.
    fn book(&self) -> Value {
        json!({
            "sequence": self.number(), "title": "Sách thử", "source": "BOOK",
            "startedAt": self.app.clock.at(-60), "endedAt": self.app.clock.at(-30),
        })
    }

    /// A fresh line in the ledger of whom a row speaks of.
    async fn line(&self, actor: Actor, scope: &str) -> Outcome<String> {
        if scope == "not existing" {
            return Ok(format!("{}_1", nothing("evd")));
        }
        let item = if scope == "a claim" { self.book() } else { self.reading() };
        let batch = json!({ "citizenId": self.citizen(actor, scope), "items": [item] });
        let sender = self.sender(actor, scope);
        let sent = act(self.app, &sender.token, "sendEvidence", "results { id }", batch).await?;
        text(&sent["results"][0]["id"])
    }

    /// A dispute about such a line, just opened.
    async fn dispute(&self, actor: Actor, scope: &str) -> Outcome<String> {
        if scope == "not existing" {
            return Ok(nothing("dsp"));
        }
        let input = json!({ "evidenceId": self.line(actor, scope).await? });
        let sender = self.sender(actor, scope);
        let opened = act(self.app, &sender.token, "disputeEvidence", "dispute { id }", input).await?;
        text(&opened["dispute"]["id"])
    }

    /// A code on its way to somebody, confirmed rightly or not.
    async fn confirmation(&self, scope: &str) -> Outcome<Value> {
        let input = json!({ "phone": PASSER_BY });
        let sent = act(self.app, "", "requestSignInCode", "challengeId", input).await?;
        self.app.drain().await;
        let code = self.app.gateway.code(&format!("+84{}", &PASSER_BY[1..]));
        let wrong = if code == "000000" { "000001" } else { "000000" };
        Ok(json!({
            "challengeId": if scope == "not existing" { nothing("chl") } else { text(&sent["challengeId"])? },
            "code": if scope == "a wrong code" { wrong } else { code.as_str() },
            "device": { "clientId": client_id() },
        }))
    }
}

/// What a repeat is known by stands in the input of these already.
const WITHOUT_CLIENT_ID: [&str; 4] = ["attestMeeting", "refreshSession", "sendEvidence", "signOut"];

fn mutation(operation: &str, fields: &str) -> String {
    let (first, rest) = operation.split_at(1);
    let input = format!("{}{rest}Input", first.to_uppercase());
    format!(
        "mutation($input: {input}!) {{ {operation}(input: $input) {{ {fields} userErrors {{ code }} }} }}"
    )
}

fn client_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A well-formed id of something that is not there.
pub(super) fn nothing(prefix: &str) -> String {
    format!("{prefix}_{}", uuid::Uuid::now_v7().simple())
}

pub(super) fn text(value: &Value) -> Outcome<String> {
    Ok(value.as_str().ok_or_else(|| format!("no text: {value}"))?.to_owned())
}

/// Asks for something that must be answered.
pub(super) async fn data(app: &TestApp, token: &str, query: &str) -> Outcome<Value> {
    let answer = app.graphql(token, query, json!({})).await;
    if answer.get("errors").is_some() {
        Err(format!("{query}: {answer:#}").into())
    } else {
        Ok(answer["data"].clone())
    }
}

/// Does something that must be done; answers its payload.
pub(super) async fn act(
    app: &TestApp,
    token: &str,
    operation: &str,
    fields: &str,
    mut input: Value,
) -> Outcome<Value> {
    if !WITHOUT_CLIENT_ID.contains(&operation) {
        input["clientMutationId"] = json!(client_id());
    }
    let answer = app.graphql(token, &mutation(operation, fields), json!({ "input": input })).await;
    let payload = &answer["data"][operation];
    if payload["userErrors"] == json!([]) {
        Ok(payload.clone())
    } else {
        Err(format!("{operation}: {answer:#}").into())
    }
}

pub(super) fn new_upload() -> Value {
    json!({ "fileName": "thu.pdf", "mediaType": "application/pdf", "sizeBytes": 10, "sha256": "0".repeat(64) })
}
