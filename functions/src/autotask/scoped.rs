//! The questions asked about some companies, and about what changed lately: as many requests as there are
//! pages, not customers (B1).

use super::query::{MOST_VALUES, Row, is, is_one_of, not_after, not_before, since};
use super::reads::{one_of_contracts, one_of_services, pairs};
use super::wire;
use super::{AutotaskError, AutotaskReader};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;
use shared::contract::{BundleRow, Company, Contract, UnitsRow};
use shared::ids::{BundleId, CompanyId, ContractId, ServiceId};
use shared::quota_facts::Contact;

/// An entry of a contract's log (Autotask developer help, ContractNotes): any change of its services or
/// bundles writes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractNote {
    /// Its id; later ones are greater.
    pub id: i64,
    /// The contract.
    pub contract: ContractId,
    /// When it was written, by the vendor's clock.
    pub written_at: Timestamp,
}

/// A contract whose header was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedContract {
    /// The contract.
    pub contract: ContractId,
    /// Whose it is.
    pub company: CompanyId,
    /// When, by the vendor's clock.
    pub changed_at: Timestamp,
}

impl AutotaskReader {
    /// These companies.
    pub async fn companies_by_id(&self, ids: &[CompanyId]) -> Result<Vec<Company>, AutotaskError> {
        let mut companies = Vec::new();
        for some in ids.chunks(MOST_VALUES) {
            let one_of_ids = is_one_of("id", some.iter().map(|id| id.0));
            companies.extend(self.rows::<wire::Company>(&[one_of_ids]).await?);
        }
        Ok(companies)
    }

    /// The recurring service contracts of these companies that end on `ended_since` or later.
    pub async fn contracts_of(
        &self,
        companies: &[CompanyId],
        ended_since: Date,
        mut each: impl FnMut(Contract),
    ) -> Result<(), AutotaskError> {
        for some in companies.chunks(MOST_VALUES) {
            self.each_row::<wire::Contract>(&contracts_of(some, ended_since), &mut each).await?;
        }
        Ok(())
    }

    /// Whose these contracts are; those that are not to be seen are left out.
    pub async fn companies_of(&self, contracts: &[ContractId]) -> Result<Vec<CompanyId>, AutotaskError> {
        let mut companies = Vec::new();
        for some in contracts.chunks(MOST_VALUES) {
            let one_of_ids = is_one_of("id", some.iter().map(|id| id.0));
            companies.extend(self.rows::<ContractOwner>(&[one_of_ids]).await?);
        }
        Ok(companies)
    }

    /// The unit rows of `services` on `contracts` that hold `day`.
    pub async fn units_of_contracts_on(
        &self,
        day: Date,
        contracts: &[ContractId],
        services: &[ServiceId],
        mut each: impl FnMut(UnitsRow),
    ) -> Result<(), AutotaskError> {
        for (contracts, services) in pairs(contracts, services) {
            let [from, to] = [not_after("startDate", day), not_before("endDate", day)];
            let conditions = [one_of_contracts(contracts), one_of_services(services), from, to];
            self.each_row::<wire::ContractServiceUnit>(&conditions, &mut each).await?;
        }
        Ok(())
    }

    /// The unit rows of `bundles` on `contracts` that hold `day`.
    pub async fn bundle_units_of_contracts_on(
        &self,
        day: Date,
        contracts: &[ContractId],
        bundles: &[BundleId],
        mut each: impl FnMut(BundleRow),
    ) -> Result<(), AutotaskError> {
        for (contracts, bundles) in pairs(contracts, bundles) {
            let one_of_bundles = is_one_of("serviceBundleID", bundles.iter().map(|bundle| bundle.0));
            let [from, to] = [not_after("startDate", day), not_before("endDate", day)];
            let conditions = [one_of_contracts(contracts), one_of_bundles, from, to];
            self.each_row::<wire::ContractServiceBundleUnit>(&conditions, &mut each).await?;
        }
        Ok(())
    }

