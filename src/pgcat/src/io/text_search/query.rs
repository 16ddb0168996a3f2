//! `tsquery`: lexemes with `&`, `|`, `!` and `<->` between them.

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::token::{Token, Tokens};
use super::{LEXEME_MAX, unescaped, write_lexeme};
use crate::io::wire::{Input, utf8};
use crate::plan::{STACK_PIECE, STACK_RED_ZONE};

/// The largest distance of `<n>`.
const DISTANCE_MAX: u64 = 16384;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    Lexeme(Lexeme),
    Not(Box<Query>),
    And(Box<Query>, Box<Query>),
    Or(Box<Query>, Box<Query>),
    /// The right one so many places behind the left one.
    Phrase(Box<Query>, Box<Query>, u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexeme {
    pub text: String,
    /// The bits of the weights that count; none for all.
    pub weights: u8,
    /// Whether every lexeme that begins so counts.
    pub is_prefix: bool,
}

/// How strongly the operators bind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Phrase,
    Not,
}

/// The query of a text; none where there is nothing in it.
pub fn read(text: &str) -> Result<Option<Query>> {
    let mut parser = Parser { tokens: Tokens { rest: text, has_operators: true }, text };
    parser.tokens.skip_space();
    if parser.tokens.rest.is_empty() {
        return Ok(None);
    }
    let query = parser.operators(Strength::Or)?;
    if parser.tokens.rest.is_empty() { Ok(Some(query)) } else { Err(parser.wrong()) }
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    text: &'a str,
}

impl Parser<'_> {
    fn wrong(&self) -> Error {
        Error::new(Code::Syntax, format!("syntax error in tsquery: \"{}\"", self.text))
    }

    /// Operands with operators between them that bind at least so strongly.
    fn operators(&mut self, least: Strength) -> Result<Query> {
        let mut left = stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || self.operand())?;
        loop {
            self.tokens.skip_space();
            let pair = |left: Query, right: Query| (Box::new(left), Box::new(right));
            left = match self.tokens.rest.chars().next() {
                Some('|') if least <= Strength::Or => {
                    self.tokens.take('|');
                    let (left, right) = pair(left, self.operators(Strength::And)?);
                    Query::Or(left, right)
                }
                Some('&') if least <= Strength::And => {
                    self.tokens.take('&');
                    let (left, right) = pair(left, self.operators(Strength::Phrase)?);
                    Query::And(left, right)
                }
                Some('<') if least <= Strength::Phrase => {
                    let distance = self.distance()?;
                    let (left, right) = pair(left, self.operators(Strength::Not)?);
                    Query::Phrase(left, right, distance)
                }
                _ => return Ok(left),
            }
        }
    }

    /// `<->` is `<1>`.
    fn distance(&mut self) -> Result<u16> {
        self.tokens.take('<');
        if self.tokens.take('-') {
            return if self.tokens.take('>') { Ok(1) } else { Err(self.wrong()) };
        }
        let digits = self.tokens.rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(self.tokens.rest.len());
        let (number, rest) = self.tokens.rest.split_at(digits);
        if number.is_empty() {
            return Err(self.wrong());
        }
        self.tokens.rest = rest;
        let distance = number.parse::<u64>().ok().filter(|distance| *distance <= DISTANCE_MAX).ok_or_else(|| {
            let message = format!("distance in phrase operator must be an integer value between zero and {DISTANCE_MAX} inclusive");
            Error::new(Code::InvalidArgument, message)
        })?;
        if self.tokens.take('>') { Ok(distance as u16) } else { Err(self.wrong()) }
    }

    fn operand(&mut self) -> Result<Query> {
        self.tokens.skip_space();
        if self.tokens.take('!') {
            let negated = stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || self.operand())?;
            return Ok(Query::Not(Box::new(negated)));
        }
        if self.tokens.take('(') {
            let inside = self.operators(Strength::Or)?;
            self.tokens.skip_space();
            return if self.tokens.take(')') { Ok(inside) } else { Err(self.wrong()) };
        }
        if self.tokens.rest.starts_with(':') {
            return Err(self.wrong());
        }
        match self.tokens.lexeme() {
            Token::End => Err(Error::new(Code::Syntax, format!("no operand in tsquery: \"{}\"", self.text))),
            Token::Wrong => Err(self.wrong()),
            Token::Unescaped => Err(unescaped(self.text)),
            Token::Lexeme(text) if text.len() > LEXEME_MAX => {
                Err(Error::new(Code::Limit, format!("word is too long in tsquery: \"{}\"", self.text)))
            }
            Token::Lexeme(text) => {
                let (weights, is_prefix) = self.modifiers();
                Ok(Query::Lexeme(Lexeme { text, weights, is_prefix }))
            }
        }
    }

    /// Weights, and `*` for all that begins so.
    fn modifiers(&mut self) -> (u8, bool) {
        let (mut weights, mut is_prefix) = (0, false);
        if !self.tokens.take(':') {
            return (weights, is_prefix);
        }
        while let Some(character) = self.tokens.rest.chars().next() {
            match character.to_ascii_uppercase() {
                'A' => weights |= 8,
                'B' => weights |= 4,
                'C' => weights |= 2,
                'D' => weights |= 1,
                '*' => is_prefix = true,
                _ => break,
            }
            self.tokens.rest = &self.tokens.rest[1..];
        }
        (weights, is_prefix)
    }
}

