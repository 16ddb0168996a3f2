//! One statement for a query, in the SQL of its source.
//!
//! Operators become parts of one SELECT as long as that means the same (a condition on groups is HAVING, a condition on limited
//! rows needs a SELECT of its own). All columns are addressed through the alias of their table, so that no name of a source can
//! be taken for another. Constants travel as parameters: in the text they are marks until their places are known.

mod join;
mod window;

use arrow::datatypes::DataType;

use super::select::Select;
use super::{Aggregate, Dialect, Expr, ExprKind, Function, Parameter, Query, SortKey, Statement, TableColumn};
use crate::predicate::Value;

/// Longer statements are no gain: expressions that are used several times are written as often.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Stands before and after the number of a parameter. No text or name of any SQL database holds it.
const MARK: char = '\0';

/// The statement that answers the query; `None` where a part of it has no form in the dialect that means the same.
pub fn write(query: &Query, dialect: &dyn Dialect) -> Option<Statement> {
    let mut writer = Writer { dialect, tables: 0, parameters: Vec::new() };
    let mut select = writer.select(query)?;
    let columns = select.columns.into_iter().zip(query.column_types());
    select.columns = columns.map(|(column, data_type)| dialect.output(&data_type, column)).collect();
    writer.finish(select.text(dialect))
}

struct Writer<'a> {
    dialect: &'a dyn Dialect,
    /// How many aliases have been given.
    tables: usize,
    parameters: Vec<Parameter>,
}

