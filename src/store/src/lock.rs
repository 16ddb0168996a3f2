//! The exclusive lock on a data folder: two gateways on one folder would each believe the files to be theirs.
//!
//! The operating system holds the lock, so it is gone with the process, however that ended. The process id in the file is
//! only for people.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use spi::{Code, Error, Origin, Result};

const FILE_NAME: &str = "metagate.lock";

/// Held for as long as the gateway uses the folder.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Locks an existing folder, or says who has it.
    pub fn acquire(folder: &Path) -> Result<Self> {
        let unusable = |error: std::io::Error| {
            Error::new(Code::Io, format!("could not lock data folder \"{}\"", folder.display()))
                .detail(format!("The file {FILE_NAME} in it could not be used: {error}."))
                .origin(Origin::Gateway)
                .cause(error)
        };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(FILE_NAME)).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(folder, &mut file)),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        write_holder(&mut file).map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

fn write_holder(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn in_use(folder: &Path, file: &mut File) -> Error {
    let mut holder = String::new();
    let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
    let detail = if known { format!("Process {} holds it.", holder.trim()) } else { "Another process holds it.".to_owned() };
    Error::new(Code::InUse, format!("data folder \"{}\" is in use by another gateway", folder.display()))
        .detail(detail)
        .hint("Stop that gateway, or choose another folder with --data.")
        .origin(Origin::Gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_gateway_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataLock::acquire(folder.path()).unwrap();
        let error = DataLock::acquire(folder.path()).unwrap_err();
        assert_eq!(error.code, Code::InUse);
        assert_eq!(error.message, format!("data folder \"{}\" is in use by another gateway", folder.path().display()));
        assert_eq!(error.detail.unwrap(), format!("Process {} holds it.", std::process::id()));
        drop(first);
        DataLock::acquire(folder.path()).unwrap();
    }

    #[test]
    fn a_missing_folder_is_an_error_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(DataLock::acquire(&folder.path().join("missing")).unwrap_err().code, Code::Io);
    }
}
