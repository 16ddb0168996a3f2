//! The columns of the catalogs that have dynamic rows, in the order of PostgreSQL 16, as constants that can be matched.

/// The places of columns, from 0, and their names.
macro_rules! places {
    ($($name:ident)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($name),* }
        $(#[allow(dead_code)] pub(crate) const $name: usize = Place::$name as usize;)*
        #[cfg(test)]
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}
pub(super) use places;

pub(crate) mod pg_attrdef {
    places!(OID ADRELID ADNUM ADBIN);
}

pub(crate) mod pg_attribute {
    places!(
        ATTRELID ATTNAME ATTTYPID ATTLEN ATTNUM ATTCACHEOFF ATTTYPMOD ATTNDIMS ATTBYVAL ATTALIGN ATTSTORAGE ATTCOMPRESSION ATTNOTNULL
        ATTHASDEF ATTHASMISSING ATTIDENTITY ATTGENERATED ATTISDROPPED ATTISLOCAL ATTINHCOUNT ATTSTATTARGET ATTCOLLATION ATTACL
        ATTOPTIONS ATTFDWOPTIONS ATTMISSINGVAL
    );
}

pub(crate) mod pg_auth_members {
    places!(OID ROLEID MEMBER GRANTOR ADMIN_OPTION INHERIT_OPTION SET_OPTION);
}

pub(crate) mod pg_authid {
    places!(
        OID ROLNAME ROLSUPER ROLINHERIT ROLCREATEROLE ROLCREATEDB ROLCANLOGIN ROLREPLICATION ROLBYPASSRLS ROLCONNLIMIT ROLPASSWORD
        ROLVALIDUNTIL
    );
}

pub(crate) mod pg_class {
    places!(
        OID RELNAME RELNAMESPACE RELTYPE RELOFTYPE RELOWNER RELAM RELFILENODE RELTABLESPACE RELPAGES RELTUPLES RELALLVISIBLE
        RELTOASTRELID RELHASINDEX RELISSHARED RELPERSISTENCE RELKIND RELNATTS RELCHECKS RELHASRULES RELHASTRIGGERS RELHASSUBCLASS
        RELROWSECURITY RELFORCEROWSECURITY RELISPOPULATED RELREPLIDENT RELISPARTITION RELREWRITE RELFROZENXID RELMINMXID RELACL
        RELOPTIONS RELPARTBOUND
    );
}

pub(crate) mod pg_constraint {
    places!(
        OID CONNAME CONNAMESPACE CONTYPE CONDEFERRABLE CONDEFERRED CONVALIDATED CONRELID CONTYPID CONINDID CONPARENTID CONFRELID
        CONFUPDTYPE CONFDELTYPE CONFMATCHTYPE CONISLOCAL CONINHCOUNT CONNOINHERIT CONKEY CONFKEY CONPFEQOP CONPPEQOP CONFFEQOP
        CONFDELSETCOLS CONEXCLOP CONBIN
    );
}

pub(crate) mod pg_database {
    places!(
        OID DATNAME DATDBA ENCODING DATLOCPROVIDER DATISTEMPLATE DATALLOWCONN DATCONNLIMIT DATFROZENXID DATMINMXID DATTABLESPACE
        DATCOLLATE DATCTYPE DATICULOCALE DATICURULES DATCOLLVERSION DATACL
    );
}

pub(crate) mod pg_db_role_setting {
    places!(SETDATABASE SETROLE SETCONFIG);
}

pub(crate) mod pg_depend {
    places!(CLASSID OBJID OBJSUBID REFCLASSID REFOBJID REFOBJSUBID DEPTYPE);
}

pub(crate) mod pg_description {
    places!(OBJOID CLASSOID OBJSUBID DESCRIPTION);
}

pub(crate) mod pg_enum {
    places!(OID ENUMTYPID ENUMSORTORDER ENUMLABEL);
}

pub(crate) mod pg_index {
    places!(
        INDEXRELID INDRELID INDNATTS INDNKEYATTS INDISUNIQUE INDNULLSNOTDISTINCT INDISPRIMARY INDISEXCLUSION INDIMMEDIATE
        INDISCLUSTERED INDISVALID INDCHECKXMIN INDISREADY INDISLIVE INDISREPLIDENT INDKEY INDCOLLATION INDCLASS INDOPTION INDEXPRS
        INDPRED
    );
}

pub(crate) mod pg_inherits {
    places!(INHRELID INHPARENT INHSEQNO INHDETACHPENDING);
}

pub(crate) mod pg_namespace {
    places!(OID NSPNAME NSPOWNER NSPACL);
}

pub(crate) mod pg_partitioned_table {
    places!(PARTRELID PARTSTRAT PARTNATTS PARTDEFID PARTATTRS PARTCLASS PARTCOLLATION PARTEXPRS);
}

pub(crate) mod pg_proc {
    places!(
        OID PRONAME PRONAMESPACE PROOWNER PROLANG PROCOST PROROWS PROVARIADIC PROSUPPORT PROKIND PROSECDEF PROLEAKPROOF PROISSTRICT
        PRORETSET PROVOLATILE PROPARALLEL PRONARGS PRONARGDEFAULTS PRORETTYPE PROARGTYPES PROALLARGTYPES PROARGMODES PROARGNAMES
        PROARGDEFAULTS PROTRFTYPES PROSRC PROBIN PROSQLBODY PROCONFIG PROACL
    );
}

pub(crate) mod pg_rewrite {
    places!(OID RULENAME EV_CLASS EV_TYPE EV_ENABLED IS_INSTEAD EV_QUAL EV_ACTION);
}

pub(crate) mod pg_sequence {
    places!(SEQRELID SEQTYPID SEQSTART SEQINCREMENT SEQMAX SEQMIN SEQCACHE SEQCYCLE);
}

pub(crate) mod pg_shdescription {
    places!(OBJOID CLASSOID DESCRIPTION);
}

pub(crate) mod pg_trigger {
    places!(
        OID TGRELID TGPARENTID TGNAME TGFOID TGTYPE TGENABLED TGISINTERNAL TGCONSTRRELID TGCONSTRINDID TGCONSTRAINT TGDEFERRABLE
        TGINITDEFERRED TGNARGS TGATTR TGARGS TGQUAL TGOLDTABLE TGNEWTABLE
    );
}

pub(crate) mod pg_type {
    places!(
        OID TYPNAME TYPNAMESPACE TYPOWNER TYPLEN TYPBYVAL TYPTYPE TYPCATEGORY TYPISPREFERRED TYPISDEFINED TYPDELIM TYPRELID
        TYPSUBSCRIPT TYPELEM TYPARRAY TYPINPUT TYPOUTPUT TYPRECEIVE TYPSEND TYPMODIN TYPMODOUT TYPANALYZE TYPALIGN TYPSTORAGE
        TYPNOTNULL TYPBASETYPE TYPTYPMOD TYPNDIMS TYPCOLLATION TYPDEFAULTBIN TYPDEFAULT TYPACL
    );
}

#[cfg(test)]
mod tests {
    use crate::statics::relation_named;

    #[test]
    fn places_are_those_of_the_catalogs() {
        for (name, places) in [
            ("pg_attrdef", super::pg_attrdef::NAMES),
            ("pg_attribute", super::pg_attribute::NAMES),
            ("pg_auth_members", super::pg_auth_members::NAMES),
            ("pg_authid", super::pg_authid::NAMES),
            ("pg_class", super::pg_class::NAMES),
            ("pg_constraint", super::pg_constraint::NAMES),
            ("pg_database", super::pg_database::NAMES),
            ("pg_db_role_setting", super::pg_db_role_setting::NAMES),
            ("pg_depend", super::pg_depend::NAMES),
            ("pg_description", super::pg_description::NAMES),
            ("pg_enum", super::pg_enum::NAMES),
            ("pg_index", super::pg_index::NAMES),
            ("pg_inherits", super::pg_inherits::NAMES),
            ("pg_namespace", super::pg_namespace::NAMES),
            ("pg_partitioned_table", super::pg_partitioned_table::NAMES),
            ("pg_proc", super::pg_proc::NAMES),
            ("pg_rewrite", super::pg_rewrite::NAMES),
            ("pg_sequence", super::pg_sequence::NAMES),
            ("pg_shdescription", super::pg_shdescription::NAMES),
            ("pg_trigger", super::pg_trigger::NAMES),
            ("pg_type", super::pg_type::NAMES),
        ] {
            let relation = relation_named("pg_catalog", name).expect("a catalog");
            let columns: Vec<String> = relation.columns.iter().map(|column| column.name.to_uppercase()).collect();
            assert_eq!(columns, places, "{name}");
        }
    }
}
