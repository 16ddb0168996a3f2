//! The wire protocol, message by message.

mod copies;
mod encrypted;
pub mod raw;
mod session_end;

use futures::{TryStreamExt, pin_mut};
use libtest_mimic::{Failed, Trial};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fault::gateway_with_shop;
use crate::gateway::Gateway;
use raw::{Raw, bind};

pub fn trials() -> Vec<Trial> {
    let own = vec![
        trial("the_greeting_tells_settings", the_greeting_tells_settings),
        trial("startup_options_are_settings", startup_options_are_settings),
        trial("a_failed_pipeline_is_skipped_to_sync", a_failed_pipeline_is_skipped_to_sync),
        trial("a_portal_is_read_in_several_goes", a_portal_is_read_in_several_goes),
        trial("a_script_stops_at_its_first_error", a_script_stops_at_its_first_error),
        trial("an_empty_query_is_answered_as_such", an_empty_query_is_answered_as_such),
        trial("statements_are_described_before_they_run", statements_are_described_before_they_run),
        trial("columns_say_where_they_come_from", columns_say_where_they_come_from),
        trial("copy_in_every_format", copy_in_every_format),
        trial("changed_settings_are_reported", changed_settings_are_reported),
        trial("notices_come_before_completion", notices_come_before_completion),
        trial("misused_statements_and_portals", misused_statements_and_portals),
        trial("only_the_right_secret_cancels", only_the_right_secret_cancels),
    ];
    [own, copies::trials(), encrypted::trials(), session_end::trials()].into_iter().flatten().collect()
}

fn trial<F: Future<Output = Result<(), Failed>> + 'static>(name: &str, test: fn() -> F) -> Trial {
    crate::trial(format!("wire::{name}"), test)
}

async fn the_greeting_tells_settings() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let raw = Raw::connect(&gateway, &[("database", "metagate"), ("application_name", "greeter")]).await?;
    for line in [
        "Status application_name=greeter",
        "Status client_encoding=UTF8",
        "Status DateStyle=ISO, MDY",
        "Status default_transaction_read_only=off",
        "Status in_hot_standby=off",
        "Status integer_datetimes=on",
        "Status IntervalStyle=postgres",
        "Status is_superuser=on",
        "Status server_encoding=UTF8",
        "Status session_authorization=admin",
        "Status standard_conforming_strings=on",
        "Status TimeZone=UTC",
    ] {
        assert!(raw.greeting.iter().any(|one| one == line), "{line} is not in {:?}", raw.greeting);
    }
    let version = raw.greeting.iter().find_map(|line| line.strip_prefix("Status server_version=")).ok_or("no version")?;
    assert!(version.starts_with("16."), "{version}");
    assert_eq!(raw.greeting[raw.greeting.len() - 2..], ["KeyData", "Ready I"]);
    Ok(())
}

async fn startup_options_are_settings() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let options = "-c search_path=crm,public -c statement_timeout=5s --my.app=a\\ b";
    let mut raw = Raw::connect(&gateway, &[("database", "metagate"), ("options", options)]).await?;
    for (setting, value) in [("search_path", "crm, public"), ("statement_timeout", "5s"), ("my.app", "a b")] {
        assert_eq!(raw.query(&format!("SHOW {setting}")).await?[1], format!("Row {value}"));
    }
    // RESET returns to what the connection asked for, not to the default.
    raw.query("SET statement_timeout = 0").await?;
    assert_eq!(raw.query("RESET statement_timeout; SHOW statement_timeout").await?[2], "Row 5s");
    Ok(())
}

/// Everything behind an error is ignored up to the next Sync, and the rest works as if nothing had been.
async fn a_failed_pipeline_is_skipped_to_sync() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    raw.send(|out| {
        frontend::parse("", "SELECT 'before'", [], out)?;
        bind("", "", &[], 0, out)?;
        frontend::execute("", 0, out)?;
        frontend::parse("", "SELECT nothing FROM sample.public.orders", [], out)?;
        bind("", "", &[], 0, out)?;
        frontend::execute("", 0, out)?;
        frontend::sync(out);
        frontend::parse("", "SELECT 'after'", [], out)?;
        bind("", "", &[], 0, out)?;
        frontend::execute("", 0, out)?;
        frontend::sync(out);
        Ok(())
    })
    .await?;
    let first = raw.lines().await?;
    let expected = [
        "ParseComplete",
        "BindComplete",
        "Row before",
        "Complete SELECT 1",
        "Error ERROR 42703: column \"nothing\" does not exist at 8",
        "Ready I",
    ];
    assert_eq!(first, expected);
    assert_eq!(raw.lines().await?, ["ParseComplete", "BindComplete", "Row after", "Complete SELECT 1", "Ready I"]);
    Ok(())
}

