//! `config` and `init`: what holds and why, and a file to begin with. And how a file becomes the defaults of flags, so that a flag
//! goes before its variable, and that before the file, by the one rule that the parser of arguments has.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::args::{ConfigCommand, InitArgs};
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use crate::config::{CONFIG, ConfigFile, Given, SETTINGS, Setting, nearest, parse_config, template, variable};
use crate::snapshot::{read_text, write_atomically};

/// The command line with a variable for every flag. A variable that is empty is as if it were not set.
pub fn with_environment(command: Command) -> Command {
    command.mut_args(with_variable).mut_subcommands(with_environment)
}

fn with_variable(arg: Arg) -> Arg {
    let Some(flag) = arg.get_long().map(str::to_owned) else { return arg };
    let arg = match arg.get_action() {
        ArgAction::SetTrue => arg.value_parser(clap::builder::BoolishValueParser::new()),
        _ => arg,
    };
    let name = arg.get_env().map_or_else(|| variable(&flag), |name| name.to_string_lossy().into_owned());
    if std::env::var_os(&name).is_some_and(|value| value.is_empty()) {
        return arg.env(None);
    }
    // The command line lives as long as the process.
    arg.env(&*name.leak())
}

/// The configuration file that the arguments name, or the nearest one; none when there is none, or `--no-config`.
pub fn load(matches: &ArgMatches) -> Result<Option<ConfigFile>, CliError> {
    if matches.get_flag("no_config") {
        return Ok(None);
    }
    let named = matches.get_one::<PathBuf>("config").cloned();
    let profile = matches.get_one::<String>("config_profile");
    let path = match named.or_else(|| nearest(&working_folder(), CONFIG)) {
        Some(path) => path,
        None if profile.is_some() => return Err(CliError::NoConfigForProfile),
        None => return Ok(None),
    };
    let text = read_text(&path)?;
    Ok(Some(parse_config(&path, &text, profile.map(String::as_str))?))
}

/// The folder that the program runs in, or where that is gone, one that holds nothing.
pub fn working_folder() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// The command line with the settings of a file as its defaults. `typed` is what was given otherwise: a setting that contradicts
/// it gives way.
pub fn with_defaults(command: Command, file: &ConfigFile, typed: &ArgMatches) -> Command {
    file.given.iter().filter(|given| !gives_way(given.setting, typed)).fold(command, with_default)
}

fn gives_way(setting: &Setting, typed: &ArgMatches) -> bool {
    setting.gives_way_to.iter().any(|other| is_typed(other, typed))
}

fn is_typed(arg: &str, matches: &ArgMatches) -> bool {
    let here = matches.try_contains_id(arg).is_ok_and(|there| there)
        && matches!(matches.value_source(arg), Some(ValueSource::CommandLine | ValueSource::EnvVariable));
    here || matches.subcommand().is_some_and(|(_, matches)| is_typed(arg, matches))
}

/// Commands whose flags mean something of their own: to probe a server is to do nothing else to it, least of all to log in.
const APART: [&str; 1] = ["probe"];

fn with_default(command: Command, given: &Given) -> Command {
    let has = command.get_arguments().any(|arg| arg.get_id() == given.setting.arg);
    let command = if has {
        command.mut_arg(given.setting.arg, |arg| {
            // As above: it lives as long as the process.
            arg.default_values(given.values.iter().map(|value| &*value.clone().leak()))
        })
    } else {
        command
    };
    command.mut_subcommands(
        |command| if APART.contains(&command.get_name()) { command } else { with_default(command, given) },
    )
}

/// Runs `init`.
pub fn init(args: &InitArgs) -> Result<Exit, CliError> {
    let path = args.folder.join(CONFIG);
    if path.exists() && !args.force {
        return Err(CliError::ConfigExists { path });
    }
    write_atomically(&path, template().as_bytes())?;
    share(&path)?;
    say(&format!(
        "{} is written. `aurora-audit config show --origin` tells what holds; `aurora-audit scan` uses it.\n",
        path.display()
    ))
}

/// It holds no secret and is to be read by whoever works in the repository.
#[cfg(unix)]
fn share(path: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |source| crate::snapshot::FileError::Write { path: path.to_owned(), source };
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).map_err(failed)?)
}

#[cfg(not(unix))]
fn share(_: &Path) -> Result<(), CliError> {
    Ok(())
}

