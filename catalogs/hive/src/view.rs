//! The query of a view in PostgreSQL's SQL, as far as it is plain SQL that means the same there.
//!
//! Hive writes a view's query down with all names in full, `` `shop`.`orders` ``. What is known to mean the same is kept, its names quoted
//! as PostgreSQL does; anything else is refused, whatever it is: of each part of the syntax tree, what is left when its known parts are
//! taken out has to be what is left of the simplest one.

use std::ops::ControlFlow;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    GroupByExpr, Ident, JoinConstraint, JoinOperator, LimitClause, ObjectName, ObjectNamePart, OrderByKind, Query, Select, SelectItem,
    SetExpr, SetOperator, SetQuantifier, Statement, TableAlias, TableFactor, UnaryOperator, Value, VisitMut, VisitorMut,
};
use sqlparser::dialect::HiveDialect;
use sqlparser::parser::Parser;

/// Nobody writes more by hand, and parsing takes memory a hundred times the size of the text.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// The query in PostgreSQL's SQL; why there is none, as a sentence.
pub(crate) fn query(text: &str) -> Result<String, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!("It has more than {TEXT_BYTES_MAX} bytes."));
    }
    let mut query = parsed(text)?;
    let mut translator = Translator { simplest: parsed("SELECT f()")?, common: Vec::new() };
    match query.visit(&mut translator) {
        ControlFlow::Continue(()) => Ok(query.to_string()),
        ControlFlow::Break(why) => Err(why),
    }
}

fn parsed(text: &str) -> Result<Query, String> {
    let statements = Parser::parse_sql(&HiveDialect {}, text).map_err(|error| format!("It cannot be parsed: {error}."))?;
    match <[Statement; 1]>::try_from(statements) {
        Ok([Statement::Query(query)]) => Ok(*query),
        _ => Err("It is no query.".to_owned()),
    }
}

/// Rewrites a query in place, or says what in it is not known to mean the same.
struct Translator {
    /// `SELECT f()`.
    simplest: Query,
    /// Names of common table expressions, in any place of the query.
    common: Vec<String>,
}

type Step = Result<(), String>;

fn flow(step: Step) -> ControlFlow<String> {
    step.map_or_else(ControlFlow::Break, ControlFlow::Continue)
}

fn has(what: &str) -> String {
    format!("It has {what}.")
}

impl VisitorMut for Translator {
    type Break = String;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<String> {
        flow(self.query(query))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<String> {
        flow(self.select(select))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<String> {
        flow(self.table_factor(factor))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        flow(self.expr(expr))
    }

    /// Parentheses around all that has operators: PostgreSQL binds some of them in another order.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        let is_one = matches!(
            expr,
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::Nested(_) | Expr::Function(_) | Expr::Subquery(_)
        );
        if !is_one {
            let inner = std::mem::replace(expr, Expr::Value(Value::Null.into()));
            *expr = Expr::Nested(Box::new(inner));
        }
        ControlFlow::Continue(())
    }
}

