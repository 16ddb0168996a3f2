//! Geometric values in binary form: their numbers, and how many points there are where that differs.

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::{Circle, Line, Path, Point, Polygon, Rectangle, Segment, Shape, same};
use crate::io::wire::Input;
use crate::types::oid;
use crate::value::Value;

pub fn receive(type_oid: u32, bytes: &[u8]) -> Result<Value> {
    let mut input = Input::new(bytes);
    let value = match type_oid {
        oid::POINT => point(&mut input)?.value(),
        oid::LSEG => Segment { start: point(&mut input)?, end: point(&mut input)? }.value(),
        oid::BOX => Rectangle::new(point(&mut input)?, point(&mut input)?).value(),
        oid::LINE => line(&mut input)?.value(),
        oid::PATH => {
            let [closed] = input.fixed()?;
            Path { is_closed: closed != 0, points: points(&mut input, "path")? }.value()
        }
        oid::POLYGON => Polygon { points: points(&mut input, "polygon")? }.value(),
        _ => {
            let (center, radius) = (point(&mut input)?, number(&mut input)?);
            if radius < 0.0 {
                return Err(Error::new(Code::InvalidBinary, "invalid radius in external \"circle\" value"));
            }
            Circle { center, radius }.value()
        }
    };
    input.end()?;
    Ok(value)
}

fn number(input: &mut Input<'_>) -> Result<f64> {
    input.fixed().map(f64::from_be_bytes)
}

fn point(input: &mut Input<'_>) -> Result<Point> {
    Ok(Point { x: number(input)?, y: number(input)? })
}

fn line(input: &mut Input<'_>) -> Result<Line> {
    let line = Line { a: number(input)?, b: number(input)?, c: number(input)? };
    if same(line.a, 0.0) && same(line.b, 0.0) {
        return Err(Error::new(Code::InvalidBinary, "invalid line specification: A and B cannot both be zero"));
    }
    Ok(line)
}

fn points(input: &mut Input<'_>, type_name: &str) -> Result<Vec<Point>> {
    let count = input.i32()?;
    if count <= 0 {
        return Err(Error::new(Code::InvalidBinary, format!("invalid number of points in external \"{type_name}\" value")));
    }
    (0..count).map(|_| point(input)).collect()
}

pub fn send(type_oid: u32, text: &str, out: &mut BytesMut) -> Result<()> {
    match type_oid {
        oid::POINT => put(&[Point::read(text)?], out),
        oid::LSEG => {
            let segment = Segment::read(text)?;
            put(&[segment.start, segment.end], out);
        }
        oid::BOX => {
            let rectangle = Rectangle::read(text)?;
            put(&[rectangle.high, rectangle.low], out);
        }
        oid::LINE => {
            let line = Line::read(text)?;
            [line.a, line.b, line.c].into_iter().for_each(|number| out.put_f64(number));
        }
        oid::PATH => {
            let path = Path::read(text)?;
            out.put_u8(path.is_closed.into());
            out.put_i32(path.points.len() as i32);
            put(&path.points, out);
        }
        oid::POLYGON => {
            let polygon = Polygon::read(text)?;
            out.put_i32(polygon.points.len() as i32);
            put(&polygon.points, out);
        }
        _ => {
            let circle = Circle::read(text)?;
            put(&[circle.center], out);
            out.put_f64(circle.radius);
        }
    }
    Ok(())
}

fn put(points: &[Point], out: &mut BytesMut) {
    for point in points {
        out.put_f64(point.x);
        out.put_f64(point.y);
    }
}
