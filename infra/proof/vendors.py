"""Both vendors on this machine: the sandbox as a process, what people do there, and how things stand there."""

import json
import signal
import subprocess
import urllib.request

from telling import Failed, check


class Vendors:
    """The sandbox, until `end`. Every secret of it ends with `mark`."""

    def __init__(self, program, mark, log):
        world = ["--acronis-port", "0", "--autotask-port", "0", "--customers", "3", "--prepaid", "--mark", mark]
        self.process = subprocess.Popen(
            [program, *world], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
        self.environment = {}
        for line in self.process.stdout:
            name, _, value = line.removeprefix("export ").strip().partition("=")
            if value:
                self.environment[name] = value
            if name == "ACROTASK_ALLOW_LOOPBACK":
                break
        check("ACRONIS_DATACENTER_URL" in self.environment, "the sandbox says where the vendors are")

    def end(self):
        """Ends it; it does not end well where anybody asked for a customer's data to be destroyed."""
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if code != 0:
            raise Failed(f"the sandbox ended with exit code {code}")

    def control(self, method, path, body=None):
        url = f"{self.environment['ACRONIS_DATACENTER_URL']}/_sandbox/{path}"
        asked = urllib.request.Request(url, json.dumps(body).encode() if body else None, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise Failed(f"the sandbox refuses {method} {path} {body}: {refusal.read().decode()}") from refusal

    def edit(self, edit, **what):
        return self.control("POST", "edit", {"edit": edit, **what})

    @property
    def state(self):
        return self.control("GET", "state")

    def writes(self):
        """The requests that would change something at a vendor, since the last look at them."""
        seen = self.control("GET", "requests")
        self.control("DELETE", "requests")
        unknown = [one["path"] for one in seen if not one["known"]]
        check(not unknown, f"requests that no vendor knows: {unknown}")
        reading = ("query", "count", "token", "version", "threshold", "zone")
        is_write = lambda one: one["method"] != "GET" and not one["operation"].endswith(reading)
        return [one for one in seen if is_write(one)]

    # How things stand.

    def company(self, name):
        return next(one for one in self.state["companies"] if one["name"] == name)

    def tenant(self, name):
        return next(one for one in self.state["tenants"] if one["name"] == name)

    def line(self, company, sku, state=None):
        """A company's line of the service of an item."""
        state = state or self.state
        contracts = [one["id"] for one in state["contracts"] if one["company_id"] == company]
        service = next(one["id"] for one in state["services"] if one["sku"] == sku)
        return next(one for one in state["lines"] if one["contract_id"] in contracts and one["service_id"] == service)

    def units(self, line, day, state=None):
        """The units of a line on a day."""
        rows = (state or self.state)["units_rows"]
        (row,) = [one for one in rows if one["line_id"] == line and one["start"] <= day <= one["end"]]
        return row["units"]

    def quota(self, tenant, item):
        (found,) = [one for one in self.state["items"] if one["tenant"] == tenant and one["item"] == item]
        return found["quota"]["value"]

    def used(self, tenant, item):
        return sum(
            one["absolute_value"] for one in self.state["usages"] if one["tenant"] == tenant and one["item"] == item
        )
