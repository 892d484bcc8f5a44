//! Two connections in one table: nothing of one ever touches the other, although their companies have the same
//! numbers.

use crate::stage::{Customer, Provider, Stage, WORKSTATIONS};
use shared::ids::{CompanyId, ConnectionId};
use shared::run::{Job, RunRecord};

async fn two() -> (Stage, Provider, [Customer; 2]) {
    let mut stage = Stage::new().await;
    let south = stage.beside("south", 2).await;
    let ours = stage.msp.customer("North's", &[(WORKSTATIONS, 10)]);
    let theirs = south.customer("South's", &[(WORKSTATIONS, 20)]);
    assert_eq!(ours.company, theirs.company, "the same number means somebody else");
    stage.settle().await;
    stage.settle_connection(&south.connection.clone()).await;
    for provider in [&stage.msp, &south] {
        provider.sandbox.clear_requests();
    }
    (stage, south, [ours, theirs])
}

async fn runs_of(stage: &Stage, connection: &ConnectionId) -> Vec<RunRecord> {
    let since = jiff::Timestamp::UNIX_EPOCH;
    stage.machine.host.store.runs_since(connection, since).await.expect("the table is read")
}

#[tokio::test]
async fn nothing_of_one_connection_touches_the_other() {
    let (mut stage, south, [ours, theirs]) = two().await;
    stage.msp.customer("Only north's", &[(WORKSTATIONS, 3)]);
    let runs_before = runs_of(&stage, &south.connection).await;
    stage.pass_minutes(1);
    south.sandbox.set_now(stage.clock.now());
    stage.msp.adjust(&ours, WORKSTATIONS, 1);
    stage.msp.change(|world| world.lock_tenant(&ours.tenant, true));
    stage.watch().await;
    stage.msp.change(|world| world.lock_tenant(&ours.tenant, false));
    stage.look_at(&ours).await;
    assert_eq!(stage.msp.allowed(&ours, WORKSTATIONS), "11");
    assert_eq!(south.sandbox.requests().len(), 0, "nobody called south's vendors");
    assert_eq!(runs_of(&stage, &south.connection).await, runs_before, "no run, and no finding, is south's");
    assert_eq!(south.allowed(&theirs, WORKSTATIONS), "20");

    stage.msp.sandbox.clear_requests();
    let runs_before = runs_of(&stage, &stage.msp.connection).await;
    south.adjust(&theirs, WORKSTATIONS, 5);
    let runs = stage.wake_for(&south.connection.clone(), Job::ContractWatch).await;
    assert!(runs.len() > 1, "{runs:#?}");
    assert_eq!(south.allowed(&theirs, WORKSTATIONS), "25");
    assert_eq!(stage.msp.sandbox.requests().len(), 0, "nobody called north's vendors");
    assert_eq!(runs_of(&stage, &stage.msp.connection).await, runs_before);
    for (provider, other) in [(&stage.msp, &theirs), (&south, &ours)] {
        let seen = provider.sandbox.requests();
        let names = |text: &str| text.contains(&other.tenant);
        let strangers = seen.iter().filter(|one| names(&one.path) || names(&one.query) || names(&one.body)).count();
        // The sandbox numbers tenants alike; what counts is that each was asked by its own credentials.
        assert!(strangers == 0 || ours.tenant == theirs.tenant, "{strangers} requests name the other's tenant");
    }
}

#[tokio::test]
async fn every_event_of_a_look_is_of_its_own_connection() {
    let (mut stage, south, [ours, theirs]) = two().await;
    stage.pass_minutes(24 * 60);
    south.sandbox.set_now(stage.clock.now());
    stage.msp.adjust(&ours, WORKSTATIONS, 1);
    south.adjust(&theirs, WORKSTATIONS, 1);
    for event in stage.publish().await {
        assert_eq!(event.connection(), &stage.msp.connection, "{event:?}");
    }
}

#[tokio::test]
async fn a_lease_of_one_connection_holds_up_no_run_of_the_other() {
    let (mut stage, south, [ours, theirs]) = two().await;
    stage.pass_minutes(1);
    south.sandbox.set_now(stage.clock.now());
    let store = stage.machine.host.store.clone();
    let now = stage.clock.now();
    for job in [Job::ContractWatch, Job::ContractChanged, Job::UsageSync] {
        store.acquire_lease(&stage.msp.connection, job, "somebody", now).await.expect("written").expect("it is free");
    }
    stage.msp.adjust(&ours, WORKSTATIONS, 1);
    south.adjust(&theirs, WORKSTATIONS, 1);
    for connection in [stage.msp.connection.clone(), south.connection.clone()] {
        stage.wake_for(&connection, Job::ContractWatch).await;
    }
    assert_eq!(stage.msp.allowed(&ours, WORKSTATIONS), "10");
    assert_eq!(south.allowed(&theirs, WORKSTATIONS), "21");
}

#[tokio::test]
async fn what_is_remembered_of_a_company_is_its_own_connections() {
    let (stage, south, [ours, theirs]) = two().await;
    for (provider, customer) in [(&stage.msp, &ours), (&south, &theirs)] {
        let mut states = Vec::new();
        let each = |state| states.push(state);
        stage.machine.host.store.quota_states(&provider.connection, each).await.expect("the table is read");
        let [state] = states.as_slice() else { panic!("{states:#?}") };
        assert_eq!((state.company, state.tenant.as_str()), (CompanyId(customer.company), customer.tenant.as_str()));
        let contracts = state.seen.as_ref().map(|seen| seen.contracts.len());
        assert_eq!(contracts, Some(1));
    }
}