/// Runs `config`. `command` is the command line with all its defaults.
pub fn run(args: &ConfigCommand, command: &Command, file: Option<&ConfigFile>) -> Result<Exit, CliError> {
    let ConfigCommand::Show(args) = args;
    let resolved = resolved(command)?;
    let mut text = match file {
        Some(file) => format!("# {}\n", file.path.display()),
        None => format!("# no {CONFIG} from here up to the root of the repository\n"),
    };
    let mut section = "";
    for setting in &SETTINGS {
        let Some((values, source)) = value(&resolved, setting) else { continue };
        let origin = origin(setting, source, file);
        if setting.section != section {
            section = setting.section;
            // A string takes all that is written to it.
            let _ = writeln!(text, "\n[{section}]");
        }
        let shown = shown(setting, &values);
        let unset = if values.is_empty() { "# " } else { "" };
        let line = format!("{unset}{} = {shown}", setting.key);
        let line = if args.origin { format!("{line}  # {origin}") } else { line };
        text.push_str(&line);
        text.push('\n');
    }
    if let Some(file) = file {
        text.push_str(&rules(file));
    }
    say(&text)
}

/// What `scan` and `check` would be told by the environment, the file and the defaults.
fn resolved(command: &Command) -> Result<Vec<ArgMatches>, CliError> {
    let names = command.get_subcommands().map(Command::get_name);
    let known: Vec<&str> = names.filter(|name| ["scan", "check"].contains(name)).collect();
    let parse = |name: &&str| {
        let words: &[&str] = if *name == "scan" { &["aurora-audit", "scan"] } else { &["aurora-audit", name, "-"] };
        command.clone().try_get_matches_from(words).map_err(CliError::Settled)
    };
    known.iter().map(parse).collect()
}

/// Values as they would be typed, and where they come from; nothing when this build has no such flag.
fn value(resolved: &[ArgMatches], setting: &Setting) -> Option<(Vec<String>, Option<ValueSource>)> {
    let of_command = |matches: &ArgMatches| {
        let (_, matches) = matches.subcommand()?;
        let raw = matches.try_get_raw(setting.arg).ok()?;
        let values = raw.map(|raw| raw.map(|value| value.to_string_lossy().into_owned()).collect());
        Some((values.unwrap_or_default(), matches.value_source(setting.arg)))
    };
    resolved.iter().find_map(of_command)
}

fn origin(setting: &Setting, source: Option<ValueSource>, file: Option<&ConfigFile>) -> String {
    let in_file = file.and_then(|file| Some((file, file.get(setting.section, setting.key)?)));
    match (source, in_file) {
        (Some(ValueSource::EnvVariable), _) => format!("environment, {}", setting.variable()),
        (Some(ValueSource::DefaultValue), Some((file, given))) => format!("{}:{}", file.path.display(), given.line),
        (Some(_), _) => "default".to_owned(),
        (None, _) => format!("not set; --{} or {}", setting.flag, setting.variable()),
    }
}

fn shown(setting: &Setting, values: &[String]) -> String {
    use crate::config::Kind;
    let quote = |value: &String| serde_json::Value::from(value.as_str()).to_string();
    match (setting.kind, values) {
        (_, []) => setting.example.to_owned(),
        (Kind::Bool | Kind::Number(..), [value, ..]) => value.clone(),
        (Kind::Texts | Kind::Paths | Kind::Outputs, values) => {
            format!("[{}]", values.iter().map(quote).collect::<Vec<_>>().join(", "))
        }
        (_, [value, ..]) => quote(value),
    }
}

fn rules(file: &ConfigFile) -> String {
    let mut text = String::new();
    if !file.parameters.is_empty() {
        text.push_str("\n[parameters]\n");
    }
    for (name, value) in &file.parameters {
        let _ = writeln!(text, "{name} = {value}");
    }
    for (rule, change) in &file.adjustments {
        // A string takes all that is written to it.
        let _ = writeln!(text, "\n[rule.{rule}]");
        if let Some(enabled) = change.enabled {
            let _ = writeln!(text, "enabled = {enabled}");
        }
        if let Some(severity) = change.severity {
            let _ = writeln!(text, "severity = \"{}\"", severity.as_str());
        }
        for (name, value) in &change.params {
            let _ = writeln!(text, "params.{name} = {value}");
        }
    }
    text
}
