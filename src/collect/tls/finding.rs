//! What a light probe knows so far and what it asks next. No socket here: answers go in, questions come out.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Chosen};
use super::hello::TlsVersion;
use super::wire::Trouble;
use crate::model::GapReason;

/// Broken handshakes add up over runs until a server blocks the scanner's address, so an endpoint gets no more than this.
pub(super) const BUDGET: i64 = 4;

const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

/// A connection to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A hello whose newest version this is.
    Hello(TlsVersion),
    /// A real handshake of TLS 1.3, for the certificates.
    Handshake,
}

/// What is known of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// Connections made.
    pub(super) connections: i64,
    /// Server version out of the greeting.
    pub(super) server_version: Option<String>,
    /// Whether the greeting offered TLS.
    pub(super) tls_offered: Option<bool>,
    /// Certificates, leaf first.
    pub(super) certificates: Option<Vec<Vec<u8>>>,
    /// What went wrong, in order.
    pub(super) troubles: Vec<Trouble>,
    accepted: BTreeMap<TlsVersion, bool>,
    could_do_13: bool,
    taken: BTreeSet<Step>,
    stopped: bool,
}

impl Finding {
    /// Whether the version is accepted, when that is known.
    pub(super) fn accepts(&self, version: TlsVersion) -> Option<bool> {
        self.accepted.get(&version).copied()
    }

    /// The next connection, if one is worth it and left.
    pub(super) fn next(&self) -> Option<Step> {
        if self.stopped || self.connections >= BUDGET {
            return None;
        }
        let worth = |version: &TlsVersion| {
            // The hello of 1.2 is also how the certificates are seen.
            let open = self.accepts(*version).is_none() || *version == TlsVersion::V12;
            open && !self.taken.contains(&Step::Hello(*version))
        };
        let hello = TlsVersion::ALL.into_iter().rev().find(worth);
        match hello {
            Some(TlsVersion::V10) | None if self.lacks_encrypted_chain() => Some(Step::Handshake),
            hello => hello.map(Step::Hello),
        }
    }

    fn lacks_encrypted_chain(&self) -> bool {
        self.certificates.is_none()
            && self.accepts(TlsVersion::V13) == Some(true)
            && !self.taken.contains(&Step::Handshake)
    }

    /// Counts a connection.
    pub(super) fn begin(&mut self, step: Step) {
        self.connections = self.connections.saturating_add(1);
        self.taken.insert(step);
    }

    /// Nothing more will be learnt by connecting again.
    pub(super) fn stop(&mut self, trouble: Trouble) {
        self.troubles.push(trouble);
        self.stopped = true;
    }

    /// The greeting does not offer TLS: no version is accepted, and there is no certificate to see.
    pub(super) fn no_tls(&mut self) {
        self.settle(|_| true, false);
        self.stop(Trouble::new(GapReason::Unsupported, "the server offers no TLS"));
    }

    /// Takes in the answer to a hello with this newest version.
    pub(super) fn note(&mut self, newest: TlsVersion, answer: Answer) {
        match answer {
            Answer::Chosen(chosen) => self.note_chosen(newest, chosen),
            // A server with an older version in common would have chosen it; the hello of 1.3 admits no older one.
            Answer::Alert(PROTOCOL_VERSION) if newest == TlsVersion::V13 => {
                self.settle(|version| version == newest, false);
            }
            Answer::Alert(PROTOCOL_VERSION) => self.settle(|version| version <= newest, false),
            // Every suite was offered.
            Answer::Alert(HANDSHAKE_FAILURE) => self.settle(|version| version == newest, false),
            Answer::Alert(number) => self.unclear(newest, &format!("alert {number}")),
            Answer::MysqlError(error) => self.unclear(newest, &format!("error {} ({})", error.code, error.message)),
            Answer::NotTls => self.unclear(newest, "bytes that are no TLS"),
        }
    }

    fn note_chosen(&mut self, newest: TlsVersion, chosen: Chosen) {
        self.could_do_13 |= chosen.could_do_13;
        match chosen.version {
            Some(version) if version <= newest => {
                // A server chooses the newest version in common. What lies between was in common only up to 1.2.
                let between =
                    |other| other > version && other <= newest && (newest < TlsVersion::V13 || other == newest);
                self.settle(between, false);
                self.settle(|other| other == version, true);
                if self.certificates.is_none() {
                    self.certificates = chosen.certificates.filter(|chain| !chain.is_empty());
                }
            }
            Some(_) | None => self.unclear(newest, "a version that was not offered"),
        }
    }

    fn unclear(&mut self, newest: TlsVersion, what: &str) {
        let message = format!("{}: answered with {what}", newest.as_str());
        self.troubles.push(Trouble::new(GapReason::Malformed, &message));
    }

    /// Two answers that disagree leave the version unknown.
    fn settle(&mut self, which: impl Fn(TlsVersion) -> bool, accepted: bool) {
        for version in TlsVersion::ALL.into_iter().filter(|version| which(*version)) {
            if *self.accepted.entry(version).or_insert(accepted) != accepted {
                self.contradiction(version, "two answers of the server disagree");
            }
        }
    }

    fn contradiction(&mut self, version: TlsVersion, what: &str) {
        self.accepted.remove(&version);
        self.troubles.push(Trouble::new(GapReason::Malformed, &format!("{}: {what}", version.as_str())));
    }

