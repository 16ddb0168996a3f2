//! The end-to-end tests. Each starts gateways of its own, as processes, and speaks to them as clients do.
//!
//! `./tests/run NAME` runs those whose name contains NAME.

mod binary;
mod clients;
mod fault;
mod gateway;
mod shop;
mod slt;
mod tidy;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let trials: Vec<Trial> = [clients::trials(), fault::trials(), slt::trials(), tidy::trials()].into_iter().flatten().collect();
    libtest_mimic::run(&arguments, trials).exit();
}
