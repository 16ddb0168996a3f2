//! The kinds of data sources that this gateway knows.

use std::sync::Arc;

use spi::connector::ConnectorFactory;

/// Every connector that is built in. A new kind is one line here and one in `Cargo.toml`.
pub fn all() -> Vec<Arc<dyn ConnectorFactory>> {
    vec![
        Arc::new(catalog_elasticsearch::Elasticsearch),
        Arc::new(catalog_elasticsearch::OpenSearch),
        Arc::new(catalog_files::Files),
        Arc::new(catalog_hive::Hive),
        Arc::new(catalog_kafka::Kafka),
        Arc::new(catalog_mongodb::MongoDb),
        Arc::new(catalog_mongodb::FerretDb),
        Arc::new(catalog_mongodb::DocumentDb),
        Arc::new(catalog_mysql::MySql),
        Arc::new(catalog_mysql::MariaDb),
        Arc::new(catalog_mysql::TiDb),
        Arc::new(catalog_mysql::Doris),
        Arc::new(catalog_mysql::StarRocks),
        Arc::new(catalog_mysql::OceanBase),
        Arc::new(catalog_postgres::Postgresql),
        Arc::new(catalog_postgres::Ppas),
        Arc::new(catalog_postgres::Greenplum),
        Arc::new(catalog_postgres::Kingbase),
        Arc::new(catalog_postgres::Gaussdb),
        Arc::new(catalog_redis::Redis),
        Arc::new(catalog_redis::Valkey),
        Arc::new(catalog_sqlite::Sqlite),
        Arc::new(catalog_sqlserver::SqlServer),
    ]
}
