//! The connector against a real MariaDB and a real MySQL, through the contract that the gateway uses.
//!
//! One server of each serves all tests, each of which has databases of its own. Where one is not installed, its tests are skipped.

mod connecting;
mod fixture;
mod harvest;
mod pooling;
mod predicates;
mod server;
mod values;

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Trial};
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
        connecting::trials(&shared),
        harvest::trials(&shared),
        pooling::trials(&shared),
        predicates::trials(&shared),
        values::trials(&shared),
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
    let trial = Trial::test(format!("{}::{name}", product.name()), move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(Box::pin(test(shared.server(product))));
        Ok(())
    });
    trial.with_ignored_flag(product.missing().is_some())
}
