-- Organisations, the dated roles they play, and memberships of a purchasing body.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE organisation (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    region text NOT NULL,
    jurisdiction text NOT NULL DEFAULT 'de/st',
    official_key text,
    inhabitants integer,
    street text NOT NULL DEFAULT '',
    postcode text NOT NULL DEFAULT '',
    town text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    leitweg_id text,
    created_at timestamptz NOT NULL,
    CONSTRAINT organisation_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT organisation_kind_known CHECK (kind IN ('gemeinde', 'einheitsgemeinde', 'verbandsgemeinde', 'mitgliedsgemeinde', 'stadt', 'landkreis', 'land', 'zweckverband', 'anstalt', 'kommunales_unternehmen', 'stiftung', 'hochschule', 'genossenschaft', 'unternehmen', 'pruefungsamt')),
    CONSTRAINT organisation_official_key_unique UNIQUE (official_key)
);
COMMENT ON TABLE organisation IS 'A legal person: purchasing body, member, supplier or audit body; one may be several of them';
COMMENT ON COLUMN organisation.id IS 'Made by the program, UUID version 7';
COMMENT ON COLUMN organisation.name IS 'Official name, as printed on documents';
COMMENT ON COLUMN organisation.kind IS 'Legal kind; an announced category of buyers names kinds';
COMMENT ON COLUMN organisation.region IS 'ISO 3166-2, e.g. DE-ST; an announced category of buyers names a region';
COMMENT ON COLUMN organisation.jurisdiction IS 'Path of the law pack for budget, form, retention and holidays, e.g. de/st';
COMMENT ON COLUMN organisation.official_key IS 'Official municipality key (AGS) where it has one';
COMMENT ON COLUMN organisation.inhabitants IS 'Population of the municipal register, for figures per inhabitant';
COMMENT ON COLUMN organisation.street IS 'Street and number';
COMMENT ON COLUMN organisation.postcode IS 'Postcode';
COMMENT ON COLUMN organisation.town IS 'Town of the address';
COMMENT ON COLUMN organisation.email IS 'Central mail address';
COMMENT ON COLUMN organisation.leitweg_id IS 'Routing id for e-invoices (ERechVO LSA); private-law members may have none';
COMMENT ON COLUMN organisation.created_at IS 'When the row was written';

CREATE TABLE organisation_role (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation,
    body_id uuid NOT NULL REFERENCES organisation,
    role text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT organisation_role_known CHECK (role IN ('body', 'member', 'supplier', 'audit_body')),
    CONSTRAINT organisation_role_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT organisation_role_once EXCLUDE USING gist (
        organisation_id WITH =, body_id WITH =, role WITH =, daterange(valid_from, valid_to, '[]') WITH &&
    )
);
COMMENT ON TABLE organisation_role IS 'What an organisation is to a purchasing body, from when to when; a municipal IT company can be founder, member and supplier';
COMMENT ON COLUMN organisation_role.id IS 'Made by the program';
COMMENT ON COLUMN organisation_role.organisation_id IS 'Who';
COMMENT ON COLUMN organisation_role.body_id IS 'To which purchasing body; the body itself for role body';
COMMENT ON COLUMN organisation_role.role IS 'body, member, supplier or audit_body';
COMMENT ON COLUMN organisation_role.valid_from IS 'First day, included';
COMMENT ON COLUMN organisation_role.valid_to IS 'Last day, included; null while no end is known';

CREATE TABLE membership (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid NOT NULL REFERENCES organisation,
    declared_on date NOT NULL,
    effective_from date NOT NULL,
    effective_to date,
    listed_on date,
    shares integer NOT NULL DEFAULT 1,
    share_value_net numeric(14, 2) NOT NULL DEFAULT 0,
    input_vat_deductible boolean NOT NULL DEFAULT false,
    CONSTRAINT membership_in_order CHECK (effective_to IS NULL OR effective_from <= effective_to),
    CONSTRAINT membership_declared_first CHECK (declared_on <= effective_from),
    CONSTRAINT membership_shares_positive CHECK (shares >= 1),
    CONSTRAINT membership_once EXCLUDE USING gist (
        body_id WITH =, member_id WITH =, daterange(effective_from, effective_to, '[]') WITH &&
    )
);
COMMENT ON TABLE membership IS 'Membership in a cooperative (GenG §§ 15, 65); the date of admission decides, the list entry is declaratory';
COMMENT ON COLUMN membership.id IS 'Made by the program';
COMMENT ON COLUMN membership.body_id IS 'The cooperative';
COMMENT ON COLUMN membership.member_id IS 'The member';
COMMENT ON COLUMN membership.declared_on IS 'Date of the declaration of accession in text form';
COMMENT ON COLUMN membership.effective_from IS 'Date of admission or the date set in it; first day of membership';
COMMENT ON COLUMN membership.effective_to IS 'Last day of membership, normally 31 December; null while no end is known';
COMMENT ON COLUMN membership.listed_on IS 'Entry in the list of members (§ 30 GenG); declaratory';
COMMENT ON COLUMN membership.shares IS 'Number of shares taken';
COMMENT ON COLUMN membership.share_value_net IS 'Nominal value of one share';
COMMENT ON COLUMN membership.input_vat_deductible IS 'Whether the member may deduct input VAT (§ 2b UStG)';

CREATE TABLE register_entry (
    official_key text PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    district text NOT NULL,
    association text NOT NULL DEFAULT '',
    inhabitants integer NOT NULL,
    area_km2 numeric(10, 2) NOT NULL,
    postcode text NOT NULL,
    source text NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT register_entry_inhabitants_positive CHECK (inhabitants >= 0)
);
COMMENT ON TABLE register_entry IS 'Directory of real municipalities from the official register, from which the office admits members';
COMMENT ON COLUMN register_entry.official_key IS 'Official municipality key (AGS), eight digits';
COMMENT ON COLUMN register_entry.name IS 'Official name';
COMMENT ON COLUMN register_entry.kind IS 'Kind as the register words it';
COMMENT ON COLUMN register_entry.district IS 'District (Landkreis) or the town itself';
COMMENT ON COLUMN register_entry.association IS 'Verbandsgemeinde, empty if none';
COMMENT ON COLUMN register_entry.inhabitants IS 'Population at the date of the register';
COMMENT ON COLUMN register_entry.area_km2 IS 'Area in square kilometres';
COMMENT ON COLUMN register_entry.postcode IS 'Postcode of the administration';
COMMENT ON COLUMN register_entry.source IS 'Source line that must be printed with the data';
COMMENT ON COLUMN register_entry.imported_at IS 'When the row was last imported';