pub fn text(query: &Query) -> String {
    let mut out = String::new();
    write(query, Strength::Or, false, &mut out);
    out
}

/// Parentheses stand around what binds less than what is around it, and around a phrase on the right of a phrase.
fn write(query: &Query, around: Strength, is_right_of_phrase: bool, out: &mut String) {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || {
        let (strength, operator, sides) = match query {
            Query::Lexeme(lexeme) => return write_operand(lexeme, out),
            Query::Not(negated) => {
                out.push('!');
                return write(negated, Strength::Not, false, out);
            }
            Query::And(left, right) => (Strength::And, " & ".to_owned(), (left, right)),
            Query::Or(left, right) => (Strength::Or, " | ".to_owned(), (left, right)),
            Query::Phrase(left, right, 1) => (Strength::Phrase, " <-> ".to_owned(), (left, right)),
            Query::Phrase(left, right, distance) => (Strength::Phrase, format!(" <{distance}> "), (left, right)),
        };
        let is_phrase = strength == Strength::Phrase;
        let is_enclosed = strength < around || is_phrase && is_right_of_phrase;
        if is_enclosed {
            out.push_str("( ");
        }
        write(sides.0, strength, false, out);
        out.push_str(&operator);
        write(sides.1, strength, is_phrase, out);
        if is_enclosed {
            out.push_str(" )");
        }
    });
}

fn write_operand(lexeme: &Lexeme, out: &mut String) {
    write_lexeme(&lexeme.text, out);
    if lexeme.weights != 0 || lexeme.is_prefix {
        out.push(':');
    }
    if lexeme.is_prefix {
        out.push('*');
    }
    out.extend([(8, 'A'), (4, 'B'), (2, 'C'), (1, 'D')].into_iter().filter(|(bit, _)| lexeme.weights & bit != 0).map(|(_, letter)| letter));
}

const OPERAND: u8 = 1;
const OPERATOR: u8 = 2;
const NOT: u8 = 1;
const AND: u8 = 2;
const OR: u8 = 3;
const PHRASE: u8 = 4;

/// How many operands and operators there are, then these, an operator before its right and then its left side.
pub fn send(query: Option<&Query>, out: &mut BytesMut) {
    out.put_u32(query.map_or(0, nodes));
    if let Some(query) = query {
        send_node(query, out);
    }
}

/// How many operands and operators there are.
pub fn nodes(query: &Query) -> u32 {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || match query {
        Query::Lexeme(_) => 1,
        Query::Not(negated) => 1 + nodes(negated),
        Query::And(left, right) | Query::Or(left, right) | Query::Phrase(left, right, _) => 1 + nodes(left) + nodes(right),
    })
}

fn send_node(query: &Query, out: &mut BytesMut) {
    let operator = match query {
        Query::Lexeme(lexeme) => {
            out.extend_from_slice(&[OPERAND, lexeme.weights, lexeme.is_prefix.into()]);
            out.extend_from_slice(lexeme.text.as_bytes());
            return out.put_u8(0);
        }
        Query::Not(_) => NOT,
        Query::And(..) => AND,
        Query::Or(..) => OR,
        Query::Phrase(..) => PHRASE,
    };
    out.extend_from_slice(&[OPERATOR, operator]);
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || match query {
        Query::Lexeme(_) => {}
        Query::Not(negated) => send_node(negated, out),
        Query::And(left, right) | Query::Or(left, right) => {
            send_node(right, out);
            send_node(left, out);
        }
        Query::Phrase(left, right, distance) => {
            out.put_u16(*distance);
            send_node(right, out);
            send_node(left, out);
        }
    });
}

pub fn receive(bytes: &[u8]) -> Result<Option<Query>> {
    let mut input = Input::new(bytes);
    let query = if input.u32()? == 0 { None } else { Some(receive_node(&mut input)?) };
    input.end()?;
    Ok(query)
}

fn receive_node(input: &mut Input<'_>) -> Result<Query> {
    let malformed = |what: &str| Error::internal(format!("malformed tsquery: {what}"));
    let node = |input: &mut Input<'_>| stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || receive_node(input).map(Box::new));
    match input.fixed()? {
        [OPERAND] => {
            let [weights, prefix] = input.fixed()?;
            let mut text = Vec::new();
            loop {
                match input.fixed()? {
                    [0] => break,
                    [byte] => text.push(byte),
                }
            }
            Ok(Query::Lexeme(Lexeme { text: utf8(&text)?.to_owned(), weights: weights & 0xf, is_prefix: prefix != 0 }))
        }
        [OPERATOR] => {
            let [operator] = input.fixed()?;
            if operator == NOT {
                return node(input).map(Query::Not);
            }
            let distance = if operator == PHRASE { input.i16()? as u16 } else { 0 };
            let (right, left) = (node(input)?, node(input)?);
            match operator {
                AND => Ok(Query::And(left, right)),
                OR => Ok(Query::Or(left, right)),
                PHRASE => Ok(Query::Phrase(left, right, distance)),
                other => Err(malformed(&format!("invalid operator type {other}"))),
            }
        }
        [other] => Err(malformed(&format!("invalid operand type {other}"))),
    }
}
