//! Study evidence: what a device saw somebody do, or what somebody says that happened. It is immutable and additive;
//! what it is worth is decided by [`crate::credit`] under a versioned policy, so that history can be replayed.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::id::{CitizenId, IdError, WorkId};
use crate::named::named;
use crate::problem::Code;

/// What somebody was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Playing a video: a range of media was covered.
    Video,
    /// Listening to a recording: a range of media was covered, the screen may be off.
    Audio,
    /// Reading a text on screen: a range of the text was visible.
    Reading,
    /// Answering questions.
    Quiz,
    /// A class at a community learning centre (lớp học), attested by its organiser.
    Class,
    /// A talk, a reading day, a contest (buổi sinh hoạt), attested by its organiser.
    Event,
    /// A printed book, as the reader says; a librarian or branch may confirm it.
    Book,
    /// A radio, loudspeaker or television programme, as the listener says; a branch may confirm it.
    Radio,
}

named! {
    Source {
        Video = "video",
        Audio = "audio",
        Reading = "reading",
        Quiz = "quiz",
        Class = "class",
        Event = "event",
        Book = "book",
        Radio = "radio",
    }
}

impl Source {
    /// How a second is known when a device sends it, before anybody confirms anything.
    pub fn trust(self) -> Trust {
        match self {
            Self::Video | Self::Audio | Self::Reading | Self::Quiz => Trust::Measured,
            Self::Class | Self::Event => Trust::Attested,
            Self::Book | Self::Radio => Trust::Claimed,
        }
    }

    /// Whether it is about a work of the platform.
    pub fn has_work(self) -> bool {
        self.trust() == Trust::Measured
    }

    pub fn is_playing(self) -> bool {
        matches!(self, Self::Video | Self::Audio)
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

/// By what right a line was entered: who acted for whom stays on the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// By the citizen themselves.
    Own,
    /// By somebody on whose account the citizen is, as on a household's phone.
    Household,
    /// On another's phone, with the citizen's card.
    Assisted,
    /// By the organiser of a class or a librarian.
    Organiser,
    /// By an officer of the association who answers for the citizen.
    Officer,
    /// By another program, in the citizen's name.
    Import,
}

named! {
    Standing {
        Own = "own",
        Household = "household",
        Assisted = "assisted",
        Organiser = "organiser",
        Officer = "officer",
        Import = "import",
    }
}

/// Whether the lesson had the person's attention, as far as the device can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Focus {
    /// On the screen, which is on.
    Foreground,
    /// Heard: the device's audio belongs to it, the screen may be off.
    Audio,
    /// Neither seen nor heard.
    Background,
}

named! {
    Focus {
        Foreground = "foreground",
        Audio = "audio",
        Background = "background",
    }
}

/// A stretch of a device's monotonic clock, which no change of date or time can move. It must go on while the device
/// sleeps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    /// Which run of the clock: a new one after every start of the device, or of the page in a browser.
    pub boot: String,
    /// Milliseconds since the clock began.
    pub started_ms: i64,
    pub ended_ms: i64,
}

/// One item of a batch, as a device sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Counts up on its device; the pair (device, sequence) is the key, so a repeat is seen as a repeat and a number
    /// that never came is seen as missing.
    pub sequence: i64,
    pub source: Source,
    pub work: Option<WorkId>,
    /// By the device's wall clock, which may be wrong.
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub run: Option<Run>,
    pub focus: Focus,
    /// The stretch that was covered: milliseconds of media, or parts per million of a text.
    pub content: Option<(i64, i64)>,
    /// The longest time without a touch, a scroll or a page turn.
    pub longest_idle_ms: i64,
    /// For a quiz: how many questions were answered.
    pub question_count: i64,
    /// For what is no work of the platform: the name of the class, the book, the programme.
    pub title: String,
}

/// A batch holds at most this many items.
pub const MOST_ITEMS: usize = 500;

/// The largest whole number that every JSON reader keeps exactly.
pub const HIGHEST_SEQUENCE: i64 = (1 << 53) - 1;

/// The end of a text, in parts per million.
pub const WHOLE_TEXT: i64 = 1_000_000;

/// Characters of a title.
const LONGEST_TITLE: usize = 200;
/// Bytes of the name of a run of a clock.
pub const LONGEST_BOOT: usize = 64;

