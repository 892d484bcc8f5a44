//! The rules themselves: the template is broken on purpose, one way after the other, and each is noticed.

use super::reach::Code;
use super::{Template, permissions, runbook, watching, wiring};
use crate::sources::root;

/// What is broken: what stands in the template, what in its place (the first time it stands there), and words of what
/// is said about it.
type Break = (&'static str, &'static str, &'static str);

const PERMISSIONS: [Break; 27] = [
    ("- dynamodb:GetItem", "- dynamodb:*", "DispatchRole: the action dynamodb:*"),
    ("- dynamodb:GetItem", "- \"*\"", "DispatchRole: the action *"),
    ("Resource: !Sub ${Table.Arn}${TableSuffix}", "Resource: \"*\"", "DispatchRole: the resource \"*\""),
    (
        "Resource: !Sub ${Table.Arn}${TableSuffix}",
        "Resource: !Sub ${Bus.Arn}${TableSuffix}",
        "DispatchRole: the resource \"${Bus.Arn}${TableSuffix}\"",
    ),
    ("secret:${AWS::StackName}/*/vendors-??????", "secret:*/vendors-??????", "UsageSyncRole: the resource \"arn:"),
    ("secret:${AWS::StackName}/*/vendors-", "secret:${AWS::StackName}*/vendors-", "UsageSyncRole: the resource \"arn:"),
    (":${AWS::AccountId}:secret", ":*:secret", "UsageSyncRole: the resource \"arn:"),
    ("- dynamodb:GetItem", "- dynamodb:Scan", "allows dynamodb:Scan, which no code of it uses"),
    ("- dynamodb:GetItem\n", "- dynamodb:Query\n", "DispatchRole: lacks dynamodb:GetItem, which its code uses"),
    ("- dynamodb:ConditionCheckItem\n", "- dynamodb:Query\n", "UsageSyncRole: lacks dynamodb:ConditionCheckItem"),
    ("/*/webhook-??????", "/*/vendors-??????", "AutotaskWebhook: it can read the vendors' credentials"),
    (
        "- secretsmanager:CreateSecret\n                  - secretsmanager:PutSecretValue",
        "- secretsmanager:CreateSecret\n                  - secretsmanager:GetSecretValue",
        "ConsoleRole: it can read other secrets than its own",
    ),
    (
        "- secretsmanager:PutSecretValue\n                Resource:\n                  - !Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${AWS::StackName}/*/offered-??????",
        "- secretsmanager:PutSecretValue\n                Resource:\n                  - !Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${AWS::StackName}/*/vendors-??????",
        "ConsoleRole: it can write other secrets than what people offer",
    ),
    ("LeadingKeys: [webhooks]", "LeadingKeys: [sessions]", "AutotaskWebhook: it can read or write the table"),
    (
        "                Condition:\n                  ForAllValues",
        "                Conditions:\n                  ForAllValues",
        "AutotaskWebhook: it can read or write the table",
    ),
    ("/*/vendors\n", "/*/webhook\n", "UsageSyncRole: lacks arn:"),
    ("/*/offered-??????\n", "/*/offers-??????\n", "UsageSyncRole: lacks arn:"),
    ("Role: !GetAtt UsageSyncRole.Arn", "Role: !GetAtt DispatchRole.Arn", "UsageSync: its role is another's too"),
    ("Service: lambda.amazonaws.com", "AWS: \"*\"", "DispatchRole: others than Lambda may take it"),
    (
        "- !GetAtt UsageSyncContractsNoticed.Arn\n",
        "- \"*\"\n",
        "UsageSyncQueuePolicy: others than the stack's own rules",
    ),
    ("StackName}/console-??????", "StackName}/*/vendors-??????", "Console: it can read the vendors' credentials"),
    ("StackName}/console-??????", "StackName}/*-??????", "ConsoleRole: allows arn:"),
    ("Arn: !GetAtt Console.Arn", "Arn: !GetAtt Dispatch.Arn", "Dispatch: anybody can call it"),
    ("Url\n    Condition: KnowsPeople\n", "Url\n", "Console: it has an address although nobody vouches for people"),
    ("[!Equals [!Ref OidcIssuer, \"\"]]", "[!Equals [!Ref Mode, \"\"]]", "KnowsPeople holds although nobody vouches"),
    ("      FunctionUrlAuthType: NONE\n", "", "ConsoleUrlPermission: others than the stack's own rules"),
    ("      InvokedViaFunctionUrl: true\n", "", "ConsoleByUrlPermission: others than the stack's own rules"),
];

const WIRING: [Break; 28] = [
    ("OIDC_ISSUER: !Ref OidcIssuer", "OIDC_ISSUER: !Ref OidcClientId", "OIDC_ISSUER is not ${OidcIssuer}"),
    ("        MODE: !Ref Mode\n", "        MODES: !Ref Mode\n", "it sets MODES, which no code knows"),
    ("        MODE: !Ref Mode\n", "", "it does not set MODE"),
    ("        MODE: !Ref Mode\n", "        WEBHOOK_PORT: !Ref Mode\n", "WEBHOOK_PORT, which no function reads"),
    ("        MODE: !Ref Mode\n", "        MODE: apply\n", "MODE is not ${Mode}"),
    ("        RUST_LOG: info\n", "        ACROTASK_ALLOW_LOOPBACK: \"1\"\n", "it names what is for one machine"),
    ("    Default: plan\n", "    Default: apply\n", "Mode does not begin as plan"),
    ("VisibilityTimeout: 900", "VisibilityTimeout: 899", "UsageSyncQueue: what is at work may be given"),
    ("VisibilityTimeout: 900", "VisibilityTimeout: 901", "or what failed comes again late"),
    ("WindowInSeconds: 20", "WindowInSeconds: 21", "UsageSyncQueue: what is at work may be given"),
    ("MaximumConcurrency: 2", "MaximumConcurrency: 1000", "UsageSyncQueue: nothing bounds how many"),
    (
        "Type: AWS::Events::EventBus",
        "Type: AWS::Events::EventBusPolicy",
        "Bus: no rule looks at AWS::Events::EventBusP",
    ),
    ("Type: Schedule\n", "Type: Api\n", "Dispatch: no rule looks at UsageSyncSchedule"),
    ("    Runtime: provided", "    Policies: [x]\n    Runtime: provided", "it may do more than its role says"),
    ("rate(5 minutes)", "rate(5 days)", "Dispatch: ContractWatchSchedule comes when nobody expects it"),
    ("\"hour\": 4", "\"hour\": 5", "Dispatch: UsageSyncSchedule comes when nobody expects it"),
    (
        "Timeout: 280\n      MemorySize: 128",
        "Timeout: 300\n      MemorySize: 128",
        "TicketChangedQueue: what is at work",
    ),
    (
        "Input: '{\"job\": \"alert-sync\"}'",
        "Input: '{\"job\": \"usage-sync\"}'",
        "alert-sync is scheduled here or on one",
    ),
    ("          job: [alert-sync]", "          job: [contract-watch]", "wakes {}, not {\"alert-sync\"}"),
    ("          cause: [mapping]", "          cause: [mapping, sweep]", "not {\"contract-changed\"}"),
    ("detail-type: [CredentialsOffered]", "detail-type: [CompanyOffered]", "wakes {}, not {\"usage-sync\"}"),
    ("SourceArn: !GetAtt UsageSyncOffered.Arn", "SourceArn: !GetAtt UsageSyncDue.Arn", "UsageSyncOffered: its target"),
    ("SourceArn: !GetAtt AlertSyncDue.Arn", "SourceArn: !GetAtt UsageSyncDue.Arn", "AlertSyncDue: its target"),
    ("detail-type: [AlertsAsked]", "detail-type: [AlertsWanted]", "wakes {}, not {\"alert-sync\"}"),
    ("SourceArn: !GetAtt AlertSyncAsked.Arn", "SourceArn: !GetAtt UsageSyncDue.Arn", "AlertSyncAsked: its target"),
    ("          RetryPolicy:\n            MaximumRetryAttempts: 0\n\n", "\n", "UsageSync: what failed is tried again"),
    ("        MaximumRetryAttempts: 2\n", "", "Dispatch: what failed is tried again"),
    ("MaximumEventAgeInSeconds: 3000", "MaximumEventAgeInSeconds: 21600", "Dispatch: what failed is tried again"),
];

const WATCHING: [Break; 20] = [
    ("          Value: !Ref Console\n", "          Value: !Ref Dispatch\n", "Console: nobody is told when it failed"),
    ("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "Table: it cannot be restored"),
    ("DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false", "Table: it can be deleted by mistake"),
    ("AttributeName: ttl", "AttributeName: expires", "Table: nothing expires, or not by what the store writes"),
    ("SSEEnabled: true", "SSEEnabled: false", "Table: it is not encrypted"),
    ("    DeletionPolicy: Retain\n", "", "Table: it goes with the stack"),
    ("SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false", "UsageSyncQueue: it is not encrypted"),
    ("maxReceiveCount: 20", "maxReceiveCount: 50", "UsageSyncQueue: it gives up earlier or later"),
    ("RetentionInDays: !Ref LogRetentionDays", "KmsKeyId: x", "DispatchLogs: it is kept for ever"),
    ("LogGroup: !Ref UsageSyncLogs", "LogGroup: !Ref DispatchLogs", "UsageSync: it has no log group of its own"),
    ("MetricName: FailedRuns", "MetricName: FailedRun", "ContractChanged: nobody is told when it failed"),
    ("Value: !Ref AlertSync\n", "Value: !Ref UsageSync\n", "AlertSync: nobody is told when it failed"),
    ("MetricName: SinceGoodRun", "MetricName: SinceBestRun", "no code tells SinceBestRun of usage-sync"),
    ("MetricName: Url5xxCount", "MetricName: Errors", "AutotaskWebhook: nobody is told when it failed"),
    (
        "      ComparisonOperator: GreaterThanOrEqual",
        "      ComparisonOperator: LessThan",
        "it is told when all is well",
    ),
    ("Threshold: 75\n", "Threshold: 7500\n", "no alarm reads AutotaskHourUsed of usage-sync from 75 on"),
    ("Value: !GetAtt UsageSyncQueue.QueueName", "Value: x", "UsageSyncQueue: nobody is told of what waits"),
    ("MetricName: WebhooksDisabled", "MetricName: Open", "no alarm reads WebhooksDisabled of autotask-webhook"),
    ("Value: !GetAtt UsageSyncDeadLetters.QueueName", "Value: x", "UsageSyncDeadLetters: nobody is told of what waits"),
    ("\"Made\", \"Job\", \"usage-sync\"", "\"Make\", \"Job\", \"usage-sync\"", "Dashboard: no code tells Make"),
];

const RUNBOOK: [Break; 6] = [
    ("| `dispatch-failed` |", "| `dispatch-fails` |", "DispatchFailed: infra/README.md has no row for dispatch-failed"),
    ("| `dispatch-failed` |", "| `dispatch-fails` |", "tells of dispatch-fails, which is not there"),
    ("| `Mode` |", "| Mode |", "Mode: infra/README.md has no row for Mode under Parameters"),
    (
        "| `WebhookUrl` | ",
        "| `WebhookUrl` |  | ",
        "WebhookUrl: infra/README.md has no row for WebhookUrl under Outputs",
    ),
    ("## Alarms", "## Alarm", "AlertSyncSilent: infra/README.md has no row for alert-sync-silent"),
    ("## Outputs", "## Exits", "Table: infra/README.md has no row for Table under Outputs"),
];

/// All that is said about a template.
fn faults(template: &Template) -> Vec<String> {
    let rules = permissions::RULES.iter().chain(&wiring::RULES).chain(&watching::RULES);
    let faults = rules.flat_map(|(_, faults)| faults(template));
    faults.map(|(resource, what)| if resource.is_empty() { what } else { format!("{resource}: {what}") }).collect()
}

#[track_caller]
fn are_noticed(breaks: &[Break]) {
    let whole = Template::read();
    for (stands, instead, said) in breaks {
        assert!(whole.text.contains(stands), "\"{stands}\" stands nowhere");
        let broken = Template::of(&whole.text.replacen(stands, instead, 1));
        let faults = faults(&broken);
        assert!(faults.iter().any(|fault| fault.contains(said)), "\"{instead}\" in place of \"{stands}\": {faults:#?}");
    }
}

#[test]
fn permissions_that_are_broken_are_noticed() {
    are_noticed(&PERMISSIONS);
}

#[test]
fn wiring_that_is_broken_is_noticed() {
    are_noticed(&WIRING);
}

#[test]
fn what_would_no_more_be_told_is_noticed() {
    are_noticed(&WATCHING);
}

#[test]
fn a_runbook_that_says_too_little_or_too_much_is_noticed() {
    let template = Template::read();
    let whole = std::fs::read_to_string(root().join(runbook::PATH)).expect("the runbook should be there");
    for (stands, instead, said) in RUNBOOK {
        assert!(whole.contains(stands), "\"{stands}\" stands nowhere");
        let faults = runbook::faults(&template, &whole.replacen(stands, instead, 1));
        let found = faults.iter().any(|(resource, what)| format!("{resource}: {what}").contains(said));
        assert!(found, "\"{instead}\" in place of \"{stands}\": {faults:#?}");
    }
    let more = Template::of(&template.text.replacen("    Type: Number\n", "    Type: Number\n  Colour:\n", 1));
    let faults = runbook::faults(&more, &whole);
    assert!(faults.iter().any(|(resource, _)| resource == "Colour"), "{faults:#?}");
}

#[test]
fn code_that_does_more_or_less_than_its_role_allows_is_noticed() {
    let template = Template::read();
    let dispatch = "functions/src/dispatch.rs";
    for (file, stands, instead, said) in [
        (
            dispatch,
            "store.connections().await?",
            "store.runs_since(&id, now).await.map(drop).and(store.connections().await)?",
            "",
        ),
        (
            dispatch,
            "bus.publish(&events).await?;",
            "",
            "DispatchRole: allows events:PutEvents, which no code of it uses",
        ),
        (
            dispatch,
            "bus.publish(&events).await?;",
            "bus.publish(&events).await?; store.save_approval(&id, &approval).await?;",
            "DispatchRole: lacks dynamodb:BatchWriteItem, which its code uses",
        ),
        (
            "functions/src/run/record.rs",
            "let started = host.clock.now();",
            "let started = host.clock.now(); secrets.keep(name, text).await;",
            "AlertSyncRole: lacks secretsmanager:CreateSecret",
        ),
        (
            "functions/src/autotask_webhook/keys.rs",
            "self.secrets.webhook(connection)",
            "self.secrets.vendors(connection)",
            "AutotaskWebhookRole: lacks arn:",
        ),
        (
            "functions/src/secrets.rs",
            "self.0.read(&self.0.console())",
            "self.0.read(&self.0.vendors(connection))",
            "ConsoleRole: lacks arn:",
        ),
        (
            "functions/src/store/items.rs",
            "self.client.put_item()",
            "self.client.delete_table()",
            "nobody knows which action delete_table needs",
        ),
    ] {
        let code = Code::read().with(file, stands, instead);
        let faults = permissions::faults_of_code(&template, &code);
        let found = faults.iter().any(|(role, what)| format!("{role}: {what}").contains(said));
        assert!(if said.is_empty() { faults.is_empty() } else { found }, "{instead}: {faults:#?}");
    }
}
