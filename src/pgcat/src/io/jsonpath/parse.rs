//! The grammar of paths.

use std::ops::Range;

use spi::{Code, Error, Result};

use super::lexer::{Lexer, Token};
use super::{Base, Comparison, Expr, JsonPath, LAST_LEVEL, Method, Operator, Sign, Step};
use crate::io::{invalid, numeric};

/// How deep a path may be nested; PostgreSQL's own limit is the size of its stack.
const DEPTH_MAX: usize = 500;

pub fn parse(text: &str) -> Result<JsonPath> {
    let mut parser = Parser { lexer: Lexer::new(text), token: Token::End, taken: 0..0, depth: 0, filters: 0, subscripts: 0 };
    parser.advance()?;
    if parser.token == Token::End {
        return Err(invalid("jsonpath", text));
    }
    let strict = parser.takes_word("strict")?;
    if !strict {
        parser.takes_word("lax")?;
    }
    let expr = parser.disjunction()?;
    match parser.token {
        Token::End => Ok(JsonPath { strict, expr }),
        _ => Err(parser.lexer.error()),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token at hand.
    token: Token,
    /// Where the one before it is.
    taken: Range<usize>,
    depth: usize,
    /// How many filters and subscripts are around.
    filters: usize,
    subscripts: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token> {
        self.taken = self.lexer.place();
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    /// The error for the token that was taken last.
    fn refused(&self) -> Error {
        self.lexer.error_at(self.taken.clone())
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.token, Token::Symbol(found) if found == symbol)
    }

    fn takes(&mut self, symbol: &str) -> Result<bool> {
        let found = self.is(symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.takes(symbol)? { Ok(()) } else { Err(self.lexer.error()) }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn takes_word(&mut self, word: &str) -> Result<bool> {
        let found = self.is_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// A condition where one must be.
    fn predicate(&self, expr: Expr) -> Result<Box<Expr>> {
        if expr.is_predicate() { Ok(Box::new(expr)) } else { Err(self.lexer.error()) }
    }

    /// A value where one must be.
    fn value(&self, expr: Expr) -> Result<Box<Expr>> {
        if expr.is_predicate() { Err(self.lexer.error()) } else { Ok(Box::new(expr)) }
    }

    fn disjunction(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::new(Code::StackDepth, "stack depth limit exceeded"));
        }
        let mut left = self.conjunction()?;
        while self.takes("||")? {
            let right = self.conjunction()?;
            left = Expr::new(Base::Or(self.predicate(left)?, self.predicate(right)?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expr> {
        let mut left = self.comparison()?;
        while self.takes("&&")? {
            let right = self.comparison()?;
            left = Expr::new(Base::And(self.predicate(left)?, self.predicate(right)?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expr> {
        if self.takes("!")? {
            let is_delimited = self.is("(") || self.is_word("exists");
            let negated = if is_delimited { self.primary()? } else { return Err(self.lexer.error()) };
            return Ok(Expr::new(Base::Not(self.predicate(negated)?)));
        }
        let left = self.sum()?;
        let comparison = match self.token {
            Token::Symbol("==") => Comparison::Equal,
            Token::Symbol("!=" | "<>") => Comparison::NotEqual,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::LessOrEqual,
            Token::Symbol(">") => Comparison::Greater,
            Token::Symbol(">=") => Comparison::GreaterOrEqual,
            _ if self.is_word("starts") => return self.starts_with(left),
            _ if self.is_word("like_regex") => return self.like_regex(left),
            _ => return Ok(left),
        };
        let left = self.value(left)?;
        self.advance()?;
        let right = self.sum()?;
        Ok(Expr::new(Base::Compare(comparison, left, self.value(right)?)))
    }

    fn starts_with(&mut self, operand: Expr) -> Result<Expr> {
        let operand = self.value(operand)?;
        self.advance()?;
        if !self.takes_word("with")? {
            return Err(self.lexer.error());
        }
        let initial = match self.advance()? {
            Token::String(text) => Base::String(text),
            Token::Variable(name) => Base::Variable(name),
            _ => return Err(self.lexer.error()),
        };
        Ok(Expr::new(Base::StartsWith(operand, Box::new(Expr::new(initial)))))
    }

    fn like_regex(&mut self, operand: Expr) -> Result<Expr> {
        let operand = self.value(operand)?;
        self.advance()?;
        let Token::String(pattern) = self.advance()? else { return Err(self.refused()) };
        let mut flags = String::new();
        if self.takes_word("flag")? {
            let Token::String(letters) = self.advance()? else { return Err(self.refused()) };
            if let Some(letter) = letters.chars().find(|letter| !"ismxq".contains(*letter)) {
                return Err(Error::new(Code::Syntax, "invalid input syntax for type jsonpath")
                    .detail(format!("Unrecognized flag character \"{letter}\" in LIKE_REGEX predicate.")));
            }
            // In the order that they are printed in, each once.
            flags.extend("ismxq".chars().filter(|letter| letters.contains(*letter)));
        }
        if flags.contains('x') && !flags.contains('q') {
            let message = "XQuery \"x\" flag (expanded regular expressions) is not implemented";
            return Err(Error::new(Code::Unsupported, message));
        }
        Ok(Expr::new(Base::LikeRegex { operand, pattern, flags }))
    }

    fn sum(&mut self) -> Result<Expr> {
        let mut left = self.product()?;
        loop {
            let operator = match self.token {
                Token::Symbol("+") => Operator::Add,
                Token::Symbol("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.advance()?;
            let right = self.product()?;
            left = Expr::new(Base::Arithmetic(operator, self.value(left)?, self.value(right)?));
        }
    }

    fn product(&mut self) -> Result<Expr> {
        let mut left = self.signed()?;
        loop {
            let operator = match self.token {
                Token::Symbol("*") => Operator::Multiply,
                Token::Symbol("/") => Operator::Divide,
                Token::Symbol("%") => Operator::Remainder,
                _ => return Ok(left),
            };
            self.advance()?;
            let right = self.signed()?;
            left = Expr::new(Base::Arithmetic(operator, self.value(left)?, self.value(right)?));
        }
    }

    fn signed(&mut self) -> Result<Expr> {
        let sign = match self.token {
            Token::Symbol("+") => Sign::Plus,
            Token::Symbol("-") => Sign::Minus,
            _ => return self.primary(),
        };
        self.advance()?;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::new(Code::StackDepth, "stack depth limit exceeded"));
        }
        let operand = self.signed()?;
        self.depth -= 1;
        // A sign before a number is a part of it.
        match (sign, operand) {
            (sign, Expr { base: Base::Number(digits), steps }) if steps.is_empty() && !digits.starts_with('-') => {
                let digits = if sign == Sign::Minus { format!("-{digits}") } else { digits };
                Ok(Expr::new(Base::Number(digits)))
            }
            (sign, operand) => Ok(Expr::new(Base::Unary(sign, self.value(operand)?))),
        }
    }

    /// Something with its steps.
    fn primary(&mut self) -> Result<Expr> {
        let base = match self.advance()? {
            Token::Symbol("$") => Base::Root,
            Token::Symbol("@") if self.filters == 0 => return Err(Error::new(Code::Syntax, "@ is not allowed in root expressions")),
            Token::Symbol("@") => Base::Current,
            Token::String(text) => Base::String(text),
            Token::Number(digits) => Base::Number(number(&digits)?),
            Token::Variable(name) => Base::Variable(name),
            Token::Word(word) => match word.as_str() {
                "null" => Base::Null,
                "true" => Base::Bool(true),
                "false" => Base::Bool(false),
                word if word.eq_ignore_ascii_case("last") => {
                    if self.subscripts == 0 {
                        return Err(Error::new(Code::Syntax, "LAST is allowed only in array subscripts"));
                    }
                    Base::Last
                }
                word if word.eq_ignore_ascii_case("exists") => {
                    self.expect("(")?;
                    let operand = self.disjunction()?;
                    let operand = self.value(operand)?;
                    self.expect(")")?;
                    return Ok(Expr::new(Base::Exists(operand)));
                }
                _ => return Err(self.refused()),
            },
            Token::Symbol("(") => return self.in_parentheses(),
            _ => return Err(self.refused()),
        };
        let steps = self.steps()?;
        Ok(Expr { base, steps })
    }

    fn in_parentheses(&mut self) -> Result<Expr> {
        let inner = self.disjunction()?;
        self.expect(")")?;
        if self.is_word("is") {
            self.advance()?;
            if !self.takes_word("unknown")? {
                return Err(self.lexer.error());
            }
            return Ok(Expr::new(Base::IsUnknown(self.predicate(inner)?)));
        }
        let Expr { base, mut steps } = inner;
        steps.extend(self.steps()?);
        Ok(Expr { base, steps })
    }

    fn steps(&mut self) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            if self.takes(".")? {
                steps.push(self.member()?);
            } else if self.takes("[")? {
                steps.push(self.items()?);
            } else if self.takes("?")? {
                self.expect("(")?;
                self.filters += 1;
                let condition = self.disjunction()?;
                self.filters -= 1;
                let condition = self.predicate(condition)?;
                self.expect(")")?;
                steps.push(Step::Filter(condition));
            } else {
                return Ok(steps);
            }
        }
    }

    /// What stands behind a point.
    fn member(&mut self) -> Result<Step> {
        match self.advance()? {
            Token::Symbol("*") => Ok(Step::AnyKey),
            Token::Symbol("**") => self.levels(),
            Token::String(key) => Ok(Step::Key(key)),
            Token::Word(word) => {
                if !self.is("(") {
                    return Ok(Step::Key(word));
                }
                let method = Method::ALL.into_iter().find(|(_, name)| word.eq_ignore_ascii_case(name));
                let Some((method, _)) = method else {
                    if word.eq_ignore_ascii_case("datetime") {
                        return Err(Error::new(Code::Unsupported, "jsonpath item method .datetime() is not supported"));
                    }
                    return Err(self.lexer.error());
                };
                self.advance()?;
                self.expect(")")?;
                Ok(Step::Method(method))
            }
            _ => Err(self.refused()),
        }
    }

    fn levels(&mut self) -> Result<Step> {
        if !self.takes("{")? {
            return Ok(Step::Descend(0, LAST_LEVEL));
        }
        let from = self.level()?;
        let to = if self.takes_word("to")? { self.level()? } else { from };
        self.expect("}")?;
        Ok(Step::Descend(from, to))
    }

    fn level(&mut self) -> Result<u32> {
        match self.advance()? {
            Token::Number(digits) => digits.parse().map_err(|_| self.refused()),
            Token::Word(word) if word.eq_ignore_ascii_case("last") => Ok(LAST_LEVEL),
            _ => Err(self.refused()),
        }
    }

    fn items(&mut self) -> Result<Step> {
        if self.takes("*")? {
            self.expect("]")?;
            return Ok(Step::AnyItem);
        }
        self.subscripts += 1;
        let mut items = Vec::new();
        loop {
            let from = self.disjunction()?;
            let from = *self.value(from)?;
            let to = if self.takes_word("to")? {
                let to = self.disjunction()?;
                Some(*self.value(to)?)
            } else {
                None
            };
            items.push((from, to));
            if !self.takes(",")? {
                break;
            }
        }
        self.subscripts -= 1;
        self.expect("]")?;
        Ok(Step::Items(items))
    }
}

/// The digits of a number as `numeric` prints them.
fn number(digits: &str) -> Result<String> {
    let mut text = String::new();
    numeric::write(&numeric::read(digits)?, &mut text);
    Ok(text)
}
