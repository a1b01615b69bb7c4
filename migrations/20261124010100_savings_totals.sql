-- Sums of the savings ledger, kept in the transaction of each entry, so that a report over millions of lines reads a few
-- thousand rows. Rows are added and never changed by whoever books: there is no row that two releases wait for, and no
-- order of locks beside that of the guard rows. A job puts rows of one cell together.

CREATE TABLE savings_total (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract_id uuid NOT NULL,
    body_id uuid NOT NULL,
    member_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    book text NOT NULL,
    year integer NOT NULL,
    class text NOT NULL,
    category text NOT NULL,
    settled boolean NOT NULL DEFAULT false,
    entries bigint NOT NULL,
    planned_entries bigint NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL,
    baseline_net numeric(20, 2) NOT NULL,
    order_net numeric(20, 2) NOT NULL,
    evidenced_net numeric(20, 2) NOT NULL,
    effect_net numeric(20, 2) NOT NULL,
    surcharge_net numeric(20, 2) NOT NULL,
    fee_net numeric(20, 2) NOT NULL,
    bonus_net numeric(20, 2) NOT NULL,
    orders integer NOT NULL,
    orders_of_year integer NOT NULL,
    orders_of_class integer NOT NULL,
    orders_of_category integer NOT NULL,
    orders_of_year_class integer NOT NULL,
    orders_of_year_category integer NOT NULL,
    orders_of_class_category integer NOT NULL,
    orders_of_cell integer NOT NULL,
    CONSTRAINT savings_total_book_known CHECK (book IN ('planned', 'realised', 'audited')),
    CONSTRAINT savings_total_class_known CHECK (class IN ('A', 'B', 'C', 'P', 'none'))
);
COMMENT ON TABLE savings_total IS 'Rollup of savings_entry: a cell is contract, body, member, supplier, book, year, class and category, and its value the sum of its rows, of which at most one is settled. Derived: abruf rollup verify compares it with the ledger, abruf rollup rebuild puts it right';
COMMENT ON COLUMN savings_total.id IS 'Made by the database';
COMMENT ON COLUMN savings_total.contract_id IS 'The contract';
COMMENT ON COLUMN savings_total.body_id IS 'Purchasing body';
COMMENT ON COLUMN savings_total.member_id IS 'Member';
COMMENT ON COLUMN savings_total.supplier_id IS 'Supplier of the call-offs';
COMMENT ON COLUMN savings_total.book IS 'planned (with cancelled and corrected), realised or audited; never added to each other';
COMMENT ON COLUMN savings_total.year IS 'Calendar year of the booking';
COMMENT ON COLUMN savings_total.class IS 'Evidence class';
COMMENT ON COLUMN savings_total.category IS 'Division of the CPV code of the item, two digits; empty without';
COMMENT ON COLUMN savings_total.settled IS 'Whether the job has put the rows of the cell together in this one';
COMMENT ON COLUMN savings_total.entries IS 'Entries of the ledger in it';
COMMENT ON COLUMN savings_total.planned_entries IS 'Those of them that a release wrote';
COMMENT ON COLUMN savings_total.first_on IS 'No entry in it is dated before; a period that holds the first and the last day of all needs no look at single days';
COMMENT ON COLUMN savings_total.last_on IS 'No entry in it is dated after';
COMMENT ON COLUMN savings_total.baseline_net IS 'Sum of baseline_net';
COMMENT ON COLUMN savings_total.order_net IS 'Sum of order_net';
COMMENT ON COLUMN savings_total.evidenced_net IS 'Sum of order_net of entries with a baseline';
COMMENT ON COLUMN savings_total.effect_net IS 'Sum of effect_net';
COMMENT ON COLUMN savings_total.surcharge_net IS 'Sum of surcharge_net';
COMMENT ON COLUMN savings_total.fee_net IS 'Sum of fee_net';
COMMENT ON COLUMN savings_total.bonus_net IS 'Sum of bonus_net';
COMMENT ON COLUMN savings_total.orders IS 'Call-offs counted once over all their cells: each in the first of them by year, class and category';
COMMENT ON COLUMN savings_total.orders_of_year IS 'Call-offs counted once per year, in the first of its cells there';
COMMENT ON COLUMN savings_total.orders_of_class IS 'Call-offs counted once per class, in the first of its cells there';
COMMENT ON COLUMN savings_total.orders_of_category IS 'Call-offs counted once per category, in the first of its cells there';
COMMENT ON COLUMN savings_total.orders_of_year_class IS 'Call-offs counted once per year and class';
COMMENT ON COLUMN savings_total.orders_of_year_category IS 'Call-offs counted once per year and category';
COMMENT ON COLUMN savings_total.orders_of_class_category IS 'Call-offs counted once per class and category';
COMMENT ON COLUMN savings_total.orders_of_cell IS 'Call-offs in this cell';
CREATE UNIQUE INDEX savings_total_settled_once
    ON savings_total (contract_id, member_id, body_id, supplier_id, book, year, class, category) WHERE settled;

