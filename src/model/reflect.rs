//! How rules see facts: every fact type describes its fields once, and hands their values out by index without copying.
//! Names are resolved when a rule is loaded, so a misspelt one cannot reach evaluation.

use std::sync::Arc;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::{Arn, Derived, Fact, Place, Untrusted, Version, Why};

/// The type of a value in a rule expression.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// Text, compared byte by byte.
    String,
    /// A moment in UTC.
    Timestamp,
    /// A span of time.
    Duration,
    /// An Amazon Resource Name.
    Arn,
    /// An IPv4 or IPv6 prefix.
    Cidr,
    /// A dotted version number.
    Version,
    /// Text out of a known set; other literals are a load error.
    Enum(&'static EnumType),
    /// A list of one type.
    List(&'static Type),
    /// A record or a computed fact.
    Object(&'static ObjectType),
}

/// What a server answered, before its omissions have their meaning.
pub trait Answered {
    /// What it becomes.
    type Record;

    /// How rules see that.
    fn object_type() -> &'static ObjectType;

    /// Gives every omission its declared meaning.
    fn answered(self) -> Self::Record;
}

/// The values that a field documents.
#[derive(Debug)]
pub struct EnumType {
    /// Name of the type, in `snake_case`.
    pub name: &'static str,
    /// The values, spelt as the target spells them.
    pub values: &'static [&'static str],
}

/// A type with named fields.
#[derive(Debug)]
pub struct ObjectType {
    /// Name of the type, in `snake_case`.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// The type whose fields come after this one's own: the record that a fact is built on.
    pub base: Option<&'static ObjectType>,
    /// Its own fields.
    pub fields: &'static [Field],
    /// Whether its objects have an [`Object::key`], so that a rule may judge each object of a list.
    pub keyed: bool,
}

/// A field of an [`ObjectType`].
#[derive(Debug)]
pub struct Field {
    /// The name that rules use: the source's own name in `snake_case`.
    pub name: &'static str,
    /// The source's own name, as it stands in the snapshot; empty for a computed fact.
    pub key: &'static str,
    /// Meaning, unit and source.
    pub doc: &'static str,
    /// Type of the value.
    pub ty: Type,
    /// Whether the source may leave the value out by design, so that a rule must guard it with `has()`.
    pub optional: bool,
}

impl ObjectType {
    /// Own fields, then those of the base, each with the index that [`Object::field`] takes.
    pub fn all_fields(&self) -> impl Iterator<Item = (usize, &'static Field)> {
        let base = self.base.map_or(&[] as &'static [Field], |base| base.fields);
        self.fields.iter().chain(base).enumerate()
    }

    /// The field with this name.
    pub fn find(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.all_fields().find(|(_, field)| field.name == name)
    }
}

/// A value as an expression sees it; borrowed, never converted.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// See [`Type::Bool`].
    Bool(bool),
    /// See [`Type::Int`].
    Int(i64),
    /// See [`Type::String`] and [`Type::Enum`].
    Str(&'a str),
    /// See [`Type::Timestamp`].
    Timestamp(Timestamp),
    /// See [`Type::Duration`].
    Duration(SignedDuration),
    /// See [`Type::Arn`].
    Arn(&'a Arn),
    /// See [`Type::Cidr`].
    Cidr(IpNet),
    /// See [`Type::Version`].
    Version(&'a Version),
    /// See [`Type::List`].
    List(&'a dyn List),
    /// See [`Type::Object`].
    Object(&'a dyn Object),
    /// Left out by design.
    Absent,
    /// Not read.
    Unknown(&'a Why),
}

/// Something with fields.
pub trait Object: Send + Sync {
    /// Its type.
    fn object_type(&self) -> &'static ObjectType;

    /// The value of the field with this index of [`ObjectType::all_fields`]; [`Value::Absent`] beyond them.
    fn field(&self, index: usize) -> Value<'_>;

    /// Where the object stands, when it is a record or part of one; otherwise it stands where it was reached from.
    fn place(&self) -> Option<Place> {
        None
    }

    /// When it was observed, for objects that stand for a record.
    fn observed(&self) -> Option<Timestamp> {
        None
    }

    /// What decided a computed field.
    fn field_places(&self, _index: usize) -> &[Place] {
        &[]
    }

    /// A stable name among its siblings (never an index), for objects that rules iterate over.
    fn key(&self) -> Option<String> {
        None
    }
}

/// A list that hands out its elements.
pub trait List: Send + Sync {
    /// Number of elements.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element; [`Value::Absent`] beyond the end.
    fn get(&self, index: usize) -> Value<'_>;
}

/// A Rust type that facts may hold.
pub trait Reflect: Send + Sync {
    /// How rules see it.
    const TYPE: Type;

    /// The value.
    fn value(&self) -> Value<'_>;

    /// What decided it, for computed facts.
    fn places(&self) -> &[Place] {
        &[]
    }
}

/// A scalar's place in the type system: one line each.
macro_rules! scalar {
    ($($ty:ty => $name:ident, $this:ident, $value:expr;)*) => {$(
        impl Reflect for $ty {
            const TYPE: Type = Type::$name;
            fn value(&self) -> Value<'_> {
                let $this = self;
                $value
            }
        }
    )*};
}

scalar! {
    bool => Bool, this, Value::Bool(*this);
    i64 => Int, this, Value::Int(*this);
    u32 => Int, this, Value::Int(i64::from(*this));
    String => String, this, Value::Str(this);
    Untrusted => String, this, Value::Str(this.raw());
    Timestamp => Timestamp, this, Value::Timestamp(*this);
    SignedDuration => Duration, this, Value::Duration(*this);
    Arn => Arn, this, Value::Arn(this);
    IpNet => Cidr, this, Value::Cidr(*this);
    Version => Version, this, Value::Version(this);
}

impl<T: Reflect> List for Vec<T> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn get(&self, index: usize) -> Value<'_> {
        self.as_slice().get(index).map_or(Value::Absent, T::value)
    }
}

impl<T: Reflect> Reflect for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);

    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<T: Reflect> Reflect for Arc<T> {
    const TYPE: Type = T::TYPE;

    fn value(&self) -> Value<'_> {
        T::value(self)
    }

    fn places(&self) -> &[Place] {
        T::places(self)
    }
}

impl<T: Reflect> Reflect for Fact<T> {
    const TYPE: Type = T::TYPE;

    fn value(&self) -> Value<'_> {
        match self {
            Self::Known(value) => value.value(),
            Self::Absent => Value::Absent,
            Self::Unknown(why) => Value::Unknown(why),
        }
    }
}

impl<T: Reflect> Reflect for Derived<T> {
    const TYPE: Type = T::TYPE;

    fn value(&self) -> Value<'_> {
        self.value.value()
    }

    fn places(&self) -> &[Place] {
        &self.from
    }
}
