//! What a verdict costs by the `cel` crate and by regorus (Rego), and what it costs here: six rules over the clusters and instances of
//! one made-up estate, in one run. Everybody gets values that are parsed already and rules that are compiled already.
//!
//! `cd benches/peers && cargo run --release [-- CLUSTERS]`
//!
//! How many subjects each finds to pass is printed too: the peers know no *unknown*. A value that is missing is an error to `cel` and
//! *undefined* to Rego, which a policy that asks for `allow` takes for a failure and one that asks for `deny` for a pass.

#[path = "../../estate/mod.rs"]
#[expect(dead_code, reason = "the floor is measured elsewhere")]
mod estate;

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aurora_audit::facts::{Facts, TARGETS};
use aurora_audit::model::Outcome;
use aurora_audit::rules::{self, Detail, evaluate};
use aurora_audit::snapshot::read_texts;
use cel::{Context, Program, Value as Cel};
use estate::{LARGE, Size};
use serde_json::Value;

/// A rule as each says it; the snapshot's own field names are those of the peers.
struct Rule {
    id: &'static str,
    kind: &'static str,
    cel: &'static str,
    rego: &'static str,
}

const RULES: [Rule; 6] = [
    Rule {
        id: "data-storage-encrypted",
        kind: "rds.db_cluster",
        cel: "r.StorageEncrypted",
        rego: "input.StorageEncrypted",
    },
    Rule {
        id: "db-iam-auth-enabled",
        kind: "rds.db_cluster",
        cel: "r.IAMDatabaseAuthenticationEnabled",
        rego: "input.IAMDatabaseAuthenticationEnabled",
    },
    Rule {
        id: "db-master-name-not-default",
        kind: "rds.db_cluster",
        cel: "!(r.MasterUsername in ['admin', 'administrator', 'awsuser', 'master', 'mysql', 'postgres', 'rdsadmin', 'root'])",
        rego: r#"not input.MasterUsername in {"admin", "administrator", "awsuser", "master", "mysql", "postgres", "rdsadmin", "root"}"#,
    },
    Rule {
        id: "net-instance-not-public",
        kind: "rds.db_instance",
        cel: "!r.PubliclyAccessible",
        rego: "input.PubliclyAccessible == false",
    },
    Rule {
        id: "res-backup-retention",
        kind: "rds.db_cluster",
        cel: "r.BackupRetentionPeriod >= 7",
        rego: "input.BackupRetentionPeriod >= 7",
    },
    Rule {
        id: "res-deletion-protection",
        kind: "rds.db_cluster",
        cel: "r.DeletionProtection",
        rego: "input.DeletionProtection",
    },
];

/// Runs of each; the quickest counts.
const RUNS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let clusters = std::env::args().nth(1).map_or(Ok(LARGE.clusters), |word| word.parse())?;
    let text = estate::snapshot(&Size { accounts: LARGE.accounts, clusters, groups: clusters / 2, users: clusters * 2 });
    println!("{clusters} clusters, {} instances, {} rules", clusters * 3, RULES.len());
    let ours = rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| ours(&text))?;
    for (name, took) in [("aurora-audit", ours), ("cel 0.15", by_cel(&text)?), ("regorus 0.14", by_rego(&text)?)] {
        let nanoseconds = took.time.as_secs_f64() * 1e9 / took.verdicts as f64;
        println!(
            "{name:<14}{:>9} verdicts{:>9} pass{nanoseconds:>9.0} ns a verdict{:>8.1} x",
            took.verdicts,
            took.passes,
            nanoseconds / (ours.time.as_secs_f64() * 1e9 / ours.verdicts as f64)
        );
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Took {
    time: Duration,
    verdicts: usize,
    passes: usize,
}

/// The least time of several runs of something that counts verdicts and passes.
fn least(mut run: impl FnMut() -> (usize, usize)) -> Took {
    let mut best: Option<Took> = None;
    for _ in 0..RUNS {
        let started = Instant::now();
        let (verdicts, passes) = black_box(run());
        let took = Took { time: started.elapsed(), verdicts, passes };
        best = Some(best.map_or(took, |best| if took.time < best.time { took } else { best }));
    }
    best.expect("there is a run")
}

fn ours(text: &str) -> Result<Took, Box<dyn Error + Send + Sync>> {
    let snapshot = read_texts(&[("estate.jsonl".into(), text.to_owned())]).map_err(|_| "the snapshot does not read")?;
    let chosen: Vec<_> = rules::embedded()
        .into_iter()
        .filter(|source| RULES.iter().any(|rule| source.path.ends_with(&format!("/{}.yaml", rule.id))))
        .collect();
    let set = rules::load(&chosen, TARGETS).map_err(|_| "the rules do not load")?;
    let facts = Facts::new(&snapshot);
    Ok(least(|| {
        let verdicts = evaluate(&set, &facts, Detail::Outcomes);
        (verdicts.len(), verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Pass).count())
    }))
}

/// The data of all records of a kind.
fn subjects(text: &str, kind: &str) -> Result<Vec<Value>, serde_json::Error> {
    let records = text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
    Ok(records.into_iter().filter(|record| record["kind"] == kind).map(|mut record| record["data"].take()).collect())
}

fn by_cel(text: &str) -> Result<Took, Box<dyn Error>> {
    let mut work = Vec::new();
    for rule in &RULES {
        let contexts: Vec<Context> = subjects(text, rule.kind)?
            .iter()
            .map(|subject| {
                let mut context = Context::default();
                context.add_variable("r", subject).map(|()| context)
            })
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        work.push((Program::compile(rule.cel)?, contexts));
    }
    Ok(least(|| {
        let verdicts = work.iter().flat_map(|(program, contexts)| contexts.iter().map(|it| program.execute(it)));
        verdicts.fold((0, 0), |(all, passes), it| (all + 1, passes + usize::from(matches!(it, Ok(Cel::Bool(true))))))
    }))
}

fn by_rego(text: &str) -> Result<Took, Box<dyn Error>> {
    let mut work = Vec::new();
    for rule in &RULES {
        let mut engine = regorus::Engine::new();
        engine.add_policy("rule.rego".into(), format!("package audit\nimport rego.v1\nallow if {{ {} }}\n", rule.rego))?;
        let policy = engine.compile_with_entrypoint(&"data.audit.allow".into())?;
        let inputs = subjects(text, rule.kind)?
            .iter()
            .map(|subject| regorus::Value::from_json_str(&subject.to_string()))
            .collect::<Result<Vec<_>, _>>()?;
        work.push((policy, inputs));
    }
    Ok(least(|| {
        let verdicts = work
            .iter()
            .flat_map(|(policy, inputs)| inputs.iter().map(|input| policy.eval_with_input(input.clone())));
        verdicts.fold((0, 0), |(all, passes), it| {
            (all + 1, passes + usize::from(matches!(it, Ok(regorus::Value::Bool(true)))))
        })
    }))
}
