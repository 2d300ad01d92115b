//! What the checker leaves for evaluation: names are indexes, functions are known, and nothing can be misspelt any more.

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::ast::{Operator, Quantifier};
use super::functions::{Function, Pattern};
use super::value::Val;
use crate::model::{Arn, Field, Version};

/// A checked expression.
#[derive(Debug, Clone)]
pub(in crate::rules) enum Ir {
    Const(Const),
    /// A variable, by the place it has on the stack.
    Var(Var),
    /// A parameter of the rule, by index.
    Param(usize),
    /// When the subject was observed.
    Observed,
    Field(Box<Access>),
    Has(Box<Access>),
    /// `a == null`, or `!=`.
    IsNull {
        of: Box<Self>,
        negated: bool,
    },
    Not(Box<Self>),
    Negate(Box<Self>),
    And(Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
    Choice(Box<[Self; 3]>),
    Equal {
        sides: Box<[Self; 2]>,
        negated: bool,
    },
    Order(Operator, Box<[Self; 2]>),
    In(Box<[Self; 2]>),
    Arithmetic(Operator, Box<[Self; 2]>),
    Call(Function, Vec<Self>),
    List(Vec<Self>),
    Loop(Box<Loop>),
}

/// A variable.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Var {
    /// Its place on the stack.
    pub(super) slot: usize,
    /// Its name.
    pub(super) name: Box<str>,
    /// Whether reading it is evidence by itself: the element that a rule judges is, the variable of a loop is not, because
    /// the list is.
    pub(super) evidence: bool,
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Access {
    /// The object.
    pub(super) of: Ir,
    /// Index of the field.
    pub(super) index: usize,
    /// The field.
    pub(super) field: &'static Field,
    /// As the rule wrote it.
    pub(super) text: Box<str>,
}

impl Access {
    /// The field.
    pub(in crate::rules) const fn field(&self) -> &'static Field {
        self.field
    }

    /// As the rule wrote it.
    pub(in crate::rules) fn text(&self) -> &str {
        &self.text
    }
}

/// A loop over a list.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Loop {
    pub(super) quantifier: Quantifier,
    pub(super) list: Ir,
    pub(super) body: Ir,
    /// Steps that each element costs.
    pub(super) cost: u32,
}

/// A value that stands in the rule.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Const {
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    Arn(Arn),
    Cidr(IpNet),
    Version(Version),
    Pattern(Pattern),
    List(Vec<Self>),
}

impl Const {
    /// As a rule file has it.
    pub(in crate::rules) fn shown(&self) -> String {
        match self {
            Self::List(items) => format!("[{}]", items.iter().map(Self::shown).collect::<Vec<_>>().join(", ")),
            scalar => Val::<()>::of_const(scalar).render(),
        }
    }
}

impl Ir {
    /// How the rule wrote a fact; other expressions have no name.
    pub(super) fn fact(&self) -> Option<&str> {
        match self {
            Self::Field(access) | Self::Has(access) => Some(&access.text),
            Self::Var(var) => Some(&var.name),
            _ => None,
        }
    }

    /// How many parts it has.
    pub(in crate::rules) fn size(&self) -> u32 {
        let all = |parts: &[Self]| parts.iter().map(Self::size).sum();
        1 + match self {
            Self::Const(_) | Self::Var(_) | Self::Param(_) | Self::Observed => 0,
            Self::Field(access) | Self::Has(access) => access.of.size(),
            Self::IsNull { of, .. } | Self::Not(of) | Self::Negate(of) => of.size(),
            Self::And(sides)
            | Self::Or(sides)
            | Self::Equal { sides, .. }
            | Self::Order(_, sides)
            | Self::In(sides)
            | Self::Arithmetic(_, sides) => all(&**sides),
            Self::Choice(parts) => all(&**parts),
            Self::Call(_, parts) | Self::List(parts) => all(parts),
            Self::Loop(parts) => parts.list.size() + parts.cost,
        }
    }

    /// Every field that it reads or asks for.
    pub(in crate::rules) fn accesses<'i>(&'i self, found: &mut Vec<&'i Access>) {
        let mut all = |parts: &'i [Self]| parts.iter().for_each(|part| part.accesses(found));
        match self {
            Self::Const(_) | Self::Var(_) | Self::Param(_) | Self::Observed => (),
            Self::Field(access) | Self::Has(access) => {
                found.push(access);
                access.of.accesses(found);
            }
            Self::IsNull { of, .. } | Self::Not(of) | Self::Negate(of) => of.accesses(found),
            Self::And(sides)
            | Self::Or(sides)
            | Self::Equal { sides, .. }
            | Self::Order(_, sides)
            | Self::In(sides)
            | Self::Arithmetic(_, sides) => all(&**sides),
            Self::Choice(parts) => all(&**parts),
            Self::Call(_, parts) | Self::List(parts) => all(parts),
            Self::Loop(parts) => {
                parts.list.accesses(found);
                parts.body.accesses(found);
            }
        }
    }

    /// A list, folded when all of it stands in the rule.
    pub(super) fn list(items: Vec<Self>) -> Self {
        let constants = items.iter().map(|item| if let Self::Const(value) = item { Some(value.clone()) } else { None });
        match constants.collect() {
            Some(values) => Self::Const(Const::List(values)),
            None => Self::List(items),
        }
    }
}
