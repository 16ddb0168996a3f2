//! Programs that the benchmarks start: database servers refuse to run as root, so root runs them as `nobody`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;

/// A command that runs with no more rights than a server wants.
pub fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
    command
}

/// Lets such a command write into a folder.
pub fn hand_over(folder: &Path) -> Result<()> {
    if is_root() {
        run(Command::new("chown").arg("nobody:nogroup").arg(folder))?;
    }
    Ok(())
}

/// Runs a command to its end, and only cares that it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdout(Stdio::null()).current_dir("/").status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

/// A port that nothing listens on.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}
