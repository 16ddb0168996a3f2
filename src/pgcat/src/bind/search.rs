//! SEARCH and CYCLE of WITH RECURSIVE: columns more, which keep the way to each row. As in PostgreSQL, each term becomes a query in FROM
//! of one that computes them, and the second term reads them of the query itself.

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::query::query_of;
use super::recursion::Terms;
use super::referenced::parts;
use super::scope::Scope;
use super::{Binder, fold};
use crate::parse::{self, CLAUSES_OF_WITH, CYCLE, SEARCH_BREADTH};

/// What both terms are called as queries in FROM.
const LEFT: &str = "*TLOCRN*";
const RIGHT: &str = "*TROCRN*";

/// The queries of a WITH, each with its SEARCH and CYCLE, which stand behind it.
pub(super) fn attached(tables: &[ast::Cte]) -> Vec<(&ast::Cte, Vec<&ast::Cte>)> {
    let mut queries: Vec<(&ast::Cte, Vec<&ast::Cte>)> = Vec::with_capacity(tables.len());
    for table in tables {
        let is_clause = CLAUSES_OF_WITH.contains(&table.alias.name.value.as_str());
        match queries.last_mut() {
            Some((_, clauses)) if is_clause => clauses.push(table),
            _ => queries.push((table, Vec::new())),
        }
    }
    queries
}

/// The terms of a query with the columns that its clauses add.
pub(super) struct Paths {
    quantifier: ast::SetQuantifier,
    left: ast::SetExpr,
    right: ast::SetExpr,
    added: usize,
}

impl Paths {
    pub(super) fn as_terms(&self) -> Terms<'_> {
        Terms { quantifier: self.quantifier, left: &self.left, right: &self.right, added: self.added }
    }
}

/// A column that a clause adds.
struct Added {
    name: String,
    /// What it is computed by in each term.
    left: String,
    right: String,
}