impl Translator {
    fn query(&mut self, query: &mut Query) -> Step {
        let mut rest = query.clone();
        (rest.with, rest.body, rest.order_by, rest.limit_clause) = (None, self.simplest.body.clone(), None, None);
        if rest != self.simplest {
            return Err(has("a clause of Hive's own"));
        }
        for common in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            self.alias(&mut common.alias)?;
            self.common.push(common.alias.name.value.clone());
            if common.from.is_some() || common.materialized.is_some() {
                return Err(has("a clause of Hive's own"));
            }
        }
        if query.with.as_ref().is_some_and(|with| with.recursive) {
            return Err(has("WITH RECURSIVE"));
        }
        set_operations(&query.body)?;
        match &query.limit_clause {
            // Rows of a view have no order of their own, and which come first is not the same in all versions of Hive.
            None => query.order_by = None,
            Some(LimitClause::LimitOffset { limit: Some(Expr::Value(_)), offset: None, limit_by }) if limit_by.is_empty() => {}
            Some(_) => return Err(has("OFFSET")),
        }
        let Some(order) = &query.order_by else { return Ok(()) };
        match &order.kind {
            OrderByKind::Expressions(keys) if order.interpolate.is_none() => {
                let is_said = keys.iter().all(|key| key.options.nulls_first.is_some() && key.with_fill.is_none());
                if is_said { Ok(()) } else { Err(has("ORDER BY that does not say where NULLs come, and LIMIT")) }
            }
            _ => Err(has("ORDER BY ALL")),
        }
    }

    fn select(&mut self, select: &mut Select) -> Step {
        let SetExpr::Select(simplest) = self.simplest.body.as_ref() else { return Err(has("no SELECT")) };
        let mut rest = select.clone();
        (rest.projection, rest.from) = (simplest.projection.clone(), Vec::new());
        (rest.selection, rest.having) = (None, None);
        if matches!(rest.distinct, Some(sqlparser::ast::Distinct::Distinct)) {
            rest.distinct = None;
        }
        if let GroupByExpr::Expressions(keys, modifiers) = &rest.group_by
            && modifiers.is_empty()
        {
            if keys.iter().any(|key| matches!(key, Expr::Value(_))) {
                return Err(has("GROUP BY with a constant"));
            }
            rest.group_by = simplest.group_by.clone();
        }
        if rest != **simplest {
            return Err(has("a clause of Hive's own"));
        }
        for (place, item) in select.projection.iter_mut().enumerate() {
            match item {
                SelectItem::UnnamedExpr(Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {}
                // Hive's own name for it, by which a query around this one calls it.
                SelectItem::UnnamedExpr(expr) => {
                    *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', format!("_c{place}")) };
                }
                SelectItem::ExprWithAlias { alias, .. } => name(alias)?,
                _ => return Err(has("a star for all columns")),
            }
        }
        // A comma joins before what follows it in Hive, and after it in PostgreSQL: who is without a partner is not the same then.
        let after_comma = select.from.iter().skip(1).flat_map(|from| &from.joins).map(|join| &join.join_operator);
        if after_comma.clone().any(|join| matches!(join, JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)))
        {
            return Err(has("RIGHT or FULL JOIN after a comma"));
        }
        select.from.iter().flat_map(|from| &from.joins).try_for_each(|join| match &join.join_operator {
            _ if join.global => Err(has("a clause of Hive's own")),
            JoinOperator::Join(of) | JoinOperator::Inner(of) | JoinOperator::CrossJoin(of) => constraint(of),
            JoinOperator::Left(of) | JoinOperator::LeftOuter(of) => constraint(of),
            JoinOperator::Right(of) | JoinOperator::RightOuter(of) | JoinOperator::FullOuter(of) => constraint(of),
            _ => Err(has("a join of Hive's own")),
        })
    }

    fn table_factor(&mut self, factor: &mut TableFactor) -> Step {
        match factor {
            TableFactor::Table {
                name: table,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                let is_plain = args.is_none() && with_hints.is_empty() && version.is_none() && !*with_ordinality && partitions.is_empty();
                if !is_plain || json_path.is_some() || sample.is_some() || !index_hints.is_empty() {
                    return Err(has("a clause of Hive's own"));
                }
                self.relation(table)?;
                alias.as_mut().map_or(Ok(()), |alias| self.alias(alias))
            }
            TableFactor::Derived { lateral: false, alias, sample: None, .. } => alias.as_mut().map_or(Ok(()), |alias| self.alias(alias)),
            TableFactor::NestedJoin { alias: None, .. } => Ok(()),
            _ => Err(has("rows that are no table's")),
        }
    }

    fn relation(&self, table: &mut ObjectName) -> Step {
        let mut parts: Vec<&mut Ident> = Vec::new();
        for part in &mut table.0 {
            match part {
                ObjectNamePart::Identifier(part) => parts.push(part),
                ObjectNamePart::Function(_) => return Err(has("rows that are no table's")),
            }
        }
        for part in &mut parts {
            name(part)?;
        }
        match parts.as_slice() {
            [_, _] => Ok(()),
            [common] if self.common.contains(&common.value) => Ok(()),
            _ => Err(format!("It does not say in which database table {table} is.")),
        }
    }

    fn alias(&self, alias: &mut TableAlias) -> Step {
        name(&mut alias.name)?;
        alias.columns.iter_mut().try_for_each(|column| name(&mut column.name))?;
        let is_plain = alias.at.is_none() && alias.columns.iter().all(|column| column.data_type.is_none());
        if is_plain { Ok(()) } else { Err(has("a clause of Hive's own")) }
    }

    fn expr(&self, expr: &mut Expr) -> Step {
        match expr {
            Expr::Identifier(column) => name(column),
            // With more parts, it may be a field of a struct.
            Expr::CompoundIdentifier(parts) if parts.len() == 2 => parts.iter_mut().try_for_each(name),
            Expr::Value(value) => constant(&value.value),
            Expr::IsNull(of) | Expr::IsNotNull(of) if matches!(**of, Expr::BinaryOp { .. }) => Err(has(WITHIN)),
            Expr::IsNull(of) | Expr::IsNotNull(of) => operands([of]),
            Expr::Between { expr, low, high, .. } => operands([expr, low, high]),
            Expr::InList { expr, .. } | Expr::InSubquery { expr, .. } => operands([expr]),
            Expr::Like { any: false, expr, pattern, escape_char: None, .. } => operands([expr, pattern]),
            Expr::Nested(_) | Expr::Exists { .. } | Expr::Subquery(_) | Expr::Case { .. } => Ok(()),
            Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::Minus, .. } => Ok(()),
            Expr::BinaryOp { op, .. } => operator(op),
            Expr::Function(function) => {
                if let Some(other) = self.function(function)? {
                    *expr = other;
                }
                Ok(())
            }
            other => Err(format!("It has {other}, which Hive may take otherwise.")),
        }
    }

    /// What a call becomes, where that is no call.
    fn function(&self, function: &mut Function) -> Result<Option<Expr>, String> {
        let refused = format!("It calls {}, which Hive may take otherwise.", function.name);
        let mut rest = function.clone();
        let SetExpr::Select(simplest) = self.simplest.body.as_ref() else { return Err(refused) };
        let [SelectItem::UnnamedExpr(Expr::Function(simplest))] = simplest.projection.as_slice() else { return Err(refused) };
        (rest.name, rest.args) = (simplest.name.clone(), simplest.args.clone());
        let FunctionArguments::List(FunctionArgumentList { duplicate_treatment, args, clauses }) = &function.args else {
            return Err(refused);
        };
        let [ObjectNamePart::Identifier(called)] = function.name.0.as_slice() else { return Err(refused) };
        if rest != *simplest || !clauses.is_empty() {
            return Err(refused);
        }
        let mut given: Vec<Expr> = Vec::new();
        for arg in args {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) => given.push(arg.clone()),
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if called.value.eq_ignore_ascii_case("count") => {}
                _ => return Err(refused),
            }
        }
        let is_distinct = matches!(duplicate_treatment, Some(DuplicateTreatment::Distinct));
        let name = called.value.to_ascii_lowercase();
        let known = match (name.as_str(), given.as_slice()) {
            ("count", [] | [_]) => "count",
            ("sum", [_]) => "sum",
            ("min", [_]) => "min",
            ("max", [_]) => "max",
            ("avg", [_]) => "avg",
            _ if is_distinct => return Err(refused),
            ("coalesce", [_, ..]) | ("nvl", [_, _]) => "coalesce",
            ("lower" | "lcase", [_]) => "lower",
            ("upper" | "ucase", [_]) => "upper",
            ("length", [_]) => "length",
            ("abs", [_]) => "abs",
            ("if", [condition, then, otherwise]) => {
                return Ok(Some(Expr::Case {
                    case_token: AttachedToken::empty(),
                    end_token: AttachedToken::empty(),
                    operand: None,
                    conditions: vec![CaseWhen { condition: condition.clone(), result: then.clone() }],
                    else_result: Some(Box::new(otherwise.clone())),
                }));
            }
            _ => return Err(refused),
        };
        function.name = ObjectName::from(vec![Ident::new(known)]);
        Ok(None)
    }
}

