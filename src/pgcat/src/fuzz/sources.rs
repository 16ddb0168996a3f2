//! FROM lists.

use super::generator::{Generator, Named, Scope, Style};
use crate::types::oid;

/// Parts of relations that every database of the version holds alike, and what names their columns.
const ALIKE: &[(&str, &str, &str)] = &[
    ("pg_catalog.pg_type", "oid, typname, typlen, typbyval, typtype, typcategory, typelem, typarray, typnamespace", "oid < 600"),
    ("pg_catalog.pg_proc", "oid, proname, pronargs, prorettype, proargtypes, proisstrict, provolatile, prosrc, proargnames", "oid < 150"),
    ("pg_catalog.pg_operator", "oid, oprname, oprleft, oprright, oprresult, oprcode, oprcanmerge", "oid < 180"),
    ("pg_catalog.pg_am", "oid, amname, amhandler, amtype", "true"),
    ("pg_catalog.pg_cast", "oid, castsource, casttarget, castfunc, castcontext, castmethod", "oid < 10060"),
    ("pg_catalog.pg_language", "oid, lanname, lanispl, lanpltrusted", "oid < 15"),
    ("pg_catalog.pg_opclass", "oid, opcname, opcmethod, opcfamily, opcintype, opcdefault", "opcmethod = 403"),
    ("pg_catalog.pg_range", "rngtypid, rngsubtype, rngsubopc", "true"),
    ("pg_catalog.pg_attribute", "attrelid, attname, atttypid, attnum, attnotnull", "attrelid = 1247 AND attnum > 0"),
    ("pg_catalog.pg_aggregate", "aggfnoid, aggkind, aggnumdirectargs, aggtranstype, agginitval", "aggfnoid < 2130"),
    ("pg_catalog.pg_namespace", "oid, nspname", "oid IN (11, 99)"),
];

