//! Which rules run.

use clap::Args;

/// Which of the rules run.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// Which rules run: default (those that an account with the printed permissions can answer), strict (all, with narrower
    /// bounds), all, or the name of a framework; `rules profiles` lists them
    #[arg(long, value_name = "PROFILE", default_value = "default")]
    pub profile_rules: String,
}
