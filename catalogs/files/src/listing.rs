//! Finding out which files there are: of the whole source in one listing, of one table in at most four.

use std::time::Duration;

use futures::TryStreamExt;
use object_store::path::{Path, PathPart};
use object_store::{ObjectMeta, ObjectStore};
use spi::{Code, Error, Result};

use crate::layout::{self, PUBLIC, Table};
use crate::source::Source;

/// The longest that one listing may take. A hundred pages of S3, or a network file system that answers, need far less.
const LISTING_TIMEOUT: Duration = Duration::from_secs(120);

/// All tables of the source.
pub(crate) async fn all(source: &Source, store: &dyn ObjectStore) -> Result<Vec<Table>> {
    let objects = below(source, store, &Path::default()).await?;
    let partitioned = layout::partitioned_folders(&objects);
    Ok(layout::tables(objects, &partitioned))
}

/// One table, if it is there. Its files are looked for only where files of the table can be.
pub(crate) async fn table(source: &Source, store: &dyn ObjectStore, schema: &str, table: &str) -> Result<Option<Table>> {
    // A name that is not a file's or folder's name is not the name of a table either.
    let (Ok(schema_part), Ok(table_part)) = (PathPart::parse(schema), PathPart::parse(table)) else { return Ok(None) };
    let schema_folder = Path::from_iter([schema_part.clone()]);
    let mut objects = directly_in(source, store, &schema_folder).await?;
    objects.extend(below(source, store, &Path::from_iter([schema_part, table_part.clone()])).await?);
    let mut partitioned = Default::default();
    if schema == PUBLIC {
        let folder = below(source, store, &Path::from_iter([table_part])).await?;
        partitioned = layout::partitioned_folders(&folder);
        objects.extend(folder);
        objects.extend(directly_in(source, store, &Path::default()).await?);
    }
    Ok(layout::tables(objects, &partitioned).into_iter().find(|found| found.schema == schema && found.name == table))
}

/// Whether the folder can be listed: looks at its first entry only.
pub(crate) async fn probe(source: &Source, store: &dyn ObjectStore) -> Result<()> {
    source.remote_calls.count();
    let mut objects = store.list(None);
    source.within(LISTING_TIMEOUT, &Path::default(), objects.try_next()).await?.map_err(|error| source.failure(&Path::default(), error))?;
    Ok(())
}

/// All files below a folder.
async fn below(source: &Source, store: &dyn ObjectStore, folder: &Path) -> Result<Vec<ObjectMeta>> {
    source.remote_calls.count();
    let collect = async {
        let mut objects = Vec::new();
        let mut listed = store.list(Some(folder));
        while let Some(object) = listed.try_next().await.map_err(|error| source.failure(folder, error))? {
            objects.push(object);
            check_limit(source, &objects)?;
        }
        Ok(objects)
    };
    source.within(LISTING_TIMEOUT, folder, collect).await?
}

/// The files directly in a folder.
async fn directly_in(source: &Source, store: &dyn ObjectStore, folder: &Path) -> Result<Vec<ObjectMeta>> {
    source.remote_calls.count();
    let listed = source.within(LISTING_TIMEOUT, folder, store.list_with_delimiter(Some(folder))).await?;
    let objects = listed.map_err(|error| source.failure(folder, error))?.objects;
    check_limit(source, &objects)?;
    Ok(objects)
}

fn check_limit(source: &Source, objects: &[ObjectMeta]) -> Result<()> {
    if objects.len() <= source.files_max {
        return Ok(());
    }
    Err(Error::source(Code::Limit, &source.name, format!("data source \"{}\" has more than {} files", source.name, source.files_max))
        .hint("Point the source at a smaller folder, or raise option files_max."))
}
