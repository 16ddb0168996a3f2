//! Databases as data sources: PostgreSQL, MariaDB and MySQL servers of the tests' own, through the gateway.

mod changes;
mod databases;
mod differential;
mod early;
pub mod servers;
mod tour;
mod writes;

use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let missing = servers::missing();
    if let Some(missing) = &missing {
        eprintln!("relational tests are skipped: {missing} is not installed");
    }
    let trials = [
        crate::trial("relational::changed_table".to_owned(), changes::a_changed_table_is_looked_at_anew),
        crate::trial("relational::unchanged_source".to_owned(), changes::an_unchanged_source_is_not_harvested),
        crate::trial("relational::databases".to_owned(), databases::each_database_of_a_server_is_a_database_of_the_gateway),
        crate::trial("relational::aggregates_before_joins".to_owned(), early::the_larger_side_of_a_join_is_aggregated_first),
        crate::trial("relational::tour".to_owned(), tour::a_postgresql_and_a_mariadb_are_browsed_and_joined),
        crate::trial("relational::insert".to_owned(), writes::rows_go_from_one_source_to_another),
        crate::trial("relational::insert_all_or_nothing".to_owned(), writes::all_rows_are_added_or_none),
        crate::trial("relational::insert_privileges".to_owned(), writes::writing_needs_an_option_and_privileges),
        crate::trial("relational::native_statements".to_owned(), writes::statements_in_the_servers_own_language),
        crate::trial("relational::pushdown_changes_no_answer_of_postgresql".to_owned(), differential::postgresql),
        crate::trial("relational::pushdown_changes_no_answer_of_mariadb".to_owned(), differential::mariadb),
    ];
    let missing_for_mysql = servers::missing_for_mysql();
    if let Some(missing) = &missing_for_mysql {
        eprintln!("the relational test of MySQL is skipped: {missing} is not installed");
    }
    let mysql = crate::trial("relational::pushdown_changes_no_answer_of_mysql".to_owned(), differential::mysql);
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(missing.is_some()));
    trials.chain([mysql.with_ignored_flag(missing_for_mysql.is_some())]).collect()
}
