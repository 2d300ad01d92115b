//! Any bytes in place of what a server sends after a `ClientHello`.
#![no_main]

use aurora_audit::collect::tls::fuzz::records;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| assert!(records(bytes)));
