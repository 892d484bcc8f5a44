//! The setup, step by step (G10 to G17): connecting both vendors, which a job checks and keeps; the other steps are
//! beside it. What is entered here goes into a secret that the console cannot read, and nowhere else.

mod entered;
mod finish;
mod review;
mod steps;

pub(super) use finish::{finish_now, page as finish};
pub(super) use review::{customers, plan_now, products, review};

use super::connections::{Choice, Connections, the_named};
use super::fields::{Asked, Posted};
use super::gates::{Admin, SignedIn, Viewer};
use super::pages::{Failure, Frame, go_to, show};
use super::words::{Shown, at};
use crate::context::OfferedCredentials;
use crate::events::{CredentialsOffered, Event};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use entered::{Entered, Shows};
use jiff::tz::TimeZone;
use shared::ids::{ConnectionId, is_connection_name};
use shared::person::{AuditRecord, Role};
use shared::setup::{Refusal, Setup, Sight, Stage};
use steps::{HowFar, Step, Wizard};

#[derive(Template)]
#[template(path = "console/setup.html")]
struct ConnectPage {
    frame: Frame,
    token: String,
    connections: Vec<Choice>,
    wizard: Wizard,
    check: Option<Check>,
    may_connect: bool,
    /// Whether the credentials come from the environment.
    of_environment: bool,
    /// The connection whose credentials are kept.
    kept: Option<String>,
    form: Shows,
}

impl ConnectPage {
    /// Whether the form is wanted again.
    fn check_is_refused(&self) -> bool {
        self.check.as_ref().is_some_and(|check| !check.refusals.is_empty())
    }
}

/// What is known of the last check.
struct Check {
    state: &'static str,
    poll: String,
    again: String,
    at: Shown,
    by: Shown,
    doing: Option<Shown>,
    refusals: Vec<RefusalRow>,
    sight: Option<Sight>,
    unseen: Option<Shown>,
}

struct RefusalRow {
    with_whom: &'static str,
    what: Shown,
    said: Option<Shown>,
    advice: &'static str,
}

impl Check {
    fn of(far: &HowFar, setup: &Setup, now: jiff::Timestamp) -> Self {
        let query = far.query();
        let (doing, refusals) = match &setup.stage {
            Stage::Checking(doing) if !doing.is_empty() => (Some(Shown::of(doing)), [].as_slice()),
            Stage::Refused(refusals) => (None, refusals.as_slice()),
            _ => (None, [].as_slice()),
        };
        let sight = setup.sight().cloned();
        let unseen = sight.as_ref().map(Sight::unseen).filter(|unseen| !unseen.is_empty());
        Self {
            state: state(setup, now),
            poll: format!("/setup/progress{query}"),
            again: far.href(Step::Connect),
            at: at(setup.heard, &TimeZone::UTC),
            by: Shown::of(&setup.by),
            doing,
            refusals: refusals.iter().map(refusal_row).collect(),
            sight,
            unseen: unseen.map(|unseen| Shown::of(unseen.join(", no "))),
        }
    }
}

fn refusal_row(refusal: &Refusal) -> RefusalRow {
    RefusalRow {
        with_whom: refusal.wrong.with_whom(),
        what: Shown::of(&refusal.wrong),
        said: Some(Shown::of(&refusal.said)).filter(|_| !refusal.said.is_empty()),
        advice: refusal.wrong.advice(),
    }
}

/// By which name the script knows how far a check is.
fn state(setup: &Setup, now: jiff::Timestamp) -> &'static str {
    match &setup.stage {
        _ if setup.is_under_way(now) => "under-way",
        Stage::Refused(_) | Stage::Connected(_) => "done",
        Stage::Offered | Stage::Checking(_) => "silent",
    }
}

/// The connection that an address names, whether it is there or only offered; the first where it names none.
async fn asked_for(who: &SignedIn, asked: &Asked) -> Result<(Connections, HowFar), Failure> {
    let store = &who.console.store;
    let Some(name) = asked.field("connection") else {
        let connections = Connections::choose(store, None).await?;
        let wants_new = asked.field("new").is_some();
        let id = connections.chosen.as_ref().map(|chosen| chosen.id.clone()).filter(|_| !wants_new);
        return Ok((connections, HowFar::read(who, id).await?));
    };
    let far = match is_connection_name(name) {
        true => HowFar::read(who, Some(ConnectionId::new(name))).await?,
        false => return Ok((Connections::choose(store, Some(name)).await?, HowFar::read(who, None).await?)),
    };
    if far.connection.is_none() && far.setup.is_none() {
        return Err(Failure::NoSuchPage);
    }
    let known = far.connection.as_ref().map(|connection| connection.id.as_str());
    Ok((Connections::choose(store, known).await?, far))
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let (connections, far) = asked_for(&who, &asked).await?;
    let form = match (&far.id, &far.setup) {
        (None, _) => Shows::new_one(connections.chosen.is_none()),
        (Some(id), setup) => {
            let plain = Shows::new_one(false);
            let entered = setup.as_ref().and_then(|setup| Some((setup.login.clone()?, setup.create_field)));
            let (login, create_field) = entered.unwrap_or((plain.login.clone(), false));
            Shows { connection: id.to_string(), is_new: far.connection.is_none(), login, create_field, ..plain }
        }
    };
    show(&connect_page(who, &connections, &far, form))
}

