//! Sorted runs of lines on disk, and merging them: a collection keeps only so much of itself in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use super::write::Draft;

/// Lines that were sorted and put aside. The file has no name, and goes with the process.
#[derive(Debug)]
pub struct Run(File);

impl Run {
    /// Puts lines aside.
    ///
    /// # Errors
    /// When there is no room for them; they are given back.
    pub fn store(mut drafts: Vec<Draft>) -> Result<Self, Vec<Draft>> {
        drafts.sort_unstable();
        Self::written(&drafts).map_err(|error| {
            tracing::debug!(%error, "lines stay in memory");
            drafts
        })
    }

    fn written(drafts: &[Draft]) -> io::Result<Self> {
        let mut writer = BufWriter::new(tempfile::tempfile()?);
        for draft in drafts {
            for part in draft.parts() {
                let length = u32::try_from(part.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
                writer.write_all(&length.to_le_bytes())?;
                writer.write_all(part.as_bytes())?;
            }
        }
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Self(file))
    }
}

/// Reads a run line by line.
struct Reader(BufReader<File>);

impl Reader {
    fn next(&mut self) -> io::Result<Option<Draft>> {
        let Some(first) = self.part()? else { return Ok(None) };
        let mut parts = [first, String::new(), String::new(), String::new(), String::new()];
        for part in parts.iter_mut().skip(1) {
            *part = self.part()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        }
        Ok(Some(Draft::of_parts(parts)))
    }

    fn part(&mut self) -> io::Result<Option<String>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        self.0.read_exact(&mut bytes)?;
        String::from_utf8(bytes).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Hands over the lines of all runs and those in memory, in order, each once.
///
/// # Errors
/// When a run cannot be read, or `take` fails.
pub fn merge(runs: Vec<Run>, mut drafts: Vec<Draft>, mut take: impl FnMut(&Draft) -> io::Result<()>) -> io::Result<()> {
    drafts.sort_unstable();
    let mut readers: Vec<_> = runs.into_iter().map(|run| Reader(BufReader::new(run.0))).collect();
    let mut memory = drafts.into_iter();
    let mut heads = BinaryHeap::new();
    for (source, reader) in readers.iter_mut().enumerate() {
        heads.extend(reader.next()?.map(|draft| Reverse((draft, Some(source)))));
    }
    heads.extend(memory.next().map(|draft| Reverse((draft, None))));
    let mut last: Option<Draft> = None;
    while let Some(Reverse((draft, source))) = heads.pop() {
        let next = match source {
            None => memory.next(),
            Some(source) => readers.get_mut(source).map_or(Ok(None), Reader::next)?,
        };
        heads.extend(next.map(|draft| Reverse((draft, source))));
        if last.as_ref() != Some(&draft) {
            take(&draft)?;
            last = Some(draft);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Gap, GapReason};

    fn draft(account: &str, what: &str) -> Draft {
        let gap = Gap {
            what: what.to_owned(),
            target: None,
            reason: GapReason::Denied,
            needs: None,
            message: "no\nway".into(),
            at: None,
        };
        Draft::gap((account, "r"), jiff::Timestamp::UNIX_EPOCH, &gap).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn runs_are_merged_as_if_they_had_never_been_apart(
            runs in prop::collection::vec(prop::collection::vec(("[0-9a-c\n\u{0}é]{0,3}", "[a-c]{1,2}"), 0..8), 0..5),
            memory in prop::collection::vec(("[0-9a-c]{0,3}", "[a-c]{1,2}"), 0..8),
        ) {
            let drafts = |names: &[(String, String)]| -> Vec<Draft> {
                names.iter().map(|(account, what)| draft(account, what)).collect()
            };
            let mut expected: Vec<_> = runs.iter().chain([&memory]).flat_map(|names| drafts(names)).collect();
            expected.sort_unstable();
            expected.dedup();
            let stored = runs.iter().map(|names| Run::store(drafts(names)).unwrap()).collect();
            let mut found = Vec::new();
            merge(stored, drafts(&memory), |draft| {
                found.push(draft.clone());
                Ok(())
            })
            .unwrap();
            prop_assert_eq!(found, expected);
        }
    }
}
