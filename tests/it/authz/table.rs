//! Who asks, what they can be told, and a row for each thing that can be asked.

/// Who asks. The table has a column for each, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    Anonymous,
    /// Belongs to no branch.
    Stranger,
    /// Belongs to branch 1.
    Citizen,
    /// Belongs to branch 2, and was named as a tester of `World::draft` and `World::published`.
    Tester,
    Editor,
    /// Of branch 1.
    BranchOfficer,
    /// Of the commune that branches 1 and 2 belong to.
    CommuneOfficer,
    /// Of a branch in another commune.
    ElsewhereOfficer,
}

impl Actor {
    pub const ALL: [Self; 8] = [
        Self::Anonymous,
        Self::Stranger,
        Self::Citizen,
        Self::Tester,
        Self::Editor,
        Self::BranchOfficer,
        Self::CommuneOfficer,
        Self::ElsewhereOfficer,
    ];
}

type Told = &'static str;

pub(super) const OK: Told = "ok";
/// No error, and nothing to be seen.
pub(super) const NULL: Told = "null";
const WHO: Told = "UNAUTHENTICATED";
const NO: Told = "FORBIDDEN";
/// Also what must not be known of.
const GONE: Told = "NOT_FOUND";

/// Refusals that come after permission was given: the person is told what to mend.
const WRONG_CODE: Told = "user error WRONG_CODE";
const EXPIRED: Told = "user error EXPIRED";
const NOT_READY: Told = "user error NOT_READY";
const UNKNOWN: Told = "user error NOT_FOUND";

type Cells = [Told; Actor::ALL.len()];

const fn everybody(told: Told) -> Cells {
    [told; Actor::ALL.len()]
}

const fn signed_in(told: Told) -> Cells {
    [WHO, told, told, told, told, told, told, told]
}

const fn editors(told: Told) -> Cells {
    [WHO, NO, NO, NO, told, NO, NO, NO]
}

pub(super) struct Row {
    pub operation: &'static str,
    pub scope: &'static str,
    pub cells: Cells,
}

const fn row(operation: &'static str, scope: &'static str, cells: Cells) -> Row {
    Row { operation, scope, cells }
}

