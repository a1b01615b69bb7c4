-- A release is nearly always one call-off, booked on one day: its cells need no look at what stood before, no sums and no
-- years. So each entry becomes a row of its own (a cell is the sum of its rows; the job puts them together), which takes
-- half of the time: deploy/measure --totals.
CREATE OR REPLACE FUNCTION abruf.keep_savings_total() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    released record;
BEGIN
    -- Who changes the category of an item waits for us, and we for them: each then reads what the other wrote.
    PERFORM pg_advisory_xact_lock_shared(815, hashtext(contract_id::text)) FROM booked GROUP BY contract_id;
    SELECT contract_id, call_off_id, extract(year FROM dated_on)::int AS year INTO released FROM booked LIMIT 1;
    IF NOT EXISTS (SELECT FROM booked
                   WHERE stage <> 'planned' OR call_off_id <> released.call_off_id OR contract_id <> released.contract_id
                      OR extract(year FROM dated_on) <> released.year) THEN
        -- A call-off counts in the first of its cells: by class and category, by class, by category, and in the cell itself.
        INSERT INTO savings_total
            (contract_id, body_id, member_id, supplier_id, book, year, class, category,
             entries, planned_entries, first_on, last_on,
             baseline_net, order_net, evidenced_net, effect_net, surcharge_net, fee_net, bonus_net,
             orders, orders_of_year, orders_of_class, orders_of_category, orders_of_year_class, orders_of_year_category,
             orders_of_class_category, orders_of_cell)
        SELECT released.contract_id, body_id, member_id, supplier_id, 'planned', released.year, class, category,
             1, 1, dated_on, dated_on,
             baseline_net, order_net, CASE WHEN baseline_id IS NULL THEN 0 ELSE order_net END,
             effect_net, surcharge_net, fee_net, bonus_net,
             first, first, first_of_class, first_of_category, first_of_class, first_of_category, first_of_cell, first_of_cell
        FROM (
            SELECT *,
                   (row_number() OVER (ORDER BY class, category) = 1)::int AS first,
                   (row_number() OVER (PARTITION BY class ORDER BY category) = 1)::int AS first_of_class,
                   (row_number() OVER (PARTITION BY class, category) = 1)::int AS first_of_cell,
                   (row_number() OVER (PARTITION BY category ORDER BY class) = 1)::int AS first_of_category
            FROM (
                SELECT e.body_id, e.member_id, v.supplier_id, e.class,
                       coalesce(substring(i.cpv FROM '^[0-9]{2}'), '') AS category, e.dated_on,
                       e.baseline_id, e.baseline_net, e.order_net, e.effect_net, e.surcharge_net, e.fee_net, e.bonus_net
                FROM booked e
                JOIN call_off v ON v.contract_id = released.contract_id AND v.id = released.call_off_id
                LEFT JOIN call_off_line l
                       ON l.contract_id = released.contract_id AND l.call_off_id = released.call_off_id
                      AND l.position = e.position
                LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id) AS entry) AS counted;
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
