//! `generate`: files made out of the program's own declarations.

use super::args::{GenerateArgs, GenerateCommand, SchemaName};
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use crate::check::ASSESSMENT_SCHEMA;
use crate::facts::TARGETS;
use crate::rules::{facts_schema, rule_schema};

/// Runs the command.
pub fn run(args: &GenerateArgs) -> Result<Exit, CliError> {
    let GenerateCommand::Schema(args) = &args.command;
    let schema = match args.name {
        SchemaName::Facts => facts_schema(TARGETS),
        SchemaName::Rule => rule_schema(TARGETS),
        SchemaName::Assessment => return say(ASSESSMENT_SCHEMA),
    };
    say(&format!("{schema:#}\n"))
}
