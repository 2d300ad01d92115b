//! The configuration file, and files made out of the program's own declarations.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Which configuration file is read.
#[derive(Debug, Args)]
pub struct ConfigFileArgs {
    /// Configuration file; default the nearest aurora-audit.toml from here up to the root of the repository
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, conflicts_with = "config")]
    pub no_config: bool,
    /// Let the table [profile.NAME] of the configuration file go before the rest of it
    #[arg(long, value_name = "NAME", global = true, conflicts_with = "no_config")]
    pub config_profile: Option<String>,
}

/// `init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to write aurora-audit.toml to
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

/// `config`
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// The commands of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show what `scan` would be told by the environment, the configuration file and the defaults
    Show(ShowArgs),
}

/// `config show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Say where each value comes from
    #[arg(long)]
    pub origin: bool,
}

/// `generate`
#[derive(Debug, Args)]
pub struct GenerateArgs {
    #[command(subcommand)]
    pub command: GenerateCommand,
}

/// The commands of `generate`.
#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// A JSON Schema, on standard output
    Schema(SchemaArgs),
    /// Completions for a shell, on standard output
    Completions(CompletionsArgs),
    /// Man pages: that of the program on standard output, or one for each command in a folder
    Man(ManArgs),
}

/// `generate schema`
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of what
    #[arg(default_value = "facts")]
    pub name: SchemaName,
}

/// The schemas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// The facts that rules see
    Facts,
    /// Rule files, for editors
    Rule,
    /// Assessments, for whatever reads `-o json`
    Assessment,
    /// aurora-audit.toml, for editors
    Config,
    /// aurora-waivers.yaml, for editors
    Waivers,
}

/// `generate completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `generate man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder to write a page for each command to
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
