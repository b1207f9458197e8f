"""Records and pages behave like Python values: attributes, sequence, equality, pickle, JSON."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Sequence

import pytest

from loop_sdk import Biomarker, LoopClient, Page, Tokens, json_default


@pytest.fixture
def page(loop: LoopClient, tokens: Tokens) -> Page[Biomarker]:
    return loop.clinical.list_biomarkers(user_id=tokens.user_id)


def test_attributes_have_python_types(page: Page[Biomarker]) -> None:
    for biomarker in page:
        assert isinstance(biomarker.value, float) and isinstance(biomarker.status, str)
        assert isinstance(biomarker.collected_at, str) and "T" in biomarker.collected_at
        assert biomarker.reference_low is None or isinstance(biomarker.reference_low, float)
    assert any(biomarker.reference_low is None for biomarker in page)


def test_a_record_cannot_be_changed_or_made_up(page: Page[Biomarker]) -> None:
    with pytest.raises(AttributeError):
        page[0].value = 1.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        page[0].other = 1.0  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Biomarker()
    assert not hasattr(page[0], "__dict__")


def test_to_dict_is_whole_and_plain(page: Page[Biomarker]) -> None:
    whole = page.to_dict()
    assert list(whole) == ["items", "next_cursor", "total"] and len(whole["items"]) == len(page)
    first = whole["items"][0]
    assert first == page[0].to_dict()
    assert first == {name: getattr(page[0], name) for name in first}
    assert set(first) >= {"id", "biomarker_code", "value", "unit", "reference_low", "reference_high", "status"}
    assert json.loads(json.dumps(whole)) == whole
    assert json.loads(json.dumps({"page": page, "one": page[1]}, default=json_default))["one"] == page[1].to_dict()


def test_tokens_reach_no_json_by_accident(tokens: Tokens) -> None:
    with pytest.raises(TypeError):
        json.dumps(tokens, default=json_default)
    assert tokens.to_dict()["access_token"] == tokens.access_token
    assert json.dumps(tokens.to_dict())


def test_a_page_is_a_sequence(page: Page[Biomarker]) -> None:
    assert isinstance(page, Sequence)
    items = page.items
    assert list(page) == items and len(items) == len(page) and page.next_cursor is None
    assert page[-1] == items[-1] and page[2:5] == items[2:5] and page[::-1] == items[::-1]
    assert list(reversed(page)) == items[::-1]
    assert page[3] in page and page.index(page[3]) == 3 and page.count(page[3]) == 1
    for index in (len(page), -len(page) - 1):
        with pytest.raises(IndexError):
            page[index]
    with pytest.raises(TypeError):
        page["0"]  # type: ignore[call-overload]
    assert str(Page[Biomarker]).endswith("Page[loop_sdk.Biomarker]")


def test_equality_compares_values(page: Page[Biomarker], loop: LoopClient, tokens: Tokens) -> None:
    again = loop.clinical.list_biomarkers(user_id=tokens.user_id)
    assert page == again and page[0] == again[0] and page[0] != page[1]
    others: list[object] = [page[0].to_dict(), page.items, None]
    assert all(page[0] != other and page != other for other in others)


def test_records_and_pages_can_be_pickled_and_copied(page: Page[Biomarker]) -> None:
    assert pickle.loads(pickle.dumps(page)) == page
    assert pickle.loads(pickle.dumps(page[5])) == page[5]
    assert copy.deepcopy(page[5]) == page[5]
    with pytest.raises(ValueError, match="pickled by another version"):
        __import__("loop_sdk")._native._restore("Unknown", "{}")


def test_a_client_says_that_it_cannot_be_pickled(loop: LoopClient) -> None:
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(loop)


def test_tokens_can_be_pickled(tokens: Tokens) -> None:
    assert pickle.loads(pickle.dumps(tokens)) == tokens
