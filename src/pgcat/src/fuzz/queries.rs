//! Queries: select lists, grouping, windows, set operations, WITH, and what stands behind them.

use super::generator::{Generator, Named, Scope, Style};
use crate::types::oid;

impl Generator<'_> {
    /// A query with columns of these types, or of any; and its columns.
    pub(super) fn query(&mut self, depth: usize, types: Option<&[u32]>) -> (String, Vec<Named>) {
        let types: Vec<u32> = match types {
            Some(types) => types.to_vec(),
            None => (0..1 + self.below(3)).map(|_| self.any_type()).collect(),
        };
        let known = self.ctes.len();
        let with = if depth > 1 && self.chance(0.15) { self.with(depth - 1) } else { String::new() };
        let (body, columns) = match self.below(10) {
            0 => self.values(&types, depth.min(1)),
            1 | 2 if depth > 0 => self.set_operation(&types, depth - 1),
            _ => self.select(&types, depth),
        };
        let behind = self.behind(&columns);
        self.ctes.truncate(known);
        (format!("{with}{body}{behind}"), columns)
    }

    /// ORDER BY, LIMIT and OFFSET.
    fn behind(&mut self, columns: &[Named]) -> String {
        let mut text = String::new();
        let all = (1..=columns.len()).map(|place| place.to_string()).collect::<Vec<_>>().join(", ");
        if self.style == Style::Alike {
            if columns.iter().all(|column| is_sorted(column.type_oid)) && self.chance(0.2) {
                text.push_str(&format!(" ORDER BY {all} LIMIT {}", self.below(8)));
            }
            return text;
        }
        if self.chance(0.25) {
            let direction = *self.pick(&["", " DESC", " ASC NULLS FIRST", " DESC NULLS LAST"]);
            text.push_str(&format!(" ORDER BY {all}{direction}"));
            if self.chance(0.1) {
                text.push_str(" FETCH FIRST 3 ROWS WITH TIES");
                return text;
            }
        }
        if self.chance(0.2) {
            let limit = if self.chance(0.7) { self.below(10).to_string() } else { self.expression(oid::INT8, 1) };
            text.push_str(&format!(" LIMIT {limit}"));
        }
        if self.chance(0.1) {
            text.push_str(&format!(" OFFSET {}", self.below(5)));
        }
        text
    }

    fn values(&mut self, types: &[u32], depth: usize) -> (String, Vec<Named>) {
        self.scopes.push(Scope::default());
        let rows = 1 + self.below(4);
        let mut row = || format!("({})", types.iter().map(|type_oid| self.expression(*type_oid, depth)).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = (0..rows).map(|_| row()).collect();
        self.scopes.pop();
        let column = |(place, type_oid): (usize, &u32)| Named { name: format!("column{}", place + 1), type_oid: *type_oid };
        (format!("VALUES {}", rows.join(", ")), types.iter().enumerate().map(column).collect())
    }

    fn set_operation(&mut self, types: &[u32], depth: usize) -> (String, Vec<Named>) {
        let operator = *self.pick(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"]);
        let (left, columns) = self.query(depth, Some(types));
        let (right, _) = self.query(depth, Some(types));
        (format!("({left}) {operator} ({right})"), columns)
    }

    fn with(&mut self, depth: usize) -> String {
        let name = self.name("w");
        if self.chance(0.4) {
            let step = match self.below(3) {
                0 => format!("SELECT n + 1, t || 'x' FROM {name} WHERE n < 6"),
                1 => format!("SELECT n * 2, t FROM {name} WHERE n BETWEEN 1 AND 50"),
                _ => format!("SELECT g, {name}.t FROM {name}, generate_series({name}.n + 1, 3) g"),
            };
            let all = *self.pick(&["", " ALL"]);
            let columns = vec![Named { name: "n".to_owned(), type_oid: oid::INT4 }, Named { name: "t".to_owned(), type_oid: oid::TEXT }];
            self.ctes.push((name.clone(), columns));
            return format!("WITH RECURSIVE {name}(n, t) AS (SELECT 1, 'a'::text UNION{all} {step}) ");
        }
        let (query, columns) = self.query(depth, None);
        let materialized = *self.pick(&["", " MATERIALIZED", " NOT MATERIALIZED"]);
        self.ctes.push((name.clone(), columns));
        format!("WITH {name} AS{materialized} ({query}) ")
    }

    fn select(&mut self, types: &[u32], depth: usize) -> (String, Vec<Named>) {
        let (from, columns) = self.from(depth);
        self.scopes.push(Scope { columns: columns.clone(), aggregated: None });
        let filter = if self.chance(0.5) { format!(" WHERE {}", self.expression(oid::BOOL, depth.min(2))) } else { String::new() };
        let (outputs, behind) = match self.below(8) {
            0 | 1 => self.grouped(types, depth.min(2)),
            2 if !columns.is_empty() => self.windowed(types, depth.min(2)),
            3 if self.style != Style::Alike => self.expanded(types, depth.min(2)),
            _ => (types.iter().map(|type_oid| self.expression(*type_oid, depth.min(3))).collect(), String::new()),
        };
        self.scopes.pop();
        let distinct = match self.below(12) {
            0 if types.iter().all(|type_oid| is_sorted(*type_oid)) => "DISTINCT ",
            1 if self.style != Style::Alike && behind.is_empty() => "DISTINCT ON (1) ",
            _ => "",
        };
        let named: Vec<Named> = types.iter().map(|type_oid| Named { name: self.name("c"), type_oid: *type_oid }).collect();
        let list: Vec<String> = outputs.iter().zip(&named).map(|(output, column)| format!("{output} AS {}", column.name)).collect();
        (format!("SELECT {distinct}{}{from}{filter}{behind}", list.join(", ")), named)
    }

    /// Outputs over groups, and GROUP BY with HAVING.
    fn grouped(&mut self, types: &[u32], depth: usize) -> (Vec<String>, String) {
        let rows = self.scopes.last().map(|scope| scope.columns.clone()).unwrap_or_default();
        let candidates: Vec<Named> = rows.iter().filter(|column| is_sorted(column.type_oid)).cloned().collect();
        let count = if candidates.is_empty() { 0 } else { self.below(3) };
        let keys: Vec<Named> = (0..count).map(|_| self.pick(&candidates).clone()).collect();
        let names = keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
        let by = match self.below(5) {
            _ if keys.is_empty() => String::new(),
            0 => format!(" GROUP BY ROLLUP ({names})"),
            1 => format!(" GROUP BY CUBE ({names})"),
            2 => format!(" GROUP BY GROUPING SETS (({names}), ({}), ())", keys[0].name),
            _ => format!(" GROUP BY {names}"),
        };
        self.inside(Scope { columns: keys, aggregated: Some(rows) }, |generator| {
            let outputs = types.iter().map(|type_oid| generator.expression(*type_oid, depth)).collect();
            let having = if generator.chance(0.2) { format!(" HAVING {}", generator.expression(oid::BOOL, 1)) } else { String::new() };
            (outputs, format!("{by}{having}"))
        })
    }

    /// Outputs of which the first are window functions over all columns' order.
    fn windowed(&mut self, types: &[u32], depth: usize) -> (Vec<String>, String) {
        let columns = self.scopes.last().map(|scope| scope.columns.clone()).unwrap_or_default();
        let order = columns.iter().map(|column| format!("{}::text", column.name)).collect::<Vec<_>>().join(", ");
        let output = |generator: &mut Self, type_oid: u32| {
            if !generator.chance(0.7) {
                return generator.expression(type_oid, depth);
            }
            let partition =
                if generator.chance(0.4) { format!("PARTITION BY {}::text ", generator.pick(&columns).name) } else { String::new() };
            let frames = [
                "",
                "",
                " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
                " ROWS UNBOUNDED PRECEDING",
                " GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
                " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                " ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING",
            ];
            let window = format!("({partition}ORDER BY {order}{})", generator.pick(&frames));
            let argument = generator.expression(type_oid, 1);
            match (generator.below(5), type_oid) {
                (_, oid::INT8) => format!("{} OVER {window}", generator.pick(&["row_number()", "rank()", "dense_rank()", "count(*)"])),
                (_, oid::FLOAT8) => format!("{} OVER {window}", generator.pick(&["percent_rank()", "cume_dist()"])),
                (_, oid::INT4) => format!("ntile({}) OVER {window}", generator.expression(oid::INT4, 0)),
                (0, _) => format!("lag({argument}) OVER {window}"),
                (1, _) => format!("lead({argument}, {}) OVER {window}", generator.expression(oid::INT4, 0)),
                (2, _) => format!("nth_value({argument}, {}) OVER {window}", generator.expression(oid::INT4, 0)),
                (3, _) => format!("last_value({argument}) OVER {window}"),
                _ => format!("first_value({argument}) OVER {window}"),
            }
        };
        (types.iter().map(|type_oid| output(self, *type_oid)).collect(), String::new())
    }

    /// Outputs of which the first comes from a set.
    fn expanded(&mut self, types: &[u32], depth: usize) -> (Vec<String>, String) {
        let mut outputs: Vec<String> = types.iter().map(|type_oid| self.expression(*type_oid, depth)).collect();
        let array = self.facts.array_of(types[0]);
        outputs[0] = match types[0] {
            oid::INT4 | oid::INT8 | oid::NUMERIC => format!("generate_series(1, {})", self.below(5)),
            oid::TEXT => format!("regexp_split_to_table({}, ',')", outputs[0]),
            _ if array != 0 => format!("unnest({})", self.expression(array, depth)),
            _ => outputs[0].clone(),
        };
        (outputs, String::new())
    }

    /// Two statements that say the same: the condition outside of a query, and inside of it.
    pub(super) fn moved_condition(&mut self) -> [String; 2] {
        let (from, columns) = self.from(2);
        let types: Vec<u32> = (0..1 + self.below(2)).map(|_| self.any_type()).collect();
        self.scopes.push(Scope { columns, aggregated: None });
        let named: Vec<Named> = types.iter().map(|type_oid| Named { name: self.name("c"), type_oid: *type_oid }).collect();
        let outputs: Vec<String> = types.iter().map(|type_oid| self.expression(*type_oid, 2)).collect();
        self.scopes.pop();
        let list: Vec<String> = outputs.iter().zip(&named).map(|(output, column)| format!("{output} AS {}", column.name)).collect();
        let list = list.join(", ");
        let outside: Vec<Named> = named.iter().map(|column| Named { name: format!("x.{}", column.name), ..column.clone() }).collect();
        let condition =
            self.inside_new(Scope { columns: outside.clone(), aggregated: None }, |generator| generator.expression(oid::BOOL, 2));
        let moved = outputs.iter().zip(&outside).fold(condition.clone(), |text, (output, column)| replaced(&text, &column.name, output));
        if self.is_volatile || moved.contains(" x.") {
            return ["SELECT 1".to_owned(), "SELECT 1".to_owned()];
        }
        [format!("SELECT * FROM (SELECT {list}{from}) x WHERE {condition}"), format!("SELECT {list}{from} WHERE {moved}")]
    }

    fn inside_new<T>(&mut self, scope: Scope, write: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(scope);
        let written = write(self);
        self.scopes.pop();
        written
    }
}

/// Replaces a name, which ends where it can have no more digits, by an expression.
fn replaced(text: &str, name: &str, by: &str) -> String {
    let mut parts = text.split(name);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if part.starts_with(|next: char| next.is_ascii_digit()) {
            out.push_str(name);
        } else {
            out.push_str(&format!("({by})"));
        }
        out.push_str(part);
    }
    out
}

/// Whether the type has an order, or at least an equality that grouping needs.
pub(super) fn is_sorted(type_oid: u32) -> bool {
    const UNSORTED: [u32; 13] = [
        oid::JSON,
        oid::XID,
        oid::CID,
        oid::XML,
        oid::ACLITEM,
        oid::PG_NODE_TREE,
        1001,
        199,
        1011,
        1012,
        143,
        oid::ACLITEM_ARRAY,
        oid::INT2VECTOR,
    ];
    !UNSORTED.contains(&type_oid)
}
