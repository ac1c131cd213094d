//! Accounts, the identities that open them, and the people behind them.

use densach_domain::Timestamp;
use densach_domain::account::Relation;
use densach_domain::id::{AccountId, CitizenId, DeviceId};
use sea_orm::ConnectionTrait;

use crate::{Reads, Result, StoreError, Tx};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "account")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What proves that somebody is who they are: a phone number or a subject of an identity broker.
#[derive(Debug, Clone)]
pub struct IdentityRow {
    /// Keyed hash of kind and value.
    pub key_hash: [u8; 32],
    /// `phone` or the name of an identity provider.
    pub kind: String,
    /// The value, encrypted, for delivery of codes.
    pub sealed: Vec<u8>,
}

impl<C: ConnectionTrait> Reads<C> {
    pub async fn account_by_identity(&self, key_hash: &[u8; 32]) -> Result<Option<AccountId>> {
        let sql = "SELECT account_id FROM account_identity WHERE key_hash = $1";
        let row = self.row(sql, vec![key_hash.to_vec().into()]).await?;
        row.map(|row| Ok(AccountId::from_uuid(row.try_get_by_index(0)?))).transpose()
    }

    /// The person who signs in with an account, once they have said who they are.
    pub async fn account_own_citizen(&self, account: AccountId) -> Result<Option<CitizenId>> {
        let sql = "SELECT citizen_id FROM account_citizen WHERE account_id = $1 AND relation = 'own'";
        let row = self.row(sql, vec![account.uuid().into()]).await?;
        row.map(|row| Ok(CitizenId::from_uuid(row.try_get_by_index(0)?))).transpose()
    }
}

impl Tx {
    pub async fn account_add(&self, id: AccountId, identity: IdentityRow, now: Timestamp) -> Result<()> {
        self.insert(row::Model { id: id.uuid(), created_at: now.ms() }).await?;
        let sql = "INSERT INTO account_identity (key_hash, account_id, kind, sealed, created_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        let IdentityRow { key_hash, kind, sealed } = identity;
        let values =
            vec![key_hash.to_vec().into(), id.uuid().into(), kind.into(), sealed.into(), now.ms().into()];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Keeps others from changing the same account at the same time.
    pub async fn account_lock(&self, account: AccountId) -> Result<()> {
        if self.is_postgres() {
            self.row("SELECT id FROM account WHERE id = $1 FOR UPDATE", vec![account.uuid().into()]).await?;
        }
        Ok(())
    }

    pub async fn account_citizen_add(
        &self,
        account: AccountId,
        citizen: CitizenId,
        relation: Relation,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO account_citizen (account_id, citizen_id, relation, created_at) VALUES ($1, $2, $3, $4)";
        let values =
            vec![account.uuid().into(), citizen.uuid().into(), relation.name().into(), now.ms().into()];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// The device of an account under the id that the device gave itself; made when it is new.
    pub async fn device_ensure(
        &self,
        new_id: DeviceId,
        account: AccountId,
        client_id: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<DeviceId> {
        let sql = "INSERT INTO device (id, account_id, client_id, name, created_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (account_id, client_id) DO UPDATE SET name = excluded.name RETURNING id";
        let values =
            vec![new_id.uuid().into(), account.uuid().into(), client_id.into(), name.into(), now.ms().into()];
        let row = self.row(sql, values).await?.ok_or_else(|| StoreError::Broken("device".into()))?;
        Ok(DeviceId::from_uuid(row.try_get_by_index(0)?))
    }
}
