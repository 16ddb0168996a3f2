//! Writes the reference pages, which are generated from what the program consists of.

use std::path::Path;
use std::sync::Arc;

use domain::factories::Factories;
use spi::connector::ConnectorFactory;
use spi::{Code, Error, Result};

/// Writes every page into a folder, over those that are there. Nothing else in it is touched.
pub fn write(folder: &Path, connectors: Vec<Arc<dyn ConnectorFactory>>) -> Result<()> {
    let failed = |path: &Path, error: std::io::Error| {
        Error::new(Code::Io, format!("could not write \"{}\"", path.display())).detail(format!("{error}.")).cause(error)
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (name, text) in sql::reference::pages(&Factories::new(connectors)) {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
