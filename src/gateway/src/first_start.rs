//! What happens once in the life of a store: the first role, its password, and the sample data.

use std::io::Write;
use std::path::{Path, PathBuf};

use domain::Services;
use domain::access;
use spi::{Code, Error, Origin, Result, Secret};

use crate::sample;

/// Where the first password is left for the operator, readable by nobody else.
pub fn password_file(data: &Path) -> PathBuf {
    data.join("initial-admin-password")
}

/// Makes the role `admin` and the sample source where the store has no role yet. True where it did.
///
/// The password is written before the role is made: a crash between the two leaves a password that the next start replaces,
/// never a role that nobody can use.
pub async fn run(services: &std::sync::Arc<Services>, data: &Path) -> Result<bool> {
    if !access::roles(&services.store.replica()).is_empty() {
        return Ok(false);
    }
    let password = access::random_password();
    write_password(&password_file(data), &password)?;
    access::create_first_role(services, &password).await?;
    sample::create(services, data).await?;
    Ok(true)
}

fn write_password(path: &Path, password: &Secret<String>) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        writeln!(file, "{}", password.expose())?;
        file.sync_all()
    };
    write().map_err(|error: std::io::Error| {
        Error::new(Code::Io, format!("could not write \"{}\"", path.display())).detail(format!("{error}.")).origin(Origin::Gateway)
    })
}
