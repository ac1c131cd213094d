CREATE TABLE account (
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE account_citizen (
    account_id uuid NOT NULL,
    citizen_id uuid NOT NULL,
    relation text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (account_id, citizen_id),
    FOREIGN KEY (account_id) REFERENCES account(id),
    FOREIGN KEY (citizen_id) REFERENCES citizen(id)
);

CREATE TABLE account_identity (
    key_hash bytea NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    sealed bytea NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (key_hash),
    FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX account_identity_account ON account_identity USING btree (account_id);

CREATE TABLE asset (
    id uuid NOT NULL,
    sha256 bytea NOT NULL,
    size_bytes bigint NOT NULL,
    media_type text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (sha256)
);

CREATE TABLE challenge (
    id uuid NOT NULL,
    phone_hash bytea NOT NULL,
    phone_sealed bytea NOT NULL,
    code_hash bytea NOT NULL,
    attempts bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint,
    PRIMARY KEY (id)
);

CREATE TABLE citizen (
    id uuid NOT NULL,
    full_name text NOT NULL,
    full_name_key bytea NOT NULL,
    birth_date text,
    residence_id uuid,
    id_number_hash bytea,
    id_number_sealed bytea,
    sealed_key bytea NOT NULL,
    lifelong_record_code text,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (id_number_hash),
    FOREIGN KEY (residence_id) REFERENCES unit(id)
);

CREATE TABLE citizen_card (
    citizen_id uuid NOT NULL,
    serial bigint NOT NULL,
    issued_by uuid,
    issued_at bigint NOT NULL,
    revoked_by uuid,
    revoked_at bigint,
    PRIMARY KEY (citizen_id, serial),
    FOREIGN KEY (citizen_id) REFERENCES citizen(id)
);
CREATE UNIQUE INDEX citizen_card_good ON citizen_card USING btree (citizen_id) WHERE (revoked_at IS NULL);

CREATE TABLE device (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    client_id text NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (account_id, client_id),
    FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE dispute (
    id uuid NOT NULL,
    citizen_id uuid NOT NULL,
    line bigint NOT NULL,
    unit_id uuid,
    message text NOT NULL,
    state text NOT NULL,
    opened_by uuid NOT NULL,
    opened_at bigint NOT NULL,
    due_at bigint NOT NULL,
    answered_at bigint,
    answer text NOT NULL,
    answered_by uuid,
    PRIMARY KEY (id),
    FOREIGN KEY (answered_by) REFERENCES account(id),
    FOREIGN KEY (citizen_id, line) REFERENCES study_line(citizen_id, number),
    FOREIGN KEY (opened_by) REFERENCES account(id),
    FOREIGN KEY (unit_id) REFERENCES unit(id)
);
CREATE INDEX dispute_citizen ON dispute USING btree (citizen_id, opened_at, id);
CREATE INDEX dispute_due ON dispute USING btree (state, due_at, id);
CREATE UNIQUE INDEX dispute_one_open ON dispute USING btree (citizen_id, line) WHERE (state = 'open'::text);
CREATE INDEX dispute_unit_due ON dispute USING btree (unit_id, state, due_at);

CREATE TABLE goal (
    id uuid NOT NULL,
    citizen_id uuid,
    unit_id uuid,
    period text NOT NULL,
    minutes bigint NOT NULL,
    created_at bigint NOT NULL,
    ended_at bigint,
    PRIMARY KEY (id),
    FOREIGN KEY (citizen_id) REFERENCES citizen(id),
    FOREIGN KEY (unit_id) REFERENCES unit(id)
);
CREATE INDEX goal_citizen ON goal USING btree (citizen_id) WHERE (ended_at IS NULL);
CREATE INDEX goal_unit ON goal USING btree (unit_id) WHERE (ended_at IS NULL);

CREATE TABLE job (
    id uuid NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    attempts bigint NOT NULL,
    run_at bigint NOT NULL,
    leased_until bigint,
    last_error text,
    dead_at bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX job_due ON job USING btree (run_at) WHERE (dead_at IS NULL);

CREATE TABLE membership (
    id uuid NOT NULL,
    citizen_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (id),
    FOREIGN KEY (citizen_id) REFERENCES citizen(id),
    FOREIGN KEY (unit_id) REFERENCES unit(id)
);
CREATE INDEX membership_citizen ON membership USING btree (citizen_id);
CREATE INDEX membership_unit ON membership USING btree (unit_id, citizen_id);

CREATE TABLE mutation_receipt (
    actor_id uuid NOT NULL,
    client_id text NOT NULL,
    operation text NOT NULL,
    digest bytea NOT NULL,
    answer text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (actor_id, client_id)
);
CREATE INDEX mutation_receipt_created ON mutation_receipt USING btree (created_at);

CREATE TABLE oidc_attempt (
    state_hash bytea NOT NULL,
    provider text NOT NULL,
    sealed bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (state_hash)
);

CREATE TABLE place_version (
    id bigint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE position (
    id uuid NOT NULL,
    citizen_id uuid NOT NULL,
    work_id uuid NOT NULL,
    device_id uuid NOT NULL,
    locator_ppm bigint NOT NULL,
    media_ms bigint,
    recorded_at bigint NOT NULL,
    received_at bigint NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (citizen_id) REFERENCES citizen(id),
    FOREIGN KEY (device_id) REFERENCES device(id),
    FOREIGN KEY (work_id) REFERENCES work(id)
);
CREATE INDEX position_citizen_work ON "position" USING btree (citizen_id, work_id, recorded_at);

CREATE TABLE progress (
    citizen_id uuid NOT NULL,
    work_id uuid NOT NULL,
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
    work_id uuid NOT NULL,
    revision_id uuid NOT NULL,
    notes text NOT NULL,
    released_by uuid,
    released_at bigint NOT NULL,
    PRIMARY KEY (work_id, released_at, revision_id),
    FOREIGN KEY (revision_id) REFERENCES revision(id),
    FOREIGN KEY (work_id) REFERENCES work(id)
);

CREATE TABLE revision (
    id uuid NOT NULL,
    work_id uuid NOT NULL,
    number bigint NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    content text NOT NULL,
    created_by uuid,
    created_at bigint NOT NULL,
    published_at bigint,
    PRIMARY KEY (id),
    UNIQUE (work_id, number),
    FOREIGN KEY (work_id) REFERENCES work(id)
);
CREATE UNIQUE INDEX revision_one_draft ON revision USING btree (work_id) WHERE (state = 'draft'::text);

CREATE TABLE revision_asset (
    revision_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    PRIMARY KEY (revision_id, asset_id),
    FOREIGN KEY (asset_id) REFERENCES asset(id),
    FOREIGN KEY (revision_id) REFERENCES revision(id)
);
CREATE INDEX revision_asset_asset ON revision_asset USING btree (asset_id);

CREATE TABLE role_grant (
    id uuid NOT NULL,
    citizen_id uuid NOT NULL,
    role text NOT NULL,
    unit_id uuid NOT NULL,
    edge_kind text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (id),
    FOREIGN KEY (citizen_id) REFERENCES citizen(id),
    FOREIGN KEY (unit_id) REFERENCES unit(id)
);
CREATE INDEX role_grant_citizen ON role_grant USING btree (citizen_id);

CREATE TABLE session (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    device_id uuid NOT NULL,
    refresh_hash bytea NOT NULL,
    previous_hash bytea,
    rotated_at bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint,
    PRIMARY KEY (id),
    FOREIGN KEY (account_id) REFERENCES account(id),
    FOREIGN KEY (device_id) REFERENCES device(id)
);
CREATE INDEX session_account ON session USING btree (account_id);

CREATE TABLE study_day (
    citizen_id uuid NOT NULL,
    day bigint NOT NULL,
    source text NOT NULL,
    trust text NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (citizen_id, day, source, trust)
);

CREATE TABLE study_device (
    device_id uuid NOT NULL,
    highest_sequence bigint NOT NULL,
    received_count bigint NOT NULL,
    latest_end_ms bigint NOT NULL,
    boots text NOT NULL,
    PRIMARY KEY (device_id)
);

CREATE TABLE study_entry (
    citizen_id uuid NOT NULL,
    day bigint NOT NULL,
    posted bigint NOT NULL,
    started_s bigint NOT NULL,
    is_reversal bigint NOT NULL,
    ended_s bigint NOT NULL,
    line bigint NOT NULL,
    source text NOT NULL,
    trust text NOT NULL,
    work_id uuid,
    device_id uuid NOT NULL,
    content_start bigint,
    content_end bigint,
    uncertainty_s bigint NOT NULL,
    PRIMARY KEY (citizen_id, day, posted, started_s, is_reversal)
);
CREATE INDEX study_entry_claim ON study_entry USING btree (citizen_id, line, source, trust, is_reversal, started_s, ended_s) WHERE (trust = 'claimed'::text);
CREATE INDEX study_entry_uncertain ON study_entry USING btree (citizen_id) WHERE (uncertainty_s >= 7200);

CREATE TABLE study_head (
    citizen_id uuid NOT NULL,
    last_number bigint NOT NULL,
    PRIMARY KEY (citizen_id)
);

CREATE TABLE study_line (
    citizen_id uuid NOT NULL,
    number bigint NOT NULL,
    deed text NOT NULL,
    target bigint,
    device_id uuid,
    sequence bigint,
    account_id uuid,
    standing text NOT NULL,
    said text NOT NULL,
    judged text NOT NULL,
    started_s bigint NOT NULL,
    policy text NOT NULL,
    received_at bigint NOT NULL,
    PRIMARY KEY (citizen_id, number)
);
CREATE UNIQUE INDEX study_line_sequence ON study_line USING btree (device_id, sequence);
CREATE INDEX study_line_target ON study_line USING btree (citizen_id, target) WHERE (target IS NOT NULL);

CREATE TABLE study_refusal (
    device_id uuid NOT NULL,
    sequence bigint NOT NULL,
    said text NOT NULL,
    reason text NOT NULL,
    received_at bigint NOT NULL,
    PRIMARY KEY (device_id, sequence)
);

CREATE TABLE study_unit_month (
    unit_id uuid NOT NULL,
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
);

CREATE TABLE study_work (
    citizen_id uuid NOT NULL,
    work_id uuid NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (citizen_id, work_id)
);

CREATE TABLE tester (
    work_id uuid NOT NULL,
    account_id uuid NOT NULL,
    named_at bigint NOT NULL,
    PRIMARY KEY (work_id, account_id),
    FOREIGN KEY (account_id) REFERENCES account(id),
    FOREIGN KEY (work_id) REFERENCES work(id)
);

CREATE TABLE topic (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    "position" bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (slug)
);

CREATE TABLE unit (
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code)
);

CREATE TABLE unit_area (
    unit_id uuid NOT NULL,
    area_class text NOT NULL,
    source text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (unit_id, valid_from, recorded_at),
    FOREIGN KEY (unit_id) REFERENCES unit(id)
);

CREATE TABLE unit_edge (
    child_id uuid NOT NULL,
    parent_id uuid NOT NULL,
    edge_kind text NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (child_id, edge_kind, valid_from, recorded_at),
    FOREIGN KEY (child_id) REFERENCES unit(id),
    FOREIGN KEY (parent_id) REFERENCES unit(id)
);
CREATE INDEX unit_edge_parent ON unit_edge USING btree (parent_id, edge_kind);

CREATE TABLE unit_name (
    unit_id uuid NOT NULL,
    name text NOT NULL,
    sort_key bytea NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    recorded_at bigint NOT NULL,
    superseded_at bigint,
    PRIMARY KEY (unit_id, valid_from, recorded_at),
    FOREIGN KEY (unit_id) REFERENCES unit(id)
);

CREATE TABLE unit_people (
    unit_id uuid NOT NULL,
    day bigint NOT NULL,
    change bigint NOT NULL,
    PRIMARY KEY (unit_id, day)
);

CREATE TABLE unit_successor (
    unit_id uuid NOT NULL,
    successor_id uuid NOT NULL,
    happened_at bigint NOT NULL,
    share_ppm bigint NOT NULL,
    document text NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (unit_id, successor_id, happened_at),
    FOREIGN KEY (successor_id) REFERENCES unit(id),
    FOREIGN KEY (unit_id) REFERENCES unit(id)
);

CREATE TABLE upload (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    multipart text NOT NULL,
    state text NOT NULL,
    refusal text,
    asset_id uuid,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (account_id) REFERENCES account(id),
    FOREIGN KEY (asset_id) REFERENCES asset(id)
);
CREATE INDEX upload_account ON upload USING btree (account_id, created_at);

CREATE TABLE work (
    id uuid NOT NULL,
    kind text NOT NULL,
    slug text NOT NULL,
    released_revision_id uuid,
    released_at bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (slug)
);
CREATE INDEX work_kind_released ON work USING btree (kind, released_at DESC, id DESC) WHERE (released_revision_id IS NOT NULL);
CREATE INDEX work_released ON work USING btree (released_at DESC, id DESC) WHERE (released_revision_id IS NOT NULL);

CREATE TABLE work_topic (
    topic_id uuid NOT NULL,
    work_id uuid NOT NULL,
    released_at bigint NOT NULL,
    PRIMARY KEY (topic_id, work_id),
    FOREIGN KEY (topic_id) REFERENCES topic(id),
    FOREIGN KEY (work_id) REFERENCES work(id)
);
CREATE INDEX work_topic_work ON work_topic USING btree (work_id);

CREATE TABLE xapi_head (
    id bigint NOT NULL,
    last_position bigint NOT NULL,
    last_stored_at bigint NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE xapi_statement (
    id uuid NOT NULL,
    "position" bigint NOT NULL,
    account_id uuid NOT NULL,
    citizen_id uuid NOT NULL,
    digest bytea NOT NULL,
    said_at bigint,
    verb text NOT NULL,
    object_key text NOT NULL,
    registration uuid,
    viewing bytea,
    segments text,
    body text NOT NULL,
    stored_at bigint NOT NULL,
    voided_by uuid,
    study_state text NOT NULL,
    study text,
    line bigint,
    PRIMARY KEY (id),
    UNIQUE ("position"),
    FOREIGN KEY (account_id) REFERENCES account(id),
    FOREIGN KEY (citizen_id) REFERENCES citizen(id)
);
CREATE INDEX xapi_statement_citizen ON xapi_statement USING btree (citizen_id, "position");
CREATE INDEX xapi_statement_due ON xapi_statement USING btree (account_id, "position") WHERE (study_state = 'due'::text);
CREATE INDEX xapi_statement_object ON xapi_statement USING btree (citizen_id, object_key, "position");
CREATE INDEX xapi_statement_registration ON xapi_statement USING btree (registration, "position") WHERE (registration IS NOT NULL);
CREATE INDEX xapi_statement_verb ON xapi_statement USING btree (citizen_id, verb, "position");
CREATE INDEX xapi_statement_viewing ON xapi_statement USING btree (citizen_id, viewing) WHERE (viewing IS NOT NULL);
CREATE INDEX xapi_statement_voiding ON xapi_statement USING btree (object_key) WHERE (verb = 'http://adlnet.gov/expapi/verbs/voided'::text);
