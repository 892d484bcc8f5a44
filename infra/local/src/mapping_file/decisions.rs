//! What was decided of a customer's lines, in the mapping file (U8): `[[customer.decision]]`. It reads and writes, and
//! decides nothing.

use super::reader::Block;
use super::toml_text::string;
use jiff::civil::Date;
use shared::decision::{Decided, Decision};
use shared::ids::ServiceId;
use std::collections::BTreeMap;

const A_DAY: &str = "a day such as \"2026-11-30\"";
const WAYS: [&str; 3] = ["adjust", "dismiss", "exclude"];

/// Writes the blocks of a customer; nothing may follow them in his own block.
pub(super) fn write(text: &mut String, decisions: &BTreeMap<ServiceId, Vec<Decision>>) {
    for (service, decision) in decisions.iter().flat_map(|(service, all)| all.iter().map(move |one| (service, one))) {
        text.push_str(&format!("[[customer.decision]]\nservice = {service}\n"));
        match decision.what {
            Decided::Adjust { units, .. } => text.push_str(&format!("adjust = {units}\n")),
            Decided::Dismiss { .. } => text.push_str("dismiss = true\n"),
            Decided::Exclude => text.push_str("exclude = true\n"),
        }
        text.push_str(&format!("from = \"{}\"\n", decision.from));
        decision.what.until().into_iter().for_each(|until| text.push_str(&format!("until = \"{until}\"\n")));
        text.push_str(&format!("by = {}\nreason = {}\n", string(&decision.by), string(&decision.reason)));
    }
}

/// Reads the blocks of a customer.
pub(super) fn read(customer: &mut Block<'_>) -> BTreeMap<ServiceId, Vec<Decision>> {
    let mut decisions: BTreeMap<ServiceId, Vec<Decision>> = BTreeMap::new();
    customer.each_block("decision", |mut block| {
        let service = block.id("service").map(ServiceId);
        block.needs("service", "the service's number in Autotask");
        let what = read_what(&mut block);
        let from = day(&mut block, "from");
        block.needs("from", A_DAY);
        let by = block.text("by").unwrap_or("the mapping file").to_owned();
        let reason = block.text("reason").unwrap_or_default().to_owned();
        block.needs("reason", "why it was decided, in quotes");
        if let (true, Some(service), Some(what), Some(from)) = (block.is_sound(), service, what, from) {
            let decision = Decision { what, from, by, reason };
            if let Some(fault) = decision.fault() {
                block.fault(if fault.starts_with("the reason") { "reason" } else { "until" }, fault);
            }
            decisions.entry(service).or_default().push(decision);
        }
        block.finish();
    });
    decisions
}

fn read_what(block: &mut Block<'_>) -> Option<Decided> {
    let units = block.count("adjust");
    let (dismiss, exclude) = (block.flag("dismiss"), block.flag("exclude"));
    let until = day(block, "until");
    let ways: Vec<&str> = WAYS.into_iter().filter(|key| block.has(key)).collect();
    match ways.as_slice() {
        [] => block.fault("service", "nothing is decided; expected adjust = UNITS, dismiss = true or exclude = true"),
        [first, others @ ..] => {
            others.iter().for_each(|other| block.fault(other, format!("it contradicts {first}; keep one of them")));
        }
    }
    for (key, flag) in [("dismiss", dismiss), ("exclude", exclude)] {
        if flag == Some(false) {
            block.fault(key, "take the whole decision out instead");
        }
    }
    if exclude.is_some() {
        if block.has("until") {
            block.fault("until", "an excluded line stays so until the decision is taken out");
        }
        return Some(Decided::Exclude);
    }
    block.needs("until", A_DAY);
    match (units, dismiss, until) {
        (Some(units), _, Some(until)) => Some(Decided::Adjust { units, until }),
        (None, Some(_), Some(until)) => Some(Decided::Dismiss { until }),
        _ => None,
    }
}

fn day(block: &mut Block<'_>, key: &str) -> Option<Date> {
    block.text_where(key, A_DAY, |text| text.parse::<Date>().is_ok())?.parse().ok()
}
