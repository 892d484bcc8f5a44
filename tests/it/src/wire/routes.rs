//! How a request is known to be one of the operations.

use super::{Operation, Side};

impl Operation {
    /// The operation of a request; none where it is one that the jobs' runs do not make.
    pub(super) fn of(side: Side, method: &str, path: &str, target: &str) -> Option<Operation> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match side {
            Side::Table => Self::of_table(target.rsplit('.').next().unwrap_or_default()),
            Side::Acronis => match parts.as_slice() {
                ["api", "2", rest @ ..] => Self::of_account_management(method, rest),
                ["api", "alert_manager", "v1", rest @ ..] => Self::of_alert_manager(method, rest),
                _ => None,
            },
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

    fn of_account_management(method: &str, parts: &[&str]) -> Option<Operation> {
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
            ["infra"] => Self::Storages,
            ["users"] => by_method(Self::Users, Self::CreateUser),
            ["users", "check_login"] => Self::CheckLogin,
            ["users", _, "access_policies"] => Self::AccessPolicies,
            ["users", _, "send-activation-email"] => Self::ActivationMail,
            _ => return None,
        })
    }

    fn of_alert_manager(method: &str, parts: &[&str]) -> Option<Operation> {
        Some(match (method, parts) {
            ("GET", ["alerts"]) => Self::Alerts,
            ("DELETE", ["alerts", _]) => Self::DismissAlert,
            ("GET", ["customer_alerts"]) => Self::CustomerAlerts,
            ("GET", ["types"]) => Self::AlertTypes,
            _ => return None,
        })
    }

    fn of_autotask(method: &str, parts: &[&str]) -> Option<Operation> {
        Some(match parts {
            [.., "zoneInformation"] => Self::Zone,
            [.., "ThresholdInformation"] => Self::Threshold,
            [.., "Companies", "query"] => Self::Companies,
            [.., "Companies", "entityInformation", "fields"] => Self::CompanyFields,
            [.., "BillingCodes", "query"] => Self::BillingCodes,
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
            [.., "Tickets", "query"] => Self::Tickets,
            [.., "Tickets", "entityInformation", "fields"] => Self::TicketFields,
            [.., "Tickets", _, "Notes"] if method == "POST" => Self::CreateTicketNote,
            [.., "Tickets"] if method == "POST" => Self::CreateTicket,
            [.., "Tickets"] if method == "PATCH" => Self::UpdateTicket,
            [.., "TicketNotes", "query"] => Self::TicketNotes,
            [.., "TicketNotes", "entityInformation", "fields"] => Self::TicketNoteFields,
            [.., "TicketHistory", "query"] => Self::TicketHistory,
            [.., "ConfigurationItems", "query"] => Self::ConfigurationItems,
            [.., "Resources", "query"] => Self::Resources,
            [.., "ResourceRoles", "query"] => Self::ResourceRoles,
            _ => return None,
        })
    }
}
