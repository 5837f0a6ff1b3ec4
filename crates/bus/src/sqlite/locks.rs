//! Locks of the operating system, by which processes see whether another one lives. They are held on small files of
//! their own and end with their process, however it ends, so that no clock has to be trusted.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// This process at work on a file. Others see it as alive until it is dropped.
pub(super) struct Session {
    /// Names it in the file's tables.
    pub name: String,
    path: PathBuf,
    _lock: File,
}

impl Session {
    /// Begins one, with its lock in `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn begin(folder: &Path) -> io::Result<Session> {
        fs::create_dir_all(folder)?;
        let name = format!(
            "session-{}-{:016x}",
            std::process::id(),
            rand::random::<u64>()
        );
        // Locked before it can be seen under its name: a file without a lock is somebody dead.
        let hidden = folder.join(format!(".{name}"));
        let lock = File::create(&hidden)?;
        lock.try_lock()?;
        let path = folder.join(&name);
        fs::rename(&hidden, &path)?;
        Ok(Session {
            name,
            path,
            _lock: lock,
        })
    }

    /// Whether the session `name` has ended without having cleaned up.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn is_dead(folder: &Path, name: &str) -> io::Result<bool> {
        match File::open(folder.join(name)) {
            Ok(file) => match file.try_lock() {
                Ok(()) => Ok(true),
                Err(TryLockError::WouldBlock) => Ok(false),
                Err(TryLockError::Error(error)) => Err(error),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Removes what the dead session `name` left in `folder`.
    pub fn clear(folder: &Path, name: &str) {
        // One that stays is looked at again and does no harm.
        let _ = fs::remove_file(folder.join(name));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Runs what may wait for a disk, away from the runtime's own threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// What one may hold and others wait for.
pub(super) struct Baton {
    file: File,
    held: bool,
}

impl Baton {
    /// The baton `name` in `folder`; not held yet.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn new(folder: &Path, name: &str) -> io::Result<Baton> {
        fs::create_dir_all(folder)?;
        let file = File::options()
            .create(true)
            .append(true)
            .open(folder.join(name))?;
        Ok(Baton { file, held: false })
    }

    /// Takes it unless somebody else has it. Does not block.
    ///
    /// # Errors
    /// The file system has no locks.
    pub fn take(&mut self) -> io::Result<bool> {
        if !self.held {
            self.held = match self.file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Error(error)) => return Err(error),
            };
        }
        Ok(self.held)
    }
}
