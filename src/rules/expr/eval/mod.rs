//! The interpreter: Kleene's three-valued logic over facts, one implementation for the fast path and for evidence.

#[cfg(test)]
pub(in crate::rules) mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

use jiff::Timestamp;

use super::ast::{Operator, Quantifier};
use super::functions::{Failed, Function, call, price};
use super::ir::{Access, Const, Ir, Loop, Var};
use super::trace::Trace;
use super::value::{Fault, Items, Undecided, Val};
use crate::model::{Object, Value, Why};

/// Steps that one verdict may take: parts of a rule times elements that they look at.
pub(super) const MAX_STEPS: u32 = 2_000_000;

type Result<T> = std::result::Result<T, Undecided>;
/// Two operands.
type Pair<'a, At> = (Val<'a, At>, Val<'a, At>);

/// One evaluation.
pub(in crate::rules) struct Interpreter<'a, T: Trace> {
    /// What was read.
    pub(in crate::rules) trace: T,
    stack: Vec<Val<'a, T::At>>,
    /// Where the element stands that the rule judges.
    element: T::At,
    params: &'a [Const],
    observed: Option<Timestamp>,
    steps: u32,
}

impl<'a, T: Trace> Interpreter<'a, T> {
    /// Starts with the subject and the rule's parameters.
    pub(in crate::rules) fn new(subject: &'a dyn Object, params: &'a [Const]) -> Self {
        let (trace, element) = (T::default(), T::At::default());
        let stack = vec![Val::Object(subject, T::At::default())];
        Self { trace, stack, element, params, observed: subject.observed(), steps: MAX_STEPS }
    }

    /// Adds the element that the rule judges.
    #[must_use]
    pub(in crate::rules) fn with_element(mut self, items: &Items<'a, T::At>, index: usize) -> Self {
        self.element = items.place(index, T::item);
        self.stack.push(items.get(index, T::item));
        self
    }

    /// Evaluates a condition.
    pub(in crate::rules) fn decide(&mut self, ir: &'a Ir) -> Result<bool> {
        let outcome = self.truth(ir);
        self.unless_exhausted(outcome)
    }

