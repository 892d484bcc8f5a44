"""How the proof tells what it sees, waits for what is to come, and fails."""

import time


class Failed(Exception):
    """What was to be seen is not there."""


def saw(text):
    print(f"    {text}", flush=True)


def check(holds, what):
    if not holds:
        raise Failed(what)


def equal(found, wanted, what):
    if found != wanted:
        raise Failed(f"{what}: expected {wanted!r}, found {found!r}")


def until(what, look, seconds=60):
    """Looks again and again until there is something to see; gives what there is."""
    end = time.monotonic() + seconds
    while True:
        if seen := look():
            return seen
        if time.monotonic() > end:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(0.2)
