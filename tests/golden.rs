//! Documentation that is checked: the reference pages are what the gateway writes about itself, and the tour in the README works.
//!
//! With `UPDATE=1` in the environment the reference pages are written anew.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::gateway::{self, Gateway};
use crate::shop;
use crate::tidy::root;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("golden::reference", reference),
        crate::trial("golden::the_tour_of_the_readme".to_owned(), the_tour_of_the_readme),
        Trial::test("golden::links_of_the_readmes", links_of_the_readmes),
    ]
}

/// What the tests of clients write and check.
const PAGE_OF_CLIENTS: &str = "clients.md";

/// `docs/` holds exactly what `metagate reference FOLDER` writes, and the page that the tests of clients write.
fn reference() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(gateway::binary()).arg("reference").arg(folder.path()).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (written, kept) = (pages(folder.path())?, root().join("docs"));
    assert!(written.len() >= 4, "only {} pages", written.len());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(&kept)?;
        for name in pages(&kept)?.keys().filter(|name| !written.contains_key(*name)) {
            std::fs::remove_file(kept.join(name))?;
        }
        for (name, text) in &written {
            std::fs::write(kept.join(name), text)?;
        }
    }
    let kept = pages(&kept)?;
    for (name, text) in &written {
        let before = kept.get(name).map(String::as_str).unwrap_or_default();
        if let Some((line, (before, now))) = (1..).zip(padded(before, text)).find(|(_, (before, now))| before != now) {
            return Err(format!("docs/{name}:{line}\n  is        {before:?}\n  should be {now:?}\nUPDATE=1 writes it anew").into());
        }
    }
    assert_eq!(written.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>(), "UPDATE=1 writes the pages anew");
    Ok(())
}

/// The lines of two texts side by side, `None` behind the end of the shorter one.
fn padded<'a>(left: &'a str, right: &'a str) -> impl Iterator<Item = (Option<&'a str>, Option<&'a str>)> {
    let (mut left, mut right) = (left.split('\n'), right.split('\n'));
    std::iter::from_fn(move || match (left.next(), right.next()) {
        (None, None) => None,
        pair => Some(pair),
    })
}

fn pages(folder: &Path) -> Result<BTreeMap<String, String>, Failed> {
    let mut pages = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name == PAGE_OF_CLIENTS {
            continue;
        }
        pages.insert(name, std::fs::read_to_string(&path)?);
    }
    Ok(pages)
}

/// Every SQL example, in order, on a gateway that is as new as the reader's.
async fn the_tour_of_the_readme() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let examples: Vec<&str> = readme.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 5, "only {} examples", examples.len());
    for name in ["shop.db", "shop2.db"] {
        shop::create(&gateway.folder().join(name)).await;
    }
    for example in examples {
        let example = example.replace("/data/", &format!("{}/", gateway.folder().display()));
        client.simple_query(&example).await.map_err(|error| format!("{example}\n{:?}", error.as_db_error()))?;
    }
    let tables = client.query_one("SELECT count(*) FROM information_schema.tables WHERE table_catalog = 'shop'", &[]).await?;
    assert_eq!(tables.get::<_, i64>(0), 4);
    gateway.connect_as("ana", "correct horse", "shop").await?.simple_query("SELECT * FROM orders").await?;
    Ok(())
}

/// Links to files of the repository lead somewhere.
fn links_of_the_readmes() -> Result<(), Failed> {
    for name in ["README.md", "src/README.md", "benchmarks/README.md"] {
        let path = root().join(name);
        let text = std::fs::read_to_string(&path)?;
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let file = target.split('#').next().unwrap_or_default();
            if !path.parent().unwrap_or(&path).join(file).exists() {
                return Err(format!("{name} links to {target}, which is not there").into());
            }
        }
    }
    Ok(())
}
