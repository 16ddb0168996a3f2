//! Objects by their sort and name: `pg_get_object_address`.

use spi::{Code, Error, Result};

use super::super::lookup;
use super::super::names::{self, Kind, Naming};
use super::{Address, sorts};
use crate::catalog::oid;
use crate::function::Context;
use crate::resolve::{Names, type_from_text};
use crate::value::Value;

/// Sorts of objects that PostgreSQL knows and does not find by their names.
const UNSUPPORTED: &[&str] = &[
    "toast table",
    "index column",
    "sequence column",
    "toast table column",
    "view column",
    "materialized view column",
    "composite type",
    "composite type column",
];

pub(super) fn of(context: &Context<'_>, sort: &str, names: &[Value], arguments: &[Value]) -> Result<Address> {
    let texts = |values: &[Value]| -> Result<Vec<String>> {
        let null = || Error::new(Code::InvalidArgument, "name or argument lists may not contain nulls");
        values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(null)).collect()
    };
    let (names, arguments) = (texts(names)?, texts(arguments)?);
    let finder = Finder { context, sort, names: names.iter().map(String::as_str).collect(), arguments };
    finder.address()
}

struct Finder<'a> {
    context: &'a Context<'a>,
    sort: &'a str,
    names: Vec<&'a str>,
    arguments: Vec<String>,
}

