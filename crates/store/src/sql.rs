//! Hand-written statements, for both dialects: `$1` is understood by SQLite too, and the few differences of dialect
//! stand here.

use sea_orm::sea_query::ArrayType;
use sea_orm::{
    ConnectionTrait, EntityTrait, ExecResult, FromQueryResult, IntoActiveModel, ModelTrait, QueryResult,
    Statement, Value,
};
use uuid::Uuid;

use crate::{Reads, Result};

impl<C: ConnectionTrait> Reads<C> {
    fn statement(&self, sql: impl Into<String>, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.db.get_database_backend(), sql.into(), values)
    }

    pub(crate) async fn all<R: FromQueryResult>(
        &self,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<Vec<R>> {
        let rows = self.db.query_all_raw(self.statement(sql, values)).await?;
        rows.iter().map(|row| R::from_query_result(row, "").map_err(Into::into)).collect()
    }

    pub(crate) async fn one<R: FromQueryResult>(
        &self,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<Option<R>> {
        let row = self.row(sql, values).await?;
        row.map(|row| R::from_query_result(&row, "").map_err(Into::into)).transpose()
    }

    pub(crate) async fn row(
        &self,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<Option<QueryResult>> {
        Ok(self.db.query_one_raw(self.statement(sql, values)).await?)
    }

    /// One number, zero when there is none.
    pub(crate) async fn number(&self, sql: impl Into<String>, values: Vec<Value>) -> Result<i64> {
        match self.row(sql, values).await? {
            Some(row) => Ok(row.try_get_by_index::<Option<i64>>(0)?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    pub(crate) async fn execute(&self, sql: impl Into<String>, values: Vec<Value>) -> Result<ExecResult> {
        Ok(self.db.execute_raw(self.statement(sql, values)).await?)
    }

    /// That a column is one of what a select answers, each looked up in an index. PostgreSQL cannot know how little
    /// lies below a unit, so that with `IN` it reads whole tables; an array it takes to be short.
    pub(crate) fn among(&self, select: &str) -> String {
        if self.is_postgres() { format!("= ANY (ARRAY({select}))") } else { format!("IN ({select})") }
    }

    /// Locks a row until the end of the transaction. SQLite has one writer and needs no more.
    pub(crate) fn for_update(&self) -> &'static str {
        if self.is_postgres() { " FOR UPDATE" } else { "" }
    }
}

/// `$first, $first+1, …` for `count` values.
pub(crate) fn places(first: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 4);
    for index in first..first + count {
        if index > first {
            text.push(',');
        }
        text.push('$');
        text.push_str(&index.to_string());
    }
    text
}

/// Ids as values, for a list of places. Many ids are cut into statements of at most this many by the caller.
pub(crate) fn values(ids: impl IntoIterator<Item = Uuid>) -> Vec<Value> {
    ids.into_iter().map(Into::into).collect()
}

/// How many values one statement takes on both dialects.
pub(crate) const MOST_VALUES: usize = 900;

/// The most rows of one insert on SQLite. Rows are cut into powers of two, so that few texts are prepared.
const MOST_ROWS: usize = 128;
/// Few values go to SQLite with others in one call, because each call is a trip to the thread that owns the connection;
/// with many the trip is nothing, and their texts are better prepared one by one.
const FEW_VALUES: usize = 200;

/// Inserts that are gathered first and written together.
#[derive(Debug)]
pub struct Writes {
    is_postgres: bool,
    statements: Vec<(String, Vec<Value>)>,
}

impl Writes {
    /// Rows by hand: `into` names table and columns, `end` says what happens to those that are there.
    pub(crate) fn insert_rows(&mut self, into: &str, rows: Vec<Vec<Value>>, end: &str) {
        if rows.is_empty() {
            return;
        }
        if self.is_postgres {
            self.statements.push(unnested(into, &rows, end));
            return;
        }
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let count = (1 << rows.len().ilog2()).min(MOST_ROWS);
            let mut width = 0;
            let values: Vec<Value> =
                rows.by_ref().take(count).inspect(|row| width = row.len()).flatten().collect();
            // SQLite looks a place with a name up among all others for each value; one without a name it counts.
            let row = format!("({})", vec!["?"; width].join(", "));
            let sql = format!("{into} VALUES {} {end}", vec![row; count].join(", "));
            self.statements.push((sql, values));
        }
    }
}

/// Rows for PostgreSQL, an array a column: one text however many rows, planned once. What is absent travels as a value
/// that nothing else has.
fn unnested(into: &str, rows: &[Vec<Value>], end: &str) -> (String, Vec<Value>) {
    let width = rows.first().map_or(0, Vec::len);
    let (mut names, mut types, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for column in 0..width {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let (array, kind, absent) = array(cells);
        types.push(format!("CAST(${} AS {kind}[])", column + 1));
        names.push(match absent {
            Some(absent) => format!("nullif(c{column}, CAST('{absent}' AS {kind}))"),
            None => format!("c{column}"),
        });
        values.push(array);
    }
    let columns: Vec<String> = (0..width).map(|column| format!("c{column}")).collect();
    let sql = format!(
        "{into} SELECT {} FROM unnest({}) AS given ({}) {end}",
        names.join(", "),
        types.join(", "),
        columns.join(", ")
    );
    (sql, values)
}

/// The values of one column as an array, the name of their type, and what stands for an absent one if there is any.
fn array<'a>(cells: impl Iterator<Item = &'a Value>) -> (Value, &'static str, Option<String>) {
    const NO_NUMBER: i64 = i64::MIN + 1;
    let (mut kind, mut lacks, mut all) = (ArrayType::BigInt, false, Vec::new());
    for cell in cells {
        let value = match cell {
            Value::Uuid(uuid) => {
                kind = ArrayType::Uuid;
                lacks |= uuid.is_none();
                Value::Uuid(Some(uuid.unwrap_or(Uuid::max())))
            }
            Value::String(text) => {
                kind = ArrayType::String;
                Value::String(Some(text.clone().unwrap_or_default()))
            }
            Value::Bytes(bytes) => {
                kind = ArrayType::Bytes;
                Value::Bytes(Some(bytes.clone().unwrap_or_default()))
            }
            Value::BigInt(number) => {
                lacks |= number.is_none();
                Value::BigInt(Some(number.unwrap_or(NO_NUMBER)))
            }
            other => other.clone(),
        };
        all.push(value);
    }
    let (name, absent) = match kind {
        ArrayType::Uuid => ("uuid", Uuid::max().to_string()),
        ArrayType::String => ("text", String::new()),
        ArrayType::Bytes => ("bytea", String::new()),
        _ => ("bigint", NO_NUMBER.to_string()),
    };
    (Value::Array(kind, Some(Box::new(all))), name, lacks.then_some(absent))
}

impl crate::Tx {
    pub fn writes(&self) -> Writes {
        Writes { is_postgres: self.is_postgres(), statements: Vec::new() }
    }

    /// Writes what was gathered, in its order.
    pub async fn write(&self, writes: Writes) -> Result<()> {
        let is_few = writes.statements.iter().map(|(_, values)| values.len()).sum::<usize>() <= FEW_VALUES;
        if writes.is_postgres || !is_few {
            for (sql, values) in writes.statements {
                self.execute(sql, values).await?;
            }
            return Ok(());
        }
        let mut all = (Vec::new(), Vec::new());
        for (sql, values) in writes.statements {
            all.0.push(sql);
            all.1.extend(values);
        }
        if !all.0.is_empty() {
            self.execute(all.0.join("; "), all.1).await?;
        }
        Ok(())
    }

    /// Rows by hand, at once.
    pub(crate) async fn insert_rows(&self, into: &str, rows: Vec<Vec<Value>>, end: &str) -> Result<()> {
        let mut writes = self.writes();
        writes.insert_rows(into, rows, end);
        self.write(writes).await
    }

    /// One row of a table.
    pub(crate) async fn insert<M>(&self, row: M) -> Result<()>
    where
        M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
        <M::Entity as EntityTrait>::ActiveModel: Send,
    {
        <M::Entity as EntityTrait>::insert(row.into_active_model()).exec_without_returning(&self.db).await?;
        Ok(())
    }

    /// Many rows of a table, in as few statements as the dialects take.
    pub(crate) async fn insert_all<M>(&self, rows: Vec<M>, columns: usize) -> Result<()>
    where
        M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
        <M::Entity as EntityTrait>::ActiveModel: Send,
    {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let batch = rows.by_ref().take(MOST_VALUES / columns).map(IntoActiveModel::into_active_model);
            <M::Entity as EntityTrait>::insert_many(batch).exec_without_returning(&self.db).await?;
        }
        Ok(())
    }
}
