//! What was offered last to connect with, and what came of it. Who takes an offer up has a claim to it, by which two
//! deliveries of one event check it once; another offer ends it. Secrets are not here.

use super::Store;
use super::audit::audit_item;
use super::items::{Item, Key, Written, body_of, text, text_of};
use shared::ids::ConnectionId;
use shared::person::AuditRecord;
use shared::setup::{Setup, Stage};

/// The right to say what became of an offer.
#[derive(Debug)]
pub struct Claim {
    /// The offer as it was taken up.
    pub setup: Setup,
    token: String,
}

fn setup_key(connection: &ConnectionId) -> Key {
    Key { pk: format!("{connection}#setup"), sk: "offer".to_owned() }
}

fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Store {
    /// What was offered last; none where nothing ever was.
    pub async fn setup(&self, connection: &ConnectionId) -> anyhow::Result<Option<Setup>> {
        self.get(&setup_key(connection)).await?.as_ref().map(body_of).transpose()
    }

    /// Stores an offer in place of the one before, together with the record of who made it.
    pub async fn offer_setup(
        &self,
        connection: &ConnectionId,
        setup: &Setup,
        record: &AuditRecord,
    ) -> anyhow::Result<()> {
        let mut item = setup_key(connection).holding(setup)?;
        // Nobody's, so that whoever is at work on the one before has no claim any more.
        item.insert("claim".to_owned(), text(token()));
        let actions = vec![self.put_action(item)?, self.put_action(audit_item(record)?)?];
        self.transact("writing an offer", actions).await?;
        Ok(())
    }

    /// Takes an offer up at `now`; none where it is taken up already, or another was made.
    pub async fn claim_setup(
        &self,
        connection: &ConnectionId,
        offer: &str,
        now: jiff::Timestamp,
    ) -> anyhow::Result<Option<Claim>> {
        let Some(item) = self.get(&setup_key(connection)).await? else { return Ok(None) };
        let setup: Setup = body_of(&item)?;
        if !setup.may_be_taken_up(offer, now) {
            return Ok(None);
        }
        let setup = Setup { heard: now, stage: Stage::Checking(String::new()), ..setup };
        let claim = Claim { setup, token: token() };
        let before = text_of(&item, "claim").unwrap_or_default();
        let is_ours = self.write_setup(connection, before, &claim.token, &claim.setup).await?;
        Ok(is_ours.then_some(claim))
    }

    /// Says how far an offer is. False: another was made, and nothing is stored.
    pub async fn tell_setup(
        &self,
        connection: &ConnectionId,
        claim: &Claim,
        stage: Stage,
        now: jiff::Timestamp,
    ) -> anyhow::Result<bool> {
        let setup = Setup { heard: now, stage, ..claim.setup.clone() };
        self.write_setup(connection, &claim.token, &claim.token, &setup).await
    }

    async fn write_setup(
        &self,
        connection: &ConnectionId,
        before: &str,
        after: &str,
        setup: &Setup,
    ) -> anyhow::Result<bool> {
        let request = self
            .update(&setup_key(connection))
            .update_expression("SET #body = :body, #claim = :after")
            .condition_expression("#claim = :before")
            .expression_attribute_names("#body", "body")
            .expression_attribute_names("#claim", "claim")
            .expression_attribute_values(":body", text(serde_json::to_string(setup)?))
            .expression_attribute_values(":before", text(before))
            .expression_attribute_values(":after", text(after));
        let is_ours = |stored: &Item| text_of(stored, "claim") == Some(after);
        Ok(match self.written("writing what became of an offer", request).await? {
            Written::Done(_) => true,
            // Our own, where the reply was lost and the client sent the update again.
            Written::Refused { stored, .. } => is_ours(&stored),
        })
    }
}
