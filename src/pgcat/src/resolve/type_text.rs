//! Types by a text that names one, for `regtype` and `to_regtype`.

use spi::{Code, Error, Result};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::{Names, TypeName};
use crate::types::Type;

/// The type that a text names, for example `character varying(20)[]`.
pub fn type_from_text(names: Names<'_>, database: &str, text: &str) -> Result<Type> {
    type_name_from_text(text)?.resolve(names, database)
}

/// The name of a type that is written in a text.
pub fn type_name_from_text(text: &str) -> Result<TypeName> {
    let invalid = || Error::new(Code::Syntax, format!("invalid type name \"{text}\""));
    if text.trim().is_empty() {
        return Err(invalid());
    }
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(text).map_err(|_| invalid())?;
    let written = parser.parse_data_type().map_err(|_| invalid())?;
    if parser.peek_token().token != Token::EOF {
        return Err(invalid());
    }
    TypeName::new(&written)
}