impl Evidence {
    /// A digest of everything that was said, to tell a repeat from another statement under the same number.
    pub fn digest(&self, citizen: CitizenId) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(citizen.uuid().as_bytes());
        hasher.update(self.work.map_or([0; 16], |work| work.uuid().into_bytes()));
        let (from, to) = self.content.unwrap_or((-1, -1));
        let (boot, run_from, run_to) =
            self.run.as_ref().map_or(("", -1, -1), |run| (run.boot.as_str(), run.started_ms, run.ended_ms));
        let idle = self.longest_idle_ms;
        for number in
            [self.started_at.ms(), self.ended_at.ms(), from, to, run_from, run_to, idle, self.question_count]
        {
            hasher.update(number.to_be_bytes());
        }
        for text in [self.source.name(), self.focus.name(), boot, &self.title] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().into()
    }

    /// What can never be evidence, whatever the policy; the field is named.
    pub fn check(&self) -> Result<(), (&'static str, Code)> {
        if !(1..=HIGHEST_SEQUENCE).contains(&self.sequence) {
            return Err(("sequence", Code::OutOfRange));
        }
        if self.ended_at <= self.started_at && self.run.is_none() {
            return Err(("endedAt", Code::OutOfRange));
        }
        if let Some(run) = &self.run {
            if run.boot.is_empty() || run.boot.len() > LONGEST_BOOT {
                return Err(("bootId", Code::OutOfRange));
            }
            if run.started_ms < 0 || run.ended_ms <= run.started_ms || run.ended_ms > HIGHEST_SEQUENCE {
                return Err(("endedElapsedMs", Code::OutOfRange));
            }
        }
        if self.longest_idle_ms < 0 {
            return Err(("longestIdleMs", Code::OutOfRange));
        }
        if self.question_count < 0 || (self.source != Source::Quiz && self.question_count > 0) {
            return Err(("questionCount", Code::OutOfRange));
        }
        match (self.source.has_work(), self.work) {
            (true, None) => return Err(("workId", Code::Required)),
            (false, Some(_)) => return Err(("workId", Code::NotAllowed)),
            (true, Some(_)) | (false, None) => {}
        }
        if !self.source.has_work() && self.title.trim().is_empty() {
            return Err(("title", Code::Required));
        }
        if self.title.chars().count() > LONGEST_TITLE {
            return Err(("title", Code::TooLong));
        }
        self.check_content()
    }

    fn check_content(&self) -> Result<(), (&'static str, Code)> {
        let field = if self.source == Source::Reading { "text" } else { "media" };
        match (self.source, self.content) {
            (Source::Video | Source::Audio, None) => Err((field, Code::Required)),
            (Source::Video | Source::Audio | Source::Reading, Some((from, to))) if from < 0 || to <= from => {
                Err((field, Code::OutOfRange))
            }
            (Source::Reading, Some((_, to))) if to > WHOLE_TEXT => Err((field, Code::OutOfRange)),
            (Source::Video | Source::Audio, Some(_)) | (Source::Reading, _) => Ok(()),
            (Source::Quiz | Source::Class | Source::Event | Source::Book | Source::Radio, Some(_)) => {
                Err((field, Code::NotAllowed))
            }
            (Source::Quiz | Source::Class | Source::Event | Source::Book | Source::Radio, None) => Ok(()),
        }
    }

    /// How long it lasted by the device's own clock.
    pub fn lasted_ms(&self) -> i64 {
        self.run.as_ref().map_or_else(
            || self.ended_at.ms().saturating_sub(self.started_at.ms()),
            |run| run.ended_ms.saturating_sub(run.started_ms),
        )
    }
}

/// One line of a citizen's ledger: whose, and which. Numbers count up from 1 in the order in which the lines were
/// written, which is the order in which they are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EvidenceId {
    pub citizen: CitizenId,
    pub number: i64,
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evd_{}_{}", self.citizen.uuid().simple(), self.number)
    }
}

