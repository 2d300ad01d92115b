//! Conditions: Kleene's logic and comparisons.

use super::super::ast::Operator;
use super::super::functions::{Function, call, price};
use super::super::ir::{Access, Ir};
use super::super::value::{Fault, Items, Undecided, Val};
use super::operand::Operand;
use super::{Compiler, Frame, Result, Test, both, misfit, present, test};
use crate::model::Value;

impl Compiler {
    /// A condition.
    pub(super) fn condition(&mut self, ir: &Ir) -> Test {
        match ir {
            Ir::Not(of) => {
                let of = self.condition(of);
                test(move |frame| Ok(!of(frame)?))
            }
            Ir::And(sides) => self.junction(sides, false),
            Ir::Or(sides) => self.junction(sides, true),
            Ir::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                let (condition, then, otherwise) =
                    (self.condition(condition), self.condition(then), self.condition(otherwise));
                test(move |frame| if condition(frame)? { then(frame) } else { otherwise(frame) })
            }
            Ir::Has(access) => self.has(access),
            Ir::IsNull { of, negated } => {
                let (of, negated) = (self.operand(of), *negated);
                test(move |frame| Ok(matches!(of.read(frame)?, Val::Absent) != negated))
            }
            Ir::Equal { sides, negated } => self.equal(sides, *negated),
            Ir::Order(operator, sides) => self.order(*operator, sides),
            Ir::In(sides) => self.contained(sides),
            Ir::Call(function, arguments) => self.predicate(*function, arguments),
            Ir::Loop(parts) if !parts.quantifier.makes_a_list() => self.ask(parts),
            value => {
                let value = self.operand(value);
                test(move |frame| truth(value.read(frame)?))
            }
        }
    }

    /// `&&` when `false` decides, `||` when `true` does.
    fn junction(&mut self, [left, right]: &[Ir; 2], decisive: bool) -> Test {
        let (left, right) = (self.condition(left), self.condition(right));
        test(move |frame| {
            let first = left(frame);
            if first == Ok(decisive) {
                return first;
            }
            match (first, right(frame)) {
                (_, Ok(value)) if value == decisive => Ok(value),
                (Err(first), Err(second)) => Err(first.worse(second)),
                (Err(first), Ok(_)) => Err(first),
                (Ok(_), second) => second,
            }
        })
    }

    fn has(&mut self, access: &Access) -> Test {
        let (of, index) = (self.operand(&access.of), access.index);
        test(move |frame| match of.read(frame)? {
            Val::Object(object, ()) => match object.field(index) {
                Value::Unknown(_) => Err(Undecided::Unknown),
                value => Ok(!matches!(value, Value::Absent)),
            },
            other => Err(misfit(&other)),
        })
    }

    fn equal(&mut self, [left, right]: &[Ir; 2], negated: bool) -> Test {
        let (left, right) = (self.operand(left), self.operand(right));
        test(move |frame| {
            let (left, right) = both(left.read(frame), right.read(frame))?;
            Ok(left.same(&right)? != negated)
        })
    }

    fn order(&mut self, operator: Operator, [left, right]: &[Ir; 2]) -> Test {
        let (left, right) = (self.operand(left), self.operand(right));
        test(move |frame| {
            let (left, right) = both(left.read(frame), right.read(frame))?;
            let (left, right) = (present(left)?, present(right)?);
            left.order(&right).map(|order| super::super::eval::holds(operator, order))
        })
    }

    fn contained(&mut self, [needle, list]: &[Ir; 2]) -> Test {
        let (needle, list) = (self.operand(needle), self.operand(list));
        test(move |frame| {
            let (needle, list) = both(needle.read(frame), list.read(frame))?;
            let (needle, list) = (present(needle)?, present(list)?);
            let Val::List(items) = list else { return Err(Undecided::Error(Fault::Mistyped)) };
            frame.charge(u32::try_from(items.len()).unwrap_or(u32::MAX))?;
            holds_item(&items, &needle)
        })
    }

    /// A function that answers yes or no, over operands that it need not keep.
    fn predicate(&mut self, function: Function, arguments: &[Ir]) -> Test {
        match arguments {
            [one] => {
                let one = self.operand(one);
                test(move |frame| {
                    let first = present(one.read(frame)?)?;
                    answer(function, &[first], frame)
                })
            }
            [one, two] => {
                let (one, two) = (self.operand(one), self.operand(two));
                test(move |frame| {
                    let first = present(one.read(frame)?)?;
                    let second = present(two.read(frame)?)?;
                    answer(function, &[first, second], frame)
                })
            }
            _ => {
                let arguments: Vec<Operand> = arguments.iter().map(|argument| self.operand(argument)).collect();
                test(move |frame| all(&arguments, function, frame))
            }
        }
    }
}

fn all(arguments: &[Operand], function: Function, frame: &mut Frame<'_>) -> Result<bool> {
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(present(argument.read(frame)?)?);
    }
    answer(function, &values, frame)
}

fn answer(function: Function, arguments: &[Val<'_, ()>], frame: &mut Frame<'_>) -> Result<bool> {
    frame.charge(price(arguments))?;
    call(function, arguments).map_err(|failed| failed.undecided()).and_then(truth)
}

fn truth(value: Val<'_, ()>) -> Result<bool> {
    match value {
        Val::Bool(value) => Ok(value),
        other => Err(misfit(&other)),
    }
}

/// Whether a list holds a value; an element that nobody knows may be it.
fn holds_item(items: &Items<'_, ()>, needle: &Val<'_, ()>) -> Result<bool> {
    let mut found = Ok(false);
    for index in 0..items.len() {
        match items.get(index, |(), _| ()) {
            Val::Unknown(..) => found = Err(Undecided::Unknown),
            item if item.same(needle)? => return Ok(true),
            _ => (),
        }
    }
    found
}
