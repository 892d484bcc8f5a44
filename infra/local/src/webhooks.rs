//! The `webhooks` command: makes our webhooks in Autotask what they should be, and shows how they are. It
//! reads, takes the next step that is missing, and reads again, so that a second run changes nothing and a
//! lost reply is settled by what is there.

use crate::cli;
use crate::commands::Exit;
use crate::session::{Place, Session, note, print};
use anyhow::{Context, bail, ensure};
use axum::http::Uri;
use comfy_table::{Table, presets};
use functions::autotask::{
    AutotaskReader, AutotaskWriter, PicklistValue, Watched, Webhook, WebhookSettings, WriteError,
};
use shared::ids::ConnectionId;

/// By which our webhooks are known among others'.
const NAME: &str = "acrotask";
/// What Autotask takes (Autotask developer help, REST webhooks).
const LONGEST_NAME: usize = 50;
const LONGEST_URL: usize = 500;
const LONGEST_KEY: usize = 64;
/// How often a lost reply is settled by reading before somebody should look.
const MOST_LOST_REPLIES: usize = 3;

/// `webhooks`.
pub async fn run(session: &Session, what: &cli::Webhooks) -> anyhow::Result<Exit> {
    let vendors = session.watched(session.host.vendors(&session.connection)).await?;
    match what {
        cli::Webhooks::Install { url, new_key } => {
            let settings = settings(session, url).await?;
            session.watched(install(&vendors.autotask, &settings, *new_key)).await?;
            Ok(Exit::Done)
        }
        cli::Webhooks::Status(args) => {
            let standing = session.watched(standing(&vendors.autotask, &session.connection)).await?;
            show(&standing, args.json)?;
            Ok(Exit::Done)
        }
    }
}

/// What the webhooks of a connection are given.
async fn settings(session: &Session, url: &str) -> anyhow::Result<WebhookSettings> {
    let key = session.webhook_keys().await?.autotask.into_iter().next().with_context(|| {
        let wanted = "a random text, such as from openssl rand -hex 24";
        match &session.place {
            Place::Machine(_) => format!("AUTOTASK_WEBHOOK_KEY is not set: put there {wanted}"),
            Place::Stack(stack) => format!(
                "{} has no key of Autotask's: put {wanted}, into AUTOTASK_WEBHOOK_KEY, then acrotask connect --stack {}",
                session.host.secrets.webhook(&session.connection),
                stack.name
            ),
        }
    })?;
    ensure!(
        key.expose().len() <= LONGEST_KEY,
        "AUTOTASK_WEBHOOK_KEY is longer than {LONGEST_KEY} characters: Autotask takes no more"
    );
    let name: String = format!("{NAME} {}", session.connection).chars().take(LONGEST_NAME).collect();
    Ok(WebhookSettings { name, url: address(url, &session.connection)?, key })
}

/// The path below which a connection's calls are taken.
fn path(connection: &ConnectionId) -> String {
    format!("/v1/{connection}/autotask")
}

fn address(url: &str, connection: &ConnectionId) -> anyhow::Result<String> {
    let expected = "expected the https address of the function autotask-webhook, such as https://hooks.example.com";
    let parsed: Uri = url.trim().parse().with_context(|| format!("\"{url}\" is no address: {expected}"))?;
    let is_plain = parsed.scheme_str() == Some("https")
        && parsed.query().is_none()
        && parsed.port_u16().is_none_or(|port| port == 443)
        && parsed.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    ensure!(is_plain, "\"{url}\" cannot be called by Autotask, which wants https at port 443: {expected}");
    let (base, path) = (parsed.to_string(), path(connection));
    let base = base.trim_end_matches('/');
    let full = if base.ends_with(&path) { base.to_owned() } else { format!("{base}{path}") };
    ensure!(full.len() <= LONGEST_URL, "the address is longer than {LONGEST_URL} characters: Autotask takes no more");
    Ok(full)
}

/// A field we want to be told about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    id: i64,
    label: String,
    /// Shown with every call, rather than a reason to call.
    always: bool,
}

/// How the fields are called that we want, each with the spellings that are known; what is shown with every
/// call follows the bar. Autotask's labels differ with language and age.
fn wanted(watched: Watched) -> (&'static [&'static [&'static str]], &'static [&'static [&'static str]]) {
    match watched {
        Watched::Company => (
            &[
                &["companyname", "accountname", "name"],
                &["isactive", "active"],
                &["companytype", "accounttype", "type"],
            ],
            &[],
        ),
        Watched::Ticket => (&[&["status", "ticketstatus"]], &[]),
        Watched::TicketNote => {
            (&[&["title", "notetitle"], &["description", "notedescription", "note"]], &[&["ticketid", "ticket"]])
        }
    }
}