impl FromStr for EvidenceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (kind, rest) = text.split_once('_').ok_or(IdError::Malformed)?;
        if kind != "evd" {
            return Err(if kind.len() == 3 { IdError::WrongKind } else { IdError::Malformed });
        }
        let (citizen, number) = rest.split_once('_').ok_or(IdError::Malformed)?;
        let citizen = format!("cit_{citizen}").parse()?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or(IdError::Malformed)?;
        Ok(Self { citizen, number })
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Not well formed; the field is named beside it.
    Malformed,
    /// No such lesson, or not one that this person can see.
    UnknownWork,
    /// The number was used before for something else.
    SequenceReused,
    /// Neither the sender's own person, nor one of the household, nor the holder of a valid card.
    UnknownCitizen,
    /// Only an organiser may attest it.
    NotOrganiser,
    /// Shorter than a second.
    TooShort,
    /// Before the device could have sent anything.
    BeforeDevice,
    /// The device's clock ran faster than time itself between two moments that the server knows.
    ClockFast,
    /// Neither seen nor heard.
    NoFocus,
    /// Nobody touched the screen for too long.
    Idle,
    /// Played faster than anybody can follow.
    TooFast,
    /// Another device or activity already holds these seconds.
    Overlap,
    /// They may be the same seconds that another device already holds: the clocks do not tell.
    ClockUncertain,
    /// Longer than what was played or what there is to read takes.
    LongerThanContent,
    /// The same stretch was studied often enough.
    Repeated,
    /// More than a day's most.
    DayCap,
    /// Taken back by a correction.
    Reversed,
}

named! {
    Reason {
        Malformed = "malformed",
        UnknownWork = "unknown_work",
        SequenceReused = "sequence_reused",
        UnknownCitizen = "unknown_citizen",
        NotOrganiser = "not_organiser",
        TooShort = "too_short",
        BeforeDevice = "before_device",
        ClockFast = "clock_fast",
        NoFocus = "no_focus",
        Idle = "idle",
        TooFast = "too_fast",
        Overlap = "overlap",
        ClockUncertain = "clock_uncertain",
        LongerThanContent = "longer_than_content",
        Repeated = "repeated",
        DayCap = "day_cap",
        Reversed = "reversed",
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    pub(crate) fn reading() -> Evidence {
        Evidence {
            sequence: 1,
            source: Source::Reading,
            work: Some(WorkId::from_uuid(Uuid::from_u128(1))),
            started_at: Timestamp::from_ms(1_000),
            ended_at: Timestamp::from_ms(61_000),
            run: None,
            focus: Focus::Foreground,
            content: None,
            longest_idle_ms: 0,
            question_count: 0,
            title: String::new(),
        }
    }

    #[test]
    fn what_cannot_be_evidence_names_its_field() {
        let refused = |change: fn(&mut Evidence)| {
            let mut item = reading();
            change(&mut item);
            item.check().unwrap_err().0
        };
        assert_eq!(reading().check(), Ok(()));
        assert_eq!(refused(|item| item.sequence = 0), "sequence");
        assert_eq!(refused(|item| item.ended_at = item.started_at), "endedAt");
        assert_eq!(refused(|item| item.work = None), "workId");
        assert_eq!(refused(|item| item.source = Source::Book), "workId");
        assert_eq!(refused(|item| item.content = Some((5, 5))), "text");
        assert_eq!(refused(|item| item.source = Source::Video), "media");
        assert_eq!(refused(|item| item.longest_idle_ms = -1), "longestIdleMs");
        assert_eq!(refused(|item| item.question_count = 3), "questionCount");
        let run = |started_ms, ended_ms| Run { boot: "b".into(), started_ms, ended_ms };
        let backwards = Evidence { run: Some(run(5, 5)), ..reading() };
        assert_eq!(backwards.check().unwrap_err().0, "endedElapsedMs");
        // A wall clock that was set back in the middle is no fault when the monotonic clock went on.
        let set_back = Evidence { run: Some(run(5, 60_005)), ended_at: Timestamp::from_ms(-5), ..reading() };
        assert_eq!((set_back.check(), set_back.lasted_ms()), (Ok(()), 60_000));
    }

    #[test]
    fn a_digest_tells_everything_apart() {
        let citizen = CitizenId::from_uuid(Uuid::from_u128(9));
        let other = CitizenId::from_uuid(Uuid::from_u128(8));
        let plain = reading().digest(citizen);
        assert_ne!(plain, reading().digest(other));
        let changed = Evidence { longest_idle_ms: 1, ..reading() };
        assert_ne!(plain, changed.digest(citizen));
    }

    #[test]
    fn an_evidence_id_reads_back() {
        let id = EvidenceId { citizen: CitizenId::from_uuid(Uuid::from_u128(7)), number: 42 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("wrk_00000000000000000000000000000007".parse::<EvidenceId>(), Err(IdError::WrongKind));
        assert_eq!("evd_7_0".parse::<EvidenceId>(), Err(IdError::Malformed));
    }
}
