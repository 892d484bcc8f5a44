//! The values that tickets and their notes may be given, as this database has them, and who may be assigned (T1).

use super::metadata::EntityField;
use super::query::{MOST_VALUES, Row, is, is_one_of};
use super::webhooks::ResourceRow;
use super::{AutotaskError, AutotaskReader};
use serde::Deserialize;
use shared::snapshot::CompanyType;
use shared::ticket::{Assignee, PickField, PickValue, Picklists};
use std::collections::{BTreeMap, BTreeSet};

/// The fields of tickets that are chosen.
const OF_TICKETS: [(&str, PickField); 8] = [
    ("status", PickField::Status),
    ("priority", PickField::Priority),
    ("queueID", PickField::Queue),
    ("ticketType", PickField::TicketType),
    ("issueType", PickField::Issue),
    ("subIssueType", PickField::SubIssue),
    ("ticketCategory", PickField::Category),
    ("source", PickField::Source),
];
/// The fields of notes that are chosen.
const OF_NOTES: [(&str, PickField); 2] = [("noteType", PickField::NoteType), ("publish", PickField::NotePublish)];

impl AutotaskReader {
    /// The picklists of tickets and notes, and which of `assignees` may be assigned; where there are none, nobody
    /// is asked for.
    pub async fn ticket_picklists(&self, assignees: &BTreeSet<Assignee>) -> Result<Picklists, AutotaskError> {
        let mut values = BTreeMap::new();
        for (entity, picked) in [("Tickets", OF_TICKETS.as_slice()), ("TicketNotes", OF_NOTES.as_slice())] {
            let fields = self.fields(entity).await?;
            values.extend(picked.iter().filter_map(|(name, pick)| Some((*pick, picklist(&fields, name)?))));
        }
        let assignees = match assignees.is_empty() {
            true => None,
            false => Some(self.assignable(assignees).await?),
        };
        Ok(Picklists { values, assignees })
    }

    /// The types that companies may be of (`Companies.companyType`).
    pub async fn company_types(&self) -> Result<Vec<CompanyType>, AutotaskError> {
        let fields = self.fields("Companies").await?;
        let types = picklist(&fields, "companyType").unwrap_or_default().into_iter();
        Ok(types.map(|(number, value)| CompanyType { number, name: value.label, active: value.active }).collect())
    }

    /// Those of `assignees` whose resource is active and holds the role at the service desk (Autotask developer
    /// help, Tickets: a role of one of its queues; ResourceRoles: such a role may have no queue any more, and then
    /// has no department either).
    async fn assignable(&self, assignees: &BTreeSet<Assignee>) -> Result<BTreeSet<Assignee>, AutotaskError> {
        let resources = assignees.iter().map(|assignee| assignee.resource).collect::<BTreeSet<_>>();
        let (mut active, mut held) = (BTreeSet::new(), BTreeSet::new());
        for some in resources.into_iter().collect::<Vec<_>>().chunks(MOST_VALUES) {
            let one_of = |field| is_one_of(field, some.iter().copied());
            active.extend(self.rows::<ResourceRow>(&[one_of("id"), is("isActive", true)]).await?);
            held.extend(
                self.rows::<RoleRow>(&[one_of("resourceID"), is("isActive", true)]).await?.into_iter().flatten(),
            );
        }
        let can_be = |assignee: &&Assignee| active.contains(&assignee.resource) && held.contains(*assignee);
        Ok(assignees.iter().filter(can_be).copied().collect())
    }
}

/// A field's values; none where it has no picklist of numbers.
fn picklist(fields: &[EntityField], name: &str) -> Option<BTreeMap<i64, PickValue>> {
    let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let values = field.choices.iter().filter_map(|choice| {
        let value = PickValue {
            label: choice.label.clone(),
            active: choice.active,
            usual: choice.is_default,
            parent: choice.parent.as_deref().and_then(number),
        };
        Some((number(&choice.value)?, value))
    });
    Some(values.collect::<BTreeMap<_, _>>()).filter(|values| !values.is_empty())
}

#[derive(Deserialize)]
struct RoleRow {
    id: i64,
    #[serde(rename = "resourceID")]
    resource: i64,
    #[serde(default, rename = "roleID")]
    role: Option<i64>,
    #[serde(default, rename = "queueID")]
    queue: Option<i64>,
    #[serde(default, rename = "departmentID")]
    department: Option<i64>,
}

impl Row for RoleRow {
    const ENTITY: &'static str = "ResourceRoles";
    const FIELDS: &'static [&'static str] = &["id", "resourceID", "roleID", "queueID", "departmentID"];
    type Fact = Option<Assignee>;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let at_the_desk = self.queue.is_some() || self.department.is_none();
        Ok(self.role.filter(|_| at_the_desk).map(|role| Assignee { resource: self.resource, role }))
    }
}
