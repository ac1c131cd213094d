//! Learning records of other programs: the Experience API (xAPI) 1.0.3 and its video profile, as far as they are rules
//! about texts and times. JSON is read at the boundary.
//!
//! Sources: <https://github.com/adlnet/xAPI-Spec> and <https://w3id.org/xapi/video>.

mod format;
mod study;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::evidence::{EvidenceId, Source};
use crate::id::CitizenId;

pub use format::{
    comparable_duration, duration_ms, duration_text, is_iri, is_language_tag, is_mailto, timestamp, uuid,
};
pub use study::{Segment, Told, new_segments, played_segments, seconds_ms, segments_text, study};

/// The patch of the specification that is followed.
pub const VERSION: &str = "1.0.3";

/// The version that a statement bears which came without one: the same for all patches.
pub const STATEMENT_VERSION: &str = "1.0.0";

/// Verbs that mean something here.
pub mod verb {
    pub const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";
    pub const EXPERIENCED: &str = "http://adlnet.gov/expapi/verbs/experienced";
    pub const COMPLETED: &str = "http://adlnet.gov/expapi/verbs/completed";
    pub const TERMINATED: &str = "http://adlnet.gov/expapi/verbs/terminated";
    pub const ATTENDED: &str = "http://adlnet.gov/expapi/verbs/attended";
    pub const ANSWERED: &str = "http://adlnet.gov/expapi/verbs/answered";
    pub const PAUSED: &str = "https://w3id.org/xapi/video/verbs/paused";
    pub const READ: &str = "https://w3id.org/xapi/adb/verbs/read";
    pub const LISTENED: &str = "http://activitystrea.ms/listen";
    /// Other programs write "read" in more than one way.
    pub const ALSO_READ: [&str; 2] =
        ["http://activitystrea.ms/read", "http://activitystrea.ms/schema/1.0/read"];
}

/// Extensions of the video profile. Their times are seconds of the media.
pub mod extension {
    pub const TIME: &str = "https://w3id.org/xapi/video/extensions/time";
    pub const LENGTH: &str = "https://w3id.org/xapi/video/extensions/length";
    pub const PROGRESS: &str = "https://w3id.org/xapi/video/extensions/progress";
    pub const PLAYED_SEGMENTS: &str = "https://w3id.org/xapi/video/extensions/played-segments";
    pub const SESSION_ID: &str = "https://w3id.org/xapi/video/extensions/session-id";
}

/// The video profile itself, as a category of statements.
pub const VIDEO_PROFILE: &str = "https://w3id.org/xapi/video";

/// The verb under which a line of the ledger is given out.
pub fn verb_of(source: Source) -> &'static str {
    match source {
        Source::Video | Source::Audio => verb::PAUSED,
        Source::Reading => verb::EXPERIENCED,
        Source::Quiz => verb::ANSWERED,
        Source::Class | Source::Event => verb::ATTENDED,
        Source::Book => verb::READ,
        Source::Radio => verb::LISTENED,
    }
}

/// The type of activity that a line of the ledger is about.
pub fn activity_type_of(source: Source) -> &'static str {
    match source {
        Source::Video => "https://w3id.org/xapi/video/activity-type/video",
        Source::Audio => "https://w3id.org/xapi/audio/activity-type/audio",
        Source::Reading => "http://adlnet.gov/expapi/activities/lesson",
        Source::Quiz => "http://adlnet.gov/expapi/activities/assessment",
        Source::Class | Source::Event => "http://adlnet.gov/expapi/activities/meeting",
        Source::Book | Source::Radio => "http://adlnet.gov/expapi/activities/media",
    }
}

/// The id under which a line of the ledger is given out as a statement. It is always the same, and the line is found
/// again by those who know whose it may be: the first 48 bits are its number, the rest is a digest (a UUID of version 8,
/// RFC 9562).
pub fn statement_id(line: EvidenceId) -> Uuid {
    let mut hasher = Sha256::new();
    hasher.update(b"densach statement of a line 1");
    hasher.update(line.citizen.uuid().as_bytes());
    hasher.update(line.number.to_be_bytes());
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&line.number.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&digest[..10]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Uuid::from_bytes(bytes)
}

/// The line that is given out under an id, if it is one of these citizens'. Whether there is such a line is for the
/// ledger to say.
pub fn line_of(statement: Uuid, citizens: impl IntoIterator<Item = CitizenId>) -> Option<EvidenceId> {
    let mut number = [0; 8];
    number[2..].copy_from_slice(&statement.as_bytes()[..6]);
    let number = i64::from_be_bytes(number);
    citizens
        .into_iter()
        .map(|citizen| EvidenceId { citizen, number })
        .find(|line| number > 0 && statement_id(*line) == statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_by_its_statement_and_only_by_who_may_know_whose_it_is() {
        let [mine, other] = [1, 2].map(|number| CitizenId::from_uuid(Uuid::from_u128(number)));
        let line = EvidenceId { citizen: mine, number: 300 };
        let id = statement_id(line);
        assert_eq!((id, id.get_version_num()), (statement_id(line), 8));
        assert_eq!(line_of(id, [other, mine]), Some(line));
        assert_eq!(line_of(id, [other]), None);
        assert_ne!(id, statement_id(EvidenceId { number: 301, ..line }));
        assert_eq!(line_of(Uuid::nil(), [mine]), None);
    }
}
