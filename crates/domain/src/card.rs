//! A printed citizen card (thẻ học tập): what its QR code says. Whoever has no phone shows it, and another's phone
//! sends what they studied, so it must be read without a network.
//!
//! The text is `DS1-`, which card of whom, `-`, and a keyed hash of that, in upper-case hexadecimal digits. In the
//! alphanumeric mode of a QR code this takes no more room than base64 does, and a person can read it out on the
//! telephone.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::id::CitizenId;

/// How much of the keyed hash stands on a card: nobody can try 2^128 of them.
pub const MAC_BYTES: usize = 16;

const PAYLOAD_BYTES: usize = 20;
const EDITION: &str = "DS1";

/// Why a text is not a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Some other code, as of a shop or a bank.
    #[error("not a card")]
    Foreign,
    /// A card of an edition that this program does not know.
    #[error("a card of another edition")]
    OtherEdition,
    /// A card of this edition that was read or typed wrongly.
    #[error("a card that cannot be read")]
    Malformed,
}

/// Which card of whom. Serials count up from 1; each new card makes the older ones worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardName {
    pub citizen: CitizenId,
    pub serial: u32,
}

impl CardName {
    /// What the keyed hash is made of: the citizen, and the serial with its highest byte first.
    pub fn payload(self) -> [u8; PAYLOAD_BYTES] {
        let mut payload = [0; PAYLOAD_BYTES];
        let (citizen, serial) = payload.split_at_mut(16);
        citizen.copy_from_slice(self.citizen.uuid().as_bytes());
        serial.copy_from_slice(&self.serial.to_be_bytes());
        payload
    }
}

/// All that stands in the QR code of a card. Whether the hash is right only the installation that made it can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardToken {
    pub name: CardName,
    pub mac: [u8; MAC_BYTES],
}

impl fmt::Display for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{EDITION}-")?;
        self.name.payload().iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
        f.write_str("-")?;
        self.mac.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl FromStr for CardToken {
    type Err = CardError;

    fn from_str(text: &str) -> Result<Self, CardError> {
        let (edition, rest) = text.trim().split_once('-').ok_or(CardError::Foreign)?;
        if !edition.eq_ignore_ascii_case(EDITION) {
            return Err(other_edition(edition));
        }
        let (payload, mac) = rest.split_once('-').ok_or(CardError::Malformed)?;
        let (citizen, serial) = payload.split_at_checked(32).ok_or(CardError::Malformed)?;
        let citizen = CitizenId::from_uuid(Uuid::from_bytes(bytes(citizen)?));
        let serial = u32::from_be_bytes(bytes(serial)?);
        Ok(Self { name: CardName { citizen, serial }, mac: bytes(mac)? })
    }
}

fn other_edition(edition: &str) -> CardError {
    match edition.split_at_checked(2) {
        Some((ours, number)) if ours.eq_ignore_ascii_case("DS") && number.parse::<u32>().is_ok() => {
            CardError::OtherEdition
        }
        Some(_) | None => CardError::Foreign,
    }
}

/// Reads exactly `N` bytes of two digits each.
fn bytes<const N: usize>(digits: &str) -> Result<[u8; N], CardError> {
    let digits = digits.as_bytes();
    if digits.len() != 2 * N {
        return Err(CardError::Malformed);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16).ok_or(CardError::Malformed)?;
            *byte = (*byte << 4) | u8::try_from(value).unwrap_or(0);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(citizen: u128, serial: u32, mac: u128) -> CardToken {
        let citizen = CitizenId::from_uuid(Uuid::from_u128(citizen));
        CardToken { name: CardName { citizen, serial }, mac: mac.to_be_bytes() }
    }

    proptest! {
        #[test]
        fn a_card_reads_back(citizen: u128, serial: u32, mac: u128) {
            let card = token(citizen, serial, mac);
            let text = card.to_string();
            prop_assert_eq!(text.parse(), Ok(card));
            prop_assert_eq!(text.len(), 77);
            // Only these need the smaller mode of a QR code.
            let is_plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
            prop_assert!(text.chars().all(is_plain), "{}", text);
        }

        #[test]
        fn no_text_is_too_strange_to_be_refused(text: String) {
            prop_assert!(text.parse::<CardToken>().is_err());
        }
    }

    #[test]
    fn a_card_looks_the_same_for_ever() {
        let text = "DS1-0000000000000000000000000000000700000003-0000000000000000000000000000000B";
        assert_eq!(token(7, 3, 11).to_string(), text);
        // A scanner may be set to small letters, and a person types blanks around it.
        assert_eq!(format!(" {}\n", text.to_lowercase()).parse(), Ok(token(7, 3, 11)));
    }

    #[test]
    fn what_is_no_card_says_why() {
        let right = token(7, 3, 11).to_string();
        let check = |text: &str, expected| assert_eq!(text.parse::<CardToken>(), Err(expected), "{text}");
        for foreign in ["", "-", "DS", "DSx-12", "https://example.vn/a-b", "Thẻ-1"] {
            check(foreign, CardError::Foreign);
        }
        check(&right.replacen("DS1", "DS2", 1), CardError::OtherEdition);
        check(&right[..76], CardError::Malformed);
        check(&format!("{right}0"), CardError::Malformed);
        check(&right.replacen("00", "0G", 1), CardError::Malformed);
        check("DS1-", CardError::Malformed);
        check("DS1--", CardError::Malformed);
    }
}
