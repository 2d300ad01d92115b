//! The compiler from checked expressions to closures, for verdicts: no name, no type and no trace is left to look at. What the
//! closures answer and what the interpreter answers is the same; the interpreter runs again for those who want to see why.

mod condition;
mod list;
mod operand;
#[cfg(test)]
mod tests;

use super::ir::{Const, Ir};
use super::value::{Fault, Items, Undecided, Val};
use crate::model::Object;

type Result<T> = std::result::Result<T, Undecided>;
/// A value on the fast path, where nobody asks where it stands.
type Fast<'a> = Val<'a, ()>;
/// A compiled condition.
type Test = Box<dyn for<'a> Fn(&mut Frame<'a>) -> Result<bool> + Send + Sync>;
/// A compiled expression.
type Eval = Box<dyn for<'a> Fn(&mut Frame<'a>) -> Result<Fast<'a>> + Send + Sync>;

/// A compiled condition of a rule.
pub(in crate::rules) struct Condition {
    consts: Vec<Const>,
    test: Test,
}

/// A compiled list of a rule.
pub(in crate::rules) struct Listing {
    consts: Vec<Const>,
    eval: Eval,
}

/// What closures run on: the subject, the element at hand, the variables of loops, and what is left of the budget.
pub(in crate::rules) struct Frame<'a> {
    subject: &'a dyn Object,
    /// From slot 1 on.
    locals: Vec<Fast<'a>>,
    params: &'a [Const],
    consts: &'a [Const],
    steps: u32,
}

impl Condition {
    /// Compiles a condition.
    pub(in crate::rules) fn new(ir: &Ir) -> Self {
        let mut compiler = Compiler::default();
        let test = compiler.condition(ir);
        Self { consts: compiler.consts, test }
    }

    /// Evaluates it. No answer counts that was found after the budget ran out.
    pub(in crate::rules) fn decide<'a>(&'a self, frame: &mut Frame<'a>) -> Result<bool> {
        frame.consts = &self.consts;
        let outcome = (self.test)(frame);
        frame.unless_exhausted(outcome)
    }
}

impl Listing {
    /// Compiles a list.
    pub(in crate::rules) fn new(ir: &Ir) -> Self {
        let mut compiler = Compiler::default();
        let eval = compiler.eval(ir);
        Self { consts: compiler.consts, eval }
    }

    /// The list to iterate over.
    pub(in crate::rules) fn items<'a>(&'a self, frame: &mut Frame<'a>) -> Result<Items<'a, ()>> {
        frame.consts = &self.consts;
        let outcome = (self.eval)(frame);
        match frame.unless_exhausted(outcome)? {
            Val::List(items) => Ok(items),
            other => Err(misfit(&other)),
        }
    }
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing").finish_non_exhaustive()
    }
}

impl<'a> Frame<'a> {
    /// Starts with the subject, the rule's parameters and a whole budget.
    pub(in crate::rules) fn new(subject: &'a dyn Object, params: &'a [Const]) -> Self {
        Self { subject, locals: Vec::new(), params, consts: &[], steps: super::eval::MAX_STEPS }
    }

    /// Puts the element that the rule judges in the place of the one before. The budget goes on.
    pub(in crate::rules) fn set_element(&mut self, items: &Items<'a, ()>, index: usize) {
        self.locals.clear();
        self.locals.push(items.get(index, |(), _| ()));
    }

    /// Whether nothing is left of the budget.
    pub(in crate::rules) fn is_exhausted(&self) -> bool {
        self.steps == 0
    }

    /// Pays for work.
    pub(in crate::rules) fn charge(&mut self, steps: u32) -> Result<()> {
        self.steps = self.steps.saturating_sub(steps);
        if self.steps == 0 { Err(Undecided::Error(Fault::Budget)) } else { Ok(()) }
    }

    fn unless_exhausted<V>(&self, outcome: Result<V>) -> Result<V> {
        if self.steps == 0 { Err(Undecided::Error(Fault::Budget)) } else { outcome }
    }

    /// Evaluates with an element of a list as the innermost variable.
    fn with<V>(&mut self, item: Fast<'a>, body: impl FnOnce(&mut Self) -> V) -> V {
        self.locals.push(item);
        let outcome = body(self);
        self.locals.pop();
        outcome
    }
}

/// What the closures of one expression share.
#[derive(Default)]
struct Compiler {
    consts: Vec<Const>,
}

/// Why a value is not what was needed: what is not there leaves the question open.
fn misfit(value: &Fast<'_>) -> Undecided {
    match value {
        Val::Absent | Val::Unknown(..) => Undecided::Unknown,
        _ => Undecided::Error(Fault::Mistyped),
    }
}

/// A value where one is needed.
fn present(value: Fast<'_>) -> Result<Fast<'_>> {
    match value {
        Val::Absent => Err(Undecided::Unknown),
        value => Ok(value),
    }
}

/// Two operands, of which the worse failure counts.
fn both<A, B>(left: Result<A>, right: Result<B>) -> Result<(A, B)> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(left), Err(right)) => Err(left.worse(right)),
        (Err(undecided), Ok(_)) | (Ok(_), Err(undecided)) => Err(undecided),
    }
}

/// Tells the compiler that a closure works for every lifetime.
fn test(run: impl for<'a> Fn(&mut Frame<'a>) -> Result<bool> + Send + Sync + 'static) -> Test {
    Box::new(run)
}

/// The same for values.
fn eval(run: impl for<'a> Fn(&mut Frame<'a>) -> Result<Fast<'a>> + Send + Sync + 'static) -> Eval {
    Box::new(run)
}
