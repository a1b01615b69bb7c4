-- Framework contracts: terms, lots, items, dated prices, options, parties, entitlements.
-- contract_id stands in every key, so that rows of one contract can live together on one node.

CREATE TABLE framework_contract (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    number text NOT NULL,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    search_words text NOT NULL DEFAULT '',
    regime text NOT NULL,
    status text NOT NULL,
    supply_chain text NOT NULL,
    mechanism text NOT NULL,
    currency text NOT NULL DEFAULT 'EUR',
    legal_basis text NOT NULL,
    notice_reference text NOT NULL,
    notice_date date NOT NULL,
    procedure_reference text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    unit_price_decimals integer NOT NULL DEFAULT 2,
    fee_pct numeric(8, 4) NOT NULL DEFAULT 0,
    process_central_share_net numeric(14, 2),
    min_order_value_net numeric(14, 2),
    surcharge_net numeric(14, 2),
    surcharge_vat_pct numeric(8, 4),
    delivery_terms text NOT NULL DEFAULT '',
    activated_at timestamptz,
    CONSTRAINT framework_contract_number_unique UNIQUE (body_id, number),
    CONSTRAINT framework_contract_regime_known CHECK (regime IN ('vgv', 'uvgo')),
    CONSTRAINT framework_contract_status_known CHECK (status IN ('draft', 'demand_survey', 'resolution', 'tender', 'award', 'active', 'suspended', 'terminated', 'wound_up', 'archived')),
    CONSTRAINT framework_contract_supply_chain_known CHECK (supply_chain IN ('direct', 'through_body')),
    CONSTRAINT framework_contract_mechanism_known CHECK (mechanism IN ('single', 'cascade', 'rotation', 'best_price_per_item', 'mini_competition_above')),
    CONSTRAINT framework_contract_mechanism_built CHECK (status <> 'active' OR mechanism = 'single'),
    CONSTRAINT framework_contract_currency_iso CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT framework_contract_term_in_order CHECK (starts_on <= ends_on),
    CONSTRAINT framework_contract_decimals_range CHECK (unit_price_decimals BETWEEN 2 AND 6),
    CONSTRAINT framework_contract_surcharge_whole CHECK ((surcharge_net IS NULL) = (surcharge_vat_pct IS NULL) AND (surcharge_net IS NULL OR min_order_value_net IS NOT NULL))
);
COMMENT ON TABLE framework_contract IS 'A framework agreement (§ 103 (5) GWB) tendered by a purchasing body';
COMMENT ON COLUMN framework_contract.id IS 'Made by the program';
COMMENT ON COLUMN framework_contract.body_id IS 'The purchasing body that concluded it; lead buyer where several bodies are parties';
COMMENT ON COLUMN framework_contract.number IS 'Contract number, stem of the call-off numbers, e.g. RV-2025-01';
COMMENT ON COLUMN framework_contract.title IS 'Short title in everyday words';
COMMENT ON COLUMN framework_contract.description IS 'What it is for, shown to buyers';
COMMENT ON COLUMN framework_contract.search_words IS 'Everyday words buyers search for';
COMMENT ON COLUMN framework_contract.regime IS 'vgv above, uvgo below the EU threshold';
COMMENT ON COLUMN framework_contract.status IS 'Stored status; expiry and exhaustion are derived, never stored';
COMMENT ON COLUMN framework_contract.supply_chain IS 'direct: the member orders from the supplier; through_body: in-house from the body, which orders from the supplier';
COMMENT ON COLUMN framework_contract.mechanism IS 'How a supplier is chosen; only single is built, others are refused at activation';
COMMENT ON COLUMN framework_contract.currency IS 'ISO 4217; no conversion, no mixed sums';
COMMENT ON COLUMN framework_contract.legal_basis IS 'Why members may call off without a procedure of their own, quoted on page and documents';
COMMENT ON COLUMN framework_contract.notice_reference IS 'Number of the contract notice';
COMMENT ON COLUMN framework_contract.notice_date IS 'Date of the contract notice; decides who is entitled (recital 60 Dir. 2014/24/EU)';
COMMENT ON COLUMN framework_contract.procedure_reference IS 'Number of the award procedure';
COMMENT ON COLUMN framework_contract.starts_on IS 'First day, included';
COMMENT ON COLUMN framework_contract.ends_on IS 'Last day without options, included';
COMMENT ON COLUMN framework_contract.unit_price_decimals IS 'Decimals to which derived unit prices are rounded';
COMMENT ON COLUMN framework_contract.fee_pct IS 'Fee of the cooperative in percent of the net order value';
COMMENT ON COLUMN framework_contract.process_central_share_net IS 'Share of the central tender counted against the process effect; null: no process effect';
COMMENT ON COLUMN framework_contract.min_order_value_net IS 'Minimum order value; null: none';
COMMENT ON COLUMN framework_contract.surcharge_net IS 'Small-order surcharge; null: an order below the minimum is refused';
COMMENT ON COLUMN framework_contract.surcharge_vat_pct IS 'VAT rate of the surcharge';
COMMENT ON COLUMN framework_contract.delivery_terms IS 'Delivery and payment terms, printed on the order';
COMMENT ON COLUMN framework_contract.activated_at IS 'When it became active';

