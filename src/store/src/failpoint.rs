//! Named places at which a test can make the process die, as a kill or a power cut would.
//!
//! "Nothing is lost and nothing is half done" is about the moments between two writes. A test cannot hit those with a
//! signal, so it starts a gateway with `METAGATE_FAILPOINT=store.append.after` and lets it abort right there: no
//! destructor runs, no buffer is flushed, no reply is sent. A release build has no fail-points at all.

/// Aborts the process if the environment variable `METAGATE_FAILPOINT` holds `name`. Nothing in a release build.
#[inline]
pub fn reach(name: &str) {
    if cfg!(debug_assertions) && std::env::var_os("METAGATE_FAILPOINT").is_some_and(|chosen| chosen == name) {
        std::process::abort();
    }
}
