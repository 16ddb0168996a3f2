//! Functions of numbers.

pub mod bits;
pub mod bucket;
pub mod divisor;
pub mod exponent;
pub mod numeric;
pub mod random;
pub mod root;
pub mod rounding;
pub mod series;
pub mod transcendental;
pub mod trigonometry;
