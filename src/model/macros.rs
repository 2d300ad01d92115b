//! The declarations that make a snapshot type visible to rules. A field is written once; its name in the snapshot, its name
//! in rules, its documentation, its type and the meaning of its omission all come from that one line.

/// What a server means when it leaves a field out of its answer.
macro_rules! omitted {
    (unknown, $option:expr) => {
        $option.map_or_else($crate::model::Fact::default, $crate::model::Fact::Known)
    };
    (absent, $option:expr) => {
        $option.map_or($crate::model::Fact::Absent, $crate::model::Fact::Known)
    };
    (empty, $option:expr) => {
        $crate::model::Fact::Known($option.unwrap_or_default())
    };
}

/// What `null` means in a snapshot: that the server left the field out.
macro_rules! null {
    (unknown, $fact:expr) => {
        match $fact {
            $crate::model::Fact::Absent => $crate::model::Fact::default(),
            fact => fact,
        }
    };
    ($other:ident, $fact:expr) => {
        $fact
    };
}

/// Whether an omission makes the field one that rules must guard.
macro_rules! guarded {
    (absent) => {
        true
    };
    ($other:ident) => {
        false
    };
}

/// Declares a snapshot record, or a part of one, in the source's own terms.
///
/// `struct Record / Answer = "type_name" { /// doc "SourceKey" rust_name: Type, omission; }`, where `omission` says what the
/// server means by leaving the field out of an answer: `unknown` (it always sends it: nobody knows), `absent` (there is
/// none) or `empty` (none, zero, false or an empty list). `Answer` is what a collector fills, with `None` for every
/// field that the server left out; `record()` resolves the omissions.
macro_rules! record {
    ($(#[doc = $type_doc:literal])* struct $name:ident / $answer:ident = $type_name:literal {
        $($(#[doc = $doc:literal])* $key:literal $field:ident : $ty:ty, $omission:ident;)*
    }) => {
        $(#[doc = $type_doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                #[serde(rename = $key, skip_serializing_if = "crate::model::Fact::is_unknown")]
                pub $field: $crate::model::Fact<$ty>,
            )*
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                struct Written {
                    $(
                        #[serde(rename = $key, default)]
                        $field: $crate::model::Fact<$ty>,
                    )*
                }
                let written = Written::deserialize(deserializer)?;
                Ok(Self { $($field: null!($omission, written.$field),)* })
            }
        }

        #[doc = concat!("What a server answered for a [`", stringify!($name), "`], with `None` for what it left out.")]
        #[derive(Debug, Default, serde::Deserialize)]
        pub struct $answer {
            $(
                $(#[doc = $doc])*
                #[serde(rename = $key, default)]
                pub $field: Option<$ty>,
            )*
        }

        impl $answer {
            /// Gives every omission its declared meaning.
            pub fn record(self) -> $name {
                $name { $($field: omitted!($omission, self.$field),)* }
            }
        }

        impl $crate::model::Answered for $answer {
            type Record = $name;

            fn object_type() -> &'static $crate::model::ObjectType {
                &$name::OBJECT_TYPE
            }

            fn answered(self) -> $name {
                self.record()
            }
        }

        impl $name {
            /// How rules see the type.
            pub const OBJECT_TYPE: $crate::model::ObjectType = $crate::model::ObjectType {
                name: $type_name,
                doc: concat!($($type_doc),*),
                base: None,
                keyed: false,
                fields: &[$($crate::model::Field {
                    name: stringify!($field),
                    key: $key,
                    doc: concat!($($doc),*),
                    ty: <$ty as $crate::model::Reflect>::TYPE,
                    optional: guarded!($omission),
                },)*],
            };
        }

        impl $crate::model::Explain for $name {
            fn explain(&mut self, why: impl Fn(&str) -> $crate::model::Why) {
                $(
                    if matches!(self.$field, $crate::model::Fact::Unknown($crate::model::Why::NotCollected)) {
                        self.$field = $crate::model::Fact::Unknown(why($key));
                    }
                )*
            }
        }

        impl $crate::model::Object for $name {
            fn object_type(&self) -> &'static $crate::model::ObjectType {
                &Self::OBJECT_TYPE
            }

            fn field(&self, index: usize) -> $crate::model::Value<'_> {
                let readers: &[fn(&Self) -> $crate::model::Value<'_>] =
                    &[$(|this: &Self| $crate::model::Reflect::value(&this.$field),)*];
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
}

/// Declares a closed vocabulary of a source, spelt as the source spells it.
macro_rules! vocabulary {
    ($(#[doc = $type_doc:literal])* enum $name:ident = $type_name:literal {
        $($(#[doc = $doc:literal])* $variant:ident = $spelt:literal,)*
    }) => {
        $(#[doc = $type_doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)*
            /// A word that this version does not know, as it came.
            Other(String),
        }

        impl $name {
            /// How rules see the type.
            pub const ENUM_TYPE: $crate::model::EnumType =
                $crate::model::EnumType { name: $type_name, values: &[$($spelt),*] };

            /// The source's word for it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $spelt,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($spelt => Self::$variant,)*
                    _ => Self::Other(word),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl $crate::model::Reflect for $name {
            const TYPE: $crate::model::Type = $crate::model::Type::Enum(&Self::ENUM_TYPE);

            fn value(&self) -> $crate::model::Value<'_> {
                $crate::model::Value::Str(self.as_str())
            }
        }
    };
}
