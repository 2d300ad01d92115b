//! How fast IAM requests are decided, one by one and as a matrix, on a load made up to the measure of a large organisation: 1,000
//! roles with three to six policies each out of 850, some 20 statements a role, a boundary on every fifth, three levels of service
//! control policies, 200 actions on 20 clusters. The one-by-one evaluator is the reference of the matrix, in time and in answers.
//! Times are processor time of this thread; the machine may be busy.
//!
//! At the end the same roles and clusters as a snapshot, joined and judged by every built-in rule on IAM as `check` does it.
//!
//! `cargo bench --no-default-features --bench iam [-- ROLES]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark speaks on stdout, for people, and stops when it cannot go on"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use aurora_audit::facts::iam::evaluate::{
    Context, Decision, Held, Level, Options, Organization, Principal, PrincipalPolicies, Request, Resource,
    ResourcePolicies, decide,
};
use aurora_audit::facts::iam::grammar::{Action, Document, Kind};
use aurora_audit::facts::iam::matrix::{ActionCell, Answer, Matrix, PrincipalCell, ResourceCell};
use aurora_audit::facts::{Facts, TARGETS};
use aurora_audit::model::Outcome;
use aurora_audit::rules::{self, Detail, evaluate};
use aurora_audit::snapshot::read_texts;
use serde_json::{Value, json};

/// Cells that are decided one by one.
const SAMPLE: usize = 40_000;

const VERBS: [&str; 10] =
    ["Describe", "Create", "Delete", "Modify", "Start", "Stop", "Restore", "Copy", "Reboot", "Promote"];
const NOUNS: [&str; 20] = [
    "DBCluster",
    "DBInstance",
    "DBClusterSnapshot",
    "DBSnapshot",
    "DBParameterGroup",
    "DBClusterParameterGroup",
    "OptionGroup",
    "DBSubnetGroup",
    "DBProxy",
    "DBProxyEndpoint",
    "GlobalCluster",
    "EventSubscription",
    "BlueGreenDeployment",
    "Integration",
    "TenantDatabase",
    "DBShardGroup",
    "DBClusterEndpoint",
    "ActivityStream",
    "ExportTask",
    "Certificates",
];
const OTHERS: [&str; 12] =
    ["s3", "ec2", "lambda", "iam", "logs", "kms", "sns", "sqs", "glue", "ssm", "dynamodb", "cloudwatch"];

fn main() {
    let roles = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000);
    let load = Load::new(roles);
    let statements: usize = load.roles.iter().map(Role::statements).sum();
    println!(
        "{roles} roles, {} policies, {:.1} statements a role, {} actions, {} clusters",
        load.policies,
        statements as f64 / roles as f64,
        load.actions.len(),
        load.clusters.len()
    );
    let cells = load.sample();
    let (complete, partial) = (load.contexts(&Context::complete()), load.contexts(&Context::partial()));
    let decided = |contexts: &[Vec<Context>]| cells.iter().map(|cell| load.decide(*cell, contexts)).collect::<Vec<_>>();
    let (strict_time, strict) = timed(|| decided(&complete));
    let (open_time, open) = timed(|| decided(&partial));
    let (matrix_time, matrix) = timed(|| load.matrix());
    report("decide, complete contexts", strict_time, SAMPLE, &count(&strict));
    report("decide, unknown keys", open_time, SAMPLE, &count(&open));
    let all = roles * load.actions.len() * load.clusters.len();
    report(
        "matrix, unknown keys",
        matrix_time,
        all,
        &format!("{:.0} times as fast", (open_time / SAMPLE as f64) / (matrix_time / all as f64)),
    );
    let wrong = cells.iter().zip(&open).filter(|((role, action, cluster), decision)| {
        matrix.answer(*role, *action, *cluster) != Some(Answer::from(*decision))
    });
    println!("{} of {SAMPLE} sampled cells differ", wrong.count());
    judged(roles);
}

/// The rules on IAM over a snapshot of `roles` roles and 20 clusters, in processor time of the process.
fn judged(roles: usize) {
    let text = snapshot(roles);
    println!("a snapshot of {roles} roles and 20 clusters, {:.1} MB", text.len() as f64 / 1e6);
    let sources: Vec<_> = rules::embedded().into_iter().filter(|it| it.path.contains("/iam-")).collect();
    let set = rules::load(&sources, TARGETS).unwrap();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (before, clock) = (process_seconds(), Instant::now());
        let verdicts = pool.install(|| {
            let snapshot = read_texts(&[("iam.jsonl".into(), text.clone())]).unwrap();
            evaluate(&set, &Facts::new(&snapshot), Detail::Findings)
        });
        let of = |outcome: Outcome| verdicts.iter().filter(|it| it.outcome == outcome).count();
        println!(
            "{threads} threads: read, join and judge by {} rules: {:.3} s of processors, {:.3} s of the clock; {} pass, {} fail, {} unknown",
            set.rules.len(),
            process_seconds() - before,
            clock.elapsed().as_secs_f64(),
            of(Outcome::Pass),
            of(Outcome::Fail),
            of(Outcome::Unknown)
        );
    }
}

