//! Loops over lists.

use std::rc::Rc;

use super::super::ast::Quantifier;
use super::super::ir::Loop;
use super::super::value::{Fault, Items, Undecided, Val};
use super::{Compiler, Eval, Fast, Frame, Result, Test, eval, misfit, test};

impl Compiler {
    /// `all`, `exists` and `exists_one`.
    pub(super) fn ask(&mut self, parts: &Loop) -> Test {
        let (list, body, cost) = (self.eval(&parts.list), self.condition(&parts.body), parts.cost);
        match parts.quantifier {
            Quantifier::All => quantify(list, body, cost, false),
            Quantifier::Exists => quantify(list, body, cost, true),
            _ => exactly_one(list, body, cost),
        }
    }

    /// `filter` and `map`.
    pub(super) fn make(&mut self, parts: &Loop) -> Eval {
        let (list, cost) = (self.eval(&parts.list), parts.cost);
        if parts.quantifier == Quantifier::Map {
            let body = self.eval(&parts.body);
            return eval(move |frame| {
                each(list(frame)?, cost, frame, |frame, item| frame.with(item, |frame| body(frame)).map(Some))
            });
        }
        let body = self.condition(&parts.body);
        eval(move |frame| {
            each(list(frame)?, cost, frame, |frame, item| {
                Ok(frame.with(item.clone(), |frame| body(frame))?.then_some(item))
            })
        })
    }
}

fn exactly_one(list: Eval, body: Test, cost: u32) -> Test {
    test(move |frame| {
        let items = items(list(frame)?)?;
        let mut hits = 0_usize;
        for index in 0..items.len() {
            frame.charge(cost)?;
            hits += usize::from(frame.with(items.get(index, |(), _| ()), |frame| body(frame))?);
        }
        Ok(hits == 1)
    })
}

/// `all` when `false` decides, `exists` when `true` does.
fn quantify(list: Eval, body: Test, cost: u32, decisive: bool) -> Test {
    test(move |frame| {
        let items = items(list(frame)?)?;
        let mut undecided: Option<Undecided> = None;
        for index in 0..items.len() {
            frame.charge(cost)?;
            match frame.with(items.get(index, |(), _| ()), |frame| body(frame)) {
                Ok(value) if value == decisive => return Ok(decisive),
                Ok(_) => (),
                Err(Undecided::Error(Fault::Budget)) => return Err(Undecided::Error(Fault::Budget)),
                Err(other) => undecided = Some(undecided.map_or(other, |one| one.worse(other))),
            }
        }
        undecided.map_or(Ok(!decisive), Err)
    })
}

fn items(list: Fast<'_>) -> Result<Items<'_, ()>> {
    match list {
        Val::List(items) => Ok(items),
        other => Err(misfit(&other)),
    }
}

/// A new list; one element that is undecided leaves the whole undecided.
fn each<'a>(
    list: Fast<'a>,
    cost: u32,
    frame: &mut Frame<'a>,
    mut body: impl FnMut(&mut Frame<'a>, Fast<'a>) -> Result<Option<Fast<'a>>>,
) -> Result<Fast<'a>> {
    let items = items(list)?;
    let mut made = Vec::new();
    for index in 0..items.len() {
        frame.charge(cost)?;
        made.extend(body(frame, items.get(index, |(), _| ()))?);
    }
    Ok(Val::List(Items::Made(Rc::new(made))))
}
