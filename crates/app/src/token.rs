//! Access tokens: short-lived and signed, so that a request is known without asking the database who holds what.

use densach_domain::Timestamp;
use densach_domain::id::SessionId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The session; who is behind it is looked up.
    pub sid: SessionId,
    /// Seconds since 1970 at which the token ends.
    pub exp: i64,
}

impl Claims {
    pub fn sign(&self, key: &[u8; 32]) -> Result<String> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), self, &EncodingKey::from_secret(key))
            .map_err(Error::internal)
    }

    /// Reads a token that this installation signed and that has not ended by `now`.
    pub fn verify(token: &str, key: &[u8; 32], now: Timestamp) -> Result<Self> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The clock is a parameter of the machine, so the library's own look at the time is turned off.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Self>(token, &DecodingKey::from_secret(key), &validation)
            .map_err(|_| Error::Unauthenticated)?
            .claims;
        if now.ms() < claims.exp.saturating_mul(1000) { Ok(claims) } else { Err(Error::Unauthenticated) }
    }
}
