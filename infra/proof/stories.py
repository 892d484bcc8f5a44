"""What the proof shows, story by story. Each tells what was seen and checks it against the vendors' final state."""

import json
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

from botocore.exceptions import ClientError

from emulator import STACK
from person import CONNECTION, with_services, with_setting
from telling import Failed, check, equal, saw, until

# Prepaid customers of the sandbox: one whose quotas lag behind its contract, and one whose quotas are right.
BEHIND, SETTLED = "Nachzügler Fahrräder AG", "Punktgenau Uhren GmbH"
WORKSTATIONS, SERVERS = "pw_base_workstations", "pw_base_servers"
# So little time that a run begins a change, which needs half a minute, and does not see its end.
SHORT_SECONDS = 38
POISONED_RECEIVES = 5
QUEUES = ("usage-sync", "contract-changed", "ticket-changed")


class Stage:
    """All that a story needs."""

    def __init__(self, emulator, vendors, person, forbidden):
        self.emulator, self.vendors, self.person, self.forbidden = emulator, vendors, person, forbidden
        self.dead_letters = []

    def due(self, job):
        """Sends `dispatch` what the schedule of a job sends; gives its answer."""
        expression, target = self.schedules[job]
        answer = self.emulator.invoke(target["Arn"], target["Input"])
        saw(f"schedule {expression} sends {target['Input']} → dispatch answers {json.dumps(answer)}")
        equal(answer, {"job": job, "connections": 1}, "dispatch")

    def look(self, job):
        """A job is due, and its run ends; gives what the run counted."""
        before = len(self.emulator.runs(job))
        self.due(job)
        return self.next_run(job, before)

    def next_run(self, job, before):
        runs = until(f"a run of {job} ends", lambda: self.emulator.runs(job)[before:])
        saw(f"{job} ran: " + ", ".join(f"{name} {runs[0].get(name, 0)}" for name in ("Changes", "Made", "Held", "FailedRuns")))
        equal(runs[0].get("FailedRuns", 0), 0, f"failed runs of {job}")
        return runs[0]

    def queues_are_empty(self):
        until("all queues are worked off", lambda: not any(self.emulator.waiting(name) for name in QUEUES))

    def call(self, path, body, headers):
        """Calls the webhook's function over its address, as anybody can; gives the status."""
        host = self.outputs["WebhookUrl"].removeprefix("https://").rstrip("/")
        asked = urllib.request.Request(f"{self.emulator.endpoint}{path}", body.encode(), method="POST")
        for name, value in {**headers, "Host": host}.items():
            asked.add_header(name, value)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            return refusal.code


def deployed(stage):
    """`infra/deploy.sh` deploys the template, in the mode that it starts in"""
    stage.outputs = stage.emulator.deploy()
    resources = stage.emulator.resources()
    unfinished = [one for one in resources if one["ResourceStatus"] != "CREATE_COMPLETE"]
    equal(unfinished, [], "resources that are not complete")
    saw(f"{len(resources)} resources; outputs {json.dumps(stage.outputs)}")
    stage.schedules = stage.emulator.take_schedules()
    equal(sorted(stage.schedules), ["alert-sync", "contract-watch", "ticket-changed", "usage-sync"], "schedules")
    saw(f"{len(stage.schedules)} schedules, switched off here: what they send is sent by hand")
    stage.emulator.tap_the_bus()


def connected(stage):
    """Both vendors are connected and mapped, their first plans approved; in the mode plan nothing is written"""
    person, vendors = stage.person, stage.vendors
    for line in person.connects().strip().split("\n\n")[-1].splitlines():
        saw(f"connect --stack: {line}")
    # From here on contracts are watched.
    stage.look("contract-watch")
    services = vendors.state["services"]

    def edit(text):
        text = with_setting(with_services(text, services), "enabled", "true")
        return with_setting(text, "dismiss_on_close", "true")

    saw(person.edit_mapping(edit).strip().splitlines()[-1])
    for name, customer in (("Tannhofer Maschinenbau GmbH", 1), ("Brückmoor Logistik UG (haftungsbeschränkt)", 2)):
        tenant = vendors.tenant(name)["id"]
        used = vendors.used(tenant, WORKSTATIONS)
        vendors.edit("set_usage", tenant=tenant, item=WORKSTATIONS, value=used + customer, absolute=used + customer)
    make_it_four(stage)
    for subject in ("usage", "quotas", "alerts"):
        plan = person.plan(subject)
        person.approve(plan)
        saw(f"approved the first plan of {subject}, {plan['id']}: {len(plan['held'])} changes")
    vendors.writes()
    stage.look("usage-sync")
    equal(vendors.writes(), [], "writes of the mode plan")
    equal(vendors.state["adjustments"], [], "adjustments in the mode plan")


