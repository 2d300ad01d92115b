//! Where rule files come from: the binary, or a folder of the user's.

use std::fs::File;
use std::io::{self, Read as _};
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
    /// The text; empty when the file is unusable.
    pub text: String,
    /// Why it is no rule, whatever is in it: said by [`super::load`] together with what is wrong with the others.
    pub(super) unusable: Option<Unusable>,
    /// Whether it comes with the program.
    pub(super) built_in: bool,
}

/// Why a file cannot be a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
}

/// A folder of rules that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The operating system refused.
    #[error("cannot read {path}")]
    Read {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is nothing to load.
    #[error("{path} holds no rule files (AREA/ID.yaml)")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl RuleSource {
    /// The text of a file.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), unusable: None, built_in: false }
    }

    fn unusable(path: &Path, message: impl Into<String>, help: Option<&'static str>) -> Self {
        let unusable = Some(Unusable { message: message.into(), help });
        Self { path: path.display().to_string(), text: String::new(), unusable, built_in: false }
    }

    /// The folder that the file lies in: the area of the rule.
    pub(super) fn folder(&self) -> &str {
        Path::new(&self.path).parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("")
    }

    /// The name of the file without its suffix: the id of the rule.
    pub(super) fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().and_then(|name| name.to_str()).unwrap_or("")
    }
}

/// How deep folders of rules are looked through for files that lie in the wrong place.
const MAX_DEPTH: usize = 4;

/// All rule files `AREA/ID.yaml` under a path, sorted. What looks like a rule and lies elsewhere, or cannot be read, is among
/// them and does not load: a rule that its author believes to be used must not be left out in silence.
///
/// # Errors
/// When a folder cannot be read or holds nothing like a rule.
pub fn from_dir(path: &Path) -> Result<Vec<RuleSource>, SourceError> {
    let mut sources = Vec::new();
    gather(path, 0, &mut sources)?;
    if sources.is_empty() { Err(SourceError::Empty { path: path.to_owned() }) } else { Ok(sources) }
}

fn gather(folder: &Path, depth: usize, sources: &mut Vec<RuleSource>) -> Result<(), SourceError> {
    for entry in entries(folder)? {
        let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if entry.is_dir() {
            if depth < MAX_DEPTH {
                gather(&entry, depth + 1, sources)?;
            }
        } else {
            sources.extend(source(&entry, depth));
        }
    }
    Ok(())
}

/// A file, when it is one of rules.
fn source(path: &Path, depth: usize) -> Option<RuleSource> {
    let suffix = path.extension().and_then(|suffix| suffix.to_str()).unwrap_or("");
    match (suffix.to_ascii_lowercase().as_str(), depth) {
        ("yaml", 1) if suffix == "yaml" => Some(read(path)),
        ("yaml" | "yml", 1) => {
            let help = Some("name it ID.yaml");
            Some(RuleSource::unusable(path, "the name of a rule file ends in .yaml", help))
        }
        ("yaml" | "yml", _) => {
            let help = Some("put it at AREA/ID.yaml under the folder of rules, or elsewhere if it is no rule");
            Some(RuleSource::unusable(path, "this file is not in the folder of an area: it is not used", help))
        }
        _ => None,
    }
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

/// Reads a file, but no more of it than a rule can have.
fn read(path: &Path) -> RuleSource {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    match (read, String::from_utf8(bytes)) {
        (Err(error), _) => RuleSource::unusable(path, format!("cannot read this file: {error}"), None),
        (Ok(read), _) if u64::try_from(read).unwrap_or(u64::MAX) > MAX_BYTES => {
            RuleSource::unusable(path, format!("this file has more than {MAX_BYTES} bytes: it is no rule"), None)
        }
        (Ok(_), Err(_)) => RuleSource::unusable(path, "this file is not UTF-8 text", Some("save it as plain UTF-8")),
        (Ok(_), Ok(text)) => RuleSource::new(path.display().to_string(), text),
    }
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

    #[test]
    fn digest_depends_on_area_id_and_text_alone() {
        let one = digest(&[RuleSource::new("rules/net/a.yaml", "x"), RuleSource::new("rules/net/b.yaml", "y")]);
        assert_eq!(
            one,
            digest(&[RuleSource::new("/other/net/b.yaml", "y"), RuleSource::new("/other/net/a.yaml", "x")])
        );
        for other in [
            [RuleSource::new("rules/net/a.yaml", "xy"), RuleSource::new("rules/net/b.yaml", "")],
            [RuleSource::new("rules/net/a.yaml", "y"), RuleSource::new("rules/net/b.yaml", "x")],
            [RuleSource::new("rules/iam/a.yaml", "x"), RuleSource::new("rules/net/b.yaml", "y")],
        ] {
            assert_ne!(one, digest(&other));
        }
    }

    #[test]
    fn a_folder_is_read_sorted_and_what_lies_elsewhere_is_no_rule() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("net/deeper.yaml")).unwrap();
        std::fs::create_dir_all(dir.path().join(".git")).unwrap();
        std::fs::write(dir.path().join("net/big.yaml"), " ".repeat(300_000)).unwrap();
        std::fs::write(dir.path().join("net/latin.yaml"), [b'a', 0xe4]).unwrap();
        for name in [
            "net/b.yaml",
            "net/a.yaml",
            "net/readme.md",
            "top.yaml",
            "net/c.yml",
            "net/deeper.yaml/d.yaml",
            ".git/e.yaml",
        ] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let sources = from_dir(dir.path()).unwrap();
        let shown: Vec<_> = sources
            .iter()
            .map(|source| {
                format!("{}: {}", source.stem(), source.unusable.as_ref().map_or("", |it| it.message.as_str()))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "a: ",
                "b: ",
                "big: this file has more than 262144 bytes: it is no rule",
                "c: the name of a rule file ends in .yaml",
                "d: this file is not in the folder of an area: it is not used",
                "latin: this file is not UTF-8 text",
                "top: this file is not in the folder of an area: it is not used",
            ]
        );
        assert_eq!((sources[0].folder(), sources[0].stem()), ("net", "a"));
    }

    #[test]
    fn a_folder_without_rules_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(from_dir(dir.path()), Err(SourceError::Empty { .. })));
        assert!(matches!(from_dir(&dir.path().join("none")), Err(SourceError::Read { .. })));
    }
}
