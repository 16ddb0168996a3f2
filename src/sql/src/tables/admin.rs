//! `admin`: data sources, roles, settings and the audit log.

use crate::tables::Table;

mod audit_log;
mod data_source_publications;
mod data_source_type_options;
mod data_source_types;
mod data_source_versions;
mod data_sources;
mod grants;
mod roles;
mod settings;
mod unanswered;

pub(super) const ALL: &[&dyn Table] = &[
    &audit_log::AuditLog,
    &data_source_publications::DataSourcePublications,
    &data_source_type_options::DataSourceTypeOptions,
    &data_source_types::DataSourceTypes,
    &data_source_versions::DataSourceVersions,
    &data_sources::DataSources,
    &grants::Grants,
    &roles::Roles,
    &settings::Settings,
    &unanswered::Unanswered,
];
