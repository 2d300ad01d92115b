//! The interpreter: Kleene's tables, what stays in the trace, and the laws that hold for every expression.

use proptest::prelude::*;

use super::*;
use crate::model::{Derived, Fact};
use crate::rules::testing::{Sample, changed, check, decide, decide_fast, sample};

const UNKNOWN: Result<bool> = Err(Undecided::Unknown);

fn unread<V>() -> Fact<V> {
    Fact::Unknown(Why::NotCollected)
}

/// `r.public` true, `r.reachable` false, `r.port` unknown: every operand that logic can have, and a rule that breaks.
fn mixed() -> Sample {
    let mut mixed = changed(|data| data.port = unread());
    mixed.reachable = Derived::new(Fact::Known(false), Vec::new());
    mixed
}

#[test]
fn kleene_tables() {
    let operands = ["r.public", "r.reachable", "r.port == 1", "1 / (r.tags.size() - 1) == 1"];
    let subject = mixed();
    for (operator, rows) in [("&&", ["tfue", "ffff", "ufue", "efee"]), ("||", ["tttt", "tfue", "tuue", "teee"])] {
        for (left, row) in operands.iter().zip(rows) {
            for (right, expected) in operands.iter().zip(row.chars()) {
                let source = format!("{left} {operator} {right}");
                let found = match decide(&source, &subject).0 {
                    Ok(true) => 't',
                    Ok(false) => 'f',
                    Err(Undecided::Unknown) => 'u',
                    Err(Undecided::Error(_)) => 'e',
                };
                assert_eq!(found, expected, "{source}");
            }
        }
    }
}

