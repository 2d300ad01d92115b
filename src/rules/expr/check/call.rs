//! Functions, methods and loops.

use super::super::ast::{Ast, Name, Node, Operator, Quantifier, Span};
use super::super::functions::{Function, LITERALS, NAMESPACES, SIGNATURES, Signature, literal};
use super::super::ir::{Ir, Loop};
use super::super::suggest::did_you_mean;
use super::super::ty::Ty;
use super::{Checked, Checker, LoopVariable, MAX_LOOPS};

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &Name, arguments: &[Ast]) -> Checked {
        if let [Ast { node: Node::Str(text), span }] = arguments
            && LITERALS.contains(&name.text.as_str())
        {
            return self.literal(&name.text, text, span);
        }
        match SIGNATURES.iter().find(|signature| !signature.method && signature.name == name.text) {
            Some(signature) => self.apply(signature, name, &arguments.iter().collect::<Vec<_>>()),
            None => self.unknown_function(name, false),
        }
    }

    pub(super) fn method(&mut self, of: &Ast, name: &Name, arguments: &[Ast]) -> Checked {
        if let Node::Name(namespace) = &of.node
            && NAMESPACES.contains(&namespace.as_str())
        {
            let text = format!("{namespace}.{}", name.text);
            return self.call(&Name { text, span: of.span.start..name.span.end }, arguments);
        }
        match SIGNATURES.iter().find(|signature| signature.method && signature.name == name.text) {
            Some(signature) => {
                let all: Vec<&Ast> = std::iter::once(of).chain(arguments).collect();
                self.apply(signature, name, &all)
            }
            None => self.unknown_function(name, true),
        }
    }

    fn unknown_function(&mut self, name: &Name, method: bool) -> Checked {
        let names = SIGNATURES.iter().filter(|signature| signature.method == method).map(|signature| signature.name);
        let loops: &[&str] = if method { &["all", "exists", "exists_one", "filter", "map"] } else { &["has"] };
        let help = did_you_mean(&name.text, names.chain(loops.iter().copied()));
        let kind = if method { "method" } else { "function" };
        self.complain(&name.span, format!("unknown {kind} `{}`", name.text), help)
    }

    fn apply(&mut self, signature: &'static Signature, name: &Name, arguments: &[&Ast]) -> Checked {
        let takes = signature.takes.iter().map(|takes| takes.literal()).chain(std::iter::repeat(None));
        let checked: Vec<Checked> =
            arguments.iter().zip(takes).map(|(argument, kind)| self.argument(argument, kind)).collect();
        if arguments.len() != signature.takes.len() {
            let own = usize::from(signature.method);
            let (wanted, got) = (signature.takes.len() - own, arguments.len() - own);
            return self.complain(&name.span, format!("{}() takes {wanted}, found {got}", name.text), None);
        }
        for ((takes, argument), ast) in signature.takes.iter().zip(&checked).zip(arguments) {
            if !takes.accepts(&argument.ty) {
                let message = format!("{}() takes {}, found {}", name.text, takes.as_str(), argument.ty);
                return self.complain(&ast.span, message, None);
            }
        }
        let parts: Vec<&Checked> = checked.iter().collect();
        let mut arguments: Vec<Ir> = checked.iter().map(|argument| argument.ir.clone()).collect();
        let ty = signature.gives.clone();
        match signature.function {
            Function::Observed => Checked { varies: true, ..Checked::of(&[], ty, Ir::Observed) },
            Function::Since => {
                let sides = arguments.pop().map(|then| Box::new([Ir::Observed, then]));
                let ir = sides.map_or(Ir::Observed, |sides| Ir::Arithmetic(Operator::Subtract, sides));
                Checked { varies: true, ..Checked::of(&parts, ty, ir) }
            }
            function => Checked::of(&parts, ty, Ir::Call(function, arguments)),
        }
    }

    /// An argument; some must be literals, which are read now.
    fn argument(&mut self, ast: &Ast, kind: Option<&str>) -> Checked {
        match (kind, &ast.node) {
            (None, _) => self.value(ast),
            (Some(kind), Node::Str(text)) => self.literal(kind, text, &ast.span),
            (Some(kind), _) => {
                let message = format!("this takes a literal: write the {kind} here, in quotes");
                self.complain(&ast.span, message, None)
            }
        }
    }

    /// `cidr('…')`, `version('…')`, a regular expression: read at load.
    fn literal(&mut self, kind: &str, text: &str, span: &Span) -> Checked {
        let ty = match kind {
            "arn" => Ty::Arn,
            "cidr" => Ty::Cidr,
            "duration" => Ty::Duration,
            "timestamp" => Ty::Timestamp,
            "version" => Ty::Version,
            _ => Ty::String,
        };
        match literal(kind, text) {
            Ok(value) => Checked::constant(value, ty),
            Err((message, help)) => self.complain(span, message, help),
        }
    }

    pub(super) fn loop_over(&mut self, quantifier: Quantifier, list: &Ast, variable: &Name, body: &Ast) -> Checked {
        let items = self.value(list);
        let of = match &items.ty {
            Ty::List(of) => (**of).clone(),
            Ty::Any => Ty::Any,
            other => return self.complain(&list.span, format!("loops go over lists, not over {other}"), None),
        };
        if self.loops.len() >= MAX_LOOPS {
            return self.complain(&list.span, format!("more than {MAX_LOOPS} loops inside each other"), None);
        }
        self.claim(variable);
        self.loops.push(LoopVariable {
            name: variable.text.clone(),
            ty: of.clone(),
            varies: items.varies,
            used: false,
        });
        let inner = match quantifier {
            Quantifier::Map => self.value(body),
            _ => self.operand(body, &Ty::Bool),
        };
        if !self.loops.pop().is_some_and(|variable| variable.used) {
            self.complain(&variable.span, format!("`{}` is never used", variable.text), None);
        }
        if quantifier != Quantifier::Map && inner.known.is_some() {
            self.complain(&body.span, "this condition always comes out the same", None);
        }
        let ty = match quantifier {
            Quantifier::Filter => Ty::List(Box::new(of)),
            Quantifier::Map => Ty::List(Box::new(inner.ty.clone())),
            _ => Ty::Bool,
        };
        let cost = inner.ir.size();
        let parts = Loop { quantifier, list: items.ir.clone(), body: inner.ir.clone(), cost };
        Checked::of(&[&items, &inner], ty, Ir::Loop(Box::new(parts)))
    }
}
