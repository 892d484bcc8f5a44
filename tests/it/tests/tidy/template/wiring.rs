//! What each function is made of, what it finds in its environment, and what wakes it: the same in the template as in
//! the code.

use super::permissions::queues_of;
use super::{Faults, Lambda, Rule, Template, list, resource_of, text};
use crate::sources::{Source, lines_with, rust_files};
use acrotask::schedule::Schedule;
use functions::events::{
    About, AlertsAsked, Cause, CompanyChanged, ContractChanged, CredentialsOffered, Event, SyncDue, TicketChanged,
};
use jiff::Timestamp;
use serde_json::Value;
use shared::ids::{CompanyId, ConnectionId, ContractId, TicketId};
use shared::run::Job;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

pub(super) const RULES: [Rule; 8] = [
    ("it is made of what the rules look at", kinds),
    ("one binary, one function, one name", binaries),
    ("the environment is what the code reads", environment),
    ("it only looks unless somebody says otherwise", mode),
    ("events wake whom the code says", events),
    ("schedules are those of one machine", schedules),
    ("a direct invocation is not tried again", retries),
    ("a queue waits for its function", queues),
];

const JOBS: [Job; 5] = [Job::UsageSync, Job::ContractWatch, Job::ContractChanged, Job::AlertSync, Job::TicketChanged];
/// What `functions::context` reads and no template sets: they are for one machine.
const ONE_MACHINE: [&str; 2] = ["ACROTASK_DATA", "ACROTASK_ALLOW_LOOPBACK"];
/// What the log itself reads (tracing-subscriber, `EnvFilter`).
const LOG_FILTER: &str = "RUST_LOG";
/// What comes when, and for which hour at the provider's; the same as on one machine.
const SCHEDULES: [(Job, &str, Option<i64>); 4] = [
    (Job::UsageSync, "cron(0 * * * ? *)", Some(4)),
    (Job::ContractWatch, "rate(5 minutes)", None),
    (Job::AlertSync, "rate(5 minutes)", None),
    (Job::TicketChanged, "rate(1 day)", None),
];
/// An event that is older is for another hour.
const HOUR_SECONDS: i64 = 3_600;
/// The longest until what failed comes again.
const AGAIN_SECONDS: i64 = 900;
/// How many work on a queue at once: the fewest that AWS takes (AWS Lambda developer guide, Scaling for Amazon SQS).
const AT_ONCE: i64 = 2;
/// What a stack may be made of: anything else may hold permissions that no rule looks at.
const KINDS: [&str; 12] = [
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Serverless::Function",
];

/// `usage-sync` as its resource is called.
fn resource_name(binary: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    binary.split('-').map(capital).collect()
}

fn kinds(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for (name, resource) in template.resources() {
        if !KINDS.contains(&text(&resource["Type"]).as_str()) {
            faults.push((name.clone(), format!("no rule looks at {}", text(&resource["Type"]))));
        }
    }
    for lambda in template.lambdas() {
        for (name, event) in lambda.properties["Events"].as_object().into_iter().flatten() {
            if !["Schedule", "SQS"].contains(&text(&event["Type"]).as_str()) {
                faults.push((lambda.name.to_owned(), format!("no rule looks at {name}")));
            }
        }
        if lambda.properties.get("Policies").is_some() || template.all["Globals"]["Function"].get("Policies").is_some()
        {
            faults.push((lambda.name.to_owned(), "it may do more than its role says".to_owned()));
        }
    }
    faults
}

fn binaries(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let built: BTreeSet<String> = rust_files("functions/src/bin")
        .iter()
        .filter_map(|source| Some(source.path.rsplit('/').next()?.trim_end_matches(".rs").to_owned()))
        .collect();
    let lambdas = template.lambdas();
    for binary in built.iter().filter(|binary| lambdas.iter().filter(|lambda| lambda.binary == **binary).count() != 1) {
        faults.push((String::new(), format!("{binary} is not one function")));
    }
    for lambda in &lambdas {
        let mut fault = |what: &str| faults.push((lambda.name.to_owned(), what.to_owned()));
        if !built.contains(lambda.binary) || lambda.name != resource_name(lambda.binary) {
            fault("it is named after no binary");
        }
        if text(&lambda.properties["FunctionName"]) != format!("${{AWS::StackName}}-{}", lambda.binary) {
            fault("its name is not the stack's and the binary's");
        }
        if !text(&lambda.properties["CodeUri"]).contains(&format!("/{}", lambda.binary)) {
            fault("it is another binary's code");
        }
    }
    faults
}

