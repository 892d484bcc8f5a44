//! Who may do what: each function has a role of its own, with the actions that its code needs, on resources of the
//! stack alone.

use super::reach::Code;
use super::{Faults, Lambda, Rule, Template, list, resource_of, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const RULES: [Rule; 8] = [
    ("no action and no resource is everything", nothing_is_everything),
    ("every function has a role of its own", own_roles),
    ("the role is what the code needs", needed),
    ("who is called from outside reads no credentials", public),
    ("who serves people reads its own secret alone, and writes what they offer alone", console),
    ("who serves people has an address only where somebody vouches for them", addresses),
    ("who may send to a queue is said", queues),
    ("who may invoke a function is said", invocations),
];

/// What every function needs to write its log (AWS Lambda developer guide, Execution role).
const LOG: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
/// What Lambda needs to read a function's queue for it (AWS Lambda developer guide, Using Lambda with Amazon SQS).
const QUEUE: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
/// What a restored table's name has behind the stack's.
const SUFFIX: &str = "${TableSuffix}";
/// Those that anybody can call.
const PUBLIC: [&str; 2] = ["autotask-webhook", CONSOLE];
/// The one that serves people: it asks who somebody is before it shows or does anything.
const CONSOLE: &str = "console";
/// The one partition that the one without people may write.
const OWN_PARTITION: &str = "webhooks";
/// The condition on which it has an address, with the parameters that all have to be given.
const KNOWS_PEOPLE: (&str, [&str; 2]) = ("KnowsPeople", ["OidcIssuer", "OidcClientId"]);

/// The statements of a role or of another policy.
fn statements(properties: &Value) -> Vec<&Value> {
    let documents = match properties.get("Policies") {
        Some(policies) => list(policies).into_iter().map(|policy| &policy["PolicyDocument"]).collect(),
        None => list(&properties["PolicyDocument"]),
    };
    documents.into_iter().flat_map(|document| list(&document["Statement"])).collect()
}

/// The role of a function.
fn role_of<'t>(template: &'t Template, lambda: &Lambda<'_>) -> Option<(&'t str, &'t Value)> {
    let role = text(&lambda.properties["Role"]);
    template.of_kind("AWS::IAM::Role").find(|(name, _)| resource_of(&role) == Some(name))
}

fn actions(statements: &[&Value]) -> BTreeSet<String> {
    statements.iter().flat_map(|statement| list(&statement["Action"])).map(text).collect()
}

fn resources(statements: &[&Value]) -> BTreeSet<String> {
    statements.iter().flat_map(|statement| list(&statement["Resource"])).map(text).collect()
}

fn nothing_is_everything(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let roles = template.of_kind("AWS::IAM::Role").chain(template.of_kind("AWS::SQS::QueuePolicy"));
    for (name, properties) in roles {
        let mut fault = |what: String| faults.push((name.to_owned(), what));
        for statement in statements(properties) {
            let (actions, resources) = (actions(&[statement]), resources(&[statement]));
            if actions.is_empty() || resources.is_empty() || statement["Effect"] != "Allow" {
                fault(format!("a statement says not plainly what is allowed: {statement}"));
            }
            actions.iter().filter(|action| !is_plain(action)).for_each(|action| fault(format!("the action {action}")));
            let others = resources.iter().filter(|resource| !is_of_stack(template, resource));
            others.for_each(|resource| fault(format!("the resource \"{resource}\"")));
        }
    }
    faults
}

/// Whether an action is one: `service:Name`.
fn is_plain(action: &str) -> bool {
    let letters = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
    action.split_once(':').is_some_and(|(service, name)| letters(service) && letters(name))
}

/// Whether a resource is the stack's: a resource of the template, or one whose name begins with the stack's.
fn is_of_stack(template: &Template, resource: &str) -> bool {
    let named = resource.strip_suffix(SUFFIX).unwrap_or(resource);
    if let Some(own) = resource_of(named) {
        let kind = &template.resources().get(own).unwrap_or(&Value::Null)["Type"];
        return !kind.is_null() && (named == resource || kind == "AWS::DynamoDB::Table");
    }
    // The colons of the pseudo parameters separate nothing.
    let plain = resource.replace("AWS::", "");
    let parts: Vec<&str> = plain.splitn(6, ':').collect();
    let ["arn", "${Partition}", service, "${Region}", "${AccountId}", name] = parts[..] else { return false };
    let name = name.strip_prefix("secret:").unwrap_or(name);
    is_plain(&format!("{service}:x")) && ["/", "-"].iter().any(|end| name.starts_with(&format!("${{StackName}}{end}")))
}

