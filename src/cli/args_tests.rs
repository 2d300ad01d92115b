//! The command line as a whole.

use clap::CommandFactory;

use super::*;

impl PermissionsArgs {
    /// What these words say.
    pub fn parsed(words: &[&str]) -> Self {
        let line = ["aurora-audit", "permissions"].into_iter().chain(words.iter().copied());
        match Args::parse_from(line).command {
            Command::Permissions(args) => args,
            other => panic!("{other:?}"),
        }
    }
}

fn every(command: &clap::Command, visit: &mut impl FnMut(&clap::Command, &clap::Arg)) {
    command.get_arguments().for_each(|arg| visit(command, arg));
    command.get_subcommands().for_each(|command| every(command, visit));
}

#[test]
fn the_command_line_is_well_formed() {
    let command = crate::cli::config::with_environment(Args::command());
    command.clone().debug_assert();
    let mut flags = 0;
    every(&command, &mut |command, arg| {
        if let Some(flag) = arg.get_long() {
            flags += 1;
            let name = arg.get_env().map(|name| name.to_string_lossy().into_owned());
            let expected = match (command.get_name(), flag) {
                ("collect", "output") => "AURORA_AUDIT_SNAPSHOT".to_owned(),
                _ => crate::config::variable(flag),
            };
            assert_eq!(name, Some(expected), "{} --{flag}", command.get_name());
        }
    });
    assert!(flags > 40, "{flags}");
}

/// Each setting of a file is the default of a flag that is there under its name.
#[test]
fn every_setting_is_a_flag() {
    for setting in &crate::config::SETTINGS {
        let mut found = Vec::new();
        every(&Args::command(), &mut |_, arg| {
            if arg.get_id() == setting.arg {
                found.push(arg.get_long().unwrap_or_default().to_owned());
            }
        });
        let without_aws = ["iam", "secret", "data_api"].contains(&setting.arg) && cfg!(not(feature = "aws"));
        let without_collect = ["targets", "snapshot"].contains(&setting.section) && cfg!(not(feature = "collect"));
        assert!(without_aws || without_collect || !found.is_empty(), "{}", setting.path());
        assert!(found.iter().all(|flag| flag == setting.flag), "{}: {found:?}", setting.path());
    }
}
