//! A folder for a story's files that is gone with the story.

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
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
