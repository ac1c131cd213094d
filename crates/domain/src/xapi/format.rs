//! The formats of values in a statement: IRIs, language tags, timestamps and durations of ISO 8601, UUIDs.

use uuid::Uuid;

use crate::clock::Timestamp;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Whether a text has a scheme and no character that an IRI may not have. More is not looked at: nothing is resolved.
pub fn is_iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.chars();
    let has_scheme = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    let is_refused = |c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c);
    has_scheme && !rest.is_empty() && !text.contains(is_refused)
}

/// `mailto:` and an address.
pub fn is_mailto(text: &str) -> bool {
    let address = text.strip_prefix("mailto:").and_then(|address| address.rsplit_once('@'));
    address.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty()) && is_iri(text)
}

/// Whether the parts of a language tag are of the lengths of RFC 5646.
pub fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let is_private = matches!(first, "x" | "X" | "i" | "I") && text.len() > 2;
    let begins = first.chars().all(|c| c.is_ascii_alphabetic()) && (2..=8).contains(&first.len());
    (begins || is_private)
        && parts.all(|part| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// A UUID in its standard form, with hyphens.
pub fn uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// An instant of ISO 8601: RFC 3339, and what other programs write instead of it. A time without a zone is UTC; `-00:00`,
/// which ISO 8601 does not know, is refused.
pub fn timestamp(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() {
        return None;
    }
    let (date, time) = text.split_once(['T', 't'])?;
    let (clock, zone) = time.split_at(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len()));
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let zone = match zone {
        "" | "z" => "Z".to_owned(),
        "-00" | "-0000" | "-00:00" => return None,
        hours if hours.len() == 3 => format!("{hours}:00"),
        joined if joined.len() == 5 && !joined.contains(':') => format!("{}:{}", &joined[..3], &joined[3..]),
        other => other.to_owned(),
    };
    Timestamp::parse(&format!("{date}T{}{seconds}{zone}", clock.replace(',', ".")))
}

/// How long a duration of ISO 8601 is in milliseconds, by its designators (`PT1H30M`, `P4W`). A year is taken as 365 days
/// and a month as 30: such a duration is no measured one anyway. What is longer than can be counted is as long as can be
/// counted. `None` when it is no duration.
pub fn duration_ms(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    if let Some(weeks) = date.strip_suffix('W') {
        return if time.is_none() { amount_ms(weeks, 7 * DAY_MS) } else { None };
    }
    if time.map_or(date.is_empty(), str::is_empty) || (time.is_some() && has_fraction(date)) {
        return None;
    }
    let days = sum_ms(date, &[('Y', 365 * DAY_MS), ('M', 30 * DAY_MS), ('D', DAY_MS)])?;
    let clock = sum_ms(time.unwrap_or_default(), &[('H', HOUR_MS), ('M', MINUTE_MS), ('S', SECOND_MS)])?;
    Some(days.saturating_add(clock))
}

fn has_fraction(text: &str) -> bool {
    text.contains(['.', ','])
}

/// Amounts with their designators, each at most once and in this order; only the last may have a fraction.
fn sum_ms(mut text: &str, designators: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    for (designator, unit_ms) in designators {
        let Some((amount, rest)) = text.split_once(*designator) else { continue };
        if has_fraction(amount) && !rest.is_empty() {
            return None;
        }
        sum = sum.saturating_add(amount_ms(amount, *unit_ms)?);
        text = rest;
    }
    text.is_empty().then_some(sum)
}

fn amount_ms(amount: &str, unit_ms: i64) -> Option<i64> {
    let (whole, fraction) = amount.split_once(['.', ',']).unwrap_or((amount, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // All are digits, so what cannot be read is too large.
    let whole_ms = whole.parse().unwrap_or(i64::MAX).saturating_mul(unit_ms);
    let billionths: i128 = format!("{fraction:0<9.9}").parse().ok()?;
    let part_ms = i64::try_from(i128::from(unit_ms) * billionths / 1_000_000_000).unwrap_or(i64::MAX);
    Some(whole_ms.saturating_add(part_ms))
}

/// Whole seconds as a duration.
pub fn duration_text(seconds: i64) -> String {
    format!("PT{seconds}S")
}

/// A duration as it is compared: as a text, without what is finer than a hundredth of a second.
pub fn comparable_duration(text: &str) -> String {
    let Some((whole, digits)) = text.strip_suffix('S').and_then(|text| text.split_once('.')) else {
        return text.to_owned();
    };
    format!("{whole}.{}S", digits.get(..2).unwrap_or(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iri_has_a_scheme() {
        for text in ["http://a.vn/b", "urn:x", "https://sách.vn/bài", "tag:a,2026:b"] {
            assert!(is_iri(text), "{text}");
        }
        for text in ["", "a", "/a/b", "http:", ":a", "1a:b", "http://a b", "http://a<b>", "h\u{0}:x"] {
            assert!(!is_iri(text), "{text}");
        }
        assert!(is_mailto("mailto:a@b.vn"));
        for text in ["a@b.vn", "mailto:", "mailto:a", "mailto:@b", "mailto:a@"] {
            assert!(!is_mailto(text), "{text}");
        }
    }

    #[test]
    fn a_language_tag_has_parts_of_the_right_length() {
        for text in ["vi", "en-US", "zh-Hant-TW", "x-densach", "i-klingon"] {
            assert!(is_language_tag(text), "{text}");
        }
        for text in ["", "v", "x", "x-", "en_US", "en-", "tiengviet9", "vi-ninechars"] {
            assert!(!is_language_tag(text), "{text}");
        }
    }

    #[test]
    fn an_instant_is_read_in_all_its_forms() {
        let noon = Timestamp::parse("2026-11-23T12:00:00Z");
        for text in [
            "2026-11-23T12:00:00Z",
            "2026-11-23T12:00:00.000",
            "2026-11-23T12:00",
            "2026-11-23T19:00:00+07:00",
            "2026-11-23T19:00:00+0700",
            "2026-11-23T19:00:00,0+07",
        ] {
            assert_eq!(timestamp(text), noon, "{text}");
        }
        for text in ["", "2026-11-23", "12:00", "2026-11-23T12:00:00-00:00", "2026-13-23T12:00Z", "máiTrưa"]
        {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_is_read_by_its_designators() {
        let check = |text: &str, ms: Option<i64>| assert_eq!(duration_ms(text), ms, "{text}");
        check("PT4H35M59.14S", Some(((4 * 60 + 35) * 60 + 59) * 1000 + 140));
        check("PT16559.14S", Some(16_559_140));
        check("PT0.5H", Some(1_800_000));
        check("P1DT1S", Some(86_401_000));
        check("P3Y1M", Some((3 * 365 + 30) * DAY_MS));
        check("P4W", Some(28 * DAY_MS));
        check("PT1000H", Some(1000 * HOUR_MS));
        check("PT99999999999999999999H", Some(i64::MAX));
        for text in [
            "", "P", "PT", "P1DT", "1H", "PT1", "PTS", "P1H", "PT1M1H", "P4W1D", "PT-1S", "PT1.S", "P0.5DT1H",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn durations_are_compared_to_the_hundredth() {
        assert_eq!(comparable_duration("PT1.239S"), "PT1.23S");
        assert_eq!(comparable_duration("PT1.2S"), "PT1.2S");
        assert_eq!(comparable_duration("PT0.5H"), "PT0.5H");
        assert_eq!(duration_ms(&duration_text(90)), Some(90_000));
    }
}