/// Processor time of the process in hundredths of a second, from `/proc/self/stat`; 0 where the system does not say.
fn process_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

const ACCOUNT: &str = "123456789012";

/// The load as records: policies are managed ones, which their roles share.
fn snapshot(roles: usize) -> String {
    let mut dice = Dice(7);
    let documents: Vec<_> = (0..850)
        .map(|index| {
            let rds = dice.roll(100) < 35;
            if index < 700 { managed(&mut dice, rds) } else { customer(&mut dice) }
        })
        .collect();
    let arn = |index: usize| format!("arn:aws:iam::{ACCOUNT}:policy/p{index}");
    let mut lines = vec![line(
        "header",
        "snapshot",
        "",
        &json!({"SchemaVersion": 1, "ToolVersion": "0", "Started": TIME, "Scope": {"Regions": ["eu-west-1"], "Collectors": ["aws"]}}),
    )];
    for (index, document) in documents.iter().enumerate() {
        let version = json!({"VersionId": "v1", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": document}});
        let data = json!({"PolicyName": format!("p{index}"), "Arn": arn(index), "DefaultVersionId": "v1", "AttachmentCount": 1, "PolicyVersionList": [version]});
        lines.push(line("iam.policy", &arn(index), IAM, &data));
    }
    for index in 0..roles {
        let held: Vec<_> = (0..3 + dice.roll(4))
            .map(|_| if dice.roll(3) == 0 { 700 + dice.roll(150) } else { dice.roll(700) })
            .map(|policy| json!({"PolicyName": format!("p{policy}"), "PolicyArn": arn(policy)}))
            .collect();
        let role = format!("arn:aws:iam::{ACCOUNT}:role/role-{index}");
        let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}});
        let data = json!({"RoleName": format!("role-{index}"), "Arn": role, "Path": "/", "AssumeRolePolicyDocument": trust,
            "Tags": [{"Key": "team", "Value": format!("team-{}", index % 8)}], "RolePolicyList": [], "AttachedManagedPolicies": held, "PermissionsBoundary": null});
        lines.push(line("iam.role", &role, IAM, &data));
    }
    for index in 0..20_usize {
        let name = format!("{}-{index}", if index.is_multiple_of(2) { "prod" } else { "dev" });
        let cluster = format!("arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:{name}");
        let data = json!({"DBClusterIdentifier": name, "DBClusterArn": cluster, "DbClusterResourceId": format!("cluster-{index:026}"), "MasterUsername": "admin",
            "DBClusterParameterGroup": "default", "DBSubnetGroup": "default", "VpcSecurityGroups": [], "DBClusterMembers": [], "AssociatedRoles": [],
            "HttpEndpointEnabled": true, "Engine": "aurora-mysql", "TagList": [{"Key": "team", "Value": format!("team-{}", index % 8)}]});
        lines.push(line("rds.db_cluster", &cluster, "rds:DescribeDBClusters", &data));
    }
    for (kind, source, kept) in [
        ("iam.user", IAM, 0),
        ("iam.group", IAM, 0),
        ("iam.role", IAM, roles),
        ("iam.policy", IAM, documents.len()),
        ("rds.db_cluster", "rds:DescribeDBClusters", 20),
        ("rds.db_proxy", "rds:DescribeDBProxies", 0),
    ] {
        let data = json!({"Kind": kind, "Target": null, "Returned": kept, "Kept": kept, "Excluded": []});
        lines.push(line("listing", &format!("{source}/{kind}"), source, &data));
    }
    lines.join("\n") + "\n"
}

const TIME: &str = "2026-11-21T09:00:00Z";
const IAM: &str = "iam:GetAccountAuthorizationDetails";

fn line(kind: &str, id: &str, source: &str, data: &Value) -> String {
    let region = if source.starts_with("rds:") { "eu-west-1" } else { "global" };
    let (account, region) = if kind == "header" { ("", "") } else { (ACCOUNT, region) };
    json!({"kind": kind, "id": id, "account": account, "region": region, "source": source, "at": TIME, "data": data})
        .to_string()
}

