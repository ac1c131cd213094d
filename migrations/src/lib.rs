//! The schema, step by step. A step that has landed is never edited: the next one changes what it left.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// All steps, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let step = |name, sql| Box::new(Step { name, sql }) as Box<dyn MigrationTrait>;
        vec![
            step("m2026_11_23_foundation", include_str!("m2026_11_23_foundation.sql")),
            step("m2026_11_24_ledger", include_str!("m2026_11_24_ledger.sql")),
        ]
    }
}

/// A step written as SQL that both dialects share but for a few words: the names of two column types, how a table is kept
/// in the order of its key, how an id is written as text, and one id that is written out.
struct Step {
    name: &'static str,
    sql: &'static str,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let [uuid, bytes, clustered, uuid_text, job_id] = match manager.get_database_backend() {
            DbBackend::Postgres => [
                "uuid",
                "bytea",
                "",
                "CAST(work_id AS text)",
                "CAST('019ab000-0000-7000-8000-000000000001' AS uuid)",
            ],
            DbBackend::Sqlite => [
                "blob",
                "blob",
                " WITHOUT ROWID",
                "lower(hex(work_id))",
                "x'019ab000000070008000000000000001'",
            ],
            other => return Err(DbErr::Migration(format!("{other:?} is not a database of this program"))),
        };
        let sql = self.sql.replace("{uuid}", uuid).replace("{bytes}", bytes);
        let sql = sql.replace("{clustered}", clustered).replace("{uuid_text}", uuid_text);
        let sql = sql.replace("{job_id}", job_id);
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    /// A step that is cut short leaves nothing behind, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
