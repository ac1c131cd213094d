//! One-time codes, how often they may be asked for, and the sessions that they open.

use densach_domain::Timestamp;
use densach_domain::account::{Challenge, Relation, Session};
use densach_domain::actor::{EdgeKind, Member, Role, RoleGrant};
use densach_domain::id::{AccountId, ChallengeId, CitizenId, DeviceId, SessionId, UnitId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::{Reads, Result, StoreError, Tx};

/// A challenge as it is written: the phone number is sealed, to send the code and to name a new account.
#[derive(Debug, Clone)]
pub struct ChallengeRow {
    pub challenge: Challenge,
    pub phone_sealed: Vec<u8>,
}

#[derive(FromQueryResult)]
struct RawChallenge {
    id: Uuid,
    phone_hash: Vec<u8>,
    phone_sealed: Vec<u8>,
    code_hash: Vec<u8>,
    attempts: i64,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct RawSession {
    id: Uuid,
    account_id: Uuid,
    device_id: Uuid,
    refresh_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    rotated_at: i64,
    created_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| StoreError::Broken("a hash of another length".into()))
}

impl TryFrom<RawChallenge> for ChallengeRow {
    type Error = StoreError;

    fn try_from(raw: RawChallenge) -> Result<Self> {
        let challenge = Challenge {
            id: ChallengeId::from_uuid(raw.id),
            phone_hash: hash(raw.phone_hash)?,
            code_hash: hash(raw.code_hash)?,
            created_at: Timestamp::from_ms(raw.created_at),
            expires_at: Timestamp::from_ms(raw.expires_at),
            attempts: u32::try_from(raw.attempts).unwrap_or(u32::MAX),
            used_at: raw.used_at.map(Timestamp::from_ms),
        };
        Ok(Self { challenge, phone_sealed: raw.phone_sealed })
    }
}

impl TryFrom<RawSession> for Session {
    type Error = StoreError;

    fn try_from(raw: RawSession) -> Result<Self> {
        Ok(Self {
            id: SessionId::from_uuid(raw.id),
            account: AccountId::from_uuid(raw.account_id),
            device: DeviceId::from_uuid(raw.device_id),
            refresh_hash: hash(raw.refresh_hash)?,
            previous_hash: raw.previous_hash.map(hash).transpose()?,
            rotated_at: Timestamp::from_ms(raw.rotated_at),
            created_at: Timestamp::from_ms(raw.created_at),
            expires_at: Timestamp::from_ms(raw.expires_at),
            ended_at: raw.ended_at.map(Timestamp::from_ms),
        })
    }
}

const SESSION: &str = "SELECT id, account_id, device_id, refresh_hash, previous_hash, rotated_at, created_at, \
                       expires_at, ended_at FROM session WHERE id = $1";

#[derive(FromQueryResult)]
struct RawMember {
    account_id: Uuid,
    device_id: Uuid,
    citizen_id: Option<Uuid>,
    relation: Option<String>,
    role: Option<String>,
    unit_id: Option<Uuid>,
    edge_kind: Option<String>,
    valid_from: Option<i64>,
    valid_to: Option<i64>,
}

impl RawMember {
    fn citizen(&self) -> Result<Option<(CitizenId, Relation)>> {
        let (Some(citizen), Some(relation)) = (self.citizen_id, &self.relation) else { return Ok(None) };
        let relation = Relation::parse(relation).ok_or_else(|| StoreError::Broken(relation.clone()))?;
        Ok(Some((CitizenId::from_uuid(citizen), relation)))
    }

    fn grant(&self) -> Result<Option<RoleGrant>> {
        let (Some(role), Some(unit), Some(edge_kind), Some(valid_from)) =
            (&self.role, self.unit_id, &self.edge_kind, self.valid_from)
        else {
            return Ok(None);
        };
        Ok(Some(RoleGrant {
            role: Role::parse(role).ok_or_else(|| StoreError::Broken(role.clone()))?,
            unit: UnitId::from_uuid(unit),
            edge_kind: EdgeKind::parse(edge_kind).ok_or_else(|| StoreError::Broken(edge_kind.clone()))?,
            valid_from: Timestamp::from_ms(valid_from),
            valid_to: self.valid_to.map(Timestamp::from_ms),
        }))
    }
}

impl<C: ConnectionTrait> Reads<C> {
    /// Who is behind a live session, in one statement: the people of the account, and the offices of its own person.
    pub async fn session_member(&self, id: SessionId, now: Timestamp) -> Result<Option<Member>> {
        let sql = "SELECT s.account_id, s.device_id, a.citizen_id, a.relation, g.role, g.unit_id, g.edge_kind, \
                   g.valid_from, g.valid_to FROM session s \
                   LEFT JOIN account_citizen a ON a.account_id = s.account_id \
                   LEFT JOIN citizen c ON c.id = a.citizen_id \
                   LEFT JOIN role_grant g ON g.citizen_id = a.citizen_id AND a.relation = 'own' \
                   AND g.superseded_at IS NULL \
                   WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 \
                   ORDER BY a.relation = 'household', c.full_name_key, c.id";
        let rows: Vec<RawMember> = self.all(sql, vec![id.uuid().into(), now.ms().into()]).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let mut member = Member {
            account: AccountId::from_uuid(first.account_id),
            session: id,
            device: DeviceId::from_uuid(first.device_id),
            citizens: Vec::new(),
            grants: Vec::new(),
        };
        for row in &rows {
            member.citizens.extend(row.citizen()?.filter(|citizen| !member.citizens.contains(citizen)));
            member.grants.extend(row.grant()?);
        }
        Ok(Some(member))
    }
}

impl Tx {
    pub async fn challenge_add(&self, row: &ChallengeRow) -> Result<()> {
        let sql = "INSERT INTO challenge (id, phone_hash, phone_sealed, code_hash, attempts, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4, 0, $5, $6)";
        let challenge = &row.challenge;
        let values = vec![
            challenge.id.uuid().into(),
            challenge.phone_hash.to_vec().into(),
            row.phone_sealed.clone().into(),
            challenge.code_hash.to_vec().into(),
            challenge.created_at.ms().into(),
            challenge.expires_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Reads a challenge and keeps others from trying it at the same time.
    pub async fn challenge_lock(&self, id: ChallengeId) -> Result<Option<ChallengeRow>> {
        let sql = format!(
            "SELECT id, phone_hash, phone_sealed, code_hash, attempts, created_at, expires_at, used_at \
             FROM challenge WHERE id = $1{}",
            self.for_update()
        );
        let raw: Option<RawChallenge> = self.one(sql, vec![id.uuid().into()]).await?;
        raw.map(TryInto::try_into).transpose()
    }

    pub async fn challenge_attempt(&self, id: ChallengeId) -> Result<()> {
        self.execute("UPDATE challenge SET attempts = attempts + 1 WHERE id = $1", vec![id.uuid().into()])
            .await?;
        Ok(())
    }

    pub async fn challenge_use(&self, id: ChallengeId, now: Timestamp) -> Result<()> {
        let values = vec![id.uuid().into(), now.ms().into()];
        self.execute("UPDATE challenge SET used_at = $2 WHERE id = $1", values).await?;
        Ok(())
    }

    /// Counts one more use by `subject` in the current window and answers how many there are now.
    pub async fn rate_count(&self, subject: &str, window_ms: i64, now: Timestamp) -> Result<i64> {
        let window_start = now.ms() - now.ms().rem_euclid(window_ms.max(1));
        let sql = "INSERT INTO rate_window (subject, window_start, count) VALUES ($1, $2, 1) \
                   ON CONFLICT (subject, window_start) DO UPDATE SET count = rate_window.count + 1 RETURNING count";
        self.number(sql, vec![subject.into(), window_start.into()]).await
    }

    /// Forgets windows, challenges and attempts that nobody will ask about again.
    pub async fn sign_in_forget(&self, before: Timestamp) -> Result<()> {
        let before = before.ms();
        self.execute("DELETE FROM rate_window WHERE window_start < $1", vec![before.into()]).await?;
        self.execute("DELETE FROM challenge WHERE expires_at < $1", vec![before.into()]).await?;
        self.execute("DELETE FROM oidc_attempt WHERE expires_at < $1", vec![before.into()]).await?;
        self.execute("DELETE FROM session WHERE expires_at < $1", vec![before.into()]).await?;
        Ok(())
    }

    pub async fn session_add(&self, session: &Session) -> Result<()> {
        let sql = "INSERT INTO session (id, account_id, device_id, refresh_hash, rotated_at, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = vec![
            session.id.uuid().into(),
            session.account.uuid().into(),
            session.device.uuid().into(),
            session.refresh_hash.to_vec().into(),
            session.rotated_at.ms().into(),
            session.created_at.ms().into(),
            session.expires_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Reads a session and keeps others from rotating it at the same time.
    pub async fn session_lock(&self, id: SessionId) -> Result<Option<Session>> {
        let raw: Option<RawSession> =
            self.one(format!("{SESSION}{}", self.for_update()), vec![id.uuid().into()]).await?;
        raw.map(TryInto::try_into).transpose()
    }

    pub async fn session_rotate(
        &self,
        id: SessionId,
        refresh_hash: &[u8; 32],
        previous_hash: &[u8; 32],
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE session SET refresh_hash = $2, previous_hash = $3, rotated_at = $4, expires_at = $5 \
                   WHERE id = $1";
        let values = vec![
            id.uuid().into(),
            refresh_hash.to_vec().into(),
            previous_hash.to_vec().into(),
            now.ms().into(),
            expires_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    pub async fn session_end(&self, id: SessionId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        self.execute(sql, vec![id.uuid().into(), now.ms().into()]).await?;
        Ok(())
    }

    /// Signs an account out everywhere; answers how many sessions that ended.
    pub async fn session_end_all(&self, account: AccountId, now: Timestamp) -> Result<u64> {
        let sql = "UPDATE session SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL";
        Ok(self.execute(sql, vec![account.uuid().into(), now.ms().into()]).await?.rows_affected())
    }

    /// Keeps what a broker's answer will be checked against, sealed.
    pub async fn oidc_attempt_add(
        &self,
        state_hash: &[u8; 32],
        provider: &str,
        sealed: Vec<u8>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO oidc_attempt (state_hash, provider, sealed, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        let values = vec![
            state_hash.to_vec().into(),
            provider.into(),
            sealed.into(),
            now.ms().into(),
            expires_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Takes an attempt out, so that an answer works once.
    pub async fn oidc_attempt_take(&self, state_hash: &[u8; 32], now: Timestamp) -> Result<Option<Vec<u8>>> {
        let sql = "DELETE FROM oidc_attempt WHERE state_hash = $1 AND expires_at > $2 RETURNING sealed";
        let row = self.row(sql, vec![state_hash.to_vec().into(), now.ms().into()]).await?;
        row.map(|row| Ok(row.try_get_by_index(0)?)).transpose()
    }
}
