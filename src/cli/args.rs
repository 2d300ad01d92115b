//! What can be typed. What it means is decided elsewhere.

mod certificate;
mod config;
mod diff;
mod judge;
#[cfg(feature = "collect")]
mod probe;
mod profile;
mod select;
mod waiver;

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub use self::certificate::CertificateArgs;
pub use self::config::{
    CompletionsArgs, ConfigArgs, ConfigCommand, ConfigFileArgs, GenerateArgs, GenerateCommand, InitArgs, ManArgs,
    SchemaName,
};
pub use self::diff::DiffArgs;
pub use self::judge::{JudgeArgs, WriteArgs};
#[cfg(feature = "collect")]
pub use self::probe::{ProbeArgs, ProbeProtocol};
pub use self::profile::ProfileArgs;
#[cfg(feature = "aws")]
pub use self::select::HubArgs;
pub use self::select::RuleSelection;
pub use self::waiver::{WaiverAddArgs, WaiverArgs, WaiverCheckArgs, WaiverCommand, WaiverFileArgs, WaiverListArgs};
use super::paths::PathsArgs;
use super::permissions::SqlAccount;

/// Compliance auditing for Amazon Aurora: who may manage a cluster, who can reach it, who may log in and do what.
#[derive(Debug, Parser)]
#[command(name = "aurora-audit", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Args {
    /// Say more on stderr; repeat for still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    #[command(flatten)]
    pub config: ConfigFileArgs,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0   clean at the gate
  1   gate failed: a finding at or above --fail-on
  2   mistake in arguments, configuration, a rule or an input file
  3   no gate failure, but something that was asked for could not be read, or less than --min-coverage was judged
  4   no target was assessed
  70  internal error";

/// The commands.
#[expect(clippy::large_enum_variant, reason = "there is one, and it lives as long as the process")]
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Collect, judge and report in one go
    #[cfg(feature = "collect")]
    Scan(ScanArgs),
    /// Record what the targets say in a snapshot, and judge nothing
    #[cfg(feature = "collect")]
    Collect(CollectArgs),
    /// Judge snapshots by the rules and write reports; opens no socket
    Check(CheckArgs),
    /// Write an assessment in other formats
    Report(ReportArgs),
    /// Say what changed between two snapshots or assessments: which findings came and went, and which facts
    Diff(DiffArgs),
    /// Findings that are accepted: add one, list them, check them for what should not last
    Waiver(WaiverArgs),
    /// Write a configuration file that works, with every setting explained
    Init(InitArgs),
    /// The configuration: what holds, and where it was said
    Config(ConfigArgs),
    /// Print the least that an audit needs: the database account, or the IAM policy
    /// Print what an audit needs: the database account, or the IAM policy
    Permissions(PermissionsArgs),
    /// Say which principals may do an action, by themselves or as a role that they can become
    WhoCan(WhoCanArgs),
    /// Tell who gets how far into which cluster, step by step, and what would cut the way
    Paths(PathsArgs),
    /// Tell what the certificates in a file prove, and for which names; opens no socket
    Certificate(CertificateArgs),
    /// Ask servers for their TLS versions, cipher suites and certificates, and whether they go on without TLS
    #[cfg(feature = "collect")]
    Probe(ProbeArgs),
    /// Decide IAM requests offline, from cases that hold their policies
    Simulate(SimulateArgs),
    /// The rules: list, show, check and test them, begin a new one, see what they may speak of
    Rules(RulesArgs),
    /// What a rule wants, why, what it rests on, and how to mend a failure
    Explain(ExplainArgs),
    /// Files made out of the program's own declarations
    Generate(GenerateArgs),
    /// Tell who may do what inside the databases of a snapshot, and how it comes to it
    Privileges(PrivilegesArgs),
}

/// `simulate`
#[derive(Debug, ClapArgs)]
pub struct SimulateArgs {
    /// File with a case a line (JSON), or `-` for stdin
    #[arg(value_name = "CASES")]
    pub cases: PathBuf,
    /// Say what each decision rests on: condition, classes, witnesses, statements
    #[arg(long)]
    pub explain: bool,
    /// End with 1 when a decision differs from what its case has under `expected`
    #[arg(long)]
    pub expect: bool,
}

/// `check`
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// Snapshot files, `.zst` or not; several are joined
    #[arg(required = true, value_name = "SNAPSHOT")]
    pub snapshots: Vec<PathBuf>,
    #[command(flatten)]
    pub selection: RuleSelection,
    #[command(flatten)]
    pub judging: JudgeArgs,
}

/// Where rules come from.
#[derive(Debug, ClapArgs)]
pub struct RuleFolders {
    /// Folder of rules to use beside the built-in ones; repeatable
    #[arg(long, value_name = "DIR", env = "AURORA_AUDIT_RULES")]
    pub rules: Vec<PathBuf>,
}

