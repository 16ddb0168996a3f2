//! Texts and bytes of all types as PostgreSQL 16 read and wrote them: `tests/recorded.tsv` has a line per text, with the type, settings,
//! the text, and what became of it: `=`, the text that it is written as and its binary form, or `!`, SQLSTATE, message, detail and hint.

use bytes::BytesMut;

use super::{input, output, receive, send};
use crate::catalog::Catalog;
use crate::fixture::session::Session;
use crate::function::Context;
use crate::io::bytea;
use crate::relation::Relation;
use crate::resolve::{Names, type_from_text};
use crate::statics;

/// What every database holds.
pub(crate) fn catalog() -> Catalog {
    let relations = statics::relations().iter().map(|relation| relation.clone() as std::sync::Arc<dyn Relation>).collect();
    Catalog::new(1, 1, relations)
}

/// A line's fields, of which `\N` is none.
pub(crate) fn fields(line: &str) -> Vec<Option<String>> {
    let unescaped = |field: &str| {
        let mut out = String::new();
        let mut characters = field.chars();
        while let Some(character) = characters.next() {
            out.push(match character {
                '\\' => match characters.next() {
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some(other) => other,
                    None => '\\',
                },
                other => other,
            });
        }
        out
    };
    line.split('\t').map(|field| (field != "\\N").then(|| unescaped(field))).collect()
}

/// What becomes of a text, in the form of a line's last fields.
fn outcome(catalog: &Catalog, type_name: &str, settings: &str, text: &str) -> Vec<Option<String>> {
    // 2026-11-21 13:00 UTC.
    let host = Session { database: "iorec", moment: 848_581_200_000_000, ..Session::new().with(settings) };
    let context = Context { catalog, host: &host };
    let search = catalog.search_namespaces(&["public".to_owned()]);
    let type_ = type_from_text(Names::new(catalog, &search), "iorec", type_name).expect("a type");
    let read = || -> spi::Result<Vec<Option<String>>> {
        // Only the text of an interval is read by the modifier; of all types it is enforced as an explicit cast does.
        let read_by = if type_name.starts_with("interval") { type_.typmod } else { -1 };
        let value = super::apply_modifier(type_.oid, type_.typmod, &input(&context, type_.oid, read_by, text)?, true)?;
        let written = output(&context, type_.oid, &value)?;
        let mut bytes = BytesMut::new();
        let hex = send(&context, type_.oid, &value, &mut bytes).ok().map(|()| {
            let mut hex = String::new();
            bytea::write_hex(&bytes, &mut hex);
            hex
        });
        if hex.is_some() {
            let again = receive(&context, type_.oid, -1, &bytes)?;
            assert_eq!(output(&context, type_.oid, &again)?, written, "{type_name} {text:?} in binary");
        }
        Ok(vec![Some("=".to_owned()), Some(written), hex])
    };
    read().unwrap_or_else(|error| {
        vec![Some("!".to_owned()), Some(error.code.sqlstate().to_owned()), Some(error.message), error.detail, error.hint]
    })
}

#[test]
fn all_types_read_and_write_as_postgresql_does() {
    let catalog = catalog();
    let mut differing = Vec::new();
    for line in include_str!("tests/recorded.tsv").lines() {
        let fields = fields(line);
        let [Some(type_name), Some(settings), Some(text), expected @ ..] = fields.as_slice() else { panic!("a line is cut: {line}") };
        let found = outcome(&catalog, type_name, settings, text);
        let mut expected: Vec<Option<String>> = expected.to_vec();
        // An empty detail or hint is none.
        expected.iter_mut().skip(3).for_each(|field| *field = field.take().filter(|text| !text.is_empty()));
        expected.truncate(found.len());
        if expected[0].as_deref() == Some("=") && expected[2].is_none() {
            // Its binary form is that of the server that was asked.
            expected[2] = found[2].clone();
        }
        if found != expected {
            differing.push(format!("{type_name} [{settings}] {text:?}\n   {found:?}\n   {expected:?}"));
        }
    }
    assert!(differing.is_empty(), "{} differ\n{}", differing.len(), differing.join("\n"));
}