/// The fields we want, as this database has them; in its order of ours, and without those it has not.
fn chosen(watched: Watched, choices: &[PicklistValue]) -> Vec<Field> {
    let plain =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let find = |spellings: &[&str], always: bool| {
        let choice = spellings.iter().find_map(|known| choices.iter().find(|choice| plain(&choice.label) == *known))?;
        Some(Field { id: choice.value.trim().parse().ok()?, label: choice.label.clone(), always })
    };
    let (told, shown) = wanted(watched);
    let told = told.iter().filter_map(|spellings| find(spellings, false));
    told.chain(shown.iter().filter_map(|spellings| find(spellings, true))).collect()
}

/// The next thing that a webhook lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Create,
    Settings,
    Field(Field),
    Exclude(i64),
}

impl Step {
    fn words(&self) -> String {
        match self {
            Self::Create => "created".to_owned(),
            Self::Settings => "address, key and events set, switched on".to_owned(),
            Self::Field(field) => format!("watches {}", field.label),
            Self::Exclude(_) => "does not tell what the API user does itself".to_owned(),
        }
    }
}

/// One webhook being made what it should be.
struct Work<'a> {
    autotask: &'a AutotaskReader,
    settings: &'a WebhookSettings,
    watched: Watched,
    fields: Vec<Field>,
    own: Option<i64>,
}

async fn install(autotask: &AutotaskReader, settings: &WebhookSettings, new_key: bool) -> anyhow::Result<()> {
    let own = autotask.own_resource().await.context("asking for the API user's own resource")?;
    if own.is_none() {
        note("Autotask does not show the API user's own resource: calls about our own changes will come too.");
    }
    for watched in Watched::ALL {
        let fields = chosen(watched, &autotask.watchable_fields(watched).await?);
        ensure!(!fields.is_empty(), "{}: Autotask offers none of the fields we want to watch", watched.name());
        let work = Work { autotask, settings, watched, fields, own };
        let done = work.complete(new_key).await.with_context(|| format!("{} webhook", watched.name()))?;
        match done.is_empty() {
            true => print(&format!("{}: as it should be", watched.name()))?,
            false => print(&format!("{}: {}", watched.name(), done.join("; ")))?,
        }
    }
    Ok(())
}

impl Work<'_> {
    /// Takes the steps that are missing, one after the other; says which.
    async fn complete(&self, mut new_key: bool) -> anyhow::Result<Vec<String>> {
        let (mut done, mut lost): (Vec<Step>, usize) = (Vec::new(), 0);
        let mut unsettled: Option<Step> = None;
        loop {
            let found = self.found().await?;
            let step = self.next_step(found.as_ref(), new_key);
            // What is not missing any more was carried out, although nobody said so.
            done.extend(unsettled.take().filter(|unsettled| step.as_ref() != Some(unsettled)));
            let Some(step) = step else { break };
            ensure!(!done.contains(&step), "Autotask took it and does not show it: {}", step.words());
            match self.take(&step, found.as_ref()).await {
                Ok(()) => {
                    new_key &= !matches!(step, Step::Settings | Step::Create);
                    done.push(step);
                }
                Err(WriteError::Unknown(_) | WriteError::Duplicate(_) | WriteError::NotRun { .. })
                    if lost < MOST_LOST_REPLIES =>
                {
                    lost += 1;
                    unsettled = Some(step);
                }
                Err(error) => bail!("{}: {error}", step.words()),
            }
        }
        Ok(done.iter().map(Step::words).collect())
    }

    /// The one that calls the address, also if it has another name, or else the one that has our name.
    async fn found(&self) -> anyhow::Result<Option<Webhook>> {
        let calls_us = |webhook: &Webhook| webhook.url.eq_ignore_ascii_case(&self.settings.url);
        let is_ours = |webhook: &Webhook| calls_us(webhook) || webhook.name == self.settings.name;
        let mut ours = self.autotask.webhooks(self.watched, is_ours).await?;
        ours.sort_by_key(|webhook| !calls_us(webhook));
        Ok(ours.into_iter().next())
    }

    fn next_step(&self, found: Option<&Webhook>, new_key: bool) -> Option<Step> {
        let Some(webhook) = found else { return Some(Step::Create) };
        let settings = self.settings;
        let is_set = webhook.url == settings.url
            && webhook.deactivation_url == settings.url
            && webhook.events == [true; 3]
            && webhook.active
            && webhook.key.as_ref().is_none_or(|key| key.expose() == settings.key.expose());
        if new_key || !is_set {
            return Some(Step::Settings);
        }
        if let Some(field) = self.fields.iter().find(|field| !webhook.fields.contains(&field.id)) {
            return Some(Step::Field(field.clone()));
        }
        self.own.filter(|own| !webhook.excluded.contains(own)).map(Step::Exclude)
    }

    async fn take(&self, step: &Step, found: Option<&Webhook>) -> Result<(), WriteError> {
        let writer = AutotaskWriter::new(self.autotask);
        let (watched, settings) = (self.watched, self.settings);
        let id = found.map(|webhook| webhook.id).unwrap_or_default();
        match step {
            Step::Create => writer.create_webhook(watched, settings).await,
            Step::Settings => writer.update_webhook(watched, id, settings).await,
            Step::Field(field) => writer.watch_field(watched, id, field.id, field.always).await,
            Step::Exclude(own) => writer.exclude_resource(watched, id, *own).await,
        }
    }
}