#[test]
fn decides_and_shows_what_decided() {
    for (source, expected, shown) in [
        ("r.public", Ok(true), "r.public=true"),
        ("!r.public", Ok(false), "r.public=true"),
        ("r.public && r.port == 3306", Ok(true), "r.public=true r.port=3306"),
        ("r.public && r.port != 3306", Ok(false), "r.port=3306"),
        ("!r.public && r.port == 1", Ok(false), "r.public=true"),
        ("r.port == 1 || r.public", Ok(true), "r.public=true"),
        ("r.port == 1 || !r.public", Ok(false), "r.port=3306 r.public=true"),
        ("r.public ? r.port == 1 : r.name == 'x'", Ok(false), "r.public=true r.port=3306"),
        ("r.engine == 'aurora-mysql'", Ok(true), "r.engine=aurora-mysql"),
        ("r.kms_key_id == null", Ok(true), "r.kms_key_id=none"),
        ("has(r.kms_key_id)", Ok(false), "r.kms_key_id=none"),
        ("has(r.secret)", Ok(true), "r.secret=arn:secret"),
        ("r.secret != null && r.secret.arn == 'x'", Ok(false), "r.secret.arn=arn:secret"),
        ("r.version >= version('3.08')", Ok(true), "r.version=3.8.2"),
        ("r.created < timestamp('2026-01-31T00:00:01Z')", Ok(true), "r.created=2026-01-31T00:00:00Z"),
        ("'audit' in r.exports", Ok(true), "r.exports=audit, error"),
        ("['audit', 'slow'].all(x, x in r.exports)", Ok(false), "r.exports=audit, error"),
        ("r.exports.exists(x, x == 'slow')", Ok(false), "r.exports=audit, error"),
        ("r.exports.size() == 2", Ok(true), "r.exports=audit, error"),
        ("r.doors.size() == 3", Ok(true), "r.doors=home, world, group"),
        ("r.doors.exists(d, d.port == 22)", Ok(true), "d.port=22"),
        ("r.doors.all(d, d.port == 3306)", Ok(false), "d.port=22"),
        ("r.doors.exists(d, has(d.cidr) && cidr.prefix_len(d.cidr) < 8)", Ok(true), "d.cidr=0.0.0.0/0"),
        (
            "r.doors.filter(d, d.port == 22).exists(x, has(x.cidr))",
            Ok(false),
            "d.port=3306 d.port=3306 d.port=22 x.cidr=none",
        ),
        ("r.doors.exists_one(d, d.port > 5000)", Ok(false), "d.port=3306 d.port=3306 d.port=22"),
        ("r.doors.map(d, d.port).exists(p, p == 22)", Ok(true), "d.port=3306 d.port=3306 d.port=22"),
        ("r.tags.exists(t, t.key == 'team')", Ok(true), "t.key=team"),
        ("int(r.timeout) == 120", Ok(true), "r.timeout=120"),
        ("r.name.contains('rde') && !r.name.endsWith('x')", Ok(true), "r.name=orders"),
        ("r.name.lowerAscii() + '!' == 'orders!'", Ok(true), "r.name=orders"),
        ("-r.port + 1 == -3305 && r.port % 10 == 6 && r.port / 2 == 1653", Ok(true), "r.port=3306"),
        ("r.roles.exists(x, x == 'reader')", Ok(true), "r.roles=reader, unknown"),
        ("r.roles.exists(x, x == 'writer')", UNKNOWN, "r.roles=reader, unknown x?"),
        ("r.roles.all(x, x == 'reader')", UNKNOWN, "r.roles=reader, unknown x?"),
        ("r.roles.all(x, x != 'reader')", Ok(false), "r.roles=reader, unknown"),
        ("'reader' in r.roles", Ok(true), "r.roles=reader, unknown"),
        ("'writer' in r.roles", UNKNOWN, "r.roles=reader, unknown r.roles?"),
        ("r.port in params.ports", Ok(true), "r.port=3306"),
        ("r.name.matches('^o.*s$')", Ok(true), "r.name=orders"),
        ("r.name.matches('^rde')", Ok(false), "r.name=orders"),
        ("version.minor(r.version) == 8 && version.patch(r.version) == 2", Ok(true), "r.version=3.8.2"),
        ("version(r.timeout) > r.version", Ok(true), "r.timeout=120 r.version=3.8.2"),
        ("version('1.2') < version(r.timeout)", Ok(true), "r.timeout=120"),
        (
            "time.since(r.created) == duration('-30h')",
            Ok(false),
            "time.observed()=1970-01-01T00:00:00Z r.created=2026-01-31T00:00:00Z",
        ),
        (
            "time.observed() + duration('24h') < timestamp('1970-01-02T00:00:01Z')",
            Ok(true),
            "time.observed()=1970-01-01T00:00:00Z",
        ),
        (
            "time.days(r.created - time.observed()) == 20484",
            Ok(true),
            "r.created=2026-01-31T00:00:00Z time.observed()=1970-01-01T00:00:00Z",
        ),
        (
            "time.hours(duration('90m') - duration('31m') + duration('1h') + duration('0s')) == size(r.exports) - 1",
            Ok(true),
            "r.exports=audit, error",
        ),
        ("has(e.cidr) && cidr.family(e.cidr) == 4 && !cidr.is_private(e.cidr)", Ok(true), "e.cidr=0.0.0.0/0"),
        ("has(e.cidr) && cidr.overlaps(cidr('10.0.0.0/8'), e.cidr)", Ok(true), "e.cidr=0.0.0.0/0"),
    ] {
        assert_eq!(decide(source, &sample()), (expected, shown.to_owned()), "{source}");
    }
}

