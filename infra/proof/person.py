"""The person who runs the stack, by the command line."""

import json
import re
import subprocess

from emulator import CREDENTIALS, REGION, STACK
from telling import Failed, check

CONNECTION = "msp"


class Person:
    def __init__(self, program, emulator, vendors, webhook_key, folder):
        self.program, self.folder = program, folder
        self.environment = {
            **CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "ACROTASK_ALLOW_LOOPBACK": "1",
            "USER": "clerk",
        }
        self.secrets = {**vendors.environment, "AUTOTASK_WEBHOOK_KEY": webhook_key}
        self.said = []

    def connects(self):
        """Connects both vendors. It alone knows their credentials; what comes after has them from the stack."""
        return self.asks("connect", "--create-field", more=self.secrets)

    def asks(self, *words, exits=(0,), more=None):
        """Runs one command; gives its result."""
        command = [self.program, "--stack", STACK, "--connection", CONNECTION, *words]
        done = subprocess.run(
            command, cwd=self.folder, env={**self.environment, **(more or {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60,
        )
        self.said.append(done.stdout + done.stderr)
        if done.returncode not in exits:
            raise Failed(f"acrotask {' '.join(words)}: exit code {done.returncode}\n{self.said[-1]}")
        return done.stdout

    def plan(self, subject):
        """The plan as it is now. The command's exit code says what is in it."""
        plan = json.loads(self.asks("plan", subject, "--json", exits=(0, 2, 3)))
        # Alerts have a second plan where closing a ticket dismisses its alert.
        return plan.get(subject, plan)

    def approve(self, plan):
        self.asks("approve", "--plan", plan["id"])

    def edit_mapping(self, edit):
        """Exports the mapping, edits the file, and hands it in."""
        file = self.folder / "mapping.toml"
        self.asks("mapping", "export", "--force", str(file))
        file.write_text(edit(file.read_text()))
        return self.asks("mapping", "import", str(file))


def with_setting(text, name, value):
    """The mapping file with another value for a setting."""
    text, found = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
    check(found == 1, f"the mapping file has the setting {name} once, not {found} times")
    return text


def with_services(text, services):
    """The mapping file with each item sold as the service that has its name as number."""
    numbers = {service["sku"]: service["id"] for service in services}

    def sold(item):
        number = numbers.get(item[1])
        return item[0] if number is None else f"{item[0]}\nservice = {number}"

    return re.sub(r'(?m)^item = "([^"]+)".*$', sold, text)
