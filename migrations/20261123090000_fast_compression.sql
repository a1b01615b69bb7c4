-- The facts and findings of each review, and the answers kept for retries, are several kilobytes each. Compressing
-- them with pglz was the dearest single piece of a release; lz4 does it in a fraction of the time. A server built
-- without lz4 goes on as before.
DO $$
BEGIN
    ALTER TABLE review ALTER COLUMN facts SET COMPRESSION lz4;
    ALTER TABLE review ALTER COLUMN result SET COMPRESSION lz4;
    ALTER TABLE idempotency_record ALTER COLUMN answer SET COMPRESSION lz4;
    ALTER TABLE document ALTER COLUMN input SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN NULL;
END
$$;
