//! `who-can` on the worked example of the documentation: what the page shows is what the program prints.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use common::{root, run};
use serde_json::Value;

const EXAMPLE: &str = "fixtures/iam/orders.jsonl";

/// The blocks of the page that begin with `$ aurora-audit`, each as its arguments and its output.
fn blocks(page: &str) -> Vec<(Vec<String>, String)> {
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| {
            let (command, output) = block.split_once('\n').unwrap();
            let arguments = command.strip_prefix("$ aurora-audit ").unwrap_or_else(|| panic!("{command}"));
            (arguments.split(' ').map(str::to_owned).collect(), output.to_owned())
        })
        .collect()
}

#[test]
fn the_page_shows_what_the_program_prints() {
    let page = std::fs::read_to_string(root().join("docs/who-can.md")).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 2);
    for (arguments, output) in blocks {
        let run = run(&arguments, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (0, output.as_str()), "{arguments:?}\n{}", run.stderr);
    }
}

#[test]
fn the_document_has_an_answer_for_each_login() {
    let run = run(["who-can", EXAMPLE, "rds-db:connect", "--format", "json"], &[]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let answers: Vec<_> = document["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let last = |value: &Value| value.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let through: Vec<_> = it["through"].as_array().unwrap().iter().map(&last).collect();
            format!(
                "{} {} {} {}",
                last(&it["principal"]),
                it["user"].as_str().unwrap(),
                it["decision"].as_str().unwrap(),
                through.join(",")
            )
        })
        .collect();
    for expected in [
        "app orders_app allowed ",
        "batch orders_app allowed ",
        "batch orders_read allowed ",
        "batch * allowed ",
        "reader orders_read allowed ",
        "bob orders_read allowed reader",
        "ann orders_admin conditional ",
    ] {
        assert!(answers.iter().any(|answer| answer == expected), "{expected}: {answers:#?}");
    }
    for absent in ["carol", "dave", "batch orders_admin"] {
        assert!(!answers.iter().any(|answer| answer.starts_with(absent)), "{absent}: {answers:#?}");
    }
}

#[test]
fn what_cannot_be_asked_is_said_with_its_mend() {
    for (arguments, stderr) in [
        (
            vec!["who-can", EXAMPLE],
            "error: no action is given\nhelp: aurora-audit who-can SNAPSHOT... ACTION [RESOURCE], as in `who-can estate.jsonl rds-db:connect`\n",
        ),
        (
            vec!["who-can", "rds-db:connect"],
            "error: no snapshot is given before the action\nhelp: aurora-audit who-can SNAPSHOT... ACTION [RESOURCE]\n",
        ),
        (
            vec!["who-can", EXAMPLE, "rds:StopDBCluster", "nothing"],
            "error: `nothing` is neither an ARN nor a cluster of the snapshot\n",
        ),
    ] {
        let run = run(&arguments, &[]);
        assert_eq!((run.code, run.stderr.as_str()), (2, stderr), "{arguments:?}");
    }
}
