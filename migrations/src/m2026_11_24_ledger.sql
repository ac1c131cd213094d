-- The ledger of study time. A line is never changed and never deleted; what it was worth stands in entries, and what
-- proves wrong is taken back by entries of a later line. Sums are kept with the entries and can be made from them again.

-- Lines: evidence, and what confirms or corrects it, in the order in which they were judged. said: what was said, as
-- JSON; judged: where it was placed in true time, by which facts it was judged, and what was cut off by which rule.
CREATE TABLE study_line (
    citizen_id {uuid} NOT NULL,
    number bigint NOT NULL,
    deed text NOT NULL,
    target bigint,
    device_id {uuid},
    sequence bigint,
    account_id {uuid},
    standing text NOT NULL,
    said text NOT NULL,
    judged text NOT NULL,
    started_s bigint NOT NULL,
    policy text NOT NULL,
    received_at bigint NOT NULL,
    PRIMARY KEY (citizen_id, number)
);
CREATE UNIQUE INDEX study_line_sequence ON study_line (device_id, sequence);
-- How many lines a citizen has; also the lock that orders them.
CREATE TABLE study_head (
    citizen_id {uuid} NOT NULL PRIMARY KEY,
    last_number bigint NOT NULL
);
-- Numbers of a device that arrived and could not become lines; what they said is kept.
CREATE TABLE study_refusal (
    device_id {uuid} NOT NULL,
    sequence bigint NOT NULL,
    said text NOT NULL,
    reason text NOT NULL,
    received_at bigint NOT NULL,
    PRIMARY KEY (device_id, sequence)
);
-- What is known of a device's numbers and clocks. boots: the latest runs of its monotonic clock, newest last, as JSON.
CREATE TABLE study_device (
    device_id {uuid} NOT NULL PRIMARY KEY,
    highest_sequence bigint NOT NULL,
    received_count bigint NOT NULL,
    latest_end_ms bigint NOT NULL,
    boots text NOT NULL
);
-- Goes up whenever somebody comes to a unit or leaves it, or a unit moves: what is remembered of places is then old.
CREATE TABLE place_version (
    id bigint NOT NULL PRIMARY KEY,
    version bigint NOT NULL
);
INSERT INTO place_version (id, version) VALUES (1, 1);
-- Entries: stretches of credited seconds. line: what they are about; posted: the line that made the entry, the same or
-- a later one. No two stretches of one citizen that stand share a second.
CREATE TABLE study_entry (
    citizen_id {uuid} NOT NULL,
    day bigint NOT NULL,
    posted bigint NOT NULL,
    started_s bigint NOT NULL,
    is_reversal bigint NOT NULL,
    ended_s bigint NOT NULL,
    line bigint NOT NULL,
    source text NOT NULL,
    trust text NOT NULL,
    work_id {uuid},
    device_id {uuid} NOT NULL,
    content_start bigint,
    content_end bigint,
    uncertainty_s bigint NOT NULL,
    PRIMARY KEY (citizen_id, day, posted, started_s, is_reversal)
){clustered};
-- Those whose place in time is so uncertain that they must be looked at from far away.
CREATE INDEX study_entry_uncertain ON study_entry (citizen_id) WHERE uncertainty_s >= 7200;
-- All that was ever credited for one work.
CREATE TABLE study_work (
    citizen_id {uuid} NOT NULL,
    work_id {uuid} NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (citizen_id, work_id)
){clustered};
-- Sums of the people of a unit and of all units below it, by month (year * 12 + month - 1) of the learning day.
-- _late: part of _seconds that arrived after the month's figures had closed. _prior: what arrived in this month for
-- earlier months that were closed. Figures as closed: _seconds - _late; as posted: _seconds - _late + _prior.
-- _active: how many people _seconds come from.
CREATE TABLE study_unit_month (
    unit_id {uuid} NOT NULL,
    month bigint NOT NULL,
    measured_seconds bigint NOT NULL,
    measured_late bigint NOT NULL,
    measured_prior bigint NOT NULL,
    measured_active bigint NOT NULL,
    attested_seconds bigint NOT NULL,
    attested_late bigint NOT NULL,
    attested_prior bigint NOT NULL,
    attested_active bigint NOT NULL,
    claimed_seconds bigint NOT NULL,
    claimed_late bigint NOT NULL,
    claimed_prior bigint NOT NULL,
    claimed_active bigint NOT NULL,
    active bigint NOT NULL,
    PRIMARY KEY (unit_id, month)
){clustered};

-- How many people come to a unit or to one below it on a learning day, less those who leave: members on a day are the sum
-- up to it.
CREATE TABLE unit_people (
    unit_id {uuid} NOT NULL,
    day bigint NOT NULL,
    change bigint NOT NULL,
    PRIMARY KEY (unit_id, day)
){clustered};