/// The names that the code's constants have, and those among them that a function reads.
fn names_of_code() -> &'static (BTreeSet<String>, BTreeSet<String>) {
    static NAMES: OnceLock<(BTreeSet<String>, BTreeSet<String>)> = OnceLock::new();
    NAMES.get_or_init(read_names)
}

fn read_names() -> (BTreeSet<String>, BTreeSet<String>) {
    let mut sources = rust_files("functions/src").into_iter();
    let context = sources.find(|source| source.path == "functions/src/context.rs").expect("it holds the names");
    let mut all = BTreeSet::new();
    let mut read = BTreeSet::new();
    for item in context.syntax().items {
        match item {
            syn::Item::Const(item) => {
                if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) = &*item.expr {
                    all.extend((item.ident == value.value()).then(|| value.value()));
                }
            }
            syn::Item::Impl(item) if matches!(&*item.self_ty, syn::Type::Path(of) if of.path.is_ident("Hosting")) => {
                use syn::spanned::Spanned;
                let lines = item.span().start().line..=item.span().end().line;
                let tokens = context.product_code().into_iter().filter(|token| lines.contains(&token.line));
                read.extend(tokens.filter(|token| !token.literal).map(|token| token.text));
            }
            _ => {}
        }
    }
    read.retain(|name| all.contains(name) && !ONE_MACHINE.contains(&name.as_str()));
    let log = rust_files("functions/src").into_iter().find(|source| source.path == "functions/src/lambda.rs");
    let reads_filter = |source: Source| !lines_with(&source.code(), "EnvFilter::try_from_default_env").is_empty();
    read.extend(log.is_some_and(reads_filter).then(|| LOG_FILTER.to_owned()));
    (all, read)
}

/// What every function finds in its environment.
fn variables(template: &Template) -> BTreeMap<String, String> {
    let all = template.all["Globals"]["Function"]["Environment"]["Variables"].as_object();
    all.into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn environment(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let mut fault = |what: String| faults.push((String::new(), what));
    let (known, read) = names_of_code();
    let given = variables(template);
    for name in given.keys().filter(|name| !read.contains(*name)) {
        let who = if known.contains(name) { "no function reads" } else { "no code knows" };
        fault(format!("it sets {name}, which {who}"));
    }
    read.iter().filter(|name| !given.contains_key(*name)).for_each(|name| fault(format!("it does not set {name}")));
    for lambda in template.lambdas().iter().filter(|lambda| lambda.properties.get("Environment").is_some()) {
        fault(format!("{} has an environment of its own", lambda.name));
    }
    let wanted = [
        ("TABLE_NAME", "${Table}${TableSuffix}"),
        ("EVENT_BUS_NAME", "${Bus}"),
        ("SECRETS_PREFIX", "${AWS::StackName}"),
        ("MODE", "${Mode}"),
        ("OIDC_ISSUER", "${OidcIssuer}"),
        ("OIDC_CLIENT_ID", "${OidcClientId}"),
        ("FIRST_ADMIN_SUBJECT", "${FirstAdminSubject}"),
    ];
    for (name, value) in wanted.iter().filter(|(name, value)| given.get(*name).is_some_and(|given| given != value)) {
        fault(format!("{name} is not {value}"));
    }
    faults
}

fn mode(template: &Template) -> Faults {
    let mode = &template.all["Parameters"]["Mode"];
    let is_plan = mode["Default"] == "plan" && mode["AllowedValues"] == serde_json::json!(["plan", "apply"]);
    let mut faults = Faults::new();
    if !is_plan {
        faults.push((String::new(), "Mode does not begin as plan".to_owned()));
    }
    if ONE_MACHINE.iter().any(|name| template.text.contains(name)) {
        faults.push((String::new(), "it names what is for one machine".to_owned()));
    }
    faults
}

/// One event of each kind, and of each kind of each.
fn all_events() -> Vec<Event> {
    let connection = || ConnectionId::new("north");
    let due = JOBS.into_iter().filter(|job| is_scheduled(*job));
    let due = due.map(|job| Event::SyncDue(SyncDue { connection: connection(), job }));
    let contracts = [About::Company(CompanyId(1)), About::Contract(ContractId(1))];
    let contracts = contracts.map(|about| Event::ContractChanged(ContractChanged { connection: connection(), about }));
    let causes = [Cause::Company, Cause::Mapping, Cause::Sweep]
        .map(|cause| Event::CompanyChanged(CompanyChanged { connection: connection(), company: CompanyId(1), cause }));
    let ticket = Event::TicketChanged(TicketChanged { connection: connection(), ticket: TicketId(1) });
    let offered = CredentialsOffered { connection: connection(), offer: "1".to_owned() };
    let asked = Event::AlertsAsked(AlertsAsked { connection: connection(), days: 30 });
    due.chain(contracts).chain(causes).chain([ticket, Event::CredentialsOffered(offered), asked]).collect()
}

/// Whether a job is woken by a schedule, on one machine.
fn is_scheduled(job: Job) -> bool {
    Schedule::new(Timestamp::UNIX_EPOCH).of(job).is_some()
}

/// Whether an event has what a rule's pattern asks for (Amazon EventBridge user guide, Event patterns).
fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(parts) => parts.iter().all(|(name, pattern)| matches(pattern, &event[name])),
        Value::Array(choices) => choices.contains(event),
        _ => false,
    }
}

