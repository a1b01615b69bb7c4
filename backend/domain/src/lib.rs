//! The domain of Abruf: framework contracts of purchasing cooperatives and the call-offs from them.
//!
//! Pure: no IO, no clock, no chance, no async. Facts go in, a judgement comes out, with every
//! finding and not only the first. A refusal is an answer, not an error.
//!
//! | German | here | note |
//! |---|---|---|
//! | Rahmenvereinbarung, Rahmenvertrag | framework contract | § 103 (5) GWB |
//! | Einkaufsgenossenschaft | body (purchasing body) | tenders and concludes contracts |
//! | Mitglied | member | a town, district, association ... |
//! | Abruf, Einzelabruf | call-off | an order under a framework contract |
//! | Abrufberechtigung | entitlement | named or announced category, dated, with proof |
//! | Los | lot | |
//! | Leistungsposition | item | |
//! | Preisstand | price term | dated, released by a second person |
//! | Höchstwert, Höchstmenge | ceiling | rule ids keep `cap-` |
//! | Kontingent | quota | a member's share of a ceiling |
//! | Bekanntmachung | notice | its date decides who is entitled |
//! | Prüfung | review | all findings on one call-off |
//! | Feststellung | finding | outcome of one rule |
//! | bestanden, Hinweis, Begründung, Sperre, offen | passed, notice, justify, block, pending | |
//! | Vergleichsbasis | baseline | dated price with evidence |
//! | Einsparung | savings | by evidence class A, B, C, P |
//! | Mindermengenzuschlag | surcharge | small-order surcharge |
//! | Umlage | fee | of the cooperative |
//! | Vorgangsnummer | case number | for the telephone |
//! | Bonus, Rückvergütung | bonus | by turnover of a year, outside order value and saving |
//! | Gutschrift | credit note | pays a bonus |
//! | Stornierung | cancellation | after release, by counter entries |
//! | Teilstornierung | partial cancellation | of quantities before performance |
//! | Restmenge schließen | short close | takes back what will not be delivered |
//! | Elektronische Adresse | electronic address | of a party in Peppol: VAT id, GLN, Leitweg-ID |
//! | Versand, Zugang | dispatch, receipt | of the order at the supplier |
//! | Auftragsbestätigung | confirmation | by the supplier; may differ |
//! | Lieferung, Lieferschein | delivery, delivery note | |
//! | Mängelrüge, Reklamation | complaint | frees no volume |
//! | Rechnung | invoice | |
//! | Abrufvermerk | memo (call-off memo) | what a release rests on, for the file |
//! | Bescheinigung | certificate | of entitlement or of savings; states one day |
//! | Zuschlag | award | ends the tender |
//! | Änderung (§ 132 GWB) | modification | of a running contract |
//! | Vertretungsmacht | power to bind | of the person who releases |
//! | Verpflichtungsermächtigung | commitment (authorisation) | for later budget years |
//! | Hauptsatzung | by-law | names the council's limit |
//! | Freigabe | release | by a second person; makes the order |
//! | Freigabeordnung, Freigabeschritt | approval order, step | the last step is the release |
//! | Rechtspaket, Rechtswert | law pack, legal parameter | what a jurisdiction says in dated numbers |
//! | Miniwettbewerb | mini-competition | § 21 (5) VgV; asked, sealed, opened by two, scored, awarded or abolished |
//! | Einladung, Angebot, Öffnung, Wertung | invitation, offer, opening, scoring | steps of a mini-competition |
//! | Lizenzbestand | licence inventory | lines with a price per month; a renewal follows its end |
//! | Mittelbestätigung | budget confirmation | the treasurer's word on the money of a request |
//! | Vertretung, Übertragung | deputy, delegate | stand-ins; dated, not passed on |
//! | Absage | decline | of a supplier in a cascade |
//! | Antwortfrist | answer period | in working days; silence counts after it |
//! | Lieferantenvorschlag | proposal | whom the mechanism gives a draft |
//! | In-House-Bestellung, Lieferantenauftrag | in-house order (A), supplier order (B) | the pair of a contract through the body |
//! | Lieferstopp | stop | nothing may be ordered from a supplier |
//! | Umsatz, Umsatzmeldung | turnover, supplier report | what happened outside, by month; compared with the ledger |
//! | Kontingentübertragung | quota transfer | with the consent of both members |
//! | Tätigkeitsanteil | activity share | of a body for its members, § 108 (7) GWB |
//! | Sitzungsbericht, festschreiben | meeting report, freeze | what an organ of the body decided on |
//! | Beschlussvorlage, Beschluss | proposal, decision (resolution) | of a meeting |

//! | Abfluss, Reichweite | burn rate, exhaustion | how fast a ceiling is used up, and until when |
//! | Vorlauf | lead time | of a tender, from its preparation to its award |
//! | Mindestabnahme | minimum purchase | what must have been called off by a day |

//! | Sparpotenzial | what would be saved | past purchases beside the lists; prices in bands for whoever is not entitled |
//! | Stichprobe, Grundgesamtheit, Startwert | sample, population, seed | of an auditor; drawn so that anybody can repeat it |
//! | Einladung (einer Stadt) | invitation | a link by which a town that is no member uploads its purchases |

pub mod activation;
pub mod activity_share;
pub mod allocation;
pub mod answer_period;
pub mod approval;
pub mod audit;
pub mod bonus;
pub mod burn_rate;
pub mod call_off;
pub mod cancellation;
pub mod canonical;
pub mod cascade;
pub mod checks;
pub mod co_termination;
pub mod contract_life;
pub mod cpv;
pub mod data_format;
pub mod dispatch;
pub mod edition;
pub mod electronic_address;
pub mod entitlement;
pub mod facts;
pub mod finding;
pub mod fulfilment;
pub mod glossary;
pub mod headroom;
pub mod ids;
pub mod invoice;
pub mod law;
pub mod licence_inventory;
pub mod mini_competition;
pub mod minimum_purchase;
pub mod money;
pub mod name_match;
pub mod notation;
pub mod payments;
pub mod period;
pub mod price_change;
pub mod pricing;
pub mod proposal;
pub mod recheck;
pub mod retention;
pub mod review;
pub mod sampling;
pub mod savings;
pub mod supplier_order;
pub mod supply_chain;
pub mod texts;
pub mod turnover_reconciliation;
pub mod volume;
pub mod what_would_be_saved;

#[cfg(test)]
mod example;

pub use facts::Facts;
pub use finding::{Addressee, Finding, Outcome};
pub use review::{Decision, Review, review};
