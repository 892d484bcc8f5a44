//! Every operation of the job, at the vendors and at the table, and how a request is known to be one of them.

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Acronis gives a token.
    Token,
    /// The API client, and its tenant.
    Client,
    /// A page of tenants.
    Tenants,
    /// A page of what is switched on.
    Items,
    /// The usage of many tenants.
    Usages,
    /// Where Autotask is.
    Zone,
    /// The hour's counter.
    Threshold,
    /// A page of companies.
    Companies,
    /// A page of contracts.
    Contracts,
    /// The fields that contracts have.
    ContractFields,
    /// A page of services.
    Services,
    /// A page of what bundles hold.
    BundleContents,
    /// A page of the units of lines.
    Units,
    /// A page of the units of bundles.
    BundleUnits,
    /// A page of lines.
    ContractServices,
    /// Units are changed.
    Adjustments,
    /// A service is created: where the mapping asks for a new one, so that not every run does it.
    ServiceCreation,
    /// One item of the table is read.
    Get,
    /// Items of a partition are read.
    Query,
    /// One item is put.
    Put,
    /// One item is changed.
    Update,
    /// Items are written all or none.
    Transact,
    /// Items are written, each by itself.
    Batch,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The vendor of the usage.
    Acronis,
    /// The vendor of the units.
    Autotask,
    /// Our own table.
    Table,
}

impl Operation {
    /// Those that every run may make.
    pub const ALL: [Operation; 22] = [
        Operation::Token,
        Operation::Client,
        Operation::Tenants,
        Operation::Items,
        Operation::Usages,
        Operation::Zone,
        Operation::Threshold,
        Operation::Companies,
        Operation::Contracts,
        Operation::ContractFields,
        Operation::Services,
        Operation::BundleContents,
        Operation::Units,
        Operation::BundleUnits,
        Operation::ContractServices,
        Operation::Adjustments,
        Operation::Get,
        Operation::Query,
        Operation::Put,
        Operation::Update,
        Operation::Transact,
        Operation::Batch,
    ];

    /// Who is asked for it.
    pub fn side(self) -> Side {
        match self {
            Self::Token | Self::Client | Self::Tenants | Self::Items | Self::Usages => Side::Acronis,
            Self::Get | Self::Query | Self::Put | Self::Update | Self::Transact | Self::Batch => Side::Table,
            _ => Side::Autotask,
        }
    }

    /// Whether it changes something.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::Adjustments | Self::ServiceCreation | Self::Put | Self::Update | Self::Transact | Self::Batch
        )
    }

    /// What the sandbox calls it; the table is none of its business.
    pub fn operation(self) -> Option<&'static str> {
        Some(match self {
            Self::Token => "acronis.token",
            Self::Client => "acronis.client",
            Self::Tenants => "acronis.tenants",
            Self::Items => "acronis.offering_items",
            Self::Usages => "acronis.usages",
            Self::Zone => "autotask.zone",
            Self::Threshold => "autotask.threshold",
            Self::Companies => "autotask.companies.query",
            Self::Contracts => "autotask.contracts.query",
            Self::ContractFields => "autotask.contracts.udf_fields",
            Self::Services => "autotask.services.query",
            Self::BundleContents => "autotask.service_bundle_services.query",
            Self::Units => "autotask.contract_service_units.query",
            Self::BundleUnits => "autotask.contract_service_bundle_units.query",
            Self::ContractServices => "autotask.contract_services.query",
            Self::Adjustments => "autotask.adjustments.create",
            Self::ServiceCreation => "autotask.services.create",
            Self::Get | Self::Query | Self::Put | Self::Update | Self::Transact | Self::Batch => return None,
        })
    }

    /// The operation of a request; none where it is one that the job's runs do not make.
    pub(super) fn of(side: Side, method: &str, path: &str, target: &str) -> Option<Operation> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match side {
            Side::Table => Self::of_table(target.rsplit('.').next().unwrap_or_default()),
            Side::Acronis => Self::of_acronis(parts.get(2..).unwrap_or_default()),
            Side::Autotask => Self::of_autotask(method, &parts),
        }
    }

    fn of_table(operation: &str) -> Option<Operation> {
        Some(match operation {
            "GetItem" => Self::Get,
            "Query" => Self::Query,
            "PutItem" => Self::Put,
            "UpdateItem" => Self::Update,
            "TransactWriteItems" => Self::Transact,
            "BatchWriteItem" => Self::Batch,
            _ => return None,
        })
    }

    fn of_acronis(parts: &[&str]) -> Option<Operation> {
        Some(match parts {
            ["idp", "token"] => Self::Token,
            ["clients", _] => Self::Client,
            ["tenants"] => Self::Tenants,
            ["tenants", "offering_items"] => Self::Items,
            ["tenants", "usages"] => Self::Usages,
            _ => return None,
        })
    }

    fn of_autotask(method: &str, parts: &[&str]) -> Option<Operation> {
        Some(match parts {
            [.., "zoneInformation"] => Self::Zone,
            [.., "ThresholdInformation"] => Self::Threshold,
            [.., "Companies", "query"] => Self::Companies,
            [.., "Contracts", "query"] => Self::Contracts,
            [.., "Contracts", "entityInformation", "userDefinedFields"] => Self::ContractFields,
            [.., "Services", "query"] => Self::Services,
            [.., "ServiceBundleServices", "query"] => Self::BundleContents,
            [.., "ContractServiceUnits", "query"] => Self::Units,
            [.., "ContractServiceBundleUnits", "query"] => Self::BundleUnits,
            [.., "ContractServices", "query"] => Self::ContractServices,
            [.., "ContractServiceAdjustments"] => Self::Adjustments,
            [.., "Services"] if method == "POST" => Self::ServiceCreation,
            _ => return None,
        })
    }
}
