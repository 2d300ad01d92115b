//! Values: facts are read straight out of their structs, constants straight out of the rule, the rest is computed.

use super::super::ast::Operator;
use super::super::eval::arithmetic;
use super::super::functions::{Function, call, price};
use super::super::ir::{Const, Ir};
use super::super::value::{Fault, Items, Undecided, Val};
use super::{Compiler, Eval, Fast, Frame, Result, both, eval, misfit, present};
use crate::model::{Object, Value};
use std::rc::Rc;

/// A fact: fields of fields of a variable.
pub(super) struct Path {
    slot: usize,
    fields: Box<[usize]>,
}

/// An operand of a comparison. The first three cost no call.
pub(super) enum Operand {
    Path(Path),
    Const(Const),
    Param(usize),
    Eval(Eval),
}

impl Path {
    /// The path that an expression is, if it is one.
    pub(super) fn of(ir: &Ir) -> Option<Self> {
        let (mut fields, mut at) = (Vec::new(), ir);
        while let Ir::Field(access) = at {
            fields.push(access.index);
            at = &access.of;
        }
        let Ir::Var(var) = at else { return None };
        fields.reverse();
        Some(Self { slot: var.slot, fields: fields.into() })
    }

    /// The object that the variable holds.
    fn object<'a>(&self, frame: &Frame<'a>) -> Result<&'a dyn Object> {
        let Some(local) = self.slot.checked_sub(1) else { return Ok(frame.subject) };
        match frame.locals.get(local) {
            Some(Val::Object(object, ())) => Ok(*object),
            Some(other) => Err(misfit(other)),
            None => Err(Undecided::Error(Fault::Mistyped)),
        }
    }

    /// What stands there; what is unknown on the way leaves the question open.
    pub(super) fn read<'a>(&self, frame: &Frame<'a>) -> Result<Fast<'a>> {
        let Some((last, way)) = self.fields.split_last() else { return self.variable(frame) };
        let mut object = self.object(frame)?;
        for field in way {
            object = match object.field(*field) {
                Value::Object(object) => object,
                Value::Absent | Value::Unknown(_) => return Err(Undecided::Unknown),
                _ => return Err(Undecided::Error(Fault::Mistyped)),
            };
        }
        match object.field(*last) {
            Value::Unknown(_) => Err(Undecided::Unknown),
            value => Ok(Val::of(value, ())),
        }
    }

    fn variable<'a>(&self, frame: &Frame<'a>) -> Result<Fast<'a>> {
        let Some(local) = self.slot.checked_sub(1) else { return Ok(Val::Object(frame.subject, ())) };
        match frame.locals.get(local) {
            Some(Val::Unknown(..)) => Err(Undecided::Unknown),
            Some(value) => Ok(value.clone()),
            None => Err(Undecided::Error(Fault::Mistyped)),
        }
    }
}

impl Operand {
    /// Its value, borrowed from wherever it stands.
    pub(super) fn read<'o, 'a: 'o>(&'o self, frame: &mut Frame<'a>) -> Result<Fast<'o>> {
        match self {
            Self::Path(path) => path.read(frame),
            Self::Const(value) => Ok(Val::of_const(value)),
            Self::Param(index) => Ok(frame.params.get(*index).map_or(Val::Absent, Val::of_const)),
            Self::Eval(eval) => eval(frame),
        }
    }
}

impl Compiler {
    /// An operand of a comparison.
    pub(super) fn operand(&mut self, ir: &Ir) -> Operand {
        match ir {
            Ir::Const(value) => Operand::Const(value.clone()),
            Ir::Param(index) => Operand::Param(*index),
            _ => match Path::of(ir) {
                Some(path) => Operand::Path(path),
                None => Operand::Eval(self.eval(ir)),
            },
        }
    }

    /// An expression of any type.
    pub(super) fn eval(&mut self, ir: &Ir) -> Eval {
        if let Some(path) = Path::of(ir) {
            return eval(move |frame| path.read(frame));
        }
        match ir {
            Ir::Const(value) => {
                let index = self.consts.len();
                self.consts.push(value.clone());
                eval(move |frame| Ok(frame.consts.get(index).map_or(Val::Absent, Val::of_const)))
            }
            Ir::Param(index) => {
                let index = *index;
                eval(move |frame| Ok(frame.params.get(index).map_or(Val::Absent, Val::of_const)))
            }
            Ir::Observed => eval(|frame| frame.subject.observed().map(Val::Timestamp).ok_or(Undecided::Unknown)),
            Ir::Field(access) => self.field(&access.of, access.index),
            Ir::Negate(of) => self.negate(of),
            Ir::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.condition(condition);
                let (then, otherwise) = (self.eval(then), self.eval(otherwise));
                eval(move |frame| if condition(frame)? { then(frame) } else { otherwise(frame) })
            }
            Ir::Arithmetic(operator, sides) => self.arithmetic(*operator, sides),
            Ir::Call(function, arguments) => self.call(*function, arguments),
            Ir::List(items) => self.list(items),
            Ir::Loop(parts) if parts.quantifier.makes_a_list() => self.make(parts),
            condition => {
                let condition = self.condition(condition);
                eval(move |frame| condition(frame).map(Val::Bool))
            }
        }
    }

    /// A field of an object that is itself computed.
    fn field(&mut self, of: &Ir, index: usize) -> Eval {
        let of = self.eval(of);
        eval(move |frame| match of(frame)? {
            Val::Object(object, ()) => match object.field(index) {
                Value::Unknown(_) => Err(Undecided::Unknown),
                value => Ok(Val::of(value, ())),
            },
            other => Err(misfit(&other)),
        })
    }

    fn negate(&mut self, of: &Ir) -> Eval {
        let of = self.operand(of);
        eval(move |frame| match of.read(frame)? {
            Val::Int(value) => value.checked_neg().map(Val::Int).ok_or(Undecided::Error(Fault::Overflow)),
            other => Err(misfit(&other)),
        })
    }

    fn arithmetic(&mut self, operator: Operator, [left, right]: &[Ir; 2]) -> Eval {
        let (left, right) = (self.operand(left), self.operand(right));
        eval(move |frame| {
            let (left, right) = both(left.read(frame), right.read(frame))?;
            let (left, right) = (present(left)?, present(right)?);
            frame.charge(price(&[left.clone(), right.clone()]))?;
            arithmetic(operator, &left, &right)
        })
    }

    /// A call whose value is its own: no function lends from its arguments.
    fn call(&mut self, function: Function, arguments: &[Ir]) -> Eval {
        let arguments: Vec<Eval> = arguments.iter().map(|argument| self.eval(argument)).collect();
        eval(move |frame| {
            let mut values = Vec::with_capacity(arguments.len());
            for argument in &arguments {
                values.push(present(argument(frame)?)?);
            }
            frame.charge(price(&values))?;
            call(function, &values).map_err(|failed| failed.undecided())
        })
    }

    fn list(&mut self, items: &[Ir]) -> Eval {
        let items: Vec<Eval> = items.iter().map(|item| self.eval(item)).collect();
        eval(move |frame| {
            let items: Result<Vec<_>> = items.iter().map(|item| item(frame)).collect();
            Ok(Val::List(Items::Made(Rc::new(items?))))
        })
    }
}
