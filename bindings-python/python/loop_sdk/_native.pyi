"""Types of the native module. Written by `cargo xtask codegen`; do not edit."""

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, final, overload

from loop_sdk.records import BiomarkerStatus

T = TypeVar("T")

__version__: str

@final
class Client:
    def __init__(
        self,
        options_json: str,
        language: str,
        store: object | None,
        on_event: Callable[[str], None] | None,
        client_secret: Callable[[], object] | None,
    ) -> None: ...
    @property
    def redirect_uri(self) -> str | None: ...
    @property
    def namespace(self) -> str | None: ...
    def call(self, method: str, arguments_json: str, timeout: float | None) -> Any: ...
    def start(
        self,
        method: str,
        arguments_json: str,
        timeout: float | None,
        completions: Completions,
        future: Future[Any],
    ) -> Call: ...

@final
class Completions:
    def __init__(self, event_loop: AbstractEventLoop) -> None: ...
    def __len__(self) -> int: ...

@final
class Call:
    def cancel(self) -> None: ...

@final
class Page(Sequence[T], Generic[T]):
    """One page of a list: a sequence of its records."""

    @property
    def items(self) -> list[T]:
        """The records, in the platform's order."""

    @property
    def next_cursor(self) -> str | None:
        """Fetches the next page; None on the last one."""

    def to_dict(self) -> dict[str, Any]:
        """The whole page in plain types, for a template or for JSON."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[T]: ...
    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

@final
class Biomarker:
    """One lab result: a marker's value, its unit and the laboratory's reference range."""

    @property
    def id(self) -> str:
        """Identifies this result."""

    @property
    def patient_id(self) -> str:
        """The person it belongs to."""

    @property
    def biomarker_code(self) -> str:
        """The marker's code, for instance `ldl_c`."""

    @property
    def biomarker_name(self) -> str:
        """The marker's name for people, for instance `LDL cholesterol`."""

    @property
    def value(self) -> float:
        """The measured value, in `unit`."""

    @property
    def unit(self) -> str:
        """The unit of `value` and of both references, for instance `mg/dL`."""

    @property
    def reference_low(self) -> float | None:
        """Lower end of the reference range, in `unit`; None where the laboratory gives none."""

    @property
    def reference_high(self) -> float | None:
        """Upper end of the reference range, in `unit`; None where the laboratory gives none."""

    @property
    def status(self) -> BiomarkerStatus:
        """Where the value stands in its range."""

    @property
    def collected_at(self) -> str:
        """When the sample was taken (RFC 3339)."""

    @property
    def parsed_at(self) -> str:
        """When Loop read the result (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

@final
class Protocol:
    """One protocol of the clinical catalogue."""

    @property
    def id(self) -> str:
        """Identifies the protocol."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def version(self) -> str:
        """Its version, as the platform writes it."""

    @property
    def description(self) -> str | None:
        """What it is for, in a paragraph; None where the platform gives none."""

    @property
    def category(self) -> str:
        """The kind of protocol, for instance `metabolic`."""

    @property
    def criteria(self) -> Any:
        """Whom it suits: a JSON object whose keys the platform does not fix."""

    @property
    def recommendations(self) -> list[Any]:
        """What it asks the person to do: JSON, not fixed by the platform."""

    @property
    def contraindications(self) -> list[Any]:
        """What speaks against it: JSON, not fixed by the platform."""

    @property
    def active(self) -> bool:
        """Whether new people may start it."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

def _close() -> None: ...
def _forked() -> None: ...
def _settle(limit: float) -> None: ...
def _restore(name: str, json: str) -> Any: ...
def _restore_page(name: str, json: str, next_cursor: str | None) -> Any: ...
