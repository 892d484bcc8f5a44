"""Deploys the template to an AWS emulator on this machine, with the functions as they are deployed and with both
vendors simulated, and tells story by story what it sees. Started by `infra/proof/run`."""

import base64
import contextlib
import secrets
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from emulator import Emulator
from person import Person
from stories import STORIES, Stage
from telling import Failed
from vendors import Vendors

LINES_SHOWN = 40


def stage(ends, folder, programs):
    """Starts everything; each ends with `ends`."""
    # Another one each time, so that nothing left over from elsewhere is found.
    canary = f"canary{secrets.token_hex(8)}"
    webhook_key = f"webhook-{canary}"
    vendors = Vendors(programs / "sandbox", canary, ends.enter_context((folder / "sandbox.log").open("w")))
    ends.callback(vendors.end)
    emulator = Emulator(folder)
    ends.callback(emulator.end)
    person = Person(programs / "acrotask", emulator, vendors, webhook_key, folder)
    given = vendors.environment
    login = f"{given['ACRONIS_CLIENT_ID']}:{given['ACRONIS_CLIENT_SECRET']}"
    # As it is, as Acronis is sent it to log in, and the tokens that Acronis gives for it.
    forbidden = [canary, base64.b64encode(login.encode()).decode().rstrip("=")[:-1], "sandbox-token-"]
    return Stage(emulator, vendors, person, forbidden)


def tell_logs(made):
    """What the functions and the emulator said last, for whoever looks for what went wrong."""
    with contextlib.suppress(Exception):
        for group, lines in made.emulator.logs().items():
            print(f"\n---- the last of {group}")
            print("\n".join(line for line in lines[-LINES_SHOWN:]))
    print("\n---- the last of the emulator")
    print("\n".join(made.emulator.log_file.read_text().splitlines()[-LINES_SHOWN:]))


def main():
    programs = Path(sys.argv[1]).resolve()
    # Whoever ends the proof ends what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began, shown = time.monotonic(), 0
    try:
        with contextlib.ExitStack() as ends:
            folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="acrotask-proof-")))
            made = stage(ends, folder, programs)
            for story in STORIES:
                print(f"\n{shown + 1}. {story.__doc__}", flush=True)
                start = time.monotonic()
                try:
                    story(made)
                except Exception as failure:
                    tell_logs(made)
                    print(f"\nstory {shown + 1} is not as it should be: {failure}")
                    raise
                print(f"    shown in {time.monotonic() - start:.1f} s", flush=True)
                shown += 1
    except Exception as failure:
        if not isinstance(failure, Failed):
            traceback.print_exc(file=sys.stdout)
        print(f"\nproof failed after {shown} of {len(STORIES)} stories: {type(failure).__name__}: {failure}")
        return 1
    print(f"\nproof: {shown} of {len(STORIES)} stories shown in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
