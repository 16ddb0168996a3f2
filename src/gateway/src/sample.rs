//! The sample data source of a first start: a small shop in three files of three formats, whose tables join.

use std::path::Path;
use std::sync::Arc;

use domain::Actor;
use domain::Services;
use domain::data_sources::{self, Create};
use spi::{Code, Error, Origin, Result};

const FILES: [(&str, &[u8]); 3] = [
    ("customers.csv", include_bytes!("../sample/customers.csv")),
    ("orders.parquet", include_bytes!("../sample/orders.parquet")),
    ("products.jsonl", include_bytes!("../sample/products.jsonl")),
];

/// Writes the files and registers their folder as data source `sample`.
pub(crate) async fn create(services: &Arc<Services>, data: &Path) -> Result<()> {
    let folder = data.join("sample");
    let folder = write_files(&folder).map_err(|error| {
        Error::new(Code::Io, format!("could not write the sample data to \"{}\"", folder.display()))
            .detail(format!("{error}."))
            .origin(Origin::Gateway)
    })?;
    let request = Create {
        name: "sample".to_owned(),
        kind: "files".to_owned(),
        options: serde_json::Map::from_iter([("path".to_owned(), folder.into())]),
        comment: Some("a small shop to try things on".to_owned()),
        labels: Default::default(),
        test: true,
        publish: true,
        if_not_exists: true,
    };
    let actor =
        Actor { role: "admin".to_owned(), superuser: true, session_pid: 0, client_addr: String::new(), database: "metagate".to_owned() };
    data_sources::create(services, &actor, request).await.map(|_| ())
}

/// The absolute path of the folder that now has the files.
fn write_files(folder: &Path) -> std::io::Result<String> {
    std::fs::create_dir_all(folder)?;
    for (name, content) in FILES {
        std::fs::write(folder.join(name), content)?;
    }
    Ok(folder.canonicalize()?.to_string_lossy().into_owned())
}
