//! The probe of one endpoint: one connection after the other, in the order that the plan has, until all is known that was asked,
//! the server shuts the door, or the connections are used up.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::BASE64;
use tokio::time::Instant;

use super::finding::Finding;
use super::hello::client_hello;
use super::list::Elimination;
use super::plaintext::{self, Plaintext};
use super::plan::{LIGHT, Scope, Step};
use super::trouble::{Fault, HOST_IS_BLOCKED, Trouble};
use super::version::TlsVersion;
use super::wire::{self, Opened, PATIENCE};
use super::{chain, group, suite};
use crate::collect::ConnectTo;
use crate::collect::mysql::{Login, Method};
use crate::model::Fact;
use crate::snapshot::schema::tls::{CertificateChain, ProbeDepth, TlsEndpoint, WireProtocol};

/// Connections that a deep probe may make: a server blocks an address after a hundred broken handshakes by default.
pub const MAX_CONNECTIONS: u16 = 40;

/// A probe may last this many times the patience for one answer.
const LONGEST: u32 = 24;

/// What is probed, and how.
#[derive(Debug, Clone)]
pub struct Probe<'a> {
    /// The name that clients connect to.
    pub host: &'a str,
    /// TCP port.
    pub port: u16,
    /// The name that hellos ask for, if not the host.
    pub server_name: Option<&'a str>,
    /// How a connection is turned over to TLS.
    pub protocol: WireProtocol,
    /// How much is asked.
    pub depth: ProbeDepth,
    /// The most connections that may be made.
    pub max_connections: u16,
    /// The longest wait for one answer.
    pub patience: Duration,
    /// Whether a connection without TLS is tried, which sends no credential.
    pub plaintext: bool,
}

impl<'a> Probe<'a> {
    /// A light probe of MySQL.
    pub const fn light(host: &'a str, port: u16) -> Self {
        Self {
            host,
            port,
            server_name: None,
            protocol: WireProtocol::Mysql,
            depth: ProbeDepth::Light,
            max_connections: MAX_CONNECTIONS,
            patience: PATIENCE,
            plaintext: false,
        }
    }

    fn is_deep(&self) -> bool {
        self.depth == ProbeDepth::Deep
    }

    fn budget(&self) -> u16 {
        if self.is_deep() { self.max_connections } else { self.max_connections.min(LIGHT) }
    }
}

/// The suites of a version, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suites {
    /// Names, in the order of their numbers.
    pub names: Vec<String>,
    /// Whether these are all.
    pub complete: bool,
}

/// What an endpoint answered, and why the rest is missing.
#[derive(Debug)]
pub struct Observation {
    /// The facts.
    pub endpoint: TlsEndpoint,
    /// Suites of each version that is accepted, complete or not.
    pub suites: BTreeMap<TlsVersion, Suites>,
    /// Chains of distinct leaves in DER, leaf first, in the order seen.
    pub chains: Vec<Vec<Vec<u8>>>,
    /// Bits of the smallest modulus that was seen.
    pub dh_bits_seen: Option<i64>,
    /// What became of the connection without TLS.
    pub plaintext: Plaintext,
    /// What kept the whole server from answering.
    pub fault: Option<Fault>,
    /// What went wrong, in order.
    pub troubles: Vec<Trouble>,
    /// Whether all is known that was asked.
    pub complete: bool,
}

impl Observation {
    /// Counts a connection that was made besides.
    pub fn count_connection(&mut self) {
        if let Fact::Known(connections) = &mut self.endpoint.connections {
            *connections = connections.saturating_add(1);
        }
    }
}

/// The work on one endpoint.
struct Run<'a> {
    probe: &'a Probe<'a>,
    address: (&'a str, u16),
    finding: Finding,
    connections: u16,
    plaintext: Plaintext,
}

/// Probes an endpoint. Server names are the real ones, wherever `connect_to` leads.
pub async fn probe(probe: &Probe<'_>, connect_to: &ConnectTo) -> Observation {
    let mut run = Run {
        probe,
        address: connect_to.resolve(probe.host, probe.port),
        finding: Finding::default(),
        connections: 0,
        plaintext: Plaintext::Unknown,
    };
    let deadline = Instant::now() + probe.patience.saturating_mul(LONGEST);
    let scope = Scope { deep: probe.is_deep(), plaintext: probe.plaintext };
    while let Some(step) = run.finding.next(scope) {
        if run.connections >= probe.budget() || Instant::now() >= deadline {
            run.out_of_budget(Instant::now() >= deadline);
            break;
        }
        run.take(step).await;
    }
    run.finish()
}