fn report(what: &str, seconds: f64, cells: usize, note: &str) {
    println!("{what:<28}{:>9.3} s  {:>12.0} a second  {note}", seconds, cells as f64 / seconds);
}

fn count(decisions: &[Decision]) -> String {
    let of = |word: &str| decisions.iter().filter(|it| it.as_str() == word).count();
    let words = ["Allowed", "ImplicitlyDenied", "ExplicitlyDenied", "Conditional"];
    words.map(|word| format!("{} {word}", of(word))).join(", ")
}

/// Seconds of processor time of this thread, or of the clock where the system does not say; the least of a few runs.
fn timed<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    const RUNS: usize = 5;
    let busy = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    let mut run = || {
        let (clock, before) = (Instant::now(), busy());
        let result = black_box(work());
        let busy = before.zip(busy()).map(|(before, after)| (after - before) as f64 / 1e9);
        (busy.unwrap_or_else(|| clock.elapsed().as_secs_f64()), result)
    };
    let mut best = run();
    for _ in 1..RUNS {
        let next = run();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

struct Load {
    roles: Vec<Role>,
    policies: usize,
    actions: Vec<Action>,
    clusters: Vec<Resource>,
    tags: Vec<Context>,
}

struct Role {
    principal: Principal,
    policies: PrincipalPolicies,
    context: Context,
}

impl Role {
    fn cell<'a>(&'a self, context: &'a Context) -> PrincipalCell<'a> {
        PrincipalCell { principal: &self.principal, policies: &self.policies, context }
    }

    fn statements(&self) -> usize {
        let of = |held: &Held| held.document.as_ref().map_or(0, |document| document.statements.len());
        self.policies.identity.iter().map(of).sum()
    }
}

/// A linear congruential generator: the same load every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        from.get(self.roll(from.len())).unwrap()
    }
}

impl Load {
    fn new(roles: usize) -> Self {
        let mut dice = Dice(7);
        let managed: Vec<_> = (0..700)
            .map(|_| {
                let rds = dice.roll(100) < 35;
                policy(&managed(&mut dice, rds))
            })
            .collect();
        let customer: Vec<_> = (0..150).map(|_| policy(&customer(&mut dice))).collect();
        let boundaries: Vec<_> =
            ["rds:*", "*"].map(|action| policy(&json!([allow(&json!([action, "s3:*", "logs:*"]))]))).into();
        let scps = Organization::Levels(levels().into());
        let role = |index: usize| {
            let policies = 3 + dice.roll(4);
            let identity = (0..policies)
                .map(|_| if dice.roll(3) == 0 { dice.pick(&customer) } else { dice.pick(&managed) }.clone());
            let identity = identity.collect();
            let boundary = (dice.roll(5) == 0).then(|| vec![dice.pick(&boundaries).clone()]);
            let mut context = Context::complete();
            context.set("aws:PrincipalTag/team", format!("team-{}", dice.roll(8)));
            context.set("aws:PrincipalAccount", "123456789012");
            Role {
                principal: Principal::new(&format!("arn:aws:iam::123456789012:role/role-{index}")),
                policies: PrincipalPolicies { identity, boundary, session: None, scps: scps.clone() },
                context,
            }
        };
        let roles = (0..roles).map(role).collect();
        let names = VERBS.iter().flat_map(|verb| NOUNS.map(|noun| Action::new(&format!("rds:{verb}{noun}")).unwrap()));
        let cluster = |index: usize| {
            Resource::arn(&format!(
                "arn:aws:rds:eu-west-1:123456789012:cluster:{}-{index}",
                if index.is_multiple_of(2) { "prod" } else { "dev" }
            ))
        };
        let tags = (0..20).map(|index: usize| {
            let mut tags = Context::complete();
            tags.set("aws:ResourceTag/team", format!("team-{}", index % 8));
            tags
        });
        Self {
            roles,
            policies: 850,
            actions: names.collect(),
            clusters: (0..20).map(cluster).collect(),
            tags: tags.collect(),
        }
    }

    /// For each role and cluster, its context over `rest`.
    fn contexts(&self, rest: &Context) -> Vec<Vec<Context>> {
        let of = |role: &Role| self.tags.iter().map(|tags| tags.over(&role.context.over(rest))).collect();
        self.roles.iter().map(of).collect()
    }

