//! The end-to-end tests. Each starts gateways of its own, as processes, and speaks to them as clients do.
//!
//! `./tests/run NAME` runs those whose name contains NAME.

mod binary;
mod clients;
mod documents;
mod errors;
mod fault;
mod folder;
mod gateway;
mod golden;
mod pgcat;
mod procedures;
mod relational;
mod roles;
mod shop;
mod slt;
mod tidy;
mod wire;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let topics = [
        clients::trials(),
        documents::trials(),
        errors::trials(),
        fault::trials(),
        golden::trials(),
        pgcat::trials(),
        procedures::trials(),
        relational::trials(),
        roles::trials(),
        slt::trials(),
        tidy::trials(),
        wire::trials(),
    ];
    let trials: Vec<Trial> = topics.into_iter().flatten().collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// A trial of an async test; each has a runtime of its own.
fn trial<F: Future<Output = Result<(), Failed>> + 'static>(name: String, test: fn() -> F) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(test())
    })
}
