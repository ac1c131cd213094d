//! Secrets of people: keyed hashes to find by, sealed values to read back. Each citizen has a key of their own, wrapped
//! under the installation's; when it is destroyed, what was sealed with it is noise, in every backup too.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::context::Entropy;
use crate::{Error, Result};

const NONCE_BYTES: usize = 24;

/// The installation's keys, derived from one master key by purpose.
pub struct Vault {
    hash_key: [u8; 32],
    seal_key: [u8; 32],
}

impl Vault {
    pub fn new(master_key: &[u8; 32]) -> Self {
        Self {
            hash_key: mac(master_key, &[b"densach hash 1"]),
            seal_key: mac(master_key, &[b"densach seal 1"]),
        }
    }

    /// A hash that only this installation can compute. `purpose` keeps equal values of different kinds apart.
    pub fn hash(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        mac(&self.hash_key, &[purpose.as_bytes(), &[0], value])
    }

    /// Encrypts under the installation's key; `purpose` must be the same to read it back.
    pub fn seal(&self, entropy: &dyn Entropy, purpose: &str, value: &[u8]) -> Result<Vec<u8>> {
        seal(&self.seal_key, entropy, purpose, value)
    }

    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        open(&self.seal_key, purpose, sealed)
    }

    /// A new key for one citizen, as it is kept: wrapped.
    pub fn new_citizen_key(&self, entropy: &dyn Entropy) -> Result<Vec<u8>> {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        self.seal(entropy, "citizen key", &key)
    }

    /// Encrypts under a citizen's own key.
    pub fn seal_for_citizen(
        &self,
        entropy: &dyn Entropy,
        sealed_key: &[u8],
        purpose: &str,
        value: &[u8],
    ) -> Result<Vec<u8>> {
        let key = self.open("citizen key", sealed_key)?;
        let key: [u8; 32] = key.try_into().map_err(|_| Error::internal("a citizen key of another length"))?;
        seal(&key, entropy, purpose, value)
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A 32-byte key is shorter than the block of SHA-256, so the fallback is never taken.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn seal(key: &[u8; 32], entropy: &dyn Entropy, purpose: &str, value: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE_BYTES];
    entropy.fill(&mut nonce);
    let payload = Payload { msg: value, aad: purpose.as_bytes() };
    let sealed = XChaCha20Poly1305::new(Key::from_slice(key))
        .encrypt(XNonce::from_slice(&nonce), payload)
        .map_err(|_| Error::internal("sealing failed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &[u8; 32], purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
    let broken =
        || Error::internal("a sealed value cannot be opened: the key is another, or the value was changed");
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(broken)?;
    let payload = Payload { msg: sealed, aad: purpose.as_bytes() };
    XChaCha20Poly1305::new(Key::from_slice(key))
        .decrypt(XNonce::from_slice(nonce), payload)
        .map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn what_is_sealed_opens_only_for_its_purpose_and_unchanged() {
        let vault = Vault::new(&[1; 32]);
        let mut sealed = vault.seal(&Fixed, "phone", b"+84912345678").unwrap();
        assert_eq!(vault.open("phone", &sealed).unwrap(), b"+84912345678");
        assert!(vault.open("code", &sealed).is_err());
        assert!(Vault::new(&[2; 32]).open("phone", &sealed).is_err());
        sealed[30] ^= 1;
        assert!(vault.open("phone", &sealed).is_err());
        assert!(vault.open("phone", b"short").is_err());
    }

    #[test]
    fn hashes_differ_by_purpose_and_installation() {
        let vault = Vault::new(&[1; 32]);
        assert_eq!(vault.hash("phone", b"x"), vault.hash("phone", b"x"));
        assert_ne!(vault.hash("phone", b"x"), vault.hash("code", b"x"));
        assert_ne!(vault.hash("phone", b"x"), Vault::new(&[2; 32]).hash("phone", b"x"));
    }
}
