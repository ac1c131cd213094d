//! A person who studies. As little as possible is asked: neither ethnicity nor religion, and no ID picture.

use std::fmt;
use std::str::FromStr;

use crate::clock::Day;
use crate::id::{CitizenId, UnitId};
use crate::problem::{Code, Problem, Problems};

/// The most people that one household phone carries.
pub const MOST_CITIZENS_OF_AN_ACCOUNT: usize = 12;

/// Many old people know, and their papers state, only the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BirthDate {
    Year(i32),
    Day(Day),
}

impl BirthDate {
    pub fn year(self) -> i32 {
        match self {
            Self::Year(year) => year,
            Self::Day(day) => day.year(),
        }
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

impl FromStr for BirthDate {
    type Err = Code;

    /// Reads `1948` or `1948-05-19`.
    fn from_str(text: &str) -> Result<Self, Code> {
        let birth = if text.len() == 4 {
            text.parse().map(Self::Year).map_err(|_| Code::Malformed)?
        } else {
            text.parse().map(Self::Day).map_err(|_| Code::Malformed)?
        };
        if (1895..=2100).contains(&birth.year()) { Ok(birth) } else { Err(Code::OutOfRange) }
    }
}

/// A personal identification number (số định danh cá nhân): 12 digits, Luật Căn cước 26/2023/QH15, article 12.
/// Held in memory only while it is hashed and encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber(String);

impl IdNumber {
    pub fn parse(text: &str) -> Result<Self, Code> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(Code::Malformed)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(hidden)")
    }
}

/// What is asked of somebody, or of a relative who helps.
#[derive(Debug, Clone)]
pub struct CitizenInput {
    pub full_name: String,
    pub birth_date: Option<String>,
    pub id_number: Option<String>,
    /// The commune, ward or special zone of residence.
    pub residence: Option<UnitId>,
}

/// The same, read and found well.
#[derive(Debug, Clone)]
pub struct CitizenFacts {
    pub full_name: String,
    pub birth_date: Option<BirthDate>,
    pub id_number: Option<IdNumber>,
    pub residence: Option<UnitId>,
}

impl CitizenInput {
    /// Reads everything and names all problems at once; `today` bounds the birth date.
    pub fn read(&self, today: Day) -> Result<CitizenFacts, Vec<Problem>> {
        let mut problems = Problems::default();
        let full_name = densach_text::normalize(&self.full_name);
        let full_name = full_name.split_whitespace().collect::<Vec<_>>().join(" ");
        problems.text("fullName", &full_name, 100);
        let birth_date = self.birth_date.as_deref().and_then(|text| match text.trim().parse::<BirthDate>() {
            Ok(birth) if birth.year() <= today.year() => Some(birth),
            Ok(_) => {
                problems.add(
                    Problem::new(Code::OutOfRange, "birthDate").detail(format!("1895–{}", today.year())),
                );
                None
            }
            Err(code) => {
                problems.add(Problem::new(code, "birthDate").detail("1948, 1948-05-19"));
                None
            }
        });
        let id_number = self.id_number.as_deref().and_then(|text| match IdNumber::parse(text) {
            Ok(number) => Some(number),
            Err(code) => {
                problems.add(Problem::new(code, "idNumber").detail("001048000001"));
                None
            }
        });
        problems.into_result(CitizenFacts { full_name, birth_date, id_number, residence: self.residence })
    }
}

/// A person as the store keeps them; the ID number stays encrypted and is not part of this.
#[derive(Debug, Clone)]
pub struct Citizen {
    pub id: CitizenId,
    pub full_name: String,
    pub birth_date: Option<String>,
    pub has_id_number: bool,
    pub residence: Option<UnitId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, birth: Option<&str>, id: Option<&str>) -> CitizenInput {
        CitizenInput {
            full_name: name.into(),
            birth_date: birth.map(Into::into),
            id_number: id.map(Into::into),
            residence: None,
        }
    }

    #[test]
    fn a_birth_year_is_enough() {
        let today = Day::new(2026, 11, 23).unwrap();
        let facts = input("  Người   học thử ", Some("1948"), Some("001 048 000 001")).read(today).unwrap();
        assert_eq!(facts.full_name, "Người học thử");
        assert_eq!(facts.birth_date, Some(BirthDate::Year(1948)));
        assert_eq!(facts.id_number.unwrap().as_str(), "001048000001");
    }

    #[test]
    fn all_problems_are_named_at_once() {
        let today = Day::new(2026, 11, 23).unwrap();
        let problems = input(" ", Some("23/11/1948"), Some("12")).read(today).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|p| (p.field.as_str(), p.code)).collect();
        assert_eq!(
            fields,
            [("fullName", Code::Required), ("birthDate", Code::Malformed), ("idNumber", Code::Malformed)]
        );
        assert_eq!(input("A", Some("2027"), None).read(today).unwrap_err()[0].code, Code::OutOfRange);
    }
}