/// How the webhooks that watch one entity stand.
struct Standing {
    watched: Watched,
    ours: Vec<Webhook>,
    wanted: Vec<Field>,
    own: Option<i64>,
}

async fn standing(autotask: &AutotaskReader, connection: &ConnectionId) -> anyhow::Result<Vec<Standing>> {
    let own = autotask.own_resource().await.context("asking for the API user's own resource")?;
    let path = path(connection);
    let is_ours = |webhook: &Webhook| webhook.name.to_lowercase().starts_with(NAME) || webhook.url.ends_with(&path);
    let mut all = Vec::new();
    for watched in Watched::ALL {
        let ours = autotask.webhooks(watched, is_ours).await?;
        let wanted = chosen(watched, &autotask.watchable_fields(watched).await?);
        all.push(Standing { watched, ours, wanted, own });
    }
    Ok(all)
}

impl Standing {
    fn excludes_us(&self, webhook: &Webhook) -> bool {
        self.own.is_some_and(|own| webhook.excluded.contains(&own))
    }

    /// The names of the fields it watches, as far as they are ours.
    fn fields(&self, webhook: &Webhook) -> Vec<&str> {
        let known = self.wanted.iter().filter(|field| webhook.fields.contains(&field.id));
        known.map(|field| field.label.as_str()).collect()
    }

    /// What is wrong, and what to do.
    fn needs(&self) -> Vec<String> {
        let entity = self.watched.name();
        let [webhook] = &self.ours[..] else {
            return vec![match self.ours.len() {
                0 => format!("{entity}: there is none of ours: acrotask webhooks install --url https://…"),
                many => format!("{entity}: there are {many} of ours: delete those in Autotask that are not used"),
            }];
        };
        let mut needs = Vec::new();
        let mut need =
            |what: &str| needs.push(format!("{entity}: {what}: acrotask webhooks install --url {}", webhook.url));
        if !webhook.active {
            need(
                "it is switched off, by a person or by Autotask after 25 calls in a row that failed; see that its \
                 address answers, then",
            );
        }
        let missing = self.wanted.iter().filter(|field| !webhook.fields.contains(&field.id));
        let missing: Vec<&str> = missing.map(|field| field.label.as_str()).collect();
        if !missing.is_empty() {
            need(&format!("it does not watch {}", missing.join(", ")));
        } else if !webhook.ready {
            need("Autotask says it is not ready, as if it watched no field");
        }
        if webhook.events != [true; 3] || webhook.deactivation_url != webhook.url {
            need("it does not call for everything that is created, changed or deleted, or that Autotask gave it up");
        }
        if self.own.is_some() && !self.excludes_us(webhook) {
            need("it tells what we change ourselves too");
        }
        needs
    }
}

fn show(all: &[Standing], json: bool) -> anyhow::Result<()> {
    let needs: Vec<String> = all.iter().flat_map(Standing::needs).collect();
    if json {
        let webhooks: Vec<_> =
            all.iter().flat_map(|one| one.ours.iter().map(|webhook| as_json(one, webhook))).collect();
        return print(&serde_json::to_string_pretty(&serde_json::json!({"webhooks": webhooks, "needs": needs}))?);
    }
    let yes_or_no = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["entity", "url", "active", "ready", "fields", "excluded"]);
    for (one, webhook) in all.iter().flat_map(|one| one.ours.iter().map(move |webhook| (one, webhook))) {
        let fields = one.fields(webhook).join(", ");
        let (active, ready) = (yes_or_no(webhook.active), yes_or_no(webhook.ready));
        let excluded = if one.excludes_us(webhook) { "the API user" } else { "" };
        table.add_row([one.watched.name().to_owned(), webhook.url.clone(), active, ready, fields, excluded.to_owned()]);
    }
    print(&match needs.is_empty() {
        true => format!("{}\n\nNothing needs you.", table.trim_fmt()),
        false => format!("{}\n\nWhat needs you\n  - {}", table.trim_fmt(), needs.join("\n  - ")),
    })
}

fn as_json(one: &Standing, webhook: &Webhook) -> serde_json::Value {
    serde_json::json!({
        "entity": one.watched.name(),
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "active": webhook.active,
        "ready": webhook.ready,
        "fields": one.fields(webhook),
        "excludes_api_user": one.excludes_us(webhook),
    })
}
