//! Edits of tickets, each a call of the world's function.

use super::{Edit, found, made};
use crate::world::World;
use serde_json::{Value, json};

impl Edit {
    /// Carries out an edit of tickets; hands back any other.
    pub(super) fn apply_to_tickets(self, world: &mut World) -> Result<Result<Value, String>, Self> {
        Ok(match self {
            Self::HumanTicket { company, title } => world.human_ticket(company, &title).map(|id| json!(id)),
            Self::HumanNote { ticket, title, text } => made(world.human_note(ticket, &title, &text)),
            Self::HumanClose { ticket } => found(world.human_close(ticket)),
            Self::HumanChangeStatus { ticket, status } => found(world.human_change_status(ticket, status)),
            Self::HumanMoveTicket { ticket, queue } => found(world.human_move_ticket(ticket, queue)),
            Self::HumanTakeTicket { ticket } => found(world.human_take_ticket(ticket)),
            Self::HumanMergeTicket { ticket, into } => found(world.human_merge_ticket(ticket, into)),
            Self::HumanDeleteTicket { ticket } => found(world.human_delete_ticket(ticket)),
            Self::OfferPicklistValue { entity, field, value, on } => {
                found(world.offer_picklist_value(&entity, &field, value, on))
            }
            Self::DeactivateResource { resource } => found(world.deactivate_resource(resource)),
            Self::AddConfigurationItem { company, name } => Ok(json!(world.add_configuration_item(company, &name))),
            other => return Err(other),
        })
    }
}
