//! Any bytes as a server's certificate: judged or refused, and never trusted.
#![no_main]

use aurora_audit::facts::tls::{ChainState, Issuer, Matches, Presented, TrustStore};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8], &str)| {
    let (leaf, issuer, name) = input;
    let store = TrustStore::given("nobody".to_owned(), Vec::new());
    let sent = [leaf.to_vec(), issuer.to_vec()];
    let judged = Presented::new(&sent, &[name.to_owned()], store.of(Issuer::Either), None, Timestamp::UNIX_EPOCH);
    assert!(!judged.is_ok_and(|it| it.trust == Some(ChainState::Ok)));
    drop(Matches::new(leaf, name));
});
