CREATE TABLE account (
    id blob NOT NULL PRIMARY KEY,
    created_at bigint NOT NULL
);

CREATE TABLE account_citizen (
    account_id blob NOT NULL REFERENCES account (id),
    citizen_id blob NOT NULL REFERENCES citizen (id),
    relation text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (account_id, citizen_id)
);

CREATE TABLE account_identity (
    key_hash blob NOT NULL PRIMARY KEY,
    account_id blob NOT NULL REFERENCES account (id),
    kind text NOT NULL,
    sealed blob NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX account_identity_account ON account_identity (account_id);

CREATE TABLE asset (
    id blob NOT NULL PRIMARY KEY,
    sha256 blob NOT NULL UNIQUE,
    size_bytes bigint NOT NULL,
    media_type text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE challenge (
    id blob NOT NULL PRIMARY KEY,
    phone_hash blob NOT NULL,
    phone_sealed blob NOT NULL,
    code_hash blob NOT NULL,
    attempts bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);

CREATE TABLE citizen (
    id blob NOT NULL PRIMARY KEY,
    full_name text NOT NULL,
    full_name_key blob NOT NULL,
    birth_date text,
    residence_id blob REFERENCES unit (id),
    id_number_hash blob UNIQUE,
    id_number_sealed blob,
    sealed_key blob NOT NULL,
    lifelong_record_code text,
    created_at bigint NOT NULL
);

CREATE TABLE citizen_card (
    citizen_id blob NOT NULL REFERENCES citizen (id),
    serial bigint NOT NULL,
    issued_by blob,
    issued_at bigint NOT NULL,
    revoked_by blob,
    revoked_at bigint,
    PRIMARY KEY (citizen_id, serial)
);
CREATE UNIQUE INDEX citizen_card_good ON citizen_card (citizen_id) WHERE revoked_at IS NULL;

CREATE TABLE device (
    id blob NOT NULL PRIMARY KEY,
    account_id blob NOT NULL REFERENCES account (id),
    client_id text NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (account_id, client_id)
);

CREATE TABLE dispute (
    id blob NOT NULL PRIMARY KEY,
    citizen_id blob NOT NULL,
    line bigint NOT NULL,
    unit_id blob REFERENCES unit (id),
    message text NOT NULL,
    state text NOT NULL,
    opened_by blob NOT NULL REFERENCES account (id),
    opened_at bigint NOT NULL,
    due_at bigint NOT NULL,
    answered_at bigint,
    answer text NOT NULL,
    answered_by blob REFERENCES account (id),
    FOREIGN KEY (citizen_id, line) REFERENCES study_line (citizen_id, number)
);
CREATE INDEX dispute_citizen ON dispute (citizen_id, opened_at, id);
CREATE INDEX dispute_due ON dispute (state, due_at, id);
CREATE UNIQUE INDEX dispute_one_open ON dispute (citizen_id, line) WHERE state = 'open';
CREATE INDEX dispute_unit_due ON dispute (unit_id, state, due_at);

CREATE TABLE goal (
    id blob NOT NULL PRIMARY KEY,
    citizen_id blob REFERENCES citizen (id),
    unit_id blob REFERENCES unit (id),
    period text NOT NULL,
    minutes bigint NOT NULL,
    created_at bigint NOT NULL,
    ended_at bigint
);
CREATE INDEX goal_citizen ON goal (citizen_id) WHERE ended_at IS NULL;
CREATE INDEX goal_unit ON goal (unit_id) WHERE ended_at IS NULL;

CREATE TABLE job (
    id blob NOT NULL PRIMARY KEY,
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

CREATE TABLE membership (
    id blob NOT NULL PRIMARY KEY,
    citizen_id blob NOT NULL REFERENCES citizen (id),
    unit_id blob NOT NULL REFERENCES unit (id),
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint
);
CREATE INDEX membership_citizen ON membership (citizen_id);
CREATE INDEX membership_unit ON membership (unit_id, citizen_id);

CREATE TABLE mutation_receipt (
    actor_id blob NOT NULL,
    client_id text NOT NULL,
    operation text NOT NULL,
    digest blob NOT NULL,
    answer text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (actor_id, client_id)
);
CREATE INDEX mutation_receipt_created ON mutation_receipt (created_at);

CREATE TABLE oidc_attempt (
    state_hash blob NOT NULL PRIMARY KEY,
    provider text NOT NULL,
    sealed blob NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE place_version (
    id bigint NOT NULL PRIMARY KEY,
    version bigint NOT NULL
);

CREATE TABLE position (
    id blob NOT NULL PRIMARY KEY,
    citizen_id blob NOT NULL REFERENCES citizen (id),
    work_id blob NOT NULL REFERENCES work (id),
    device_id blob NOT NULL REFERENCES device (id),
    locator_ppm bigint NOT NULL,
    media_ms bigint,
    recorded_at bigint NOT NULL,
    received_at bigint NOT NULL
);
CREATE INDEX position_citizen_work ON position (citizen_id, work_id, recorded_at);

CREATE TABLE progress (
    citizen_id blob NOT NULL,
    work_id blob NOT NULL,
    latest_ppm bigint NOT NULL,
    latest_media_ms bigint,
    latest_at bigint NOT NULL,
    furthest_ppm bigint NOT NULL,
    furthest_media_ms bigint,
    furthest_at bigint NOT NULL,
    PRIMARY KEY (citizen_id, work_id)
);

CREATE TABLE rate_window (
    subject text NOT NULL,
    window_start bigint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (subject, window_start)
);

CREATE TABLE release (
    work_id blob NOT NULL REFERENCES work (id),
    revision_id blob NOT NULL REFERENCES revision (id),
    notes text NOT NULL,
    released_by blob,
    released_at bigint NOT NULL,
    PRIMARY KEY (work_id, released_at, revision_id)
);

CREATE TABLE revision (
    id blob NOT NULL PRIMARY KEY,
    work_id blob NOT NULL REFERENCES work (id),
    number bigint NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    content text NOT NULL,
    created_by blob,
    created_at bigint NOT NULL,
    published_at bigint,
    UNIQUE (work_id, number)
);
CREATE UNIQUE INDEX revision_one_draft ON revision (work_id) WHERE state = 'draft';

CREATE TABLE revision_asset (
    revision_id blob NOT NULL REFERENCES revision (id),
    asset_id blob NOT NULL REFERENCES asset (id),
    PRIMARY KEY (revision_id, asset_id)
);
CREATE INDEX revision_asset_asset ON revision_asset (asset_id);

CREATE TABLE role_grant (
    id blob NOT NULL PRIMARY KEY,
    citizen_id blob NOT NULL REFERENCES citizen (id),
    role text NOT NULL,
    unit_id blob NOT NULL REFERENCES unit (id),
    edge_kind text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint
);
CREATE INDEX role_grant_citizen ON role_grant (citizen_id);

CREATE TABLE session (
    id blob NOT NULL PRIMARY KEY,
    account_id blob NOT NULL REFERENCES account (id),
    device_id blob NOT NULL REFERENCES device (id),
    refresh_hash blob NOT NULL,
    previous_hash blob,
    rotated_at bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint
);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE study_day (
    citizen_id blob NOT NULL,
    day bigint NOT NULL,
    source text NOT NULL,
    trust text NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (citizen_id, day, source, trust)
);

CREATE TABLE study_device (
    device_id blob NOT NULL PRIMARY KEY,
    highest_sequence bigint NOT NULL,
    received_count bigint NOT NULL,
    latest_end_ms bigint NOT NULL,
    boots text NOT NULL
);

CREATE TABLE study_entry (
    citizen_id blob NOT NULL,
    day bigint NOT NULL,
    posted bigint NOT NULL,
    started_s bigint NOT NULL,
    is_reversal bigint NOT NULL,
    ended_s bigint NOT NULL,
    line bigint NOT NULL,
    source text NOT NULL,
    trust text NOT NULL,
    work_id blob,
    device_id blob NOT NULL,
    content_start bigint,
    content_end bigint,
    uncertainty_s bigint NOT NULL,
    PRIMARY KEY (citizen_id, day, posted, started_s, is_reversal)
) WITHOUT ROWID;
CREATE INDEX study_entry_claim ON study_entry (citizen_id, line, source, trust, is_reversal, started_s, ended_s)
    WHERE trust = 'claimed';
CREATE INDEX study_entry_uncertain ON study_entry (citizen_id) WHERE uncertainty_s >= 7200;

CREATE TABLE study_head (
    citizen_id blob NOT NULL PRIMARY KEY,
    last_number bigint NOT NULL
);

CREATE TABLE study_line (
    citizen_id blob NOT NULL,
    number bigint NOT NULL,
    deed text NOT NULL,
    target bigint,
    device_id blob,
    sequence bigint,
    account_id blob,
    standing text NOT NULL,
    said text NOT NULL,
    judged text NOT NULL,
    started_s bigint NOT NULL,
    policy text NOT NULL,
    received_at bigint NOT NULL,
    PRIMARY KEY (citizen_id, number)
);
CREATE UNIQUE INDEX study_line_sequence ON study_line (device_id, sequence);
CREATE INDEX study_line_target ON study_line (citizen_id, target) WHERE target IS NOT NULL;

CREATE TABLE study_refusal (
    device_id blob NOT NULL,
    sequence bigint NOT NULL,
    said text NOT NULL,
    reason text NOT NULL,
    received_at bigint NOT NULL,
    PRIMARY KEY (device_id, sequence)
);

CREATE TABLE study_unit_month (
    unit_id blob NOT NULL,
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
) WITHOUT ROWID;

CREATE TABLE study_work (
    citizen_id blob NOT NULL,
    work_id blob NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (citizen_id, work_id)
) WITHOUT ROWID;

CREATE TABLE tester (
    work_id blob NOT NULL REFERENCES work (id),
    account_id blob NOT NULL REFERENCES account (id),
    named_at bigint NOT NULL,
    PRIMARY KEY (work_id, account_id)
);

CREATE TABLE topic (
    id blob NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    name_en text NOT NULL,
    position bigint NOT NULL
);

CREATE TABLE unit (
    id blob NOT NULL PRIMARY KEY,
    code text NOT NULL UNIQUE,
    kind text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE unit_area (
    unit_id blob NOT NULL REFERENCES unit (id),
    area_class text NOT NULL,
    source text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (unit_id, valid_from, recorded_at)
);

CREATE TABLE unit_edge (
    child_id blob NOT NULL REFERENCES unit (id),
    parent_id blob NOT NULL REFERENCES unit (id),
    edge_kind text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (child_id, edge_kind, valid_from, recorded_at)
);
CREATE INDEX unit_edge_parent ON unit_edge (parent_id, edge_kind);

CREATE TABLE unit_name (
    unit_id blob NOT NULL REFERENCES unit (id),
    name text NOT NULL,
    sort_key blob NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (unit_id, valid_from, recorded_at)
);

CREATE TABLE unit_people (
    unit_id blob NOT NULL,
    day bigint NOT NULL,
    change bigint NOT NULL,
    PRIMARY KEY (unit_id, day)
) WITHOUT ROWID;

CREATE TABLE unit_successor (
    unit_id blob NOT NULL REFERENCES unit (id),
    successor_id blob NOT NULL REFERENCES unit (id),
    happened_at bigint NOT NULL,
    share_ppm bigint NOT NULL,
    document text NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (unit_id, successor_id, happened_at)
);

CREATE TABLE upload (
    id blob NOT NULL PRIMARY KEY,
    account_id blob NOT NULL REFERENCES account (id),
    file_name text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 blob NOT NULL,
    multipart text NOT NULL,
    state text NOT NULL,
    refusal text,
    asset_id blob REFERENCES asset (id),
    created_at bigint NOT NULL
);
CREATE INDEX upload_account ON upload (account_id, created_at);

CREATE TABLE work (
    id blob NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    slug text NOT NULL UNIQUE,
    released_revision_id blob,
    released_at bigint,
    created_at bigint NOT NULL
);
CREATE INDEX work_kind_released ON work (kind, released_at DESC, id DESC) WHERE released_revision_id IS NOT NULL;
CREATE INDEX work_released ON work (released_at DESC, id DESC) WHERE released_revision_id IS NOT NULL;

CREATE TABLE work_topic (
    topic_id blob NOT NULL REFERENCES topic (id),
    work_id blob NOT NULL REFERENCES work (id),
    released_at bigint NOT NULL,
    PRIMARY KEY (topic_id, work_id)
);
CREATE INDEX work_topic_work ON work_topic (work_id);

CREATE TABLE xapi_head (
    id bigint NOT NULL PRIMARY KEY,
    last_position bigint NOT NULL,
    last_stored_at bigint NOT NULL
);

CREATE TABLE xapi_statement (
    id blob NOT NULL PRIMARY KEY,
    position bigint NOT NULL UNIQUE,
    account_id blob NOT NULL REFERENCES account (id),
    citizen_id blob NOT NULL REFERENCES citizen (id),
    digest blob NOT NULL,
    said_at bigint,
    verb text NOT NULL,
    object_key text NOT NULL,
    registration blob,
    viewing blob,
    segments text,
    body text NOT NULL,
    stored_at bigint NOT NULL,
    voided_by blob,
    study_state text NOT NULL,
    study text,
    line bigint
);
CREATE INDEX xapi_statement_citizen ON xapi_statement (citizen_id, position);
CREATE INDEX xapi_statement_due ON xapi_statement (account_id, position) WHERE study_state = 'due';
CREATE INDEX xapi_statement_object ON xapi_statement (citizen_id, object_key, position);
CREATE INDEX xapi_statement_registration ON xapi_statement (registration, position) WHERE registration IS NOT NULL;
CREATE INDEX xapi_statement_verb ON xapi_statement (citizen_id, verb, position);
CREATE INDEX xapi_statement_viewing ON xapi_statement (citizen_id, viewing) WHERE viewing IS NOT NULL;
CREATE INDEX xapi_statement_voiding ON xapi_statement (object_key) WHERE verb = 'http://adlnet.gov/expapi/verbs/voided';
