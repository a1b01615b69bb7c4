//! Situations of the rules about persons, money, papers, activation, dispatch and invoices.

use super::{bent, citrix};
use crate::activation::{
    Activation, ActivationLaw, Modification, ModificationGround, ModificationLimits, NewContract, NewEntitlement,
    NewItem, NewLot, PriceVersion, Subject, TermReason,
};
use crate::dispatch::Dispatch;
use crate::example::{REQUESTER, SUPPLIER, between, id, of, since};
use crate::facts::{
    Accessibility, Authority, AuthorityClass, BindingRules, Budget, BudgetMode, CheckPoint, CouncilLimit, Counted,
    DataProcessingAgreement, DeclaredInterest, EvbIt, Facts, FundsConfirmation, InhouseEvidence, LegalBasis, Member,
    Price, Regime, SupplyChain, Tier,
};
use crate::finding::Finding;
use crate::invoice::{Invoice, InvoiceLine, StatedGroup};
use crate::period::Period;
use crate::{activation, dispatch, invoice};
use uuid::Uuid;

/// Call-offs that drive each of these rules through its outcomes.
pub(super) fn situations() -> Vec<Facts> {
    [authority(), inhouse(), budgets(), council(), papers(), persons()].concat()
}

/// Findings of the rules that look at something else than a call-off.
pub(super) fn findings() -> Vec<Finding> {
    let activations = [contracts(), prices(), modifications()].concat();
    let activated = activations.iter().flat_map(activation::judge);
    let dispatched = dispatches().into_iter().flat_map(|facts| dispatch::judge(&facts));
    let invoiced = invoices().into_iter().flat_map(|facts| invoice::judge(&facts));
    activated.chain(dispatched).chain(invoiced).collect()
}

fn member(bend: impl FnOnce(&mut Member)) -> Facts {
    bent(|facts| bend(&mut facts.member))
}

fn authority() -> Vec<Facts> {
    let class = |validity| {
        member(|member| {
            let document = "Hauptsatzung".to_owned();
            member.authority = Some(vec![AuthorityClass { class: "§ 99 Nr. 1 GWB".to_owned(), validity, document }]);
        })
    };
    vec![
        member(|member| member.authority = Some(Vec::new())),
        class(since("2012-04-01")),
        class(since("2026-01-20")),
        class(between("2012-04-01", "2026-01-18")),
    ]
}

fn inhouse() -> Vec<Facts> {
    let evidence = |bend: fn(&mut InhouseEvidence)| {
        bent(|facts| {
            facts.contract.legal_basis = Some(LegalBasis::Inhouse);
            let mut evidence = InhouseEvidence {
                year: 2025,
                control: true,
                activity_share: of("80.01"),
                private_capital: false,
                approved: true,
                document: "Nachweis 2025".to_owned(),
            };
            bend(&mut evidence);
            facts.member.inhouse_evidence = Some(vec![evidence]);
        })
    };
    vec![
        evidence(|_| {}),
        evidence(|evidence| evidence.year = 2024),
        evidence(|evidence| evidence.control = false),
        evidence(|evidence| evidence.activity_share = of("80")),
        evidence(|evidence| evidence.private_capital = true),
        // The body orders: in-house, whatever the contract rests on.
        bent(|facts| {
            facts.contract.supply_chain = SupplyChain::ThroughBody;
            facts.member.inhouse_evidence = Some(Vec::new());
        }),
    ]
}

