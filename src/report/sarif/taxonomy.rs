//! Frameworks as SARIF taxonomies: a component a framework, its controls as taxa, and from each rule a relation that says how
//! much of the control the rule proves.

use std::collections::{BTreeMap, BTreeSet};

use serde_sarif::sarif;

use crate::check::{Assessment, RuleEntry};
use crate::model::Coverage;

/// The frameworks that the rules name, with the index of each control.
pub struct Taxonomies<'a>(BTreeMap<&'a str, BTreeMap<&'a str, i64>>);

impl<'a> Taxonomies<'a> {
    /// The frameworks of an assessment.
    pub fn of(assessment: &'a Assessment) -> Self {
        let mut frameworks: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, controls) in assessment.rules.iter().flat_map(|rule| &rule.frameworks) {
            frameworks.entry(name).or_default().extend(controls.iter().map(|it| it.control.as_str()));
        }
        Self(frameworks.into_iter().map(|(name, controls)| (name, controls.into_iter().zip(0..).collect())).collect())
    }

    /// The components, in the order that the indexes count them by.
    pub fn components(&self) -> Vec<sarif::ToolComponent> {
        self.0.iter().map(|(name, controls)| component(name, controls)).collect()
    }

    /// What the driver says it knows of.
    pub fn references(&self) -> Vec<sarif::ToolComponentReference> {
        self.0.keys().filter_map(|name| self.reference(name)).collect()
    }

    fn reference(&self, name: &str) -> Option<sarif::ToolComponentReference> {
        let index = self.0.keys().zip(0..).find(|(framework, _)| **framework == name)?.1;
        Some(sarif::ToolComponentReference { name: Some(name.to_owned()), index: Some(index), ..Default::default() })
    }

    fn taxon(&self, framework: &str, control: &str) -> Option<sarif::ReportingDescriptorReference> {
        Some(sarif::ReportingDescriptorReference {
            id: Some(control.to_owned()),
            index: self.0.get(framework)?.get(control).copied(),
            tool_component: self.reference(framework),
            ..Default::default()
        })
    }

    /// How a rule stands to the controls that it names.
    pub fn relationships(&self, rule: &RuleEntry) -> Vec<sarif::ReportingDescriptorRelationship> {
        let pairs = rule.frameworks.iter().flat_map(|(name, controls)| controls.iter().map(move |it| (name, it)));
        pairs
            .filter_map(|(name, it)| {
                let target = self.taxon(name, &it.control)?;
                let kinds = Some(vec![kind(it.coverage).to_owned()]);
                Some(sarif::ReportingDescriptorRelationship { description: None, kinds, properties: None, target })
            })
            .collect()
    }

    /// The controls that a failure of a rule speaks to.
    pub fn taxa(&self, rule: &RuleEntry) -> Vec<sarif::ReportingDescriptorReference> {
        self.relationships(rule).into_iter().map(|relation| relation.target).collect()
    }
}

/// SARIF 2.1.0, 3.53.3: what the control is to the rule.
const fn kind(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Full => "equal",
        Coverage::Partial => "superset",
        Coverage::Supporting => "relevant",
    }
}

fn component(name: &str, controls: &BTreeMap<&str, i64>) -> sarif::ToolComponent {
    let taxon = |control: &&str| sarif::ReportingDescriptor::builder().id(*control).build();
    sarif::ToolComponent {
        taxa: Some(controls.keys().map(taxon).collect()),
        is_comprehensive: Some(false),
        ..sarif::ToolComponent::builder().name(name).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn indexes_lead_to_the_control() {
        let assessment = sample();
        let taxonomies = Taxonomies::of(&assessment);
        let components = taxonomies.components();
        let names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
        assert_eq!(names, ["CIS Aurora 2.0.0", "PCI DSS 4.0"]);
        for rule in &assessment.rules {
            for taxon in taxonomies.taxa(rule) {
                let component = taxon.tool_component.unwrap().index.unwrap();
                let taxa = components[usize::try_from(component).unwrap()].taxa.as_ref().unwrap();
                assert_eq!(taxa[usize::try_from(taxon.index.unwrap()).unwrap()].id, taxon.id.unwrap());
            }
        }
    }

    #[test]
    fn a_part_is_not_the_whole() {
        for (coverage, word) in
            [(Coverage::Full, "equal"), (Coverage::Partial, "superset"), (Coverage::Supporting, "relevant")]
        {
            assert_eq!(kind(coverage), word);
        }
    }
}
