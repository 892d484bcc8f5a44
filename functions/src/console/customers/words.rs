//! Links of customers in words.

use super::super::accounts::Accounts;
use shared::mapping::CustomerLink;

/// "Alpenblick Apotheke (Partner Nord › Bern)", "Not mapped".
pub(in super::super) fn link_in_words(link: &CustomerLink, accounts: &Accounts) -> String {
    match link {
        CustomerLink::Mapped { tenant, tenant_name } => match accounts.tenant(tenant) {
            Some(known) if known.path.is_empty() => known.name.clone(),
            Some(known) => format!("{} ({})", known.name, known.path),
            None => format!("{tenant_name} (tenant {tenant}, which was not there when it was last looked)"),
        },
        CustomerLink::Unmapped { left_alone: false } => "Not mapped".to_owned(),
        CustomerLink::Unmapped { left_alone: true } => "Not mapped, left alone".to_owned(),
        CustomerLink::ToCreate => "Not mapped, to get a new tenant".to_owned(),
        CustomerLink::Ignored { reason } => format!("Ignored: {reason}"),
    }
}
