//! Every operation of the jobs, at the vendors and at the table, and how a request is known to be one of them.

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
    /// One tenant.
    Tenant,
    /// A tenant is created.
    CreateTenant,
    /// A tenant is changed.
    UpdateTenant,
    /// Whether a tenant's users need a second factor.
    TwoFactor,
    /// They are to need one.
    SetTwoFactor,
    /// What one tenant is given.
    ItemsOfTenant,
    /// A tenant is given items.
    SetItems,
    /// What a new tenant may be given.
    Available,
    /// The applications of a tenant.
    Applications,
    /// A tenant gets an application.
    Bind,
    /// How a tenant is charged.
    Pricing,
    /// That is changed.
    SetPricing,
    /// Whether somebody has a login.
    CheckLogin,
    /// The ids of a tenant's users.
    IdsOfUsers,
    /// Users by their ids.
    Users,
    /// A user is created.
    CreateUser,
    /// A user gets rights.
    AccessPolicies,
    /// A user gets the activation mail.
    ActivationMail,
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
    /// A page of contacts.
    Contacts,
    /// A page of notes on contracts.
    ContractNotes,
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
    /// Those that every run of `usage-sync` may make.
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

    /// Those that runs of `contract-changed` may make.
    pub const OF_QUOTAS: [Operation; 40] = [
        Operation::Token,
        Operation::Client,
        Operation::Tenants,
        Operation::Items,
        Operation::ItemsOfTenant,
        Operation::Usages,
        Operation::Available,
        Operation::Applications,
        Operation::TwoFactor,
        Operation::Pricing,
        Operation::IdsOfUsers,
        Operation::Users,
        Operation::CheckLogin,
        Operation::Tenant,
        Operation::CreateTenant,
        Operation::SetTwoFactor,
        Operation::Bind,
        Operation::SetItems,
        Operation::SetPricing,
        Operation::CreateUser,
        Operation::AccessPolicies,
        Operation::ActivationMail,
        Operation::UpdateTenant,
        Operation::Zone,
        Operation::Threshold,
        Operation::ContractFields,
        Operation::Companies,
        Operation::Contracts,
        Operation::Services,
        Operation::BundleContents,
        Operation::ContractServices,
        Operation::Units,
        Operation::BundleUnits,
        Operation::Contacts,
        Operation::Get,
        Operation::Query,
        Operation::Put,
        Operation::Update,
        Operation::Transact,
        Operation::Batch,
    ];

    /// Those that runs of `contract-watch` may make.
    pub const OF_WATCH: [Operation; 7] = [
        Operation::Zone,
        Operation::ContractNotes,
        Operation::Contracts,
        Operation::Get,
        Operation::Query,
        Operation::Put,
        Operation::Update,
    ];

    /// Who is asked for it.
    pub fn side(self) -> Side {
        match self {
            Self::Get | Self::Query | Self::Put | Self::Update | Self::Transact | Self::Batch => Side::Table,
            _ if self.operation().is_some_and(|name| name.starts_with("acronis.")) => Side::Acronis,
            _ => Side::Autotask,
        }
    }

    /// Whether it changes something.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::Adjustments | Self::ServiceCreation | Self::Put | Self::Update | Self::Transact | Self::Batch
        ) || self.is_write_to_acronis()
    }

    /// Whether it changes something at Acronis.
    pub fn is_write_to_acronis(self) -> bool {
        matches!(
            self,
            Self::CreateTenant
                | Self::UpdateTenant
                | Self::SetTwoFactor
                | Self::SetItems
                | Self::Bind
                | Self::SetPricing
                | Self::CreateUser
                | Self::AccessPolicies
                | Self::ActivationMail
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
            Self::Tenant => "acronis.tenant",
            Self::CreateTenant => "acronis.create_tenant",
            Self::UpdateTenant => "acronis.update_tenant",
            Self::TwoFactor => "acronis.two_factor",
            Self::SetTwoFactor => "acronis.set_two_factor",
            Self::ItemsOfTenant => "acronis.offering_items",
            Self::SetItems => "acronis.set_offering_items",
            Self::Available => "acronis.available_for_child",
            Self::Applications => "acronis.bound_applications",
            Self::Bind => "acronis.bind_application",
            Self::Pricing => "acronis.pricing",
            Self::SetPricing => "acronis.set_pricing",
            Self::CheckLogin => "acronis.check_login",
            Self::IdsOfUsers => "acronis.ids_of_users",
            Self::Users => "acronis.users",
            Self::CreateUser => "acronis.create_user",
            Self::AccessPolicies => "acronis.set_access_policies",
            Self::ActivationMail => "acronis.send_activation_mail",
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
            Self::Contacts => "autotask.contacts.query",
            Self::ContractNotes => "autotask.contract_notes.query",
            Self::Get | Self::Query | Self::Put | Self::Update | Self::Transact | Self::Batch => return None,
        })
    }

    /// The operation of a request; none where it is one that the jobs' runs do not make.
    pub(super) fn of(side: Side, method: &str, path: &str, target: &str) -> Option<Operation> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match side {
            Side::Table => Self::of_table(target.rsplit('.').next().unwrap_or_default()),
            Side::Acronis => Self::of_acronis(method, parts.get(2..).unwrap_or_default()),
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

    fn of_acronis(method: &str, parts: &[&str]) -> Option<Operation> {
        let by_method = |get, write| if method == "GET" { get } else { write };
        Some(match parts {
            ["idp", "token"] => Self::Token,
            ["clients", _] => Self::Client,
            ["tenants"] => by_method(Self::Tenants, Self::CreateTenant),
            ["tenants", "offering_items"] => Self::Items,
            ["tenants", "usages"] => Self::Usages,
            ["tenants", _] => by_method(Self::Tenant, Self::UpdateTenant),
            ["tenants", _, "offering_items"] => by_method(Self::ItemsOfTenant, Self::SetItems),
            ["tenants", _, "offering_items", "available_for_child"] => Self::Available,
            ["tenants", _, "applications"] => Self::Applications,
            ["applications", _, "bindings", "tenants", _] => Self::Bind,
            ["tenants", _, "mfa", "status"] => by_method(Self::TwoFactor, Self::SetTwoFactor),
            ["tenants", _, "pricing"] => by_method(Self::Pricing, Self::SetPricing),
            ["tenants", _, "users"] => Self::IdsOfUsers,
            ["users"] => by_method(Self::Users, Self::CreateUser),
            ["users", "check_login"] => Self::CheckLogin,
            ["users", _, "access_policies"] => Self::AccessPolicies,
            ["users", _, "send-activation-email"] => Self::ActivationMail,
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
            [.., "Contacts", "query"] => Self::Contacts,
            [.., "ContractNotes", "query"] => Self::ContractNotes,
            [.., "ContractServiceAdjustments"] => Self::Adjustments,
            [.., "Services"] if method == "POST" => Self::ServiceCreation,
            _ => return None,
        })
    }
}
