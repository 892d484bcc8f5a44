//! Tickets as they stand in Autotask, whether a person worked on them (T4), and which of our notes are there (U6).
//! As many requests as there are pages; only histories are asked one by one.

use super::number::Whole;
use super::query::{MOST_OF_TWO, MOST_VALUES, Row, is, is_one_of};
use super::scoped::moment;
use super::{AutotaskError, AutotaskReader};
use serde::Deserialize;
use serde_json::Value;
use shared::ids::{CompanyId, TicketId};
use shared::ticket::Ticket;
use std::collections::{BTreeMap, BTreeSet};

impl AutotaskReader {
    /// These tickets; those that Autotask does not have, or does not show, are left out.
    ///
    /// With `people` it is found out whether a person worked on each: anybody but the resource that created it,
    /// whom we take for ourselves. The ticket's own row tells who was active on it last and who completed it. For
    /// tickets that are open and of which nothing is known by that, one query for all asks who wrote notes, and
    /// for those among them that were touched since they were created the history is asked, each its own (Autotask
    /// developer help, TicketHistory: a single ticketID, and no other condition). Without `people` the row alone
    /// tells. Of a ticket that a person created (an external id typed by hand) that same person's later work is
    /// not seen, and neither is a time entry followed by something of ours. A rule of Autotask's that acts under
    /// another resource than ours cannot be told from a person.
    ///
    /// Autotask's tickets have no field that says into which other one they were merged: `merged_into` is never
    /// set.
    pub async fn tickets(&self, ids: &[TicketId], people: bool) -> Result<Vec<Ticket>, AutotaskError> {
        let conditions = ids.chunks(MOST_VALUES).map(|some| is_one_of("id", some.iter().map(|id| id.0)));
        self.tickets_by(conditions, people).await
    }

    /// The tickets that carry any of these external ids, as [`Self::tickets`] reads them; all of them where several
    /// carry one. Texts compare at the vendor without regard to case.
    pub async fn tickets_by_external_id(&self, keys: &[String], people: bool) -> Result<Vec<Ticket>, AutotaskError> {
        let conditions = keys.chunks(MOST_VALUES).map(|some| is_one_of("externalID", some.iter().map(String::as_str)));
        self.tickets_by(conditions, people).await
    }

    /// Which of these notes are there, each by its ticket and its exact title.
    pub async fn notes_that_are_there(
        &self,
        wanted: &[(TicketId, String)],
    ) -> Result<BTreeSet<(TicketId, String)>, AutotaskError> {
        let mut there = BTreeSet::new();
        for some in wanted.chunks(MOST_OF_TWO) {
            let tickets = some.iter().map(|(ticket, _)| ticket.0).collect::<BTreeSet<_>>();
            let titles = some.iter().map(|(_, title)| title.as_str()).collect::<BTreeSet<_>>();
            let conditions = [is_one_of("ticketID", tickets), is_one_of("title", titles)];
            self.each_row::<NoteTitle>(&conditions, |note| {
                there.insert(note);
            })
            .await?;
        }
        // The query also gives one ticket's title on another, and titles that differ only in case.
        let wanted = wanted.iter().collect::<BTreeSet<_>>();
        there.retain(|note| wanted.contains(note));
        Ok(there)
    }

    async fn tickets_by(
        &self,
        conditions: impl Iterator<Item = Value>,
        people: bool,
    ) -> Result<Vec<Ticket>, AutotaskError> {
        let mut read = BTreeMap::new();
        for condition in conditions {
            self.each_row::<TicketRow>(&[condition], |ticket| {
                read.insert(ticket.ticket.id, ticket);
            })
            .await?;
        }
        if people {
            self.find_people_in_notes(&mut read).await?;
            self.find_people_in_histories(&mut read).await?;
        }
        Ok(read.into_values().map(|read| read.ticket).collect())
    }

