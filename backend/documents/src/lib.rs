//! Data in, PDF bytes out: orders and cancellations, the same bytes for the same data.
//!
//! | document | function | template | file name |
//! |---|---|---|---|
//! | Abruf (order) | [`order()`] | `order.xml.j2` | `Abruf_<number>.pdf` |
//! | Entwurf (draft of an order) | [`order()`] | `order.xml.j2` | `Entwurf_<case number>.pdf` |
//! | Stornierung (cancellation) | [`cancellation()`] | `cancellation.xml.j2` | `Stornierung_<number>.pdf` |
//! | Terminänderung (change of the delivery date) | [`delivery_change()`] | `delivery_change.xml.j2` | `Terminaenderung_<number>.pdf` |
//! | Abrufvermerk (call-off memo) | [`memo()`] | `memo.xml.j2` | `Abrufvermerk_<number>.pdf` |
//! | Bescheinigung der Abrufberechtigung (certificate of entitlement) | [`entitlement_certificate()`] | `entitlement_certificate.xml.j2` | `Abrufberechtigung_<number>.pdf` |
//! | Vergabevermerk (record of a mini-competition) | [`competition_record()`] | `competition_record.xml.j2` | `Vergabevermerk_<number>.pdf` |
//! | Sitzungsbericht (meeting report) | [`meeting_report()`] | `meeting_report.xml.j2` | `Sitzungsbericht_<number>.pdf` |
//! | Einsparbescheinigung (certificate of savings) | [`savings_certificate()`] | `savings_certificate.xml.j2` | `Einsparbescheinigung_<number>.pdf` |
//! | Bericht (report) | [`report()`] | `report.xml.j2` | `Bericht_<title>.pdf` |
//!
//! The same order as data: [`mod@order_x`] and [`mod@peppol_order`], both embedded in the PDF.
//!
//! A document is made in phases with plain data between them:
//!
//! 1. [`data`]: what is printed. Its sums are checked ([`sums`]); its canonical JSON with the hash of the template
//!    and the program's version gives the Prüfkennung ([`document::CheckCode`]).
//! 2. [`template`]: a minijinja template writes XML, [`block`] is what it says.
//! 3. [`flow`] lays the blocks out ([`strip`], [`table`], [`wrap`], measured by [`text`]) into pages of
//!    positioned items ([`frame`]), which goldens compare as text.
//! 4. `pdf` writes the items with printpdf, `postpass` puts its file right.
//!
//! What a customer has of its own for all this (words, logo, fonts) is a [`HouseStyle`].
//!
//! No file is read, no clock is asked, no chance is used: the same input gives the same bytes in
//! every process.

mod address;
mod attachment;
pub mod block;
pub mod cancellation;
pub mod chart;
pub mod competition_record;
pub mod data;
pub mod delivery_change;
pub mod document;
pub mod entitlement_certificate;
mod file;
pub mod flow;
mod font;
pub mod format_de;
pub mod frame;
pub mod house_style;
pub mod length;
pub mod meeting_report;
pub mod memo;
mod message;
mod metadata;
pub mod order;
pub mod order_x;
mod outline;
mod own_fonts;
mod pdf;
pub mod peppol_order;
mod picture;
mod postpass;
mod qr;
pub mod random_order;
mod render;
pub mod report;
pub mod reproduce;
pub mod sample;
pub mod savings_certificate;
mod srgb;
pub mod strip;
mod structure;
pub mod style;
pub mod sums;
pub mod table;
pub mod template;
mod template_check;
mod template_filters;
mod template_rules;
pub mod text;
mod unit_code;
pub mod wrap;
mod xml;
mod xml_out;

pub use attachment::{all_embedded, embedded};
pub use cancellation::{CancellationData, Rest, cancellation};
pub use competition_record::{CompetitionRecordData, competition_record};
pub use delivery_change::{DeliveryChangeData, delivery_change};
pub use document::{CheckCode, Document, DocumentError};
pub use entitlement_certificate::{EntitlementData, entitlement_certificate};
pub use house_style::HouseStyle;
pub use meeting_report::{MeetingReportData, meeting_report};
pub use memo::{MemoData, memo};
pub use order::{OrderData, Stage, order};
pub use order_x::order_x;
pub use peppol_order::peppol_order;
pub use report::{ReportData, report};
pub use reproduce::reproduce;
pub use savings_certificate::{SavingsData, savings_certificate};
pub use template::Templates;
pub use template_check::{KINDS, check_templates, preview};
