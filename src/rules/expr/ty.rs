//! Types of expressions: those of facts, and lists made on the way.

use std::fmt;

use crate::model::{EnumType, ObjectType, Type};

/// The type of an expression.
#[derive(Debug, Clone)]
pub(in crate::rules) enum Ty {
    Bool,
    Int,
    String,
    Timestamp,
    Duration,
    Arn,
    Cidr,
    Version,
    Enum(&'static EnumType),
    List(Box<Self>),
    Object(&'static ObjectType),
    /// `null`
    Null,
    /// Of what has been complained about already, and of the elements of `[]`: fits everywhere.
    Any,
}

impl From<&Type> for Ty {
    fn from(ty: &Type) -> Self {
        match ty {
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::String => Self::String,
            Type::Timestamp => Self::Timestamp,
            Type::Duration => Self::Duration,
            Type::Arn => Self::Arn,
            Type::Cidr => Self::Cidr,
            Type::Version => Self::Version,
            Type::Enum(words) => Self::Enum(words),
            Type::List(of) => Self::List(Box::new(Self::from(*of))),
            Type::Object(object) => Self::Object(object),
        }
    }
}

impl Ty {
    /// Whether the two are the same; words of a vocabulary are text.
    pub(in crate::rules) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _)
            | (_, Self::Any)
            | (Self::Bool, Self::Bool)
            | (Self::Int, Self::Int)
            | (Self::Timestamp, Self::Timestamp)
            | (Self::Duration, Self::Duration)
            | (Self::Arn, Self::Arn)
            | (Self::Cidr, Self::Cidr)
            | (Self::Version, Self::Version)
            | (Self::Null, Self::Null)
            | (Self::String | Self::Enum(_), Self::String)
            | (Self::String, Self::Enum(_)) => true,
            (Self::Enum(left), Self::Enum(right)) => left.name == right.name,
            (Self::List(left), Self::List(right)) => left.fits(right),
            (Self::Object(left), Self::Object(right)) => left.name == right.name,
            _ => false,
        }
    }

    /// Whether `==` is decided by one look: neither a list nor an object.
    pub(in crate::rules) fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Object(_) | Self::Null)
    }

    /// Whether `<` has a meaning.
    pub(super) fn is_ordered(&self) -> bool {
        matches!(self, Self::Int | Self::String | Self::Timestamp | Self::Duration | Self::Version | Self::Any)
    }

    /// Whether it is text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::String | Self::Enum(_) | Self::Any)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::String => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Arn => f.write_str("arn"),
            Self::Cidr => f.write_str("cidr"),
            Self::Version => f.write_str("version"),
            Self::Enum(words) => f.write_str(words.name),
            Self::List(of) => write!(f, "list<{of}>"),
            Self::Object(object) => f.write_str(object.name),
            Self::Null => f.write_str("null"),
            Self::Any => f.write_str("anything"),
        }
    }
}
