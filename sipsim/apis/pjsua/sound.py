"""Sound devices and the conference bridge: there are none, and programs that set them up go on all the same.

What would be connected is recorded; players and recorders are an `Error`, since their files would have no use.
"""

from __future__ import annotations

from sipsim.apis.lane import Lane
from sipsim.apis.pjsua.error import PJ_EINVAL, Error, unsupported
from sipsim.apis.pjsua.settings import MediaConfig


class Sound:
    """The part of the library that has to do with sound: slot 0 is the device, calls have slots from 1 on."""

    lane: Lane
    media_cfg: MediaConfig

    def enum_snd_dev(self) -> list[object]:
        """The sound devices: none."""
        return []

    def get_snd_dev(self) -> tuple[int, int]:
        """The devices in use: (-99, -99), the null device."""
        return -99, -99

    def set_snd_dev(self, capture_dev: int, playback_dev: int) -> None:
        """Choose devices: nothing happens."""

    def set_null_snd_dev(self) -> None:
        """Do without devices, as is done anyhow."""
        with self.lane.calling("set_null_snd_dev"):
            pass

    def conf_get_max_ports(self) -> int:
        """How many slots there are."""
        return self.media_cfg.max_media_ports

    def conf_connect(self, src_slot: int, dst_slot: int) -> None:
        """Let one slot hear another: it is recorded."""
        self._slots("conf_connect", src_slot, dst_slot)

    def conf_disconnect(self, src_slot: int, dst_slot: int) -> None:
        """End that."""
        self._slots("conf_disconnect", src_slot, dst_slot)

    def create_player(self, filename: str, loop: bool = False) -> int:
        """Not to be had."""
        raise unsupported("create_player()", self, "media are simulated, there is no sound to be played")

    def create_playlist(self, filelist: list[str], label: str = "playlist", loop: bool = True) -> int:
        """Not to be had."""
        raise unsupported("create_playlist()", self, "media are simulated, there is no sound to be played")

    def create_recorder(self, filename: str) -> int:
        """Not to be had."""
        raise unsupported("create_recorder()", self, "media are simulated, there is no sound to be recorded")

    def _slots(self, name: str, *slots: int) -> None:
        with self.lane.calling(name, *slots):
            for slot in slots:
                if isinstance(slot, bool) or not isinstance(slot, int) or slot < 0:
                    raise Error(f"{name}()", self, PJ_EINVAL, f"{slot!r} is no slot: a call has one while it has media")
