//! What the files of a table are: its storage format, as far as this connector reads it.

mod separators;

use hive_metastore::{Partition, StorageDescriptor, Table};
use pilota::FastStr;

use crate::properties::Properties;
use crate::text::Marks;

/// A format that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Parquet,
    Lines(LineFormat),
    Columnar(ColumnarFormat),
}

/// A format of columns that this connector reads itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnarFormat {
    Orc(OrcFormat),
    Avro(AvroFormat),
}

/// What a table says of its ORC files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrcFormat {
    /// Whether columns are found by where the table declares them, whatever their names in the files.
    pub(crate) is_positional: bool,
}

/// What a table says of its Avro files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AvroFormat {
    pub(crate) schema: AvroSchema,
}

/// The schema that the rows of a table are read with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AvroSchema {
    /// Each file's own.
    OfFiles,
    /// This one, in Avro's JSON.
    Given(String),
    /// What is in the file of this location.
    InFile(String),
}

/// What lines of text mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineFormat {
    /// Lines at the beginning of every file that are no rows.
    pub(crate) header_lines: usize,
    /// Whether timestamps are written in other ways than Hive's own.
    pub(crate) has_timestamp_formats: bool,
    pub(crate) row: RowFormat,
}

/// How the values of a row are written in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowFormat {
    /// As a JSON object.
    Json,
    Text(TextFormat),
}

/// How values follow each other in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextFormat {
    /// Of OpenCSVSerde, for which every value is text.
    Quoted(Marks),
    /// Of LazySimpleSerDe.
    Delimited(Delimiters),
}

/// What LazySimpleSerDe finds values by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delimiters {
    /// What stands between values; then, as far as the table's columns need it, what does between those of which a value consists, from
    /// level to level.
    pub(crate) separators: Vec<u8>,
    /// What makes the next character a plain one.
    pub(crate) escape: Option<u8>,
    /// How NULL is written.
    pub(crate) null: Vec<u8>,
}

/// The words for formats that metastores know, by what their input formats are called.
const INPUT_FORMATS: [(&str, &str); 7] = [
    ("MapredParquetInputFormat", "parquet"),
    ("OrcInputFormat", "orc"),
    ("AvroContainerInputFormat", "avro"),
    ("SequenceFileInputFormat", "sequencefile"),
    ("RCFileInputFormat", "rcfile"),
    ("HiveIcebergInputFormat", "iceberg"),
    ("HoodieParquetInputFormat", "hudi"),
];

/// The word for it in the table option `format`.
pub(crate) fn name(table: &Table) -> &str {
    if let Some(provider) = foreign_provider(table) {
        return provider;
    }
    if let Some(lake) = parameter(table, "table_type").filter(|kind| !kind.ends_with("TABLE") && !kind.ends_with("VIEW")) {
        return lake;
    }
    if let Some(handler) = parameter(table, "storage_handler") {
        return class_name(handler);
    }
    let Some(storage) = &table.sd else { return "none" };
    let input_format = class_name(storage.input_format.as_deref().unwrap_or_default());
    if let Some((_, word)) = INPUT_FORMATS.iter().find(|(class, _)| *class == input_format) {
        return word;
    }
    match (input_format, class_name(serde_name(storage))) {
        ("TextInputFormat", "LazySimpleSerDe") => "text",
        ("TextInputFormat", "OpenCSVSerde") => "csv",
        ("TextInputFormat", "JsonSerDe") => "json",
        ("TextInputFormat", serde) => serde,
        (other, _) => other,
    }
}

