//! What a person offers in the console to connect with: checked here by who may read secrets and call vendors, kept
//! where it is good, and told in the table. Credentials are only ever replaced by such that were found to work.

use super::{Misplaced, set_up};
use crate::acronis::{Acronis, AcronisError};
use crate::autotask::{AutotaskError, AutotaskReader, WriteError};
use crate::context::{OfferedCredentials, Secret, VendorCredentials};
use crate::events::CredentialsOffered;
use crate::host::{Host, Vendors};
use crate::http::{Vendor, VendorUrl};
use crate::store::Claim;
use shared::ids::ConnectionId;
use shared::setup::{Refusal, Setup, Stage, Wrong};
use std::pin::pin;
use std::time::Duration;

/// How often a check says that it goes on.
const TOLD_EVERY: Duration = Duration::from_secs(3);
/// What stands in a secret of which nothing is left.
const NOTHING: &str = "{}";

/// Takes an offer up, unless somebody did, or another was made since. What a person has to mend is no error.
pub async fn take_up(host: &Host, event: &CredentialsOffered) -> anyhow::Result<()> {
    let CredentialsOffered { connection, offer } = event;
    let Some(claim) = host.store.claim_setup(connection, offer, host.clock.now()).await? else {
        tracing::info!(%connection, "an offer is taken up already, or another was made since");
        return Ok(());
    };
    let came = told_of(host, connection, &claim).await;
    let stage = match &came {
        Ok(stage) => stage.clone(),
        Err(_) => refused(Wrong::Unable, ""),
    };
    // First what was offered goes: who reads that it was refused may rely on that.
    let emptied = match claim.setup.login {
        Some(_) => host.secrets.keep(&host.secrets.offered(connection), &Secret::new(NOTHING)).await,
        None => Ok(()),
    };
    match &stage {
        Stage::Connected(_) => tracing::info!(%connection, "credentials were checked and are good"),
        _ => tracing::info!(%connection, "credentials were checked and are not kept"),
    }
    if !host.store.tell_setup(connection, &claim, stage, host.clock.now()).await? {
        tracing::info!(%connection, "another offer was made meanwhile");
    }
    emptied?;
    came.map(drop)
}

/// The outcome, while it is told every few seconds that somebody is at work.
async fn told_of(host: &Host, connection: &ConnectionId, claim: &Claim) -> anyhow::Result<Stage> {
    let steps = host.progress.watch();
    let mut outcome = pin!(outcome(host, connection, &claim.setup));
    loop {
        tokio::select! {
            stage = &mut outcome => return stage,
            () = tokio::time::sleep(TOLD_EVERY) => {
                let doing = steps.borrow().doing.to_owned();
                if !host.store.tell_setup(connection, claim, Stage::Checking(doing), host.clock.now()).await? {
                    return Ok(refused(Wrong::Gone, ""));
                }
            }
        }
    }
}

async fn outcome(host: &Host, connection: &ConnectionId, setup: &Setup) -> anyhow::Result<Stage> {
    let new = match setup.login {
        None => None,
        Some(_) => match entered(host, connection, &setup.offer).await? {
            Some(credentials) => Some(credentials),
            None => return Ok(refused(Wrong::Gone, "")),
        },
    };
    let vendors = match &new {
        None => host.vendors(connection).await?,
        Some(new) => match addresses(host, new) {
            refusals if !refusals.is_empty() => return Ok(Stage::Refused(refusals)),
            _ => host.vendors_with(new)?,
        },
    };
    host.progress.begin("logging in at Acronis and Autotask", None);
    let (acronis, autotask) = tokio::join!(acronis_says(&vendors.acronis), autotask_says(&vendors.autotask));
    let refusals: Vec<Refusal> = acronis.into_iter().chain(autotask).collect();
    if !refusals.is_empty() {
        return Ok(Stage::Refused(refusals));
    }
    connected(host, connection, vendors, setup.create_field, new.as_ref()).await
}

async fn connected(
    host: &Host,
    connection: &ConnectionId,
    vendors: Vendors,
    create_field: bool,
    new: Option<&VendorCredentials>,
) -> anyhow::Result<Stage> {
    match Box::pin(set_up(host, connection, vendors, create_field, new)).await {
        Ok(connected) => Ok(Stage::Connected(Box::new(connected.sight()))),
        Err(error) => refusal_in(&error).map(|refusal| Stage::Refused(vec![refusal])).ok_or(error),
    }
}

