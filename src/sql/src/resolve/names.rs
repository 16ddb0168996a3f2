//! The names of relations in a query, without those that mean a CTE.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Query, TableFactor, Visit, Visitor};
use datafusion::sql::sqlparser::tokenizer::Location;

use crate::parse::fold;

/// A name as a statement writes it, folded.
#[derive(Clone, Debug)]
pub(crate) struct RelationName {
    pub(crate) parts: Vec<String>,
    pub(crate) location: Location,
}

/// Every relation that the query names, once.
pub(crate) fn relation_names(query: &Query) -> Vec<RelationName> {
    let mut names = Names::default();
    // The visitor never breaks.
    let _ = query.visit(&mut names);
    names.found
}

#[derive(Default)]
struct Names {
    found: Vec<RelationName>,
    /// The queries around the place that is visited, outermost first.
    frames: Vec<Frame>,
}

/// A query that is being visited.
#[derive(Default)]
struct Frame {
    /// Its CTEs that have not been visited yet, the next one last: its address and its name. CTEs are visited in their order,
    /// before everything else in the query.
    pending: Vec<(*const Query, String)>,
    /// The CTEs that may be referred to.
    visible: Vec<String>,
}

impl Visitor for Names {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let mut frame = Frame::default();
        if let Some(with) = &query.with {
            let named = with.cte_tables.iter().map(|cte| (std::ptr::from_ref::<Query>(&cte.query), fold(&cte.alias.name)));
            if with.recursive {
                frame.visible = named.map(|(_, name)| name).collect();
            } else {
                frame.pending = named.rev().collect();
            }
        }
        self.frames.push(frame);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.frames.pop();
        // The query was a CTE of the one around it: what follows may refer to it.
        if let Some(frame) = self.frames.last_mut()
            && let Some((_, name)) = frame.pending.pop_if(|(next, _)| std::ptr::eq(*next, query))
        {
            frame.visible.push(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        let TableFactor::Table { name, args: None, .. } = factor else { return ControlFlow::Continue(()) };
        let idents: Vec<_> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        let parts: Vec<String> = idents.iter().map(|ident| fold(ident)).collect();
        let is_cte = matches!(parts.as_slice(), [name] if self.frames.iter().any(|frame| frame.visible.contains(name)));
        if !is_cte && !self.found.iter().any(|other| other.parts == parts) {
            let location = idents.first().map_or(Location { line: 1, column: 1 }, |ident| ident.span.start);
            self.found.push(RelationName { parts, location });
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::{ast::Statement, dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    #[track_caller]
    fn check(sql: &str, names: &[&str]) {
        let statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("a statement").remove(0);
        let Statement::Query(query) = statement else { panic!("a query") };
        let found: Vec<String> = relation_names(&query).into_iter().map(|name| name.parts.join(".")).collect();
        assert_eq!(found, names, "{sql}");
    }

    #[test]
    fn finds_names_wherever_they_stand() {
        check("SELECT 1", &[]);
        check("SELECT * FROM T, s.\"T\" JOIN d.s.t USING (id)", &["t", "s.T", "d.s.t"]);
        check(
            "SELECT (SELECT 1 FROM a) FROM (SELECT 1 FROM b) x WHERE EXISTS (SELECT 1 FROM c) UNION SELECT 1 FROM d",
            &["a", "b", "c", "d"],
        );
        check("SELECT * FROM generate_series(1, 2), unnest(ARRAY[1])", &[]);
    }

    #[test]
    fn a_cte_hides_a_table_where_it_is_in_scope() {
        check("WITH t AS (SELECT * FROM u) SELECT * FROM t", &["u"]);
        check("WITH t AS (SELECT * FROM t) SELECT * FROM t, s.t", &["t", "s.t"]);
        check("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b, a", &[]);
        check("WITH b AS (SELECT * FROM a), a AS (SELECT 1) SELECT * FROM a", &["a"]);
        check("WITH RECURSIVE t AS (SELECT 1 UNION SELECT * FROM t) SELECT * FROM t", &[]);
        check("SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) x, t", &["t"]);
    }
}
