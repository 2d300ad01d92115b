//! What a cluster's parameter group says about TLS, with the engine's defaults where it says nothing.

use crate::facts::parameter::ClusterParameters;
use crate::facts::privileges::is_on;
use crate::facts::table::{TLS_DEFAULTS, edition};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, Engine};

use super::defaults::Defaults;

facts! {
    /// TLS as the parameter group has it. Servers may run older values until they are rebooted.
    struct TlsSettings = "tls_settings" {
        /// Whether connections without TLS are refused.
        require_secure_transport: Derived<bool>;
        /// Accepted versions in the words of `tls_version`, as in `TLSv1.2`.
        versions: Derived<Vec<String>>;
        /// Suites that `ssl_cipher` and `tls_ciphersuites` name; absent when both are left to the engine.
        cipher_suites: Derived<Vec<String>>, optional;
        /// Those of them that lack forward secrecy or authenticated encryption (RFC 9325 section 4.2).
        weak_cipher_suites: Derived<Vec<String>>, optional;
        /// The dated table of what the engine does without a parameter, and whether it was stale; absent where the group has all.
        defaults: Fact<String>, optional;
    }
}

impl TlsSettings {
    /// Reads the parameters of a cluster's group.
    pub fn new(cluster: &Record<DbCluster>, parameters: &ClusterParameters) -> Self {
        if cluster.data.engine == Fact::Known(Engine::AuroraPostgresql) {
            return Self::unknown(&Why::Unreadable {
                detail: "parameters of Aurora PostgreSQL are not judged yet".into(),
            });
        }
        let cipher_suites = cipher_suites(parameters);
        let weak = |suites: Vec<String>| suites.into_iter().filter(|suite| is_weak(suite)).collect();
        Self {
            require_secure_transport: or_default(&parameters.require_secure_transport, cluster, is_on, |row| {
                row.require_secure_transport
            }),
            versions: or_default(&parameters.tls_version, cluster, words, |row| row.tls_version.clone()),
            weak_cipher_suites: Derived::new(cipher_suites.value.clone().map(weak), cipher_suites.from.clone()),
            defaults: defaults(cluster, parameters),
            cipher_suites,
        }
    }

    fn unknown(why: &Why) -> Self {
        Self {
            require_secure_transport: Derived::unknown(why.clone()),
            versions: Derived::unknown(why.clone()),
            cipher_suites: Derived::unknown(why.clone()),
            weak_cipher_suites: Derived::unknown(why.clone()),
            defaults: Fact::Unknown(why.clone()),
        }
    }
}

/// The parameter's value, or what engines of the cluster's version do without one.
fn or_default<T>(
    parameter: &Derived<String>,
    cluster: &Record<DbCluster>,
    read: impl Fn(&str) -> T,
    default: impl Fn(&Defaults) -> T,
) -> Derived<T> {
    match &parameter.value {
        Fact::Known(value) => Derived::new(Fact::Known(read(value)), parameter.from.clone()),
        Fact::Absent => {
            let row = cluster.data.engine_version.as_ref().and_then(|version| match Defaults::of(version) {
                Ok(row) => Fact::Known(default(row)),
                Err(why) => Fact::Unknown(why),
            });
            Derived::new(row, vec![Place::data_of(cluster.at).member("EngineVersion")])
        }
        Fact::Unknown(why) => Derived::unknown(why.clone()),
    }
}

/// The edition of the table, where a value was taken from it.
fn defaults(cluster: &Record<DbCluster>, parameters: &ClusterParameters) -> Fact<String> {
    let unset = [&parameters.require_secure_transport, &parameters.tls_version];
    if !unset.iter().any(|parameter| parameter.value == Fact::Absent) {
        return Fact::Absent;
    }
    edition(TLS_DEFAULTS, cluster.observed)
        .map_or_else(Fact::Unknown, |edition| Fact::Known(format!("engine defaults {edition}")))
}