#[test]
fn functions_over_text_read_it_or_leave_the_question_open() {
    for (name, source, expected) in [
        (
            "10.1.2.3",
            "ip.is_private(r.name) && ip.within(r.name, cidr('10.0.0.0/8')) && ip.family(r.name) == 4",
            Ok(true),
        ),
        ("::ffff:192.168.0.1", "ip.is_private(r.name) && ip.family(r.name) == 4", Ok(true)),
        ("fd00::1", "ip.is_private(r.name) && ip.family(r.name) == 6", Ok(true)),
        ("172.32.0.1", "ip.is_private(r.name)", Ok(false)),
        ("8.8.8.8", "ip.is_private(r.name) || ip.is_loopback(r.name) || ip.is_link_local(r.name)", Ok(false)),
        ("::1", "ip.is_loopback(r.name)", Ok(true)),
        ("169.254.169.254", "ip.is_link_local(r.name)", Ok(true)),
        ("fe80::1", "ip.is_link_local(r.name)", Ok(true)),
        ("10.0.0", "ip.is_private(r.name)", UNKNOWN),
        ("10.0.0.0/33", "cidr.prefix_len(cidr(r.name)) == 8", UNKNOWN),
        ("10.0.0.0/8", "cidr.is_private(cidr(r.name)) && cidr.prefix_len(cidr(r.name)) == 8", Ok(true)),
        ("0.0.0.0/0", "cidr.is_private(cidr(r.name))", Ok(false)),
        ("fd00::/8", "cidr.is_private(cidr(r.name))", Ok(true)),
        ("fc00::/6", "cidr.is_private(cidr(r.name))", Ok(false)),
        ("192.168.0.0/15", "cidr.is_private(cidr(r.name))", Ok(false)),
        ("arn:aws:rds:eu-central-1:123456789012:cluster:x", "arn.account(r.name) == '123456789012'", Ok(true)),
        ("arn:aws:rds:eu-central-1:123456789012:cluster:x", "arn.resource(arn(r.name)) == 'cluster:x'", Ok(true)),
        (
            "arn:aws:rds:eu-central-1:123456789012:cluster:x",
            "arn.matches(r.name, 'arn:aws:rds:*:*:cluster:?')",
            Ok(true),
        ),
        (
            "arn:aws:rds:eu-central-1:123456789012:cluster:xy",
            "arn.matches(r.name, 'arn:aws:rds:*:*:cluster:?')",
            Ok(false),
        ),
        ("arn:aws:iam::123456789012:role/a", "arn.region(r.name) + arn.partition(r.name) == 'aws'", Ok(true)),
        ("orders", "arn.service(r.name) == 'rds'", UNKNOWN),
        ("orders", "arn(r.name) == arn('arn:aws:s3:::b')", UNKNOWN),
        ("3.4", "version(r.name) == version('3.4.0')", Ok(true)),
        ("3.x", "version(r.name) == version('3.4.0')", UNKNOWN),
        ("2026-01-31T00:00:00Z", "timestamp(r.name) == r.created", Ok(true)),
        ("yesterday", "timestamp(r.name) == r.created", UNKNOWN),
        ("90m", "duration(r.name) == duration('1h30m')", Ok(true)),
        ("1 day", "duration(r.name) == duration('1h30m')", UNKNOWN),
    ] {
        let subject = changed(|data| data.name = Fact::Known(name.into()));
        assert_eq!(decide(source, &subject).0, expected, "{name}: {source}");
        assert_eq!(decide_fast(source, &subject), expected, "{name}: {source}");
    }
}

#[test]
fn the_unknown_stays_unknown_and_only_it_is_named() {
    let subject = changed(|data| {
        data.port = unread();
        data.name = unread();
        data.exports = unread();
        data.secret = unread();
        data.retention = unread();
        data.timeout = Fact::Known("soon".into());
    });
    for (source, shown) in [
        ("r.port == 1", "r.port?"),
        ("r.public && r.port == 1", "r.port?"),
        ("!r.public || r.port == 1 || r.name == 'x'", "r.port? r.name?"),
        ("r.port == 1 ? r.public : r.public", "r.port?"),
        ("r.port < size(r.name)", "r.port? r.name?"),
        ("'a' in r.exports", "r.exports?"),
        ("r.exports.all(x, x == 'a')", "r.exports?"),
        ("has(r.secret)", "r.secret?"),
        ("has(r.secret) && r.secret.arn == 'x'", "r.secret?"),
        ("r.retention == null", "r.retention?"),
        ("int(r.timeout) == 1", "r.timeout=soon r.timeout?"),
    ] {
        assert_eq!(decide(source, &subject), (UNKNOWN, shown.to_owned()), "{source}");
    }
    assert_eq!(decide("r.port == 1 && !r.public", &subject), (Ok(false), "r.public=true".into()));
    assert_eq!(decide("r.port == 1 || r.public", &subject), (Ok(true), "r.public=true".into()));
}

#[test]
fn an_absence_that_the_type_denies_is_unknown() {
    let subject = changed(|data| {
        data.port = Fact::Absent;
        data.public = Fact::Absent;
        data.exports = Fact::Absent;
    });
    for source in ["r.port > 1", "r.public", "!r.public", "r.exports.all(x, x == 'a')", "r.exports.size() == 0"] {
        assert_eq!(decide(source, &subject).0, UNKNOWN, "{source}");
    }
    assert_eq!(decide("r.port == 1", &subject).0, Ok(false));
}

#[test]
fn what_breaks_is_an_error() {
    let subject = changed(|data| data.port = Fact::Known(i64::MAX));
    for (source, fault) in [
        ("r.port + 1 > 0", Fault::Overflow),
        ("r.port * 2 > 0", Fault::Overflow),
        ("-(-r.port - 1) > 0", Fault::Overflow),
        ("1 / (r.tags.size() - 1) == 1", Fault::DivisionByZero),
        ("1 % (r.tags.size() - 1) == 1", Fault::DivisionByZero),
        ("r.created + duration('87600000h') > r.created", Fault::Overflow),
    ] {
        assert_eq!(decide(source, &subject).0, Err(Undecided::Error(fault)), "{source}");
    }
}

