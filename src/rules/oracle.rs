//! Another implementation of CEL as oracle: what our language shares with it must mean the same there, precedence and
//! unknowns included. A fact that is unknown is a key that the oracle does not find; it absorbs such errors where we do.

use std::collections::HashMap;
use std::sync::Arc;

use cel::extractors::This;
use cel::{Context, ExecutionError, Program, Value as Cel};
use jiff::Timestamp;
use proptest::prelude::*;

use super::expr::SIGNATURES;
use super::expr::eval_tests::{condition, darkened};
use super::expr::{Const, Undecided};
use super::rule::Rule;
use super::testing::{decide_fast, sample};
use super::{embedded, load};
use crate::facts::TARGETS;
use crate::model::{Object, Value};

type Answer = Result<Cel, ExecutionError>;

fn text(text: impl Into<String>) -> Cel {
    Cel::String(Arc::new(text.into()))
}

/// Versions as text that has their order.
fn version(version: &crate::model::Version) -> Cel {
    let parts: Vec<String> = (0..6).map(|part| format!("{:010}", version.part(part))).collect();
    text(parts.join("."))
}

fn of(value: Value<'_>) -> Option<Cel> {
    Some(match value {
        Value::Bool(value) => Cel::Bool(value),
        Value::Int(value) => Cel::Int(value),
        Value::Str(value) => text(value),
        Value::Timestamp(value) => Cel::Int(value.as_millisecond()),
        Value::Duration(value) => Cel::Int(i64::try_from(value.as_millis()).unwrap()),
        Value::Arn(value) => text(value.as_str()),
        Value::Cidr(value) => text(value.to_string()),
        Value::Version(value) => version(value),
        Value::List(list) => {
            let items: Option<Vec<Cel>> = (0..list.len()).map(|index| of(list.get(index))).collect();
            items?.into()
        }
        Value::Object(object) => object_of(object),
        Value::Absent | Value::Unknown(_) => return None,
    })
}

fn object_of(object: &dyn Object) -> Cel {
    let fields = object.object_type().all_fields();
    let known = fields.filter_map(|(index, field)| Some((field.name.to_owned(), of(object.field(index))?)));
    known.collect::<HashMap<String, Cel>>().into()
}

fn of_const(value: &Const) -> Cel {
    match value {
        Const::Bool(value) => Cel::Bool(*value),
        Const::Int(value) => Cel::Int(*value),
        Const::Str(value) => text(value.as_str()),
        Const::List(items) => items.iter().map(of_const).collect::<Vec<_>>().into(),
        Const::Cidr(value) => of(Value::Cidr(*value)).unwrap(),
        Const::Timestamp(value) => of(Value::Timestamp(*value)).unwrap(),
        Const::Duration(value) => of(Value::Duration(*value)).unwrap(),
        Const::Version(value) => version(value),
        Const::Arn(value) => text(value.as_str()),
        other => panic!("{other:?}"),
    }
}

fn failed(function: &str) -> ExecutionError {
    ExecutionError::function_error(function, "unreadable")
}

/// What the oracle lacks. Written anew, not by our own functions.
fn context() -> Context<'static, 'static> {
    context_at(Some(Timestamp::UNIX_EPOCH))
}

/// The context of a subject that was observed at `at`; where nobody knows when, the functions of the time fail.
fn context_at(at: Option<Timestamp>) -> Context<'static, 'static> {
    let observed = move || at.map(Timestamp::as_millisecond).ok_or_else(|| failed("time"));
    let mut context = Context::default();
    macro_rules! add {
        ($($name:literal = $function:expr;)*) => {$(
            // What its library has already is what is to be compared.
            drop(context.add_function($name, $function));
        )*};
    }
    let net = |text: &str| text.parse::<ipnet::IpNet>().map_err(|_| failed("cidr"));
    let millis = |text: &str| -> Answer {
        let span: jiff::SignedDuration = text.parse().map_err(|_| failed("duration"))?;
        Ok(Cel::Int(i64::try_from(span.as_millis()).unwrap()))
    };
    add! {
        "lowerAscii" = |This(this): This<Arc<String>>| this.to_ascii_lowercase();
        "version" = |it: Arc<String>| -> Answer { it.parse().map(|it| version(&it)).map_err(|()| failed("version")) };
        "timestamp" = |it: Arc<String>| -> Answer {
            it.parse::<Timestamp>().map(|it| Cel::Int(it.as_millisecond())).map_err(|_| failed("timestamp"))
        };
        "duration" = move |it: Arc<String>| millis(&it);
        "cidr" = move |it: Arc<String>| -> Answer { net(&it).map(|net| text(net.to_string())) };
        "cidr_prefix_len" = move |it: Arc<String>| -> Answer { Ok(Cel::Int(net(&it)?.prefix_len().into())) };
        "cidr_contains" = move |it: Arc<String>, other: Arc<String>| -> Answer {
            Ok(Cel::Bool(net(&it)?.contains(&net(&other)?)))
        };
        "ip_is_private" = |it: Arc<String>| -> Answer {
            let address: std::net::IpAddr = it.parse().map_err(|_| failed("ip"))?;
            Ok(Cel::Bool(matches!(address, std::net::IpAddr::V4(it) if it.is_private())))
        };
        "time_observed" = move || -> Answer { observed().map(Cel::Int) };
        "time_since" = move |it: i64| -> Answer { observed().map(|observed| Cel::Int(observed - it)) };
        "time_days" = |it: i64| it / 86_400_000;
    }
    context
}

