//! A web shop whose orders lie in PostgreSQL and whose customers lie in MariaDB.

use crate::Result;
use crate::mariadb::MariaDb;
use crate::postgresql::PostgreSql;

pub const CUSTOMERS: usize = 150_000;
pub const ORDERS: usize = 1_500_000;
/// The orders of a day follow one another, each from another customer; no index knows the days.
const ORDERS_PER_DAY: usize = 625;
/// One of the days.
pub const DAY: &str = "1995-03-15";

/// Makes `public.orders`. Prime factors spread the values, the same in every run.
pub async fn create_orders(server: &PostgreSql) -> Result<()> {
    let script = format!(
        "CREATE TABLE orders (
             id bigint PRIMARY KEY, customer_id bigint NOT NULL, status char(1) NOT NULL, total numeric(12,2) NOT NULL,
             ordered date NOT NULL, priority varchar(15) NOT NULL, clerk text NOT NULL);
         INSERT INTO orders
             SELECT n, n * 7919 % {CUSTOMERS} + 1, substr('FOP', (n * 31 % 3)::int + 1, 1), (n * 104729 % 50000000) / 100.0,
                    date '1992-01-01' + ((n - 1) / {ORDERS_PER_DAY})::int, (array['URGENT', 'HIGH', 'MEDIUM', 'LOW'])[n * 13 % 4 + 1],
                    'clerk ' || n * 37 % 1000
             FROM generate_series(1::bigint, {ORDERS}) AS n;
         VACUUM ANALYZE orders"
    );
    let client = server.connect().await?;
    for statement in script.split(';') {
        client.batch_execute(statement).await?;
    }
    Ok(())
}

/// Makes `shop.customers`.
pub fn create_customers(server: &MariaDb) -> Result<()> {
    let script = format!(
        "CREATE TABLE customers (
             id bigint PRIMARY KEY, name varchar(25) NOT NULL, segment varchar(10) NOT NULL, country int NOT NULL,
             balance decimal(12,2) NOT NULL);
         INSERT INTO customers
             SELECT seq, concat('customer ', seq), elt(seq * 7 % 5 + 1, 'retail', 'machinery', 'household', 'furniture', 'building'),
                    seq * 11 % 25, (seq * 104729 % 1000000) / 100
             FROM seq_1_to_{CUSTOMERS};
         ANALYZE TABLE customers"
    );
    server.query(&script, server.port)?;
    Ok(())
}
