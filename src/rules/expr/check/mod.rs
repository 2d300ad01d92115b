//! The checker: resolves every name, knows every type, and lets nothing pass that could only be decided by accident. An
//! optional field may be used only where the expression has made sure that it is there.

mod call;
mod compare;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::ast::{Ast, Name, Node, Operator, Span};
use super::functions::NAMESPACES;
use super::ir::{Access, Const, Ir, Var};
use super::parse::MAX_DEPTH;
use super::suggest::did_you_mean;
use super::ty::Ty;
use crate::model::{EnumType, Field, ObjectType};
use crate::rules::problem::Problem;
use crate::rules::text::Text;

/// Parts of an expression with its `let`s put in.
const MAX_INLINED: usize = 4096;
/// Loops inside loops.
const MAX_LOOPS: usize = 3;

/// What an expression may speak of.
pub(in crate::rules) struct Scope<'n> {
    /// The type of `r`.
    pub(in crate::rules) root: &'static ObjectType,
    /// Name and type of the element, when the rule judges each of a list.
    pub(in crate::rules) element: Option<(String, Ty)>,
    /// Parameters: name, type and default.
    pub(in crate::rules) params: Vec<(String, Ty, Const)>,
    /// Named parts, each of which may use those before it.
    pub(in crate::rules) lets: &'n [Let],
}

/// A named part of the rule.
pub(in crate::rules) struct Let {
    pub(in crate::rules) name: Name,
    pub(in crate::rules) text: Text,
    pub(in crate::rules) ast: Ast,
}

/// Facts that are known to be there, as paths.
pub(in crate::rules) type Guards = BTreeSet<String>;

/// What was used of what a rule declares.
#[derive(Debug, Default)]
pub(in crate::rules) struct Usage {
    pub(in crate::rules) params: BTreeSet<usize>,
    /// The vocabularies that parameters are compared with, by index of the parameter.
    pub(in crate::rules) words: Vec<(usize, &'static EnumType)>,
    pub(in crate::rules) lets: BTreeSet<usize>,
}

/// An expression that was understood.
#[derive(Debug)]
pub(in crate::rules) struct Checked {
    pub(in crate::rules) ir: Ir,
    pub(in crate::rules) ty: Ty,
    /// Whether it may be absent.
    pub(in crate::rules) optional: bool,
    /// Whether it reads a fact of the subject.
    pub(in crate::rules) reads: bool,
    /// Whether its value may differ from one evaluation to the next.
    pub(super) varies: bool,
    /// The value, when it is a condition that always comes out the same.
    pub(in crate::rules) known: Option<bool>,
    /// What is there when the condition holds.
    pub(in crate::rules) yes: Guards,
    /// What is there when it does not.
    pub(in crate::rules) no: Guards,
}

impl Checked {
    /// What has been complained about: fits everywhere.
    fn poison() -> Self {
        Self { reads: true, varies: true, ..Self::constant(Const::Null, Ty::Any) }
    }

    fn constant(value: Const, ty: Ty) -> Self {
        let known = if let Const::Bool(value) = value { Some(value) } else { None };
        let (yes, no) = (Guards::new(), Guards::new());
        Self { ir: Ir::Const(value), ty, optional: false, reads: false, varies: false, known, yes, no }
    }

