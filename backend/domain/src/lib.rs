//! The domain of Abruf.

pub mod ids;
pub mod money;
pub mod period;
