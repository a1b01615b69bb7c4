-- Words of new items went onto a list that every search reads whole until somebody clears it: after price lists of twenty thousand
-- articles each, search of a million took up to eight times as long. Now they go into the index at once, and the import waits for that.
ALTER INDEX item_search SET (fastupdate = off);
SELECT gin_clean_pending_list('item_search');
