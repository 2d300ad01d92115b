//! How the SDK is set up: credentials and endpoints by its own default chains, regions from the request, one HTTP client for all
//! services, and bounded patience.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{AwsRequest, account, whole};
use crate::model::{Gap, Untrusted};

/// What stands for all enabled regions among those that are asked for.
pub(super) const ALL_REGIONS: &str = "all";

const MAX_ATTEMPTS: u32 = 7;
/// With the SDK's own second, seven attempts at a dead endpoint take most of a minute.
const INITIAL_BACKOFF: Duration = Duration::from_millis(250);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(20);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// The variable that the AWS CLI reads; the SDK for Rust leaves it to its users.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// A collection that cannot begin. What goes wrong later is a gap.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// Neither the request nor the environment names a region.
    #[error("no AWS region is configured: give --region, set AWS_REGION, or put `region` into the AWS profile")]
    NoRegion,
    /// A region that no service can have.
    #[error("`{region}` is not the name of an AWS region, such as eu-west-1")]
    BadRegion {
        /// What was given.
        region: Untrusted,
    },
    /// Not the ARN of a role, or the mark of an account in a role that is not the last.
    #[error(
        "`{role}` is not the ARN of a role, such as arn:aws:iam::123456789012:role/audit; in the last one {{account}} may stand for the account"
    )]
    BadRole {
        /// What was given.
        role: Untrusted,
    },
    /// A role for each account, and no accounts.
    #[error("the role has {{account}} in it: say by --accounts which accounts that is")]
    RoleWithoutAccounts,
    /// Not the number of an account.
    #[error("`{account}` is not the number of an AWS account, which has twelve digits")]
    BadAccount {
        /// What was given.
        account: Untrusted,
    },
    /// An account that the credentials do not belong to, and no role to assume there.
    #[error(
        "account {account} is not that of the credentials: give the role to assume in it by --role-arn arn:aws:iam::{{account}}:role/NAME"
    )]
    NoRole {
        /// The account.
        account: Untrusted,
    },
    /// The organization does not tell its accounts.
    #[error("--accounts org needs the accounts of the organization, and {gap}")]
    NoAccounts {
        /// What happened.
        gap: Gap,
    },
    /// No credentials for a login that rests on them.
    #[error(
        "the login to databases needs AWS credentials, and there are none: set AWS_PROFILE or the AWS_ACCESS_KEY_ID family"
    )]
    NoCredentials {
        /// What the SDK said.
        source: Option<Box<aws_credential_types::provider::error::CredentialsError>>,
    },
    /// The file that `AWS_CA_BUNDLE` names cannot be read.
    #[error("read the certificates that {CA_BUNDLE} names, {path}")]
    CaBundleUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file that `AWS_CA_BUNDLE` names is no list of certificates.
    #[error("{CA_BUNDLE} names {path}, which holds no certificates in PEM form, or a broken one")]
    CaBundleMalformed {
        /// The file.
        path: PathBuf,
    },
}

/// The SDK's configuration, for any region, with the credentials of the roles that are assumed once.
pub(super) async fn load(request: &AwsRequest) -> Result<SdkConfig, AwsError> {
    account::chained(request, of_chain(request).await?).await
}

/// The SDK's configuration by its own chains.
async fn of_chain(request: &AwsRequest) -> Result<SdkConfig, AwsError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client()?)
        // One for all services, or each would assume the roles of a profile anew.
        .identity_cache(IdentityCache::lazy().build())
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(INITIAL_BACKOFF))
        .timeout_config(timeouts());
    if let Ok(name) = AppName::new("aurora-audit") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &request.profile {
        loader = loader.profile_name(profile);
    }
    // Spares the default chain, which ends in a call to the instance metadata service.
    if let Some(region) = request.regions.iter().find(|region| *region != ALL_REGIONS) {
        loader = loader.region(Region::new(region.clone()));
    }
    Ok(loader.load().await)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}

/// Which regions are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Regions {
    /// Those that are enabled and have anything of Aurora.
    InUse,
    /// Those that are enabled.
    Enabled,
    /// These, sorted.
    Named(BTreeSet<String>),
}

/// The regions that are asked for, and the one from which services without regions are asked.
pub(super) fn regions(request: &AwsRequest, config: &SdkConfig) -> Result<(String, Regions), AwsError> {
    let all = request.regions.iter().any(|region| region == ALL_REGIONS);
    let named: BTreeSet<_> = request.regions.iter().filter(|region| *region != ALL_REGIONS).cloned().collect();
    let configured = config.region().map(ToString::to_string);
    let home = named.first().cloned().or(configured).ok_or(AwsError::NoRegion)?;
    if let Some(bad) = named.iter().chain([&home]).find(|region| !is_region(region)) {
        return Err(AwsError::BadRegion { region: bad.as_str().into() });
    }
    let regions = match (all, named.is_empty()) {
        (true, _) => Regions::Enabled,
        (false, true) => Regions::InUse,
        (false, false) => Regions::Named(named),
    };
    Ok((home, regions))
}

