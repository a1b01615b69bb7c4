-- Text blocks, logos and fonts of the customer beside its templates. A logo or font lies here once, named by its hash.

CREATE TABLE template_asset (
    sha256 bytea PRIMARY KEY,
    bytes bytea NOT NULL,
    CONSTRAINT template_asset_hash_of_bytes CHECK (sha256 = sha256(bytes)),
    CONSTRAINT template_asset_size CHECK (octet_length(bytes) BETWEEN 1 AND 2000000)
);
COMMENT ON TABLE template_asset IS 'Logos and fonts as they were loaded; they hold no data of anybody';
COMMENT ON COLUMN template_asset.sha256 IS 'SHA-256 of the file: its name for templates and documents';
COMMENT ON COLUMN template_asset.bytes IS 'The file: PNG, JPEG, TTF or OTF';
GRANT SELECT, INSERT ON template_asset TO abruf_app;
CREATE TRIGGER template_asset_append_only BEFORE UPDATE OR DELETE ON template_asset FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER template_asset_no_truncate BEFORE TRUNCATE ON template_asset FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

ALTER TABLE template_override ADD COLUMN asset_sha256 bytea REFERENCES template_asset;
COMMENT ON COLUMN template_override.asset_sha256 IS 'The logo or font; null for texts, and where it is taken back';
ALTER TABLE template_override DROP CONSTRAINT template_override_name_form;
ALTER TABLE template_override ADD CONSTRAINT template_override_name_form CHECK (
    name ~ '^([a-z_]+\.xml\.j2|letterhead\.toml|blocks/[a-z0-9_]+\.txt|logo\.(png|jpg|jpeg)|fonts/[A-Za-z0-9_-]+\.(ttf|otf))$');
ALTER TABLE template_override DROP CONSTRAINT template_override_whole;
ALTER TABLE template_override ADD CONSTRAINT template_override_whole CHECK ((version IS NULL) = (wording IS NULL AND asset_sha256 IS NULL));
ALTER TABLE template_override ADD CONSTRAINT template_override_text_or_asset CHECK (wording IS NULL OR asset_sha256 IS NULL);

CREATE TABLE document_template_asset (
    version text NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL REFERENCES template_asset,
    PRIMARY KEY (version, name),
    CONSTRAINT document_template_asset_version_form CHECK (version ~ '^[0-9a-f]{12}$'),
    CONSTRAINT document_template_asset_name_present CHECK (name <> '')
);
COMMENT ON TABLE document_template_asset IS 'Logo and fonts documents were made with, so that they can be made again';
COMMENT ON COLUMN document_template_asset.version IS 'document.template_version: short hash over all texts and files of the version';
COMMENT ON COLUMN document_template_asset.name IS 'File name, e.g. logo.png';
COMMENT ON COLUMN document_template_asset.sha256 IS 'The file';
GRANT SELECT, INSERT ON document_template_asset TO abruf_app;
CREATE TRIGGER document_template_asset_append_only BEFORE UPDATE OR DELETE ON document_template_asset FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER document_template_asset_no_truncate BEFORE TRUNCATE ON document_template_asset FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();
