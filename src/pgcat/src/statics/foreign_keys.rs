//! The references between system catalogs.

use std::sync::LazyLock;

use super::file::section;

/// A reference between system catalogs, as `pg_get_catalog_foreign_keys()` gives it.
#[derive(Debug)]
pub struct CatalogForeignKey {
    pub table: u32,
    pub columns: Vec<&'static str>,
    pub referenced_table: u32,
    pub referenced_columns: Vec<&'static str>,
    /// Whether the last column is an array of references.
    pub is_array: bool,
    /// Whether 0 says that there is no reference.
    pub is_optional: bool,
}

/// All of them, by the OID of the referring table.
pub fn catalog_foreign_keys() -> &'static [CatalogForeignKey] {
    static KEYS: LazyLock<Vec<CatalogForeignKey>> = LazyLock::new(|| {
        let table = section("catalog_foreign_keys");
        let key = |row| CatalogForeignKey {
            table: table.number(row, 0),
            columns: table.text(row, 1).split(' ').collect(),
            referenced_table: table.number(row, 2),
            referenced_columns: table.text(row, 3).split(' ').collect(),
            is_array: table.truth(row, 4),
            is_optional: table.truth(row, 5),
        };
        (0..table.len()).map(key).collect()
    });
    &KEYS
}
