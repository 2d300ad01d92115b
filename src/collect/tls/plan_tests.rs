//! The plan against servers that are described rather than run: which facts come of it, and at what cost.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::TlsVersion::{self, V10, V11, V12, V13};
use super::answer::{Answer, Chosen};
use super::finding::Finding;
use super::greeting::ServerError;
use super::hello::{KeyKind, Offer};
use super::plan::{LIGHT, Scope, Step};
use super::trouble::{Fault, Trouble};
use super::{group, suite};

/// A server as its answers make it.
#[derive(Debug, Clone, Default)]
struct Server {
    /// Version → suites.
    suites: Vec<(TlsVersion, Vec<u16>)>,
    groups: Vec<u16>,
    /// Versions at whose hellos it says nothing.
    silent: Vec<TlsVersion>,
    /// Versions at whose hellos it hangs up.
    hangs_up: Vec<TlsVersion>,
    /// Versions at whose hellos it has an internal error, as OpenSSL has where its security level allows no signature.
    alerts_80: Vec<TlsVersion>,
    /// Whether it reads no more than 64 suites, and of them the low byte.
    yassl: bool,
    /// The longest list of suites that it bears.
    bears: Option<usize>,
    /// How it answers with nothing in common.
    refusal: Option<Answer>,
    /// Whether it says that it could do TLS 1.3.
    sentinel: bool,
    keys: Vec<KeyKind>,
}

const SILENCE: Fault = Fault::Timeout;

impl Server {
    fn new(suites: &[(TlsVersion, &[u16])]) -> Self {
        Self {
            suites: suites.iter().map(|(version, suites)| (*version, suites.to_vec())).collect(),
            groups: vec![23],
            keys: vec![KeyKind::Rsa],
            ..Self::default()
        }
    }

    fn refuse(&self) -> Answer {
        self.refusal.clone().unwrap_or(Answer::Alert(40))
    }

    /// The newest version in common; the hello of 1.3 admits nothing else, unless to yaSSL, which has not heard of it.
    fn version(&self, offer: &Offer) -> Option<TlsVersion> {
        let admits = |version: TlsVersion| {
            if offer.version == V13 && !self.yassl { version == V13 } else { version <= offer.version && version < V13 }
        };
        self.suites.iter().map(|(version, _)| *version).filter(|version| admits(*version)).max()
    }

    fn answer(&self, offer: &Offer) -> Result<Answer, Trouble> {
        let fails = |versions: &[TlsVersion]| versions.contains(&offer.version);
        if fails(&self.silent) {
            return Err(Trouble::new(SILENCE, "no answer"));
        }
        if fails(&self.hangs_up) || self.bears.is_some_and(|most| offer.suites.len() > most) {
            return Err(Trouble::new(Fault::Reset, "hung up"));
        }
        if fails(&self.alerts_80) {
            return Ok(Answer::Alert(80));
        }
        let Some(version) = self.version(offer) else { return Ok(Answer::Alert(70)) };
        let own = &self.suites.iter().find(|(known, _)| *known == version).unwrap().1;
        let low_bytes = || offer.suites.iter().take(64).map(|suite| suite & 0xff).collect();
        let read: Vec<u16> = if self.yassl { low_bytes() } else { offer.suites.clone() };
        let Some(suite) = own.iter().find(|suite| read.contains(suite)) else { return Ok(self.refuse()) };
        let group = self.groups.iter().find(|group| offer.groups.contains(group)).copied();
        let has_key = self.keys.iter().any(|key| offer.keys.contains(key));
        if version == V13 && (group.is_none() || !has_key) {
            return Ok(self.refuse());
        }
        if suite::leaves_curves_free(*suite) && group.is_none() {
            return Ok(self.refuse());
        }
        Ok(Answer::Chosen(Chosen {
            version: Some(version),
            suite: *suite,
            group: group.filter(|_| version == V13 || suite::leaves_curves_free(*suite)),
            could_do: (self.sentinel && version < V13).then_some(V13),
            certificates: (version < V13).then(|| vec![vec![0x30]]),
            ..Chosen::default()
        }))
    }
}