    /// Made out of others.
    fn of(parts: &[&Self], ty: Ty, ir: Ir) -> Self {
        let reads = parts.iter().any(|part| part.reads);
        let varies = parts.iter().any(|part| part.varies);
        Self { reads, varies, ..Self { ir, ty, ..Self::poison() } }
    }
}

/// Checks one expression.
pub(in crate::rules) fn check(
    scope: &Scope<'_>,
    text: &Text,
    ast: &Ast,
    guards: &Guards,
    usage: &mut Usage,
    problems: &mut Vec<Problem>,
) -> Checked {
    let mut checker = Checker {
        scope,
        text,
        usage,
        problems,
        present: guards.clone(),
        lets: scope.lets.len(),
        loops: Vec::new(),
        hidden: 0,
        depth: 0,
        nodes: 0,
    };
    checker.check(ast)
}

/// A variable of a loop around the present place.
struct LoopVariable {
    name: String,
    ty: Ty,
    /// Whether the list may differ from one evaluation to the next.
    varies: bool,
    used: bool,
}

struct Checker<'n> {
    scope: &'n Scope<'n>,
    text: &'n Text,
    usage: &'n mut Usage,
    problems: &'n mut Vec<Problem>,
    present: Guards,
    /// How many of the `let`s may be used.
    lets: usize,
    loops: Vec<LoopVariable>,
    /// How many of the loops are outside the `let` that is being checked.
    hidden: usize,
    depth: usize,
    nodes: usize,
}

