//! Where collectors put what they learned.

use jiff::Timestamp;

use crate::model::{Gap, GapReason};
use crate::snapshot::schema::collection::{Excluded, ListingAnswer};
use crate::snapshot::{Draft, Kind, Run, WriteError};

/// The clock, to the second: nothing that is collected is known to be truer than that.
pub fn now() -> Timestamp {
    let clock = Timestamp::now();
    Timestamp::from_second(clock.as_second()).unwrap_or(clock)
}

/// The most bytes of drafts that a sink keeps in memory.
const ROOM: usize = 4 << 20;

/// The drafts of one collector, in any order; the writer sorts them.
#[derive(Debug, Default)]
pub struct Sink {
    drafts: Vec<Draft>,
    /// Bytes of these.
    size: usize,
    /// What no longer had room beside them.
    runs: Vec<Run>,
    /// Gaps that the user did not choose.
    involuntary_gaps: usize,
}

impl Sink {
    /// Adds a record, observed now. A record that has no JSON form becomes a gap.
    pub fn record<T: Kind>(&mut self, scope: (&str, &str), id: impl Into<String>, source: &str, data: &T) {
        self.record_at(now(), scope, id, source, data);
    }

    /// Adds a record that was observed at a time.
    pub fn record_at<T: Kind>(
        &mut self,
        at: Timestamp,
        scope: (&str, &str),
        id: impl Into<String>,
        source: &str,
        data: &T,
    ) {
        let draft = Draft::record(scope, id, source, at, data);
        self.push(scope, source, draft);
    }

    /// Adds a gap.
    pub fn gap(&mut self, scope: (&str, &str), gap: &Gap) {
        self.involuntary_gaps += usize::from(!gap.reason.is_voluntary());
        let draft = Draft::gap(scope, now(), gap);
        self.push(scope, &gap.what, draft);
    }

    /// Says that `source` answered completely: `returned` items came, all but the excluded ones were kept as records of kind
    /// `T`. Without a listing, the facts take the records of `source` for an incomplete set.
    pub fn listing<T: Kind>(
        &mut self,
        scope: (&str, &str),
        source: &str,
        target: Option<&str>,
        returned: usize,
        excluded: Vec<Excluded>,
    ) {
        self.listing_at::<T>(now(), scope, (source, target), returned, excluded);
    }

    /// Says that `source` had answered completely at a time.
    pub fn listing_at<T: Kind>(
        &mut self,
        at: Timestamp,
        scope: (&str, &str),
        (source, target): (&str, Option<&str>),
        returned: usize,
        excluded: Vec<Excluded>,
    ) {
        let count = |number: usize| Some(u32::try_from(number).unwrap_or(u32::MAX));
        let listing = ListingAnswer {
            kind: Some(T::KIND.to_owned()),
            target: target.map(str::to_owned),
            returned: count(returned),
            kept: count(returned.saturating_sub(excluded.len())),
            excluded: Some(excluded),
        };
        let id =
            target.map_or_else(|| format!("{source}/{}", T::KIND), |target| format!("{source}/{}@{target}", T::KIND));
        self.record_at(at, scope, id, source, &listing.record());
    }

    /// Takes over what another collector learned.
    pub fn absorb(&mut self, other: Self) {
        self.drafts.extend(other.drafts);
        self.size += other.size;
        self.runs.extend(other.runs);
        self.involuntary_gaps += other.involuntary_gaps;
        self.make_room();
    }

    /// Puts drafts aside when there are many. Where there is no disk to put them on, they stay.
    fn make_room(&mut self) {
        if self.size < ROOM {
            return;
        }
        // Also where it fails, or each further draft would try again.
        self.size = 0;
        match Run::store(std::mem::take(&mut self.drafts)) {
            Ok(run) => self.runs.push(run),
            Err(drafts) => self.drafts = drafts,
        }
    }

    /// How much could not be read that should have been.
    pub const fn involuntary_gaps(&self) -> usize {
        self.involuntary_gaps
    }

    /// Everything, for the writer.
    pub fn into_parts(self) -> (Vec<Run>, Vec<Draft>) {
        (self.runs, self.drafts)
    }

    /// Everything, where it is little.
    ///
    /// # Panics
    /// When there is more than memory was given to.
    #[cfg(test)]
    pub fn into_drafts(self) -> Vec<Draft> {
        assert!(self.runs.is_empty(), "more than there is room for");
        self.drafts
    }

    fn push(&mut self, scope: (&str, &str), source: &str, draft: Result<Draft, WriteError>) {
        match draft {
            Ok(draft) => {
                self.size += draft.size();
                self.drafts.push(draft);
                self.make_room();
            }
            Err(error) => {
                tracing::error!(source, %error, "a record could not be written");
                let gap = Gap {
                    what: source.to_owned(),
                    target: None,
                    reason: GapReason::Malformed,
                    needs: None,
                    message: error.to_string().into(),
                    at: None,
                };
                self.involuntary_gaps += 1;
                self.drafts.extend(Draft::gap(scope, now(), &gap));
            }
        }
    }
}
