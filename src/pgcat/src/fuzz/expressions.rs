//! Expressions of a wanted type.

use super::facts::{ANY_ARRAY, ANY_ELEMENT};
use super::generator::{Generator, Named, Scope, Style};
use crate::types::oid;

impl Generator<'_> {
    /// An expression of a type, or now and then of another.
    pub(super) fn expression(&mut self, type_oid: u32, depth: usize) -> String {
        if self.style == Style::Wild && self.chance(0.02) {
            let other = self.any_type();
            return self.fitting(other, depth);
        }
        self.fitting(type_oid, depth)
    }

    fn fitting(&mut self, type_oid: u32, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(type_oid);
        }
        let inner = depth - 1;
        match self.below(20) {
            0..3 => self.leaf(type_oid),
            3..9 => self.call(type_oid, inner),
            9..12 => self.operation(type_oid, inner),
            12 => self.cast(type_oid, inner),
            13 => self.case(type_oid, inner),
            14 => {
                let function = *self.pick(&["COALESCE", "GREATEST", "LEAST", "NULLIF"]);
                format!("{function}({}, {})", self.expression(type_oid, inner), self.expression(type_oid, inner))
            }
            15 => self.scalar_query(type_oid, inner),
            16 => self.element(type_oid, inner),
            17 => self.syntax(type_oid, inner),
            _ if type_oid == oid::BOOL => self.condition(inner),
            _ if self.facts.element_of(type_oid) != 0 => self.array(type_oid, inner),
            _ => self.call(type_oid, inner),
        }
    }

    /// A constant or a column.
    fn leaf(&mut self, type_oid: u32) -> String {
        if self.chance(0.65)
            && let Some(column) = self.column(type_oid)
        {
            return column;
        }
        self.literal(type_oid)
    }

    /// A column of the type, or a cast of one, of this query or one around.
    fn column(&mut self, type_oid: u32) -> Option<String> {
        let level = if self.chance(0.8) { 0 } else { self.below(self.scopes.len().max(1)) };
        let scope = self.scopes.iter().rev().nth(level)?.clone();
        if let Some(rows) = scope.aggregated
            && level == 0
            && self.chance(0.5)
        {
            return self.aggregate(type_oid, rows);
        }
        let fitting: Vec<&Named> = scope.columns.iter().filter(|column| column.type_oid == type_oid).collect();
        if !fitting.is_empty() {
            return Some(self.pick(&fitting).name.clone());
        }
        let castable = |column: &&Named| self.facts.casts.contains(&(column.type_oid, type_oid)) || type_oid == oid::TEXT;
        let castable: Vec<&Named> = scope.columns.iter().filter(castable).collect();
        if castable.is_empty() {
            return None;
        }
        Some(format!("{}::{}", self.pick(&castable).name, self.facts.type_name(type_oid)))
    }

    /// A call of an aggregate, whose arguments read the rows.
    fn aggregate(&mut self, type_oid: u32, rows: Vec<Named>) -> Option<String> {
        let places = self.facts.aggregates_by_result.get(&type_oid)?;
        let routine = &self.facts.routines[*self.pick(places)];
        if self.style == Style::Alike && !is_order_free(&routine.name) {
            return None;
        }
        if ["percentile_cont", "percentile_disc", "mode", "rank", "dense_rank", "percent_rank", "cume_dist"]
            .contains(&routine.name.as_str())
        {
            let sorted = self.any_type();
            let key = self.inside(Scope { columns: rows, aggregated: None }, |generator| generator.expression(sorted, 1));
            return Some(format!("{}({}) WITHIN GROUP (ORDER BY {key})", routine.name, self.literal(oid::FLOAT8)));
        }
        let (arguments, name) = (routine.arguments.clone(), routine.name.clone());
        self.reads_rows = true;
        self.inside(Scope { columns: rows, aggregated: None }, |generator| {
            let arguments = generator.arguments(&arguments, None, 0, 1);
            let distinct = if generator.chance(0.15) { "DISTINCT " } else { "" };
            let mut call = match arguments.is_empty() {
                true => format!("{name}(*)"),
                false => format!("{name}({distinct}{})", arguments.join(", ")),
            };
            if generator.chance(0.15) {
                let condition = generator.expression(oid::BOOL, 1);
                call.push_str(&format!(" FILTER (WHERE {condition})"));
            }
            Some(call)
        })
    }

    /// Writes something in a scope of its own in place of the innermost one.
    pub(super) fn inside<T>(&mut self, scope: Scope, write: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.scopes.pop();
        self.scopes.push(scope);
        let written = write(self);
        self.scopes.pop();
        self.scopes.extend(outer);
        written
    }

    /// A call of a function that gives the type, also of one that gives any.
    fn call(&mut self, type_oid: u32, depth: usize) -> String {
        let mut results = vec![type_oid; 8];
        let is_array = self.facts.element_of(type_oid) != 0;
        results.extend(if is_array { ANY_ARRAY.to_vec() } else { vec![2283, 5077] });
        let result = *self.pick(&results);
        let Some(places) = self.facts.scalars_by_result.get(&result) else { return self.operation(type_oid, depth) };
        let routine = &self.facts.routines[*self.pick(places)];
        if self.style == Style::Alike && !(routine.is_exact && (routine.is_immutable || is_alike(&routine.name))) {
            return self.leaf(type_oid);
        }
        self.is_volatile |= routine.is_volatile;
        let (arguments, variadic) = (&routine.arguments, routine.variadic);
        let element = match result == type_oid {
            true => None,
            false if is_array => Some(self.facts.element_of(type_oid)),
            false => Some(type_oid),
        };
        let arguments = self.arguments(arguments, element, variadic, depth);
        format!("{}({})", routine.name, arguments.join(", "))
    }

    /// Arguments for the types that a function declares. Those that are any are all of one, or its arrays.
    pub(super) fn arguments(&mut self, declared: &[u32], element: Option<u32>, variadic: u32, depth: usize) -> Vec<String> {
        let element = element.unwrap_or_else(|| {
            loop {
                let type_oid = self.any_type();
                if self.facts.element_of(type_oid) == 0 {
                    break type_oid;
                }
            }
        });
        let mut types: Vec<u32> = declared.iter().map(|type_oid| self.settled(*type_oid, element)).collect();
        if variadic != 0 && self.chance(0.7) {
            let last = types.pop().unwrap_or(oid::TEXT);
            let of = if variadic == oid::ANY { last } else { self.facts.element_of(last) };
            types.extend(std::iter::repeat_n(of, 1 + self.below(3)));
        }
        let mut written: Vec<String> = types.into_iter().map(|type_oid| self.expression(type_oid, depth)).collect();
        if variadic != 0 && written.len() == declared.len() && self.chance(0.3) {
            let last = written.pop().unwrap_or_default();
            written.push(format!("VARIADIC {last}"));
        }
        written
    }

    /// A declared type where any type is the element.
    fn settled(&self, declared: u32, element: u32) -> u32 {
        if ANY_ELEMENT.contains(&declared) {
            element
        } else if ANY_ARRAY.contains(&declared) {
            Some(self.facts.array_of(element)).filter(|array| *array != 0).unwrap_or(oid::TEXT_ARRAY)
        } else {
            declared
        }
    }

    fn operation(&mut self, type_oid: u32, depth: usize) -> String {
        let Some(places) = self.facts.operators_by_result.get(&type_oid) else { return self.leaf(type_oid) };
        let operator = &self.facts.operators[*self.pick(places)];
        if self.style == Style::Alike && !(operator.is_immutable && operator.is_exact) {
            return self.leaf(type_oid);
        }
        let element = self.any_type();
        let right = self.settled(operator.right, element);
        let right = self.expression(right, depth);
        if operator.left == 0 {
            return format!("({} {right})", operator.name);
        }
        let left = self.settled(operator.left, element);
        let left = self.expression(left, depth);
        if self.chance(0.05) {
            format!("({left} OPERATOR(pg_catalog.{}) {right})", operator.name)
        } else {
            format!("({left} {} {right})", operator.name)
        }
    }

    /// A cast from a type that has one, or by the texts.
    fn cast(&mut self, type_oid: u32, depth: usize) -> String {
        let sources: Vec<u32> = self.facts.casts.iter().filter(|(_, target)| *target == type_oid).map(|(source, _)| *source).collect();
        let source = match sources.is_empty() || self.style == Style::Wild && self.chance(0.15) {
            true if self.style == Style::Wild && self.chance(0.3) => self.any_type(),
            true => oid::TEXT,
            false => *self.pick(&sources),
        };
        let modifier = match type_oid {
            oid::NUMERIC if self.chance(0.3) => "(10,2)",
            oid::VARCHAR | oid::BPCHAR | oid::TIMESTAMP | oid::TIME | oid::VARBIT if self.chance(0.3) => "(3)",
            _ => "",
        };
        let name = match (type_oid, modifier) {
            (oid::BPCHAR, _) => format!("bpchar{modifier}"),
            (oid::TIMESTAMP, "(3)") => "timestamp(3)".to_owned(),
            (oid::TIME, "(3)") => "time(3)".to_owned(),
            _ => format!("{}{modifier}", self.facts.type_name(type_oid)),
        };
        format!("({})::{name}", self.expression(source, depth))
    }

    fn case(&mut self, type_oid: u32, depth: usize) -> String {
        let (first, second) = (self.expression(type_oid, depth), self.expression(type_oid, depth));
        if self.chance(0.3) {
            let compared = *self.pick(&[oid::INT4, oid::TEXT, oid::OID]);
            let (value, when) = (self.expression(compared, depth), self.expression(compared, depth));
            return format!("CASE {value} WHEN {when} THEN {first} ELSE {second} END");
        }
        let condition = self.expression(oid::BOOL, depth);
        if self.chance(0.3) {
            format!("CASE WHEN {condition} THEN {first} END")
        } else {
            format!("CASE WHEN {condition} THEN {first} ELSE {second} END")
        }
    }

    fn scalar_query(&mut self, type_oid: u32, depth: usize) -> String {
        if depth == 0 || self.chance(0.3) {
            self.scopes.push(Scope::default());
            let value = self.expression(type_oid, depth);
            self.scopes.pop();
            return format!("(SELECT {value})");
        }
        let (query, columns) = self.query(depth - 1, Some(&[type_oid]));
        let column = columns.first().map_or("NULL", |column| column.name.as_str());
        let name = self.name("s");
        let order = if self.style == Style::Alike { format!(" ORDER BY {name}.{column}::text") } else { String::new() };
        format!("(SELECT {name}.{column} FROM ({query}) {name}{order} LIMIT 1)")
    }

    /// An element of an array, or a part of one.
    fn element(&mut self, type_oid: u32, depth: usize) -> String {
        let place = self.expression(oid::INT4, depth.min(1));
        if self.facts.element_of(type_oid) != 0 {
            let array = self.expression(type_oid, depth);
            return if self.chance(0.3) {
                format!("({array})[:{place}]")
            } else {
                format!("({array})[{place}:{}]", self.expression(oid::INT4, 0))
            };
        }
        match self.facts.array_of(type_oid) {
            0 => self.leaf(type_oid),
            array => format!("({})[{place}]", self.expression(array, depth)),
        }
    }

    fn array(&mut self, type_oid: u32, depth: usize) -> String {
        let element = self.facts.element_of(type_oid);
        if depth > 0 && self.chance(0.2) {
            let (query, columns) = self.query(depth - 1, Some(&[element]));
            let column = columns.first().map_or("NULL".to_owned(), |column| column.name.clone());
            let name = self.name("s");
            return format!("ARRAY(SELECT {name}.{column} FROM ({query}) {name} ORDER BY {name}.{column}::text LIMIT 5)");
        }
        if self.style == Style::Alike && matches!(type_oid, oid::OIDVECTOR | oid::INT2VECTOR) {
            // An array without elements or with nulls is none, which some of what reads it finds out, and some does not.
            return self.literal(type_oid);
        }
        let count = self.below(4);
        let elements: Vec<String> = (0..count).map(|_| self.expression(element, depth)).collect();
        format!("ARRAY[{}]::{}", elements.join(", "), self.facts.type_name(type_oid))
    }
}

/// Aggregates whose value does not depend on the order of the rows, not even in its last digit.
fn is_order_free(name: &str) -> bool {
    ["count", "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor"].contains(&name)
}

/// Functions that are only stable for their settings, which are the same everywhere.
fn is_alike(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "to_char",
        "to_date",
        "to_timestamp",
        "to_number",
        "format",
        "concat",
        "concat_ws",
        "array_to_string",
        "to_json",
        "to_jsonb",
        "json_build_array",
        "json_build_object",
        "jsonb_build_array",
        "jsonb_build_object",
        "row_to_json",
        "array_to_json",
        "date_trunc",
        "date_part",
        "extract",
        "timezone",
        "format_type",
        "quote_literal",
        "quote_nullable",
        "to_regtype",
        "to_regclass",
        "date_bin",
        "make_timestamptz",
        "string_to_array",
        "array_position",
        "array_append",
        "array_prepend",
        "array_cat",
    ];
    NAMES.contains(&name)
}
