//! What PostgreSQL 16 computes, in a session whose zone is `Europe/Berlin`: `tests/recorded.tsv` has a line per call, with the symbol, the
//! types and the texts of its arguments, and then `=`, the type and the text of the result, or `!`, SQLSTATE and message.

use spi::Result;

use crate::catalog::Catalog;
use crate::fixture::session::Session;
use crate::function::{Context, Signature};
use crate::functions::scalar;
use crate::io::tests::{catalog, fields};
use crate::io::{apply_modifier, input, output};
use crate::resolve::{Names, type_from_text};
use crate::types::Type;
use crate::value::Value;

fn type_named(catalog: &Catalog, name: &str) -> Type {
    let search = catalog.search_namespaces(&["public".to_owned()]);
    type_from_text(Names::new(catalog, &search), "iorec", name).expect("a type")
}

/// The text of a call's result; none for null.
fn computed(catalog: &Catalog, symbol: &str, types: &[Type], texts: &[&str], result: Type) -> Result<Option<String>> {
    let host = Session::new().with("TimeZone=Europe/Berlin");
    let context = Context { catalog, host: &host };
    let argument = |(type_, text): (&Type, &&str)| {
        let value = input(&context, type_.oid, -1, text)?;
        apply_modifier(type_.oid, type_.typmod, &value, true)
    };
    let arguments = types.iter().zip(texts).map(argument).collect::<Result<Vec<Value>>>()?;
    let signature = Signature { arguments: types.to_vec(), result, is_variadic: false };
    let call = scalar(symbol).unwrap_or_else(|| panic!("{symbol} is not computed"));
    let value = call(&context, &signature, &arguments)?;
    if value.is_null() { Ok(None) } else { output(&context, result.oid, &value).map(Some) }
}

#[test]
fn operators_and_casts_compute_what_postgresql_does() {
    let catalog = catalog();
    let mut differing = Vec::new();
    for line in include_str!("tests/recorded.tsv").lines() {
        let fields = fields(line);
        let [Some(symbol), Some(types), Some(texts), Some(outcome), Some(kind), text] = fields.as_slice() else {
            panic!("a line is cut: {line}")
        };
        let types: Vec<Type> = types.split(';').map(|name| type_named(&catalog, name)).collect();
        let texts: Vec<&str> = texts.split('|').collect();
        let result = if outcome == "=" { type_named(&catalog, kind) } else { Type::new(crate::types::oid::TEXT) };
        let found = match computed(&catalog, symbol, &types, &texts, result) {
            Ok(found) => ("=", kind.clone(), found.map_or("NULL".to_owned(), |text| text)),
            Err(error) => ("!", error.code.sqlstate().to_owned(), error.message),
        };
        // The recorded text of a null is empty.
        let expected = text.clone().filter(|text| !text.is_empty() || outcome == "!").unwrap_or_else(|| "NULL".to_owned());
        let found_text = if found.2.is_empty() { "NULL".to_owned() } else { found.2.clone() };
        if found.0 != outcome || (outcome == "!" && found.1 != *kind) || found_text != expected {
            differing.push(format!("{symbol} {texts:?}\n   {found:?}\n   {outcome} {kind} {expected}"));
        }
    }
    assert!(differing.is_empty(), "{} differ\n{}", differing.len(), differing.join("\n"));
}
