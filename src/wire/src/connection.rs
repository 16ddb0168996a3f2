//! An open connection: takes one message after the other, runs it, and answers.
//!
//! The state of the protocol is three facts: whether we are skipping to the next Sync after an error, whether the client was told
//! that we are ready, and what the session says about its transaction.

use std::time::Duration;

use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::{ReadyForQuery, TransactionStatus as ReadyStatus};
use pgwire::messages::startup::ParameterStatus;
use spi::{Code, Error};
use sql::{Session, TransactionStatus};
use tokio_util::sync::CancellationToken;

use crate::encode::Style;
use crate::error::{self, Severity, error_response, notice_response};
use crate::extended::{self, Portals};
use crate::message::{Frame, Message};
use crate::open::Place;
use crate::query;
use crate::transport::{Failure, Outcome, Transport};

pub(crate) struct Connection {
    pub(crate) transport: Transport,
    pub(crate) session: Session,
    pub(crate) portals: Portals,
    place: Place,
    shutdown: CancellationToken,
    /// Cancelled when another session ends this one.
    terminated: CancellationToken,
    /// A message of the extended protocol failed: those after it are ignored up to the next Sync.
    skips_to_sync: bool,
    /// The client was told that it is its turn, so the idle timeouts run.
    is_idle: bool,
}

impl Connection {
    pub(crate) fn new(transport: Transport, session: Session, place: Place, shutdown: CancellationToken) -> Self {
        let terminated = session.terminated();
        Self { transport, session, portals: Portals::new(), place, shutdown, terminated, skips_to_sync: false, is_idle: false }
    }

    /// Serves the client until one of the two leaves.
    pub(crate) async fn serve(mut self) {
        let pid = self.place.registration.pid;
        match self.run().await {
            Ok(()) => {}
            Err(Failure::Lost(error)) => tracing::debug!(pid, %error, "a client was lost"),
            Err(Failure::Fatal(error) | Failure::Statement(error)) => {
                error::log(pid, &error);
                // The client may be gone already; then nobody misses the message.
                if self.transport.put(error_response(Severity::Fatal, &error)).is_ok() {
                    let _ = self.transport.send().await;
                }
            }
        }
        self.transport.close().await;
    }

    async fn run(&mut self) -> Outcome<()> {
        self.ready().await?;
        loop {
            let frame = self.next_frame().await?;
            if frame.is_terminate() {
                return Ok(());
            }
            if self.skips_to_sync && !frame.is_sync() {
                continue;
            }
            self.skips_to_sync = false;
            let is_extended = frame.is_extended();
            match self.handle(frame).await {
                Err(Failure::Statement(error)) => {
                    self.report(&error).await?;
                    self.skips_to_sync = is_extended;
                    if !is_extended {
                        self.ready().await?;
                    }
                }
                handled => handled?,
            }
        }
    }

    /// The next message, or why there will be none.
    async fn next_frame(&mut self) -> Outcome<Frame> {
        let idle_timeout = if self.is_idle { self.session.idle_timeout() } else { None };
        let frame = tokio::select! {
            // What has been read already is served first, even during a shutdown.
            biased;
            frame = self.transport.next_frame() => frame?,
            () = self.shutdown.cancelled() => return Err(terminated()),
            () = self.terminated.cancelled() => return Err(terminated()),
            () = elapsed(idle_timeout) => return Err(self.idle_for_too_long()),
        };
        self.is_idle = false;
        Ok(frame)
    }

    fn idle_for_too_long(&self) -> Failure {
        match self.session.transaction_status() {
            TransactionStatus::Idle => fatal(Code::IdleSession, "terminating connection due to idle-session timeout"),
            TransactionStatus::InTransaction | TransactionStatus::Failed => {
                fatal(Code::IdleInTransaction, "terminating connection due to idle-in-transaction timeout")
            }
        }
    }

    async fn handle(&mut self, frame: Frame) -> Outcome<()> {
        match frame.decode()? {
            Message::Query(text) => {
                self.portals.remove("");
                query::run(self, &text).await?;
                self.ready().await
            }
            Message::Parse { name, text, parameter_types } => extended::parse(self, &name, &text, &parameter_types).await,
            Message::Bind(bind) => extended::bind(self, bind).await,
            Message::Describe(target) => extended::describe(self, &target),
            Message::Close(target) => extended::close(self, &target),
            Message::Execute { portal, rows_max } => extended::execute(self, &portal, rows_max).await,
            Message::Flush => self.transport.send().await,
            Message::Sync => self.ready().await,
            Message::FunctionCall => Err(Error::new(Code::Unsupported, "function calls by OID are not supported").into()),
            Message::Copy | Message::Terminate => Ok(()),
            Message::Password(_) => Err(fatal(Code::Protocol, "a password was sent where none was asked for")),
        }
    }

    /// Tells the client that its statement failed, and the session too.
    async fn report(&mut self, error: &Error) -> Outcome<()> {
        error::log(self.place.registration.pid, error);
        self.session.fail();
        // What was being read belongs to a transaction that is over, or can only be rolled back.
        self.portals.clear();
        self.put_notices()?;
        self.transport.put(error_response(Severity::Error, error))?;
        self.transport.send().await
    }

    /// The end of a cycle: what has changed, and that it is the client's turn.
    async fn ready(&mut self) -> Outcome<()> {
        self.session.sync().await;
        let status = match self.session.transaction_status() {
            TransactionStatus::Idle => {
                self.portals.clear();
                ReadyStatus::Idle
            }
            TransactionStatus::InTransaction => ReadyStatus::Transaction,
            TransactionStatus::Failed => ReadyStatus::Error,
        };
        self.put_notices()?;
        for (name, value) in self.session.take_changed_settings() {
            self.transport.put(PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name.to_owned(), value)))?;
        }
        self.transport.put(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(status)))?;
        self.transport.send().await?;
        self.is_idle = true;
        Ok(())
    }

    pub(crate) fn put_notices(&mut self) -> Outcome<()> {
        for notice in self.session.take_notices() {
            self.transport.put(notice_response(&notice))?;
        }
        Ok(())
    }

    /// How values look to this session now.
    pub(crate) fn style(&self) -> Style {
        Style::of(&self.session.settings().current())
    }
}

fn fatal(code: Code, message: &str) -> Failure {
    Failure::Fatal(Error::new(code, message))
}

fn terminated() -> Failure {
    fatal(Code::Terminated, "terminating connection due to administrator command")
}

/// Never, without a timeout.
async fn elapsed(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}
