//! One schema's metadata as the bytes of a blob.
//!
//! A container of Arrow IPC streams: first a schema without rows, whose fields are the column types (so that any Arrow type
//! survives exactly) and whose own metadata are the properties of the schema; then one stream per relation. A relation
//! without rows takes no bytes. Equal metadata gives equal bytes, and with them an equal digest.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use spi::Result;
use spi::metadata::{ColumnType, Relation, SchemaMetadata};
use spi::types::PgType;

use super::ipc;

/// What a chunk begins with. The last byte is the version of the container.
const MAGIC: [u8; 8] = *b"mgschem\x04";
/// The column types, and the relations.
const SECTIONS: usize = 1 + Relation::COUNT;
/// The magic, and the length of every section.
const HEADER_BYTES: usize = MAGIC.len() + SECTIONS * size_of::<u64>();

const NAME: &str = "name";
const OID: &str = "oid";
const OWNER: &str = "owner";
const COMMENT: &str = "comment";
const PG_OID: &str = "pg_oid";
const PG_TYPMOD: &str = "pg_typmod";
const NATIVE: &str = "native";

pub(super) fn encode(schema: &SchemaMetadata) -> Result<Vec<u8>> {
    let mut sections = vec![ipc::write_schema(&properties(schema))?];
    for relation in &schema.relations {
        sections.push(if relation.num_rows() == 0 { Vec::new() } else { ipc::write_batch(relation)? });
    }
    let mut bytes = Vec::with_capacity(HEADER_BYTES + sections.iter().map(Vec::len).sum::<usize>());
    bytes.extend_from_slice(&MAGIC);
    for section in &sections {
        bytes.extend_from_slice(&(section.len() as u64).to_le_bytes());
    }
    for section in &sections {
        bytes.extend_from_slice(section);
    }
    Ok(bytes)
}

pub(super) fn decode(bytes: &[u8]) -> Result<SchemaMetadata> {
    let sections = split(bytes)?;
    let properties = ipc::read_schema(sections[0])?;
    let property = |name: &str| properties.metadata.get(name).cloned();
    let mut relations = Vec::with_capacity(Relation::COUNT);
    for (relation, section) in Relation::ALL.into_iter().zip(&sections[1..]) {
        relations.push(match section.is_empty() {
            true => RecordBatch::new_empty(relation.layout()),
            false => ipc::read_batch(section, relation.layout())?,
        });
    }
    Ok(SchemaMetadata {
        name: property(NAME).ok_or_else(|| ipc::damaged("The schema has no name."))?,
        oid: number(&properties.metadata, OID)?,
        owner: property(OWNER),
        comment: property(COMMENT),
        column_types: properties.fields().iter().map(|field| column_type(field)).collect::<Result<_>>()?,
        relations: relations.try_into().map_err(|_| ipc::damaged("A relation is missing."))?,
    })
}

fn split(bytes: &[u8]) -> Result<[&[u8]; SECTIONS]> {
    if bytes.len() < HEADER_BYTES || bytes[..MAGIC.len()] != MAGIC {
        return Err(ipc::damaged("It is no schema of this version of metagate."));
    }
    let (header, mut rest) = bytes.split_at(HEADER_BYTES);
    let mut sections = [&[][..]; SECTIONS];
    for (section, length) in sections.iter_mut().zip(header[MAGIC.len()..].chunks_exact(size_of::<u64>())) {
        let length = length.try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
        let length = usize::try_from(length).ok().filter(|length| *length <= rest.len());
        (*section, rest) = rest.split_at(length.ok_or_else(|| ipc::damaged("It ends too early."))?);
    }
    match rest.is_empty() {
        true => Ok(sections),
        false => Err(ipc::damaged("It does not end where it should.")),
    }
}

