//! What is remembered of quotas, how far contracts were watched, the mark of the first plan of quotas, and earlier
//! mappings.

use crate::samples::{ODD, connection, day, id, key, mapping, now};
use crate::table;
use functions::store::Store;
use shared::ids::{CompanyId, ConnectionId, ContractId, LineId, TenantId};
use shared::kept::Seen;
use shared::quota_facts::{KnownQuota, QuotaState};
use shared::run::Connection;
use shared::watch::Watched;
use std::collections::{BTreeMap, BTreeSet};

/// A state with odd values everywhere.
fn state(company: i64) -> QuotaState {
    let known = |name: &str, storage: Option<&str>| KnownQuota {
        key: key(name, storage),
        mapped_as: ODD.to_owned(),
        pay_as_you_go: storage.is_some(),
        writes: u32::MAX,
    };
    QuotaState {
        company: CompanyId(company),
        tenant: TenantId::new(ODD),
        quotas: vec![known(ODD, Some(ODD)), known("", None)],
        seen: Some(Seen {
            tenant: true,
            contracts: BTreeSet::from([ContractId(i64::MAX)]),
            lines: BTreeSet::from([LineId(i64::MIN), LineId(0)]),
        }),
        no_contract_since: Some(day()),
        disables: u32::MAX,
        ..QuotaState::new(CompanyId(company), TenantId::new(ODD))
    }
}

async fn states(store: &Store, connection: &ConnectionId) -> BTreeMap<CompanyId, QuotaState> {
    let mut states = BTreeMap::new();
    let each = |state: QuotaState| assert_eq!(states.insert(state.company, state), None, "each company once");
    store.quota_states(connection, each).await.expect("the table is read");
    states
}

#[tokio::test]
async fn what_is_remembered_of_quotas_reads_back_as_saved_and_the_latest_counts() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    assert_eq!(states(store, &a).await, BTreeMap::new());
    store.save_quota_states(&a, &[]).await.unwrap();
    // More than one request of the table takes, and company 0 among them.
    let all: Vec<QuotaState> = (0..60).map(state).chain([state(i64::MAX)]).collect();
    store.save_quota_states(&a, &all).await.unwrap();
    let mut expected: BTreeMap<CompanyId, QuotaState> = all.into_iter().map(|state| (state.company, state)).collect();
    assert_eq!(states(store, &a).await, expected);
    let anew = QuotaState::new(CompanyId(7), TenantId::new("another"));
    store.save_quota_states(&a, std::slice::from_ref(&anew)).await.unwrap();
    expected.insert(anew.company, anew);
    assert_eq!(states(store, &a).await, expected);
    for other in ["a#quotas", "b", "a/é"] {
        assert_eq!(states(store, &id(other)).await, BTreeMap::new(), "nothing of it is {other}'s");
    }
}

#[tokio::test]
async fn how_far_contracts_were_watched_reads_back_as_saved() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    assert_eq!(store.watched(&a).await.unwrap(), None);
    let first = Watched::from_now_on(now(), u64::MAX);
    store.save_watched(&a, &first).await.unwrap();
    assert_eq!(store.watched(&a).await.unwrap(), Some(first.clone()));
    let further = Watched {
        notes: (0..2_000).map(|note| (i64::MAX - note, now())).collect(),
        headers: BTreeMap::from([(ContractId(i64::MIN), now())]),
        swept_to: Some(CompanyId(0)),
        strangers: (0..2_000).map(CompanyId).collect(),
        ..first
    };
    store.save_watched(&a, &further).await.unwrap();
    assert_eq!(store.watched(&a).await.unwrap(), Some(further));
    assert_eq!(store.watched(&id("b")).await.unwrap(), None);
    assert_eq!(table.items().await, 1);
}

#[tokio::test]
async fn m5_the_first_plan_of_quotas_has_a_mark_of_its_own() {
    let table = table().await;
    let saved = connection("a");
    table.store.save_connection(&saved).await.unwrap();
    table.store.set_first_quotas_approved(&saved.id).await.unwrap();
    let of_quotas = Connection { first_quotas_approved: true, ..saved.clone() };
    assert_eq!(table.store.connection(&saved.id).await.unwrap(), Some(of_quotas.clone()));
    let (units, read) =
        tokio::join!(table.store.set_first_plan_approved(&saved.id), table.store.set_usage_read_on(&saved.id, day()));
    units.unwrap();
    read.unwrap();
    let all = Connection { first_plan_approved: true, usage_read_on: Some(day()), ..of_quotas };
    assert_eq!(table.store.connections().await.unwrap(), [all]);
    let error = table.store.set_first_quotas_approved(&id("b")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no connection b");
}

#[tokio::test]
async fn an_earlier_mapping_is_read_as_it_was_and_only_where_it_is_known_to_have_been_in_force() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    assert_eq!(store.earlier_mapping(&a, 0).await.unwrap(), None);
    // Larger than one item of the table.
    store.save_mapping(&a, &mapping(0, 3_000)).await.unwrap();
    store.save_mapping(&a, &mapping(1, 2)).await.unwrap();
    for (version, customers) in [(1, 3_000), (2, 2)] {
        let earlier = store.earlier_mapping(&a, version).await.unwrap();
        assert!(earlier == Some(mapping(version, customers)), "version {version}");
    }
    assert_eq!(store.earlier_mapping(&a, 3).await.unwrap(), None);
    assert_eq!(store.earlier_mapping(&id("b"), 1).await.unwrap(), None);
    // Two saves of one version: one of them came to nothing, and nobody can tell which.
    let (one, other) = (mapping(2, 5), mapping(2, 6));
    let (one, other) = tokio::join!(store.save_mapping(&a, &one), store.save_mapping(&a, &other));
    assert!(one.is_ok() != other.is_ok(), "one wins");
    let (in_force, told) = (store.mapping(&a).await.unwrap(), store.earlier_mapping(&a, 3).await.unwrap());
    assert!(told.is_none() || told == in_force, "never the one that lost");
}