-- What was taken back is counted from the entries: few, and only a cancellation writes here.
CREATE INDEX savings_entry_cancelled ON savings_entry (contract_id, call_off_id) WHERE stage = 'cancelled';

-- Nobody but the functions below writes it.
GRANT SELECT ON savings_total TO abruf_app;
REVOKE INSERT, UPDATE, DELETE ON savings_total FROM abruf_app;
ALTER TABLE savings_total ENABLE ROW LEVEL SECURITY;
ALTER TABLE savings_total FORCE ROW LEVEL SECURITY;
-- An auditor reads the ledger itself: what the period in scope cuts off stands in no sum, and years cannot be cut here.
CREATE POLICY savings_total_actor ON savings_total FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'job' THEN true
        ELSE false
    END);

CREATE VIEW savings_ledger_cell WITH (security_invoker = true) AS
SELECT e.contract_id, e.body_id, e.member_id, v.supplier_id,
       CASE WHEN e.stage IN ('realised', 'audited') THEN e.stage ELSE 'planned' END AS book,
       extract(year FROM e.dated_on)::int AS year, e.class, coalesce(substring(i.cpv FROM '^[0-9]{2}'), '') AS category,
       e.id, e.call_off_id, e.stage, e.dated_on, e.baseline_net, e.order_net,
       CASE WHEN e.baseline_id IS NULL THEN 0 ELSE e.order_net END AS evidenced_net,
       e.effect_net, e.surcharge_net, e.fee_net, e.bonus_net
FROM savings_entry e
JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id;
COMMENT ON VIEW savings_ledger_cell IS 'Each entry of the savings ledger with the cell of savings_total it belongs to';

