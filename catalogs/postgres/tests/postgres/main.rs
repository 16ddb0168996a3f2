//! The connector against a real server, through the contract that the gateway uses.
//!
//! `METAGATE_TEST_POSTGRESQL` names a server as `host:port:user:password`, whose user may make databases and roles; the tests make
//! databases of their own there and leave them. Without it, and for what needs a server's log, its death or its certificates, the
//! tests start servers of their own from the binaries in `METAGATE_TEST_POSTGRESQL_BIN`, by default those of Debian's PostgreSQL 15;
//! the repository's test command runs them against 16 as well.
//! Where neither is to be had, a test says that it is skipped.

mod copying;
mod databases;
mod faults;
mod fingerprint;
mod fixture;
mod gaussdb;
mod harvest;
mod interruptions;
mod login;
mod native;
mod predicates;
mod reading;
mod server;
mod snapshot;
mod statements;
mod tls;
mod values;
mod writing;
