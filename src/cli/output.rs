//! Where reports and complaints go.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;

use jiff::Timestamp;

use super::args::WriteArgs;
use super::error::CliError;
use super::exit::Exit;
use crate::check::Assessment;
use crate::config::{Output, Target};
use crate::model::Untrusted;
use crate::report::{
    Anchors, Format, Options, ReportError, check_templates, pages, render, render_account, render_index, template_names,
};
use crate::snapshot::{FileError, Staged, read_text};

/// Writes the reports that were asked for, and the text report to standard output unless another one goes there. All are made
/// before the first takes its place, so that an error in one leaves no half set behind.
pub fn write_reports(
    assessment: &Assessment,
    outputs: &[Output],
    writing: &WriteArgs,
    configured: &Anchors,
    made: Option<Timestamp>,
) -> Result<(), CliError> {
    let anchors = Anchors { given: writing.sarif_locations.clone(), ..configured.clone() };
    let plain = Options { anchors, made, ..options(writing)? };
    let terminal = on_terminal(&plain, outputs);
    let (mut staged, mut said) = (Vec::new(), Vec::new());
    for output in outputs {
        match &output.target {
            Target::File(path) => staged.extend(stage(assessment, output.format, &plain, path)?),
            Target::Stdout => render(assessment, output.format, &terminal, &mut said)?,
        }
    }
    if !outputs.iter().any(|output| output.target == Target::Stdout) {
        render(assessment, Format::Text, &terminal, &mut said)?;
    }
    for file in staged {
        file.publish()?;
    }
    to_stdout(&said)
}

/// The files of one report: one, or an index with a page an account beside it.
fn stage(assessment: &Assessment, format: Format, options: &Options, path: &Path) -> Result<Vec<Staged>, CliError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let pages = pages(assessment, format, &name);
    if pages.is_empty() {
        return Ok(vec![staged(path, |out| render(assessment, format, options, out))?]);
    }
    let mut files = vec![staged(path, |out| render_index(assessment, &pages, options, out))?];
    for (account, file) in &pages {
        let beside = path.with_file_name(file);
        files.push(staged(&beside, |out| render_account(assessment, account, options, out))?);
    }
    Ok(files)
}

fn staged(path: &Path, render: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>) -> Result<Staged, CliError> {
    let mut file = Staged::create(path)?;
    match render(&mut file) {
        Err(ReportError::Write(source)) => Err(FileError::Write { path: path.to_owned(), source }.into()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(file),
    }
}

/// What was asked for the looks.
pub fn options(writing: &WriteArgs) -> Result<Options, CliError> {
    let options = Options {
        sarif_profile: writing.sarif_profile,
        detail: writing.html_detail,
        templates: writing.html_templates.as_deref().map(templates).transpose()?.unwrap_or_default(),
        signature: writing.signature.clone(),
        ..Options::default()
    };
    if !options.templates.is_empty() {
        check_templates(&options)?;
    }
    Ok(options)
}

/// The templates in a folder, each by its name there. One of another name would do nothing, and nobody would notice.
fn templates(folder: &Path) -> Result<BTreeMap<String, String>, CliError> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let failed = |source| CliError::Templates { path: next.clone(), source };
        for entry in fs::read_dir(&next).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if !template_names().any(|known| known == name) {
                return Err(CliError::NoSuchTemplate { name, known: template_names().collect::<Vec<_>>().join(", ") });
            }
            found.insert(name, read_text(&path)?);
        }
    }
    Ok(found)
}

/// The same for a reader at a terminal.
fn on_terminal(options: &Options, outputs: &[Output]) -> Options {
    let terminal = io::stdout().is_terminal();
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let written = outputs.iter().filter_map(|output| match &output.target {
        Target::File(path) => Some(format!("{}={}", output.format, path.display())),
        Target::Stdout => None,
    });
    Options {
        color: terminal && !set("NO_COLOR"),
        links: terminal && std::env::var_os("TERM").is_some_and(|term| term != "dumb"),
        width: width(),
        written: written.collect(),
        ..options.clone()
    }
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