/// Probes such a server; the second result is the number of connections.
fn play(server: &Server, deep: bool, most: usize) -> (Finding, usize) {
    let mut finding = Finding::default();
    let mut connections = 0;
    while let Some(step) = finding.next(Scope { deep, plaintext: false }) {
        if connections == most {
            break;
        }
        connections += 1;
        finding.taken.insert(step.clone());
        match &step {
            Step::Chain(_) => finding.add_chain(vec![vec![0x30]]),
            step => {
                let offer = finding.offer(step);
                assert!(!offer.suites.is_empty() && !offer.groups.is_empty(), "{step:?}");
                finding.note(step, &offer, server.answer(&offer));
            }
        }
    }
    finding.finish();
    (finding, connections)
}

fn facts(finding: &Finding) -> [Option<bool>; 4] {
    TlsVersion::ALL.map(|version| finding.accepts(version))
}

fn found(finding: &Finding, version: TlsVersion) -> (Vec<u16>, bool) {
    let list = &finding.suites[&version];
    (list.found().iter().copied().collect(), list.is_complete())
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);
const OPEN: Option<bool> = None;
const MODERN: &[u16] = &[0xc02f, 0xc030, 0xcca8];
const OLD: &[u16] = &[0x002f, 0x0035, 0x000a];
const NEWEST: &[u16] = &[0x1301, 0x1302, 0x1303];

#[test]
fn settles_the_versions_of_usual_servers() {
    let silent = |versions: &[TlsVersion], server: Server| Server { silent: versions.to_vec(), ..server };
    let both = || Server::new(&[(V12, MODERN), (V13, NEWEST)]);
    for (name, server, light, deep, in_light) in [
        ("Aurora 3: 1.2 and 1.3", both(), [NO, NO, YES, YES], [NO, NO, YES, YES], 4),
        ("only 1.3", Server::new(&[(V13, NEWEST)]), [NO, NO, NO, YES], [NO, NO, NO, YES], 4),
        (
            "Aurora 2: 1.0 to 1.2",
            Server::new(&[(V10, OLD), (V11, OLD), (V12, MODERN)]),
            [YES, YES, YES, NO],
            [YES, YES, YES, NO],
            4,
        ),
        ("1.0 and 1.2", Server::new(&[(V10, OLD), (V12, MODERN)]), [YES, NO, YES, NO], [YES, NO, YES, NO], 3),
        ("only 1.0", Server::new(&[(V10, OLD)]), [YES, NO, NO, NO], [YES, NO, NO, NO], 2),
        ("silent to 1.0 alone", silent(&[V10], both()), [OPEN, NO, YES, YES], [OPEN, NO, YES, YES], 4),
        ("silent to old hellos", silent(&[V11], both()), [NO, OPEN, YES, YES], [NO, OPEN, YES, YES], 4),
        (
            "silent to all but 1.3",
            silent(&[V10, V11, V12], both()),
            [OPEN, OPEN, OPEN, YES],
            [OPEN, OPEN, OPEN, YES],
            4,
        ),
        ("silent to all", silent(&TlsVersion::ALL, both()), [OPEN; 4], [OPEN; 4], 4),
        (
            "has an internal error at old hellos",
            Server { alerts_80: vec![V10, V11], ..both() },
            [OPEN, OPEN, YES, YES],
            [NO, NO, YES, YES],
            4,
        ),
        (
            "hangs up at old hellos",
            Server { hangs_up: vec![V10, V11], ..both() },
            [OPEN, OPEN, YES, YES],
            [NO, NO, YES, YES],
            4,
        ),
        ("hangs up at all", Server { hangs_up: TlsVersion::ALL.to_vec(), ..both() }, [NO; 4], [NO; 4], 4),
        ("nothing in common", Server { keys: vec![], ..Server::new(&[(V13, &[])]) }, [NO; 4], [NO; 4], 4),
        (
            "bears short hellos alone",
            Server { bears: Some(128), ..both() },
            [OPEN, OPEN, OPEN, YES],
            [NO, NO, YES, YES],
            4,
        ),
    ] {
        let (finding, connections) = play(&server, false, LIGHT.into());
        assert_eq!((facts(&finding), connections), (light, in_light), "{name}, light");
        let (finding, _) = play(&server, true, 100);
        assert_eq!(facts(&finding), deep, "{name}, deep");
    }
}

