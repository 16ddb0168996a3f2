//! The texts of geometric values, in the many forms that PostgreSQL reads.

use spi::{Code, Error, Result};

use super::{Circle, Line, Path, Point, Polygon, Rectangle, Segment, Shape, same};
use crate::io::{float, invalid, is_space};

/// A text that is read from its start.
pub struct Parser<'a> {
    rest: &'a str,
    /// A number that is too large or too small.
    fault: Option<Error>,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, fault: None }
    }

    /// Why the text is none of the type's.
    pub fn error(self, type_name: &str, text: &str) -> Error {
        self.fault.unwrap_or_else(|| invalid(type_name, text))
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(is_space);
    }

    /// Reads a character that is the next, if it is.
    fn take(&mut self, character: char) -> bool {
        let rest = self.rest.strip_prefix(character);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, character: char) -> Option<()> {
        self.take(character).then_some(())
    }

    /// A number, with the white space around it.
    fn number(&mut self) -> Option<f64> {
        self.skip_space();
        let end = self.rest.find([',', '(', ')', '[', ']', '<', '>', '{', '}']).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        float::read8(number).map_err(|error| self.fault = Some(error).filter(|error| error.code == Code::OutOfRange)).ok()
    }

    /// Two numbers, in parentheses or not.
    fn pair(&mut self) -> Option<Point> {
        self.skip_space();
        let is_enclosed = self.take('(');
        let x = self.number()?;
        self.expect(',')?;
        let y = self.number()?;
        if is_enclosed {
            self.expect(')')?;
            self.skip_space();
        }
        Some(Point { x, y })
    }

    /// Whether only one parenthesis is still to be opened, which then is around all points.
    fn opens_once(&self) -> bool {
        self.rest.starts_with('(') && self.rest.rfind('(') == Some(0)
    }

    /// So many points, and whether they stand in brackets, where these are allowed.
    fn points(&mut self, count: usize, may_be_open: bool) -> Option<(Vec<Point>, bool)> {
        self.skip_space();
        let is_open = self.rest.starts_with('[');
        let mut depth = 0;
        if is_open {
            if !may_be_open {
                return None;
            }
            self.take('[');
            depth = 1;
        } else if let Some(inside) = self.rest.strip_prefix('(') {
            let inside = inside.trim_start_matches(is_space);
            if inside.starts_with('(') || self.opens_once() {
                self.rest = inside;
                depth = 1;
            }
        }
        let mut points = Vec::with_capacity(count);
        for _ in 0..count {
            points.push(self.pair()?);
            self.take(',');
        }
        if depth > 0 {
            if !(self.take(')') || is_open && self.take(']')) {
                return None;
            }
            self.skip_space();
        }
        Some((points, is_open))
    }

    /// How many points the text has, by its commas.
    fn count(&self) -> Option<usize> {
        let commas = self.rest.matches(',').count();
        (commas % 2 == 1).then_some(commas.div_ceil(2))
    }
}

impl Shape for Point {
    const NAME: &'static str = "point";

    fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        parser.pair()
    }

    fn write(&self, out: &mut String) {
        super::write::point(*self, out);
    }
}

impl Shape for Segment {
    const NAME: &'static str = "lseg";

    fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        let (points, _) = parser.points(2, true)?;
        Some(Self { start: points[0], end: points[1] })
    }

    fn write(&self, out: &mut String) {
        super::write::points(&[self.start, self.end], Some(('[', ']')), out);
    }
}

impl Shape for Rectangle {
    const NAME: &'static str = "box";

    fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        let (points, _) = parser.points(2, false)?;
        Some(Self::new(points[0], points[1]))
    }

    fn write(&self, out: &mut String) {
        super::write::points(&[self.high, self.low], None, out);
    }
}

impl Shape for Line {
    const NAME: &'static str = "line";

    fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        parser.skip_space();
        if !parser.take('{') {
            let (points, _) = parser.points(2, true)?;
            // A point alone has no slope, which the check finds.
            let distinct = !points[0].is_same(points[1]);
            let through = Self::through(points[0], points[0].slope(points[1]));
            return Some(if distinct { through } else { Self { a: f64::NAN, b: f64::NAN, c: f64::NAN } });
        }
        let a = parser.number()?;
        parser.expect(',')?;
        let b = parser.number()?;
        parser.expect(',')?;
        let c = parser.number()?;
        parser.expect('}')?;
        parser.skip_space();
        Some(Self { a, b, c })
    }

    fn write(&self, out: &mut String) {
        super::write::numbers(&[self.a, self.b, self.c], ('{', '}'), out);
    }

    fn check(&self) -> Result<()> {
        let wrong = |what: &str| Err(Error::new(Code::InvalidText, format!("invalid line specification: {what}")));
        match self {
            line if line.a.is_nan() && line.b.is_nan() && line.c.is_nan() => wrong("must be two distinct points"),
            line if same(line.a, 0.0) && same(line.b, 0.0) => wrong("A and B cannot both be zero"),
            _ => Ok(()),
        }
    }
}

impl Shape for Path {
    const NAME: &'static str = "path";

    fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        let count = parser.count()?;
        parser.skip_space();
        let is_enclosed = parser.opens_once() && parser.take('(');
        let (points, is_open) = parser.points(count, true)?;
        if is_enclosed {
            parser.expect(')')?;
            parser.skip_space();
        }
        Some(Self { is_closed: !is_open, points })
    }

    fn write(&self, out: &mut String) {
        super::write::points(&self.points, Some(if self.is_closed { ('(', ')') } else { ('[', ']') }), out);
    }
}

impl Shape for Polygon {
    const NAME: &'static str = "polygon";

    fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        let count = parser.count()?;
        let (points, _) = parser.points(count, false)?;
        Some(Self { points })
    }

    fn write(&self, out: &mut String) {
        super::write::points(&self.points, Some(('(', ')')), out);
    }
}

impl Shape for Circle {
    const NAME: &'static str = "circle";

    fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        parser.skip_space();
        let is_angled = parser.take('<');
        let mut depth = usize::from(is_angled);
        if let Some(inside) = parser.rest.strip_prefix('(').filter(|_| !is_angled) {
            let inside = inside.trim_start_matches(is_space);
            if inside.starts_with('(') {
                parser.rest = inside;
                depth = 1;
            }
        }
        let center = parser.pair()?;
        parser.take(',');
        let radius = parser.number().filter(|radius| radius.is_nan() || *radius >= 0.0)?;
        if depth > 0 {
            if !parser.take(')') && !parser.take('>') {
                return None;
            }
            parser.skip_space();
        }
        Some(Self { center, radius })
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        super::write::point(self.center, out);
        out.push(',');
        super::write::number(self.radius, out);
        out.push('>');
    }
}
