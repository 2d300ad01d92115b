//! How much there is, and how much of it is assessed: by account and region, and each subject by name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::shown::Shown;
use crate::check::{Assessment, Population, SubjectEntry, VerdictEntry};
use crate::model::Outcome;
use crate::report::words;

/// Kinds of record whose listings are the population.
const CLUSTERS: &str = "rds.db_cluster";
const REGIONS: &str = "ec2.region";
/// Calls that list the accounts of an organisation, those of one unit or all.
const ACCOUNTS: [&str; 2] = ["organizations:ListAccounts", "organizations:ListAccountsForParent"];

/// Clusters of one account and region.
#[derive(Serialize)]
pub struct Place {
    account: Shown,
    region: Shown,
    /// None when the clusters were not listed.
    returned: Option<String>,
    assessed: String,
    excluded: String,
}

/// The numbers in words, a sentence each.
pub fn sentences(assessment: &Assessment) -> Vec<String> {
    let listed = |kind: &'static str| assessment.population.iter().filter(move |listing| listing.kind == kind);
    let total = |kind, number: fn(&Population) -> u32| listed(kind).map(|it| number(it) as usize).sum::<usize>();
    let asked = asked(assessment);
    let accounts: BTreeSet<&str> = assessment.population.iter().map(|listing| &*listing.account).collect();
    let mut sentences = Vec::new();
    let accounts_listed = assessment.population.iter().filter(|listing| ACCOUNTS.contains(&&*listing.source));
    sentences.push(match accounts_listed.map(|listing| listing.returned as usize).reduce(|sum, more| sum + more) {
        None => format!(
            "{} read; the accounts of the organisation were not listed.",
            words::count(accounts.len(), "account")
        ),
        Some(all) => {
            format!("{} in the organisation, {} read.", words::count(all, "account"), words::grouped(accounts.len()))
        }
    });
    sentences.push(match listed(REGIONS).map(|listing| listing.returned).max() {
        None => format!("{} asked; which regions are enabled was not listed.", words::count(asked.len(), "region")),
        Some(enabled) => {
            format!("{} enabled, {} asked.", words::count(enabled as usize, "region"), words::grouped(asked.len()))
        }
    });
    let (returned, kept) = (total(CLUSTERS, |it| it.returned), total(CLUSTERS, |it| it.kept));
    let none = listed(CLUSTERS).filter(|listing| listing.returned == 0).count();
    sentences.push(format!(
        "{} returned, {} of them Aurora; {} assessed, {} excluded; {} without any.",
        words::count(returned, "cluster"),
        words::grouped(kept),
        words::grouped(assessment.summary.clusters),
        words::grouped(returned.saturating_sub(kept)),
        words::count(none, "region")
    ));
    sentences
}

fn asked(assessment: &Assessment) -> BTreeSet<&str> {
    assessment.run.snapshots.iter().flat_map(|snapshot| &snapshot.regions).map(String::as_str).collect()
}

/// Clusters by account and region; regions that were asked and of which no listing tells are there too.
pub fn places(assessment: &Assessment) -> Vec<Place> {
    let mut places: BTreeMap<(&str, &str), (Option<u32>, u32)> = BTreeMap::new();
    for listing in assessment.population.iter().filter(|listing| listing.kind == CLUSTERS) {
        let (returned, kept) = places.entry((&listing.account, &listing.region)).or_default();
        *returned = Some(returned.unwrap_or(0) + listing.returned);
        *kept += listing.kept;
    }
    for region in asked(assessment) {
        if !places.keys().any(|(_, listed)| *listed == region) {
            places.insert(("", region), (None, 0));
        }
    }
    let shown = |((account, region), (returned, kept)): ((&str, &str), (Option<u32>, u32))| Place {
        account: Shown::words(account),
        region: Shown::words(region),
        returned: returned.map(|number| words::grouped(number as usize)),
        assessed: words::grouped(kept as usize),
        excluded: words::grouped(returned.unwrap_or(kept).saturating_sub(kept) as usize),
    };
    places.into_iter().map(shown).collect()
}

/// Everything that was judged, each with a number that rows link to.
pub struct Subjects<'a>(BTreeMap<&'a SubjectEntry, Counted>);