fn set_operations(body: &SetExpr) -> Step {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) => Ok(()),
        SetExpr::SetOperation { left, op: SetOperator::Union | SetOperator::Intersect | SetOperator::Except, set_quantifier, right } => {
            match set_quantifier {
                SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => {}
                _ => return Err(has("a clause of Hive's own")),
            }
            // Hive goes from left to right, and PostgreSQL does INTERSECT first.
            if matches!(**right, SetExpr::SetOperation { .. }) {
                return Err(has("INTERSECT after UNION or EXCEPT without parentheses"));
            }
            set_operations(left)?;
            set_operations(right)
        }
        _ => Err(has("rows that are no table's")),
    }
}

fn constraint(constraint: &JoinConstraint) -> Step {
    match constraint {
        JoinConstraint::On(_) | JoinConstraint::None => Ok(()),
        JoinConstraint::Using(_) | JoinConstraint::Natural => Err(has("a join without ON")),
    }
}

/// A condition as an operand of another: Hive, PostgreSQL and the parser here differ in what belongs to what.
const WITHIN: &str = "a condition within another without parentheses";

/// Checks what IS NULL, BETWEEN, IN and LIKE are asked of.
fn operands<const N: usize>(operands: [&Expr; N]) -> Step {
    let is_condition = |operand: &&Expr| match operand {
        Expr::BinaryOp { op, .. } => !matches!(op, BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply),
        Expr::UnaryOp { op, .. } => *op == UnaryOperator::Not,
        Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::Between { .. } | Expr::InList { .. } | Expr::InSubquery { .. } => true,
        Expr::Like { .. } => true,
        _ => false,
    };
    if operands.iter().any(is_condition) { Err(has(WITHIN)) } else { Ok(()) }
}

