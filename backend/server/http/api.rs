//! The JSON API: `/api/v1/…`, described in `/openapi.json`. Handlers mirror the pages and call the
//! same actions. Amounts are decimal strings, problems are documents (RFC 9457).

pub mod approval_order;
pub mod awards;
pub mod bonuses;
pub mod budgets;
pub mod call_off_bags;
pub mod call_offs;
pub mod certificates;
pub mod check;
pub mod contract_changes;
pub mod contract_drafts;
pub mod contracts;
pub mod decisions;
pub mod fulfilment;
pub mod invoices;
pub mod item_changes;
pub mod law;
pub mod licences;
pub mod mini_competitions;
pub mod openapi;
pub mod order_mail;
pub mod paging;
pub mod partial_cancellations;
pub mod price_indexes;
pub mod proof;
pub mod quota_transfers;
pub mod review;
pub mod savings;
pub mod sessions;
pub mod supplier_orders;
pub mod supplier_reports;
pub mod suppliers;
pub mod turnover;