async fn a_portal_is_read_in_several_goes() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    raw.query("BEGIN").await?;
    let begun = raw.ask(|out| {
        frontend::parse("", "SELECT id FROM sample.public.orders ORDER BY id", [], out)?;
        bind("p", "", &[], 0, out)?;
        frontend::execute("p", 2, out)?;
        frontend::execute("p", 1, out)?;
        frontend::sync(out);
        Ok(())
    });
    assert_eq!(begun.await?, ["ParseComplete", "BindComplete", "Row 1", "Row 2", "Suspended", "Row 3", "Suspended", "Ready T"]);
    let rest = raw.ask(|out| {
        frontend::execute("p", 0, out)?;
        frontend::sync(out);
        Ok(())
    });
    let rest = rest.await?;
    assert_eq!(rest.len(), 397 + 2);
    assert_eq!((rest[0].as_str(), &rest[397..]), ("Row 4", ["Complete SELECT 397".to_owned(), "Ready T".to_owned()].as_slice()));

    let mut client = gateway.connect("metagate").await;
    let transaction = client.transaction().await?;
    let portal = transaction.bind("SELECT id FROM sample.public.orders ORDER BY id", &[]).await?;
    assert_eq!(transaction.query_portal(&portal, 3).await?.len(), 3);
    let rows = transaction.query_portal(&portal, 0).await?;
    assert_eq!((rows.len(), rows[0].get::<_, i64>(0)), (397, 4));
    Ok(())
}

async fn a_script_stops_at_its_first_error() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    let answer = raw.query("SELECT 1 AS a; SET search_path TO crm; SELECT 1 / 0; SELECT 2").await?;
    let expected = ["Columns a -.0 type 23 size 4 mod -1 format 0", "Row 1", "Complete SELECT 1", "Complete SET"];
    assert_eq!(answer[..4], expected);
    assert_eq!(answer[answer.len() - 2..], ["Error ERROR 22012: division by zero", "Ready I"]);
    // A script is one implicit transaction, so what it had set is undone.
    assert_eq!(raw.query("SHOW search_path").await?[1], "Row \"$user\", public");
    assert_eq!(raw.query("SELECT 1; SELEC 2").await?, ["Error ERROR 42601: syntax error at or near \"SELEC\" at 11", "Ready I"]);
    Ok(())
}

async fn an_empty_query_is_answered_as_such() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    for text in ["", ";", " -- nothing\n", "/* nothing */ ;;"] {
        assert_eq!(raw.query(text).await?, ["EmptyQuery", "Ready I"], "{text}");
    }
    let extended = raw.ask(|out| {
        frontend::parse("", "", [], out)?;
        bind("", "", &[], 0, out)?;
        frontend::describe(b'P', "", out)?;
        frontend::execute("", 0, out)?;
        frontend::sync(out);
        Ok(())
    });
    assert_eq!(extended.await?, ["ParseComplete", "BindComplete", "NoData", "EmptyQuery", "Ready I"]);
    Ok(())
}

async fn statements_are_described_before_they_run() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let mut raw = Raw::connect(&gateway, &[("database", "shop")]).await?;
    let mut described = async |text: &str, types: &[u32]| {
        let answer = raw.ask(|out| {
            frontend::parse("", text, types.iter().copied(), out)?;
            frontend::describe(b'S', "", out)?;
            frontend::sync(out);
            Ok(())
        });
        answer.await.map(|lines| lines[1..lines.len() - 1].to_vec())
    };
    let id = "Columns id table.1 type 20 size 8 mod -1 format 0";
    assert_eq!(described("SELECT id FROM orders WHERE id = $1", &[]).await?, ["Parameters 20", id]);
    assert_eq!(described("SELECT id FROM orders WHERE id = $1", &[21]).await?, ["Parameters 21", id]);
    assert_eq!(described("SELECT id FROM orders WHERE placed_on < $2 AND note = $1", &[]).await?, ["Parameters 25,1082", id]);
    assert_eq!(described("SELECT id FROM orders LIMIT $1 OFFSET $2", &[]).await?, ["Parameters 20,20", id]);
    assert_eq!(described("SELECT $1::date AS day", &[]).await?, ["Parameters 1082", "Columns day -.0 type 1082 size 4 mod -1 format 0"]);
    assert_eq!(described("BEGIN", &[]).await?, ["Parameters ", "NoData"]);
    assert_eq!(described("SHOW TimeZone", &[]).await?, ["Parameters ", "Columns TimeZone -.0 type 25 size -1 mod -1 format 0"]);
    let call = described("CALL rename_datasource($1, new_name => $2)", &[]).await?;
    assert_eq!(call[0], "Parameters 25,25");
    assert!(call[1].starts_with("Columns name -.0 type 25 size -1 mod -1 format 0; version -.0 type 20 "), "{}", call[1]);
    Ok(())
}