    fn sample(&self) -> Vec<(usize, usize, usize)> {
        let mut dice = Dice(11);
        (0..SAMPLE)
            .map(|_| (dice.roll(self.roles.len()), dice.roll(self.actions.len()), dice.roll(self.clusters.len())))
            .collect()
    }

    fn decide(&self, (role, action, cluster): (usize, usize, usize), contexts: &[Vec<Context>]) -> Decision {
        let of = self.roles.get(role).unwrap();
        let request = Request {
            principal: &of.principal,
            action: self.actions.get(action).unwrap(),
            resource: self.clusters.get(cluster).unwrap(),
            resource_account: None,
            context: contexts.get(role).and_then(|of| of.get(cluster)).unwrap(),
        };
        decide(&request, &of.policies, &ResourcePolicies::NONE, Options::default())
    }

    fn matrix(&self) -> Matrix {
        let nothing = Context::partial();
        let known: Vec<_> = self.roles.iter().map(|role| role.context.over(&nothing)).collect();
        let principals: Vec<_> = self.roles.iter().zip(&known).map(|(role, context)| role.cell(context)).collect();
        let actions: Vec<_> = self.actions.iter().map(|action| ActionCell { action, context: &nothing }).collect();
        let resource =
            |(resource, context)| ResourceCell { resource, account: None, policies: &ResourcePolicies::NONE, context };
        let resources: Vec<_> = self.clusters.iter().zip(&self.tags).map(resource).collect();
        Matrix::new(&principals, &actions, &resources, Options::default())
    }
}

fn policy(statements: &Value) -> Held {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Held {
        id: "arn:aws:iam::123456789012:policy/p".into(),
        document: Ok(Arc::new(Document::parse(&text, Kind::Identity).unwrap())),
    }
}

fn allow(actions: &Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

fn rds_actions(dice: &mut Dice) -> Vec<String> {
    let one = |dice: &mut Dice| match dice.roll(4) {
        0 => format!("rds:{}*", dice.pick(&VERBS)),
        1 => format!("rds:*{}", dice.pick(&NOUNS)),
        _ => format!("rds:{}{}", dice.pick(&VERBS), dice.pick(&NOUNS)),
    };
    (0..=dice.roll(6)).map(|_| one(dice)).collect()
}

/// As AWS's own: several statements, many actions, mostly every resource.
fn managed(dice: &mut Dice, rds: bool) -> Value {
    let statement = |dice: &mut Dice| {
        let service = dice.pick(&OTHERS);
        let mut actions: Vec<_> =
            (0..2 + dice.roll(10)).map(|index| format!("{service}:{}Thing{index}", dice.pick(&VERBS))).collect();
        if rds && dice.roll(3) == 0 {
            actions.extend(rds_actions(dice));
        }
        allow(&json!(actions))
    };
    (0..=dice.roll(8)).map(|_| statement(dice)).collect()
}

/// As customers write them: names, tags, MFA, addresses, exceptions.
fn customer(dice: &mut Dice) -> Value {
    let statement = |dice: &mut Dice| {
        let actions = rds_actions(dice);
        let resource = format!("arn:aws:rds:*:123456789012:cluster:{}-*", dice.pick(&["prod", "dev"]));
        match dice.roll(8) {
            0 => {
                json!({"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}})
            }
            1 => {
                json!({"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}})
            }
            2 => {
                json!({"Effect": "Deny", "NotAction": ["iam:*", "rds:Describe*"], "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}})
            }
            3 => json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": resource}),
            4 => json!({"Effect": "Deny", "Action": actions, "NotResource": resource}),
            5 => {
                json!({"Effect": "Allow", "Action": "rds:*", "Resource": "arn:aws:rds:*:*:cluster:${aws:PrincipalTag/team}-*"})
            }
            _ => json!({"Effect": "Allow", "Action": actions, "Resource": resource}),
        }
    };
    (0..=dice.roll(4)).map(|_| statement(dice)).collect()
}

/// The root allows everything, the unit forbids a few actions, the account is limited to some services.
fn levels() -> Vec<Level> {
    let level = |id: &str, policies: Vec<Held>| Level { id: id.into(), policies };
    let forbids =
        json!([{"Effect": "Deny", "Action": ["rds:DeleteDBClusterSnapshot", "rds:*GlobalCluster"], "Resource": "*"}]);
    vec![
        level("root", vec![policy(&json!([allow(&json!("*"))]))]),
        level("unit", vec![policy(&json!([allow(&json!("*"))])), policy(&forbids)]),
        level("account", vec![policy(&json!([allow(&json!(["rds:*", "s3:*", "kms:*", "logs:*"]))]))]),
    ]
}
