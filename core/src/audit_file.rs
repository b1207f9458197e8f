//! The audit log's file: its owner's to write, found where its path leads, each entry a line of its own.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::audit::AuditEntry;
use crate::error::{Code, Error};

/// How often an entry is written anew because its file was deleted meanwhile.
const TRIES: u32 = 3;

pub(crate) struct AuditFile {
    path: PathBuf,
    open: Mutex<Option<File>>,
}

/// An entry on its way into the file. A runtime that has ended drops it unwritten, or rather: it is written then.
pub(crate) struct Line {
    file: Arc<AuditFile>,
    entry: Option<AuditEntry>,
}

impl Line {
    pub(crate) fn write(mut self) -> Result<(), Error> {
        self.entry.take().map_or(Ok(()), |entry| self.file.append(&entry))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.entry.take().map(|entry| self.file.append(&entry)) {
            tracing::warn!(%error, "an audit entry was lost");
        }
    }
}

impl AuditFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        // The process may go to another directory; its log stays.
        let path = std::path::absolute(&path).unwrap_or(path);
        Self { path, open: Mutex::new(None) }
    }

    pub(crate) fn line(self: &Arc<Self>, entry: AuditEntry) -> Line {
        Line { file: Arc::clone(self), entry: Some(entry) }
    }

    fn append(&self, entry: &AuditEntry) -> Result<(), Error> {
        let mut line = serde_json::to_vec(entry)
            .map_err(|error| Error::new(Code::Internal, "An audit entry has no JSON.").with_source(error))?;
        line.push(b'\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.append_line(&mut open, &line);
        if written.is_err() {
            // The next entry tries with a fresh descriptor: the disk may have come back.
            *open = None;
        }
        written
            .map_err(|error| Error::new(Code::AuditFailed, "The audit log's file can't be written.").with_source(error))
    }

    fn append_line(&self, open: &mut Option<File>, line: &[u8]) -> std::io::Result<()> {
        for _ in 0..TRIES {
            // One write: lines of several processes do not mix.
            let file = match open.take() {
                // Where it was moved away, the log goes on in a new one.
                Some(mut file) if is_at(&file, &self.path) => {
                    file.write_all(line)?;
                    file
                }
                _ => {
                    let mut file = self.open_file()?;
                    let torn: &[u8] = if ends_torn(&mut file)? { b"\n" } else { b"" };
                    file.write_all(&[torn, line].concat())?;
                    file
                }
            };
            if !is_deleted(&file)? {
                *open = Some(file);
                return Ok(());
            }
            // It went just now, and the entry with it.
        }
        Err(std::io::Error::other("it is deleted all the time"))
    }

    /// Neither a link, which somebody else may have put there, nor anything but a file.
    #[cfg(unix)]
    fn open_file(&self) -> std::io::Result<File> {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

        use rustix::fs::OFlags;

        // A pipe without a reader would be waited for.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600).custom_flags(flags.cast_signed());
        let file = options.open(&self.path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it must be a file"));
        }
        let mode = about.permissions().mode() & 0o7777;
        // Its group may read it, for whatever collects logs. Others have no business there.
        if mode & 0o137 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(mode & 0o640))?;
        }
        Ok(file)
    }

    #[cfg(not(unix))]
    fn open_file(&self) -> std::io::Result<File> {
        OpenOptions::new().read(true).append(true).create(true).open(&self.path)
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let (Ok(ours), Ok(there)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

/// An open file can't be moved away there.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(unix)]
fn is_deleted(file: &File) -> std::io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) == 0)
}

#[cfg(not(unix))]
fn is_deleted(_file: &File) -> std::io::Result<bool> {
    Ok(false)
}

/// Whether the last line was cut off, by a full disk or a crash: the next entry must not be glued to it.
fn ends_torn(file: &mut File) -> std::io::Result<bool> {
    use std::io::{Read as _, Seek as _, SeekFrom};

    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
