//! Giving statements out: those that came in, and the lines of the ledger, in the order in which they were stored.

use std::cmp::Reverse;
use std::collections::VecDeque;

use densach_domain::Timestamp;
use densach_domain::actor::Member;
use densach_domain::evidence::EvidenceId;
use densach_domain::id::{CitizenId, WorkId};
use densach_domain::{policy, xapi};
use densach_store::{XapiFilter, XapiLineFilter, XapiPage};
use serde_json::Value;
use uuid::Uuid;

use super::query::Query;
use super::{Named, tell, work_named};
use crate::{Context, Error, Result};

/// A page of statements, and the parameters of the next one.
#[derive(Debug)]
pub struct Given {
    pub statements: Vec<Value>,
    pub more: Option<Vec<(String, String)>>,
}

/// One statement. A voided one is shown only to who asks for a voided one.
pub async fn one(cx: &Context, id: Uuid, is_voided: bool) -> Result<Value> {
    let member = policy::signed_in(&cx.actor)?;
    if let Some(found) = cx.store.xapi_statement(id).await? {
        let is_shown = member.acts_for(found.citizen) && found.voided_by.is_some() == is_voided;
        return if is_shown { read(&found.body) } else { Err(Error::NotFound) };
    }
    let line = xapi::line_of(id, citizens(member)).filter(|_| !is_voided).ok_or(Error::NotFound)?;
    tell::lines(cx, &[line]).await?.remove(&line).ok_or(Error::NotFound)
}

/// A page of the statements about those whom this account acts for.
pub async fn many(cx: &Context, query: &Query) -> Result<Given> {
    let member = policy::signed_in(&cx.actor)?;
    let now = cx.now();
    let streams = streams(cx, member, query).await?;
    let (heads, has_more) = merge(streams, query);
    let lines: Vec<EvidenceId> = heads.iter().filter_map(Head::line).collect();
    let mut told = tell::lines(cx, &lines).await?;
    let mut cursor = query.cursor.clone();
    let mut statements = Vec::with_capacity(heads.len());
    for head in heads {
        match head.what {
            What::Statement { position, body } => {
                cursor.position = Some(position);
                statements.push(read(&body)?);
            }
            What::Line(id) => {
                cursor.set_line(id.citizen, id.number);
                statements.extend(told.remove(&id));
            }
        }
    }
    Ok(Given { statements, more: has_more.then(|| query.next(&cursor, now)) })
}

fn citizens(member: &Member) -> impl Iterator<Item = CitizenId> {
    member.citizens.iter().map(|(citizen, _)| *citizen)
}

fn read(body: &str) -> Result<Value> {
    serde_json::from_str(body).map_err(Error::internal)
}

/// A statement, or a line that will be one, with the moment at which it counts as stored.
struct Head {
    stored_at: Timestamp,
    what: What,
}

enum What {
    Statement { position: i64, body: String },
    Line(EvidenceId),
}

impl Head {
    fn line(&self) -> Option<EvidenceId> {
        match &self.what {
            What::Statement { .. } => None,
            What::Line(id) => Some(*id),
        }
    }
}

/// The next of each kind, each in its own order, which is also that of time.
async fn streams(cx: &Context, member: &Member, query: &Query) -> Result<Vec<VecDeque<Head>>> {
    let page = |after| XapiPage { after, is_ascending: query.is_ascending, limit: query.limit + 1 };
    let filter = XapiFilter {
        citizens: citizens(member).collect(),
        agent: query.agent.clone(),
        verb: query.verb.clone(),
        object_key: query.activity.clone(),
        registration: query.registration,
        since: query.since,
        until: query.until,
    };
    let statements = cx.store.xapi_statements(&filter, &page(query.cursor.position)).await?;
    let mut streams = vec![
        statements
            .into_iter()
            .map(|given| Head {
                stored_at: given.stored_at,
                what: What::Statement { position: given.position, body: given.body },
            })
            .collect::<VecDeque<Head>>(),
    ];
    let Some(filter) = line_filter(cx, query) else { return Ok(streams) };
    let is_asked =
        |citizen: &CitizenId| query.agent.as_ref().is_none_or(|(known, _)| *known == Some(*citizen));
    for citizen in citizens(member).filter(is_asked) {
        let lines = cx.store.xapi_lines(citizen, &filter, &page(query.cursor.line(citizen))).await?;
        let heads = lines
            .into_iter()
            .map(|(number, stored_at)| Head { stored_at, what: What::Line(EvidenceId { citizen, number }) });
        streams.push(heads.collect());
    }
    Ok(streams)
}

/// Which lines are asked for; `None` when no line can be meant.
fn line_filter(cx: &Context, query: &Query) -> Option<XapiLineFilter> {
    if query.registration.is_some() {
        return None;
    }
    let work: Option<WorkId> = match &query.activity {
        None => None,
        // A page's address is another name than the one that is given out.
        Some(activity) => match work_named(cx.xapi_base(), activity)? {
            Named::Id(work) => Some(work),
            Named::Slug(_) => return None,
        },
    };
    let sources = query.verb.as_deref().map(tell::sources_of);
    Some(XapiLineFilter { sources, work, since: query.since, until: query.until })
}

/// As many as were asked for, in the order of time; and whether there are more.
fn merge(mut streams: Vec<VecDeque<Head>>, query: &Query) -> (Vec<Head>, bool) {
    let mut heads = Vec::new();
    while heads.len() < query.limit as usize {
        let fronts = streams.iter().enumerate().filter_map(|(index, stream)| {
            let stored_at = stream.front()?.stored_at;
            Some((stored_at, index))
        });
        let next = if query.is_ascending {
            fronts.min()
        } else {
            fronts.max_by_key(|(stored_at, index)| (*stored_at, Reverse(*index)))
        };
        let Some((_, index)) = next else { break };
        heads.extend(streams[index].pop_front());
    }
    (heads, streams.iter().any(|stream| !stream.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(instants: &[i64]) -> VecDeque<Head> {
        let head = |ms: &i64| Head {
            stored_at: Timestamp::from_ms(*ms),
            what: What::Statement { position: *ms, body: String::new() },
        };
        instants.iter().map(head).collect()
    }

    fn merged(streams: Vec<VecDeque<Head>>, limit: u32, is_ascending: bool) -> (Vec<i64>, bool) {
        let query = Query { limit, is_ascending, ..Query::default() };
        let (heads, has_more) = merge(streams, &query);
        (heads.iter().map(|head| head.stored_at.ms()).collect(), has_more)
    }

    #[test]
    fn streams_flow_together_in_the_order_of_time() {
        let up = || vec![stream(&[1, 4, 5]), stream(&[2, 4]), stream(&[])];
        assert_eq!(merged(up(), 10, true), (vec![1, 2, 4, 4, 5], false));
        assert_eq!(merged(up(), 2, true), (vec![1, 2], true));
        let down = vec![stream(&[5, 4, 1]), stream(&[4, 2])];
        assert_eq!(merged(down, 4, false), (vec![5, 4, 4, 2], true));
    }
}
