-- Values of a price index are for a month, and may be provisional: those never change a price.

ALTER TABLE index_value
    ADD COLUMN month date,
    ADD COLUMN provisional boolean NOT NULL DEFAULT false,
    ADD COLUMN recorded_at timestamptz;
COMMENT ON COLUMN index_value.month IS 'First day of the month the value is for; null where nobody has said';
COMMENT ON COLUMN index_value.provisional IS 'Published as provisional: shown, but no price follows it; the final value of the month is a row of its own';
COMMENT ON COLUMN index_value.recorded_at IS 'When it was recorded; null for values that came with the data';
ALTER TABLE index_value
    ADD CONSTRAINT index_value_month_first CHECK (month = date_trunc('month', month)::date),
    ADD CONSTRAINT index_value_month_published CHECK (month <= published_on);

-- On one day a provisional value of one month and the final one of another may be published.
DROP INDEX index_value_once;
CREATE UNIQUE INDEX index_value_once ON index_value (series_id, published_on) WHERE released_at IS NOT NULL AND NOT provisional;
CREATE UNIQUE INDEX index_value_month_once ON index_value (series_id, month, provisional);

-- What was recorded by mistake can be taken back until it is released; then nobody touches it any more.
CREATE TRIGGER index_value_released_stays BEFORE UPDATE OR DELETE ON index_value
    FOR EACH ROW WHEN (OLD.released_at IS NOT NULL) EXECUTE FUNCTION abruf.refuse_change();
GRANT DELETE ON index_value TO abruf_app;
CREATE POLICY index_value_taken_back ON index_value AS RESTRICTIVE FOR DELETE USING (
    (SELECT abruf.actor_kind()) = 'body' AND released_at IS NULL);
