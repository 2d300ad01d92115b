//! Any text as names of accounts, hosts and schemas: read or passed over, the same when it is written and read again, and two
//! patterns that match one text have a text in common.
#![no_main]

use aurora_audit::facts::privileges::name::AccountName;
use aurora_audit::facts::privileges::pattern::{like, overlap};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8], &[u8], &[u8])| {
    let (list, text, one, other) = input;
    for name in AccountName::parse_list(list) {
        assert_eq!(AccountName::parse(&name.to_string()), Some(name));
    }
    // Longer ones take the square of their length, as names never do.
    if one.len() < 300 && other.len() < 300 && like(text, one) && like(text, other) {
        assert!(overlap(one, other));
    }
});
