//! Files whole: read with or without zstd, written so that a reader never sees half of one.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

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

/// Writes `bytes` to `path`, as [`Staged`] does.
///
/// # Errors
/// When a folder or the file cannot be made or written; then `path` is as it was before.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut staged = Staged::create(path)?;
    staged.write_all(bytes).map_err(|source| FileError::Write { path: path.to_owned(), source })?;
    staged.publish()
}

/// A file that is written beside its place and takes it only when it is whole. Readable by its owner alone; parent folders are
/// made; `.zst` files are compressed. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Staged {
    path: PathBuf,
    sink: Sink,
}

/// What takes the bytes.
enum Sink {
    Plain(BufWriter<NamedTempFile>),
    Packed(zstd::Encoder<'static, BufWriter<NamedTempFile>>),
    /// A device or a pipe, which has no place to take: nothing reaches it before the end.
    Through(Vec<u8>),
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Packed(_) => "Packed",
            Self::Through(_) => "Through",
        })
    }
}

impl Staged {
    /// Begins a file for this path.
    ///
    /// # Errors
    /// When there can be no such file.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let sink = Sink::of(path).map_err(|source| FileError::Write { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), sink })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// When it cannot be written to the end; then the path is as it was before.
    pub fn publish(self) -> Result<(), FileError> {
        let Self { path, sink } = self;
        sink.publish(&path).map_err(|source| FileError::Write { path, source })
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Plain(file) => file.write(bytes),
            Sink::Packed(file) => file.write(bytes),
            Sink::Through(kept) => kept.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Plain(file) => file.flush(),
            Sink::Packed(file) => file.flush(),
            Sink::Through(_) => Ok(()),
        }
    }
}

impl Sink {
    /// The temporary file has a name that nobody can foresee and is made anew, so that nothing planted in the folder is written
    /// through; it goes when anything fails.
    fn of(path: &Path) -> io::Result<Self> {
        if path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        }
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            // A report must not take the place of /dev/null.
            Ok(there) if !there.is_file() => return Ok(Self::Through(Vec::new())),
            _ => (),
        }
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let temporary = tempfile::Builder::new().prefix(".aurora-audit-").suffix(".tmp").tempfile_in(folder)?;
        let file = BufWriter::with_capacity(1 << 18, temporary);
        if is_zstd(path) { Ok(Self::Packed(zstd::Encoder::new(file, 0)?)) } else { Ok(Self::Plain(file)) }
    }

    fn publish(self, path: &Path) -> io::Result<()> {
        let file = match self {
            Self::Plain(file) => file,
            Self::Packed(file) => file.finish()?,
            Self::Through(bytes) => {
                let mut device = OpenOptions::new().write(true).open(path)?;
                device.write_all(&bytes)?;
                return device.flush();
            }
        };
        let temporary = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        temporary.as_file().sync_all()?;
        temporary.persist(path)?;
        Ok(())
    }
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
    fn a_file_that_is_not_published_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["plain.txt", "packed.zst"] {
            let mut staged = Staged::create(&folder.path().join(name)).unwrap();
            staged.write_all(b"half").unwrap();
            staged.flush().unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_stays_one() {
        write_atomically(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let error = write_atomically(Path::new("/dev/full"), b"x").unwrap_err();
        assert!(matches!(error, FileError::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull));
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
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