fn budgets() -> Vec<Facts> {
    let budget = |available: &str, bend: fn(&mut Facts, &mut Budget)| {
        bent(|facts| {
            let mut budget = Budget {
                mode: BudgetMode::Confirmed,
                account: "11150.52".to_owned(),
                available: of(available),
                later_years: Some(vec![(2027, of("4500.58"))]),
                overrun_approval: None,
                provisional_until: None,
                confirmation: None,
                account_missing: false,
            };
            bend(facts, &mut budget);
            facts.request.budget = Some(budget);
        })
    };
    vec![
        budget("18613.98", |_, _| {}),
        budget("18613.97", |facts, _| facts.request.papers.commitment = "VE 2027".to_owned()),
        budget("18613.97", |_, budget| budget.overrun_approval = Some("Ratsbeschluss 12/2026".to_owned())),
        budget("18613.98", |_, budget| budget.provisional_until = Some(of("2026-01-19"))),
        budget("18613.98", |facts, _| {
            facts.request.performance = Period::new(of("2026-02-01"), of("2026-02-28")).ok();
        }),
        budget("0.00", |_, budget| budget.account_missing = true),
        budget("0.00", |_, budget| budget.confirmation = Some(FundsConfirmation::Awaited)),
        budget("0.00", |_, budget| budget.confirmation = Some(given("23114.55"))),
        budget("0.00", |_, budget| budget.confirmation = Some(given("23114.56"))),
        budget("0.00", |facts, budget| {
            facts.check_point = CheckPoint::Submission;
            budget.confirmation = Some(FundsConfirmation::Awaited);
        }),
        budget("0.00", |facts, budget| {
            facts.check_point = CheckPoint::Submission;
            budget.confirmation = Some(given("23114.55"));
        }),
    ]
}

fn given(amount: &str) -> FundsConfirmation {
    FundsConfirmation::Given { by: Uuid::from_u128(7).into(), on: of("2026-01-19"), amount: of(amount) }
}

fn council() -> Vec<Facts> {
    let limit = |amount: &str, resolution: &str, emergency: &str| {
        bent(|facts| {
            let source = "§ 8 der Hauptsatzung".to_owned();
            facts.member.council_limit = Some(CouncilLimit { amount: of(amount), net: false, source });
            facts.request.papers.council_resolution = resolution.to_owned();
            facts.request.papers.emergency_decision = emergency.to_owned();
        })
    };
    vec![
        limit("23114.57", "", ""),
        limit("23114.56", "", ""),
        limit("23114.56", "Beschluss 7/2026", ""),
        limit("23114.56", "", "Eilentscheidung vom 16.01.2026"),
    ]
}

fn papers() -> Vec<Facts> {
    let personal = |bend: fn(&mut Facts)| {
        bent(|facts| {
            facts.contract.items[0].traits.personal_data = true;
            bend(facts);
        })
    };
    let agreement = |members| Some(DataProcessingAgreement { reference: "AVV Citrix".to_owned(), members });
    let traits = |accessibility: Option<Accessibility>, evb_it: Option<EvbIt>| {
        bent(|facts| {
            facts.contract.items[0].traits.accessibility = accessibility;
            facts.contract.items[0].traits.evb_it = evb_it;
        })
    };
    let routed = |leitweg_id: &str, reference: &str| {
        bent(|facts| {
            facts.member.routes_invoices = true;
            facts.request.papers.leitweg_id = Some(leitweg_id.to_owned());
            facts.request.papers.order_reference = reference.to_owned();
        })
    };
    let mut list = vec![
        personal(|_| {}),
        personal(|facts| facts.request.papers.data_processing = "AVV 3/2025".to_owned()),
        traits(Some(Accessibility::Stated { document: "VPAT".to_owned() }), None),
        traits(Some(Accessibility::Missing), Some(EvbIt::Missing)),
        traits(None, Some(EvbIt::Typed { kind: "Cloud".to_owned() })),
        routed("15083020-0001-42", ""),
        routed("", "B-17"),
        routed("", ""),
    ];
    for members in [[id(1)].into(), [id(2)].into()] {
        list.push(bent(|facts| {
            facts.contract.items[0].traits.personal_data = true;
            facts.contract.data_processing = agreement(members);
        }));
    }
    list
}

