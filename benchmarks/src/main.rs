//! Measures the gateway as its clients see it: over the wire, as a process of its own, with sources of any size.
//!
//! `cargo run --release -p benchmarks` runs everything and prints one line per number; names of workloads as arguments run
//! only those. The peer is a PostgreSQL with as many real tables, in the same run, on the same machine.

mod measure;
mod postgresql;
mod server;
mod synthetic;
mod workloads;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measures metagate, and PostgreSQL beside it.
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
            eprintln!("benchmarks: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What can go wrong in a benchmark: anything, and then it ends.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
