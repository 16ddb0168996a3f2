//! Columns that files name as their table does but for upper and lower case.
//!
//! A catalog that keeps names in lower case, as Hive's does, names columns otherwise than those who wrote the files. DataFusion looks for
//! the exact name, and takes a column that it does not find for one that is NULL everywhere.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use datafusion::common::Result as DataFusionResult;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr_adapter::{DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory};
use spi::{Code, Error};

use super::external;

/// Finds the columns of one data source's files whatever the case of their names. An exact name wins.
#[derive(Debug)]
pub(super) struct AnyCase {
    pub(super) source: Arc<str>,
}

impl PhysicalExprAdapterFactory for AnyCase {
    fn create(&self, table: SchemaRef, file: SchemaRef) -> DataFusionResult<Arc<dyn PhysicalExprAdapter>> {
        let mut names = HashMap::new();
        let mut fields: Vec<FieldRef> = Vec::with_capacity(table.fields().len());
        for field in table.fields() {
            let found = find(field, file.fields()).map_err(|problem| self.error(problem))?;
            let name = found.map_or(field.name(), |found| found.name());
            names.insert(field.name().clone(), name.clone());
            fields.push(Arc::new(field.as_ref().clone().with_name(name)));
        }
        let renamed = Arc::new(Schema::new_with_metadata(fields, table.metadata().clone()));
        let inner = DefaultPhysicalExprAdapterFactory.create(renamed, file)?;
        Ok(Arc::new(Renaming { names, inner }))
    }
}

impl AnyCase {
    fn error(&self, problem: String) -> datafusion::common::DataFusionError {
        let source = &self.source;
        external(Error::source(Code::Unsupported, source, format!("could not read the files of data source \"{source}\"")).detail(problem))
    }
}

/// The field of a file that is meant, if the file has it; why there is none that could be, as a sentence.
fn find<'a>(wanted: &Field, fields: &'a Fields) -> Result<Option<&'a FieldRef>, String> {
    let exact = fields.iter().find(|field| field.name() == wanted.name());
    let mut alike = fields.iter().filter(|field| field.name().to_lowercase() == wanted.name().to_lowercase());
    let found = exact.or_else(|| alike.next());
    if exact.is_none() && alike.next().is_some() {
        return Err(format!("A file has several columns that could be \"{}\": their names differ in case alone.", wanted.name()));
    }
    if let Some(found) = found {
        same_names(wanted.data_type(), found.data_type())?;
    }
    Ok(found)
}

/// Fails where fields within a column differ in case: they are found by their exact names only.
fn same_names(wanted: &DataType, found: &DataType) -> Result<(), String> {
    match (wanted, found) {
        (DataType::List(wanted), DataType::List(found)) => same_names(wanted.data_type(), found.data_type()),
        (DataType::Map(wanted, _), DataType::Map(found, _)) => match (wanted.data_type(), found.data_type()) {
            // How the two fields of a map's entries are called does not matter.
            (DataType::Struct(wanted), DataType::Struct(found)) => {
                wanted.iter().zip(found).try_for_each(|(wanted, found)| same_names(wanted.data_type(), found.data_type()))
            }
            _ => Ok(()),
        },
        (DataType::Struct(wanted), DataType::Struct(found)) => wanted.iter().try_for_each(|wanted| match find(wanted, found)? {
            Some(found) if found.name() != wanted.name() => Err(format!(
                "A field within a column is called \"{}\" in a file, and \"{}\" in the catalog: only names of columns may differ in case.",
                found.name(),
                wanted.name()
            )),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

/// Gives the columns of an expression the names that a file has for them; then it is DataFusion's.
#[derive(Debug)]
struct Renaming {
    /// By the name that the table has.
    names: HashMap<String, String>,
    inner: Arc<dyn PhysicalExprAdapter>,
}

impl PhysicalExprAdapter for Renaming {
    fn rewrite(&self, expression: Arc<dyn PhysicalExpr>) -> DataFusionResult<Arc<dyn PhysicalExpr>> {
        let renamed = expression.transform(|node| {
            match node.downcast_ref::<Column>().and_then(|column| Some((column, self.names.get(column.name())?))) {
                Some((column, name)) if name != column.name() => {
                    Ok(Transformed::yes(Arc::new(Column::new(name, column.index())) as Arc<dyn PhysicalExpr>))
                }
                _ => Ok(Transformed::no(node)),
            }
        });
        self.inner.rewrite(renamed.data()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
        Arc::new(Schema::new(fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect::<Vec<_>>()))
    }

    /// What becomes of the table's column `id` in a file.
    fn rewritten(table: &SchemaRef, file: &SchemaRef) -> Result<String, String> {
        let adapter = AnyCase { source: "lake".into() }.create(Arc::clone(table), Arc::clone(file)).map_err(|error| error.to_string())?;
        adapter.rewrite(Arc::new(Column::new("id", 0))).map(|expression| expression.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_found_in_any_case() {
        let table = schema(&[("id", DataType::Int64)]);
        for (file, expected) in [
            (schema(&[("x", DataType::Int64), ("ID", DataType::Int64)]), "ID@1"),
            (schema(&[("ID", DataType::Int64), ("id", DataType::Int64)]), "id@1"),
            (schema(&[("other", DataType::Int64)]), "NULL"),
        ] {
            assert_eq!(rewritten(&table, &file).expect("an expression"), expected, "{file}");
        }
        assert!(rewritten(&table, &schema(&[("Id", DataType::Int64), ("ID", DataType::Int64)])).is_err());
    }

    #[test]
    fn fields_within_columns_are_not_taken_for_missing() {
        let of = |name: &str| DataType::Struct(vec![Field::new(name, DataType::Int64, true)].into());
        let table = schema(&[("id", of("user"))]);
        assert_eq!(rewritten(&table, &schema(&[("Id", of("user"))])).expect("an expression"), "Id@0");
        assert!(rewritten(&table, &schema(&[("id", of("User"))])).is_err());
    }
}
