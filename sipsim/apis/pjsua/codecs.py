"""The library's codecs: which there are, and which of them its accounts offer, in what order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.apis.lane import Lane
from sipsim.apis.pjsua.error import PJ_EINVAL, PJ_ENOTFOUND, Error, expect, unsupported
from sipsim.protocol.offer_answer import CODECS, KNOWN
from sipsim.protocol.packet_times import pace_of

if TYPE_CHECKING:
    from sipsim.apis.pjsua.account import Account
    from sipsim.apis.pjsua.application import Application

NORMAL, HIGHEST = 128, 255
"""The priority of what is offered unless told otherwise, and the highest there is; 0 is for what is not offered."""


class CodecInfo:
    """A codec: its `name`, such as "PCMU/8000/1", its `priority`, and what its packets are like."""

    def __init__(self, form: str, encoding: str, priority: int) -> None:
        name, _, rest = encoding.partition("/")
        rate, _, channels = rest.partition("/")
        pace = pace_of(name, "audio", int(rate))
        self.name = f"{name}/{rate}/{channels or 1}"
        self.priority = priority
        self.clock_rate = int(rate)
        self.channel_count = int(channels or 1)
        self.avg_bps = round(pace.octets * 8 / pace.seconds)
        self.frm_ptime = self.ptime = round(pace.seconds * 1000)
        self.pt = int(form)
        self.vad_enabled = self.plc_enabled = True


class CodecParameter:
    """What can be set of a codec: `ptime`, milliseconds of sound in a packet, and two switches that change nothing."""

    def __init__(self, ptime: int, vad_enabled: bool = True, plc_enabled: bool = True) -> None:
        self.ptime = ptime
        self.vad_enabled = vad_enabled
        self.plc_enabled = plc_enabled


class Codecs:
    """The part of the library that has to do with codecs; what is set counts for the accounts' next offers."""

    lane: Lane
    accounts: list[Account]
    application: Application

    def _forget_codecs(self) -> None:
        """All are as usual."""
        usual = {name for _, name in CODECS}
        self._codecs = {name: CodecInfo(form, name, NORMAL * (name in usual)) for form, name in KNOWN}

    def enum_codecs(self) -> list[CodecInfo]:
        """All codecs, the one with the highest priority first."""
        return sorted(self._codecs.values(), key=lambda codec: -codec.priority)

    def set_codec_priority(self, name: str, priority: int) -> None:
        """Offer the codecs whose names begin like this sooner or later than others, 0: never."""
        with self.lane.calling("set_codec_priority", name, priority):
            if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= HIGHEST:
                raise Error("set_codec_priority()", self, PJ_EINVAL, f"priority {priority!r} is none from 0 to 255")
            found = self._named("set_codec_priority()", name)
            if not priority and all(one in found or not one.priority for one in self._codecs.values()):
                raise Error("set_codec_priority()", self, PJ_EINVAL, "there has to be one codec at least")
            for codec in found:
                codec.priority = priority
            for account in self.accounts:
                account.phone.codecs = self.offered()

    def get_codec_parameter(self, name: str) -> CodecParameter:
        """What is set of the codec whose name begins like this."""
        codec = self._named("get_codec_parameter()", name)[0]
        return CodecParameter(codec.ptime, codec.vad_enabled, codec.plc_enabled)

    def set_codec_parameter(self, name: str, param: CodecParameter) -> None:
        """Set it. Packets are as long as the codec has them: another `ptime` is an `Error`."""
        with self.lane.calling("set_codec_parameter", name):
            expect("set_codec_parameter()", self, "param", param, CodecParameter)
            for codec in self._named("set_codec_parameter()", name):
                if param.ptime != codec.ptime:
                    raise unsupported("set_codec_parameter()", self, f"{codec.name} has packets of {codec.ptime} ms")
                codec.vad_enabled, codec.plc_enabled = param.vad_enabled, param.plc_enabled

    def offered(self) -> tuple[str, ...]:
        """The names of what is offered, and keys with it where media are packets."""
        names = [codec.name.partition("/")[0] for codec in self.enum_codecs() if codec.priority]
        return (*names, *["telephone-event"] * (self.application.media == "packets"))

    def _named(self, op: str, name: str) -> list[CodecInfo]:
        expect(op, self, "name", name, str)
        found = [codec for codec in self._codecs.values() if codec.name.upper().startswith(name.upper())]
        if not found:
            raise Error(op, self, PJ_ENOTFOUND, f"there is no codec {name!r}")
        return found
