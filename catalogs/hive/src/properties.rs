//! The properties of a table or partition as Hive gives them to a serde.
//!
//! Source: Hive's `MetaStoreUtils.getSchemaWithoutCols` puts the table's parameters over those of its serde, and
//! `getPartSchemaFromTableSchema` puts the partition's serde and then its parameters over both.

use hive_metastore::{Partition, StorageDescriptor, Table};
use pilota::{AHashMap, FastStr};

/// Parameters of several places, of which the first ones win.
pub(crate) struct Properties<'a>(Vec<&'a AHashMap<FastStr, FastStr>>);

impl<'a> Properties<'a> {
    pub(crate) fn of_table(table: &'a Table) -> Self {
        Self(table.parameters.iter().chain(of_serde(table.sd.as_ref())).collect())
    }

    pub(crate) fn of_partition(table: &'a Table, partition: &'a Partition) -> Self {
        let own = partition.parameters.iter().chain(of_serde(partition.sd.as_ref()));
        Self(own.chain(Self::of_table(table).0).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|parameters| parameters.get(name)).map(FastStr::as_str)
    }

    /// Whether a property is true, as Java reads it.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().flat_map(|parameters| parameters.keys()).map(FastStr::as_str)
    }
}

fn of_serde(storage: Option<&StorageDescriptor>) -> Option<&AHashMap<FastStr, FastStr>> {
    storage?.serde_info.as_ref()?.parameters.as_ref()
}

#[cfg(test)]
mod tests {
    use hive_metastore::SerDeInfo;

    use super::*;

    fn parameters(of: &[(&'static str, &'static str)]) -> Option<AHashMap<FastStr, FastStr>> {
        Some(of.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    fn storage(of: &[(&'static str, &'static str)]) -> Option<StorageDescriptor> {
        let serde_info = Some(SerDeInfo { parameters: parameters(of), ..SerDeInfo::default() });
        Some(StorageDescriptor { serde_info, ..StorageDescriptor::default() })
    }

    #[test]
    fn what_is_nearer_to_the_files_wins() {
        let table = Table {
            parameters: parameters(&[("a", "table"), ("b", "table"), ("c", "table")]),
            sd: storage(&[("a", "serde"), ("d", "serde")]),
            ..Table::default()
        };
        let partition = Partition {
            parameters: parameters(&[("c", "partition")]),
            sd: storage(&[("b", "partition's serde"), ("c", "partition's serde")]),
            ..Partition::default()
        };
        let (of_table, of_partition) = (Properties::of_table(&table), Properties::of_partition(&table, &partition));
        let get = |properties: &Properties<'_>| ["a", "b", "c", "d", "e"].map(|name| properties.get(name).unwrap_or("").to_owned());
        assert_eq!(get(&of_table), ["table", "table", "table", "serde", ""]);
        assert_eq!(get(&of_partition), ["table", "partition's serde", "partition", "serde", ""]);
    }
}
