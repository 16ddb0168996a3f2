//! What is measured.

mod catalog;
mod documents;
mod federated;
mod harvest;
mod large;
mod metastore;
mod peer;
mod pushed;
mod recorded;
mod rows;
mod scans;

use clap::ValueEnum;

use crate::Result;

/// The workloads, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// Full scans at 50,000 tables and 1,000,000 columns.
    Scans,
    /// Lookups, LIKE, restart and memory at 500,000 tables and 10,000,000 columns.
    Large,
    /// Connections and lookups beside a PostgreSQL with 10,000 tables.
    Peer,
    /// What tools ask of PostgreSQL's catalog at 100,000 tables, beside a PostgreSQL with 10,000.
    Catalog,
    /// Statements of many clients, as they were recorded, beside the PostgreSQL that is the source.
    Recorded,
    /// The metadata of 10,000 PostgreSQL tables and 2,000 MariaDB tables, beside IMPORT FOREIGN SCHEMA.
    Harvest,
    /// All rows of a PostgreSQL table, beside the server itself and postgres_fdw.
    Rows,
    /// Statements that one PostgreSQL answers alone, beside that server.
    Pushed,
    /// A join of a MariaDB table with a PostgreSQL table, beside a PostgreSQL with foreign tables of both.
    Federated,
    /// The metadata of 10,000 Hive tables and of 100,000 partitions, beside a loop that asks for each table.
    Metastore,
    /// All records of Hive, Kafka, Elasticsearch, MongoDB and Redis, beside a plain loop of each one's driver.
    Documents,
}

/// The columns of one table, as tools ask for them.
const LOOKUP: &str = "SELECT column_name, data_type, is_nullable, ordinal_position FROM information_schema.columns \
                      WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position";

/// Runs workloads; all of them if none is named.
pub async fn run(workloads: &[Workload]) -> Result<()> {
    for workload in Workload::value_variants() {
        if workloads.is_empty() || workloads.contains(workload) {
            match workload {
                Workload::Scans => scans::run().await?,
                Workload::Large => large::run().await?,
                Workload::Peer => peer::run().await?,
                Workload::Catalog => catalog::run().await?,
                Workload::Recorded => recorded::run().await?,
                Workload::Harvest => harvest::run().await?,
                Workload::Rows => rows::run().await?,
                Workload::Pushed => pushed::run().await?,
                Workload::Federated => federated::run().await?,
                Workload::Metastore => metastore::run().await?,
                Workload::Documents => documents::run().await?,
            }
        }
    }
    Ok(())
}
