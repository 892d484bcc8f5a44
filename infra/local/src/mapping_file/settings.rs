//! The settings in the mapping file: each with what it means and its default. What they lead to is not
//! decided here.

use super::reader::{Block, Place};
use super::tickets;
use super::toml_text::string;
use super::words::Word;
use jiff::tz::TimeZone;
use shared::ids::{ContractId, StorageId};
use shared::settings::{Budget, EffectiveDates, Holds, NewTenants, Quotas, Settings};
use shared::ticket::Picklists;
use std::collections::BTreeMap;
use std::fmt::Display;

/// A setting below what it means and its default.
pub(super) fn entry<T: Display>(text: &mut String, about: &str, key: &str, value: T, default: T) {
    text.push_str(&format!("# {about} Default: {default}.\n{key} = {value}\n"));
}

fn word<W: Word>(choice: W) -> String {
    string(choice.word())
}

/// Writes the block `[settings]`.
pub(super) fn write(text: &mut String, settings: &Settings, picklists: &Picklists) {
    // Taken apart by name, so that a setting added there cannot be forgotten here.
    let Settings {
        time_zone,
        effective_dates,
        contract_effective_dates,
        posted_periods,
        add_missing_services,
        automatic_provisioning,
        new_tenants,
        quotas,
        disable_after_days,
        tickets,
        review_mode,
        holds,
        settle_minutes,
        budget,
    } = settings;
    let usual = Settings::default();
    text.push_str("\n[settings]\n");
    let about = "Your time zone, which says what day is today: a name such as \"Europe/Berlin\".";
    entry(text, about, "time_zone", string(time_zone), string(&usual.time_zone));
    text.push_str(
        "# When changed units count: \"today\" (Autotask prorates), \"up-today-down-next\" (more from today, less from\n\
         # the next period), \"next-period\", or \"period-end\" (for the whole period, sent on its last day).\n",
    );
    let about = "Contracts may differ, see contract_effective_dates.";
    entry(text, about, "effective_dates", word(*effective_dates), word(usual.effective_dates));
    let about = "A change in a period already invoiced: \"next-free\" (from the first free day on) or \"hold\".";
    entry(text, about, "posted_periods", word(*posted_periods), word(usual.posted_periods));
    let about = "Whether a service that is used but not on the customer's contract is added to it.";
    entry(text, about, "add_missing_services", *add_missing_services, usual.add_missing_services);
    let about = "Whether a company with a contract and no tenant gets one.";
    entry(text, about, "automatic_provisioning", *automatic_provisioning, usual.automatic_provisioning);
    text.push_str(
        "# Days without an active contract after which a customer's tenant is disabled; its data stay. Default: never.\n",
    );
    match disable_after_days {
        Some(days) => text.push_str(&format!("disable_after_days = {days}\n")),
        None => text.push_str("# disable_after_days = 10\n"),
    }
    let about = "Whether every change waits for approval.";
    entry(text, about, "review_mode", *review_mode, usual.review_mode);
    let about = "Minutes after which a change without an answer and without effect is taken as not made.";
    entry(text, about, "settle_minutes", *settle_minutes, usual.settle_minutes);
    write_contracts(text, contract_effective_dates);
    write_new_tenants(text, new_tenants);
    write_quotas(text, quotas);
    write_holds(text, holds);
    write_budget(text, budget);
    tickets::write(text, tickets, picklists);
}

fn write_contracts(text: &mut String, contracts: &BTreeMap<ContractId, EffectiveDates>) {
    text.push_str(
        "\n# Contracts whose changes count from other days than effective_dates says, by the contract's number:\n\
         # \"4711\" = \"next-period\"\n\
         [settings.contract_effective_dates]\n",
    );
    for (contract, dates) in contracts {
        text.push_str(&format!("\"{contract}\" = {}\n", word(*dates)));
    }
}

fn write_new_tenants(text: &mut String, new_tenants: &NewTenants) {
    let NewTenants { two_factor, trial, administrator, default_storage } = new_tenants;
    let usual = NewTenants::default();
    text.push_str("\n# What a tenant is given that acrotask creates.\n[settings.new_tenants]\n");
    entry(text, "Whether its users log in with two factors.", "two_factor", *two_factor, usual.two_factor);
    entry(text, "Whether it stays in trial, not billed by Acronis.", "trial", *trial, usual.trial);
    let about = "Whether the company's primary contact becomes its administrator, with an activation mail.";
    entry(text, about, "administrator", *administrator, usual.administrator);
    text.push_str("# The storage it gets where its contract sells none, by the id that a product's `storage` has.\n");
    match default_storage {
        Some(storage) => text.push_str(&format!("default_storage = \"{storage}\"\n")),
        None => text.push_str("# default_storage = \"\"\n"),
    }
}

