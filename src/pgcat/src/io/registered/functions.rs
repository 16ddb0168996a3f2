//! `regproc`, `regprocedure`, `regoper` and `regoperator`.

use spi::{Code, Error, Result};

use super::{find_type, place, search, shown, type_name};
use crate::catalog::{CatalogRow, oid as relation};
use crate::function::Context;
use crate::io::{identifier, is_space};
use crate::resolve::quote_identifier;
use crate::value::Value;

/// A function or operator that a name may mean.
struct Candidate {
    oid: u32,
    namespace: u32,
    arguments: Vec<u32>,
}

/// The functions of a name in some namespaces. Of those with the same arguments only the one that is found first.
fn candidates(context: &Context<'_>, namespaces: &[u32], name: &str) -> Vec<Candidate> {
    let rows = context.catalog.find(relation::PG_PROC, &["proname"], &[Value::text(name)]);
    let candidate = |row: &CatalogRow<'_>| {
        let (oid, namespace) = (row.oid("oid")?, row.oid("pronamespace")?);
        Some(Candidate { oid, namespace, arguments: row.oids("proargtypes") })
    };
    seen(rows.iter().filter_map(candidate).collect(), namespaces)
}

fn operator_candidates(context: &Context<'_>, namespaces: &[u32], name: &str) -> Vec<Candidate> {
    let rows = context.catalog.find(relation::PG_OPERATOR, &["oprname"], &[Value::text(name)]);
    let candidate = |row: &CatalogRow<'_>| {
        let (oid, namespace) = (row.oid("oid")?, row.oid("oprnamespace")?);
        Some(Candidate { oid, namespace, arguments: vec![row.oid("oprleft")?, row.oid("oprright")?] })
    };
    seen(rows.iter().filter_map(candidate).collect(), namespaces)
}

fn seen(candidates: Vec<Candidate>, namespaces: &[u32]) -> Vec<Candidate> {
    let place = |candidate: &Candidate| namespaces.iter().position(|namespace| *namespace == candidate.namespace);
    let mut placed: Vec<(usize, Candidate)> =
        candidates.into_iter().filter_map(|candidate| Some((place(&candidate)?, candidate))).collect();
    placed.sort_by_key(|(place, _)| *place);
    let mut kept: Vec<Candidate> = Vec::new();
    for (_, candidate) in placed {
        if !kept.iter().any(|other| other.arguments == candidate.arguments) {
            kept.push(candidate);
        }
    }
    kept
}

fn the_only(found: &[Candidate]) -> Option<u32> {
    if let [only] = found { Some(only.oid) } else { None }
}

pub fn find(context: &Context<'_>, text: &str) -> Result<u32> {
    let names = identifier::parse(text)?;
    let (namespaces, name) = place(context, &names, "function")?;
    let found = candidates(context, &namespaces, &name);
    the_only(&found).ok_or_else(|| match found.is_empty() {
        true => Error::new(Code::UndefinedFunction, format!("function \"{text}\" does not exist")),
        false => Error::new(Code::AmbiguousFunction, format!("more than one function named \"{text}\"")),
    })
}

pub fn find_with_arguments(context: &Context<'_>, text: &str) -> Result<u32> {
    let (name, arguments) = name_and_arguments(context, text, false)?;
    let (namespaces, name) = place(context, &identifier::parse(name)?, "function")?;
    let found = candidates(context, &namespaces, &name).into_iter().find(|candidate| candidate.arguments == arguments);
    let missing = || Error::new(Code::UndefinedFunction, format!("function \"{text}\" does not exist"));
    found.map(|candidate| candidate.oid).ok_or_else(missing)
}

pub fn find_operator(context: &Context<'_>, text: &str) -> Result<u32> {
    let (namespaces, name) = operator_place(context, text)?;
    let found = operator_candidates(context, &namespaces, &name);
    the_only(&found).ok_or_else(|| match found.is_empty() {
        true => no_operator(text),
        false => Error::new(Code::AmbiguousFunction, format!("more than one operator named {text}")),
    })
}

pub fn find_operator_with_arguments(context: &Context<'_>, text: &str) -> Result<u32> {
    let (name, arguments) = name_and_arguments(context, text, true)?;
    match arguments.len() {
        1 => {
            let error = Error::new(Code::UndefinedParameter, "missing argument");
            return Err(error.hint("Use NONE to denote the missing argument of a unary operator."));
        }
        2 => {}
        _ => return Err(Error::new(Code::TooManyArguments, "too many arguments").hint("Provide two argument types for operator.")),
    }
    let (namespaces, name) = operator_place(context, name)?;
    let found = operator_candidates(context, &namespaces, &name).into_iter().find(|candidate| candidate.arguments == arguments);
    found.map(|candidate| candidate.oid).ok_or_else(|| no_operator(text))
}

fn no_operator(text: &str) -> Error {
    Error::new(Code::UndefinedFunction, format!("operator does not exist: {text}"))
}

