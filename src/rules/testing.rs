//! A small world for the tests of this floor: a cluster with a record, computed facts and a list of keyed parts.

use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;

use super::expr::{
    self, Checked, Condition, Const, Frame, Guards, Interpreter, Ir, Let, Listing, Recording, Scope, Trace, Ty,
    Undecided, Usage,
};
use super::problem::{LoadErrors, Problem};
use super::rule::RuleSet;
use super::source::RuleSource;
use super::template::parse_expression;
use super::text::Text;
use crate::facts::{Identity, Subject, Subjects, TargetType};
use crate::model::{Derived, Fact, Object, Place, RecordRef, Version, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, DbClusterAnswer, Engine};

record! {
    /// A secret.
    struct SampleSecret / SampleSecretAnswer = "sample_secret" {
        /// ARN.
        "Arn" arn: String, unknown;
        /// Key.
        "Key" key: String, absent;
    }
}

record! {
    /// A tag.
    struct SampleTag / SampleTagAnswer = "sample_tag" {
        /// Key.
        "Key" key: String, unknown;
    }
}

record! {
    /// What a server says of a cluster.
    struct SampleRecord / SampleAnswer = "sample_record" {
        /// Name.
        "Name" name: String, unknown;
        /// Port.
        "Port" port: i64, unknown;
        /// Flag.
        "Public" public: bool, unknown;
        /// Engine.
        "Engine" engine: Engine, unknown;
        /// Key.
        "KmsKeyId" kms_key_id: String, absent;
        /// Days.
        "Retention" retention: i64, absent;
        /// Log types.
        "Exports" exports: Vec<String>, empty;
        /// Creation.
        "Created" created: Timestamp, unknown;
        /// Secret.
        "Secret" secret: SampleSecret, absent;
        /// Tags.
        "Tags" tags: Vec<SampleTag>, empty;
        /// Text of a parameter.
        "Timeout" timeout: String, unknown;
    }
}

facts! {
    /// An open door.
    struct Door = "door" {
        /// From where.
        cidr: Fact<IpNet>, optional;
        /// To where.
        port: Fact<i64>;
    }
    key name
    at at
}

facts! {
    /// A cluster.
    struct Sample = "sample" on SampleRecord {
        /// Engine version.
        version: Fact<Version>;
        /// Open doors.
        doors: Derived<Vec<Door>>;
        /// Whether anyone can come in.
        reachable: Derived<bool>;
        /// Names of roles, some of which could not be read.
        roles: Fact<Vec<Fact<String>>>;
    }
}

facts! {
    /// Stands in for the cluster facts that shipped rules target.
    struct StandIn = "db_cluster" on DbCluster {}
}

/// The kinds of subjects of this world.
pub(super) const TARGETS: [TargetType; 2] = [
    TargetType { name: "sample", object_type: &Sample::OBJECT_TYPE },
    TargetType { name: "db_cluster", object_type: &StandIn::OBJECT_TYPE },
];

/// A place in the one file of this world.
pub(in crate::rules) fn place(line: u32, pointer: &str) -> Place {
    Place { record: RecordRef { file: 0, line }, pointer: pointer.to_owned() }
}

/// A door that stands on its own line.
pub(in crate::rules) fn door(name: &str, line: u32, cidr: Fact<IpNet>, port: Fact<i64>) -> Door {
    Door { cidr, port, name: name.to_owned(), at: place(line, "/data/Rule") }
}

/// A cluster of which all is known.
pub(in crate::rules) fn sample() -> Sample {
    let secret = SampleSecretAnswer { arn: Some("arn:secret".into()), key: None };
    let tag = SampleTagAnswer { key: Some("team".into()) };
    let answer = SampleAnswer {
        name: Some("orders".into()),
        port: Some(3306),
        public: Some(true),
        engine: Some(Engine::AuroraMysql),
        kms_key_id: None,
        retention: Some(7),
        exports: Some(vec!["audit".into(), "error".into()]),
        created: Some("2026-01-31T00:00:00Z".parse().unwrap()),
        secret: Some(secret.record()),
        tags: Some(vec![tag.record()]),
        timeout: Some("120".into()),
    };
    let world: IpNet = "0.0.0.0/0".parse().unwrap();
    let home: IpNet = "10.0.0.0/24".parse().unwrap();
    let doors = vec![
        door("home", 7, Fact::Known(home), Fact::Known(3306)),
        door("world", 8, Fact::Known(world), Fact::Known(3306)),
        door("group", 9, Fact::Absent, Fact::Known(22)),
    ];
    Sample {
        record: record(3, answer.record()),
        version: Fact::Known("3.8.2".parse().unwrap()),
        doors: Derived::new(Fact::Known(doors), vec![place(5, "/data/Groups")]),
        reachable: Derived::new(Fact::Known(true), vec![place(4, "/data/Routes/0"), place(5, "/data/Groups/1")]),
        roles: Fact::Known(vec![Fact::Known("reader".into()), Fact::Unknown(Why::NotCollected)]),
    }
}

/// A record at a line.
pub(in crate::rules) fn record<T>(line: u32, data: T) -> Arc<Record<T>> {
    Arc::new(Record {
        at: RecordRef { file: 0, line },
        id: "id".into(),
        account: "111122223333".into(),
        region: "eu-central-1".into(),
        source: "rds:DescribeDBClusters".into(),
        observed: Timestamp::UNIX_EPOCH,
        data,
    })
}

/// The same cluster with some fields of its record changed.
pub(in crate::rules) fn changed(change: impl FnOnce(&mut SampleRecord)) -> Sample {
    let mut sample = sample();
    let mut data = sample.record.data.clone();
    change(&mut data);
    sample.record = record(3, data);
    sample
}

