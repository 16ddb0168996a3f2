//! What sessions share of plans and answers of the catalog, and what they do not.

use datafusion::sql::sqlparser::ast;

use super::*;
use crate::pg_catalog::{self, Planned};

/// Long enough to be remembered.
const LONG: &str = "SELECT count(*) FROM generate_series(1, 30000) n";

/// The plan of a query, as a session gets it.
fn planned(session: &mut Session, text: &str) -> (Arc<PlanContext>, Arc<Planned>) {
    let statement = session.statements(text).expect("a statement").remove(0);
    let context = session.begin(&statement).expect("a context");
    let Some(ast::Statement::Query(query)) = statement.command.query() else { panic!("{text} is no query") };
    let planned = pg_catalog::plan(&context, query, &statement.source, &[]).expect("a plan");
    (context, planned)
}

/// The plan again, once its rows were read to the end.
async fn run(session: &mut Session, text: &str) -> Arc<Planned> {
    let (context, planned) = planned(session, text);
    planned.execute(&context, Vec::new()).try_collect::<Vec<_>>().await.expect("rows");
    session.sync().await;
    planned
}

async fn two_sessions() -> (Session, Session) {
    let engine = engine().await;
    [(); 2].map(|()| engine.open_session(startup("metagate")).expect("a session")).into()
}

#[tokio::test]
async fn a_plan_serves_every_session_in_which_it_means_the_same() {
    let (mut one, mut other) = two_sessions().await;
    let are_shared = |one: &mut Session, other: &mut Session, text: &str| Arc::ptr_eq(&planned(one, text).1, &planned(other, text).1);
    let text = "SELECT relname FROM pg_class WHERE relname = 'pg_type'";
    assert!(are_shared(&mut one, &mut other, text));
    for asks in ["SELECT 'now'::timestamptz", "SELECT '01/02/2024'::date"] {
        assert!(!are_shared(&mut one, &mut other, asks), "{asks}");
    }
    simple(&mut other, "SET search_path = information_schema").await;
    assert!(!are_shared(&mut one, &mut other, text));
}

#[tokio::test]
async fn an_answer_is_remembered_where_only_the_catalog_decides_it() {
    let (mut one, mut other) = two_sessions().await;
    assert!(run(&mut one, LONG).await.remembers());
    assert!(planned(&mut other, LONG).1.remembers());
    for text in ["SELECT 1", &LONG.replace('*', "current_user"), &LONG.replace('*', "random()")] {
        assert!(!run(&mut one, text).await.remembers(), "{text}");
    }
}

#[tokio::test]
async fn an_answer_is_forgotten_with_its_place_among_the_plans() {
    let (mut one, _other) = two_sessions().await;
    let first = run(&mut one, LONG).await;
    for number in 0..128 {
        assert!(first.remembers(), "behind {number} others");
        planned(&mut one, &format!("SELECT {number}"));
    }
    assert!(!first.remembers());
    assert!(run(&mut one, LONG).await.remembers());
}
