//! The embedded database in a folder: it outlives the process that wrote it, and several may have it open.

use crate::new_name;
use crate::samples::{connection, id, mapping, now, place, with_open};
use acrotask::table::EmbeddedTable;
use functions::store::{IntentError, Store};
use shared::line::LineState;
use shared::run::Job;
use std::path::PathBuf;

fn new_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(new_name())
}

async fn open(folder: &std::path::Path) -> (EmbeddedTable, Store) {
    let embedded = EmbeddedTable::in_folder(folder).await.expect("the folder can be opened");
    let store = Store::new(embedded.client(), "acrotask");
    store.create_table().await.expect("the table can be made");
    (embedded, store)
}

#[tokio::test]
async fn what_is_stored_in_a_folder_is_there_when_it_is_opened_again() {
    let folder = new_folder().join("made").join("on the way");
    let (first, store) = open(&folder).await;
    store.save_connection(&connection("a")).await.unwrap();
    drop(first);
    let (_second, store) = open(&folder).await;
    assert_eq!(store.connections().await.unwrap(), [connection("a")]);
}

/// It holds customers' names and what they use.
#[cfg(unix)]
#[tokio::test]
async fn a_folder_is_made_so_that_only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let made_on_the_way = new_folder();
    let folder = made_on_the_way.join("state");
    let (_open, _) = open(&folder).await;
    for made in [&made_on_the_way, &folder] {
        let mode = std::fs::metadata(made).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}: {mode:o}", made.display());
    }
}

#[tokio::test]
async fn a_dropped_table_is_no_longer_served() {
    let embedded = EmbeddedTable::in_memory().await.unwrap();
    let address = embedded.endpoint().trim_start_matches("http://").to_owned();
    drop(tokio::net::TcpStream::connect(&address).await.unwrap());
    drop(embedded);
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_a_clear_error() {
    let file = new_folder();
    std::fs::write(&file, "a file").unwrap();
    let error = EmbeddedTable::in_folder(&file.join("below")).await.unwrap_err();
    let told = format!("the folder {} for the database cannot be made", file.join("below").display());
    assert_eq!(error.to_string(), told);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_a_clear_error_and_left_alone() {
    let folder = new_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let text = "not a database, but longer than the header of one would be, so that it is read as such. ".repeat(10);
    std::fs::write(folder.join("acrotask.db"), &text).unwrap();
    let error = EmbeddedTable::in_folder(&folder).await.unwrap_err();
    assert!(error.to_string().ends_with("acrotask.db cannot be opened"), "{error:#}");
    assert_eq!(std::fs::read_to_string(folder.join("acrotask.db")).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn u6_two_that_have_one_folder_open_share_its_leases_and_fences() {
    let folder = new_folder();
    let ((_one, first), (_two, second)) = tokio::join!(open(&folder), open(&folder));
    let a = id("a");
    let held = first.acquire_lease(&a, Job::UsageSync, "serve", now()).await.unwrap().unwrap();
    assert!(second.acquire_lease(&a, Job::UsageSync, "plan", now()).await.unwrap().is_none());
    first.record_intent(&held, &with_open(&LineState::new(place(1)), "i")).await.unwrap();
    assert!(second.line_state(&a, "1").await.unwrap().unwrap().open.is_some());
    let taken = second.acquire_lease(&a, Job::UsageSync, "apply", crate::samples::after(60)).await.unwrap().unwrap();
    let refused = first.record_intent(&held, &with_open(&LineState::new(place(2)), "j")).await;
    assert!(matches!(refused, Err(IntentError::LeaseLost)), "{refused:?}");
    let refused = second.record_intent(&taken, &with_open(&LineState::new(place(1)), "j")).await;
    assert!(matches!(refused, Err(IntentError::AlreadyOpen)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_write_into_one_folder_at_once_lose_nothing() {
    let folder = new_folder();
    let ((_one, first), (_two, second)) = tokio::join!(open(&folder), open(&folder));
    let write = |store: Store, name: &'static str| async move {
        let a = id(name);
        for version in 0..20 {
            store.save_mapping(&a, &mapping(version, 100)).await.unwrap();
            store.save_connection(&connection(&format!("{name}{version}"))).await.unwrap();
        }
    };
    let (one, two) =
        tokio::join!(tokio::spawn(write(first.clone(), "one")), tokio::spawn(write(second.clone(), "two")));
    one.unwrap();
    two.unwrap();
    for (store, name) in [(&first, "two"), (&second, "one")] {
        assert_eq!(store.mapping(&id(name)).await.unwrap(), Some(mapping(20, 100)));
        assert_eq!(store.connections().await.unwrap().len(), 40);
    }
}
