//! The connector against real database files, through the contract that the gateway uses.

mod files;
mod fixture;
mod harvest;
mod predicates;
mod values;