/// Tries a login by password without TLS, in one connection. Only where the user said so in so many words; a token is never shown
/// this way.
///
/// # Errors
/// When the server does not answer.
pub async fn plaintext_login(probe: &Probe<'_>, connect_to: &ConnectTo, login: &Login) -> Result<Plaintext, Trouble> {
    let Method::Password(password) = &login.method else { return Ok(Plaintext::Unknown) };
    let address = connect_to.resolve(probe.host, probe.port);
    let opened = wire::open(address, &probe.protocol, probe.patience).await?;
    plaintext::with_login(opened, &login.user, password).await.map_err(|trouble| trouble.about("login without TLS"))
}

impl Run<'_> {
    async fn take(&mut self, step: Step) {
        self.finding.taken.insert(step.clone());
        match self.open().await {
            // The next connection would get the same, and count against this client's address.
            Err(trouble) => self.finding.stop(trouble),
            Ok(opened) => self.take_on(step, opened).await,
        }
    }

    async fn open(&mut self) -> Result<Opened, Trouble> {
        self.connections = self.connections.saturating_add(1);
        wire::open(self.address, &self.probe.protocol, self.probe.patience).await
    }

    async fn take_on(&mut self, step: Step, opened: Opened) {
        if let Some(greeting) = &opened.greeting {
            self.finding.server_version = Some(greeting.version.clone());
        }
        self.finding.tls_offered = Some(opened.tls);
        match step {
            _ if !opened.tls => {
                self.finding.no_tls();
                self.plaintext = Plaintext::Allowed;
            }
            Step::Plaintext => self.try_plaintext(opened).await,
            Step::Chain(keys) => {
                let shown = match opened.start_tls().await {
                    Ok(socket) => chain::certificates(socket, self.server_name(), &keys).await,
                    Err(trouble) => Err(trouble),
                };
                self.note_chain(&Step::Chain(keys), shown);
            }
            step => {
                let offer = self.finding.offer(&step);
                let gentle = self.finding.gentle || matches!(step, Step::Hello { gentle: true, .. });
                let answer = opened.ask(&client_hello(self.server_name(), &offer), gentle).await;
                self.finding.note(&step, &offer, answer);
            }
        }
    }

    fn server_name(&self) -> &str {
        self.probe.server_name.unwrap_or(self.probe.host)
    }

    fn note_chain(&mut self, step: &Step, shown: Result<chain::Shown, Trouble>) {
        match shown {
            Ok(shown) => {
                self.finding.add_chain(shown.certificates);
                self.finding.wants_certificate = self.finding.wants_certificate.max(Some(shown.wants_certificate));
            }
            Err(trouble) => self.finding.troubles.push(trouble.about(&step.to_string())),
        }
    }

    async fn try_plaintext(&mut self, opened: Opened) {
        match plaintext::without_credential(opened).await {
            Ok(plaintext) => self.plaintext = plaintext,
            Err(trouble) => self.finding.troubles.push(trouble.about(&Step::Plaintext.to_string())),
        }
    }

    fn out_of_budget(&mut self, late: bool) {
        let what = if late { "time" } else { "number of connections" };
        // A light probe that has its four connections behind it was not asked for more.
        if !self.finding.is_complete(self.probe.is_deep()) {
            let trouble = Trouble::new(Fault::Budget, format!("the {what} that one endpoint may take is used up"));
            self.finding.troubles.push(trouble);
        }
    }

    fn finish(mut self) -> Observation {
        self.finding.finish();
        let deep = self.probe.is_deep();
        let no_tls = self.finding.stopped == Some(Fault::NoTls);
        let complete =
            no_tls || (self.finding.stopped.is_none() && self.finding.is_complete(deep) && self.lists_are_complete());
        Observation {
            suites: self.suites(),
            dh_bits_seen: self.finding.dh_bits.map(i64::from),
            plaintext: self.plaintext,
            fault: self.fault(),
            complete,
            endpoint: self.endpoint(),
            chains: self.finding.chains,
            troubles: self.finding.troubles,
        }
    }

    /// In a light probe they need not be.
    fn lists_are_complete(&self) -> bool {
        let complete = |version: TlsVersion| self.finding.suites.get(&version).is_some_and(Elimination::is_complete);
        !self.probe.is_deep() || self.finding.accepted().all(complete)
    }

    fn fault(&self) -> Option<Fault> {
        match self.finding.stopped {
            Some(Fault::NoTls | Fault::Server(HOST_IS_BLOCKED)) => None,
            Some(fault) => Some(fault),
            None if self.finding.answered => None,
            None => self.finding.troubles.first().map(|trouble| trouble.fault),
        }
    }

    /// What a light probe saw on its way is no list.
    fn suites(&self) -> BTreeMap<TlsVersion, Suites> {
        if !self.probe.is_deep() {
            return BTreeMap::new();
        }
        let of = |version: TlsVersion| {
            let list = self.finding.suites.get(&version);
            let names = list.map(|list| list.found().iter().map(|suite| suite::name(*suite)).collect());
            Suites { names: names.unwrap_or_default(), complete: list.is_some_and(Elimination::is_complete) }
        };
        self.finding.accepted().map(|version| (version, of(version))).collect()
    }

    /// The suites of a version, when all are known; a version that is refused has none.
    fn every_suite(&self, version: TlsVersion) -> Fact<Vec<String>> {
        let list = self.finding.suites.get(&version).filter(|list| list.is_complete());
        match (self.finding.accepts(version), list) {
            (Some(false), _) => Fact::Known(Vec::new()),
            (Some(true), Some(list)) => Fact::Known(list.found().iter().map(|suite| suite::name(*suite)).collect()),
            _ => Fact::default(),
        }
    }

    fn suites_seen(&self) -> Vec<String> {
        let accepted = self.finding.accepted().filter_map(|version| self.finding.suites.get(&version));
        let numbers: std::collections::BTreeSet<u16> = accepted.flat_map(|list| list.found().iter().copied()).collect();
        numbers.into_iter().map(suite::name).collect()
    }

    fn groups_seen(&self) -> Vec<String> {
        let numbers: std::collections::BTreeSet<u16> =
            self.finding.groups.values().flat_map(|list| list.found().iter().copied()).collect();
        numbers.into_iter().map(group::name).collect()
    }

    fn every_group(&self) -> Fact<Vec<String>> {
        let newest = self.finding.accepted().next().and_then(|newest| self.finding.groups.get(&newest));
        let complete = newest.filter(|list| list.is_complete());
        known(complete.map(|list| list.found().iter().map(|group| group::name(*group)).collect()))
    }

    /// That no suite needs a modulus is known only when all suites are.
    fn dh_bits(&self) -> Fact<i64> {
        let all_known = TlsVersion::ALL.into_iter().all(|version| !self.every_suite(version).is_unknown());
        match self.finding.dh_bits {
            Some(bits) if all_known => Fact::Known(bits.into()),
            None if all_known => Fact::Absent,
            _ => Fact::default(),
        }
    }

    fn endpoint(&self) -> TlsEndpoint {
        let finding = &self.finding;
        let accepts = |version| known(finding.accepts(version));
        let encode = |chain: &Vec<Vec<u8>>| chain.iter().map(|der| BASE64.encode(der)).collect::<Vec<_>>();
        let others =
            || finding.chains.iter().skip(1).map(|chain| CertificateChain { certificates: Fact::Known(encode(chain)) });
        TlsEndpoint {
            host: Fact::Known(self.probe.host.to_owned()),
            port: Fact::Known(self.probe.port.into()),
            db_cluster_arn: Fact::Absent,
            protocol: Fact::Known(self.probe.protocol.clone()),
            depth: Fact::Known(self.probe.depth.clone()),
            server_version: known(finding.server_version.clone()),
            tls_offered: known(finding.tls_offered),
            tls_1_0: accepts(TlsVersion::V10),
            tls_1_1: accepts(TlsVersion::V11),
            tls_1_2: accepts(TlsVersion::V12),
            tls_1_3: accepts(TlsVersion::V13),
            tls_1_0_cipher_suites: self.every_suite(TlsVersion::V10),
            tls_1_1_cipher_suites: self.every_suite(TlsVersion::V11),
            tls_1_2_cipher_suites: self.every_suite(TlsVersion::V12),
            tls_1_3_cipher_suites: self.every_suite(TlsVersion::V13),
            cipher_suites_seen: Fact::Known(self.suites_seen()),
            key_exchange_groups: self.every_group(),
            key_exchange_groups_seen: Fact::Known(self.groups_seen()),
            dh_bits: self.dh_bits(),
            client_certificate_requested: known(finding.wants_certificate),
            downgrade_sentinel: known(finding.sentinel),
            certificates: known(finding.chains.first().map(encode)),
            other_chains: known(finding.saw_every_chain().then(|| others().collect())),
            blocked: finding.blocked().map_or(Fact::Absent, |code| Fact::Known(code.into())),
            connections: Fact::Known(self.connections.into()),
        }
    }
}

