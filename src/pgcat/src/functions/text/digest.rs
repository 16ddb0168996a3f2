//! `md5` and the SHA family.

use md5::{Digest as _, Md5};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("md5_text", |_, _, arguments| Ok(md5(arguments.text(0)?.as_bytes()))),
    ScalarEntry::new("md5_bytea", |_, _, arguments| Ok(md5(arguments.bytes(0)?))),
    ScalarEntry::new("sha224_bytea", |_, _, arguments| Ok(Value::Bytes(Sha224::digest(arguments.bytes(0)?).as_slice().into()))),
    ScalarEntry::new("sha256_bytea", |_, _, arguments| Ok(Value::Bytes(Sha256::digest(arguments.bytes(0)?).as_slice().into()))),
    ScalarEntry::new("sha384_bytea", |_, _, arguments| Ok(Value::Bytes(Sha384::digest(arguments.bytes(0)?).as_slice().into()))),
    ScalarEntry::new("sha512_bytea", |_, _, arguments| Ok(Value::Bytes(Sha512::digest(arguments.bytes(0)?).as_slice().into()))),
];

fn md5(bytes: &[u8]) -> Value {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