def make_it_four(stage):
    """Lets it be 04:00 at the provider's, whatever the hour is here, and for a minute at least."""
    past = datetime.now(timezone.utc)
    if past.minute == 59:
        saw("the hour is almost over; the next one is waited for")
        time.sleep(60 - past.second)
    east = (4 - datetime.now(timezone.utc).hour + 12) % 24 - 12
    zone = f"Etc/GMT{-east:+d}" if east else "UTC"
    stage.person.edit_mapping(lambda text: with_setting(text, "time_zone", f'"{zone}"'))
    saw(f"the provider's time zone is {zone}, so that it is 04:00 there")


def usage_to_units(stage):
    """Schedule → dispatch → usage-sync → units"""
    stage.outputs = stage.emulator.deploy(Mode="apply")
    stage.schedules = stage.emulator.take_schedules()
    saw("deployed again, with Mode=apply")
    make_it_four(stage)
    plan = stage.person.plan("usage")
    stage.today = plan["today"]
    changes = [change["action"] for change in plan["changes"]]
    check(len(changes) >= 2 and not plan["held"], f"the approved changes are to be made: {json.dumps(plan)[:2000]}")
    run = stage.look("usage-sync")
    equal((run["Made"], run["Held"], run["Open"]), (len(changes), 0, 0), "made, held and unanswered")
    state = stage.vendors.state
    equal(len(state["adjustments"]), len(changes), "adjustments at Autotask")
    for change in changes:
        line, day = change["place"]["line"], change["effective"]
        equal(stage.vendors.units(line, day, state), change["wanted"], f"units of line {line} on {day}")
        saw(f"{change['company_name']}, {change['service_name']}: {change['before']} → {change['wanted']} from {day}")
    company = stage.vendors.company("Tannhofer Maschinenbau GmbH")["id"]
    tenant = stage.vendors.tenant("Tannhofer Maschinenbau GmbH")["id"]
    line = stage.vendors.line(company, WORKSTATIONS, state)["id"]
    used = stage.vendors.used(tenant, WORKSTATIONS)
    equal(stage.vendors.units(line, stage.today, state), used, "units billed of the workstations used")
    equal(stage.person.plan("usage")["changes"], [], "what is left to change")


def contract_to_quota(stage):
    """Contract change → contract-watch → event → queue → contract-changed → quota"""
    person, vendors = stage.person, stage.vendors
    wanted = len(person.plan("quotas")["changes"])
    stage.look("contract-watch")
    until("approved quotas are made", lambda: not person.plan("quotas")["changes"], 90)
    stage.queues_are_empty()
    saw(f"{wanted} approved changes of quotas and tenants are made")
    equal(vendors.quota(vendors.tenant(BEHIND)["id"], WORKSTATIONS), 12, f"workstations of {BEHIND}")
    sell(stage, BEHIND, 4, 16)


def sell(stage, name, more, in_all):
    """A salesperson sells more workstations; gives the event that told of it."""
    vendors, tenant = stage.vendors, stage.vendors.tenant(name)["id"]
    company = vendors.company(name)["id"]
    vendors.edit("human_adjust", line=vendors.line(company, WORKSTATIONS)["id"], delta=more, effective=stage.today)
    before = len(stage.emulator.published())
    stage.look("contract-watch")
    told = lambda: [one for one in stage.emulator.published()[before:] if one["detail-type"] == "ContractChanged"]
    (event,) = until("the change is told", told)
    equal(event["detail"], {"connection": CONNECTION, "company": company}, "the event")
    until(f"{name} may use {in_all}", lambda: vendors.quota(tenant, WORKSTATIONS) == in_all)
    saw(f"{name}: {more} more sold → {json.dumps(event['detail'])} → {in_all} workstations allowed at Acronis")
    return event