CREATE TABLE contract_body (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    body_id uuid NOT NULL REFERENCES organisation,
    is_lead boolean NOT NULL,
    PRIMARY KEY (contract_id, body_id)
);
COMMENT ON TABLE contract_body IS 'Purchasing bodies that are party to a contract; exactly one leads';
COMMENT ON COLUMN contract_body.contract_id IS 'The contract';
COMMENT ON COLUMN contract_body.body_id IS 'A body that is party';
COMMENT ON COLUMN contract_body.is_lead IS 'The lead buyer';
CREATE UNIQUE INDEX contract_body_one_lead ON contract_body (contract_id) WHERE is_lead;

CREATE TABLE contract_option (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    new_end date NOT NULL,
    notice_deadline date NOT NULL,
    exercised_on date,
    document text NOT NULL DEFAULT '',
    PRIMARY KEY (contract_id, id),
    CONSTRAINT contract_option_document_present CHECK (exercised_on IS NULL OR document <> '')
);
COMMENT ON TABLE contract_option IS 'Option to extend the term; counts only if exercised by its deadline (§ 132 (2) no. 1 GWB)';
COMMENT ON COLUMN contract_option.contract_id IS 'The contract';
COMMENT ON COLUMN contract_option.id IS 'Made by the program';
COMMENT ON COLUMN contract_option.new_end IS 'Last day if exercised in time, included';
COMMENT ON COLUMN contract_option.notice_deadline IS 'Last day on which it can be exercised';
COMMENT ON COLUMN contract_option.exercised_on IS 'Day it was exercised; null: not yet';
COMMENT ON COLUMN contract_option.document IS 'Document of the exercise';

CREATE TABLE lot (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    number integer NOT NULL,
    title text NOT NULL,
    PRIMARY KEY (contract_id, id),
    CONSTRAINT lot_number_unique UNIQUE (contract_id, number)
);
COMMENT ON TABLE lot IS 'Lot of a contract; every contract has at least one';
COMMENT ON COLUMN lot.contract_id IS 'The contract';
COMMENT ON COLUMN lot.id IS 'Made by the program';
COMMENT ON COLUMN lot.number IS 'Number of the lot';
COMMENT ON COLUMN lot.title IS 'Title of the lot';

CREATE TABLE contract_party (
    contract_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    rank integer NOT NULL DEFAULT 1,
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (contract_id, lot_id, supplier_id),
    FOREIGN KEY (contract_id, lot_id) REFERENCES lot,
    CONSTRAINT contract_party_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT contract_party_rank_positive CHECK (rank >= 1)
);
COMMENT ON TABLE contract_party IS 'Supplier of a lot, from when to when';
COMMENT ON COLUMN contract_party.contract_id IS 'The contract';
COMMENT ON COLUMN contract_party.lot_id IS 'The lot';
COMMENT ON COLUMN contract_party.supplier_id IS 'The supplier';
COMMENT ON COLUMN contract_party.rank IS 'Rank among the suppliers of the lot';
COMMENT ON COLUMN contract_party.valid_from IS 'First day, included';
COMMENT ON COLUMN contract_party.valid_to IS 'Last day, included; null while no end is known';