CREATE VIEW savings_ledger_total WITH (security_invoker = true) AS
WITH of_call_off AS (
    SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category, call_off_id,
           count(*) AS entries, count(*) FILTER (WHERE stage = 'planned') AS planned_entries, min(dated_on) AS first_on, max(dated_on) AS last_on,
           sum(baseline_net) AS baseline_net, sum(order_net) AS order_net, sum(evidenced_net) AS evidenced_net,
           sum(effect_net) AS effect_net, sum(surcharge_net) AS surcharge_net, sum(fee_net) AS fee_net,
           sum(bonus_net) AS bonus_net
    FROM savings_ledger_cell
    GROUP BY contract_id, body_id, member_id, supplier_id, book, year, class, category, call_off_id
), counted AS (
    SELECT *,
           (row_number() OVER (PARTITION BY contract_id, call_off_id, book ORDER BY year, class, category) = 1)::int AS orders,
           (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year ORDER BY class, category) = 1)::int AS orders_of_year,
           (row_number() OVER (PARTITION BY contract_id, call_off_id, book, class ORDER BY year, category) = 1)::int AS orders_of_class,
           (row_number() OVER (PARTITION BY contract_id, call_off_id, book, category ORDER BY year, class) = 1)::int AS orders_of_category,
           (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, class ORDER BY category) = 1)::int AS orders_of_year_class,
           (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, category ORDER BY class) = 1)::int AS orders_of_year_category,
           (row_number() OVER (PARTITION BY contract_id, call_off_id, book, class, category ORDER BY year) = 1)::int AS orders_of_class_category
    FROM of_call_off
)
SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
       sum(entries)::bigint AS entries, sum(planned_entries)::bigint AS planned_entries, min(first_on) AS first_on, max(last_on) AS last_on,
       sum(baseline_net) AS baseline_net, sum(order_net) AS order_net, sum(evidenced_net) AS evidenced_net,
       sum(effect_net) AS effect_net, sum(surcharge_net) AS surcharge_net, sum(fee_net) AS fee_net,
       sum(bonus_net) AS bonus_net,
       sum(orders)::int AS orders, sum(orders_of_year)::int AS orders_of_year,
       sum(orders_of_class)::int AS orders_of_class, sum(orders_of_category)::int AS orders_of_category,
       sum(orders_of_year_class)::int AS orders_of_year_class,
       sum(orders_of_year_category)::int AS orders_of_year_category,
       sum(orders_of_class_category)::int AS orders_of_class_category, count(*)::int AS orders_of_cell
FROM counted
GROUP BY contract_id, body_id, member_id, supplier_id, book, year, class, category;
COMMENT ON VIEW savings_ledger_total IS 'What savings_total must come to, computed from the whole ledger: slow, for comparison and repair';

CREATE VIEW savings_total_difference WITH (security_invoker = true) AS
SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
       sum(entries)::bigint AS entries, sum(planned_entries)::bigint AS planned_entries, min(first_on) AS first_on, max(last_on) AS last_on,
       sum(baseline_net) AS baseline_net, sum(order_net) AS order_net, sum(evidenced_net) AS evidenced_net,
       sum(effect_net) AS effect_net, sum(surcharge_net) AS surcharge_net, sum(fee_net) AS fee_net,
       sum(bonus_net) AS bonus_net,
       sum(orders)::int AS orders, sum(orders_of_year)::int AS orders_of_year,
       sum(orders_of_class)::int AS orders_of_class, sum(orders_of_category)::int AS orders_of_category,
       sum(orders_of_year_class)::int AS orders_of_year_class,
       sum(orders_of_year_category)::int AS orders_of_year_category,
       sum(orders_of_class_category)::int AS orders_of_class_category, sum(orders_of_cell)::int AS orders_of_cell,
       coalesce(min(first_on) < min(kept_first_on) OR max(kept_last_on) < max(last_on), false) AS days_missing
FROM (
    SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
           entries, planned_entries, first_on, last_on, NULL::date AS kept_first_on, NULL::date AS kept_last_on,
           baseline_net, order_net, evidenced_net, effect_net, surcharge_net, fee_net, bonus_net,
           orders, orders_of_year, orders_of_class, orders_of_category, orders_of_year_class, orders_of_year_category,
           orders_of_class_category, orders_of_cell
    FROM savings_ledger_total
    UNION ALL
    SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
           -entries, -planned_entries, NULL, NULL, first_on, last_on,
           -baseline_net, -order_net, -evidenced_net, -effect_net, -surcharge_net, -fee_net, -bonus_net,
           -orders, -orders_of_year, -orders_of_class, -orders_of_category, -orders_of_year_class,
           -orders_of_year_category, -orders_of_class_category, -orders_of_cell
    FROM savings_total
) AS both_sides
GROUP BY contract_id, body_id, member_id, supplier_id, book, year, class, category
HAVING sum(entries) <> 0 OR sum(planned_entries) <> 0
    OR min(first_on) < min(kept_first_on) OR max(kept_last_on) < max(last_on)
    OR sum(baseline_net) <> 0 OR sum(order_net) <> 0 OR sum(evidenced_net) <> 0 OR sum(effect_net) <> 0 OR sum(surcharge_net) <> 0 OR sum(fee_net) <> 0 OR sum(bonus_net) <> 0
    OR sum(orders) <> 0 OR sum(orders_of_year) <> 0 OR sum(orders_of_class) <> 0 OR sum(orders_of_category) <> 0 OR sum(orders_of_year_class) <> 0 OR sum(orders_of_year_category) <> 0 OR sum(orders_of_class_category) <> 0 OR sum(orders_of_cell) <> 0;