/// What was entered, if it is still this offer.
async fn entered(host: &Host, connection: &ConnectionId, offer: &str) -> anyhow::Result<Option<VendorCredentials>> {
    let text = host.secrets.read(&host.secrets.offered(connection)).await?;
    let offered = text.and_then(|text| OfferedCredentials::from_json(&text));
    Ok(offered.filter(|offered| offered.offer == offer).map(|offered| offered.credentials))
}

/// What is wrong with the addresses, before anything is sent to one.
fn addresses(host: &Host, new: &VendorCredentials) -> Vec<Refusal> {
    let all = [
        (Wrong::AcronisAddress, &new.acronis.datacenter_url, Vendor::Acronis),
        (Wrong::AutotaskAddress, &new.autotask.zone_url, Vendor::Autotask),
    ];
    let wrong = all.into_iter().filter_map(|(wrong, text, vendor)| {
        let said = VendorUrl::parse(text, vendor, host.allow_loopback).err()?;
        Some(Refusal { wrong, said })
    });
    wrong.collect()
}

async fn acronis_says(acronis: &Acronis) -> Option<Refusal> {
    acronis.own_tenant().await.err().map(|error| of_acronis(&error))
}

/// The zone is asked for without the secret, and something else with it.
async fn autotask_says(autotask: &AutotaskReader) -> Option<Refusal> {
    match autotask.database().await {
        Ok(_) => autotask.threshold().await.err().map(|error| of_autotask(&error)),
        Err(AutotaskError::Refused(_)) => Some(Refusal { wrong: Wrong::AutotaskUser, said: String::new() }),
        Err(error) => Some(of_autotask(&error)),
    }
}

fn of_acronis(error: &AcronisError) -> Refusal {
    let (wrong, said) = match error {
        AcronisError::Unauthorized(said) => (Wrong::AcronisLogin, said),
        AcronisError::Forbidden(said) => (Wrong::AcronisForbids, said),
        AcronisError::NotFound(said) | AcronisError::Failed(said) => (Wrong::AcronisSilent, said),
    };
    Refusal { wrong, said: said.clone() }
}

fn of_autotask(error: &AutotaskError) -> Refusal {
    let (wrong, said) = match error {
        AutotaskError::Unauthorized(said) => (Wrong::AutotaskLogin, said.clone()),
        AutotaskError::Refused(said) => (of_words(said), said.clone()),
        AutotaskError::Failed(said) => (Wrong::AutotaskSilent, said.clone()),
        AutotaskError::BudgetSpent => (Wrong::AutotaskSilent, error.to_string()),
    };
    Refusal { wrong, said }
}

/// Autotask says most things under one status, in words (Autotask developer help, REST error handling).
fn of_words(said: &str) -> Wrong {
    let said = said.to_lowercase().replace(' ', "");
    let is_of = |words: &str| said.contains(words);
    match () {
        () if is_of("integrationcode") || is_of("trackingidentifier") => Wrong::AutotaskCode,
        () if is_of("username") || is_of("apiuser") || is_of("api-only") => Wrong::AutotaskLogin,
        () => Wrong::AutotaskForbids,
    }
}

/// What a person can do something about among the causes of an error.
fn refusal_in(error: &anyhow::Error) -> Option<Refusal> {
    let doing = error.to_string();
    let while_doing = |refusal: Refusal| Refusal { said: format!("{doing}: {}", refusal.said), ..refusal };
    error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<AcronisError>() {
            let refusal = of_acronis(error);
            // Nothing that was asked for there can be missing to who may see it.
            let is_hidden = matches!(error, AcronisError::NotFound(_));
            let wrong = if is_hidden { Wrong::AcronisForbids } else { refusal.wrong };
            return Some(while_doing(Refusal { wrong, said: refusal.said }));
        }
        if let Some(error) = cause.downcast_ref::<AutotaskError>() {
            return Some(while_doing(of_autotask(error)));
        }
        if let Some(error) = cause.downcast_ref::<WriteError>() {
            return Some(Refusal { wrong: Wrong::FieldNotMade, said: error.to_string() });
        }
        let misplaced = cause.downcast_ref::<Misplaced>()?;
        Some(match misplaced {
            Misplaced::OtherVendors { known: (tenant, database), .. } => Refusal {
                wrong: Wrong::OtherVendors,
                said: format!("this connection is for tenant {tenant} and database {database}"),
            },
            Misplaced::Twin { twin, .. } => Refusal { wrong: Wrong::Twin, said: format!("it is called {twin}") },
        })
    })
}

fn refused(wrong: Wrong, said: &str) -> Stage {
    Stage::Refused(vec![Refusal { wrong, said: said.to_owned() }])
}
