//! What is shown at the end: one table and one plot.

pub(crate) mod markdown;
pub(crate) mod quantity;
pub(crate) mod results;
pub(crate) mod svg;
