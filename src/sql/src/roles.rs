//! PostgreSQL's statements about roles and privileges, and comments on data sources.

use std::collections::BTreeSet;

use domain::access::{self, AlterRole, CreateRole, Privilege};
use domain::data_sources;
use serde_json::{Map, Value, json};
use spi::secret::MASK;
use spi::{Code, Error, Result};

use crate::answer::{Answer, Notice};
use crate::audited::{Entry, audited};
use crate::call_context::CallContext;
use crate::moment;
use crate::parse::{RoleCommand, RoleOptions};

/// Runs a statement.
pub(crate) async fn run(ctx: &CallContext, command: &RoleCommand) -> Result<Answer> {
    let (object, arguments) = shown(command);
    let entry = Entry { action: command.tag(), object: Some(object), arguments: Some(arguments) };
    audited(ctx, entry, work(ctx, command), |revision| *revision).await?;
    Ok(Answer::command(command.tag()))
}

/// Does what the statement says, and gives the revision that it became, if there was anything to do.
async fn work(ctx: &CallContext, command: &RoleCommand) -> Result<Option<u64>> {
    match command {
        RoleCommand::Create { name, options } => create(ctx, name, options).await.map(Some),
        RoleCommand::Alter { name, options } => alter(ctx, name, options).await.map(Some),
        RoleCommand::Drop { names, if_exists } => drop_all(ctx, names, *if_exists).await,
        RoleCommand::Grant { privileges, sources, roles } => {
            require_existing(ctx, "grant privileges", sources, roles)?;
            let mut revision = None;
            for (source, role) in pairs(sources, roles) {
                revision = Some(access::grant(&ctx.services, &ctx.actor, privileges, source, role).await?);
            }
            Ok(revision)
        }
        RoleCommand::Revoke { privileges, sources, roles } => {
            require_existing(ctx, "revoke privileges", sources, roles)?;
            let mut revision = None;
            for (source, role) in pairs(sources, roles) {
                revision = Some(access::revoke(&ctx.services, &ctx.actor, privileges, source, role).await?);
            }
            Ok(revision)
        }
        RoleCommand::Comment { source, comment } => {
            data_sources::comment(&ctx.services, &ctx.actor, source, comment.clone()).await.map(|outcome| Some(outcome.revision))
        }
    }
}

async fn create(ctx: &CallContext, name: &str, options: &RoleOptions) -> Result<u64> {
    let request = CreateRole {
        name: name.to_owned(),
        login: options.login.unwrap_or(false),
        superuser: options.superuser.unwrap_or(false),
        password: options.password.clone().flatten(),
        valid_until: valid_until(ctx, options)?.flatten(),
    };
    access::create_role(&ctx.services, &ctx.actor, request).await
}

async fn alter(ctx: &CallContext, name: &str, options: &RoleOptions) -> Result<u64> {
    let request = AlterRole {
        login: options.login,
        superuser: options.superuser,
        password: options.password.clone(),
        valid_until: valid_until(ctx, options)?,
    };
    access::alter_role(&ctx.services, &ctx.actor, name, request).await
}

/// When the password ends, if that is said; `Some(None)` if it is said that it does not.
fn valid_until(ctx: &CallContext, options: &RoleOptions) -> Result<Option<Option<i64>>> {
    let Some(text) = options.valid_until.as_deref() else { return Ok(None) };
    match moment::parse(text, &ctx.time_zone) {
        Ok(micros) => Ok(Some(Some(micros))),
        Err(moment::Refused::Infinite) => Ok(Some(None)),
        Err(moment::Refused::Form) => {
            Err(Error::new(Code::InvalidText, format!("invalid input syntax for type timestamp with time zone: \"{text}\"")))
        }
    }
}

async fn drop_all(ctx: &CallContext, names: &[String], if_exists: bool) -> Result<Option<u64>> {
    access::require_superuser(&ctx.actor, "drop roles")?;
    let replica = ctx.services.store.replica();
    let (existing, missing): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| access::role(&replica, name).is_some());
    if let Some(name) = missing.first().filter(|_| !if_exists) {
        return Err(Error::not_found("role", name));
    }
    for name in missing {
        ctx.notices.push(Notice::note(format!("role \"{name}\" does not exist, skipping")));
    }
    let mut revision = None;
    for name in existing.into_iter().collect::<BTreeSet<_>>() {
        revision = Some(access::drop_role(&ctx.services, &ctx.actor, name).await?);
    }
    Ok(revision)
}

/// Every pair is a change of its own, so that what can be refused is refused before the first one.
fn require_existing(ctx: &CallContext, what: &str, sources: &[String], roles: &[String]) -> Result<()> {
    access::require_superuser(&ctx.actor, what)?;
    let replica = ctx.services.store.replica();
    for source in sources {
        data_sources::get(&replica, source)?;
    }
    match roles.iter().find(|role| access::role(&replica, role).is_none()) {
        Some(role) => Err(Error::not_found("role", role)),
        None => Ok(()),
    }
}

fn pairs<'a>(sources: &'a [String], roles: &'a [String]) -> impl Iterator<Item = (&'a String, &'a String)> {
    sources.iter().flat_map(|source| roles.iter().map(move |role| (source, role)))
}

/// The object of a statement and what it says about it, as the audit journal shows them.
fn shown(command: &RoleCommand) -> (String, Value) {
    match command {
        RoleCommand::Create { name, options } | RoleCommand::Alter { name, options } => (name.clone(), shown_options(options)),
        RoleCommand::Drop { names, if_exists } => (names.join(", "), json!({ "if_exists": if_exists })),
        RoleCommand::Grant { privileges, sources, roles } => {
            (sources.join(", "), json!({ "privilege": shown_privileges(privileges), "to": roles }))
        }
        RoleCommand::Revoke { privileges, sources, roles } => {
            (sources.join(", "), json!({ "privilege": shown_privileges(privileges), "from": roles }))
        }
        RoleCommand::Comment { source, comment } => (source.clone(), json!({ "comment": comment })),
    }
}

fn shown_privileges(privileges: &[Privilege]) -> String {
    privileges.iter().map(|privilege| privilege.name()).collect::<Vec<_>>().join(", ")
}

fn shown_options(options: &RoleOptions) -> Value {
    let RoleOptions { login, superuser, password, valid_until } = options;
    let password = password.as_ref().map(|password| if password.is_some() { MASK.into() } else { Value::Null });
    let said = [
        ("login", login.map(Value::from)),
        ("superuser", superuser.map(Value::from)),
        ("password", password),
        ("valid_until", valid_until.clone().map(Value::from)),
    ];
    said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests;
