//! JSON that people can read and compare line by line, and that is not half white space: an item of a long list is a line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::ReportError;

/// Writes a document with a newline at the end. Lines are broken down to `broken` levels of brackets; what is deeper stands on
/// the line of its item.
pub fn write<T: Serialize + ?Sized>(document: &T, broken: usize, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut serializer = Serializer::with_formatter(&mut *out, Lines { broken, depth: 0, empty: true });
    document.serialize(&mut serializer).map_err(ReportError::of_json)?;
    out.write_all(b"\n").map_err(ReportError::Write)
}

/// Where in the document the writer is.
struct Lines {
    broken: usize,
    depth: usize,
    empty: bool,
}

impl Lines {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        if !first {
            out.write_all(b",")?;
        }
        if self.depth > self.broken { Ok(()) } else { self.line(out) }
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let broken = self.depth <= self.broken && !self.empty;
        self.depth -= 1;
        self.empty = false;
        if broken {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.depth > self.broken { &b":"[..] } else { &b": "[..] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn text(document: &Value, broken: usize) -> String {
        let mut bytes = Vec::new();
        write(document, broken, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn items_of_a_list_are_lines() {
        let document = json!({"a": 1, "b": [{"c": [1, 2]}, {}], "d": [], "e": {"f": null}});
        for (broken, written) in [
            (0, "{\"a\":1,\"b\":[{\"c\":[1,2]},{}],\"d\":[],\"e\":{\"f\":null}}\n"),
            (1, "{\n  \"a\": 1,\n  \"b\": [{\"c\":[1,2]},{}],\n  \"d\": [],\n  \"e\": {\"f\":null}\n}\n"),
            (
                2,
                "{\n  \"a\": 1,\n  \"b\": [\n    {\"c\":[1,2]},\n    {}\n  ],\n  \"d\": [],\n  \"e\": {\n    \"f\": null\n  }\n}\n",
            ),
        ] {
            assert_eq!(text(&document, broken), written);
        }
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<i32>().prop_map(Value::from), ".{0,6}".prop_map(Value::from)];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lines_change_nothing(document in documents(), broken in 0_usize..6) {
            let read: Value = serde_json::from_str(&text(&document, broken)).unwrap();
            prop_assert_eq!(read, document);
        }
    }
}