/// An expression as the oracle spells it: it has no namespaces, and no null for a key that is not there.
fn spelt(source: &str) -> String {
    let names = SIGNATURES.iter().map(|signature| signature.name).filter(|name| name.contains('.'));
    let spelt = names.fold(source.to_owned(), |source, name| source.replace(name, &name.replace('.', "_")));
    spelt.replace("r.retention == null", "(!has(r.retention))")
}

fn ask(source: &str, context: &Context<'_, '_>) -> Option<bool> {
    let program = Program::compile(&spelt(source)).unwrap_or_else(|error| panic!("{source}: {error}"));
    match program.execute(context) {
        Ok(Cel::Bool(value)) => Some(value),
        Ok(other) => panic!("{source}: {other:?}"),
        Err(_) => None,
    }
}

/// Facts whose absence and ignorance the oracle cannot tell apart stay known: `kms_key_id`, `retention`, a door's `cidr`.
const TELLABLE: u16 = !(1 << 4 | 1 << 5 | 1 << 12);

proptest! {
    #[test]
    fn generated_conditions_mean_the_same(source in condition(), bits in 0_u16..1 << 13) {
        // A list of which one element is unknown is beyond the oracle.
        prop_assume!(!source.contains("r.roles"));
        let subject = darkened(bits & TELLABLE);
        let mut context = context();
        context.add_variable_from_value("r", object_of(&subject));
        prop_assert_eq!(ask(&source, &context), decide_fast(&source, &subject).ok(), "{}", source);
    }
}

#[test]
fn precedence_and_operators_mean_the_same() {
    let subject = sample();
    let mut context = context();
    context.add_variable_from_value("r", object_of(&subject));
    for source in [
        "r.public || r.reachable && !r.public",
        "r.port == 3306 && r.port > 1 ? r.public : !r.public",
        "r.port - 6 - 300 == 3000",
        "r.port * 2 + 1 == 6613 && r.port + 1 * 2 == 3308",
        "r.port / 10 * 10 + r.port % 10 == r.port",
        "-r.port / 10 == -330 && -r.port % 10 == -6",
        "!(r.port < 1) == r.public",
        "r.port in [1, 2] || r.port in [3306]",
        "r.public ? false : r.public ? true : false",
        "'a' + r.name == 'aorders' && r.name < 'ordert'",
        "r.exports.filter(x, x != 'audit').map(x, x + '!').exists(x, x == 'error!')",
        "r.exports.exists_one(x, x.startsWith('a')) && size(r.exports) == 2",
        "r.name.matches('^or') && r.name.contains('rde') && r.name.endsWith('ers')",
        "\"\\u0061\" + '\\'' != r.name",
        "r.port + 9223372036854775807 > 0",
        "1 / (r.port - 3306) == 1 || r.public",
        "time.since(r.created) < duration('-1h') // a comment",
    ] {
        assert_eq!(ask(source, &context), decide_fast(source, &subject).ok(), "{source}");
    }
}

/// Every shipped rule over its own tests: `when`, `let` and `check` in the oracle, as its file spells them.
#[test]
fn shipped_rules_mean_the_same() {
    let rules = load(&embedded(), TARGETS).unwrap_or_else(|errors| panic!("{errors}"));
    let (mut compared, mut beyond) = (0, 0);
    // Sets of addresses are counted by us alone: there is nothing to compare with.
    for rule in rules.rules.iter().filter(|rule| !rule.text.contains("cidr.ipv")) {
        for (subject, element, values, ours) in rule.judged_cases() {
            let mut context = context_at(subject.observed());
            context.add_variable_from_value("r", object_of(subject));
            if let (Some((name, _)), Some(items)) = (&rule.for_each, element) {
                let Some(element) = of(crate::model::List::get(items, 0)) else { continue };
                context.add_variable_from_value(name.as_str(), element);
            }
            let params = rule.params.iter().zip(values).map(|(param, value)| (param.name.clone(), of_const(value)));
            context.add_variable_from_value("params", params.collect::<HashMap<String, Cel>>());
            let theirs = theirs(rule, &mut context);
            if theirs == ours {
                compared += 1;
            } else {
                // `has()` of what nobody knows is `false` there.
                assert!(ours == Some(Err(Undecided::Unknown)) && uses_has(rule), "{}: {theirs:?} {ours:?}", rule.id);
                beyond += 1;
            }
        }
    }
    assert!(compared > 100 && beyond * 10 < compared, "{compared} {beyond}");
}

fn uses_has(rule: &Rule) -> bool {
    rule.text.contains("has(")
}

/// Nothing when the rule does not apply.
fn theirs(rule: &Rule, context: &mut Context<'static, 'static>) -> Option<Result<bool, Undecided>> {
    for (name, source) in &rule.lets {
        let program = Program::compile(&spelt(source)).unwrap_or_else(|error| panic!("{source}: {error}"));
        if let Ok(value) = program.execute(context) {
            context.add_variable_from_value(name.as_str(), value);
        }
    }
    match rule.when_text.as_ref().map_or(Some(true), |when| ask(when, context)) {
        Some(true) => Some(ask(&rule.check_text, context).ok_or(Undecided::Unknown)),
        Some(false) => None,
        None => Some(Err(Undecided::Unknown)),
    }
}