/// `rules`
#[derive(Debug, ClapArgs)]
pub struct RulesArgs {
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// The commands of `rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// A line a rule: id, severity, target, title
    List(ListArgs),
    /// A line a profile: name, number of rules, what it holds
    Profiles(CheckRulesArgs),
    /// The file of a rule
    Show(ExplainArgs),
    /// Load all rules and report everything that is wrong with any of them; ends with 2 then
    Check(CheckRulesArgs),
    /// Run the rules' own tests; ends with 2 when one fails, and with 1 when a change survives --mutate
    Test(RuleTestArgs),
    /// Begin a rule that loads and passes its tests
    New(NewArgs),
    /// Every fact and function that rules may speak of, or one type of them
    Schema(RulesSchemaArgs),
    /// The rules of an area with everything that is to be known of them, as Markdown
    Page(PageArgs),
}

/// `rules page`
#[derive(Debug, ClapArgs)]
pub struct PageArgs {
    /// The area, as in tls
    pub area: String,
    #[command(flatten)]
    pub folders: RuleFolders,
}

/// `rules list`
#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// Only rules of this area, as in tls
    #[arg(long)]
    pub area: Option<String>,
    /// Only rules that judge this, as in endpoint
    #[arg(long)]
    pub target: Option<String>,
    /// Only rules with this tag
    #[arg(long)]
    pub tag: Option<String>,
    /// Only rules of this profile; default all
    #[arg(long, value_name = "PROFILE")]
    pub profile_rules: Option<String>,
    #[command(flatten)]
    pub folders: RuleFolders,
}

/// `rules show` and `explain`
#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// Id of the rule
    pub rule: String,
    #[command(flatten)]
    pub folders: RuleFolders,
}

/// `rules check`
#[derive(Debug, ClapArgs)]
pub struct CheckRulesArgs {
    #[command(flatten)]
    pub folders: RuleFolders,
}

/// `rules test`
#[derive(Debug, ClapArgs)]
pub struct RuleTestArgs {
    /// Rules to test; default all
    #[arg(value_name = "RULE")]
    pub only: Vec<String>,
    /// Change operators, constants and conditions one at a time, and report each change that no test notices
    #[arg(long)]
    pub mutate: bool,
    #[command(flatten)]
    pub folders: RuleFolders,
}

/// `rules new`
#[derive(Debug, ClapArgs)]
pub struct NewArgs {
    /// Id: lower-case words joined by hyphens, beginning with the area's prefix, as in res-backups-for-a-month
    pub id: String,
    /// Folder of rules that it is written to, in the folder of its area
    #[arg(long = "rules", value_name = "DIR")]
    pub folder: PathBuf,
}

/// `rules schema`
#[derive(Debug, ClapArgs)]
pub struct RulesSchemaArgs {
    /// Name of a type or target, as in endpoint; default all
    pub name: Option<String>,
}

/// `who-can`
#[derive(Debug, ClapArgs)]
pub struct WhoCanArgs {
    /// Snapshot files, then an action such as rds:DeleteDBCluster, then perhaps a resource: an ARN (`*` and `?` allowed), a
    /// cluster, or CLUSTER/USER for rds-db:connect. Without one: anything
    #[arg(required = true, value_name = "SNAPSHOT... ACTION [RESOURCE]")]
    pub question: Vec<String>,
    /// Name the statements that allow, and those that may deny, each with its place in the snapshot
    #[arg(long)]
    pub explain: bool,
    /// Leave the answer open where service control policies were not read, instead of assuming that they deny nothing
    #[arg(long)]
    pub scps_unknown: bool,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
}

/// `--format` of commands that answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// `report`
#[derive(Debug, ClapArgs)]
pub struct ReportArgs {
    /// Assessment that `check -o json=PATH` wrote
    #[arg(value_name = "ASSESSMENT")]
    pub assessment: PathBuf,
    /// Time that the report is made at (RFC 3339), which ages are counted to; default the time that the assessment was judged
    /// at, so that the same assessment gives the same report
    #[arg(long, value_name = "TIME", env = "AURORA_AUDIT_NOW")]
    pub now: Option<String>,
    #[command(flatten)]
    pub writing: WriteArgs,
}