fn write_quotas(text: &mut String, quotas: &Quotas) {
    let Quotas { soft, switch_off, hold_below_usage } = quotas;
    let usual = Quotas::default();
    text.push_str("\n# How quotas follow prepaid contracts.\n[settings.quotas]\n");
    entry(text, "Whether quotas only warn, and nothing is blocked beyond them.", "soft", *soft, usual.soft);
    let about = "Whether what is not sold is switched off; otherwise its quota is 0.";
    entry(text, about, "switch_off", *switch_off, usual.switch_off);
    let about = "Whether a quota waits for approval before it is lowered below what is in use.";
    entry(text, about, "hold_below_usage", *hold_below_usage, usual.hold_below_usage);
}

fn write_holds(text: &mut String, holds: &Holds) {
    let Holds {
        jumps,
        jump_units,
        jump_percent,
        falls_to_zero,
        zero_from_units,
        money_per_period,
        mapping_changes,
        new_customers,
        vanished,
        vanished_percent,
        vanished_count,
    } = holds;
    let usual = Holds::default();
    text.push_str("\n# What waits until a person approves it.\n[settings.holds]\n");
    entry(text, "Whether a line waits whose units jump, up or down.", "jumps", *jumps, usual.jumps);
    let about = "A jump is more than this many units, and more than jump_percent.";
    entry(text, about, "jump_units", *jump_units, usual.jump_units);
    let about = "A jump is more than this part of what the units were, in percent, and more than jump_units.";
    entry(text, about, "jump_percent", *jump_percent, usual.jump_percent);
    entry(text, "Whether a line waits that falls to 0.", "falls_to_zero", *falls_to_zero, usual.falls_to_zero);
    let about = "How many units a line had, at the least, for its fall to 0 to wait.";
    entry(text, about, "zero_from_units", *zero_from_units, usual.zero_from_units);
    text.push_str(
        "# A line waits whose money per period changes by more than this, such as \"250.00\". Default: no limit.\n",
    );
    match money_per_period {
        Some(limit) => text.push_str(&format!("money_per_period = \"{limit}\"\n")),
        None => text.push_str("# money_per_period = \"250.00\"\n"),
    }
    let about = "Whether a line waits once after its customer's or product's mapping changed.";
    entry(text, about, "mapping_changes", *mapping_changes, usual.mapping_changes);
    entry(text, "Whether a customer mapped later waits once.", "new_customers", *new_customers, usual.new_customers);
    let about = "Whether the whole run waits when many customers, contracts or units vanish at once.";
    entry(text, about, "vanished", *vanished, usual.vanished);
    let about = "Many are more than this part of them, in percent, and more than vanished_count.";
    entry(text, about, "vanished_percent", *vanished_percent, usual.vanished_percent);
    let about = "Many are more than this number of them, and more than vanished_percent.";
    entry(text, about, "vanished_count", *vanished_count, usual.vanished_count);
}

fn write_budget(text: &mut String, budget: &Budget) {
    let Budget { share_percent, units_percent, tickets_percent, contracts_percent, stop_at_percent } = budget;
    let usual = Budget::default();
    text.push_str(
        "\n# How much of Autotask's hourly limit of calls is used, in percent of the limit.\n[settings.budget]\n",
    );
    entry(text, "All calls of acrotask.", "share_percent", *share_percent, usual.share_percent);
    entry(text, "Of these, calls that keep units right.", "units_percent", *units_percent, usual.units_percent);
    let about = "Of these, calls that alerts and their tickets take.";
    entry(text, about, "tickets_percent", *tickets_percent, usual.tickets_percent);
    let about = "Of these, calls that look at contracts and keep quotas right.";
    entry(text, about, "contracts_percent", *contracts_percent, usual.contracts_percent);
    let about = "Calls of all programs together at which acrotask stops until later.";
    entry(text, about, "stop_at_percent", *stop_at_percent, usual.stop_at_percent);
}

