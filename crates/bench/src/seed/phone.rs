//! What a phone says of study, as the variables of `SendEvidence`.

use densach_domain::Timestamp;
use densach_domain::id::{CitizenId, WorkId};
use serde_json::{Value, json};

/// The run of the monotonic clock.
const BOOT: &str = "7d1f0c52-bench";

/// A phone that was started once, long before anything that it saw, and tells the truth.
#[derive(Debug, Clone, Copy)]
pub struct Phone {
    pub started_at: Timestamp,
}

/// A stretch of a video.
#[derive(Debug, Clone, Copy)]
pub struct Watched {
    pub work: WorkId,
    pub start: Timestamp,
    pub seconds: i64,
    /// Where in the video it began.
    pub media_ms: i64,
}

impl Phone {
    fn elapsed_ms(self, at: Timestamp) -> i64 {
        at.ms() - self.started_at.ms()
    }

    pub fn item(self, sequence: i64, watched: &Watched) -> Value {
        let end = watched.start.plus_seconds(watched.seconds);
        json!({
            "sequence": sequence,
            "workId": watched.work,
            "source": "VIDEO",
            "startedAt": watched.start.to_string(),
            "endedAt": end.to_string(),
            "bootId": BOOT,
            "startedElapsedMs": self.elapsed_ms(watched.start),
            "endedElapsedMs": self.elapsed_ms(end),
            "focus": "FOREGROUND",
            "mediaStartMs": watched.media_ms,
            "mediaEndMs": watched.media_ms + watched.seconds * 1000,
            "longestIdleMs": 4000,
        })
    }

    /// A batch that is sent at `now`.
    pub fn variables(self, citizen: CitizenId, now: Timestamp, items: &[Value]) -> Value {
        let clock = json!({ "wallAt": now.to_string(), "bootId": BOOT, "elapsedMs": self.elapsed_ms(now) });
        json!({ "input": { "citizenId": citizen, "clock": clock, "items": items } })
    }
}
