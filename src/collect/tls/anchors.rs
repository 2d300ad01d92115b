//! The certificates that a run trusts: the built-in bundles, or the file that the user gave instead.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;

use crate::collect::Sink;
use crate::model::anchors::{BadPem, built_in, certificates};
use crate::snapshot::schema::tls::TrustAnchorsAnswer;

/// Trust anchors in DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchors {
    /// What they are called: the user's file without its folder, or `built-in`.
    pub name: String,
    /// The certificates.
    pub der: Vec<Vec<u8>>,
    /// Whether they replaced the built-in ones.
    pub replaced: bool,
}

/// A bundle that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadAnchors {
    /// The file cannot be read.
    #[error("read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a list of certificates.
    #[error("take trust anchors from `{}`", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BadPem,
    },
}

impl Anchors {
    /// The bundles that come with the program.
    ///
    /// # Errors
    /// Never with the bundles that come with the program.
    pub fn built_in() -> Result<Self, BadPem> {
        Ok(Self { name: "built-in".to_owned(), der: built_in()?, replaced: false })
    }

    /// The certificates of a PEM file, instead of the built-in ones (`--ca-bundle`).
    ///
    /// # Errors
    /// When the file cannot be read or is not a list of certificates.
    pub fn from_file(path: &Path) -> Result<Self, BadAnchors> {
        let pem = std::fs::read(path).map_err(|source| BadAnchors::Read { path: path.to_owned(), source })?;
        // Comments may be in any encoding; what stands between the markers is ASCII or refused.
        let der = certificates(&String::from_utf8_lossy(&pem))
            .map_err(|source| BadAnchors::Pem { path: path.to_owned(), source })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, der, replaced: true })
    }

    /// Writes the anchors down when they are the user's, so that judging the snapshot later trusts the same ones.
    pub fn record(&self, sink: &mut Sink) {
        if self.replaced {
            let certificates = self.der.iter().map(|der| BASE64.encode(der)).collect();
            let answer = TrustAnchorsAnswer { name: Some(self.name.clone()), certificates: Some(certificates) };
            sink.record(("", ""), self.name.clone(), "tls:ca-bundle", &answer.record());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::anchors::AMAZON_TRUST_ROOTS;

    #[test]
    fn only_a_replacement_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.pem");
        std::fs::write(&path, AMAZON_TRUST_ROOTS).unwrap();
        let own = Anchors::from_file(&path).unwrap();
        assert_eq!((own.name.as_str(), own.der.len(), own.replaced), ("own.pem", 5, true));
        for (anchors, records) in [(own, 1), (Anchors::built_in().unwrap(), 0)] {
            let mut sink = Sink::default();
            anchors.record(&mut sink);
            assert_eq!(sink.into_drafts().len(), records, "{}", anchors.name);
        }
    }

    #[test]
    fn names_the_file_that_is_no_bundle() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Anchors::from_file(&folder.path().join("missing.pem")).unwrap_err();
        assert!(missing.to_string().contains("missing.pem"), "{missing}");
        let path = folder.path().join("text.pem");
        std::fs::write(&path, "no certificate").unwrap();
        assert!(matches!(Anchors::from_file(&path).unwrap_err(), BadAnchors::Pem { source: BadPem::Empty, .. }));
    }
}
