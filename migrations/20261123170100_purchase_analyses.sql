-- What a town or a member would have saved: an upload that waits to be confirmed, the analysis, its lines and its sums.
-- The lines are the uploader's business alone. The office sees that an analysis exists; its sums only where the
-- uploader consents. All of it goes after thirty days, unless the town joins.

CREATE TABLE purchase_upload (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    invitation_id uuid REFERENCES newcomer_invitation,
    member_id uuid REFERENCES organisation,
    file_name text NOT NULL,
    sheet jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    delete_after timestamptz NOT NULL,
    CONSTRAINT purchase_upload_of_one CHECK (num_nonnulls(invitation_id, member_id) = 1),
    CONSTRAINT purchase_upload_one_by_invitation UNIQUE (invitation_id),
    CONSTRAINT purchase_upload_one_by_member UNIQUE (member_id),
    CONSTRAINT purchase_upload_ends CHECK (created_at < delete_after)
);
COMMENT ON TABLE purchase_upload IS 'A file of purchases that was looked at and not confirmed; a later one takes its place';
COMMENT ON COLUMN purchase_upload.id IS 'Made by the program';
COMMENT ON COLUMN purchase_upload.body_id IS 'Whose contracts it is to be compared with';
COMMENT ON COLUMN purchase_upload.invitation_id IS 'By which invitation';
COMMENT ON COLUMN purchase_upload.member_id IS 'Or by which member';
COMMENT ON COLUMN purchase_upload.file_name IS 'Name of the file';
COMMENT ON COLUMN purchase_upload.sheet IS 'Its cells, as read';
COMMENT ON COLUMN purchase_upload.created_at IS 'When it was uploaded';
COMMENT ON COLUMN purchase_upload.delete_after IS 'Goes then if nobody confirms it';

CREATE TABLE purchase_analysis (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    invitation_id uuid REFERENCES newcomer_invitation,
    member_id uuid REFERENCES organisation,
    file_name text NOT NULL,
    currency text NOT NULL,
    prices_of date NOT NULL,
    rows_read integer NOT NULL,
    rows_rejected integer NOT NULL,
    consent boolean NOT NULL,
    created_at timestamptz NOT NULL,
    delete_after timestamptz,
    CONSTRAINT purchase_analysis_of_somebody CHECK (num_nonnulls(invitation_id, member_id) >= 1),
    CONSTRAINT purchase_analysis_one_by_invitation UNIQUE (invitation_id),
    CONSTRAINT purchase_analysis_kept_by_members_only CHECK (delete_after IS NOT NULL OR member_id IS NOT NULL),
    CONSTRAINT purchase_analysis_thirty_days CHECK (delete_after <= created_at + interval '720 hours'),
    CONSTRAINT purchase_analysis_rows CHECK (0 <= rows_rejected AND rows_rejected <= rows_read)
);
CREATE UNIQUE INDEX purchase_analysis_one_of_member ON purchase_analysis (member_id) WHERE invitation_id IS NULL;
CREATE INDEX purchase_analysis_of_body ON purchase_analysis (body_id);
CREATE INDEX purchase_analysis_due ON purchase_analysis (delete_after) WHERE delete_after IS NOT NULL;
COMMENT ON TABLE purchase_analysis IS 'Past purchases of a town or member compared with the price lists of one day';
COMMENT ON COLUMN purchase_analysis.id IS 'Made by the program';
COMMENT ON COLUMN purchase_analysis.body_id IS 'Whose contracts it was compared with';
COMMENT ON COLUMN purchase_analysis.invitation_id IS 'The invitation it was made by; null where a member made it';
COMMENT ON COLUMN purchase_analysis.member_id IS 'The member it belongs to; set when the invited town joins';
COMMENT ON COLUMN purchase_analysis.file_name IS 'Name of the file';
COMMENT ON COLUMN purchase_analysis.currency IS 'ISO 4217; of lines whose file names none';
COMMENT ON COLUMN purchase_analysis.prices_of IS 'Day of the price lists';
COMMENT ON COLUMN purchase_analysis.rows_read IS 'Rows of the file behind its header';
COMMENT ON COLUMN purchase_analysis.rows_rejected IS 'Of these: could not be read';
COMMENT ON COLUMN purchase_analysis.consent IS 'The uploader lets the office see the sums';
COMMENT ON COLUMN purchase_analysis.created_at IS 'When it was confirmed';
COMMENT ON COLUMN purchase_analysis.delete_after IS 'Goes then; null once the town is a member';