/// A region is a label of a host name.
fn is_region(name: &str) -> bool {
    let label = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    label && (1..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-')
}

/// The configuration of one region.
pub(super) fn in_region(config: &SdkConfig, region: &str) -> SdkConfig {
    config.clone().into_builder().region(Region::new(region.to_owned())).build()
}

fn http_client() -> Result<SharedHttpClient, AwsError> {
    let bundle = env::var_os(CA_BUNDLE).filter(|path| !path.is_empty());
    let context = bundle.map(|path| tls_context(Path::new(&path))).transpose()?;
    // The client's plain form knows no proxy.
    Ok(whole::client(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder();
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        let builder = builder.proxy_config(ProxyConfig::from_env()).tls_provider(Provider::Rustls(CryptoMode::Ring));
        match &context {
            Some(context) => builder.tls_context(context.clone()).build(),
            None => builder.build(),
        }
    })))
}

fn tls_context(path: &Path) -> Result<TlsContext, AwsError> {
    let malformed = |_| AwsError::CaBundleMalformed { path: path.to_owned() };
    TlsContext::builder().with_trust_store(trust_store(path)?).build().map_err(malformed)
}

/// Reads a PEM file in the place of the system's roots. Its certificates are tried here, because the HTTP client panics over
/// one that it cannot use.
fn trust_store(path: &Path) -> Result<TrustStore, AwsError> {
    let pem = fs::read(path).map_err(|source| AwsError::CaBundleUnreadable { path: path.to_owned(), source })?;
    if !usable(&pem) {
        return Err(AwsError::CaBundleMalformed { path: path.to_owned() });
    }
    Ok(TrustStore::empty().with_pem_certificate(pem))
}

fn usable(pem: &[u8]) -> bool {
    let mut roots = RootCertStore::empty();
    let add = |certificate: Result<CertificateDer<'static>, _>| {
        certificate.is_ok_and(|certificate| roots.add(certificate).is_ok())
    };
    CertificateDer::pem_slice_iter(pem).all(add) && !roots.is_empty()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn request(regions: &[&str]) -> AwsRequest {
        let regions = regions.iter().map(|&region| region.to_owned()).collect();
        AwsRequest { regions, ..AwsRequest::default() }
    }

    fn chain(region: Option<&'static str>) -> SdkConfig {
        SdkConfig::builder().region(region.map(Region::from_static)).build()
    }

    #[test]
    fn regions_come_from_the_request_then_from_the_chain() {
        let named = |names: &[&str]| Regions::Named(names.iter().map(|&name| name.to_owned()).collect());
        for (asked, configured, home, expected) in [
            (&["eu-west-1"][..], None, "eu-west-1", named(&["eu-west-1"])),
            (
                &["us-east-1", "eu-west-1", "us-east-1"],
                Some("eu-north-1"),
                "eu-west-1",
                named(&["eu-west-1", "us-east-1"]),
            ),
            (&["cn-north-1"], Some("eu-north-1"), "cn-north-1", named(&["cn-north-1"])),
            (&[], Some("eu-north-1"), "eu-north-1", Regions::InUse),
            (&["all"], Some("us-gov-west-1"), "us-gov-west-1", Regions::Enabled),
            (&["all", "eu-west-1"], None, "eu-west-1", Regions::Enabled),
        ] {
            let found = regions(&request(asked), &chain(configured)).unwrap();
            assert_eq!(found, (home.to_owned(), expected), "{asked:?} {configured:?}");
        }
    }

    #[test]
    fn no_region_names_the_mend() {
        let error = regions(&request(&[]), &chain(None)).unwrap_err();
        assert!(matches!(error, AwsError::NoRegion));
        assert!(error.to_string().contains("--region"));
    }

    #[test]
    fn what_is_no_region_is_refused() {
        for bad in ["", "us east/1", "EU-WEST-1", "-eu", "eu-", "eu.west", "e\u{301}u", &"a".repeat(64)] {
            for (asked, configured) in [(&[bad][..], None), (&["eu-west-1", bad], None), (&[], Some(bad))] {
                let chain = SdkConfig::builder().region(configured.map(|name| Region::new(name.to_owned()))).build();
                let error = regions(&request(asked), &chain).unwrap_err();
                assert!(matches!(error, AwsError::BadRegion { .. }), "{bad}");
            }
        }
    }

    #[test]
    fn a_region_replaces_the_chains() {
        assert_eq!(in_region(&chain(Some("eu-north-1")), "us-east-2").region().unwrap().as_ref(), "us-east-2");
    }

    #[test]
    fn a_bundle_without_usable_certificates_is_refused() {
        for text in [
            "",
            "no certificate",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let error = trust_store(file.path()).unwrap_err();
            assert!(matches!(error, AwsError::CaBundleMalformed { .. }), "{text:?}: {error}");
        }
        let error = trust_store(Path::new("/nowhere/at/all.pem")).unwrap_err();
        assert!(matches!(error, AwsError::CaBundleUnreadable { .. }));
    }
}
