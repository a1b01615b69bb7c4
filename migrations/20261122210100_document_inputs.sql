-- What a document was made from, so that it can be made again: its canonical input, and the texts of its templates.

CREATE TABLE document_template (
    version text NOT NULL,
    name text NOT NULL,
    wording text NOT NULL,
    PRIMARY KEY (version, name),
    CONSTRAINT document_template_version_form CHECK (version ~ '^[0-9a-f]{12}$'),
    CONSTRAINT document_template_name_present CHECK (name <> '')
);
COMMENT ON TABLE document_template IS 'Texts of the templates documents were made with; they hold wording and layout, no data of anybody';
COMMENT ON COLUMN document_template.version IS 'document.template_version: short hash over all texts of the version';
COMMENT ON COLUMN document_template.name IS 'File name, e.g. order.xml.j2';
COMMENT ON COLUMN document_template.wording IS 'The text';
GRANT SELECT, INSERT ON document_template TO abruf_app;
CREATE TRIGGER document_template_append_only BEFORE UPDATE OR DELETE ON document_template FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER document_template_no_truncate BEFORE TRUNCATE ON document_template FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

ALTER TABLE document ADD COLUMN input text;
COMMENT ON COLUMN document.input IS 'Canonical JSON the Prüfkennung stands for; null for documents made before it was kept';
ALTER TABLE document ADD CONSTRAINT document_input_is_object CHECK (input LIKE '{%}');

CREATE INDEX document_by_sha256 ON document (sha256);
