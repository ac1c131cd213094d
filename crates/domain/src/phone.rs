//! Vietnamese mobile numbers, written in many ways and kept in one: `+84` and nine digits.

use std::fmt;

use crate::problem::Code;

/// A mobile number in E.164 form, for instance `+84912345678`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads what people type: `0912 345 678`, `84 912345678`, `+84-912-345-678`, and a number whose leading
    /// zero a spreadsheet ate. The numbering plan gives mobile numbers nine digits after the country code,
    /// beginning with 3, 5, 7, 8 or 9 (Thông tư 22/2014/TT-BTTTT and the change of prefixes of 2018).
    pub fn parse(text: &str) -> Result<Self, Code> {
        if text.trim().is_empty() {
            return Err(Code::Required);
        }
        let separators = [' ', '.', '-', '(', ')', '\u{a0}', '+'];
        if text.chars().any(|c| !c.is_ascii_digit() && !separators.contains(&c)) {
            return Err(Code::Malformed);
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let national = match digits.len() {
            10 => digits.strip_prefix('0'),
            11 => digits.strip_prefix("84"),
            12 => digits.strip_prefix("840"),
            9 => Some(digits.as_str()),
            _ => None,
        }
        .ok_or(Code::Malformed)?;
        if national.starts_with(['3', '5', '7', '8', '9']) {
            Ok(Self(format!("+84{national}")))
        } else {
            Err(Code::Malformed)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What may be shown to the owner of a session: the last three digits.
    pub fn masked(&self) -> String {
        format!("•••• ••• {}", &self.0[self.0.len() - 3..])
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_one_number() {
        for text in
            ["0912345678", "0912 345 678", "+84912345678", "84 912 345 678", "912345678", "+840912345678"]
        {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+84912345678", "{text}");
        }
    }

    #[test]
    fn what_is_not_a_mobile_number_is_refused() {
        assert_eq!(Phone::parse("  "), Err(Code::Required));
        for text in ["12", "0212345678", "09123456789", "không", "0912345678; drop", "٠٩١٢٣٤٥٦٧٨"]
        {
            assert_eq!(Phone::parse(text), Err(Code::Malformed), "{text}");
        }
    }
}
