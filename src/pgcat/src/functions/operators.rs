//! What operators and casts of the basic types call, one file per family of types.

mod acls;
pub mod casts;
mod characters;
mod comparison;
mod floats;
pub mod integers;
pub mod like;
mod networks;
pub mod numerics;
mod order;
mod strings;
#[cfg(test)]
mod tests;
pub mod times;

use crate::function::ScalarEntry;

/// The slices for the registry.
pub const ALL: &[&[ScalarEntry]] = &[
    acls::FUNCTIONS,
    casts::FUNCTIONS,
    casts::numbers::FUNCTIONS,
    characters::FUNCTIONS,
    comparison::FUNCTIONS,
    floats::FUNCTIONS,
    integers::FUNCTIONS,
    like::FUNCTIONS,
    networks::FUNCTIONS,
    numerics::FUNCTIONS,
    order::FUNCTIONS,
    strings::FUNCTIONS,
    times::CASTS,
    times::COMPARISONS,
    times::FUNCTIONS,
    times::intervals::FUNCTIONS,
];