/// How the files of a table are read; else why they are not, as a sentence.
pub(crate) fn of(table: &Table) -> Result<Format, String> {
    if parameter(table, "transactional").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err("It is a transactional table, whose files only Hive itself can put together.".to_owned());
    }
    if let Some(provider) = foreign_provider(table) {
        return Err(format!("It is a table of Spark's own, in its format {provider}."));
    }
    if table.sd.is_none() {
        return Err("It has no files.".to_owned());
    }
    let properties = Properties::of_table(table);
    if name(table) == "parquet" {
        return match properties.is_true("parquet.column.index.access") {
            true => {
                Err("Its property parquet.column.index.access finds columns by their places, and they are read by their names.".to_owned())
            }
            false => Ok(Format::Parquet),
        };
    }
    match name(table) {
        "orc" => return Ok(Format::Columnar(ColumnarFormat::Orc(orc(&properties)))),
        "avro" => return Ok(Format::Columnar(ColumnarFormat::Avro(avro(&properties)))),
        _ => {}
    }
    let (header_lines, has_timestamp_formats) = (header_lines(&properties)?, has_timestamp_formats(&properties));
    Ok(Format::Lines(LineFormat { header_lines, has_timestamp_formats, row: row_format(table, &properties)? }))
}

fn has_timestamp_formats(properties: &Properties<'_>) -> bool {
    properties.get("timestamp.formats").is_some_and(|formats| !formats.is_empty())
}

/// How a line is read, by the properties of the table or of a partition.
fn row_format(table: &Table, properties: &Properties<'_>) -> Result<RowFormat, String> {
    match name(table) {
        "json" => json(properties),
        "text" => lazy_simple(separators::levels(table), properties).map(TextFormat::Delimited).map(RowFormat::Text),
        "csv" => open_csv(properties).map(TextFormat::Quoted).map(RowFormat::Text),
        other => Err(format!("Its format is {other}, and only parquet, orc, avro, json, csv and text are read.")),
    }
}

/// The format of a table that Spark has made without regard to Hive: what else the metastore says of its files is not true.
fn foreign_provider(table: &Table) -> Option<&str> {
    parameter(table, "spark.sql.sources.provider")
        .filter(|provider| !["hive", "parquet"].iter().any(|known| provider.eq_ignore_ascii_case(known)))
}

/// Whether the files of a partition are read as the table says.
pub(crate) fn is_alike(table: &Table, partition: &Partition) -> bool {
    let (Some(of_table), Some(of_partition)) = (&table.sd, &partition.sd) else { return false };
    let (one, other) = (Properties::of_table(table), Properties::of_partition(table, partition));
    let is_read_alike = match name(table) {
        "parquet" | "orc" => true,
        "avro" => avro(&one) == avro(&other),
        _ => row_format(table, &one) == row_format(table, &other) && has_timestamp_formats(&one) == has_timestamp_formats(&other),
    };
    of_table.input_format == of_partition.input_format && serde_name(of_table) == serde_name(of_partition) && is_read_alike
}

/// The type in which a column is given: OpenCSVSerde makes text of all of them, whatever is declared.
pub(crate) fn native_type<'a>(table: &Table, declared: &'a str) -> &'a str {
    match name(table) {
        "csv" => "string",
        _ => declared,
    }
}

/// Source of the property's name: ORC's `OrcConf`.
fn orc(properties: &Properties<'_>) -> OrcFormat {
    OrcFormat { is_positional: properties.is_true("orc.force.positional.evolution") }
}

/// Source of the properties' names: Hive's `AvroSerdeUtils`.
fn avro(properties: &Properties<'_>) -> AvroFormat {
    // "none" is how the property is taken back.
    let given = |name| properties.get(name).filter(|value| !matches!(*value, "" | "none"));
    let schema = match (given("avro.schema.literal"), given("avro.schema.url")) {
        (Some(schema), _) => AvroSchema::Given(schema.to_owned()),
        (None, Some(place)) => AvroSchema::InFile(place.to_owned()),
        (None, None) => AvroSchema::OfFiles,
    };
    AvroFormat { schema }
}

