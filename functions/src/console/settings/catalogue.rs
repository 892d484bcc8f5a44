//! All settings but those of tickets, in the order in which people look for them: what each is called, what it changes,
//! and what it may be. Which values they have, and what they lead to, is not here.

use shared::ticket::PickField;

/// A part of a page, edited by one form.
pub(in super::super) struct Section {
    /// Stands for it in a form and an address.
    pub(in super::super) id: &'static str,
    pub(in super::super) title: &'static str,
    /// What is to be known of all of it; may be empty.
    pub(in super::super) about: &'static str,
    pub(in super::super) settings: &'static [Setting],
}

/// One setting.
pub(in super::super) struct Setting {
    /// As in the mapping file.
    pub(in super::super) path: &'static str,
    pub(in super::super) label: &'static str,
    /// What it changes.
    pub(in super::super) about: &'static str,
    pub(in super::super) kind: Kind,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Kind {
    /// Off or on, in words.
    Flag(&'static str, &'static str),
    /// From the one to the other, of what is called so.
    Number(u32, u32, &'static str),
    /// The same; left empty, it reads so.
    MaybeNumber(u32, u32, &'static str, &'static str),
    /// A whole percentage, from the one to the other.
    Percent(u32, u32),
    /// A sum of money, or no limit.
    Money,
    /// One of these words, which read so.
    OneOf(&'static [(&'static str, &'static str)]),
    /// A time zone.
    Zone,
    /// A storage of the partner's, or none.
    Storage,
    /// A value of one of Autotask's lists.
    Pick(PickField),
    /// The same; left empty, it reads so.
    MaybePick(PickField, &'static str),
}

const NO_OR_YES: Kind = Kind::Flag("no", "yes");
/// A count that nobody means to be larger.
const MOST: u32 = 1_000_000;

/// When changes take effect.
pub(in super::super) const EFFECTIVE_DATES: &[(&str, &str)] = &[
    ("today", "from today on; Autotask prorates"),
    ("up-today-down-next", "more from today on, less from the next period on"),
    ("next-period", "from the next period on"),
    ("period-end", "for the whole period, sent on its last day"),
];

const fn setting(path: &'static str, kind: Kind, label: &'static str, about: &'static str) -> Setting {
    Setting { path, label, about, kind }
}

/// What the page Settings shows, in this order.
pub(in super::super) const SECTIONS: &[Section] = &[
    Section {
        id: "provisioning",
        title: "Provisioning and deprovisioning",
        about: "Which companies get a tenant in Acronis, what it is given, and what becomes of it. It takes effect within \
                15 minutes.",
        settings: &[
            setting(
                "automatic_provisioning",
                Kind::Flag("manually: only those that somebody maps to a new tenant", "automatically"),
                "Customers are created",
                "Automatically: a company with an active contract that sells a mapped service gets a tenant, if it has \
                 none. Where an unmapped tenant has nearly its name, somebody decides first.",
            ),
            setting(
                "new_tenants.two_factor",
                NO_OR_YES,
                "Two-factor authentication for all new customers",
                "All users of a tenant that is created from now on have to log in with a second factor. Tenants that exist \
                 stay as they are.",
            ),
            setting(
                "new_tenants.trial",
                Kind::Flag("in production", "in trial"),
                "New customers are",
                "A tenant in trial is not billed: Acronis does not bill it, and its lines are left alone here.",
            ),
            setting(
                "new_tenants.administrator",
                NO_OR_YES,
                "Administrator from the primary contact",
                "The company's primary contact becomes administrator of the new tenant and gets an activation mail.",
            ),
            setting(
                "new_tenants.default_storage",
                Kind::Storage,
                "Default storage",
                "Tenants that are created from now on and whose contract sells no storage get it, unlimited. Tenants that \
                 exist keep the storage they have.",
            ),
            setting(
                "disable_after_days",
                Kind::MaybeNumber(1, 3_650, "day", "never"),
                "Disable a customer without an active contract after",
                "The tenant is disabled, never deleted: its data stay. One that is in use waits for approval.",
            ),
        ],
    },
    Section {
        id: "quotas",
        title: "Quotas",
        about: "How quotas in Acronis follow prepaid contracts.",
        settings: &[
            setting(
                "quotas.soft",
                Kind::Flag("hard: nothing can be used beyond them", "soft: they only warn"),
                "Quotas are",
                "It counts for every quota that is set from now on.",
            ),
            setting(
                "quotas.switch_off",
                Kind::Flag("gets a quota of 0", "is switched off"),
                "What is not sold and not free",
                "Of prepaid customers. Features can only be switched off, and each waits for approval once.",
            ),
            setting(
                "quotas.hold_below_usage",
                NO_OR_YES,
                "A quota waits before it is lowered below what is in use",
                "Below what is in use, backups of the customer fail.",
            ),
        ],
    },
    Section {
        id: "dates",
        title: "Effective dates",
        about: "When changed units of pay-as-you-go contracts count. A line that was never written is first dated today, \
                and what is metered by the month always counts for the whole month.",
        settings: &[
            setting(
                "effective_dates",
                Kind::OneOf(EFFECTIVE_DATES),
                "Changes count",
                "It decides what Autotask bills for the period in which usage changed.",
            ),
            setting(
                "posted_periods",
                Kind::OneOf(&[
                    ("next-free", "is dated the first day that is not invoiced"),
                    ("hold", "waits for approval, dated that day"),
                ]),
                "A change in a period that is already invoiced",
                "What was missed by it is told in both cases.",
            ),
        ],
    },
    Section {
        id: "missing",
        title: "Missing services",
        about: "",
        settings: &[setting(
            "add_missing_services",
            NO_OR_YES,
            "A service that is used and not on the contract is put there",
            "Otherwise it is a finding, and billed to nobody until somebody adds it in Autotask.",
        )],
    },
    Section {
        id: "holds",
        title: "Holds",
        about: "What waits until somebody approves it. The rest goes on.",
        settings: &[
            setting(
                "holds.jumps",
                NO_OR_YES,
                "A line waits whose units jump",
                "Up or down, by more than both limits below.",
            ),
            setting(
                "holds.jump_units",
                Kind::Number(0, MOST, "unit"),
                "A jump is more than",
                "And more than the part of the units below.",
            ),
            setting(
                "holds.jump_percent",
                Kind::Percent(0, 100_000),
                "And more than this part of the units, in percent",
                "Of what the units were before.",
            ),
            setting(
                "holds.falls_to_zero",
                NO_OR_YES,
                "A line waits that falls to 0",
                "It may be true, or a permission may have been lost at a vendor.",
            ),
            setting(
                "holds.zero_from_units",
                Kind::Number(0, MOST, "unit"),
                "Where it had at least",
                "Smaller lines fall to 0 without waiting.",
            ),
            setting(
                "holds.money_per_period",
                Kind::Money,
                "A line waits whose money for a period changes by more than",
                "In the currency of Autotask. Left empty, there is no such limit.",
            ),
            setting(
                "holds.mapping_changes",
                NO_OR_YES,
                "A line waits once after its customer's or product's mapping changed",
                "So that a wrong mapping bills nothing before somebody has looked.",
            ),
            setting(
                "holds.new_customers",
                NO_OR_YES,
                "A customer that is mapped later waits once",
                "Its first changes are then approved like a first plan.",
            ),
            setting(
                "holds.vanished",
                NO_OR_YES,
                "The whole run waits when much vanishes at once",
                "Customers, contracts, or lines with units: a permission lost at a vendor looks like that.",
            ),
            setting(
                "holds.vanished_percent",
                Kind::Percent(0, 100),
                "Much is more than this part of them, in percent",
                "And more than the number below.",
            ),
            setting(
                "holds.vanished_count",
                Kind::Number(0, MOST, "of them"),
                "And more than this number",
                "Both have to be passed.",
            ),
        ],
    },
    Section {
        id: "review",
        title: "Review mode",
        about: "",
        settings: &[setting(
            "review_mode",
            NO_OR_YES,
            "Every change waits for approval",
            "Nothing is changed at either vendor any more, neither units nor quotas nor tickets, before somebody approves it.",
        )],
    },
    Section {
        id: "budget",
        title: "Budget",
        about: "How much of Autotask's hourly limit of calls is ours, in percent of the limit. What does not fit waits for \
                the next run.",
        settings: &[
            setting(
                "budget.share_percent",
                Kind::Percent(1, 100),
                "All our calls",
                "Each part below is at most as large.",
            ),
            setting(
                "budget.units_percent",
                Kind::Percent(1, 100),
                "Of these, to keep units right",
                "Too few, and a day's changes of units take several runs.",
            ),
            setting(
                "budget.tickets_percent",
                Kind::Percent(1, 100),
                "Of these, for alerts and tickets",
                "Too few, and tickets come later where many alerts are raised.",
            ),
            setting(
                "budget.contracts_percent",
                Kind::Percent(1, 100),
                "Of these, to look at contracts and set quotas",
                "Too few, and quotas follow contracts later.",
            ),
            setting(
                "budget.stop_at_percent",
                Kind::Percent(1, 100),
                "Stop when all programs together have made",
                "Autotask counts everybody's calls together. Beyond this we leave the rest to the others.",
            ),
        ],
    },
    Section {
        id: "time",
        title: "Time",
        about: "",
        settings: &[
            setting(
                "time_zone",
                Kind::Zone,
                "Time zone",
                "Where you are, by its name such as Europe/Berlin. It says which day is today for dates of changes; usage is \
                 read at 04:00 there.",
            ),
            setting(
                "settle_minutes",
                // Autotask may work on one request for five minutes: a change counted as not made before that could still
                // arrive, and be made twice.
                Kind::Number(6, 1_440, "minute"),
                "A change without an answer and without effect counts as not made after",
                "Until then its line is left alone, so that nothing is billed twice.",
            ),
        ],
    },
];
