"""What a loop on virtual time keeps out: networks, files, other processes, the results of real threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context
from inspect import getclosurevars
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, TypeVarTuple

from coordlab import requirements as require

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
THREADS = (
    "real threads take real time, and end in an order of their own; inside a world, time is virtual",
    "await asyncio.to_thread(function), which calls it at once, in the world's own thread",
)


class ClosedWorld(asyncio.BaseEventLoop):
    """The part of a loop that says no, in words."""

    intruder = ""  # the name of a real thread that has called the loop, if one has
    _home: int | None = None  # the thread in which it runs
    older: frozenset[int | None] = frozenset()  # the threads that were there before it ran
    if TYPE_CHECKING:
        _exception_handler: object
        _task_factory: object

        def _check_closed(self) -> None: ...

    _calling = False  # whether the function of a `to_thread` is being called

    def run_in_executor(
        self, executor: object, func: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Call `func` at once: a real thread would take no virtual time, and end in an order of its own."""
        future: asyncio.Future[_T] = self.create_future()
        self._calling, before = True, self._calling
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (it goes to the task that awaits the future)
            future.set_exception(error)
        finally:
            self._calling = before
        return future

    def call_soon_threadsafe(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        """Call `callback` soon; a call from another thread does nothing but end the run with an error."""
        self._check_closed()
        if self._home not in (None, threading.get_ident()):
            self.intruder = threading.current_thread().name
            return asyncio.Handle(callback, args, self, context)
        if self._calling and getattr(callback, "__qualname__", "").startswith("run_coroutine_threadsafe."):
            getclosurevars(callback).nonlocals["coro"].close()
            given = "run_coroutine_threadsafe(...) in a function that to_thread calls"
            allowed = "it runs at once, in the world's own thread, so nothing can run while it waits"
            require.fail(given, allowed, "make it an async def, and await the coroutine in it", RuntimeError)
        return self.call_soon(callback, *args, context=context)

    def _outside(self, *_: object, **__: object) -> NoReturn:
        """Refuse what would reach out of the world."""
        given = "a call to the network, a file, a signal or another process"
        allowed = "time is virtual inside a world; do it before the run, after it, or in a thread"
        require.fail(given, allowed, "await asyncio.to_thread(...)", NotImplementedError)

    create_connection = create_server = create_datagram_endpoint = _outside
    create_unix_connection = create_unix_server = connect_accepted_socket = start_tls = _outside
    subprocess_exec = subprocess_shell = connect_read_pipe = connect_write_pipe = _outside
    add_reader = add_writer = remove_reader = remove_writer = _outside
    add_signal_handler = remove_signal_handler = getaddrinfo = getnameinfo = _outside
    sock_connect = sock_accept = sock_recv = sock_recv_into = sock_recvfrom = sock_recvfrom_into = _outside
    sock_sendall = sock_sendto = sock_sendfile = sendfile = _outside
