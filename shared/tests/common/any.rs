//! A provider of any kind: customers with all sorts of contracts, units and usage, and the terms they are
//! billed by. Makes worlds for properties; expects nothing of them.

use super::{COMPUTE, WORKSTATION, World, date};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use shared::contract::PeriodType;
use shared::ids::{CompanyId, LineId, ServiceId};
use shared::mapping::Combine;
use shared::quantity::{MeasurementUnit, Rounding};
use shared::settings::{EffectiveDates, Holds, PostedPeriods};
use shared::usage::UsageRow;

/// A service that is sold for seats.
pub(crate) const SEAT: ServiceId = ServiceId(503);
const ITEMS: [&str; 3] = ["workstations", "servers", "seats"];
const POLICIES: [EffectiveDates; 4] =
    [EffectiveDates::Today, EffectiveDates::UpTodayDownNext, EffectiveDates::NextPeriod, EffectiveDates::PeriodEnd];

/// What a provider is made from.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) terms: AnyTerms,
    pub(crate) customers: Vec<AnyCustomer>,
    pub(crate) day: i32,
}

/// How it bills.
#[derive(Debug, Clone)]
pub(crate) struct AnyTerms {
    policy: usize,
    rounding: usize,
    combine_max: bool,
    included: u32,
    minimum: u32,
    smallest_change: u32,
    add_missing: bool,
    hold_posted: bool,
}

/// One of its customers.
#[derive(Debug, Clone)]
pub(crate) struct AnyCustomer {
    started_days_before: i32,
    ends_days_after: Option<i32>,
    period: usize,
    payg: usize,
    units: [i64; 2],
    compute_units: i64,
    used: [Option<u64>; 3],
    hours: u64,
    bundles: Option<i64>,
    posted_days: Option<i32>,
    second_contract: bool,
    /// 0 in trial, 1 without tenant, 2 refused, 3 new; else plain.
    trouble: u8,
}

/// Something in so many of ten cases.
pub(crate) fn sometimes<S: Strategy>(of_ten: u32, strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    (0u32..10, strategy).prop_map(move |(cast, value)| (cast < of_ten).then_some(value))
}

pub(crate) fn any_terms() -> impl Strategy<Value = AnyTerms> {
    let counting = (0usize..3, any::<bool>(), 0u32..4, 0u32..4, 0u32..3);
    (0usize..4, counting, any::<bool>(), any::<bool>()).prop_map(|(policy, counting, add_missing, hold_posted)| {
        let (rounding, combine_max, included, minimum, smallest_change) = counting;
        AnyTerms { policy, rounding, combine_max, included, minimum, smallest_change, add_missing, hold_posted }
    })
}

pub(crate) fn any_customer() -> impl Strategy<Value = AnyCustomer> {
    let contract = (0i32..90, sometimes(3, -30i32..40), 0usize..6, 0usize..8, any::<bool>());
    let amounts = (prop::array::uniform2(0i64..60), 0i64..60, prop::array::uniform3(prop::option::of(0u64..60)));
    let more = (0u64..60, sometimes(3, 0i64..9), sometimes(3, -20i32..20), 0u8..20);
    (contract, amounts, more).prop_map(|(contract, amounts, more)| {
        let (started_days_before, ends_days_after, period, payg, second_contract) = contract;
        let (units, compute_units, used) = amounts;
        let (hours, bundles, posted_days, trouble) = more;
        AnyCustomer {
            started_days_before,
            ends_days_after,
            period,
            payg,
            units,
            compute_units,
            used,
            hours,
            bundles,
            posted_days,
            second_contract,
            trouble,
        }
    })
}

/// A provider with up to `most` customers.
pub(crate) fn any_provider(most: usize) -> impl Strategy<Value = Provider> {
    (any_terms(), prop::collection::vec(any_customer(), 1..=most), 0i32..62)
        .prop_map(|(terms, customers, day)| Provider { terms, customers, day })
}

fn days_after(day: Date, days: i32) -> Date {
    day.checked_add(days.days()).expect("a near day")
}

