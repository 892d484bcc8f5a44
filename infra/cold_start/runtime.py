"""A stand-in for the Runtime API that Lambda gives a function, and processes that are started against it. It notes when
a process polls for the first time; it knows nothing of what a function does."""

import contextlib
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

API = "/2018-06-01/runtime/invocation"
# Long enough for a slow machine; what has not polled by then never will.
POLLS_WITHIN_SECONDS = 30
# What Lambda gives every function, and what infra/template.yaml gives ours. Nothing else gets in.
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "acrotask-cold-start",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "TABLE_NAME": "acrotask-cold-start",
    "EVENT_BUS_NAME": "acrotask-cold-start",
    "SECRETS_PREFIX": "acrotask-cold-start",
    "MODE": "plan",
    "RUST_LOG": "info",
}
EVENT = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n"
    b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:acrotask-cold-start\r\n"
    b"\r\n{}"
)


class Failed(Exception):
    """What was started does not do what a function does."""


@dataclass(frozen=True)
class Start:
    """What a start took up to the first poll: the time since before the process was made, and the memory that is
    resident then and was at most, pages of its program included."""

    milliseconds: float
    resident_bytes: int
    peak_bytes: int


def start(command):
    """Starts a process, and ends it when it polls."""
    with polling(command) as (seen, _):
        return seen


def answers(command):
    """Starts a process and gives it an event, which it answers if it serves."""
    with polling(command) as (_, next_request):
        asked = next_request(EVENT)
        # That the event is none of its own, it may say as well.
        if asked not in (f"POST {API}/1/response HTTP/1.1", f"POST {API}/1/error HTTP/1.1"):
            raise Failed(f"it does not answer an event: {asked}")


@contextlib.contextmanager
def polling(command):
    """A process that has just polled: its start, and what answers a request of it and gives the next one's first line.
    It ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryFile() as said:
        listener.settimeout(1)
        # A connection alone wakes nobody: only what is asked over it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, POLLS_WITHIN_SECONDS)
        environment = ENVIRONMENT | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}"}
        began = time.monotonic_ns()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            asked, connection = request(listener, process)
            milliseconds = (time.monotonic_ns() - began) / 1e6
            if asked != f"GET {API}/next HTTP/1.1":
                raise Failed(f"it does not poll: {asked}")

            def next_request(answer):
                connection.sendall(answer)
                connection.close()
                return request(listener, process)[0]

            yield Start(milliseconds, **memory(process.pid)), next_request
        except Failed as failure:
            said.seek(0)
            raise Failed(f"{' '.join(map(str, command))}: {failure}\n{said.read().decode(errors='replace')}") from None
        finally:
            process.kill()
            process.wait()


def request(listener, process):
    """The first line of the next request, and the connection that waits for its answer."""
    end = time.monotonic() + POLLS_WITHIN_SECONDS
    while True:
        with contextlib.suppress(TimeoutError):
            connection, _ = listener.accept()
            break
        if process.poll() is not None:
            raise Failed(f"it ended by itself, with exit code {process.returncode}")
        if time.monotonic() > end:
            raise Failed(f"it asks for nothing within {POLLS_WITHIN_SECONDS} s")
    connection.settimeout(POLLS_WITHIN_SECONDS)
    head = b""
    while b"\r\n\r\n" not in head:
        if not (some := connection.recv(65536)):
            raise Failed("it hangs up in the middle of a request")
        head += some
    return head.split(b"\r\n")[0].decode(), connection


def memory(process):
    """What the kernel says of a process's memory."""
    with open(f"/proc/{process}/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    resident, peak = (int(lines[name].removesuffix("kB\n")) * 1024 for name in ("VmRSS", "VmHWM"))
    return {"resident_bytes": resident, "peak_bytes": peak}
