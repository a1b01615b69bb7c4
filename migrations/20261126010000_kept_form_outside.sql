-- A form that met no session goes along with a sign-in by an outside provider, as it does with a password.

ALTER TABLE outside_sign_in
    ADD COLUMN kept text,
    ADD CONSTRAINT outside_sign_in_kept_length CHECK (length(kept) BETWEEN 1 AND 400000),
    ADD CONSTRAINT outside_sign_in_kept_to_come_in CHECK (kept IS NULL OR num_nonnulls(link_sha256, person_id) = 0);
COMMENT ON COLUMN outside_sign_in.kept IS 'What somebody had typed when their session was over, sealed (AES-256-GCM) with a key of the installation; opened only for a person who had that session; null: nothing waits [personal]';
