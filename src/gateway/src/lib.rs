//! The gateway process: configuration, then build, then run, then drain.
//!
//! The binary `metagate` is a thin wrapper around this library, so that benchmarks can run a gateway with a connector of their own.

pub mod config;
pub mod connectors;
mod first_start;
mod log;
mod password;
mod reference;
mod reset_password;
mod sample;
mod serve;
mod verify_store;

pub use log::init as init_log;
pub use reference::write as write_reference;
pub use reset_password::reset_password;
pub use serve::{Gateway, serve};
pub use verify_store::verify_store;

/// Planning a statement makes thousands of small allocations. With the C library's allocator they are a sixth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
