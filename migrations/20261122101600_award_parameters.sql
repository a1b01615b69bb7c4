-- Dated numbers that rules about splitting, duplicates and standstill ask for.

INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty) VALUES
    ('de', 'eu_threshold_supplies_net', '216000.00', '2026-01-01', '2027-12-31', 'Del. VO (EU) 2025/2150', 'S'),
    ('de', 'split_window_days', '30', '2000-01-01', NULL, 'Vorgabe des Vertragsmanagements', 'K'),
    ('de', 'duplicate_window_days', '14', '2000-01-01', NULL, 'Vorgabe des Vertragsmanagements', 'K');
