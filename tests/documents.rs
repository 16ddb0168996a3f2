//! Sources that are no relational databases: Hive, Kafka, Elasticsearch, what speaks MongoDB's protocol, and Redis, through the gateway.

mod definitions;
mod describe;
mod groups;
mod hive;
mod newest;
pub mod servers;
mod tour;

use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let missing = servers::missing();
    if let Some(missing) = &missing {
        eprintln!("tests of sources without a schema are skipped: {missing} is not installed");
    }
    let trials = [
        crate::trial("documents::definitions".to_owned(), definitions::a_definition_overrules_what_is_inferred),
        crate::trial("documents::definitions_of_keys".to_owned(), definitions::a_definition_makes_a_table_of_keys),
        crate::trial("documents::describe".to_owned(), describe::every_table_is_described_without_asking_its_source),
        crate::trial("documents::groups".to_owned(), groups::groups_of_a_source_are_those_of_its_rows),
        crate::trial("documents::newest".to_owned(), newest::the_newest_messages_are_those_of_the_whole_topic),
        crate::trial("documents::tour".to_owned(), tour::one_source_of_each_kind_is_browsed_and_joined),
    ];
    trials.into_iter().map(|trial| trial.with_ignored_flag(missing.is_some())).collect()
}
