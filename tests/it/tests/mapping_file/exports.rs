//! What an export says to the person who is to edit it, part by part.

use crate::samples::world;

/// The export from the line that begins with `first` to before the one that begins with `next`.
fn part(first: &str, next: &str) -> String {
    part_of(&world().exported(), first, next)
}

pub(crate) fn part_of(text: &str, first: &str, next: &str) -> String {
    let start = text.find(first).expect("the part should be there");
    let end = text[start..].find(next).map_or(text.len(), |length| start + length);
    text[start..end].trim_end().to_owned()
}

#[test]
fn an_export_begins_with_what_to_do_and_the_settings() {
    insta::assert_snapshot!(part("# The mapping", "# What waits"), @r#"
    # The mapping of one connection: its settings, which customer is which, what is sold as what, and what becomes
    # of alerts.
    #
    # Edit this file, then hand it in with `acrotask mapping import FILE`. Nothing is changed when anything in
    # it is wrong: every fault is told with its line. Text after a # is for you and is not read.
    #
    # What is left out:
    #   a setting                 has its default.
    #   a [[customer]] block      that was mapped loses its link, and automatic provisioning leaves the company
    #                             alone; all others stay as they are. Nothing is deleted in Acronis or Autotask.
    #   a [[product]] block       is billed no more until it is mapped again.
    #   a line of a product       has its usual value: one piece, GiB or hour, rounded up, nothing included.
    #   an [[alert]] block        leaves the tickets of its type as usual, whatever was said before. A file that has
    #                             none, such as an older acrotask's, does so for all types.
    # Amounts of money are written in quotes, "4.50".
    version = "7" # what this file was exported from

    [settings]
    # Your time zone, which says what day is today: a name such as "Europe/Berlin". Default: "UTC".
    time_zone = "UTC"
    # When changed units count: "today" (Autotask prorates), "up-today-down-next" (more from today, less from
    # the next period), "next-period", or "period-end" (for the whole period, sent on its last day).
    # Contracts may differ, see contract_effective_dates. Default: "today".
    effective_dates = "today"
    # A change in a period already invoiced: "next-free" (from the first free day on) or "hold". Default: "next-free".
    posted_periods = "next-free"
    # Whether a service that is used but not on the customer's contract is added to it. Default: false.
    add_missing_services = false
    # Whether a company with a contract and no tenant gets one. Default: false.
    automatic_provisioning = false
    # Days without an active contract after which a customer's tenant is disabled; its data stay. Default: never.
    # disable_after_days = 10
    # Whether every change waits for approval. Default: false.
    review_mode = false
    # Minutes after which a change without an answer and without effect is taken as not made. Default: 10.
    settle_minutes = 10

    # Contracts whose changes count from other days than effective_dates says, by the contract's number:
    # "4711" = "next-period"
    [settings.contract_effective_dates]

    # What a tenant is given that acrotask creates.
    [settings.new_tenants]
    # Whether its users log in with two factors. Default: false.
    two_factor = false
    # Whether it stays in trial, not billed by Acronis. Default: false.
    trial = false
    # Whether the company's primary contact becomes its administrator, with an activation mail. Default: false.
    administrator = false
    # The storage it gets where its contract sells none, by the id that a product's `storage` has.
    # default_storage = ""

    # How quotas follow prepaid contracts.
    [settings.quotas]
    # Whether quotas only warn, and nothing is blocked beyond them. Default: false.
    soft = false
    # Whether what is not sold is switched off; otherwise its quota is 0. Default: false.
    switch_off = false
    # Whether a quota waits for approval before it is lowered below what is in use. Default: true.
    hold_below_usage = true
    "#);
}

#[test]
fn limits_are_exported_with_what_they_mean() {
    insta::assert_snapshot!(part("# What waits", "# How alerts"), @r#"
    # What waits until a person approves it.
    [settings.holds]
    # Whether a line waits whose units jump, up or down. Default: true.
    jumps = true
    # A jump is more than this many units, and more than jump_percent. Default: 25.
    jump_units = 25
    # A jump is more than this part of what the units were, in percent, and more than jump_units. Default: 50.
    jump_percent = 50
    # Whether a line waits that falls to 0. Default: true.
    falls_to_zero = true
    # How many units a line had, at the least, for its fall to 0 to wait. Default: 5.
    zero_from_units = 5
    # A line waits whose money per period changes by more than this, such as "250.00". Default: no limit.
    # money_per_period = "250.00"
    # Whether a line waits once after its customer's or product's mapping changed. Default: true.
    mapping_changes = true
    # Whether a customer mapped later waits once. Default: true.
    new_customers = true
    # Whether the whole run waits when many customers, contracts or units vanish at once. Default: true.
    vanished = true
    # Many are more than this part of them, in percent, and more than vanished_count. Default: 20.
    vanished_percent = 20
    # Many are more than this number of them, and more than vanished_percent. Default: 3.
    vanished_count = 3

    # How much of Autotask's hourly limit of calls is used, in percent of the limit.
    [settings.budget]
    # All calls of acrotask. Default: 40.
    share_percent = 40
    # Of these, calls that keep units right. Default: 20.
    units_percent = 20
    # Of these, calls that alerts and their tickets take. Default: 10.
    tickets_percent = 10
    # Of these, calls that look at contracts and keep quotas right. Default: 10.
    contracts_percent = 10
    # Calls of all programs together at which acrotask stops until later. Default: 75.
    stop_at_percent = 75
    "#);
}

#[test]
fn m1_customers_are_exported_with_where_they_stand_and_who_is_near() {
    insta::assert_snapshot!(part("# ---- Customers", "# ---- Products"), @r#"
    # ---- Customers, by name ----------------------------------------------------------------------------------
    #
    # The number of the company and the id of the tenant say who is meant; names are only shown. A company is
    #   mapped         by `tenant = "…"`,
    #   given a tenant by `tenant = "new"`: one is created in Acronis once it has a contract,
    #   not to be      by `ignored = "why"`,
    #   left alone     by `left_alone = true`: automatic provisioning makes no tenant for it,
    #   unmapped       without any of these.
    # A company that was mapped and loses these lines is left alone; `left_alone = false` hands it back to
    # automatic provisioning. Tenants with nearly a company's name stand below it: take away the first # to map
    # one. Where a service is on several lines of a customer, `pins = { "12" = 4711 }` chooses line 4711 for
    # service 12. What was decided of a line stands in [[customer.decision]]: `adjust = 5` or `dismiss = true` with `from`
    # and `until`, or `exclude = true` with `from`; each with a `reason`.

    [[customer]]
    company = 175
    name = "Alpenblick Apotheke GmbH"
    tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e01"
    tenant_name = "Alpenblick Apotheke"
    pins = { "12" = 4711 }

    [[customer]]
    company = 176
    name = "Bergbau AG"
    tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e02"
    tenant_name = "Bergbau"
    # renamed: the company is now "Bergbau AG" and the tenant "Bergbau Holding"

    [[customer]]
    company = 177
    name = 'Café "Zur Post"'
    # tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e03" # near: "Cafe zur Post"

    [[customer]]
    company = 178
    name = "Dachdecker Roth"
    tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e04"
    tenant_name = "Dachdecker Roth"
    # missing: the tenant or the company is not to be seen any more; nothing is changed for it

    [[customer]]
    company = 0
    name = "Our own company"
    ignored = "that is us"

    [[customer]]
    company = 179
    name = "Zimmerei Wolf"
    left_alone = true

    # Customer tenants that no company is mapped to, so that nobody is billed for them:
    #   tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e03" # Cafe zur Post
    #   tenant = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e05" # Straßenbau Stein
    "#);
}

#[test]
fn m3_products_are_exported_with_what_there_is_to_choose_from() {
    insta::assert_snapshot!(part("# ---- Products", "# -- Application"), @r##"
    # ---- Products, by application, edition and kind ------------------------------------------------------------
    #
    # One block for each item that your partner account can give to customers. An item is sold as
    #   service = 12                  a service that is in Autotask, or
    #   new_service = { name = "Acronis Workstations", period = "monthly", billing_code = 3, unit_price = "4.50" }
    #                                 one that is made there; period is monthly, quarterly, semi-annual or yearly,
    #                                 and a name left out is made from the label;
    #   without either                it is not billed.
    # How it is counted; items sold as one service must agree, except on free:
    #   combine          several items as one service: "sum" adds them up; "max" takes the greatest, for packs
    #                    on the same workloads.
    #   free             whether customers may use it without having bought it.
    #   unit_size        what one unit is: "1 piece", "100 GiB", "1 TiB", "1 hour".
    #   rounding         a part of a unit: "up", "nearest" (a half goes up) or "down".
    #   included         units that cost nothing.
    #   minimum          the least that is billed.
    #   smallest_change  changes of fewer units wait.
    #
    # Services in Autotask:
    #   service = 12 # Acronis Workstations, monthly, 4.50
    #   service = 15 # Backup storage per GiB, monthly, 0.09
    # Billing codes in Autotask:
    #   billing_code = 3 # Managed Services
    "##);
}

#[test]
fn m4_each_product_is_exported_with_how_it_is_counted() {
    insta::assert_snapshot!(part("# -- Application", "# ---- Alert types"), @r##"
    # -- Application 6e6d758d-8e74-3ae3-ac84-50eb0dff12eb, edition pck_per_workload: counted items

    [[product]]
    item = "pw_base_servers" # counted in pieces
    application = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb"
    label = "Servers"
    new_service = { name = "Acronis Servers", period = "monthly", billing_code = 3, unit_price = "14.90" }
    combine = "sum"
    free = false
    unit_size = "1 piece"
    rounding = "up"
    included = 0
    minimum = 0
    smallest_change = 0

    [[product]]
    item = "pw_base_workstations" # counted in pieces
    application = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb"
    label = "Workstations"
    service = 12 # Acronis Workstations, monthly, 4.50
    combine = "sum"
    free = false
    unit_size = "1 piece"
    rounding = "up"
    included = 0
    minimum = 0
    smallest_change = 2

    # -- Application 6e6d758d-8e74-3ae3-ac84-50eb0dff12eb, edition pck_per_workload: storages

    [[product]]
    item = "pw_base_storage" # counted in bytes
    application = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb"
    storage = "d46a4b2a-2631-4f76-84cd-07ce3aed3dde" # Acronis Cloud Storage EU2
    label = "Cloud storage"
    combine = "sum"
    free = false
    unit_size = "1 GiB"
    rounding = "up"
    included = 0
    minimum = 0
    smallest_change = 0
    "##);
}