CREATE TABLE item (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    lot_id uuid NOT NULL,
    article_number text NOT NULL,
    title text NOT NULL,
    unit text NOT NULL,
    cpv text,
    vat_category text NOT NULL DEFAULT 'S',
    vat_rate_pct numeric(8, 4) NOT NULL,
    vat_reason text NOT NULL DEFAULT '',
    min_quantity numeric(14, 4) NOT NULL DEFAULT 1,
    step numeric(14, 4) NOT NULL DEFAULT 1,
    personal_data boolean NOT NULL DEFAULT false,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, lot_id) REFERENCES lot,
    CONSTRAINT item_article_number_unique UNIQUE (contract_id, article_number),
    CONSTRAINT item_vat_category_known CHECK (vat_category IN ('S', 'Z', 'E', 'AE', 'O')),
    CONSTRAINT item_vat_rate_fits CHECK ((vat_category = 'S') = (vat_rate_pct > 0)),
    CONSTRAINT item_vat_reason_present CHECK (vat_category NOT IN ('E', 'AE', 'O') OR vat_reason <> ''),
    CONSTRAINT item_quantities_positive CHECK (min_quantity > 0 AND step >= 0)
);
COMMENT ON TABLE item IS 'Item of a lot''s schedule (Leistungsposition)';
COMMENT ON COLUMN item.contract_id IS 'The contract';
COMMENT ON COLUMN item.id IS 'Made by the program';
COMMENT ON COLUMN item.lot_id IS 'The lot';
COMMENT ON COLUMN item.article_number IS 'Article number, unique within the contract';
COMMENT ON COLUMN item.title IS 'Text of the schedule';
COMMENT ON COLUMN item.unit IS 'Unit in German, e.g. Stück, Nutzer, Tag';
COMMENT ON COLUMN item.cpv IS 'CPV code';
COMMENT ON COLUMN item.vat_category IS 'EN 16931 category: S standard or reduced, Z zero, E exempt, AE reverse charge, O outside';
COMMENT ON COLUMN item.vat_rate_pct IS 'VAT rate in percent, 0 unless category S';
COMMENT ON COLUMN item.vat_reason IS 'Reason for E, AE and O, printed on the order';
COMMENT ON COLUMN item.min_quantity IS 'Smallest quantity of a line';
COMMENT ON COLUMN item.step IS 'Packing unit: quantities are whole multiples; 0 is any quantity';
COMMENT ON COLUMN item.personal_data IS 'The item processes personal data (Art. 28 GDPR)';

