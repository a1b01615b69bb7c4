//! For tests: the Citrix call-off of GC-01 as facts, to be bent until a rule speaks up.

use crate::facts::{
    Baseline, BaselineKind, CalledOff, CheckPoint, ContractTerms, Covers, Entitlement, Facts, Item, ItemTraits, Lot,
    Measure, Mechanism, Member, Papers, Parameters, Party, Per, Power, Price, PriceTerm, Regime, Releaser, Request,
    RequestLine, Scope, ScopeState, SupplyChain, VatTreatment,
};
use crate::ids::{
    BaselineId, ContractId, EntitlementId, GuardId, ItemId, LotId, OrganisationId, PersonId, PriceTermId,
};
use crate::period::{Period, Validity};

/// The id with this number.
pub(crate) fn id<T: From<uuid::Uuid>>(number: u128) -> T {
    uuid::Uuid::from_u128(number).into()
}

/// A date, an amount, a quantity, an instant: whatever the text is to be.
pub(crate) fn of<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` in a test is not what is asked for"))
}

/// From this day on, without end.
pub(crate) fn since(from: &str) -> Validity {
    Validity { from: of(from), to: None }
}

/// From the first to the last day.
pub(crate) fn between(from: &str, to: &str) -> Validity {
    Validity { from: of(from), to: Some(of(to)) }
}

pub(crate) const MEMBER: u128 = 1;
pub(crate) const SUPPLIER: u128 = 2;
pub(crate) const REQUESTER: u128 = 3;
pub(crate) const APPROVER: u128 = 4;
pub(crate) const LOT: u128 = 10;

/// A line with this article and quantity.
pub(crate) fn line(position: i32, article: &str, quantity: &str) -> RequestLine {
    RequestLine { position, article_number: article.to_owned(), quantity: of(quantity), offer: None }
}

/// An item of the lot with this price.
pub(crate) fn item(number: u128, article: &str, unit: &str, price: Price) -> Item {
    Item {
        id: id::<ItemId>(number),
        article_number: article.to_owned(),
        title: format!("{article}, je {unit}"),
        unit: unit.to_owned(),
        lot: Some(id::<LotId>(LOT)),
        vat: VatTreatment { category: "S".to_owned(), rate: of("19"), reason: String::new() },
        min_quantity: of("1"),
        step: of("1"),
        prices: vec![PriceTerm {
            id: id::<PriceTermId>(number + 100),
            supplier: id::<OrganisationId>(SUPPLIER),
            validity: since("2025-03-01"),
            price,
            released: true,
            freight: None,
        }],
        vat_changes: Vec::new(),
        traits: ItemTraits::default(),
        called_off: CalledOff::default(),
    }
}

/// A hard ceiling with this limit and consumption.
pub(crate) fn ceiling(guard: u128, scope: Scope, measure: Measure, limit: &str, authorised: &str) -> ScopeState {
    ScopeState {
        guard: id::<GuardId>(guard),
        scope,
        measure,
        limit: Some(of(limit)),
        hard: true,
        authorised: of(authorised),
        recorded: of("0"),
        reserved: of("0"),
        breached: false,
    }
}

/// A baseline of the article.
pub(crate) fn baseline(number: u128, article: &str, price: &str, per: Per, dated: &str) -> Baseline {
    Baseline {
        id: id::<BaselineId>(number),
        article_number: article.to_owned(),
        kind: BaselineKind::PriorContract,
        unit_price: of(price),
        per,
        dated: of(dated),
        evidence: "Rechnung 2025-0917".to_owned(),
        valid_from: None,
        valid_to: None,
    }
}

/// An entry of the list of names.
pub(crate) fn named(member: u128, validity: Validity, proven_on: Option<&str>) -> Entitlement {
    Entitlement {
        id: id::<EntitlementId>(300),
        covers: Covers::Named { member: id::<OrganisationId>(member) },
        validity,
        proven_on: proven_on.map(of),
        document: "Anlage 3 der Bekanntmachung".to_owned(),
        modification_reference: None,
    }
}

/// An announced category of towns.
pub(crate) fn category(kind: &str, includes_future_members: bool) -> Entitlement {
    Entitlement {
        covers: Covers::Category { kinds: vec![kind.to_owned()], region: "DE-ST".to_owned(), includes_future_members },
        ..named(MEMBER, since("2024-11-15"), Some("2024-11-15"))
    }
}

/// 120 users for 12 months and 2 training days, released by a second person: nothing to object to.
pub(crate) fn citrix() -> Facts {
    Facts {
        evaluated_at: of("2026-01-19T09:15:00Z"),
        check_point: CheckPoint::Release,
        contract: ContractTerms {
            id: id::<ContractId>(20),
            number: "RV-2025-01".to_owned(),
            title: "Citrix-Lizenzen und Schulung".to_owned(),
            status: "active".to_owned(),
            notice_date: of("2024-11-15"),
            notice_reference: "2024/S 222-700001".to_owned(),
            term: Period::new(of("2025-03-01"), of("2027-02-28")).expect("in order"),
            options: Vec::new(),
            lots: vec![Lot { id: id::<LotId>(LOT), number: 2, title: "Citrix".to_owned() }],
            parties: vec![Party {
                supplier: id::<OrganisationId>(SUPPLIER),
                lot: Some(id::<LotId>(LOT)),
                validity: since("2025-03-01"),
                rank: 1,
                name: "Beispiel Software GmbH".to_owned(),
                stopped_from: None,
                stop_scope: None,
            }],
            items: vec![
                item(11, "CTX-UNI", "Nutzer", Price::Subscription { unit_price_month: of("11.85") }),
                item(12, "CTX-TRN", "Tag", Price::Fixed { unit_price: of("1180.00") }),
            ],
            entitlements: vec![named(MEMBER, since("2024-11-15"), Some("2024-11-15"))],
            currency: "EUR".to_owned(),
            unit_price_decimals: 2,
            min_order: None,
            fee_pct: of("1.5"),
            process_central_share: Some(of("410.00")),
            regime: Regime::Vgv,
            legal_basis: None,
            supply_chain: SupplyChain::Direct,
            mechanism: Mechanism::Single,
            runoff_allowed: true,
            cash_discount: None,
            data_processing: None,
            index_values: Vec::new(),
            last_awards: Vec::new(),
            answer_period: None,
            in_house_vat: None,
            jurisdiction: None,
        },
        member: Member {
            id: id::<OrganisationId>(MEMBER),
            name: "Stadt Altenrode".to_owned(),
            kind: "stadt".to_owned(),
            region: "DE-ST".to_owned(),
            memberships: vec![since("2012-04-01")],
            suspensions: Vec::new(),
            authority: None,
            inhouse_evidence: None,
            deducts_input_vat: false,
            council_limit: None,
            binding_rules: None,
            routes_invoices: false,
        },
        request: Request {
            supplier: id::<OrganisationId>(SUPPLIER),
            supplier_name: "Beispiel Software GmbH".to_owned(),
            lines: vec![line(1, "CTX-UNI", "120"), line(2, "CTX-TRN", "2")],
            performance: Some(Period::new(of("2026-02-01"), of("2027-01-31")).expect("in order")),
            need: "Ersatzbedarf, Menge laut Inventar".to_owned(),
            requester: id::<PersonId>(REQUESTER),
            releaser: Some(Releaser {
                person: id::<PersonId>(APPROVER),
                limit: None,
                power: Power::default(),
                technical: false,
            }),
            papers: Papers::default(),
            budget: None,
            declines: Vec::new(),
            rank_requests: Vec::new(),
            mini_competition: None,
            interests: Vec::new(),
            earlier: Vec::new(),
        },
        scopes: vec![ceiling(30, Scope::Contract, Measure::Value, "500000.00", "301250.00")],
        baselines: vec![
            baseline(40, "CTX-UNI", "14.20", Per::Month, "2025-11-10"),
            baseline(41, "CTX-TRN", "1250.00", Per::Unit, "2025-12-02"),
        ],
        process_effect_counted: false,
        parameters: Parameters {
            cap_warning_ratio: of("0.80"),
            baseline_max_age_months: 24,
            direct_award_limit: of("100000.00"),
            process_cost_flat: of("3667.00"),
            process_own_call_off_effort: of("120.00"),
            split_window_days: 30,
            duplicate_window_days: 14,
            eu_threshold: None,
            inhouse_activity_share: None,
            citations: std::collections::BTreeMap::new(),
        },
    }
}
