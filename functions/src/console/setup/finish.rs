//! The last step: the first plan is approved as it was shown, a sync starts, and its result is there to be seen (G27,
//! G28, G31, G33).

use super::super::connections::{Choice, the_named};
use super::super::fields::{Asked, Posted};
use super::super::gates::{Operator, Viewer};
use super::super::pages::{Failure, Frame, go_to, show};
use super::super::plan::approve_first;
use super::super::syncs::{Sync, Whom, ask_for, query_of};
use super::super::words::{Shown, at};
use super::review::{FirstPlan, first_plan, opened, sync_of, zone};
use super::steps::{HowFar, Step, Wizard};
use askama::Template;
use axum::response::Response;
use shared::person::Role;
use shared::run::{Job, Mode, Outcome};

#[derive(Template)]
#[template(path = "console/setup_finish.html")]
struct FinishPage {
    frame: Frame,
    token: String,
    connections: Vec<Choice>,
    wizard: Wizard,
    query: String,
    id: String,
    may_approve: bool,
    is_approved: bool,
    only_looks: bool,
    plan: Option<FirstPlan>,
    sync: Option<Sync>,
    result: Option<RunResult>,
}

impl FinishPage {
    fn sync_is_under_way(&self) -> bool {
        self.sync.as_ref().is_some_and(|sync| sync.is("under-way"))
    }
}

/// What the last run came to.
struct RunResult {
    at: Shown,
    outcome: Shown,
    made: usize,
    held: usize,
    findings: usize,
    right: usize,
}

pub(in super::super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let (connections, far) = opened(&who, &asked).await?;
    let (sync, zone) = (sync_of(&who, &far, &asked).await?, zone(&far));
    let last = far.run.as_ref().filter(|run| run.outcome != Outcome::Running && far.is_approved());
    let result = last.map(|run| RunResult {
        at: at(run.started, &zone),
        outcome: Shown::of(&run.outcome),
        made: run.counts.made,
        held: run.counts.held,
        findings: run.counts.findings,
        right: run.counts.right,
    });
    show(&FinishPage {
        frame: Frame::of_connection("Setup", &who, far.connection.as_ref()),
        connections: connections.choices(),
        wizard: far.wizard(Step::Finish),
        query: far.query(),
        id: far.id.as_ref().map(ToString::to_string).unwrap_or_default(),
        may_approve: who.person.role >= Some(Role::Operator),
        is_approved: far.is_approved(),
        only_looks: far.run.as_ref().is_some_and(|run| run.mode == Mode::Plan),
        plan: far.planned().and_then(|run| first_plan(run, &zone)),
        sync,
        result,
        token: who.token,
    })
}

pub(in super::super) async fn finish_now(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let (shown, since) = (posted.field("plan")?, who.console.jobs_clock.now());
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let far = HowFar::read(&who, Some(connection.id.clone())).await?;
    if !far.is_open(Step::Finish) {
        return Err(Failure::Refused("a step before this one is not done"));
    }
    // A second click asks for nothing that the first one did not.
    let query = match far.is_approved() {
        true => ask_for(&who, &connection.id, Job::UsageSync).await?,
        false => {
            approve_first(&who, &connection, shown).await?;
            query_of(&connection.id, &since.to_string(), Job::UsageSync, Whom::Everybody)
        }
    };
    Ok(go_to(&format!("/setup/finish?{query}")))
}
