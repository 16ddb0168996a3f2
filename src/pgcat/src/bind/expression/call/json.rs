//! The constructors of JSON that are words of the language: `JSON_OBJECT`, `JSON_ARRAY`, `JSON_OBJECTAGG`, `JSON_ARRAYAGG`; and `IS JSON`.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast::{
    self, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArgumentClause, FunctionArguments, JsonNullClause, Spanned,
};

use super::check::is_distinct;
use crate::bind::{Binder, Place};
use crate::expr::{Call, Expr, Typed};
use crate::function::{Function, Implementation, Scalar, Signature};
use crate::functions::json::build::Form;
use crate::functions::json::constructor::{self, Options};
use crate::functions::json::predicate::{Sort, is_json};
use crate::parse::{self, IS_JSON, UNIQUE_KEYS};
use crate::resolve::{Coercion, format_type};
use crate::types::{Type, oid};

/// A constructor as it is written, without what only says how it works.
struct Constructor<'q> {
    /// Keys and values in turn, or items.
    parts: Vec<&'q ast::Expr>,
    /// Whether there are keys.
    has_keys: bool,
    nulls: Option<&'q JsonNullClause>,
    is_unique: bool,
    returning: Option<&'q ast::DataType>,
}

impl<'q> Constructor<'q> {
    /// `None` where an argument is none that a constructor takes.
    fn of(syntax: &'q ast::Function) -> Option<Self> {
        let FunctionArguments::List(list) = &syntax.args else { return None };
        let mut constructor = Self { parts: Vec::new(), has_keys: false, nulls: None, is_unique: false, returning: None };
        for argument in &list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Function(mark))) if is_mark(mark) => constructor.is_unique = true,
                FunctionArg::Unnamed(FunctionArgExpr::Expr(item)) => constructor.parts.push(item),
                FunctionArg::ExprNamed {
                    name,
                    arg: FunctionArgExpr::Expr(value),
                    operator: FunctionArgOperator::Colon | FunctionArgOperator::Value,
                } => {
                    constructor.has_keys = true;
                    constructor.parts.extend([name, value]);
                }
                _ => return None,
            }
        }
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::JsonNullClause(nulls) => constructor.nulls = Some(nulls),
                FunctionArgumentClause::JsonReturningClause(returning) => constructor.returning = Some(&returning.data_type),
                _ => {}
            }
        }
        Some(constructor)
    }

    fn leaves_out_nulls(&self) -> bool {
        match self.nulls {
            Some(nulls) => *nulls == JsonNullClause::AbsentOnNull,
            None => !self.has_keys,
        }
    }
}

fn is_mark(function: &ast::Function) -> bool {
    matches!(function.name.0.as_slice(), [ast::ObjectNamePart::Identifier(name)] if name.value == UNIQUE_KEYS)
}

