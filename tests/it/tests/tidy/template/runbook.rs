//! The runbook says of each alarm what it means and what to do, and what each parameter and output is: of all there
//! are, and of none that there is not.

use super::{Faults, Rule, Template, text};
use crate::sources::root;
use std::collections::BTreeSet;

pub(super) const RULES: [Rule; 1] = [("infra/README.md says what it is and what to do", described)];

pub(super) const PATH: &str = "infra/README.md";

fn described(template: &Template) -> Faults {
    faults(template, &std::fs::read_to_string(root().join(PATH)).expect("the runbook should be there"))
}

/// What the runbook says too little or too much of.
pub(super) fn faults(template: &Template, runbook: &str) -> Faults {
    let alarms = template.of_kind("AWS::CloudWatch::Alarm");
    let alarms = alarms.map(|(name, alarm)| (name, text(&alarm["AlarmName"]).replace("${AWS::StackName}-", "")));
    let names = |of: &'static str| {
        template.all[of].as_object().into_iter().flat_map(|all| all.keys()).map(|name| (name.as_str(), name.clone()))
    };
    let mut faults = Faults::new();
    for (section, is) in [
        ("Alarms", alarms.collect::<Vec<_>>()),
        ("Parameters", names("Parameters").collect()),
        ("Outputs", names("Outputs").collect()),
    ] {
        let mut said = rows(runbook, section);
        for (resource, name) in is {
            if !said.remove(&name) {
                faults.push((resource.to_owned(), format!("{PATH} has no row for {name} under {section}")));
            }
        }
        let more = said.into_iter().map(|row| (String::new(), format!("{PATH} tells of {row}, which is not there")));
        faults.extend(more);
    }
    faults
}

/// What the rows of a section's table are about: the first cell, without its quotes. A row with an empty cell says
/// nothing.
fn rows(runbook: &str, section: &str) -> BTreeSet<String> {
    let lines = runbook.lines().skip_while(|line| *line != format!("## {section}")).skip(1);
    let cells = lines.take_while(|line| !line.starts_with("## ")).filter_map(|line| line.strip_prefix("| `"));
    let whole = cells.filter(|row| row.split(" | ").all(|cell| !cell.trim_matches(['|', ' ']).is_empty()));
    whole.filter_map(|row| row.split_once('`')).map(|(name, _)| name.to_owned()).collect()
}
