//! `aurora-audit.toml`: read by the table of settings, every mistake with its line, a caret and what was probably meant.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, Table, TableLike, Value};

use super::credential::Credential;
use super::discover::in_repository;
use super::setting::{Kind, SECTIONS, SETTINGS, Setting, find};
use crate::model::Severity;
use crate::report::{Anchors, TargetAnchor};
use crate::rules::{AdjustError, Adjustment, LoadError, ParamValue, Problem, RuleSource, did_you_mean};

/// A configuration file.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    /// Its path.
    pub path: PathBuf,
    /// What it sets, the chosen profile included.
    pub given: Vec<Given>,
    /// What it changes of rules.
    pub adjustments: BTreeMap<String, Adjustment>,
    /// Logins that it gives some clusters, in the order in which they are looked at.
    pub credentials: Vec<Credential>,
    /// Values of parameters, each for every rule that has a parameter of this name.
    pub parameters: BTreeMap<String, ParamValue>,
    text: String,
    places: BTreeMap<String, RulePlaces>,
    shared: BTreeMap<String, Range<usize>>,
}

/// A setting with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What is set.
    pub setting: &'static Setting,
    /// To what, as it would be typed; several for a list.
    pub values: Vec<String>,
    /// Line in the file, counted from 1.
    pub line: usize,
    /// The line of each value.
    pub lines: Vec<usize>,
}

/// Where a rule's changes stand.
#[derive(Debug, Clone, Default)]
struct RulePlaces {
    name: Range<usize>,
    params: BTreeMap<String, Range<usize>>,
}

/// All that is wrong with a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<LoadError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        let count = self.0.len();
        write!(f, "{count} {} in the configuration", if count == 1 { "error" } else { "errors" })
    }
}

impl std::error::Error for ConfigErrors {}

/// Reads a configuration. `profile` names the table `[profile.NAME]` whose settings go before those of the file itself.
///
/// # Errors
/// Everything that is wrong with the file, profiles that were not chosen included.
pub fn parse(path: &Path, text: &str, profile: Option<&str>) -> Result<ConfigFile, ConfigErrors> {
    let mut reader = Reader { folder: path.parent().unwrap_or(Path::new("")), problems: Vec::new() };
    let file = reader.file(text, profile).map(|layer| layer.into_file(path, text));
    let mut problems = reader.problems;
    if let (Some(file), true) = (file, problems.is_empty()) {
        return Ok(file);
    }
    problems.sort();
    Err(located(path, text, problems))
}

fn located(path: &Path, text: &str, problems: Vec<Problem>) -> ConfigErrors {
    let source = RuleSource::new(path.display().to_string(), text);
    ConfigErrors(problems.into_iter().map(|problem| LoadError::locate(&source, problem)).collect())
}

impl ConfigFile {
    /// Says where in the file the changes of rules stand that cannot be made.
    pub fn explain(&self, errors: &[AdjustError]) -> ConfigErrors {
        let problem = |error: &AdjustError| {
            let (rule, param) = error.about();
            let places = self.places.get(rule);
            let of_param = places.zip(param).and_then(|(places, param)| places.params.get(param));
            let of_param = of_param.or_else(|| self.shared.get(param?));
            let at = of_param.or(places.map(|places| &places.name)).cloned().unwrap_or_default();
            let message = error.to_string();
            match message.split_once("\nhelp: ") {
                Some((message, help)) => Problem::new(at, message).help(help),
                None => Problem::new(at, message),
            }
        };
        let mut problems: Vec<Problem> = errors.iter().map(problem).collect();
        problems.sort();
        // One value for many rules is wrong once.
        let shared = |at: (usize, usize)| self.shared.values().any(|range| (range.start, range.end) == at);
        problems.dedup_by(|one, other| one.at == other.at && shared(one.at));
        located(&self.path, &self.text, problems)
    }

