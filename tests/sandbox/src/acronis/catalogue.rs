//! The products, applications and storages of the data centre. Plain facts, no state.
//! (Acronis Account Management API v2, offering items and applications.)

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Application "Cyber Protection".
pub const BACKUP: &str = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb";
/// Application "File Sync & Share".
pub const FILES_CLOUD: &str = "dfd85a5f-a464-32ab-81fd-99bcc66a070f";
/// Edition of the per-workload products.
pub const PER_WORKLOAD: &str = "pck_per_workload";
/// Storage hosted by Acronis.
pub const ACRONIS_STORAGE: &str = "d46a4b2a-2631-4f76-84cd-07ce3aed3dde";
/// Storage hosted by the partner.
pub const PARTNER_STORAGE: &str = "7c1f9a34-52ce-4be0-9d1c-6ad02b5f1e77";
/// Disaster recovery site.
pub const RECOVERY_SITE: &str = "f3b1c0de-9a77-4e9e-a4f8-3f6f5f0c2b19";

/// Type of an offering item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemType {
    /// Counted.
    Count,
    /// On or off, without a number.
    Feature,
    /// One row per storage or site.
    Infra,
}

/// Unit of measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Bytes; a GiB has 1073741824 of them.
    #[serde(rename = "bytes")]
    Bytes,
    /// Pieces.
    #[serde(rename = "quantity")]
    Quantity,
    /// Seconds of compute points.
    #[serde(rename = "seconds")]
    Seconds,
    /// Nothing to measure.
    #[serde(rename = "n/a")]
    None,
}

/// A product: what an offering item offers and a usage row measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Application it belongs to.
    pub application_id: &'static str,
    /// Name with the edition's prefix.
    pub name: String,
    /// Edition, none for items outside editions.
    pub edition: Option<&'static str>,
    /// Name without prefix.
    pub usage_name: String,
    /// Type.
    pub kind: ItemType,
    /// Unit.
    pub unit: Unit,
    /// A statistic: usages exist, offering items do not.
    pub statistic: bool,
}

impl Product {
    /// A counted product of the backup service in the per-workload edition.
    #[must_use]
    pub fn counted(name: &str) -> Self {
        Self {
            application_id: BACKUP,
            name: name.to_owned(),
            edition: Some(PER_WORKLOAD),
            usage_name: name.trim_start_matches("pw_base_").trim_start_matches("pw_").to_owned(),
            kind: ItemType::Count,
            unit: Unit::Quantity,
            statistic: false,
        }
    }
}

/// A storage or site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Infra {
    /// Id.
    pub id: &'static str,
    /// Name.
    pub name: &'static str,
    /// "backup", "disaster_recovery", "files_cloud".
    pub capability: &'static str,
    /// Hosted by Acronis.
    pub platform_owned: bool,
    /// Kind of storage behind it.
    pub backend_type: Option<&'static str>,
}

impl Infra {
    pub(crate) fn serves(&self, unit: Unit) -> bool {
        match unit {
            Unit::Seconds => self.capability == "disaster_recovery",
            _ => self.capability == "backup",
        }
    }
}

const COUNTED: [(&str, &str); 18] = [
    ("pw_base_workstations", "workstations"),
    ("pw_base_servers", "servers"),
    ("pw_base_vms", "vms"),
    ("pw_base_web_hosting_servers", "web_hosting_servers"),
    ("pw_base_m365_seats", "mailboxes"),
    ("pw_base_m365_sharepoint_sites", "o365_sharepoint_sites"),
    ("pw_base_m365_teams", "o365_teams"),
    ("pw_base_gworkspace_seats", "gsuite_seats"),
    ("pw_base_mobiles", "mobiles"),
    ("pw_base_websites", "websites"),
    ("pw_base_nas", "nas"),
    ("pw_pack_adv_backup_workstations", "pack_adv_backup_workstations"),
    ("pw_pack_adv_backup_servers", "pack_adv_backup_servers"),
    ("pw_pack_adv_security", "pack_adv_security"),
    ("pw_pack_adv_management", "pack_adv_management"),
    ("pw_pack_adv_email_security", "pack_adv_email_security_mailboxes"),
    ("pw_pack_adv_dlp", "pack_adv_dlp"),
    ("pw_base_hosted_exchange", "hosted_exchange"),
];

