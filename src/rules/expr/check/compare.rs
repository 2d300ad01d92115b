//! Comparisons and arithmetic: only what could come out either way is let through.

use super::super::ast::{Ast, Node, Operator, Span};
use super::super::ir::{Const, Ir};
use super::super::suggest::did_you_mean;
use super::super::ty::Ty;
use super::{Checked, Checker, Guards};
use crate::model::EnumType;

impl Checker<'_> {
    /// Every operator but `&&` and `||`.
    pub(super) fn binary(&mut self, operator: Operator, sides: &[Ast; 2], span: &Span) -> Checked {
        match operator {
            Operator::Equal => self.equal(sides, span, false),
            Operator::Unequal => self.equal(sides, span, true),
            Operator::In => self.contained(sides, span),
            Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
                self.order(operator, sides, span)
            }
            _ => self.arithmetic(operator, sides, span),
        }
    }

    fn equal(&mut self, sides: &[Ast; 2], span: &Span, negated: bool) -> Checked {
        let [left, right] = sides;
        match (&left.node, &right.node) {
            (Node::Null, Node::Null) => Checked::constant(Const::Bool(!negated), Ty::Bool),
            (Node::Null, _) => self.null(right, negated),
            (_, Node::Null) => self.null(left, negated),
            _ => self.equal_values(sides, span, negated),
        }
    }

    /// `x == null` or `x != null`.
    fn null(&mut self, of: &Ast, negated: bool) -> Checked {
        let path = self.path(of, self.lets);
        let inner = self.check(of);
        let guarded = path.as_ref().is_some_and(|path| self.present.contains(path));
        if !inner.optional && !matches!(inner.ty, Ty::Any) {
            let written = self.written(&of.span);
            let because = if guarded { "is known to be there" } else { "is never absent" };
            return self.complain(
                &of.span,
                format!("`{written}` {because}: comparing it with null decides nothing"),
                None,
            );
        }
        let there: Guards = path.into_iter().collect();
        let checked = Checked::of(&[&inner], Ty::Bool, Ir::IsNull { of: Box::new(inner.ir.clone()), negated });
        let (yes, no) = if negated { (there, Guards::new()) } else { (Guards::new(), there) };
        Checked { yes, no, ..checked }
    }

    fn equal_values(&mut self, [left, right]: &[Ast; 2], span: &Span, negated: bool) -> Checked {
        let (first, second) = (self.value(left), self.value(right));
        if !first.ty.fits(&second.ty) {
            let message = format!("cannot compare {} with {}: they are never equal", first.ty, second.ty);
            return self.complain(span, message, None);
        }
        if !first.ty.is_scalar() || !second.ty.is_scalar() {
            let message = format!("cannot compare {} with `{}`", first.ty, if negated { "!=" } else { "==" });
            let help = match first.ty {
                Ty::List(_) => "compare elements with all() or exists(), or the number with size()",
                _ => "compare their fields",
            };
            return self.complain(span, message, Some(help.into()));
        }
        self.words(&first.ty, right);
        self.words(&second.ty, left);
        let sides = Box::new([first.ir.clone(), second.ir.clone()]);
        Checked::of(&[&first, &second], Ty::Bool, Ir::Equal { sides, negated })
    }

    fn order(&mut self, operator: Operator, [left, right]: &[Ast; 2], span: &Span) -> Checked {
        let (first, second) = (self.value(left), self.value(right));
        if !first.ty.fits(&second.ty) {
            let message = format!("cannot compare {} with {}", first.ty, second.ty);
            let help = match (&first.ty, &second.ty) {
                (Ty::Version, Ty::String) => Some("write version('…')".to_owned()),
                (Ty::Timestamp, Ty::String) => Some("write timestamp('…')".to_owned()),
                (Ty::String, Ty::Int) => Some("read the number with int(…)".to_owned()),
                _ => None,
            };
            return self.complain(span, message, help);
        }
        if !first.ty.is_ordered() || !second.ty.is_ordered() {
            return self.complain(
                span,
                format!("{} has no order: `{}` means nothing", first.ty, operator.sign()),
                None,
            );
        }
        let sides = Box::new([first.ir.clone(), second.ir.clone()]);
        Checked::of(&[&first, &second], Ty::Bool, Ir::Order(operator, sides))
    }

    fn contained(&mut self, [item, list]: &[Ast; 2], span: &Span) -> Checked {
        let (needle, hay) = (self.value(item), self.value(list));
        let of = match &hay.ty {
            Ty::List(of) => (**of).clone(),
            Ty::Any => Ty::Any,
            other => {
                let message = format!("`in` looks into lists, not into {other}");
                let help = other.is_text().then(|| "for a part of a text write a.contains(b)".to_owned());
                return self.complain(&list.span, message, help);
            }
        };
        if matches!(&list.node, Node::List(items) if items.is_empty()) {
            return self.complain(&list.span, "nothing is in an empty list", None);
        }
        if !needle.ty.fits(&of) || !needle.ty.is_scalar() {
            let message = format!("a list of {of} never holds {}", needle.ty);
            return self.complain(span, message, None);
        }
        self.words(&needle.ty, list);
        self.words(&of, item);
        let sides = Box::new([needle.ir.clone(), hay.ir.clone()]);
        Checked::of(&[&needle, &hay], Ty::Bool, Ir::In(sides))
    }

    fn arithmetic(&mut self, operator: Operator, [left, right]: &[Ast; 2], span: &Span) -> Checked {
        let (first, second) = (self.value(left), self.value(right));
        let Some(ty) = result(operator, &first.ty, &second.ty) else {
            let message = format!("`{}` means nothing between {} and {}", operator.sign(), first.ty, second.ty);
            return self.complain(span, message, None);
        };
        if matches!((operator, &right.node), (Operator::Divide | Operator::Remainder, Node::Int(0))) {
            return self.complain(&right.span, "this divides by zero", None);
        }
        let sides = Box::new([first.ir.clone(), second.ir.clone()]);
        Checked::of(&[&first, &second], ty, Ir::Arithmetic(operator, sides))
    }

    /// Complains of literals that are no word of the vocabulary that they are compared with.
    fn words(&mut self, ty: &Ty, ast: &Ast) {
        let Ty::Enum(vocabulary) = ty else { return };
        match &ast.node {
            Node::Str(word) => self.word(vocabulary, word, &ast.span),
            Node::List(items) => items.iter().for_each(|item| self.words(ty, item)),
            Node::Choice(parts) => parts.iter().skip(1).for_each(|part| self.words(ty, part)),
            Node::Field(of, name) if matches!(&of.node, Node::Name(base) if base == "params") => {
                let params = self.scope.params.iter().enumerate();
                for (index, (.., value)) in params.filter(|(_, (param, ..))| *param == name.text) {
                    self.usage.words.push((index, vocabulary));
                    self.const_words(vocabulary, value, ast);
                }
            }
            Node::Name(name) => self.let_words(ty, name),
            _ => (),
        }
    }

    /// The same for a `let`, whose literals stand elsewhere.
    fn let_words(&mut self, ty: &Ty, name: &str) {
        let Some(index) = self.scope.lets.iter().take(self.lets).position(|item| item.name.text == name) else {
            return;
        };
        let Some(item) = self.scope.lets.get(index) else { return };
        let text = std::mem::replace(&mut self.text, &item.text);
        let lets = std::mem::replace(&mut self.lets, index);
        self.words(ty, &item.ast);
        (self.text, self.lets) = (text, lets);
    }

    fn const_words(&mut self, vocabulary: &'static EnumType, value: &Const, ast: &Ast) {
        match value {
            Const::Str(word) => self.word(vocabulary, word, &ast.span),
            Const::List(items) => items.iter().for_each(|item| self.const_words(vocabulary, item, ast)),
            _ => (),
        }
    }

    fn word(&mut self, vocabulary: &'static EnumType, word: &str, span: &Span) {
        if vocabulary.values.contains(&word) {
            return;
        }
        let help = did_you_mean(word, vocabulary.values.iter().copied())
            .or_else(|| Some(format!("its words are {}", vocabulary.values.join(", "))));
        self.complain(span, format!("`{word}` is no word of `{}`: this is never equal", vocabulary.name), help);
    }
}

/// What arithmetic between two types gives.
fn result(operator: Operator, left: &Ty, right: &Ty) -> Option<Ty> {
    use Operator::{Add, Subtract};
    match (left, operator, right) {
        _ if left.fits(&Ty::Int) && right.fits(&Ty::Int) => Some(Ty::Int),
        (_, Add, _) if left.is_text() && right.is_text() => Some(Ty::String),
        (Ty::Timestamp, Subtract, Ty::Timestamp) | (Ty::Duration, Add | Subtract, Ty::Duration) => Some(Ty::Duration),
        (Ty::Timestamp, Add | Subtract, Ty::Duration) | (Ty::Duration, Add, Ty::Timestamp) => Some(Ty::Timestamp),
        _ => None,
    }
}
