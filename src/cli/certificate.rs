//! `certificate`: what the certificates in a file prove, without asking anybody.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;

use super::args::{CertificateArgs, ListFormat};
use super::check::clock;
use super::error::CliError;
use super::exit::Exit;
use super::output::to_stdout;
use crate::config::resolve_time;
use crate::facts::tls::{Issuer, Matches, Presented, TrustStore, region_by_issuer};
use crate::model::Untrusted;
use crate::model::anchors::certificates;

/// More than any bundle; a device that never ends is left there.
const LARGEST: u64 = 16 << 20;

/// What is printed.
#[derive(Debug, Serialize)]
struct Answer {
    #[serde(flatten)]
    presented: Presented,
    /// Name asked for → whether clients accept the certificate for it.
    matches: BTreeMap<String, Matches>,
}

/// Runs the command.
pub fn run(args: &CertificateArgs) -> Result<Exit, CliError> {
    let answer = answer(args)?;
    let text = match args.format {
        ListFormat::Text => answer.to_string(),
        ListFormat::Json => serde_json::to_string_pretty(&answer)? + "\n",
    };
    to_stdout(text.as_bytes())?;
    Ok(Exit::Clean)
}

fn answer(args: &CertificateArgs) -> Result<Answer, CliError> {
    let now = resolve_time(args.now.as_deref(), clock)?;
    let sent = read(&args.file)?;
    let unreadable = |why| CliError::Certificate { path: args.file.clone(), why };
    let store = match &args.ca_bundle {
        Some(path) => TrustStore::given(name_of(path), read(path)?),
        None => TrustStore::built_in()?,
    };
    let authorities = store.of(Issuer::Either);
    let region = sent.first().and_then(|leaf| region_by_issuer(leaf));
    let presented = Presented::new(&sent, &args.names, authorities, region.as_deref(), now).map_err(unreadable)?;
    let mut matches = BTreeMap::new();
    for (leaf, name) in sent.first().into_iter().flat_map(|leaf| args.names.iter().map(move |name| (leaf, name))) {
        matches.insert(name.clone(), Matches::new(leaf, name).map_err(unreadable)?);
    }
    Ok(Answer { presented, matches })
}

/// The certificates of a PEM file, in DER. Comments may be in any encoding; what stands between the markers is ASCII or refused.
fn read(path: &Path) -> Result<Vec<Vec<u8>>, CliError> {
    let pem = bytes(path).map_err(|source| CliError::CertificateFile { path: path.to_owned(), source })?;
    certificates(&String::from_utf8_lossy(&pem)).map_err(|source| CliError::Pem { path: path.to_owned(), source })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MB", LARGEST >> 20)));
    }
    Ok(bytes)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let it = &self.presented;
        let line = |f: &mut Formatter<'_>, name: &str, value: &str| writeln!(f, "{name:<12}{}", Untrusted::from(value));
        let list = |list: &Option<Vec<String>>| list.as_ref().map(|list| list.join(", "));
        line(f, "subject", &self.shown("subject_common_name", it.subject_common_name.clone()))?;
        line(f, "names", &self.shown("subject_alternative_names", list(&it.subject_alternative_names)))?;
        line(f, "issuer", &it.issuer)?;
        let trust = self.shown("trust", it.trust.as_ref().map(|trust| trust.as_str().to_owned()));
        line(f, "trust", &format!("{trust} (by {}; {} sent)", it.trusted_authorities, it.chain_len))?;
        let days = format!("{} to {}, {} days left", it.not_before, it.not_after, it.days_left);
        line(f, "validity", &format!("{}: {days}", it.validity.as_str()))?;
        line(f, "key", &it.key)?;
        line(f, "signature", &it.signature)?;
        line(f, "usage", &self.shown("extended_key_usage", list(&it.extended_key_usage)))?;
        line(f, "SHA-256", &it.fingerprint_sha256)?;
        self.matches.iter().try_for_each(|(name, matches)| line(f, "name", &format!("{name}: {}", told(*matches))))
    }
}

impl Answer {
    /// A field in words: its value, why there is none, or that the certificate has none.
    fn shown(&self, field: &str, value: Option<String>) -> String {
        let unknown = || self.presented.unknown.get(field).map(|why| format!("unknown: {why}"));
        value.or_else(unknown).unwrap_or_else(|| "(none)".to_owned())
    }
}

/// A verdict on a name in words.
const fn told(matches: Matches) -> &'static str {
    match (matches.san_only, matches.cn_fallback) {
        (Some(true), _) => "covered",
        (Some(false), Some(true)) => "covered by the common name alone; strict clients refuse it",
        (Some(false), Some(false)) => "not covered",
        (None, _) | (_, None) => "unknown: the names cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(file: &str) -> CertificateArgs {
        let fixture = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name);
        CertificateArgs {
            file: if file.starts_with('/') { file.into() } else { fixture(file) },
            names: ["lab-1.c0ffee.us-east-1.rds.amazonaws.com", "\u{1b}[31m"].map(str::to_owned).to_vec(),
            ca_bundle: Some(fixture("root.pem")),
            format: ListFormat::Text,
            now: Some("2026-11-20T12:00:00Z".to_owned()),
        }
    }

    #[test]
    fn text_is_for_people() {
        insta::assert_snapshot!(answer(&args("aurora.pem")).unwrap());
    }

    #[test]
    fn names_have_their_words() {
        for (file, expected) in [
            ("aurora.pem", ".com: covered\n"),
            ("cn-only.pem", ".com: covered by the common name alone"),
            ("gov.pem", ".com: not covered"),
        ] {
            let text = answer(&args(file)).unwrap().to_string();
            assert!(text.contains(expected) && text.contains(r"\u{1B}[31m: not covered"), "{text}");
        }
    }

    #[test]
    fn a_bundle_without_the_region_is_named() {
        let given = CertificateArgs { ca_bundle: None, ..args("gov.pem") };
        let text = answer(&given).unwrap().to_string();
        assert!(text.contains("unknown: it cannot be read: the bundle lacks region us-gov-west-1"), "{text}");
    }

    #[test]
    fn keys_are_not_printed() {
        let answer = answer(&args("with-key.pem")).unwrap();
        assert!(!serde_json::to_string(&answer).unwrap().contains("bm90") && !answer.to_string().contains("bm90"));
        assert_eq!(answer.presented.chain_len, 2);
    }

    #[test]
    fn files_without_an_end_are_left() {
        let error = answer(&args("/dev/zero")).unwrap_err();
        assert!(matches!(error, CliError::CertificateFile { .. }), "{error}");
    }
}