fn persons() -> Vec<Facts> {
    let interest = |person| {
        bent(|facts| {
            facts.request.interests = vec![DeclaredInterest {
                person,
                supplier: id(SUPPLIER),
                nature: "Aufsichtsrat".to_owned(),
                validity: between("2025-01-01", "2026-01-19"),
            }];
        })
    };
    let power = |limit: Option<&str>, head: bool, authority: Option<&str>| {
        bent(|facts| {
            facts.member.binding_rules =
                limit.map(|limit| BindingRules { current_business: Some(of(limit)), recorded_on: of("2026-01-02") });
            let releaser = facts.request.releaser.as_mut().expect("the example is released");
            releaser.power.head = head;
            let held = authority.map(|limit| Authority {
                limit: Some(of(limit)),
                subject: "RV-2025-01, RV-2024-07".to_owned(),
                document: "Vollmacht vom 02.01.2026".to_owned(),
                validity: since("2026-01-02"),
            });
            releaser.power.authorities.extend(held);
        })
    };
    vec![
        interest(id(REQUESTER)),
        interest(id(4)),
        power(Some("23114.56"), false, None),
        power(Some("23114.55"), false, None),
        power(Some("0"), true, None),
        power(Some("0"), false, Some("23114.56")),
        power(None, true, None),
        bent(|facts| facts.request.releaser.as_mut().expect("released").technical = true),
    ]
}

fn activated(subject: Subject) -> Activation {
    Activation { day: of("2026-01-19"), number: "RV-2026-09".to_owned(), subject, law: ActivationLaw::default() }
}

fn version(from: &str, price: Price) -> PriceVersion {
    PriceVersion {
        article_number: "CTX-UNI".to_owned(),
        min_quantity: of("1"),
        supplier: id(SUPPLIER),
        validity: since(from),
        price,
        recorded_by: id(1),
        released_by: Some(id(2)),
    }
}

fn fixed() -> Price {
    Price::Fixed { unit_price: of("11.85") }
}

fn complete() -> NewContract {
    NewContract {
        regime: Regime::Vgv,
        awarded_on: Some(of("2024-02-01")),
        term_with_options: Period::new(of("2024-03-01"), of("2028-02-29")).ok(),
        term_reason: None,
        maximum_value: Some(of("500000.00")),
        maximum_quantity: None,
        lots: Vec::new(),
        parties_of_all_lots: 1,
        items: vec![NewItem {
            article_number: "CTX-UNI".to_owned(),
            evb_it: Some(EvbIt::Typed { kind: "Cloud".to_owned() }),
        }],
        prices: vec![version("2024-03-01", fixed())],
        entitlements: vec![NewEntitlement {
            name: "Stadt Altenrode".to_owned(),
            document: "Anlage 3".to_owned(),
            category: false,
            wording: String::new(),
        }],
        retention_class: Some("Vergabeakte".to_owned()),
        prepared_by: id(1),
        activated_by: id(2),
    }
}

fn contracts() -> Vec<Activation> {
    let contract = |bend: fn(&mut NewContract)| {
        let mut contract = complete();
        bend(&mut contract);
        activated(Subject::Contract(Box::new(contract)))
    };
    vec![
        contract(|_| {}),
        contract(|contract| {
            *contract = NewContract {
                term_with_options: None,
                maximum_value: None,
                parties_of_all_lots: 0,
                items: Vec::new(),
                entitlements: Vec::new(),
                retention_class: None,
                activated_by: contract.prepared_by,
                ..complete()
            };
        }),
        contract(|contract| {
            contract.prices.clear();
            contract.items[0].evb_it = Some(EvbIt::Missing);
            contract.entitlements[0].document = " ".to_owned();
            contract.entitlements[0].category = true;
            contract.maximum_value = None;
            contract.parties_of_all_lots = 0;
            let lot = |number, maximum_value| NewLot {
                number,
                title: "Citrix".to_owned(),
                parties: 0,
                maximum_value,
                maximum_quantity: None,
            };
            contract.lots = vec![lot(1, Some(of("1.00"))), lot(2, None)];
        }),
        contract(|contract| {
            contract.maximum_value = None;
            contract.regime = Regime::Uvgo;
        }),
        contract(|contract| {
            contract.maximum_value = None;
            contract.awarded_on = Some(of("2021-06-16"));
        }),
        contract(too_long),
        contract(|contract| {
            too_long(contract);
            contract.term_reason = Some(TermReason { text: "Abschreibung".to_owned(), dated: of("2024-02-01") });
        }),
        contract(|contract| {
            too_long(contract);
            contract.term_reason = Some(TermReason { text: "Abschreibung".to_owned(), dated: of("2024-02-02") });
        }),
    ]
}