CREATE TABLE purchase_line (
    analysis_id uuid NOT NULL REFERENCES purchase_analysis ON DELETE CASCADE,
    line integer NOT NULL,
    article_number text NOT NULL,
    description text NOT NULL,
    unit text NOT NULL,
    quantity numeric(14, 4) NOT NULL,
    paid_net numeric(14, 2) NOT NULL,
    currency text NOT NULL,
    bought_on date,
    contract_id uuid,
    item_id uuid,
    words_in_common integer,
    ours_net numeric(14, 2),
    reason text,
    PRIMARY KEY (analysis_id, line),
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT purchase_line_matched_or_not CHECK (
        (reason IS NULL) = (contract_id IS NOT NULL AND item_id IS NOT NULL AND ours_net IS NOT NULL)
        AND num_nonnulls(contract_id, item_id, ours_net) IN (0, 3)),
    CONSTRAINT purchase_line_words CHECK (words_in_common IS NULL OR (words_in_common BETWEEN 60 AND 100 AND reason IS NULL)),
    CONSTRAINT purchase_line_positive CHECK (quantity > 0 AND paid_net >= 0),
    CONSTRAINT purchase_line_reason_known CHECK (reason IN ('not_listed', 'ambiguous', 'unit', 'currency', 'no_unit', 'no_price'))
);
COMMENT ON TABLE purchase_line IS 'A line of past purchases with the item it would have been, or why it would have been none';
COMMENT ON COLUMN purchase_line.analysis_id IS 'The analysis';
COMMENT ON COLUMN purchase_line.line IS 'Line of the file, from 1';
COMMENT ON COLUMN purchase_line.article_number IS 'Article number as in the file';
COMMENT ON COLUMN purchase_line.description IS 'Words as in the file';
COMMENT ON COLUMN purchase_line.unit IS 'Unit as in the file, with the time of the price';
COMMENT ON COLUMN purchase_line.quantity IS 'How much was bought';
COMMENT ON COLUMN purchase_line.paid_net IS 'Net amount paid';
COMMENT ON COLUMN purchase_line.currency IS 'ISO 4217';
COMMENT ON COLUMN purchase_line.bought_on IS 'When, if the file says so';
COMMENT ON COLUMN purchase_line.contract_id IS 'The contract it would have been called off from';
COMMENT ON COLUMN purchase_line.item_id IS 'The item';
COMMENT ON COLUMN purchase_line.words_in_common IS 'Percent of words in common; null where the article number matched';
COMMENT ON COLUMN purchase_line.ours_net IS 'What the list asks for the quantity; shown to whoever is entitled only';
COMMENT ON COLUMN purchase_line.reason IS 'Why it was compared with nothing';

CREATE TABLE purchase_sum (
    analysis_id uuid NOT NULL REFERENCES purchase_analysis ON DELETE CASCADE,
    contract_id uuid NOT NULL REFERENCES framework_contract,
    lines integer NOT NULL,
    articles integer NOT NULL,
    paid_net numeric(14, 2) NOT NULL,
    ours_net numeric(14, 2) NOT NULL,
    PRIMARY KEY (analysis_id, contract_id),
    CONSTRAINT purchase_sum_counts CHECK (1 <= articles AND articles <= lines)
);
COMMENT ON TABLE purchase_sum IS 'The matched lines of an analysis added up by contract, for the office where the uploader consents';
COMMENT ON COLUMN purchase_sum.analysis_id IS 'The analysis';
COMMENT ON COLUMN purchase_sum.contract_id IS 'The contract';
COMMENT ON COLUMN purchase_sum.lines IS 'Lines that matched an item of it';
COMMENT ON COLUMN purchase_sum.articles IS 'Different items among them';
COMMENT ON COLUMN purchase_sum.paid_net IS 'Net amount paid for them';
COMMENT ON COLUMN purchase_sum.ours_net IS 'What the list asks for them';

GRANT SELECT, INSERT, DELETE ON purchase_upload, purchase_analysis, purchase_line, purchase_sum TO abruf_app;
GRANT UPDATE (member_id, delete_after) ON purchase_analysis TO abruf_app;

ALTER TABLE purchase_upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE purchase_upload FORCE ROW LEVEL SECURITY;
CREATE POLICY purchase_upload_actor ON purchase_upload USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'newcomer' THEN invitation_id = (SELECT abruf.actor_invitation())
        ELSE false
    END);

ALTER TABLE purchase_analysis ENABLE ROW LEVEL SECURITY;
ALTER TABLE purchase_analysis FORCE ROW LEVEL SECURITY;
CREATE POLICY purchase_analysis_actor ON purchase_analysis USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'newcomer' THEN invitation_id = (SELECT abruf.actor_invitation())
        ELSE false
    END);
-- The body knows of them and hands them to a town that joins; it neither makes nor deletes any.
CREATE POLICY purchase_analysis_body_reads ON purchase_analysis FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body()));
CREATE POLICY purchase_analysis_body_hands_over ON purchase_analysis FOR UPDATE USING (
    (SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body()));

ALTER TABLE purchase_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE purchase_line FORCE ROW LEVEL SECURITY;
CREATE POLICY purchase_line_of_uploader ON purchase_line USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) IN ('member', 'newcomer')
        AND EXISTS (SELECT FROM purchase_analysis a WHERE a.id = purchase_line.analysis_id)));

ALTER TABLE purchase_sum ENABLE ROW LEVEL SECURITY;
ALTER TABLE purchase_sum FORCE ROW LEVEL SECURITY;
CREATE POLICY purchase_sum_of_uploader ON purchase_sum USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) IN ('member', 'newcomer')
        AND EXISTS (SELECT FROM purchase_analysis a WHERE a.id = purchase_sum.analysis_id)));
CREATE POLICY purchase_sum_with_consent ON purchase_sum FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'body'
    AND EXISTS (SELECT FROM purchase_analysis a WHERE a.id = purchase_sum.analysis_id AND a.consent));