    /// The lines that name targets, and what the file is called in its repository, for findings that stand nowhere else.
    pub fn anchors(&self, working_folder: &Path) -> Anchors {
        let lines = |key: &'static str| {
            let given = self.get("targets", key).into_iter();
            given.flat_map(|given| given.values.iter().cloned().zip(given.lines.iter().copied()))
        };
        let line = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
        let regions = lines("region").map(|(name, at)| (TargetAnchor::Region(name), line(at)));
        let endpoints = lines("endpoint").map(|(url, at)| (TargetAnchor::Endpoint(host_and_port(&url)), line(at)));
        let otherwise = Anchors::default();
        match in_repository(&self.path, working_folder) {
            Some(configuration) => Anchors { targets: endpoints.chain(regions).collect(), configuration, ..otherwise },
            // Code scanning knows no file of that name.
            None => otherwise,
        }
    }

    /// What is set of a setting.
    pub fn get(&self, section: &str, key: &str) -> Option<&Given> {
        self.given.iter().find(|given| (given.setting.section, given.setting.key) == (section, key))
    }
}

/// A setting as it is read: its values, and where it and each of them stand.
struct Set {
    setting: &'static Setting,
    values: Vec<String>,
    at: Range<usize>,
    each: Vec<Range<usize>>,
}

/// What one table of settings says: the file itself, or a profile.
#[derive(Default)]
struct Layer {
    given: BTreeMap<(&'static str, &'static str), Set>,
    rules: BTreeMap<String, (Adjustment, RulePlaces)>,
    credentials: Vec<Credential>,
    parameters: BTreeMap<String, (ParamValue, Range<usize>)>,
}

impl Layer {
    /// What the other says goes before what this one says.
    fn overlaid(mut self, over: Self) -> Self {
        self.given.extend(over.given);
        self.parameters.extend(over.parameters);
        for (rule, (adjustment, places)) in over.rules {
            let (under, at) = self.rules.entry(rule).or_default();
            under.enabled = adjustment.enabled.or(under.enabled);
            under.severity = adjustment.severity.or(under.severity);
            under.params.extend(adjustment.params);
            at.name = places.name;
            at.params.extend(places.params);
        }
        self
    }

    fn into_file(self, path: &Path, text: &str) -> ConfigFile {
        let in_order = |setting: &Setting| self.given.get(&(setting.section, setting.key));
        let line = |at: &Range<usize>| text.get(..at.start).unwrap_or(text).matches('\n').count() + 1;
        let lines = |set: &Set| Given {
            setting: set.setting,
            values: set.values.clone(),
            line: line(&set.at),
            lines: set.each.iter().map(line).collect(),
        };
        ConfigFile {
            path: path.to_owned(),
            given: SETTINGS.iter().filter_map(in_order).map(lines).collect(),
            adjustments: self.rules.iter().map(|(rule, (change, _))| (rule.clone(), change.clone())).collect(),
            credentials: self.credentials,
            parameters: self.parameters.iter().map(|(name, (value, _))| (name.clone(), value.clone())).collect(),
            text: text.to_owned(),
            shared: self.parameters.into_iter().map(|(name, (_, at))| (name, at)).collect(),
            places: self.rules.into_iter().map(|(rule, (_, places))| (rule, places)).collect(),
        }
    }
}

/// Reads and collects what is wrong.
pub(super) struct Reader<'p> {
    pub(super) folder: &'p Path,
    pub(super) problems: Vec<Problem>,
}

/// A key of a table with its place.
pub(super) struct Entry<'d> {
    pub(super) name: &'d str,
    pub(super) at: Range<usize>,
    pub(super) item: &'d Item,
}

pub(super) fn entries(table: &dyn TableLike) -> Vec<Entry<'_>> {
    let entry = |(name, item): (&str, &Item)| (name.to_owned(), item.span());
    let names: Vec<_> = table.iter().map(entry).collect();
    let found = names.into_iter().filter_map(|(name, span)| {
        let (key, item) = table.get_key_value(&name)?;
        Some(Entry { name: key.get(), at: key.span().or(span).unwrap_or_default(), item })
    });
    found.collect()
}

/// Where each value of a setting stands.
fn places(entry: &Entry<'_>) -> Vec<Range<usize>> {
    let place = |value: &Value| value.span().unwrap_or_else(|| entry.at.clone());
    match entry.item.as_value() {
        Some(Value::Array(items)) => items.iter().map(place).collect(),
        Some(value) => vec![place(value)],
        None => Vec::new(),
    }
}