impl Checker<'_> {
    fn complain(&mut self, span: &Span, message: impl Into<String>, help: Option<String>) -> Checked {
        self.problems.push(self.text.problem(span, message).maybe_help(help));
        Checked::poison()
    }

    /// The expression as written, on one line.
    fn written(&self, span: &Span) -> String {
        let text = self.text.value.get(span.clone()).unwrap_or("");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// How a fact is called: as written, without brackets around it.
    fn fact(&self, ast: &Ast) -> String {
        match &ast.node {
            Node::Name(name) => name.clone(),
            Node::Field(of, name) => format!("{}.{}", self.fact(of), name.text),
            _ => self.written(&ast.span),
        }
    }

    fn check(&mut self, ast: &Ast) -> Checked {
        self.nodes += 1;
        self.depth += 1;
        let checked = if self.depth > MAX_DEPTH || self.nodes > MAX_INLINED {
            self.complain(&ast.span, "this expression is too large with its `let`s put in", None)
        } else {
            self.check_node(ast)
        };
        self.depth -= 1;
        self.unless_constant(ast, checked)
    }

    /// Complains of a condition that is computed and comes out the same whatever the facts are.
    fn unless_constant(&mut self, ast: &Ast, checked: Checked) -> Checked {
        let computed = !matches!(ast.node, Node::Bool(_) | Node::Name(_));
        if computed && !checked.varies && matches!(checked.ty, Ty::Bool) {
            return self.complain(&ast.span, "all of this is constant: it always comes out the same", None);
        }
        checked
    }

    fn check_node(&mut self, ast: &Ast) -> Checked {
        match &ast.node {
            Node::Null => Checked::constant(Const::Null, Ty::Null),
            Node::Bool(value) => Checked::constant(Const::Bool(*value), Ty::Bool),
            Node::Int(value) => Checked::constant(Const::Int(*value), Ty::Int),
            Node::Str(text) => Checked::constant(Const::Str(text.clone()), Ty::String),
            Node::List(items) => self.list(items),
            Node::Name(name) => self.name(name, ast),
            Node::Field(of, name) => self.field(of, name, ast),
            Node::Has(of, name) => self.has(of, name),
            Node::Not(of) => self.not(of),
            Node::Negate(of) => {
                let inner = self.operand(of, &Ty::Int);
                Checked::of(&[&inner], Ty::Int, Ir::Negate(Box::new(inner.ir.clone())))
            }
            Node::Binary(Operator::And, sides) => self.junction(sides, true),
            Node::Binary(Operator::Or, sides) => self.junction(sides, false),
            Node::Binary(operator, sides) => self.binary(*operator, sides, &ast.span),
            Node::Choice(parts) => self.choice(parts),
            Node::Call(name, arguments) => self.call(name, arguments),
            Node::Method(of, name, arguments) => self.method(of, name, arguments),
            Node::Loop(quantifier, list, variable, body) => self.loop_over(*quantifier, list, variable, body),
        }
    }

    /// An operand that must be there and of this type.
    fn operand(&mut self, ast: &Ast, ty: &Ty) -> Checked {
        let checked = self.value(ast);
        if checked.ty.fits(ty) {
            return checked;
        }
        let message = format!("expected {ty}, found {}", checked.ty);
        self.complain(&ast.span, message, None)
    }

    /// An operand that must be there.
    fn value(&mut self, ast: &Ast) -> Checked {
        let checked = self.check(ast);
        if !checked.optional {
            return checked;
        }
        let written = self.written(&ast.span);
        let guard =
            if matches!(ast.node, Node::Field(..)) { format!("has({written})") } else { format!("{written} != null") };
        self.complain(
            &ast.span,
            format!("`{written}` may be absent: guard it with {guard}"),
            Some(format!("as in `{guard} && …`, and decide what its absence means")),
        )
    }

    /// The path of a fact: the same for all the ways of writing it.
    fn path(&self, ast: &Ast, lets: usize) -> Option<String> {
        match &ast.node {
            Node::Name(name) => {
                let index = self.scope.lets.iter().take(lets).position(|item| item.name.text == *name);
                let aliased = index.and_then(|index| self.path(&self.scope.lets.get(index)?.ast, index));
                Some(aliased.unwrap_or_else(|| name.clone()))
            }
            Node::Field(of, name) => Some(format!("{}.{}", self.path(of, lets)?, name.text)),
            _ => None,
        }
    }

    fn name(&mut self, name: &str, ast: &Ast) -> Checked {
        let variable = |slot, ty, fact: bool, evidence| Checked {
            varies: true,
            reads: fact,
            ..Checked::of(&[], ty, Ir::Var(Var { slot, name: name.into(), evidence }))
        };
        if name == "r" {
            return variable(0, Ty::Object(self.scope.root), true, false);
        }
        if let Some((_, ty)) = self.scope.element.as_ref().filter(|(element, _)| element == name) {
            return variable(1, ty.clone(), true, true);
        }
        let first = 1 + usize::from(self.scope.element.is_some());
        let hidden = self.hidden;
        let mut visible = self.loops.iter_mut().enumerate().skip(hidden);
        if let Some((index, found)) = visible.find(|(_, item)| item.name == name) {
            found.used = true;
            // It reads what its list reads, and varies with it.
            let varies = found.varies;
            return Checked { varies, ..variable(first + index, found.ty.clone(), false, false) };
        }
        if let Some(index) = self.scope.lets.iter().take(self.lets).position(|item| item.name.text == name) {
            return self.inline(index, ast);
        }
        self.unknown_name(name, &ast.span)
    }

    fn unknown_name(&mut self, name: &str, span: &Span) -> Checked {
        if name == "params" {
            return self.complain(span, "`params` is used by its parts", Some("write `params.NAME`".into()));
        }
        if self.scope.lets.iter().skip(self.lets).any(|item| item.name.text == name) {
            return self.complain(span, format!("`{name}` is defined only further down"), None);
        }
        let mut names = vec!["r", "params"];
        names.extend(self.scope.element.iter().map(|(name, _)| name.as_str()));
        names.extend(self.loops.iter().skip(self.hidden).map(|item| item.name.as_str()));
        names.extend(self.scope.lets.iter().take(self.lets).map(|item| item.name.text.as_str()));
        let help = did_you_mean(name, names.iter().copied())
            .or_else(|| Some(format!("there are `{}`; strings need quotes", names.join("`, `"))));
        self.complain(span, format!("unknown variable `{name}`"), help)
    }

    /// Puts a `let` in where it is used, so that what is known there to be present is known inside too.
    fn inline(&mut self, index: usize, ast: &Ast) -> Checked {
        let Some(item) = self.scope.lets.get(index) else { return Checked::poison() };
        self.usage.lets.insert(index);
        let path = self.path(ast, self.lets);
        let text = std::mem::replace(&mut self.text, &item.text);
        let hidden = std::mem::replace(&mut self.hidden, self.loops.len());
        let lets = std::mem::replace(&mut self.lets, index);
        let mut checked = self.check(&item.ast);
        (self.text, self.hidden, self.lets) = (text, hidden, lets);
        checked.optional &= !path.is_some_and(|path| self.present.contains(&path));
        checked
    }

    fn field(&mut self, of: &Ast, name: &Name, ast: &Ast) -> Checked {
        if matches!(&of.node, Node::Name(base) if base == "params") {
            return self.param(name);
        }
        let base = self.value(of);
        let Some((index, field)) = self.find_field(&base, name) else { return Checked::poison() };
        let guarded = self.path(ast, self.lets).is_some_and(|path| self.present.contains(&path));
        let text = self.fact(ast).into_boxed_str();
        let access = Access { of: base.ir.clone(), index, field, text };
        let checked = Checked::of(&[&base], Ty::from(&field.ty), Ir::Field(Box::new(access)));
        Checked { optional: field.optional && !guarded, ..checked }
    }

    fn find_field(&mut self, base: &Checked, name: &Name) -> Option<(usize, &'static Field)> {
        match &base.ty {
            Ty::Any => None,
            Ty::Object(object) => {
                let found = object.find(&name.text);
                if found.is_none() {
                    let help = did_you_mean(&name.text, object.all_fields().map(|(_, field)| field.name));
                    self.complain(&name.span, format!("type `{}` has no field `{}`", object.name, name.text), help);
                }
                found
            }
            Ty::List(_) => {
                let help = "ask its elements with all(), exists() or map()";
                self.complain(&name.span, format!("a list has no field `{}`", name.text), Some(help.into()));
                None
            }
            other => {
                self.complain(&name.span, format!("{other} has no fields"), None);
                None
            }
        }
    }

    fn param(&mut self, name: &Name) -> Checked {
        let Some(index) = self.scope.params.iter().position(|(param, ..)| *param == name.text) else {
            let help = did_you_mean(&name.text, self.scope.params.iter().map(|(param, ..)| param.as_str()));
            return self.complain(&name.span, format!("the rule has no parameter `{}`", name.text), help);
        };
        self.usage.params.insert(index);
        let ty = self.scope.params.get(index).map_or(Ty::Any, |(_, ty, _)| ty.clone());
        Checked { reads: false, ..Checked::of(&[&Checked::poison()], ty, Ir::Param(index)) }
    }

    fn has(&mut self, of: &Ast, name: &Name) -> Checked {
        let base = self.value(of);
        let Some((index, field)) = self.find_field(&base, name) else { return Checked::poison() };
        let span = of.span.start..name.span.end;
        let written = format!("{}.{}", self.fact(of), name.text);
        if !field.optional {
            let message = format!("`{written}` is never absent: has() would always be true");
            return self.complain(&span, message, None);
        }
        let yes = self.path(of, self.lets).map(|path| format!("{path}.{}", name.text)).into_iter().collect();
        let access = Access { of: base.ir.clone(), index, field, text: written.into_boxed_str() };
        Checked { yes, ..Checked::of(&[&base], Ty::Bool, Ir::Has(Box::new(access))) }
    }

    fn not(&mut self, of: &Ast) -> Checked {
        let inner = self.operand(of, &Ty::Bool);
        let ir = Ir::Not(Box::new(inner.ir.clone()));
        let checked = Checked::of(&[&inner], Ty::Bool, ir);
        Checked { known: inner.known.map(|known| !known), yes: inner.no, no: inner.yes, ..checked }
    }

    /// Checks with more known to be there.
    fn knowing<V>(&mut self, more: &Guards, check: impl FnOnce(&mut Self) -> V) -> V {
        let all = self.present.union(more).cloned().collect();
        let before = std::mem::replace(&mut self.present, all);
        let result = check(self);
        self.present = before;
        result
    }

    /// `&&` or `||`: the right side is evaluated only when the left one came out so.
    fn junction(&mut self, [left, right]: &[Ast; 2], and: bool) -> Checked {
        let left = self.operand(left, &Ty::Bool);
        let reached = if and { left.yes.clone() } else { left.no.clone() };
        let right = self.knowing(&reached, |this| this.operand(right, &Ty::Bool));
        let sides = Box::new([left.ir.clone(), right.ir.clone()]);
        let checked = Checked::of(&[&left, &right], Ty::Bool, if and { Ir::And(sides) } else { Ir::Or(sides) });
        let known = match (left.known, right.known) {
            (Some(value), _) | (_, Some(value)) if value != and => Some(value),
            (Some(_), Some(_)) => Some(and),
            _ => None,
        };
        let either = |one: &Guards, other: &Guards| one.union(other).cloned().collect();
        let common = |one: &Guards, other: &Guards| one.intersection(other).cloned().collect();
        let (yes, no) = if and {
            (either(&left.yes, &right.yes), common(&left.no, &either(&left.yes, &right.no)))
        } else {
            (common(&left.yes, &either(&left.no, &right.yes)), either(&left.no, &right.no))
        };
        Checked { known, yes, no, ..checked }
    }

    fn choice(&mut self, [condition, then, otherwise]: &[Ast; 3]) -> Checked {
        let condition = self.operand(condition, &Ty::Bool);
        let first = self.knowing(&condition.yes, |this| this.check(then));
        let second = self.knowing(&condition.no, |this| this.check(otherwise));
        let nullable = matches!(first.ty, Ty::Null) || matches!(second.ty, Ty::Null);
        if !first.ty.fits(&second.ty) && !nullable {
            let message = format!("the two branches differ: {} and {}", first.ty, second.ty);
            return self.complain(&otherwise.span, message, None);
        }
        let ty = if matches!(first.ty, Ty::Null) { second.ty.clone() } else { first.ty.clone() };
        let ir = Ir::Choice(Box::new([condition.ir.clone(), first.ir.clone(), second.ir.clone()]));
        let checked = Checked::of(&[&condition, &first, &second], ty, ir);
        let merge = |one: &Guards, other: &Guards| {
            let one: Guards = condition.yes.union(one).cloned().collect();
            one.iter().filter(|path| condition.no.contains(*path) || other.contains(*path)).cloned().collect()
        };
        Checked {
            optional: nullable || first.optional || second.optional,
            known: first.known.filter(|known| second.known == Some(*known)),
            yes: merge(&first.yes, &second.yes),
            no: merge(&first.no, &second.no),
            ..checked
        }
    }

    fn list(&mut self, items: &[Ast]) -> Checked {
        let checked: Vec<Checked> = items.iter().map(|item| self.value(item)).collect();
        let ty = checked.first().map_or(Ty::Any, |first| first.ty.clone());
        for (item, ast) in checked.iter().zip(items) {
            if !item.ty.fits(&ty) {
                self.complain(&ast.span, format!("this list holds {ty} before and {} here", item.ty), None);
            }
        }
        let parts: Vec<&Checked> = checked.iter().collect();
        let ir = Ir::list(checked.iter().map(|item| item.ir.clone()).collect());
        Checked::of(&parts, Ty::List(Box::new(ty)), ir)
    }

    /// Whether a variable may have this name; complains when not.
    fn claim(&mut self, name: &Name) {
        let taken = ["r", "params"].contains(&name.text.as_str())
            || NAMESPACES.contains(&name.text.as_str())
            || self.scope.element.as_ref().is_some_and(|(element, _)| *element == name.text)
            || self.scope.lets.iter().any(|item| item.name.text == name.text)
            || self.loops.iter().skip(self.hidden).any(|item| item.name == name.text);
        if taken {
            self.complain(&name.span, format!("the name `{}` is taken: take another one", name.text), None);
        }
    }
}
