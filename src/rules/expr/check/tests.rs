//! What the checker refuses, one expression a line: where, why, and what it advises.

use crate::rules::testing::{check, processor_time};

/// Expression, what is marked, the message, and the advice.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    // Names.
    ("r.prot == 1", "prot", "type `sample` has no field `prot`", "did you mean `port`?"),
    ("r.publik", "publik", "type `sample` has no field `publik`", "did you mean `public`?"),
    (
        "r.secret.arm == 'x'",
        "r.secret",
        "`r.secret` may be absent: guard it with has(r.secret)",
        "as in `has(r.secret) && …`, and decide what its absence means",
    ),
    ("has(r.secret) && r.secret.arm == 'x'", "arm", "type `sample_secret` has no field `arm`", "did you mean `arn`?"),
    ("has(r.kms_key)", "kms_key", "type `sample` has no field `kms_key`", "did you mean `kms_key_id`?"),
    ("has(r.kms_key_idd)", "kms_key_idd", "type `sample` has no field `kms_key_idd`", "did you mean `kms_key_id`?"),
    ("r.port.x == 1", "x", "int has no fields", ""),
    ("r.doors.port == 1", "port", "a list has no field `port`", "ask its elements with all(), exists() or map()"),
    ("rr.port == 1", "rr", "unknown variable `rr`", "did you mean `r`?"),
    (
        "r.engine == auroramysql",
        "auroramysql",
        "unknown variable `auroramysql`",
        "there are `r`, `params`, `e`; strings need quotes",
    ),
    ("params == 1", "params", "`params` is used by its parts", "write `params.NAME`"),
    ("r.port in params.prots", "prots", "the rule has no parameter `prots`", "did you mean `ports`?"),
    ("r.name.startswith('a')", "startswith", "unknown method `startswith`", "did you mean `startsWith`?"),
    ("r.doors.exist(d, d.port == 1)", "exist", "unknown method `exist`", "did you mean `exists`?"),
    ("lenght(r.name) == 1", "lenght", "unknown function `lenght`", ""),
    (
        "cidr.contain(r.port, r.port)",
        "cidr.contain",
        "unknown function `cidr.contain`",
        "did you mean `cidr.contains`?",
    ),
    ("arn.regon(r.name) == 'x'", "arn.regon", "unknown function `arn.regon`", "did you mean `arn.region`?"),
    ("time.now() > r.created", "time.now", "unknown function `time.now`", ""),
    ("r.name.matches(r.timeout)", "r.timeout", "this takes a literal: write the regex here, in quotes", ""),
    ("arn.matches(r.name, r.name)", "r.name", "this takes a literal: write the arn pattern here, in quotes", ""),
    // Types.
    ("r.port == '3306'", "r.port == '3306'", "cannot compare int with string: they are never equal", ""),
    ("r.public == 1", "r.public == 1", "cannot compare bool with int: they are never equal", ""),
    ("r.port < '1'", "r.port < '1'", "cannot compare int with string", ""),
    ("r.version < '3.4'", "r.version < '3.4'", "cannot compare version with string", "write version('…')"),
    ("r.created > '2026'", "r.created > '2026'", "cannot compare timestamp with string", "write timestamp('…')"),
    ("r.timeout > 100", "r.timeout > 100", "cannot compare string with int", "read the number with int(…)"),
    ("r.public < true", "r.public < true", "bool has no order: `<` means nothing", ""),
    (
        "r.exports == ['audit']",
        "r.exports == ['audit']",
        "cannot compare list<string> with `==`",
        "compare elements with all() or exists(), or the number with size()",
    ),
    (
        "has(r.secret) && r.secret == r",
        "r.secret == r",
        "cannot compare sample_secret with sample: they are never equal",
        "",
    ),
    ("r == r", "r == r", "cannot compare sample with `==`", "compare their fields"),
    ("'x' in r.name", "r.name", "`in` looks into lists, not into string", "for a part of a text write a.contains(b)"),
    ("1 in r.exports", "1 in r.exports", "a list of string never holds int", ""),
    ("r.port in []", "[]", "nothing is in an empty list", ""),
    ("r.port in [1, 'a']", "'a'", "this list holds int before and string here", ""),
    ("r.port && true", "r.port", "expected bool, found int", ""),
    ("!r.port", "r.port", "expected bool, found int", ""),
    ("-r.name == 'a'", "r.name", "expected int, found string", ""),
    ("r.port ? true : false", "r.port", "expected bool, found int", ""),
    ("(r.public ? 1 : 'a') == 1", "'a'", "the two branches differ: int and string", ""),
    ("r.port + r.name == 'a'", "r.port + r.name", "`+` means nothing between int and string", ""),
    ("r.port / 0 == 1", "0", "this divides by zero", ""),
    ("r.name.startsWith(1)", "1", "startsWith() takes string, found int", ""),
    ("r.name.startsWith()", "startsWith", "startsWith() takes 1, found 0", ""),
    ("size(r.port) == 1", "r.port", "size() takes string or list, found int", ""),
    ("int(r.port) == 1", "r.port", "int() takes string, found int", ""),
    ("cidr.prefix_len(r.name) == 1", "r.name", "cidr.prefix_len() takes cidr, found string", ""),
    ("r.port.all(x, x == 1)", "r.port", "loops go over lists, not over int", ""),
    ("r.doors.all(d, d.port)", "d.port", "expected bool, found int", ""),
    // Literals.
    (
        "r.engine == 'aurora-mysq'",
        "'aurora-mysq'",
        "`aurora-mysq` is no word of `engine`: this is never equal",
        "did you mean `aurora-mysql`?",
    ),
    (
        "'postgres' != r.engine",
        "'postgres'",
        "`postgres` is no word of `engine`: this is never equal",
        "did you mean `aurora-postgresql`?",
    ),
    (
        "r.engine in ['aurora', 'mysql']",
        "'mysql'",
        "`mysql` is no word of `engine`: this is never equal",
        "did you mean `aurora-mysql`?",
    ),
    (
        "r.engine in params.engines",
        "params.engines",
        "`aurora-mysq` is no word of `engine`: this is never equal",
        "did you mean `aurora-mysql`?",
    ),
    (
        "r.version >= version('latest')",
        "'latest'",
        "`latest` is not a version",
        "versions are numbers and dots, as in 3.4.0",
    ),
    ("r.version >= version(r.port)", "r.port", "version() takes string, found int", ""),
    ("r.version >= version('1', '2')", "version", "version() takes 1, found 2", ""),
    (
        "time.since(r.created) > duration('2d')",
        "'2d'",
        "`2d` is not a duration",
        "durations are numbers with h, m, s or ms, as in 36h or 1h30m",
    ),
    (
        "arn(r.name) == arn('arn:aws:rds')",
        "'arn:aws:rds'",
        "`arn:aws:rds` is not an ARN",
        "ARNs are written as in arn:aws:rds:eu-central-1:123456789012:cluster:orders",
    ),
    (
        "arn.matches(r.name, 'arn:aws:rds:*')",
        "'arn:aws:rds:*'",
        "`arn:aws:rds:*` is not a pattern of ARNs",
        "write all six parts, as in arn:aws:rds:*:*:cluster:prod-*",
    ),
    ("time.since(r.created) > 5", "time.since(r.created) > 5", "cannot compare duration with int", ""),
    (
        "r.created + r.created > r.created",
        "r.created + r.created",
        "`+` means nothing between timestamp and timestamp",
        "",
    ),
    ("arn(r.name) < arn(r.name)", "arn(r.name) < arn(r.name)", "arn has no order: `<` means nothing", ""),
    (
        "cidr.contains(cidr('10.0.0.0/33'), cidr('10.0.0.0/8'))",
        "'10.0.0.0/33'",
        "`10.0.0.0/33` is not a CIDR",
        "write address and prefix length, as in 10.0.0.0/8",
    ),
    (
        "cidr('10.0.0.1/8') == cidr('10.0.0.0/8')",
        "'10.0.0.1/8'",
        "`10.0.0.1/8` has bits behind its prefix",
        "did you mean `10.0.0.0/8`?",
    ),
    (
        "r.created < timestamp('yesterday')",
        "'yesterday'",
        "`yesterday` is not a timestamp",
        "timestamps are written as in 2026-01-31T00:00:00Z",
    ),
    // Absence.
    (
        "r.retention > 6",
        "r.retention",
        "`r.retention` may be absent: guard it with has(r.retention)",
        "as in `has(r.retention) && …`, and decide what its absence means",
    ),
    (
        "r.kms_key_id == 'x'",
        "r.kms_key_id",
        "`r.kms_key_id` may be absent: guard it with has(r.kms_key_id)",
        "as in `has(r.kms_key_id) && …`, and decide what its absence means",
    ),
    (
        "r.retention > 6 || has(r.retention)",
        "r.retention",
        "`r.retention` may be absent: guard it with has(r.retention)",
        "as in `has(r.retention) && …`, and decide what its absence means",
    ),
    (
        "has(r.retention) || r.retention > 6",
        "r.retention",
        "`r.retention` may be absent: guard it with has(r.retention)",
        "as in `has(r.retention) && …`, and decide what its absence means",
    ),
    (
        "has(r.kms_key_id) && r.retention > 6",
        "r.retention",
        "`r.retention` may be absent: guard it with has(r.retention)",
        "as in `has(r.retention) && …`, and decide what its absence means",
    ),
    (
        "cidr.prefix_len(e.cidr) < 8",
        "e.cidr",
        "`e.cidr` may be absent: guard it with has(e.cidr)",
        "as in `has(e.cidr) && …`, and decide what its absence means",
    ),
    (
        "r.doors.all(d, has(d.cidr)) && r.doors.all(d, cidr.prefix_len(d.cidr) > 8)",
        "d.cidr",
        "`d.cidr` may be absent: guard it with has(d.cidr)",
        "as in `has(d.cidr) && …`, and decide what its absence means",
    ),
    (
        "(r.public ? r.kms_key_id : r.name) == 'x'",
        "(r.public ? r.kms_key_id : r.name)",
        "`(r.public ? r.kms_key_id : r.name)` may be absent: guard it with (r.public ? r.kms_key_id : r.name) != null",
        "as in `(r.public ? r.kms_key_id : r.name) != null && …`, and decide what its absence means",
    ),
    ("has(r.public)", "r.public", "`r.public` is never absent: has() would always be true", ""),
    ("r.port != null", "r.port", "`r.port` is never absent: comparing it with null decides nothing", ""),
    (
        "has(r.retention) && r.retention != null",
        "r.retention",
        "`r.retention` is known to be there: comparing it with null decides nothing",
        "",
    ),
    // What always comes out the same.
    ("1 == 1", "1 == 1", "all of this is constant: it always comes out the same", ""),
    ("null == null", "null == null", "all of this is constant: it always comes out the same", ""),
    (
        "cidr('10.0.0.0/8') == cidr('10.0.0.0/8')",
        "cidr('10.0.0.0/8') == cidr('10.0.0.0/8')",
        "all of this is constant: it always comes out the same",
        "",
    ),
    (
        "'ab'.startsWith('a') && r.public",
        "'ab'.startsWith('a')",
        "all of this is constant: it always comes out the same",
        "",
    ),
    ("['a', 'b'].exists(x, x == 'a')", "x == 'a'", "all of this is constant: it always comes out the same", ""),
    ("!'a'.matches('b')", "'a'.matches('b')", "all of this is constant: it always comes out the same", ""),
    ("r.doors.exists(d, true)", "d", "`d` is never used", ""),
    ("r.doors.exists(d, d.port > 0 || true)", "d.port > 0 || true", "this condition always comes out the same", ""),
    // Loops.
    ("r.doors.all(d, r.public)", "d", "`d` is never used", ""),
    ("r.doors.all(r, r.port == 1)", "r", "the name `r` is taken: take another one", ""),
    ("r.doors.all(d, r.exports.all(d, d == 'a'))", "d", "the name `d` is taken: take another one", ""),
    (
        "r.exports.all(a, r.exports.all(b, r.exports.all(c, r.exports.all(d, a + b + c + d == ''))))",
        "r.exports",
        "more than 3 loops inside each other",
        "",
    ),
];

