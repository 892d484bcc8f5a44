//! What is used and billed to nobody: in units, and in money at Autotask's list prices. What a contract says otherwise
//! is not known where the service is on none.

use crate::contract::{PeriodType, Service};
use crate::finding::{Finding, What};
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Units of a service that a customer uses and nobody is billed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbilled {
    /// Whose.
    pub company_name: String,
    /// Of which service.
    pub service_name: String,
    /// How many.
    pub units: i64,
    /// What they would cost for one period, where the price is known.
    pub money: Option<(Decimal, PeriodType)>,
    /// The finding that says so, as one line of text.
    pub finding: String,
}

impl Unbilled {
    /// What they would cost in a month, for comparison; none where the price is not known.
    pub fn a_month(&self) -> Option<Decimal> {
        self.money.map(|(money, period)| money / Decimal::from(period.months()))
    }
}

/// Autotask's list prices, by the names of its active services.
#[derive(Debug)]
pub struct Prices<'a>(BTreeMap<&'a str, Vec<&'a Service>>);

impl<'a> Prices<'a> {
    /// Those of these services.
    pub fn of(services: &'a [Service]) -> Self {
        let mut prices: BTreeMap<&str, Vec<&Service>> = BTreeMap::new();
        for service in services.iter().filter(|service| service.active) {
            prices.entry(&service.name).or_default().push(service);
        }
        Self(prices)
    }

    /// What a finding costs for one period: units that nobody is billed for, since they are on no contract or a person
    /// excluded their line. None where that is nothing, or the price is not known.
    pub fn cost(&self, finding: &Finding) -> Option<(Decimal, PeriodType)> {
        let (service_name, units) = match &finding.what {
            What::Excluded { service_name, units, wanted, .. } => (service_name, wanted.saturating_sub(*units)),
            what => not_billed(what)?,
        };
        let (price, period) = self.price_of(service_name).filter(|_| units > 0)?;
        Some((price * Decimal::from(units), period))
    }

    /// The price of a service by its name; none where several of that name cost differently.
    fn price_of(&self, name: &str) -> Option<(Decimal, PeriodType)> {
        let services = self.0.get(name)?;
        let price = |service: &Service| Some((service.unit_price?, service.period?));
        let first = price(services.first()?)?;
        services.iter().all(|service| price(service) == Some(first)).then_some(first)
    }
}

/// Of which service how many units are on no contract.
fn not_billed(what: &What) -> Option<(&String, i64)> {
    match what {
        What::NotOnContract { service_name, unbilled, .. } | What::ContractToChoose { service_name, unbilled, .. } => {
            Some((service_name, *unbilled))
        }
        _ => None,
    }
}

/// What these findings say is not billed, the most expensive first and what has no known price last.
pub fn unbilled(findings: &[Finding], services: &[Service]) -> Vec<Unbilled> {
    let prices = Prices::of(services);
    let of = |finding: &Finding| {
        let (service_name, units) = not_billed(&finding.what)?;
        Some(Unbilled {
            company_name: finding.company_name.clone(),
            service_name: service_name.clone(),
            units,
            money: prices.cost(finding),
            finding: finding.to_string(),
        })
    };
    let mut all: Vec<Unbilled> = findings.iter().filter_map(of).collect();
    all.sort_by(|one, other| {
        let by = |one: &Unbilled| Reverse(one.a_month());
        by(one).cmp(&by(other)).then_with(|| one.finding.cmp(&other.finding))
    });
    all
}

/// The money of each period, shortest period first.
pub fn sums(all: &[Unbilled]) -> Vec<(PeriodType, Decimal)> {
    let of = |period: PeriodType| {
        let money = all.iter().filter_map(|one| one.money).filter(|(_, of)| *of == period).map(|(money, _)| money);
        (period, money.sum::<Decimal>())
    };
    PeriodType::ALL.into_iter().map(of).filter(|(_, money)| !money.is_zero()).collect()
}

#[cfg(test)]
mod tests {
    use super::{sums, unbilled};
    use crate::contract::{PeriodType, Service};
    use crate::finding::{Finding, What};
    use crate::ids::{CompanyId, ContractId, ServiceId};
    use rust_decimal::Decimal;

    fn service(id: i64, name: &str, price: Option<i64>, period: Option<PeriodType>) -> Service {
        let unit_price = price.map(Decimal::from);
        Service { id: ServiceId(id), name: name.to_owned(), active: true, period, unit_price, external_id: None }
    }

    fn finding(company: i64, service: &str, unbilled: i64) -> Finding {
        let what = What::ContractToChoose {
            service_name: service.to_owned(),
            unbilled,
            contracts: vec![ContractId(1), ContractId(2)],
        };
        Finding { company: Some(CompanyId(company)), company_name: format!("Customer {company}"), what }
    }

    #[test]
    fn what_costs_most_in_a_month_comes_first_and_what_has_no_price_last() {
        let services = [
            service(1, "Servers", Some(20), Some(PeriodType::Monthly)),
            service(2, "Archive", Some(600), Some(PeriodType::Yearly)),
            service(3, "Twice", Some(1), Some(PeriodType::Monthly)),
            service(4, "Twice", Some(2), Some(PeriodType::Monthly)),
            service(5, "Once", Some(9), None),
        ];
        let findings = [
            finding(1, "Twice", 1_000),
            finding(2, "Servers", 2),
            finding(3, "Archive", 1),
            finding(4, "Once", 5),
            finding(5, "Nowhere", 5),
            Finding { company: None, company_name: String::new(), what: What::PaygFieldMissing },
        ];
        let all = unbilled(&findings, &services);
        let names: Vec<&str> = all.iter().map(|one| one.service_name.as_str()).collect();
        assert_eq!(names, ["Archive", "Servers", "Twice", "Once", "Nowhere"]);
        assert_eq!(all[0].a_month(), Some(Decimal::from(50)));
        assert_eq!(all[2].money, None, "two services of one name cost differently");
        let sums = sums(&all);
        assert_eq!(sums, [(PeriodType::Monthly, Decimal::from(40)), (PeriodType::Yearly, Decimal::from(600))]);
    }
}
