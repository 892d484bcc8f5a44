//! A folder for a story's files that is gone with the story; not before all that is in it was searched for secrets.

use crate::canary;
use dynoxide::Database;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder of its own that is gone with it.
pub struct Folder(PathBuf);

impl Folder {
    /// A new, empty one, named after whose it is.
    pub fn of(whose: &str) -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("acrotask-{whose}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the folder is made");
        Folder(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            search(&self.0);
        }
        let _ = std::fs::remove_dir_all(&self.0);
        canary::none_was_seen();
    }
}

fn search(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search(&path);
        } else if path.extension().is_some_and(|extension| extension == "db") {
            let name = path.to_str().expect("the names of a story are UTF-8");
            // A story may have put there what is no database.
            Database::new(name).iter().for_each(canary::seek_in);
        } else if let Ok(bytes) = std::fs::read(&path) {
            canary::seek(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
        }
    }
}
