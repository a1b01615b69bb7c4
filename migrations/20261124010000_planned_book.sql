-- One name for the planned book, so that no reader of the ledger can forget one of its three stages.

CREATE VIEW planned_savings WITH (security_invoker = true) AS
SELECT *
FROM savings_entry
WHERE stage IN ('planned', 'cancelled', 'corrected');
COMMENT ON VIEW planned_savings IS 'The planned book of the savings ledger: what was planned at release, less what was cancelled and corrected since; realised and audited are books of their own. Whoever reads it sees what they see of the ledger';
GRANT SELECT ON planned_savings TO abruf_app;
