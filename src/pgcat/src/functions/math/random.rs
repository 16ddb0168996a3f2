//! Random numbers and UUIDs. There is no seed: every session draws from the same generator.

use rand::Rng as _;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("drandom", |_, _, _| Ok(Value::Float(rand::rng().random::<f64>()))),
    ScalarEntry::new("drandom_normal", |_, _, arguments| {
        // Of Box and Muller; the first number must not be zero.
        let (first, second) = (1.0 - rand::rng().random::<f64>(), rand::rng().random::<f64>());
        let normal = (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
        Ok(Value::Float(arguments.float(0)? + arguments.float(1)? * normal))
    }),
    ScalarEntry::new("gen_random_uuid", |_, _, _| {
        let random: [u8; 16] = rand::rng().random();
        Ok(Value::Uuid(Box::new(uuid::Builder::from_random_bytes(random).into_uuid().into_bytes())))
    }),
];
