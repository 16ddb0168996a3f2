//! Trigonometric functions of angles in degrees, which are exact where the angle is a multiple of 30 or 45.

use std::f64::consts::{FRAC_PI_4, PI};

use spi::Result;

use super::trigonometry::within;
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("dsind", |_, _, arguments| within(arguments, f64::is_finite, |angle| Angle::of(angle).sine())),
    ScalarEntry::new("dcosd", |_, _, arguments| within(arguments, f64::is_finite, |angle| Angle::of(angle).cosine())),
    ScalarEntry::new("dtand", |_, _, arguments| within(arguments, f64::is_finite, |angle| Angle::of(angle).tangent())),
    ScalarEntry::new("dcotd", |_, _, arguments| within(arguments, f64::is_finite, |angle| Angle::of(angle).cotangent())),
    ScalarEntry::new("dasind", |_, _, arguments| within(arguments, is_ratio, |sine| if sine < 0.0 { -asin(-sine) } else { asin(sine) })),
    ScalarEntry::new("dacosd", |_, _, arguments| {
        within(arguments, is_ratio, |cosine| if cosine < 0.0 { 90.0 + asin(-cosine) } else { acos(cosine) })
    }),
    ScalarEntry::new("datand", |_, _, arguments| within(arguments, |_| true, |tangent| degrees(tangent.atan()))),
    ScalarEntry::new("datan2d", |_, _, arguments| atan2(arguments)),
];

fn is_ratio(number: f64) -> bool {
    (-1.0..=1.0).contains(&number)
}

fn atan2(arguments: &[Value]) -> Result<Value> {
    Ok(Value::Float(degrees(arguments.float(0)?.atan2(arguments.float(1)?))))
}

/// An angle that an arc tangent is, so that the one of 1 is 45.
fn degrees(radians: f64) -> f64 {
    radians / FRAC_PI_4 * 45.0
}

/// An angle as one between 0 and 90 degrees, and the signs that its functions have.
struct Angle {
    degrees: f64,
    sine_sign: f64,
    cosine_sign: f64,
}

impl Angle {
    fn of(angle: f64) -> Self {
        let (mut degrees, mut sine_sign, mut cosine_sign) = (angle % 360.0, 1.0, 1.0);
        if degrees < 0.0 {
            (degrees, sine_sign) = (-degrees, -1.0);
        }
        if degrees > 180.0 {
            (degrees, sine_sign) = (360.0 - degrees, -sine_sign);
        }
        if degrees > 90.0 {
            (degrees, cosine_sign) = (180.0 - degrees, -1.0);
        }
        Self { degrees, sine_sign, cosine_sign }
    }

    fn sine(&self) -> f64 {
        self.sine_sign * sine(self.degrees)
    }

    fn cosine(&self) -> f64 {
        self.cosine_sign * cosine(self.degrees)
    }

    /// Adding zero takes the sign from a zero.
    fn tangent(&self) -> f64 {
        let of_45 = sine(45.0) / cosine(45.0);
        self.sine_sign * self.cosine_sign * (sine(self.degrees) / cosine(self.degrees) / of_45) + 0.0
    }

    fn cotangent(&self) -> f64 {
        let of_45 = cosine(45.0) / sine(45.0);
        self.sine_sign * self.cosine_sign * (cosine(self.degrees) / sine(self.degrees) / of_45) + 0.0
    }
}

/// Of an angle between 0 and 90, each half by the function that is exact there.
fn sine(angle: f64) -> f64 {
    if angle <= 30.0 { sine_to_30(angle) } else { cosine_to_60(90.0 - angle) }
}

fn cosine(angle: f64) -> f64 {
    if angle <= 60.0 { cosine_to_60(angle) } else { sine_to_30(90.0 - angle) }
}

fn sine_to_30(angle: f64) -> f64 {
    radians(angle).sin() / radians(30.0).sin() / 2.0
}

fn cosine_to_60(angle: f64) -> f64 {
    1.0 - (1.0 - radians(angle).cos()) / (1.0 - radians(60.0).cos()) / 2.0
}

fn radians(angle: f64) -> f64 {
    angle * (PI / 180.0)
}

/// Of a number between 0 and 1.
fn asin(sine: f64) -> f64 {
    if sine <= 0.5 { sine.asin() / 0.5f64.asin() * 30.0 } else { 90.0 - sine.acos() / 0.5f64.acos() * 60.0 }
}

fn acos(cosine: f64) -> f64 {
    if cosine <= 0.5 { 90.0 - cosine.asin() / 0.5f64.asin() * 30.0 } else { cosine.acos() / 0.5f64.acos() * 60.0 }
}
