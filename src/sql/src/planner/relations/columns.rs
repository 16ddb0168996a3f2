//! Which columns the relations of a query have, as far as its text and the tables that it names tell.

use datafusion::sql::sqlparser::ast::{
    Cte, Expr, Ident, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins,
    WildcardAdditionalOptions,
};

use pgcat::bind::figure_column_name;

use super::joins;
use crate::parse::fold;
use crate::resolve::Relations;

/// What the relations of a query may be.
pub(super) struct Scope<'a> {
    pub(super) relations: &'a Relations,
    /// The CTEs that may be referred to, the nearest first, with their columns where these can be told.
    pub(super) ctes: Vec<(&'a str, Option<&'a [String]>)>,
}

/// A column that expressions of a query can refer to by its name alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    /// What the name means.
    pub(super) expr: Expr,
    /// Whether it stands for columns of several relations.
    pub(super) merged: bool,
}

impl Scope<'_> {
    /// The columns of a query's rows.
    pub(super) fn of_query(&self, query: &Query) -> Option<Vec<String>> {
        match &query.with {
            None => self.of_body(&query.body),
            Some(with) => {
                let mut owned: Vec<(String, Option<Vec<String>>)> = Vec::new();
                for cte in &with.cte_tables {
                    let columns = self.with_ctes(&owned).of_cte(cte);
                    owned.push((fold(&cte.alias.name), columns));
                }
                self.with_ctes(&owned).of_body(&query.body)
            }
        }
    }

    fn with_ctes<'b>(&'b self, inner: &'b [(String, Option<Vec<String>>)]) -> Scope<'b> {
        let inner = inner.iter().rev().map(|(name, columns)| (name.as_str(), columns.as_deref()));
        Scope { relations: self.relations, ctes: inner.chain(self.ctes.iter().copied()).collect() }
    }

    /// The columns of a CTE, called as it says or as its query does.
    pub(super) fn of_cte(&self, cte: &Cte) -> Option<Vec<String>> {
        self.of_query(&cte.query).map(|columns| renamed(columns, Some(&cte.alias)))
    }

    pub(super) fn of_body(&self, body: &SetExpr) -> Option<Vec<String>> {
        match body {
            SetExpr::Select(select) => self.of_select(select),
            SetExpr::SetOperation { left, .. } => self.of_body(left),
            SetExpr::Query(query) => self.of_query(query),
            SetExpr::Values(values) => values.rows.first().map(|row| (1..=row.len()).map(|number| format!("column{number}")).collect()),
            _ => None,
        }
    }

    fn of_select(&self, select: &Select) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => names.push(figure_column_name(expr)),
                SelectItem::ExprWithAlias { alias, .. } => names.push(fold(alias)),
                SelectItem::Wildcard(options) if is_plain(options) => {
                    for table in &select.from {
                        names.extend(self.of_joins(table)?.into_iter().map(|column| column.name));
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) if is_plain(options) => {
                    let table = fold(name.0.last()?.as_ident()?);
                    let factors = select
                        .from
                        .iter()
                        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
                    let mut called = factors.filter(|factor| name_of(factor).is_some_and(|name| fold(name) == table));
                    let (factor, None) = (called.next()?, called.next()) else { return None };
                    names.extend(self.of_factor(factor)?);
                }
                _ => return None,
            }
        }
        Some(names)
    }

    /// What can be referred to after a FROM item with its joins, in the order of `*`.
    pub(super) fn of_joins(&self, table: &TableWithJoins) -> Option<Vec<Column>> {
        let mut columns = self.visible(&table.relation)?;
        for join in &table.joins {
            columns = joins::joined(columns, self.visible(&join.relation)?, &join.join_operator).ok()?.columns;
        }
        Some(columns)
    }

    /// What can be referred to of one relation.
    pub(super) fn visible(&self, factor: &TableFactor) -> Option<Vec<Column>> {
        if let TableFactor::NestedJoin { table_with_joins, alias: None } = factor {
            return self.of_joins(table_with_joins);
        }
        let qualifier = qualifier(factor)?;
        let names = self.of_factor(factor)?;
        // Nobody can refer to columns of equal names, not even in our words.
        let repeats = names.iter().enumerate().any(|(index, name)| names[..index].contains(name));
        let column = |name: String| {
            let parts = qualifier.iter().cloned().chain([Ident::with_quote('"', &name)]);
            Column { expr: Expr::CompoundIdentifier(parts.collect()), name, merged: false }
        };
        (!repeats).then(|| names.into_iter().map(column).collect())
    }

    /// The columns of a relation, as its alias calls them.
    pub(super) fn of_factor(&self, factor: &TableFactor) -> Option<Vec<String>> {
        match factor {
            TableFactor::Table { alias, args: None, .. } => self.unaliased(factor).map(|columns| renamed(columns, alias.as_ref())),
            TableFactor::Derived { alias, .. } => self.unaliased(factor).map(|columns| renamed(columns, alias.as_ref())),
            TableFactor::Table { alias: Some(alias), with_ordinality: false, .. }
            | TableFactor::Function { alias: Some(alias), .. }
            | TableFactor::UNNEST { alias: Some(alias), with_offset: false, with_ordinality: false, .. }
                if !alias.columns.is_empty() =>
            {
                Some(renamed(Vec::new(), Some(alias)))
            }
            _ => None,
        }
    }

    /// The columns of a table's primary key, unless an alias calls columns otherwise.
    pub(super) fn primary_key(&self, factor: &TableFactor) -> Option<Vec<String>> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else { return None };
        let parts: Vec<String> = name.0.iter().filter_map(|part| part.as_ident()).map(fold).collect();
        let is_cte = matches!(parts.as_slice(), [name] if self.ctes.iter().any(|(cte, _)| cte == name));
        let is_renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
        if is_cte || is_renamed { None } else { self.relations.primary_key(&parts) }
    }

    /// The columns of a table or of a query in FROM, called as they are without an alias.
    pub(super) fn unaliased(&self, factor: &TableFactor) -> Option<Vec<String>> {
        match factor {
            TableFactor::Table { name, args: None, .. } => {
                let parts: Vec<String> = name.0.iter().filter_map(|part| part.as_ident()).map(fold).collect();
                let cte = match parts.as_slice() {
                    [name] => self.ctes.iter().find(|(cte, _)| cte == name),
                    _ => None,
                };
                match cte {
                    Some((_, columns)) => columns.map(<[String]>::to_vec),
                    None => self.relations.column_names(&parts),
                }
            }
            TableFactor::Derived { subquery, .. } => self.of_query(subquery),
            _ => None,
        }
    }
}