impl Provider {
    /// The provider's world; nothing waits for the first plan, and no line is held for its size.
    pub(crate) fn world(&self) -> World {
        let today = days_after(date("2026-05-01"), self.day);
        let mut world = World::empty(&today.to_string());
        world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
        world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
        world.product("seats", MeasurementUnit::Quantity, SEAT, "Seat");
        world.product("compute_points", MeasurementUnit::Seconds, COMPUTE, "Compute Point");
        self.terms.put_into(&mut world);
        for (customer, id) in self.customers.iter().zip(1..) {
            customer.put_into(&mut world, id);
        }
        world
    }
}

impl AnyTerms {
    fn put_into(&self, world: &mut World) {
        world.policy(POLICIES[self.policy]);
        for name in ITEMS {
            world.row(name, |row| {
                row.rounding = [Rounding::Up, Rounding::Nearest, Rounding::Down][self.rounding];
                row.combine = if self.combine_max { Combine::Max } else { Combine::Sum };
                (row.included, row.minimum) = (self.included, self.minimum);
                row.smallest_change = self.smallest_change;
            });
        }
        let settings = world.settings();
        settings.add_missing_services = self.add_missing;
        settings.posted_periods = if self.hold_posted { PostedPeriods::Hold } else { PostedPeriods::NextFree };
        settings.holds = Holds { jumps: false, falls_to_zero: false, vanished: false, ..Holds::default() };
    }
}

impl AnyCustomer {
    /// Puts the customer with this number into a world.
    pub(crate) fn put_into(&self, world: &mut World, id: i64) {
        let today = world.today;
        world.customer(id, &format!("Customer {id}"));
        let start = days_after(today, -self.started_days_before);
        let end = self.ends_days_after.map_or(date("9999-12-31"), |days| days_after(today, days).max(start));
        let contract = world.the_contract();
        (contract.start, contract.end) = (start, end);
        // One that bills by its services' own periods, and one whose period nobody knows.
        contract.period = PeriodType::ALL.get(self.period).copied();
        contract.payg = match self.payg {
            0 => None,
            1 => Some("Perhaps".to_owned()),
            _ => Some("Yes".to_owned()),
        };
        world.line(id * 10, id * 100, WORKSTATION, self.units[0]);
        if self.second_contract {
            let second = super::contract(id * 10 + 1, CompanyId(id), "2026-01-31", "9999-12-31");
            world.it().contracts.push(second);
            world.line(id * 10 + 1, id * 100 + 1, SEAT, self.units[1]);
        }
        world.line(id * 10, id * 100 + 2, COMPUTE, self.compute_units);
        if let Some(units) = self.bundles {
            world.bundle(id * 10, 90, WORKSTATION, units);
        }
        if let Some(days) = self.posted_days {
            world.post_until(&days_after(today, days).to_string());
        }
        self.use_items(world);
        match self.trouble {
            0 => world.it().tenant.iter_mut().for_each(|tenant| tenant.in_trial = true),
            1 => world.it().tenant = None,
            2 => _ = world.refuses_usage(true),
            _ => {}
        }
        if self.trouble != 3 {
            world.known();
        }
    }

    /// Lets the customer that the world is about use what this one uses.
    pub(crate) fn use_items(&self, world: &mut World) {
        for (name, used) in ITEMS.into_iter().zip(self.used) {
            match used {
                Some(amount) => world.uses(name, amount),
                None => world.reports_nothing_of(name),
            };
        }
        let range_start = Some(world.today.first_of_month());
        world.reports(UsageRow { range_start, ..super::used("compute_points", self.hours * 3600) });
    }
}

/// The lines of a company, with their rows.
pub(crate) fn rows_by_line(world: &World) -> std::collections::BTreeMap<LineId, Vec<(Date, Date, i64)>> {
    let mut lines = std::collections::BTreeMap::<LineId, Vec<(Date, Date, i64)>>::new();
    for row in world.customers.values().flat_map(|customer| &customer.rows) {
        lines.entry(row.line).or_default().push((row.start, row.end, row.units));
    }
    lines.values_mut().for_each(|rows| rows.sort_unstable());
    lines
}
