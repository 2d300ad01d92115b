//! `collect` and `scan`: targets → snapshot, and on to the reports.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{CollectArgs, ProbeLevel, ScanArgs, TargetArgs};
use super::check::{Known, clock, judge, settings};
use super::error::CliError;
use super::exit::Exit;
#[cfg(feature = "aws")]
use super::plan;
use super::policy::wanted;
use super::{logins, retention, summary};
use crate::check::Assessment;
#[cfg(feature = "aws")]
use crate::collect::aws;
use crate::collect::tls::{Anchors, Probing};
use crate::collect::{
    self, ClusterTarget, Collection, ConnectTo, Connections, Endpoint, Intake, Layer, Layers, Piece, Step,
};
use crate::config::{ConfigFile, Target};
use crate::model::Untrusted;
use crate::model::actions;
use crate::snapshot::{self, FileError, Snapshot, Staged, write_atomically};

/// Name that reports show for a snapshot that was not kept.
const NOT_KEPT: &str = "snapshot.jsonl";

/// Runs `collect`. What could not be read is in the snapshot, and in the exit code.
pub fn run(args: &CollectArgs, file: Option<&ConfigFile>) -> Result<Exit, CliError> {
    check_destination(&args.output)?;
    let collection = match &args.from_cli {
        Some(folder) => imported(folder)?,
        None => collect(&args.targets, wanted(&args.targets.selection, &[])?.as_ref(), file)?,
    };
    let mut staged = Staged::create(&args.output)?;
    let complete = collection.finish(&mut staged)?;
    staged.publish()?;
    if complete {
        return Ok(Exit::Clean);
    }
    let path = args.output.display();
    tracing::warn!(
        "not all that was asked for could be read: `aurora-audit check {path}` says what, and how to mend it"
    );
    Ok(Exit::Incomplete)
}

/// Runs `scan`. Settings, rules and whatever else is a file are read first, so that a mistake in them costs no collection.
pub fn scan(args: &ScanArgs, file: Option<&ConfigFile>) -> Result<Exit, CliError> {
    #[cfg(feature = "aws")]
    if args.plan {
        let wanted = wanted(&args.targets.selection, &args.judging.folders.rules)?;
        return plan::print(&request(&args.targets, wanted.as_ref()), &logins::calls(&args.targets, file));
    }
    let scanned = scanned(args, file);
    summary::write(args.judging.summary.as_deref(), clock(), scanned)
}

fn scanned(args: &ScanArgs, file: Option<&ConfigFile>) -> Result<(Exit, Assessment), CliError> {
    let settings = settings(&args.judging)?;
    let selection = &args.targets.selection;
    let known = Known::load(&settings, &args.judging, file)?.only(selection, &settings.rules)?;
    let wanted = wanted(selection, &settings.rules)?;
    let reports = settings.outputs.iter().filter_map(|output| match &output.target {
        Target::File(path) => Some(path),
        Target::Stdout => None,
    });
    let kept = args.snapshot_folder.as_ref().map(|folder| folder.join("snapshot"));
    reports.chain(&args.snapshot).chain(&kept).try_for_each(|path| check_destination(path))?;
    let mut bytes = Vec::new();
    collect(&args.targets, wanted.as_ref(), file)?.finish(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut snapshot = snapshot::read_texts(&[(PathBuf::from(NOT_KEPT), text)])?;
    let path = args.snapshot.clone().or_else(|| named(args.snapshot_folder.as_deref()?, &snapshot));
    if let Some(path) = path {
        write_atomically(&path, &bytes)?;
        if let (Some(_), Some(keep)) = (&args.snapshot_folder, args.keep) {
            retention::keep(&path, keep)?;
        }
        snapshot.files.iter_mut().for_each(|file| file.path.clone_from(&path));
    }
    judge(&snapshot, &known, &settings, &args.judging)
}

/// The file of a snapshot in a folder of them: by the account that was asked first, and by what was asked for.
fn named(folder: &Path, snapshot: &Snapshot) -> Option<PathBuf> {
    let file = snapshot.files.first()?;
    let account = snapshot.records.caller_identities.first().map_or("", |record| record.account.as_str());
    Some(retention::name(folder, account, &file.header.scope.regions, file.header.started))
}

/// Fails now where writing would fail in the end: a collection is too dear to be thrown away.
fn check_destination(path: &Path) -> Result<(), CliError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(failed(ErrorKind::IsADirectory.into()).into());
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let trial = folder.join(format!(".aurora-audit.{}.trial", std::process::id()));
    File::create_new(&trial).and_then(|_| fs::remove_file(&trial)).map_err(failed)?;
    Ok(())
}

/// What the AWS CLI printed for somebody else.
fn imported(folder: &Path) -> Result<Collection, CliError> {
    let mut collection = Collection::begin(&[], Intake::new(|_| ()));
    collection.add_imported(collect::import(folder)?);
    Ok(collection)
}

