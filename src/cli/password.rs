//! Where the password of `--login` comes from. Never from the command line, where every user of the machine could read it.

use std::io::{IsTerminal, stderr, stdin};
use std::path::Path;

use super::error::CliError;
use crate::model::{Secret, Untrusted};
use crate::snapshot::read_text;

/// Holds the password, which may be empty.
const VARIABLE: &str = "AURORA_AUDIT_DB_PASSWORD";

/// The password of a user: the first line of `file`, else the variable, else what is typed at the prompt.
pub fn read(user: &str, file: Option<&Path>) -> Result<Secret, CliError> {
    if let Some(path) = file {
        return first_line(path);
    }
    match std::env::var(VARIABLE) {
        Ok(password) => Ok(Secret::new(password)),
        // Only where somebody sits there: a job in the background would wait for ever.
        Err(_) if stdin().is_terminal() && stderr().is_terminal() => {
            let prompt = format!("password of {}: ", Untrusted::from(user));
            Ok(Secret::new(rpassword::prompt_password(prompt).map_err(CliError::Prompt)?))
        }
        Err(_) => Err(CliError::NoPassword),
    }
}

/// The first line of a file, which may be empty.
pub fn first_line(path: &Path) -> Result<Secret, CliError> {
    let text = Secret::new(read_text(path)?);
    Ok(Secret::new(text.expose().lines().next().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_file_is_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        for (content, expected) in
            [("hunter2\nnotes", "hunter2"), ("hunter2\r\n", "hunter2"), ("", ""), (" a \n", " a ")]
        {
            std::fs::write(&file, content).unwrap();
            assert_eq!(read("auditor", Some(&file)).unwrap().expose(), expected);
        }
        assert!(read("auditor", Some(&folder.path().join("missing"))).is_err());
    }
}
