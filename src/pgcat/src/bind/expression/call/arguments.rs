//! The arguments of a call as they are written.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArguments, Ident, Spanned};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use crate::bind::{Binder, Place};
use crate::expr::Typed;
use crate::resolve::fold;

/// The arguments of a call.
#[derive(Clone, Default)]
pub(super) struct Arguments {
    pub values: Vec<Typed>,
    /// The names of the last ones, where they have names.
    pub names: Vec<String>,
    /// Whether the last one is `VARIADIC array`.
    pub is_variadic: bool,
    /// Whether `*` stands for them.
    pub is_star: bool,
}

impl Binder<'_> {
    pub(super) fn arguments(&mut self, syntax: &ast::Function, place: Place) -> Result<Arguments> {
        let mut arguments = Arguments::default();
        match &syntax.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => arguments.values.push(self.scalar_subquery(query)?),
            FunctionArguments::List(list) => {
                for argument in &list.args {
                    self.argument(argument, &mut arguments, place)?;
                }
            }
        }
        for ordered in &syntax.within_group {
            arguments.values.push(self.expression(&ordered.expr, place)?);
        }
        Ok(arguments)
    }

    fn argument(&mut self, argument: &FunctionArg, arguments: &mut Arguments, place: Place) -> Result<()> {
        let (name, value) = match argument {
            FunctionArg::Unnamed(value) => (None, value),
            FunctionArg::Named { name, arg, operator } => (named(name, operator)?, arg),
            FunctionArg::ExprNamed { name: ast::Expr::Identifier(name), arg, operator } => (named(name, operator)?, arg),
            FunctionArg::ExprNamed { name, .. } => {
                return Err(Error::new(Code::Syntax, format!("syntax error at or near \"{name}\"")));
            }
        };
        match name {
            Some(Name::Variadic) => arguments.is_variadic = true,
            Some(Name::Parameter(name)) => {
                if arguments.names.contains(&name) {
                    let error = Error::new(Code::Syntax, format!("argument name \"{name}\" used more than once"));
                    return self.locate(|_| argument.span(), Err(error));
                }
                arguments.names.push(name);
            }
            None if !arguments.names.is_empty() => {
                let error = Error::new(Code::Syntax, "positional argument cannot follow named argument");
                return self.locate(|_| argument.span(), Err(error));
            }
            None => {}
        }
        match value {
            FunctionArgExpr::Expr(expr) => arguments.values.push(self.expression(expr, place)?),
            FunctionArgExpr::QualifiedWildcard(name) => arguments.values.push(self.whole_row(name)?),
            FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => arguments.is_star = true,
        }
        Ok(())
    }
}

/// What stands in front of an argument.
enum Name {
    Parameter(String),
    Variadic,
}

/// `name => value` and `name := value`; `VARIADIC array` is read as `VARIADIC VALUE array`.
fn named(name: &Ident, operator: &FunctionArgOperator) -> Result<Option<Name>> {
    match operator {
        FunctionArgOperator::RightArrow | FunctionArgOperator::Assignment => Ok(Some(Name::Parameter(fold(name)))),
        FunctionArgOperator::Value if name.value.eq_ignore_ascii_case("variadic") => Ok(Some(Name::Variadic)),
        other => Err(Error::new(Code::Syntax, format!("syntax error at or near \"{other}\""))),
    }
}

/// Where the last argument stands.
pub(super) fn last(syntax: &ast::Function) -> Span {
    match &syntax.args {
        FunctionArguments::List(list) => list.args.last().map_or_else(Span::empty, argument_span),
        _ => Span::empty(),
    }
}

/// Where an argument stands, without its name.
fn argument_span(argument: &FunctionArg) -> Span {
    match argument {
        FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => arg.span(),
    }
}

/// An argument of a construct that only takes expressions.
pub(super) fn plain(argument: &FunctionArg) -> Result<&ast::Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        other => Err(Error::new(Code::Syntax, format!("syntax error at or near \"{other}\""))),
    }
}

/// An item of `ROW(…)`, which may be `t.*`.
pub(super) fn row_item(argument: &FunctionArg) -> Result<ast::Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
            let star = TokenWithSpan::new(Token::Mul, Span::empty());
            Ok(ast::Expr::QualifiedWildcard(name.clone(), star.into()))
        }
        other => plain(other).cloned(),
    }
}
