//! Databases as data sources: PostgreSQL, MariaDB and MySQL servers of the tests' own, through the gateway.

mod differential;
mod servers;
mod tour;

use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let missing = servers::missing();
    if let Some(missing) = &missing {
        eprintln!("relational tests are skipped: {missing} is not installed");
    }
    let trials = [
        crate::trial("relational::tour".to_owned(), tour::a_postgresql_and_a_mariadb_are_browsed_and_joined),
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
