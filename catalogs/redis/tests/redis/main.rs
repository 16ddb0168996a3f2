//! The connector against a real Redis, through the contract that the gateway uses. Each test starts servers of its own. Where Redis is not
//! installed, tests say so and pass.

mod connecting;
mod defining;
mod explaining;
mod faults;
mod fixture;
mod harvest;
mod native;
mod predicates;
mod server;
mod topologies;
mod values;
