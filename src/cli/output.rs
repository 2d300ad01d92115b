//! Where reports and complaints go.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;

use super::error::CliError;
use super::exit::Exit;
use crate::check::Assessment;
use crate::config::{Output, Target};
use crate::model::Untrusted;
use crate::report::{Format, Options, ReportError, SarifProfile, render};
use crate::snapshot::{FileError, Staged};

/// Writes the reports that were asked for, and the text report to standard output unless another one goes there. All are made
/// before the first takes its place, so that an error in one leaves no half set behind.
pub fn write_reports(assessment: &Assessment, outputs: &[Output], sarif_profile: SarifProfile) -> Result<(), CliError> {
    let terminal = options(sarif_profile);
    let plain = Options { color: false, ..terminal.clone() };
    let mut staged = Vec::new();
    let mut to_terminal = Vec::new();
    for output in outputs {
        match &output.target {
            Target::File(path) => staged.push(stage(assessment, output.format, &plain, path)?),
            Target::Stdout => render(assessment, output.format, &terminal, &mut to_terminal)?,
        }
    }
    if !outputs.iter().any(|output| output.target == Target::Stdout) {
        render(assessment, Format::Text, &terminal, &mut to_terminal)?;
    }
    for file in staged {
        file.publish()?;
    }
    to_stdout(&to_terminal)
}

fn stage(assessment: &Assessment, format: Format, options: &Options, path: &Path) -> Result<Staged, CliError> {
    let mut file = Staged::create(path)?;
    match render(assessment, format, options, &mut file) {
        Err(ReportError::Write(source)) => Err(FileError::Write { path: path.to_owned(), source }.into()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(file),
    }
}

fn options(sarif_profile: SarifProfile) -> Options {
    let stdout = io::stdout();
    let color = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Options { color, width: width(), sarif_profile }
}

/// Columns of the terminal.
pub fn width() -> usize {
    const WIDTH_OF_A_PIPE: usize = 100;
    terminal_size::terminal_size().map_or(WIDTH_OF_A_PIPE, |(width, _)| usize::from(width.0))
}

/// Writes text to standard output. Rule files may try to steer the terminal; line breaks are ours.
pub fn say(text: &str) -> Result<Exit, CliError> {
    to_stdout(visible(text).as_bytes())?;
    Ok(Exit::Clean)
}

/// A reader that has seen enough closes the pipe; that is no error.
pub fn to_stdout(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(bytes).and_then(|()| stdout.flush())).map(drop)
}

/// What became of a write to stdout: to go on, or that nobody reads any more.
pub fn written(result: io::Result<()>) -> Result<ControlFlow<()>, CliError> {
    match result {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(CliError::Stdout(error)),
    }
}

/// Says on stderr what went wrong, causes included.
pub fn complain(error: &dyn Error) {
    let message = error.to_string();
    // Rule errors come as a list, each with its own head.
    let mut text = if message.starts_with("error: ") { message } else { format!("error: {message}") };
    let mut source = error.source();
    while let Some(cause) = source {
        text = with_cause(&text, &cause.to_string());
        source = cause.source();
    }
    // When stderr is gone there is nobody left to tell.
    drop(writeln!(io::stderr(), "{}", visible(&text)));
}

/// Causes go before the first `help:` line, which closes the message.
fn with_cause(text: &str, cause: &str) -> String {
    if text.contains(cause) {
        return text.to_owned();
    }
    match text.split_once("\nhelp:") {
        Some((what, help)) => format!("{what}: {cause}\nhelp:{help}"),
        None => format!("{text}: {cause}"),
    }
}

/// Errors quote files, which may try to steer the terminal; their line breaks are ours.
fn visible(text: &str) -> String {
    text.split('\n').map(|line| Untrusted::from(line).to_string()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stand_before_the_help() {
        for (text, cause, expected) in [
            ("read `x`", "no such file", "read `x`: no such file"),
            ("read `x`\nhelp: look", "no such file", "read `x`: no such file\nhelp: look"),
            ("read `x`: no such file", "no such file", "read `x`: no such file"),
        ] {
            assert_eq!(with_cause(text, cause), expected);
        }
    }

    #[test]
    fn errors_cannot_steer_the_terminal() {
        assert_eq!(visible("a\u{1b}[31m\nb\u{202e}"), "a\\u{1B}[31m\nb\\u{202E}");
    }
}
