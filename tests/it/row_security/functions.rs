//! Functions that run with the eyes of the owner: each listed here with the reason, none callable by everybody.

use std::collections::BTreeMap;

use crate::cluster::fresh_database;

/// Why a function may see through the policies. Trigger functions cannot be called; they run when their table changes.
const WITH_THE_OWNERS_EYES: &[(&str, &str)] = &[
    ("baseline_still_counts", "trigger: a release looks at a withdrawal its actor may not see"),
    ("bonus_is_shared_whole", "trigger: adds up the shares of all members at commit"),
    ("call_off_by_a_member", "trigger: looks at the memberships of the call-off's own member"),
    ("found_call_offs", "search: ids of the actor's own, joined by whoever asks with what the policies show"),
    ("found_contracts", "search: ids of the house's, as above"),
    ("found_documents", "search: ids of the actor's own, as above"),
    ("found_items", "search: ids within contracts that were found, as above"),
    ("found_people", "lists of call-offs: ids of people by name, joined by whoever asks with whom the policies show"),
    ("jurisdiction_of_body", "trigger: the body's law for its new contract"),
    ("keep_savings_total", "trigger: adds to sums that nobody else may write"),
    ("learn_contract_words", "trigger: words of titles for search"),
    ("learn_item_words", "trigger: words of titles for search"),
    ("move_savings_total", "trigger: an item in another category takes its sums along"),
    ("note_standing_facts", "trigger: one row in a table the application has no right on"),
    ("note_search_words", "for the two triggers above; nobody else may call it"),
    ("renew_standing_facts", "trigger: a new random state"),
    ("rows_about", "somebody's own data: only what points at themselves"),
    ("search_terms", "search: compares with words of the actor's own house"),
    ("session_acting", "before anybody acts: answers only to the id of a session together with its person"),
    ("settle_savings_total", "for the job: puts rows of sums together, changes none"),
    ("supplier_report_is_whole", "trigger: adds up all lines of a report at commit"),
    ("turnover_import_is_whole", "trigger: adds up all lines of a file at commit"),
    ("turnover_revocation_is_whole", "trigger: compares all lines of a file with those that take it back"),
    ("use_api_key", "before anybody acts: answers only to the hash of a key, and counts its use"),
];

#[tokio::test]
async fn whoever_sees_through_the_policies_is_listed_with_the_reason() {
    let database = fresh_database().await;
    let found: Vec<(String, bool, bool, bool)> = sqlx::query_as(
        "SELECT p.proname::text, p.prorettype = 'trigger'::regtype,
                coalesce(p.proconfig::text, '') LIKE '%search_path=pg_catalog, public, pg_temp%',
                EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
         FROM pg_proc p
         WHERE p.prosecdef AND p.pronamespace IN ('public'::regnamespace, 'abruf'::regnamespace)
         ORDER BY 1",
    )
    .fetch_all(&database.owner)
    .await
    .unwrap();
    let listed: BTreeMap<&str, &str> = WITH_THE_OWNERS_EYES.iter().copied().collect();
    let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        listed.keys().copied().collect::<Vec<_>>(),
        "add it here with the reason, or let it run as the caller"
    );
    for (name, trigger, pinned, public) in &found {
        assert!(*pinned, "{name}: its search path is not pinned");
        assert!(*trigger || !*public, "{name}: everybody may call it");
    }
    println!("row security: {} functions with the owner's eyes, each with its reason", found.len());
}