/// The settings as the file has them, and where they stand.
pub(super) fn read(root: &mut Block<'_>) -> (Settings, Place) {
    let Some(mut block) = root.block("settings") else {
        root.needs("settings", "the block [settings], as an export has it");
        return Default::default();
    };
    let usual = Settings::default();
    let settings = Settings {
        time_zone: time_zone(&mut block).unwrap_or(usual.time_zone),
        effective_dates: block.word("effective_dates").unwrap_or(usual.effective_dates),
        posted_periods: block.word("posted_periods").unwrap_or(usual.posted_periods),
        add_missing_services: block.flag("add_missing_services").unwrap_or(usual.add_missing_services),
        automatic_provisioning: block.flag("automatic_provisioning").unwrap_or(usual.automatic_provisioning),
        new_tenants: block.block("new_tenants").map(read_new_tenants).unwrap_or_default(),
        quotas: block.block("quotas").map(read_quotas).unwrap_or_default(),
        disable_after_days: block.count("disable_after_days"),
        tickets: block.block("tickets").map(tickets::read).unwrap_or_default(),
        review_mode: block.flag("review_mode").unwrap_or(usual.review_mode),
        settle_minutes: settle_minutes(&mut block).unwrap_or(usual.settle_minutes),
        contract_effective_dates: block
            .by_id("contract_effective_dates", |contracts, contract| contracts.word(contract))
            .into_iter()
            .map(|(contract, dates)| (ContractId(contract), dates))
            .collect(),
        holds: block.block("holds").map(read_holds).unwrap_or_default(),
        budget: block.block("budget").map(read_budget).unwrap_or_default(),
    };
    let place = block.place();
    let sound = block.is_sound();
    block.finish();
    // Where something is wrong with them, what follows from it would only confuse.
    (if sound { settings } else { Settings::default() }, place)
}

/// Autotask may work on one request for five minutes; a change counted as not made before that could still
/// arrive, and be made twice.
fn settle_minutes(block: &mut Block<'_>) -> Option<u32> {
    let minutes = block.count("settle_minutes")?;
    if !(6..=1_440).contains(&minutes) {
        block.fault("settle_minutes", format!("expected 6 to 1440 minutes, found {minutes}"));
    }
    Some(minutes)
}

fn read_new_tenants(mut block: Block<'_>) -> NewTenants {
    let usual = NewTenants::default();
    let new_tenants = NewTenants {
        two_factor: block.flag("two_factor").unwrap_or(usual.two_factor),
        trial: block.flag("trial").unwrap_or(usual.trial),
        administrator: block.flag("administrator").unwrap_or(usual.administrator),
        default_storage: block.text("default_storage").map(StorageId::new),
    };
    block.finish();
    new_tenants
}

fn read_quotas(mut block: Block<'_>) -> Quotas {
    let usual = Quotas::default();
    let quotas = Quotas {
        soft: block.flag("soft").unwrap_or(usual.soft),
        switch_off: block.flag("switch_off").unwrap_or(usual.switch_off),
        hold_below_usage: block.flag("hold_below_usage").unwrap_or(usual.hold_below_usage),
    };
    block.finish();
    quotas
}

fn read_holds(mut block: Block<'_>) -> Holds {
    let usual = Holds::default();
    let holds = Holds {
        jumps: block.flag("jumps").unwrap_or(usual.jumps),
        jump_units: block.count("jump_units").unwrap_or(usual.jump_units),
        jump_percent: block.count("jump_percent").unwrap_or(usual.jump_percent),
        falls_to_zero: block.flag("falls_to_zero").unwrap_or(usual.falls_to_zero),
        zero_from_units: block.count("zero_from_units").unwrap_or(usual.zero_from_units),
        money_per_period: block.money("money_per_period"),
        mapping_changes: block.flag("mapping_changes").unwrap_or(usual.mapping_changes),
        new_customers: block.flag("new_customers").unwrap_or(usual.new_customers),
        vanished: block.flag("vanished").unwrap_or(usual.vanished),
        vanished_percent: block.count("vanished_percent").unwrap_or(usual.vanished_percent),
        vanished_count: block.count("vanished_count").unwrap_or(usual.vanished_count),
    };
    block.finish();
    holds
}

fn read_budget(mut block: Block<'_>) -> Budget {
    let usual = Budget::default();
    let budget = Budget {
        share_percent: block.count("share_percent").unwrap_or(usual.share_percent),
        units_percent: block.count("units_percent").unwrap_or(usual.units_percent),
        tickets_percent: block.count("tickets_percent").unwrap_or(usual.tickets_percent),
        contracts_percent: block.count("contracts_percent").unwrap_or(usual.contracts_percent),
        stop_at_percent: block.count("stop_at_percent").unwrap_or(usual.stop_at_percent),
    };
    block.finish();
    budget
}

fn time_zone(block: &mut Block<'_>) -> Option<String> {
    block
        .text_where("time_zone", "a time zone such as \"Europe/Berlin\"", |name| {
            TimeZone::get(name).is_ok_and(|zone| !zone.is_unknown())
        })
        .map(str::to_owned)
}
