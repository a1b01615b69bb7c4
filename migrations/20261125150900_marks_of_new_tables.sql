-- Marks of the tables that came in beside the register of processing (20261125140000_personal_data_marks.sql): what each
-- processes persons for, and which of its words are data of persons.

DO $$
DECLARE
    place text;
    mark text;
    said text;
BEGIN
    FOR place, mark IN VALUES
        ('session.issuer', '[no person]'),
        ('session.provider_session', '[personal]'),
        ('mini_competition_extension.reason', '[personal]'),
        ('minimum_purchase_proposal.measure', '[no person]'),
        ('minimum_purchase_proposal.consequence', '[no person]'),
        ('minimum_purchase_proposal.document', '[no person]'),
        ('api_key.name', '[personal]'),
        ('api_key.prefix', '[no person]'),
        ('api_key.key_sha256', '[no person]'),
        ('api_key.scopes', '[no person]'),
        ('outside_identity.issuer', '[no person]'),
        ('outside_identity.subject', '[personal]'),
        ('outside_sign_in.state_sha256', '[no person]'),
        ('outside_sign_in.browser_sha256', '[no person]'),
        ('outside_sign_in.provider', '[no person]'),
        ('outside_sign_in.nonce', '[no person]'),
        ('outside_sign_in.verifier', '[no person]'),
        ('outside_sign_in.back_to', '[no person]'),
        ('outside_sign_in.link_sha256', '[no person]')
    LOOP
        SELECT col_description(a.attrelid, a.attnum) INTO STRICT said
        FROM pg_attribute a
        WHERE a.attrelid = split_part(place, '.', 1)::regclass AND a.attname = split_part(place, '.', 2);
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', split_part(place, '.', 1), split_part(place, '.', 2), said || ' ' || mark);
    END LOOP;
    FOR place, mark IN VALUES
        ('api_key', 'accounts'),
        ('outside_identity', 'accounts'),
        ('outside_sign_in', 'accounts'),
        ('mini_competition_extension', 'competitions'),
        ('minimum_purchase_proposal', 'contracts')
    LOOP
        EXECUTE format('COMMENT ON TABLE %I IS %L', place, obj_description(place::regclass, 'pg_class') || ' [processing: ' || mark || ']');
    END LOOP;
END
$$;
