//! What the name of a column or table in an expression refers to.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast::{Ident, ObjectName, Spanned};
use sqlparser::tokenizer::Span;

use super::scope::{Holds, Item, ItemColumn, Visible};
use super::{Binder, fold};
use crate::expr::{Expr, Typed};
use crate::query::{Register, SystemColumn};
use crate::types::{Type, oid};
use crate::value::Field;

/// A column that a `*` stands for.
pub(crate) struct NamedColumn {
    pub(crate) name: String,
    pub(crate) typed: Typed,
    pub(crate) origin: Option<(u32, i16)>,
}

/// Where a name was found: the scope and the item in it.
#[derive(Clone, Copy)]
struct Found {
    scope: usize,
    item: usize,
}

/// A name with what it is qualified by.
struct Qualified {
    database: Option<String>,
    schema: Option<String>,
    table: String,
}

impl Binder<'_> {
    /// A column by its name or by table and name, or the row of a table by the table's name.
    pub(crate) fn column_reference(&mut self, names: &[Ident]) -> Result<Typed> {
        let span = Span::union_iter(names.iter().map(|name| name.span));
        let position = self.position(span);
        let at = |error: Error| position.map_or(error.clone(), |position| error.position(position));
        let parts: Vec<String> = names.iter().map(fold).collect();
        match parts.as_slice() {
            [name] => {
                if let Some(found) = self.unqualified_column(name, position).map_err(at)? {
                    return Ok(found);
                }
                match self.table(&Qualified { database: None, schema: None, table: name.clone() }).map_err(at)? {
                    Some(found) => Ok(self.row(found)),
                    None => Err(at(self.missing_column(None, name))),
                }
            }
            [qualifiers @ .., name] => {
                let qualified = qualified(qualifiers).map_err(at)?;
                let Some(found) = self.table(&qualified).map_err(at)? else { return Err(at(self.missing_table(&qualified.table))) };
                match self.column_of(found, name, position).map_err(at)? {
                    Some(column) => Ok(column),
                    None => Err(at(self.missing_column(Some(&qualified.table), name))),
                }
            }
            [] => Err(Error::internal("a column reference without a name")),
        }
    }

    /// `table.*` as one value, as it is for the arguments of functions.
    pub(crate) fn whole_row(&mut self, table: &ObjectName) -> Result<Typed> {
        let found = self.named_table(table)?;
        Ok(self.row(found))
    }

    /// `table.*` as the columns that it stands for: in a select list, and in `ROW(…)`.
    pub(crate) fn table_columns(&mut self, table: &ObjectName) -> Result<Vec<NamedColumn>> {
        let found = self.named_table(table)?;
        Ok(self.columns_of(found.scope, found.item))
    }

    /// `*`: the columns of everything in FROM.
    pub(crate) fn all_columns(&mut self) -> Result<Vec<NamedColumn>> {
        let scope = self.scopes.len() - 1;
        let visible = self.scope().visible.clone();
        if visible.is_empty() {
            return Err(Error::new(Code::Syntax, "SELECT * with no tables specified is not valid"));
        }
        Ok(visible.iter().filter(|visible| visible.columns).flat_map(|visible| self.columns_of(scope, visible.item)).collect())
    }

    fn columns_of(&mut self, scope: usize, item: usize) -> Vec<NamedColumn> {
        let Item { columns, hidden, .. } = &self.scopes[scope].items[item];
        let count = columns.len() - hidden;
        (0..count)
            .map(|column| {
                let typed = self.column_at(Found { scope, item }, column, None);
                let ItemColumn { name, origin, .. } = &self.scopes[scope].items[item].columns[column];
                NamedColumn { name: name.clone(), typed, origin: *origin }
            })
            .collect()
    }

    fn named_table(&mut self, table: &ObjectName) -> Result<Found> {
        let position = self.position(table.span());
        let at = |error: Error| position.map_or(error.clone(), |position| error.position(position));
        let idents: Vec<Ident> = table.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        let qualified = qualified(&idents.iter().map(fold).collect::<Vec<_>>()).map_err(at)?;
        self.table(&qualified).map_err(at)?.ok_or_else(|| at(self.missing_table(&qualified.table)))
    }

    /// The column of a name in the innermost query that has one.
    fn unqualified_column(&mut self, name: &str, position: Option<usize>) -> Result<Option<Typed>> {
        for scope in (0..self.scopes.len()).rev() {
            let mut found = None;
            for visible in self.scopes[scope].visible.clone() {
                if !visible.columns || (visible.lateral_only && !self.scopes[scope].is_lateral) {
                    continue;
                }
                let Some(column) = self.find_column(Found { scope, item: visible.item }, name)? else { continue };
                if found.is_some() {
                    return Err(Error::new(Code::Ambiguous, format!("column reference \"{name}\" is ambiguous")));
                }
                found = Some((visible, column));
            }
            if let Some((visible, column)) = found {
                self.check_lateral(scope, visible)?;
                return Ok(Some(self.found_column(Found { scope, item: visible.item }, column, position)));
            }
        }
        Ok(None)
    }

    /// Whether something in the innermost query's own FROM has a column of the name.
    pub(super) fn is_own_column(&self, name: &str) -> bool {
        let scope = self.scope();
        let mut seen = scope.visible.iter().filter(|visible| visible.columns).map(|visible| &scope.items[visible.item]);
        seen.any(|item| item.columns.iter().any(|column| column.name == name))
    }

    /// What is called so in FROM, in the innermost query that has it.
    fn table(&mut self, qualified: &Qualified) -> Result<Option<Found>> {
        if let Some(database) = qualified.database.as_ref().filter(|database| *database != self.host.database()) {
            let schema = qualified.schema.as_deref().unwrap_or_default();
            let name = format!("{database}.{schema}.{}", qualified.table);
            return Err(Error::new(Code::Unsupported, format!("cross-database references are not implemented: {name}")));
        }
        let namespace = match &qualified.schema {
            Some(schema) => match self.catalog.namespace(schema) {
                Some(namespace) => Some(namespace),
                None => return Ok(None),
            },
            None => None,
        };
        for scope in (0..self.scopes.len()).rev() {
            let candidates = self.scopes[scope].visible.iter().filter(|visible| {
                let item = &self.scopes[scope].items[visible.item];
                visible.by_name
                    && (!visible.lateral_only || self.scopes[scope].is_lateral)
                    && item.name == qualified.table
                    && (namespace.is_none() || item.namespace == namespace)
            });
            let candidates: Vec<Visible> = candidates.copied().collect();
            match candidates.as_slice() {
                [] => {}
                [visible] => {
                    self.check_lateral(scope, *visible)?;
                    return Ok(Some(Found { scope, item: visible.item }));
                }
                _ => return Err(Error::new(Code::Ambiguous, format!("table reference \"{}\" is ambiguous", qualified.table))),
            }
        }
        Ok(None)
    }

    fn check_lateral(&self, scope: usize, visible: Visible) -> Result<()> {
        if !visible.lateral_only || visible.lateral_ok {
            return Ok(());
        }
        let name = &self.scopes[scope].items[visible.item].name;
        Err(Error::new(Code::InvalidReference, format!("invalid reference to FROM-clause entry for table \"{name}\""))
            .detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."))
    }

    fn column_of(&mut self, found: Found, name: &str, position: Option<usize>) -> Result<Option<Typed>> {
        let column = self.find_column(found, name)?;
        Ok(column.map(|column| self.found_column(found, column, position)))
    }

    /// The place of a column of an item by its name, or the system column.
    fn find_column(&self, found: Found, name: &str) -> Result<Option<ColumnPlace>> {
        let item = &self.scopes[found.scope].items[found.item];
        let mut places = item.columns.iter().enumerate().filter(|(_, column)| column.name == name).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(_), Some(_)) => Err(Error::new(Code::Ambiguous, format!("column reference \"{name}\" is ambiguous"))),
            (Some(place), None) => Ok(Some(ColumnPlace::Column(place))),
            _ => Ok(item.relation.and_then(|_| system_column(name)).map(|(column, type_)| ColumnPlace::System(column, type_))),
        }
    }

    fn found_column(&mut self, found: Found, column: ColumnPlace, position: Option<usize>) -> Typed {
        match column {
            ColumnPlace::Column(column) => self.column_at(found, column, position),
            ColumnPlace::System(column, type_oid) => {
                let expr = self.scopes[found.scope].system_column(found.item, column, position);
                Typed::new(self.read_from(found.scope, expr), Type::new(type_oid))
            }
        }
    }

    fn column_at(&mut self, found: Found, column: usize, position: Option<usize>) -> Typed {
        let type_ = self.scopes[found.scope].items[found.item].columns[column].type_;
        let expr = self.scopes[found.scope].column(found.item, column, position);
        Typed::new(self.read_from(found.scope, expr), type_)
    }

    /// An expression over the registers of a scope as it reads in the innermost query, which is noted to read them.
    pub(crate) fn read_from(&mut self, scope: usize, mut expr: Expr) -> Expr {
        let outwards = self.scopes.len() - 1 - scope;
        if outwards == 0 {
            return expr;
        }
        let mut read: Vec<Register> = Vec::new();
        expr.each_mut(&mut |expr, deeper| {
            if let Expr::Column { depth, register } = expr
                && *depth == deeper
            {
                *depth += outwards;
                read.push(*register);
            }
        });
        for register in read {
            self.note_read(scope, register);
        }
        expr
    }

    /// Notes that the innermost query, and those between, read a register of a scope.
    pub(crate) fn note_read(&mut self, scope: usize, register: Register) {
        for between in &mut self.scopes[scope + 1..] {
            between.outer.insert((scope, register));
        }
    }

    /// The row of something in FROM as a value.
    fn row(&mut self, found: Found) -> Typed {
        let Item { is_scalar, row_type, .. } = self.scopes[found.scope].items[found.item];
        if is_scalar {
            return self.column_at(found, 0, None);
        }
        let columns = self.columns_of(found.scope, found.item);
        let (fields, items): (Vec<Field>, Vec<Expr>) = columns
            .into_iter()
            .map(|NamedColumn { name, typed, .. }| {
                (Field { name: name.into(), type_oid: typed.type_.oid, typmod: typed.type_.typmod }, typed.expr)
            })
            .unzip();
        let fields: Arc<[Field]> = fields.into();
        let type_ = if row_type == oid::RECORD { self.record_type(&fields) } else { Type::new(row_type) };
        Typed::new(Expr::Row { type_oid: row_type, fields, items }, type_)
    }

    fn missing_column(&self, table: Option<&str>, name: &str) -> Error {
        let error = match table {
            Some(table) => Error::new(Code::UndefinedColumn, format!("column {table}.{name} does not exist")),
            None => Error::new(Code::UndefinedColumn, format!("column \"{name}\" does not exist")),
        };
        if table.is_some() {
            return error;
        }
        // A column that stands where it cannot be referred to is worth naming.
        let hidden = self
            .scopes
            .iter()
            .rev()
            .flat_map(|scope| &scope.items)
            .find(|item| !item.name.is_empty() && item.columns.iter().any(|column| column.name == name));
        match hidden {
            Some(item) => error.detail(format!(
                "There is a column named \"{name}\" in table \"{}\", but it cannot be referenced from this part of the query.",
                item.name
            )),
            None => error,
        }
    }

    /// The error for a table that is not there to be named, or not from here.
    fn missing_table(&self, name: &str) -> Error {
        for (index, scope) in self.scopes.iter().enumerate().rev() {
            if let Some(place) = scope.items.iter().position(|item| item.name == name) {
                let error = invalid_reference(name)
                    .detail(format!("There is an entry for table \"{name}\", but it cannot be referenced from this part of the query."));
                let would_be_lateral = index + 1 < self.scopes.len()
                    && scope.visible.iter().any(|visible| visible.item == place && visible.lateral_only && visible.lateral_ok);
                return match would_be_lateral {
                    true => error.hint("To reference that table, you must mark this subquery with LATERAL."),
                    false => error,
                };
            }
            if let Some(item) = scope.items.iter().find(|item| item.hidden_name.as_deref() == Some(name)) {
                return invalid_reference(name).hint(format!("Perhaps you meant to reference the table alias \"{}\".", item.name));
            }
        }
        Error::new(Code::UndefinedTable, format!("missing FROM-clause entry for table \"{name}\""))
    }

    /// What a register holds that was a column of FROM, as errors name it: `table.column`.
    pub(crate) fn register_name(&self, scope: usize, register: Register) -> Option<(String, Option<usize>)> {
        let Holds::Column { item, column, position } = self.scopes[scope].registers[register] else { return None };
        let item = &self.scopes[scope].items[item];
        let column = match column {
            Some(column) => item.columns[column].name.clone(),
            None => {
                let system = item.system.iter().find(|(_, held)| *held == register)?.0;
                SYSTEM_COLUMNS.iter().find(|(_, column, _)| *column == system)?.0.to_owned()
            }
        };
        Some((format!("{}.{column}", item.name), position))
    }
}

