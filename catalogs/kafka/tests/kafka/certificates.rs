//! Certificates of the tests' own, made by openssl.

use std::path::Path;
use std::process::{Command, Stdio};

/// Makes them in a folder. What they are called, the script says.
pub(crate) fn make(folder: &Path) {
    let script = include_str!("../../../../tests/certificates.sh");
    let status = Command::new("bash").args(["-c", script]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("bash").success(), "openssl makes certificates");
}