const FEATURES: [(&str, &str); 4] = [
    ("pw_base_m365_mailboxes", "o365_mailboxes"),
    ("pw_base_m365_onedrive", "o365_onedrive"),
    ("pw_base_google_mail", "google_mail"),
    ("pw_base_google_drive", "google_drive"),
];

const STATISTICS: [(&str, Unit); 4] = [
    ("storage_total", Unit::Bytes),
    ("total_storage", Unit::Bytes),
    ("vm_storage", Unit::Bytes),
    ("total_protected_workloads", Unit::Quantity),
];

/// Every product of the data centre.
pub(crate) fn products() -> Vec<Arc<Product>> {
    let mut all = Vec::new();
    for (name, usage_name) in COUNTED {
        all.push(Product { usage_name: usage_name.to_owned(), ..Product::counted(name) });
    }
    for (name, usage_name) in FEATURES {
        let usage_name = usage_name.to_owned();
        let (kind, unit) = (ItemType::Feature, Unit::None);
        all.push(Product { usage_name, kind, unit, ..Product::counted(name) });
    }
    for (name, unit) in STATISTICS {
        let (edition, statistic) = (None, true);
        all.push(Product { edition, unit, statistic, ..Product::counted(name) });
    }
    all.push(Product { kind: ItemType::Infra, unit: Unit::Bytes, ..Product::counted("pw_base_storage") });
    all.push(Product {
        usage_name: "compute_points".to_owned(),
        kind: ItemType::Infra,
        unit: Unit::Seconds,
        ..Product::counted("pw_base_adv_dr_compute_points")
    });
    all.push(Product { edition: None, unit: Unit::Bytes, ..Product::counted("local_storage") });
    all.push(Product { edition: Some("standard"), ..Product::counted("workstations") });
    all.push(Product {
        application_id: FILES_CLOUD,
        edition: Some("fss_per_user"),
        usage_name: "fc_seats".to_owned(),
        ..Product::counted("pu_base_fc_seats")
    });
    all.into_iter().map(Arc::new).collect()
}

/// The storages and sites.
pub(crate) fn infras() -> Vec<Infra> {
    vec![
        Infra {
            id: ACRONIS_STORAGE,
            name: "Acronis Cloud Storage EU2",
            capability: "backup",
            platform_owned: true,
            backend_type: Some("acronis"),
        },
        Infra {
            id: PARTNER_STORAGE,
            name: "Partner Storage Keller 1",
            capability: "backup",
            platform_owned: false,
            backend_type: Some("acronis"),
        },
        Infra {
            id: RECOVERY_SITE,
            name: "Recovery Site EU2",
            capability: "disaster_recovery",
            platform_owned: true,
            backend_type: None,
        },
    ]
}

/// Id, type and name of the applications.
pub(crate) const APPLICATIONS: [(&str, &str, &str); 6] = [
    (BACKUP, "backup", "Cyber Protection"),
    (FILES_CLOUD, "files_cloud", "File Sync & Share"),
    ("f9c5744e-bd1a-36b6-b0f0-ecd7483e1796", "notary", "Notary"),
    ("b71b2c18-590a-303c-9d5a-8444fbe713ac", "physical_data_shipping", "Physical Data Shipping"),
    ("cc29685d-a9ca-3e87-a83d-069f18b588f0", "hci", "Cyber Infrastructure SPLA"),
    ("7459244f-68f3-3bf4-9f53-5f63ecc1d91f", "platform", "Management Portal"),
];
