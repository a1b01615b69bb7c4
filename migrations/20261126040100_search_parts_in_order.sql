-- Of the many words that a word is part of, search takes twenty. Which ones fell out of the plan, so that the same question could
-- find other articles a minute later; now they are the shortest, which are nearest to what was asked.
CREATE OR REPLACE FUNCTION abruf.search_terms(words text, OUT wanted text, OUT meant text[])
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
                SELECT quote_literal(lexeme)
                FROM search_word w CROSS JOIN LATERAL unnest(to_tsvector('pg_catalog.german'::regconfig, w.word)) AS part
                WHERE w.body_id = body AND w.word LIKE '_%' || stem || '%'
                GROUP BY lexeme
                ORDER BY length(lexeme), lexeme
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
