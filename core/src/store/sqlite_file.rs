//! The file of a SQLite store: its owner's alone, and on a disk where locks hold.

use std::path::Path;

use crate::error::{Code, Error};

/// Makes the directory (0700) and the file (0600) before SQLite does, so that there is no moment in which others can read.
pub(super) fn prepare(path: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| {
        Error::new(
            Code::StoreUnavailable,
            format!("The store {} can't be written; choose another path with the store option.", path.display()),
        )
        .with_source(error)
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory).map_err(failed)?;
    }
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    refuse_network_file_system(directory.unwrap_or(Path::new(".")))?;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed)?;
    // A file that was there before may have been readable by others.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    drop(file);
    Ok(())
}

/// SQLite's locks do not hold across hosts there, so two of them would use one refresh token twice.
#[cfg(target_os = "linux")]
fn refuse_network_file_system(directory: &Path) -> Result<(), Error> {
    const NETWORK: &[(i64, &str)] = &[
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xfe53_4d42, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0x0102_1997, "9p"),
        (0x5346_414f, "AFS"),
        (0x00c3_6400, "Ceph"),
    ];
    let Ok(status) = rustix::fs::statfs(directory) else { return Ok(()) };
    #[allow(clippy::unnecessary_cast, reason = "the field's type differs between targets")]
    let kind = status.f_type as i64 & 0xffff_ffff;
    match NETWORK.iter().find(|(magic, _)| *magic == kind) {
        None => Ok(()),
        Some((_, name)) => Err(Error::new(
            Code::StoreUnavailable,
            format!(
                "The store's directory {} is on {name}, where SQLite's locks do not hold; use a local disk.",
                directory.display()
            ),
        )),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_network_file_system(_directory: &Path) -> Result<(), Error> {
    Ok(())
}