async fn columns_say_where_they_come_from() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let mut raw = Raw::connect(&gateway, &[("database", "shop")]).await?;
    let answer = raw.query("SELECT amount, o.note AS remark, amount * 2, count(*) OVER () FROM orders o LIMIT 0").await?;
    let expected = "Columns amount table.3 type 1700 size -1 mod 655366 format 0; remark table.6 type 1043 size -1 mod 44 format 0; \
                    ?column? -.0 type 1700 size -1 mod -1 format 0; count -.0 type 20 size 8 mod -1 format 0";
    assert_eq!(answer, [expected, "Complete SELECT 0", "Ready I"]);

    // The OID of a table is the same in every session, and after a restart.
    let oid = async |gateway: &Gateway| {
        let statement = gateway.connect("metagate").await.prepare("SELECT * FROM shop.main.orders").await?;
        Ok::<_, Failed>(statement.columns()[0].table_oid())
    };
    let before = oid(&gateway).await?;
    assert!(before.is_some_and(|oid| oid >= 16384), "{before:?}");
    let mut gateway = gateway;
    gateway.kill();
    assert_eq!(before, oid(&gateway.restart(&[])).await?);
    Ok(())
}

async fn copy_in_every_format() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let mut raw = Raw::connect(&gateway, &[("database", "shop")]).await?;
    let query = "(SELECT id, paid, note FROM orders WHERE id IN (2, 3, 5) ORDER BY id)";
    let text = [
        "CopyOut 0 x3",
        "CopyData 2\tf\t\\N\n",
        "CopyData 3\tt\t\n",
        "CopyData 5\tf\tit's \"quoted\", {braced}\n",
        "CopyDone",
        "Complete COPY 3",
        "Ready I",
    ];
    assert_eq!(raw.query(&format!("COPY {query} TO STDOUT")).await?, text);
    let csv = [
        "CopyOut 0 x3",
        "CopyData id,paid,note\n",
        "CopyData 2,f,\n",
        "CopyData 3,t,\"\"\n",
        "CopyData 5,f,\"it's \"\"quoted\"\", {braced}\"\n",
        "CopyDone",
        "Complete COPY 3",
        "Ready I",
    ];
    assert_eq!(raw.query(&format!("COPY {query} TO STDOUT (FORMAT csv, HEADER)")).await?, csv);
    let binary = raw.query("COPY (SELECT id, note FROM orders WHERE id IN (1, 2) ORDER BY id) TO STDOUT WITH BINARY").await?;
    assert_eq!(binary[0], "CopyOut 1 x2");
    // The signature, flags and extension; two rows; the trailer. Messages may be cut anywhere.
    let sent: String = binary.iter().filter_map(|line| line.strip_prefix("CopyData ")).collect();
    let first = "0002000000080000000000000001000000056669727374";
    let second = "0002000000080000000000000002ffffffff";
    assert_eq!(sent, format!("5047434f50590aff0d0a000000000000000000{first}{second}ffff"));
    assert_eq!(binary[binary.len() - 3..], ["CopyDone", "Complete COPY 2", "Ready I"]);
    assert_eq!(raw.query("COPY orders (id) TO STDOUT (DELIMITER ';')").await?[1], "CopyData 1\n");
    Ok(())
}

async fn changed_settings_are_reported() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    assert_eq!(raw.query("SET application_name = 'probe'").await?, ["Complete SET", "Status application_name=probe", "Ready I"]);
    assert_eq!(raw.query("SET application_name = 'probe'").await?, ["Complete SET", "Ready I"]);
    assert_eq!(raw.query("SET work_mem = '8MB'").await?, ["Complete SET", "Ready I"]);
    raw.query("BEGIN").await?;
    let changed = ["Complete SET", "Status TimeZone=Europe/Berlin", "Ready T"];
    assert_eq!(raw.query("SET LOCAL TIME ZONE 'Europe/Berlin'").await?, changed);
    assert_eq!(raw.query("COMMIT").await?, ["Complete COMMIT", "Status TimeZone=UTC", "Ready I"]);
    let called = raw.query("SELECT set_config('application_name', 'called', false)").await?;
    assert_eq!(called[called.len() - 2..], ["Status application_name=called", "Ready I"]);
    Ok(())
}

