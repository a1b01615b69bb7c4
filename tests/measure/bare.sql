-- The least a durable release could do: read the submitted request with its three lines, check that
-- the member is entitled and the prices are those of today, write the ledger, move the guard with the
-- next number and the head of the chain, write the audit entry.
CREATE SCHEMA bare;
CREATE TABLE bare.guard (
    contract_id int PRIMARY KEY, starts_on date NOT NULL, ends_on date NOT NULL, limit_amount numeric(18, 4) NOT NULL,
    consumed numeric(18, 4) NOT NULL DEFAULT 0, last_number int NOT NULL DEFAULT 0, chain_head bytea NOT NULL DEFAULT '\x00',
    CHECK (consumed <= limit_amount)
) WITH (fillfactor = 50);
CREATE TABLE bare.entitlement (contract_id int, member_id int, PRIMARY KEY (contract_id, member_id));
CREATE TABLE bare.price (contract_id int, article int, unit_price numeric(18, 4) NOT NULL, PRIMARY KEY (contract_id, article));
CREATE TABLE bare.request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, contract_id int NOT NULL, member_id int NOT NULL,
    number int, net numeric(14, 2), released_at timestamptz);
CREATE TABLE bare.line (request_id bigint, position int, article int NOT NULL, quantity numeric(14, 4) NOT NULL, PRIMARY KEY (request_id, position));
CREATE TABLE bare.ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, request_id bigint NOT NULL, amount numeric(18, 4) NOT NULL);
CREATE TABLE bare.audit (contract_id int, sequence int, leaf bytea NOT NULL, PRIMARY KEY (contract_id, sequence));

INSERT INTO bare.guard (contract_id, starts_on, ends_on, limit_amount)
SELECT contract, '2000-01-01', '2100-01-01', 10000000000 FROM generate_series(1, 200) contract;
INSERT INTO bare.entitlement SELECT contract, 1 FROM generate_series(1, 200) contract;
INSERT INTO bare.price SELECT contract, article, 100 FROM generate_series(1, 200) contract CROSS JOIN generate_series(1, 3) article;

-- Requests to release, made beforehand, spread over so many contracts.
CREATE FUNCTION bare.prepare(count int, contracts int) RETURNS void LANGUAGE sql AS $$
    WITH made AS (
        INSERT INTO bare.request (contract_id, member_id) SELECT 1 + n % contracts, 1 FROM generate_series(1, count) n RETURNING id)
    INSERT INTO bare.line SELECT id, position, position, 1 FROM made CROSS JOIN generate_series(1, 3) position;
$$;

-- The request that the next of many clients releases.
CREATE SEQUENCE bare.turn;

CREATE FUNCTION bare.release(wanted bigint) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    total numeric; leaf bytea; given int; contract int; member int;
BEGIN
    SELECT contract_id, member_id INTO STRICT contract, member FROM bare.request WHERE id = wanted AND number IS NULL FOR UPDATE;
    PERFORM FROM bare.entitlement WHERE contract_id = contract AND member_id = member;
    IF NOT FOUND THEN RAISE 'not entitled'; END IF;
    SELECT sum(round(l.quantity * p.unit_price, 2)) INTO STRICT total
    FROM bare.line l JOIN bare.price p ON p.contract_id = contract AND p.article = l.article
    WHERE l.request_id = wanted;
    INSERT INTO bare.ledger (request_id, amount) VALUES (wanted, total);
    leaf := sha256(convert_to(format('%s|%s|%s', wanted, contract, total), 'UTF8'));
    UPDATE bare.guard
    SET consumed = consumed + total, last_number = last_number + 1, chain_head = sha256(chain_head || leaf)
    WHERE contract_id = contract AND consumed + total <= limit_amount AND current_date BETWEEN starts_on AND ends_on
    RETURNING last_number INTO STRICT given;
    UPDATE bare.request SET number = given, net = total, released_at = clock_timestamp() WHERE id = wanted;
    INSERT INTO bare.audit VALUES (contract, given, leaf);
    RETURN given;
END $$;
