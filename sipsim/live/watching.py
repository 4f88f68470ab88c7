"""Watching sockets: on whatever loop there is, call a reader when a socket has something to say."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable

from sipsim.errors import UsageError

POLL = 0.005  # seconds between looks at the sockets where a loop can't watch them

Inject = Callable[..., None]
Read = Callable[[], object]


class Watch:
    """Sockets and their readers; between `attach` and `detach` a loop calls a reader as `inject(read)`.

    A loop without `add_reader`, as the proactor loop of Windows, looks at the sockets every few milliseconds
    instead. (A datagram endpoint would tie a socket to that one loop for good, and close it at the end; here
    the next run may come on another.)
    """

    def __init__(self) -> None:
        self._reads: dict[socket.socket, Read] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inject: Inject
        self._poller: asyncio.Handle | None = None

    def add(self, sock: socket.socket, read: Read) -> None:
        """Watch one more socket, from now on or from the next `attach` on."""
        self._reads[sock] = read
        if self._loop is not None:
            self._begin(self._loop, sock)

    def remove(self, sock: socket.socket) -> None:
        """Forget a socket, before it is closed."""
        self._end(sock)
        del self._reads[sock]

    def attach(self, loop: asyncio.AbstractEventLoop, inject: Inject) -> None:
        """Begin on a loop; UsageError while another run is at it."""
        if self._loop is not None and not self._loop.is_closed():
            raise UsageError("this network is in use by another run: stop() that first")
        self._loop, self._inject, self._poller = loop, inject, None
        for sock in self._reads:
            self._begin(loop, sock)

    def detach(self) -> None:
        """End; what arrives from now on waits in the sockets' buffers."""
        for sock in self._reads:
            self._end(sock)
        if self._poller is not None:
            self._poller.cancel()
        self._loop = self._poller = None

    def _begin(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        if self._poller is not None:
            return
        try:
            loop.add_reader(sock, self._inject, self._reads[sock])
        except NotImplementedError:
            self._poller = loop.call_soon(self._poll, loop)

    def _end(self, sock: socket.socket) -> None:
        if self._loop is not None and self._poller is None and not self._loop.is_closed():
            self._loop.remove_reader(sock)

    def _poll(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at all sockets without waiting; when one had something, look again at once."""
        ready = select.select(list(self._reads), [], [], 0)[0] if self._reads else []
        for sock in ready:
            if self._loop is loop and sock in self._reads:
                self._inject(self._reads[sock])
        if self._loop is loop:
            self._poller = loop.call_later(0 if ready else POLL, self._poll, loop)
