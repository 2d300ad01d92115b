//! Lists the rule files for embedding, so that adding a rule is adding a file.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut list = String::from("static FILES: &[(&str, &str)] = &[\n");
    println!("cargo::rerun-if-changed=rules");
    for folder in entries(&root.join("rules"))?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for file in entries(&folder)?.into_iter().filter(|path| path.extension().is_some_and(|it| it == "yaml")) {
            let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
            writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string())
                .map_err(io::Error::other)?;
        }
    }
    list.push_str("];\n");
    std::fs::write(out.join("embedded_rules.rs"), list)
}

/// What a folder holds, sorted by name; nothing when there is no such folder.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
