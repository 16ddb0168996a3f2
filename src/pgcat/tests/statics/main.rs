//! The static part of the catalog is what a PostgreSQL 16 holds that has just been made and in which nobody has made anything.
//!
//! `UPDATE=1 cargo test -p pgcat --test statics` writes the file anew. The server comes from `tests/services/postgresql16`.

mod contents;
mod file;
mod server;

use std::path::Path;

/// The file as the crate reads it.
const KEPT: &str = "src/statics/postgresql16.bin";

#[tokio::test]
async fn the_static_part_is_what_a_new_server_gives() {
    let Some(server) = server::start() else { return };
    let sections = contents::read(&server.connect().await).await;
    let file = file::write(&sections);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(KEPT);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &file).expect("the file is written");
    }
    let kept = std::fs::read(&path).expect("the file is there");
    // Sections before bytes: what differs then has a name.
    let kept_sections = file::read(&kept);
    for (section, kept) in sections.iter().zip(&kept_sections) {
        assert_eq!(section.name, kept.name, "the sections of {KEPT}; UPDATE=1 writes it anew");
        let values = section.values.iter().zip(&kept.values);
        let differing = values.enumerate().find(|(_, (now, kept))| now != kept);
        assert_eq!(differing, None, "the first of the values of section {} that differs; UPDATE=1 writes {KEPT} anew", section.name);
    }
    assert!(sections == kept_sections, "{KEPT} holds other sections or more; UPDATE=1 writes it anew");
    assert!(file == kept, "{KEPT} is packed otherwise; UPDATE=1 writes it anew");
}
