//! Who answers which statement: one match for running it, and its twin for describing it before it runs.
//!
//! What is decided here looks at the parsed statement and never at its text.

mod execute;
mod rows;
mod setting;
mod transaction;

use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::answer::{Answer, Column};
use crate::call_context::CallContext;
use crate::parse::{Command, Refused, Statement};
use crate::plan::{self, Plan, Values};
use crate::plan_context::PlanContext;
use crate::prepared::Described;
use crate::session::Session;
use crate::{copy, cursor, explain, insert, procedures, roles, servers};

/// A statement to be run.
pub(crate) struct Work {
    pub(crate) statement: Statement,
    /// The plan of its query, where it was prepared.
    pub(crate) plan: Option<Arc<Plan>>,
    /// The values of `$1`, `$2`, ….
    pub(crate) values: Values,
}

impl Work {
    /// The plan of the statement's query, made now unless it was prepared.
    pub(crate) async fn plan(&self, context: &Arc<PlanContext>) -> Result<Arc<Plan>> {
        match (&self.plan, self.statement.command.query()) {
            (Some(plan), _) => Ok(Arc::clone(plan)),
            (None, Some(query)) => Ok(Arc::new(plan::plan(context, query, &self.statement.source, &[]).await?)),
            (None, None) => Err(Error::internal("a statement without a query has no plan")),
        }
    }
}

/// Runs a statement.
pub(crate) async fn run(session: &mut Session, context: &Arc<PlanContext>, work: Work) -> Result<Answer> {
    let statement = work.statement.clone();
    match statement.command.as_ref() {
        Command::Empty => Ok(Answer::Empty),
        Command::Query(query) => {
            let plan = work.plan(context).await?;
            let (is_described, is_pinned) = (work.plan.is_some(), session.transaction.in_block());
            let query = rows::Query { query, source: &statement.source, plan, values: work.values, is_described, is_pinned };
            query.answer(context).await
        }
        Command::Insert(_) => {
            let plan = work.plan(context).await?;
            run_plan(session, context, &plan, work.values).await
        }
        Command::Call(call) => {
            administers(session, context, &format!("CALL {}", call.name.join(".")), "CALL")?;
            procedures::call(&CallContext::new(context), call, &work.values.data()?).await
        }
        Command::Role(role) => {
            administers(session, context, role.tag(), role.tag())?;
            roles::run(&CallContext::new(context), role).await
        }
        Command::Server(server) => {
            administers(session, context, server.tag(), server.tag())?;
            servers::run(&CallContext::new(context), server).await
        }
        Command::Setting(command) => setting::run(session, command),
        Command::Transaction(command) => transaction::run(session, command),
        Command::Declare(declare) => {
            if !declare.hold {
                session.transaction.require_block("DECLARE CURSOR")?;
            }
            session.cursors.check_new(declare)?;
            let plan = work.plan(context).await?;
            let batches = plan.execute(context, work.values).await?;
            session.cursors.declare(declare, &statement.source.0, Arc::clone(plan.columns()), batches);
            Ok(Answer::command("DECLARE CURSOR"))
        }
        Command::Fetch(fetch) => cursor::fetch(&session.cursors, fetch).await,
        Command::Close(name) => session.cursors.close(name.as_deref()),
        Command::Copy(command) => copy::run(context, command, &statement.source).await,
        Command::Prepare(prepare) => execute::prepare(session, context, prepare, &statement).await,
        Command::Execute(command) => {
            let (plan, values) = execute::plan(session, context, command, &statement.source).await?;
            run_plan(session, context, &plan, values).await
        }
        Command::Deallocate(Some(name)) => session.prepared.deallocate(name).map(|()| Answer::command("DEALLOCATE")),
        Command::Deallocate(None) => {
            session.prepared.clear();
            Ok(Answer::command("DEALLOCATE ALL"))
        }
        Command::Explain(command) => {
            let (plan, values) = match command.command.as_ref() {
                Command::Query(_) | Command::Insert(_) | Command::Declare(_) => (work.plan(context).await?, work.values),
                Command::Execute(inner) => execute::plan(session, context, inner, &statement.source).await?,
                Command::Refused(refused) => return Err(refusal(refused, context)),
                _ => return Err(Error::new(Code::Unsupported, "EXPLAIN works for queries and INSERT only")),
            };
            explain::run(context, command, &plan, values).await
        }
        Command::Discard(what) => discard(session, what),
        // Nothing sends notifications, so that listening to them is as good as done.
        Command::Listen => Ok(Answer::command("LISTEN")),
        Command::Unlisten => Ok(Answer::command("UNLISTEN")),
        Command::Notify => Err(Error::new(Code::Unsupported, "NOTIFY is not supported")),
        Command::Refused(refused) => Err(refusal(refused, context)),
    }
}

