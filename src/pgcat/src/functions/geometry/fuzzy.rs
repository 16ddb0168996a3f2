//! Comparisons of numbers that may differ a little and still be the same.

pub use crate::io::geometry::same;

use crate::io::geometry::EPSILON;

pub fn is_zero(number: f64) -> bool {
    number.abs() <= EPSILON
}

pub fn less(left: f64, right: f64) -> bool {
    right - left > EPSILON
}

pub fn at_most(left: f64, right: f64) -> bool {
    left <= right + EPSILON
}

pub fn more(left: f64, right: f64) -> bool {
    left - right > EPSILON
}

pub fn at_least(left: f64, right: f64) -> bool {
    left + EPSILON >= right
}

/// The longest side of a triangle with a right angle, as PostgreSQL computes it: without squares that overflow.
pub fn hypotenuse(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return f64::INFINITY;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let (x, y) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
    if y == 0.0 {
        return x;
    }
    let ratio = y / x;
    x * (1.0 + ratio * ratio).sqrt()
}
