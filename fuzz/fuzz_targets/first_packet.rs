//! Any bytes in place of a greeting of MySQL, or of PostgreSQL's first answer.
#![no_main]

use aurora_audit::collect::tls::fuzz::first_packets;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| assert!(first_packets(bytes)));