    async fn find_people_in_notes(&self, read: &mut BTreeMap<TicketId, TicketRead>) -> Result<(), AutotaskError> {
        for some in undecided(read).collect::<Vec<_>>().chunks(MOST_VALUES) {
            let of_tickets = is_one_of("ticketID", some.iter().map(|id| id.0));
            self.each_row::<NoteAuthorRow>(&[of_tickets], |note| {
                if let Some(read) = read.get_mut(&note.ticket) {
                    read.ticket.worked_on_by_person |= note.by_contact || read.is_another(note.resource);
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn find_people_in_histories(&self, read: &mut BTreeMap<TicketId, TicketRead>) -> Result<(), AutotaskError> {
        for id in undecided(read).collect::<Vec<_>>() {
            let Some(read) = read.get_mut(&id).filter(|read| read.was_touched) else { continue };
            let (authors, goes_on) = self.first_page::<HistoryAuthor>(is("ticketID", id.0)).await?;
            // A second page cannot be asked for; a ticket with so long a history is left to people.
            read.ticket.worked_on_by_person = goes_on || authors.into_iter().any(|author| read.is_another(author));
        }
        Ok(())
    }
}

/// The open tickets of which it is not known that a person worked on them.
fn undecided(read: &BTreeMap<TicketId, TicketRead>) -> impl Iterator<Item = TicketId> {
    let open = read.values().map(|read| &read.ticket).filter(|ticket| ticket.closed_at.is_none());
    open.filter(|ticket| !ticket.worked_on_by_person).map(|ticket| ticket.id)
}

/// A ticket with what else its row tells of people.
struct TicketRead {
    ticket: Ticket,
    creator: Option<i64>,
    /// Whether anything happened to it after it was created.
    was_touched: bool,
}

impl TicketRead {
    fn is_another(&self, resource: Option<i64>) -> bool {
        is_another(resource, self.creator)
    }
}

/// Whether a resource is somebody, and not the creator.
fn is_another(resource: Option<i64>, creator: Option<i64>) -> bool {
    resource.is_some() && resource != creator
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TicketRow {
    id: i64,
    #[serde(default)]
    ticket_number: Option<String>,
    #[serde(rename = "companyID")]
    company: i64,
    status: Whole,
    #[serde(default)]
    create_date: Option<String>,
    #[serde(default)]
    completed_date: Option<String>,
    #[serde(default)]
    last_activity_date: Option<String>,
    #[serde(default, rename = "externalID")]
    external_id: Option<String>,
    #[serde(default, rename = "creatorResourceID")]
    creator: Option<i64>,
    #[serde(default, rename = "lastActivityResourceID")]
    last_active: Option<i64>,
    #[serde(default, rename = "completedByResourceID")]
    completed_by: Option<i64>,
}

impl Row for TicketRow {
    const ENTITY: &'static str = "Tickets";
    const FIELDS: &'static [&'static str] = &[
        "id",
        "ticketNumber",
        "companyID",
        "status",
        "createDate",
        "completedDate",
        "lastActivityDate",
        "externalID",
        "creatorResourceID",
        "lastActivityResourceID",
        "completedByResourceID",
    ];
    type Fact = TicketRead;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let at = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(moment).transpose();
        let created_at = at(self.create_date.as_deref())?;
        let active_at = at(self.last_activity_date.as_deref())?;
        let last_activity_at = active_at.or(created_at).ok_or("it has neither lastActivityDate nor createDate")?;
        let is_another = |resource| is_another(resource, self.creator);
        let ticket = Ticket {
            id: TicketId(self.id),
            number: self.ticket_number.unwrap_or_default(),
            company: CompanyId(self.company),
            status: self.status.0,
            closed_at: at(self.completed_date.as_deref())?,
            last_activity_at,
            external_id: self.external_id.filter(|key| !key.is_empty()),
            worked_on_by_person: is_another(self.last_active) || is_another(self.completed_by),
            merged_into: None,
        };
        // Where one of the two is missing, it may have been.
        Ok(TicketRead { ticket, creator: self.creator, was_touched: active_at != created_at })
    }
}

#[derive(Deserialize)]
struct NoteTitle {
    id: i64,
    #[serde(rename = "ticketID")]
    ticket: i64,
    #[serde(default)]
    title: Option<String>,
}

impl Row for NoteTitle {
    const ENTITY: &'static str = "TicketNotes";
    const FIELDS: &'static [&'static str] = &["id", "ticketID", "title"];
    type Fact = (TicketId, String);

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok((TicketId(self.ticket), self.title.unwrap_or_default()))
    }
}

#[derive(Deserialize)]
struct NoteAuthorRow {
    id: i64,
    #[serde(rename = "ticketID")]
    ticket: i64,
    #[serde(default, rename = "creatorResourceID")]
    resource: Option<i64>,
    #[serde(default, rename = "createdByContactID")]
    contact: Option<i64>,
}

/// Who wrote a note.
struct NoteAuthor {
    ticket: TicketId,
    resource: Option<i64>,
    by_contact: bool,
}

impl Row for NoteAuthorRow {
    const ENTITY: &'static str = "TicketNotes";
    const FIELDS: &'static [&'static str] = &["id", "ticketID", "creatorResourceID", "createdByContactID"];
    type Fact = NoteAuthor;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(NoteAuthor { ticket: TicketId(self.ticket), resource: self.resource, by_contact: self.contact.is_some() })
    }
}

#[derive(Deserialize)]
struct HistoryAuthor {
    id: i64,
    #[serde(default, rename = "resourceID")]
    resource: Option<i64>,
}

impl Row for HistoryAuthor {
    const ENTITY: &'static str = "TicketHistory";
    // All of them: of this entity hardly a field may be asked for by name.
    const FIELDS: &'static [&'static str] = &[];
    type Fact = Option<i64>;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(self.resource)
    }
}
