//! Files whole: read with or without zstd, written so that a reader never sees half of one.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened or read.
    #[error("read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not UTF-8.
    #[error("read `{}`: byte {valid_up_to} is not UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Offset of the first bad byte.
        valid_up_to: usize,
    },
    /// The file cannot be written.
    #[error("write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The text of a file; `.zst` files are decompressed.
///
/// # Errors
/// When the file cannot be read, is not valid zstd, or is not UTF-8. A zstd stream that was cut off gives the text up to the
/// cut: what is missing shows in the snapshot's trailer.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(failed)?;
    let bytes = if is_zstd(path) { decompress(&bytes).map_err(failed)? } else { bytes };
    String::from_utf8(bytes)
        .map_err(|error| FileError::NotUtf8 { path: path.to_owned(), valid_up_to: error.utf8_error().valid_up_to() })
}

fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    match io::copy(&mut zstd::stream::read::Decoder::new(bytes)?, &mut text) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(cut_to_utf8(text)),
        Err(error) => Err(error),
        Ok(_) => Ok(text),
    }
}

/// Drops the bytes of a character that a cut went through.
fn cut_to_utf8(mut text: Vec<u8>) -> Vec<u8> {
    if let Err(error) = std::str::from_utf8(&text)
        && error.error_len().is_none()
    {
        let valid = error.valid_up_to();
        text.truncate(valid);
    }
    text
}

fn is_zstd(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

/// Writes `bytes` to `path` by way of a temporary file beside it, readable by its owner alone; makes parent folders; `.zst` files
/// are compressed.
///
/// # Errors
/// When a folder or the file cannot be made or written; then `path` is as it was before.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    if is_zstd(path) {
        let compressed = zstd::stream::encode_all(bytes, 0).map_err(failed)?;
        return replace(path, &compressed).map_err(failed);
    }
    replace(path, bytes).map_err(failed)
}

/// The temporary file has a name that nobody can foresee and is made anew, so that nothing planted in the folder is
/// written through; it goes when anything fails.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new().prefix(".aurora-audit-").suffix(".tmp").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_whole_files_with_parents() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/b/plain.txt", "packed.zst"] {
            let path = folder.path().join(name);
            write_atomically(&path, "größe".as_bytes()).unwrap();
            assert_eq!(read_text(&path).unwrap(), "größe", "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file stays");
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        write_atomically(&path, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_cut_zstd_file_gives_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zst");
        let text: String = (0..100_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        write_atomically(&path, text.as_bytes()).unwrap();
        let packed = fs::read(&path).unwrap();
        fs::write(&path, packed.get(..packed.len() / 2).unwrap()).unwrap();
        let read = read_text(&path).unwrap();
        assert!(!read.is_empty() && text.starts_with(&read));
    }

    #[cfg(unix)]
    #[test]
    fn nothing_planted_is_written_through() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (victim, path) = (folder.path().join("victim"), folder.path().join("report"));
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, &path).unwrap();
        write_atomically(&path, b"report").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        write_atomically(&path, b"again").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "x").unwrap();
        assert!(matches!(write_atomically(&path, b"x"), Err(FileError::Write { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
