//! Which items need which others to be on. (Acronis Account Management API v2, error 1023; the
//! vendor's WHMCS module, child lists of offering items.)

use super::OfferingItem;
use super::errors::{ITEM_DEPENDENCY, refuse};
use crate::exchange::Reply;

/// Endings of names, without the edition's prefix, and of those of which one has to be on.
const NEEDS: [(&str, &[&str]); 13] = [
    ("m365_mailboxes", &["m365_seats"]),
    ("m365_onedrive", &["m365_seats"]),
    ("google_mail", &["gworkspace_seats"]),
    ("google_drive", &["gworkspace_seats"]),
    ("pack_adv_backup_workstations", &["workstations"]),
    ("pack_adv_backup_servers", &["servers"]),
    ("pack_adv_backup_vms", &["vms"]),
    ("pack_adv_backup_web_hosting_servers", &["web_hosting_servers"]),
    ("pack_adv_backup_m365_seats", &["m365_seats"]),
    ("pack_adv_email_security", &["m365_seats", "gworkspace_seats", "hosted_exchange"]),
    ("pack_adv_security", &["workstations", "servers", "vms"]),
    ("pack_adv_management", &["workstations", "servers", "vms"]),
    ("pack_adv_dlp", &["workstations", "servers", "vms"]),
];

/// The prefix of the edition, such as "pw_", and the names one of which the item needs.
fn needs(name: &str) -> Option<(&str, &'static [&'static str])> {
    let (prefix, rest) = name.split_once('_')?;
    let rest = rest.strip_prefix("base_").unwrap_or(rest);
    let found = NEEDS.iter().find(|(ending, _)| *ending == rest);
    found.map(|(_, bases)| (prefix, *bases))
}

fn is_met(item: &OfferingItem, all: &[OfferingItem]) -> bool {
    let Some((prefix, bases)) = needs(&item.product.name) else {
        return true;
    };
    let is_base = |name: &str| bases.iter().any(|base| *name == format!("{prefix}_base_{base}"));
    all.iter().any(|other| other.on && is_base(&other.product.name))
}

/// Refuses what was switched on without its base, and a base switched off below what needs it.
pub(crate) fn check(before: &[OfferingItem], after: &[OfferingItem]) -> Result<(), Reply> {
    for item in after.iter().filter(|item| item.on && !is_met(item, after)) {
        let known = before.iter().find(|old| old.is(&item.product.name, item.infra_id.as_deref()));
        if known.is_some_and(|old| old.on && !is_met(old, before)) {
            continue;
        }
        let info = format!("{} needs another offering item to be on.", item.product.name);
        return Err(refuse(400, ITEM_DEPENDENCY, "Offering items dependency error", &info));
    }
    Ok(())
}
