//! Calls of functions: `ParseFuncOrColumn` of PostgreSQL.

mod arguments;
mod check;
mod implement;
mod json;
mod over_rows;
mod sql_function;

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast::{self, FunctionArguments, Spanned};

use super::now;
use super::several::merged_collation;
use crate::bind::{Binder, Place};
use crate::expr::{Call, Expr, Typed};
use crate::function::Signature;
use crate::parse::JSON_ARRAY_OF_QUERY;
use crate::resolve::{
    ArgumentSource, Coercion, Found, FunctionCall, FunctionInfo, FunctionKind, ResolvedFunction, fold, format_type, parts,
};
use crate::types::{Type, oid};

use arguments::Arguments;

impl Binder<'_> {
    /// A call as a value.
    pub(super) fn function(&mut self, syntax: &ast::Function, place: Place) -> Result<Typed> {
        if let Some(typed) = self.word(syntax, place)? {
            return Ok(typed);
        }
        let name = parts(&syntax.name)?;
        let inside = match syntax.over {
            Some(_) => Place::WindowArgument,
            None if self.names().is_aggregate(&name) => Place::AggregateArgument,
            None => place,
        };
        let arguments = self.arguments(syntax, inside)?;
        let bound = self.resolve_call(syntax, &name, arguments, place);
        self.locate(|_| syntax.name.span(), bound)
    }

    /// What looks like a call but is a construct of the language.
    fn word(&mut self, syntax: &ast::Function, place: Place) -> Result<Option<Typed>> {
        let [ast::ObjectNamePart::Identifier(ident)] = syntax.name.0.as_slice() else { return Ok(None) };
        if ident.value == JSON_ARRAY_OF_QUERY {
            return self.json_array_of(&syntax.args).map(Some);
        }
        if ident.quote_style.is_some() {
            return Ok(None);
        }
        let word = ident.value.to_ascii_lowercase();
        match &syntax.args {
            FunctionArguments::None => self.keyword_function(ident),
            FunctionArguments::Subquery(query) if word == "array" => self.array_subquery(query).map(Some),
            FunctionArguments::Subquery(_) => Ok(None),
            FunctionArguments::List(list) => {
                let items = || -> Result<Vec<&ast::Expr>> { list.args.iter().map(arguments::plain).collect() };
                let typed = match word.as_str() {
                    "coalesce" | "greatest" | "least" | "nullif" => {
                        let written = items()?;
                        if written.is_empty() {
                            return Err(Error::new(Code::Syntax, "syntax error at or near \")\""));
                        }
                        let items = written.iter().map(|item| self.expression(item, place)).collect::<Result<Vec<_>>>()?;
                        let typed = match word.as_str() {
                            "coalesce" => self.coalesce(items, &written),
                            "nullif" => self.null_if(items),
                            _ => self.extreme(items, &written, word == "greatest"),
                        };
                        self.locate(|_| syntax.span(), typed)?
                    }
                    "normalize" => {
                        let items = items()?;
                        let [text, ast::Expr::Identifier(form)] = items.as_slice() else { return Ok(None) };
                        let form = Typed::new(Expr::Constant(fold(form).into()), Type::new(oid::TEXT));
                        let text = self.expression(text, place)?;
                        let call = self.call_named("normalize", vec![text, form]);
                        self.locate(|_| syntax.span(), call)?
                    }
                    "json_object" | "json_array" | "json_objectagg" | "json_arrayagg" => {
                        return self.json_constructor(&word, syntax, place);
                    }
                    "row" => {
                        let items: Vec<ast::Expr> = list.args.iter().map(arguments::row_item).collect::<Result<_>>()?;
                        self.row_value(&items, place)?
                    }
                    "grouping" => {
                        let items = items()?.into_iter().map(|item| Ok(self.expression(item, place)?.expr)).collect::<Result<_>>()?;
                        self.grouping_call(items)?
                    }
                    "current_time" | "current_timestamp" | "localtime" | "localtimestamp" => {
                        let precision = items()?.first().and_then(|item| item.to_string().parse().ok());
                        return Ok(now::moment(&word, precision));
                    }
                    _ => return Ok(None),
                };
                Ok(Some(typed))
            }
        }
    }

    fn resolve_call(&mut self, syntax: &ast::Function, name: &[String], arguments: Arguments, place: Place) -> Result<Typed> {
        let types: Vec<u32> = arguments.values.iter().map(|argument| argument.type_.oid).collect();
        let call = FunctionCall { name, arguments: &types, argument_names: &arguments.names, is_variadic: arguments.is_variadic };
        let found = self.names().function(&call)?;
        match found {
            Found::Function(function) => {
                check::decorations(self.names(), syntax, name, &function, &arguments)?;
                let arguments = match function.direct_arguments {
                    Some(_) if over_rows::is_hypothetical(&function.info.name) => self.paired(syntax, &call, arguments.clone())?,
                    _ => arguments,
                };
                self.call_resolved(syntax, *function, arguments, place)
            }
            Found::Cast(target) if check::is_plain(syntax) => {
                let argument = arguments.values.into_iter().next();
                let missing = || Error::internal("a cast by name has no argument");
                let argument = argument.ok_or_else(missing)?;
                self.convert(argument, target, -1, Coercion::Explicit)
            }
            found => {
                // `f(record)` may also mean `record.f`.
                if let ([name], [argument], true) = (name, arguments.values.as_slice(), check::is_plain(syntax))
                    && let Some(field) = self.field_named(argument, name)
                {
                    return Ok(field);
                }
                Err(self.names().no_function(&call, &found, check::has_order(syntax)))
            }
        }
    }

    fn call_resolved(&mut self, syntax: &ast::Function, function: ResolvedFunction, arguments: Arguments, place: Place) -> Result<Typed> {
        let is_variadic = arguments.is_variadic && function.takes_any_number;
        if is_variadic && arguments.values.last().is_some_and(|last| self.names().base_element(last.type_.oid).is_none()) {
            let error = Error::new(Code::DatatypeMismatch, "VARIADIC argument must be an array");
            return self.locate(|_| arguments::last(syntax), Err(error));
        }
        let arguments = self.in_order(&function, arguments.values)?;
        let result = self.result_type(&function, &arguments);
        let ResolvedFunction { info, outputs, .. } = function;
        let signature = Signature { arguments: arguments.iter().map(|argument| argument.type_).collect(), result, is_variadic };
        let arguments = arguments.into_iter().map(|argument| argument.expr).collect();
        if matches!(info.kind, FunctionKind::Aggregate | FunctionKind::Window) {
            return self.call_over_rows(syntax, &info, signature, arguments, place);
        }
        let function = self.implement(&info, signature, outputs.into())?;
        if function.returns_set {
            return self.set_returning_call(function, arguments, place, self.position(syntax.name.span()));
        }
        Ok(Typed::new(Expr::Call(Box::new(Call { function, arguments, position: None })), result))
    }

    /// The arguments as the function takes them, with defaults, and with those that become one array as that.
    fn in_order(&mut self, function: &ResolvedFunction, given: Vec<Typed>) -> Result<Vec<Typed>> {
        let mut given: Vec<Option<Typed>> = given.into_iter().map(Some).collect();
        let mut ordered = Vec::with_capacity(function.order.len());
        for source in &function.order {
            ordered.push(match source {
                ArgumentSource::Given(place) => {
                    let missing = || Error::internal("an argument is taken twice");
                    given.get_mut(*place).and_then(Option::take).ok_or_else(missing)?
                }
                ArgumentSource::Default(parameter) => self.default_argument(function.info.oid, *parameter)?,
            });
        }
        let mut ordered = self.coerce_arguments(ordered, &function.declared)?;
        if let Some((first, array)) = function.collected {
            let type_ = self.names().type_of(array, -1);
            let element = self.names().element(array).unwrap_or_default();
            let collected: Vec<Typed> = ordered.drain(first..).collect();
            let types: Vec<Type> = collected.iter().map(|item| item.type_).collect();
            let collation = if type_.collation == 0 { 0 } else { merged_collation(&types).unwrap_or(type_.collation) };
            let items = collected.into_iter().map(|item| item.expr).collect();
            ordered.push(Typed::new(Expr::Array { element, items, nested: false }, Type { collation, ..type_ }));
        }
        Ok(ordered)
    }

    fn result_type(&mut self, function: &ResolvedFunction, arguments: &[Typed]) -> Type {
        if function.result == oid::RECORD && !function.outputs.is_empty() {
            return self.record_type(&function.outputs.clone().into());
        }
        self.collated(function.result, arguments)
    }

    /// The type of a result, with the collation of the arguments.
    fn collated(&self, result: u32, arguments: &[Typed]) -> Type {
        let own = self.names().type_of(result, -1);
        let types: Vec<Type> = arguments.iter().map(|argument| argument.type_).collect();
        if own.collation == 0 { own } else { Type { collation: merged_collation(&types).unwrap_or(own.collation), ..own } }
    }

    /// A function that is known, called with arguments as it takes them.
    pub(super) fn call(&mut self, info: &FunctionInfo, arguments: Vec<Typed>, result: u32) -> Result<Typed> {
        let result = self.collated(result, &arguments);
        let types = arguments.iter().map(|argument| argument.type_).collect();
        let function = self.implement(info, Signature { arguments: types, result, is_variadic: false }, Arc::default())?;
        let arguments = arguments.into_iter().map(|argument| argument.expr).collect();
        Ok(Typed::new(Expr::Call(Box::new(Call { function, arguments, position: None })), result))
    }

    /// A function by its name, called with these arguments, that gives one value.
    pub(super) fn call_with(&mut self, name: &[String], arguments: Vec<Typed>) -> Result<Typed> {
        let types: Vec<u32> = arguments.iter().map(|argument| argument.type_.oid).collect();
        let call = FunctionCall { name, arguments: &types, argument_names: &[], is_variadic: false };
        let found = self.names().function(&call)?;
        let Found::Function(function) = found else { return Err(self.names().no_function(&call, &found, false)) };
        let arguments = self.in_order(&function, arguments)?;
        if function.info.kind != FunctionKind::Function || function.info.returns_set {
            let shown: Vec<String> = types.iter().map(|type_oid| format_type(self.names(), *type_oid, None)).collect();
            let message = format!("function {}({}) cannot be called here", name.join("."), shown.join(", "));
            return Err(Error::new(Code::WrongObject, message));
        }
        self.call(&function.info, arguments, function.result)
    }

    /// `record.f` as `f(record)`, where there is such a function.
    pub(super) fn functional_notation(&mut self, name: &str, record: Typed) -> Result<Option<Typed>> {
        let name = [name.to_owned()];
        let types = [record.type_.oid];
        let call = FunctionCall { name: &name, arguments: &types, argument_names: &[], is_variadic: false };
        match self.names().function(&call)? {
            Found::Function(function) if function.info.kind == FunctionKind::Function && !function.info.returns_set => {
                let arguments = self.in_order(&function, vec![record])?;
                self.call(&function.info, arguments, function.result).map(Some)
            }
            Found::Cast(target) => self.convert(record, target, -1, Coercion::Explicit).map(Some),
            _ => Ok(None),
        }
    }
}