fn own_roles(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let mut used: Vec<&str> = Vec::new();
    for lambda in template.lambdas() {
        let mut fault = |what: &str| faults.push((lambda.name.to_owned(), what.to_owned()));
        if lambda.properties.get("Policies").is_some() {
            fault("it has policies beside its role");
        }
        match role_of(template, &lambda) {
            None => fault("it has no role of the template"),
            Some((role, _)) if used.contains(&role) => fault("its role is another's too"),
            Some((role, _)) => used.push(role),
        }
    }
    for (role, properties) in template.of_kind("AWS::IAM::Role") {
        let mut fault = |what: &str| faults.push((role.to_owned(), what.to_owned()));
        if !used.contains(&role) {
            fault("it is nobody's role");
        }
        if properties.get("ManagedPolicyArns").is_some() {
            fault("it has policies that others write");
        }
        let trust = list(&properties["AssumeRolePolicyDocument"]["Statement"]);
        let is_lambda = |statement: &&Value| {
            statement["Principal"] == json!({"Service": "lambda.amazonaws.com"})
                && statement["Action"] == "sts:AssumeRole"
        };
        if trust.len() != 1 || !trust.iter().all(is_lambda) {
            fault("others than Lambda may take it");
        }
    }
    faults
}

/// What a function's role has to allow: actions and resources.
fn wanted(code: &Code, lambda: &Lambda<'_>) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut actions = code.actions_of(lambda.binary);
    let mut resources = BTreeSet::from([format!("${{{}Logs.Arn}}", lambda.name)]);
    let of_service = |service: &str| actions.iter().any(|action| action.starts_with(service));
    if of_service("dynamodb:") {
        resources.insert(format!("${{Table.Arn}}{SUFFIX}"));
    }
    if of_service("events:") {
        resources.insert("${Bus.Arn}".to_owned());
    }
    // One that is not there yet has no random letters at its end (AWS asks by the name in the request then).
    let makes = actions.contains("secretsmanager:CreateSecret");
    let secrets = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret";
    for kind in ["vendors", "webhook", "offered"].into_iter().filter(|kind| code.names_secret(lambda.binary, kind)) {
        let secret = format!("{secrets}:${{AWS::StackName}}/*/{kind}");
        resources.insert(format!("{secret}-??????"));
        resources.extend(makes.then_some(secret));
    }
    // It is no connection's, but the stack's.
    if code.names_secret(lambda.binary, "console") {
        resources.insert(format!("{secrets}:${{AWS::StackName}}/console-??????"));
    }
    actions.extend(LOG.map(str::to_owned));
    for queue in queues_of(lambda) {
        actions.extend(QUEUE.map(str::to_owned));
        resources.insert(queue);
    }
    (actions, resources)
}

/// The queues that a function is woken by.
pub(super) fn queues_of(lambda: &Lambda<'_>) -> Vec<String> {
    let events = lambda.properties["Events"].as_object().into_iter().flatten();
    events.filter(|(_, event)| event["Type"] == "SQS").map(|(_, event)| text(&event["Properties"]["Queue"])).collect()
}

fn needed(template: &Template) -> Faults {
    faults_of_code(template, Code::read())
}

/// What the roles of a template allow too much, and what too little, for this code.
pub(super) fn faults_of_code(template: &Template, code: &Code) -> Faults {
    let mut faults = Faults::new();
    for operation in code.unknown_operations() {
        faults.push((String::new(), format!("nobody knows which action {operation} needs: the test's table says it")));
    }
    for lambda in template.lambdas() {
        let Some((role, properties)) = role_of(template, &lambda) else { continue };
        let (allowed, wanted) = (statements(properties), wanted(code, &lambda));
        let mut compare = |allowed: BTreeSet<String>, wanted: BTreeSet<String>| {
            let mut fault = |what: String| faults.push((role.to_owned(), what));
            allowed.difference(&wanted).for_each(|one| fault(format!("allows {one}, which no code of it uses")));
            wanted.difference(&allowed).for_each(|one| fault(format!("lacks {one}, which its code uses")));
        };
        compare(actions(&allowed), wanted.0);
        compare(resources(&allowed), wanted.1);
        // An action stands only with the resources of its service.
        for statement in allowed {
            let services: BTreeSet<String> =
                actions(&[statement]).iter().filter_map(|action| Some(action.split_once(':')?.0.to_owned())).collect();
            if services.len() != 1 {
                faults.push((role.to_owned(), format!("one statement is of {services:?}")));
            }
        }
    }
    faults
}

