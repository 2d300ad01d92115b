//! `rules new`: a rule to begin with, which loads and passes its tests.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};

use super::super::args::NewArgs;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::say;
use crate::rules::area_of;
use crate::snapshot::FileError;

/// What a new rule holds; `ID` stands for its id.
const SKELETON: &str = include_str!("skeleton.yaml");

/// Runs the command.
pub fn run(args: &NewArgs) -> Result<Exit, CliError> {
    let Some(area) = area_of(&args.id) else { return Err(CliError::NoSuchArea { id: args.id.clone() }) };
    let folder = args.folder.join(area);
    let path = folder.join(format!("{}.yaml", args.id));
    let failed = |source| CliError::File(FileError::Write { path: path.clone(), source });
    fs::create_dir_all(&folder).map_err(failed)?;
    let text = SKELETON.replace("ID", &args.id);
    let created = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = created.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CliError::RuleExists { path: path.clone() },
        _ => failed(error),
    })?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let (path, folder) = (path.display(), args.folder.display());
    say(&format!("{path}: change it, then run `aurora-audit rules test --rules {folder} {}`\n", args.id))
}
