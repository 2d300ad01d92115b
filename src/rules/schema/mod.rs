//! The facts as documents: a JSON Schema, a page of documentation, and the schema that editors complete rule files with. All
//! of it comes from the declarations that rules are checked against.

mod facts;
mod page;
mod rule_file;

use std::collections::BTreeMap;

use crate::facts::TargetType;
use crate::model::{EnumType, ObjectType, Type};

pub use facts::facts_schema;
pub use page::{facts_page, type_page};
pub use rule_file::rule_schema;

/// All types that rules can meet, by name.
#[derive(Debug, Default)]
struct Types {
    objects: BTreeMap<&'static str, &'static ObjectType>,
    enums: BTreeMap<&'static str, &'static EnumType>,
}

impl Types {
    /// The types that these targets lead to.
    fn of(targets: &[TargetType]) -> Self {
        let mut types = Self::default();
        for target in targets {
            types.add(target.object_type);
        }
        types
    }

    fn add(&mut self, object: &'static ObjectType) {
        if self.objects.insert(object.name, object).is_none() {
            for (_, field) in object.all_fields() {
                self.add_type(&field.ty);
            }
        }
    }

    fn add_type(&mut self, ty: &Type) {
        match ty {
            Type::Enum(words) => {
                self.enums.insert(words.name, words);
            }
            Type::List(of) => self.add_type(of),
            Type::Object(object) => self.add(object),
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::TARGETS;

    /// Types are told apart by their names.
    #[test]
    fn no_two_types_share_a_name() {
        fn walk(ty: &Type, seen: &mut BTreeMap<&'static str, String>) {
            match ty {
                Type::List(of) => walk(of, seen),
                Type::Enum(words) => {
                    let shape = format!("{:?}", words.values);
                    assert_eq!(*seen.entry(words.name).or_insert_with(|| shape.clone()), shape, "{}", words.name);
                }
                Type::Object(object) => {
                    let shape = object.all_fields().map(|(_, field)| field.name).collect::<Vec<_>>().join(" ");
                    let known = seen.get(object.name).cloned();
                    assert!(known.is_none() || known.as_deref() == Some(&shape), "{}", object.name);
                    if seen.insert(object.name, shape).is_none() {
                        object.all_fields().for_each(|(_, field)| walk(&field.ty, seen));
                    }
                }
                _ => (),
            }
        }
        let mut seen = BTreeMap::new();
        for target in TARGETS {
            walk(&Type::Object(target.object_type), &mut seen);
        }
        assert!(seen.len() > 20, "{}", seen.len());
    }

    #[test]
    fn every_field_is_documented() {
        for object in Types::of(TARGETS).objects.values() {
            assert!(!object.doc.trim().is_empty(), "{}", object.name);
            for (_, field) in object.all_fields() {
                assert!(field.doc.trim().len() > 3, "{}.{}", object.name, field.name);
            }
        }
    }
}
