//! Any bytes as a `ServerHello` in a whole record, and as the message behind it.
#![no_main]

use aurora_audit::collect::tls::fuzz::server_hello;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| assert!(server_hello(bytes)));