def alert_to_ticket_and_back(stage):
    """Alert → ticket; ticket closed → signed call of the function's address → alert dismissed"""
    vendors = stage.vendors
    stage.look("alert-sync")
    equal(vendors.state["tickets"], [], "tickets before there is an alert")
    tenant = vendors.tenant(SETTLED)["id"]
    alert = vendors.edit("raise_alert", tenant=tenant, type="BackupFailed", resource="WERK-01", plan="Nightly")
    stage.look("alert-sync")
    (found,) = vendors.state["tickets"]
    ticket = found["ticket"]
    equal(ticket["company_id"], vendors.company(SETTLED)["id"], "the ticket's company")
    saw(f"alert {alert} → ticket {ticket['number']} \"{ticket['title']}\"")
    for line in stage.person.asks("webhooks", "install", "--url", stage.outputs["WebhookUrl"]).strip().splitlines():
        saw(f"webhooks install: {line}")
    vendors.control("POST", "take_callouts")
    vendors.edit("human_close", ticket=ticket["id"])
    callouts = vendors.control("POST", "take_callouts")
    check(callouts, "Autotask calls when a person closes the ticket")
    before = len(stage.emulator.runs("ticket-changed"))
    for callout in callouts:
        path = callout["url"].removeprefix(stage.outputs["WebhookUrl"].rstrip("/"))
        equal(path, f"/v1/{CONNECTION}/autotask", "where Autotask calls")
        equal(stage.call(path, callout["body"], dict(callout["headers"])), 200, "the answer to Autotask's call")
    stage.signed = callouts[0]
    saw(f"{len(callouts)} signed calls of {path} answered 200")
    stage.next_run("ticket-changed", before)
    (gone,) = [one for one in vendors.state["alerts"] if one["id"] == alert]
    check(gone["deleted_at"], "the alert is dismissed at Acronis")
    saw(f"alert {alert} dismissed at {gone['deleted_at']}")


def unsigned_call(stage):
    """A call that nobody signed is refused, and nothing is published"""
    before = len(stage.emulator.published())
    body = stage.signed["body"]
    signature = dict(stage.signed["headers"])["X-Hook-Signature"]
    calls = {
        "unsigned": {},
        "signed with another key": {"X-Hook-Signature": "sha1=" + "A" * 27 + "="},
        "signed, for another connection": {"X-Hook-Signature": signature},
        "signed, then changed": {"X-Hook-Signature": signature},
    }
    for how, headers in calls.items():
        path = f"/v1/{'other' if 'another connection' in how else CONNECTION}/autotask"
        sent = body.replace('"Update"', '"Delete"') if "changed" in how else body
        check(sent != body or "changed" not in how, "the body is another one")
        headers = {"Content-Type": "application/json", **headers}
        equal(stage.call(path, sent, headers), 401, f"the answer to a call that is {how}")
        saw(f"{how}: 401")
    # Events come in order: what was published before this one is there when this one is.
    stage.emulator.publish("proof", "Sentinel", {})
    since = until("the sentinel is there", lambda: stage.emulator.published()[before:])
    equal([event["detail-type"] for event in since], ["Sentinel"], "events since")
    saw("nothing was published")


def poisoned_event(stage):
    """A poisoned event → dead letters, while others go on"""
    emulator, sqs = stage.emulator, stage.emulator.client("sqs")
    queues = [emulator.queue(name) for name in ("usage-sync", "contract-changed")]
    names = ["VisibilityTimeout", "RedrivePolicy"]
    before = {queue: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"] for queue in queues}
    for queue, kept in before.items():
        short = json.dumps({**json.loads(kept["RedrivePolicy"]), "maxReceiveCount": POISONED_RECEIVES})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "3", "RedrivePolicy": short})
    saw(f"for this story a queue gives a message {POISONED_RECEIVES} times, each 3 s; as deployed it would take hours")
    emulator.publish("acrotask", "ContractChanged", {"connection": CONNECTION, "company": "no number"})
    sell(stage, SETTLED, 1, 21)
    for name in ("usage-sync", "contract-changed"):
        until(f"the dead letter of {name}", lambda: emulator.waiting(f"{name}-dead-letters"), 90)
        (letter,) = emulator.received(emulator.queue(f"{name}-dead-letters"))
        stage.dead_letters.append(letter)
        equal(json.loads(letter["Body"])["detail"]["company"], "no number", "the dead letter")
        told = [line for line in emulator.log(name) if "a message from the queue cannot be read" in line]
        equal(len(told), POISONED_RECEIVES, f"how often {name} told of it")
        saw(f"{name}: given {POISONED_RECEIVES} times, told each time, then in {STACK}-{name}-dead-letters")
    stage.queues_are_empty()
    for queue, kept in before.items():
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=kept)


