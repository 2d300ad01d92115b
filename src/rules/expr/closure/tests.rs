//! Closures against the interpreter: the same answer, fault for fault, on every kind of expression and of ignorance.

use proptest::prelude::*;

use super::super::eval::tests::{condition, darkened};
use crate::model::Fact;
use crate::rules::expr::{Fault, Undecided};
use crate::rules::testing::{changed, decide, decide_fast, sample};

/// Shapes that the generated conditions do not have.
const SHAPES: &[&str] = &[
    "e.port == 3306 && has(e.cidr)",
    "e.port + r.port == 6612",
    "-r.port < -1",
    "-r.tags.size() < 0",
    "r.port == 1 ? r.public : e.port == 3306",
    "(r.public ? r.doors : r.doors.filter(d, d.port == 1)).exists(d, d.port == 22)",
    "(r.public ? r.secret : r.secret) != null",
    "r.doors.exists_one(d, d.port == 22)",
    "r.doors.exists_one(d, d.port == 3306)",
    "r.doors.map(d, d.port + 1).all(p, p > 22)",
    "r.doors.filter(d, has(d.cidr)).size() == 2",
    "r.doors.all(d, r.exports.exists(x, x == 'audit' && d.port > 1))",
    "r.name + '!' in ['orders!', r.name]",
    "[r.port, e.port].all(p, p in params.ports)",
    "params.ports.exists(p, p == r.port)",
    "['a', 'b'].exists(x, x == r.name)",
    "size(r.name + r.timeout) == 9",
    "r.name.lowerAscii().startsWith(r.name)",
    "cidr.contains(cidr('10.0.0.0/8'), cidr(r.name)) == r.public",
    "has(e.cidr) && cidr.contains(cidr('0.0.0.0/0'), e.cidr)",
    "int(r.name) == 1",
    "r.port / (r.port - 3306) == 1",
    "r.port * 9223372036854775807 > 1",
    "has(r.secret) && has(r.secret.key)",
    "has(r.secret) && r.secret.key == null",
    "r.retention != null && r.retention > params.limit",
    "r.roles.map(x, x).exists(x, x == 'reader')",
    "'writer' in r.roles",
];

#[test]
fn every_shape_answers_alike() {
    for source in SHAPES {
        assert_eq!(decide_fast(source, &sample()), decide(source, &sample()).0, "{source}");
        for bit in 0..13 {
            let subject = darkened(1 << bit);
            assert_eq!(decide_fast(source, &subject), decide(source, &subject).0, "{source} without {bit}");
        }
    }
}

#[test]
fn the_budget_is_the_same() {
    let many: Vec<String> = (0..400).map(|number| number.to_string()).collect();
    let subject = changed(|data| data.exports = Fact::Known(many));
    for (source, fits) in [
        ("r.exports.exists(a, a == 'x') || r.public", true),
        ("r.exports.exists(a, r.exports.exists(b, a + b == 'x')) || r.public", true),
        ("r.exports.exists(a, r.exports.exists(b, r.exports.exists(c, a + b + c == 'x'))) || r.public", false),
        ("r.exports.all(a, r.exports.filter(b, a in r.exports || b == a).size() > 0) || r.public", false),
    ] {
        let fast = decide_fast(source, &subject);
        assert_eq!(fast, decide(source, &subject).0, "{source}");
        assert_eq!(fast != Err(Undecided::Error(Fault::Budget)), fits, "{source}");
    }
}

proptest! {
    #[test]
    fn closures_answer_as_the_interpreter(source in condition(), bits in 0_u16..1 << 13) {
        let subject = darkened(bits);
        prop_assert_eq!(decide_fast(&source, &subject), decide(&source, &subject).0, "{}", source);
    }
}
