//! What a person has staged and not applied yet (A36), as pages show and change it. Nothing of it is in force.

use super::gates::SignedIn;
use super::pages::Failure;
use crate::store::StoredDraft;
use shared::draft::{Draft, MOST_EDITS};
use shared::fingerprint;
use shared::ids::ConnectionId;
use shared::mapping::CustomerLink;
use shared::words::count;

/// How often a change is tried again that another page of the same person is in the way of.
const TRIES: usize = 5;

/// What the person has staged of a connection.
pub(super) async fn of(who: &SignedIn, connection: &ConnectionId) -> Result<StoredDraft, Failure> {
    Ok(who.console.store.draft(connection, &who.person.id).await?)
}

/// Changes what the person has staged, and stores it.
pub(super) async fn change<T>(
    who: &SignedIn,
    connection: &ConnectionId,
    mut edit: impl FnMut(&mut Draft) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (store, now) = (&who.console.store, who.console.clock.now());
    for _ in 0..TRIES {
        let mut stored = of(who, connection).await?;
        let done = edit(&mut stored.draft)?;
        if stored.draft.len() > MOST_EDITS {
            return Err(Failure::Refused("1,000 changes are staged, which is all that fits; apply them first"));
        }
        if store.save_draft(connection, &who.person.id, &stored, now).await? {
            return Ok(done);
        }
    }
    Err(Failure::Refused("another page of yours staged changes at the same moment"))
}

/// "3 changes staged", for the bar on top of a page; empty where there are none.
pub(super) fn in_words(draft: &Draft) -> String {
    if draft.is_empty() { String::new() } else { format!("{} staged", count(draft.len(), "change")) }
}

/// Stands for a link as a page showed it.
pub(super) fn print_of_link(link: &CustomerLink) -> String {
    match link {
        CustomerLink::Mapped { tenant, .. } => fingerprint::of(&["mapped", tenant.as_str()]),
        CustomerLink::Unmapped { left_alone } => fingerprint::of(&["unmapped", &left_alone.to_string()]),
        CustomerLink::ToCreate => fingerprint::of(&["new"]),
        CustomerLink::Ignored { reason } => fingerprint::of(&["ignored", reason]),
    }
}