/// The rules on the stack's bus that an event meets.
fn rules_met<'t>(template: &'t Template, event: &Event) -> Vec<(&'t str, &'t Value)> {
    let sent = event.to_invocation();
    let rules = template.of_kind("AWS::Events::Rule");
    rules.filter(|(_, rule)| text(&rule["EventBusName"]) == "${Bus}" && matches(&rule["EventPattern"], &sent)).collect()
}

/// The functions that a target wakes: itself, or that of its queue.
fn woken_by<'t>(lambdas: &'t [Lambda<'t>], target: &str) -> Vec<&'t Lambda<'t>> {
    let is_woken = |lambda: &&Lambda<'_>| {
        resource_of(target) == Some(lambda.name) || queues_of(lambda).iter().any(|queue| queue == target)
    };
    lambdas.iter().filter(is_woken).collect()
}

fn events(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let lambdas = template.lambdas();
    for event in all_events() {
        let mut woken = BTreeSet::new();
        for (_, rule) in rules_met(template, &event) {
            let targets = list(&rule["Targets"]).into_iter().map(|target| text(&target["Arn"]));
            woken.extend(targets.flat_map(|target| {
                woken_by(&lambdas, &target).into_iter().map(|one| one.binary.to_owned()).collect::<Vec<_>>()
            }));
        }
        let wanted: BTreeSet<String> = event.wakes().iter().map(Job::to_string).collect();
        if woken != wanted {
            faults.push((String::new(), format!("{} wakes {woken:?}, not {wanted:?}", event.to_invocation())));
        }
    }
    for (name, rule) in template.of_kind("AWS::Events::Rule") {
        for target in list(&rule["Targets"]) {
            let arn = text(&target["Arn"]);
            let may = may_reach(template, name, &arn);
            if woken_by(&lambdas, &arn).len() != 1 || !may {
                faults.push((name.to_owned(), format!("its target {arn} wakes nobody, or it may not reach it")));
            }
        }
    }
    faults
}

/// Whether a rule may invoke a function, or send to a queue.
fn may_reach(template: &Template, rule: &str, target: &str) -> bool {
    let rule = format!("${{{rule}.Arn}}");
    let mut permissions = template.of_kind("AWS::Lambda::Permission");
    let invokes = permissions.any(|(_, permission)| {
        let function = text(&permission["FunctionName"]).replace('}', ".Arn}");
        function == target && text(&permission["SourceArn"]) == rule
    });
    let mut policies =
        template.of_kind("AWS::SQS::QueuePolicy").flat_map(|(_, policy)| list(&policy["PolicyDocument"]["Statement"]));
    let sends = policies.any(|statement| {
        let says = |value: &Value, wanted: &str| list(value).into_iter().any(|one| text(one) == wanted);
        says(&statement["Resource"], target) && says(&statement["Condition"]["ArnEquals"]["aws:SourceArn"], &rule)
    });
    invokes || sends
}

