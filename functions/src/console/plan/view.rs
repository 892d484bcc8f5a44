//! What a person wants to see of the plan, as the address of the page says it. What the address says wrongly is as if it
//! said nothing.

use crate::console::fields::Asked;
use shared::ids::{CompanyId, ContractId, ServiceId};
use std::collections::BTreeMap;
use url::form_urlencoded;

/// Which lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::console) enum Show {
    /// Those that change or wait for a person.
    #[default]
    Open,
    Changes,
    Held,
    Waiting,
    Right,
    Excluded,
    Findings,
    All,
}

impl Show {
    pub(in crate::console) const ALL: [(Show, &'static str, &'static str); 8] = [
        (Show::Open, "open", "Changes and holds"),
        (Show::Changes, "changes", "Changes only"),
        (Show::Held, "held", "Held only"),
        (Show::Waiting, "waiting", "Waiting"),
        (Show::Right, "right", "Right"),
        (Show::Excluded, "excluded", "Decided or excluded"),
        (Show::Findings, "findings", "Findings"),
        (Show::All, "all", "Everything"),
    ];

    pub(in crate::console) fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(show, ..)| *show == self).map_or("open", |(_, word, _)| word)
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::console) enum Sort {
    /// By the customer's name, contract and service.
    #[default]
    Customer,
    /// By what a change is worth, the greatest first, whether up or down.
    Money,
    /// By how many units change, the most first.
    Units,
}

impl Sort {
    pub(in crate::console) const ALL: [(Sort, &'static str, &'static str); 3] =
        [(Sort::Customer, "customer", "Customer"), (Sort::Money, "money", "Money"), (Sort::Units, "units", "Units")];

    pub(in crate::console) fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(sort, ..)| *sort == self).map_or("customer", |(_, word, _)| word)
    }
}

/// What is to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::console) struct View {
    pub(in crate::console) show: Show,
    /// A part of the name of a customer, contract or service, or a number.
    pub(in crate::console) search: String,
    pub(in crate::console) customer: Option<CompanyId>,
    pub(in crate::console) service: Option<ServiceId>,
    pub(in crate::console) contract: Option<ContractId>,
    pub(in crate::console) sort: Sort,
    pub(in crate::console) page: Option<String>,
}

impl View {
    pub(in crate::console) fn of(asked: &Asked) -> Self {
        Self::from(|name| asked.field(name))
    }

    /// What a form carries of the page that it is on.
    pub(in crate::console) fn of_query(text: &str) -> Self {
        let fields: BTreeMap<_, _> = form_urlencoded::parse(text.as_bytes()).collect();
        Self::from(|name| fields.get(name).map(AsRef::as_ref))
    }

    fn from<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |name: &str| field(name).and_then(|text| text.parse::<i64>().ok());
        let show = field("show").and_then(|word| Show::ALL.into_iter().find(|(_, known, _)| *known == word));
        let sort = field("sort").and_then(|word| Sort::ALL.into_iter().find(|(_, known, _)| *known == word));
        Self {
            show: show.map(|(show, ..)| show).unwrap_or_default(),
            search: field("search").unwrap_or_default().trim().to_owned(),
            customer: number("customer").map(CompanyId),
            service: number("service").map(ServiceId),
            contract: number("contract").map(ContractId),
            sort: sort.map(|(sort, ..)| sort).unwrap_or_default(),
            page: field("page").map(str::to_owned),
        }
    }

    /// The same as fields of an address, without the page.
    pub(in crate::console) fn query(&self) -> String {
        let mut fields = form_urlencoded::Serializer::new(String::new());
        let words = [
            ("show", Some(self.show.word()).filter(|_| self.show != Show::default()).map(str::to_owned)),
            ("search", Some(self.search.clone()).filter(|text| !text.is_empty())),
            ("customer", self.customer.map(|id| id.to_string())),
            ("service", self.service.map(|id| id.to_string())),
            ("contract", self.contract.map(|id| id.to_string())),
            ("sort", Some(self.sort.word()).filter(|_| self.sort != Sort::default()).map(str::to_owned)),
        ];
        for (name, text) in words {
            text.into_iter().for_each(|text| _ = fields.append_pair(name, &text));
        }
        fields.finish()
    }
}
