"""network.py - real hubs and nodes on loopback, and a bad wire between them"""
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from leima import LEIMA, TREE, leima

PROGRAM = os.path.join(TREE, "tests", "examples", "01-stacking",
                       "program.yaml")


def wait(what, condition, seconds=300):
    """Until the condition gives something true, which is returned.  The time
    is for a slow machine that does much else: who waits for what comes waits
    no longer, and what never comes fails all the same."""
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < until, f"waited in vain for: {what}"
        time.sleep(0.03)


class Process:
    """A hub or a node; what it says goes to NAME.out and NAME.err."""

    running = []

    def __init__(self, name, *words, given=None, program=LEIMA):
        self.name = name
        self.out, self.err = f"{name}.out", f"{name}.err"
        self.begun = os.path.getsize(self.err) if os.path.exists(
            self.err) else 0
        with open(self.out, "w") as out, open(self.err, "a") as err:
            self.process = subprocess.Popen(
                [program, *map(str, words)], stdin=subprocess.PIPE,
                stdout=out, stderr=err)
        self.process.stdin.write((given or "").encode())
        self.process.stdin.close()
        Process.running.append(self)

    def said(self, word):
        with open(self.err) as err:
            err.seek(self.begun)
            return word in err.read()

    def heeds(self):
        """Whether SIGTERM is no longer what it is to a program that has only
        begun, which it ends at once."""
        if self.ended():
            return True
        with open(f"/proc/{self.process.pid}/status") as file:
            masks = re.findall(r"^Sig(?:Blk|Cgt):\s*([0-9a-f]+)", file.read(),
                               re.M)
        return any(int(mask, 16) >> (signal.SIGTERM - 1) & 1 for mask in masks)

    def stop(self, status=0):
        wait(f"{self.name} to heed signals", self.heeds)
        self.process.send_signal(signal.SIGTERM)
        found = self.process.wait(300)
        Process.running.remove(self)
        assert found == status, f"{self.name} ended with {found}: {self.tail()}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        Process.running.remove(self)

    def ended(self):
        return self.process.poll() is not None

    def tail(self):
        with open(self.err) as err:
            return err.read()[-600:]


def kill_all():
    for process in list(Process.running):
        process.kill()
    while held:
        held.pop().close()


