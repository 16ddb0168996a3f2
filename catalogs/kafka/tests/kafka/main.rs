//! The connector against a real Kafka, through the contract that the gateway uses.
//!
//! One broker serves the tests, each of which has topics of its own; tests that stop theirs have their own. So it is with the schema
//! registry. Where Kafka is not installed the tests are skipped, and where the registry is not, those that need it.

mod certificates;
mod connecting;
mod defining;
mod faults;
mod fixture;
mod harvest;
mod logins;
mod partial;
mod permissions;
mod predicates;
mod reading;
mod registry;
mod schemas;
mod server;
mod top_n;

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use registry::Registry;
use server::Server;
use tokio::sync::OnceCell;

/// The broker and the schema registry, from the first test that needs them.
#[derive(Default)]
struct Shared {
    server: OnceLock<Server>,
    registry: OnceCell<Registry>,
}

impl Shared {
    fn server(&self) -> &Server {
        self.server.get_or_init(Server::start)
    }

    async fn registry(&self) -> &Registry {
        self.registry.get_or_init(Registry::start).await
    }
}

fn main() {
    let arguments = Arguments::from_args();
    if let Some(what) = server::missing() {
        eprintln!("skipped: {what} is not installed; tests/services/kafka installs it");
    } else if let Some(what) = registry::missing() {
        eprintln!("skipped tests of schemas: {what} is not installed; tests/services/schema-registry installs the registry");
    }
    let shared = Arc::new(Shared::default());
    let topics = [
        connecting::trials(&shared),
        defining::trials(&shared),
        faults::trials(),
        harvest::trials(&shared),
        logins::trials(&shared),
        partial::trials(),
        permissions::trials(&shared),
        predicates::trials(&shared),
        reading::trials(&shared),
        schemas::trials(&shared),
        top_n::trials(&shared),
    ];
    let conclusion = libtest_mimic::run(&arguments, topics.into_iter().flatten().collect());
    // Stops the broker and the registry.
    drop(shared);
    conclusion.exit();
}

/// A trial of an async test; each has a runtime of its own.
fn trial(shared: &Arc<Shared>, name: &str, test: impl AsyncFnOnce(&Server) + Send + 'static) -> Trial {
    let shared = Arc::clone(shared);
    trial_with(name, move || run(test(shared.server())))
}

/// The same with the schema registry too.
fn trial_with_registry(shared: &Arc<Shared>, name: &str, test: impl AsyncFnOnce(&Server, &Registry) + Send + 'static) -> Trial {
    let shared = Arc::clone(shared);
    let trial = trial_with(name, move || {
        let server = shared.server();
        run(async { test(server, shared.registry().await).await })
    });
    trial.with_ignored_flag(server::missing().is_some() || registry::missing().is_some())
}

/// The same with a broker of its own, which the test may stop.
fn trial_alone(name: &str, test: impl AsyncFnOnce(&mut Server) + Send + 'static) -> Trial {
    trial_with(name, move || run(test(&mut Server::start())))
}

fn trial_with(name: &str, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::test(name.to_owned(), test).with_ignored_flag(server::missing().is_some())
}

fn run(test: impl Future<Output = ()>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(Box::pin(test));
    Ok(())
}
