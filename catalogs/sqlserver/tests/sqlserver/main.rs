//! The connector through the contract that the gateway uses.
//!
//! No SQL Server is to be had where these tests run. So most of them meet an imitation that speaks the protocol and answers what they tell
//! it (`imitation.rs`): logins, rows of every type, errors, cancelling, and what comes of the answers to a harvest's statements.
//!
//! `METAGATE_TEST_SQLSERVER` names a real server as `host:port:user:password`, whose user may make databases; the tests of `real.rs` make
//! databases of their own there and leave them. They trust any certificate. Without it they say that they are skipped.

mod fixture;
mod harvest;
mod imitation;
mod login;
mod native;
mod reading;
mod real;
mod writing;