async fn notices_come_before_completion() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    let expected = ["Notice WARNING 25P01: there is no transaction in progress", "Complete COMMIT", "Ready I"];
    assert_eq!(raw.query("COMMIT").await?, expected);
    let answer = raw.query("CALL create_datasource('sample', 'files', '{\"path\": \"/tmp\"}', if_not_exists => true)").await?;
    let notice = "Notice NOTICE 00000: data source \"sample\" already exists, skipping";
    assert_eq!(answer[answer.len() - 3..], [notice, "Complete CALL", "Ready I"]);
    raw.query("SET client_min_messages = error").await?;
    assert_eq!(raw.query("COMMIT").await?, ["Complete COMMIT", "Ready I"]);
    Ok(())
}

async fn misused_statements_and_portals() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    let mut refused = async |write: fn(&mut bytes::BytesMut) -> std::io::Result<()>| {
        let answer = raw.ask(|out| {
            write(out)?;
            frontend::sync(out);
            Ok(())
        });
        answer.await.map(|lines| lines[lines.len() - 2].clone())
    };
    let error = refused(|out| bind("", "nowhere", &[], 0, out)).await?;
    assert_eq!(error, "Error ERROR 26000: prepared statement \"nowhere\" does not exist");
    let error = refused(|out| frontend::execute("nowhere", 0, out)).await?;
    assert_eq!(error, "Error ERROR 34000: portal \"nowhere\" does not exist");
    let error = refused(|out| frontend::describe(b'S', "nowhere", out)).await?;
    assert_eq!(error, "Error ERROR 26000: prepared statement \"nowhere\" does not exist");
    let error = refused(|out| frontend::parse("", "SELECT 1; SELECT 2", [], out)).await?;
    assert_eq!(error, "Error ERROR 42601: cannot insert multiple commands into a prepared statement");
    let error = refused(|out| {
        frontend::parse("one", "SELECT $1::int4", [], out)?;
        bind("", "one", &[], 0, out)
    });
    let expected = "Error ERROR 08P01: bind message supplies 0 parameters, but prepared statement \"one\" requires 1";
    assert_eq!(error.await?, expected);
    let error = refused(|out| frontend::parse("one", "SELECT 1", [], out)).await?;
    assert_eq!(error, "Error ERROR 42P05: prepared statement \"one\" already exists");
    let error = refused(|out| bind("", "one", &[Some("x")], 0, out)).await?;
    assert_eq!(error, "Error ERROR 22P02: invalid input syntax for type integer: \"x\"");
    // Closing what is not there is no error, and a closed name is free again.
    let answer = refused(|out| {
        frontend::close(b'S', "one", out)?;
        frontend::close(b'P', "nowhere", out)?;
        frontend::parse("one", "SELECT 1", [], out)
    });
    assert_eq!(answer.await?, "ParseComplete");
    Ok(())
}

async fn only_the_right_secret_cancels() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    let (pid, secret) = raw.key;
    // More rows than the sockets hold, so that the statement waits for its client.
    let many = "SELECT a.id, b.id, c.amount FROM sample.public.orders a, sample.public.orders b, sample.public.orders c";
    raw.send(|out| frontend::query(many, out)).await?;
    raw.expect_rows(10).await?;
    cancel(&gateway, pid, secret.wrapping_add(1)).await?;
    cancel(&gateway, pid.wrapping_add(1), secret).await?;
    // Far more than were on their way when the requests were dealt with.
    raw.expect_rows(400_000).await?;
    cancel(&gateway, pid, secret).await?;
    let end = raw.last_lines(2).await?;
    assert_eq!(end, ["Error ERROR 57014: canceling statement due to user request", "Ready I"]);
    // A request that comes too late does nothing.
    cancel(&gateway, pid, secret).await?;
    assert_eq!(raw.query("SELECT 'on'").await?[1], "Row on");

    let client = gateway.connect("metagate").await;
    let rows = client.query_raw("SELECT id FROM sample.public.orders", std::iter::empty::<&str>()).await?;
    pin_mut!(rows);
    assert!(rows.try_next().await?.is_some());
    Ok(())
}

/// Sends a request to cancel, and waits until the gateway has dealt with it.
async fn cancel(gateway: &Gateway, pid: i32, secret: i32) -> Result<(), Failed> {
    let mut stream = TcpStream::connect(gateway.address).await?;
    let mut out = bytes::BytesMut::new();
    frontend::cancel_request(pid, secret, &mut out);
    stream.write_all(&out).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    assert!(answer.is_empty(), "an answer to a request to cancel");
    Ok(())
}