/// Collects what is wanted of AWS, and the other layers where that tells what to connect to.
fn collect(args: &TargetArgs, wanted: Option<&Actions>, file: Option<&ConfigFile>) -> Result<Collection, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    let connections = Connections {
        layers: layers(args, wanted),
        connect_to: ConnectTo::new(args.connect_to.clone()),
        anchors: anchors(args.ca_bundle.as_deref())?,
        logins: logins::of(args, file)?,
        probing: Probing { depth: args.probe.map(ProbeLevel::depth), max_connections: args.max_connections },
    };
    let bar = spinner();
    let shown = bar.clone();
    let mut collection = Collection::begin(&args.regions, Intake::new(move |step| show(&shown, &step)));
    #[cfg(feature = "aws")]
    if connections.logins.need_aws() {
        collection.lend(runtime.block_on(aws::Keyring::load(&request(args, None)))?);
    }
    runtime
        .block_on(async {
            tokio::select! {
                result = stages(&mut collection, args, wanted, &connections) => result,
                () = told_to_stop() => Ok(Stopped::Early),
            }
        })
        .map(|stopped| {
            if matches!(stopped, Stopped::Early) {
                collection.interrupt();
            }
        })?;
    bar.finish_and_clear();
    // Otherwise a name that is being looked up would be waited for, however long that takes.
    runtime.shutdown_background();
    Ok(collection)
}

/// Ctrl-C, or what a scheduler, a container or a shutdown says.
#[cfg(unix)]
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}

/// How the stages ended.
enum Stopped {
    AtTheEnd,
    Early,
}

async fn stages(
    collection: &mut Collection,
    args: &TargetArgs,
    wanted: Option<&Actions>,
    connections: &Connections,
) -> Result<Stopped, CliError> {
    let clusters = if args.endpoints.is_empty() {
        targets(collection, args, wanted).await?
    } else {
        args.endpoints.iter().map(Endpoint::target).collect()
    };
    collection.add_clusters(clusters, connections).await;
    Ok(Stopped::AtTheEnd)
}

#[cfg(feature = "aws")]
async fn targets(
    collection: &mut Collection,
    args: &TargetArgs,
    wanted: Option<&Actions>,
) -> Result<Vec<ClusterTarget>, CliError> {
    Ok(collection.add_aws(&request(args, wanted)).await?)
}

#[cfg(feature = "aws")]
fn request(args: &TargetArgs, wanted: Option<&Actions>) -> aws::AwsRequest {
    let accounts = match args.hub.accounts.as_slice() {
        [] => aws::Accounts::Own,
        _ if args.hub.all_of_organization() => aws::Accounts::Organization,
        named => aws::Accounts::Named(named.to_vec()),
    };
    aws::AwsRequest {
        regions: args.regions.clone(),
        profile: args.profile.clone(),
        roles: args.hub.roles.clone(),
        external_id: args.external_id.clone(),
        accounts,
        manners: aws::Manners { rate: args.rate, concurrency: args.concurrency },
        wanted: if layers(args, wanted).has(Layer::Aws) {
            wanted.cloned()
        } else {
            Some(TO_CONNECT.iter().copied().collect())
        },
    }
}

/// Calls of AWS.
type Actions = BTreeSet<&'static str>;

/// What names the endpoints to connect to.
const TO_CONNECT: &[&str] = &[
    actions::GET_CALLER_IDENTITY,
    actions::DESCRIBE_REGIONS,
    actions::DESCRIBE_DB_CLUSTERS,
    actions::DESCRIBE_DB_INSTANCES,
    actions::DESCRIBE_DB_PROXIES,
    actions::DESCRIBE_DB_PROXY_ENDPOINTS,
    actions::DESCRIBE_DB_PROXY_TARGETS,
];

/// The layers that are named. Rules that do not ask for the endpoints have no use for what is behind them.
fn layers(args: &TargetArgs, wanted: Option<&Actions>) -> Layers {
    let named: Vec<_> = args.collectors.iter().map(|collector| collector.layer()).collect();
    let connects = wanted.is_none_or(|wanted| TO_CONNECT.iter().all(|action| wanted.contains(action)));
    if connects || !args.endpoints.is_empty() || !Layers::new(&named).has(Layer::Aws) {
        return Layers::new(&named);
    }
    Layers::new(&[Layer::Aws])
}

#[cfg(not(feature = "aws"))]
fn targets(
    _: &mut Collection,
    _: &TargetArgs,
    _: Option<&Actions>,
) -> std::future::Ready<Result<Vec<ClusterTarget>, CliError>> {
    std::future::ready(Err(CliError::NoAws))
}

fn anchors(bundle: Option<&Path>) -> Result<Anchors, CliError> {
    match bundle {
        Some(path) => Ok(Anchors::from_file(path)?),
        None => Ok(Anchors::built_in()?),
    }
}

/// Draws on stderr, and only where there is a terminal.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(style("{spinner} {pos}/{len} {msg} [{elapsed}]"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Says what came last, and how much there is.
fn show(bar: &ProgressBar, step: &Step<'_>) {
    let Piece { account, region, name, .. } = step.piece;
    bar.set_length(step.known as u64);
    bar.set_position(step.done as u64);
    let place: Vec<_> = [account, region, name].into_iter().filter(|it| !it.is_empty()).map(String::as_str).collect();
    bar.set_message(Untrusted::from(place.join(" ")).to_string());
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