impl Generator<'_> {
    /// A FROM list, and the columns that may be read behind it.
    pub(super) fn from(&mut self, depth: usize) -> (String, Vec<Named>) {
        if self.chance(0.1) {
            return (String::new(), Vec::new());
        }
        self.reads_rows = true;
        let (mut text, mut columns) = self.item(depth);
        if depth > 0 && self.chance(0.4) {
            for _ in 0..1 + self.below(2) {
                (text, columns) = self.joined(text, columns, depth - 1);
            }
        }
        (format!(" FROM {text}"), columns)
    }

    fn joined(&mut self, left: String, mut columns: Vec<Named>, depth: usize) -> (String, Vec<Named>) {
        if self.chance(0.2) {
            // What is on the left may be read on the right.
            self.scopes.push(Scope { columns: columns.clone(), aggregated: None });
            let (query, found) = self.query(depth.min(1), None);
            self.scopes.pop();
            let name = self.name("l");
            columns.extend(qualified(&name, &found));
            return match self.below(2) {
                0 => (format!("{left} CROSS JOIN LATERAL ({query}) {name}"), columns),
                _ => (format!("{left} LEFT JOIN LATERAL ({query}) {name} ON true"), columns),
            };
        }
        let (right, found) = self.item(depth);
        let condition = self.join_condition(&columns, &found, depth);
        columns.extend(found);
        let kind = *self.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "JOIN", "LEFT JOIN"]);
        match self.below(12) {
            0 => (format!("{left}, {right}"), columns),
            1 => (format!("{left} CROSS JOIN {right}"), columns),
            _ => (format!("{left} {kind} {right} ON {condition}"), columns),
        }
    }

    /// An equality of columns of one type, where there are such, with something besides now and then.
    fn join_condition(&mut self, left: &[Named], right: &[Named], depth: usize) -> String {
        let pairs: Vec<(&Named, &Named)> = left.iter().flat_map(|one| right.iter().map(move |other| (one, other))).collect();
        let pairs: Vec<_> =
            pairs.into_iter().filter(|(one, other)| one.type_oid == other.type_oid && super::queries::is_sorted(one.type_oid)).collect();
        if !pairs.is_empty() && self.chance(0.8) {
            let (one, other) = *self.pick(&pairs);
            let equality = format!("{} = {}", one.name, other.name);
            if !self.chance(0.2) {
                return equality;
            }
            let columns = left.iter().chain(right).cloned().collect();
            self.scopes.push(Scope { columns, aggregated: None });
            let besides = self.expression(oid::BOOL, depth.min(1));
            self.scopes.pop();
            return format!("{equality} AND {besides}");
        }
        let columns = left.iter().chain(right).cloned().collect();
        self.scopes.push(Scope { columns, aggregated: None });
        let condition = self.expression(oid::BOOL, depth.min(1));
        self.scopes.pop();
        condition
    }

    fn item(&mut self, depth: usize) -> (String, Vec<Named>) {
        let name = self.name("t");
        let (text, columns) = match self.below(10) {
            0..4 => self.relation(),
            4 if !self.ctes.is_empty() => self.pick(&self.ctes.clone()).clone(),
            5 | 6 => self.function(),
            7 => {
                let types: Vec<u32> = (0..1 + self.below(3)).map(|_| self.any_type()).collect();
                let (query, columns) = self.query(0, Some(&types));
                (format!("({query})"), columns)
            }
            _ => {
                let (query, columns) = self.query(depth.saturating_sub(1), None);
                (format!("({query})"), columns)
            }
        };
        let aliases: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let is_function = text.ends_with(')') && !text.starts_with('(') && !text.contains("ORDINALITY");
        let text = if is_function { format!("{text} {name}({})", aliases.join(", ")) } else { format!("{text} {name}") };
        (text, qualified(&name, &columns))
    }

    fn relation(&mut self) -> (String, Vec<Named>) {
        if self.style == Style::Alike {
            let (relation, columns, condition) = *self.pick(ALIKE);
            let known = self.facts.relations.iter().find(|known| known.name == relation).expect("a relation of the catalog");
            let type_of = |name: &str| known.columns.iter().find(|(column, _)| column == name).expect("a column").1;
            let named = columns.split(", ").map(|name| Named { name: name.to_owned(), type_oid: type_of(name) }).collect();
            return (format!("(SELECT {columns} FROM {relation} WHERE {condition})"), named);
        }
        let relation = self.pick(&self.facts.relations);
        let columns = relation.columns.iter().map(|(name, type_oid)| Named { name: name.clone(), type_oid: *type_oid }).collect();
        (relation.name.clone(), columns)
    }

    /// A function that gives rows of one column.
    fn function(&mut self) -> (String, Vec<Named>) {
        let name = self.name("f");
        if self.chance(0.5) {
            let text = format!("generate_series({}, {})", self.below(3), self.below(6));
            return (text, vec![Named { name, type_oid: oid::INT4 }]);
        }
        if self.style == Style::Alike || self.chance(0.4) {
            let element = self.any_type();
            let array = self.facts.array_of(element);
            if array != 0 && self.facts.element_of(element) == 0 {
                let array = self.expression(array, 1);
                return (format!("unnest({array})"), vec![Named { name, type_oid: element }]);
            }
            return ("generate_series(1, 3)".to_owned(), vec![Named { name, type_oid: oid::INT4 }]);
        }
        let routine = &self.facts.routines[*self.pick(&self.facts.sets)];
        self.is_volatile |= routine.is_volatile;
        let arguments = self.arguments(&routine.arguments, None, routine.variadic, 1);
        (format!("{}({}) WITH ORDINALITY", routine.name, arguments.join(", ")), Vec::new())
    }
}

/// Columns by the alias of what they are of.
fn qualified(alias: &str, columns: &[Named]) -> Vec<Named> {
    columns.iter().map(|column| Named { name: format!("{alias}.{}", column.name), type_oid: column.type_oid }).collect()
}