impl Binder<'_> {
    /// The query, and its terms, with the columns that its clauses add.
    pub(super) fn with_paths(&mut self, name: &str, cte: &ast::Cte, terms: &Terms<'_>, clauses: &[&ast::Cte]) -> Result<(ast::Cte, Paths)> {
        let columns = self.columns_of_first(cte, terms.left)?;
        let (mut added, mut stop) = (Vec::new(), None);
        for clause in clauses {
            let named: Vec<&ast::Ident> = clause.alias.columns.iter().map(|column| &column.name).collect();
            if clause.alias.name.value == CYCLE {
                stop = Some(self.cycle(&columns, &named, clause, &mut added)?);
            } else {
                self.search(&columns, &named, clause.alias.name.value == SEARCH_BREADTH, &mut added)?;
            }
        }
        let right = self.right_term(name, terms, &added, stop)?;
        if !matches!(without_parentheses(terms.left), ast::SetExpr::Select(_) | ast::SetExpr::Values(_)) {
            return Err(side_refused(Code::Unsupported, "left"));
        }
        let computed = |which: fn(&Added) -> &String| added.iter().map(|added| format!(", {}", which(added))).collect::<String>();
        let left_text = format!(
            "SELECT {0}.*{1} FROM (SELECT 1) AS {0} ({2})",
            ast::Ident::with_quote('"', LEFT),
            computed(|added| &added.left),
            list(&columns, quoted)
        );
        let all: Vec<String> = columns.iter().chain(added.iter().map(|added| &added.name)).cloned().collect();
        let own = list(&columns, |column| of(RIGHT, column));
        let right_text = format!(
            "SELECT {own}{} FROM (SELECT 1) AS {} ({})",
            computed(|added| &added.right),
            ast::Ident::with_quote('"', RIGHT),
            list(&all, quoted)
        );
        let mut cte = cte.clone();
        let column = |name: &String| ast::TableAliasColumnDef { name: ast::Ident::with_quote('"', name), data_type: None };
        cte.alias.columns = all.iter().map(column).collect();
        let (left, right) = (around(&left_text, terms.left.clone())?, around(&right_text, right)?);
        Ok((cte, Paths { quantifier: terms.quantifier, left, right, added: added.len() }))
    }

    /// The names of the columns that the first term gives.
    fn columns_of_first(&mut self, cte: &ast::Cte, left: &ast::SetExpr) -> Result<Vec<String>> {
        self.scopes.push(Scope::default());
        let with = cte.query.with.as_ref().map_or(Ok(()), |with| self.with(with));
        let bound = with.and_then(|()| self.inner_side(left, true));
        self.scopes.pop();
        let names = bound?.0.columns.into_iter().map(|column| column.name);
        let aliases = cte.alias.columns.iter().map(|column| fold(&column.name));
        Ok(aliases.map(Some).chain(std::iter::repeat(None)).zip(names).map(|(alias, name)| alias.unwrap_or(name)).collect())
    }

    /// SEARCH: an array of the rows on the way, or how many these are with the row.
    fn search(&self, columns: &[String], named: &[&ast::Ident], is_breadth: bool, added: &mut Vec<Added>) -> Result<()> {
        let [by @ .., sequence] = named else { return Err(Error::internal("SEARCH names no column")) };
        let by = self.listed(columns, by, "search")?;
        let sequence_name = self.unused(columns, sequence, "search sequence")?;
        let (left, right) = match is_breadth {
            true => {
                let depth = of(RIGHT, &sequence_name);
                let fields = |table: &str| list(&by, |column| of(table, column));
                (format!("ROW(0::int8, {})", fields(LEFT)), format!("ROW(({depth}).f1 + 1::int8, {})", fields(RIGHT)))
            }
            false => path(&by, &sequence_name),
        };
        added.push(Added { name: sequence_name, left, right });
        Ok(())
    }

    /// CYCLE: a mark for rows that were on the way already, and the way. Gives the condition under which the way goes on behind a row of a
    /// table, whose name stands in front of it.
    fn cycle(&self, columns: &[String], named: &[&ast::Ident], clause: &ast::Cte, added: &mut Vec<Added>) -> Result<(String, String)> {
        let [by @ .., mark, way] = named else { return Err(Error::internal("CYCLE names no columns")) };
        let by = self.listed(columns, by, "cycle")?;
        let (mark_name, way_name) = (self.unused(columns, mark, "cycle mark")?, self.unused(columns, way, "cycle path")?);
        let same = |first: &str, second: &str, ident: &ast::Ident| {
            let message = format!("{first} column name and {second} column name are the same");
            Err(self.error_at(Error::new(Code::Syntax, message), ident.span))
        };
        if mark_name == way_name {
            return same("cycle mark", "cycle path", way);
        }
        for (name, what, ident) in [(&mark_name, "cycle mark", mark), (&way_name, "cycle path", way)] {
            if added.iter().any(|added| added.name == *name) {
                return same("search sequence", what, ident);
            }
        }
        let values = match clause.query.body.as_ref() {
            ast::SetExpr::Values(values) => values.rows.first().map(|row| row.content.as_slice()),
            _ => None,
        };
        let Some([value, default]) = values else { return Err(Error::internal("CYCLE has no values")) };
        let (left, right) = path(&by, &way_name);
        let is_known = format!("ROW({}) = ANY ({})", list(&by, |column| of(RIGHT, column)), of(RIGHT, &way_name));
        let case = |condition: &str| format!("CASE WHEN {condition} THEN {value} ELSE {default} END");
        added.push(Added { name: mark_name.clone(), left: case("FALSE"), right: case(&is_known) });
        added.push(Added { name: way_name, left, right });
        Ok((mark_name, value.to_string()))
    }

    /// The second term, which gives the columns of the query itself that are added too, and goes on only where the mark is not set.
    fn right_term(&self, name: &str, terms: &Terms<'_>, added: &[Added], stop: Option<(String, String)>) -> Result<ast::SetExpr> {
        let mut right = without_parentheses(terms.right).clone();
        let ast::SetExpr::Select(select) = &mut right else { return Err(side_refused(Code::Syntax, "right")) };
        let Some(table) = select.from.iter().find_map(|table| reading(table, name)) else {
            let message = format!(
                "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"{name}\" must be at the top level of its right-hand SELECT"
            );
            return Err(Error::new(Code::Unsupported, message));
        };
        for column in added {
            select.projection.push(ast::SelectItem::UnnamedExpr(parse::expression(&of(&table, &column.name))?));
        }
        if let Some((mark, value)) = stop {
            let goes_on = parse::expression(&format!("{} <> {value}", of(&table, &mark)))?;
            select.selection = Some(match select.selection.take() {
                None => goes_on,
                Some(condition) => ast::Expr::BinaryOp {
                    left: Box::new(ast::Expr::Nested(Box::new(condition))),
                    op: ast::BinaryOperator::And,
                    right: Box::new(goes_on),
                },
            });
        }
        Ok(right)
    }

    /// The columns that a clause goes by.
    fn listed(&self, columns: &[String], named: &[&ast::Ident], clause: &str) -> Result<Vec<String>> {
        let mut listed: Vec<String> = Vec::with_capacity(named.len());
        for ident in named {
            let name = fold(ident);
            let problem = match () {
                () if !columns.contains(&name) => (Code::Syntax, format!("{clause} column \"{name}\" not in WITH query column list")),
                () if listed.contains(&name) => (Code::DuplicateColumn, format!("{clause} column \"{name}\" specified more than once")),
                () => {
                    listed.push(name);
                    continue;
                }
            };
            return Err(self.error_at(Error::new(problem.0, problem.1), ident.span));
        }
        Ok(listed)
    }

    /// The name of a column that is added.
    fn unused(&self, columns: &[String], ident: &ast::Ident, what: &str) -> Result<String> {
        let name = fold(ident);
        match columns.contains(&name) {
            true => {
                let message = format!("{what} column name \"{name}\" already used in WITH query column list");
                Err(self.error_at(Error::new(Code::Syntax, message), ident.span))
            }
            false => Ok(name),
        }
    }
}

