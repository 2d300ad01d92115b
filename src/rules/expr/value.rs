//! Values during evaluation, and the two ways of not having one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::functions::{Pattern, show_duration};
use super::ir::Const;
use crate::model::{Arn, List, Object, Type, Value, Version, Why};

/// A value; `At` is what the trace knows of where it stands.
#[derive(Clone)]
pub(in crate::rules) enum Val<'a, At> {
    Bool(bool),
    Int(i64),
    Str(Cow<'a, str>),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    Arn(Cow<'a, Arn>),
    Cidr(IpNet),
    Version(Cow<'a, Version>),
    Pattern(&'a Pattern),
    List(Items<'a, At>),
    Object(&'a dyn Object, At),
    Absent,
    /// Only in a list or a variable: reading it is [`Undecided::Unknown`].
    Unknown(&'a Why, At),
}

/// The elements of a list.
#[derive(Clone)]
pub(in crate::rules) enum Items<'a, At> {
    Facts(&'a dyn List, At),
    Consts(&'a [Const]),
    Made(Rc<Vec<Val<'a, At>>>),
}

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Undecided {
    /// A fact is unknown; the trace says which and why.
    Unknown,
    /// The rule broke.
    Error(Fault),
}

impl Undecided {
    /// A broken rule outweighs an unknown fact.
    pub(super) fn worse(self, other: Self) -> Self {
        self.max(other)
    }
}

/// How a rule can break on facts that its types allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// A number does not fit 64 bits.
    #[error("a number became too large")]
    Overflow,
    /// `/ 0` or `% 0`.
    #[error("a number was divided by zero")]
    DivisionByZero,
    /// The rule looks at too much.
    #[error("the rule took more than {} steps", super::eval::MAX_STEPS)]
    Budget,
    /// The closures and the interpreter came to different answers: our mistake.
    #[error("two ways of evaluating it disagree")]
    Disagreement,
    /// A fact is not of the type that it declares: our mistake.
    #[error("a fact has another type than it declares")]
    Mistyped,
}

impl<'a, At: Clone> Val<'a, At> {
    /// A fact as it is.
    pub(super) fn of(value: Value<'a>, at: At) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Str(text) => Self::Str(Cow::Borrowed(text)),
            Value::Timestamp(value) => Self::Timestamp(value),
            Value::Duration(value) => Self::Duration(value),
            Value::Arn(value) => Self::Arn(Cow::Borrowed(value)),
            Value::Cidr(value) => Self::Cidr(value),
            Value::Version(value) => Self::Version(Cow::Borrowed(value)),
            Value::List(list) => Self::List(Items::Facts(list, at)),
            Value::Object(object) => Self::Object(object, at),
            Value::Absent => Self::Absent,
            Value::Unknown(why) => Self::Unknown(why, at),
        }
    }

    /// A value that stands in the rule.
    pub(super) fn of_const(value: &'a Const) -> Self {
        match value {
            Const::Null => Self::Absent,
            Const::Bool(value) => Self::Bool(*value),
            Const::Int(value) => Self::Int(*value),
            Const::Str(text) => Self::Str(Cow::Borrowed(text)),
            Const::Timestamp(value) => Self::Timestamp(*value),
            Const::Duration(value) => Self::Duration(*value),
            Const::Arn(value) => Self::Arn(Cow::Borrowed(value)),
            Const::Cidr(value) => Self::Cidr(*value),
            Const::Version(value) => Self::Version(Cow::Borrowed(value)),
            Const::Pattern(value) => Self::Pattern(value),
            Const::List(items) => Self::List(Items::Consts(items)),
        }
    }

    /// Whether two values are the same; nothing equals what is not there, save another such.
    pub(super) fn same(&self, other: &Self) -> Result<bool, Undecided> {
        match (self, other) {
            (Self::Absent, Self::Absent) => Ok(true),
            (Self::Absent, _) | (_, Self::Absent) => Ok(false),
            (Self::Bool(left), Self::Bool(right)) => Ok(left == right),
            (Self::Arn(left), Self::Arn(right)) => Ok(left == right),
            (Self::Cidr(left), Self::Cidr(right)) => Ok(left.trunc() == right.trunc()),
            _ => self.order(other).map(Ordering::is_eq),
        }
    }

    /// Which of two values comes first.
    pub(super) fn order(&self, other: &Self) -> Result<Ordering, Undecided> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Ok(left.cmp(right)),
            (Self::Str(left), Self::Str(right)) => Ok(left.cmp(right)),
            (Self::Timestamp(left), Self::Timestamp(right)) => Ok(left.cmp(right)),
            (Self::Duration(left), Self::Duration(right)) => Ok(left.cmp(right)),
            (Self::Version(left), Self::Version(right)) => Ok(left.cmp(right)),
            _ => Err(Undecided::Error(Fault::Mistyped)),
        }
    }

    /// The value as reports show it.
    pub(in crate::rules) fn render(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Str(text) => text.clone().into_owned(),
            Self::Timestamp(value) => value.to_string(),
            Self::Duration(value) => show_duration(*value),
            Self::Arn(value) => value.to_string(),
            Self::Cidr(value) => value.to_string(),
            Self::Version(value) => value.to_string(),
            Self::List(items) if items.len() == 0 => "(empty)".to_owned(),
            Self::List(items) => items.each(Clone::clone).map(|item| item.render()).collect::<Vec<_>>().join(", "),
            Self::Object(object, _) => name_of(*object),
            Self::Absent | Self::Pattern(_) => "none".to_owned(),
            Self::Unknown(..) => "unknown".to_owned(),
        }
    }
}

/// An object in a word: its key, or its first text, which is its name in every record.
fn name_of(object: &dyn Object) -> String {
    let first_text = || {
        let fields = object.object_type().all_fields();
        // Reading a field computes it, so only texts are looked at.
        let mut texts = fields.filter(|(_, field)| matches!(field.ty, Type::String | Type::Enum(_)));
        texts.find_map(|(index, _)| match object.field(index) {
            Value::Str(text) => Some(text.to_owned()),
            _ => None,
        })
    };
    object.key().or_else(first_text).unwrap_or_else(|| "present".to_owned())
}

impl<'a, At: Clone> Items<'a, At> {
    /// Number of elements.
    pub(in crate::rules) fn len(&self) -> usize {
        match self {
            Self::Facts(list, _) => list.len(),
            Self::Consts(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    /// An element; `place` says where it stands, from where the list stands.
    pub(in crate::rules) fn get(&self, index: usize, place: impl Fn(&At, usize) -> At) -> Val<'a, At> {
        match self {
            Self::Facts(list, at) => Val::of(list.get(index), place(at, index)),
            Self::Consts(items) => items.get(index).map_or(Val::Absent, Val::of_const),
            Self::Made(items) => items.get(index).cloned().unwrap_or(Val::Absent),
        }
    }

    /// Where an element stands.
    pub(super) fn place(&self, index: usize, place: impl Fn(&At, usize) -> At) -> At
    where
        At: Default,
    {
        match self {
            Self::Facts(_, at) => place(at, index),
            Self::Consts(_) | Self::Made(_) => At::default(),
        }
    }

    /// All elements, each standing where the list stands.
    fn each(&self, place: impl Fn(&At) -> At) -> impl Iterator<Item = Val<'a, At>> {
        (0..self.len()).map(move |index| self.get(index, |at, _| place(at)))
    }
}
