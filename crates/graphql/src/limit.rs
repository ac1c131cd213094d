//! How much one request may ask for.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{ServerError, ServerResult, Value, Variables};

use crate::page::DEFAULT_FIRST;

/// The limits of a request; body bytes and time are kept by the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub depth: usize,
    pub complexity: usize,
    /// How many rows all lists together may ask for.
    pub nodes: usize,
    pub introspection: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 16, complexity: 6000, nodes: 2000, introspection: true }
    }
}

/// Refuses a document that asks for too many rows before anything runs: `first` of a list, times `first` of what it
/// lies in.
pub(crate) fn check_nodes(
    document: &ExecutableDocument,
    variables: &Variables,
    most: usize,
) -> ServerResult<()> {
    let mut counter = Counter { document, variables, most, rows: 0, visits: 0 };
    for (_, operation) in document.operations.iter() {
        counter.set(&operation.node.selection_set.node, 1);
    }
    if counter.rows <= most && counter.visits <= MOST_VISITS {
        return Ok(());
    }
    let mut error = ServerError::new(String::new(), None);
    let extensions = error.extensions.get_or_insert_with(Default::default);
    extensions.set("code", "LIMIT");
    extensions.set("detail", format!("nodes {} > {most}", counter.rows));
    Err(error)
}

/// Fragments within fragments can make a short document long.
const MOST_VISITS: usize = 20_000;

struct Counter<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    most: usize,
    rows: usize,
    visits: usize,
}

impl Counter<'_> {
    fn set(&mut self, set: &SelectionSet, times: usize) {
        for selection in &set.items {
            self.visits += 1;
            if self.visits > MOST_VISITS || self.rows > self.most {
                return;
            }
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, times),
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node, times),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.set(&fragment.node.selection_set.node, times);
                    }
                }
            }
        }
    }

    fn field(&mut self, field: &Field, times: usize) {
        let inner = match self.first(field) {
            Some(first) => {
                let rows = times.saturating_mul(first);
                self.rows = self.rows.saturating_add(rows);
                rows
            }
            None => times,
        };
        self.set(&field.selection_set.node, inner);
    }

    /// How many rows a list is asked for: `first`, or its default where a connection is recognised by its fields.
    fn first(&self, field: &Field) -> Option<usize> {
        let first = field.get_argument("first").and_then(|value| {
            value.node.clone().into_const_with(|name| self.variables.get(&name).cloned().ok_or(())).ok()
        });
        match first {
            Some(Value::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Some(_) | None => {
                let is_list = |selection: &Selection| match selection {
                    Selection::Field(field) => ["nodes", "edges"].contains(&field.node.name.node.as_str()),
                    Selection::InlineFragment(_) | Selection::FragmentSpread(_) => false,
                };
                let list = field.selection_set.node.items.iter().any(|item| is_list(&item.node));
                list.then_some(usize::try_from(DEFAULT_FIRST).unwrap_or(20))
            }
        }
    }
}
