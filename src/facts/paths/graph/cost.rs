//! How sure a step is, and what makes one proof better than another.

/// How sure a step or a proof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It holds.
    Certain,
    /// It holds when a condition is met that the snapshot cannot decide.
    Conditional,
    /// Something that would decide could not be read.
    Possible,
}

impl Certainty {
    /// All, the surest first.
    pub const ALL: [Self; 3] = [Self::Certain, Self::Conditional, Self::Possible];

    /// The word that outputs show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Conditional => "conditional",
            Self::Possible => "possible",
        }
    }
}

/// What a proof costs, as a tree: a step that two others need counts twice. Fewer unknowns come first, then fewer conditions, then
/// fewer steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// Steps that nobody knows.
    pub possible: u32,
    /// Steps under a condition.
    pub conditional: u32,
    /// Steps.
    pub steps: u32,
}

impl Cost {
    /// The cost of one step.
    pub const fn of(certainty: Certainty) -> Self {
        let (possible, conditional) = match certainty {
            Certainty::Certain => (0, 0),
            Certainty::Conditional => (0, 1),
            Certainty::Possible => (1, 0),
        };
        Self { possible, conditional, steps: 1 }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            possible: self.possible.saturating_add(other.possible),
            conditional: self.conditional.saturating_add(other.conditional),
            steps: self.steps.saturating_add(other.steps),
        }
    }

    /// How sure a proof of this cost is.
    pub const fn certainty(self) -> Certainty {
        match (self.possible, self.conditional) {
            (0, 0) => Certainty::Certain,
            (0, _) => Certainty::Conditional,
            _ => Certainty::Possible,
        }
    }
}
