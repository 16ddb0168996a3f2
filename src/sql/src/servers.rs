//! PostgreSQL's statements about foreign servers: other words for the procedures on data sources.
//!
//! Options are text here, as in PostgreSQL; each becomes what its option takes. What CREATE SERVER and ALTER SERVER say holds at once, as
//! in PostgreSQL: a server is published when it is created, and if it is published a changed one is too.

use domain::access;
use domain::data_sources::{self, Alter, Create, DataSource};
use serde_json::{Value, json};
use spi::options::{OptionSpec, Options, mask};
use spi::secret::MASK;
use spi::{Code, Error, Result};

use crate::answer::{Answer, Notice};
use crate::audited::{Entry, audited};
use crate::call_context::CallContext;
use crate::parse::{OptionChange, ServerCommand};
use crate::settings::parse_bool;

/// Runs a statement.
pub(crate) async fn run(ctx: &CallContext, command: &ServerCommand) -> Result<Answer> {
    let (object, arguments) = shown(ctx, command);
    let entry = Entry { action: command.tag(), object: Some(object), arguments: Some(arguments) };
    audited(ctx, entry, work(ctx, command), |revision| *revision).await?;
    Ok(Answer::command(command.tag()))
}

/// Does what the statement says, and gives the revision that it became, if there was anything to do.
async fn work(ctx: &CallContext, command: &ServerCommand) -> Result<Option<u64>> {
    match command {
        ServerCommand::Create { name, kind, options, if_not_exists } => create(ctx, name, kind, options, *if_not_exists).await.map(Some),
        ServerCommand::Alter { name, changes } => alter(ctx, name, changes).await.map(Some),
        ServerCommand::Rename { name, new_name } => {
            data_sources::rename(&ctx.services, &ctx.actor, name, new_name).await.map(|outcome| Some(outcome.revision))
        }
        ServerCommand::Drop { names, if_exists, cascade } => drop_all(ctx, names, *if_exists, *cascade).await,
    }
}

async fn create(ctx: &CallContext, name: &str, kind: &str, options: &[(String, String)], if_not_exists: bool) -> Result<u64> {
    access::require_superuser(&ctx.actor, "create data sources")?;
    let request = Create {
        name: name.to_owned(),
        kind: kind.to_owned(),
        options: typed_options(kind, ctx.services.factories.options(kind)?, options.iter().map(|(name, text)| (name, text)))?,
        comment: None,
        labels: Default::default(),
        test: true,
        publish: true,
        if_not_exists,
    };
    let outcome = data_sources::create(&ctx.services, &ctx.actor, request).await?;
    if !outcome.changed {
        ctx.notices.push(Notice::note(format!("server \"{name}\" already exists, skipping")));
    }
    Ok(outcome.revision)
}

async fn alter(ctx: &CallContext, name: &str, changes: &[OptionChange]) -> Result<u64> {
    access::require_superuser(&ctx.actor, "alter data sources")?;
    let replica = ctx.services.store.replica();
    let source = data_sources::get(&replica, name)?;
    let newest = data_sources::version(&replica, &source, source.current_version)?;
    let has = data_sources::masked_options(&ctx.services.factories, &source.kind, &newest);
    if let Some(refused) = changes.iter().find_map(|change| refusal(&has, change)) {
        return Err(refused);
    }
    let given = changes.iter().filter_map(|change| match change {
        OptionChange::Add(name, text) | OptionChange::Set(name, text) => Some((name, text)),
        OptionChange::Drop(_) => None,
    });
    let mut options = typed_options(&source.kind, ctx.services.factories.options(&source.kind)?, given)?;
    let dropped = changes.iter().filter(|change| matches!(change, OptionChange::Drop(_)));
    options.extend(dropped.map(|change| (change.option().to_owned(), Value::Null)));
    let request = Alter {
        options: Some(options),
        // What was added or set was looked up in this version.
        expected_version: Some(source.current_version),
        publish: source.published_version.is_some(),
        test: true,
        ..Alter::default()
    };
    data_sources::alter(&ctx.services, &ctx.actor, name, request).await.map(|outcome| outcome.revision)
}

