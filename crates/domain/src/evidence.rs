//! Study evidence: what a device saw somebody do. It is immutable and additive; what it is worth is decided by
//! [`crate::credit`] under a versioned policy, so that history can be replayed.

use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::id::{CitizenId, WorkId};
use crate::named::named;
use crate::problem::Code;

/// What somebody was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Playing a video or audio: a range of media was covered.
    Video,
    /// Reading a text on screen.
    Reading,
}

named! {
    Source {
        Video = "video",
        Reading = "reading",
    }
}

/// How a second is known. The classes are never summed without the mix being visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trust {
    /// Seen by the app itself.
    Measured,
    /// Confirmed by an organiser, a librarian or a branch.
    Attested,
    /// Said by the citizen.
    Claimed,
}

named! {
    Trust {
        Measured = "measured",
        Attested = "attested",
        Claimed = "claimed",
    }
}

/// One item of a batch, as a device sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Counts up on its device; the pair (device, sequence) is the key, so a repeat is seen as a repeat.
    pub sequence: i64,
    pub work: WorkId,
    pub source: Source,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    /// For video: the stretch of media that was played, in milliseconds from its beginning.
    pub media_ms: Option<(i64, i64)>,
}

/// A batch holds at most this many items.
pub const MOST_ITEMS: usize = 500;

/// The largest whole number that every JSON reader keeps exactly.
pub const HIGHEST_SEQUENCE: i64 = (1 << 53) - 1;

impl Evidence {
    /// A digest of everything that was said, to tell a repeat from another statement under the same number.
    pub fn digest(&self, citizen: CitizenId) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(citizen.uuid().as_bytes());
        hasher.update(self.work.uuid().as_bytes());
        hasher.update(self.source.name().as_bytes());
        for number in [self.started_at.ms(), self.ended_at.ms()] {
            hasher.update(number.to_be_bytes());
        }
        let (from, to) = self.media_ms.unwrap_or((-1, -1));
        hasher.update(from.to_be_bytes());
        hasher.update(to.to_be_bytes());
        hasher.finalize().into()
    }

    /// What can never be evidence, whatever the policy.
    pub fn check(&self) -> Result<(), (&'static str, Code)> {
        if !(1..=HIGHEST_SEQUENCE).contains(&self.sequence) {
            return Err(("sequence", Code::OutOfRange));
        }
        if self.ended_at <= self.started_at {
            return Err(("endedAt", Code::OutOfRange));
        }
        match (self.source, self.media_ms) {
            (Source::Video, None) => Err(("media", Code::Required)),
            (Source::Video, Some((from, to))) if from < 0 || to <= from => Err(("media", Code::OutOfRange)),
            (Source::Video, Some(_)) | (Source::Reading, None) => Ok(()),
            (Source::Reading, Some(_)) => Err(("media", Code::NotAllowed)),
        }
    }
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of it counts.
    Accepted,
    /// Already known; nothing changed.
    Duplicate,
    /// Part of it counts, or none; the reason says why. It is kept all the same.
    Clipped(Reason),
    /// It cannot count.
    Rejected(Reason),
}

/// Why seconds do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Another device or activity already holds these seconds.
    Overlap,
    /// Longer than what was played or what there is to read takes.
    LongerThanContent,
    /// More than a day's most.
    DayCap,
    /// After the moment at which it arrived.
    Future,
    /// No such lesson, or not one that this person can see.
    UnknownWork,
    /// The number was used before for something else.
    SequenceReused,
    /// Not well formed; the field is named beside it.
    Malformed,
    /// Shorter than a second.
    TooShort,
}

named! {
    Reason {
        Overlap = "overlap",
        LongerThanContent = "longer_than_content",
        DayCap = "day_cap",
        Future = "future",
        UnknownWork = "unknown_work",
        SequenceReused = "sequence_reused",
        Malformed = "malformed",
        TooShort = "too_short",
    }
}
