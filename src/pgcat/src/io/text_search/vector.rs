//! `tsvector`: lexemes in the order of their bytes, each with its positions: `'cat':3 'fat':2A,11`.

use std::collections::BTreeMap;

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::token::{Token, Tokens};
use super::{LEXEME_MAX, POSITION_MAX, unescaped, weight_letter, write_lexeme};
use crate::io::is_space;
use crate::io::wire::{Input, utf8};

/// How many positions of a lexeme are kept.
const POSITIONS_MAX: usize = 256;

/// The lexemes with their positions, in order, and the weight of each from 0 (D) to 3 (A).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vector(pub BTreeMap<String, BTreeMap<u32, u8>>);

pub fn read(text: &str) -> Result<Vector> {
    let mut tokens = Tokens { rest: text, has_operators: false };
    let mut vector = Vector::default();
    loop {
        match tokens.lexeme() {
            Token::End => return Ok(vector),
            Token::Wrong => return Err(syntax(text)),
            Token::Unescaped => return Err(unescaped(text)),
            Token::Lexeme(lexeme) => {
                if lexeme.len() > LEXEME_MAX {
                    let message = format!("word is too long ({} bytes, max {LEXEME_MAX} bytes)", lexeme.len());
                    return Err(Error::new(Code::Limit, message));
                }
                let positions = positions(&mut tokens, text)?;
                positions.into_iter().for_each(|(position, weight)| vector.add(&lexeme, position, weight));
                vector.0.entry(lexeme).or_default();
            }
        }
    }
}

/// What stands behind a lexeme: `:1A,2`.
fn positions(tokens: &mut Tokens<'_>, text: &str) -> Result<Vec<(u32, u8)>> {
    let mut positions = Vec::new();
    if !tokens.take(':') {
        return Ok(positions);
    }
    loop {
        let digits = tokens.rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(tokens.rest.len());
        let (number, rest) = tokens.rest.split_at(digits);
        if number.is_empty() {
            return Err(syntax(text));
        }
        tokens.rest = rest;
        // What has more digits than fit is larger than any position.
        let position = number.parse().unwrap_or(u32::MAX).min(POSITION_MAX);
        if position == 0 {
            return Err(Error::new(Code::Syntax, format!("wrong position info in tsvector: \"{text}\"")));
        }
        let weight = tokens.rest.chars().next().and_then(weight);
        if weight.is_some() {
            tokens.rest = &tokens.rest[1..];
        }
        positions.push((position, weight.unwrap_or(0)));
        match tokens.rest.chars().next() {
            Some(',') => tokens.rest = &tokens.rest[1..],
            None => return Ok(positions),
            Some(character) if is_space(character) => return Ok(positions),
            Some(_) => return Err(syntax(text)),
        }
    }
}

fn weight(letter: char) -> Option<u8> {
    match letter {
        'a' | 'A' | '*' => Some(3),
        'b' | 'B' => Some(2),
        'c' | 'C' => Some(1),
        'd' | 'D' => Some(0),
        _ => None,
    }
}

fn syntax(text: &str) -> Error {
    Error::new(Code::Syntax, format!("syntax error in tsvector: \"{text}\""))
}

impl Vector {
    /// Adds a position of a lexeme; of two weights in one place the higher one counts.
    pub fn add(&mut self, lexeme: &str, position: u32, weight: u8) {
        let positions = self.0.entry(lexeme.to_owned()).or_default();
        if positions.len() < POSITIONS_MAX || positions.contains_key(&position) {
            let kept = positions.entry(position).or_insert(weight);
            *kept = weight.max(*kept);
        }
    }
}

pub fn text(vector: &Vector) -> String {
    let mut out = String::new();
    for (lexeme, positions) in &vector.0 {
        if !out.is_empty() {
            out.push(' ');
        }
        write_lexeme(lexeme, &mut out);
        for (place, (position, weight)) in positions.iter().enumerate() {
            out.push(if place == 0 { ':' } else { ',' });
            out.push_str(&position.to_string());
            out.extend(weight_letter(*weight));
        }
    }
    out
}

/// How many lexemes there are, then each with a zero behind it, how many positions it has, and these with the weight in the upper bits.
pub fn send(vector: &Vector, out: &mut BytesMut) {
    out.put_u32(vector.0.len() as u32);
    for (lexeme, positions) in &vector.0 {
        out.extend_from_slice(lexeme.as_bytes());
        out.put_u8(0);
        out.put_u16(positions.len() as u16);
        positions.iter().for_each(|(position, weight)| out.put_u16(u16::from(*weight) << 14 | *position as u16));
    }
}

pub fn receive(bytes: &[u8]) -> Result<Vector> {
    let mut input = Input::new(bytes);
    let mut vector = Vector::default();
    for _ in 0..input.u32()? {
        let mut lexeme = Vec::new();
        loop {
            match input.fixed()? {
                [0] => break,
                [byte] => lexeme.push(byte),
            }
        }
        let lexeme = utf8(&lexeme)?;
        vector.0.entry(lexeme.to_owned()).or_default();
        for _ in 0..input.i16()? {
            let position = input.i16()? as u16;
            vector.add(lexeme, u32::from(position & 0x3fff), (position >> 14) as u8);
        }
    }
    input.end()?;
    Ok(vector)
}