    /// Weighs the whole: a server that says it could do TLS 1.3 and a refusal of 1.3 do not go together; something stands
    /// between.
    pub(super) fn finish(&mut self) {
        if self.could_do_13 && self.accepts(TlsVersion::V13) == Some(false) {
            self.contradiction(TlsVersion::V13, "refused, though the server signals that it can");
        }
        if self.troubles.is_empty() && !self.is_complete() {
            self.troubles.push(Trouble::new(GapReason::Interrupted, "the budget of connections ran out"));
        }
    }

    fn is_complete(&self) -> bool {
        self.certificates.is_some() && self.accepted.len() == TlsVersion::ALL.len()
    }
}

#[cfg(test)]
mod tests {
    use super::TlsVersion::{V10, V11, V12, V13};
    use super::*;
    use crate::collect::tls::greeting::ServerError;

    fn chosen(version: TlsVersion) -> Answer {
        let certificates = (version < V13).then(|| vec![vec![0x30]]);
        Answer::Chosen(Chosen { version: Some(version), could_do_13: false, certificates })
    }

    /// Plays a server: its answers in the order of the questions, with the questions expected.
    fn play(script: Vec<(Step, Option<Answer>)>) -> Finding {
        let mut finding = Finding::default();
        for (expected, answer) in script {
            assert_eq!(finding.next(), Some(expected));
            finding.begin(expected);
            match (expected, answer) {
                (Step::Hello(newest), Some(answer)) => finding.note(newest, answer),
                (Step::Handshake, Some(_)) => finding.certificates = Some(vec![vec![0x30]]),
                (_, None) => finding.troubles.push(Trouble::new(GapReason::Timeout, "no answer")),
            }
        }
        assert_eq!(finding.next(), None);
        finding.finish();
        finding
    }

    fn facts(finding: &Finding) -> [Option<bool>; 4] {
        TlsVersion::ALL.map(|version| finding.accepts(version))
    }

    #[test]
    fn settles_the_versions_of_usual_servers() {
        let (yes, no, open) = (Some(true), Some(false), None);
        let hello = Step::Hello;
        let alert = |number| Some(Answer::Alert(number));
        for (name, script, expected, chain, troubles) in [
            (
                "Aurora 3: 1.2 and 1.3",
                vec![(hello(V13), Some(chosen(V13))), (hello(V12), Some(chosen(V12))), (hello(V11), alert(70))],
                [no, no, yes, yes],
                true,
                0,
            ),
            (
                "only 1.3",
                vec![(hello(V13), Some(chosen(V13))), (hello(V12), alert(70)), (Step::Handshake, Some(chosen(V13)))],
                [no, no, no, yes],
                true,
                0,
            ),
            (
                "Aurora 2: 1.0 to 1.2",
                vec![
                    (hello(V13), alert(70)),
                    (hello(V12), Some(chosen(V12))),
                    (hello(V11), Some(chosen(V11))),
                    (hello(V10), Some(chosen(V10))),
                ],
                [yes, yes, yes, no],
                true,
                0,
            ),
            (
                "1.0 and 1.2",
                vec![(hello(V13), alert(70)), (hello(V12), Some(chosen(V12))), (hello(V11), Some(chosen(V10)))],
                [yes, no, yes, no],
                true,
                0,
            ),
            ("only 1.0", vec![(hello(V13), alert(40)), (hello(V12), Some(chosen(V10)))], [yes, no, no, no], true, 0),
            (
                "silent to old hellos",
                vec![
                    (hello(V13), Some(chosen(V13))),
                    (hello(V12), Some(chosen(V12))),
                    (hello(V11), None),
                    (hello(V10), alert(70)),
                ],
                [no, open, yes, yes],
                true,
                1,
            ),
            (
                "silent to all but 1.3",
                vec![(hello(V13), Some(chosen(V13))), (hello(V12), None), (hello(V11), None), (Step::Handshake, None)],
                [open, open, open, yes],
                false,
                3,
            ),
            (
                "no suite in common below 1.3",
                vec![
                    (hello(V13), Some(chosen(V13))),
                    (hello(V12), alert(40)),
                    (hello(V11), alert(70)),
                    (Step::Handshake, Some(chosen(V13))),
                ],
                [no, no, no, yes],
                true,
                0,
            ),
        ] {
            let finding = play(script);
            assert_eq!(facts(&finding), expected, "{name}");
            assert_eq!((finding.certificates.is_some(), finding.troubles.len()), (chain, troubles), "{name}");
            assert!(finding.connections <= BUDGET, "{name}");
        }
    }

    #[test]
    fn no_is_said_only_where_the_server_said_it() {
        for answer in [
            Answer::Alert(80),
            Answer::NotTls,
            Answer::MysqlError(ServerError { code: 1043, message: "Bad handshake".to_owned() }),
            Answer::Chosen(Chosen::default()),
            chosen(V13),
        ] {
            let mut finding = Finding::default();
            finding.note(V12, answer.clone());
            assert_eq!(facts(&finding), [None; 4], "{answer:?}");
            assert_eq!(finding.troubles.len(), 1, "{answer:?}");
        }
    }

    #[test]
    fn contradictions_leave_the_version_unknown() {
        let mut finding = Finding::default();
        finding.note(V13, Answer::Alert(70));
        finding.note(V12, Answer::Chosen(Chosen { version: Some(V12), could_do_13: true, certificates: None }));
        finding.finish();
        assert_eq!((finding.accepts(V13), finding.troubles.len()), (None, 1));
        finding.note(V12, Answer::Alert(70));
        assert_eq!(finding.accepts(V12), None);
    }

    #[test]
    fn a_server_without_tls_is_asked_nothing() {
        let mut finding = Finding::default();
        finding.no_tls();
        assert_eq!((finding.next(), facts(&finding), finding.certificates), (None, [Some(false); 4], None));
    }
}