/// The namespaces and the name of an operator, which may have a schema before it.
fn operator_place(context: &Context<'_>, text: &str) -> Result<(Vec<u32>, String)> {
    place(context, &identifier::parse(text)?, "operator")
}

/// `name(type, type)`: the name, and the OIDs of the types. `NONE` is the argument that an operator has not.
fn name_and_arguments<'a>(context: &Context<'_>, text: &'a str, allows_none: bool) -> Result<(&'a str, Vec<u32>)> {
    let wrong = |message: &str| Error::new(Code::InvalidText, message);
    let mut is_quoted = false;
    let open = text.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b'(' && !is_quoted
    });
    let open = open.ok_or_else(|| wrong("expected a left parenthesis"))?;
    let inside = text[open + 1..].trim_end_matches(is_space).strip_suffix(')').ok_or_else(|| wrong("expected a right parenthesis"))?;
    let mut arguments = Vec::new();
    let mut rest = inside.trim_matches(is_space);
    while !rest.is_empty() {
        let (argument, after) = until_comma(rest);
        let argument = argument.trim_matches(is_space);
        if argument.is_empty() || after.is_some_and(|after| after.trim_start_matches(is_space).is_empty()) {
            return Err(wrong("expected a type name"));
        }
        arguments.push(match allows_none && argument.eq_ignore_ascii_case("none") {
            true => 0,
            false => find_type(context, argument)?,
        });
        rest = after.unwrap_or_default();
    }
    Ok((&text[..open], arguments))
}

/// What stands before the first comma outside quotes, parentheses and brackets, and what behind it.
fn until_comma(text: &str) -> (&str, Option<&str>) {
    let (mut is_quoted, mut depth) = (false, 0);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'(' | b'[' if !is_quoted => depth += 1,
            b')' | b']' if !is_quoted => depth -= 1,
            b',' if !is_quoted && depth == 0 => return (&text[..place], Some(&text[place + 1..])),
            _ => {}
        }
    }
    (text, None)
}

/// Whether a call by the name alone, with these arguments, means this function.
pub fn function_is_visible(context: &Context<'_>, oid: u32) -> Option<bool> {
    let row = context.catalog.by_oid(relation::PG_PROC, oid)?;
    Some(candidates(context, &search(context), &row.text("proname")?).iter().any(|candidate| candidate.oid == oid))
}

pub fn operator_is_visible(context: &Context<'_>, oid: u32) -> Option<bool> {
    let row = context.catalog.by_oid(relation::PG_OPERATOR, oid)?;
    Some(operator_candidates(context, &search(context), &row.text("oprname")?).iter().any(|candidate| candidate.oid == oid))
}

pub fn name(context: &Context<'_>, oid: u32) -> Option<String> {
    let row = context.catalog.by_oid(relation::PG_PROC, oid)?;
    let name = row.text("proname")?;
    let found = candidates(context, &search(context), &name);
    shown(context, row.oid("pronamespace")?, &name, the_only(&found) == Some(oid))
}

/// `name(type,type)`.
pub fn name_with_arguments(context: &Context<'_>, oid: u32) -> Option<String> {
    let row = context.catalog.by_oid(relation::PG_PROC, oid)?;
    let name = shown(context, row.oid("pronamespace")?, &row.text("proname")?, function_is_visible(context, oid)?)?;
    let arguments: Vec<String> = row.oids("proargtypes").into_iter().map(|argument| type_name(context, argument)).collect();
    Some(format!("{name}({})", arguments.join(",")))
}

pub fn operator_name(context: &Context<'_>, oid: u32) -> Option<String> {
    let row = context.catalog.by_oid(relation::PG_OPERATOR, oid)?;
    let name = row.text("oprname")?;
    let found = operator_candidates(context, &search(context), &name);
    operator_shown(context, &row, &name, the_only(&found) == Some(oid))
}

/// `name(type,type)`.
pub fn operator_name_with_arguments(context: &Context<'_>, oid: u32) -> Option<String> {
    let row = context.catalog.by_oid(relation::PG_OPERATOR, oid)?;
    let name = operator_shown(context, &row, &row.text("oprname")?, operator_is_visible(context, oid)?)?;
    let side = |column: &str| match row.oid(column) {
        None | Some(0) => "NONE".to_owned(),
        Some(type_oid) => type_name(context, type_oid),
    };
    Some(format!("{name}({},{})", side("oprleft"), side("oprright")))
}

fn operator_shown(context: &Context<'_>, row: &CatalogRow<'_>, name: &str, is_visible: bool) -> Option<String> {
    if is_visible {
        return Some(name.to_owned());
    }
    let namespace = context.catalog.by_oid(relation::PG_NAMESPACE, row.oid("oprnamespace")?)?.text("nspname")?;
    Some(format!("{}.{name}", quote_identifier(&namespace)))
}
