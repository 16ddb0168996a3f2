//! How the kinds of server that speak PostgreSQL's protocol differ, as far as this connector has to know.

/// One kind of server.
#[derive(Debug)]
pub(crate) struct Variant {
    /// The port where the option says none.
    pub(crate) default_port: u16,
    /// Schemas of the server itself, beside `information_schema` and those whose names begin with `pg_`.
    pub(crate) hidden_schemas: &'static [&'static str],
    pub(crate) lineage: Lineage,
}

/// From which PostgreSQL a server comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lineage {
    /// From version 11 or later.
    Recent,
    /// From version 9.2, with catalogs for partitions and procedures of its own. By default an empty text is a null there, as in Oracle:
    /// no condition and no query means the same as at the gateway, and nothing but whole columns is asked for.
    OpenGauss,
}

pub(crate) const POSTGRESQL: Variant = Variant { default_port: 5432, hidden_schemas: &[], lineage: Lineage::Recent };

pub(crate) const PPAS: Variant = Variant { default_port: 5444, hidden_schemas: &["dbo", "sys"], lineage: Lineage::Recent };

pub(crate) const GREENPLUM: Variant = Variant { default_port: 5432, hidden_schemas: &["gp_toolkit"], lineage: Lineage::Recent };

pub(crate) const KINGBASE: Variant = Variant {
    default_port: 54321,
    hidden_schemas: &["anon", "dbms_sql", "perf", "src_restrict", "sys", "sys_catalog", "sys_hm", "sysaudit", "sysmac", "xlog_record_read"],
    lineage: Lineage::Recent,
};

pub(crate) const GAUSSDB: Variant = Variant {
    default_port: 8000,
    hidden_schemas: &[
        "blockchain",
        "coverage",
        "cstore",
        "db4ai",
        "dbe_perf",
        "dbe_pldebugger",
        "dbe_pldeveloper",
        "dbe_sql_util",
        "pkg_service",
        "pkg_util",
        "snapshot",
        "sqladvisor",
        "sys",
    ],
    lineage: Lineage::OpenGauss,
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