def nothing_twice(stage):
    """A redelivered event and two runs at a time: no change is made twice, none is lost"""
    emulator, vendors = stage.emulator, stage.vendors
    event = next(one for one in reversed(emulator.published()) if one["detail-type"] == "ContractChanged"
                 and one["detail"].get("company") != "no number")
    vendors.writes()
    for name in ("contract-changed", "usage-sync"):
        before = len(emulator.runs(name))
        for _ in range(2):
            emulator.client("sqs").send_message(QueueUrl=emulator.queue(name), MessageBody=json.dumps(event))
        stage.next_run(name, before)
    stage.queues_are_empty()
    equal(vendors.writes(), [], "writes after the event came twice more")
    saw("the same event, twice more to each queue: looked at, nothing written")

    lines = {}
    for name in ("Tannhofer Maschinenbau GmbH", "Brückmoor Logistik UG (haftungsbeschränkt)", "Velmira Dental e.K."):
        tenant, company = vendors.tenant(name)["id"], vendors.company(name)["id"]
        used = vendors.used(tenant, SERVERS) + 1
        vendors.edit("set_usage", tenant=tenant, item=SERVERS, value=used, absolute=used)
        lines[vendors.line(company, SERVERS)["id"]] = used
    before = len(vendors.state["adjustments"])
    # Slow enough that the second run begins before the first has ended.
    vendors.control("POST", "faults", {"operation": "autotask.contract", "kind": {"delay": {"millis": 300}}})
    answers = []
    due = {"source": "acrotask", "detail-type": "SyncDue", "detail": {"connection": CONNECTION, "job": "usage-sync"}}
    ask = lambda: answers.append(emulator.invoke(f"{STACK}-usage-sync", json.dumps(due)))
    threads = [threading.Thread(target=ask) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    vendors.control("DELETE", "faults")
    outcomes = sorted(answer["outcome"]["ended"] for answer in answers)
    saw(f"two runs of usage-sync at a time: {' and '.join(outcomes)}")
    equal(outcomes, ["complete", "skipped"], "how they ended")
    state = vendors.state
    made = [one["line_id"] for one in state["adjustments"][before:]]
    equal(sorted(made), sorted(lines), "lines adjusted, each once")
    for line, units in lines.items():
        equal(vendors.units(line, stage.today, state), units, f"units of line {line}")
    saw(f"{len(lines)} lines changed, each by one adjustment")


def out_of_time(stage):
    """A run whose time is over while Autotask is silent: what it sent is sent once, and the next run settles it"""
    emulator, vendors, functions = stage.emulator, stage.vendors, stage.emulator.client("lambda")
    name, function = "Ordnerkind Bäckerei GmbH", f"{STACK}-usage-sync"
    tenant, company = vendors.tenant(name)["id"], vendors.company(name)["id"]
    used = vendors.used(tenant, SERVERS) + 1
    vendors.edit("set_usage", tenant=tenant, item=SERVERS, value=used, absolute=used)
    line, before = vendors.line(company, SERVERS)["id"], len(vendors.state["adjustments"])
    silence = {"operation": "autotask.adjustments.create", "times": 1, "kind": "silence_after"}
    vendors.control("POST", "faults", silence)
    whole = functions.get_function_configuration(FunctionName=function)["Timeout"]
    functions.update_function_configuration(FunctionName=function, Timeout=SHORT_SECONDS)
    due = {"source": "acrotask", "detail-type": "SyncDue", "detail": {"connection": CONNECTION, "job": "usage-sync"}}
    answer = emulator.invoke(function, json.dumps(due))
    saw(f"with {SHORT_SECONDS} s instead of {whole} s: {json.dumps(answer['outcome'])}, {answer['counts']['open']} unanswered")
    equal(answer["counts"]["open"], 1, "changes without an answer")
    functions.update_function_configuration(FunctionName=function, Timeout=whole)
    vendors.control("DELETE", "faults")
    answer = emulator.invoke(function, json.dumps(due))
    equal((answer["outcome"]["ended"], answer["counts"]["open"]), ("complete", 0), "the next run")
    state = vendors.state
    equal([one["line_id"] for one in state["adjustments"][before:]], [line], "adjustments of both runs")
    equal(vendors.units(line, stage.today, state), used, f"units of line {line}")
    saw(f"the next run: complete, nothing unanswered; {name} has one adjustment, and {used} servers")


def alarms(stage):
    """Each alarm that reads a metric of ours reads one that was told in this run, or one that was rightly not told; and
    none would ring now that all is well"""
    emulator = stage.emulator
    make_it_four(stage)
    for job in ("usage-sync", "contract-watch", "alert-sync", "ticket-changed"):
        stage.look(job)
    # What was told last, by metric and job.
    lines = sorted(emulator.metrics(), key=lambda line: line["_aws"]["Timestamp"])
    told = {(name, line["Job"]): line[name] for line in lines for name in line if isinstance(line[name], int)}
    own = [one for one in emulator.client("cloudwatch").describe_alarms()["MetricAlarms"] if one["Namespace"] == STACK]
    read = {(one["MetricName"], one["Dimensions"][0]["Value"]) for one in own}
    # A job that runs all day tells what is not zero, and no run here failed; and Autotask gave up no webhook.
    untold = {("FailedRuns", "contract-changed"), ("FailedRuns", "ticket-changed")}
    untold |= {("WebhooksDisabled", "autotask-webhook")}
    equal(sorted(read - told.keys()), sorted(untold), "metrics that an alarm reads, and nobody told")
    rings = {
        one["AlarmName"]: told[metric]
        for one in own
        if (metric := (one["MetricName"], one["Dimensions"][0]["Value"])) in told and told[metric] >= one["Threshold"]
    }
    equal(rings, {}, "alarms that ring")
    saw(f"{len(own)} alarms read {len(read)} metrics: {len(read & told.keys())} were told and ring for nobody, "
        f"{len(untold)} had no cause")


def roles(stage):
    """Each function's role: whose secrets it may read, and whether it may write the table"""
    emulator = stage.emulator
    another, own = f"another-stack/{CONNECTION}/vendors", f"{STACK}/console"
    for secret in (another, own):
        emulator.client("secretsmanager").create_secret(Name=secret, SecretString="{}")
    vendors, webhook = (f"{STACK}/{CONNECTION}/{name}" for name in ("vendors", "webhook"))
    roles = [one for one in emulator.resources() if one["ResourceType"] == "AWS::IAM::Role"]
    for role in roles:
        role_name, name = role["PhysicalResourceId"], role["LogicalResourceId"].removesuffix("Role")
        arn = emulator.client("iam").get_role(RoleName=role_name)["Role"]["Arn"]
        secrets, table = emulator.client("secretsmanager", arn), emulator.client("dynamodb", arn)
        names = (vendors, webhook, own, another)
        reads = [one for one in names if is_allowed(lambda: secrets.get_secret_value(SecretId=one))]
        item = {"pk": {"S": "proof"}, "sk": {"S": name}}
        writes = is_allowed(lambda: table.put_item(TableName=STACK, Item=item))
        may_read = {"Dispatch": [], "Console": [own], "AutotaskWebhook": [webhook]}.get(name, [vendors])
        equal((reads, writes), (may_read, name not in ("Dispatch", "AutotaskWebhook")), f"what {name} may do")
        saw(f"{name} reads {' and '.join(reads) or 'no secret'}, {'writes' if writes else 'does not write'} the table")
    equal(len(roles), 8, "roles")


def is_allowed(ask):
    try:
        ask()
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def secrets_are_kept(stage):
    """The canary in every secret is in no log, error, table item, event or message of the whole run"""
    emulator, secrets = stage.emulator, stage.emulator.client("secretsmanager")
    for name in ("vendors", "webhook"):
        text = secrets.get_secret_value(SecretId=f"{STACK}/{CONNECTION}/{name}")["SecretString"]
        check(stage.forbidden[0] in text, f"the canary is in the secret {name}, and would be found")
    kept = {f"log {name}": "\n".join(lines) for name, lines in emulator.logs().items()}
    kept["the emulator's own log"] = emulator.log_file.read_text()
    kept["the table"] = emulator.kept_text()
    kept["events"] = json.dumps(emulator.published())
    for name in (*QUEUES, *(f"{name}-dead-letters" for name in QUEUES)):
        kept[f"queue {name}"] = json.dumps(emulator.received(emulator.queue(name)))
    kept["dead letters"] = json.dumps(stage.dead_letters)
    equal(len(stage.dead_letters), 2, "dead letters looked at")
    kept["answers of functions, and of sam deploy"] = "\n".join(emulator.said)
    kept["what the command line said"] = "\n".join(stage.person.said)
    kept["the stack"] = json.dumps(emulator.resources(), default=str)
    functions = emulator.client("lambda").list_functions()["Functions"]
    kept["the functions' environments"] = json.dumps([one["Environment"] for one in functions])
    for where, text in kept.items():
        shown = [form for form in stage.forbidden if form in text]
        equal(shown, [], f"secrets in {where}")
    # What is unknown to a vendor was asked by mistake.
    stage.vendors.writes()
    for job in ("usage-sync", "contract-watch", "contract-changed", "alert-sync", "ticket-changed"):
        check(emulator.runs(job), f"{job} ran, and its log was looked at")
    saw(f"{sum(map(len, kept.values()))} characters in {len(kept)} places: none of {len(stage.forbidden)} forms")


STORIES = (
    deployed,
    connected,
    usage_to_units,
    contract_to_quota,
    alert_to_ticket_and_back,
    unsigned_call,
    poisoned_event,
    nothing_twice,
    out_of_time,
    alarms,
    roles,
    secrets_are_kept,
)