impl Reader<'_> {
    pub(super) fn complain(&mut self, at: &Range<usize>, message: impl Into<String>, help: Option<String>) {
        let problem = Problem::new(at.clone(), message);
        self.problems.push(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    fn file(&mut self, text: &str, profile: Option<&str>) -> Option<Layer> {
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let at = error.span().unwrap_or(0..1);
                self.complain(&at, format!("not readable as TOML: {}", error.message()), None);
                return None;
            }
        };
        let mut layer = self.layer(document.as_table(), true);
        for entry in entries(document.as_table()).iter().filter(|entry| entry.name == CREDENTIALS) {
            layer.credentials = self.credentials(entry, text);
        }
        let mut profiles = self.profiles(document.as_table());
        if let Some(name) = profile {
            if let Some(over) = profiles.remove(name) {
                layer = layer.overlaid(over);
            } else {
                let help = did_you_mean(name, profiles.keys().map(String::as_str));
                let help = help.or_else(|| Some(format!("add the table [profile.{name}]")));
                self.complain(&(0..1), format!("there is no profile `{name}` in this file"), help);
            }
        }
        Some(layer)
    }

    fn profiles(&mut self, root: &Table) -> BTreeMap<String, Layer> {
        let Some(item) = root.get("profile") else { return BTreeMap::new() };
        let Some(table) = item.as_table_like() else {
            self.complain(
                &item.span().unwrap_or_default(),
                "`profile` holds tables",
                Some("write [profile.NAME.gate]".to_owned()),
            );
            return BTreeMap::new();
        };
        let mut profiles = BTreeMap::new();
        for entry in entries(table) {
            match entry.item.as_table_like() {
                Some(table) => drop(profiles.insert(entry.name.to_owned(), self.layer(table, false))),
                None => self.complain(
                    &entry.at,
                    "a profile is a table of tables",
                    Some("write [profile.NAME.gate]".to_owned()),
                ),
            }
        }
        profiles
    }

    fn layer(&mut self, table: &dyn TableLike, is_root: bool) -> Layer {
        let mut layer = Layer::default();
        for entry in entries(table) {
            match entry.name {
                "rule" => layer.rules = self.rules(&entry),
                "parameters" => layer.parameters = self.parameters(&entry),
                "profile" | CREDENTIALS if is_root => (),
                name if SECTIONS.iter().any(|(section, _)| *section == name) => self.section(&entry, &mut layer),
                name => {
                    let sections: Vec<_> = SECTIONS
                        .iter()
                        .map(|(section, _)| *section)
                        .chain(["parameters", "rule", "profile", CREDENTIALS])
                        .collect();
                    let help = did_you_mean(name, sections.iter().copied()).or_else(|| home_of(name));
                    let help = help.unwrap_or_else(|| format!("there are {}", sections.join(", ")));
                    self.complain(&entry.at, format!("unknown table `{name}`"), Some(help));
                }
            }
        }
        self.contradictions(&layer);
        layer
    }

    fn section(&mut self, section: &Entry<'_>, layer: &mut Layer) {
        let Some(table) = section.item.as_table_like() else {
            return self.complain(
                &section.at,
                format!("`{0}` is a table", section.name),
                Some(format!("write [{}]", section.name)),
            );
        };
        for entry in entries(table) {
            let Some(setting) = find(section.name, entry.name) else {
                let keys: Vec<_> = SETTINGS.iter().filter(|it| it.section == section.name).map(|it| it.key).collect();
                let help = did_you_mean(entry.name, keys.iter().copied()).or_else(|| home_of(entry.name));
                let help = help.unwrap_or_else(|| format!("[{}] has {}", section.name, keys.join(", ")));
                self.complain(&entry.at, format!("unknown key `{}`", entry.name), Some(help));
                continue;
            };
            if let Some(values) = self.values(setting, &entry) {
                let set = Set { setting, values, at: entry.at.clone(), each: places(&entry) };
                layer.given.insert((setting.section, setting.key), set);
            }
        }
    }

    fn contradictions(&mut self, layer: &Layer) {
        for set in layer.given.values() {
            let other = layer.given.values().find(|other| set.setting.gives_way_to.contains(&other.setting.arg));
            if let Some(other) = other.filter(|other| other.at.start > set.at.start) {
                let message = format!("`{}` contradicts `{}`", other.setting.key, set.setting.key);
                self.complain(&other.at, message, Some("take one of the two".to_owned()));
            }
        }
    }

    fn values(&mut self, setting: &Setting, entry: &Entry<'_>) -> Option<Vec<String>> {
        let at = entry.item.span().unwrap_or_else(|| entry.at.clone());
        let Some(value) = entry.item.as_value() else {
            self.complain(&entry.at, format!("`{}` is {}, not a table", setting.key, setting.kind.expected()), None);
            return None;
        };
        let many = matches!(setting.kind, Kind::Texts | Kind::Paths | Kind::Outputs);
        match (value, many) {
            (Value::Array(items), true) => {
                let read = |item: &Value| self.value(setting, item, &item.span().unwrap_or_else(|| at.clone()));
                items.iter().map(read).collect()
            }
            (_, true) => {
                let help = format!("write {} = {}", setting.key, setting.example);
                self.complain(&at, format!("`{}` is a list", setting.key), Some(help));
                None
            }
            (value, false) => self.value(setting, value, &at).map(|value| vec![value]),
        }
    }

    fn value(&mut self, setting: &Setting, value: &Value, at: &Range<usize>) -> Option<String> {
        let read = match (setting.kind, value) {
            (Kind::Bool, Value::Boolean(value)) => Ok(value.value().to_string()),
            (Kind::Number(min, max), Value::Integer(value)) => {
                let value = *value.value();
                let inside = (i64::from(min)..=i64::from(max)).contains(&value);
                if inside { Ok(value.to_string()) } else { Err((format!("{value} is not in {min} to {max}"), None)) }
            }
            (Kind::Word(words), Value::String(text)) => word(words, text.value()),
            (Kind::Path | Kind::Paths, Value::String(text)) => self.path(text.value()),
            (Kind::Outputs, Value::String(text)) => self.output(text.value()),
            (Kind::Text | Kind::Texts, Value::String(text)) => not_empty(text.value()),
            _ => {
                let help = format!("as in {} = {}", setting.key, setting.example);
                Err((format!("`{}` is {}", setting.key, setting.kind.expected()), Some(help)))
            }
        };
        read.map_err(|(message, help)| self.complain(at, message, help)).ok()
    }

    /// A path is meant from the folder of the file, wherever the program is run.
    fn path(&self, text: &str) -> Result<String, Complaint> {
        not_empty(text).map(|text| self.folder.join(text).display().to_string())
    }

    fn output(&self, text: &str) -> Result<String, Complaint> {
        let output: super::Output = text.parse().map_err(|error: super::OutputError| (error.to_string(), None))?;
        Ok(match output.target {
            super::Target::Stdout => text.to_owned(),
            super::Target::File(path) => format!("{}={}", output.format, self.folder.join(path).display()),
        })
    }

    fn rules(&mut self, section: &Entry<'_>) -> BTreeMap<String, (Adjustment, RulePlaces)> {
        let Some(table) = section.item.as_table_like() else {
            self.complain(&section.at, "`rule` holds a table for each rule", Some("write [rule.RULE-ID]".to_owned()));
            return BTreeMap::new();
        };
        let mut rules = BTreeMap::new();
        for entry in entries(table) {
            if let Some(table) = entry.item.as_table_like() {
                rules.insert(entry.name.to_owned(), self.rule(table, entry.at));
            } else {
                let help = format!("write [rule.{}]", entry.name);
                self.complain(&entry.at, format!("`{}` is a table", entry.name), Some(help));
            }
        }
        rules
    }

    fn rule(&mut self, table: &dyn TableLike, name: Range<usize>) -> (Adjustment, RulePlaces) {
        let (mut adjustment, mut places) = (Adjustment::default(), RulePlaces { name, ..RulePlaces::default() });
        for entry in entries(table) {
            let at = entry.item.span().unwrap_or_else(|| entry.at.clone());
            match (entry.name, entry.item.as_value()) {
                ("enabled", Some(Value::Boolean(value))) => adjustment.enabled = Some(*value.value()),
                ("enabled", _) => self.complain(&at, "`enabled` is true or false", None),
                ("severity", Some(Value::String(text))) => adjustment.severity = self.severity(text.value(), &at),
                ("severity", _) => self.complain(&at, "`severity` is a word, as in \"low\"", None),
                ("reason", Some(Value::String(_))) => (),
                ("reason", _) => self.complain(&at, "`reason` is text", None),
                ("params", _) => self.params(&entry, &mut adjustment, &mut places),
                (other, _) => {
                    let keys = ["enabled", "severity", "reason", "params"];
                    let help = did_you_mean(other, keys).unwrap_or_else(|| format!("a rule has {}", keys.join(", ")));
                    self.complain(&entry.at, format!("unknown key `{other}`"), Some(help));
                }
            }
        }
        (adjustment, places)
    }

    fn severity(&mut self, text: &str, at: &Range<usize>) -> Option<Severity> {
        let words = Severity::DESCENDING.map(Severity::as_str);
        let found = Severity::DESCENDING.into_iter().find(|severity| severity.as_str() == text);
        if let (None, Err((message, help))) = (found, word(&words, text)) {
            self.complain(at, message, help);
        }
        found
    }

    /// Values of parameters for every rule that has them.
    fn parameters(&mut self, section: &Entry<'_>) -> BTreeMap<String, (ParamValue, Range<usize>)> {
        let Some(table) = section.item.as_table_like() else {
            self.complain(&section.at, "`parameters` is a table", Some("write [parameters]".to_owned()));
            return BTreeMap::new();
        };
        let mut parameters = BTreeMap::new();
        for entry in entries(table) {
            if let Some(value) = self.param(&entry) {
                let at = entry.item.span().unwrap_or(entry.at);
                parameters.insert(entry.name.to_owned(), (value, at));
            }
        }
        parameters
    }

    fn param(&mut self, entry: &Entry<'_>) -> Option<ParamValue> {
        let value = entry.item.as_value().and_then(param_value);
        if value.is_none() {
            let at = entry.item.span().unwrap_or_else(|| entry.at.clone());
            self.complain(&at, "a parameter is text, a whole number, true, false, or a list of them", None);
        }
        value
    }

    fn params(&mut self, entry: &Entry<'_>, adjustment: &mut Adjustment, places: &mut RulePlaces) {
        let Some(table) = entry.item.as_table_like() else {
            return self.complain(&entry.at, "`params` is a table", Some("write params = { NAME = VALUE }".to_owned()));
        };
        for param in entries(table) {
            let at = param.item.span().unwrap_or_else(|| param.at.clone());
            if let Some(value) = self.param(&param) {
                adjustment.params.insert(param.name.to_owned(), value);
            }
            places.params.insert(param.name.to_owned(), at);
        }
    }
}