fn schedules(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let mut scheduled = BTreeSet::new();
    for lambda in template.lambdas() {
        for (name, event) in lambda.properties["Events"].as_object().into_iter().flatten() {
            if event["Type"] != "Schedule" {
                continue;
            }
            let input: Value = serde_json::from_str(&text(&event["Properties"]["Input"])).unwrap_or_default();
            match serde_json::from_value::<Job>(input["job"].clone()) {
                Ok(job) if lambda.binary == "dispatch" => {
                    let when = text(&event["Properties"]["Schedule"]);
                    if !SCHEDULES.contains(&(job, when.as_str(), input["hour"].as_i64())) {
                        faults.push((lambda.name.to_owned(), format!("{name} comes when nobody expects it")));
                    }
                    scheduled.extend([job]);
                }
                _ => faults.push((lambda.name.to_owned(), format!("{name} wakes no job by dispatch"))),
            }
        }
    }
    let lambdas = template.lambdas();
    for job in JOBS {
        let is_fed = lambdas.iter().any(|lambda| lambda.binary == job.to_string() && !queues_of(lambda).is_empty());
        if scheduled.contains(&job) != is_scheduled(job) || !(is_fed || scheduled.contains(&job)) {
            faults.push((String::new(), format!("{job} is scheduled here or on one machine alone, or never woken")));
        }
    }
    faults
}

fn retries(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for lambda in template.lambdas() {
        let own = format!("${{{}.Arn}}", lambda.name);
        let rules = template.of_kind("AWS::Events::Rule");
        let targets = rules.flat_map(|(_, rule)| list(&rule["Targets"])).filter(|target| text(&target["Arn"]) == own);
        let targets: Vec<&Value> = targets.collect();
        let none = |value: &Value| value["MaximumRetryAttempts"] == 0;
        let own = &lambda.properties["EventInvokeConfig"];
        // What is due at four is due again only tomorrow; to say so twice does no harm.
        let is_dispatch = lambda.binary == "dispatch" && own["MaximumRetryAttempts"] == 2;
        let is_right = (none(own) || is_dispatch)
            && own["MaximumEventAgeInSeconds"].as_i64().is_some_and(|seconds| seconds < HOUR_SECONDS)
            && targets.iter().all(|target| none(&target["RetryPolicy"]));
        if (!targets.is_empty() || lambda.binary == "dispatch") && !is_right {
            faults.push((lambda.name.to_owned(), "what failed is tried again, before its next schedule".to_owned()));
        }
    }
    faults
}

fn queues(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for lambda in template.lambdas() {
        let timeout = lambda.properties["Timeout"].as_i64().unwrap_or(i64::MAX);
        for (_, event) in lambda.properties["Events"].as_object().into_iter().flatten() {
            let event = &event["Properties"];
            let queue = text(&event["Queue"]);
            let Some(queue) = resource_of(&queue) else { continue };
            let mut fault = |what: &str| faults.push((queue.to_owned(), what.to_owned()));
            let properties = &template.resources()[queue]["Properties"];
            let visibility = properties["VisibilityTimeout"].as_i64().unwrap_or_default();
            // What waits for more to come is at work already.
            let window = event["MaximumBatchingWindowInSeconds"].as_i64().unwrap_or_default();
            if !(timeout + window..=AGAIN_SECONDS).contains(&visibility) {
                fault("what is at work may be given to somebody else, or what failed comes again late");
            }
            if !list(&event["FunctionResponseTypes"]).iter().any(|kind| text(kind) == "ReportBatchItemFailures") {
                fault("one message that failed brings back all");
            }
            if event["ScalingConfig"]["MaximumConcurrency"] != AT_ONCE {
                fault("nothing bounds how many work on it at once");
            }
        }
    }
    faults
}
