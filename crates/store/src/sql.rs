//! Hand-written statements, for both dialects: `$1` is understood by SQLite too, and the few differences of dialect
//! stand here.

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

impl crate::Tx {
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