#[test]
fn refuses_what_could_only_be_a_mistake() {
    for (source, marked, message, help) in REFUSED {
        let problems = check(source, &[]).map(|checked| checked.ty).unwrap_err();
        let found = problems.iter().any(|problem| {
            source.get(problem.at.0..problem.at.1) == Some(marked)
                && problem.message == *message
                && problem.help.as_deref().unwrap_or("") == *help
        });
        assert!(found, "{source}\n{problems:#?}");
    }
}

#[test]
fn accepts_what_means_something() {
    for source in [
        "r.public",
        "r.port == 3306 && r.engine == 'aurora-mysql'",
        "r.engine in ['aurora', 'aurora-mysql']",
        "r.port in params.ports",
        "r.version >= version('3.4') && r.version < version('4')",
        "r.created < timestamp('2026-02-01T00:00:00Z')",
        "r.kms_key_id == null",
        "r.kms_key_id != null && r.kms_key_id.startsWith('arn:')",
        "has(r.retention) && r.retention >= params.limit",
        "!has(r.retention) || r.retention > 6",
        "has(r.retention) ? r.retention > 6 : false",
        "!(r.retention == null) && r.retention > 6",
        "r.retention == null || r.retention > 6",
        "has(r.secret) && has(r.secret.key) && r.secret.key == 'x'",
        "(has(r.retention) && r.public) && r.retention > 6",
        "(!has(r.retention) || !has(r.kms_key_id)) || r.kms_key_id.size() > r.retention",
        "(r.public ? r.kms_key_id : r.name) != null",
        "r.doors.all(d, !has(d.cidr) || cidr.prefix_len(d.cidr) >= 8)",
        "r.doors.filter(d, has(d.cidr)).size() < 3",
        "r.doors.map(d, d.port).all(p, p in params.ports)",
        "r.doors.exists_one(d, d.port == 22)",
        "has(e.cidr) && cidr.contains(e.cidr, cidr('10.0.0.0/8'))",
        "['audit', 'error'].all(x, x in r.exports)",
        "int(r.timeout) <= 100 + 20 * 2 - -1",
        "r.name.lowerAscii() + 'x' == 'ordersx'",
        "size(r.name) == 6 && r.exports.size() != 0",
        "r.roles.exists(role, role == 'reader')",
        "r.public == true",
        "r.name.matches('^ord(er)?s$')",
        "r.version >= version(r.timeout)",
        "time.since(r.created) > duration('720h') && r.created + duration('1h') < time.observed()",
        "time.observed() - r.created <= duration('1h') + duration('30m') && time.days(time.since(r.created)) < 90",
        "has(r.secret) && arn.service(r.secret.arn) == 'rds' && arn.matches(r.secret.arn, 'arn:*:rds:*:*:*')",
        "arn(r.name) == arn('arn:aws:rds:eu-central-1:123456789012:cluster:orders')",
        "has(e.cidr) && !cidr.is_private(e.cidr) && cidr.family(e.cidr) == 4",
        "ip.within(r.name, cidr('10.0.0.0/8')) || ip.is_private(r.name)",
        "version.major(r.version) == 3 && version.minor(r.version) % 2 == 0",
    ] {
        if let Err(problems) = check(source, &[]) {
            panic!("{source}: {problems:?}");
        }
    }
}

