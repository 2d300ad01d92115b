//! The light probe of one endpoint: which versions of TLS it accepts and which certificates it shows, in at most four
//! connections.

use std::time::Duration;

use data_encoding::BASE64;

use super::chain;
use super::finding::{Finding, Step};
use super::hello::{TlsVersion, client_hello};
use super::wire::{Greeted, Trouble, greet};
use crate::collect::ConnectTo;
use crate::snapshot::schema::tls::{ProbeDepth, TlsEndpointAnswer, WireProtocol};

/// The longest that a whole handshake may take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

/// What an endpoint answered, and why the rest is missing.
#[derive(Debug)]
pub struct Observation {
    /// The facts.
    pub answer: TlsEndpointAnswer,
    /// What went wrong, in order.
    pub troubles: Vec<Trouble>,
}

/// Probes `host:port`. Server names are the real ones, wherever `connect_to` leads.
pub async fn probe(host: &str, port: u16, connect_to: &ConnectTo) -> Observation {
    let address = connect_to.resolve(host, port);
    let mut finding = Finding::default();
    while let Some(step) = finding.next() {
        finding.begin(step);
        match greet(address).await {
            // The next connection would get the same, and count against this client's address.
            Err(trouble) => finding.stop(trouble),
            Ok(greeted) => take_step(&mut finding, step, greeted, host).await,
        }
    }
    finding.finish();
    observation(host, port, finding)
}

async fn take_step(finding: &mut Finding, step: Step, greeted: Greeted, host: &str) {
    finding.server_version = Some(greeted.greeting.version.clone());
    finding.tls_offered = Some(greeted.greeting.tls);
    if !greeted.greeting.tls {
        finding.no_tls();
        return;
    }
    match step {
        Step::Hello(newest) => match greeted.ask(&client_hello(host, newest)).await {
            Ok(answer) => finding.note(newest, answer),
            Err(trouble) => finding.troubles.push(trouble.about(newest.as_str())),
        },
        Step::Handshake => match handshake(greeted, host).await {
            Ok(certificates) => finding.certificates = Some(certificates),
            Err(trouble) => finding.troubles.push(trouble.about("certificates of TLS 1.3")),
        },
    }
}

async fn handshake(greeted: Greeted, host: &str) -> Result<Vec<Vec<u8>>, Trouble> {
    chain::certificates(greeted.start_tls().await?, host, HANDSHAKE_PATIENCE).await
}

fn observation(host: &str, port: u16, finding: Finding) -> Observation {
    let answer = TlsEndpointAnswer {
        host: Some(host.to_owned()),
        port: Some(port.into()),
        db_cluster_arn: None,
        tls_1_0: finding.accepts(TlsVersion::V10),
        tls_1_1: finding.accepts(TlsVersion::V11),
        tls_1_2: finding.accepts(TlsVersion::V12),
        tls_1_3: finding.accepts(TlsVersion::V13),
        server_version: finding.server_version,
        tls_offered: finding.tls_offered,
        certificates: finding.certificates.map(|chain| chain.iter().map(|der| BASE64.encode(der)).collect()),
        connections: Some(finding.connections),
        protocol: Some(WireProtocol::Mysql),
        depth: Some(ProbeDepth::Light),
        ..TlsEndpointAnswer::default()
    };
    Observation { answer, troubles: finding.troubles }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::collect::tls::greeting::tests::{hello, packet};
    use crate::model::GapReason;

    /// A server that says `first` to everyone who comes and hangs up; the observation that a probe makes of it.
    async fn probe_one_that_says(first: Vec<u8>) -> Observation {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(&first).await;
            }
        });
        let routes = ConnectTo::new(vec![format!("db.example:3306:127.0.0.1:{port}").parse().unwrap()]);
        let observation = probe("db.example", 3306, &routes).await;
        server.abort();
        observation
    }

    #[tokio::test]
    async fn tells_first_packets_apart_and_stops_at_a_refusal() {
        let refusal = |code: u16| packet(&[&[0xff], &code.to_le_bytes()[..], b"no"].concat());
        for (first, reason, says) in [
            (refusal(1129), GapReason::Denied, "1129"),
            (refusal(1130), GapReason::Denied, "1130"),
            (refusal(1040), GapReason::Throttled, "1040"),
            (b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(), GapReason::Malformed, "does not speak MySQL"),
            (Vec::new(), GapReason::Unreachable, "closed"),
            (hello("9.7.4", 0xdfff_f7ff), GapReason::Unsupported, "offers no TLS"),
        ] {
            let Observation { answer, troubles } = probe_one_that_says(first).await;
            let [trouble] = troubles.as_slice() else { panic!("{troubles:?}") };
            assert_eq!((trouble.reason, answer.connections, &answer.certificates), (reason, Some(1), &None), "{says}");
            assert!(trouble.message.contains(says), "{}", trouble.message);
        }
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_is_no_evidence() {
        let Observation { answer, troubles } = probe_one_that_says(hello("9.7.4", 0xdfff_ffff)).await;
        assert_eq!((answer.server_version.as_deref(), answer.tls_offered), (Some("9.7.4"), Some(true)));
        assert_eq!([answer.tls_1_0, answer.tls_1_1, answer.tls_1_2, answer.tls_1_3], [None; 4]);
        assert_eq!((answer.connections, troubles.len()), (Some(4), 4), "{troubles:?}");
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_is_unreachable() {
        let Observation { answer, troubles } = probe("nowhere.invalid", 3306, &ConnectTo::default()).await;
        assert_eq!((answer.tls_offered, answer.connections), (None, Some(1)));
        assert_eq!(troubles.first().map(|trouble| trouble.reason), Some(GapReason::Unreachable));
    }
}
