//! The connector against a real MariaDB and a real MySQL, through the contract that the gateway uses.
//!
//! One server of each serves all tests, each of which has databases of its own. Where one is not installed, its tests are skipped.

mod changes;
mod connecting;
mod faults;
mod fixture;
mod harvest;
mod native;
mod pooling;
mod predicates;
mod server;
mod values;
mod writing;

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use server::{Product, Server};

/// The servers, each from the first test that needs it.
#[derive(Default)]
struct Shared {
    mariadb: OnceLock<Server>,
    mysql: OnceLock<Server>,
}

impl Shared {
    fn server(&self, product: Product) -> &Server {
        let place = match product {
            Product::MariaDb => &self.mariadb,
            Product::MySql => &self.mysql,
        };
        place.get_or_init(|| Server::start(product))
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let shared = Arc::new(Shared::default());
    for product in [Product::MariaDb, Product::MySql] {
        if let Some(program) = product.missing() {
            eprintln!("skipped: {program} is not installed; tests/services/{} installs it", product.name());
        }
    }
    let topics = [
        changes::trials(),
        connecting::trials(&shared),
        faults::trials(&shared),
        harvest::trials(&shared),
        native::trials(&shared),
        pooling::trials(&shared),
        predicates::trials(&shared),
        values::trials(&shared),
        writing::trials(&shared),
    ];
    let conclusion = libtest_mimic::run(&arguments, topics.into_iter().flatten().collect());
    // Stops the servers.
    drop(shared);
    conclusion.exit();
}

/// A trial of an async test on a MariaDB; each has a runtime of its own.
fn trial(shared: &Arc<Shared>, name: &str, test: impl AsyncFnOnce(&Server) + Send + 'static) -> Trial {
    trial_on(Product::MariaDb, shared, name, test)
}

/// The same on the server of a product. Where it is not installed, the trial is skipped.
fn trial_on(product: Product, shared: &Arc<Shared>, name: &str, test: impl AsyncFnOnce(&Server) + Send + 'static) -> Trial {
    let shared = Arc::clone(shared);
    trial_with(product, name, move || run(test(shared.server(product))))
}

/// The same on a server of its own, for a test that others would disturb.
fn trial_alone(product: Product, name: &str, test: impl AsyncFnOnce(&Server) + Send + 'static) -> Trial {
    trial_with(product, name, move || run(test(&Server::start(product))))
}

fn trial_with(product: Product, name: &str, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::test(format!("{}::{name}", product.name()), test).with_ignored_flag(product.missing().is_some())
}

fn run(test: impl Future<Output = ()>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Box::pin(test));
    Ok(())
}
