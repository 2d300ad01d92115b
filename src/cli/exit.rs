//! What a run says to the shell; the same for every format.

use std::process::{ExitCode, Termination};

use crate::check::GateResult;

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Clean at the gate.
    Clean = 0,
    /// The gate failed: a finding at or above `--fail-on`.
    GateFailed = 1,
    /// A mistake in arguments, configuration, a rule or a file that was given.
    Usage = 2,
    /// No gate failure, but something that was asked for could not be read.
    Incomplete = 3,
    /// No target was assessed.
    NothingAssessed = 4,
    /// The program broke.
    Internal = 70,
}

impl Exit {
    /// The gate's answer as an exit code. `exit_zero` is for first tries and upload steps: it hides failures and gaps, but not
    /// that nothing was assessed.
    pub const fn of_gate(result: GateResult, exit_zero: bool) -> Self {
        match result {
            GateResult::Failed | GateResult::Incomplete if exit_zero => Self::Clean,
            GateResult::Clean => Self::Clean,
            GateResult::Failed => Self::GateFailed,
            GateResult::Incomplete => Self::Incomplete,
            GateResult::NothingAssessed => Self::NothingAssessed,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
