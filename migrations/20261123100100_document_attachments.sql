-- The order as data lies in its frozen PDF; what lies there is listed, so that an archive knows names, lengths and
-- hashes of its files before it reads them.

CREATE TABLE document_attachment (
    contract_id uuid NOT NULL,
    document_id uuid NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    length bigint NOT NULL,
    PRIMARY KEY (contract_id, document_id, name),
    FOREIGN KEY (contract_id, document_id) REFERENCES document,
    CONSTRAINT document_attachment_name_known CHECK (name IN ('order-x.xml', 'peppol-order.xml')),
    CONSTRAINT document_attachment_hash_length CHECK (length(sha256) = 32),
    CONSTRAINT document_attachment_not_empty CHECK (length > 0)
);
COMMENT ON TABLE document_attachment IS 'A file that lies in the PDF of a document; its bytes are there and nowhere else';
COMMENT ON COLUMN document_attachment.contract_id IS 'The contract';
COMMENT ON COLUMN document_attachment.document_id IS 'The document';
COMMENT ON COLUMN document_attachment.name IS 'Its name in the PDF: order-x.xml (Order-X) or peppol-order.xml (Peppol BIS Order only 3)';
COMMENT ON COLUMN document_attachment.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN document_attachment.length IS 'Size of the file in bytes';
CREATE TRIGGER document_attachment_append_only BEFORE UPDATE OR DELETE ON document_attachment FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON document_attachment TO abruf_app;
ALTER TABLE document_attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE document_attachment FORCE ROW LEVEL SECURITY;
CREATE POLICY document_attachment_with_document ON document_attachment USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM document d
               WHERE d.contract_id = document_attachment.contract_id AND d.id = document_attachment.document_id));