/// Runs what was prepared: a query, or an INSERT of one.
async fn run_plan(session: &Session, context: &Arc<PlanContext>, plan: &Plan, values: Values) -> Result<Answer> {
    if let Plan::Data(planned) = plan
        && let Some(target) = &planned.target
    {
        return insert::run(&session.transaction, context, planned, target, values.data()?).await;
    }
    let batches = plan.execute(context, values).await?;
    Ok(Answer::Rows { columns: Arc::clone(plan.columns()), batches, command: "SELECT" })
}

/// What a statement takes and gives, before it runs. `declared` are the types that the client knows of its parameters, or 0.
pub(crate) async fn describe(session: &Session, context: &Arc<PlanContext>, statement: &Statement, declared: &[u32]) -> Result<Described> {
    let described = |columns: Option<Arc<[Column]>>| Ok(Described { parameter_types: Vec::new(), columns, plan: None });
    match statement.command.as_ref() {
        command @ (Command::Query(_) | Command::Insert(_) | Command::Declare(_) | Command::Explain(_)) => {
            let Some(query) = command.query() else { return described(explain_columns(command)) };
            let plan = Arc::new(plan::plan(context, query, &statement.source, declared).await?);
            let columns = match command {
                Command::Query(_) => Some(Arc::clone(plan.columns())),
                _ => explain_columns(command),
            };
            Ok(Described { parameter_types: plan.parameter_types().to_vec(), columns, plan: Some(plan) })
        }
        Command::Call(call) => {
            let procedures::Described { columns, parameter_types } = procedures::describe(call, declared)?;
            Ok(Described { parameter_types, columns: Some(columns), plan: None })
        }
        Command::Setting(command) => described(setting::columns(command)),
        Command::Fetch(fetch) if !fetch.silent => described(Some(session.cursors.columns(&fetch.cursor)?)),
        Command::Execute(execute) => described(session.prepared.get(&execute.name)?.columns.clone()),
        Command::Empty
        | Command::Role(_)
        | Command::Server(_)
        | Command::Transaction(_)
        | Command::Fetch(_)
        | Command::Close(_)
        | Command::Copy(_)
        | Command::Prepare(_)
        | Command::Deallocate(_)
        | Command::Discard(_)
        | Command::Listen
        | Command::Unlisten
        | Command::Notify
        | Command::Refused(_) => described(None),
    }
}

fn explain_columns(command: &Command) -> Option<Arc<[Column]>> {
    match command {
        Command::Explain(command) => Some(explain::columns(command.format)),
        _ => None,
    }
}

/// Refuses what changes the gateway where that could not be undone, or is not wanted.
fn administers(session: &Session, context: &PlanContext, what: &str, kind: &str) -> Result<()> {
    session.transaction.forbid_block(what)?;
    if context.settings.current().read_only() { Err(read_only(kind)) } else { Ok(()) }
}

fn refusal(refused: &Refused, context: &PlanContext) -> Error {
    let Refused { kind, hint } = refused;
    let error = match context.settings.current().read_only() {
        true => read_only(kind),
        false => Error::new(Code::Unsupported, format!("{kind} is not supported")),
    };
    match hint {
        Some(hint) => error.hint(*hint),
        None => error,
    }
}

/// A statement that changes something, where the session wants nothing to be changed.
pub(crate) fn read_only(kind: &str) -> Error {
    Error::new(Code::ReadOnly, format!("cannot execute {kind} in a read-only transaction"))
}

fn discard(session: &mut Session, what: &'static str) -> Result<Answer> {
    match what {
        "ALL" => {
            session.transaction.forbid_block("DISCARD ALL")?;
            session.cursors.close(None)?;
            session.discard_portals();
            session.prepared.clear();
            session.settings.reset_all();
            session.advisory_locks.release_all();
        }
        "PLANS" => session.prepared.forget_plans(),
        // There are no sequences and no temporary tables.
        _ => {}
    }
    Ok(Answer::command(format!("DISCARD {what}")))
}
