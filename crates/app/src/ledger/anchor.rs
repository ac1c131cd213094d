//! Signed moments. The server need not remember what it signed: a phone hands it back.

use densach_domain::Timestamp;
use densach_domain::id::DeviceId;
use subtle::ConstantTimeEq as _;

use crate::Vault;
use crate::account::{base64, unbase64};

const PURPOSE: &str = "clock anchor";
const SIGNATURE_BYTES: usize = 16;

fn signature(vault: &Vault, device: DeviceId, at: [u8; 8]) -> [u8; 32] {
    vault.hash(PURPOSE, &[device.uuid().as_bytes().as_slice(), &at].concat())
}

/// This moment, for this device.
pub(super) fn sign(vault: &Vault, device: DeviceId, now: Timestamp) -> String {
    let at = now.ms().to_be_bytes();
    base64(&[at.as_slice(), &signature(vault, device, at)[..SIGNATURE_BYTES]].concat())
}

/// The moment that was signed for this device; none when this server did not sign it.
pub(super) fn read(vault: &Vault, device: DeviceId, text: &str) -> Option<Timestamp> {
    let bytes = unbase64(text)?;
    let (at, signed) = bytes.split_first_chunk::<8>()?;
    let expected = signature(vault, device, *at);
    let is_ours = bool::from(expected[..SIGNATURE_BYTES].ct_eq(signed));
    is_ours.then(|| Timestamp::from_ms(i64::from_be_bytes(*at)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_anchor_is_for_one_device_and_cannot_be_made_elsewhere() {
        let vault = Vault::new(&[1; 32]);
        let [mine, other] = [1, 2].map(|number| DeviceId::from_uuid(Uuid::from_u128(number)));
        let now = Timestamp::from_ms(1_795_500_000_123);
        let text = sign(&vault, mine, now);
        assert_eq!(read(&vault, mine, &text), Some(now));
        assert_eq!(read(&vault, other, &text), None);
        assert_eq!(read(&Vault::new(&[2; 32]), mine, &text), None);
        assert_eq!(read(&vault, mine, "AAAA"), None);
        assert_eq!(read(&vault, mine, ""), None);
    }
}
