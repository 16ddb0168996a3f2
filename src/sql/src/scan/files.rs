//! A scan of files: DataFusion reads them itself, over the object store that the connector gave.

use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::common::config::CsvOptions;
use datafusion::common::{DFSchema, DataFusionError, Result as DataFusionResult};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::listing::helpers::filter_partitioned_file;
use datafusion::datasource::physical_plan::{
    ArrowSource, CsvSource, FileGroup, FileScanConfigBuilder, FileSource, JsonSource, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr_adapter::PhysicalExprAdapterFactory;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use spi::connector::{Compression, File, FileFormat, Files};
use spi::{Code, Error};

use super::any_case::AnyCase;
use super::{Scan, external, file_errors};
use crate::predicate;

/// The plan that reads the files. Files that cannot hold a wanted row, by the values of their folders, are left out.
pub(super) fn plan(runtime: &Arc<RuntimeEnv>, scan: &Scan, found: Files, filters: &[Expr]) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let files = prune(&found, filters)?;
    if files.is_empty() {
        return Ok(Arc::new(EmptyExec::new(Arc::clone(&scan.columns))));
    }
    let url = file_errors::url(&scan.source, &found.object_store)?;
    runtime.register_object_store(url.as_ref(), Arc::clone(&found.object_store));

    let file_schema = as_planned(&found.file_schema, &scan.columns);
    let partition_columns = as_planned(&Arc::new(Schema::new(found.partition_columns.clone())), &scan.columns);
    let projection = projection(scan, &file_schema, &partition_columns)?;
    let table_schema = TableSchema::builder(file_schema).with_table_partition_cols(partition_columns.fields().clone()).build();
    let (source, compression) = file_source(&found.format, table_schema);
    let adapter = found.ignores_case.then(|| Arc::new(AnyCase { source: Arc::clone(&scan.source) }) as Arc<dyn PhysicalExprAdapterFactory>);
    let config = FileScanConfigBuilder::new(url, source)
        .with_expr_adapter(adapter)
        // One group: the optimizer spreads it over the cores, by size.
        .with_file_group(FileGroup::new(files))
        .with_file_compression_type(compression)
        .with_projection_indices(Some(projection))?
        .with_limit(scan.request.limit)
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// The types that the statement was planned with, in the order of the files.
fn as_planned(found: &SchemaRef, planned: &SchemaRef) -> SchemaRef {
    let field = |field: &FieldRef| match planned.column_with_name(field.name()) {
        Some((index, _)) => Arc::clone(&planned.fields()[index]),
        None => Arc::clone(field),
    };
    Arc::new(Schema::new(found.fields().iter().map(field).collect::<Vec<_>>()))
}

/// The places of the wanted columns among those of the files and folders.
fn projection(scan: &Scan, file_schema: &Schema, partition_columns: &Schema) -> DataFusionResult<Vec<usize>> {
    let place = |column: &FieldRef| {
        let in_folders = || Some(file_schema.fields().len() + partition_columns.index_of(column.name()).ok()?);
        file_schema.index_of(column.name()).ok().or_else(in_folders).ok_or_else(|| {
            let error = Error::source(Code::BadData, &scan.source, format!("could not read data source \"{}\"", scan.source))
                .detail(format!("Table \"{}.{}\" has no column \"{}\" any more.", scan.request.schema, scan.request.table, column.name()))
                .hint(format!("CALL refresh_metadata('{}') to see the source as it is now.", scan.source));
            external(error)
        })
    };
    scan.request.columns.iter().map(place).collect()
}

/// The files whose folders' values do not contradict the filters.
fn prune(found: &Files, filters: &[Expr]) -> DataFusionResult<Vec<PartitionedFile>> {
    let partition_schema = DFSchema::try_from(Schema::new(found.partition_columns.clone()))?;
    let decidable: Vec<Expr> = filters.iter().filter(|filter| only_of(filter, &partition_schema)).cloned().map(unqualified).collect();
    let mut files = Vec::with_capacity(found.files.len());
    for file in &found.files {
        let file = partitioned(file, &found.partition_columns)?;
        if decidable.is_empty() {
            files.push(file);
        } else {
            files.extend(filter_partitioned_file(file, &decidable, &partition_schema)?);
        }
    }
    Ok(files)
}

/// Whether a filter can be decided by the values of a file's folders alone. One that may differ from call to call cannot.
fn only_of(filter: &Expr, columns: &DFSchema) -> bool {
    let referred = filter.column_refs();
    !referred.is_empty() && !filter.is_volatile() && referred.iter().all(|column| columns.has_column_with_unqualified_name(&column.name))
}

fn unqualified(filter: Expr) -> Expr {
    datafusion::logical_expr::expr_rewriter::unnormalize_col(filter)
}

fn partitioned(file: &File, columns: &[FieldRef]) -> DataFusionResult<PartitionedFile> {
    let mut partitioned = PartitionedFile::from(file.object.clone());
    let values = file.partition_values.iter().zip(columns);
    partitioned.partition_values =
        values.map(|(value, column)| predicate::scalar(value).cast_to(column.data_type())).collect::<Result<_, DataFusionError>>()?;
    Ok(partitioned)
}

fn file_source(format: &FileFormat, columns: TableSchema) -> (Arc<dyn FileSource>, FileCompressionType) {
    match format {
        FileFormat::Csv { header, delimiter, quote, compression } => {
            let options = CsvOptions {
                has_header: Some(*header),
                delimiter: *delimiter,
                quote: *quote,
                // RFC 4180 allows line breaks in quotes, so a file cannot be cut at any line.
                newlines_in_values: Some(true),
                ..CsvOptions::default()
            };
            (Arc::new(CsvSource::new(columns).with_csv_options(options)), file_compression(*compression))
        }
        FileFormat::JsonLines { compression } => (Arc::new(JsonSource::new(columns)), file_compression(*compression)),
        FileFormat::Parquet => {
            let mut options = TableParquetOptions::default();
            options.global.pushdown_filters = true;
            options.global.reorder_filters = true;
            // Nanoseconds, which older writers mean, end in the year 2262.
            options.global.coerce_int96 = Some("us".to_owned());
            let source = ParquetSource::new(columns).with_table_parquet_options(options);
            (Arc::new(source), FileCompressionType::UNCOMPRESSED)
        }
        FileFormat::Arrow => (Arc::new(ArrowSource::new_file_source(columns)), FileCompressionType::UNCOMPRESSED),
    }
}

fn file_compression(compression: Compression) -> FileCompressionType {
    match compression {
        Compression::None => FileCompressionType::UNCOMPRESSED,
        Compression::Gzip => FileCompressionType::GZIP,
        Compression::Zstd => FileCompressionType::ZSTD,
    }
}
