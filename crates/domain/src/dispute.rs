//! Asking to have hours looked at again (đề nghị xem lại): one tap opens a dispute about one line of the ledger, and an
//! officer of the association answers it by a day that is known from the beginning.

use crate::actor::Member;
use crate::clock::Timestamp;
use crate::evidence::EvidenceId;
use crate::id::{AccountId, DisputeId, UnitId};
use crate::named::named;
use crate::policy::Refusal;
use crate::problem::{Code, Problem, Problems};

/// Characters of what is asked and of what is answered.
pub const LONGEST_WORDS: usize = 1000;

/// Where a dispute stands. Only an open one goes on to another state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DisputeState {
    Open,
    /// Found right: what the rules had cut off is credited as attested.
    Upheld,
    /// Looked at, and left as it was.
    Declined,
    /// Taken back by who asked.
    Withdrawn,
}

named! {
    DisputeState {
        Open = "open",
        Upheld = "upheld",
        Declined = "declined",
        Withdrawn = "withdrawn",
    }
}

/// What an officer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    Uphold,
    Decline,
}

impl Answer {
    pub const fn state(self) -> DisputeState {
        match self {
            Self::Uphold => DisputeState::Upheld,
            Self::Decline => DisputeState::Declined,
        }
    }

    /// Whoever declines says why; whoever upholds may.
    pub fn check_words(self, words: &str) -> Result<(), Vec<Problem>> {
        let mut problems = Problems::default();
        match self {
            Self::Uphold => problems.length("words", words, LONGEST_WORDS),
            Self::Decline => problems.text("words", words, LONGEST_WORDS),
        }
        problems.into_result(())
    }
}

/// What may be said with a tap: nothing, or a few sentences.
pub fn check_message(message: &str) -> Result<(), Vec<Problem>> {
    let mut problems = Problems::default();
    problems.length("message", message, LONGEST_WORDS);
    problems.into_result(())
}

/// When a dispute is to be answered at the latest.
pub fn due_at(opened_at: Timestamp, answer_days: i64) -> Timestamp {
    opened_at.plus_seconds(answer_days.saturating_mul(86_400))
}

/// A dispute about one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    pub id: DisputeId,
    pub evidence: EvidenceId,
    /// The unit that the citizen belonged to when it was opened; who answers is asked of the units of today.
    pub unit: Option<UnitId>,
    pub message: String,
    pub state: DisputeState,
    pub opened_by: AccountId,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    /// When it was answered or taken back.
    pub answered_at: Option<Timestamp>,
    pub answer: String,
    pub answered_by: Option<AccountId>,
}

impl Dispute {
    /// Whether it still waits after the day by which it was to be answered.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == DisputeState::Open && self.due_at < now
    }

    /// Separation of duty: nobody answers for themselves, for their household, or about what they entered or corrected
    /// themselves. `entered_by`: the accounts behind the line and behind its corrections.
    pub fn answerable_by(&self, member: &Member, entered_by: &[AccountId]) -> Result<(), Refusal> {
        let is_party = member.acts_for(self.evidence.citizen)
            || self.opened_by == member.account
            || entered_by.contains(&member.account);
        if is_party { Err(Refusal::Forbidden) } else { Ok(()) }
    }

    /// The same dispute, answered or taken back.
    ///
    /// # Errors
    /// When it is not open any more.
    pub fn close(
        self,
        state: DisputeState,
        words: &str,
        by: AccountId,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        match self.state {
            DisputeState::Open => Ok(Self {
                state,
                answered_at: Some(now),
                answer: words.trim().to_owned(),
                answered_by: Some(by),
                ..self
            }),
            DisputeState::Upheld | DisputeState::Declined | DisputeState::Withdrawn => Err(settled()),
        }
    }
}

/// It was answered or taken back before.
pub fn settled() -> Problem {
    Problem::new(Code::Settled, "disputeId")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::Relation;
    use crate::id::{CitizenId, DeviceId, SessionId};

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    fn citizen(number: u128) -> CitizenId {
        CitizenId::from_uuid(Uuid::from_u128(number))
    }

    fn dispute() -> Dispute {
        let opened_at = Timestamp::from_ms(1_000);
        Dispute {
            id: DisputeId::from_uuid(Uuid::from_u128(1)),
            evidence: EvidenceId { citizen: citizen(1), number: 3 },
            unit: None,
            message: String::new(),
            state: DisputeState::Open,
            opened_by: account(1),
            opened_at,
            due_at: due_at(opened_at, 15),
            answered_at: None,
            answer: String::new(),
            answered_by: None,
        }
    }

    fn officer(number: u128, people: &[(u128, Relation)]) -> Member {
        Member {
            account: account(number),
            session: SessionId::from_uuid(Uuid::from_u128(1)),
            device: DeviceId::from_uuid(Uuid::from_u128(1)),
            citizens: people.iter().map(|(number, relation)| (citizen(*number), *relation)).collect(),
            grants: Vec::new(),
        }
    }

    #[test]
    fn an_open_dispute_is_overdue_after_fifteen_days() {
        let day_ms = 86_400_000;
        let open = dispute();
        assert_eq!(open.due_at.ms() - open.opened_at.ms(), 15 * day_ms);
        assert!(!open.is_overdue(open.due_at));
        assert!(open.is_overdue(open.due_at.plus_ms(1)));
        let late = open.due_at.plus_ms(day_ms);
        let closed = open.close(DisputeState::Declined, "", account(2), late).unwrap();
        assert!(!closed.is_overdue(late));
    }

    #[test]
    fn a_dispute_is_closed_once() {
        let now = Timestamp::from_ms(9_000);
        for state in [DisputeState::Upheld, DisputeState::Declined, DisputeState::Withdrawn] {
            let closed = dispute().close(state, " Đúng vậy. ", account(2), now).unwrap();
            assert_eq!((closed.state, closed.answer.as_str()), (state, "Đúng vậy."));
            assert_eq!((closed.answered_at, closed.answered_by), (Some(now), Some(account(2))));
            assert_eq!(closed.close(DisputeState::Upheld, "", account(2), now), Err(settled()));
        }
    }

    #[test]
    fn nobody_answers_in_their_own_case() {
        let others = officer(2, &[(2, Relation::Own)]);
        assert_eq!(dispute().answerable_by(&others, &[account(1)]), Ok(()));
        let own = officer(2, &[(1, Relation::Own)]);
        let household = officer(2, &[(2, Relation::Own), (1, Relation::Household)]);
        let opened = officer(1, &[(2, Relation::Own)]);
        for party in [own, household, opened] {
            assert_eq!(dispute().answerable_by(&party, &[]), Err(Refusal::Forbidden));
        }
        assert_eq!(dispute().answerable_by(&others, &[account(1), account(2)]), Err(Refusal::Forbidden));
    }

    #[test]
    fn whoever_declines_says_why() {
        assert_eq!(Answer::Uphold.check_words(""), Ok(()));
        assert_eq!(Answer::Decline.check_words(" ").unwrap_err()[0].code, Code::Required);
        let long = "a".repeat(LONGEST_WORDS + 1);
        assert_eq!(Answer::Uphold.check_words(&long).unwrap_err()[0].code, Code::TooLong);
        assert_eq!(check_message(&long).unwrap_err()[0].field, "message");
    }
}
