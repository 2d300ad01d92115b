//! The declaration that makes a computed fact visible to rules: one line a field, from which its name, documentation and type
//! come.

/// Declares a fact: fields of its own, on top of the record it is built on, if any.
///
/// `struct Name = "type_name" on Record { /// doc name: Type; /// doc other: Type, optional; }`, where `optional` marks a field
/// that rules must guard. Built on a record, the struct has the field `record: Arc<Record<…>>`, shows the record's fields after
/// its own, and stands where the record stands. Without one, `key FIELD` and `at FIELD` after the braces add the fields that
/// name the object among its siblings and say where it stands.
///
/// `name: Type => compute` makes a field lazy: `fn compute(&Name) -> Type` runs when somebody first calls the method `name()`
/// or a rule reads the field, and never in a run that asks for neither. The struct then holds an empty `OnceLock`, so `compute`
/// may read the object's other lazy fields, though not in a circle. `on Record, with member: Type` adds what they are computed
/// from, makes every field lazy and gives the struct `new(record, member)`; `with` works without a record too, and then the
/// struct has `new(member, place)`.
macro_rules! facts {
    ($(#[doc = $type_doc:literal])* struct $name:ident = $type_name:literal on $base:ty, with $with:ident : $with_ty:ty {
        $($(#[doc = $doc:literal])* $field:ident : $ty:ty => $compute:path $(, $optional:ident)?;)*
    }) => {
        $(#[doc = $type_doc])*
        #[derive(Debug)]
        pub struct $name {
            /// The record that the facts are about.
            pub record: std::sync::Arc<$crate::snapshot::Record<$base>>,
            /// What they are computed from.
            pub(in $crate::facts) $with: $with_ty,
            $($field: std::sync::OnceLock<$ty>,)*
        }

        impl $name {
            /// The facts about a record, none of which is computed yet.
            pub(in $crate::facts) fn new(
                record: std::sync::Arc<$crate::snapshot::Record<$base>>,
                $with: $with_ty,
            ) -> Self {
                Self { record, $with, $($field: std::sync::OnceLock::new(),)* }
            }
        }

        facts!(@on $name, $type_name, [$($type_doc),*], $base, {
            $($(#[doc = $doc])* $field : $ty => $compute $(, $optional)?;)*
        });
    };
    ($(#[doc = $type_doc:literal])* struct $name:ident = $type_name:literal, with $with:ident : $with_ty:ty {
        $($(#[doc = $doc:literal])* $field:ident : $ty:ty => $compute:path $(, $optional:ident)?;)*
    } at $at:ident) => {
        $(#[doc = $type_doc])*
        #[derive(Debug)]
        pub struct $name {
            /// What they are computed from.
            pub(in $crate::facts) $with: $with_ty,
            /// Where the object stands.
            pub $at: $crate::model::Place,
            $($field: std::sync::OnceLock<$ty>,)*
        }

        impl $name {
            /// The facts, none of which is computed yet.
            pub(in $crate::facts) fn new($with: $with_ty, $at: $crate::model::Place) -> Self {
                Self { $with, $at, $($field: std::sync::OnceLock::new(),)* }
            }
        }

        facts!(@type $name, $type_name, [$($type_doc),*], None, false, {
            $($(#[doc = $doc])* $field : $ty => $compute $(, $optional)?;)*
        });

        impl $crate::model::Object for $name {
            facts!(@own $name { $($field => $compute;)* });

            fn field(&self, index: usize) -> $crate::model::Value<'_> {
                self.own_field(index)
            }

            fn place(&self) -> Option<$crate::model::Place> {
                Some(self.$at.clone())
            }
        }
    };
    ($(#[doc = $type_doc:literal])* struct $name:ident = $type_name:literal on $base:ty {
        $($(#[doc = $doc:literal])* $field:ident : $ty:ty $(=> $compute:path)? $(, $optional:ident)?;)*
    }) => {
        $(#[doc = $type_doc])*
        #[derive(Debug)]
        pub struct $name {
            /// The record that the facts are about.
            pub record: std::sync::Arc<$crate::snapshot::Record<$base>>,
            $($(#[doc = $doc])* pub $field: facts!(@stored $ty $(=> $compute)?),)*
        }

        facts!(@on $name, $type_name, [$($type_doc),*], $base, {
            $($(#[doc = $doc])* $field : $ty $(=> $compute)? $(, $optional)?;)*
        });
    };
    (@on $name:ident, $type_name:literal, [$($type_doc:literal),*], $base:ty, {
        $($(#[doc = $doc:literal])* $field:ident : $ty:ty $(=> $compute:path)? $(, $optional:ident)?;)*
    }) => {
        facts!(@type $name, $type_name, [$($type_doc),*], Some(&<$base>::OBJECT_TYPE), false, {
            $($(#[doc = $doc])* $field : $ty $(=> $compute)? $(, $optional)?;)*
        });

        impl $crate::model::Object for $name {
            facts!(@own $name { $($field $(=> $compute)?;)* });

            fn field(&self, index: usize) -> $crate::model::Value<'_> {
                let own = Self::OBJECT_TYPE.fields.len();
                match index.checked_sub(own) {
                    Some(inherited) => $crate::model::Object::field(&self.record.data, inherited),
                    None => self.own_field(index),
                }
            }

            fn place(&self) -> Option<$crate::model::Place> {
                Some($crate::model::Place::data_of(self.record.at))
            }

            fn observed(&self) -> Option<jiff::Timestamp> {
                Some(self.record.observed)
            }
        }
    };
    ($(#[doc = $type_doc:literal])* struct $name:ident = $type_name:literal {
        $($(#[doc = $doc:literal])* $field:ident : $ty:ty $(=> $compute:path)? $(, $optional:ident)?;)*
    } $(key $key:ident)? $(at $at:ident)?) => {
        $(#[doc = $type_doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: facts!(@stored $ty $(=> $compute)?),)*
            $(
                /// Stable name among its siblings.
                pub $key: String,
            )?
            $(
                /// Where the decisive value stands.
                pub $at: $crate::model::Place,
            )?
        }

        facts!(@type $name, $type_name, [$($type_doc),*], None, facts!(@keyed $($key)?), {
            $($(#[doc = $doc])* $field : $ty $(=> $compute)? $(, $optional)?;)*
        });

        impl $crate::model::Object for $name {
            facts!(@own $name { $($field $(=> $compute)?;)* });

            fn field(&self, index: usize) -> $crate::model::Value<'_> {
                self.own_field(index)
            }

            $(
                fn key(&self) -> Option<String> {
                    Some(self.$key.clone())
                }
            )?

            $(
                fn place(&self) -> Option<$crate::model::Place> {
                    Some(self.$at.clone())
                }
            )?
        }
    };
    (@type $name:ident, $type_name:literal, [$($type_doc:literal),*], $base:expr, $keyed:expr, {
        $($(#[doc = $doc:literal])* $field:ident : $ty:ty $(=> $compute:path)? $(, $optional:ident)?;)*
    }) => {
        impl $name {
            $(facts!(@accessor [$($doc),*] $field : $ty $(=> $compute)?);)*

            /// How rules see the type.
            pub const OBJECT_TYPE: $crate::model::ObjectType = $crate::model::ObjectType {
                name: $type_name,
                doc: concat!($($type_doc),*),
                base: $base,
                fields: &[$($crate::model::Field {
                    name: stringify!($field),
                    key: "",
                    doc: concat!($($doc),*),
                    ty: <$ty as $crate::model::Reflect>::TYPE,
                    optional: facts!(@optional $($optional)?),
                },)*],
                keyed: $keyed,
            };

            fn own_field(&self, index: usize) -> $crate::model::Value<'_> {
                let readers: &[fn(&Self) -> $crate::model::Value<'_>] =
                    &[$(|this: &Self| $crate::model::Reflect::value(facts!(@read this $field $(=> $compute)?)),)*];
                readers.get(index).map_or($crate::model::Value::Absent, |read| read(self))
            }
        }

        impl $crate::model::Reflect for $name {
            const TYPE: $crate::model::Type = $crate::model::Type::Object(&Self::OBJECT_TYPE);

            fn value(&self) -> $crate::model::Value<'_> {
                $crate::model::Value::Object(self)
            }
        }
    };
    (@accessor [$($doc:literal),*] $field:ident : $ty:ty) => {};
    (@accessor [$($doc:literal),*] $field:ident : $ty:ty => $compute:path) => {
        $(#[doc = $doc])*
        pub fn $field(&self) -> &$ty {
            self.$field.get_or_init(|| $compute(self))
        }
    };
    (@stored $ty:ty) => {
        $ty
    };
    (@stored $ty:ty => $compute:path) => {
        std::sync::OnceLock<$ty>
    };
    (@read $this:ident $field:ident) => {
        &$this.$field
    };
    (@read $this:ident $field:ident => $compute:path) => {
        $this.$field()
    };
    (@own $name:ident { $($field:ident $(=> $compute:path)?;)* }) => {
        fn object_type(&self) -> &'static $crate::model::ObjectType {
            &Self::OBJECT_TYPE
        }

        fn field_places(&self, index: usize) -> &[$crate::model::Place] {
            let readers: &[fn(&Self) -> &[$crate::model::Place]] =
                &[$(|this: &Self| $crate::model::Reflect::places(facts!(@read this $field $(=> $compute)?)),)*];
            readers.get(index).map_or(&[], |read| read(self))
        }
    };
    (@keyed) => {
        false
    };
    (@keyed $key:ident) => {
        true
    };
    (@optional) => {
        false
    };
    (@optional optional) => {
        true
    };
}
