"""Processes of the render engine: each answers one request at a time within bounds, and one that ends takes only its own request along."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias

from k8slblint.processes.endings import wait_for
from k8slblint.processes.sandbox import Grant, Record, levels
from k8slblint.rendering import bounds
from k8slblint.rendering.identity import identity_of
from k8slblint.rendering.native import program
from k8slblint.rendering.native.messages import BrokenPipesError, receive, send
from k8slblint.rendering.storage import Storage

if TYPE_CHECKING:
    import subprocess

AT_A_TIME = min(os.cpu_count() or 1, 4)
"""Requests that are worth sending at the same time: one for each processor, as far as one that prepares them keeps up."""

_LONGEST_ERROR = 100_000

_TO_END = 1.0
"""Seconds that a process takes to end at most once it has closed its pipes."""

_LATE, _OUT_OF_MEMORY = 124, 125
"""The statuses with which the engine ends itself (`native/render/bounds.go`)."""


class Broken(NamedTuple):
    """Why there is no answer: the bound that stopped it, too little memory, or neither, where the engine ended for a reason of its own.

    `is_killed` tells that something else ended it, which may be the system for lack of memory; `is_garbled` that it sent no message.
    """

    stopped_by: str = ""
    is_out_of_memory: bool = False
    is_killed: bool = False
    is_garbled: bool = False


Answer: TypeAlias = dict[str, Any] | Broken

Asked: TypeAlias = Callable[[dict[str, Any]], tuple[Mapping[str, Any], Sequence[bytes]]]
"""Answers a question that the engine has in the course of a request: the message and the files that it is sent."""


class Request(NamedTuple):
    """What the engine is asked: the message, the bytes of its files, and how many seconds it may take."""

    header: Mapping[str, Any]
    files: Sequence[bytes]
    seconds: float


class Worker:
    """A process of the engine; it is started when it is first asked, and again after it has ended."""

    def __init__(self, program: str, record: Record) -> None:
        self._program = program
        self._record = record
        self.process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self.has_answered = False
        self.is_lost_within = False
        self._is_late = False

    def ask_within(self, request: Request) -> Answer:
        """Send a request in the course of another one; where it ends the process, `is_lost_within` tells that the other did not."""
        answer = self.ask(request)
        self.is_lost_within = isinstance(answer, Broken)
        return answer

    def ask(self, request: Request, asked: Asked | None = None) -> Answer:
        """Send a request and wait for its answer. Raises `OSError` where the engine cannot be started."""
        process = self._started()
        header = {**request.header, "seconds": request.seconds}
        self._is_late = self.is_lost_within = False
        try:
            answer = self._exchange(process, header, request, asked)
        except BrokenPipesError as error:
            return self._why_broken(request, is_ended=error.is_ended)
        self.has_answered = True
        return answer

    def _exchange(self, process: "subprocess.Popen[bytes]", header: Mapping[str, Any], request: Request, asked: Asked | None) -> Answer:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - it was started with pipes
        files = request.files
        while True:
            with self._bounded(process, request.seconds):
                send(process.stdin, header, files)
                answer = receive(process.stdout)
            if "ask" not in answer:
                return answer
            if asked is None or not isinstance(answer["ask"], dict):
                raise BrokenPipesError(is_ended=False)
            header, files = asked(answer["ask"])

    @contextmanager
    def _bounded(self, process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[None]:
        """End the process when it takes longer; that ends its pipes, and whoever waits for them."""

        def end() -> None:
            self._is_late = True
            bounds.stop(process)

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _why_broken(self, request: Request, *, is_ended: bool) -> Broken:
        """Return why there is no answer; the process is gone then."""
        process, said = self.process, ""
        has_ended = is_ended and process is not None and wait_for(process, _TO_END)
        if has_ended and self._errors is not None:
            self._errors.seek(0)
            said = self._errors.read(_LONGEST_ERROR).decode("utf-8", "replace")
        status = process.returncode if process is not None and has_ended else None
        self.close()
        if self._is_late or status == _LATE:
            return Broken(stopped_by=f"{request.seconds:g} seconds")
        if not is_ended:
            return Broken(is_garbled=True)
        is_lacking = status == _OUT_OF_MEMORY or bounds.is_out_of_memory(status, said)
        return Broken(is_out_of_memory=is_lacking, is_killed=status is not None and status < 0)

    def works(self) -> bool:
        """Tell whether a new process answers at all, in the sandbox that it has now."""
        self.close()
        try:
            answer = self.ask(Request({"kind": "about"}, (), bounds.SECONDS))
        except OSError:
            return False
        return isinstance(answer, dict) and "about" in answer

    def _started(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            self.has_answered = False
            self._errors = self._errors or TemporaryFile()  # noqa: SIM115 - it lives as long as the process
            grant = Grant(self._program)
            self.process = bounds.start([self._program], grant, errors=self._errors, record=self._record, is_bare=True)
        return self.process

    def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is not None:
            bounds.stop(process)
            process.communicate()
        if self._errors is not None:
            self._errors.close()
            self._errors = None


def _may_be_of_others(broken: Broken, worker: Worker, *, has_answered: bool) -> bool:
    """Tell whether the request itself need not be the reason why there is no answer to it."""
    return not broken.stopped_by and not worker.is_lost_within and (has_answered or broken.is_killed)


class Native:
    """The processes of the engine in one run: one for each request that is answered at the same time, of which there are `AT_A_TIME`."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._record = Record()
        self._identity = ""
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_A_TIME)
        self._idle: list[Worker] = []
        self._all: list[Worker] = []
        self._within = threading.local()
        self._is_tried = False

    def identity(self, storage: Storage | None) -> str:
        """Return what names the engine by the content of its program."""
        self._identity = self._identity or identity_of(self._program, storage)
        return self._identity and f"k8slblint-render {self._identity}"

    def ask(self, request: Request, record: Record, asked: Asked | None = None) -> Answer:
        """Send a request to a process that has nothing to do; in the course of another request, to the one that is at it.

        `record` is told how the processes are confined. A request that ends a process which has answered others is sent once more, to a
        new one, since what came before it may be the reason; so is one whose process was killed from elsewhere.
        Raises `OSError` where the engine cannot be started.
        """
        try:
            outer: Worker | None = getattr(self._within, "worker", None)
            return self._ask(request, asked) if outer is None else outer.ask_within(request)
        finally:
            record.join(self._record)

    def _ask(self, request: Request, asked: Asked | None) -> Answer:
        with self._taken() as worker:
            used = worker.has_answered
            answer = worker.ask(request, asked)
            if isinstance(answer, Broken) and _may_be_of_others(answer, worker, has_answered=used):
                answer = worker.ask(request, asked)
            return answer

    @contextmanager
    def _taken(self) -> Iterator[Worker]:
        with self._places:
            worker = self._take()
            self._within.worker = worker
            try:
                yield worker
            except BaseException:
                worker.close()  # it may be in the middle of an answer
                raise
            finally:
                self._within.worker = None
                with self._lock:
                    self._idle.append(worker)

    def _take(self) -> Worker:
        with self._lock:
            worker = self._idle.pop() if self._idle else Worker(self._program, self._record)
            if worker not in self._all:
                self._all.append(worker)
            if not self._is_tried:
                self._is_tried = True
                if not worker.works():
                    levels.widen(self._program, levels.of(self._program), worker.works)
        return worker

    @property
    def processes(self) -> "list[subprocess.Popen[bytes]]":
        """The processes that were started and have not been ended from here."""
        return [worker.process for worker in self._all if worker.process is not None]

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            for worker in self._all:
                worker.close()


def engine_for(choice: str, shared: Native | None = None) -> Native | None:
    """Return the processes of the engine: those that are shared, else new ones where it is installed; None where it is not wanted."""
    if shared is not None or choice not in ("auto", "native"):
        return shared if choice in ("auto", "native") else None
    found = program.find()
    return Native(found) if found else None
