//! Everything that is made here has a number, and the number tells its id, in Rust and in SQL: so a million ids need not
//! be sent to the database.

use densach_domain::id::Id;
use uuid::Uuid;

use crate::pool::Pool;

/// Of what the number is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Account,
    Citizen,
    Device,
    Grant,
    Membership,
    Session,
    Unit,
}

impl Kind {
    /// The first byte of the ids.
    const fn mark(self) -> u8 {
        match self {
            Self::Account => 0xa1,
            Self::Citizen => 0xa2,
            Self::Device => 0xa3,
            Self::Grant => 0xa4,
            Self::Membership => 0xa5,
            Self::Session => 0xa6,
            Self::Unit => 0xa7,
        }
    }

    pub fn id<I: Id>(self, number: u32) -> I {
        I::from_uuid(Uuid::from_u128((u128::from(self.mark()) << 120) | u128::from(number)))
    }

    /// The same for a number that is an expression.
    pub fn sql(self, pool: &Pool, number: &str) -> String {
        let head = format!("{:02x}{:018}", self.mark(), 0);
        if pool.is_postgres() {
            format!("CAST('{head}' || lpad(to_hex({number}), 12, '0') AS uuid)")
        } else {
            format!("unhex('{head}' || printf('%012x', {number}))")
        }
    }
}

/// Some bytes that are different for each number: keys that nothing is decrypted with, names that are sorted by.
pub fn bytes_sql(pool: &Pool, number: &str) -> String {
    if pool.is_postgres() {
        format!("decode(lpad(to_hex({number}), 64, '0'), 'hex')")
    } else {
        format!("unhex(printf('%064x', {number}))")
    }
}

/// The common table expression `n`, whose column `i` holds the numbers from one to another, both counted.
pub fn series(first: u32, last: u32) -> String {
    format!("n (i) AS (SELECT CAST({first} AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {last})")
}

/// The numbers from `first` to `last` in stretches of at most `most`: SQLite keeps what a statement writes in a log beside
/// the file until it ends.
pub fn stretches(first: u32, last: u32, most: u32) -> impl Iterator<Item = (u32, u32)> {
    let begins = (first..=last).step_by(most.max(1) as usize);
    begins.map(move |begin| (begin, last.min(begin.saturating_add(most.max(1) - 1))))
}

#[cfg(test)]
mod tests {
    use densach_domain::id::{CitizenId, UnitId};

    use super::*;

    #[test]
    fn an_id_tells_its_number() {
        let citizen: CitizenId = Kind::Citizen.id(0x1f);
        assert_eq!(citizen.to_string(), "cit_a200000000000000000000000000001f");
        let unit: UnitId = Kind::Unit.id(u32::MAX);
        assert_eq!(unit.to_string(), "uni_a70000000000000000000000ffffffff");
    }

    #[test]
    fn stretches_cover_everything_once() {
        assert_eq!(stretches(1, 7, 3).collect::<Vec<_>>(), [(1, 3), (4, 6), (7, 7)]);
        assert_eq!(stretches(5, 5, 100).collect::<Vec<_>>(), [(5, 5)]);
        assert_eq!(stretches(2, 1, 100).count(), 0);
    }
}