fn connect_page(who: SignedIn, connections: &Connections, far: &HowFar, form: Shows) -> ConnectPage {
    let now = who.console.jobs_clock.now();
    ConnectPage {
        frame: Frame::of_connection("Setup", &who, far.connection.as_ref()),
        connections: connections.choices(),
        wizard: far.wizard(Step::Connect),
        check: far.setup.as_ref().map(|setup| Check::of(far, setup, now)),
        may_connect: who.person.role >= Some(Role::Admin),
        of_environment: who.console.offers.is_none(),
        kept: far.connection.as_ref().map(|connection| connection.id.to_string()),
        form,
        token: who.token,
    }
}

/// Says, to the script of the page, what became of a check.
pub(super) async fn progress(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let name = asked.field("connection").filter(|name| is_connection_name(name)).ok_or(Failure::NoSuchPage)?;
    let setup = who.console.store.setup(&ConnectionId::new(name)).await?.ok_or(Failure::NoSuchPage)?;
    Ok(state(&setup, who.console.jobs_clock.now()).into_response())
}

pub(super) async fn offer(Admin(who): Admin, posted: Posted) -> Result<Response, Failure> {
    let offers = who.console.offers.clone().ok_or(Failure::Refused(
        "the credentials come from the environment in which this program was started; change them there",
    ))?;
    let entered = match Entered::of(&posted)? {
        Ok(entered) => entered,
        Err(form) => {
            let far = HowFar::read(&who, None).await?;
            let connections = Connections::choose(&who.console.store, None).await?;
            let page = show(&connect_page(who, &connections, &far, form))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (connection, login) = (entered.connection.clone(), entered.login());
    let Some(setup) = begin(&who, &connection, Some(login), entered.create_field).await? else {
        return Ok(to_page(&connection));
    };
    let offered = OfferedCredentials { offer: setup.offer.clone(), credentials: entered.credentials };
    offers.put(&connection, &offered.to_json()).await.map_err(anyhow::Error::from)?;
    publish(&who, &connection, setup).await
}

pub(super) async fn test(Admin(who): Admin, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?.id;
    let create_field = posted.optional("create_field").is_some();
    match begin(&who, &connection, None, create_field).await? {
        Some(setup) => publish(&who, &connection, setup).await,
        None => Ok(to_page(&connection)),
    }
}

/// Writes down what is to be checked; nothing while somebody is at work on another check: its outcome comes soon.
async fn begin(
    who: &SignedIn,
    connection: &ConnectionId,
    login: Option<shared::setup::Login>,
    create_field: bool,
) -> Result<Option<Setup>, Failure> {
    let (store, now) = (&who.console.store, who.console.jobs_clock.now());
    let before = store.setup(connection).await?;
    let at_work = |setup: &Setup| matches!(setup.stage, Stage::Checking(_)) && setup.is_under_way(now);
    if before.as_ref().is_some_and(at_work) {
        return Ok(None);
    }
    let setup = Setup {
        offer: uuid::Uuid::new_v4().to_string(),
        by: who.person.id.clone(),
        at: now,
        heard: now,
        create_field,
        login,
        stage: Stage::Offered,
    };
    let record = AuditRecord {
        at: who.console.clock.now(),
        by: who.person.id.clone(),
        what: format!("credentials of connection {connection} to be checked"),
        before: before.as_ref().map_or("none were".to_owned(), in_words),
        after: in_words(&setup),
    };
    store.offer_setup(connection, &setup, &record).await?;
    Ok(Some(setup))
}

/// What was to be checked, as the record of changes has it.
fn in_words(setup: &Setup) -> String {
    let field = if setup.create_field { "; makes the contract field" } else { "" };
    match &setup.login {
        None => format!("those that are kept{field}"),
        Some(login) => format!(
            "{}, client {}; {}, user {}{field}",
            login.datacenter_url, login.client_id, login.zone_url, login.user_name
        ),
    }
}

async fn publish(who: &SignedIn, connection: &ConnectionId, setup: Setup) -> Result<Response, Failure> {
    let offered = CredentialsOffered { connection: connection.clone(), offer: setup.offer };
    who.console.bus.publish(&[Event::CredentialsOffered(offered)]).await?;
    tracing::info!(%connection, "credentials are to be checked");
    Ok(to_page(connection))
}

fn to_page(connection: &ConnectionId) -> Response {
    // A name of a connection holds nothing that an address would have to escape, but one that others made might.
    let mut fields = url::form_urlencoded::Serializer::new(String::new());
    go_to(&format!("/setup?{}", fields.append_pair("connection", connection.as_str()).finish()))
}
