//! A metastore and an HDFS that ask for Kerberos.

use std::sync::{Arc, OnceLock};

use hdfs_native::ClientBuilder;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use spi::connector::Stage;
use spi::{Code, Error};

use crate::fixture::*;
use crate::hdfs_server::{self, HdfsServer, write_as};
use crate::kdc::{self, Kdc, Realm};
use crate::server::{self, Security, Server, VERSIONS};
use crate::{NEWEST, run, trial_with};

const CLIENT: &str = "metagate";
const METASTORE: &str = "hive/localhost";
/// Of both the namenodes and the datanode, as all are one process.
const HDFS: &str = "hdfs/localhost";

pub(crate) fn trials(realm: Realm) -> Vec<Trial> {
    let realm = Arc::new((realm, OnceLock::new()));
    let trial = |name: &str, test: fn(&Servers)| {
        let realm = Arc::clone(&realm);
        let is_ignored = server::missing().is_some() || hdfs_server::missing().is_some() || kdc::missing().is_some();
        let trial = trial_with(name.to_owned(), move || {
            test(realm.1.get_or_init(|| Servers::start(&realm.0)));
            Ok(())
        });
        trial.with_ignored_flag(is_ignored)
    };
    vec![
        trial("tickets_are_shown_to_the_metastore_and_to_hdfs", |servers| finish(shown(servers))),
        trial("many_connections_are_let_in_at_once", |servers| finish(at_once(servers))),
        trial("what_kerberos_refuses_is_said", |servers| finish(refused(servers))),
        trial("a_metastore_may_have_all_encrypted", |servers| layered(servers, "privacy")),
        trial("a_metastore_may_have_all_signed", |servers| layered(servers, "integrity")),
    ]
}

fn finish(test: impl Future<Output = ()>) {
    run(test).expect("a runtime");
}

/// A metastore with a table whose files are in an HDFS, all of them of one realm.
struct Servers {
    metastore: Server,
    hdfs: HdfsServer,
    kdc: Kdc,
}

impl Servers {
    fn start(realm: &Realm) -> Self {
        let kdc = realm.start();
        let keytab = |principal: &str| kdc.keytab(principal).display().to_string();
        let hdfs = HdfsServer::start_with(
            &[format!("-Djava.security.krb5.conf={}", kdc.configuration().display())],
            &json!({
                "hadoop.security.authentication": "kerberos",
                "dfs.namenode.kerberos.principal": Kdc::principal(HDFS),
                "dfs.namenode.keytab.file": keytab(HDFS),
                "dfs.datanode.kerberos.principal": Kdc::principal(HDFS),
                "dfs.datanode.keytab.file": keytab(HDFS),
                "dfs.web.authentication.kerberos.principal": Kdc::principal("HTTP/localhost"),
                "dfs.web.authentication.kerberos.keytab": keytab("HTTP/localhost"),
                "dfs.block.access.token.enable": "true",
                "dfs.data.transfer.protection": "authentication",
                // No test can have the ports that only root has.
                "ignore.secure.ports.for.testing": "true",
            }),
        );
        let mut metastore = Server::start(VERSIONS[NEWEST]);
        finish(async {
            let folder = database(&metastore, "safe").await;
            let values = table(&folder, "safe", "vals", TEXT, &["n int"], &[]);
            create(&metastore, &values).await;
            // It would look for a folder of a new table, and nobody has let it in yet.
            let values = moved(values, format!("{}/safe/vals", hdfs.url()));
            done(metastore.client().alter_table("safe".into(), "vals".into(), values).await);
            write_as(&hdfs_client(&kdc, &hdfs), "/safe/vals/a", b"1\n2\n").await;
        });
        metastore.restart_as(security(&kdc), &json!({"hadoop.security.authentication": "kerberos"}));
        Self { metastore, hdfs, kdc }
    }

    /// What lets the gateway in.
    fn options(&self) -> Value {
        let mut hadoop = self.hdfs.options();
        hadoop["hadoop.security.authentication"] = json!("kerberos");
        hadoop["dfs.data.transfer.protection"] = json!("authentication");
        json!({
            "uris": [format!("thrift://localhost:{}", self.metastore.port)],
            "kerberos_service_principal": Kdc::principal("hive/_HOST"),
            "kerberos_principal": Kdc::principal(CLIENT),
            "kerberos_keytab": self.kdc.keys(CLIENT),
            "hadoop_options": hadoop,
            "request_timeout": 5000,
        })
    }

    /// The same, but for one option.
    fn options_with(&self, name: &str, value: impl Into<Value>) -> Value {
        let mut options = self.options();
        options[name] = value.into();
        options
    }
}

/// What a metastore is let in with, and asks for.
fn security(kdc: &Kdc) -> Security {
    Security::Kerberos { principal: Kdc::principal(METASTORE), keytab: kdc.keytab(METASTORE), realm: kdc.configuration() }
}

/// Who may write.
fn hdfs_client(kdc: &Kdc, hdfs: &HdfsServer) -> hdfs_native::Client {
    let options = [("hadoop.security.authentication", "kerberos"), ("dfs.data.transfer.protection", "authentication")];
    let builder = ClientBuilder::new().with_url(hdfs.url()).with_config_dir("/dev/null").with_config(options);
    let builder = builder.with_kerberos_principal(Kdc::principal(HDFS));
    builder.with_kerberos_keytab(format!("FILE:{}", kdc.keytab(HDFS).display())).build().expect("a client")
}

