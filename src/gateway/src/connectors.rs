//! The kinds of data sources that this gateway knows.

use std::sync::Arc;

use spi::connector::ConnectorFactory;

/// Every connector that is built in. A new kind is one line here and one in `Cargo.toml`.
pub fn all() -> Vec<Arc<dyn ConnectorFactory>> {
    vec![Arc::new(catalog_files::Files), Arc::new(catalog_sqlite::Sqlite)]
}
