//! What happens once in the life of a store: the first role, its password, and the sample data.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{Services, access};
use spi::{Code, Error, Origin, Result, Secret};

use crate::{password, sample};

/// Where the first password is left for the operator, readable by nobody else.
pub(crate) fn password_file(data: &Path) -> PathBuf {
    data.join("initial-admin-password")
}

/// Makes the role `admin` and the sample source where the store has no role yet. True where it did.
///
/// The password is written before the role is made: a crash between the two leaves a password that the next start replaces,
/// never a role that nobody can use.
pub(crate) async fn run(services: &Arc<Services>, data: &Path) -> Result<bool> {
    if !access::roles(&services.store.replica()).is_empty() {
        return Ok(false);
    }
    let password = password::random();
    write_password(&password_file(data), &password)?;
    access::ensure_admin(&services.store, &password).await?;
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
