//! The connector against real Hive metastores, through the contract that the gateway uses.
//!
//! One server of each version serves the tests, each of which has databases of its own; tests that stop theirs have their own. Where
//! they are not installed, the tests are skipped.

mod avro;
mod avro_file;
mod connecting;
mod faults;
mod fixture;
mod harvest;
mod hdfs;
mod hdfs_server;
mod kdc;
mod kerberos;
mod orc;
mod pruning;
mod reading;
mod refreshes;
mod server;
mod warehouse;

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use server::{Security, Server, VERSIONS};

/// The place of the newest version among the versions.
const NEWEST: usize = VERSIONS.len() - 1;

/// The servers, each from the first test that needs it.
#[derive(Default)]
struct Shared([OnceLock<Server>; VERSIONS.len()]);

fn main() {
    // SAFETY: no thread was started yet.
    let realm = unsafe { kdc::Realm::new() };
    let arguments = Arguments::from_args();
    if let Some(what) = server::missing() {
        eprintln!("skipped: {what} is not installed; tests/services/hive-metastore installs it");
    }
    if let Some(what) = hdfs_server::missing() {
        eprintln!("skipped in part: {what} is not installed; tests/services/hdfs installs it");
    }
    if let Some(what) = kdc::missing() {
        eprintln!("skipped in part: {what} is not installed; tests/services/kerberos installs it");
    }
    let shared = Arc::new(Shared::default());
    let topics = [
        avro::trials(&shared),
        connecting::trials(&shared),
        faults::trials(),
        harvest::trials(&shared),
        hdfs::trials(&shared),
        kerberos::trials(realm),
        orc::trials(&shared),
        pruning::trials(&shared),
        reading::trials(&shared),
        refreshes::trials(),
    ];
    let conclusion = libtest_mimic::run(&arguments, topics.into_iter().flatten().collect());
    // Stops the servers.
    drop(shared);
    conclusion.exit();
}

/// Trials of an async test, one for each version; each has a runtime of its own.
fn trials(shared: &Arc<Shared>, name: &str, test: impl AsyncFn(&Server) + Clone + Send + 'static) -> Vec<Trial> {
    let of_version = |(place, version): (usize, &&'static str)| {
        let (shared, test, version) = (Arc::clone(shared), test.clone(), *version);
        trial_with(format!("{name} ({version})"), move || run(test(shared.0[place].get_or_init(|| Server::start(version)))))
    };
    VERSIONS.iter().enumerate().map(of_version).collect()
}

/// A trial with a server of its own, of the newest version, which the test may stop.
fn trial_alone(name: &str, test: impl AsyncFnOnce(&mut Server) + Send + 'static) -> Trial {
    trial_with(name.to_owned(), move || run(test(&mut Server::start(VERSIONS[NEWEST]))))
}

/// A trial with a server of its own that announces its changes.
fn trial_announcing(name: &str, test: impl AsyncFnOnce(&mut Server) + Send + 'static) -> Trial {
    trial_with(name.to_owned(), move || run(test(&mut Server::start(server::ANNOUNCING))))
}

/// A trial with a server of its own that asks for this.
fn trial_secured(name: &str, security: Security, test: impl AsyncFnOnce(&mut Server) + Send + 'static) -> Trial {
    trial_with(name.to_owned(), move || run(test(&mut Server::start_secured(VERSIONS[NEWEST], security))))
}

fn trial_with(name: String, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::test(name, test).with_ignored_flag(server::missing().is_some())
}

fn run(test: impl Future<Output = ()>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(Box::pin(test));
    Ok(())
}