/// `*` without words behind it, which PostgreSQL does not have.
pub(super) fn is_plain(options: &WildcardAdditionalOptions) -> bool {
    *options == WildcardAdditionalOptions { wildcard_token: options.wildcard_token.clone(), ..WildcardAdditionalOptions::default() }
}

/// The columns with the names that an alias gives to the first ones.
fn renamed(mut columns: Vec<String>, alias: Option<&TableAlias>) -> Vec<String> {
    let given = alias.into_iter().flat_map(|alias| &alias.columns);
    for (index, column) in given.enumerate() {
        match columns.get_mut(index) {
            Some(name) => *name = fold(&column.name),
            None => columns.push(fold(&column.name)),
        }
    }
    columns
}

fn alias_of(factor: &TableFactor) -> Option<&TableAlias> {
    match factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::UNNEST { alias, .. } => alias.as_ref(),
        _ => None,
    }
}

/// What expressions call a relation.
fn name_of(factor: &TableFactor) -> Option<&Ident> {
    match (alias_of(factor), factor) {
        (Some(alias), _) => Some(&alias.name),
        (None, TableFactor::Table { name, args: None, .. }) => name.0.last()?.as_ident(),
        _ => None,
    }
}

/// What stands in front of a relation's columns: its alias, or its whole name.
fn qualifier(factor: &TableFactor) -> Option<Vec<Ident>> {
    match (alias_of(factor), factor) {
        (Some(alias), _) => Some(vec![alias.name.clone()]),
        (None, TableFactor::Table { name, args: None, .. }) => name.0.iter().map(|part| part.as_ident().cloned()).collect(),
        _ => None,
    }
}