fn operator(operator: &BinaryOperator) -> Step {
    match operator {
        BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply | BinaryOperator::And | BinaryOperator::Or => Ok(()),
        BinaryOperator::Eq | BinaryOperator::NotEq | BinaryOperator::Lt | BinaryOperator::LtEq => Ok(()),
        BinaryOperator::Gt | BinaryOperator::GtEq => Ok(()),
        other => Err(format!("It has the operator {other}, which Hive may take otherwise.")),
    }
}

/// A name as PostgreSQL has it. Hive's have no case, and are in lower case in the metastore.
fn name(ident: &mut Ident) -> Step {
    if !matches!(ident.quote_style, None | Some('`')) {
        return Err("It has text in double quotes, which is no name in Hive.".to_owned());
    }
    // `5L` is a number.
    if ident.quote_style.is_none() && ident.value.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(format!("It has {ident}, which Hive may take otherwise."));
    }
    ident.value = ident.value.to_lowercase();
    ident.quote_style = Some('"');
    Ok(())
}

fn constant(value: &Value) -> Step {
    match value {
        // Hive's escapes, and texts that follow each other.
        Value::SingleQuotedString(text) if text.contains(['\\', '\'']) => Err(has("a text with escapes")),
        Value::SingleQuotedString(_) | Value::Number(_, false) | Value::Boolean(_) | Value::Null => Ok(()),
        other => Err(format!("It has {other}, which Hive may take otherwise.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn means(hive: &str, postgresql: &str) {
        assert_eq!(query(hive).as_deref(), Ok(postgresql), "{hive}");
    }

    #[test]
    fn names_and_conditions() {
        means("SELECT `Orders`.`id` FROM `shop`.`orders`", r#"SELECT "orders"."id" FROM "shop"."orders""#);
        means(
            "SELECT `o`.`id` AS `a`, upper(`o`.`city`) FROM `shop`.`orders` `o` WHERE `o`.`paid` AND NOT `o`.`total` + 1 > 5 OR `o`.`c` LIKE 'a%'",
            r#"SELECT "o"."id" AS "a", upper("o"."city") AS "_c1" FROM "shop"."orders" "o" WHERE (("o"."paid" AND (NOT (("o"."total" + 1) > 5))) OR ("o"."c" LIKE 'a%'))"#,
        );
        means(
            "SELECT if(a IS NULL, 'x', nvl(b, 'y')) AS c FROM d.t WHERE a BETWEEN 1 AND 2 OR b IN ('p', 'q')",
            r#"SELECT (CASE WHEN ("a" IS NULL) THEN 'x' ELSE coalesce("b", 'y') END) AS "c" FROM "d"."t" WHERE (("a" BETWEEN 1 AND 2) OR ("b" IN ('p', 'q')))"#,
        );
    }

    #[test]
    fn joins_groups_and_queries_within() {
        means(
            "SELECT `c`.`name`, count(*), sum(`o`.`total`) FROM `shop`.`customers` `c` LEFT JOIN `shop`.`orders` `o` ON `c`.`id` = `o`.`customer` GROUP BY `c`.`name` HAVING count(DISTINCT `o`.`id`) > 1 ORDER BY `name`",
            r#"SELECT "c"."name", count(*) AS "_c1", sum("o"."total") AS "_c2" FROM "shop"."customers" "c" LEFT JOIN "shop"."orders" "o" ON ("c"."id" = "o"."customer") GROUP BY "c"."name" HAVING (count(DISTINCT "o"."id") > 1)"#,
        );
        means(
            "WITH `x` AS (SELECT `t`.`a` FROM `d`.`t`) SELECT `_c0` AS `n` FROM (SELECT count(1) FROM `x`) `d.v` UNION ALL SELECT DISTINCT `u`.`b` FROM `d`.`u`",
            r#"WITH "x" AS (SELECT "t"."a" FROM "d"."t") SELECT "_c0" AS "n" FROM (SELECT count(1) AS "_c0" FROM "x") "d.v" UNION ALL SELECT DISTINCT "u"."b" FROM "d"."u""#,
        );
        means("SELECT a FROM d.t LIMIT 5", r#"SELECT "a" FROM "d"."t" LIMIT 5"#);
    }

    #[test]
    fn what_belongs_together_stays_so() {
        means(
            "SELECT a FROM d.t INTERSECT SELECT a FROM d.u UNION ALL (SELECT a FROM d.v EXCEPT SELECT a FROM d.t)",
            r#"SELECT "a" FROM "d"."t" INTERSECT SELECT "a" FROM "d"."u" UNION ALL (SELECT "a" FROM "d"."v" EXCEPT SELECT "a" FROM "d"."t")"#,
        );
        means(
            "SELECT t.a FROM d.t LEFT JOIN d.u ON t.b = u.b, d.v WHERE (t.a = u.a) IS NULL AND NOT t.a IS NULL AND t.a + 1 IN (1, 2)",
            r#"SELECT "t"."a" FROM "d"."t" LEFT JOIN "d"."u" ON ("t"."b" = "u"."b"), "d"."v" WHERE ((((("t"."a" = "u"."a")) IS NULL) AND (NOT ("t"."a" IS NULL))) AND (("t"."a" + 1) IN (1, 2)))"#,
        );
    }

    #[test]
    fn what_hive_may_take_otherwise_is_refused() {
        for text in [
            "SELECT * FROM d.t",
            "SELECT a FROM t",
            "SELECT a / b FROM d.t",
            "SELECT a FROM d.t WHERE a = 5L",
            "SELECT cast(a AS int) FROM d.t",
            "SELECT \"a\" FROM d.t",
            "SELECT 'it\\'s' FROM d.t",
            "SELECT 'a''b' FROM d.t",
            "SELECT concat(a, b) FROM d.t",
            "SELECT t.a.b FROM d.t",
            "SELECT a[0] FROM d.t",
            "SELECT a RLIKE 'x' FROM d.t",
            "SELECT a <=> b FROM d.t",
            "SELECT count(DISTINCT a, b) FROM d.t",
            "SELECT row_number() OVER (ORDER BY a) FROM d.t",
            "SELECT a FROM d.t ORDER BY a LIMIT 5",
            "SELECT a, count(*) FROM d.t GROUP BY 1",
            "SELECT a, count(*) FROM d.t GROUP BY a WITH ROLLUP",
            "SELECT a FROM d.t SORT BY a",
            "SELECT a FROM d.t DISTRIBUTE BY a",
            "SELECT a FROM d.t TABLESAMPLE (10 PERCENT)",
            "SELECT a FROM d.t LEFT SEMI JOIN d.u ON t.a = u.a",
            "SELECT a FROM d.t JOIN d.u USING (a)",
            "SELECT x FROM d.t LATERAL VIEW explode(a) e AS x",
            "SELECT current_date FROM d.t",
            "SELECT a FROM d.t UNION ALL SELECT a FROM d.u INTERSECT SELECT a FROM d.v",
            "SELECT t.a FROM d.t, d.u RIGHT JOIN d.v ON u.b = v.b",
            "SELECT a FROM d.t WHERE a = b IS NULL",
            "SELECT a FROM d.t WHERE a + b IS NULL",
            "SELECT a FROM d.t WHERE a = b IN (TRUE, FALSE)",
            "SELECT a FROM d.t WHERE a = b BETWEEN c AND e",
            "SELECT a FROM d.t WHERE a LIKE b = c",
            "INSERT INTO d.t SELECT 1",
            "SELECT 1; SELECT 2",
            "/* Presto View */",
        ] {
            assert!(query(text).is_err(), "{text}: {:?}", query(text));
        }
    }
}