/// Source of the parameters' names: the JsonSerDe of openx, whose class has the name of Hive's.
fn json(properties: &Properties<'_>) -> Result<RowFormat, String> {
    let renames = |name: &str| name.starts_with("mapping.") || matches!(name, "dots.in.keys" | "case.insensitive");
    match properties.names().find(|name| renames(name)) {
        Some(name) => Err(format!("Its property {name} changes the names of its fields.")),
        None => Ok(RowFormat::Json),
    }
}

/// Source of the properties' names and defaults: Hive's `serdeConstants` and `LazySerDeParameters`.
fn lazy_simple(levels: usize, properties: &Properties<'_>) -> Result<Delimiters, String> {
    if properties.get("line.delim").is_some_and(|line| line != "\n") {
        return Err("Its lines end with something else than a line break.".to_owned());
    }
    if properties.get("serialization.encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
        return Err("Its text is not in UTF-8.".to_owned());
    }
    if properties.is_true("serialization.last.column.takes.rest") {
        return Err("Its last column takes the rest of a line.".to_owned());
    }
    let escape = properties.get("escape.delim").map(|text| byte(text, b'\\').ok_or("Its escape is no single byte."));
    Ok(Delimiters {
        separators: separators::separators(levels, properties)?,
        escape: escape.transpose()?,
        null: properties.get("serialization.null.format").unwrap_or("\\N").as_bytes().to_vec(),
    })
}

/// Source of the properties' names and defaults: Hive's `OpenCSVSerde`.
fn open_csv(properties: &Properties<'_>) -> Result<Marks, String> {
    let character = |name: &str, default: u8| {
        let given = properties.get(name);
        given
            .map_or(Some(default), |text| text.bytes().next().filter(u8::is_ascii))
            .ok_or_else(|| format!("Its {name} is no single character."))
    };
    let escape = match character("escapeChar", b'\\')? {
        // The serde's own default, for which it lets opencsv take its own.
        b'"' => b'\\',
        other => other,
    };
    let marks = Marks { separator: character("separatorChar", b',')?, quote: character("quoteChar", b'"')?, escape };
    match marks.separator == marks.quote || marks.separator == marks.escape || marks.quote == marks.escape {
        true => Err("Its separatorChar, quoteChar and escapeChar are not three different characters.".to_owned()),
        false => Ok(marks),
    }
}

/// Source of the properties' names, and that they are the table's whatever a partition says: Hive's `Utilities.getHeaderCount`.
fn header_lines(properties: &Properties<'_>) -> Result<usize, String> {
    if properties.get("skip.footer.line.count").is_some_and(|count| count.trim() != "0") {
        return Err("Its files end with lines that are no rows.".to_owned());
    }
    properties
        .get("skip.header.line.count")
        .map_or(Ok(0), |count| count.trim().parse().map_err(|_| format!("Its property skip.header.line.count is \"{count}\".")))
}

/// One byte, written as its decimal number or as a character, of which the first one counts, as Hive's `LazyUtils.getByte` reads it. `None`
/// for a character that is no single byte.
fn byte(text: &str, default: u8) -> Option<u8> {
    match text.parse::<i8>() {
        Ok(number) => Some(number as u8),
        Err(_) => text.bytes().next().map_or(Some(default), |first| Some(first).filter(u8::is_ascii)),
    }
}

fn serde_name(storage: &StorageDescriptor) -> &str {
    storage.serde_info.as_ref().and_then(|serde| serde.serialization_lib.as_deref()).unwrap_or_default()
}

pub(crate) fn parameter<'a>(table: &'a Table, name: &str) -> Option<&'a str> {
    table.parameters.as_ref()?.get(&FastStr::new(name)).map(FastStr::as_str)
}

/// The last part of a Java class' name.
fn class_name(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_characters_or_numbers() {
        for (text, expected) in
            [("|", Some(b'|')), ("1", Some(1)), ("44", Some(b',')), ("\t", Some(b'\t')), ("||", Some(b'|')), ("é", None), ("", Some(7))]
        {
            assert_eq!(byte(text, 7), expected, "{text}");
        }
    }
}