impl Writer<'_> {
    fn select(&mut self, query: &Query) -> Option<Select> {
        let select = match query {
            Query::Table { schema, table, columns } => {
                let alias = self.alias();
                let from = format!("{}.{} AS {alias}", self.dialect.name(schema), self.dialect.name(table));
                let column = |column: &TableColumn| self.dialect.column(column, format!("{alias}.{}", self.dialect.name(&column.name)));
                let columns = columns.iter().map(column).collect::<Option<_>>()?;
                Select { from, columns, plain: true, ..Select::default() }
            }
            Query::Filter { input, condition } => self.filter(input, condition)?,
            Query::Project { input, expressions } => {
                let mut select = self.select(input)?;
                let columns = expressions.iter().map(|expression| self.value(expression, &select.columns)).collect::<Option<_>>()?;
                select.plain &= expressions.iter().all(|expression| matches!(expression.kind, ExprKind::Column(_)));
                Select { columns, ..select }
            }
            Query::Join { left, right, kind, condition } => self.join(left, right, *kind, condition.as_ref())?,
            Query::Aggregate { input, groups, aggregates } => self.aggregate(input, groups, aggregates)?,
            Query::Window { input, functions } => self.window(input, functions)?,
            Query::UnionAll { inputs } => {
                let parts: Vec<String> = inputs.iter().map(|input| self.part(input)).collect::<Option<_>>()?;
                let alias = self.alias();
                let columns = (0..query.column_types().len()).map(super::select::column_name);
                let columns = columns.map(|name| format!("{alias}.{}", self.dialect.name(&name))).collect();
                Select { from: format!("({}) AS {alias}", parts.join(" UNION ALL ")), columns, plain: true, ..Select::default() }
            }
            Query::Sort { input, keys } => {
                let input = self.select(input)?;
                let select = if input.limit.is_none() { input } else { self.wrap(input) };
                let order = keys.iter().map(|key| self.sort_key(key, &select.columns)).collect::<Option<_>>()?;
                Select { order, ..select }
            }
            Query::Limit { input, skip, fetch } => {
                let input = self.select(input)?;
                let select = if input.limit.is_none() { input } else { self.wrap(input) };
                let order = match self.dialect.any_order() {
                    Some(any) if select.order.is_empty() => vec![any.to_owned()],
                    _ => select.order.clone(),
                };
                Select { limit: Some(self.dialect.limit(*skip, *fetch)?), order, ..select }
            }
        };
        let bytes = select.columns.iter().chain(&select.conditions).chain([&select.from]).map(String::len).sum::<usize>();
        (bytes <= TEXT_BYTES_MAX).then_some(select)
    }

    fn filter(&mut self, input: &Query, condition: &Expr) -> Option<Select> {
        let input = self.select(input)?;
        let mut select = if input.limit.is_none() && !input.windows { input } else { self.wrap(input) };
        let condition = self.condition(condition, &select.columns)?;
        if select.groups.is_some() {
            select.having.push(condition)
        } else {
            select.conditions.push(condition)
        }
        Some(select)
    }

    fn aggregate(&mut self, input: &Query, groups: &[Expr], aggregates: &[Aggregate]) -> Option<Select> {
        let input = self.select(input)?;
        let mut select = if input.is_open() { input } else { self.wrap(input) };
        // Not every server sees that two expressions with parameters are one.
        if groups.iter().any(|group| !matches!(group.kind, ExprKind::Column(_))) || !select.plain {
            let arguments = aggregates.iter().filter_map(|aggregate| aggregate.argument.as_ref());
            let computed: Vec<&Expr> = groups.iter().chain(arguments).collect();
            select.columns = computed.iter().map(|expression| self.value(expression, &select.columns)).collect::<Option<_>>()?;
            select = self.wrap(select);
            let mut place = 0..;
            let mut next = |expression: &Expr| Some(Expr::column(place.next()?, expression.data_type.clone()));
            let groups: Vec<Expr> = groups.iter().map(&mut next).collect::<Option<_>>()?;
            let mut aggregates = aggregates.to_vec();
            for aggregate in &mut aggregates {
                aggregate.argument = match &aggregate.argument {
                    Some(argument) => Some(next(argument)?),
                    None => None,
                };
            }
            return self.grouped(select, &groups, &aggregates);
        }
        self.grouped(select, groups, aggregates)
    }

    fn grouped(&mut self, select: Select, groups: &[Expr], aggregates: &[Aggregate]) -> Option<Select> {
        let values: Vec<String> = groups.iter().map(|group| self.value(group, &select.columns)).collect::<Option<_>>()?;
        let key = |(group, value): (&Expr, &String)| self.dialect.group_key(&group.data_type, value);
        let keys: Vec<String> = groups.iter().zip(&values).map(key).collect::<Option<_>>()?;
        let mut columns = keys.clone();
        for Aggregate { function, argument, distinct, data_type } in aggregates {
            let written = match argument {
                Some(argument) if *distinct => {
                    let written = self.value(argument, &select.columns)?;
                    Some((argument, self.dialect.group_key(&argument.data_type, &written)?))
                }
                Some(argument) => Some((argument, self.value(argument, &select.columns)?)),
                None => None,
            };
            let argument = written.as_ref().map(|(argument, written)| (*argument, written.as_str()));
            columns.push(self.dialect.aggregate(*function, argument, *distinct, data_type)?);
        }
        let is_value = |(value, key): (&String, &String)| self.dialect.group_value(value, key.clone()) == *key;
        let answers_values = values.iter().zip(&keys).all(is_value);
        let tail = |(group, value): (&Expr, &String)| self.dialect.group_tail(&group.data_type, value);
        let tails: Vec<String> = groups.iter().zip(&values).filter_map(tail).collect();
        let grouped = Select { columns, groups: Some([keys, tails].concat()), order: Vec::new(), plain: false, ..select };
        if answers_values {
            return Some(grouped);
        }
        let mut select = self.wrap(grouped);
        for (column, value) in select.columns.iter_mut().zip(&values) {
            *column = self.dialect.group_value(value, std::mem::take(column));
        }
        select.plain = false;
        Some(select)
    }

    /// An input of UNION ALL, as an operand.
    fn part(&mut self, query: &Query) -> Option<String> {
        let select = self.select(query)?;
        let mut select = if select.limit.is_some() { self.wrap(select) } else { Select { order: Vec::new(), ..select } };
        let columns = select.columns.into_iter().zip(query.column_types());
        select.columns = columns.map(|(column, data_type)| self.dialect.alternative(&data_type, column)).collect();
        Some(select.text(self.dialect))
    }

    fn wrap(&mut self, select: Select) -> Select {
        let alias = self.alias();
        select.wrapped(self.dialect, &alias)
    }

    fn alias(&mut self) -> String {
        self.tables += 1;
        format!("t{}", self.tables)
    }

    fn sort_key(&mut self, key: &SortKey, columns: &[String]) -> Option<String> {
        let written = self.value(&key.expression, columns)?;
        self.dialect.sort_key(key, &written)
    }

    /// An expression where a condition must stand.
    fn condition(&mut self, expression: &Expr, columns: &[String]) -> Option<String> {
        let written = self.expression(expression, columns)?;
        Some(if is_condition(expression) { written } else { self.dialect.condition(written) })
    }

    /// An expression where a value must stand.
    fn value(&mut self, expression: &Expr, columns: &[String]) -> Option<String> {
        let written = self.expression(expression, columns)?;
        Some(if is_condition(expression) { self.dialect.truth(written) } else { written })
    }

    fn expression(&mut self, expression: &Expr, columns: &[String]) -> Option<String> {
        match &expression.kind {
            ExprKind::Column(place) => columns.get(*place).cloned(),
            ExprKind::Constant(value) => self.constant(value, &expression.data_type),
            ExprKind::Call(function, arguments) => {
                let conditions = matches!(function, Function::And | Function::Or | Function::Not);
                let write = |argument| if conditions { self.condition(argument, columns) } else { self.value(argument, columns) };
                let written: Vec<String> = arguments.iter().map(write).collect::<Option<_>>()?;
                match function {
                    Function::And => Some(format!("({})", written.join(" AND "))),
                    Function::Or => Some(format!("({})", written.join(" OR "))),
                    Function::Not => Some(format!("(NOT {})", written.first()?)),
                    Function::IsNull => Some(format!("({} IS NULL)", written.first()?)),
                    Function::IsNotNull => Some(format!("({} IS NOT NULL)", written.first()?)),
                    _ => self.dialect.call(*function, arguments, &written, &expression.data_type),
                }
            }
            ExprKind::Cast(inner) => {
                let written = self.value(inner, columns)?;
                self.dialect.cast(inner, &written, &expression.data_type)
            }
            ExprKind::Case { branches, otherwise } => {
                let mut text = "(CASE".to_owned();
                for (condition, result) in branches {
                    let result = self.dialect.alternative(&result.data_type, self.value(result, columns)?);
                    text += &format!(" WHEN {} THEN {result}", self.condition(condition, columns)?);
                }
                if let Some(otherwise) = otherwise {
                    text += &format!(" ELSE {}", self.dialect.alternative(&otherwise.data_type, self.value(otherwise, columns)?));
                }
                Some(text + " END)")
            }
        }
    }

    fn constant(&mut self, value: &Value, data_type: &DataType) -> Option<String> {
        match value {
            Value::Null => self.dialect.null(data_type),
            Value::Bool(value) => Some(self.dialect.boolean(*value)),
            value if self.dialect.takes(value, data_type) => {
                let number = self.parameters.len();
                self.parameters.push(Parameter { value: value.clone(), data_type: data_type.clone() });
                Some(format!("{MARK}{number}{MARK}"))
            }
            _ => None,
        }
    }

    /// Gives the parameters their places, each where its mark stands.
    fn finish(&self, marked: String) -> Option<Statement> {
        let (mut text, mut parameters) = (String::with_capacity(marked.len()), Vec::new());
        for (place, part) in marked.split(MARK).enumerate() {
            if place % 2 == 0 {
                text += part;
                continue;
            }
            let parameter = self.parameters.get(part.parse::<usize>().ok()?)?;
            parameters.push(parameter.clone());
            text += &self.dialect.parameter(parameters.len(), &parameter.data_type);
        }
        let fits = text.len() <= TEXT_BYTES_MAX && parameters.len() <= self.dialect.parameters_max();
        fits.then_some(Statement { text, parameters })
    }
}

/// Whether it is written as a condition. Truth values of columns, and what is chosen from values, are written as values.
fn is_condition(expression: &Expr) -> bool {
    let chosen = match &expression.kind {
        ExprKind::Column(_) | ExprKind::Cast(_) | ExprKind::Case { .. } | ExprKind::Constant(Value::Null) => true,
        ExprKind::Call(function, _) => matches!(function, Function::Coalesce | Function::NullIf),
        ExprKind::Constant(_) => false,
    };
    expression.data_type == DataType::Boolean && !chosen
}

#[cfg(test)]
mod tests;