/// `permissions`
#[derive(Debug, ClapArgs)]
pub struct PermissionsArgs {
    /// Print the IAM policy of the role that collects, in place of the database account
    #[arg(
        long,
        visible_alias = "aws",
        value_name = "FORMAT",
        num_args = 0..=1,
        default_missing_value = "json",
        conflicts_with_all = ["as_cli", "sql"]
    )]
    pub policy: Option<PolicyFormat>,
    /// Print a script of AWS CLI commands, for somebody else to run; `collect --from-cli` reads what they print
    #[arg(long)]
    pub as_cli: bool,
    #[command(flatten)]
    pub selection: RuleSelection,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub hub: HubArgs,
    /// Add to the policy what a login by a secret of Secrets Manager needs: that with this ARN, or those that RDS keeps for master
    /// users
    #[arg(long, value_name = "ARN", num_args = 0..=1, default_missing_value = "master")]
    pub secret: Option<String>,
    /// Add to the policy what reading databases by the RDS Data API needs
    #[arg(long)]
    pub data_api: bool,
    #[command(flatten)]
    pub folders: RuleFolders,
    /// Print SQL: for an account that logs in by IAM, by password, or one that cannot see a hash
    #[arg(long, value_name = "ACCOUNT", num_args = 0..=1, default_value = "iam", default_missing_value = "iam")]
    pub sql: SqlAccount,
    /// Name of the account
    #[arg(long, value_name = "USER", default_value = "aurora_audit")]
    pub user: String,
    /// Hosts that it may come from, as a pattern of MySQL
    #[arg(long, value_name = "PATTERN", default_value = "%")]
    pub host: String,
    /// Version of the server; from 10 on it is MariaDB
    #[arg(long, value_name = "VERSION", default_value = "8.0.39", value_parser = server_version)]
    pub server_version: crate::model::Version,
}

fn server_version(text: &str) -> Result<crate::model::Version, &'static str> {
    text.parse().map_err(|()| "not a version such as 8.0.39")
}

/// `permissions --policy`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    /// An IAM policy document
    Json,
    /// A Terraform configuration with a policy
    Terraform,
    /// A CloudFormation template with a managed policy
    Cloudformation,
}

/// `--probe`
#[cfg(feature = "collect")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProbeLevel {
    /// Versions and certificates
    Light,
    /// Cipher suites, groups and further certificates too
    Deep,
}

#[cfg(feature = "collect")]
impl ProbeLevel {
    /// The depth that is meant.
    pub const fn depth(self) -> crate::snapshot::schema::tls::ProbeDepth {
        use crate::snapshot::schema::tls::ProbeDepth;
        match self {
            Self::Light => ProbeDepth::Light,
            Self::Deep => ProbeDepth::Deep,
        }
    }
}

/// `privileges`
#[derive(Debug, ClapArgs)]
pub struct PrivilegesArgs {
    /// Snapshot files, `.zst` or not; several are joined
    #[arg(required = true, value_name = "SNAPSHOT")]
    pub snapshots: Vec<PathBuf>,
    /// Only this account, on every server that has it, as in `'app'@'10.%'`
    #[arg(long, value_name = "'USER'@'HOST'")]
    pub account: Option<String>,
    /// Tell as well what each account may do on this table
    #[arg(long, value_name = "DB.TABLE")]
    pub on: Option<String>,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PrivilegesFormat,
}

/// `--format` of `privileges`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrivilegesFormat {
    /// For people
    Text,
    /// One document for machines
    Json,
}

/// `collect`
#[cfg(feature = "collect")]
#[derive(Debug, ClapArgs)]
pub struct CollectArgs {
    /// Snapshot to write; compressed when the name ends in .zst
    #[arg(short, long, value_name = "PATH", env = "AURORA_AUDIT_SNAPSHOT")]
    pub output: PathBuf,
    /// Read nothing but this folder, which the script of `permissions --as-cli` made
    #[arg(long, value_name = "DIR", conflicts_with_all = ["endpoints", "login"])]
    pub from_cli: Option<PathBuf>,
    #[command(flatten)]
    pub targets: TargetArgs,
}

/// `scan`
#[cfg(feature = "collect")]
#[derive(Debug, ClapArgs)]
pub struct ScanArgs {
    /// Keep the snapshot here; compressed when the name ends in .zst
    #[arg(long, value_name = "PATH", conflicts_with = "snapshot_folder")]
    pub snapshot: Option<PathBuf>,
    /// Keep the snapshot in this folder, by a name of account, region and time
    #[arg(long, value_name = "FOLDER")]
    pub snapshot_folder: Option<PathBuf>,
    /// Keep no more than the newest so many snapshots of the same account and region in --snapshot-folder
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
    /// Print what would be asked of AWS, and ask nothing
    #[cfg(feature = "aws")]
    #[arg(long)]
    pub plan: bool,
    #[command(flatten)]
    pub targets: TargetArgs,
    #[command(flatten)]
    pub judging: JudgeArgs,
}

