//! Locks of the operating system, by which processes see whether another one lives. They are held on small files of
//! their own and end with their process, however it ends, so that no clock has to be trusted.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
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

    /// Whether other processes can still see it.
    pub fn is_seen(&self) -> bool {
        self.path.try_exists().unwrap_or(true)
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

/// Turns at writing. SQLite lets a writer who comes too late sleep and ask again, so that a busy process can keep another
/// one out for seconds; here they wait for each other, and who waits is next.
pub(super) struct Turn {
    /// Held by who waits next; whoever has just had a turn must stand behind them.
    queue: Arc<File>,
    turn: Arc<File>,
}

/// A turn. It ends when this is dropped.
pub(super) struct Held(Arc<File>);

impl Turn {
    /// Turns among all who have the same `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn new(folder: &Path) -> io::Result<Turn> {
        fs::create_dir_all(folder)?;
        let file = |name| {
            let mut options = File::options();
            options.create(true).append(true);
            options.open(folder.join(name)).map(Arc::new)
        };
        Ok(Turn {
            queue: file("queue")?,
            turn: file("turn")?,
        })
    }

    /// Waits for a turn. To be awaited to its end: a wait that is given up would have its turn later all the same.
    ///
    /// # Errors
    /// The file system has no locks.
    pub async fn take(&self) -> io::Result<Held> {
        let _next = Held::wait(&self.queue).await?;
        Held::wait(&self.turn).await
    }
}

impl Held {
    async fn wait(file: &Arc<File>) -> io::Result<Held> {
        match file.try_lock() {
            Ok(()) => Ok(Held(file.clone())),
            Err(TryLockError::Error(error)) => Err(error),
            Err(TryLockError::WouldBlock) => {
                let file = file.clone();
                blocking(move || file.lock().map(|()| Held(file))).await
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Were it to fail, it would end with the process.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::cell::RefCell;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn who_waits_is_next_though_the_one_before_asks_again_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (busy, other) = [(); 2].map(|()| Turn::new(folder.path()).unwrap()).into();
        for _ in 0..50 {
            let held = busy.take().await.unwrap();
            let (say, waits) = oneshot::channel();
            let order = RefCell::new(Vec::new());
            let patient = async {
                let mut taking = std::pin::pin!(other.take());
                // It stands in the queue when its first look has found the turn taken.
                assert!(futures_util::poll!(taking.as_mut()).is_pending());
                say.send(()).unwrap();
                let _held = taking.await.unwrap();
                order.borrow_mut().push("other");
            };
            let greedy = async {
                waits.await.unwrap();
                drop(held);
                let _held = busy.take().await.unwrap();
                order.borrow_mut().push("busy");
            };
            tokio::join!(patient, greedy);
            assert_eq!(order.into_inner(), ["other", "busy"]);
        }
    }
}
