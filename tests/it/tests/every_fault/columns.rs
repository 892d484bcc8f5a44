//! The columns of the table: every operation of the job, at the vendors and at the table, and how a request
//! is known to be one of them.

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Column {
    Token,
    Client,
    Tenants,
    Items,
    Usages,
    Zone,
    Threshold,
    Companies,
    Contracts,
    ContractFields,
    Services,
    BundleContents,
    Units,
    BundleUnits,
    ContractServices,
    Adjustments,
    Get,
    Query,
    Put,
    Update,
    Transact,
    Batch,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Acronis,
    Autotask,
    Table,
}

impl Column {
    pub(crate) const ALL: [Column; 22] = [
        Column::Token,
        Column::Client,
        Column::Tenants,
        Column::Items,
        Column::Usages,
        Column::Zone,
        Column::Threshold,
        Column::Companies,
        Column::Contracts,
        Column::ContractFields,
        Column::Services,
        Column::BundleContents,
        Column::Units,
        Column::BundleUnits,
        Column::ContractServices,
        Column::Adjustments,
        Column::Get,
        Column::Query,
        Column::Put,
        Column::Update,
        Column::Transact,
        Column::Batch,
    ];

    pub(crate) fn side(self) -> Side {
        match self {
            Self::Token | Self::Client | Self::Tenants | Self::Items | Self::Usages => Side::Acronis,
            Self::Get | Self::Query | Self::Put | Self::Update | Self::Transact | Self::Batch => Side::Table,
            _ => Side::Autotask,
        }
    }

    /// Whether it changes something.
    pub(crate) fn is_write(self) -> bool {
        matches!(self, Self::Adjustments | Self::Put | Self::Update | Self::Transact | Self::Batch)
    }

    /// What the sandbox calls it; the table is none of its business.
    pub(crate) fn operation(self) -> Option<&'static str> {
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
            Self::Get | Self::Query | Self::Put | Self::Update | Self::Transact | Self::Batch => return None,
        })
    }

    /// The operation of a request; none where it is one that the job's runs do not make.
    pub(crate) fn of(side: Side, path: &str, target: &str) -> Option<Column> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match side {
            Side::Table => Self::of_table(target.rsplit('.').next().unwrap_or_default()),
            Side::Acronis => Self::of_acronis(parts.get(2..).unwrap_or_default()),
            Side::Autotask => Self::of_autotask(&parts),
        }
    }

    fn of_table(operation: &str) -> Option<Column> {
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

    fn of_acronis(parts: &[&str]) -> Option<Column> {
        Some(match parts {
            ["idp", "token"] => Self::Token,
            ["clients", _] => Self::Client,
            ["tenants"] => Self::Tenants,
            ["tenants", "offering_items"] => Self::Items,
            ["tenants", "usages"] => Self::Usages,
            _ => return None,
        })
    }

    fn of_autotask(parts: &[&str]) -> Option<Column> {
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
            _ => return None,
        })
    }
}