/// `host:port` of `mysql://host:port`.
fn host_and_port(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned()
}

/// The tables that say which login serves which clusters.
const CREDENTIALS: &str = "credentials";

/// What is wrong with a value, and what would be right.
pub(super) type Complaint = (String, Option<String>);

pub(super) fn not_empty(text: &str) -> Result<String, Complaint> {
    if text.trim().is_empty() { Err(("this is empty".to_owned(), None)) } else { Ok(text.to_owned()) }
}

fn word(words: &[&str], text: &str) -> Result<String, Complaint> {
    if words.contains(&text) {
        return Ok(text.to_owned());
    }
    Err((format!("there is no `{text}` here"), Some(format!("one of {}", words.join(", ")))))
}

/// Advice for a key that stands in the wrong table.
fn home_of(key: &str) -> Option<String> {
    let setting = SETTINGS.iter().find(|setting| setting.key == key || setting.flag == key)?;
    Some(format!("`{}` belongs to [{}]", setting.key, setting.section))
}

fn param_value(value: &Value) -> Option<ParamValue> {
    match value {
        Value::String(text) => Some(ParamValue::Text(text.value().clone())),
        Value::Integer(number) => Some(ParamValue::Int(*number.value())),
        Value::Boolean(value) => Some(ParamValue::Bool(*value.value())),
        Value::Datetime(time) => Some(ParamValue::Text(time.value().to_string())),
        Value::Array(items) => items.iter().map(param_value).collect::<Option<_>>().map(ParamValue::List),
        Value::Float(_) | Value::InlineTable(_) => None,
    }
}

impl Kind {
    const fn expected(self) -> &'static str {
        match self {
            Self::Word(_) | Self::Text | Self::Path => "text in quotes",
            Self::Texts | Self::Paths | Self::Outputs => "a list of texts in quotes",
            Self::Bool => "true or false",
            Self::Number(..) => "a whole number",
        }
    }
}

#[cfg(test)]
mod tests;
