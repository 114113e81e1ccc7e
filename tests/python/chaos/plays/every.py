"""All kinds of play, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.python.chaos.plays.forgotten import Forgotten
from tests.python.chaos.plays.kind import Kind
from tests.python.chaos.plays.lives import Lives
from tests.python.chaos.plays.looks import Looks
from tests.python.chaos.plays.pools import Pools
from tests.python.chaos.plays.setting_up import SettingUp

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (Lives(), Pools(), Looks(), Forgotten(), SettingUp())}
