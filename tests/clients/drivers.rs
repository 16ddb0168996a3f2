//! The drivers of Rust: tokio-postgres and sqlx load the types of what they prepare, and take no value for another type's.

use std::fmt::Debug;

use libtest_mimic::Failed;
use sqlx::postgres::{PgConnectOptions, PgSslMode, PgTypeKind};
use sqlx::{Column, ConnectOptions, Executor, PgConnection, Row, SqlStr, Statement, TypeInfo};
use tokio_postgres::types::{Kind, Type};

use super::page::Finding;
use crate::gateway::Gateway;
use crate::tidy::root;

/// Values of types that the drivers do not know before they have asked for them.
const USER_TYPES: &str = "SELECT 'paid'::crm.status AS st, NULL::crm.addr AS home, ARRAY['void']::crm.status[] AS sts";

/// Everything but reading rows of tables.
pub async fn browse(gateway: &Gateway) -> Result<Vec<Finding>, Failed> {
    let mut found = Findings::of("tokio-postgres")?;
    browse_with_tokio_postgres(gateway, &mut found).await?;
    let mut findings = found.findings;
    let mut found = Findings::of("sqlx")?;
    browse_with_sqlx(gateway, &mut found).await?;
    findings.extend(found.findings);
    Ok(findings)
}

pub async fn read(gateway: &Gateway) -> Result<Vec<Finding>, Failed> {
    let mut found = Findings::of("tokio-postgres")?;
    let client = gateway.connect("sales").await;
    let row = client.query_one("SELECT id, name FROM crm.customers WHERE id = $1", &[&2i64]).await?;
    found.check("query_one", (row.get::<_, i64>(0), row.get::<_, &str>(1)), (2, "b"))?;
    let mut findings = found.findings;
    let mut found = Findings::of("sqlx")?;
    let mut connection = connect(gateway).await?;
    let row = sqlx::query("SELECT id, name FROM crm.customers WHERE id = $1").bind(2i64).fetch_one(&mut connection).await?;
    found.check("fetch_one", (row.get::<i64, _>(0), row.get::<&str, _>(1)), (2, "b"))?;
    findings.extend(found.findings);
    Ok(findings)
}

async fn browse_with_tokio_postgres(gateway: &Gateway, found: &mut Findings) -> Result<(), Failed> {
    let client = gateway.connect("sales").await;
    let statement = client.prepare(USER_TYPES).await?;
    let kinds: Vec<String> = statement.columns().iter().map(|column| described(column.type_())).collect();
    let expected = ["crm.status of new, paid, void", "crm.addr of street text, zip varchar", "crm._status of many status"];
    found.check("prepare, types of users", kinds, expected.map(str::to_owned).to_vec())?;

    let named =
        "SELECT oid, relname, relkind, relnatts, relhasindex FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = ANY($2)";
    let statement = client.prepare(named).await?;
    let names = |types: &[Type]| types.iter().map(|one| one.name().to_owned()).collect::<Vec<_>>();
    let columns: Vec<Type> = statement.columns().iter().map(|column| column.type_().clone()).collect();
    found.check("prepare, columns of pg_class", names(&columns), ["oid", "name", "char", "int2", "bool"].map(str::to_owned).to_vec())?;
    found.check("prepare, parameters", names(statement.params()), ["regnamespace", "_char"].map(str::to_owned).to_vec())?;

    let columns = "SELECT attname, attnum, attnotnull, format_type(atttypid, atttypmod) FROM pg_attribute \
                   WHERE attrelid = (SELECT oid FROM pg_class WHERE relname = $1) AND attnum > 0 ORDER BY attnum";
    let rows = client.query(columns, &[&"order_items"]).await?;
    let rows: Vec<(String, i16, bool, String)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    let expected =
        [("order_id", 1, false, "integer"), ("line", 2, false, "integer"), ("sku", 3, false, "text"), ("qty", 4, false, "integer")];
    found.check(
        "pg_attribute",
        rows,
        expected.map(|(name, place, required, type_)| (name.into(), place, required, type_.into())).to_vec(),
    )?;
    let row = client.query_one("SELECT conkey, contype FROM pg_constraint WHERE conname = $1", &[&"orders_pkey"]).await?;
    found.check("pg_constraint", (row.get::<_, Vec<i16>>(0), row.get::<_, i8>(1)), (vec![1, 3], b'p' as i8))
}

