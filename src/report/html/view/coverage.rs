//! What was asked of whom, and what came of it: a matrix of collectors and targets. A cell without a gap says how much was
//! read; a cell with one says why and what permission is missing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::shown::Shown;
use crate::check::{Assessment, GapEntry};
use crate::model::GapReason;
use crate::report::words;

/// Targets that are listed whatever came of them; of more, only those that were not read whole.
const LISTED: usize = 200;
/// Permissions that one cell names; the table of errors has all of them.
const NAMED: usize = 4;
/// Kinds of subject that are asked one by one.
const CLUSTER: &str = "db_cluster";
const ENDPOINT: &str = "endpoint";

/// A table of collectors and targets.
#[derive(Serialize)]
pub struct Matrix {
    columns: Vec<Shown>,
    rows: Vec<Row>,
    /// Targets that are not listed, because there are many and all of them was read.
    whole: usize,
}

impl Matrix {
    /// Number of targets.
    pub fn targets(&self) -> usize {
        self.rows.len()
    }
}

#[derive(Serialize)]
struct Row {
    target: Shown,
    place: Shown,
    cells: Vec<Cell>,
}

/// What came of asking.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Cell {
    class: &'static str,
    words: String,
    needs: Vec<Shown>,
    /// Whether something is missing.
    #[serde(skip)]
    gaps: bool,
}

#[derive(Default)]
struct Answers<'a> {
    read: usize,
    gaps: Vec<&'a GapEntry>,
}

/// What was asked of: the account, the region, and the one resource where it was asked by itself.
type Key<'a> = (&'a str, &'a str, &'a str);

/// Services of AWS by account and region.
pub fn services(assessment: &Assessment) -> Matrix {
    let mut cells: BTreeMap<Key<'_>, BTreeMap<&str, Answers<'_>>> = BTreeMap::new();
    for listing in &assessment.population {
        let service = service(&listing.source);
        if !asks_servers(service) {
            cells.entry((&listing.account, &listing.region, "")).or_default().entry(service).or_default().read += 1;
        }
    }
    for gap in &assessment.gaps {
        let service = service(&gap.what);
        if !asks_servers(service) {
            cells.entry((&gap.account, &gap.region, "")).or_default().entry(service).or_default().gaps.push(gap);
        }
    }
    let columns: BTreeSet<&str> = cells.values().flat_map(BTreeMap::keys).copied().collect();
    let rows = cells.iter().map(|((account, region, _), answers)| Row {
        target: Shown::words(if account.is_empty() { "no account" } else { account }),
        place: Shown::words(region),
        cells: columns.iter().map(|service| cell(answers.get(service))).collect(),
    });
    let (rows, columns) = (rows.collect(), columns.iter().map(|service| Shown::words(service)).collect());
    Matrix { columns, rows, whole: 0 }
}

/// Servers, each asked by itself: databases by their clusters, TLS by endpoints.
pub fn servers(assessment: &Assessment) -> Matrix {
    let mut cells: BTreeMap<Key<'_>, BTreeMap<&str, Answers<'_>>> = BTreeMap::new();
    for subject in assessment.verdicts.iter().map(|verdict| &verdict.subject) {
        if [CLUSTER, ENDPOINT].contains(&&*subject.kind) {
            let row = cells.entry((&subject.account, &subject.region, subject.id.raw())).or_default();
            if subject.kind == ENDPOINT && collects(assessment, "tls") {
                row.entry("tls").or_insert(Answers { read: 1, gaps: Vec::new() });
            }
        }
    }
    for listing in assessment.population.iter().filter(|listing| asks_servers(service(&listing.source))) {
        let target = listing.target.as_ref().map_or("", |target| target.raw());
        let row = cells.entry((&listing.account, &listing.region, target)).or_default();
        row.entry(service(&listing.source)).or_default().read += 1;
    }
    for gap in assessment.gaps.iter().filter(|gap| asks_servers(service(&gap.what))) {
        let target = gap.target.as_ref().map_or("", |target| target.raw());
        let answers =
            cells.entry((&gap.account, &gap.region, target)).or_default().entry(service(&gap.what)).or_default();
        // A handshake that failed leaves nothing of the endpoint read.
        answers.read -= usize::from(service(&gap.what) == "tls").min(answers.read);
        answers.gaps.push(gap);
    }
    let rows = cells.into_iter().map(|((account, region, target), answers)| Row {
        target: Shown::words(if target.is_empty() { "all of them" } else { target }),
        place: Shown::words(&format!("{account} {region}")),
        cells: ["mysql", "tls"].map(|service| cell(answers.get(service))).into(),
    });
    let mut rows: Vec<_> = rows.collect();
    let all = rows.len();
    if all > LISTED {
        rows.retain(|row| row.cells.iter().any(|cell| cell.gaps));
    }
    let columns = ["databases (mysql)", "endpoints (tls)"].map(Shown::words).into();
    Matrix { columns, whole: all - rows.len(), rows }
}