#[test]
fn the_certificates_of_a_server_with_1_3_alone_are_worth_more_than_the_hello_of_1_0() {
    let (finding, connections) = play(&Server::new(&[(V13, NEWEST)]), false, LIGHT.into());
    assert_eq!((connections, finding.chains.len()), (4, 1));
    assert!(!finding.was_asked(V10) && finding.accepts(V10) == NO, "implied by the alert to 1.1");
}

#[test]
fn mysql_9_7_takes_no_more_connections_than_promised() {
    let server = Server {
        groups: vec![23, 24, 25],
        ..Server::new(&[
            (V12, &[0xc02f, 0xc030, 0xcca8, 0x9e, 0x9f, 0xc09e, 0xc09f, 0xccaa]),
            (V13, &[0x1301, 0x1302, 0x1303, 0x1304]),
        ])
    };
    let (finding, connections) = play(&server, true, 100);
    assert_eq!((found(&finding, V12).0.len(), found(&finding, V12).1), (8, true));
    assert_eq!(found(&finding, V13), (vec![0x1301, 0x1302, 0x1303, 0x1304], true));
    let groups = &finding.groups[&V13];
    assert_eq!((groups.found(), groups.is_complete()), (&BTreeSet::from([23, 24, 25]), true));
    // The connection without TLS comes on top.
    assert!(connections <= 19, "{connections}");
}

#[test]
fn yassl_is_understood() {
    let own = [0x35, 0x2f, 0x39, 0x33, 5, 4, 0x0a, 9, 0x16, 0x15, 0x77, 0x78, 0x79, 0x7c, 0x7d, 0x7e];
    let refusal = Some(Answer::MysqlError(ServerError { code: 1043, message: "Bad handshake".to_owned() }));
    let server = Server { yassl: true, refusal, ..Server::new(&[(V10, &own)]) };
    let (finding, connections) = play(&server, true, 40);
    let mut expected = own.to_vec();
    expected.sort_unstable();
    assert_eq!((facts(&finding), found(&finding, V10)), ([YES, NO, NO, NO], (expected, true)));
    assert!(connections <= 22, "{connections}");
}

#[test]
fn a_server_that_bears_short_hellos_alone_is_asked_in_portions() {
    let server = Server { bears: Some(64), ..Server::new(&[(V12, &[0xc02f, 0x00a8, 0xc0a8])]) };
    let (finding, _) = play(&server, true, 60);
    assert_eq!(found(&finding, V12), (vec![0x00a8, 0xc02f, 0xc0a8], true));
}

#[test]
fn what_the_budget_leaves_out_is_no_complete_list() {
    let server = Server::new(&[(V12, MODERN), (V13, NEWEST)]);
    for most in 0..12 {
        let (finding, connections) = play(&server, true, most);
        assert!(connections <= most);
        for (version, list) in &finding.suites {
            let all = if *version == V13 { NEWEST } else { MODERN };
            let has_all = all.iter().all(|suite| list.found().contains(suite));
            assert!(has_all || !list.is_complete(), "{version:?} after {most}");
        }
    }
}