/// The properties of the schema and its column types, in the form of an Arrow schema.
fn properties(schema: &SchemaMetadata) -> Schema {
    let fields: Vec<Field> = schema
        .column_types
        .iter()
        .map(|column_type| {
            let metadata = [
                (PG_OID, column_type.pg.oid.to_string()),
                (PG_TYPMOD, column_type.pg.typmod.to_string()),
                (NATIVE, column_type.native.clone()),
            ];
            // The field needs a name of its own only to be told apart in a dump.
            Field::new(&column_type.native, column_type.arrow.clone(), true)
                .with_metadata(metadata.map(|(name, value)| (name.to_owned(), value)).into())
        })
        .collect();
    let properties = [
        (NAME, Some(schema.name.clone())),
        (OID, Some(schema.oid.to_string())),
        (OWNER, schema.owner.clone()),
        (COMMENT, schema.comment.clone()),
    ];
    let properties = properties.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Schema::new_with_metadata(fields, properties.collect())
}

fn column_type(field: &Field) -> Result<ColumnType> {
    let metadata = field.metadata();
    let pg = PgType { oid: number(metadata, PG_OID)?, typmod: number(metadata, PG_TYPMOD)? };
    let native = metadata.get(NATIVE).cloned().ok_or_else(|| ipc::damaged("A column type has no native type."))?;
    Ok(ColumnType { arrow: field.data_type().clone(), pg, native })
}

