//! A run with waivers.

use super::{at, digest, sample};
use crate::check::{
    Assessment, BaselineState, Comparison, PastFinding, WaiverEntry, WaiverProblem, WaiverState, WaiverUse,
};
use crate::model::{Outcome, Severity};

/// The same with waivers: one that holds, one that has expired and whose texts are hostile, one for nothing; and with a baseline.
pub fn waived() -> Assessment {
    let mut assessment = sample();
    let waiver = |rule: &str, line, expires: &str, state, problems| WaiverEntry {
        file: "aurora-waivers.yaml".to_owned(),
        line,
        rule: rule.to_owned(),
        resource: "arn:*".into(),
        element: None,
        reason: "staging holds no customer data".into(),
        owner: "shop team".into(),
        approver: "security@example.com".into(),
        ticket: Some("SEC-7".into()),
        starts: "2026-09-01".parse().unwrap(),
        expires: expires.parse().unwrap(),
        state,
        days_left: 20,
        findings: 1,
        problems,
    };
    let mut expired = waiver("tls", 13, "2026-11-19", WaiverState::Expired, vec![WaiverProblem::Expired]);
    expired.owner = "\u{202e}ops".into();
    expired.reason = "</td><script>alert(1)</script> `x` | y".into();
    assessment.waivers = vec![
        waiver("db", 3, "2026-12-10", WaiverState::Active, vec![WaiverProblem::EverySubject]),
        expired,
        waiver("res", 23, "2027-01-10", WaiverState::Active, vec![WaiverProblem::Unused]),
    ];
    assessment.waivers[2].days_left = 51;
    let mut failing = assessment.verdicts.iter_mut().filter(|it| it.outcome == Outcome::Fail && it.elements.is_empty());
    for (index, state) in [(0, WaiverState::Active), (1, WaiverState::Expired)] {
        let verdict = failing.next().unwrap();
        verdict.waiver = Some(WaiverUse { index, state });
        verdict.baseline = Some(BaselineState::New);
    }
    assessment.summary.waived = 1;
    let past = |id: &str, why: &str| PastFinding {
        rule: "net-not-public".to_owned(),
        severity: Severity::High,
        subject: assessment.verdicts[0].subject.clone(),
        element: Some(id.into()),
        message: "<b>was</b> open".into(),
        fingerprint: digest(&[id]),
        why: why.into(),
    };
    assessment.comparison = Some(Comparison {
        path: "baseline.json".to_owned(),
        judged: at("2026-11-13T09:30:00Z"),
        rules_changed: true,
        new: 2,
        regressed: 0,
        unchanged: 4,
        fixed: vec![past("sgr-0007", "it is no longer there")],
        not_reassessed: vec![past("\u{202e}sgr", "cannot be judged: `x` was denied")],
    });
    assessment
}
