//! What whoever opens the page wants to know first. Each answer is what the rules about it found, with what they could not find
//! out; the page computes none of it.

use serde::Serialize;

use super::population::Subjects;
use super::shown::{Shown, anchor};
use crate::check::{Assessment, RuleEntry, VerdictEntry};
use crate::model::Outcome;
use crate::report::words;

/// Names that an answer shows before it refers to the rule.
const NAMED: usize = 12;

/// A question and the rules that answer it, the most telling first.
const QUESTIONS: [(&str, &[&str]); 4] = [
    (
        "What can be reached from the internet?",
        &["net-internet-reachable", "net-instance-not-public", "net-sg-no-world"],
    ),
    (
        "Who is administrator inside a database?",
        &["db-admin-privs-limited", "db-superuser-role-limited", "db-grant-option-limited"],
    ),
    (
        "Who is administrator of the clusters in AWS?",
        &["iam-no-admin-star", "iam-rds-admin-scoped", "iam-master-reset-scoped", "iam-privesc-to-db"],
    ),
    (
        "Who gets in without a password or without TLS?",
        &["db-no-anonymous", "db-no-empty-password", "tls-required-by-server"],
    ),
];

/// A question with what is known.
#[derive(Serialize)]
pub struct Question {
    question: &'static str,
    answers: Vec<Answer>,
}

/// What one rule says to it.
#[derive(Serialize)]
struct Answer {
    anchor: String,
    title: Shown,
    named: Vec<Link>,
    more: usize,
    tail: String,
}

#[derive(Serialize)]
struct Link {
    anchor: String,
    name: Shown,
}

/// The questions that rules of this assessment answer.
pub fn all(assessment: &Assessment, subjects: &Subjects<'_>) -> Vec<Question> {
    let answered = |(question, ids): (&'static str, &[&str])| {
        let rules = ids.iter().filter_map(|id| assessment.rules.iter().find(|rule| rule.id == *id));
        let answers: Vec<_> = rules.map(|rule| answer(assessment, rule, subjects)).collect();
        (!answers.is_empty()).then_some(Question { question, answers })
    };
    QUESTIONS.into_iter().filter_map(answered).collect()
}

fn answer(assessment: &Assessment, rule: &RuleEntry, subjects: &Subjects<'_>) -> Answer {
    let of_rule: Vec<&VerdictEntry> = assessment.verdicts.iter().filter(|verdict| verdict.rule == rule.id).collect();
    let number = |outcome| of_rule.iter().filter(|verdict| verdict.outcome == outcome).count();
    let failing: Vec<_> = of_rule.iter().filter(|verdict| verdict.outcome == Outcome::Fail).collect();
    let named = failing
        .iter()
        .take(NAMED)
        .map(|verdict| Link { anchor: subjects.anchor(&verdict.subject), name: Shown::of(&verdict.subject.name) });
    let undecided = number(Outcome::Unknown) + number(Outcome::Error);
    let mut tail = Vec::new();
    for (number, said) in [(number(Outcome::Pass), "passes for"), (undecided, "not known of")] {
        if number > 0 {
            tail.push(format!("{said} {}", words::grouped(number)));
        }
    }
    if failing.is_empty() && tail.is_empty() {
        tail.push("nothing to judge".to_owned());
    }
    Answer {
        anchor: anchor("rule-", &rule.id),
        title: Shown::words(&rule.title),
        named: named.collect(),
        more: failing.len().saturating_sub(NAMED),
        tail: tail.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{many, sample};

    #[test]
    fn the_rules_that_answer_are_there() {
        let rules: Vec<String> = crate::rules::embedded().iter().map(|source| source.path.clone()).collect();
        for id in QUESTIONS.iter().flat_map(|(_, ids)| *ids) {
            assert!(rules.iter().any(|path| path.ends_with(&format!("/{id}.yaml"))), "{id}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let assessment = sample();
        let questions = all(&assessment, &Subjects::of(&assessment.verdicts));
        assert_eq!(questions.len(), 1);
        let answer = &questions[0].answers[0];
        assert_eq!((answer.named.len(), answer.more, &*answer.tail), (1, 0, "passes for 1, not known of 1"));
    }

    #[test]
    fn long_answers_are_cut_and_counted() {
        let assessment = many(1_000);
        let answer = &all(&assessment, &Subjects::of(&assessment.verdicts))[0].answers[0];
        assert_eq!((answer.named.len(), answer.more), (12, 51));
    }
}