-- Printed citizen cards. A serial is never used again, and one card of a person is good at a time: whoever finds an
-- older one can do nothing with it. _by: the accounts that acted.
CREATE TABLE citizen_card (
    citizen_id {uuid} NOT NULL REFERENCES citizen (id),
    serial bigint NOT NULL,
    issued_by {uuid},
    issued_at bigint NOT NULL,
    revoked_by {uuid},
    revoked_at bigint,
    PRIMARY KEY (citizen_id, serial)
);
CREATE UNIQUE INDEX citizen_card_good ON citizen_card (citizen_id) WHERE revoked_at IS NULL;
-- What people ask to have looked at again: one line of the ledger, one open dispute at a time. unit_id: where the citizen
-- belonged when it was opened; who answers is asked of the memberships of today. Nothing here changes the ledger: what
-- is found right is credited by a line of its own.
CREATE TABLE dispute (
    id {uuid} NOT NULL PRIMARY KEY,
    citizen_id {uuid} NOT NULL,
    line bigint NOT NULL,
    unit_id {uuid} REFERENCES unit (id),
    message text NOT NULL,
    state text NOT NULL,
    opened_by {uuid} NOT NULL REFERENCES account (id),
    opened_at bigint NOT NULL,
    due_at bigint NOT NULL,
    answered_at bigint,
    answer text NOT NULL,
    answered_by {uuid} REFERENCES account (id),
    FOREIGN KEY (citizen_id, line) REFERENCES study_line (citizen_id, number)
);
CREATE UNIQUE INDEX dispute_one_open ON dispute (citizen_id, line) WHERE state = 'open';
CREATE INDEX dispute_citizen ON dispute (citizen_id, opened_at, id);
CREATE INDEX dispute_unit_due ON dispute (unit_id, state, due_at);
CREATE INDEX dispute_due ON dispute (state, due_at, id);
-- What was said about a line later is found from the line.
CREATE INDEX study_line_target ON study_line (citizen_id, target) WHERE target IS NOT NULL;

-- Statements of other programs (xAPI), as they came. position: the order in which they were stored, which is the order of
-- their stored_at; it is also the number under which a statement's evidence goes to the ledger. digest: of what decides
-- whether a repeat is one, without the timestamp, which stands in said_at if one was given. object_key: an activity's IRI,
-- a statement's id, or agent: and a digest. viewing and segments: which playing of a video it tells of, and the list of
-- what was played. study_state: none, due (to be sent to the ledger) or done; study: the evidence, as JSON; line: its line.
CREATE TABLE xapi_head (
    id bigint NOT NULL PRIMARY KEY,
    last_position bigint NOT NULL,
    last_stored_at bigint NOT NULL
);
INSERT INTO xapi_head (id, last_position, last_stored_at) VALUES (1, 0, 0);
CREATE TABLE xapi_statement (
    id {uuid} NOT NULL PRIMARY KEY,
    position bigint NOT NULL UNIQUE,
    account_id {uuid} NOT NULL REFERENCES account (id),
    citizen_id {uuid} NOT NULL REFERENCES citizen (id),
    digest {bytes} NOT NULL,
    said_at bigint,
    verb text NOT NULL,
    object_key text NOT NULL,
    registration {uuid},
    viewing {bytes},
    segments text,
    body text NOT NULL,
    stored_at bigint NOT NULL,
    voided_by {uuid},
    study_state text NOT NULL,
    study text,
    line bigint
);
CREATE INDEX xapi_statement_citizen ON xapi_statement (citizen_id, position);
CREATE INDEX xapi_statement_verb ON xapi_statement (citizen_id, verb, position);
CREATE INDEX xapi_statement_object ON xapi_statement (citizen_id, object_key, position);
CREATE INDEX xapi_statement_registration ON xapi_statement (registration, position) WHERE registration IS NOT NULL;
CREATE INDEX xapi_statement_viewing ON xapi_statement (citizen_id, viewing) WHERE viewing IS NOT NULL;
CREATE INDEX xapi_statement_due ON xapi_statement (account_id, position) WHERE study_state = 'due';
CREATE INDEX xapi_statement_voiding ON xapi_statement (object_key) WHERE verb = 'http://adlnet.gov/expapi/verbs/voided';

-- What is claimed, by whom and in which line: a librarian's list of what waits is read from this index alone.
CREATE INDEX study_entry_claim ON study_entry (citizen_id, line, source, trust, is_reversal, started_s, ended_s)
    WHERE trust = 'claimed';

-- What the first ledger held is carried over as opening lines, whose entries stand as they are.
INSERT INTO study_line (citizen_id, number, deed, device_id, sequence, standing, said, judged, started_s, policy, received_at)
SELECT citizen_id, row_number() OVER (PARTITION BY citizen_id ORDER BY received_at, sequence, id), 'opening', device_id,
    sequence, 'own',
    '{"source":"' || source || '","work":"' || {uuid_text} || '","startedAt":' || CAST(started_at AS text)
    || ',"endedAt":' || CAST(ended_at AS text)
    || CASE WHEN media_start_ms IS NULL THEN '' ELSE ',"content":[' || CAST(media_start_ms AS text) || ','
    || CAST(media_end_ms AS text) || ']' END || '}',
    '{}', started_at / 1000, policy, received_at
FROM study_evidence;
INSERT INTO study_head (citizen_id, last_number) SELECT citizen_id, max(number) FROM study_line GROUP BY citizen_id;
INSERT INTO study_device (device_id, highest_sequence, received_count, latest_end_ms, boots)
SELECT device_id, max(sequence), count(*), max(ended_at), '[]' FROM study_evidence GROUP BY device_id;
INSERT INTO study_entry (citizen_id, day, posted, started_s, is_reversal, ended_s, line, source, trust, work_id, device_id,
    content_start, content_end, uncertainty_s)
SELECT c.citizen_id, c.day, l.number, c.started_s, 0, c.ended_s, l.number, c.source, c.trust, c.work_id, e.device_id,
    e.media_start_ms, e.media_end_ms, 0
FROM study_credit c JOIN study_evidence e ON e.id = c.evidence_id
JOIN study_line l ON l.device_id = e.device_id AND l.sequence = e.sequence;
INSERT INTO study_work (citizen_id, work_id, seconds)
SELECT citizen_id, work_id, sum(ended_s - started_s) FROM study_credit GROUP BY citizen_id, work_id;
DROP TABLE study_credit;
DROP TABLE study_evidence;
-- The sums of units are made by the first worker.
INSERT INTO job (id, kind, payload, attempts, run_at, created_at)
SELECT {job_id}, 'ledger_recompute', '{"kind":"ledger_recompute"}', 0, 0, 0 WHERE EXISTS (SELECT 1 FROM study_day);
