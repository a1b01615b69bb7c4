-- Sums of the savings ledger by contract, member, supplier and year, whatever class and category: one row where savings_total
-- has one for each of both. What most reports ask is then read as it stands: to add up six thousand groups of eleven amounts
-- costs several times as much as to read them.
-- Kept by the job that settles: what waits to be settled stands in savings_total alone, so that booking writes nothing more.

CREATE TABLE savings_year_total (
    contract_id uuid NOT NULL,
    member_id uuid NOT NULL,
    body_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    book text NOT NULL,
    year integer NOT NULL,
    classes integer NOT NULL,
    orders integer NOT NULL,
    orders_of_year integer NOT NULL,
    first_on date NOT NULL,
    baseline_net numeric(20, 2) NOT NULL,
    order_net numeric(20, 2) NOT NULL,
    evidenced_net numeric(20, 2) NOT NULL,
    a_effect_net numeric(20, 2) NOT NULL,
    b_effect_net numeric(20, 2) NOT NULL,
    c_effect_net numeric(20, 2) NOT NULL,
    p_effect_net numeric(20, 2) NOT NULL,
    surcharge_net numeric(20, 2) NOT NULL,
    fee_net numeric(20, 2) NOT NULL,
    bonus_net numeric(20, 2) NOT NULL,
    PRIMARY KEY (contract_id, member_id, body_id, supplier_id, book, year),
    CONSTRAINT savings_year_total_book_known CHECK (book IN ('planned', 'realised', 'audited')),
    CONSTRAINT savings_year_total_classes_known CHECK (classes BETWEEN 1 AND 31)
);
COMMENT ON TABLE savings_year_total IS 'The settled rows of savings_total put together over class and category; those that are not settled count beside it. Derived: abruf rollup verify compares it, abruf rollup rebuild puts it right';
COMMENT ON COLUMN savings_year_total.contract_id IS 'The contract';
COMMENT ON COLUMN savings_year_total.member_id IS 'Member';
COMMENT ON COLUMN savings_year_total.body_id IS 'Purchasing body';
COMMENT ON COLUMN savings_year_total.supplier_id IS 'Supplier of the call-offs';
COMMENT ON COLUMN savings_year_total.book IS 'planned (with cancelled and corrected), realised or audited; never added to each other';
COMMENT ON COLUMN savings_year_total.year IS 'Calendar year of the booking';
COMMENT ON COLUMN savings_year_total.classes IS 'Evidence classes that have entries: 1 A, 2 B, 4 C, 8 P, 16 none, added up';
COMMENT ON COLUMN savings_year_total.orders IS 'Call-offs counted once over all years';
COMMENT ON COLUMN savings_year_total.orders_of_year IS 'Call-offs counted once per year';
COMMENT ON COLUMN savings_year_total.first_on IS 'No entry in it is dated before';
COMMENT ON COLUMN savings_year_total.baseline_net IS 'Sum of baseline_net';
COMMENT ON COLUMN savings_year_total.order_net IS 'Sum of order_net';
COMMENT ON COLUMN savings_year_total.evidenced_net IS 'Sum of order_net of entries with a baseline';
COMMENT ON COLUMN savings_year_total.a_effect_net IS 'Sum of effect_net of class A';
COMMENT ON COLUMN savings_year_total.b_effect_net IS 'Sum of effect_net of class B';
COMMENT ON COLUMN savings_year_total.c_effect_net IS 'Sum of effect_net of class C';
COMMENT ON COLUMN savings_year_total.p_effect_net IS 'Sum of effect_net of class P';
COMMENT ON COLUMN savings_year_total.surcharge_net IS 'Sum of surcharge_net';
COMMENT ON COLUMN savings_year_total.fee_net IS 'Sum of fee_net';
COMMENT ON COLUMN savings_year_total.bonus_net IS 'Sum of bonus_net';

