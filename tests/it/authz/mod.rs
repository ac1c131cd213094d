//! The authorization table: every query and mutation of the schema × who asks × whose thing it is → what they are told.
//! Each cell is sent over HTTP, on both stacks. A field of the schema that is missing here fails the build.

mod ask;
mod table;
mod world;

use std::error::Error;

use densach_tests::{TestApp, repository};
use serde_json::Value;

use table::{Actor, EXEMPT, MOST_EXEMPT, NULL, OK, TABLE};
use world::World;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[test]
fn every_field_of_the_schema_stands_in_the_table() -> Outcome {
    let schema = std::fs::read_to_string(repository().join("schema.graphql"))?;
    let mut fields = fields(&schema, "Query");
    fields.extend(self::fields(&schema, "Mutation"));
    assert!(fields.contains(&"viewer") && fields.contains(&"setGoal"), "the schema is not read: {fields:?}");
    let in_table = |field: &str| TABLE.iter().any(|row| row.operation == field);
    let missing: Vec<_> = fields.iter().filter(|field| !in_table(field) && !EXEMPT.contains(field)).collect();
    assert!(missing.is_empty(), "no row in the authorization table says who may use {missing:?}");
    let gone: Vec<_> = TABLE.iter().map(|row| row.operation).filter(|name| !fields.contains(name)).collect();
    assert!(gone.is_empty(), "the authorization table speaks of what the schema does not have: {gone:?}");
    Ok(())
}

#[test]
fn the_list_of_exemptions_only_shrinks() -> Outcome {
    assert!(EXEMPT.len() <= MOST_EXEMPT, "write rows for {EXEMPT:?}");
    let schema = std::fs::read_to_string(repository().join("schema.graphql"))?;
    for name in EXEMPT {
        assert!(TABLE.iter().all(|row| row.operation != *name), "{name} has rows: it needs no exemption");
        assert!(
            fields(&schema, "Query").contains(name),
            "{name} is not in the schema: it needs no exemption"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_what_the_table_says_on_sqlite() -> Outcome {
    run(builder().sqlite().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_what_the_table_says_on_postgres() -> Outcome {
    run(builder().postgres().await).await
}

/// The names of the fields of an object type, from a text that has one field a line.
fn fields<'a>(schema: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("type {name} {{");
    let body = schema.lines().skip_while(|line| *line != head).skip(1).take_while(|line| *line != "}");
    let mut in_words = false;
    let mut fields = Vec::new();
    for line in body.map(str::trim) {
        if let Some(rest) = line.strip_prefix("\"\"\"") {
            in_words ^= !rest.ends_with("\"\"\"");
        } else if !in_words && let Some((name, _)) = line.split_once(['(', ':']) {
            fields.push(name);
        }
    }
    fields
}

/// The table signs people in more often than anybody would.
fn builder() -> densach_tests::Builder {
    TestApp::builder()
        .set("DENSACH_SIGN_IN__CODES_PER_PHONE_PER_HOUR", "100000")
        .set("DENSACH_SIGN_IN__CODES_PER_ADDRESS_PER_HOUR", "100000")
}

#[expect(clippy::print_stdout, reason = "how much was tried is what the run is asked for")]
async fn run(app: TestApp) -> Outcome {
    let world = World::new(&app).await?;
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in TABLE {
        for (actor, expected) in Actor::ALL.into_iter().zip(row.cells) {
            let (document, variables, token) = world.ask(actor, row.operation, row.scope).await?;
            let answer = app.graphql(&token, &document, variables).await;
            let found = told(&answer, row.operation);
            count += 1;
            if found != expected {
                wrong.push(format!(
                    "{} ({}), {actor:?}: {expected} in the table, {found} told",
                    row.operation, row.scope
                ));
            }
        }
    }
    println!("the authorization table: {count} cells in {} rows", TABLE.len());
    assert!(wrong.is_empty(), "{} of {count} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    app.drain().await;
    app.finish().await;
    Ok(())
}

/// An answer in the words of the table.
fn told(answer: &Value, operation: &str) -> String {
    if let Some(error) = answer["errors"].get(0) {
        return error["extensions"]["code"].as_str().unwrap_or("an error without a code").to_owned();
    }
    let field = &answer["data"][operation];
    match field["userErrors"].get(0) {
        Some(error) => format!("user error {}", error["code"].as_str().unwrap_or_default()),
        None if field.is_null() => NULL.to_owned(),
        None => OK.to_owned(),
    }
}
