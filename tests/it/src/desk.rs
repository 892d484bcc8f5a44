//! A clerk's desk: both vendors as the sandbox, a folder for the state and for files, and the program to
//! run. Its clock is the system's, because the program has no other.

use crate::folder::Folder;
use crate::program::{self, Environment, Running, Said};
use acrotask::table::EmbeddedTable;
use functions::store::Store;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sandbox::{Sandbox, Seed};
use shared::ids::ConnectionId;
use shared::mapping::Mapping;

/// The desk.
pub struct Desk {
    /// Both vendors.
    pub sandbox: Sandbox,
    /// Where the state and the files are.
    pub folder: Folder,
    /// What the program is run with.
    pub environment: Environment,
    secrets: Vec<String>,
}

/// The words of a command, as typed.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

impl Desk {
    /// A desk at a provider with these plain customers and those of the story, whose lines are right but one.
    pub async fn new(customers: usize) -> Desk {
        Desk::of(Seed { customers, changed_percent: 0, ..Seed::default() }).await
    }

    /// A desk at this provider, today.
    pub async fn of(seed: Seed) -> Desk {
        let now = Timestamp::now();
        let seed = Seed { today: now.to_zoned(TimeZone::UTC).date(), ..seed };
        let sandbox = Sandbox::start(seed).await.expect("the sandbox starts");
        sandbox.world(|world| {
            world.set_now(now);
            world.follow_system_clock(true);
        });
        let (folder, given) = (Folder::of("cli"), sandbox.credentials());
        let environment = [
            ("ACRONIS_DATACENTER_URL", sandbox.acronis_url()),
            ("ACRONIS_CLIENT_ID", given.acronis_client_id),
            ("ACRONIS_CLIENT_SECRET", given.acronis_client_secret.clone()),
            ("AUTOTASK_ZONE_URL", sandbox.autotask_url()),
            ("AUTOTASK_USER_NAME", given.autotask_user_name),
            ("AUTOTASK_SECRET", given.autotask_secret.clone()),
            ("AUTOTASK_INTEGRATION_CODE", given.autotask_integration_code.clone()),
            ("ACROTASK_ALLOW_LOOPBACK", "1".to_owned()),
            ("ACROTASK_DATA", folder.path().join("state").display().to_string()),
            ("USER", "anna".to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let secrets = vec![given.acronis_client_secret, given.autotask_secret, given.autotask_integration_code];
        Desk { sandbox, folder, environment, secrets }
    }

    /// The same, with everything mapped as by a clerk, the first plan approved and made.
    pub async fn settled(customers: usize) -> Desk {
        let desk = Desk::new(customers).await;
        desk.map_all().await;
        let plan = desk.plan_id().await;
        desk.run(&format!("approve --plan {plan}")).await.exits(0);
        desk.run("apply usage").await.exits(0);
        desk.run("plan usage").await.exits(0);
        desk
    }

    /// Everything is mapped as a clerk does.
    pub async fn map_all(&self) {
        self.run("mapping export map.toml").await.exits(0);
        self.write("map.toml", &everything_sold(&self.read("map.toml")));
        self.run("mapping import map.toml").await.exits(0);
    }

    /// What the mapping file cannot say: the stored mapping is changed, while no program runs.
    pub async fn change_mapping(&self, change: impl FnOnce(&mut Mapping)) {
        let table = EmbeddedTable::in_folder(&self.folder.path().join("state")).await.expect("the state is opened");
        let (store, id) = (Store::new(table.client(), "acrotask"), ConnectionId::new("default"));
        let mut mapping = store.mapping(&id).await.expect("the table is read").expect("there is one");
        change(&mut mapping);
        store.save_mapping(&id, &mapping).await.expect("the mapping is saved");
    }

    /// Runs the program.
    pub async fn run(&self, line: &str) -> Said {
        self.run_in(&self.environment, line).await
    }

    /// Runs the program with one variable changed, or taken away.
    pub async fn run_with(&self, name: &str, value: Option<&str>, line: &str) -> Said {
        let mut environment = self.environment.clone();
        environment.remove(name);
        environment.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self.run_in(&environment, line).await
    }

    /// Runs the program with these variables and no others.
    pub async fn run_in(&self, environment: &Environment, line: &str) -> Said {
        let mut secrets = self.secrets.clone();
        let is_secret = |name: &str| ["SECRET", "CODE", "_KEY"].iter().any(|end| name.ends_with(end));
        secrets.extend(environment.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.clone()));
        program::run(&words(line), environment, self.folder.path(), &secrets).await
    }

    /// Starts the program and leaves it running, with more variables.
    pub fn start(&self, line: &str, more: &[(&str, &str)]) -> Running {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = self.environment.clone().into_iter().chain(more).collect();
        Running::start(&words(line), &environment, self.folder.path(), &self.secrets)
    }

    /// The id of the plan as it is now.
    pub async fn plan_id(&self) -> String {
        self.plan_json().await["id"].as_str().expect("a plan has an id").to_owned()
    }

    /// The plan as it is now.
    pub async fn plan_json(&self) -> serde_json::Value {
        self.run("plan usage --json").await.json()
    }

    /// A file of the desk.
    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).expect("the file is read")
    }

    /// Writes a file of the desk.
    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).expect("the file is written");
    }

    /// A customer uses this much of an item from now on.
    pub fn uses(&self, customer: &str, item: &str, amount: u64) {
        self.sandbox.world(|world| {
            let tenant = world.tenant_named(customer).expect("the customer is there");
            world.set_usage(&tenant, item, None, amount, Some(amount));
        });
    }

    /// How many changes of units Autotask took.
    pub fn adjustments(&self) -> usize {
        self.sandbox.world(|world| world.adjustments().len())
    }
}

