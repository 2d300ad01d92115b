//! JSON with positions: every value knows where it begins, and an object keeps all its members, so that a key given twice is
//! seen and a finding can name its line. Policies come from others, so size and depth are bounded. RFC 8259.

/// Bytes a document may have: hundreds of times what IAM stores.
pub const MAX_BYTES: usize = 4 << 20;

/// How deep values may nest; a policy needs six.
const MAX_DEPTH: usize = 32;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Byte offset in the text.
    pub at: usize,
    /// The value.
    pub value: Value,
}

/// A JSON value. Numbers keep their spelling.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object, members in order, doubles included.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Byte offset of the key.
    pub at: usize,
    /// Its key.
    pub key: String,
    /// Its value.
    pub node: Node,
}

/// Why a text is not JSON, with the byte offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More than [`MAX_BYTES`].
    #[error("it has {0} bytes, more than a policy can have")]
    TooLarge(usize),
    /// Deeper than a policy can be.
    #[error("its values nest too deep")]
    TooDeep(usize),
    /// Something else was expected.
    #[error("{expected} is expected")]
    Expected {
        /// Where.
        at: usize,
        /// What.
        expected: &'static str,
    },
}

impl JsonError {
    /// The byte offset.
    pub const fn at(&self) -> usize {
        match self {
            Self::TooLarge(_) => 0,
            Self::TooDeep(at) | Self::Expected { at, .. } => *at,
        }
    }
}

impl Node {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The spelling of a string, number or boolean: IAM takes all three for a condition value.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The elements of an array, or the value itself: IAM takes one value for a list of one.
    pub fn one_or_many(&self) -> &[Self] {
        match &self.value {
            Value::Array(list) => list,
            _ => std::slice::from_ref(self),
        }
    }
}

/// Reads a text.
///
/// # Errors
/// When it is not one JSON value, or too large or too deep.
pub fn parse(text: &str) -> Result<Node, JsonError> {
    if text.len() > MAX_BYTES {
        return Err(JsonError::TooLarge(text.len()));
    }
    let mut reader = Reader { text, at: 0, depth: 0 };
    let node = reader.value()?;
    reader.space();
    if reader.at == text.len() { Ok(node) } else { Err(reader.expected("the end of the document")) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expected(&self, expected: &'static str) -> JsonError {
        JsonError::Expected { at: self.at, expected }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `byte` when it is next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, byte: u8, expected: &'static str) -> Result<(), JsonError> {
        self.space();
        if self.take(byte) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn value(&mut self) -> Result<Node, JsonError> {
        self.space();
        let at = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { at, value })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, JsonError>) -> Result<Value, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(JsonError::TooDeep(self.at));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        let mut members = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            let at = self.at;
            let key = self.string()?;
            self.need(b':', "`:`")?;
            members.push(Member { at, key, node: self.value()? });
            self.space();
            if !self.take(b',') {
                self.need(b'}', "`,` or `}`")?;
                return Ok(Value::Object(members));
            }
        }
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        let mut list = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Value::Array(list));
        }
        loop {
            list.push(self.value()?);
            self.space();
            if !self.take(b',') {
                self.need(b']', "`,` or `]`")?;
                return Ok(Value::Array(list));
            }
        }
    }

    fn word(&mut self) -> Result<Value, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a value"))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(self.expected("a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<String, JsonError> {
        let from = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'-') || self.take(b'+');
            self.digits()?;
        }
        Ok(self.text.get(from..self.at).unwrap_or_default().to_owned())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        if !self.take(b'"') {
            return Err(self.expected("a string"));
        }
        let mut out = String::new();
        loop {
            let from = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1F)) {
                self.at += 1;
            }
            out.push_str(self.text.get(from..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.expected("`\"`")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let plain = match self.peek() {
            Some(b'u') => return self.unicode(),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.expected("an escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// `\uXXXX`, or two of them for a character beyond the first plane.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex()?;
        let code = if (0xD800..0xDC00).contains(&first) && self.take(b'\\') && self.peek() == Some(b'u') {
            let second = self.hex()?;
            let pair = (0xDC00..0xE000).contains(&second);
            if pair { 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00) } else { first }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.expected("half of a surrogate pair"))
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at + 1..self.at + 5).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()));
        let code =
            digits.and_then(|it| u32::from_str_radix(it, 16).ok()).ok_or_else(|| self.expected("four hex digits"))?;
        self.at += 5;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Number(text) => serde_json::from_str(text).unwrap(),
            Value::String(text) => text.clone().into(),
            Value::Array(list) => list.iter().map(plain).collect(),
            Value::Object(members) => {
                serde_json::Value::Object(members.iter().map(|it| (it.key.clone(), plain(&it.node))).collect())
            }
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, at, message) in [
            ("", 0, "a value is expected"),
            ("{", 1, "a string is expected"),
            (r#"{"a" 1}"#, 5, "`:` is expected"),
            (r#"{"a":1,}"#, 7, "a string is expected"),
            ("[1 2]", 3, "`,` or `]` is expected"),
            ("[] x", 3, "the end of the document is expected"),
            (r#""a"#, 2, "`\"` is expected"),
            ("\"a\nb\"", 2, "`\"` is expected"),
            (r#""\x""#, 2, "an escape is expected"),
            (r#""\ud800""#, 7, "half of a surrogate pair is expected"),
            (r#""\u12g4""#, 2, "four hex digits is expected"),
            ("-", 1, "a digit is expected"),
            ("01", 1, "the end of the document is expected"),
            ("tru", 0, "a value is expected"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.at(), error.to_string().as_str()), (at, message), "{text}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep(MAX_DEPTH)));
        assert_eq!(parse(&"[".repeat(1_000_000)), Err(JsonError::TooDeep(MAX_DEPTH)));
        assert_eq!(parse(&" ".repeat(MAX_BYTES + 1)), Err(JsonError::TooLarge(MAX_BYTES + 1)));
    }

    #[test]
    fn doubles_are_kept_with_their_places() {
        let Value::Object(members) = parse(r#"{"a":1, "a":2}"#).unwrap().value else { unreachable!("an object") };
        let found: Vec<_> = members.iter().map(|it| (it.at, it.key.as_str(), it.node.at)).collect();
        assert_eq!(found, [(1, "a", 5), (8, "a", 12)]);
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in "[\\[\\]{}:, \"a\\\\u0-9eE.+-]{0,24}|[ -~]{0,12}") {
            let ours = parse(&text).ok().map(|node| plain(&node));
            prop_assert_eq!(ours, serde_json::from_str(&text).ok());
        }

        #[test]
        fn reads_what_serde_json_writes(text in "\\PC{0,20}", number in any::<i32>(), flag in any::<bool>()) {
            let value = serde_json::json!({"a": [text, number, flag, null], "b": {"c": {}}});
            prop_assert_eq!(plain(&parse(&value.to_string()).unwrap()), value);
        }
    }
}