CREATE TABLE price_term (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    version integer NOT NULL,
    kind text NOT NULL,
    unit_price numeric(16, 6),
    list_price numeric(16, 6),
    discount_pct numeric(8, 4),
    tiers jsonb,
    valid_from date NOT NULL,
    valid_to date,
    recorded_by uuid NOT NULL REFERENCES person,
    released_by uuid REFERENCES person,
    released_at timestamptz,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT price_term_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT price_term_version_unique UNIQUE (contract_id, item_id, supplier_id, version),
    CONSTRAINT price_term_parts_fit CHECK (
        CASE kind
            WHEN 'fixed' THEN unit_price IS NOT NULL AND list_price IS NULL AND discount_pct IS NULL AND tiers IS NULL
            WHEN 'subscription' THEN unit_price IS NOT NULL AND list_price IS NULL AND discount_pct IS NULL AND tiers IS NULL
            WHEN 'list_minus' THEN unit_price IS NULL AND list_price IS NOT NULL AND discount_pct BETWEEN 0 AND 100 AND tiers IS NULL
            WHEN 'tier_all_units_per_order' THEN unit_price IS NULL AND list_price IS NULL AND discount_pct IS NULL AND jsonb_array_length(tiers) >= 1
            ELSE false
        END),
    CONSTRAINT price_term_not_negative CHECK (coalesce(unit_price, 0) >= 0 AND coalesce(list_price, 0) >= 0),
    CONSTRAINT price_term_four_eyes CHECK (released_by IS NULL OR released_by <> recorded_by),
    CONSTRAINT price_term_no_overlap EXCLUDE USING gist (
        contract_id WITH =, item_id WITH =, supplier_id WITH =, daterange(valid_from, valid_to, '[]') WITH &&
    ) WHERE (released_at IS NOT NULL)
);
COMMENT ON TABLE price_term IS 'Dated price of an item with one supplier; released by a second person, never overwritten';
COMMENT ON COLUMN price_term.contract_id IS 'The contract';
COMMENT ON COLUMN price_term.id IS 'Made by the program';
COMMENT ON COLUMN price_term.item_id IS 'The item';
COMMENT ON COLUMN price_term.supplier_id IS 'The supplier';
COMMENT ON COLUMN price_term.version IS 'Running number per item and supplier';
COMMENT ON COLUMN price_term.kind IS 'fixed, subscription (per month), list_minus, tier_all_units_per_order';
COMMENT ON COLUMN price_term.unit_price IS 'Net price per unit; per unit and month for subscriptions';
COMMENT ON COLUMN price_term.list_price IS 'List price of the named list version';
COMMENT ON COLUMN price_term.discount_pct IS 'Discount on the list price in percent';
COMMENT ON COLUMN price_term.tiers IS 'Tiers as [{"from": "1", "unit_price": "912.40"}], ascending';
COMMENT ON COLUMN price_term.valid_from IS 'First day, included';
COMMENT ON COLUMN price_term.valid_to IS 'Last day, included; null while no end is known';
COMMENT ON COLUMN price_term.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN price_term.released_by IS 'Who released it; another person';
COMMENT ON COLUMN price_term.released_at IS 'When it was released; unreleased prices are not used';
CREATE INDEX price_term_of_item ON price_term (contract_id, item_id);

CREATE TABLE entitlement (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    mode text NOT NULL,
    member_id uuid REFERENCES organisation,
    kinds text[],
    region text,
    includes_future_members boolean NOT NULL DEFAULT false,
    valid_from date NOT NULL,
    valid_to date,
    entered_on date NOT NULL,
    document text NOT NULL,
    document_date date NOT NULL,
    modification_reference text,
    wording text NOT NULL DEFAULT '',
    PRIMARY KEY (contract_id, id),
    CONSTRAINT entitlement_mode_fits CHECK (
        CASE mode
            WHEN 'named' THEN member_id IS NOT NULL AND kinds IS NULL AND region IS NULL
            WHEN 'category' THEN member_id IS NULL AND kinds IS NOT NULL AND region IS NOT NULL AND wording <> ''
            ELSE false
        END),
    CONSTRAINT entitlement_document_present CHECK (document <> ''),
    CONSTRAINT entitlement_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to)
);
COMMENT ON TABLE entitlement IS 'Who may call off (Abrufberechtigung): a named member or an announced category, dated, with proof (recital 60 Dir. 2014/24/EU, C-216/17)';
COMMENT ON COLUMN entitlement.contract_id IS 'The contract';
COMMENT ON COLUMN entitlement.id IS 'Made by the program';
COMMENT ON COLUMN entitlement.mode IS 'named or category';
COMMENT ON COLUMN entitlement.member_id IS 'The named member';
COMMENT ON COLUMN entitlement.kinds IS 'Category: legal kinds announced';
COMMENT ON COLUMN entitlement.region IS 'Category: region announced';
COMMENT ON COLUMN entitlement.includes_future_members IS 'Category: the notice includes members that join later';
COMMENT ON COLUMN entitlement.valid_from IS 'First day of the entitlement, included';
COMMENT ON COLUMN entitlement.valid_to IS 'Last day, included; null while no end is known';
COMMENT ON COLUMN entitlement.entered_on IS 'Day the entry was made';
COMMENT ON COLUMN entitlement.document IS 'Document that proves it';
COMMENT ON COLUMN entitlement.document_date IS 'Date of that document';
COMMENT ON COLUMN entitlement.modification_reference IS 'Modification under § 132 GWB behind a later entry; null: none';
COMMENT ON COLUMN entitlement.wording IS 'Wording of the notice';
CREATE INDEX entitlement_of_member ON entitlement (contract_id, member_id);

