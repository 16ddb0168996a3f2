//! The connector against a real Elasticsearch, through the contract that the gateway uses.
//!
//! One server serves the tests, each of which has indices of its own; tests that stop theirs have their own. The server has no security
//! module, so that TLS and logins are those of a proxy in front of it. Where it is not installed, the tests are skipped.

mod connecting;
mod definitions;
mod faults;
mod fixture;
mod harvest;
mod native;
mod predicates;
mod proxy;
mod reading;
mod server;
mod values;

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use server::Server;

/// The server, from the first test that needs it.
#[derive(Default)]
struct Shared(OnceLock<Server>);

impl Shared {
    fn server(&self) -> &Server {
        self.0.get_or_init(Server::start)
    }
}

fn main() {
    let arguments = Arguments::from_args();
    if let Some(what) = server::missing() {
        eprintln!("skipped: {what} is not installed; tests/services/elasticsearch installs it");
    }
    let shared = Arc::new(Shared::default());
    let topics = [
        connecting::trials(&shared),
        definitions::trials(&shared),
        faults::trials(&shared),
        harvest::trials(&shared),
        native::trials(&shared),
        predicates::trials(&shared),
        reading::trials(&shared),
        values::trials(&shared),
    ];
    let conclusion = libtest_mimic::run(&arguments, topics.into_iter().flatten().collect());
    // Stops the server.
    drop(shared);
    conclusion.exit();
}

/// A trial of an async test; each has a runtime of its own.
fn trial(shared: &Arc<Shared>, name: &str, test: impl AsyncFnOnce(&Server) + Send + 'static) -> Trial {
    let shared = Arc::clone(shared);
    trial_with(name, move || run(test(shared.server())))
}

/// The same with a server of its own, which the test may stop.
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
