-- A catalogue as large as asked for tests/measure/catalogue/run: contracts of one purchasing body, copies of that with article
-- DEV-PT (so that whoever may order from it may order from them), and functions that lay out items and ask about them.
-- The products are invented: heads and what they are put together with, makers, series, sizes, colours, each of a long
-- and uneven list, so that some words stand in a tenth of all titles and many in a few.
-- psql variables: contracts.
CREATE SCHEMA measured;
CREATE TABLE measured.contract (n bigint PRIMARY KEY, id uuid NOT NULL, lot_id uuid NOT NULL, supplier_id uuid NOT NULL);

SELECT set_config('measured.contracts', :'contracts', false) \gset ignored_
SET session_replication_role = replica;
DO $$
DECLARE
    pattern uuid; lot uuid; supplier uuid; copy uuid; child text;
    subjects text[] := '{Büroausstattung,Netzwerktechnik,Drucktechnik,Medientechnik,Werkstattbedarf,Reinigungsmittel,Arbeitsschutz,Schulbedarf,
                         Elektromaterial,Sanitärbedarf,Fahrzeugteile,Laborbedarf,Küchentechnik,Grünpflege,Straßenunterhaltung,Feuerwehrbedarf}';
BEGIN
    SELECT i.contract_id, i.lot_id, c.supplier_id INTO STRICT pattern, lot, supplier
    FROM item i JOIN call_off c ON c.contract_id = i.contract_id
    WHERE i.article_number = 'DEV-PT' LIMIT 1;
    FOR n IN 0..current_setting('measured.contracts')::int - 1 LOOP
        copy := gen_random_uuid();
        INSERT INTO measured.contract VALUES (n, copy, lot, supplier);
        INSERT INTO framework_contract
        SELECT (jsonb_populate_record(f, jsonb_build_object(
            'id', copy, 'number', 'KAT-' || n, 'title', 'Katalog ' || subjects[1 + n % 16] || ', Los ' || 1 + n / 16,
            'description', 'Lieferung nach Katalog.', 'search_words', ''))).*
        FROM framework_contract f WHERE f.id = pattern;
        FOREACH child IN ARRAY ARRAY['contract_body', 'contract_option', 'lot', 'contract_party', 'entitlement'] LOOP
            EXECUTE format(
                'INSERT INTO %1$I OVERRIDING SYSTEM VALUE
                 SELECT (jsonb_populate_record(t, jsonb_build_object(''contract_id'', $2))).*
                 FROM %1$I t WHERE t.contract_id = $1', child) USING pattern, copy;
        END LOOP;
        INSERT INTO guard
        SELECT (jsonb_populate_record(g, jsonb_build_object(
                   'contract_id', copy, 'authorised', 0, 'recorded', 0, 'reserved', 0, 'breached', false, 'last_number', 0,
                   'chain_length', 0, 'chain_head', '\x' || repeat('00', 32), 'chain_previous', '\x' || repeat('00', 32)))).*
        FROM guard g WHERE g.contract_id = pattern AND g.item_id IS NULL;
    END LOOP;
END
$$;
RESET session_replication_role;

-- A number from 0 to 1 that follows from an item and what is chosen for it.
CREATE FUNCTION measured.share(k bigint, choice bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT (hashint8extended(k * 100 + choice, 7) & 9007199254740991) / 9007199254740992.0 $$;
-- One word of a list, the first ones far more often than the last ones.
CREATE FUNCTION measured.pick(words text[], k bigint, choice bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT words[1 + floor(cardinality(words) * power(measured.share(k, choice), 2))::int] $$;

CREATE TABLE measured.list (name text PRIMARY KEY, words text[] NOT NULL);
INSERT INTO measured.list VALUES
('head', '{kabel,leuchte,schrank,papier,adapter,halterung,monitor,drucker,tastatur,stuhl,tisch,ordner,etikett,batterie,lampe,pumpe,ventil,
    schlauch,handschuh,jacke,hose,schuh,helm,brille,filter,reiniger,lack,pinsel,schraube,dübel,bohrer,säge,zange,hammer,leiter,karre,regal,
    behälter,flasche,beutel,folie,klebeband,tafel,stift,schere,locher,hefter,mappe,umschlag,rolle,spender,seife,tuch,eimer,besen,
    schaufel,rechen,mäher,motor,riemen,lager,dichtung,sensor,schalter,steckdose,sicherung,verteiler,router,server,speicher,
    platine,lüfter,netzteil,kamera,mikrofon,lautsprecher,verstärker,projektor,leinwand,waage,thermometer,kolben,pipette,mikroskop,
    ofen,herd,topf,pfanne,spüle,armatur,becken,matte,teppich,vorhang,schild,poller,schranke,absperrung,streuer,feuerlöscher}'),
('part', '{"","","","","","",Arbeitsplatz,Netzwerk,Büro,Wand,Decken,Boden,Sicherheits,Schutz,Werkstatt,Labor,Küchen,Schul,Kinder,Garten,Straßen,Fahrzeug,
    Industrie,Akku,Solar,Funk,Glasfaser,Strom,Wasser,Gas,Druckluft,Hydraulik,Edelstahl,Kunststoff,Holz,Aluminium,Gummi,Leder,
    Kopier,Laser,Tinten,Farb,Foto,Video,Konferenz,Empfangs,Archiv,Akten,Post,Versand,Verpackungs,Lager,Transport,Hebe,Roll,Klapp,
    Steh,Sitz,Dreh,Einbau,Aufbau,Unterputz,Feuchtraum,Außen,Innen,Notfall,Brandschutz,Atemschutz,Gehör,Knie,Winter,Sommer,Regen,
    Warn,Signal,Verkehrs,Baustellen,Tiefbau,Kanal,Brunnen,Schwimmbad,Sport,Turnhallen,Bühnen,Museums,Bibliotheks,Praxis,Pflege}'),
('maker', '{Norvik,Haldenberg,Brixell,Tannwald,Kestrion,Olmera,Fennwerk,Gravaro,Silvendo,Quarzheim,Ruhlatec,Wendolin,Zephirion,Aldomex,
    Bergquell,Corvento,Dunkelau,Elbmark,Friesotec,Glanzwerk,Hollerion,Isentra,Jadebusch,Kaltenfels,Luminova,Moorland,Nebelhorn,
    Ostwind,Pfalzwerk,Querfurtia,Rotbuche,Saalwerk,Talgrund,Ulmenhof,Vierlanden,Westkamp,Xantor,Yllmar,Zwickelau,Ambralux}'),
('manner', '{höhenverstellbar,abschließbar,verzinkt,wasserfest,bruchsicher,geräuscharm,energiesparend,nachfüllbar,stapelbar,faltbar,
    rutschfest,feuerfest,biologisch abbaubar,mit Prüfzeichen,für den Außenbereich,für Innenräume,mit Garantie,ohne Halogen,
    explosionsgeschützt,antistatisch,dimmbar,verwaltbar,gepolstert,lackiert,unbehandelt,selbstklebend,magnetisch,entspiegelt}'),
('colour', '{schwarz,weiß,grau,blau,rot,grün,gelb,silber,braun,orange,anthrazit,beige,transparent,violett,türkis}'),
('size', '{klein,mittel,groß,10 cm,20 cm,50 cm,80 x 60 cm,120 x 80 cm,160 x 80 cm,2 m,5 m,10 m,25 m,100 m,24 Zoll,27 Zoll,32 Zoll,
    500 ml,1 Liter,5 Liter,10 Liter,100 Stück,500 Blatt,1.000 Stück,A4,A3,12 V,230 V,400 V,16 A,32 A,IP 44,IP 65}'),
('syllable', '{ba,ven,to,ri,mex,lan,dor,ki,sol,ter,ul,ni,gra,pex,lo,mar,ti,von,sa,rel,cu,dan,fo,hil,jo,kra,lum,no,qui,ros}');
UPDATE measured.list SET words = (SELECT array_agg(regexp_replace(word, '\s+', ' ', 'g') ORDER BY place) FROM unnest(words) WITH ORDINALITY AS u (word, place));

-- Series of a maker: 900 to 27,000 words, as the catalogue grows.
CREATE FUNCTION measured.series(k bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT initcap(measured.pick(words, k, 11) || measured.pick(words, k, 12) || measured.pick(words, k, 13))
    FROM measured.list WHERE name = 'syllable'
$$;

CREATE FUNCTION measured.item_id(k bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(k), 12, '0'))::uuid $$;

-- Items first to last in the contracts, each with a price released long ago. Words are learnt by the trigger, as from a price list.
CREATE FUNCTION measured.lay(first bigint, last bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    contracts bigint := (SELECT count(*) FROM measured.contract);
    head text[] := (SELECT words FROM measured.list WHERE name = 'head');
    part text[] := (SELECT words FROM measured.list WHERE name = 'part');
    maker text[] := (SELECT words FROM measured.list WHERE name = 'maker');
    manner text[] := (SELECT words FROM measured.list WHERE name = 'manner');
    colour text[] := (SELECT words FROM measured.list WHERE name = 'colour');
    size text[] := (SELECT words FROM measured.list WHERE name = 'size');
    people uuid[] := (SELECT array_agg(id) FROM (SELECT id FROM person ORDER BY id LIMIT 2) AS p);
BEGIN
    INSERT INTO item (contract_id, id, lot_id, article_number, title, unit, cpv, vat_rate_pct)
    SELECT c.id, measured.item_id(k), c.lot_id, upper(left(made.by, 3)) || '-' || k,
           initcap(left(stem, 1)) || substr(stem, 2) || ' ' || made.by || ' ' || measured.series(k) || ' ' || 100 + 10 * (k % 90)
               || ', ' || measured.pick(manner, k, 4)
               || CASE WHEN k % 3 = 0 THEN '' ELSE ', ' || measured.pick(size, k, 5) END
               || CASE WHEN k % 2 = 0 THEN '' ELSE ', ' || measured.pick(colour, k, 6) END,
           'Stück', '30200000-1', 19
    FROM generate_series(first, last) AS k
    JOIN measured.contract c ON c.n = k % contracts
    CROSS JOIN LATERAL (SELECT measured.pick(part, k, 1) || measured.pick(head, k, 2)) AS named (stem)
    CROSS JOIN LATERAL (SELECT measured.pick(maker, k, 3)) AS made (by);
    INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, valid_from, recorded_by, released_by, released_at)
    SELECT c.id, measured.item_id(k), measured.item_id(k), c.supplier_id, 1, 'fixed', 1 + k % 99999 / 100.0, '2020-01-01', people[1], people[2], '2020-01-01'
    FROM generate_series(first, last) AS k
    JOIN measured.contract c ON c.n = k % contracts;
END
$$;


-- What people ask, from the titles themselves: kinds in turn, each about an item of its own.
CREATE TABLE measured.question (n int PRIMARY KEY, kind text NOT NULL, words text NOT NULL);
CREATE FUNCTION measured.ask(questions int, items bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO measured.question
    SELECT n, kind, CASE kind
        WHEN 'number' THEN i.article_number
        WHEN 'one word' THEN w.title[1]
        -- What nobody put together stands inside of what others did.
        WHEN 'common word' THEN (SELECT words[1 + n % 40] FROM measured.list WHERE name = 'head')
        WHEN 'maker and thing' THEN w.title[1] || ' ' || w.title[2]
        WHEN 'three words' THEN w.title[1] || ' ' || w.title[3] || ' ' || w.title[5]
        WHEN 'colour and thing' THEN (SELECT words[1 + n % 15] FROM measured.list WHERE name = 'colour') || ' '
                                     || (SELECT words[1 + n % 90] FROM measured.list WHERE name = 'head')
        -- Two letters change places.
        WHEN 'mistyped' THEN left(w.title[1], 3) || reverse(substr(w.title[1], 4, 2)) || substr(w.title[1], 6)
        ELSE 'Kaffeefahrt' || measured.series(n)
        END
    FROM generate_series(0, questions - 1) AS n
    CROSS JOIN LATERAL (SELECT (ARRAY['number', 'one word', 'common word', 'maker and thing', 'three words', 'colour and thing', 'mistyped',
                                      'nothing'])[1 + n % 8]) AS k (kind)
    JOIN item i ON i.id = measured.item_id(1 + floor(measured.share(n, 90) * items)::bigint)
    CROSS JOIN LATERAL (SELECT regexp_split_to_array(i.title, '[ ,]+')) AS w (title);
END
$$;
