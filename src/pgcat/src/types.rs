//! Types as expressions have them, and what `pg_type` says about one.

use std::sync::Arc;

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// `pg_type.oid`.
    pub oid: u32,
    /// As in `pg_attribute.atttypmod`; -1 where there is none.
    pub typmod: i32,
    /// `pg_collation.oid`; 0 where the type has none.
    pub collation: u32,
}

impl Type {
    /// A type without modifier, with the collation that the built-in types have.
    pub const fn new(oid: u32) -> Self {
        let collation = match oid {
            oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::TEXT_ARRAY | oid::VARCHAR_ARRAY | oid::BPCHAR_ARRAY => DEFAULT_COLLATION,
            oid::NAME | oid::NAME_ARRAY => C_COLLATION,
            _ => 0,
        };
        Self { oid, typmod: -1, collation }
    }

    pub const fn with_typmod(self, typmod: i32) -> Self {
        Self { typmod, ..self }
    }
}

/// The collation of the database, `pg_catalog."default"`.
pub const DEFAULT_COLLATION: u32 = 100;
/// The order of bytes.
pub const C_COLLATION: u32 = 950;

/// OIDs of `pg_type`. Source: PostgreSQL 16, `pg_type.dat`.
pub mod oid {
    pub use spi::types::oid::*;

    pub const INT2VECTOR: u32 = 22;
    pub const TID: u32 = 27;
    pub const XID: u32 = 28;
    pub const CID: u32 = 29;
    pub const OIDVECTOR: u32 = 30;
    pub const XML: u32 = 142;
    pub const PG_NODE_TREE: u32 = 194;
    pub const POINT: u32 = 600;
    pub const LSEG: u32 = 601;
    pub const PATH: u32 = 602;
    pub const BOX: u32 = 603;
    pub const POLYGON: u32 = 604;
    pub const LINE: u32 = 628;
    pub const CIDR: u32 = 650;
    pub const CIRCLE: u32 = 718;
    pub const MONEY: u32 = 790;
    pub const MACADDR8: u32 = 774;
    pub const MACADDR: u32 = 829;
    pub const BOOL_ARRAY: u32 = 1000;
    pub const CHAR_ARRAY: u32 = 1002;
    pub const NAME_ARRAY: u32 = 1003;
    pub const INT2_ARRAY: u32 = 1005;
    pub const INT4_ARRAY: u32 = 1007;
    pub const TEXT_ARRAY: u32 = 1009;
    pub const BPCHAR_ARRAY: u32 = 1014;
    pub const VARCHAR_ARRAY: u32 = 1015;
    pub const INT8_ARRAY: u32 = 1016;
    pub const OID_ARRAY: u32 = 1028;
    pub const ACLITEM: u32 = 1033;
    pub const ACLITEM_ARRAY: u32 = 1034;
    pub const CSTRING_ARRAY: u32 = 1263;
    pub const TIMETZ: u32 = 1266;
    pub const BIT: u32 = 1560;
    pub const VARBIT: u32 = 1562;
    pub const REFCURSOR: u32 = 1790;
    pub const REGPROCEDURE: u32 = 2202;
    pub const REGOPER: u32 = 2203;
    pub const REGOPERATOR: u32 = 2204;
    pub const REGCLASS: u32 = 2205;
    pub const REGTYPE: u32 = 2206;
    pub const CSTRING: u32 = 2275;
    pub const ANY: u32 = 2276;
    pub const ANYARRAY: u32 = 2277;
    pub const TRIGGER: u32 = 2279;
    pub const TXID_SNAPSHOT: u32 = 2970;
    pub const INTERNAL: u32 = 2281;
    pub const ANYELEMENT: u32 = 2283;
    pub const RECORD_ARRAY: u32 = 2287;
    pub const ANYNONARRAY: u32 = 2776;
    pub const PG_LSN: u32 = 3220;
    pub const ANYENUM: u32 = 3500;
    pub const TSVECTOR: u32 = 3614;
    pub const TSQUERY: u32 = 3615;
    pub const REGCONFIG: u32 = 3734;
    pub const REGDICTIONARY: u32 = 3769;
    pub const ANYRANGE: u32 = 3831;
    pub const INT4RANGE: u32 = 3904;
    pub const DATERANGE: u32 = 3912;
    pub const INT8RANGE: u32 = 3926;
    pub const JSONPATH: u32 = 4072;
    pub const REGNAMESPACE: u32 = 4089;
    pub const REGROLE: u32 = 4096;
    pub const REGCOLLATION: u32 = 4191;
    pub const ANYMULTIRANGE: u32 = 4537;
    pub const PG_SNAPSHOT: u32 = 5038;
    pub const XID8: u32 = 5069;
    pub const ANYCOMPATIBLE: u32 = 5077;
    pub const ANYCOMPATIBLEARRAY: u32 = 5078;
    pub const ANYCOMPATIBLENONARRAY: u32 = 5079;
    pub const ANYCOMPATIBLERANGE: u32 = 5080;
    pub const ANYCOMPATIBLEMULTIRANGE: u32 = 4538;
}

/// What `pg_type` says about a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    pub oid: u32,
    pub name: Arc<str>,
    pub namespace: u32,
    /// `typlen`.
    pub length: i16,
    pub kind: TypeKind,
    /// `typcategory`, for example `S` for the types of text.
    pub category: u8,
    pub is_preferred: bool,
    /// `typdelim`.
    pub delimiter: u8,
    /// `typrelid` of a composite type, or 0.
    pub relation: u32,
    /// `typelem`. A type with elements is a true array only where `is_array`.
    pub element: u32,
    /// `typarray`, or 0.
    pub array: u32,
    /// Whether it is a true array type (`typsubscript` is `array_subscript_handler`).
    pub is_array: bool,
    /// `typbasetype` of a domain, or 0.
    pub base: u32,
    /// `typtypmod` of a domain.
    pub base_typmod: i32,
    /// `typcollation`.
    pub collation: u32,
}

/// `pg_type.typtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    Base,
    Composite,
    Domain,
    Enum,
    Multirange,
    Pseudo,
    Range,
}
