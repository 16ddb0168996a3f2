//! OIDs for the names that stand for them in recorded statements, as in `@{rel:crm.orders}`.

use std::collections::HashMap;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::corpus::Result;

/// The OIDs of one server, each looked up once.
pub struct Oids {
    client: Client,
    known: HashMap<String, String>,
}

/// What stands for the OID of an object that is not there.
const NOTHING: &str = "99999999";

impl Oids {
    /// Looked up on a connection of their own.
    pub fn of(client: Client) -> Oids {
        Oids { client, known: HashMap::new() }
    }

    /// A text with OIDs in place of names.
    pub async fn resolve(&mut self, text: &str) -> Result<String> {
        let (mut resolved, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("@{") {
            let (token, after) = after.split_once('}').ok_or("a name without an end")?;
            resolved += before;
            resolved += &self.oid(token).await?;
            rest = after;
        }
        Ok(resolved + rest)
    }

    async fn oid(&mut self, token: &str) -> Result<String> {
        if let Some(oid) = self.known.get(token) {
            return Ok(oid.clone());
        }
        let (kind, name) = token.split_once(':').ok_or("a name without a kind")?;
        let within = |relation: &str, prefix: &str| {
            let (schema, name) = name.split_once('.').unwrap_or(("", name));
            let (schema, name) = (literal(schema), literal(name));
            format!(
                "SELECT o.oid FROM pg_catalog.{relation} o JOIN pg_catalog.pg_namespace n ON n.oid = o.{prefix}namespace \
                 WHERE n.nspname = {schema} AND o.{prefix}name = {name}"
            )
        };
        let sql = match kind {
            "rel" => within("pg_class", "rel"),
            "type" => within("pg_type", "typ"),
            "proc" => within("pg_proc", "pro"),
            "con" => format!("SELECT oid FROM pg_catalog.pg_constraint WHERE conname = {}", literal(name)),
            "nsp" => format!("SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {}", literal(name)),
            "db" => format!("SELECT oid FROM pg_catalog.pg_database WHERE datname = {}", literal(name)),
            other => return Err(format!("an object of kind {other}").into()),
        };
        let rows = self.client.simple_query(&sql).await?;
        let found = rows.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let oid = found.unwrap_or(NOTHING).to_owned();
        self.known.insert(token.to_owned(), oid.clone());
        Ok(oid)
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