/// What is collected, and how it is reached.
#[cfg(feature = "collect")]
#[derive(Debug, ClapArgs)]
pub struct TargetArgs {
    /// AWS regions, or `all` for the enabled ones; repeatable. Default: those enabled ones that have Aurora clusters or snapshots
    #[arg(
        long = "region",
        visible_alias = "regions",
        value_name = "REGION",
        env = "AURORA_AUDIT_REGION",
        value_delimiter = ','
    )]
    pub regions: Vec<String>,
    /// Profile of the AWS configuration
    #[arg(long, value_name = "NAME", env = "AURORA_AUDIT_PROFILE")]
    pub profile: Option<String>,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub hub: HubArgs,
    /// What the trust policy of the last role asks for
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ID", requires = "roles", env = "AURORA_AUDIT_EXTERNAL_ID")]
    pub external_id: Option<String>,
    /// Calls a second to each AWS service in an account and region; 0 for no limit
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NUMBER", default_value_t = crate::collect::aws::RATE, env = "AURORA_AUDIT_RATE")]
    pub rate: u32,
    /// Calls under way to each AWS service in an account and region
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NUMBER", default_value_t = crate::collect::aws::CONCURRENCY, env = "AURORA_AUDIT_CONCURRENCY")]
    pub concurrency: std::num::NonZeroUsize,
    /// Layers to collect; what is left out is unknown by choice. Without aws, AWS is only asked where the clusters are
    #[arg(long, value_name = "LAYER", value_delimiter = ',', env = "AURORA_AUDIT_COLLECTORS")]
    pub collectors: Vec<Collector>,
    #[command(flatten)]
    pub selection: RuleSelection,
    /// Read this server alone, and no AWS: mysql://HOST:PORT, or unix:PATH of a socket. Repeatable
    #[arg(long = "endpoint", value_name = "URL", conflicts_with_all = ["regions", "profile"], env = "AURORA_AUDIT_ENDPOINT", value_delimiter = ' ')]
    pub endpoints: Vec<crate::collect::Endpoint>,
    /// Database account to log in with; its password comes from AURORA_AUDIT_DB_PASSWORD, --password-file or the terminal.
    /// `[[credentials]]` in the configuration file go before it, for the clusters that they name
    #[arg(long, value_name = "USER", env = "AURORA_AUDIT_LOGIN")]
    pub login: Option<String>,
    /// File whose first line is the password of --login
    #[arg(long, value_name = "FILE", env = "AURORA_AUDIT_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// Log in by a token of IAM, made from the credentials of AWS, instead of a password
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "password_file")]
    pub iam: bool,
    /// Log in by a secret of Secrets Manager, given by its ARN or name, or `master` for the one that RDS keeps for each cluster. It
    /// is read for the login alone, and needs a permission of its own: `permissions --policy --secret`
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ARN", conflicts_with_all = ["password_file", "iam"])]
    pub secret: Option<String>,
    /// Read databases by the RDS Data API, with --secret, where no network path leads to them
    #[cfg(feature = "aws")]
    #[arg(long)]
    pub data_api: bool,
    /// How deep to probe endpoints: versions and certificates in at most four connections, or cipher suites and all. Default:
    /// deep where --login can log in and so take the broken handshakes back, light elsewhere
    #[arg(long, value_name = "DEPTH", env = "AURORA_AUDIT_PROBE")]
    pub probe: Option<ProbeLevel>,
    /// The most connections of a deep probe to an endpoint
    #[arg(long, value_name = "NUMBER", default_value_t = crate::collect::tls::MAX_CONNECTIONS, value_parser = clap::value_parser!(u16).range(1..), env = "AURORA_AUDIT_MAX_CONNECTIONS")]
    pub max_connections: u16,
    /// PEM file of the authorities that server certificates must come from, in place of the built-in bundle
    #[arg(long, value_name = "FILE", env = "AURORA_AUDIT_CA_BUNDLE")]
    pub ca_bundle: Option<PathBuf>,
    /// Connect to ADDR:PORT where an endpoint is HOST:PORT; certificates are still checked for HOST. Repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT", env = "AURORA_AUDIT_CONNECT_TO", value_delimiter = ' ')]
    pub connect_to: Vec<crate::collect::Route>,
}

/// `--collectors`
#[cfg(feature = "collect")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Collector {
    /// What the control plane says
    Aws,
    /// Handshakes with the endpoints
    Tls,
    /// Logins to the databases
    Mysql,
}

#[cfg(feature = "collect")]
impl Collector {
    /// The layer that is meant.
    pub const fn layer(self) -> crate::collect::Layer {
        use crate::collect::Layer;
        match self {
            Self::Aws => Layer::Aws,
            Self::Tls => Layer::Tls,
            Self::Mysql => Layer::Mysql,
        }
    }
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