/// What the clerk writes into the file: items sold as the services that the file lists.
pub fn everything_sold(text: &str) -> String {
    const SOLD: [(&str, &str); 15] = [
        ("pw_base_workstations", "Acronis Workstations"),
        ("pw_base_servers", "Acronis Servers"),
        ("pw_base_storage", "Acronis Cloud Storage (GB)"),
        ("pw_base_vms", "Acronis Virtual Machines"),
        ("pw_base_m365_seats", "Acronis Microsoft 365 Seats"),
        ("pw_pack_adv_security", "Acronis Advanced Security"),
        ("pw_base_gworkspace_seats", "Acronis Google Workspace Seats"),
        ("pw_base_mobiles", "Acronis Mobile Devices"),
        ("pw_base_websites", "Acronis Websites"),
        ("local_storage", "Acronis Local Storage (GB)"),
        ("pw_pack_adv_management", "Acronis Advanced Management"),
        ("pw_pack_adv_backup_servers", "Acronis Advanced Backup Servers"),
        ("pw_pack_adv_backup_workstations", "Acronis Advanced Backup Workstations"),
        ("pw_pack_adv_email_security", "Acronis Advanced Email Security"),
        ("pw_base_adv_dr_compute_points", "Acronis Compute Points"),
    ];
    SOLD.iter().fold(text.to_owned(), |text, (item, service)| sold_as(&text, item, service))
}

/// The file with a line `service = …` in each block of an item, as its list of services gives it.
pub fn sold_as(text: &str, item: &str, service: &str) -> String {
    let listed =
        text.lines().find(|line| line.starts_with("#   service = ") && line.contains(&format!("# {service},")));
    let line = listed.unwrap_or_else(|| panic!("{service} is not listed")).trim_start_matches("#   ");
    let block = format!("item = \"{item}\"");
    let lines = text.lines().map(|one| match one.starts_with(&block) {
        true => format!("{one}\n{line}\n"),
        false => format!("{one}\n"),
    });
    lines.collect()
}
