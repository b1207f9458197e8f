"""The records that the APIs return. Written by `cargo xtask codegen`; do not edit."""

from typing import Literal

from loop_sdk._native import Biomarker, Page, Protocol

__all__ = ["Biomarker", "BiomarkerStatus", "Page", "Protocol"]

#: The classes among them.
CLASSES = (Biomarker, Page, Protocol)

#: Where a value stands in its reference range. Others are kept as they came.
BiomarkerStatus = Literal["normal", "low", "high", "critical"] | str
