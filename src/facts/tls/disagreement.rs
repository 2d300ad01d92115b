//! Where the parameter group, the running servers and the wire say different things about TLS: a static parameter waits for a reboot,
//! a server was built without a version, or somebody else answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::endpoint::{Endpoint, EndpointRole};
use super::requirement::is_voluntary;
use super::setting::{TlsSettings, words};
use crate::facts::found::Found;
use crate::facts::privileges::is_on;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::GlobalVariables;

facts! {
    /// One thing about TLS of which two sources say different things.
    struct Disagreement = "tls_disagreement" {
        /// What it is about: a parameter, or `certificate`.
        subject: String;
        /// What AWS says: the parameter group, or the certificate that RDS issued.
        configured: String;
        /// What a server says or does.
        observed: String;
        /// Where it was observed, as `host:port`, and how.
        observed_at: String;
    } key id at at
}

/// What was compared so far, and why there may be more disagreements.
#[derive(Default)]
struct Comparison {
    disagreements: Vec<Arc<Disagreement>>,
    unsure: Option<Why>,
}

/// All disagreements about the TLS of a cluster.
pub fn disagreements(
    settings: &TlsSettings,
    variables: &Fact<Vec<&Arc<Record<GlobalVariables>>>>,
    endpoints: &Found<Endpoint>,
) -> Derived<Vec<Arc<Disagreement>>> {
    let mut found = Comparison::default();
    match variables {
        Fact::Known(variables) => variables.iter().for_each(|running| found.compare_variables(settings, running)),
        Fact::Unknown(why) if is_voluntary(why) => {}
        Fact::Unknown(why) => found.doubt(why),
        Fact::Absent => found.doubt(&Why::NotCollected),
    }
    endpoints.present.iter().for_each(|endpoint| found.compare_endpoint(settings, endpoint));
    if let Some(why) = &endpoints.incomplete {
        found.doubt(why);
    }
    let from = found.disagreements.iter().map(|it| it.at.clone()).collect();
    match found.unsure {
        // What disagrees stays a finding, whatever else could not be compared.
        Some(why) if found.disagreements.is_empty() => Derived::new(Fact::Unknown(why), from),
        _ => Derived::new(Fact::Known(found.disagreements), from),
    }
}

impl Comparison {
    fn doubt(&mut self, why: &Why) {
        self.unsure.get_or_insert_with(|| why.clone());
    }

    /// Compares when both sides are known; an absent side makes no statement.
    fn compare<T: PartialEq, U>(
        &mut self,
        one: &Fact<T>,
        other: &Fact<U>,
        differ: impl FnOnce(&T, &U) -> Option<Disagreement>,
    ) {
        match (one, other) {
            (Fact::Known(one), Fact::Known(other)) => self.disagreements.extend(differ(one, other).map(Arc::new)),
            (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => self.doubt(why),
            (Fact::Absent, _) | (_, Fact::Absent) => {}
        }
    }

    /// The group against the variables of a running server.
    fn compare_variables(&mut self, settings: &TlsSettings, running: &Record<GlobalVariables>) {
        let server = running.data.server.known().map_or(running.id.as_str(), String::as_str);
        let at = |key: &str| (format!("{server}, its variable"), Place::data_of(running.at).member(key));
        let data = &running.data;
        self.compare(
            &settings.require_secure_transport.value,
            &data.require_secure_transport,
            |configured, observed| {
                let switch = |on: bool| if on { "ON" } else { "OFF" }.to_owned();
                differs(
                    "require_secure_transport",
                    switch(*configured),
                    switch(is_on(observed)),
                    at("require_secure_transport"),
                )
            },
        );
        self.compare(&settings.versions.value, &data.tls_version, |configured, observed| {
            differs_as_sets("tls_version", configured, &words(observed), at("tls_version"))
        });
        // The servers' variables tell 1.2 and 1.3 apart, the group's suites are compared with both together.
        let observed = data.ssl_cipher.as_ref().and_then(|old| match &data.tls_ciphersuites {
            Fact::Known(new) => Fact::Known([words(old), words(new)].concat()),
            Fact::Absent => Fact::Known(words(old)),
            Fact::Unknown(why) => Fact::Unknown(why.clone()),
        });
        self.compare(&settings.cipher_suites.value, &observed, |configured, observed| {
            let missing = configured.iter().any(|suite| !observed.contains(suite));
            missing.then(|| {
                let (configured, observed) = (configured.join(","), observed.join(","));
                disagreement("ssl_cipher", configured, observed, at("ssl_cipher"))
            })
        });
    }

    /// The group against what the wire does, and RDS's certificate against the one that was sent. A proxy has settings of its own.
    fn compare_endpoint(&mut self, settings: &TlsSettings, endpoint: &Endpoint) {
        if endpoint.role == EndpointRole::Proxy {
            return;
        }
        let accepted = accepted_versions(endpoint);
        let at =
            |key: &str| (format!("{}, a handshake", endpoint.address), Place::data_of(endpoint.record.at).member(key));
        self.compare(&settings.versions.value, &accepted, |configured, observed| {
            differs_as_sets("tls_version", configured, observed, at("TLSv1.2"))
        });
        let sent = endpoint.certificate.as_ref().map(|certificate| certificate.not_after);
        self.compare(&endpoint.announced_not_after.value, &sent, |announced, sent| {
            let told = |time: &jiff::Timestamp| format!("valid to {time}");
            differs("certificate", told(announced), told(sent), at("Certificates"))
        });
    }
}

/// The versions that the handshakes were accepted with, in the words of `tls_version`.
fn accepted_versions(endpoint: &Endpoint) -> Fact<Vec<String>> {
    let data = &endpoint.record.data;
    let asked =
        [("TLSv1", &data.tls_1_0), ("TLSv1.1", &data.tls_1_1), ("TLSv1.2", &data.tls_1_2), ("TLSv1.3", &data.tls_1_3)];
    let mut accepted = Vec::new();
    for (name, answer) in asked {
        match answer {
            Fact::Known(true) => accepted.push(name.to_owned()),
            Fact::Known(false) => {}
            Fact::Absent => return Fact::Unknown(Why::NotCollected),
            Fact::Unknown(why) => return Fact::Unknown(why.clone()),
        }
    }
    Fact::Known(accepted)
}

fn differs_as_sets(
    subject: &str,
    configured: &[String],
    observed: &[String],
    at: (String, Place),
) -> Option<Disagreement> {
    let set = |list: &[String]| list.iter().map(|word| word.to_ascii_lowercase()).collect::<BTreeSet<_>>();
    let told = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(",") };
    (set(configured) != set(observed)).then(|| disagreement(subject, told(configured), told(observed), at))
}

fn differs(subject: &str, configured: String, observed: String, at: (String, Place)) -> Option<Disagreement> {
    (configured != observed).then(|| disagreement(subject, configured, observed, at))
}

fn disagreement(
    subject: &str,
    configured: String,
    observed: String,
    (observed_at, at): (String, Place),
) -> Disagreement {
    Disagreement {
        id: format!("{subject} at {observed_at}"),
        subject: subject.to_owned(),
        configured,
        observed,
        observed_at,
        at,
    }
}