#[test]
fn lets_carry_what_they_make_sure_of() {
    for (lets, source) in [
        (&[("there", "has(r.retention)")][..], "there && r.retention > 6"),
        (&[("kept", "r.retention")], "kept != null && kept > 6"),
        (&[("kept", "r.retention")], "has(r.retention) && kept > 6"),
        (&[("key", "r.public ? r.kms_key_id : r.name")], "key != null && key == 'x'"),
        (&[("long", "r.retention > 6")], "has(r.retention) && long"),
        (&[("a", "has(e.cidr)"), ("b", "a && cidr.prefix_len(e.cidr) < 8")], "!b"),
        (&[("wide", "r.doors.exists(d, d.port > 1)")], "r.exports.all(d, d == 'a') && wide"),
    ] {
        if let Err(problems) = check(source, lets) {
            panic!("{source}: {problems:?}");
        }
    }
    for (lets, source, message) in [
        (&[("long", "r.retention > 6")][..], "long", "`r.retention` may be absent: guard it with has(r.retention)"),
        (&[("a", "b"), ("b", "r.public")], "a && b", "`b` is defined only further down"),
        (&[("a", "a")], "a", "`a` is defined only further down"),
        (&[("x", "d.port > 1")], "r.doors.all(d, x)", "unknown variable `d`"),
        (&[("word", "'aurora-mysq'")], "r.engine == word", "`aurora-mysq` is no word of `engine`: this is never equal"),
        (&[("wide", "r.public")], "r.exports.all(wide, wide == 'a')", "the name `wide` is taken: take another one"),
    ] {
        let problems = check(source, lets).map(|checked| checked.ty).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message == message), "{source}: {problems:?}");
    }
}

#[test]
fn lets_cannot_blow_an_expression_up() {
    let names: Vec<(String, String)> =
        (1..40).map(|i| (format!("v{i}"), format!("v{} && v{}", i - 1, i - 1))).collect();
    let mut lets = vec![("v0", "r.public")];
    lets.extend(names.iter().map(|(name, body)| (name.as_str(), body.as_str())));
    let started = processor_time();
    let problems = check("v39", &lets).map(|checked| checked.ty).unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("too large")), "{:?}", problems.first());
    assert!(processor_time().saturating_sub(started).as_secs() < 1);
}

#[test]
fn knows_what_is_constant() {
    for (source, known, reads) in [
        ("true", Some(true), false),
        ("r.public || true", Some(true), true),
        ("r.public && false", Some(false), true),
        ("!(false && r.public)", Some(true), true),
        ("r.public ? true : true", Some(true), true),
        ("r.public || false", None, true),
        ("params.limit > 3", None, false),
        ("params.ports.all(p, p > 3)", None, false),
        ("r.public", None, true),
    ] {
        let checked = check(source, &[]).unwrap();
        assert_eq!((checked.known, checked.reads), (known, reads), "{source}");
    }
}