COMMENT ON VIEW savings_total_difference IS 'What is missing in savings_total by cell, the ledger less the sums; no row where all agree';
GRANT SELECT ON savings_ledger_cell, savings_ledger_total, savings_total_difference TO abruf_app;

-- Adds what is missing. In one snapshot entries and sums are of one instant, so that nobody has to wait for it.
CREATE FUNCTION abruf.correct_savings_total(of_contract uuid) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    corrected bigint;
BEGIN
    INSERT INTO savings_total
        (contract_id, body_id, member_id, supplier_id, book, year, class, category,
         entries, planned_entries, first_on, last_on,
         baseline_net, order_net, evidenced_net, effect_net, surcharge_net, fee_net, bonus_net,
         orders, orders_of_year, orders_of_class, orders_of_category, orders_of_year_class, orders_of_year_category,
         orders_of_class_category, orders_of_cell)
    SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
         entries, planned_entries, coalesce(first_on, make_date(year, 12, 31)), coalesce(last_on, make_date(year, 1, 1)),
         baseline_net, order_net, evidenced_net, effect_net, surcharge_net, fee_net, bonus_net,
         orders, orders_of_year, orders_of_class, orders_of_category, orders_of_year_class, orders_of_year_category,
         orders_of_class_category, orders_of_cell
    FROM savings_total_difference
    WHERE contract_id = of_contract;
    GET DIAGNOSTICS corrected = ROW_COUNT;
    RETURN corrected;
END
$$;
COMMENT ON FUNCTION abruf.correct_savings_total(uuid) IS 'Adds to the sums of a contract what the ledger says beyond them; returns how many cells differed';

