//! Where collectors put what they learned.

use jiff::Timestamp;

use crate::model::{Gap, GapReason};
use crate::snapshot::schema::collection::{Excluded, ListingAnswer};
use crate::snapshot::{Draft, Kind, WriteError};

/// The clock, to the second: nothing that is collected is known to be truer than that.
pub fn now() -> Timestamp {
    let clock = Timestamp::now();
    Timestamp::from_second(clock.as_second()).unwrap_or(clock)
}

/// The drafts of one collector, in any order; the writer sorts them.
#[derive(Debug, Default)]
pub struct Sink {
    drafts: Vec<Draft>,
    /// Gaps that the user did not choose.
    involuntary_gaps: usize,
}

impl Sink {
    /// Adds a record, observed now. A record that has no JSON form becomes a gap.
    pub fn record<T: Kind>(&mut self, scope: (&str, &str), id: impl Into<String>, source: &str, data: &T) {
        let draft = Draft::record(scope, id, source, now(), data);
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
        self.record(scope, id, source, &listing.record());
    }

    /// Takes over what another collector learned.
    pub fn absorb(&mut self, other: Self) {
        self.drafts.extend(other.drafts);
        self.involuntary_gaps += other.involuntary_gaps;
    }

    /// How much could not be read that should have been.
    pub const fn involuntary_gaps(&self) -> usize {
        self.involuntary_gaps
    }

    /// Everything, for the writer.
    pub fn into_drafts(self) -> Vec<Draft> {
        self.drafts
    }

    fn push(&mut self, scope: (&str, &str), source: &str, draft: Result<Draft, WriteError>) {
        match draft {
            Ok(draft) => self.drafts.push(draft),
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
