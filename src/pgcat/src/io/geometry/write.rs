//! Geometric values as texts.

use super::Point;
use crate::io::float;

/// As many digits as say which number it is.
const EXTRA_DIGITS: i32 = 1;

pub fn number(number: f64, out: &mut String) {
    float::write8(number, EXTRA_DIGITS, out);
}

pub fn numbers(numbers: &[f64], around: (char, char), out: &mut String) {
    out.push(around.0);
    for (place, each) in numbers.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        number(*each, out);
    }
    out.push(around.1);
}

pub fn point(point: Point, out: &mut String) {
    numbers(&[point.x, point.y], ('(', ')'), out);
}

/// Points with commas between them, and perhaps something around all of them.
pub fn points(points: &[Point], around: Option<(char, char)>, out: &mut String) {
    out.extend(around.map(|(before, _)| before));
    for (place, each) in points.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        point(*each, out);
    }
    out.extend(around.map(|(_, behind)| behind));
}
