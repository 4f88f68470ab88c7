"""What is in a captured frame: UDP and TCP out of Ethernet, raw IP, loopback, Linux "cooked"; and into it.

dpkt knows the layers. It is old and raises whatever it stumbles over, so everything that it is asked stands
in this file, and a frame that it can't read is counted instead of an error.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

import dpkt

from sipsim.trace.pcap import ETHERNET, Frame
from sipsim.trace.streams import Segment

_IP_STARTS = {
    0: 4, 108: 4, 12: 0, 14: 0, 101: 0, 228: 0, 229: 0, 113: 16, 276: 20,
}  # link type: octets before the IP header  # fmt: skip
_IP = (dpkt.ip.IP, dpkt.ip6.IP6)
_TUNNELS = frozenset((4, 41, 47))  # IP protocols that carry IP: IP in IP, IPv6, GRE
_TUNNEL_PORTS = frozenset((2123, 2152, 4789))  # GTP-C, GTP-U, VXLAN
_UDP, _TCP, _FRAGMENT_HEADER = 17, 6, 44
_DONT_FRAGMENT = 0x4000
_PUSH_ACK = dpkt.tcp.TH_PUSH | dpkt.tcp.TH_ACK
_TYPES = {4: 0x0800, 6: 0x86DD}  # Ethernet's types, by IP version
_MOST_PIECES, _MOST_PENDING = 200, 1000
"""Limits on fragments: of one datagram, and datagrams that wait for theirs."""


Host = IPv4Address | IPv6Address


class Datagram(NamedTuple):
    """One UDP datagram: octets, and the (host, port) that they come from and go to."""

    data: bytes
    source: tuple[str, int]
    destination: tuple[str, int]
    transport: str = "UDP"


class _Pieces(NamedTuple):
    octets: dict[int, bytes]  # by offset
    ends: list[int]  # where the last fragment ends, once it is known

    def whole(self) -> bytes | None:
        """The octets put together; None while some are missing."""
        if not self.ends or sum(map(len, self.octets.values())) < self.ends[0]:
            return None
        whole = bytearray()
        for offset, piece in sorted(self.octets.items()):
            if offset > len(whole):
                return None
            whole[offset:] = piece
        return bytes(whole) if len(whole) >= self.ends[0] else None


class Frames:
    """Gives the datagram in a frame; `skipped` counts, by reason, the frames that have none to show."""

    def __init__(self) -> None:
        self.skipped: Counter[str] = Counter()
        self._pending: dict[tuple[bytes, bytes, int], _Pieces] = {}

    def content(self, frame: Frame) -> Datagram | Segment | None:
        """The UDP datagram, or the TCP segment, that a frame holds or, of a fragmented one, completes."""
        try:
            found = self._read(_ip(frame))
        except Exception:  # dpkt: IndexError, struct.error, its own and others
            found = "damaged"
        if isinstance(found, (Datagram, Segment)):
            return found
        if found:
            self.skipped[found] += 1
        return None

    def finish(self) -> None:
        """No more frames: count what still waits for fragments."""
        if self._pending:
            self.skipped["incomplete fragments"] += len(self._pending)

    def _read(self, ip: dpkt.ip.IP | dpkt.ip6.IP6 | None) -> Datagram | Segment | str | None:
        if ip is None:
            return "not IP"
        protocol = ip.p
        if protocol not in (_UDP, _TCP):
            return "tunnel" if protocol in _TUNNELS else "neither UDP nor TCP"
        payload = self._together(ip)
        if payload is None:
            return None
        hosts = str(ip_address(ip.src)), str(ip_address(ip.dst))
        if protocol == _TCP:
            tcp = dpkt.tcp.TCP(payload)
            opens = bool(tcp.flags & dpkt.tcp.TH_SYN)
            return Segment(tcp.seq, opens, bytes(tcp.data), (hosts[0], tcp.sport), (hosts[1], tcp.dport))
        udp = dpkt.udp.UDP(payload)
        if _TUNNEL_PORTS & {udp.sport, udp.dport}:
            return "tunnel"
        data = bytes(udp.data)[: udp.ulen - 8] if udp.ulen > 8 else b""
        return Datagram(data, (hosts[0], udp.sport), (hosts[1], udp.dport))

    def _together(self, ip: dpkt.ip.IP | dpkt.ip6.IP6) -> bytes | None:
        """The payload of a packet; of a fragmented one that of the whole, when this was the last piece."""
        id, offset, more = _fragment(ip)
        payload = bytes(ip.data)
        if not offset and not more:
            return payload
        key = ip.src, ip.dst, id
        if key not in self._pending and len(self._pending) >= _MOST_PENDING:
            self._pending.pop(next(iter(self._pending)))
            self.skipped["incomplete fragments"] += 1
        pieces = self._pending.setdefault(key, _Pieces({}, []))
        if len(pieces.octets) < _MOST_PIECES:
            pieces.octets[offset] = payload
        if not more:
            pieces.ends[:] = [offset + len(payload)]
        whole = pieces.whole()
        if whole is not None:
            del self._pending[key]
        return whole


def ethernet(
    source: tuple[str, int], destination: tuple[str, int], data: bytes, stream: tuple[int, int] | None = None
) -> bytes:
    """An Ethernet frame with a UDP datagram over IPv4 or IPv6; MAC addresses are made from the hosts.

    With a `stream`, the numbers of the next octets there and back, it is a TCP segment, however long. `ValueError`
    where a host is not numeric, or a port or the length is none of a packet's.
    """
    src, dst = (ip_address(host.partition("%")[0]) for host, _ in (source, destination))
    ports = {"sport": source[1], "dport": destination[1], "data": data}
    macs = {"src": b"\x02\0" + src.packed[-4:], "dst": b"\x02\0" + dst.packed[-4:]}
    try:
        if stream is None:
            packet = _packet(src, dst, dpkt.udp.UDP(ulen=len(data) + 8, **ports), _UDP)
        else:
            there, back = (number % 2**32 for number in stream)
            packet = _packet(src, dst, dpkt.tcp.TCP(seq=there, ack=back, flags=_PUSH_ACK, win=65535, **ports), _TCP)
    except dpkt.PackError:
        way, what = f"port {source[1]} to port {destination[1]}", "UDP datagram" if stream is None else "TCP segment"
        raise ValueError(f"{len(data)} octets from {way} make no {what}") from None
    return bytes(dpkt.ethernet.Ethernet(type=_TYPES[src.version], data=packet, **macs))


def _packet(src: Host, dst: Host, inner: dpkt.udp.UDP | dpkt.tcp.TCP, protocol: int) -> bytes:
    if src.version != dst.version:
        raise ValueError(f"{src} and {dst} are of different families")
    if src.version == 4:
        return bytes(dpkt.ip.IP(src=src.packed, dst=dst.packed, p=protocol, _flags_offset=_DONT_FRAGMENT, data=inner))
    ip = dpkt.ip6.IP6(src=src.packed, dst=dst.packed, nxt=protocol, hlim=64, plen=len(inner), data=inner)
    ip.extension_hdrs = {}
    packet = bytes(ip)
    if protocol == _UDP and not inner.sum:  # RFC 8200 §8.1: a checksum that comes out as zero is sent as all ones
        inner.sum = 0xFFFF
        packet = bytes(ip)
    return packet


def _ip(frame: Frame) -> dpkt.ip.IP | dpkt.ip6.IP6 | None:
    if frame.link == ETHERNET:
        layer = dpkt.ethernet.Ethernet(frame.octets)
        while isinstance(layer, dpkt.Packet) and not isinstance(layer, _IP):  # VLAN, PPPoE, MPLS
            layer = layer.data
        return layer if isinstance(layer, _IP) else None
    start = _IP_STARTS.get(frame.link)
    octets = b"" if start is None else frame.octets[start:]
    version = octets[0] >> 4 if octets else 0
    return dpkt.ip.IP(octets) if version == 4 else dpkt.ip6.IP6(octets) if version == 6 else None


def _fragment(ip: dpkt.ip.IP | dpkt.ip6.IP6) -> tuple[int, int, bool]:
    """Identification, offset in octets, and whether more fragments follow."""
    if isinstance(ip, dpkt.ip.IP):
        return ip.id, ip.offset * 8, bool(ip.mf)
    header = ip.extension_hdrs.get(_FRAGMENT_HEADER)
    return (0, 0, False) if header is None else (header.id, header.frag_off * 8, bool(header.m_flag))
