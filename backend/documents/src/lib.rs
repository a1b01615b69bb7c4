//! Data in, PDF bytes out: orders and cancellations, the same bytes for the same data.

pub mod cancellation;
pub mod data;
pub mod document;
pub mod order;
pub mod sample;
pub mod template;

pub use cancellation::{CancellationData, CancelledOrder, cancellation};
pub use document::{CheckCode, Document, DocumentError};
pub use order::{OrderData, Stage, order};
pub use template::Templates;
