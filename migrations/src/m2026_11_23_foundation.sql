-- One text for both dialects: {uuid} is uuid or BLOB, {bytes} is bytea or BLOB; everything else is common SQL.
-- Instants (_at) are UTC milliseconds; days are days since 1970-01-01 in Viet Nam; nothing is deleted by cascade.

-- Units: names, classes and edges carry the period in which they hold, the moment they were recorded, and the moment a
-- later record took their place. What is known today has no superseded_at; nothing is ever changed in place.
CREATE TABLE unit (
    id {uuid} NOT NULL PRIMARY KEY,
    code text NOT NULL UNIQUE,
    kind text NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE unit_name (
    unit_id {uuid} NOT NULL REFERENCES unit (id),
    name text NOT NULL,
    sort_key {bytes} NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (unit_id, valid_from, recorded_at)
);
CREATE TABLE unit_area (
    unit_id {uuid} NOT NULL REFERENCES unit (id),
    area_class text NOT NULL,
    source text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (unit_id, valid_from, recorded_at)
);
CREATE TABLE unit_edge (
    child_id {uuid} NOT NULL REFERENCES unit (id),
    parent_id {uuid} NOT NULL REFERENCES unit (id),
    edge_kind text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (child_id, edge_kind, valid_from, recorded_at)
);
CREATE INDEX unit_edge_parent ON unit_edge (parent_id, edge_kind);
CREATE TABLE unit_successor (
    unit_id {uuid} NOT NULL REFERENCES unit (id),
    successor_id {uuid} NOT NULL REFERENCES unit (id),
    happened_at bigint NOT NULL,
    share_ppm bigint NOT NULL,
    document text NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (unit_id, successor_id, happened_at)
);

-- People. full_name_key sorts as Vietnamese names sort; personal secrets are sealed under the citizen's own key.
CREATE TABLE citizen (
    id {uuid} NOT NULL PRIMARY KEY,
    full_name text NOT NULL,
    full_name_key {bytes} NOT NULL,
    birth_date text,
    residence_id {uuid} REFERENCES unit (id),
    id_number_hash {bytes} UNIQUE,
    id_number_sealed {bytes},
    sealed_key {bytes} NOT NULL,
    lifelong_record_code text,
    created_at bigint NOT NULL
);
CREATE TABLE membership (
    id {uuid} NOT NULL PRIMARY KEY,
    citizen_id {uuid} NOT NULL REFERENCES citizen (id),
    unit_id {uuid} NOT NULL REFERENCES unit (id),
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint
);
CREATE INDEX membership_unit ON membership (unit_id, citizen_id);
CREATE INDEX membership_citizen ON membership (citizen_id);
CREATE TABLE role_grant (
    id {uuid} NOT NULL PRIMARY KEY,
    citizen_id {uuid} NOT NULL REFERENCES citizen (id),
    role text NOT NULL,
    unit_id {uuid} NOT NULL REFERENCES unit (id),
    edge_kind text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint
);
CREATE INDEX role_grant_citizen ON role_grant (citizen_id);

-- Signing in.
CREATE TABLE account (
    id {uuid} NOT NULL PRIMARY KEY,
    created_at bigint NOT NULL
);
CREATE TABLE account_identity (
    key_hash {bytes} NOT NULL PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES account (id),
    kind text NOT NULL,
    sealed {bytes} NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX account_identity_account ON account_identity (account_id);
CREATE TABLE account_citizen (
    account_id {uuid} NOT NULL REFERENCES account (id),
    citizen_id {uuid} NOT NULL REFERENCES citizen (id),
    relation text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (account_id, citizen_id)
);
CREATE TABLE device (
    id {uuid} NOT NULL PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES account (id),
    client_id text NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (account_id, client_id)
);
CREATE TABLE challenge (
    id {uuid} NOT NULL PRIMARY KEY,
    phone_hash {bytes} NOT NULL,
    phone_sealed {bytes} NOT NULL,
    code_hash {bytes} NOT NULL,
    attempts bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);
CREATE TABLE rate_window (
    subject text NOT NULL,
    window_start bigint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (subject, window_start)
);
CREATE TABLE session (
    id {uuid} NOT NULL PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES account (id),
    device_id {uuid} NOT NULL REFERENCES device (id),
    refresh_hash {bytes} NOT NULL,
    previous_hash {bytes},
    rotated_at bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint
);
CREATE INDEX session_account ON session (account_id);
CREATE TABLE oidc_attempt (
    state_hash {bytes} NOT NULL PRIMARY KEY,
    provider text NOT NULL,
    sealed {bytes} NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

-- Works and their revisions. content is what the editor saved, as JSON; once published it never changes.
CREATE TABLE topic (
    id {uuid} NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    name_en text NOT NULL,
    position bigint NOT NULL
);
CREATE TABLE work (
    id {uuid} NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    slug text NOT NULL UNIQUE,
    released_revision_id {uuid},
    released_at bigint,
    created_at bigint NOT NULL
);
CREATE INDEX work_released ON work (released_at DESC, id DESC) WHERE released_revision_id IS NOT NULL;
CREATE INDEX work_kind_released ON work (kind, released_at DESC, id DESC) WHERE released_revision_id IS NOT NULL;
CREATE TABLE revision (
    id {uuid} NOT NULL PRIMARY KEY,
    work_id {uuid} NOT NULL REFERENCES work (id),
    number bigint NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    content text NOT NULL,
    created_by {uuid},
    created_at bigint NOT NULL,
    published_at bigint,
    UNIQUE (work_id, number)
);
CREATE UNIQUE INDEX revision_one_draft ON revision (work_id) WHERE state = 'draft';
CREATE TABLE release (
    work_id {uuid} NOT NULL REFERENCES work (id),
    revision_id {uuid} NOT NULL REFERENCES revision (id),
    notes text NOT NULL,
    released_by {uuid},
    released_at bigint NOT NULL,
    PRIMARY KEY (work_id, released_at, revision_id)
);
CREATE TABLE work_topic (
    topic_id {uuid} NOT NULL REFERENCES topic (id),
    work_id {uuid} NOT NULL REFERENCES work (id),
    released_at bigint NOT NULL,
    PRIMARY KEY (topic_id, work_id)
);
CREATE INDEX work_topic_work ON work_topic (work_id);
CREATE TABLE tester (
    work_id {uuid} NOT NULL REFERENCES work (id),
    account_id {uuid} NOT NULL REFERENCES account (id),
    named_at bigint NOT NULL,
    PRIMARY KEY (work_id, account_id)
);
CREATE TABLE asset (
    id {uuid} NOT NULL PRIMARY KEY,
    sha256 {bytes} NOT NULL UNIQUE,
    size_bytes bigint NOT NULL,
    media_type text NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE revision_asset (
    revision_id {uuid} NOT NULL REFERENCES revision (id),
    asset_id {uuid} NOT NULL REFERENCES asset (id),
    PRIMARY KEY (revision_id, asset_id)
);
CREATE INDEX revision_asset_asset ON revision_asset (asset_id);
CREATE TABLE upload (
    id {uuid} NOT NULL PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES account (id),
    file_name text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 {bytes} NOT NULL,
    multipart text NOT NULL,
    state text NOT NULL,
    refusal text,
    asset_id {uuid} REFERENCES asset (id),
    created_at bigint NOT NULL
);
CREATE INDEX upload_account ON upload (account_id, created_at);

-- Study. Evidence is immutable; credit is what it was worth under a policy; study_day is the sum of credit.
CREATE TABLE study_evidence (
    id {uuid} NOT NULL PRIMARY KEY,
    device_id {uuid} NOT NULL REFERENCES device (id),
    sequence bigint NOT NULL,
    citizen_id {uuid} NOT NULL REFERENCES citizen (id),
    work_id {uuid} NOT NULL,
    revision_id {uuid},
    source text NOT NULL,
    trust text NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    media_start_ms bigint,
    media_end_ms bigint,
    digest {bytes} NOT NULL,
    reason text,
    policy text NOT NULL,
    received_at bigint NOT NULL,
    UNIQUE (device_id, sequence)
);
CREATE INDEX study_evidence_citizen ON study_evidence (citizen_id, started_at);
CREATE TABLE study_credit (
    citizen_id {uuid} NOT NULL,
    started_s bigint NOT NULL,
    ended_s bigint NOT NULL,
    evidence_id {uuid} NOT NULL REFERENCES study_evidence (id),
    work_id {uuid} NOT NULL,
    source text NOT NULL,
    trust text NOT NULL,
    day bigint NOT NULL,
    PRIMARY KEY (citizen_id, started_s)
);
CREATE INDEX study_credit_work ON study_credit (citizen_id, work_id, day);
CREATE TABLE study_day (
    citizen_id {uuid} NOT NULL,
    day bigint NOT NULL,
    source text NOT NULL,
    trust text NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (citizen_id, day, source, trust)
);
CREATE TABLE position (
    id {uuid} NOT NULL PRIMARY KEY,
    citizen_id {uuid} NOT NULL REFERENCES citizen (id),
    work_id {uuid} NOT NULL REFERENCES work (id),
    device_id {uuid} NOT NULL REFERENCES device (id),
    locator_ppm bigint NOT NULL,
    media_ms bigint,
    recorded_at bigint NOT NULL,
    received_at bigint NOT NULL
);
CREATE INDEX position_citizen_work ON position (citizen_id, work_id, recorded_at);
CREATE TABLE progress (
    citizen_id {uuid} NOT NULL,
    work_id {uuid} NOT NULL,
    latest_ppm bigint NOT NULL,
    latest_media_ms bigint,
    latest_at bigint NOT NULL,
    furthest_ppm bigint NOT NULL,
    furthest_media_ms bigint,
    furthest_at bigint NOT NULL,
    PRIMARY KEY (citizen_id, work_id)
);
CREATE TABLE goal (
    id {uuid} NOT NULL PRIMARY KEY,
    citizen_id {uuid} REFERENCES citizen (id),
    unit_id {uuid} REFERENCES unit (id),
    period text NOT NULL,
    minutes bigint NOT NULL,
    created_at bigint NOT NULL,
    ended_at bigint
);
CREATE INDEX goal_citizen ON goal (citizen_id) WHERE ended_at IS NULL;
CREATE INDEX goal_unit ON goal (unit_id) WHERE ended_at IS NULL;

-- The machine's own memory.
CREATE TABLE mutation_receipt (
    actor_id {uuid} NOT NULL,
    client_id text NOT NULL,
    operation text NOT NULL,
    digest {bytes} NOT NULL,
    answer text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (actor_id, client_id)
);
CREATE INDEX mutation_receipt_created ON mutation_receipt (created_at);
CREATE TABLE job (
    id {uuid} NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    payload text NOT NULL,
    attempts bigint NOT NULL,
    run_at bigint NOT NULL,
    leased_until bigint,
    last_error text,
    dead_at bigint,
    created_at bigint NOT NULL
);
CREATE INDEX job_due ON job (run_at) WHERE dead_at IS NULL;
