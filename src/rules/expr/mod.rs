//! The expression language: a typed, total subset of CEL. Text is parsed, checked against the types of facts at load, and
//! evaluated in three-valued logic; after the check no name can be wrong and no type can surprise.

mod ast;
mod check;
mod closure;
mod eval;
mod functions;
mod ir;
mod lexer;
mod parse;
mod suggest;
mod trace;
mod ty;
mod value;

pub(super) use ast::{Ast, Name, Node, Operator, Quantifier, RESERVED};
pub(super) use check::{Checked, Guards, Let, Scope, Usage, check};
pub(super) use closure::{Condition, Frame, Listing};
pub(super) use eval::Interpreter;
#[cfg(test)]
pub(super) use eval::tests as eval_tests;
pub(super) use functions::{NAMESPACES, SIGNATURES, literal};
pub(super) use ir::{Access, Const, Ir};
pub(super) use lexer::{SyntaxError, one_line};
#[cfg(test)]
pub(super) use lexer::{TokenKind, tokens_of};
pub(super) use parse::parse;
pub(crate) use suggest::did_you_mean;
pub(super) use trace::{NoTrace, Read, Reason, Recording, Trace};
pub(super) use ty::Ty;
pub use value::Fault;
pub(super) use value::{Items, Undecided, Val};
