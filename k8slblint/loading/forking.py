"""How work on many files is shared with forked copies of the process: each takes parts from one queue and writes down what it made of them.

What a copy does not deliver, because it was killed or lacked memory, is missing from the answer, and whoever asked does it. Only on Linux,
where copies of a process without threads are safe.
"""

import os
import pickle
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, TypeVar

Made = TypeVar("Made")

MOST_PARTS = 500
"""What fits into the queue, a pipe, at once, however little a pipe may hold."""

_MOST_WORKERS = 4
_WAIT = 0.01
"""In seconds."""


def may_share() -> bool:
    """Tell whether the process may be copied, and there are processors for the copies."""
    threads = sys.modules.get("threading")
    return sys.platform == "linux" and processors() > 1 and (threads is None or threads.active_count() == 1)


def processors() -> int:
    """Return how many processors the process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def shared(
    count: int, make: Callable[[int], Made | None], seconds_left: Callable[[], float], lines: Sequence[Sequence[int]] = ()
) -> Iterator[Made | None]:
    """Yield what is made of the parts from 0 to `count`, in their order; None for those that `make` or a copy came to nothing with.

    The copies are gone when the first is yielded; they are ended when no seconds are left. `lines` are the same numbers, those side by
    side that have more in common: each process begins with a line of its own, and goes on with the others.
    """
    if count > MOST_PARTS:
        msg = f"more than {MOST_PARTS} parts"
        raise ValueError(msg)
    queues = [_queue(line) for line in lines or (range(count),)]
    workers: list[_Worker] = []
    try:
        for place in range(1, min(processors(), _MOST_WORKERS, count)):
            try:
                workers.append(_Worker(_from(queues, place), make))
            except OSError:  # no more processes, no memory, no folder for temporary files: it is done with those that there are
                break
        made = {number: make(number) for number in taken(queues)}
        delivered: dict[int, Callable[[], Any]] = {}
        for worker in workers:
            worker.wait(seconds_left)
            delivered.update(worker.delivered())
        for number in range(count):
            yield delivered[number]() if number in delivered else made.pop(number, None)
    finally:
        for queue in queues:
            os.close(queue)
        for worker in workers:
            worker.close()


def _queue(numbers: Iterable[int]) -> int:
    """Return a pipe with the numbers of parts, from which several processes may read."""
    queue, end = os.pipe()
    os.write(end, b"".join(number.to_bytes(2, "big") for number in numbers))
    os.close(end)
    return queue


def _from(queues: Sequence[int], place: int) -> Sequence[int]:
    """Return the queues, those first that another process comes to last."""
    first = place % len(queues)
    return (*queues[first:], *queues[:first])


def taken(queues: Iterable[int]) -> Iterator[int]:
    """Yield the numbers that this process takes."""
    for queue in queues:
        while number := os.read(queue, 2):
            yield int.from_bytes(number, "big")


class _Worker:
    """A copy of this process that takes parts until there are no more, and the file in which it delivers."""

    def __init__(self, queues: Sequence[int], make: Callable[[int], object | None]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as parts are read from it
        parent = os.getpid()
        try:
            self._pid = os.fork()
        except OSError:
            self._file.close()
            raise
        if self._pid == 0:
            try:
                for number in taken(queues):
                    deliver(self._file, number, make(number))
                    if os.getppid() != parent:
                        break
            finally:
                os._exit(0)  # whatever happened: what is not delivered is done by the parent, which meets it too

    def wait(self, seconds_left: Callable[[], float]) -> None:
        """Wait until the copy ends, or until no seconds are left."""
        while self._pid:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                self._pid = 0
            elif seconds_left() <= 0:
                self.end()
            else:
                time.sleep(_WAIT)

    def end(self) -> None:
        """End the copy, if it has not."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def close(self) -> None:
        """End the copy, and forget what it has delivered."""
        self.end()
        self._file.close()

    def delivered(self) -> Iterator[tuple[int, Callable[[], Any]]]:
        """Yield the numbers of the parts that are there as a whole, with what reads each."""
        at, size = 0, self._file.seek(0, os.SEEK_END)
        while at + _HEAD <= size:
            self._file.seek(at)
            head = self._file.read(_HEAD)
            at += _HEAD
            length = int.from_bytes(head[2:], "big")
            if at + length <= size:
                yield int.from_bytes(head[:2], "big"), _Reader(self._file, at, length)
            at += length


_HEAD = 10


def deliver(file: IO[bytes], number: int, made: object | None) -> None:
    """Write down what was made of a part; nothing of what is nested too deep to be written."""
    if made is None:
        return
    try:
        data = pickle.dumps(made, pickle.HIGHEST_PROTOCOL)
    except RecursionError:
        return
    file.write(number.to_bytes(2, "big") + len(data).to_bytes(_HEAD - 2, "big"))
    file.write(data)
    file.flush()


class _Reader:
    def __init__(self, file: IO[bytes], at: int, length: int) -> None:
        self._file = file
        self._at = at
        self._length = length

    def __call__(self) -> Any:
        self._file.seek(self._at)
        return pickle.loads(self._file.read(self._length))  # noqa: S301 - a copy of this process wrote it, into a file without a name
