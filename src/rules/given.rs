//! Facts out of a rule's own tests: what a test does not mention is unknown, so that a test shows exactly which facts its rule
//! reads.

use jiff::Timestamp;

use super::decode::Reader;
use super::expr::{Const, Ty, did_you_mean};
use super::yaml::{Kind, Node};
use crate::model::{List, Object, ObjectType, Value, Why};

/// An object that a test describes.
#[derive(Debug)]
pub(super) struct Given {
    ty: &'static ObjectType,
    /// By index of the field; unmentioned ones are unknown.
    fields: Vec<Option<GivenValue>>,
    observed: Option<Timestamp>,
}

/// A value that a test gives.
#[derive(Debug)]
pub(super) enum GivenValue {
    Absent,
    /// Only in a list: an element that was not read.
    Unknown,
    Scalar(Const),
    List(Vec<Self>),
    Object(Given),
}

static UNMENTIONED: Why = Why::NotCollected;

impl Given {
    /// An object of which a test says nothing.
    pub(super) fn unread(ty: &'static ObjectType) -> Self {
        Self { ty, fields: ty.all_fields().map(|_| None).collect(), observed: None }
    }
}

impl Given {
    /// The same, observed at a time.
    pub(super) fn observed_at(self, observed: Option<Timestamp>) -> Self {
        Self { observed, ..self }
    }
}

impl Object for Given {
    fn object_type(&self) -> &'static ObjectType {
        self.ty
    }

    fn observed(&self) -> Option<Timestamp> {
        self.observed
    }

    fn field(&self, index: usize) -> Value<'_> {
        match self.fields.get(index) {
            Some(Some(value)) => value.as_value(),
            Some(None) => Value::Unknown(&UNMENTIONED),
            None => Value::Absent,
        }
    }
}

impl List for Vec<GivenValue> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn get(&self, index: usize) -> Value<'_> {
        self.as_slice().get(index).map_or(Value::Absent, GivenValue::as_value)
    }
}

impl GivenValue {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Scalar(Const::Bool(value)) => Value::Bool(*value),
            Self::Scalar(Const::Int(value)) => Value::Int(*value),
            Self::Scalar(Const::Str(text)) => Value::Str(text),
            Self::Scalar(Const::Timestamp(value)) => Value::Timestamp(*value),
            Self::Scalar(Const::Duration(value)) => Value::Duration(*value),
            Self::Scalar(Const::Arn(value)) => Value::Arn(value),
            Self::Scalar(Const::Cidr(value)) => Value::Cidr(*value),
            Self::Scalar(Const::Version(value)) => Value::Version(value),
            Self::Unknown => Value::Unknown(&UNMENTIONED),
            Self::Absent | Self::Scalar(Const::Null | Const::Pattern(_) | Const::List(_)) => Value::Absent,
            Self::List(items) => Value::List(items),
            Self::Object(object) => Value::Object(object),
        }
    }

    /// Reads a value of a type.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node, ty: &Ty) -> Option<Self> {
        match ty {
            Ty::List(of) => {
                let items: Vec<Option<Self>> =
                    reader.list(node)?.iter().map(|item| Self::read_element(reader, item, of)).collect();
                items.into_iter().collect::<Option<Vec<_>>>().map(Self::List)
            }
            Ty::Object(object) => Given::read(reader, node, object).map(Self::Object),
            scalar => reader.constant(node, scalar).map(Self::Scalar),
        }
    }

    /// No list has an absent element, so that `~` is free to be one that was not read.
    fn read_element(reader: &mut Reader<'_>, node: &Node, ty: &Ty) -> Option<Self> {
        if matches!(node.kind, Kind::Null) { Some(Self::Unknown) } else { Self::read(reader, node, ty) }
    }
}

impl Given {
    /// Reads an object of a type.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node, ty: &'static ObjectType) -> Option<Self> {
        let mut fields: Vec<Option<GivenValue>> = ty.all_fields().map(|_| None).collect();
        let before = reader.problems.len();
        for (name, key, value) in reader.entries(node, &format!("a given {}", ty.name))? {
            let Some((index, field)) = ty.find(name) else {
                let help = did_you_mean(name, ty.all_fields().map(|(_, field)| field.name));
                reader.complain::<()>(&key.at, format!("type `{}` has no field `{name}`", ty.name), help);
                continue;
            };
            let given = match &value.kind {
                Kind::Null if field.optional => Some(GivenValue::Absent),
                Kind::Null => {
                    let help = "leave it out to make it unknown".to_owned();
                    reader.complain(&key.at, format!("`{name}` is never absent"), Some(help))
                }
                _ => GivenValue::read(reader, value, &Ty::from(&field.ty)),
            };
            if let Some(slot) = fields.get_mut(index) {
                *slot = given;
            }
        }
        (reader.problems.len() == before).then_some(Self { ty, fields, observed: None })
    }
}
