//! For whom a run is: everybody, or the companies that events name. It finds out whose a contract is.

use crate::autotask::{AutotaskError, AutotaskReader};
use crate::events::About;
use shared::ids::{CompanyId, ContractId};
use std::collections::BTreeSet;

/// For whom a run is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everybody.
    #[default]
    Everybody,
    /// Those whom events are about.
    Only(BTreeSet<About>),
}

impl Scope {
    /// One company.
    pub fn company(company: CompanyId) -> Self {
        Self::Only(BTreeSet::from([About::Company(company)]))
    }

    /// The companies; none given: everybody.
    pub(crate) async fn companies(
        &self,
        autotask: &AutotaskReader,
    ) -> Result<Option<BTreeSet<CompanyId>>, AutotaskError> {
        let Self::Only(about) = self else { return Ok(None) };
        let (mut companies, mut contracts) = (BTreeSet::new(), Vec::<ContractId>::new());
        for one in about {
            match one {
                About::Company(company) => _ = companies.insert(*company),
                About::Contract(contract) => contracts.push(*contract),
            }
        }
        companies.extend(autotask.companies_of(&contracts).await?);
        Ok(Some(companies))
    }
}
