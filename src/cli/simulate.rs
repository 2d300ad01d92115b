//! `simulate`: cases for the IAM evaluator → decisions, a line each.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use super::args::SimulateArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::{complain, written};
use crate::facts::iam::simulate::{Answer, CaseError, answer};

/// Bytes a line may have; a case with every policy that AWS can hold is far below.
const MAX_LINE: u64 = 64 << 20;

/// Why a line was skipped.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("it is longer than {} MiB", MAX_LINE >> 20)]
    TooLong,
    #[error("it is not UTF-8")]
    NotUtf8,
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// What is said on stderr about a line.
#[derive(Debug, thiserror::Error)]
enum Note {
    #[error("{file}:{number}: the line is skipped")]
    Skipped { file: String, number: usize, source: LineError },
    #[error(
        "{file}:{number}: case {id} stays open, because a statement cannot be read: {statement}\nhelp: mend the statement"
    )]
    Open { file: String, number: usize, id: String, statement: String },
    #[error("{file}:{number}: case {id} expects {expected}, and the decision is {found}")]
    Differs { file: String, number: usize, id: String, expected: String, found: &'static str },
}

/// Runs the command.
pub fn run(args: &SimulateArgs) -> Result<Exit, CliError> {
    let name = args.cases.display().to_string();
    let unreadable = |source| CliError::Cases { path: args.cases.clone(), source };
    let input = open(&args.cases).map_err(unreadable)?;
    let mut run = Run { args, name, broken: false, differs: false };
    let mut lines = Lines { input, number: 0 };
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    while let Some(line) = lines.next().map_err(unreadable)? {
        if let Some(answer) = run.line(lines.number, line) {
            let json = serde_json::to_string(&answer).map_err(|error| CliError::Stdout(error.into()))?;
            if written(writeln!(stdout, "{json}"))? == ControlFlow::Break(()) {
                break;
            }
        }
    }
    let _reader_left = written(stdout.flush())?;
    Ok(run.exit())
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(path)?)))
}

/// What happened so far.
struct Run<'a> {
    args: &'a SimulateArgs,
    name: String,
    broken: bool,
    differs: bool,
}

impl Run<'_> {
    /// The answer to a line; what is wrong with it is said on stderr.
    fn line(&mut self, number: usize, line: Result<String, LineError>) -> Option<Answer> {
        let answered = match line {
            Ok(text) if text.trim().is_empty() => return None,
            Ok(text) => answer(&text, self.args.explain).map_err(LineError::from),
            Err(error) => Err(error),
        };
        match answered {
            Ok(answer) => {
                self.notes(number, &answer);
                Some(answer)
            }
            Err(source) => {
                self.broken = true;
                complain(&Note::Skipped { file: self.name.clone(), number, source });
                None
            }
        }
    }

    fn notes(&mut self, number: usize, answer: &Answer) {
        let (file, id) = (|| self.name.clone(), || answer.id.to_string());
        for statement in &answer.unread {
            complain(&Note::Open { file: file(), number, id: id(), statement: statement.clone() });
        }
        if let (true, Some(expected)) = (self.args.expect, &answer.differs) {
            let (expected, found) = (expected.clone(), answer.decision);
            complain(&Note::Differs { file: file(), number, id: id(), expected, found });
            self.differs = true;
        }
        self.broken |= !answer.unread.is_empty();
    }

    const fn exit(&self) -> Exit {
        match (self.broken, self.differs) {
            (true, _) => Exit::Usage,
            (false, true) => Exit::GateFailed,
            (false, false) => Exit::Clean,
        }
    }
}

/// Lines of a file, each bounded in length.
struct Lines {
    input: Box<dyn BufRead>,
    number: usize,
}

impl Lines {
    fn next(&mut self) -> io::Result<Option<Result<String, LineError>>> {
        let mut bytes = Vec::new();
        if self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes.last() != Some(&b'\n') && self.skip_rest()? {
            return Ok(Some(Err(LineError::TooLong)));
        }
        Ok(Some(String::from_utf8(bytes).map_err(|_| LineError::NotUtf8)))
    }

    /// Passes over what is left of the line, and says whether there was anything.
    fn skip_rest(&mut self) -> io::Result<bool> {
        let mut any = false;
        loop {
            let mut bytes = Vec::new();
            let read = self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)?;
            any |= read > 0;
            if read == 0 || bytes.last() == Some(&b'\n') {
                return Ok(any);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_line_by_line_and_names_what_is_no_text() {
        let mut lines = Lines { input: Box::new(io::Cursor::new(b"a\n\xff\nlast".to_vec())), number: 0 };
        let mut next = || lines.next().unwrap().map(|line| line.map_err(|error| error.to_string()));
        assert_eq!(next(), Some(Ok("a\n".into())));
        assert_eq!(next(), Some(Err("it is not UTF-8".into())));
        assert_eq!(next(), Some(Ok("last".into())));
        assert_eq!(next(), None);
    }
}