fn qualified(parts: &[String]) -> Result<Qualified> {
    match parts {
        [table] => Ok(Qualified { database: None, schema: None, table: table.clone() }),
        [schema, table] => Ok(Qualified { database: None, schema: Some(schema.clone()), table: table.clone() }),
        [database, schema, table] => Ok(Qualified { database: Some(database.clone()), schema: Some(schema.clone()), table: table.clone() }),
        _ => Err(Error::new(Code::Syntax, format!("improper qualified name (too many dotted names): {}", parts.join(".")))),
    }
}

/// A column of an item by its place, or the system column with its type.
#[derive(Clone, Copy)]
enum ColumnPlace {
    Column(usize),
    System(SystemColumn, u32),
}

const SYSTEM_COLUMNS: &[(&str, SystemColumn, u32)] = &[
    ("ctid", SystemColumn::Ctid, oid::TID),
    ("xmin", SystemColumn::Xmin, oid::XID),
    ("cmin", SystemColumn::Cmin, oid::CID),
    ("xmax", SystemColumn::Xmax, oid::XID),
    ("cmax", SystemColumn::Cmax, oid::CID),
    ("tableoid", SystemColumn::Tableoid, oid::OID),
];

fn system_column(name: &str) -> Option<(SystemColumn, u32)> {
    SYSTEM_COLUMNS.iter().find(|(known, ..)| *known == name).map(|(_, column, type_oid)| (*column, *type_oid))
}

fn invalid_reference(name: &str) -> Error {
    Error::new(Code::UndefinedTable, format!("invalid reference to FROM-clause entry for table \"{name}\""))
}