#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    row("addCitizen", "to one's account", signed_in(OK)),
    //                                          anonymous stranger citizen tester editor branch commune elsewhere
    row("answerDispute", "of a member of branch 1", [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     GONE]),
    row("answerDispute", "of a member of branch 2", [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    // The branch officer belongs to branch 1 and oversees it; the other officers of the demo belong nowhere.
    row("answerDispute", "one's own",               [WHO,   GONE,    GONE,   GONE,  GONE,  NO,    GONE,   GONE]),
    row("answerDispute", "not existing", signed_in(GONE)),
    // Whoever may not attest somebody is told so attendee by attendee.
    row("attestMeeting", "a member of branch 1", signed_in(OK)),
    row("completeUpload", "one's own", editors(NOT_READY)),
    row("completeUpload", "another editor's", editors(GONE)),
    row("completeUpload", "not existing", editors(GONE)),
    // Officers are told claim by claim which of them are not theirs to confirm.
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("claims", "branch 1",                  [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     GONE]),
    row("claims", "branch 2",                  [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("claims", "the commune",               [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("claims", "a branch elsewhere",        [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   OK]),
    row("claims", "the province", signed_in(GONE)),
    row("claims", "not existing", signed_in(GONE)),
    row("confirmEvidence", "a claim",          [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     OK]),
    row("confirmSignInCode", "the right code", everybody(OK)),
    row("confirmSignInCode", "a wrong code", everybody(WRONG_CODE)),
    row("confirmSignInCode", "not existing", everybody(EXPIRED)),
    row("createUpload", "", editors(OK)),
    row("createWork", "", editors(OK)),
    row("criteriaSet", "the one in force", everybody(OK)),
    row("criteriaSet", "not existing", everybody(GONE)),
    row("criteriaSets", "", everybody(OK)),
    row("disputeEvidence", "oneself", signed_in(OK)),
    row("disputeEvidence", "of the household", signed_in(OK)),
    row("disputeEvidence", "somebody else", signed_in(GONE)),
    row("disputeEvidence", "not existing", signed_in(GONE)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("draft", "a draft",                    [GONE,  GONE,    GONE,   OK,    OK,    GONE,  GONE,   GONE]),
    row("draft", "released, without a draft",  [GONE,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("draft", "not existing",               [GONE,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("edition", "released", everybody(OK)),
    row("edition", "published, not released",  [GONE,  GONE,    GONE,   OK,    OK,    GONE,  GONE,   GONE]),
    row("edition", "a draft",                  [GONE,  GONE,    GONE,   OK,    OK,    GONE,  GONE,   GONE]),
    row("edition", "not existing", everybody(GONE)),
    row("issueCard", "oneself", signed_in(OK)),
    row("issueCard", "of the household", signed_in(OK)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("issueCard", "a member of branch 1",   [WHO,   GONE,    OK,     GONE,  GONE,  OK,    OK,     GONE]),
    row("issueCard", "not existing", signed_in(GONE)),
    row("nameTester", "a work", editors(OK)),
    row("nameTester", "a phone that nobody has", editors(UNKNOWN)),
    row("nameTester", "not existing", editors(GONE)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("office", "branch 1",                  [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     GONE]),
    row("office", "branch 2",                  [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("office", "the commune",               [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("office", "a branch elsewhere",        [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   OK]),
    row("office", "the province", signed_in(GONE)),
    row("office", "not existing", signed_in(GONE)),
    row("publishDraft", "a draft", editors(OK)),
    row("publishDraft", "not existing", editors(GONE)),
    row("recordPosition", "oneself", signed_in(OK)),
    row("recordPosition", "of the household", signed_in(OK)),
    row("recordPosition", "somebody else", signed_in(GONE)),
    row("recordPosition", "not existing", signed_in(GONE)),
    row("recordPosition", "a work that does not exist", signed_in(GONE)),
    row("refreshSession", "a token of one's own", everybody(OK)),
    row("refreshSession", "not existing", everybody(WHO)),
    row("releaseRevision", "published, not released", editors(OK)),
    row("releaseRevision", "a draft", editors(NOT_READY)),
    row("releaseRevision", "not existing", editors(GONE)),
    row("requestSignInCode", "", everybody(OK)),
    row("revisions", "a work", editors(OK)),
    // An empty list says no more than that there is nothing.
    row("revisions", "not existing", editors(OK)),
    row("revokeCard", "oneself", signed_in(OK)),
    row("revokeCard", "of the household", signed_in(OK)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("revokeCard", "a member of branch 1",  [WHO,   GONE,    OK,     GONE,  GONE,  OK,    OK,     GONE]),
    row("revokeCard", "not existing", signed_in(GONE)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("roster", "branch 1",                  [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     GONE]),
    row("roster", "branch 2",                  [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("roster", "the commune",               [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("roster", "a branch elsewhere",        [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   OK]),
    row("roster", "the province", signed_in(GONE)),
    row("roster", "not existing", signed_in(GONE)),
    row("saveDraft", "a draft", editors(OK)),
    row("saveDraft", "not existing", editors(GONE)),
    row("search", "", everybody(OK)),
    row("sendEvidence", "oneself", signed_in(OK)),
    row("sendEvidence", "of the household", signed_in(OK)),
    row("sendEvidence", "somebody else", signed_in(GONE)),
    row("sendEvidence", "not existing", signed_in(GONE)),
    row("setGoal", "oneself", signed_in(OK)),
    row("setGoal", "of the household", signed_in(OK)),
    row("setGoal", "somebody else", signed_in(GONE)),
    row("setGoal", "not existing", signed_in(GONE)),
    row("signOut", "this device", signed_in(OK)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("suggestGoal", "branch 1",             [WHO,   GONE,    GONE,   GONE,  GONE,  OK,    OK,     GONE]),
    row("suggestGoal", "branch 2",             [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("suggestGoal", "the commune",          [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  OK,     GONE]),
    row("suggestGoal", "a branch elsewhere",   [WHO,   GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   OK]),
    row("suggestGoal", "not existing", signed_in(GONE)),
    row("topics", "", everybody(OK)),
    row("unit", "a unit", everybody(OK)),
    row("unit", "not existing", everybody(GONE)),
    row("upload", "one's own", editors(OK)),
    row("upload", "another editor's", editors(GONE)),
    row("upload", "not existing", editors(GONE)),
    //                                     anonymous stranger citizen tester editor branch commune elsewhere
    row("viewer", "oneself",                   [NULL,  OK,      OK,     OK,    OK,    OK,    OK,     OK]),
    row("viewer", "of the household",          [NULL,  OK,      OK,     OK,    OK,    OK,    OK,     OK]),
    row("viewer", "somebody else",             [NULL,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("viewer", "not existing",              [NULL,  GONE,    GONE,   GONE,  GONE,  GONE,  GONE,   GONE]),
    row("withdrawDispute", "oneself", signed_in(OK)),
    row("withdrawDispute", "of the household", signed_in(OK)),
    row("withdrawDispute", "somebody else", signed_in(GONE)),
    row("withdrawDispute", "not existing", signed_in(GONE)),
    row("withdrawEvidence", "one's own", signed_in(OK)),
    row("withdrawEvidence", "somebody else's", signed_in(GONE)),
    row("withdrawEvidence", "not existing", signed_in(GONE)),
    row("withdrawWork", "a work", editors(OK)),
    row("withdrawWork", "not existing", editors(GONE)),
    row("work", "released", everybody(OK)),
    row("work", "a draft", everybody(GONE)),
    row("work", "not existing", everybody(GONE)),
    row("work", "with one's own progress", signed_in(OK)),
    row("work", "with somebody else's progress", signed_in(GONE)),
    row("works", "", everybody(OK)),
    row("works", "with somebody else's progress", signed_in(GONE)),
];

/// Fields without a row: what this installation is set up with, and nothing of anybody's. The list only shrinks.
pub(super) const EXEMPT: &[&str] = &["signInProviders"];
pub(super) const MOST_EXEMPT: usize = 1;