fn service(what: &str) -> &str {
    what.split(':').next().unwrap_or_default()
}

fn asks_servers(service: &str) -> bool {
    ["mysql", "tls"].contains(&service)
}

fn collects(assessment: &Assessment, collector: &str) -> bool {
    assessment.run.snapshots.iter().any(|snapshot| snapshot.collectors.iter().any(|it| it == collector))
}

fn cell(answers: Option<&Answers<'_>>) -> Cell {
    let Some(Answers { read, gaps }) = answers else {
        return Cell { class: "na", words: "not asked".to_owned(), needs: Vec::new(), gaps: false };
    };
    let mut reasons: BTreeMap<GapReason, usize> = BTreeMap::new();
    for gap in gaps {
        *reasons.entry(gap.reason).or_default() += 1;
    }
    let named = reasons.iter().map(|(reason, times)| format!("{} {}", words::grouped(*times), reason.as_str()));
    let mut parts: Vec<String> = if *read > 0 { vec![format!("{} read", words::grouped(*read))] } else { Vec::new() };
    parts.extend(named);
    let chosen = gaps.iter().all(|gap| gap.reason.is_voluntary());
    let class = match (gaps.is_empty(), chosen) {
        (true, _) => "pass",
        (false, true) => "na",
        (false, false) => "fail",
    };
    let needs: BTreeSet<_> = gaps.iter().filter_map(|gap| gap.needs.as_ref()).collect();
    Cell {
        class,
        words: parts.join(", "),
        needs: needs.into_iter().take(NAMED).map(Shown::of).collect(),
        gaps: !gaps.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, many, sample};

    fn table(matrix: &Matrix) -> Vec<String> {
        let text = |value: &Shown| serde_json::to_value(value).unwrap().as_str().unwrap().to_owned();
        let row = |row: &Row| {
            let cells: Vec<String> = row
                .cells
                .iter()
                .map(|cell| {
                    format!(
                        "{}: {} [{}]",
                        cell.class,
                        cell.words,
                        cell.needs.iter().map(text).collect::<Vec<_>>().join("; ")
                    )
                })
                .collect();
            format!("{} | {} | {}", text(&row.target), text(&row.place), cells.join(" | "))
        };
        matrix.rows.iter().map(row).collect()
    }

    #[test]
    fn a_denied_call_names_its_permission() {
        assert_eq!(
            table(&services(&sample())),
            [
                "111122223333 | eu-central-1 | pass: 1 read [] | fail: 2 read, 1 denied [rds:DescribeDBClusterSnapshotAttributes]"
            ]
        );
    }

    #[test]
    fn every_server_says_what_came_of_it() {
        let rows = table(&servers(&sample()));
        for wanted in [
            "shop-staging:3306 | 111122223333 eu-central-1 | na: not asked [] | fail: 1 unreachable []",
            "shop-staging | 111122223333 eu-central-1 | na: 1 not requested [] | na: not asked []",
            "reports.cluster-c1:3306 | 111122223333 eu-central-1 | na: not asked [] | pass: 1 read []",
        ] {
            assert!(rows.iter().any(|row| row == wanted), "{wanted}\n{rows:#?}");
        }
    }

    #[test]
    fn of_many_servers_only_those_with_gaps_are_listed() {
        let matrix = servers(&many(4_000));
        assert!(matrix.whole > 1_000 && matrix.rows.iter().all(|row| row.cells.iter().any(|cell| cell.gaps)));
        assert!(table(&matrix).iter().any(|row| row.contains("1 unreachable")));
    }

    #[test]
    fn nothing_asked_is_an_empty_table() {
        assert!(services(&empty()).rows.is_empty() && servers(&empty()).rows.is_empty());
    }
}
