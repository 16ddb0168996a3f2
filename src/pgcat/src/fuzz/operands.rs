//! Conditions, and the constructs that the language writes in words.

use super::generator::Generator;
use crate::types::oid;

impl Generator<'_> {
    /// A construct that gives a truth value.
    pub(super) fn condition(&mut self, depth: usize) -> String {
        let type_oid = self.any_type();
        let not = if self.chance(0.3) { "NOT " } else { "" };
        let value = |generator: &mut Self| generator.expression(type_oid, depth);
        match self.below(14) {
            0 => format!("({} IS {not}NULL)", value(self)),
            1 => format!("({} {not}BETWEEN {} AND {})", value(self), value(self), value(self)),
            2 => format!("({} {not}IN ({}, {}))", value(self), value(self), value(self)),
            3 => format!("({} IS {not}DISTINCT FROM {})", value(self), value(self)),
            4 => {
                let like = *self.pick(&["LIKE", "ILIKE", "SIMILAR TO"]);
                format!("({} {not}{like} {})", self.expression(oid::TEXT, depth), self.expression(oid::TEXT, depth))
            }
            5 => {
                let what = *self.pick(&["TRUE", "FALSE", "UNKNOWN"]);
                format!("({} IS {not}{what})", self.expression(oid::BOOL, depth))
            }
            6 | 7 => {
                let word = *self.pick(&["AND", "OR"]);
                format!("({} {word} {not}{})", self.expression(oid::BOOL, depth), self.expression(oid::BOOL, depth))
            }
            8 => {
                let (operator, word) = (*self.pick(&["=", "<>", "<", ">="]), *self.pick(&["ANY", "ALL"]));
                let array = self.facts.array_of(type_oid);
                if array == 0 {
                    return format!("({} IS {not}NULL)", value(self));
                }
                format!("({} {operator} {word} ({}))", value(self), self.expression(array, depth))
            }
            9 if depth > 0 => {
                let (query, _) = self.query(depth - 1, None);
                format!("({not}EXISTS ({query}))")
            }
            10 if depth > 0 => {
                let (query, columns) = self.query(depth - 1, Some(&[type_oid]));
                let (name, column) = (self.name("i"), columns.first().map_or("NULL".to_owned(), |column| column.name.clone()));
                let rows = format!("SELECT {name}.{column} FROM ({query}) {name}");
                match self.below(3) {
                    0 => format!("({} {not}IN ({rows}))", value(self)),
                    1 => format!("({} < ALL ({rows}))", value(self)),
                    _ => format!("({} = ANY ({rows}))", value(self)),
                }
            }
            11 => {
                let operator = *self.pick(&["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"]);
                let other = self.any_type();
                let row = |generator: &mut Self| {
                    format!("ROW({}, {})", generator.expression(type_oid, depth), generator.expression(other, depth))
                };
                format!("({} {operator} {})", row(self), row(self))
            }
            12 => format!("(ROW({}, {}) IS {not}NULL)", value(self), value(self)),
            _ => {
                let operator = *self.pick(&["=", "<>", "<", "<=", ">", ">="]);
                format!("({} {operator} {})", value(self), value(self))
            }
        }
    }

    /// A construct of the language that is a call in other words.
    pub(super) fn syntax(&mut self, type_oid: u32, depth: usize) -> String {
        let text = |generator: &mut Self| generator.expression(oid::TEXT, depth);
        let int = |generator: &mut Self| generator.expression(oid::INT4, depth);
        match type_oid {
            oid::TEXT => match self.below(8) {
                0 => format!("substring({} FROM {} FOR {})", text(self), int(self), int(self)),
                1 => format!("overlay({} PLACING {} FROM {})", text(self), text(self), int(self)),
                2 => {
                    let side = *self.pick(&["BOTH", "LEADING", "TRAILING"]);
                    format!("trim({side} {} FROM {})", text(self), text(self))
                }
                3 => format!("substring({} SIMILAR {} ESCAPE '#')", text(self), text(self)),
                4 => format!("({} COLLATE \"C\")", text(self)),
                5 => {
                    let other = self.any_type();
                    format!("(ROW({}, {})::text)", self.expression(other, depth), int(self))
                }
                6 => {
                    let other = self.any_type();
                    format!("({} || {})", text(self), self.expression(other, depth))
                }
                _ => format!("normalize({}, {})", text(self), self.pick(&["NFC", "NFD", "NFKC", "NFKD"])),
            },
            oid::INT4 => format!("position({} IN {})", text(self), text(self)),
            oid::NUMERIC => {
                let field =
                    *self.pick(&["epoch", "year", "dow", "century", "week", "microseconds", "timezone", "julian", "isoyear", "quarter"]);
                let of = *self.pick(&[oid::TIMESTAMP, oid::TIMESTAMPTZ, oid::DATE, oid::INTERVAL, oid::TIME, oid::TIMETZ]);
                format!("extract({field} FROM {})", self.expression(of, depth))
            }
            oid::TIMESTAMP => format!("({} AT TIME ZONE {})", self.expression(oid::TIMESTAMPTZ, depth), self.zone()),
            oid::TIMESTAMPTZ => format!("({} AT TIME ZONE {})", self.expression(oid::TIMESTAMP, depth), self.zone()),
            oid::BOOL => {
                let of = *self.pick(&[oid::TIMESTAMP, oid::DATE]);
                let moment = |generator: &mut Self| generator.expression(of, depth);
                format!("(({}, {}) OVERLAPS ({}, {}))", moment(self), moment(self), moment(self), moment(self))
            }
            _ => self.expression(type_oid, depth),
        }
    }

    fn zone(&mut self) -> &'static str {
        self.pick::<&str>(&["'UTC'", "'Europe/Berlin'", "'America/New_York'", "interval '1 hour'", "'+05:30'", "'nowhere'", "'EST5EDT'"])
    }
}
