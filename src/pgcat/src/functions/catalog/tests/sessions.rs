//! What `pg_stat_get_backend_pid` and its kin tell of sessions, as PostgreSQL 16 does.

use super::Fixture;
use crate::host::Activity;
use crate::value::Value;

/// What everybody sees of a session, and what the others do not.
const WHOSE: [&str; 3] = ["pid", "dbid", "userid"];
const NULL_IF_HIDDEN: [&str; 5] = ["client_addr", "client_port", "start", "activity_start", "xact_start"];
const TEXTS: [&str; 3] = ["activity", "wait_event_type", "wait_event"];

fn session(pid: i32, state: &'static str, query: Option<&str>) -> Activity {
    Activity {
        pid,
        database: "sales".into(),
        user: "alice".into(),
        application_name: "psql".into(),
        client: Some(("10.0.0.1".to_owned(), 5000)),
        backend_start: 1,
        transaction_start: Some(2),
        query_start: Some(3),
        state_change: Some(4),
        state,
        query: query.map(Into::into),
    }
}

#[test]
fn sessions_that_may_not_be_seen_show_only_whose_they_are() {
    let mut fixture = Fixture::new();
    fixture.session.activity =
        vec![session(7, "active", Some("select 1")), session(8, "idle", None), session(9, "idle", Some("")), session(10, "active", None)];
    let tell = |number: i64, of: &[&str]| -> Vec<Value> {
        let tell = |what: &&str| fixture.call(&format!("pg_stat_get_backend_{what}"), &[Value::Int(number)]).expect("an answer");
        of.iter().map(tell).collect()
    };
    let whose = |pid| [Value::Int(pid), Value::Int(16400), Value::Int(16411)];
    assert_eq!((tell(1, &WHOSE), tell(2, &WHOSE)), (whose(7).to_vec(), whose(8).to_vec()));
    let seen = ["10.0.0.1".into(), Value::Int(5000), Value::Timestamp(1), Value::Timestamp(3), Value::Timestamp(2)];
    assert_eq!(tell(1, &NULL_IF_HIDDEN), seen);
    assert!(tell(2, &NULL_IF_HIDDEN).iter().chain(&tell(5, &NULL_IF_HIDDEN)).all(Value::is_null));
    assert_eq!(tell(1, &TEXTS), ["select 1".into(), Value::Null, Value::Null]);
    assert_eq!(tell(3, &TEXTS), ["<command string not enabled>".into(), "Client".into(), "ClientRead".into()]);
    for hidden in [2, 4] {
        assert_eq!(tell(hidden, &TEXTS), ["<insufficient privilege>"; 3].map(Value::from));
    }
    assert_eq!(tell(5, &TEXTS), ["<backend information not available>"; 3].map(Value::from));
    assert!(tell(5, &WHOSE).iter().all(Value::is_null));
}