    /// The primary contacts of these companies, as far as they have an e-mail address.
    pub async fn primary_contacts(&self, companies: &[CompanyId]) -> Result<Vec<(CompanyId, Contact)>, AutotaskError> {
        let mut contacts = Vec::new();
        for some in companies.chunks(MOST_VALUES) {
            let of_companies = is_one_of("companyID", some.iter().map(|id| id.0));
            let rows = self.rows::<ContactRow>(&[of_companies, is("primaryContact", true)]).await?;
            contacts.extend(rows.into_iter().flatten());
        }
        Ok(contacts)
    }

    /// The contract notes written at `moment` or later.
    pub async fn contract_notes_since(
        &self,
        moment: Timestamp,
        each: impl FnMut(ContractNote),
    ) -> Result<(), AutotaskError> {
        self.each_row::<NoteRow>(&[since("createDateTime", moment)], each).await
    }

    /// The recurring service contracts whose header changed at `moment` or later.
    pub async fn contracts_touched_since(
        &self,
        moment: Timestamp,
        each: impl FnMut(TouchedContract),
    ) -> Result<(), AutotaskError> {
        let conditions = [is("contractType", wire::RECURRING_SERVICE), since("lastModifiedDateTime", moment)];
        self.each_row::<TouchedRow>(&conditions, each).await
    }
}

/// The recurring service contracts of these companies that end on `ended_since` or later.
pub(super) fn contracts_of(companies: &[CompanyId], ended_since: Date) -> [Value; 3] {
    let of_companies = is_one_of("companyID", companies.iter().map(|id| id.0));
    [is("contractType", wire::RECURRING_SERVICE), not_before("endDate", ended_since), of_companies]
}

#[derive(Deserialize)]
struct ContractOwner {
    id: i64,
    #[serde(rename = "companyID")]
    company: i64,
}

impl Row for ContractOwner {
    const ENTITY: &'static str = "Contracts";
    const FIELDS: &'static [&'static str] = &["id", "companyID"];
    type Fact = CompanyId;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(CompanyId(self.company))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContactRow {
    id: i64,
    #[serde(rename = "companyID")]
    company: i64,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    email_address: Option<String>,
}

impl Row for ContactRow {
    const ENTITY: &'static str = "Contacts";
    const FIELDS: &'static [&'static str] = &["id", "companyID", "firstName", "lastName", "emailAddress"];
    type Fact = Option<(CompanyId, Contact)>;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let email = self.email_address.filter(|email| email.contains('@'));
        let person = |email| Contact {
            email,
            first_name: self.first_name.unwrap_or_default(),
            last_name: self.last_name.unwrap_or_default(),
        };
        Ok(email.map(|email| (CompanyId(self.company), person(email))))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NoteRow {
    id: i64,
    #[serde(rename = "contractID")]
    contract: i64,
    create_date_time: String,
}

impl Row for NoteRow {
    const ENTITY: &'static str = "ContractNotes";
    const FIELDS: &'static [&'static str] = &["id", "contractID", "createDateTime"];
    type Fact = ContractNote;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let written_at = moment(&self.create_date_time)?;
        Ok(ContractNote { id: self.id, contract: ContractId(self.contract), written_at })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TouchedRow {
    id: i64,
    #[serde(rename = "companyID")]
    company: i64,
    last_modified_date_time: String,
}

impl Row for TouchedRow {
    const ENTITY: &'static str = "Contracts";
    const FIELDS: &'static [&'static str] = &["id", "companyID", "lastModifiedDateTime"];
    type Fact = TouchedContract;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let changed_at = moment(&self.last_modified_date_time)?;
        Ok(TouchedContract { contract: ContractId(self.id), company: CompanyId(self.company), changed_at })
    }
}

/// A moment as the vendor writes it: UTC, with or without the Z.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let with_zone = if text.ends_with(['Z', 'z']) { text.to_owned() } else { format!("{text}Z") };
    text.parse().or_else(|_| with_zone.parse()).map_err(|_| format!("{text} is no moment"))
}
