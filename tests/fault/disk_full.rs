//! The disk is full: a change fails cleanly, reads go on, and once there is space again so do changes, without a restart.

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use super::{state, trial};
use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    // A file system of its own needs the right to mount one.
    if Disk::mount().is_none() {
        eprintln!("fault::disk_full is skipped: this user cannot mount a small file system");
        return Vec::new();
    }
    vec![trial("disk_full::changes_fail_cleanly_and_resume", changes_fail_cleanly_and_resume)]
}

async fn changes_fail_cleanly_and_resume() -> Result<(), Failed> {
    let disk = Disk::mount().ok_or("a small file system")?;
    let gateway = Gateway::start_on(&disk.path);
    let client = gateway.connect("metagate").await;
    let filler = disk.path.join("filler");
    disk.fill(&filler);

    // The store keeps some space of its own, so more than one change may still fit.
    let mut failed = None;
    for number in 0..2_000 {
        let text = format!("{number}").repeat(900);
        if let Err(error) = client.simple_query(&format!("COMMENT ON SERVER sample IS '{text}'")).await {
            failed = Some(error);
            break;
        }
    }
    let error = failed.ok_or("the disk was never full")?;
    assert_eq!(state(&error), "53100", "{error}");
    let count = client.query_one("SELECT count(*) FROM sample.public.orders", &[]).await?;
    assert_eq!(count.get::<_, i64>(0), 400);

    std::fs::remove_file(&filler)?;
    client.simple_query("COMMENT ON SERVER sample IS 'space again'").await?;
    let comment = client.query_one("SELECT comment FROM admin.data_sources WHERE name = 'sample'", &[]).await?;
    assert_eq!(comment.get::<_, &str>(0), "space again");
    Ok(())
}

/// A file system in memory of some MiB; unmounted when dropped.
struct Disk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Disk {
    fn mount() -> Option<Disk> {
        let folder = tempfile::tempdir().ok()?;
        let path = folder.path().to_owned();
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(&path).output().ok()?.status;
        status.success().then_some(Disk { path, _folder: folder })
    }

    fn fill(&self, file: &Path) {
        // `dd` writes until nothing fits any more, and says so.
        let output = Command::new("dd").args(["if=/dev/zero", "bs=64k"]).arg(format!("of={}", file.display())).output().expect("dd");
        assert!(!output.status.success(), "the disk has no end");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a gateway of a failed test may still be there.
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}
