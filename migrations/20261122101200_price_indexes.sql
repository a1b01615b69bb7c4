-- Price indexes that contracts refer to, and their published values.

CREATE TABLE index_series (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    name text NOT NULL,
    source text NOT NULL,
    CONSTRAINT index_series_name_unique UNIQUE (body_id, name),
    CONSTRAINT index_series_source_present CHECK (source <> '')
);
COMMENT ON TABLE index_series IS 'A published price index that price terms of kind index name in their clause';
COMMENT ON COLUMN index_series.id IS 'Made by the program';
COMMENT ON COLUMN index_series.body_id IS 'The purchasing body that keeps it';
COMMENT ON COLUMN index_series.name IS 'Name with base year, e.g. Erzeugerpreisindex Papier (2021 = 100)';
COMMENT ON COLUMN index_series.source IS 'Who publishes it and where';

CREATE TABLE index_value (
    series_id uuid NOT NULL REFERENCES index_series,
    id uuid NOT NULL,
    published_on date NOT NULL,
    points numeric(12, 4) NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    released_by uuid REFERENCES person,
    released_at timestamptz,
    PRIMARY KEY (series_id, id),
    CONSTRAINT index_value_points_positive CHECK (points > 0),
    CONSTRAINT index_value_four_eyes CHECK (released_by IS NULL OR released_by <> recorded_by),
    CONSTRAINT index_value_released_whole CHECK ((released_by IS NULL) = (released_at IS NULL))
);
CREATE UNIQUE INDEX index_value_once ON index_value (series_id, published_on) WHERE released_at IS NOT NULL;
COMMENT ON TABLE index_value IS 'A published value of a price index, recorded by one person and released by another';
COMMENT ON COLUMN index_value.series_id IS 'The index';
COMMENT ON COLUMN index_value.id IS 'Made by the program';
COMMENT ON COLUMN index_value.published_on IS 'Day of publication; it counts from that day on, never for released orders';
COMMENT ON COLUMN index_value.points IS 'The value in points';
COMMENT ON COLUMN index_value.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN index_value.released_by IS 'Second person; unreleased values are never used';
COMMENT ON COLUMN index_value.released_at IS 'When it was released';

GRANT SELECT, INSERT, UPDATE ON index_series, index_value TO abruf_app;
ALTER TABLE index_series ENABLE ROW LEVEL SECURITY;
ALTER TABLE index_series FORCE ROW LEVEL SECURITY;
CREATE POLICY index_series_actor ON index_series USING (
    (SELECT abruf.actor_kind()) = 'job' OR body_id = (SELECT abruf.actor_body()));
ALTER TABLE index_value ENABLE ROW LEVEL SECURITY;
ALTER TABLE index_value FORCE ROW LEVEL SECURITY;
CREATE POLICY index_value_with_series ON index_value USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM index_series s WHERE s.id = index_value.series_id));