async fn shown(servers: &Servers) {
    let source = open(servers.options()).await.expect("a connector");
    let stages = source.connector.test().await;
    assert!(stages.len() == 5 && stages.iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
    assert_eq!(stages[3].outcome.as_deref().ok(), Some("the metastore takes the ticket of Kerberos"));
    let rows = source.rows(source.request("safe", "vals").await).await;
    assert_eq!(rows.expect("rows"), ["1", "2"]);
    // Without Kerberos HDFS lets nobody in.
    let mut stranger = servers.options();
    stranger["hadoop_options"] = servers.hdfs.options();
    let stranger = open(stranger).await.expect("a connector");
    let error = stranger.rows(stranger.request("safe", "vals").await).await.expect_err("no ticket");
    assert_eq!(error.message, "could not read the files of data source \"lake\"", "{error:?}");
}

async fn at_once(servers: &Servers) {
    const CONNECTIONS: usize = 32;
    for round in 0..10 {
        // Each time nobody has a ticket yet.
        let source = open(servers.options_with("connections_max", CONNECTIONS)).await.expect("a connector");
        let asked = futures::future::join_all((0..CONNECTIONS).map(|_| source.connector.fingerprint())).await;
        // A small metastore may hang up on some of so many, whom it had let in.
        let is_refused = |error: &Error| error.code != Code::ConnectionLost;
        let refused: Vec<_> = asked.into_iter().filter_map(Result::err).filter(is_refused).collect();
        assert!(refused.is_empty(), "{round}: {} {:?}", refused.len(), refused[0]);
    }
}

async fn refused(servers: &Servers) {
    let keys = servers.kdc.keys("stranger");
    let principal = |principal: &str| Kdc::principal(principal);
    let mut away = servers.options_with("kerberos_principal", kdc::OF_NO_KDC);
    away["kerberos_keytab"] = json!(servers.kdc.keys(kdc::OF_NO_KDC));
    for (options, code, detail) in [
        (servers.options_with("kerberos_keytab", keys.as_str()), Code::Password, "No credentials"),
        (servers.options_with("kerberos_service_principal", principal("nobody/_HOST")), Code::Password, "not found"),
        // There is a ticket, but it is none for the metastore.
        (servers.options_with("kerberos_service_principal", principal(HDFS)), Code::Password, "says"),
        (away, Code::Unreachable, "Cannot contact any KDC"),
    ] {
        let source = open(options).await.expect("a connector");
        let last = source.connector.test().await.pop().expect("a stage");
        let error = last.outcome.expect_err("no ticket");
        assert_eq!((last.stage, error.code), (Stage::Authenticate, code), "{error:?}");
        assert!(error.detail.as_deref().is_some_and(|said| said.contains(detail)), "{error:?}");
        assert!(!format!("{error:?}").contains(&keys), "{error:?}");
    }
    // A metastore that wants a ticket hangs up on who has none.
    let nobody = open(servers.options_with("kerberos_service_principal", Value::Null)).await.expect("a connector");
    let last = nobody.connector.test().await.pop().expect("a stage");
    let error = last.outcome.expect_err("no login");
    assert_eq!((last.stage, error.code), (Stage::Query, Code::ConnectionLost), "{error:?}");
    let unused = json!({"uris": ["hms"], "kerberos_principal": Kdc::principal(CLIENT), "kerberos_keytab": keys});
    assert_eq!(open(unused).await.err().map(|error| error.code), Some(Code::InvalidArgument));
    for (name, value, message) in [
        ("kerberos_principal", Value::Null, "options \"kerberos_principal\" and \"kerberos_keytab\" go together"),
        ("kerberos_principal", json!(""), "option \"kerberos_principal\" is no principal"),
        ("kerberos_keytab", json!("no keys"), "option \"kerberos_keytab\" is no keytab in base64"),
        ("kerberos_service_principal", json!(""), "option \"kerberos_service_principal\" is no principal"),
        ("password", json!("x"), "options \"password\" and \"kerberos_service_principal\" exclude each other"),
    ] {
        let error = open(servers.options_with(name, value)).await.err().expect("options that do not fit");
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, message));
    }
}

/// With a metastore of its own, which protects what is said like this.
fn layered(servers: &Servers, protection: &str) {
    let mut metastore = Server::start(VERSIONS[NEWEST]);
    finish(async {
        let folder = database(&metastore, "many").await;
        for number in 0..200 {
            let columns: Vec<String> = (0..50).map(|column| format!("a_column_with_a_long_name_{column} string")).collect();
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            create(&metastore, &table(&folder, "many", &format!("t{number:03}"), TEXT, &columns, &[])).await;
        }
    });
    let hadoop = json!({"hadoop.security.authentication": "kerberos", "hadoop.rpc.protection": protection});
    metastore.restart_as(security(&servers.kdc), &hadoop);
    finish(async {
        let mut options = servers.options();
        options["uris"] = json!([format!("thrift://localhost:{}", metastore.port)]);
        let source = open(options).await.expect("a connector");
        let stages = source.connector.test().await;
        assert!(stages.len() == 5 && stages.iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
        // Answers are longer than what waits on the way.
        let schema = source.harvest("many").await;
        assert_eq!(columns_of(&schema, "t199").len(), 50);
    });
}
