//! A disk that writes down what SQLite asks of it, and what is left on it after a power cut.
//!
//! SQLite's own VFS does the work; the methods that change a file are wrapped. It becomes this process's default, for core
//! opens its files by it, and leaves all files alone but those of the one folder that is watched.
#![allow(unsafe_code, reason = "a VFS of SQLite is a table of C functions")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rand::RngExt as _;
use rand::rngs::StdRng;
use rusqlite::ffi;

/// What a disk writes at once or not at all.
const SECTOR: usize = 512;

/// One step of the disk, or something that the world saw between two of them.
pub(super) enum Event {
    Disk { file: String, change: Change },
    Imported,
    Rotated(u32),
    HandedOut(u32),
}

#[derive(Clone)]
pub(super) enum Change {
    Write {
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate(usize),
    Delete,
    /// Whatever came before lasts.
    Flush,
}

impl Event {
    pub(super) fn is_flush(&self) -> bool {
        matches!(self, Self::Disk { change: Change::Flush, .. })
    }
}

struct Watched {
    folder: PathBuf,
    /// The names of open files and their own methods, by address.
    open: HashMap<usize, (String, usize)>,
    events: Vec<Event>,
}

static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

fn watched() -> MutexGuard<'static, Option<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes down from now on what happens to the files of this folder.
pub(super) fn watch(folder: &Path) {
    become_the_default();
    *watched() = Some(Watched { folder: folder.to_owned(), open: HashMap::new(), events: Vec::new() });
}

pub(super) fn note(event: Event) {
    if let Some(watched) = watched().as_mut() {
        watched.events.push(event);
    }
}

pub(super) fn stop_watching() -> Vec<Event> {
    watched().as_mut().map(|watched| std::mem::take(&mut watched.events)).unwrap_or_default()
}

/// What becomes of a write that was not flushed.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Kept,
    Lost,
    /// Only its beginning reached the disk, or only its end.
    Torn {
        at: f64,
        beginning: bool,
    },
}

impl Fate {
    pub(super) fn any(random: &mut StdRng) -> Self {
        match random.random_range(0..5) {
            0 | 1 => Self::Kept,
            2 | 3 => Self::Lost,
            _ => Self::Torn { at: random.random_range(0.0..1.0), beginning: random.random() },
        }
    }
}

/// Files and what is in them.
#[derive(Default)]
pub(super) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// What is on the disk when the power is cut after these events.
    pub(super) fn after_a_cut(events: &[Event], mut fate: impl FnMut() -> Fate) -> Self {
        let mut files = Self::default();
        let mut unflushed: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        let mut created = BTreeSet::new();
        for event in events {
            let Event::Disk { file, change } = event else { continue };
            match change {
                Change::Flush => {
                    unflushed.entry(file).or_default().drain(..).for_each(|change| files.apply(file, change));
                    // SQLite flushes the directory with the first flush of a journal, and with it what was deleted.
                    if is_journal(file) && created.insert(file) {
                        files.lose_what_was_deleted(&mut unflushed);
                    }
                }
                change => {
                    if matches!(change, Change::Delete) {
                        created.remove(file);
                    }
                    unflushed.entry(file).or_default().push(change);
                }
            }
        }
        for (file, changes) in unflushed {
            for change in changes {
                match (fate(), change) {
                    (Fate::Lost, _) => {}
                    (Fate::Torn { at, beginning }, Change::Write { at: start, bytes }) if bytes.len() > SECTOR => {
                        let cut = cut_at(*start, bytes.len(), at);
                        let (at, bytes) =
                            if beginning { (*start, &bytes[..cut]) } else { (start + cut, &bytes[cut..]) };
                        files.apply(file, &Change::Write { at, bytes: bytes.to_vec() });
                    }
                    (_, change) => files.apply(file, change),
                }
            }
        }
        files
    }

    fn lose_what_was_deleted(&mut self, unflushed: &mut BTreeMap<&str, Vec<&Change>>) {
        for (file, changes) in unflushed {
            if let Some(last) = changes.iter().rposition(|change| matches!(change, Change::Delete)) {
                changes.drain(..=last);
                self.0.remove(*file);
            }
        }
    }

    fn apply(&mut self, file: &str, change: &Change) {
        if matches!(change, Change::Delete) {
            self.0.remove(file);
            return;
        }
        let content = self.0.entry(file.to_owned()).or_default();
        match change {
            Change::Write { at, bytes } => {
                let end = at + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*at..end].copy_from_slice(bytes);
            }
            Change::Truncate(length) => content.resize(*length, 0),
            Change::Delete | Change::Flush => {}
        }
    }

    pub(super) fn write(&self, folder: &Path) {
        for (name, content) in &self.0 {
            std::fs::write(folder.join(name), content).unwrap();
        }
    }

    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }
}

/// A rollback journal or a write-ahead log, as opposed to the database.
fn is_journal(file: &str) -> bool {
    file.ends_with("-journal") || file.ends_with("-wal")
}

/// A border between two sectors of the disk, within these bytes of a file.
fn cut_at(start: usize, length: usize, how_far: f64) -> usize {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a guess")]
    let somewhere = (length as f64 * how_far) as usize;
    ((start + somewhere).div_ceil(SECTOR) * SECTOR - start).min(length)
}