/// How an array of the rows on the way begins, and goes on.
fn path(by: &[String], name: &str) -> (String, String) {
    let row = |table: &str| format!("ARRAY[ROW({})]", list(by, |column| of(table, column)));
    (row(LEFT), format!("{} || {}", of(RIGHT, name), row(RIGHT)))
}

/// What the query of a name is called in FROM where it stands there itself.
fn reading(table: &ast::TableWithJoins, name: &str) -> Option<String> {
    let factors = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
    factors.into_iter().find_map(|factor| match factor {
        ast::TableFactor::Table { name: found, alias, args: None, .. } => {
            let is_found = matches!(parts(found).as_slice(), [only] if only == name);
            is_found.then(|| alias.as_ref().map_or_else(|| name.to_owned(), |alias| fold(&alias.name)))
        }
        ast::TableFactor::NestedJoin { table_with_joins, alias: None } => reading(table_with_joins, name),
        _ => None,
    })
}

/// The query of a text around a term, which takes the place of the query in its FROM.
fn around(text: &str, term: ast::SetExpr) -> Result<ast::SetExpr> {
    let mut body = *parse::query(text)?.body;
    if let ast::SetExpr::Select(select) = &mut body
        && let Some(ast::TableFactor::Derived { subquery, .. }) = select.from.first_mut().map(|table| &mut table.relation)
    {
        **subquery = query_of(&term);
    }
    Ok(body)
}

fn without_parentheses(body: &ast::SetExpr) -> &ast::SetExpr {
    match body {
        ast::SetExpr::Query(query) if is_only_parentheses(query) => without_parentheses(&query.body),
        body => body,
    }
}

/// Whether a query is another one in parentheses, with nothing in front of it and nothing behind.
fn is_only_parentheses(query: &ast::Query) -> bool {
    query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none() && query.fetch.is_none() && query.locks.is_empty()
}

fn side_refused(code: Code, side: &str) -> Error {
    Error::new(code, format!("with a SEARCH or CYCLE clause, the {side} side of the UNION must be a SELECT"))
}

fn quoted(name: &String) -> String {
    ast::Ident::with_quote('"', name).to_string()
}

fn of(table: &str, column: &str) -> String {
    format!("{}.{}", ast::Ident::with_quote('"', table), ast::Ident::with_quote('"', column))
}

fn list(names: &[String], written: impl Fn(&String) -> String) -> String {
    names.iter().map(written).collect::<Vec<_>>().join(", ")
}
