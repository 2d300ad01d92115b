//! Why a command could not do its work.

use std::path::PathBuf;

use super::exit::Exit;
use crate::check::{EditError, WaiverErrors};
use crate::config::{ConfigErrors, SettingsError};
use crate::model::anchors::BadPem;
use crate::model::{Untrusted, Why};
use crate::report::ReportError;
use crate::rules::{AdjustError, CaseFailure, LoadErrors, SourceError};
use crate::snapshot::{FileError, ReadError};

/// An error that ends the run.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A snapshot cannot be used.
    #[error(transparent)]
    Snapshot(#[from] ReadError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A rule is wrong.
    #[error("{0}")]
    Rules(#[from] LoadErrors),
    /// Rules fail their own tests.
    #[error("rules fail their own tests\n{}\nhelp: mend the rule or the test", listed(.0))]
    RuleCases(Vec<CaseFailure>),
    /// There is no such rule.
    #[error("there is no rule `{rule}`\nhelp: {help}")]
    NoSuchRule {
        /// What was given.
        rule: String,
        /// What was probably meant.
        help: String,
    },
    /// There is no such profile of rules.
    #[error("there is no profile of rules `{name}`\nhelp: {help}")]
    NoSuchProfile {
        /// What was given.
        name: String,
        /// What was probably meant.
        help: String,
    },
    /// No rule is of this area.
    #[error("there are no rules of area `{area}`\nhelp: there are rules of {known}")]
    EmptyArea {
        /// What was given.
        area: String,
        /// Those that there are.
        known: String,
    },
    /// Nothing of the snapshot has this name.
    #[error(
        "nothing that paths begin at is called `{name}`\nhelp: give internet, an address or a range, or the ARN or name of a user, a role or a machine"
    )]
    NoSuchSource {
        /// What was given.
        name: String,
    },
    /// There is no such type of facts.
    #[error("there is no type or target `{name}`\nhelp: {help}")]
    NoSuchType {
        /// What was given.
        name: String,
        /// What was probably meant.
        help: String,
    },
    /// An id that no rule can have.
    #[error(
        "`{id}` is no id of a rule\nhelp: ids are lower-case words joined by hyphens, and begin with {}",
        crate::rules::prefixes()
    )]
    NoSuchArea {
        /// What was given.
        id: String,
    },
    /// A rule is there already.
    #[error("{} is there already\nhelp: take another id", path.display())]
    RuleExists {
        /// Its file.
        path: PathBuf,
    },
    /// A folder of rules cannot be read.
    #[error(transparent)]
    RuleSource(#[from] SourceError),
    /// A file cannot be read as certificates.
    #[error("read certificates from `{}`", path.display())]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds no certificates, or a broken one.
    #[error("read certificates from `{}`", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BadPem,
    },
    /// A certificate whose fields cannot be read.
    #[error("judge the certificate in `{}`: {why}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        why: Why,
    },
    /// A setting makes no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A configuration file is wrong.
    #[error("{0}")]
    Config(#[from] ConfigErrors),
    /// Rules cannot be changed as asked.
    #[error("{}", lines(.0))]
    Adjust(Vec<AdjustError>),
    /// The environment sets a flag to something that it cannot be.
    #[error(transparent)]
    Settled(clap::Error),
    /// A configuration is there already.
    #[error("{} is there already\nhelp: give another folder, or --force to write over it", path.display())]
    ConfigExists {
        /// The file.
        path: PathBuf,
    },
    /// A profile without a file that could hold it.
    #[error("--config-profile needs a configuration file\nhelp: `aurora-audit init` writes one")]
    NoConfigForProfile,
    /// A file of waivers is wrong.
    #[error("{0}")]
    Waivers(#[from] WaiverErrors),
    /// A waiver cannot be added.
    #[error("{0}")]
    EditWaiver(#[from] EditError),
    /// The finding that a waiver is for is not there, or there are several.
    #[error(
        "no one finding of rule `{rule}` is `{resource}`\nhelp: give the identifier of the one that is meant. The rule fails for\n  {candidates}"
    )]
    NoSuchFinding {
        /// The rule.
        rule: String,
        /// What was given.
        resource: Untrusted,
        /// Subjects that could be meant.
        candidates: String,
    },
    /// A rule that looks at each element of a list.
    #[error(
        "the finding has elements, and none is named\nhelp: give --element with the one that is meant, or '*' for all, those that come later included. There are\n  {keys}"
    )]
    WhichElement {
        /// The failing elements.
        keys: String,
    },
    /// An assessment cannot be used.
    #[error("read `{}`", path.display())]
    Assessment {
        /// The file.
        path: PathBuf,
        /// Why.
        source: crate::report::ReadError,
    },
    /// A file of cases cannot be read.
    #[error("read `{}`", path.display())]
    Cases {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `who-can` without an action.
    #[error(
        "no action is given\nhelp: aurora-audit who-can SNAPSHOT... ACTION [RESOURCE], as in `who-can estate.jsonl rds-db:connect`"
    )]
    NoAction,
    /// `who-can` without a snapshot.
    #[error("no snapshot is given before the action\nhelp: aurora-audit who-can SNAPSHOT... ACTION [RESOURCE]")]
    NoSnapshot,
    /// `who-can` about something that is not there.
    #[error(transparent)]
    Question(#[from] crate::facts::QuestionError),
    /// No cluster has the name that was asked for.
    #[error("no cluster `{}` is in the snapshot\nhelp: give its DBClusterIdentifier or its ARN", crate::model::Untrusted::from(name.as_str()))]
    NoSuchCluster {
        /// The name.
        name: String,
    },
    /// A report could not be made.
    #[error("make a report")]
    Report(#[from] ReportError),
    /// A folder of templates cannot be read.
    #[error("read templates from `{}`", path.display())]
    Templates {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A template that no page uses.
    #[error("there is no template `{}`\nhelp: there are {known}", Untrusted::from(name.as_str()))]
    NoSuchTemplate {
        /// Its name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// An account is not spelt as one.
    #[error("`{0}` is no account\nhelp: write 'user'@'host', quotes included, as MySQL does")]
    BadAccount(Untrusted),
    /// No server of the snapshot has the account.
    #[error(
        "no server of the snapshot has the account {0}\nhelp: names compare letter by letter; the host is part of the name"
    )]
    NoSuchAccount(Untrusted),
    /// A table is not spelt as one.
    #[error("`{0}` is no table\nhelp: write db.table, with backticks around a name that holds a dot")]
    BadObject(Untrusted),
    /// Standard output broke.
    #[error("write to standard output")]
    Stdout(#[source] std::io::Error),
    /// The async runtime could not start.
    #[cfg(feature = "collect")]
    #[error("start the runtime")]
    Runtime(#[source] std::io::Error),
    /// The collection could not begin.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] crate::collect::aws::AwsError),
    /// The folder of `--from-cli` cannot be used.
    #[cfg(feature = "collect")]
    #[error(transparent)]
    Import(#[from] crate::collect::ImportError),
    /// Trust anchors cannot be used.
    #[cfg(feature = "collect")]
    #[error(transparent)]
    Anchors(#[from] crate::collect::tls::BadAnchors),
    /// The built-in trust anchors cannot be read.
    #[error("read the built-in trust anchors")]
    BuiltInAnchors(#[from] BadPem),
    /// MariaDB keeps all of an account in one column.
    #[error(
        "MariaDB shows an account whole, with its password hash, or not at all\nhelp: print --sql password; aurora-audit asks for no hash, whatever the account may read"
    )]
    NotHashBlind,
    /// An answer could not be written as JSON.
    #[error("write the answer as JSON")]
    Json(#[from] serde_json::Error),
    /// A login without a password.
    #[cfg(feature = "collect")]
    #[error("--login was given without a password\nhelp: set AURORA_AUDIT_DB_PASSWORD, or give --password-file FILE")]
    NoPassword,
    /// A way to log in, and nobody to do it.
    #[cfg(feature = "collect")]
    #[error("--iam and --password-file say how to log in, and nothing says as whom\nhelp: give --login USER")]
    LoginOfWhom,
    /// The variable that the configuration names for a password.
    #[cfg(feature = "collect")]
    #[error(
        "{}:{line}: the variable `{variable}` is not set, which is to hold a password\nhelp: set it, or give password-file or secret",
        path.display()
    )]
    CredentialVariable {
        /// The configuration file.
        path: PathBuf,
        /// Line in it.
        line: usize,
        /// The variable.
        variable: String,
    },
    /// The Data API logs in with a secret.
    #[cfg(feature = "aws")]
    #[error("--data-api needs a secret to log in with\nhelp: give --secret ARN, or --secret master")]
    DataApiWithoutSecret,
    /// The Data API is for clusters.
    #[cfg(feature = "aws")]
    #[error("--data-api is for clusters of AWS, not for a server named by --endpoint\nhelp: leave one of the two out")]
    DataApiOfEndpoint,
    /// The password could not be read from the terminal.
    #[cfg(feature = "collect")]
    #[error("read the password from the terminal")]
    Prompt(#[source] std::io::Error),
    /// Logins are MySQL's.
    #[cfg(feature = "collect")]
    #[error("--login is for MySQL: a login to PostgreSQL would change nothing that a probe does there")]
    LoginToPostgres,
    /// A probe broke off without a result.
    #[cfg(feature = "collect")]
    #[error("a probe broke off; the log says where")]
    Broken,
    /// The snapshot could not be written as JSON.
    #[cfg(feature = "collect")]
    #[error(transparent)]
    Write(#[from] crate::snapshot::WriteError),
    /// There is nothing that could name targets in this build.
    #[cfg(all(feature = "collect", not(feature = "aws")))]
    #[error(
        "this build has no AWS collectors\nhelp: name a server by --endpoint mysql://HOST:PORT, or build with the default features"
    )]
    NoAws,
}

fn lines(errors: &[AdjustError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn listed(failures: &[CaseFailure]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl CliError {
    /// The exit code.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Report(ReportError::Override { .. } | ReportError::Asset { .. }) => Exit::Usage,
            Self::Report(_) | Self::Stdout(_) | Self::BuiltInAnchors(_) | Self::Json(_) => Exit::Internal,
            #[cfg(feature = "collect")]
            Self::Runtime(_) | Self::Write(_) | Self::Broken => Exit::Internal,
            _ => Exit::Usage,
        }
    }
}
