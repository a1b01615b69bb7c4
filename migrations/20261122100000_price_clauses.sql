-- Prices that take more than one number: cumulative and graduated tiers, index clauses, quoted items.

ALTER TABLE price_term ADD COLUMN clause jsonb;
COMMENT ON COLUMN price_term.clause IS 'Price of kinds tier_all_units, tier_graduated, index, quoted as the program writes it: {"type": "index", "base_price": "148.00", ...}';
COMMENT ON COLUMN price_term.kind IS 'fixed, subscription (per month), list_minus, tier_all_units_per_order; tier_all_units, tier_graduated (per order, member or contract), index, quoted';

ALTER TABLE price_term
    DROP CONSTRAINT price_term_parts_fit,
    ADD CONSTRAINT price_term_parts_fit CHECK (
        CASE kind
            WHEN 'fixed' THEN unit_price IS NOT NULL AND list_price IS NULL AND discount_pct IS NULL AND tiers IS NULL AND clause IS NULL
            WHEN 'subscription' THEN unit_price IS NOT NULL AND list_price IS NULL AND discount_pct IS NULL AND tiers IS NULL AND clause IS NULL
            WHEN 'list_minus' THEN unit_price IS NULL AND list_price IS NOT NULL AND discount_pct BETWEEN 0 AND 100 AND tiers IS NULL AND clause IS NULL
            WHEN 'tier_all_units_per_order' THEN unit_price IS NULL AND list_price IS NULL AND discount_pct IS NULL AND jsonb_array_length(tiers) >= 1 AND clause IS NULL
            WHEN 'tier_all_units' THEN clause ->> 'type' = kind AND jsonb_array_length(clause -> 'tiers') >= 1 AND num_nonnulls(unit_price, list_price, discount_pct, tiers) = 0
            WHEN 'tier_graduated' THEN clause ->> 'type' = kind AND jsonb_array_length(clause -> 'tiers') >= 1 AND num_nonnulls(unit_price, list_price, discount_pct, tiers) = 0
            WHEN 'index' THEN clause ->> 'type' = kind AND clause ? 'base_price' AND num_nonnulls(unit_price, list_price, discount_pct, tiers) = 0
            WHEN 'quoted' THEN clause ->> 'type' = kind AND clause ? 'cap' AND num_nonnulls(unit_price, list_price, discount_pct, tiers) = 0
            ELSE false
        END);
