//! `generate`: files made out of the program's own declarations.

use std::path::Path;

use clap::Command;

use super::args::{CompletionsArgs, GenerateArgs, GenerateCommand, ManArgs, SchemaName};
use super::error::CliError;
use super::exit::Exit;
use super::output::{say, to_stdout};
use crate::check::ASSESSMENT_SCHEMA;
use crate::config::{config_schema, waivers_schema};
use crate::facts::TARGETS;
use crate::rules::{facts_schema, rule_schema};
use crate::snapshot::FileError;

const NAME: &str = "aurora-audit";

/// Runs the command. `command` is the command line that pages and completions tell of.
pub fn run(args: &GenerateArgs, command: Command) -> Result<Exit, CliError> {
    match &args.command {
        GenerateCommand::Schema(args) => schema(args.name),
        GenerateCommand::Completions(args) => completions(args, command),
        GenerateCommand::Man(args) => man(args, command),
    }
}

fn schema(name: SchemaName) -> Result<Exit, CliError> {
    let schema = match name {
        SchemaName::Facts => facts_schema(TARGETS),
        SchemaName::Rule => rule_schema(TARGETS),
        SchemaName::Assessment => return say(ASSESSMENT_SCHEMA),
        SchemaName::Config => config_schema(),
        SchemaName::Waivers => waivers_schema(),
    };
    say(&format!("{schema:#}\n"))
}

fn completions(args: &CompletionsArgs, mut command: Command) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, NAME, &mut script);
    to_stdout(&script)?;
    Ok(Exit::Clean)
}

fn man(args: &ManArgs, mut command: Command) -> Result<Exit, CliError> {
    command.build();
    match &args.folder {
        None => to_stdout(&page(command)?)?,
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|source| written(folder, source))?;
            pages(command, NAME, folder)?;
        }
    }
    Ok(Exit::Clean)
}

fn page(command: Command) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(CliError::Stdout)?;
    Ok(page)
}

/// A page for the command and for each of its own, as in `aurora-audit-waiver-add.1`.
fn pages(command: Command, name: &str, folder: &Path) -> Result<(), CliError> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        pages(below.clone(), &format!("{name}-{}", below.get_name()), folder)?;
    }
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, page(command)?).map_err(|source| written(&path, source))
}

fn written(path: &Path, source: std::io::Error) -> CliError {
    FileError::Write { path: path.to_owned(), source }.into()
}