-- Nobody but the functions below writes it.
GRANT SELECT ON savings_year_total TO abruf_app;
REVOKE INSERT, UPDATE, DELETE ON savings_year_total FROM abruf_app;
ALTER TABLE savings_year_total ENABLE ROW LEVEL SECURITY;
ALTER TABLE savings_year_total FORCE ROW LEVEL SECURITY;
-- As savings_total: auditors read the ledger itself.
CREATE POLICY savings_year_total_actor ON savings_year_total FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'job' THEN true
        ELSE false
    END);

CREATE FUNCTION abruf.savings_class_bit(class text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE class WHEN 'A' THEN 1 WHEN 'B' THEN 2 WHEN 'C' THEN 4 WHEN 'P' THEN 8 ELSE 16 END;
COMMENT ON FUNCTION abruf.savings_class_bit(text) IS 'The bit of an evidence class in savings_year_total.classes';

CREATE VIEW savings_year_total_of_cells WITH (security_invoker = true) AS
SELECT contract_id, member_id, body_id, supplier_id, book, year,
       bit_or(abruf.savings_class_bit(class)) AS classes,
       sum(orders)::int AS orders, sum(orders_of_year)::int AS orders_of_year, min(first_on) AS first_on,
       sum(baseline_net) AS baseline_net, sum(order_net) AS order_net, sum(evidenced_net) AS evidenced_net,
       coalesce(sum(effect_net) FILTER (WHERE class = 'A'), 0) AS a_effect_net,
       coalesce(sum(effect_net) FILTER (WHERE class = 'B'), 0) AS b_effect_net,
       coalesce(sum(effect_net) FILTER (WHERE class = 'C'), 0) AS c_effect_net,
       coalesce(sum(effect_net) FILTER (WHERE class = 'P'), 0) AS p_effect_net,
       sum(surcharge_net) AS surcharge_net, sum(fee_net) AS fee_net, sum(bonus_net) AS bonus_net
FROM savings_total
WHERE settled
GROUP BY contract_id, member_id, body_id, supplier_id, book, year;
COMMENT ON VIEW savings_year_total_of_cells IS 'What savings_year_total must come to, computed from the settled rows of savings_total';

CREATE VIEW savings_year_total_difference WITH (security_invoker = true) AS
SELECT contract_id, member_id, body_id, supplier_id, book, year,
       sum(orders)::int AS orders, sum(orders_of_year)::int AS orders_of_year,
       sum(baseline_net) AS baseline_net, sum(order_net) AS order_net, sum(evidenced_net) AS evidenced_net,
       sum(a_effect_net) AS a_effect_net, sum(b_effect_net) AS b_effect_net, sum(c_effect_net) AS c_effect_net,
       sum(p_effect_net) AS p_effect_net, sum(surcharge_net) AS surcharge_net, sum(fee_net) AS fee_net,
       sum(bonus_net) AS bonus_net,
       -- Classes and first day are no sums: they differ, or not.
       count(DISTINCT classes) <> 1 OR count(DISTINCT first_on) <> 1 OR count(*) <> 2 AS marks_differ
FROM (
    SELECT contract_id, member_id, body_id, supplier_id, book, year, classes, orders, orders_of_year, first_on,
           baseline_net, order_net, evidenced_net, a_effect_net, b_effect_net, c_effect_net, p_effect_net,
           surcharge_net, fee_net, bonus_net
    FROM savings_year_total_of_cells
    UNION ALL
    SELECT contract_id, member_id, body_id, supplier_id, book, year, classes, -orders, -orders_of_year, first_on,
           -baseline_net, -order_net, -evidenced_net, -a_effect_net, -b_effect_net, -c_effect_net, -p_effect_net,
           -surcharge_net, -fee_net, -bonus_net
    FROM savings_year_total
) AS both_sides
GROUP BY contract_id, member_id, body_id, supplier_id, book, year
HAVING sum(orders) <> 0 OR sum(orders_of_year) <> 0
    OR sum(baseline_net) <> 0 OR sum(order_net) <> 0 OR sum(evidenced_net) <> 0 OR sum(a_effect_net) <> 0
    OR sum(b_effect_net) <> 0 OR sum(c_effect_net) <> 0 OR sum(p_effect_net) <> 0 OR sum(surcharge_net) <> 0
    OR sum(fee_net) <> 0 OR sum(bonus_net) <> 0
    OR count(DISTINCT classes) <> 1 OR count(DISTINCT first_on) <> 1 OR count(*) <> 2;
COMMENT ON VIEW savings_year_total_difference IS 'Where savings_year_total is not what the settled rows of savings_total come to, and by how much these have more; no row where all agree';
GRANT SELECT ON savings_year_total_of_cells, savings_year_total_difference TO abruf_app;

CREATE FUNCTION abruf.rebuild_savings_year_total(of_contract uuid) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wrong bigint;
BEGIN
    -- Who settles waits, so that what is read is what is replaced.
    PERFORM pg_advisory_xact_lock(816, 0);
    SELECT count(*) INTO wrong FROM savings_year_total_difference WHERE contract_id = of_contract;
    IF 0 < wrong THEN
        DELETE FROM savings_year_total WHERE contract_id = of_contract;
        INSERT INTO savings_year_total
            (contract_id, member_id, body_id, supplier_id, book, year, classes, orders, orders_of_year, first_on,
             baseline_net, order_net, evidenced_net, a_effect_net, b_effect_net, c_effect_net, p_effect_net,
             surcharge_net, fee_net, bonus_net)
        SELECT contract_id, member_id, body_id, supplier_id, book, year, classes, orders, orders_of_year, first_on,
               baseline_net, order_net, evidenced_net, a_effect_net, b_effect_net, c_effect_net, p_effect_net,
               surcharge_net, fee_net, bonus_net
        FROM savings_year_total_of_cells
        WHERE contract_id = of_contract;
    END IF;
    RETURN wrong;
END
$$;
COMMENT ON FUNCTION abruf.rebuild_savings_year_total(uuid) IS 'Makes the sums by year of a contract anew where they are not those of its settled rows; returns how many differed';

CREATE OR REPLACE FUNCTION abruf.settle_savings_total() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    cells bigint;
BEGIN
    -- Two at once would wait for each other's rows; one is enough.
    IF NOT pg_try_advisory_xact_lock(816, 0) THEN
        RETURN 0;
    END IF;
    WITH moved AS (
        DELETE FROM savings_total WHERE NOT settled RETURNING *
    ), years AS (
        INSERT INTO savings_year_total AS kept
            (contract_id, member_id, body_id, supplier_id, book, year, classes, orders, orders_of_year, first_on,
             baseline_net, order_net, evidenced_net, a_effect_net, b_effect_net, c_effect_net, p_effect_net,
             surcharge_net, fee_net, bonus_net)
        SELECT contract_id, member_id, body_id, supplier_id, book, year, bit_or(abruf.savings_class_bit(class)),
               sum(orders), sum(orders_of_year), min(first_on),
               sum(baseline_net), sum(order_net), sum(evidenced_net),
               coalesce(sum(effect_net) FILTER (WHERE class = 'A'), 0),
               coalesce(sum(effect_net) FILTER (WHERE class = 'B'), 0),
               coalesce(sum(effect_net) FILTER (WHERE class = 'C'), 0),
               coalesce(sum(effect_net) FILTER (WHERE class = 'P'), 0),
               sum(surcharge_net), sum(fee_net), sum(bonus_net)
        FROM moved
        GROUP BY contract_id, member_id, body_id, supplier_id, book, year
        ON CONFLICT (contract_id, member_id, body_id, supplier_id, book, year) DO UPDATE
        SET classes = kept.classes | EXCLUDED.classes,
            orders = kept.orders + EXCLUDED.orders,
            orders_of_year = kept.orders_of_year + EXCLUDED.orders_of_year,
            first_on = least(kept.first_on, EXCLUDED.first_on),
            baseline_net = kept.baseline_net + EXCLUDED.baseline_net,
            order_net = kept.order_net + EXCLUDED.order_net,
            evidenced_net = kept.evidenced_net + EXCLUDED.evidenced_net,
            a_effect_net = kept.a_effect_net + EXCLUDED.a_effect_net,
            b_effect_net = kept.b_effect_net + EXCLUDED.b_effect_net,
            c_effect_net = kept.c_effect_net + EXCLUDED.c_effect_net,
            p_effect_net = kept.p_effect_net + EXCLUDED.p_effect_net,
            surcharge_net = kept.surcharge_net + EXCLUDED.surcharge_net,
            fee_net = kept.fee_net + EXCLUDED.fee_net,
            bonus_net = kept.bonus_net + EXCLUDED.bonus_net
    )
    INSERT INTO savings_total
        (contract_id, body_id, member_id, supplier_id, book, year, class, category,
         entries, planned_entries, first_on, last_on,
         baseline_net, order_net, evidenced_net, effect_net, surcharge_net, fee_net, bonus_net,
         orders, orders_of_year, orders_of_class, orders_of_category, orders_of_year_class, orders_of_year_category,
         orders_of_class_category, orders_of_cell, settled)
    SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
         sum(entries), sum(planned_entries), min(first_on), max(last_on),
         sum(baseline_net), sum(order_net), sum(evidenced_net), sum(effect_net), sum(surcharge_net), sum(fee_net),
         sum(bonus_net),
         sum(orders), sum(orders_of_year), sum(orders_of_class), sum(orders_of_category), sum(orders_of_year_class),
         sum(orders_of_year_category), sum(orders_of_class_category), sum(orders_of_cell), true
    FROM moved
    GROUP BY contract_id, body_id, member_id, supplier_id, book, year, class, category
    ORDER BY contract_id, body_id, member_id, supplier_id, book, year, class, category
    ON CONFLICT (contract_id, member_id, body_id, supplier_id, book, year, class, category) WHERE settled DO UPDATE
    SET entries = savings_total.entries + EXCLUDED.entries,
        planned_entries = savings_total.planned_entries + EXCLUDED.planned_entries,
        first_on = least(savings_total.first_on, EXCLUDED.first_on),
        last_on = greatest(savings_total.last_on, EXCLUDED.last_on),
        baseline_net = savings_total.baseline_net + EXCLUDED.baseline_net,
        order_net = savings_total.order_net + EXCLUDED.order_net,
        evidenced_net = savings_total.evidenced_net + EXCLUDED.evidenced_net,
        effect_net = savings_total.effect_net + EXCLUDED.effect_net,
        surcharge_net = savings_total.surcharge_net + EXCLUDED.surcharge_net,
        fee_net = savings_total.fee_net + EXCLUDED.fee_net,
        bonus_net = savings_total.bonus_net + EXCLUDED.bonus_net,
        orders = savings_total.orders + EXCLUDED.orders,
        orders_of_year = savings_total.orders_of_year + EXCLUDED.orders_of_year,
        orders_of_class = savings_total.orders_of_class + EXCLUDED.orders_of_class,
        orders_of_category = savings_total.orders_of_category + EXCLUDED.orders_of_category,
        orders_of_year_class = savings_total.orders_of_year_class + EXCLUDED.orders_of_year_class,
        orders_of_year_category = savings_total.orders_of_year_category + EXCLUDED.orders_of_year_category,
        orders_of_class_category = savings_total.orders_of_class_category + EXCLUDED.orders_of_class_category,
        orders_of_cell = savings_total.orders_of_cell + EXCLUDED.orders_of_cell;
    GET DIAGNOSTICS cells = ROW_COUNT;
    RETURN cells;
END
$$;
COMMENT ON FUNCTION abruf.settle_savings_total() IS 'Puts the rows of each cell together and adds them to the sums by year; changes no sum. Returns how many cells it touched, 0 while another session is at it';
REVOKE ALL ON FUNCTION abruf.settle_savings_total() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.settle_savings_total() TO abruf_app;

-- What was settled before there were sums by year.
DO $$
BEGIN
    PERFORM abruf.rebuild_savings_year_total(contract_id) FROM (SELECT DISTINCT contract_id FROM savings_total) AS contracts;
END
$$;
