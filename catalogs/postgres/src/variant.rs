//! How the kinds of server that speak PostgreSQL's protocol differ, as far as this connector has to know.
//!
//! Deliberately absent: GaussDB and openGauss. Their catalogs are those of PostgreSQL 9.2, which the statements of the harvest do not fit.

/// One kind of server.
#[derive(Debug)]
pub(crate) struct Variant {
    /// The port where the option says none.
    pub(crate) default_port: u16,
    /// Schemas of the server itself, beside `information_schema` and those whose names begin with `pg_`.
    pub(crate) hidden_schemas: &'static [&'static str],
}

pub(crate) const POSTGRESQL: Variant = Variant { default_port: 5432, hidden_schemas: &[] };

pub(crate) const PPAS: Variant = Variant { default_port: 5444, hidden_schemas: &["dbo", "sys"] };

pub(crate) const GREENPLUM: Variant = Variant { default_port: 5432, hidden_schemas: &["gp_toolkit"] };

pub(crate) const KINGBASE: Variant = Variant {
    default_port: 54321,
    hidden_schemas: &["anon", "dbms_sql", "perf", "src_restrict", "sys", "sys_catalog", "sys_hm", "sysaudit", "sysmac", "xlog_record_read"],
};

impl Variant {
    /// Whether a schema is the server's own.
    pub(crate) fn hides(&self, schema: &str) -> bool {
        schema == "information_schema" || schema.starts_with("pg_") || self.hidden_schemas.contains(&schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_the_server_are_hidden() {
        assert!(POSTGRESQL.hides("pg_toast") && POSTGRESQL.hides("information_schema"));
        assert!(!POSTGRESQL.hides("sys") && PPAS.hides("sys"));
    }
}