/// A stand-in cluster.
pub(in crate::rules) fn stand_in(name: &str, protected: Option<bool>) -> StandIn {
    let answer = DbClusterAnswer {
        db_cluster_identifier: Some(name.into()),
        deletion_protection: protected,
        engine: Some(Engine::AuroraMysql),
        ..DbClusterAnswer::default()
    };
    StandIn { record: record(1, answer.record()) }
}

/// Subjects by kind.
#[derive(Default)]
pub(super) struct World {
    pub(super) samples: Vec<(String, Result<Sample, Why>)>,
    pub(super) clusters: Vec<StandIn>,
}

impl Subjects for World {
    fn subjects(&self, target: &str) -> Vec<Subject<'_>> {
        match target {
            "sample" => self.samples.iter().map(|(name, facts)| subject("sample", name, facts)).collect(),
            "db_cluster" => self
                .clusters
                .iter()
                .map(|facts| Subject {
                    identity: identity("db_cluster", facts.record.data.db_cluster_identifier.known().unwrap()),
                    facts: Ok(facts),
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn identity(kind: &'static str, name: &str) -> Identity {
    Identity {
        kind,
        id: format!("arn:{name}").into(),
        name: name.into(),
        account: "111122223333".into(),
        region: "eu-central-1".into(),
    }
}

fn subject<'a>(kind: &'static str, name: &str, facts: &'a Result<Sample, Why>) -> Subject<'a> {
    Subject { identity: identity(kind, name), facts: facts.as_ref().map(|facts| facts as &dyn Object) }
}

/// Parameters of expressions in tests.
fn params() -> Vec<(String, Ty, Const)> {
    let list = |items: Vec<Const>, of| (Ty::List(Box::new(of)), Const::List(items));
    let (ports_ty, ports) = list(vec![Const::Int(3306), Const::Int(5432)], Ty::Int);
    let (engines_ty, engines) = list(vec![Const::Str("aurora-mysq".into())], Ty::String);
    vec![
        ("ports".into(), ports_ty, ports),
        ("engines".into(), engines_ty, engines),
        ("limit".into(), Ty::Int, Const::Int(10)),
    ]
}

/// Checks an expression over a sample and an element `e` that is a door.
pub(in crate::rules) fn check(source: &str, lets: &[(&str, &str)]) -> Result<Checked, Vec<Problem>> {
    let parse_let = |(name, body): &(&str, &str)| {
        let text = Text::bare(body);
        let ast = parse_expression(&text).unwrap();
        Let { name: expr::Name { text: (*name).into(), span: 0..0 }, text, ast }
    };
    let lets: Vec<Let> = lets.iter().map(parse_let).collect();
    let element = Some(("e".to_owned(), Ty::Object(&Door::OBJECT_TYPE)));
    let scope = Scope { root: &Sample::OBJECT_TYPE, element, params: params(), lets: &lets };
    let text = Text::bare(source);
    let ast = parse_expression(&text).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let checked = expr::check(&scope, &text, &ast, &Guards::new(), &mut Usage::default(), &mut problems);
    if problems.is_empty() { Ok(checked) } else { Err(problems) }
}

/// Whether an expression can be read at all.
pub(in crate::rules) fn parses(source: &str) -> Result<(), Problem> {
    parse_expression(&Text::bare(source)).map(drop)
}

/// Checks an expression that is right.
pub(in crate::rules) fn compiled(source: &str) -> Ir {
    check(source, &[]).unwrap_or_else(|problems| panic!("{source}: {problems:?}")).ir
}

/// Evaluates a condition with a door at hand.
fn run<T: Trace>(source: &str, subject: &Sample) -> (Result<bool, Undecided>, T) {
    let (ir, doors, owner) = (compiled(source), compiled("r.doors"), sample());
    let values: Vec<Const> = params().into_iter().map(|(.., value)| value).collect();
    let elements = Interpreter::<T>::new(&owner, &values).list(&doors).unwrap();
    let mut interpreter = Interpreter::<T>::new(subject, &values).with_element(&elements, 1);
    (interpreter.decide(&ir), interpreter.trace)
}

/// Evaluates a condition, and says what decided it: `fact=value` or `fact?`.
pub(in crate::rules) fn decide(source: &str, subject: &Sample) -> (Result<bool, Undecided>, String) {
    let (decided, trace) = run::<Recording>(source, subject);
    let shown = trace.into_reads().into_iter().map(|read| match read.value {
        Some(value) => format!("{}={value}", read.fact),
        None => format!("{}?", read.fact),
    });
    (decided, shown.collect::<Vec<_>>().join(" "))
}

/// The same by closures.
pub(in crate::rules) fn decide_fast(source: &str, subject: &Sample) -> Result<bool, Undecided> {
    let (condition, doors, owner) = (Condition::new(&compiled(source)), Listing::new(&compiled("r.doors")), sample());
    let values: Vec<Const> = params().into_iter().map(|(.., value)| value).collect();
    let elements = doors.items(&mut Frame::new(&owner, &values)).unwrap();
    let mut frame = Frame::new(subject, &values);
    frame.set_element(&elements, 1);
    condition.decide(&mut frame)
}

/// Loads one rule file.
pub(in crate::rules) fn load(path: &str, text: &str) -> Result<RuleSet, LoadErrors> {
    super::load(&[RuleSource::new(path, text)], &TARGETS)
}

/// The model for other rules.
pub(super) const MODEL: &str = include_str!("../../rules/resilience/res-deletion-protection.yaml");

/// Processor time of this thread: what a test may limit on a machine that others use too.
pub(in crate::rules) fn processor_time() -> std::time::Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse().ok());
    std::time::Duration::from_nanos(nanoseconds.unwrap_or(0))
}
