-- What a change of an item may hold: freight too, which becomes a version of the price of one supplier.

COMMENT ON COLUMN item_proposal.change IS 'What the item is from the release on, as the program writes it: cpv, accessibility, evb_it; vat with its first day of supply, and freight with supplier and first day, where these change';
