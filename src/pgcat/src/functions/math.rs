//! Functions of numbers.

pub mod bits;
pub mod bucket;
pub mod degrees;
pub mod divisor;
pub mod exponent;
pub mod numeric;
pub mod power;
pub mod random;
pub mod root;
pub mod rounding;
pub mod series;
pub mod transcendental;
pub mod trigonometry;