-- What a call-off counts for in which cell follows from the set of its cells, not from the order they came in. So a
-- booking adds what it counts for with the new entries and takes back what it counted for without them.
CREATE FUNCTION abruf.keep_savings_total() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Who changes the category of an item waits for us, and we for them: each then reads what the other wrote.
    PERFORM pg_advisory_xact_lock_shared(815, hashtext(contract_id::text)) FROM booked GROUP BY contract_id;
    IF NOT EXISTS (SELECT FROM booked WHERE stage <> 'planned') THEN
        -- A release: nothing of the call-off stood before.
        INSERT INTO savings_total
            (contract_id, body_id, member_id, supplier_id, book, year, class, category,
             entries, planned_entries, first_on, last_on,
             baseline_net, order_net, evidenced_net, effect_net, surcharge_net, fee_net, bonus_net,
             orders, orders_of_year, orders_of_class, orders_of_category, orders_of_year_class, orders_of_year_category,
             orders_of_class_category, orders_of_cell)
        SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
             sum(entries), sum(planned_entries), min(first_on), max(last_on),
             sum(baseline_net), sum(order_net), sum(evidenced_net), sum(effect_net), sum(surcharge_net), sum(fee_net),
             sum(bonus_net),
             sum(orders), sum(orders_of_year), sum(orders_of_class), sum(orders_of_category),
             sum(orders_of_year_class), sum(orders_of_year_category), sum(orders_of_class_category), count(*)
        FROM (
            SELECT *,
                   (row_number() OVER (PARTITION BY contract_id, call_off_id, book ORDER BY year, class, category) = 1)::int AS orders,
                   (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year ORDER BY class, category) = 1)::int AS orders_of_year,
                   (row_number() OVER (PARTITION BY contract_id, call_off_id, book, class ORDER BY year, category) = 1)::int AS orders_of_class,
                   (row_number() OVER (PARTITION BY contract_id, call_off_id, book, category ORDER BY year, class) = 1)::int AS orders_of_category,
                   (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, class ORDER BY category) = 1)::int AS orders_of_year_class,
                   (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, category ORDER BY class) = 1)::int AS orders_of_year_category,
                   (row_number() OVER (PARTITION BY contract_id, call_off_id, book, class, category ORDER BY year) = 1)::int AS orders_of_class_category
            FROM (
                SELECT e.contract_id, e.body_id, e.member_id, v.supplier_id, 'planned' AS book,
                       extract(year FROM e.dated_on)::int AS year, e.class,
                       coalesce(substring(i.cpv FROM '^[0-9]{2}'), '') AS category, e.call_off_id, count(*) AS entries, count(*) AS planned_entries,
                       min(e.dated_on) AS first_on, max(e.dated_on) AS last_on, sum(e.baseline_net) AS baseline_net,
                       sum(e.order_net) AS order_net,
                       sum(CASE WHEN e.baseline_id IS NULL THEN 0 ELSE e.order_net END) AS evidenced_net,
                       sum(e.effect_net) AS effect_net, sum(e.surcharge_net) AS surcharge_net, sum(e.fee_net) AS fee_net,
                       sum(e.bonus_net) AS bonus_net
                FROM booked e
                JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
                LEFT JOIN call_off_line l
                       ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
                LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
                GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) AS of_call_off) AS counted
        GROUP BY contract_id, body_id, member_id, supplier_id, book, year, class, category;
        RETURN NULL;
    END IF;
    INSERT INTO savings_total
        (contract_id, body_id, member_id, supplier_id, book, year, class, category,
         entries, planned_entries, first_on, last_on,
         baseline_net, order_net, evidenced_net, effect_net, surcharge_net, fee_net, bonus_net,
         orders, orders_of_year, orders_of_class, orders_of_category, orders_of_year_class, orders_of_year_category,
         orders_of_class_category, orders_of_cell)
    SELECT contract_id, body_id, member_id, supplier_id, book, year, class, category,
         sum(entries), sum(planned_entries), min(first_on), max(last_on),
         sum(baseline_net), sum(order_net), sum(evidenced_net), sum(effect_net), sum(surcharge_net), sum(fee_net),
         sum(bonus_net),
         sum(orders), sum(orders_of_year), sum(orders_of_class), sum(orders_of_category), sum(orders_of_year_class),
         sum(orders_of_year_category), sum(orders_of_class_category),
         count(*) - count(*) FILTER (WHERE stood)
    FROM (
        SELECT *,
               (row_number() OVER (PARTITION BY contract_id, call_off_id, book ORDER BY year, class, category) = 1)::int
                   - (stood AND row_number() OVER (PARTITION BY contract_id, call_off_id, book, stood ORDER BY year, class, category) = 1)::int AS orders,
               (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year ORDER BY class, category) = 1)::int
                   - (stood AND row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, stood ORDER BY class, category) = 1)::int AS orders_of_year,
               (row_number() OVER (PARTITION BY contract_id, call_off_id, book, class ORDER BY year, category) = 1)::int
                   - (stood AND row_number() OVER (PARTITION BY contract_id, call_off_id, book, class, stood ORDER BY year, category) = 1)::int AS orders_of_class,
               (row_number() OVER (PARTITION BY contract_id, call_off_id, book, category ORDER BY year, class) = 1)::int
                   - (stood AND row_number() OVER (PARTITION BY contract_id, call_off_id, book, category, stood ORDER BY year, class) = 1)::int AS orders_of_category,
               (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, class ORDER BY category) = 1)::int
                   - (stood AND row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, class, stood ORDER BY category) = 1)::int AS orders_of_year_class,
               (row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, category ORDER BY class) = 1)::int
                   - (stood AND row_number() OVER (PARTITION BY contract_id, call_off_id, book, year, category, stood ORDER BY class) = 1)::int AS orders_of_year_category,
               (row_number() OVER (PARTITION BY contract_id, call_off_id, book, class, category ORDER BY year) = 1)::int
                   - (stood AND row_number() OVER (PARTITION BY contract_id, call_off_id, book, class, category, stood ORDER BY year) = 1)::int AS orders_of_class_category
        FROM (
            SELECT c.contract_id, c.body_id, c.member_id, c.supplier_id, c.book, c.year, c.class, c.category, c.call_off_id,
                   bool_or(n.id IS NULL) AS stood, count(n.id) AS entries,
                   count(n.id) FILTER (WHERE c.stage = 'planned') AS planned_entries, min(c.dated_on) AS first_on, max(c.dated_on) AS last_on,
                   coalesce(sum(c.baseline_net) FILTER (WHERE n.id IS NOT NULL), 0) AS baseline_net,
                   coalesce(sum(c.order_net) FILTER (WHERE n.id IS NOT NULL), 0) AS order_net,
                   coalesce(sum(c.evidenced_net) FILTER (WHERE n.id IS NOT NULL), 0) AS evidenced_net,
                   coalesce(sum(c.effect_net) FILTER (WHERE n.id IS NOT NULL), 0) AS effect_net,
                   coalesce(sum(c.surcharge_net) FILTER (WHERE n.id IS NOT NULL), 0) AS surcharge_net,
                   coalesce(sum(c.fee_net) FILTER (WHERE n.id IS NOT NULL), 0) AS fee_net,
                   coalesce(sum(c.bonus_net) FILTER (WHERE n.id IS NOT NULL), 0) AS bonus_net
            FROM (SELECT DISTINCT contract_id, call_off_id FROM booked) AS touched
            JOIN savings_ledger_cell c ON c.contract_id = touched.contract_id AND c.call_off_id = touched.call_off_id
            LEFT JOIN booked n ON n.contract_id = c.contract_id AND n.id = c.id
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) AS of_call_off) AS counted
    GROUP BY contract_id, body_id, member_id, supplier_id, book, year, class, category
    HAVING 0 < sum(entries) OR sum(orders) <> 0 OR sum(orders_of_year) <> 0 OR sum(orders_of_class) <> 0 OR sum(orders_of_category) <> 0 OR sum(orders_of_year_class) <> 0 OR sum(orders_of_year_category) <> 0 OR sum(orders_of_class_category) <> 0;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.keep_savings_total() IS 'Adds new entries of the savings ledger to their cells in the same transaction';
