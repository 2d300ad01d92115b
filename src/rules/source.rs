//! Where rule files come from: the binary, or a folder of the user's.

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Rule files larger than this are refused; the longest of our own has a few kilobytes.
pub(super) const MAX_BYTES: u64 = 256 * 1024;

/// The text of one rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSource {
    /// Path, for messages and for the area: the name of the folder that the file lies in.
    pub path: String,
    /// The text.
    pub text: String,
}

/// A rule file or folder that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The operating system refused.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No rule file is that large.
    #[error("{path} has more than {MAX_BYTES} bytes: this is no rule file")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing to load.
    #[error("{path} holds no rule files (FOLDER/ID.yaml)")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl RuleSource {
    /// The folder that the file lies in: the area of the rule.
    pub(super) fn folder(&self) -> &str {
        Path::new(&self.path).parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("")
    }

    /// The name of the file without its suffix: the id of the rule.
    pub(super) fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().and_then(|name| name.to_str()).unwrap_or("")
    }
}

/// All rule files `FOLDER/ID.yaml` under a path, sorted.
///
/// # Errors
/// When a folder or file cannot be read, is too large, or there is none.
pub fn from_dir(path: &Path) -> Result<Vec<RuleSource>, SourceError> {
    let mut sources = Vec::new();
    for folder in entries(path)?.into_iter().filter(|entry| entry.is_dir()) {
        for file in entries(&folder)?.into_iter().filter(|entry| is_rule_file(entry)) {
            sources.push(read(&file)?);
        }
    }
    if sources.is_empty() { Err(SourceError::Empty { path: path.to_owned() }) } else { Ok(sources) }
}

fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml") && path.is_file()
}

/// What a folder holds, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| SourceError::Read { path: folder.to_owned(), source };
    let listing = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths =
        listing.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<RuleSource, SourceError> {
    let failed = |source| SourceError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_BYTES {
        return Err(SourceError::TooLarge { path: path.to_owned() });
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Ok(RuleSource { path: path.display().to_string(), text })
}

/// SHA-256 over area, id and text of the files, in hexadecimal: two runs with the same digest used the same rules,
/// wherever the files lay.
pub(super) fn digest(sources: &[RuleSource]) -> String {
    let mut sources: Vec<_> = sources.iter().map(|source| (source.folder(), source.stem(), &source.text)).collect();
    sources.sort();
    let mut hasher = Sha256::new();
    for (folder, stem, text) in sources {
        hasher.update(format!("{folder}/{stem}\n{}\n", text.len()));
        hasher.update(text);
    }
    HEXLOWER.encode(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> RuleSource {
        RuleSource { path: path.into(), text: text.into() }
    }

    #[test]
    fn digest_depends_on_area_id_and_text_alone() {
        let one = digest(&[source("rules/net/a.yaml", "x"), source("rules/net/b.yaml", "y")]);
        assert_eq!(one, digest(&[source("/other/net/b.yaml", "y"), source("/other/net/a.yaml", "x")]));
        for other in [
            [source("rules/net/a.yaml", "xy"), source("rules/net/b.yaml", "")],
            [source("rules/net/a.yaml", "y"), source("rules/net/b.yaml", "x")],
            [source("rules/iam/a.yaml", "x"), source("rules/net/b.yaml", "y")],
        ] {
            assert_ne!(one, digest(&other));
        }
    }

    #[test]
    fn a_folder_is_read_sorted_and_only_its_rule_files() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("net/deeper.yaml")).unwrap();
        for name in ["net/b.yaml", "net/a.yaml", "net/readme.md", "top.yaml"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let sources = from_dir(dir.path()).unwrap();
        assert_eq!(sources.iter().map(|source| source.text.as_str()).collect::<Vec<_>>(), ["net/a.yaml", "net/b.yaml"]);
        assert_eq!((sources[0].folder(), sources[0].stem()), ("net", "a"));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(from_dir(dir.path()), Err(SourceError::Empty { .. })));
        assert!(matches!(from_dir(&dir.path().join("none")), Err(SourceError::Read { .. })));
        std::fs::create_dir(dir.path().join("net")).unwrap();
        std::fs::write(dir.path().join("net/big.yaml"), " ".repeat(300_000)).unwrap();
        assert!(matches!(from_dir(dir.path()), Err(SourceError::TooLarge { .. })));
    }
}