    /// Evaluates an expression, and notes what it read even when that is a whole list or object.
    pub(in crate::rules) fn show(&mut self, ir: &'a Ir) -> Result<Val<'a, T::At>> {
        let outcome = self.eval(ir);
        if let Ok(value) = &outcome {
            self.note_whole(ir, value);
        }
        self.unless_exhausted(outcome)
    }

    /// A list to iterate over, which is not yet evidence, and where its elements stand.
    pub(in crate::rules) fn list(&mut self, ir: &'a Ir) -> Result<Items<'a, T::At>> {
        let value = self.eval(ir);
        let value = self.unless_exhausted(value)?;
        match self.present(ir, value)? {
            Val::List(items) => Ok(items),
            _ => Err(Undecided::Error(Fault::Mistyped)),
        }
    }

    /// No answer counts that was found after the budget ran out.
    fn unless_exhausted<V>(&self, outcome: Result<V>) -> Result<V> {
        if self.steps == 0 { Err(Undecided::Error(Fault::Budget)) } else { outcome }
    }

    /// Pays for work.
    fn charge(&mut self, steps: u32) -> Result<()> {
        self.steps = self.steps.saturating_sub(steps);
        if self.steps == 0 { Err(Undecided::Error(Fault::Budget)) } else { Ok(()) }
    }

    fn eval(&mut self, ir: &'a Ir) -> Result<Val<'a, T::At>> {
        match ir {
            Ir::Const(value) => Ok(Val::of_const(value)),
            Ir::Var(var) => self.variable(var),
            Ir::Param(index) => Ok(self.params.get(*index).map_or(Val::Absent, Val::of_const)),
            Ir::Observed => self.observed(),
            Ir::Field(access) => self.field(access),
            Ir::Has(access) => self.has(access),
            Ir::IsNull { of, negated } => self.is_null(of, *negated),
            Ir::Not(of) => Ok(Val::Bool(!self.truth(of)?)),
            Ir::Negate(of) => self.int(of)?.checked_neg().map(Val::Int).ok_or(Undecided::Error(Fault::Overflow)),
            Ir::And(sides) => self.junction(sides, false).map(Val::Bool),
            Ir::Or(sides) => self.junction(sides, true).map(Val::Bool),
            Ir::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                if self.truth(condition)? { self.eval(then) } else { self.eval(otherwise) }
            }
            Ir::Equal { sides, negated } => {
                let (left, right) = self.both(sides)?;
                Ok(Val::Bool(left.same(&right)? != *negated))
            }
            Ir::Order(operator, sides) => {
                let (left, right) = self.both(sides)?;
                let (left, right) = self.both_present(sides, left, right)?;
                left.order(&right).map(|order| Val::Bool(holds(*operator, order)))
            }
            Ir::In(sides) => self.contained(sides).map(Val::Bool),
            Ir::Arithmetic(operator, sides) => self.arithmetic(*operator, sides),
            Ir::Call(function, arguments) => self.call(*function, arguments),
            Ir::List(items) => {
                let items: Result<Vec<_>> = items.iter().map(|item| self.eval(item)).collect();
                Ok(Val::List(Items::Made(Rc::new(items?))))
            }
            Ir::Loop(parts) => self.run_loop(parts),
        }
    }

    /// A condition's value.
    fn truth(&mut self, ir: &'a Ir) -> Result<bool> {
        let value = self.eval(ir)?;
        match self.present(ir, value)? {
            Val::Bool(value) => Ok(value),
            _ => Err(Undecided::Error(Fault::Mistyped)),
        }
    }

    fn int(&mut self, ir: &'a Ir) -> Result<i64> {
        let value = self.eval(ir)?;
        match self.present(ir, value)? {
            Val::Int(value) => Ok(value),
            _ => Err(Undecided::Error(Fault::Mistyped)),
        }
    }

    /// A value where one is needed: what is not there leaves the question open.
    fn present(&mut self, ir: &'a Ir, value: Val<'a, T::At>) -> Result<Val<'a, T::At>> {
        match value {
            Val::Absent => {
                self.trace.missing(ir.fact().unwrap_or("a value"));
                Err(Undecided::Unknown)
            }
            value => Ok(value),
        }
    }

    fn variable(&mut self, var: &'a Var) -> Result<Val<'a, T::At>> {
        match self.stack.get(var.slot).cloned() {
            Some(value @ (Val::Object(..) | Val::List(_))) => Ok(value),
            Some(Val::Unknown(why, at)) => self.unknown(&var.name, why, &at),
            Some(value) => {
                if var.evidence {
                    self.trace.read(&var.name, &value, &self.element);
                }
                Ok(value)
            }
            None => Err(Undecided::Error(Fault::Mistyped)),
        }
    }

    /// When the subject was observed.
    fn observed(&mut self) -> Result<Val<'a, T::At>> {
        const FACT: &str = "time.observed()";
        match self.observed {
            Some(time) => {
                let value = Val::Timestamp(time);
                self.trace.read(FACT, &value, &T::At::default());
                Ok(value)
            }
            None => self.unknown(FACT, &Why::NotCollected, &T::At::default()),
        }
    }

    fn unknown<V>(&mut self, fact: &str, why: &Why, at: &T::At) -> Result<V> {
        self.trace.unknown(fact, why, at);
        Err(Undecided::Unknown)
    }

    /// The raw value of a field and where it stands.
    fn access(&mut self, access: &'a Access) -> Result<(Value<'a>, T::At)> {
        let base = self.eval(&access.of)?;
        match self.present(&access.of, base)? {
            Val::Object(object, at) => {
                Ok((object.field(access.index), T::member(&at, object, access.index, access.field)))
            }
            _ => Err(Undecided::Error(Fault::Mistyped)),
        }
    }

    /// A field's value. Whole lists and objects are noted by those who use them as such.
    fn field(&mut self, access: &'a Access) -> Result<Val<'a, T::At>> {
        let (value, at) = self.access(access)?;
        if let Value::Unknown(why) = value {
            return self.unknown(&access.text, why, &at);
        }
        let value = Val::of(value, at.clone());
        if !matches!(value, Val::List(_) | Val::Object(..)) {
            self.trace.read(&access.text, &value, &at);
        }
        Ok(value)
    }

    fn has(&mut self, access: &'a Access) -> Result<Val<'a, T::At>> {
        let (value, at) = self.access(access)?;
        match value {
            Value::Unknown(why) => self.unknown(&access.text, why, &at),
            value => {
                self.trace.read(&access.text, &Val::of(value, at.clone()), &at);
                Ok(Val::Bool(!matches!(value, Value::Absent)))
            }
        }
    }

    fn is_null(&mut self, of: &'a Ir, negated: bool) -> Result<Val<'a, T::At>> {
        let value = self.eval(of)?;
        self.note_whole(of, &value);
        Ok(Val::Bool(matches!(value, Val::Absent) != negated))
    }

    /// Notes a list or object that decides as a whole.
    fn note_whole(&mut self, ir: &'a Ir, value: &Val<'a, T::At>) {
        let Some(fact) = ir.fact() else { return };
        match value {
            Val::List(Items::Facts(_, at)) | Val::Object(_, at) => self.trace.read(fact, value, at),
            _ => (),
        }
    }

    /// Both operands are read, so that all that is unknown gets named.
    fn both(&mut self, sides: &'a [Ir; 2]) -> Result<Pair<'a, T::At>> {
        let [left, right] = sides;
        match (self.eval(left), self.eval(right)) {
            (Ok(left), Ok(right)) => Ok((left, right)),
            (Err(left), Err(right)) => Err(left.worse(right)),
            (Err(undecided), Ok(_)) | (Ok(_), Err(undecided)) => Err(undecided),
        }
    }

    fn both_present(
        &mut self,
        [left, right]: &'a [Ir; 2],
        a: Val<'a, T::At>,
        b: Val<'a, T::At>,
    ) -> Result<Pair<'a, T::At>> {
        let a = self.present(left, a);
        let b = self.present(right, b);
        Ok((a?, b?))
    }

    /// `&&` when `false` decides, `||` when `true` does. Only what decided stays in the trace.
    fn junction(&mut self, [left, right]: &'a [Ir; 2], decisive: bool) -> Result<bool> {
        let start = self.trace.mark();
        let first = self.truth(left);
        if first == Ok(decisive) {
            return first;
        }
        let middle = self.trace.mark();
        let second = self.truth(right);
        let (idle, outcome) = match (first, second) {
            (Ok(_), Ok(value)) if value != decisive => (start..start, second),
            (Err(first), Err(second)) => (start..start, Err(first.worse(second))),
            (Err(_), Ok(value)) if value != decisive => (middle..self.trace.mark(), first),
            _ => (start..middle, second),
        };
        self.trace.cut(idle);
        outcome
    }

    fn contained(&mut self, sides: &'a [Ir; 2]) -> Result<bool> {
        let (needle, list) = self.both(sides)?;
        self.note_whole(&sides[1], &list);
        let (needle, list) = self.both_present(sides, needle, list)?;
        let Val::List(items) = list else { return Err(Undecided::Error(Fault::Mistyped)) };
        self.charge(u32::try_from(items.len()).unwrap_or(u32::MAX))?;
        let mut undecided = None;
        for index in 0..items.len() {
            match items.get(index, T::item) {
                Val::Unknown(why, at) => {
                    undecided = Some(self.unknown::<bool>(sides[1].fact().unwrap_or("an element"), why, &at));
                }
                item if item.same(&needle)? => return Ok(true),
                _ => (),
            }
        }
        undecided.unwrap_or(Ok(false))
    }

    fn arithmetic(&mut self, operator: Operator, sides: &'a [Ir; 2]) -> Result<Val<'a, T::At>> {
        let (left, right) = self.both(sides)?;
        let (left, right) = self.both_present(sides, left, right)?;
        self.charge(price(&[left.clone(), right.clone()]))?;
        arithmetic(operator, &left, &right)
    }

    fn call(&mut self, function: Function, arguments: &'a [Ir]) -> Result<Val<'a, T::At>> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.eval(argument)?;
            self.note_whole(argument, &value);
            values.push(self.present(argument, value)?);
        }
        self.charge(price(&values))?;
        call(function, &values).map_err(|failed| {
            if let Failed::Unreadable(detail) = &failed {
                let fact = arguments.first().and_then(Ir::fact).unwrap_or("a value");
                let why = Why::Unreadable { detail: detail.as_str().into() };
                self.trace.unknown(fact, &why, &T::At::default());
            }
            failed.undecided()
        })
    }

    fn run_loop(&mut self, parts: &'a Loop) -> Result<Val<'a, T::At>> {
        let list = self.eval(&parts.list)?;
        let list = self.present(&parts.list, list)?;
        let Val::List(items) = &list else { return Err(Undecided::Error(Fault::Mistyped)) };
        // What is read of an object shows itself; of other elements the list is the evidence.
        if !matches!(items.get(0, T::item), Val::Object(..)) {
            self.note_whole(&parts.list, &list);
        }
        match parts.quantifier {
            Quantifier::All => self.quantify(items, parts, false).map(Val::Bool),
            Quantifier::Exists => self.quantify(items, parts, true).map(Val::Bool),
            Quantifier::ExistsOne => {
                let hits = self.each(items, parts.cost, |this, _| this.truth(&parts.body))?;
                Ok(Val::Bool(hits.into_iter().filter(|hit| *hit).count() == 1))
            }
            Quantifier::Filter => {
                let kept =
                    self.each(items, parts.cost, |this, item| Ok(this.truth(&parts.body)?.then(|| item.clone())))?;
                Ok(Val::List(Items::Made(Rc::new(kept.into_iter().flatten().collect()))))
            }
            Quantifier::Map => {
                let made = self.each(items, parts.cost, |this, _| this.eval(&parts.body))?;
                Ok(Val::List(Items::Made(Rc::new(made))))
            }
        }
    }

    /// Evaluates with an element on the stack.
    fn with<V>(&mut self, item: Val<'a, T::At>, body: impl FnOnce(&mut Self) -> Result<V>) -> Result<V> {
        self.stack.push(item);
        let outcome = body(self);
        self.stack.pop();
        outcome
    }

    /// `all` when `false` decides, `exists` when `true` does. Only what decided stays in the trace.
    fn quantify(&mut self, items: &Items<'a, T::At>, parts: &'a Loop, decisive: bool) -> Result<bool> {
        let start = self.trace.mark();
        let mut idle: Vec<Range<usize>> = Vec::new();
        let mut undecided: Option<Undecided> = None;
        for index in 0..items.len() {
            let from = self.trace.mark();
            self.charge(parts.cost)?;
            match self.with(items.get(index, T::item), |this| this.truth(&parts.body)) {
                Ok(value) if value == decisive => {
                    self.trace.cut(start..from);
                    return Ok(decisive);
                }
                Ok(_) if self.trace.mark() > from => idle.push(from..self.trace.mark()),
                Ok(_) => (),
                Err(Undecided::Error(Fault::Budget)) => return Err(Undecided::Error(Fault::Budget)),
                Err(other) => undecided = Some(undecided.map_or(other, |one| one.worse(other))),
            }
        }
        let Some(undecided) = undecided else { return Ok(!decisive) };
        for range in idle.into_iter().rev() {
            self.trace.cut(range);
        }
        Err(undecided)
    }

    /// Evaluates for each element; one that is undecided leaves the whole undecided.
    fn each<V>(
        &mut self,
        items: &Items<'a, T::At>,
        cost: u32,
        body: impl Fn(&mut Self, &Val<'a, T::At>) -> Result<V>,
    ) -> Result<Vec<V>> {
        (0..items.len())
            .map(|index| {
                self.charge(cost)?;
                let item = items.get(index, T::item);
                self.with(item.clone(), |this| body(this, &item))
            })
            .collect()
    }
}

/// Whether an order is the one that an operator asks for.
pub(super) fn holds(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::LessEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// Arithmetic between values that are there.
pub(super) fn arithmetic<'a, At: Clone>(
    operator: Operator,
    left: &Val<'_, At>,
    right: &Val<'_, At>,
) -> Result<Val<'a, At>> {
    match (left, right) {
        (Val::Str(left), Val::Str(right)) => Ok(Val::Str(Cow::Owned(format!("{left}{right}")))),
        (Val::Int(left), Val::Int(right)) => calculate(operator, *left, *right).map(Val::Int).map_err(Undecided::Error),
        _ => between_times(operator, left, right),
    }
}

/// A moment and a span, two spans, or two moments.
fn between_times<'a, At: Clone>(operator: Operator, left: &Val<'_, At>, right: &Val<'_, At>) -> Result<Val<'a, At>> {
    let found = match (left, operator, right) {
        (Val::Timestamp(left), Operator::Subtract, Val::Timestamp(right)) => {
            Some(Val::Duration(left.duration_since(*right)))
        }
        (Val::Timestamp(time), Operator::Subtract, Val::Duration(span)) => {
            time.checked_sub(*span).ok().map(Val::Timestamp)
        }
        (Val::Timestamp(time), Operator::Add, Val::Duration(span))
        | (Val::Duration(span), Operator::Add, Val::Timestamp(time)) => {
            time.checked_add(*span).ok().map(Val::Timestamp)
        }
        (Val::Duration(left), Operator::Add, Val::Duration(right)) => left.checked_add(*right).map(Val::Duration),
        (Val::Duration(left), Operator::Subtract, Val::Duration(right)) => left.checked_sub(*right).map(Val::Duration),
        _ => return Err(Undecided::Error(Fault::Mistyped)),
    };
    found.ok_or(Undecided::Error(Fault::Overflow))
}

fn calculate(operator: Operator, left: i64, right: i64) -> std::result::Result<i64, Fault> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide | Operator::Remainder if right == 0 => return Err(Fault::DivisionByZero),
        Operator::Divide => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    result.ok_or(Fault::Overflow)
}
