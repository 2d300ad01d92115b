//! Waivers in words: what every format says of one.

use super::words::{count, listed, shown};
use crate::check::{Assessment, ElementEntry, VerdictEntry, WaiverEntry, WaiverProblem, WaiverState, WaiverUse};

/// Characters of a waiver's text that a line shows.
const TEXT: usize = 400;
/// Days before its end from which on a waiver is said to end soon.
const SOON: i32 = 30;

/// What covers a failure, and until when.
pub fn of_finding(waivers: &[WaiverEntry], of: Option<WaiverUse>) -> Option<String> {
    let WaiverUse { index, state } = of?;
    let waiver = waivers.get(index)?;
    let owner = shown(&waiver.owner, TEXT);
    Some(match state {
        WaiverState::Expired => format!("its waiver expired on {}, owner {owner}", waiver.expires),
        WaiverState::Active | WaiverState::Pending => {
            let reason = shown(&waiver.reason, TEXT);
            format!("waived through {} by {}, owner {owner}: {reason}", waiver.expires, shown(&waiver.approver, TEXT))
        }
    })
}

/// What should not last about a waiver.
pub fn problem(problem: WaiverProblem, waiver: &WaiverEntry) -> String {
    match problem {
        WaiverProblem::Expired => {
            format!("expired on {}: what it covers counts again; renew it or mend the finding", waiver.expires)
        }
        WaiverProblem::Unused => "covers no finding: take it out".to_owned(),
        WaiverProblem::NotJudged => "what it covers could not be judged".to_owned(),
        WaiverProblem::EverySubject => {
            "covers every subject of the rule: name them, or turn the rule off in the configuration, where it is seen"
                .to_owned()
        }
        WaiverProblem::ManyFindings => format!("covers {}: name them", count(waiver.findings, "finding")),
        WaiverProblem::EveryElement => {
            "names no element, and so covers those that come later: name it, or write element: '*' if that is meant"
                .to_owned()
        }
    }
}

/// Whether a waiver holds, in words.
pub fn state(waiver: &WaiverEntry) -> String {
    match waiver.state {
        WaiverState::Active if waiver.days_left <= SOON => format!("ends {}, in {}", waiver.expires, days(waiver)),
        WaiverState::Active => format!("through {}", waiver.expires),
        WaiverState::Pending => format!("begins {}", waiver.starts),
        WaiverState::Expired => format!("expired {}", waiver.expires),
    }
}

fn days(waiver: &WaiverEntry) -> String {
    count(usize::try_from(waiver.days_left).unwrap_or_default(), "day")
}

/// The waivers that someone has to look at: with trouble, or at their end.
pub fn to_look_at(assessment: &Assessment) -> impl Iterator<Item = &WaiverEntry> {
    assessment
        .waivers
        .iter()
        .filter(|it| !it.problems.is_empty() || (it.state == WaiverState::Active && it.days_left <= SOON))
}

/// The sentence of the headline about waivers; none when there are none.
pub fn sentence(assessment: &Assessment) -> Option<String> {
    if assessment.waivers.is_empty() {
        return None;
    }
    let of = |state| assessment.waivers.iter().filter(|waiver| waiver.state == state).count();
    let with = |problem| assessment.waivers.iter().filter(|waiver| waiver.problems.contains(&problem)).count();
    let wide = |it: &&WaiverEntry| {
        use WaiverProblem::{EveryElement, EverySubject, ManyFindings};
        it.problems.iter().any(|problem| matches!(problem, EveryElement | EverySubject | ManyFindings))
    };
    let trouble = [
        (of(WaiverState::Expired), "expired"),
        (with(WaiverProblem::Unused), "covering nothing"),
        (with(WaiverProblem::NotJudged), "covering what could not be judged"),
        (assessment.waivers.iter().filter(wide).count(), "too wide"),
    ];
    let trouble: Vec<_> = trouble
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let failures = count(assessment.summary.waived, "failure");
    let waived = format!("{failures} {} waived", if assessment.summary.waived == 1 { "is" } else { "are" });
    let all = count(assessment.waivers.len(), "waiver");
    let trouble = if trouble.is_empty() { String::new() } else { format!(": {}", listed(&trouble)) };
    Some(format!("{waived}; {all}{trouble}."))
}

/// A failing element that counts.
pub fn counts(element: &ElementEntry) -> bool {
    !element.waiver.is_some_and(WaiverUse::holds)
}

/// Failures whose waiver holds.
pub fn waived(assessment: &Assessment) -> impl Iterator<Item = &VerdictEntry> {
    assessment.verdicts.iter().filter(|verdict| verdict.is_waived())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, waived as sample};

    #[test]
    fn a_finding_says_who_accepted_it_and_until_when() {
        let assessment = sample();
        let said: Vec<_> =
            assessment.verdicts.iter().filter_map(|it| of_finding(&assessment.waivers, it.waiver)).collect();
        assert_eq!(
            said,
            [
                "waived through 2026-12-10 by security@example.com, owner shop team: staging holds no customer data",
                "its waiver expired on 2026-11-19, owner \\u{202E}ops",
            ]
        );
        assert_eq!(of_finding(&[], Some(WaiverUse { index: 0, state: WaiverState::Active })), None);
    }

    #[test]
    fn the_headline_counts_what_is_wrong() {
        assert_eq!(sentence(&empty()), None);
        assert_eq!(
            sentence(&sample()).unwrap(),
            "1 failure is waived; 3 waivers: 1 expired, 1 covering nothing and 1 too wide."
        );
        assert_eq!(to_look_at(&sample()).count(), 3);
    }

    #[test]
    fn every_problem_says_what_to_do() {
        use WaiverProblem::{EveryElement, EverySubject, Expired, ManyFindings, NotJudged, Unused};
        let waiver = &sample().waivers[0];
        for (it, part) in [
            (Expired, "renew it"),
            (Unused, "take it out"),
            (NotJudged, "could not be judged"),
            (EverySubject, "in the configuration"),
            (ManyFindings, "covers 1 finding"),
            (EveryElement, "element: '*'"),
        ] {
            assert!(problem(it, waiver).contains(part), "{it:?}");
        }
    }
}
