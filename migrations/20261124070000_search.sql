-- Search over contracts, items, call-offs and documents, with German stems and for words mistyped by a letter or two.
-- Row-level security refuses to use an index by an operator that is not leakproof, and none of text search is. So
-- functions of the owner find ids by index, narrowed to the actor, and whoever asks reads the rows under the policies.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE FUNCTION abruf.folded(words text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- What is no letter or digit parts words; ä, ae and a, ß and ss are the same; "ue" only where it can be an ü.
    RETURN btrim(regexp_replace(regexp_replace(
        replace(replace(
            translate(replace(lower(words), 'ß', 'ss'), 'äöüÄÖÜáàâãåéèêëíìîïóòôõúùûýñçčćšžłřěőű', 'aouaouaaaaaeeeeiiiioooouuuyncccszlreou'),
            'ae', 'a'), 'oe', 'o'),
        '(?<![aeiouyq])ue', 'u', 'g'),
        '[^a-z0-9]+', ' ', 'g'));
END
$$;
COMMENT ON FUNCTION abruf.folded(text) IS 'Words in small letters without accents, umlauts and signs, as search compares them';

CREATE FUNCTION abruf.search_vector(words text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN to_tsvector('pg_catalog.german'::regconfig, abruf.folded(coalesce(words, '')));
END
$$;
COMMENT ON FUNCTION abruf.search_vector(text) IS 'German stems of folded words';

CREATE INDEX framework_contract_search ON framework_contract USING gin (abruf.search_vector(number || ' ' || title || ' ' || description || ' ' || search_words));
CREATE INDEX organisation_search ON organisation USING gin (abruf.search_vector(name));
CREATE INDEX item_search ON item USING gin (abruf.search_vector(article_number || ' ' || title));
CREATE INDEX call_off_search ON call_off USING gin (abruf.search_vector(case_number || ' ' || coalesce(number, '') || ' ' || need || ' ' || cost_centre || ' ' || file_reference || ' ' || order_reference));
CREATE INDEX document_search ON document USING gin (abruf.search_vector(file_name || ' ' || check_code));

-- The words of contracts and price lists, to find what was meant by one that is mistyped.
CREATE TABLE search_word (
    body_id uuid NOT NULL REFERENCES organisation,
    word text NOT NULL,
    written text NOT NULL,
    PRIMARY KEY (body_id, word),
    CONSTRAINT search_word_length CHECK (length(word) BETWEEN 3 AND 40)
);
COMMENT ON TABLE search_word IS 'Words of titles and descriptions in the contracts of a body; search looks up here what a mistyped word may have meant';
COMMENT ON COLUMN search_word.body_id IS 'Whose contract it stands in';
COMMENT ON COLUMN search_word.word IS 'Folded, as it is compared';
COMMENT ON COLUMN search_word.written IS 'As it was written first, as pages show it';
CREATE INDEX search_word_similar ON search_word USING gin (word public.gin_trgm_ops);
ALTER TABLE search_word ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_word FORCE ROW LEVEL SECURITY;
CREATE POLICY search_word_actor ON search_word USING (
    (SELECT abruf.actor_kind()) = 'job' OR body_id = (SELECT abruf.actor_body()));
GRANT SELECT ON search_word TO abruf_app;

CREATE FUNCTION abruf.note_search_words(bodies uuid[], texts text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO search_word (body_id, word, written)
    SELECT DISTINCT ON (t.body, folded.word) t.body, folded.word, left(split.written, 60)
    FROM unnest(bodies, texts) AS t (body, words)
    CROSS JOIN LATERAL regexp_split_to_table(t.words, '[^[:alnum:]ÄÖÜäöüß]+') AS split (written)
    CROSS JOIN LATERAL (SELECT abruf.folded(split.written) AS word) folded
    WHERE length(folded.word) BETWEEN 3 AND 40 AND folded.word ~ '^[a-z0-9]*[a-z]{3}[a-z0-9]*$'
    ORDER BY t.body, folded.word, split.written
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION abruf.note_search_words(uuid[], text[]) IS 'Notes the words of texts, each with the body whose contract it stands in';
REVOKE ALL ON FUNCTION abruf.note_search_words(uuid[], text[]) FROM PUBLIC;

CREATE FUNCTION abruf.learn_contract_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM abruf.note_search_words(array_agg(f.body_id), array_agg(f.title || ' ' || f.description || ' ' || f.search_words))
    FROM fresh f;
    RETURN NULL;
END
$$;
CREATE TRIGGER framework_contract_words_new AFTER INSERT ON framework_contract
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION abruf.learn_contract_words();
CREATE TRIGGER framework_contract_words_changed AFTER UPDATE ON framework_contract
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION abruf.learn_contract_words();

CREATE FUNCTION abruf.learn_item_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM abruf.note_search_words(array_agg(f.body_id), array_agg(i.title))
    FROM fresh i
    JOIN framework_contract f ON f.id = i.contract_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER item_words_new AFTER INSERT ON item
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION abruf.learn_item_words();
CREATE TRIGGER item_words_changed AFTER UPDATE ON item
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION abruf.learn_item_words();

-- What is there already.
SELECT abruf.note_search_words(array_agg(body_id), array_agg(title || ' ' || description || ' ' || search_words)) FROM framework_contract;
SELECT abruf.note_search_words(array_agg(f.body_id), array_agg(i.title)) FROM item i JOIN framework_contract f ON f.id = i.contract_id;

CREATE FUNCTION abruf.search_terms(words text, OUT wanted text, OUT meant text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    body uuid := abruf.actor_body();
    entered text;
    stem text;
    choices text[];
    near record;
BEGIN
    meant := '{}';
    FOREACH entered IN ARRAY (string_to_array(abruf.folded(left(words, 200)), ' '))[1:8] LOOP
        -- Stop words have no stem.
        stem := (SELECT lexeme FROM unnest(to_tsvector('pg_catalog.german'::regconfig, entered)) LIMIT 1);
        CONTINUE WHEN stem IS NULL;
        choices := ARRAY[quote_literal(stem) || CASE WHEN length(stem) < 3 THEN '' ELSE ':*' END];
        IF entered ~ '^[a-z]{4,40}$' THEN
            -- German puts words together: Arbeitsplatzmonitor is found by monitor.
            choices := choices || ARRAY(
                SELECT DISTINCT quote_literal(lexeme)
                FROM search_word w CROSS JOIN LATERAL unnest(to_tsvector('pg_catalog.german'::regconfig, w.word)) AS part
                WHERE w.body_id = body AND w.word LIKE '_%' || stem || '%'
                LIMIT 20);
            IF cardinality(choices) = 1 AND NOT EXISTS (
                SELECT FROM search_word w WHERE w.body_id = body AND w.word LIKE stem || '%')
            THEN
                FOR near IN
                    SELECT w.written, part.lexeme, public.similarity(w.word, entered) AS likeness
                    FROM search_word w CROSS JOIN LATERAL unnest(to_tsvector('pg_catalog.german'::regconfig, w.word)) AS part
                    WHERE w.body_id = body AND w.word OPERATOR(public.%) entered AND abs(length(w.word) - length(entered)) <= 3
                    ORDER BY likeness DESC, w.word
                    LIMIT 3
                LOOP
                    choices := choices || quote_literal(near.lexeme);
                    meant := meant || near.written;
                END LOOP;
            END IF;
        END IF;
        wanted := concat_ws(' & ', wanted, '(' || array_to_string(choices, ' | ') || ')');
    END LOOP;
END
$$;
COMMENT ON FUNCTION abruf.search_terms(text) IS 'The question for text search: each word by its stem, as part of another, or if nobody writes it so, by what looks like it; null without a word. meant: the words that look like it';

CREATE FUNCTION abruf.found_contracts(wanted tsquery, most integer) RETURNS TABLE (contract_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT f.id FROM framework_contract f
    WHERE (f.body_id = abruf.actor_body() OR EXISTS (SELECT FROM contract_body b WHERE b.contract_id = f.id AND b.body_id = abruf.actor_body()))
      AND f.id IN (
        SELECT g.id FROM framework_contract g
        WHERE abruf.search_vector(g.number || ' ' || g.title || ' ' || g.description || ' ' || g.search_words) @@ wanted
        UNION
        SELECT p.contract_id FROM organisation o JOIN contract_party p ON p.supplier_id = o.id
        WHERE abruf.search_vector(o.name) @@ wanted)
    LIMIT most;
END
$$;
COMMENT ON FUNCTION abruf.found_contracts(tsquery, integer) IS 'Ids of contracts of the actor''s body by their words or their suppliers; whoever asks sees only those the policies show';

CREATE FUNCTION abruf.found_items(wanted tsquery, contracts uuid[], most integer) RETURNS TABLE (contract_id uuid, item_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT i.contract_id, i.id FROM item i
    -- Not = ANY: it would have the index of contracts read for a million items to find a few.
    WHERE abruf.search_vector(i.article_number || ' ' || i.title) @@ wanted AND array_position(contracts, i.contract_id) IS NOT NULL
    LIMIT most;
END
$$;
COMMENT ON FUNCTION abruf.found_items(tsquery, uuid[], integer) IS 'Ids of items of these contracts; whoever asks sees only those the policies show';

CREATE FUNCTION abruf.concerns_actor(body uuid, member uuid, dated date) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE abruf.actor_kind()
        WHEN 'member' THEN member = abruf.actor_organisation()
        WHEN 'body' THEN body = abruf.actor_body() AND dated IS NOT NULL
        WHEN 'auditor' THEN body = abruf.actor_body() AND member = ANY (abruf.actor_members()::uuid[]) AND dated <@ abruf.actor_period()
        ELSE false
    END;
END
$$;
COMMENT ON FUNCTION abruf.concerns_actor(uuid, uuid, date) IS 'Whether the policy of call-offs would show one of this body, member and date';

CREATE FUNCTION abruf.found_call_offs(wanted tsquery, most integer) RETURNS TABLE (contract_id uuid, call_off_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT c.contract_id, c.id FROM call_off c
    WHERE abruf.search_vector(c.case_number || ' ' || coalesce(c.number, '') || ' ' || c.need || ' ' || c.cost_centre || ' ' || c.file_reference || ' ' || c.order_reference) @@ wanted
      AND abruf.concerns_actor(c.body_id, c.member_id, c.dated_on)
    LIMIT most;
END
$$;
COMMENT ON FUNCTION abruf.found_call_offs(tsquery, integer) IS 'Ids of the actor''s call-offs; whoever asks sees only those the policies show';

CREATE FUNCTION abruf.found_documents(wanted tsquery, most integer) RETURNS TABLE (contract_id uuid, document_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT d.contract_id, d.id FROM document d
    JOIN call_off c ON c.contract_id = d.contract_id AND c.id = d.call_off_id
    WHERE abruf.search_vector(d.file_name || ' ' || d.check_code) @@ wanted
      AND abruf.concerns_actor(c.body_id, c.member_id, c.dated_on)
    LIMIT most;
END
$$;
COMMENT ON FUNCTION abruf.found_documents(tsquery, integer) IS 'Ids of documents of the actor''s call-offs by file name or Prüfkennung; whoever asks sees only those the policies show';

-- They see past the policies and give away ids only; whoever asks joins those with what the policies show.
REVOKE ALL ON FUNCTION abruf.search_terms(text), abruf.found_contracts(tsquery, integer),
    abruf.found_items(tsquery, uuid[], integer), abruf.found_call_offs(tsquery, integer),
    abruf.found_documents(tsquery, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.search_terms(text), abruf.found_contracts(tsquery, integer),
    abruf.found_items(tsquery, uuid[], integer), abruf.found_call_offs(tsquery, integer),
    abruf.found_documents(tsquery, integer) TO abruf_app;