fn number<T: std::str::FromStr>(metadata: &HashMap<String, String>, name: &str) -> Result<T> {
    let number = metadata.get(name).and_then(|text| text.parse().ok());
    number.ok_or_else(|| ipc::damaged(format!("Property \"{name}\" is missing or no number.")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Fields, IntervalUnit, TimeUnit, UnionFields, UnionMode};
    use spi::Code;
    use spi::documents::{Document, Inference, InferenceOptions};
    use spi::metadata::{
        ColumnRow, ConstraintKind, ConstraintRow, Generated, Harvest, IndexRow, ParameterRow, PartitionRow, ReferentialAction, RoutineKind,
        RoutineRow, SchemaRow, SequenceRow, TableKind, TableOptionRow, TableRow, TriggerRow, TriggerTiming, TypeKind, TypeRow, ViewRow,
    };
    use spi::types::oid;

    use super::*;

    /// One of everything, twice, so that there are orders to keep. `reverse` pushes the same in another order.
    fn everything(reverse: bool) -> SchemaMetadata {
        let mut harvest = Harvest::new();
        harvest.schema(SchemaRow { name: "s", owner: Some("öwner"), comment: Some("") });
        let mut tables = ["a", "b\u{1F600}"];
        let mut types = types();
        if reverse {
            tables.reverse();
            types.reverse();
        }
        for name in tables {
            let kind = TableKind::MaterializedView;
            harvest
                .table(TableRow {
                    schema: "s",
                    name,
                    kind,
                    owner: None,
                    comment: Some("c"),
                    row_estimate: Some(-1),
                    size_bytes: Some(i64::MAX),
                })
                .expect("a table");
            push_belonging(&mut harvest, name);
            for (ordinal, data_type) in &types {
                harvest.column(column(name, *ordinal, data_type)).expect("a column");
            }
        }
        for specific_name in ["f()", "f(int4)"] {
            push_routine(&mut harvest, specific_name);
        }
        harvest.user_type(TypeRow { schema: "s", name: "mood", kind: TypeKind::Enum, members: &["sad", ""], comment: None });
        let owners = [("free", None), ("owned", Some(("a", "x")))];
        for (name, owned_by) in if reverse { [owners[1], owners[0]] } else { owners } {
            harvest.sequence(SequenceRow {
                schema: "s",
                name,
                owner: Some("me"),
                comment: None,
                native_type: "bigint",
                pg_type: PgType::new(oid::INT8),
                start: "1",
                minimum: "-1",
                maximum: "99999999999999999999",
                increment: "2",
                cycle: name == "free",
                owned_by,
            });
        }
        harvest.finish().expect("metadata").remove(0)
    }

    fn column<'a>(table: &'a str, ordinal: i32, data_type: &'a DataType) -> ColumnRow<'a> {
        ColumnRow {
            schema: "s",
            table,
            name: ["x", "y"][ordinal as usize % 2],
            ordinal,
            data_type,
            pg_type: PgType::from_arrow(data_type),
            native_type: "any \"thing\"",
            nullable: ordinal % 3 == 0,
            default: (ordinal % 2 == 0).then_some("now()"),
            generated: (ordinal % 5 == 0).then_some(Generated::IdentityAlways),
            collation: Some("C"),
            comment: (ordinal % 7 == 0).then_some("seven"),
        }
    }

    fn push_belonging(harvest: &mut Harvest, table: &str) {
        let mut inference = Inference::new(InferenceOptions::default());
        inference.add(&Document::object([("x", Document::Int(1)), ("y", Document::List(vec![Document::Null]))]));
        harvest.inferred("s", table, &inference.finish(&[]).columns).expect("a known table");
        harvest.recipe("s", table, format!("read {table}")).expect("a known table");
        let schema = "s";
        harvest.view(ViewRow { schema, name: table, definition: "select 1", query: None, updatable: true }).expect("a view");
        let foreign = ConstraintKind::ForeignKey {
            referenced_schema: "t",
            referenced_table: "u",
            referenced_columns: &["v", "w"],
            on_update: ReferentialAction::Cascade,
            on_delete: ReferentialAction::SetNull,
        };
        for (name, kind, columns) in [
            ("pk", ConstraintKind::PrimaryKey, &["x"][..]),
            ("fk", foreign, &["x", "y"]),
            ("ck", ConstraintKind::Check { expression: "x > 0" }, &[]),
            ("ex", ConstraintKind::Exclusion { definition: "EXCLUDE (x WITH =)" }, &["x"]),
        ] {
            harvest
                .constraint(ConstraintRow {
                    schema,
                    table,
                    name,
                    kind,
                    columns,
                    deferrable: true,
                    initially_deferred: false,
                    comment: Some(name),
                })
                .expect("a constraint");
        }
        let (predicate, definition) = (Some("x > 0"), None);
        harvest
            .index(IndexRow {
                schema,
                table,
                name: "i",
                unique: true,
                primary: false,
                method: "hash",
                columns: &["lower(x)"],
                predicate,
                definition,
                comment: Some(""),
            })
            .expect("an index");
        harvest
            .partition(PartitionRow {
                schema,
                table,
                name: "p",
                method: "list",
                expression: "x",
                description: "1, 2",
                location: Some("/p"),
                row_estimate: None,
                size_bytes: Some(7),
            })
            .expect("a partition");
        harvest.table_option(TableOptionRow { schema, table, name: "format", value: "orc" }).expect("an option");
        harvest
            .trigger(TriggerRow {
                schema,
                table,
                name: "t",
                timing: TriggerTiming::InsteadOf,
                events: &["INSERT", "UPDATE"],
                columns: &["x"],
                for_each_row: true,
                condition: Some("x > 0"),
                action: "EXECUTE FUNCTION f()",
                enabled: false,
                comment: None,
            })
            .expect("a trigger");
    }

    fn push_routine(harvest: &mut Harvest, specific_name: &str) {
        let kind = RoutineKind::Function;
        let (return_type, definition) = (Some("integer"), Some("select $1"));
        harvest
            .routine(RoutineRow { schema: "s", name: "f", specific_name, kind, language: "sql", return_type, definition, comment: None })
            .expect("a routine");
        let pg_type = PgType::new(oid::UUID);
        harvest
            .parameter(ParameterRow {
                schema: "s",
                specific_name,
                ordinal: 1,
                mode: "IN",
                name: None,
                native_type: "guid",
                pg_type,
                default: Some("1"),
            })
            .expect("a parameter");
    }

    fn types() -> Vec<(i32, DataType)> {
        let item = |data_type| Arc::new(Field::new("item", data_type, true));
        let nested = Fields::from(vec![
            Field::new("a", DataType::Decimal256(50, -3), false),
            Field::new("b", DataType::List(item(DataType::Utf8View)), true).with_metadata([("k".to_owned(), "v".to_owned())].into()),
        ]);
        let entries = Field::new(
            "entries",
            DataType::Struct(Fields::from(vec![
                Field::new("key", DataType::Utf8, false),
                Field::new("value", DataType::Struct(nested.clone()), true),
            ])),
            false,
        );
        let union = UnionFields::try_new([3, 9], [Field::new("i", DataType::Int8, true), Field::new("s", DataType::LargeUtf8, true)])
            .expect("a union");
        let all = [
            DataType::Null,
            DataType::Boolean,
            DataType::UInt64,
            DataType::Float16,
            DataType::Decimal32(9, 2),
            DataType::Decimal128(38, 10),
            DataType::Date64,
            DataType::Time32(TimeUnit::Second),
            DataType::Timestamp(TimeUnit::Nanosecond, Some("Europe/Berlin".into())),
            DataType::Duration(TimeUnit::Millisecond),
            DataType::Interval(IntervalUnit::MonthDayNano),
            DataType::BinaryView,
            DataType::FixedSizeBinary(16),
            DataType::LargeList(item(DataType::FixedSizeList(item(DataType::Float32), 3))),
            DataType::ListView(item(DataType::Int16)),
            DataType::Struct(nested),
            DataType::Map(Arc::new(entries), true),
            DataType::Union(union, UnionMode::Dense),
            DataType::Dictionary(Box::new(DataType::UInt16), Box::new(DataType::LargeUtf8)),
            DataType::RunEndEncoded(Arc::new(Field::new("run_ends", DataType::Int32, false)), item(DataType::Utf8)),
        ];
        (1..).zip(all).collect()
    }

    #[test]
    fn everything_comes_back_exactly() {
        let schema = SchemaMetadata { oid: 17_000, ..everything(false) };
        assert!(schema.relations.iter().all(|relation| relation.num_rows() > 0));
        let decoded = decode(&encode(&schema).expect("bytes")).expect("what was written");
        assert_eq!(decoded, schema);
        assert!(Relation::ALL.into_iter().all(|relation| Arc::ptr_eq(&decoded.relation(relation).schema(), &relation.layout())));
    }

    #[test]
    fn nothing_comes_back_as_nothing() {
        let mut harvest = Harvest::new();
        harvest.schema(SchemaRow { name: "empty", ..SchemaRow::default() });
        let schema = harvest.finish().expect("metadata").remove(0);
        assert_eq!(decode(&encode(&schema).expect("bytes")).expect("what was written"), schema);
    }

    #[test]
    fn equal_metadata_has_equal_bytes() {
        let bytes = encode(&everything(false)).expect("bytes");
        assert_eq!(encode(&everything(true)).expect("bytes"), bytes);
        assert_eq!(encode(&decode(&bytes).expect("what was written")).expect("bytes"), bytes);
        assert_ne!(encode(&SchemaMetadata { oid: 1, ..everything(false) }).expect("bytes"), bytes);
    }

    #[test]
    fn bytes_that_are_no_schema_are_an_error() {
        let bytes = encode(&everything(false)).expect("bytes");
        for length in [0, 7, 8, 95, 96, bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(decode(&bytes[..length]).expect_err("cut off").code, Code::Corrupt, "{length}");
        }
        let mut newer = bytes.clone();
        newer[MAGIC.len() - 1] += 1;
        assert_eq!(decode(&newer).expect_err("a newer form").code, Code::Corrupt);
        assert_eq!(decode(&[&bytes[..], b"x"].concat()).expect_err("too long").code, Code::Corrupt);
    }
}