fn public(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for lambda in template.lambdas() {
        let is_public = template.has_address(&lambda)
            || lambda.properties["Events"]
                .as_object()
                .into_iter()
                .flatten()
                .any(|(_, event)| event["Type"] == "HttpApi");
        let mut fault = |what: &str| faults.push((lambda.name.to_owned(), what.to_owned()));
        if is_public != PUBLIC.contains(&lambda.binary) {
            fault("anybody can call it, or nobody where somebody should");
        }
        let Some((_, properties)) = role_of(template, &lambda).filter(|_| is_public) else { continue };
        let statements = statements(properties);
        if resources(&statements).iter().any(|resource| resource.contains("vendors")) {
            fault("it can read the vendors' credentials, and anybody can call it");
        }
        // But for when it was called last, in a partition of its own.
        let own = json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [OWN_PARTITION]}});
        let is_own =
            |statement: &&Value| text(&statement["Action"]) == "dynamodb:UpdateItem" && statement["Condition"] == own;
        let others: Vec<&Value> = statements.iter().copied().filter(|statement| !is_own(statement)).collect();
        let uses_table = actions(&others).iter().any(|action| action.starts_with("dynamodb:"));
        if uses_table && lambda.binary != CONSOLE {
            fault("it can read or write the table, and anybody can call it");
        }
    }
    faults
}

fn console(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for lambda in template.lambdas().iter().filter(|lambda| lambda.binary == CONSOLE) {
        let Some((role, properties)) = role_of(template, lambda) else { continue };
        for statement in statements(properties) {
            let (actions, resources) = (actions(&[statement]), resources(&[statement]));
            let mut fault = |what: &str| faults.push((role.to_owned(), what.to_owned()));
            let all_are = |what: &str| resources.iter().all(|resource| resource.contains(what));
            let reads = actions.contains("secretsmanager:GetSecretValue");
            if reads && !all_are(":secret:${AWS::StackName}/console-??????") {
                fault("it can read other secrets than its own");
            }
            let writes = actions.iter().any(|action| action.starts_with("secretsmanager:") && !action.contains(":Get"));
            if writes && !all_are(":secret:${AWS::StackName}/*/offered") {
                fault("it can write other secrets than what people offer");
            }
        }
    }
    faults
}

fn addresses(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let (condition, parameters) = KNOWS_PEOPLE;
    let given = |name: &str| json!({"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]});
    if template.all["Conditions"][condition] != json!({"Fn::And": parameters.map(given)}) {
        faults.push((String::new(), format!("{condition} holds although nobody vouches for people")));
    }
    for lambda in template.lambdas().iter().filter(|lambda| lambda.binary == CONSOLE) {
        let urls = template.urls_of(lambda);
        let is_right = |(name, url): &(&str, &Value)| {
            template.resources()[*name]["Condition"] == condition && url["AuthType"] == "NONE"
        };
        if lambda.properties.get("FunctionUrlConfig").is_some() || urls.len() != 1 || !urls.iter().all(is_right) {
            faults.push((lambda.name.to_owned(), "it has an address although nobody vouches for people".to_owned()));
        }
    }
    faults
}

fn queues(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for (name, properties) in template.of_kind("AWS::SQS::QueuePolicy") {
        for statement in statements(properties) {
            let is_bus = statement["Principal"] == json!({"Service": "events.amazonaws.com"});
            let rules = list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]);
            let is_rule = |rule: &&Value| {
                let rule = text(rule);
                template.of_kind("AWS::Events::Rule").any(|(name, _)| resource_of(&rule) == Some(name))
            };
            if !is_bus
                || text(&statement["Action"]) != "sqs:SendMessage"
                || rules.is_empty()
                || !rules.iter().all(is_rule)
            {
                faults.push((name.to_owned(), "others than the stack's own rules may send to it".to_owned()));
            }
        }
    }
    faults
}

fn invocations(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for (name, permission) in template.of_kind("AWS::Lambda::Permission") {
        let source = text(&permission["SourceArn"]);
        let by_rule = template.of_kind("AWS::Events::Rule").any(|(rule, _)| resource_of(&source) == Some(rule));
        let by_bus = permission["Principal"] == "events.amazonaws.com" && by_rule;
        if !by_bus && !is_by_address(template, name, permission) {
            faults.push((name.to_owned(), "others than the stack's own rules may invoke it".to_owned()));
        }
    }
    faults
}

/// Whether a permission lets anybody call a function by the address that stands beside it, on the same condition, and in
/// no other way (AWS Lambda developer guide, Control access to Lambda function URLs).
fn is_by_address(template: &Template, name: &str, permission: &Value) -> bool {
    let lambdas = template.lambdas();
    let Some(lambda) =
        lambdas.iter().find(|lambda| text(&permission["FunctionName"]) == format!("${{{}}}", lambda.name))
    else {
        return false;
    };
    let condition = |resource: &str| &template.resources()[resource]["Condition"];
    let has_address = template.urls_of(lambda).iter().any(|(url, _)| condition(url) == condition(name));
    let of_address = permission["Action"] == "lambda:InvokeFunctionUrl" && permission["FunctionUrlAuthType"] == "NONE";
    let of_function = permission["Action"] == "lambda:InvokeFunction" && permission["InvokedViaFunctionUrl"] == true;
    permission["Principal"] == "*" && has_address && (of_address || of_function)
}