#[test]
fn groups_of_older_servers_are_found_without_the_certificates_own() {
    for (suites, expected) in [(&[0xc02f_u16, 0x2f][..], Some(&[23_u16, 24][..])), (&[0xc02b], None), (&[0x2f], None)] {
        let server = Server { groups: vec![24, 23], ..Server::new(&[(V12, suites)]) };
        let (finding, _) = play(&server, true, 60);
        let groups = finding.groups.get(&V12).filter(|groups| groups.is_complete());
        let found = groups.map(|groups| groups.found().iter().copied().collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{suites:x?}");
    }
}

#[test]
fn no_is_said_only_where_the_server_said_it() {
    let step = Step::Hello { version: V12, gentle: false };
    let offer = Offer::everything(V12);
    for result in [
        Ok(Answer::Alert(80)),
        Ok(Answer::NotTls),
        Ok(Answer::MysqlError(ServerError { code: 1158, message: "Got an error".to_owned() })),
        Ok(Answer::Chosen(Chosen::default())),
        Ok(Answer::Chosen(Chosen { version: Some(V13), ..Chosen::default() })),
        Err(Trouble::new(Fault::Timeout, "no answer")),
        Err(Trouble::new(Fault::Reset, "hung up")),
    ] {
        let mut finding = Finding::default();
        finding.note(&step, &offer, result.clone());
        finding.finish();
        assert_eq!((facts(&finding), finding.troubles.len()), ([OPEN; 4], 1), "{result:?}");
    }
}

#[test]
fn contradictions_leave_the_version_unknown() {
    let server = Server { sentinel: true, ..Server::new(&[(V12, MODERN)]) };
    let (finding, _) = play(&server, false, LIGHT.into());
    assert_eq!((facts(&finding), finding.sentinel), ([NO, NO, YES, OPEN], YES));
    let mut finding = Finding::default();
    let hello = |version| Step::Hello { version, gentle: false };
    let chosen = |version| Ok(Answer::Chosen(Chosen { version: Some(version), suite: 0x2f, ..Chosen::default() }));
    finding.note(&hello(V12), &Offer::everything(V12), chosen(V11));
    finding.note(&hello(V11), &Offer::everything(V11), Ok(Answer::Alert(70)));
    assert_eq!(finding.accepts(V11), OPEN);
}

#[test]
fn a_server_without_tls_is_asked_nothing_more() {
    let mut finding = Finding::default();
    finding.no_tls();
    let next = finding.next(Scope { deep: true, plaintext: true });
    assert_eq!((next, facts(&finding), finding.chains.len()), (None, [NO; 4], 0));
}

fn some_of(all: &'static [u16]) -> impl Strategy<Value = Vec<u16>> {
    let (most, choice) = (all.len().min(30), all.to_vec());
    prop::sample::subsequence(choice, 1..=most).prop_shuffle()
}

proptest! {
    /// Whatever a server has is found, at the cost of a connection for each suite and group and a few more.
    #[test]
    fn finds_what_is_there(
        older in prop::option::of(some_of(suite::every(V12))),
        newer in prop::option::of(some_of(suite::every(V13))),
        further in prop::sample::subsequence(group::every(V13), 0..6).prop_shuffle(),
    ) {
        // One that both versions may use.
        let groups: Vec<u16> = further.into_iter().filter(|group| *group != 24).chain([24]).collect();
        let suites: Vec<_> = [(V12, &older), (V13, &newer)]
            .into_iter()
            .filter_map(|(version, suites)| Some((version, suites.as_deref()?)))
            .collect();
        let server = Server { groups: groups.clone(), ..Server::new(&suites) };
        let (finding, connections) = play(&server, true, 1000);
        prop_assert_eq!(facts(&finding), [NO, NO, Some(older.is_some()), Some(newer.is_some())]);
        let mut least = 8;
        for (version, suites) in &suites {
            let mut expected = suites.to_vec();
            expected.sort_unstable();
            prop_assert_eq!(found(&finding, *version), (expected, true));
            least += suites.len() + 1;
        }
        if newer.is_some() {
            let list = &finding.groups[&V13];
            prop_assert!(list.is_complete() && list.found().iter().eq(groups.iter().collect::<BTreeSet<_>>()), "{:?}", list);
        }
        prop_assert!(connections <= least + groups.len() + 2, "{connections}");
    }
}
