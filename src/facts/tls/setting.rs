//! What a cluster's parameter group says about TLS, with the engine's defaults where it says nothing.

use std::sync::Arc;

use crate::facts::parameter::{ClusterParameters, engine_default};
use crate::facts::privileges::is_on;
use crate::facts::table::{TLS_DEFAULTS, edition};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, Engine};
use crate::snapshot::schema::rds_parameter::EngineDefaults;

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
        /// Where the value of a parameter that the group leaves to the engine comes from: what RDS says of the family, or, where RDS
        /// names no value, a dated table of what AWS documents, and whether that was stale; absent where the group has all.
        defaults: Fact<String>, optional;
    }
}

/// What the engine sets in the family of a cluster's parameter group; absent where nobody asked.
type Family = Fact<Arc<Record<EngineDefaults>>>;

impl TlsSettings {
    /// Reads the parameters of a cluster's group.
    pub fn new(cluster: &Record<DbCluster>, parameters: &ClusterParameters, family: &Family) -> Self {
        if cluster.data.engine == Fact::Known(Engine::AuroraPostgresql) {
            return Self::unknown(&Why::Unreadable {
                detail: "parameters of Aurora PostgreSQL are not judged yet".into(),
            });
        }
        let (transport, versions) = (default_of(family, TRANSPORT), default_of(family, VERSIONS));
        let cipher_suites = cipher_suites(parameters);
        let weak = |suites: Vec<String>| suites.into_iter().filter(|suite| is_weak(suite)).collect();
        Self {
            defaults: sources(
                cluster,
                &[(&parameters.require_secure_transport, &transport), (&parameters.tls_version, &versions)],
            ),
            require_secure_transport: or_default(
                (&parameters.require_secure_transport, transport),
                cluster,
                is_on,
                |row| row.require_secure_transport,
            ),
            versions: or_default((&parameters.tls_version, versions), cluster, words, |row| row.tls_version.clone()),
            weak_cipher_suites: Derived::new(cipher_suites.value.clone().map(weak), cipher_suites.from.clone()),
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

const TRANSPORT: &str = "require_secure_transport";
const VERSIONS: &str = "tls_version";

/// What RDS says that the engine sets a parameter to; absent where it does not say.
fn default_of(family: &Family, name: &str) -> Derived<String> {
    let found = match family {
        Fact::Known(defaults) => engine_default(defaults, name),
        Fact::Absent => Derived::new(Fact::Absent, Vec::new()),
        Fact::Unknown(why) => Derived::unknown(why.clone()),
    };
    match &found.value {
        Fact::Known(value) if value.trim().is_empty() => Derived::new(Fact::Absent, found.from),
        _ => found,
    }
}

/// The parameter's value, or the engine's: as RDS says, or where it names none, as AWS documents for the version. What RDS was asked
/// for and did not tell is unknown, because it may be otherwise than documented.
fn or_default<T>(
    (parameter, engine): (&Derived<String>, Derived<String>),
    cluster: &Record<DbCluster>,
    read: impl Fn(&str) -> T,
    documented: impl Fn(&Defaults) -> T,
) -> Derived<T> {
    let given = if parameter.value == Fact::Absent { engine } else { parameter.clone() };
    match given.value {
        Fact::Known(value) => Derived::new(Fact::Known(read(&value)), given.from),
        Fact::Unknown(why) => Derived::unknown(why),
        Fact::Absent => {
            let row = cluster.data.engine_version.as_ref().and_then(|version| match Defaults::of(version) {
                Ok(row) => Fact::Known(documented(row)),
                Err(why) => Fact::Unknown(why),
            });
            Derived::new(row, vec![Place::data_of(cluster.at).member("EngineVersion")])
        }
    }
}

/// Where the values come from that the group leaves to the engine.
fn sources(cluster: &Record<DbCluster>, given: &[(&Derived<String>, &Derived<String>)]) -> Fact<String> {
    let unset: Vec<_> =
        given.iter().filter(|(group, _)| group.value == Fact::Absent).map(|(_, it)| &it.value).collect();
    if unset.is_empty() {
        return Fact::Absent;
    }
    let told =
        unset.iter().any(|engine| engine.known().is_some()).then(|| "engine defaults as RDS tells them".to_owned());
    let documented = if unset.contains(&&Fact::Absent) {
        match edition(TLS_DEFAULTS, cluster.observed) {
            Ok(edition) => Some(format!("engine defaults {edition}")),
            Err(why) => return Fact::Unknown(why),
        }
    } else {
        None
    };
    let named: Vec<_> = told.into_iter().chain(documented).collect();
    match unset.iter().find_map(|engine| if let Fact::Unknown(why) = engine { Some(why.clone()) } else { None }) {
        Some(why) if named.is_empty() => Fact::Unknown(why),
        _ => Fact::Known(named.join(", ")),
    }
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
    use crate::model::RecordRef;
    use crate::snapshot::schema::rds::Parameter;

    fn record<T>(data: T) -> Record<T> {
        Record {
            id: String::new(),
            account: "1".to_owned(),
            region: "r".to_owned(),
            source: String::new(),
            observed: "2026-11-21T00:00:00Z".parse().unwrap(),
            at: RecordRef { file: 0, line: 2 },
            data,
        }
    }

    fn parameters(ssl_cipher: Fact<&str>, tls_ciphersuites: Fact<&str>) -> ClusterParameters {
        let derived = |fact: Fact<&str>| Derived::new(fact.map(str::to_owned), vec![]);
        ClusterParameters {
            ssl_cipher: derived(ssl_cipher),
            tls_ciphersuites: derived(tls_ciphersuites),
            ..ClusterParameters::new(&Fact::Unknown(Why::NotCollected))
        }
    }

    fn cluster() -> Record<DbCluster> {
        let data = DbCluster {
            engine: Fact::Known(Engine::AuroraMysql),
            engine_version: Fact::Known("8.4.7".to_owned()),
            ..DbCluster::default()
        };
        record(data)
    }

    fn family(parameters: Fact<&[(&str, Option<&str>)]>) -> Family {
        let parameter = |(name, value): &(&str, Option<&str>)| Parameter {
            parameter_name: Fact::Known((*name).to_owned()),
            parameter_value: value.map_or(Fact::Absent, |value| Fact::Known(value.to_owned())),
            ..Parameter::default()
        };
        let parameters = parameters.map(|all| all.iter().map(parameter).collect());
        Fact::Known(Arc::new(record(EngineDefaults { parameters, ..EngineDefaults::default() })))
    }

    /// Whatever a group leaves to the engine, RDS is asked first, and the table of what is documented second.
    #[test]
    fn what_a_group_leaves_out_is_what_the_engine_sets() {
        let denied = Why::Unreadable { detail: "denied".into() };
        let (told, table) = ("engine defaults as RDS tells them", "engine defaults of 2026-11-21");
        let off = &[(TRANSPORT, Some("OFF")), (VERSIONS, Some("TLSv1.3"))][..];
        let new = Fact::Known(vec!["TLSv1.2", "TLSv1.3"]);
        for (family, on, versions, source) in [
            (Fact::Absent, Fact::Known(true), new.clone(), Fact::Known(table.to_owned())),
            (family(Fact::Known(&[])), Fact::Known(true), new.clone(), Fact::Known(table.to_owned())),
            (
                family(Fact::Known(&[(VERSIONS, None), (TRANSPORT, Some(" "))])),
                Fact::Known(true),
                new.clone(),
                Fact::Known(table.to_owned()),
            ),
            (family(Fact::Known(off)), Fact::Known(false), Fact::Known(vec!["TLSv1.3"]), Fact::Known(told.to_owned())),
            (family(Fact::Known(&off[..1])), Fact::Known(false), new, Fact::Known(format!("{told}, {table}"))),
            (
                family(Fact::Unknown(denied.clone())),
                Fact::Unknown(denied.clone()),
                Fact::Unknown(denied.clone()),
                Fact::Unknown(denied.clone()),
            ),
            (
                Fact::Unknown(denied.clone()),
                Fact::Unknown(denied.clone()),
                Fact::Unknown(denied.clone()),
                Fact::Unknown(denied),
            ),
        ] {
            let none = || Derived::new(Fact::Absent, Vec::new());
            let parameters = ClusterParameters {
                require_secure_transport: none(),
                tls_version: none(),
                ..parameters(Fact::Absent, Fact::Absent)
            };
            let found = TlsSettings::new(&cluster(), &parameters, &family);
            let versions = versions.map(|it| it.into_iter().map(str::to_owned).collect::<Vec<_>>());
            let values = (found.require_secure_transport.value, found.versions.value, found.defaults);
            assert_eq!(values, (on, versions, source));
            // What the group says goes before all of it.
            let set = || Derived::new(Fact::Known("ON".to_owned()), Vec::new());
            let parameters = ClusterParameters { require_secure_transport: set(), tls_version: set(), ..parameters };
            let found = TlsSettings::new(&cluster(), &parameters, &family);
            assert_eq!((found.require_secure_transport.value, found.defaults), (Fact::Known(true), Fact::Absent));
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