/// The words of a list, whatever separates them.
pub(super) fn words(list: &str) -> Vec<String> {
    let words = list.split([',', ':', ';', ' ']).map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn cipher_suites(parameters: &ClusterParameters) -> Derived<Vec<String>> {
    let both = [&parameters.ssl_cipher, &parameters.tls_ciphersuites];
    let from = both.iter().flat_map(|parameter| parameter.from.clone()).collect();
    let mut suites = Fact::Absent;
    for parameter in both {
        suites = match (suites, &parameter.value) {
            (Fact::Unknown(why), _) => Fact::Unknown(why),
            (_, Fact::Unknown(why)) => Fact::Unknown(why.clone()),
            (suites, Fact::Absent) => suites,
            (Fact::Absent, Fact::Known(value)) => named(words(value)),
            (Fact::Known(known), Fact::Known(value)) => named([known, words(value)].concat()),
        };
    }
    Derived::new(suites, from)
}

/// The suites, unless one is no name but a rule of OpenSSL's cipher strings, as in `HIGH` or `!aNULL`.
fn named(suites: Vec<String>) -> Fact<Vec<String>> {
    let is_name = |suite: &String| {
        suite.contains(['-', '_']) && suite.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match suites.iter().find(|suite| !is_name(suite)) {
        None if suites.is_empty() => Fact::Absent,
        None => Fact::Known(suites),
        Some(other) => {
            Fact::Unknown(Why::Unreadable { detail: format!("`{other}` is not the name of a cipher suite").into() })
        }
    }
}

/// By OpenSSL's name or IANA's. Suites of TLS 1.3 name no key exchange and always have forward secrecy.
fn is_weak(suite: &str) -> bool {
    let aead = ["GCM", "CHACHA20", "CCM"].iter().any(|mode| suite.contains(mode));
    let ephemeral = suite.starts_with("ECDHE-")
        || suite.starts_with("TLS_ECDHE_")
        || (suite.starts_with("TLS_") && !suite.contains("_WITH_"));
    !(aead && ephemeral)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(ssl_cipher: Fact<&str>, tls_ciphersuites: Fact<&str>) -> ClusterParameters {
        let derived = |fact: Fact<&str>| Derived::new(fact.map(str::to_owned), vec![]);
        ClusterParameters {
            ssl_cipher: derived(ssl_cipher),
            tls_ciphersuites: derived(tls_ciphersuites),
            ..ClusterParameters::new(&Fact::Unknown(Why::NotCollected))
        }
    }

    #[test]
    fn suites_come_from_both_parameters() {
        use Fact::{Absent, Known, Unknown};
        for (old, new, expected) in [
            (Absent, Absent, Ok(None)),
            (Known("ECDHE-RSA-AES128-SHA"), Absent, Ok(Some(vec!["ECDHE-RSA-AES128-SHA"]))),
            (Known("A-B:C-D"), Known("TLS_E,TLS_F"), Ok(Some(vec!["A-B", "C-D", "TLS_E", "TLS_F"]))),
            (Absent, Known(" TLS_E "), Ok(Some(vec!["TLS_E"]))),
            (Known(""), Absent, Ok(None)),
            (Known("HIGH:!aNULL"), Absent, Err(())),
            (Known("A-B"), Unknown(Why::NotCollected), Err(())),
            (Unknown(Why::NotCollected), Absent, Err(())),
        ] {
            let found = match cipher_suites(&parameters(old.clone(), new)).value {
                Known(suites) => Ok(Some(suites)),
                Absent => Ok(None),
                Unknown(_) => Err(()),
            };
            let expected = expected.map(|it| it.map(|it| it.into_iter().map(str::to_owned).collect::<Vec<_>>()));
            assert_eq!(found, expected, "{old:?}");
        }
    }

    #[test]
    fn weak_suites_lack_forward_secrecy_or_authentication() {
        for (suite, weak) in [
            ("ECDHE-RSA-AES128-GCM-SHA256", false),
            ("ECDHE-ECDSA-CHACHA20-POLY1305", false),
            ("TLS_AES_256_GCM_SHA384", false),
            ("TLS_CHACHA20_POLY1305_SHA256", false),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", false),
            ("ECDHE-RSA-AES128-SHA", true),
            ("ECDHE-RSA-AES256-SHA384", true),
            ("AES256-GCM-SHA384", true),
            ("TLS_RSA_WITH_AES_128_GCM_SHA256", true),
            ("DHE-RSA-AES256-SHA", true),
        ] {
            assert_eq!(is_weak(suite), weak, "{suite}");
        }
    }
}
