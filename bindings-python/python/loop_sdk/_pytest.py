"""The pytest plugin: the fixture `loop_sandbox`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from loop_sdk.testing import Sandbox


@pytest.fixture
def loop_sandbox() -> Iterator[Sandbox]:
    """A fresh sandbox with one registered app; see `loop_sdk.testing`."""
    from loop_sdk.testing import sandbox

    with sandbox() as box:
        yield box
