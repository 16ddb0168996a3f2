//! The connector against real servers of Elasticsearch 7, 8 and 9 and of OpenSearch, through the contract that the gateway uses.
//!
//! One server of each product serves the tests, each of which has indices of its own; tests that stop theirs have their own. The servers
//! have no security module, so that TLS and logins are those of a proxy in front of one. Where one is not installed, the tests are skipped.

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
mod settings;
mod values;

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use server::{Product, Server};

/// The server, from the first test that needs it.
struct Shared(Product, OnceLock<Server>);

impl Shared {
    fn server(&self) -> &Server {
        self.1.get_or_init(|| Server::start(self.0))
    }

    /// What the name of a test begins with.
    fn prefix(&self) -> &'static str {
        match self.0 {
            Product::Elasticsearch => "",
            Product::Elasticsearch7 => "elasticsearch7::",
            Product::Elasticsearch9 => "elasticsearch9::",
            Product::OpenSearch => "opensearch::",
        }
    }
}

fn main() {
    let arguments = Arguments::from_args();
    if let Some(what) = server::missing() {
        eprintln!("skipped: {what} is not installed; tests/services has what installs it");
    }
    let server = |product| Arc::new(Shared(product, OnceLock::new()));
    let shared = server(Product::Elasticsearch);
    let others = [Product::Elasticsearch7, Product::Elasticsearch9, Product::OpenSearch].map(server);
    let mut topics = vec![faults::trials(&shared), native::trials(&shared)];
    for shared in others.iter().chain([&shared]) {
        topics.extend([
            connecting::trials(shared),
            definitions::trials(shared),
            harvest::trials(shared),
            predicates::trials(shared),
            reading::trials(shared),
            settings::trials(shared),
            values::trials(shared),
        ]);
    }
    let conclusion = libtest_mimic::run(&arguments, topics.into_iter().flatten().collect());
    // Stops the servers.
    drop((shared, others));
    conclusion.exit();
}

/// A trial of an async test; each has a runtime of its own.
fn trial(shared: &Arc<Shared>, name: &str, test: impl AsyncFnOnce(&Server) + Send + 'static) -> Trial {
    let shared = Arc::clone(shared);
    trial_with(&format!("{}{name}", shared.prefix()), move || run(test(shared.server())))
}

/// The same with a server of its own, which the test may stop.
fn trial_alone(shared: &Shared, name: &str, test: impl AsyncFnOnce(&mut Server) + Send + 'static) -> Trial {
    let product = shared.0;
    trial_with(&format!("{}{name}", shared.prefix()), move || run(test(&mut Server::start(product))))
}

fn trial_with(name: &str, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::test(name.to_owned(), test).with_ignored_flag(server::missing().is_some())
}

fn run(test: impl Future<Output = ()>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(Box::pin(test));
    Ok(())
}
