//! The SQLite database that tests register as data source `shop`.

use std::path::Path;

use sqlx::{Connection, SqliteConnection};

const SCRIPT: &str = r#"
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    amount DECIMAL(10, 2) NOT NULL,
    placed_on DATE,
    paid BOOLEAN NOT NULL DEFAULT 0,
    note VARCHAR(40)
);
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, line)
);
CREATE UNIQUE INDEX order_lines_sku ON order_lines (order_id, sku);
CREATE VIEW paid_orders AS SELECT id, customer_id, amount FROM orders WHERE paid;
CREATE TABLE "Odd ""Names""" ("a column" INTEGER, "select" TEXT, "Größe" REAL, picture BLOB);
INSERT INTO orders (id, customer_id, amount, placed_on, paid, note) VALUES
    (1, 1, '19.90', '2026-01-05', 1, 'first'),
    (2, 1, '5.00', '2026-02-11', 0, NULL),
    (3, 2, '120.10', '2026-02-12', 1, ''),
    (4, 3, '0.01', NULL, 1, 'tiny'),
    (5, 7, '42.00', '2026-03-01', 0, 'it''s "quoted", {braced}');
INSERT INTO order_lines VALUES (1, 1, 'tea-01', 2), (1, 2, 'cup-07', 1), (3, 1, 'pot-03', 1);
INSERT INTO "Odd ""Names""" VALUES (1, 'x', 1.5, x'00ff10'), (NULL, NULL, NULL, NULL);
"#;

/// Makes the database in a new file.
pub async fn create(path: &Path) {
    execute(path, SCRIPT).await;
}

/// Runs statements on a SQLite file, which is made if it does not exist.
pub async fn execute(path: &Path, script: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a SQLite file");
    sqlx::raw_sql(script).execute(&mut connection).await.expect("the statements");
    connection.close().await.expect("a closed file");
}
