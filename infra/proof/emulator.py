"""AWS on this machine: the emulator as a process, the stack in it, and a look at all that it keeps."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3

from telling import Failed, until

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
STACK = "acrotask-proof"
REGION = "us-east-1"
TAP = "proof-tap"
# The emulator's root user; a function has the key of its own role.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Emulator:
    """The emulator, until `end`."""

    def __init__(self, folder):
        self.endpoint = f"http://127.0.0.1:{(port := free_port())}"
        self.log_file = folder / "emulator.log"
        # Nothing of the environment around the proof gets in. The functions inherit this one, which is how they
        # are allowed vendors on loopback: the template never says so.
        self.environment = {
            **CREDENTIALS,
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "AWS_ENDPOINT_URL": self.endpoint,
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            # Each function may do what its role allows, and no more.
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "SAM_CLI_TELEMETRY": "0",
            "ACROTASK_ALLOW_LOOPBACK": "1",
        }
        self.said = []
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / "ministack"],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        until("the emulator answers", self._is_ready, 60)

    def _is_ready(self):
        if self.process.poll() is not None:
            raise Failed(f"the emulator ended by itself:\n{self.log_file.read_text()[-2000:]}")
        try:
            return urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=5).status == 200
        except OSError:
            return False

    def end(self):
        """Ends it, and the functions' processes, which it leaves behind: they are of its session."""
        for sent in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sent)
                self.process.wait(timeout=10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass

    def client(self, service, role=None):
        """A client of a service, as the account's root user or with a role of the stack's."""
        key, secret, token = CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"], None
        if role:
            given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="proof")["Credentials"]
            key, secret, token = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )

    # The stack.

    def deploy(self, **parameters):
        """Deploys what was built, as the README says; gives the outputs."""
        command = [ROOT / "infra/deploy.sh", STACK, "--built"]
        command += [f"{name}={value}" for name, value in parameters.items()]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=180,
        )
        self.said.append(done.stdout + done.stderr)
        if done.returncode != 0:
            raise Failed(f"infra/deploy.sh: exit code {done.returncode}\n{self.said[-1][-4000:]}")
        stack = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def resources(self):
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        return [resource for page in pages for resource in page["StackResourceSummaries"]]

    def take_schedules(self):
        """What each schedule of the stack sends to which function, by job; none of them comes by itself any more."""
        events, schedules = self.client("events"), {}
        for rule in events.list_rules()["Rules"]:
            if "ScheduleExpression" in rule:
                (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
                schedules[json.loads(target["Input"])["job"]] = (rule["ScheduleExpression"], target)
                events.disable_rule(Name=rule["Name"])
        return schedules

    def tap_the_bus(self):
        """Lets a queue of the proof's own have a copy of every event on the stack's bus."""
        sqs, events = self.client("sqs"), self.client("events")
        url = sqs.create_queue(QueueName=TAP)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": [{"prefix": ""}]})
        rule = events.put_rule(Name=TAP, EventBusName=STACK, EventPattern=pattern)["RuleArn"]
        allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        allow |= {"Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        events.put_targets(Rule=TAP, EventBusName=STACK, Targets=[{"Id": TAP, "Arn": arn}])
        self.tapped = []

    def published(self):
        """Every event on the bus so far, oldest first, as it was delivered."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=TAP)["QueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.tapped.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self.tapped

    def publish(self, source, kind, detail):
        entry = {"EventBusName": STACK, "Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
        answer = self.client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise Failed(f"the bus took no event: {answer}")

    def invoke(self, function, payload):
        """Invokes a function and waits for its answer."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=payload)
        said = answer["Payload"].read().decode()
        self.said.append(said)
        if "FunctionError" in answer:
            raise Failed(f"{function}: {said}")
        return json.loads(said)

    # What it keeps.

    def logs(self):
        """Every line of each function's log group, in order, by the group's name."""
        logs, lines = self.client("logs"), {}
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            lines[group["logGroupName"]] = [event["message"] for page in pages for event in page["events"]]
        return lines

    def log(self, function):
        return self.logs()[f"/aws/lambda/{STACK}-{function}"]

    def runs(self, job):
        """What each run of a job counted, as CloudWatch takes it out of the log."""
        return [line for line in self.metrics(self.log(job)) if line["Job"] == job and "Run" in line]

    def metrics(self, lines=None):
        """What CloudWatch takes out of these lines of logs, or out of all."""
        lines = lines or [line for lines in self.logs().values() for line in lines]
        return [json.loads(line) for line in lines if line.startswith("{") and '"_aws"' in line]

    def queue(self, name):
        return self.client("sqs").get_queue_url(QueueName=f"{STACK}-{name}")["QueueUrl"]

    def waiting(self, name):
        """How many messages a queue has, those at work included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.client("sqs").get_queue_attributes(QueueUrl=self.queue(name), AttributeNames=names)
        return sum(int(count) for count in counts["Attributes"].values())

    def received(self, url):
        """The messages of a queue, with all that belongs to them; they stay there."""
        messages = []
        while some := self.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], VisibilityTimeout=60
        ).get("Messages"):
            messages += some
        return messages

    def items(self):
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=STACK)
        return [item for page in pages for item in page["Items"]]

    def kept_text(self):
        """All that the table holds, as text: what is compressed is put together, where it has parts."""
        compressed, plain = {}, []
        for item in sorted(self.items(), key=lambda item: (item["pk"]["S"], item["sk"]["S"])):
            for name in [name for name, value in item.items() if "B" in value]:
                whole = item["sk"]["S"].split("#")[0] if name == "part" else item["sk"]["S"]
                compressed.setdefault((item["pk"]["S"], whole, name), []).append(item.pop(name)["B"])
            plain.append(item)
        return json.dumps(plain) + "".join(gzip.decompress(b"".join(parts)).decode() for parts in compressed.values())
