//! Bad input: every statement of the table is refused with its SQLSTATE and message, and the session goes on.
//!
//! The table itself is in `errors/table.rs`. What cannot be a statement is tested here: refused connections, and that no error repeats
//! a secret.

mod table;

use libtest_mimic::{Failed, Trial};
use tokio_postgres::{Client, Config, NoTls};

use crate::fault::{create_shop, gateway_with_shop};
use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    vec![
        crate::trial("errors::every_bad_statement_is_refused_as_expected".to_owned(), every_bad_statement_is_refused_as_expected),
        crate::trial("errors::bad_parameters_are_refused".to_owned(), bad_parameters_are_refused),
        crate::trial("errors::refused_connections".to_owned(), refused_connections),
        crate::trial("errors::no_error_repeats_a_secret".to_owned(), no_error_repeats_a_secret),
    ]
}

/// A statement and how it is refused.
struct Bad {
    statement: &'static str,
    state: &'static str,
    message: &'static str,
    /// The hint, where it matters; empty where there must be none that anybody relies on.
    hint: &'static str,
}

async fn every_bad_statement_is_refused_as_expected() -> Result<(), Failed> {
    assert!(table::TABLE.len() >= 60, "only {} bad inputs", table::TABLE.len());
    let gateway = gateway_with_shop().await;
    let client = gateway.connect("metagate").await;
    let mut wrong = Vec::new();
    for bad in table::TABLE {
        let found = refusal(&client, bad.statement).await?;
        let expected = (bad.state.to_owned(), bad.message.to_owned());
        if (&found.0, &found.1) != (&expected.0, &expected.1) {
            wrong.push(format!("{}\n  expected {expected:?}\n  found    {:?}", bad.statement, (found.0, found.1)));
        } else if !bad.hint.is_empty() && found.2 != bad.hint {
            wrong.push(format!("{}\n  expected hint {:?}\n  found    hint {:?}", bad.statement, bad.hint, found.2));
        }
        let row = client.query_one("SELECT 1", &[]).await?;
        assert_eq!(row.get::<_, i32>(0), 1, "the session after {}", bad.statement);
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{} of {} differ:\n{}", wrong.len(), table::TABLE.len(), wrong.join("\n")).into()) }
}

/// SQLSTATE, message and hint of a statement of the simple protocol.
async fn refusal(client: &Client, statement: &str) -> Result<(String, String, String), Failed> {
    let Err(error) = client.simple_query(statement).await else {
        return Ok((String::new(), "it was not refused".to_owned(), String::new()));
    };
    let error = error.as_db_error().ok_or_else(|| format!("{statement}: {error}"))?;
    Ok((error.code().code().to_owned(), error.message().to_owned(), error.hint().unwrap_or_default().to_owned()))
}

/// Parameters of procedures and queries whose values do not fit.
async fn bad_parameters_are_refused() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    for (statement, value, state, message) in [
        ("CALL drop_datasource($1)", None, "22023", "argument \"name\" of procedure \"drop_datasource\" must not be null"),
        ("CALL drop_datasource(name => $1)", Some("nothing"), "42704", "data source \"nothing\" does not exist"),
        ("CALL comment_datasource('nothing', $1)", Some("x"), "42704", "data source \"nothing\" does not exist"),
    ] {
        let Err(error) = client.query(statement, &[&value]).await else { return Err(format!("{statement} worked").into()) };
        let error = error.as_db_error().ok_or("no answer")?;
        assert_eq!((error.code().code(), error.message()), (state, message), "{statement}");
    }
    let Err(error) = client.query("SELECT 1 / $1::int4", &[&0i32]).await else { return Err("a division by zero".into()) };
    assert_eq!(error.as_db_error().map(|error| error.code().code()), Some("22012"));
    client.simple_query("SELECT 1").await?;
    Ok(())
}

async fn refused_connections() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let admin = gateway.connect("metagate").await;
    for statement in [
        "CREATE ROLE locked PASSWORD 'locked'",
        "CREATE ROLE late LOGIN PASSWORD 'late' VALID UNTIL '2020-01-01'",
        "CREATE ROLE unlocked LOGIN",
        "CREATE ROLE ana LOGIN PASSWORD 'ana'",
    ] {
        admin.simple_query(statement).await?;
    }
    let password = gateway.password.as_str();
    for (role, password, database, options, state, message) in [
        ("admin", password, "nowhere", "", "3D000", "database \"nowhere\" does not exist"),
        ("admin", password, "template1", "", "3D000", "database \"template1\" does not exist"),
        ("admin", password, "metagate", "-c nonsense=1", "42704", "unrecognized configuration parameter \"nonsense\""),
        (
            "admin",
            password,
            "metagate",
            "-c statement_timeout=soon",
            "22023",
            "invalid value for parameter \"statement_timeout\": \"soon\"",
        ),
        ("admin", password, "metagate", "-c server_version=9", "55P02", "parameter \"server_version\" cannot be changed"),
        ("admin", password, "metagate", "-d 5", "42601", "invalid command-line argument for server process: \"-d\" is not supported"),
        ("admin", "wrong", "metagate", "", "28P01", "password authentication failed for user \"admin\""),
        ("admin", "wrong", "nowhere", "", "28P01", "password authentication failed for user \"admin\""),
        ("nobody", "x", "metagate", "", "28P01", "password authentication failed for user \"nobody\""),
        ("locked", "locked", "metagate", "", "28000", "role \"locked\" is not permitted to log in"),
        ("locked", "wrong", "metagate", "", "28P01", "password authentication failed for user \"locked\""),
        ("late", "late", "metagate", "", "28P01", "password authentication failed for user \"late\""),
        ("unlocked", "", "metagate", "", "28P01", "password authentication failed for user \"unlocked\""),
        // What a role may not see does not exist for it.
        ("ana", "ana", "shop", "", "3D000", "database \"shop\" does not exist"),
    ] {
        let mut config = Config::new();
        config.host(gateway.address.ip().to_string()).port(gateway.address.port()).options(options);
        let connected = config.user(role).password(password).dbname(database).connect(NoTls).await;
        let Err(error) = connected else { return Err(format!("{role} connected to {database} with {options:?}").into()) };
        let error = error.as_db_error().ok_or_else(|| format!("{role}, {database}: {error}"))?;
        assert_eq!((error.severity(), error.code().code(), error.message()), ("FATAL", state, message), "{role} to {database} {options:?}");
    }
    admin.simple_query("GRANT USAGE ON FOREIGN SERVER shop TO ana").await?;
    gateway.connect_as("ana", "ana", "shop").await?.simple_query("SELECT count(*) FROM orders").await?;
    Ok(())
}

