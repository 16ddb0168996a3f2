//! Measures the gateway as its clients see it: over the wire, as a process of its own, with sources of any size.
//!
//! `cargo run --release -p benchmarks` runs everything and prints one line per number; names of workloads as arguments run
//! only those. The peers are servers with the same tables, in the same run, on the same machine.

mod foreign;
mod mariadb;
mod measure;
mod metastore;
mod meter;
mod orders;
mod postgresql;
mod process;
mod psql;
mod server;
mod servers;
mod synthetic;
mod traffic;
mod workloads;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measures metagate, and other servers beside it.
#[derive(Parser)]
struct Arguments {
    /// Workloads to run; all of them if none is named.
    workloads: Vec<workloads::Workload>,
    /// Run a gateway that knows synthetic sources, on this data folder: what the benchmark starts for itself.
    #[arg(long, hide = true)]
    serve: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.serve {
        Some(data) => server::serve(data).await,
        None => workloads::run(&arguments.workloads).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            eprintln!("benchmarks: {error}{cause}");
            ExitCode::FAILURE
        }
    }
}

/// What can go wrong in a benchmark: anything, and then it ends.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