impl Binder<'_> {
    /// A constructor; `None` where it is a call of the function `json_object`.
    pub(super) fn json_constructor(&mut self, word: &str, syntax: &ast::Function, place: Place) -> Result<Option<Typed>> {
        let Some(constructor) = Constructor::of(syntax) else { return Ok(None) };
        if is_distinct(syntax) {
            return Err(Error::new(Code::Syntax, "syntax error at or near \"DISTINCT\""));
        }
        let is_plain = constructor.nulls.is_none() && constructor.returning.is_none() && !constructor.is_unique;
        if word == "json_object" && !constructor.has_keys && !constructor.parts.is_empty() && is_plain {
            return Ok(None);
        }
        let returning = match constructor.returning {
            Some(type_) => self.type_name(type_)?,
            None => Type::new(oid::JSON),
        };
        let form = if returning.oid == oid::JSONB { Form::Jsonb } else { Form::Json };
        let typed = match word {
            "json_objectagg" | "json_arrayagg" => self.json_aggregate(syntax, &constructor, form, place)?,
            _ => {
                let options = Options { form, leaves_out_nulls: constructor.leaves_out_nulls(), is_unique: constructor.is_unique };
                let compute = if word == "json_object" { constructor::object(options) } else { constructor::array(options) };
                let mut arguments = Vec::with_capacity(constructor.parts.len());
                for part in &constructor.parts {
                    let typed = self.expression(part, place)?;
                    arguments.push(self.settle_unknown(typed)?);
                }
                let result = Type::new(if form == Form::Jsonb { oid::JSONB } else { oid::JSON });
                unnamed_call(word, compute, arguments, result, false)
            }
        };
        if typed.type_.oid == returning.oid {
            return Ok(Some(typed));
        }
        let converted = self.convert(typed, returning.oid, returning.typmod, Coercion::Explicit);
        self.locate(|_| syntax.span(), converted).map(Some)
    }

    /// The aggregate constructors are the aggregates of that form.
    fn json_aggregate(&mut self, syntax: &ast::Function, constructor: &Constructor<'_>, form: Form, place: Place) -> Result<Typed> {
        let form = if form == Form::Jsonb { "jsonb" } else { "json" };
        let unique = if constructor.is_unique { "_unique" } else { "" };
        let strict = if constructor.leaves_out_nulls() { "_strict" } else { "" };
        let name = match constructor.has_keys {
            true => format!("{form}_object_agg{unique}{strict}"),
            false => format!("{form}_agg{strict}"),
        };
        let mut call = syntax.clone();
        let ident = |value: &str| ast::Ident { value: value.to_owned(), quote_style: None, span: syntax.name.span() };
        call.name = ast::ObjectName::from(vec![ident("pg_catalog"), ident(&name)]);
        if let FunctionArguments::List(list) = &mut call.args {
            let plain = |part: &&ast::Expr| FunctionArg::Unnamed(FunctionArgExpr::Expr((*part).clone()));
            list.args = constructor.parts.iter().map(plain).collect();
            list.clauses.retain(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)));
        }
        self.function(&call, place)
    }

    /// `JSON_ARRAY(SELECT …)`: an array of the query's only column.
    pub(super) fn json_array_of(&mut self, arguments: &FunctionArguments) -> Result<Typed> {
        let FunctionArguments::List(list) = arguments else { return Err(Error::internal("JSON_ARRAY has no query")) };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Subquery(query)))] = list.args.as_slice() else {
            return Err(Error::internal("JSON_ARRAY has no query"));
        };
        let mut whole = parse::query("SELECT pg_catalog.json_agg_strict(q.a) FROM (SELECT 1) AS q (a)")?;
        if let ast::SetExpr::Select(select) = whole.body.as_mut()
            && let Some(ast::TableFactor::Derived { subquery, .. }) = select.from.first_mut().map(|table| &mut table.relation)
        {
            *subquery = query.clone();
        }
        self.scalar_subquery(&whole)
    }

    /// `x IS [NOT] JSON …`, where the parser has put a name that says what is asked; `None` for any other name.
    pub(in crate::bind::expression) fn is_json(
        &mut self,
        operand: &ast::Expr,
        asked: &ast::Expr,
        negated: bool,
        place: Place,
    ) -> Result<Option<Typed>> {
        let ast::Expr::Identifier(ast::Ident { value, .. }) = asked else { return Ok(None) };
        let Some(words) = value.strip_prefix(IS_JSON) else { return Ok(None) };
        let sort = match words.trim().trim_end_matches("unique").trim() {
            "object" => Sort::Object,
            "array" => Sort::Array,
            "scalar" => Sort::Scalar,
            _ => Sort::Any,
        };
        let typed = self.expression(operand, place)?;
        let typed = self.settle_unknown(typed)?;
        let is_text = self.catalog.type_info(typed.type_.oid).is_some_and(|info| info.category == b'S');
        if !is_text && !matches!(typed.type_.oid, oid::JSON | oid::JSONB | oid::BYTEA) {
            let name = format_type(self.names(), typed.type_.oid, None);
            let error = Error::new(Code::DatatypeMismatch, format!("cannot use type {name} in IS JSON predicate"));
            return self.locate(|_| operand.span(), Err(error));
        }
        let tested = unnamed_call("is_json", is_json(sort, words.ends_with("unique")), vec![typed], Type::new(oid::BOOL), true);
        let expr = if negated { Expr::Not(Box::new(tested.expr)) } else { tested.expr };
        Ok(Some(Typed::new(expr, Type::new(oid::BOOL))))
    }
}

/// A call of what `pg_proc` does not have.
fn unnamed_call(name: &str, compute: Scalar, arguments: Vec<Typed>, result: Type, is_strict: bool) -> Typed {
    let types = arguments.iter().map(|argument| argument.type_).collect();
    let function = Arc::new(Function {
        oid: 0,
        name: name.into(),
        implementation: Implementation::Scalar(compute),
        is_strict,
        returns_set: false,
        is_volatile: false,
        // What it prints may depend on the session.
        is_immutable: false,
        signature: Signature { arguments: types, result, is_variadic: false },
        outputs: Arc::default(),
    });
    let arguments = arguments.into_iter().map(|argument| argument.expr).collect();
    Typed::new(Expr::Call(Box::new(Call { function, arguments, position: None })), result)
}