#[test]
fn the_budget_ends_a_rule_that_looks_at_too_much() {
    let many: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let subject = changed(|data| data.exports = Fact::Known(many));
    let source = "r.exports.exists(a, r.exports.exists(b, r.exports.exists(c, a + b + c == 'x')))";
    assert_eq!(decide(source, &subject).0, Err(Undecided::Error(Fault::Budget)));
    let absorbed = format!("{source} || r.public");
    assert_eq!(decide(&absorbed, &subject).0, Err(Undecided::Error(Fault::Budget)));
}

/// Conditions over the sample, each on another fact.
pub(in crate::rules) const ATOMS: &[&str] = &[
    "r.public",
    "r.reachable",
    "r.port == 3306",
    "r.name.startsWith('x')",
    "r.engine in ['aurora-mysql']",
    "has(r.kms_key_id)",
    "r.retention == null",
    "(has(r.retention) && r.retention > 3)",
    "'audit' in r.exports",
    "r.exports.all(x, x != 'slow')",
    "r.exports.exists_one(x, x == 'error')",
    "r.roles.exists(x, x == 'writer')",
    "r.roles.filter(x, x == 'reader').size() == 1",
    "r.version < version('3.4')",
    "r.doors.exists(d, has(d.cidr) && cidr.prefix_len(d.cidr) < 8)",
    "r.doors.all(d, d.port == 3306)",
    "r.doors.map(d, d.port).exists(p, p == 22)",
    "int(r.timeout) > 100",
    "r.name.matches('^o[a-z]+s$')",
    "version(r.timeout) > r.version",
    "time.since(r.created) > duration('720h')",
    "ip.is_private(r.name)",
    "1 / (r.tags.size() - 1) == 1",
];

/// Any condition made of them that checks: one that asks again what is known already does not.
pub(in crate::rules) fn condition() -> impl Strategy<Value = String> {
    prop::sample::select(ATOMS)
        .prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| format!("!({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
                (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            ]
        })
        .prop_filter("asks again", |source| check(source, &[]).is_ok())
}

/// The sample with some of its facts unknown, by the bits of a number.
pub(in crate::rules) fn darkened(bits: u16) -> Sample {
    let dark = |bit: u16| bits & (1 << bit) != 0;
    let mut subject = changed(|data| {
        macro_rules! darken {
            ($($bit:literal $field:ident)*) => {$(if dark($bit) { data.$field = unread(); })*};
        }
        darken!(0 public 1 port 2 name 3 engine 4 kms_key_id 5 retention 6 exports 7 tags 8 timeout);
    });
    if dark(9) {
        subject.version = unread();
    }
    if dark(10) {
        subject.reachable = Derived::unknown(Why::NotCollected);
    }
    if dark(11) {
        subject.doors = Derived::unknown(Why::NotCollected);
    } else if dark(12)
        && let Fact::Known(doors) = &mut subject.doors.value
    {
        doors[1].cidr = unread();
        doors[2].port = unread();
    }
    subject
}

proptest! {
    #[test]
    fn ignorance_never_changes_an_answer(source in condition(), bits in 0_u16..1 << 13) {
        let known = decide(&source, &sample()).0;
        let (dark, shown) = decide(&source, &darkened(bits));
        match dark {
            Ok(answer) => prop_assert_eq!(known, Ok(answer), "{}", source),
            Err(Undecided::Unknown) => prop_assert!(shown.contains('?'), "{} {}", source, shown),
            Err(Undecided::Error(_)) => (),
        }
    }

    #[test]
    fn what_the_trace_keeps_decides_alone(source in condition()) {
        // Everything that the trace does not name may be unknown, and the answer stays.
        let (answer, shown) = decide(&source, &sample());
        let named = |fact: &str| shown.contains(fact);
        let fields = ["public", "port", "name", "engine", "kms_key_id", "retention", "exports", "tags", "timeout", "version", "reachable"];
        let bits = fields.iter().enumerate().filter(|(_, field)| !named(&format!("r.{field}=")));
        let dark = bits.fold(0, |bits, (bit, _)| bits | 1 << bit);
        prop_assume!(answer.is_ok());
        prop_assert_eq!(decide(&source, &darkened(dark)).0, answer, "{} {}", source, shown);
    }
}
