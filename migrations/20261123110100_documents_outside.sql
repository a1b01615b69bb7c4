-- Documents may lie outside the database, in a folder or with an S3-compatible service: their row keeps the hash.

ALTER TABLE document ALTER COLUMN bytes DROP NOT NULL;
ALTER TABLE document ADD COLUMN byte_count integer;
COMMENT ON COLUMN document.byte_count IS 'Size of the file; null in rows from before it was kept, whose file lies here';
ALTER TABLE document ADD CONSTRAINT document_bytes_here_or_counted CHECK (bytes IS NOT NULL OR byte_count IS NOT NULL);
ALTER TABLE document ADD CONSTRAINT document_count_of_bytes CHECK (byte_count = octet_length(bytes));

ALTER TABLE certificate ALTER COLUMN bytes DROP NOT NULL;
ALTER TABLE certificate ADD COLUMN byte_count integer;
COMMENT ON COLUMN certificate.byte_count IS 'Size of the file; null in rows from before it was kept, whose file lies here';
ALTER TABLE certificate ADD CONSTRAINT certificate_bytes_here_or_counted CHECK (bytes IS NOT NULL OR byte_count IS NOT NULL);
ALTER TABLE certificate ADD CONSTRAINT certificate_count_of_bytes CHECK (byte_count = octet_length(bytes));

-- A document never changes, but its file may be put elsewhere and taken back. The application has no right to do it.
CREATE FUNCTION abruf.refuse_change_but_of_place() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    otherwise record;
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.bytes IS NULL) <> (NEW.bytes IS NULL)
       AND NEW.byte_count = octet_length(coalesce(OLD.bytes, NEW.bytes)) THEN
        otherwise := NEW;
        otherwise.bytes := OLD.bytes;
        otherwise.byte_count := OLD.byte_count;
        IF otherwise IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        CONSTRAINT = TG_TABLE_NAME || '_append_only',
        MESSAGE = format('%s is append-only', TG_TABLE_NAME);
END
$$;
COMMENT ON FUNCTION abruf.refuse_change_but_of_place() IS 'Trigger of document and certificate: append-only, but the file may be put outside the database and taken back; its hash binds it either way';
DROP TRIGGER document_append_only ON document;
CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change_but_of_place();
DROP TRIGGER certificate_append_only ON certificate;
CREATE TRIGGER certificate_append_only BEFORE UPDATE OR DELETE ON certificate FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change_but_of_place();
