//! What comes of a setting in numbers, before it is in force: by the plan and the lists that the last run kept. Where they
//! tell nothing, nothing is said.

use super::super::listed::Listed;
use shared::setting_path::SettingPath;
use shared::settings::Settings;
use shared::snapshot::ListedLine;
use shared::unbilled::unbilled;
use shared::what_if::{moved, redated};
use shared::words::count;

/// The effect of a setting among all that are to be in force after it. `limit`: the calls an hour that Autotask takes.
pub(in super::super) fn effect(path: &SettingPath, after: &Settings, listed: &Listed, limit: u64) -> Option<String> {
    let (before, snapshot) = (&listed.mapping.settings, &listed.snapshot);
    let is_metered = |line: &ListedLine| {
        let mut items = snapshot.sold.get(&line.place.service).into_iter().flatten();
        items.any(|item| listed.mapping.products.get(item).is_some_and(|row| row.item.is_metered()))
    };
    let name = path.as_str();
    match name {
        "review_mode" | "posted_periods" => Some(held(listed, after, is_metered)),
        _ if name.starts_with("holds.") => Some(held(listed, after, is_metered)),
        _ if name == "effective_dates" || path.contract().is_some() => {
            let redated = redated(snapshot, before, after, is_metered);
            Some(format!(
                "By the plan of now, {} would get another date, and {} the end of a period would. What was never written is \
                 dated today all the same.",
                count(redated.changes, "change"),
                match redated.waiting {
                    1 => "1 that waits for".to_owned(),
                    many => format!("{many} that wait for"),
                }
            ))
        }
        "add_missing_services" if after.add_missing_services => {
            let missing = unbilled(&snapshot.findings, &snapshot.services).len();
            Some(format!("Used and on no contract now: {}.", count(missing, "service")))
        }
        "automatic_provisioning" if after.automatic_provisioning => {
            let free = snapshot.companies.iter().filter(|one| one.active && listed.mapping.may_get_tenant(one.id));
            Some(format!(
                "{} not mapped now; those of them get a tenant that have a contract with a mapped service.",
                match free.count() {
                    1 => "1 active company is".to_owned(),
                    many => format!("{many} active companies are"),
                }
            ))
        }
        _ => {
            let percent = after.value(path)?.as_u64().filter(|_| name.starts_with("budget."))?;
            Some(format!("{} of the {limit} calls an hour that Autotask takes.", limit.saturating_mul(percent) / 100))
        }
    }
}

fn held(listed: &Listed, after: &Settings, is_metered: impl Fn(&ListedLine) -> bool) -> String {
    if listed.snapshot.plan.is_none() {
        return "There is no plan yet to tell its effect by.".to_owned();
    }
    let moved = moved(&listed.snapshot, after, is_metered);
    format!(
        "With all you staged, of the {} in the plan of units: {} now would go on, {} now would wait.",
        count(moved.changes, "change"),
        match moved.would_go_on {
            1 => "1 that waits".to_owned(),
            many => format!("{many} that wait"),
        },
        match moved.would_wait {
            1 => "1 that goes on".to_owned(),
            many => format!("{many} that go on"),
        }
    )
}