CREATE TRIGGER savings_entry_keeps_total AFTER INSERT ON savings_entry
    REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION abruf.keep_savings_total();

CREATE FUNCTION abruf.move_savings_total() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(815, hashtext(NEW.contract_id::text));
    IF EXISTS (SELECT FROM call_off_line l WHERE l.contract_id = NEW.contract_id AND l.item_id = NEW.id) THEN
        PERFORM abruf.correct_savings_total(NEW.contract_id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.move_savings_total() IS 'An item in another category takes what was ordered of it along, as every report does';
CREATE TRIGGER item_moves_savings_total AFTER UPDATE OF cpv ON item FOR EACH ROW
    WHEN (substring(OLD.cpv FROM '^[0-9]{2}') IS DISTINCT FROM substring(NEW.cpv FROM '^[0-9]{2}'))
    EXECUTE FUNCTION abruf.move_savings_total();

CREATE FUNCTION abruf.settle_savings_total() RETURNS bigint
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
COMMENT ON FUNCTION abruf.settle_savings_total() IS 'Puts the rows of each cell together; changes no sum. Returns how many cells it touched, 0 while another session is at it';

REVOKE ALL ON FUNCTION abruf.settle_savings_total() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.settle_savings_total() TO abruf_app;

-- What was booked before there were sums.
DO $$
BEGIN
    PERFORM abruf.correct_savings_total(contract_id) FROM (SELECT DISTINCT contract_id FROM savings_entry) AS contracts;
    PERFORM abruf.settle_savings_total();
END
$$;