impl Finder<'_> {
    fn address(&self) -> Result<Address> {
        if let Some(named) = sorts::NAMED.iter().find(|named| named.sort == self.sort) {
            return self.named(named);
        }
        if let Some((kind, _)) = sorts::QUALIFIED.iter().find(|(_, sort)| *sort == self.sort) {
            return self.qualified(kind);
        }
        let at = |class: u32, object: u32| Ok(Address { class, object, column: 0 });
        match self.sort {
            "table" | "view" | "materialized view" | "foreign table" | "index" | "sequence" => {
                self.at_least(1)?;
                self.relation()
            }
            "table column" | "foreign table column" => self.column(),
            "default value" => self.default_value(),
            "type" => {
                self.exactly(1)?;
                at(oid::PG_TYPE, self.type_named(self.names[0])?)
            }
            "domain constraint" => self.domain_constraint(),
            "table constraint" => self.on_relation(oid::PG_CONSTRAINT, ["conname", "conrelid"], "constraint", "table"),
            "rule" => self.on_relation(oid::PG_REWRITE, ["rulename", "ev_class"], "rule", "relation"),
            "trigger" => self.on_relation(oid::PG_TRIGGER, ["tgname", "tgrelid"], "trigger", "table"),
            "function" | "aggregate" | "procedure" | "routine" => self.routine(),
            "operator" => self.operator(),
            "cast" => self.cast(),
            "operator class" => self.of_method(&names::OPERATOR_CLASS, "opcmethod"),
            "operator family" => self.of_method(&names::OPERATOR_FAMILY, "opfmethod"),
            "subscription" => {
                self.exactly(1)?;
                Err(Error::not_found("subscription", self.names[0]))
            }
            sort if UNSUPPORTED.contains(&sort) => Err(invalid(format!("unsupported object type \"{sort}\""))),
            sort => Err(invalid(format!("unrecognized object type \"{sort}\""))),
        }
    }

    fn at_least(&self, length: usize) -> Result<()> {
        if self.names.len() >= length { Ok(()) } else { Err(invalid(format!("name list length must be at least {length}"))) }
    }

    fn exactly(&self, length: usize) -> Result<()> {
        if self.names.len() == length { Ok(()) } else { Err(invalid(format!("name list length must be exactly {length}"))) }
    }

    fn argument_count(&self, length: usize) -> Result<()> {
        match self.arguments.len() == length {
            true => Ok(()),
            false => Err(invalid(format!("argument list length must be exactly {length}"))),
        }
    }

    /// An object without a schema.
    fn named(&self, named: &sorts::Named) -> Result<Address> {
        self.exactly(1)?;
        let name = self.names[0];
        let found = self.context.catalog.find_one(named.catalog, &[named.column], &[name.into()]).and_then(|row| row.oid("oid"));
        let object = found.ok_or_else(|| match self.sort {
            "schema" => Error::new(Code::UndefinedSchema, format!("schema \"{name}\" does not exist")),
            "database" => Error::new(Code::UndefinedDatabase, format!("database \"{name}\" does not exist")),
            sort => Error::not_found(sort, name),
        })?;
        Ok(Address { class: named.catalog, object, column: 0 })
    }

    /// The schemas that names are looked up in, and the last name.
    fn place<'n>(&self, names: &'n [&'n str]) -> Result<(Vec<u32>, &'n str)> {
        match names {
            [name] => Ok((self.context.catalog.search_namespaces(&self.context.host.search_path()), name)),
            [schema, name] => Ok((vec![lookup::namespace(self.context, schema)?], name)),
            [database, schema, name] if *database == self.context.host.database() => {
                Ok((vec![lookup::namespace(self.context, schema)?], name))
            }
            [_, _, _] => {
                let message = format!("cross-database references are not implemented: {}", names.join("."));
                Err(Error::new(Code::Unsupported, message))
            }
            _ => {
                let message = format!("improper qualified name (too many dotted names): {}", names.join("."));
                Err(Error::new(Code::Syntax, message))
            }
        }
    }

    /// The object of a kind by its name and what tells it apart besides.
    fn find(&self, kind: &Kind, names: &[&str], more: &[(&str, Value)]) -> Result<Option<u32>> {
        let (namespaces, name) = self.place(names)?;
        let columns: Vec<&str> = [kind.name, kind.namespace].into_iter().chain(more.iter().map(|(column, _)| *column)).collect();
        Ok(namespaces.into_iter().find_map(|namespace| {
            let key: Vec<Value> =
                [name.into(), Value::oid(namespace)].into_iter().chain(more.iter().map(|(_, value)| value.clone())).collect();
            self.context.catalog.find_one(kind.catalog, &columns, &key)?.oid("oid")
        }))
    }

    fn qualified(&self, kind: &Kind) -> Result<Address> {
        self.at_least(1)?;
        let missing = || {
            let name = self.names.join(".");
            match self.sort {
                "collation" => Error::new(Code::UndefinedObject, format!("collation \"{name}\" for encoding \"UTF8\" does not exist")),
                sort => Error::not_found(sort, &name),
            }
        };
        let object = self.find(kind, &self.names, &[])?.ok_or_else(missing)?;
        Ok(Address { class: kind.catalog, object, column: 0 })
    }

    fn relation(&self) -> Result<Address> {
        let relation = lookup::relation_named(self.context, &self.names)?;
        let row = self.context.catalog.by_oid(oid::PG_CLASS, relation);
        let kind = row.as_ref().and_then(|row| row.char("relkind")).unwrap_or_default();
        let fits = match self.sort {
            "table" => matches!(kind, b'r' | b'p'),
            sort => sorts::relation(kind) == sort,
        };
        if !fits {
            let article = if self.sort == "index" { "an" } else { "a" };
            let name = self.names.last().copied().unwrap_or_default();
            return Err(Error::new(Code::WrongObject, format!("\"{name}\" is not {article} {}", self.sort)));
        }
        Ok(Address { class: oid::PG_CLASS, object: relation, column: 0 })
    }

    fn column(&self) -> Result<Address> {
        self.at_least(1)?;
        let Some((column, relation)) = self.names.split_last().filter(|(_, relation)| !relation.is_empty()) else {
            return Err(Error::new(Code::Syntax, "column name must be qualified"));
        };
        let relation = lookup::relation_named(self.context, relation)?;
        let number = lookup::column(self.context, relation, column)?.int("attnum").unwrap_or_default();
        Ok(Address { class: oid::PG_CLASS, object: relation, column: number })
    }

    fn default_value(&self) -> Result<Address> {
        let Address { object: relation, column, .. } = self.column()?;
        let key = [Value::oid(relation), Value::Int(column)];
        let found = self.context.catalog.find_one(oid::PG_ATTRDEF, &["adrelid", "adnum"], &key).and_then(|row| row.oid("oid"));
        let missing = || {
            let (column, relation) = (self.names.last().copied().unwrap_or_default(), self.names[..self.names.len() - 1].join("."));
            let message = format!("default value for column \"{column}\" of relation \"{relation}\" does not exist");
            Error::new(Code::UndefinedColumn, message)
        };
        Ok(Address { class: oid::PG_ATTRDEF, object: found.ok_or_else(missing)?, column: 0 })
    }

    fn type_named(&self, text: &str) -> Result<u32> {
        let search = self.context.catalog.search_namespaces(&self.context.host.search_path());
        Ok(type_from_text(Names::new(self.context.catalog, &search), self.context.host.database(), text)?.oid)
    }

    fn domain_constraint(&self) -> Result<Address> {
        self.exactly(1)?;
        self.argument_count(1)?;
        let (domain, name) = (self.type_named(self.names[0])?, self.arguments[0].as_str());
        let key = [name.into(), Value::oid(domain)];
        let found = self.context.catalog.find_one(oid::PG_CONSTRAINT, &["conname", "contypid"], &key).and_then(|row| row.oid("oid"));
        let missing = || {
            let domain = Naming::new(self.context).type_name(domain, None);
            Error::new(Code::UndefinedObject, format!("constraint \"{name}\" for domain {domain} does not exist"))
        };
        Ok(Address { class: oid::PG_CONSTRAINT, object: found.ok_or_else(missing)?, column: 0 })
    }

    /// Something that belongs to a relation, whose name is before its own.
    fn on_relation(&self, class: u32, columns: [&str; 2], sort: &str, owner: &str) -> Result<Address> {
        self.at_least(1)?;
        let Some((name, relation)) = self.names.split_last().filter(|(_, relation)| !relation.is_empty()) else {
            return Err(Error::new(Code::Syntax, "must specify relation and object name"));
        };
        let table = lookup::relation_named(self.context, relation)?;
        let found = self.context.catalog.find_one(class, &columns, &[(*name).into(), Value::oid(table)]).and_then(|row| row.oid("oid"));
        let missing = || {
            let relation = relation.last().copied().unwrap_or_default();
            Error::new(Code::UndefinedObject, format!("{sort} \"{name}\" for {owner} \"{relation}\" does not exist"))
        };
        Ok(Address { class, object: found.ok_or_else(missing)?, column: 0 })
    }

    fn routine(&self) -> Result<Address> {
        self.at_least(1)?;
        let types = self.arguments.iter().map(|argument| self.type_named(argument)).collect::<Result<Vec<u32>>>()?;
        let vector = Value::vector(crate::types::oid::OID, types.iter().map(|type_oid| Value::oid(*type_oid)).collect());
        let naming = Naming::new(self.context);
        let shown: Vec<String> = types.iter().map(|type_oid| naming.type_name(*type_oid, None)).collect();
        let shown = format!("{}({})", self.names.join("."), shown.join(", "));
        let found = self.find(&names::FUNCTION, &self.names, &[("proargtypes", vector)])?;
        let what = if self.sort == "routine" { "function" } else { self.sort };
        let function = found.ok_or_else(|| Error::new(Code::UndefinedFunction, format!("{what} {shown} does not exist")))?;
        let kind = self.context.catalog.by_oid(oid::PG_PROC, function).and_then(|row| row.char("prokind"));
        let wrong = |message: String| Err(Error::new(Code::WrongObject, message));
        match (self.sort, kind) {
            ("aggregate", Some(b'a')) | ("procedure", Some(b'p')) | ("routine", _) => {}
            ("aggregate", _) => return wrong(format!("function {shown} is not an aggregate")),
            ("procedure", _) => return wrong(format!("{shown} is not a procedure")),
            (_, Some(b'p')) => return wrong(format!("{shown} is not a function")),
            _ => {}
        }
        Ok(Address { class: oid::PG_PROC, object: function, column: 0 })
    }

    fn operator(&self) -> Result<Address> {
        self.at_least(1)?;
        self.argument_count(2)?;
        let (left, right) = (self.type_named(&self.arguments[0])?, self.type_named(&self.arguments[1])?);
        let sides = [("oprleft", Value::oid(left)), ("oprright", Value::oid(right))];
        let found = self.find(&names::OPERATOR, &self.names, &sides)?;
        let missing = || {
            let naming = Naming::new(self.context);
            let (left, right) = (naming.type_name(left, None), naming.type_name(right, None));
            Error::new(Code::UndefinedFunction, format!("operator does not exist: {left} {} {right}", self.names.join(".")))
        };
        Ok(Address { class: oid::PG_OPERATOR, object: found.ok_or_else(missing)?, column: 0 })
    }

    fn cast(&self) -> Result<Address> {
        self.exactly(1)?;
        self.argument_count(1)?;
        let (source, target) = (self.type_named(self.names[0])?, self.type_named(&self.arguments[0])?);
        let key = [Value::oid(source), Value::oid(target)];
        let found = self.context.catalog.find_one(oid::PG_CAST, &["castsource", "casttarget"], &key).and_then(|row| row.oid("oid"));
        let missing = || {
            let naming = Naming::new(self.context);
            let (source, target) = (naming.type_name(source, None), naming.type_name(target, None));
            Error::new(Code::UndefinedObject, format!("cast from type {source} to type {target} does not exist"))
        };
        Ok(Address { class: oid::PG_CAST, object: found.ok_or_else(missing)?, column: 0 })
    }

    /// An operator class or family, behind the name of its access method.
    fn of_method(&self, kind: &Kind, column: &str) -> Result<Address> {
        self.at_least(2)?;
        let (method, names) = (self.names[0], &self.names[1..]);
        let row = self.context.catalog.find_one(oid::PG_AM, &["amname"], &[method.into()]).and_then(|row| row.oid("oid"));
        let found = self.find(kind, names, &[(column, Value::oid(row.ok_or_else(|| Error::not_found("access method", method))?))])?;
        let missing = || {
            let name = names.join(".");
            Error::new(Code::UndefinedObject, format!("{} \"{name}\" does not exist for access method \"{method}\"", self.sort))
        };
        Ok(Address { class: kind.catalog, object: found.ok_or_else(missing)?, column: 0 })
    }
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidArgument, message)
}
