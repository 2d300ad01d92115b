//! Where files are that nobody named: in the working folder, or above it up to the root of the repository.

use std::path::{Component, Path, PathBuf};

/// Name of the configuration file.
pub const CONFIG: &str = "aurora-audit.toml";
/// Name of the file of waivers.
pub const WAIVERS: &str = "aurora-waivers.yaml";

/// The nearest file of a name, from a folder up to the root of its repository. Outside of a repository only the folder itself is
/// looked in: what lies above may be anyone's.
pub fn nearest(from: &Path, name: &str) -> Option<PathBuf> {
    let root = from.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(from);
    let inside = from.ancestors().take_while(|folder| folder.starts_with(root));
    inside.map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Path of a file from the root of its repository, or outside of one from the working folder; none where it lies elsewhere.
pub fn in_repository(file: &Path, working_folder: &Path) -> Option<String> {
    let file = working_folder.join(file);
    let root = file.ancestors().skip(1).find(|folder| folder.join(".git").exists()).unwrap_or(working_folder);
    let names = file.strip_prefix(root).ok()?.components().map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.collect::<Option<Vec<_>>>().map(|names| names.join("/"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_search_ends_at_the_repository() {
        let temporary = tempfile::tempdir().unwrap();
        let top = temporary.path();
        fs::create_dir_all(top.join("repository/.git")).unwrap();
        fs::create_dir_all(top.join("repository/deep/deeper")).unwrap();
        fs::create_dir_all(top.join("outside/deep")).unwrap();
        let touch = |path: &str| fs::write(top.join(path), "").unwrap();
        let found = |from: &str| nearest(&top.join(from), CONFIG).map(|it| it.strip_prefix(top).unwrap().to_owned());
        touch(CONFIG);
        touch("outside/aurora-audit.toml");
        assert_eq!(found("repository/deep"), None, "above the repository");
        touch("repository/aurora-audit.toml");
        assert_eq!(found("repository/deep/deeper"), Some("repository/aurora-audit.toml".into()));
        touch("repository/deep/aurora-audit.toml");
        assert_eq!(found("repository/deep/deeper"), Some("repository/deep/aurora-audit.toml".into()));
        assert_eq!(found("outside/deep"), None, "no repository");
        assert_eq!(found("outside"), Some("outside/aurora-audit.toml".into()));
        let named = |file: &str, from: &str| in_repository(Path::new(file), &top.join(from));
        let deep = top.join("repository/deep/aurora-audit.toml").display().to_string();
        for (file, from, path) in [
            (&*deep, "repository/deep/deeper", Some("deep/aurora-audit.toml")),
            ("aurora-audit.toml", "repository/deep", Some("deep/aurora-audit.toml")),
            ("aurora-audit.toml", "outside", Some("aurora-audit.toml")),
            ("../x.toml", "outside", None),
            (&*deep, "outside", Some("deep/aurora-audit.toml")),
            ("/elsewhere/x.toml", "outside", None),
        ] {
            assert_eq!(named(file, from).as_deref(), path, "{file} {from}");
        }
    }
}
