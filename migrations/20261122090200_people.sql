-- Persons, what they may do for whom and when, and how they sign in.

CREATE TABLE person (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text,
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CONSTRAINT person_email_unique UNIQUE (email),
    CONSTRAINT person_email_lower CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    CONSTRAINT person_name_length CHECK (length(name) BETWEEN 1 AND 200)
);
COMMENT ON TABLE person IS 'A natural person with an account';
COMMENT ON COLUMN person.id IS 'Made by the program; the opaque actor id of the audit log';
COMMENT ON COLUMN person.email IS 'Sign-in name, lower case';
COMMENT ON COLUMN person.name IS 'Name as shown and printed';
COMMENT ON COLUMN person.password_hash IS 'argon2id in PHC form; null until the person has set a password';
COMMENT ON COLUMN person.demo IS 'Account of the demo; refused on non-loopback addresses';
COMMENT ON COLUMN person.created_at IS 'When the account was made';

CREATE TABLE assignment (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    role text NOT NULL,
    organisation_id uuid NOT NULL REFERENCES organisation,
    body_id uuid NOT NULL REFERENCES organisation,
    valid_from date NOT NULL,
    valid_to date,
    release_limit_gross numeric(14, 2),
    period_from date,
    period_to date,
    all_members boolean NOT NULL DEFAULT false,
    CONSTRAINT assignment_role_known CHECK (role IN ('buyer', 'approver', 'treasurer', 'office', 'board', 'supervisory_board', 'auditor', 'administrator')),
    CONSTRAINT assignment_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT assignment_auditor_scope CHECK (role <> 'auditor' OR (valid_to IS NOT NULL AND period_from IS NOT NULL AND period_to IS NOT NULL AND period_from <= period_to))
);
COMMENT ON TABLE assignment IS 'What a person may do, for which organisation, from when to when; a person acts for one assignment at a time';
COMMENT ON COLUMN assignment.id IS 'Made by the program';
COMMENT ON COLUMN assignment.person_id IS 'Who';
COMMENT ON COLUMN assignment.role IS 'One of the eight roles';
COMMENT ON COLUMN assignment.organisation_id IS 'For whom: a member for buyer, approver and treasurer, the body for office, board and administrator, the audit body for auditors';
COMMENT ON COLUMN assignment.body_id IS 'In whose house';
COMMENT ON COLUMN assignment.valid_from IS 'First day, included';
COMMENT ON COLUMN assignment.valid_to IS 'Last day, included; required for auditors';
COMMENT ON COLUMN assignment.release_limit_gross IS 'Approvers: largest gross order value they may release; null is unlimited';
COMMENT ON COLUMN assignment.period_from IS 'Auditors: first day of the call-offs in scope';
COMMENT ON COLUMN assignment.period_to IS 'Auditors: last day of the call-offs in scope, included';
COMMENT ON COLUMN assignment.all_members IS 'Auditors: every member of the body is in scope';
CREATE INDEX assignment_of_person ON assignment (person_id);
CREATE INDEX assignment_of_organisation ON assignment (organisation_id, role);

CREATE TABLE assignment_member (
    assignment_id uuid NOT NULL REFERENCES assignment,
    member_id uuid NOT NULL REFERENCES organisation,
    PRIMARY KEY (assignment_id, member_id)
);
COMMENT ON TABLE assignment_member IS 'Auditors: the members in scope, unless all are';
COMMENT ON COLUMN assignment_member.assignment_id IS 'The auditor''s assignment';
COMMENT ON COLUMN assignment_member.member_id IS 'A member in scope';

CREATE TABLE session (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    assignment_id uuid REFERENCES assignment,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE session IS 'A signed-in session; the signed token names it, the row can be revoked';
COMMENT ON COLUMN session.id IS 'Session id, claim `sid` of the token';
COMMENT ON COLUMN session.person_id IS 'Who signed in';
COMMENT ON COLUMN session.assignment_id IS 'The assignment the person acts for now; null until one is chosen';
COMMENT ON COLUMN session.created_at IS 'Sign-in';
COMMENT ON COLUMN session.last_seen_at IS 'Last renewal';
COMMENT ON COLUMN session.expires_at IS 'End if not renewed';
COMMENT ON COLUMN session.revoked_at IS 'Signed out or ended by an administrator';
CREATE INDEX session_of_person ON session (person_id);

CREATE TABLE one_time_link (
    token_sha256 bytea PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
COMMENT ON TABLE one_time_link IS 'Links that let a person set a password once';
COMMENT ON COLUMN one_time_link.token_sha256 IS 'SHA-256 of the token; the token itself is never stored';
COMMENT ON COLUMN one_time_link.person_id IS 'For whom';
COMMENT ON COLUMN one_time_link.created_at IS 'When it was made';
COMMENT ON COLUMN one_time_link.expires_at IS 'End, 30 minutes later';
COMMENT ON COLUMN one_time_link.used_at IS 'When it was used';

CREATE TABLE sign_in_attempt (
    email_sha256 bytea PRIMARY KEY,
    failures integer NOT NULL,
    locked_until timestamptz,
    last_at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_attempt IS 'Failed sign-ins in a row per address, known or not; shared by all nodes';
COMMENT ON COLUMN sign_in_attempt.email_sha256 IS 'SHA-256 of the lower-case address, so that typing errors store no personal data';
COMMENT ON COLUMN sign_in_attempt.failures IS 'Failures since the last success';
COMMENT ON COLUMN sign_in_attempt.locked_until IS 'No attempt is looked at before';
COMMENT ON COLUMN sign_in_attempt.last_at IS 'Last failure';

CREATE TABLE installation (
    only_row boolean PRIMARY KEY DEFAULT true,
    session_key bytea NOT NULL,
    csrf_key bytea NOT NULL,
    demo_seed bigint,
    demo_anchor date,
    demo_loaded_at timestamptz,
    outbox_held boolean NOT NULL DEFAULT false,
    CONSTRAINT installation_one_row CHECK (only_row)
);
COMMENT ON TABLE installation IS 'One row: keys of this installation and the state of its demo';
COMMENT ON COLUMN installation.only_row IS 'Always true';
COMMENT ON COLUMN installation.session_key IS 'Private Ed25519 key (PKCS#8) that signs session tokens';
COMMENT ON COLUMN installation.csrf_key IS 'Key of the form tokens';
COMMENT ON COLUMN installation.demo_seed IS 'Seed of the demo data; null where there is no demo';
COMMENT ON COLUMN installation.demo_anchor IS 'Day the demo data are anchored to';
COMMENT ON COLUMN installation.demo_loaded_at IS 'When the demo load was complete; null while it runs';
COMMENT ON COLUMN installation.outbox_held IS 'After a restore nothing leaves the house until an operator says so';
