"""Measures how every function starts and how large its package is, beside functions of Python and Node with the same
clients, and says whether each is as small as it has to be. Started by `infra/cold_start/run`."""

import io
import os
import platform
import statistics
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

from runtime import Failed, answers, start

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 20
# What each may be at most: parts of the others' times to the first poll, and bytes.
MOST_OF = {"Python": 0.10, "Node": 0.15}
MOST_PEAK_BYTES = 20_000_000
MOST_PACKAGE_BYTES = 6_000_000
ROW = "{:<17} {:>9} {:>9} {:>12} {:>10} {:>12} {:>9} {:>14}"


def commands(bundle):
    """How each is started, by name: every function that is deployed, and the two beside them."""
    names = sorted(source.stem for source in (ROOT / "functions/src/bin").glob("*.rs"))
    # What pip installs as `node` is a program around it.
    node = subprocess.check_output([Path(sys.executable).parent / "node", "-p", "process.execPath"], text=True).strip()
    ours = {name: [ROOT / f"target/lambda/{name}/bootstrap"] for name in names}
    return ours, {"Python": [sys.executable, "-B", Path(__file__).with_name("handler.py")], "Node": [node, bundle]}


def package_bytes(program):
    """The bytes of a program's package, as `sam deploy` packs it."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as package:
        package.write(program, "bootstrap")
    return zipped.tell()


def peak(starts):
    return max(one.peak_bytes for one in starts)


def part(starts, others):
    """Which part of another's time a start takes. Each is compared with the one of its own round, so that what else the
    machine does weighs on both."""
    return statistics.median(one.milliseconds / other.milliseconds for one, other in zip(starts, others))


def tell_head(node):
    with open("/proc/cpuinfo") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    node_version = subprocess.check_output([node, "--version"], text=True).strip().removeprefix("v")
    print(f"""\
From the start of a process to its first poll of the Runtime API, {ROUNDS} times each, in turn. All have built their
clients by then; ours have also read the root certificates, which the others do at their first call. Resident and peak
memory are of that moment, and say nothing of what an invocation takes.
{len(os.sched_getaffinity(0))} x {model}, Linux {platform.release()}
Python {platform.python_version()} with boto3 {version("boto3")}; Node {node_version} with the v3 SDK, bundled
""")
    print(ROW.format("", "start ms", "least", "of Python's", "of Node's", "resident MB", "peak MB", "package bytes"))
    parts = [f"<= {most:.2f}" for most in MOST_OF.values()]
    print(ROW.format("", "", "", *parts, "", f"<= {MOST_PEAK_BYTES / 1e6:.0f}", f"<= {MOST_PACKAGE_BYTES:,}"))


def tell(name, starts, parts, package):
    """Prints one row; the two that ours are measured beside have neither parts nor package."""
    times = [one.milliseconds for one in starts]
    resident = statistics.median(one.resident_bytes for one in starts)
    cells = [f"{statistics.median(times):.1f}", f"{min(times):.1f}", *(f"{part:.3f}" if part else "" for part in parts)]
    cells += [f"{resident / 1e6:.1f}", f"{peak(starts) / 1e6:.1f}", f"{package:,}" if package else ""]
    print(ROW.format(name, *cells))


def too_much(name, starts, parts, package):
    """What of a function is more than it may be."""
    for (other, most), part in zip(MOST_OF.items(), parts):
        if part > most:
            yield f"{name} starts in {part:.3f} of {other}'s time, and may in {most:.2f}"
    if peak(starts) > MOST_PEAK_BYTES:
        yield f"{name} takes {peak(starts):,} bytes of memory to start, and may take {MOST_PEAK_BYTES:,}"
    if package > MOST_PACKAGE_BYTES:
        yield f"{name} is {package:,} bytes as a package, and may be {MOST_PACKAGE_BYTES:,}"


def measure(bundle):
    """Measures all of them and prints what was seen; gives what is more than it may be."""
    ours, others = commands(bundle)
    everything = ours | others
    # The first start of each reads its files from the disk, and is not counted.
    for command in everything.values():
        answers(command)
    starts = {name: [] for name in everything}
    for _ in range(ROUNDS):
        for name, command in everything.items():
            starts[name].append(start(command))
    tell_head(others["Node"][0])
    over = []
    for name, command in ours.items():
        parts = [part(starts[name], starts[other]) for other in MOST_OF]
        package = package_bytes(*command)
        tell(name, starts[name], parts, package)
        over += too_much(name, starts[name], parts, package)
    for name in others:
        tell(name, starts[name], [None] * len(MOST_OF), None)
    return over


def main():
    try:
        over = measure(Path(sys.argv[1]))
    except (Failed, OSError) as failure:
        print(f"cold start: nothing is measured: {failure}")
        return 1
    if not over:
        print(f"\ncold start: {ROUNDS} starts of each, every function within bounds")
        return 0
    print("", *over, sep="\n")
    print("""\
What a function does before its first poll is in functions/src/lambda.rs; `strace -f -r` of it shows where the time
goes, and `cargo tree --package functions --edges normal` what is linked in. That the machine is busy is hardly why: all
were started on the same one, in turn.""")
    return 1


if __name__ == "__main__":
    sys.exit(main())
