//! Every operation of the jobs, at the vendors and at the table.

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
    /// The names of storages.
    Storages,
    /// Where Autotask is.
    Zone,
    /// The hour's counter.
    Threshold,
    /// A page of companies.
    Companies,
    /// The fields that companies have.
    CompanyFields,
    /// A page of billing codes.
    BillingCodes,
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
    /// A page of the alerts that changed, or of the active ones.
    Alerts,
    /// The alerts of customers that manage themselves.
    CustomerAlerts,
    /// The types of alerts.
    AlertTypes,
    /// An alert is dismissed.
    DismissAlert,
    /// A page of tickets.
    Tickets,
    /// A ticket is made.
    CreateTicket,
    /// A ticket's status is set.
    UpdateTicket,
    /// The fields that tickets have.
    TicketFields,
    /// A page of notes on tickets.
    TicketNotes,
    /// A note is written on a ticket.
    CreateTicketNote,
    /// The fields that notes on tickets have.
    TicketNoteFields,
    /// What happened to one ticket.
    TicketHistory,
    /// A page of machines.
    ConfigurationItems,
    /// A page of people.
    Resources,
    /// A page of the roles that people have.
    ResourceRoles,
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
    /// Our own table, and what else we have of AWS.
    Table,
}

impl Operation {
    /// Those that every run of `usage-sync` may make, but for those that only lists are read with: without them the
    /// run does all the same.
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

    /// Those that runs of `alert-sync` may make.
    pub const OF_ALERTS: [Operation; 27] = [
        Operation::Token,
        Operation::Client,
        Operation::Tenants,
        Operation::Usages,
        Operation::Alerts,
        Operation::CustomerAlerts,
        Operation::AlertTypes,
        Operation::Zone,
        Operation::Threshold,
        Operation::Companies,
        Operation::Contracts,
        Operation::ConfigurationItems,
        Operation::Tickets,
        Operation::TicketNotes,
        Operation::TicketHistory,
        Operation::TicketFields,
        Operation::TicketNoteFields,
        Operation::Resources,
        Operation::ResourceRoles,
        Operation::CreateTicket,
        Operation::CreateTicketNote,
        Operation::UpdateTicket,
        Operation::Get,
        Operation::Query,
        Operation::Put,
        Operation::Update,
        Operation::Transact,
    ];

    /// Those that runs of `ticket-changed` may make.
    pub const OF_TICKETS: [Operation; 12] = [
        Operation::Token,
        Operation::Client,
        Operation::Alerts,
        Operation::CustomerAlerts,
        Operation::DismissAlert,
        Operation::Zone,
        Operation::Tickets,
        Operation::Get,
        Operation::Query,
        Operation::Put,
        Operation::Update,
        Operation::Transact,
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
        self.is_write_to_acronis()
            || self.is_write_to_autotask()
            || matches!(self, Self::Put | Self::Update | Self::Transact | Self::Batch)
    }

    /// Whether it changes something at Autotask.
    pub fn is_write_to_autotask(self) -> bool {
        matches!(
            self,
            Self::Adjustments
                | Self::ServiceCreation
                | Self::CreateTicket
                | Self::CreateTicketNote
                | Self::UpdateTicket
        )
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
                | Self::DismissAlert
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
            Self::Storages => "acronis.infra",
            Self::Zone => "autotask.zone",
            Self::Threshold => "autotask.threshold",
            Self::Companies => "autotask.companies.query",
            Self::CompanyFields => "autotask.companies.fields",
            Self::BillingCodes => "autotask.billing_codes.query",
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
            Self::Alerts => "acronis.alerts",
            Self::CustomerAlerts => "acronis.customer_alerts",
            Self::AlertTypes => "acronis.alert_types",
            Self::DismissAlert => "acronis.dismiss_alert",
            Self::Tickets => "autotask.tickets.query",
            Self::CreateTicket => "autotask.tickets.create",
            Self::UpdateTicket => "autotask.tickets.update",
            Self::TicketFields => "autotask.tickets.fields",
            Self::TicketNotes => "autotask.ticket_notes.query",
            Self::CreateTicketNote => "autotask.ticket_notes.create",
            Self::TicketNoteFields => "autotask.ticket_notes.fields",
            Self::TicketHistory => "autotask.ticket_history.query",
            Self::ConfigurationItems => "autotask.configuration_items.query",
            Self::Resources => "autotask.resources.query",
            Self::ResourceRoles => "autotask.resource_roles.query",
            Self::Get | Self::Query | Self::Put | Self::Update | Self::Transact | Self::Batch => return None,
        })
    }
}