#[derive(Default)]
struct Counted {
    number: usize,
    failed: usize,
    undecided: usize,
    passed: usize,
}

/// A subject as the page lists it.
#[derive(Serialize)]
pub struct Subject {
    anchor: String,
    name: Shown,
    id: Shown,
    kind: Shown,
    account: Shown,
    region: Shown,
    failed: usize,
    undecided: usize,
    passed: usize,
}

impl<'a> Subjects<'a> {
    /// The subjects of these verdicts.
    pub fn of(verdicts: &'a [VerdictEntry]) -> Self {
        let mut subjects: BTreeMap<&SubjectEntry, Counted> = BTreeMap::new();
        for verdict in verdicts {
            let counted = subjects.entry(&verdict.subject).or_default();
            match verdict.outcome {
                Outcome::Fail => counted.failed += 1,
                Outcome::Error | Outcome::Unknown => counted.undecided += 1,
                Outcome::Pass => counted.passed += 1,
                Outcome::NotApplicable => (),
            }
        }
        subjects.values_mut().zip(1..).for_each(|(counted, number)| counted.number = number);
        Self(subjects)
    }

    /// The `id` of the subject's row.
    pub fn anchor(&self, subject: &SubjectEntry) -> String {
        format!("s{}", self.0.get(subject).map_or(0, |counted| counted.number))
    }

    /// All of them, in the order of kind and id.
    pub fn rows(&self) -> Vec<Subject> {
        let row = |(subject, counted): (&&SubjectEntry, &Counted)| Subject {
            anchor: format!("s{}", counted.number),
            name: Shown::of(&subject.name),
            id: Shown::of(&subject.id),
            kind: Shown::words(&subject.kind),
            account: Shown::words(&subject.account),
            region: Shown::words(&subject.region),
            failed: counted.failed,
            undecided: counted.undecided,
            passed: counted.passed,
        };
        self.0.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, sample};

    #[test]
    fn the_population_is_told_in_words() {
        let mut assessment = sample();
        assert_eq!(
            sentences(&assessment),
            [
                "1 account read; the accounts of the organisation were not listed.",
                "1 region asked; which regions are enabled was not listed.",
                "3 clusters returned, 2 of them Aurora; 2 assessed, 1 excluded; 0 regions without any.",
            ]
        );
        let listing = |kind: &str, returned| Population {
            kind: kind.to_owned(),
            returned,
            kept: returned,
            excluded: Vec::new(),
            ..assessment.population[0].clone()
        };
        let accounts = Population { source: ACCOUNTS[1].to_owned(), ..listing("organizations.parent", 4) };
        let more = [listing(REGIONS, 17), accounts, listing(CLUSTERS, 0)];
        assessment.population.extend(more);
        let sentences = sentences(&assessment);
        assert_eq!(sentences[0], "4 accounts in the organisation, 1 read.");
        assert_eq!(sentences[1], "17 regions enabled, 1 asked.");
        assert!(sentences[2].ends_with("1 region without any."), "{}", sentences[2]);
    }

    #[test]
    fn a_region_that_was_asked_and_is_not_told_of_is_shown() {
        let mut assessment = sample();
        assessment.run.snapshots[0].regions.push("eu-north-1".to_owned());
        let places = places(&assessment);
        let found: Vec<_> =
            places.iter().map(|place| (place.returned.as_deref(), &*place.assessed, &*place.excluded)).collect();
        assert_eq!(found, [(None, "0", "0"), (Some("3"), "2", "1")]);
    }

    #[test]
    fn every_subject_has_its_own_anchor() {
        let assessment = sample();
        let subjects = Subjects::of(&assessment.verdicts);
        let rows = subjects.rows();
        let anchors: BTreeSet<&String> = rows.iter().map(|row| &row.anchor).collect();
        assert_eq!(anchors.len(), rows.len());
        for verdict in &assessment.verdicts {
            assert!(anchors.contains(&subjects.anchor(&verdict.subject)));
        }
        let failed: usize = rows.iter().map(|row| row.failed).sum();
        assert_eq!(failed, words::verdicts(&assessment, Outcome::Fail));
        assert!(Subjects::of(&empty().verdicts).rows().is_empty());
    }
}