CREATE TABLE guard (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    scope text NOT NULL,
    measure text NOT NULL,
    lot_id uuid,
    item_id uuid,
    member_id uuid REFERENCES organisation,
    limit_amount numeric(18, 4),
    hard boolean NOT NULL DEFAULT true,
    authorised numeric(18, 4) NOT NULL DEFAULT 0,
    recorded numeric(18, 4) NOT NULL DEFAULT 0,
    reserved numeric(18, 4) NOT NULL DEFAULT 0,
    breached boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 0,
    last_number integer NOT NULL DEFAULT 0,
    chain_length bigint NOT NULL DEFAULT 0,
    chain_previous bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    chain_head bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, lot_id) REFERENCES lot,
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT guard_scope_fits CHECK (
        CASE scope
            WHEN 'contract' THEN lot_id IS NULL AND item_id IS NULL AND member_id IS NULL
            WHEN 'lot' THEN lot_id IS NOT NULL AND item_id IS NULL AND member_id IS NULL
            WHEN 'item' THEN lot_id IS NULL AND item_id IS NOT NULL AND member_id IS NULL
            WHEN 'member' THEN lot_id IS NULL AND item_id IS NULL AND member_id IS NOT NULL
            ELSE false
        END),
    CONSTRAINT guard_measure_known CHECK (measure IN ('value', 'quantity')),
    CONSTRAINT guard_scope_unique UNIQUE NULLS NOT DISTINCT (contract_id, scope, measure, lot_id, item_id, member_id),
    CONSTRAINT guard_limit_not_negative CHECK (limit_amount IS NULL OR limit_amount >= 0),
    CONSTRAINT guard_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT guard_authorised_not_negative CHECK (authorised >= 0),
    CONSTRAINT guard_ceiling_holds CHECK (breached OR NOT hard OR limit_amount IS NULL OR authorised + recorded + reserved <= limit_amount),
    CONSTRAINT guard_only_quotas_soft CHECK (hard OR scope = 'member'),
    CONSTRAINT guard_numbers_on_contract_value CHECK ((scope = 'contract' AND measure = 'value') OR (last_number = 0 AND chain_length = 0))
) WITH (fillfactor = 50);
COMMENT ON TABLE guard IS 'One row per ceiling scope. What Abruf lets through never exceeds a hard limit: guard_ceiling_holds refuses it. The volume ledger is the truth, this row its sum';
COMMENT ON COLUMN guard.contract_id IS 'The contract';
COMMENT ON COLUMN guard.id IS 'Made by the program';
COMMENT ON COLUMN guard.scope IS 'contract, lot, item or member (quota)';
COMMENT ON COLUMN guard.measure IS 'value (net, contract currency) or quantity (item unit)';
COMMENT ON COLUMN guard.lot_id IS 'The lot of scope lot';
COMMENT ON COLUMN guard.item_id IS 'The item of scope item';
COMMENT ON COLUMN guard.member_id IS 'The member of scope member';
COMMENT ON COLUMN guard.limit_amount IS 'Ceiling; null is explicitly unlimited, zero is zero';
COMMENT ON COLUMN guard.hard IS 'false: soft quota, exceeding it needs a justification';
COMMENT ON COLUMN guard.authorised IS 'Released through Abruf';
COMMENT ON COLUMN guard.recorded IS 'Facts that happened outside: emergency orders, imported turnover; may exceed the limit';
COMMENT ON COLUMN guard.reserved IS 'Held by submitted requests';
COMMENT ON COLUMN guard.breached IS 'Recorded facts exceed the limit; blocks every further call-off';
COMMENT ON COLUMN guard.version IS 'Counts the changes of this row';
COMMENT ON COLUMN guard.last_number IS 'Contract value row: last call-off number issued';
COMMENT ON COLUMN guard.chain_length IS 'Contract value row: entries in the contract''s audit chain';
COMMENT ON COLUMN guard.chain_previous IS 'Contract value row: the head before the last entry, so that one statement can move the head and write the entry';
COMMENT ON COLUMN guard.chain_head IS 'Contract value row: hash of the last entry of the audit chain';
