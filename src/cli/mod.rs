//! Floor 7: arguments, commands, exit codes, progress and logs. Nothing below knows that there is a terminal.

mod args;
mod certificate;
mod check;
#[cfg(feature = "collect")]
mod collect;
mod error;
mod exit;
mod explain;
mod generate;
mod logging;
mod output;
#[cfg(feature = "collect")]
mod password;
mod paths;
mod permissions;
mod privileges;
#[cfg(feature = "collect")]
mod probe;
mod report;
mod rules;
mod simulate;
mod who_can;

use clap::Parser;

use self::args::{Args, Command};
pub use self::exit::Exit;

/// Runs the command line of this process.
pub fn run() -> Exit {
    let args = Args::parse();
    logging::start(args.verbose, args.quiet);
    let result = match args.command {
        Command::Check(args) => check::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Permissions(args) => permissions::run(&args),
        Command::Paths(args) => paths::run(&args),
        Command::Certificate(args) => certificate::run(&args),
        #[cfg(feature = "collect")]
        Command::Probe(args) => probe::run(args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::WhoCan(args) => who_can::run(&args),
        Command::Privileges(args) => privileges::run(&args),
        #[cfg(feature = "collect")]
        Command::Collect(args) => collect::run(&args),
        #[cfg(feature = "collect")]
        Command::Scan(args) => collect::scan(&args),
    };
    result.unwrap_or_else(|error| {
        output::complain(&error);
        error.exit()
    })
}