/// A type with what it is made of.
fn described(type_: &Type) -> String {
    let parts = match type_.kind() {
        Kind::Enum(labels) => labels.join(", "),
        Kind::Composite(fields) => {
            fields.iter().map(|field| format!("{} {}", field.name(), field.type_().name())).collect::<Vec<_>>().join(", ")
        }
        Kind::Array(element) => format!("many {}", element.name()),
        other => format!("{other:?}"),
    };
    format!("{}.{} of {parts}", type_.schema(), type_.name())
}

async fn browse_with_sqlx(gateway: &Gateway, found: &mut Findings) -> Result<(), Failed> {
    let mut connection = connect(gateway).await?;
    let statement = connection.prepare(SqlStr::from_static(USER_TYPES)).await?;
    let kinds: Vec<String> = statement
        .columns()
        .iter()
        .map(|column| match column.type_info().kind() {
            PgTypeKind::Enum(labels) => format!("{} of {}", column.type_info().name(), labels.join(", ")),
            PgTypeKind::Composite(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, type_)| format!("{name} {}", type_.name())).collect();
                format!("{} of {}", column.type_info().name(), fields.join(", "))
            }
            PgTypeKind::Array(element) => format!("{} of many {}", column.type_info().name(), element.name()),
            other => format!("{} {other:?}", column.type_info().name()),
        })
        .collect();
    let expected = ["crm.status of new, paid, void", "crm.addr of street TEXT, zip VARCHAR", "crm.status[] of many crm.status"];
    found.check("prepare, types of users", kinds, expected.map(str::to_owned).to_vec())?;

    // What the macros ask when they look at a statement: which of its columns may be null, by their tables and by the plan.
    let statement = connection.prepare(SqlStr::from_static("SELECT id, name, email, 1 AS one FROM crm.customers WHERE id = $1")).await?;
    let mut nullable = Vec::new();
    for column in statement.columns() {
        let sql = "SELECT NOT attnotnull FROM (SELECT $1::int4 AS table_id, $2::int2 AS col_idx) AS col \
                   LEFT JOIN pg_catalog.pg_attribute ON table_id IS NOT NULL AND attrelid = table_id AND attnum = col_idx";
        // The driver keeps an OID as this type, too.
        let table = column.relation_id().map(|oid| oid.0.cast_signed());
        let asked = sqlx::query_scalar::<_, Option<bool>>(sql).bind(table).bind(column.relation_attribute_no());
        nullable.push((column.name().to_owned(), asked.fetch_one(&mut connection).await?));
    }
    let expected = [("id", Some(false)), ("name", Some(false)), ("email", Some(true)), ("one", None)];
    found.check("may a column be null", nullable, expected.map(|(name, nullable)| (name.to_owned(), nullable)).to_vec())?;
    connection.execute(SqlStr::from_static("PREPARE looked_at AS SELECT id, name FROM crm.customers WHERE id = $1")).await?;
    let plan = connection.fetch_one(SqlStr::from_static("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE looked_at(NULL)")).await?;
    found.check("EXPLAIN in JSON", plan.column(0).type_info().name(), "JSON")
}

async fn connect(gateway: &Gateway) -> Result<PgConnection, Failed> {
    let options = PgConnectOptions::new_without_pgpass().host(&gateway.address.ip().to_string()).port(gateway.address.port());
    let options = options.username("admin").password(&gateway.password).database("sales").ssl_mode(PgSslMode::Disable);
    Ok(options.disable_statement_logging().connect().await?)
}

struct Findings {
    client: &'static str,
    version: String,
    findings: Vec<Finding>,
}

impl Findings {
    fn of(client: &'static str) -> Result<Findings, Failed> {
        let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
        let (_, package) = lock.split_once(&format!("name = \"{client}\"\nversion = \"")).ok_or("an unknown package")?;
        let (version, _) = package.split_once('"').ok_or("no version")?;
        Ok(Findings { client, version: version.to_owned(), findings: Vec::new() })
    }

    fn check<T: Debug + PartialEq>(&mut self, did: &str, found: T, expected: T) -> Result<(), Failed> {
        if found != expected {
            return Err(format!("{} {}: {did}:\n  found    {found:?}\n  expected {expected:?}", self.client, self.version).into());
        }
        let (client, version, did, found) = (self.client.to_owned(), self.version.clone(), did.to_owned(), format!("{expected:?}"));
        self.findings.push(Finding { client, version, did, found });
        Ok(())
    }
}
