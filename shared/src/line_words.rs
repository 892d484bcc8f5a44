//! What the plan of one line has to tell: waiting, and findings. Part of `line_plan`; decides nothing.

use crate::finding::What;
use crate::line_plan::LineCase;
use crate::plan::{Until, Waiting};
use crate::reckon::NoReckoning;
use jiff::civil::Date;

impl LineCase<'_> {
    pub(crate) fn waiting(&self, units: i64, wanted: i64, until: Until) -> Waiting {
        Waiting {
            place: self.place.clone(),
            company_name: self.facts.name().to_owned(),
            service_name: self.service_name(),
            units,
            wanted,
            until,
        }
    }

    pub(crate) fn others(&self, expected: i64) -> What {
        let day = self.terms.today.min(self.contract.end);
        let found = self.units_on(day);
        What::ChangedByOthers { contract: self.contract.id, service_name: self.service_name(), expected, found }
    }

    pub(crate) fn posted(&self, from: Date, effective: Date, missed: i64) -> What {
        let (contract, service_name) = (self.contract.id, self.service_name());
        match effective.yesterday() {
            Ok(until) if effective > from => What::PostedPeriod { contract, service_name, from, until, missed },
            _ => What::PostedToTheEnd { contract, service_name, from, missed },
        }
    }

    pub(crate) fn no_reckoning(&self, why: NoReckoning) -> What {
        let (contract, service_name) = (self.contract.id, self.service_name());
        match why {
            NoReckoning::Feature(item) => What::FeatureMapped { service_name, item },
            NoReckoning::RowMissing(item) => What::UsageRowMissing { service_name, item },
            NoReckoning::TooMany => What::TooManyUnits { contract, service_name },
        }
    }
}
