//! Access paths of the sample: a chain that holds, and one that nobody knows of.

use super::{ACCOUNT, ORDERS, REGION, SHOP, place};
use crate::check::{
    AccessEntry, ChangeEntry, ClusterEntry, CutsEntry, FromEntry, Location, PathEntry, PathsEntry, StepEntry,
    StepEvidence,
};
use crate::model::{Severity, Untrusted};

/// Two paths, who reaches what, and what was left out.
pub fn paths() -> PathsEntry {
    let (dev, internet) = (from("principal", "arn:aws:iam::111122223333:user/dev", "user/dev"), anybody());
    let (orders, shop) = (cluster(ORDERS, "orders-prod"), cluster(SHOP, "shop-staging"));
    let row = |from: &FromEntry, cluster: &ClusterEntry, classes: &[(&str, &str)]| AccessEntry {
        from: from.clone(),
        cluster: cluster.clone(),
        classes: classes.iter().map(|(class, sure)| ((*class).to_owned(), (*sure).to_owned())).collect(),
    };
    let all = ["read", "write", "admin"].map(|class| (class, "certain"));
    PathsEntry {
        matrix: vec![row(&dev, &orders, &all), row(&dev, &shop, &[("read", "possible")])],
        paths: vec![chain(dev, orders), unknown(internet, shop)],
        found: 5,
        administrators: vec!["arn:aws:iam::111122223333:role/break-glass".into()],
        notes: vec!["3 less grave answers are not told".into()],
    }
}

fn from(kind: &str, id: &str, name: &str) -> FromEntry {
    FromEntry { kind: kind.to_owned(), id: id.into(), name: name.into() }
}

fn anybody() -> FromEntry {
    from("internet", "internet", "the internet")
}

fn cluster(id: &str, name: &str) -> ClusterEntry {
    ClusterEntry { id: id.into(), name: name.into(), account: ACCOUNT.to_owned(), region: REGION.to_owned() }
}

fn step(number: usize, words: &str, needs: &[usize], value: &str, location: Location) -> StepEntry {
    StepEntry {
        number,
        words: words.into(),
        certainty: "certain".to_owned(),
        conditions: Vec::new(),
        unknown: None,
        needs: needs.to_vec(),
        evidence: vec![StepEvidence { value: value.into(), location }],
    }
}

fn chain(from: FromEntry, cluster: ClusterEntry) -> PathEntry {
    let iam = |line, pointer| place(0, line, pointer, "iam:GetAccountAuthorizationDetails");
    let statement = "/data/RolePolicyList/0/PolicyDocument/Statement/0";
    let data_api = place(0, 12, "/data/HttpEndpointEnabled", "rds:DescribeDBClusters");
    let change = |kind: &str, words: &str, at: Location| {
        vec![ChangeEntry { kind: kind.to_owned(), words: words.into(), locations: vec![at] }]
    };
    PathEntry {
        from,
        cluster,
        also: Vec::new(),
        to: "admin".to_owned(),
        certainty: "conditional".to_owned(),
        severity: Severity::High,
        steps: vec![
            StepEntry {
                certainty: "conditional".to_owned(),
                conditions: vec!["aws:MultiFactorAuthPresent is true".into()],
                ..step(
                    1,
                    "user/dev assumes role/ops",
                    &[],
                    "trust statement 1",
                    iam(210, "/data/AssumeRolePolicyDocument"),
                )
            },
            step(2, "role/ops may rds-data:ExecuteStatement", &[1], "ops statement 1", iam(210, statement)),
            step(3, "the Data API of the cluster is on", &[], "true", data_api.clone()),
            step(4, "the Data API logs it in as the master user", &[2, 3], "orders_root", data_api.clone()),
        ],
        assumes_no_scp_denies: true,
        other_ways: 1,
        more_ways: false,
        cuts: CutsEntry {
            exact: true,
            sets: vec![
                change("setting", "switch the Data API off", data_api),
                change("statement", "take rds-data:ExecuteStatement out of ops statement 1", iam(210, statement)),
            ],
            cut_short: false,
        },
    }
}

fn unknown(from: FromEntry, cluster: ClusterEntry) -> PathEntry {
    let words = "some account of it may have an empty password";
    let step = StepEntry {
        certainty: "possible".to_owned(),
        unknown: Some(Untrusted::from("mysql:mysql.user was denied")),
        evidence: Vec::new(),
        ..step(1, words, &[], "", place(0, 1, "/data", "mysql:mysql.user"))
    };
    PathEntry {
        from,
        cluster,
        also: Vec::new(),
        to: "read".to_owned(),
        certainty: "possible".to_owned(),
        severity: Severity::Low,
        steps: vec![step],
        assumes_no_scp_denies: false,
        other_ways: 0,
        more_ways: true,
        cuts: CutsEntry { exact: false, sets: Vec::new(), cut_short: false },
    }
}