fn too_long(contract: &mut NewContract) {
    contract.term_with_options = Period::new(of("2024-03-01"), of("2028-03-01")).ok();
}

fn prices() -> Vec<Activation> {
    let tiers = |list: &[&str]| {
        let tier = |from: &&str| Tier { from: of(from), unit_price: of("1.00") };
        Price::TierAllUnits { counted: Counted::PerOrder, tiers: list.iter().map(tier).collect() }
    };
    let mut unreleased = version("2026-01-01", fixed());
    unreleased.released_by = None;
    let mut own = version("2026-01-01", fixed());
    own.released_by = Some(own.recorded_by);
    [
        vec![unreleased],
        vec![own],
        vec![version("2026-01-01", fixed()), version("2026-02-01", fixed())],
        vec![version("2026-01-01", tiers(&[]))],
        vec![version("2026-01-01", tiers(&["1", "50", "50"]))],
        vec![version("2026-01-01", tiers(&["10", "50"]))],
    ]
    .map(|versions| activated(Subject::Prices(versions)))
    .to_vec()
}

fn modifications() -> Vec<Activation> {
    let modification = |ground, increase: &str, paper: &str| {
        activated(Subject::Modification(Box::new(Modification {
            ground,
            initial: of("3000000.00"),
            increase: of(increase),
            earlier_minor: Vec::new(),
            works: false,
            publication: paper.to_owned(),
            clause: paper.to_owned(),
            limits: ModificationLimits {
                minor: of("10"),
                minor_works: of("15"),
                single: of("50"),
                eu_threshold: of("216000.00"),
            },
        })))
    };
    vec![
        modification(ModificationGround::Minor, "216000.00", ""),
        modification(ModificationGround::Minor, "300000.01", ""),
        modification(ModificationGround::Additional, "1500000.00", "2026/S 12-345"),
        modification(ModificationGround::Unforeseen, "1500000.01", ""),
        modification(ModificationGround::ReviewClause, "9000000.00", "§ 12 Abs. 3"),
        modification(ModificationGround::ReviewClause, "9000000.00", ""),
    ]
}

fn dispatches() -> Vec<Dispatch> {
    let sent = |sent_at: &str, received_at: Option<&str>| Dispatch {
        number: "RV-2025-01-0042".to_owned(),
        effective_end: of("2027-02-28"),
        released_at: of("2027-02-28T12:00:00Z"),
        sent_at: of(sent_at),
        received_at: received_at.map(of),
    };
    vec![
        sent("2027-02-28T13:00:00Z", None),
        sent("2027-02-28T13:00:00Z", Some("2027-02-28T23:00:00Z")),
        sent("2027-02-28T23:00:00Z", None),
    ]
}

fn invoices() -> Vec<Invoice> {
    let invoice = |price: &str, quantity: &str, stated: &str| Invoice {
        order: "RV-2024-07-0007".to_owned(),
        lines: vec![InvoiceLine {
            article_number: "NB-14".to_owned(),
            vat_rate: of("19"),
            order_unit_price: of("874.90"),
            invoice_unit_price: of(price),
            ordered: of("10"),
            delivered: None,
            invoiced: of(quantity),
            performance: None,
        }],
        stated: vec![StatedGroup { rate: of("19"), net: of(stated) }],
    };
    vec![
        invoice("874.90", "10", "8749.01"),
        invoice("874.90", "10", "8749.02"),
        invoice("874.89", "10", "8748.90"),
        invoice("874.91", "10", "8749.10"),
        invoice("874.90", "11", "9623.90"),
    ]
}

#[test]
fn an_example_without_these_facts_hears_nothing_of_these_rules() {
    let silent = ["member-is-contracting-authority", "budget-available", "council-resolution", "power-to-bind"];
    let review = crate::review::review(&citrix());
    assert!(review.findings.iter().all(|finding| !silent.contains(&finding.rule.as_str())));
}
