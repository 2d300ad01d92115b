//! Floor 7: arguments, commands, exit codes, progress and logs. Nothing below knows that there is a terminal.

mod args;
mod aws_cli;
mod certificate;
mod check;
mod chosen;
#[cfg(feature = "collect")]
mod collect;
mod config;
mod diff;
mod error;
mod exit;
mod explain;
mod generate;
mod logging;
#[cfg(feature = "collect")]
mod logins;
mod output;
#[cfg(feature = "collect")]
mod password;
mod paths;
mod permissions;
#[cfg(feature = "aws")]
mod plan;
mod policy;
mod privileges;
#[cfg(feature = "collect")]
mod probe;
mod report;
#[cfg(feature = "collect")]
mod retention;
mod rules;
mod simulate;
mod summary;
mod waiver;
mod who_can;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use self::args::{Args, Command};
use self::error::CliError;
pub use self::exit::Exit;
use crate::config::ConfigFile;

/// Runs the command line of this process.
pub fn run() -> Exit {
    let result = arguments().and_then(|line| {
        logging::start(line.args.verbose, line.args.quiet);
        dispatch(line)
    });
    result.unwrap_or_else(|error| {
        output::complain(&error);
        error.exit()
    })
}

/// What was typed, and what else has a say.
struct CommandLine {
    args: Args,
    /// The command line with its variables and defaults.
    command: clap::Command,
    file: Option<ConfigFile>,
}

/// Reads the arguments twice: once for the configuration file that they name, and then with the defaults that the file gives them.
/// What is wrong with them, and the answer to `--help`, is said the second time.
fn arguments() -> Result<CommandLine, CliError> {
    let words: Vec<_> = std::env::args_os().collect();
    let command = config::with_environment(Args::command());
    let typed = command.clone().ignore_errors(true).try_get_matches_from(&words).ok();
    let file = match typed.as_ref().filter(|typed| reads_config(typed)) {
        Some(typed) => config::load(typed)?,
        None => None,
    };
    let command = match (&file, &typed) {
        (Some(file), Some(typed)) => config::with_defaults(command, file, typed),
        _ => command,
    };
    let matches = command.clone().try_get_matches_from(words).unwrap_or_else(|error| error.exit());
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    Ok(CommandLine { args, command, file })
}

/// Whether the command has anything to do with settings; a file that is wrong does not keep anyone from the others.
fn reads_config(typed: &ArgMatches) -> bool {
    typed.subcommand_name().is_some_and(|name| !["init", "generate", "simulate"].contains(&name))
}

fn dispatch(CommandLine { args, command, file }: CommandLine) -> Result<Exit, CliError> {
    let file = file.as_ref();
    match args.command {
        Command::Check(args) => check::run(&args, file),
        Command::Diff(args) => diff::run(&args, file),
        Command::Waiver(args) => waiver::run(&args),
        Command::Init(args) => config::init(&args),
        Command::Config(args) => config::run(&args.command, &command, file),
        Command::Report(args) => report::run(&args, file),
        Command::Permissions(args) => permissions::run(&args),
        Command::Paths(args) => paths::run(&args),
        Command::Certificate(args) => certificate::run(&args),
        #[cfg(feature = "collect")]
        Command::Probe(args) => probe::run(args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Generate(args) => generate::run(&args, command),
        Command::WhoCan(args) => who_can::run(&args),
        Command::Privileges(args) => privileges::run(&args),
        #[cfg(feature = "collect")]
        Command::Collect(args) => collect::run(&args, file),
        #[cfg(feature = "collect")]
        Command::Scan(args) => collect::scan(&args, file),
    }
}
