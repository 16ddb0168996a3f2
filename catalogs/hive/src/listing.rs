//! The files of tables and partitions: what is below their folders, as Hive sees it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use futures::StreamExt;
use object_store::{ObjectMeta, ObjectStore};
use spi::{Code, Error, Result};

use crate::options::Settings;
use crate::storage::{Location, Storage};

/// How long one page of a listing may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// The data files of a location, sorted by their paths.
pub(crate) async fn files(storage: &Storage, settings: &Settings, location: &Location) -> Result<Vec<ObjectMeta>> {
    let place = format!("{}/{}", location.store_name, location.folder);
    storage.context.remote_calls.count();
    let mut listed = location.store.list(Some(&location.folder));
    let mut files = Vec::new();
    loop {
        let next = tokio::time::timeout(PAGE_TIMEOUT, listed.next()).await;
        let next = next
            .map_err(|_| storage.error(Code::Io, format!("{place} had not been listed after {} s.", PAGE_TIMEOUT.as_secs())).retryable())?;
        match next {
            None => break,
            Some(Ok(object)) if is_data(&object, location) => files.push(object),
            Some(Ok(_)) => {}
            // Hive makes the folder of an empty table when it likes.
            Some(Err(object_store::Error::NotFound { .. })) => break,
            Some(Err(error)) => return Err(storage.failure(&place, error)),
        }
        if files.len() > settings.files_max {
            return Err(too_many(storage, settings));
        }
    }
    if let Some(root) = &location.confined_to {
        confine(storage, &place, root.clone(), &files).await?;
    }
    files.sort_unstable_by(|one, other| one.location.cmp(&other.location));
    Ok(files)
}

/// More files than the options allow.
pub(crate) fn too_many(storage: &Storage, settings: &Settings) -> Error {
    storage
        .error(Code::Limit, format!("The query would read more than {} files.", settings.files_max))
        .hint("Ask for fewer partitions, or raise the option \"files_max\".")
}

/// Files whose name, or a folder's on the way, begins with `_` or `.` are no data, nor are empty ones.
fn is_data(object: &ObjectMeta, location: &Location) -> bool {
    let parts = object.location.prefix_match(&location.folder);
    object.size > 0 && parts.is_some_and(|mut parts| parts.all(|part| !part.as_ref().starts_with(['_', '.'])))
}

/// Fails if a link leads out of the allowed folder, or to nothing.
async fn confine(storage: &Storage, place: &str, root: PathBuf, files: &[ObjectMeta]) -> Result<()> {
    let paths: Vec<PathBuf> = files.iter().map(|file| PathBuf::from(format!("/{}", file.location))).collect();
    let look = move || {
        paths.into_iter().find_map(|path| match path.canonicalize() {
            Ok(resolved) => (!resolved.starts_with(&root)).then_some((path, None)),
            Err(error) => Some((path, Some(error))),
        })
    };
    let Some((path, error)) = storage.on_disk(place, look).await? else { return Ok(()) };
    let path = path.display();
    Err(match error {
        None => storage.error(Code::Privilege, format!("The file {path} leads out of what the option \"local_folders\" allows.")),
        Some(error) if error.kind() == io::ErrorKind::NotFound => storage.gone(&path.to_string()).cause(error),
        Some(error) => storage.error(Code::Io, format!("{path} could not be looked at.")).cause(error),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spi::connector::{OpenContext, RemoteCalls};

    use super::*;

    #[test]
    fn a_file_that_is_gone_is_told_apart_from_one_that_is_elsewhere() {
        let context = OpenContext { source: "lake".to_owned(), remote_calls: RemoteCalls::default() };
        let options = serde_json::from_value(json!({"uris": ["hms"]})).expect("options");
        let storage = Storage::new(&options, None, context).expect("storage");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let confined = |path: &str, root: &str| {
            let location = object_store::path::Path::from(path);
            let file = ObjectMeta { location, last_modified: Default::default(), size: 1, e_tag: None, version: None };
            runtime.block_on(confine(&storage, "file/x", PathBuf::from(root), &[file]))
        };
        let gone = confined("no/such/file", "/").expect_err("no file");
        assert_eq!((gone.code, gone.detail.as_deref()), (Code::Io, Some("/no/such/file does not exist.")));
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert_eq!(confined(here, "/no/such/folder").expect_err("elsewhere").code, Code::Privilege);
        confined(here, "/").expect("a file that is there");
    }
}