def free_endpoint():
    """Bound and not listened at, nobody else is given it until the test ends:
    also while the hub there is down, and before a standby has risen to one.
    Who names the port and says SO_REUSEADDR, as ZeroMQ does, may listen."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("127.0.0.1", 0))
    held.append(found)
    return f"tcp://127.0.0.1:{found.getsockname()[1]}"


held = []


class Hub(Process):
    def __init__(self, ledger="hq", listen=None, *words, program=LEIMA):
        super().__init__("hub", "hub", ledger, "--listen",
                         listen or free_endpoint(), *words, program=program)
        self.ledger = ledger
        self.endpoint = wait("the hub to listen", self._listening)

    def _listening(self):
        assert not self.ended(), f"the hub ended: {self.tail()}"
        with open(self.out) as out:
            found = re.match(r"listening (tcp://\S+)\n", out.read())
        return found and found.group(1)


class Node(Process):
    def __init__(self, number, *words, given=None, program=LEIMA):
        self.number = number
        self.ledger = f"n{number}"
        super().__init__(self.ledger, "node", self.ledger, *words, given=given,
                         program=program)


class Till:
    """A connection to LEDGER/tills."""

    def __init__(self, ledger):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(300)
        self.socket.connect(f"{ledger}/tills")
        self.file = self.socket.makefile("rwb")

    def say(self, what):
        """The answer; {} if the other side has gone."""
        line = what if isinstance(what, bytes) else json.dumps(what).encode()
        try:
            self.file.write(line + b"\n")
            self.file.flush()
            return json.loads(self.file.readline() or b"{}")
        except (OSError, ValueError):
            return {}

    def close(self):
        self.socket.close()


def till(ledger):
    """One that has reached the process, which may be just starting."""
    def dial():
        try:
            return Till(ledger)
        except OSError:
            return None
    return wait(f"{ledger}/tills", dial)


def enrol(number, *words, hub="hq"):
    return leima("enrol", "new", hub, "--node", number,
                 *words).expect(0).out.strip()


def join(number, *words, hub="hq", program=LEIMA):
    node = Node(number, "--join", "-", given=enrol(number, *words, hub=hub),
                program=program)
    wait(f"node {number} to join", lambda: node.said(" connected ") or
         node.ended())
    assert not node.ended(), node.tail()
    return node


def sell(ledger, count=1, member=42, prefix="R"):
    """Appends so many receipts; returns their identities."""
    lines = "".join(
        f'{{"kind": "purchase", "member": {member}, "receipt": '
        f'"{prefix}{i}", "total": {100 + i}}}\n' for i in range(count))
    return leima("append", ledger, given=lines).expect(0).out.split()


def events(ledger):
    """What the ledger holds, by identity."""
    lines = leima("export", ledger).expect(0).lines()
    found = {line["event"]: line for line in lines}
    assert len(found) == len(lines), f"{ledger} holds an event twice"
    return found


def has(ledger, identities):
    held = events(ledger)
    return all(identity in held for identity in identities)


def network(test):
    """Whatever a test starts ends with it."""
    def run():
        try:
            leima("init", "hq", "--node", 1).expect(0)
            leima("rules", "publish", "hq", PROGRAM,
                  "--from", "2000-01-01").expect(0)
            test()
        finally:
            kill_all()
    run.__name__ = test.__name__
    return run


class Standby(Process):
    """A hub that has joined another; listens once it is promoted."""

    def __init__(self, ledger, listen, *words, given=None):
        super().__init__(ledger, "hub", ledger, "--listen", listen, *words,
                         *(["--join", "-"] if given else []), given=given)
        self.ledger, self.endpoint = ledger, listen
        wait("the standby", lambda: self.told("standing by"))

    def told(self, word):
        assert not self.ended(), self.tail()
        with open(self.out) as out:
            return word in out.read()


def stand_by(ledger, number, *words, hub="hq"):
    endpoint = free_endpoint()
    string = enrol(number, "--role", "standby", "--at", endpoint, hub=hub)
    return Standby(ledger, endpoint, *words, given=string)


def wait_until_told(ledger):
    """Until the hub has heard all that the node has, and the node of it."""
    wait(f"{ledger} to be acknowledged",
         lambda: status(ledger)["unacknowledged"] == 0)


def wait_until_signed(ledger, count):
    """Until it has so many versions, and the hub's word that they are its own,
    which comes behind them: without it nobody takes them from this ledger."""
    wait(f"{count} versions at {ledger}", lambda: versions(ledger) == count)
    wait("the signature", lambda: status(ledger)["unsigned"] == 0)


def wait_for_hubs(ledger, count=2):
    """Until it knows so many, by its string or by the list."""
    def known():
        with open(f"{ledger}/keys/hubs", encoding="utf-8") as file:
            return len(file.read().splitlines())
    wait(f"{count} hubs known to {ledger}", lambda: known() == count)


def wait_for_heir(ledger):
    """Until a standby could be promoted: it is told sales, rules and the list
    of hubs in no order, and without the allow-list it refuses."""
    def is_heir():
        found = status(ledger)
        return (found["role"], found["untaught"]) == ("standby", 0)
    wait(f"{ledger} to be taught", is_heir)


def digest(ledger, at="2030-01-01T00:00:00Z"):
    return leima("verify", ledger, "--digest", "--at", at).expect(0).out


def versions(ledger):
    return len(leima("rules", "list", ledger, "--json").expect(0).lines())


def status(ledger):
    return leima("status", ledger, "--json").expect(0).json()


class Wire:
    """A TCP proxy in a thread: `delay` seconds each way, `rate` bytes a
    second, cut() ends all connections, `closed` admits none.  Each direction
    of a connection bears `break_after` bytes, then both ends are reset, in
    the middle of whatever it was; or there one bit is turned (`flip`)."""

    def __init__(self, endpoint):
        host, port = endpoint[len("tcp://"):].rsplit(":", 1)
        self.target = (host, int(port))
        self.delay, self.rate, self.closed = 0.0, None, False
        self.break_after, self.flip, self.broken = None, False, 0
        self.pairs, self.ending = [], False
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(50)
        self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.ending:
            ready, _, _ = select.select([self.listener], [], [], 0.1)
            if not ready:
                continue
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket()
            try:
                if self.closed:
                    raise OSError("closed")
                far.connect(self.target)
            except OSError:
                near.close()
                continue
            self.pairs.append((near, far))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b),
                                 daemon=True).start()

    def _pump(self, source, sink):
        left = self.break_after and self.break_after()
        try:
            while True:
                data = source.recv(4096 if self.rate else 65536)
                if not data:
                    break
                if self.delay:
                    time.sleep(self.delay)
                if self.rate:
                    time.sleep(len(data) / self.rate)
                if left is not None and len(data) > left:
                    self.broken += 1
                    if not self.flip:
                        sink.sendall(data[:left])
                        self._reset(source, sink)
                        return
                    data = (data[:left] + bytes([data[left] ^ 4])
                            + data[left + 1:])
                    left += self.break_after()
                sink.sendall(data)
                left = left and max(0, left - len(data))
        except OSError:
            pass
        self._close(source, sink)

    @staticmethod
    def _reset(*sockets):
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            each.close()

    @staticmethod
    def _close(*sockets):
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def cut(self):
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self._close(*pair)

    def reset(self):
        pairs, self.pairs = self.pairs, []
        for near, far in pairs:
            if near.fileno() >= 0 and far.fileno() >= 0:
                self._reset(near, far)

    def end(self):
        self.ending = True
        self.cut()
        self.listener.close()


def copy(source, target):
    """What an image of a whole disk is: all in it lies where it lay, so that
    the token of the instance would fit.  Here it does not, and is left out."""
    copy_files(source, target)
    if os.path.exists(f"{target}/instance"):
        os.remove(f"{target}/instance")


def copy_files(source, target):
    """A copied directory, token and all."""
    subprocess.run(["cp", "-a", source, target], check=True)


def move(source, target):
    os.rename(source, target)
