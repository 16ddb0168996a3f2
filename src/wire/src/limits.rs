//! Every bound of the wire, with its reason.

use std::time::Duration;

/// A startup packet, as in PostgreSQL: strangers send it, so it stays small.
pub(crate) const STARTUP_BYTES_MAX: usize = 10_000;
/// A message of the authentication: SCRAM needs a few hundred bytes, and its sender is still a stranger.
pub(crate) const AUTHENTICATION_BYTES_MAX: usize = 10_000;
/// A message that carries at most a name, as in PostgreSQL.
pub(crate) const SHORT_MESSAGE_BYTES_MAX: usize = 10_000;

/// Sockets that have not sent their startup packet yet. Beyond it new ones wait in the kernel's queue,
/// no longer than the startup timeout of those before them.
pub(crate) const HANDSHAKES_MAX: usize = 1000;
/// Connections that only superusers get, so that somebody can look at a full gateway; PostgreSQL keeps as many.
pub(crate) const CONNECTIONS_RESERVED: usize = 3;

/// Answers are sent in pieces of about this size: larger ones gain nothing, smaller ones cost a system call each.
pub(crate) const SEND_BYTES: usize = 64 * 1024;
/// How much of what a client sends ahead is read while a statement runs. Beyond it the client has to wait.
pub(crate) const READ_AHEAD_BYTES: usize = 64 * 1024;
/// A buffer that one large value has blown up beyond this is given back.
pub(crate) const BUFFER_KEPT_BYTES: usize = 1024 * 1024;

/// A connection through a dead network is noticed after about 90 seconds: idle for a minute, then three unanswered probes.
pub(crate) const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
pub(crate) const KEEPALIVE_PROBES: u32 = 3;

/// A shutdown lets running statements go on for so long, then cancels them ...
pub(crate) const DRAIN_RUNNING: Duration = Duration::from_secs(8);
/// ... and leaves their clients so long to hear of it: ten seconds in all, which is what supervisors grant before they kill.
pub(crate) const DRAIN_CANCELLED: Duration = Duration::from_secs(2);
/// When the process has no file descriptor left, the next attempt to accept waits until one may have been closed.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a client that is being refused may take to read why.
pub(crate) const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);
