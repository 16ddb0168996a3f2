//! TLS and Unix-domain sockets, with psql as the client: its library checks certificates as every client of PostgreSQL does.

use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use super::trial;
use crate::clients::PSQL;
use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("tls_is_verified_and_required", tls_is_verified_and_required),
        trial("without_a_certificate_there_is_no_tls", without_a_certificate_there_is_no_tls),
        trial("a_unix_socket", a_unix_socket),
    ]
}

async fn tls_is_verified_and_required() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (certificate, key) = certificate(folder.path())?;
    let flags = ["--tls-cert", &certificate, "--tls-key", &key, "--tls-required"];
    let gateway = Gateway::start_with(&flags, &[]);
    let root = format!("sslrootcert={certificate}");

    let (answer, problem) = psql(&gateway, &["sslmode=verify-full", &root, "channel_binding=require"]);
    assert_eq!(answer, "served\n", "{problem}");
    // The certificate is the gateway's own, so no other root vouches for it.
    let other = tempfile::tempdir()?;
    let (other, _) = self::certificate(other.path())?;
    let (_, problem) = psql(&gateway, &["sslmode=verify-full", &format!("sslrootcert={other}")]);
    assert!(problem.contains("certificate verify failed"), "{problem}");
    let (_, problem) = psql(&gateway, &["sslmode=disable"]);
    assert!(problem.contains("FATAL:  connections without TLS are not accepted"), "{problem}");
    Ok(())
}

async fn without_a_certificate_there_is_no_tls() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let (_, problem) = psql(&gateway, &["sslmode=require"]);
    assert!(problem.contains("server does not support SSL, but SSL was required"), "{problem}");
    let (answer, problem) = psql(&gateway, &["sslmode=prefer"]);
    assert_eq!(answer, "served\n", "{problem}");
    Ok(())
}

async fn a_unix_socket() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().to_str().ok_or("a path")?;
    let gateway = Gateway::start_with(&["--unix-socket", path], &[]);
    let host = format!("host={path}");
    let (answer, problem) = psql(&gateway, &[&host]);
    assert_eq!(answer, "served\n", "{problem}");
    let (_, problem) = psql(&gateway, &[&host, "password=wrong"]);
    assert!(problem.contains("password authentication failed for user \"admin\""), "{problem}");
    Ok(())
}

/// What psql prints for a statement, and what it complains about.
fn psql(gateway: &Gateway, parameters: &[&str]) -> (String, String) {
    let mut connection = vec![
        format!("host=localhost hostaddr={} port={} user=admin dbname=metagate", gateway.address.ip(), gateway.address.port()),
        format!("password={}", gateway.password),
    ];
    // A socket's folder is the host, and has no address.
    if parameters.iter().any(|parameter| parameter.starts_with("host=")) {
        connection[0] = format!("port={} user=admin dbname=metagate", gateway.address.port());
    }
    connection.extend(parameters.iter().map(|&parameter| parameter.to_owned()));
    let output = Command::new(PSQL)
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", "SELECT 'served'", &connection.join(" ")])
        .output()
        .expect("psql");
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A certificate for `localhost` that vouches for itself, and its key.
fn certificate(folder: &Path) -> Result<(String, String), Failed> {
    let path = |name: &str| folder.join(name).display().to_string();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", &key, "-out", &certificate])
        .output()?;
    if output.status.success() { Ok((certificate, key)) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}
