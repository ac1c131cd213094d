//! The schema, step by step. A step that has landed is never edited: the next one changes what it left.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// All steps, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Step {
            name: "m2026_11_23_foundation",
            sql: include_str!("m2026_11_23_foundation.sql"),
        })]
    }
}

/// A step written as SQL that both dialects share but for the names of two column types.
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
        let (uuid, bytes) = match manager.get_database_backend() {
            DbBackend::Postgres => ("uuid", "bytea"),
            DbBackend::Sqlite => ("blob", "blob"),
            other => return Err(DbErr::Migration(format!("{other:?} is not a database of this program"))),
        };
        let sql = self.sql.replace("{uuid}", uuid).replace("{bytes}", bytes);
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    /// A step that is cut short leaves nothing behind, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
