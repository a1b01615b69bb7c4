-- Nobody confirms what has not been sent yet: no confirmation is dated before the dispatch that stands, and none is
-- written where none stands, whoever notes it. A dispatch that came back does not count.

CREATE FUNCTION abruf.confirmation_follows_dispatch() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    sent_on date := (
        SELECT (d.happened_at AT TIME ZONE 'Europe/Berlin')::date
        FROM order_dispatch d
        WHERE d.contract_id = NEW.contract_id AND d.call_off_id = NEW.call_off_id AND d.kind = 'sent'
          AND NOT EXISTS (SELECT FROM order_bounce b WHERE b.contract_id = d.contract_id AND b.dispatch_id = d.id)
        ORDER BY d.attempt DESC
        LIMIT 1);
BEGIN
    IF sent_on IS NULL OR NEW.confirmed_on < sent_on THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'supplier_confirmation_after_dispatch',
            TABLE = 'supplier_confirmation',
            MESSAGE = format('a confirmation of %s lies before the dispatch (%s)', NEW.confirmed_on, coalesce(sent_on::text, 'none'));
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.confirmation_follows_dispatch() IS 'Refuses a confirmation without a dispatch that stands, or dated before it';
CREATE TRIGGER supplier_confirmation_follows_dispatch BEFORE INSERT ON supplier_confirmation
    FOR EACH ROW EXECUTE FUNCTION abruf.confirmation_follows_dispatch();