/// Whatever is wrong with a call, a secret in it is in no message, view or journal, and in no file as it was given.
async fn no_error_repeats_a_secret() -> Result<(), Failed> {
    const SECRET: &str = "hunter2-5f3c9a";
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    let options = |more: &str| format!("{{\"path\": \"s3://bucket/x\", \"secret_access_key\": \"{SECRET}\"{more}}}");
    let calls = [
        // Nothing listens there.
        format!(
            "CALL create_datasource('s', 'files', '{}')",
            options(", \"access_key_id\": \"k\", \"endpoint\": \"http://127.0.0.1:1\", \"allow_http\": true")
        ),
        format!("CALL create_datasource('s', 'files', '{}')", options(", \"regoin\": \"x\"")),
        format!("CALL create_datasource('s', 'files', '{}')", options(", \"csv_header\": 5")),
        format!("CALL create_datasource('s', 'files', '{}", options(", \"unfinished")),
        format!("CALL create_datasource('s', 'files', '{{\"secret_access_key\": {{\"a\": \"{SECRET}\"}}}}')"),
        format!("CALL create_datasource('s', 'files', '{{\"secret_access_key\": \"{SECRET}'}})"),
        format!("CALL create_datasource('s', 'no such type', '{}')", options("")),
        format!("CALL create_datasource('s', '{SECRET}', '{{}}', tests => true)"),
        format!("CALL alter_datasource('sample', '{}')", options(", \"sample_rows\": \"many\"")),
        format!("CALL test_datasource(type => 'files', options => '{}')", options(", \"files_max\": -1")),
        format!("CREATE SERVER s FOREIGN DATA WRAPPER files OPTIONS (path 's3://b/x', secret_access_key '{SECRET}', nonsense '1')"),
        format!("ALTER SERVER sample OPTIONS (ADD secret_access_key '{SECRET}', SET nonsense '1')"),
        format!("CREATE ROLE admin LOGIN PASSWORD '{SECRET}'"),
        format!("ALTER ROLE nobody PASSWORD '{SECRET}'"),
    ];
    for call in &calls {
        let Err(error) = client.simple_query(call).await else { return Err(format!("{call} worked").into()) };
        let error = error.as_db_error().ok_or("no answer")?;
        assert!(!format!("{error:?}").contains(SECRET), "{call}: {error:?}");
    }

    // Saved without a test: then it is masked wherever it could be seen.
    let saved = options(", \"access_key_id\": \"k\", \"endpoint\": \"http://127.0.0.1:1\", \"allow_http\": true");
    client.simple_query(&format!("CALL create_datasource('s', 'files', '{saved}', test => false, publish => false)")).await?;
    client.simple_query(&format!("CREATE ROLE ana LOGIN PASSWORD '{SECRET}'")).await?;
    let relations =
        client.query("SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'metagate'", &[]).await?;
    assert!(relations.len() > 25, "only {} relations", relations.len());
    let mut masked = 0;
    for relation in &relations {
        let (schema, name): (&str, &str) = (relation.get(0), relation.get(1));
        let rows = format!("{:?}", client.simple_query(&format!("SELECT * FROM {schema}.{name}")).await?);
        assert!(!rows.contains(SECRET), "{schema}.{name} shows a secret");
        masked += usize::from(rows.contains("********"));
    }
    assert!(masked >= 3, "the versions, the foreign servers' options and the audit log all mention the option");

    let mut files = vec![gateway.folder().to_owned()];
    while let Some(path) = files.pop() {
        match path.is_dir() {
            true => files.extend(std::fs::read_dir(&path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?),
            false => {
                let bytes = std::fs::read(&path)?;
                let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
                assert!(!found, "{} holds a secret as it was given", path.display());
            }
        }
    }
    // The source is still there, and so is the gateway.
    client.simple_query(&create_shop(&gateway, "unused")).await.expect_err("there is no file");
    client.simple_query("CALL drop_datasource('s')").await?;
    Ok(())
}