fn known<T>(value: Option<T>) -> Fact<T> {
    value.map_or_else(Fact::default, Fact::Known)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::collect::tls::answer::tests::{certificate, message, record, server_hello};
    use crate::collect::tls::greeting::tests::{hello, packet};

    const OFFERS_TLS: u32 = 0xdfff_ffff;
    const OFFERS_NONE: u32 = 0xdfff_f7ff;
    const QUICK: Duration = Duration::from_millis(150);

    fn deep(port: u16) -> Probe<'static> {
        Probe { depth: ProbeDepth::Deep, patience: QUICK, ..Probe::light("127.0.0.1", port) }
    }

    /// A server that treats each connection, counted from 0, as `serve` does.
    async fn server<F, S>(serve: F) -> u16
    where
        F: Fn(usize, TcpStream) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { break };
                tokio::spawn(serve(number, stream));
            }
        });
        port
    }

    /// A server that says `first` to everyone who comes and hangs up.
    async fn one_that_says(first: Vec<u8>) -> u16 {
        server(move |_, mut stream| {
            let first = first.clone();
            async move { drop(stream.write_all(&first).await) }
        })
        .await
    }

    /// A server that greets, reads the request and a hello, and answers with what `answer` makes of the hello's version.
    async fn one_that_answers(answer: fn(u16) -> Vec<u8>) -> u16 {
        server(move |_, mut stream| async move {
            stream.write_all(&hello("9.7.4", OFFERS_TLS)).await.unwrap();
            let mut request = [0; 36];
            if stream.read_exact(&mut request).await.is_err() {
                return;
            }
            let mut head = [0; 5];
            if request[4..6] != [0x01, 0x8a] || stream.read_exact(&mut head).await.is_err() {
                return;
            }
            let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            stream.read_exact(&mut body).await.unwrap();
            // supported_versions with nothing but 1.3 in it is how that hello is told from the one of 1.2.
            let is_13 = body.windows(7).any(|window| window == [0, 43, 0, 3, 2, 3, 4]);
            let version = if is_13 { 0x0304 } else { u16::from_be_bytes([body[4], body[5]]) };
            let answer = answer(version);
            if answer.is_empty() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            drop(stream.write_all(&answer).await);
        })
        .await
    }

    fn versions(observation: &Observation) -> [Option<bool>; 4] {
        let endpoint = &observation.endpoint;
        [&endpoint.tls_1_0, &endpoint.tls_1_1, &endpoint.tls_1_2, &endpoint.tls_1_3].map(|fact| fact.known().copied())
    }

    fn connections(observation: &Observation) -> i64 {
        observation.endpoint.connections.known().copied().unwrap()
    }

    async fn probe_at(port: u16) -> Observation {
        probe(&deep(port), &ConnectTo::default()).await
    }

    #[tokio::test]
    async fn tells_first_packets_apart_and_stops_at_a_refusal() {
        let refusal = |code: u16| packet(&[&[0xff], &code.to_le_bytes()[..], b"no"].concat());
        for (first, fault, blocked, says) in [
            (refusal(1129), None, Some(1129), "1129"),
            (refusal(1130), Some(Fault::Server(1130)), None, "1130"),
            (refusal(1040), Some(Fault::Server(1040)), Some(1040), "1040"),
            (b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(), Some(Fault::Foreign), None, "does not speak MySQL"),
            (Vec::new(), Some(Fault::Closed), None, "closed"),
            (hello("9.7.4", OFFERS_NONE), None, None, "offers no TLS"),
        ] {
            let port = one_that_says(first).await;
            let observation = probe_at(port).await;
            let [trouble] = observation.troubles.as_slice() else { panic!("{:?}", observation.troubles) };
            assert_eq!((observation.fault, connections(&observation)), (fault, 1), "{says}");
            assert_eq!(observation.endpoint.blocked.known().copied(), blocked, "{says}");
            assert!(trouble.message.contains(says), "{}", trouble.message);
        }
    }

    #[tokio::test]
    async fn a_server_without_tls_is_fully_known() {
        let port = one_that_says(hello("9.7.4", OFFERS_NONE)).await;
        let observation = probe_at(port).await;
        assert!(observation.complete);
        assert_eq!((versions(&observation), observation.plaintext), ([Some(false); 4], Plaintext::Allowed));
    }

    #[tokio::test]
    async fn silence_is_never_no() {
        let silent = server(|_, stream| async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(stream);
        });
        let observation = probe_at(silent.await).await;
        assert_eq!((observation.fault, connections(&observation)), (Some(Fault::Timeout), 1));
        assert!(observation.endpoint.tls_offered.is_unknown());
        let observation = probe_at(one_that_answers(|_| Vec::new()).await).await;
        assert_eq!((versions(&observation), observation.fault), ([None; 4], Some(Fault::Timeout)));
        assert_eq!(connections(&observation), 5, "one hello a version, and a gentle one");
        let observation = probe_at(
            one_that_answers(|version| if version == 0x0301 { Vec::new() } else { record(21, &[2, 70]) }).await,
        )
        .await;
        assert_eq!(versions(&observation), [None, Some(false), Some(false), Some(false)]);
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_at_every_hello_speaks_no_tls() {
        let hang_up = server(|_, mut stream| async move {
            stream.write_all(&hello("9.7.4", OFFERS_TLS)).await.unwrap();
        });
        let observation = probe_at(hang_up.await).await;
        assert_eq!((versions(&observation), observation.fault), ([Some(false); 4], Some(Fault::Reset)));
        assert_eq!(observation.endpoint.tls_offered, Fact::Known(true));
        // A single hang-up among answers proves nothing before it was repeated.
        let once = server(|number, mut stream| async move {
            stream.write_all(&hello("9.7.4", OFFERS_TLS)).await.unwrap();
            let mut request = [0; 300];
            drop(stream.read_exact(&mut request).await);
            if number > 0 {
                drop(stream.write_all(&record(21, &[2, 70])).await);
                drop(stream.read_exact(&mut request).await);
            }
        })
        .await;
        let light = probe(&Probe { patience: QUICK, ..Probe::light("127.0.0.1", once) }, &ConnectTo::default()).await;
        assert_eq!(versions(&light), [Some(false), Some(false), Some(false), None], "{:?}", light.troubles);
    }

    #[tokio::test]
    async fn alerts_from_all_make_a_server_that_fails() {
        let observation = probe_at(one_that_answers(|_| record(21, &[2, 40])).await).await;
        assert_eq!((versions(&observation), observation.fault), ([Some(false); 4], None));
        assert_eq!((connections(&observation), observation.complete), (4, true));
    }

    #[tokio::test]
    async fn stops_where_the_server_shuts_the_door() {
        let port = server(|number, mut stream| async move {
            let first = if number < 2 { hello("9.7.4", OFFERS_TLS) } else { packet(b"\xff\x69\x04Host is blocked") };
            stream.write_all(&first).await.unwrap();
            let mut request = [0; 300];
            drop(stream.read_exact(&mut request).await);
            drop(stream.write_all(&record(21, &[2, 70])).await);
        })
        .await;
        let observation = probe_at(port).await;
        assert_eq!((connections(&observation), observation.endpoint.blocked.clone()), (3, Fact::Known(1129)));
        assert_eq!(versions(&observation)[3], Some(false), "what was learnt before");
        assert!(observation.fault.is_none() && !observation.complete);
    }

    #[tokio::test]
    async fn the_budget_is_kept() {
        // It accepts whatever comes first, so that there is always more to ask.
        let port = one_that_answers(|version| {
            let flight =
                [server_hello(version, if version == 0x0304 { 0x1301 } else { 0xc02f }), certificate()].concat();
            record(22, &[flight, message(14, &[])].concat())
        })
        .await;
        for (most, expected) in [(1, 1), (3, 3), (7, 7)] {
            let observation = probe(&Probe { max_connections: most, ..deep(port) }, &ConnectTo::default()).await;
            assert_eq!((connections(&observation), observation.complete), (expected, false));
        }
        let light = Probe { patience: QUICK, ..Probe::light("127.0.0.1", port) };
        let observation = probe(&light, &ConnectTo::default()).await;
        assert!(
            connections(&observation) <= 4 && versions(&observation) == [Some(true); 4],
            "{:?}",
            observation.troubles
        );
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_is_unreachable() {
        let observation = probe(&Probe::light("nowhere.invalid", 3306), &ConnectTo::default()).await;
        assert_eq!((observation.fault, connections(&observation)), (Some(Fault::Unreachable), 1));
    }
}
