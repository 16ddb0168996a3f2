//! The connector against a real FerretDB, which asks for passwords, and a real mongo-java-server, which filters and aggregates, through the
//! contract that the gateway uses.
//!
//! One server of each serves all tests but those that end it; each test has databases of its own. Where one is not installed, its tests
//! are skipped.

mod connecting;
mod definitions;
mod faults;
mod fixture;
mod generated;
mod groups;
mod harvest;
mod native;
mod predicates;
mod reading;
mod server;
mod values;

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Trial};
use server::{Product, Server};

/// The servers, each from the first test that needs it.
#[derive(Default)]
struct Shared {
    ferretdb: OnceLock<Server>,
    java: OnceLock<Server>,
}

impl Shared {
    fn server(&self, product: Product) -> &Server {
        let place = match product {
            Product::FerretDb => &self.ferretdb,
            Product::Java | Product::JavaWithTls => &self.java,
        };
        place.get_or_init(|| Server::start(product))
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let shared = Arc::new(Shared::default());
    for product in [Product::FerretDb, Product::Java] {
        if product.is_missing() {
            eprintln!("skipped: {0} is not installed; tests/services/{0} installs it", product.name());
        }
    }
    let topics = [
        connecting::trials(&shared),
        definitions::trials(&shared),
        faults::trials(),
        groups::trials(&shared),
        harvest::trials(&shared),
        native::trials(&shared),
        predicates::trials(&shared),
        reading::trials(&shared),
        values::trials(&shared),
    ];
    let conclusion = libtest_mimic::run(&arguments, topics.into_iter().flatten().collect());
    // Stops the servers.
    drop(shared);
    conclusion.exit();
}

/// A trial of an async test on a server that others use too; each has a runtime of its own.
fn trial(product: Product, shared: &Arc<Shared>, name: &str, test: impl AsyncFnOnce(&Server) + Send + 'static) -> Trial {
    let shared = Arc::clone(shared);
    trial_with(product, name, move || run(test(shared.server(product))))
}

/// The same on a server of its own, which the test may end.
fn trial_alone(product: Product, name: &str, test: impl AsyncFnOnce(&mut Server) + Send + 'static) -> Trial {
    trial_with(product, name, move || run(test(&mut Server::start(product))))
}

fn trial_with(product: Product, name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    let test = move || {
        test();
        Ok(())
    };
    Trial::test(format!("{}::{name}", product.name()), test).with_ignored_flag(product.is_missing())
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(Box::pin(test));
}
