//! `paths`: who gets how far into which cluster, step by step, and what would cut the way.

mod args;
mod chart;
mod network;
mod text;

use ipnet::IpNet;

pub use self::args::PathsArgs;
use self::args::PathsFormat;
use super::error::CliError;
use super::exit::Exit;
use super::output::to_stdout;
use crate::check::{PathsEntry, Telling, tell};
use crate::facts::Facts;
use crate::facts::paths::{Class, Paths, Question, SourceKind};
use crate::snapshot::{self, Snapshot};

/// Runs the command.
pub fn run(args: &PathsArgs) -> Result<Exit, CliError> {
    if args.network {
        return network::run(args);
    }
    let snapshot = snapshot::read(&args.snapshots)?;
    let facts = Facts::new(&snapshot);
    let from = args.from.as_deref().map(From::of);
    let paths = Paths::new(&facts, from.as_ref().and_then(From::addresses));
    let question = question(args, from.as_ref(), &paths)?;
    let telling = Telling { paths: args.limit, ..Telling::default() };
    let entry = tell(&snapshot, &paths, &question, telling);
    to_stdout(rendered(args.format, &entry, &snapshot)?.as_bytes())?;
    Ok(if paths.clusters().is_empty() { Exit::NothingAssessed } else { Exit::Clean })
}

fn rendered(format: PathsFormat, entry: &PathsEntry, snapshot: &Snapshot) -> Result<String, CliError> {
    Ok(match format {
        PathsFormat::Text => text::render(entry, snapshot),
        PathsFormat::Json => {
            let text = serde_json::to_string_pretty(entry).map_err(|error| CliError::Stdout(error.into()))?;
            format!("{text}\n")
        }
        PathsFormat::Dot => chart::dot(entry),
        PathsFormat::Mermaid => chart::mermaid(entry),
    })
}

/// Where paths are to begin.
enum From<'a> {
    Internet,
    Addresses(IpNet),
    Named(&'a str),
}

impl<'a> From<'a> {
    fn of(text: &'a str) -> Self {
        if text == "internet" {
            return Self::Internet;
        }
        let address = text.parse::<std::net::IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or(address).map_or(Self::Named(text), |net| Self::Addresses(net.trunc()))
    }

    const fn addresses(&self) -> Option<IpNet> {
        match self {
            Self::Addresses(net) => Some(*net),
            Self::Internet | Self::Named(_) => None,
        }
    }
}

fn question(args: &PathsArgs, from: Option<&From<'_>>, paths: &Paths) -> Result<Question, CliError> {
    let cluster = args.cluster.as_ref().map(|name| {
        let is_named = |label: &&crate::facts::paths::ClusterLabel| label.name == *name || label.arn == *name;
        let found = (0..).zip(paths.clusters()).find(|(_, label)| is_named(label));
        found.map(|(number, _)| number).ok_or_else(|| CliError::NoSuchCluster { name: name.clone() })
    });
    let sources = from.map(|from| sources(from, paths));
    Ok(Question { cluster: cluster.transpose()?, sources: sources.transpose()?, class: args.to.map(Class::from) })
}

/// The sources of a name: those whose ARN, id or name it is, whole or after the last slash.
fn sources(from: &From<'_>, paths: &Paths) -> Result<Vec<usize>, CliError> {
    let wanted = |source: &crate::facts::paths::Source| match from {
        From::Internet => source.kind == SourceKind::Internet,
        From::Addresses(_) => source.kind == SourceKind::Addresses,
        From::Named(name) => {
            source.id == *name || source.name == *name || source.name.rsplit('/').next() == Some(*name)
        }
    };
    let found: Vec<_> = paths.sources().iter().enumerate().filter(|(_, it)| wanted(it)).map(|(at, _)| at).collect();
    match from {
        From::Named(name) if found.is_empty() => Err(CliError::NoSuchSource { name: (*name).to_owned() }),
        _ => Ok(found),
    }
}