/// The address of SQLite's own VFS.
static OWN: OnceLock<usize> = OnceLock::new();

fn own() -> *mut ffi::sqlite3_vfs {
    OWN.get().map_or(ptr::null_mut(), |address| ptr::with_exposed_provenance_mut(*address))
}

fn become_the_default() {
    OWN.get_or_init(|| {
        // SAFETY: both are plain calls; the VFS that is found lives as long as the process, and so does its copy.
        unsafe {
            assert_eq!(ffi::sqlite3_initialize(), ffi::SQLITE_OK);
            let own = ffi::sqlite3_vfs_find(ptr::null());
            let copy =
                ffi::sqlite3_vfs { zName: c"watched".as_ptr(), xOpen: Some(open), xDelete: Some(delete), ..*own };
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(copy)), 1), ffi::SQLITE_OK);
            own.expose_provenance()
        }
    });
}

/// The name of a file, if it is in the watched folder.
///
/// # Safety
/// `path` is null or a text of C.
unsafe fn name_of(path: *const c_char, watched: &Watched) -> Option<String> {
    if path.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    let path = Path::new(unsafe { CStr::from_ptr(path) }.to_str().ok()?);
    (path.parent()? == watched.folder).then(|| path.file_name()?.to_str().map(str::to_owned))?
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    opened: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's arguments go to SQLite's own function; where that succeeds, `file` is a file with methods, and
    // its own methods find it under the same address.
    unsafe {
        let code = (*own()).xOpen.map_or(ffi::SQLITE_ERROR, |open| open(own(), path, file, flags, opened));
        if code != ffi::SQLITE_OK {
            return code;
        }
        if let Some(watched) = watched().as_mut()
            && let Some(name) = name_of(path, watched)
        {
            let methods = (*file).pMethods;
            watched.open.insert(file.addr(), (name, methods.expose_provenance()));
            let wrapped = ffi::sqlite3_io_methods {
                xWrite: Some(write),
                xTruncate: Some(truncate),
                xSync: Some(flush),
                xClose: Some(close),
                ..*methods
            };
            (*file).pMethods = Box::leak(Box::new(wrapped));
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, flush: c_int) -> c_int {
    let mut watched = watched();
    // SAFETY: as in `open`.
    let (code, name) = unsafe {
        let code = (*own()).xDelete.map_or(ffi::SQLITE_ERROR, |delete| delete(own(), path, flush));
        (code, watched.as_ref().and_then(|watched| name_of(path, watched)))
    };
    if let (ffi::SQLITE_OK, Some(file), Some(watched)) = (code, name, watched.as_mut()) {
        watched.events.push(Event::Disk { file: file.clone(), change: Change::Delete });
        if flush != 0 {
            watched.events.push(Event::Disk { file, change: Change::Flush });
        }
    }
    code
}

/// Does it by the file's own methods, and writes it down if it was done.
fn act(
    file: *mut ffi::sqlite3_file,
    act: impl FnOnce(&ffi::sqlite3_io_methods) -> Option<c_int>,
    change: impl FnOnce() -> Change,
) -> c_int {
    let mut watched = watched();
    let Some(watched) = watched.as_mut() else { return ffi::SQLITE_IOERR };
    let Some((name, methods)) = watched.open.get(&file.addr()).cloned() else { return ffi::SQLITE_IOERR };
    // SAFETY: the address of the methods that SQLite gave this file; they are tables that live for ever.
    let methods = unsafe { &*ptr::with_exposed_provenance::<ffi::sqlite3_io_methods>(methods) };
    let code = act(methods).unwrap_or(ffi::SQLITE_IOERR);
    if code == ffi::SQLITE_OK {
        watched.events.push(Event::Disk { file: name, change: change() });
    }
    code
}

fn number(value: ffi::sqlite3_int64) -> usize {
    usize::try_from(value).unwrap_or_default()
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    length: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let written = || {
        // SAFETY: SQLite says that so many bytes are there.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), number(length.into())) };
        Change::Write { at: number(at), bytes: bytes.to_vec() }
    };
    // SAFETY: SQLite's own function with SQLite's own arguments, here and below.
    act(file, |own| own.xWrite.map(|write| unsafe { write(file, bytes, length, at) }), written)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    // SAFETY: as in `write`.
    let truncate = |own: &ffi::sqlite3_io_methods| own.xTruncate.map(|truncate| unsafe { truncate(file, length) });
    act(file, truncate, || Change::Truncate(number(length)))
}

unsafe extern "C" fn flush(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: as in `write`.
    act(file, |own| own.xSync.map(|flush| unsafe { flush(file, flags) }), || Change::Flush)
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let open = watched().as_mut().and_then(|watched| watched.open.remove(&file.addr()));
    let Some((_, methods)) = open else { return ffi::SQLITE_IOERR };
    // SAFETY: as in `act`, and the file is not used any more.
    unsafe {
        let methods = &*ptr::with_exposed_provenance::<ffi::sqlite3_io_methods>(methods);
        methods.xClose.map_or(ffi::SQLITE_IOERR, |close| close(file))
    }
}