fn refusal(has: &Options, change: &OptionChange) -> Option<Error> {
    let option = change.option();
    match (has.contains_key(option), change) {
        (true, OptionChange::Add(..)) => Some(
            Error::new(Code::AlreadyExists, format!("option \"{option}\" provided more than once"))
                .hint("SET changes an option that is there."),
        ),
        (false, OptionChange::Set(..) | OptionChange::Drop(_)) => {
            Some(Error::new(Code::UndefinedObject, format!("option \"{option}\" not found")))
        }
        _ => None,
    }
}

async fn drop_all(ctx: &CallContext, names: &[String], if_exists: bool, cascade: bool) -> Result<Option<u64>> {
    access::require_superuser(&ctx.actor, "drop data sources")?;
    let replica = ctx.services.store.replica();
    let live = |name: &String| data_sources::get(&replica, name).is_ok_and(|DataSource { dropped_at, .. }| dropped_at.is_none());
    let (existing, missing): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| live(name));
    if let Some(name) = missing.first().filter(|_| !if_exists) {
        return Err(Error::not_found("server", name));
    }
    for name in missing {
        ctx.notices.push(Notice::note(format!("server \"{name}\" does not exist, skipping")));
    }
    let mut revision = None;
    for name in existing {
        revision = Some(data_sources::drop(&ctx.services, &ctx.actor, name, cascade).await?.revision);
    }
    Ok(revision)
}

/// Options of the JSON types that their type of data source wants. What it does not know stays text, and is refused with the rest.
fn typed_options<'a>(kind: &str, specs: &[OptionSpec], given: impl Iterator<Item = (&'a String, &'a String)>) -> Result<Options> {
    given
        .map(|(name, text)| {
            let data_type = specs.iter().find(|spec| spec.name == *name).map_or("string", |spec| spec.data_type.as_str());
            match typed(data_type, text) {
                Some(value) => Ok((name.clone(), value)),
                None => Err(Error::new(
                    Code::InvalidArgument,
                    format!("option \"{name}\" of data source type \"{kind}\" must be of type {data_type}"),
                )),
            }
        })
        .collect()
}

fn typed(data_type: &str, text: &str) -> Option<Value> {
    let json = |fits: fn(&Value) -> bool| serde_json::from_str(text).ok().filter(fits);
    match data_type {
        "integer" => text.trim().parse::<i64>().ok().map(Value::from),
        "number" => json(Value::is_number),
        "boolean" => parse_bool(text.trim()).map(Value::from),
        "array" => json(Value::is_array),
        "object" => json(Value::is_object),
        _ => Some(text.into()),
    }
}

/// The object of a statement and what it says about it, as the audit journal shows them.
fn shown(ctx: &CallContext, command: &ServerCommand) -> (String, Value) {
    match command {
        ServerCommand::Create { name, kind, options, if_not_exists } => {
            let options = options.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
            (name.clone(), json!({ "type": kind, "options": shown_options(ctx, Some(kind), options), "if_not_exists": if_not_exists }))
        }
        ServerCommand::Alter { name, changes } => {
            let kind = data_sources::get(&ctx.services.store.replica(), name).map(|source| source.kind).ok();
            let value = |change: &OptionChange| match change {
                OptionChange::Add(_, text) | OptionChange::Set(_, text) => text.as_str().into(),
                OptionChange::Drop(_) => Value::Null,
            };
            let options = changes.iter().map(|change| (change.option().to_owned(), value(change))).collect();
            (name.clone(), json!({ "options": shown_options(ctx, kind.as_deref(), options) }))
        }
        ServerCommand::Rename { name, new_name } => (name.clone(), json!({ "new_name": new_name })),
        ServerCommand::Drop { names, if_exists, cascade } => (names.join(", "), json!({ "if_exists": if_exists, "cascade": cascade })),
    }
}

fn shown_options(ctx: &CallContext, kind: Option<&str>, options: Options) -> Value {
    match kind.and_then(|kind| ctx.services.factories.options(kind).ok()) {
        Some(specs) => mask(specs, &options).into(),
        None => MASK.into(),
    }
}

#[cfg(test)]
mod tests;
