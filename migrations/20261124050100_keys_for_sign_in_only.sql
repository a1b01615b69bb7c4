-- The keys of the installation and the counters of failed sign-ins are for whoever signs people in, and for
-- jobs: nobody who acts for an organisation reads or moves them, whatever statement they smuggle in.

ALTER TABLE installation ENABLE ROW LEVEL SECURITY;
ALTER TABLE installation FORCE ROW LEVEL SECURITY;
CREATE POLICY installation_actor ON installation USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));

ALTER TABLE sign_in_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY sign_in_attempt_actor ON sign_in_attempt USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));
