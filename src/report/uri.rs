//! File names as references that no reader takes for anything else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986, unreserved.
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A relative reference (RFC 3986, 4.2) that begins with no scheme, and whether the path starts at the root.
pub fn relative(path: &str) -> (String, bool) {
    let segments = path.split(['/', '\\']).filter(|segment| !matches!(*segment, "" | "."));
    let encoded: Vec<String> = segments.map(|segment| utf8_percent_encode(segment, &ENCODED).to_string()).collect();
    (encoded.join("/"), path.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_uris() {
        for (path, uri, rooted) in [
            ("a.jsonl", "a.jsonl", false),
            ("./snap shots/ä#1?.jsonl", "snap%20shots/%C3%A4%231%3F.jsonl", false),
            ("../a.jsonl", "../a.jsonl", false),
            ("/var/a.jsonl", "var/a.jsonl", true),
            ("c:\\x\\a.jsonl", "c%3A/x/a.jsonl", false),
            ("javascript:alert(1)", "javascript%3Aalert%281%29", false),
            ("//evil.example/x", "evil.example/x", true),
            ("-", "-", false),
        ] {
            assert_eq!(relative(path), (uri.to_owned(), rooted));
        }
    }
}
