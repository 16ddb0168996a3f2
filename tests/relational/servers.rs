//! The servers, each started once for all tests: as the connectors' own tests start them.

#[path = "../../catalogs/mysql/tests/mysql/server.rs"]
#[allow(dead_code)]
mod mysql;
#[path = "../../catalogs/postgres/tests/postgres/server.rs"]
#[allow(dead_code)]
pub mod postgresql;

use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

/// What is not installed.
pub fn missing() -> Option<String> {
    let has_postgresql = std::path::Path::new("/usr/lib/postgresql/15/bin/initdb").exists();
    let mariadb = mysql::Product::MariaDb.missing().map(str::to_owned);
    if has_postgresql { mariadb } else { Some("postgresql-15".to_owned()) }
}

/// What is not installed of what MySQL's test needs.
pub fn missing_for_mysql() -> Option<String> {
    mysql::Product::MySql.missing().map(str::to_owned)
}

/// A database of the shared PostgreSQL server, new and empty.
pub struct PostgreSql {
    pub database: &'static str,
    /// A connection straight to it.
    pub client: Client,
}

impl PostgreSql {
    pub async fn create(database: &'static str) -> PostgreSql {
        connect(postgresql(), "postgres").await.batch_execute(&format!("CREATE DATABASE {database}")).await.expect("a new database");
        PostgreSql { database, client: connect(postgresql(), database).await }
    }

    /// The options of a data source.
    pub fn options(&self) -> Value {
        let server = postgresql();
        json!({"host": server.host, "port": server.port, "database": self.database, "user": server.user, "password": server.password})
    }
}

fn postgresql() -> &'static postgresql::Server {
    postgresql::shared().expect("an installed server")
}

async fn connect(server: &postgresql::Server, database: &str) -> Client {
    let mut config = tokio_postgres::Config::new();
    config.host(&server.host).port(server.port).user(&server.user).password(&server.password).dbname(database);
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// A MariaDB or MySQL server.
pub struct MySqlServer(mysql::Server);

impl MySqlServer {
    pub fn mariadb() -> MySqlServer {
        MySqlServer(mysql::Server::start(mysql::Product::MariaDb))
    }

    pub fn mysql() -> MySqlServer {
        MySqlServer(mysql::Server::start(mysql::Product::MySql))
    }

    pub async fn execute(&self, sql: &str) {
        self.0.execute(sql).await;
    }

    /// The options of a data source.
    pub fn options(&self) -> Value {
        json!({"host": "127.0.0.1", "port": self.0.port, "user": mysql::USER, "password": mysql::PASSWORD, "ssl_mode": "disabled"})
    }
}

/// Registers a data source.
pub async fn register(client: &Client, name: &str, kind: &str, options: &Value) {
    let call = format!("CALL create_datasource('{name}', '{kind}', '{}')", options.to_string().replace('\'', "''"));
    client.simple_query(&call).await.unwrap_or_else(|error| panic!("{call}: {error:?}"));
}

/// The rows of a statement, their values separated by bars; or its error.
pub async fn rows(client: &Client, sql: &str) -> Result<Vec<String>, String> {
    let messages = client.simple_query(sql).await.map_err(|error| match error.as_db_error() {
        Some(error) => format!("{}: {}", error.code().code(), error.message()),
        None => error.to_string(),
    })?;
    let rows = messages.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|column| row.get(column).unwrap_or("∅")).collect::<Vec<_>>().join("|"))
        }
        _ => None,
    });
    Ok(rows.collect())
}
