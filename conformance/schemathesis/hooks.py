"""What schemathesis sends beside what it makes up: the right kind of token, and ids of records that there are.

Loaded by schemathesis (SCHEMATHESIS_HOOKS); run.py gives the tokens and ids in LOOP_KNOWN.
"""

import json
import os
import random
import uuid
from pathlib import Path

import schemathesis

SEEN = Path(os.environ["LOOP_SEEN"])
KNOWN = json.loads(os.environ["LOOP_KNOWN"])
# Most requests name what exists, else nearly all answers would be 404; the others keep what was made up.
CHANCE = random.Random(int(os.environ["LOOP_SEED"]))


@schemathesis.auth(refresh_interval=None)
class Token:
    """A person's token where a person may call, else a machine's."""

    def get(self, case, context):
        operation = case.operation.definition.raw
        kinds = {kind for entry in operation.get("security", []) for kind in entry}
        kind = next((kind for kind in ("user", "machine") if kind in kinds), None)
        return KNOWN["tokens"].get(operation["operationId"]) or KNOWN["tokens"].get(kind)

    def set(self, case, data, context):
        if data:
            case.headers["Authorization"] = f"Bearer {data}"


def with_known(values, operation):
    if not isinstance(values, dict):
        return values
    if CHANCE.random() > 0.75:
        return values
    known = KNOWN["values"]
    return {
        **{name: known.get(name, value) for name, value in values.items()},
        **KNOWN["operations"].get(operation, {}),
    }


def operation_of(context):
    return context.operation.definition.raw.get("operationId")


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return with_known(path_parameters, operation_of(context))


@schemathesis.hook
def map_query(context, query):
    return with_known(query, operation_of(context))


@schemathesis.hook
def map_body(context, body):
    return with_known(body, operation_of(context))


@schemathesis.hook
def before_call(context, case, kwargs):
    # Schemathesis learns ids from answers; the apps that it calls with must not lose their secrets.
    if (case.path_parameters or {}).get("client_id") in KNOWN["kept"]:
        case.path_parameters["client_id"] = KNOWN["values"]["client_id"]
    # The same key with another body is a conflict, and would hide all other answers.
    if case.headers and "Idempotency-Key" in case.headers and CHANCE.random() < 0.9:
        case.headers["Idempotency-Key"] = str(uuid.UUID(int=CHANCE.getrandbits(128)))


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation.definition.raw["operationId"]
    with SEEN.open("a", encoding="utf-8") as seen:
        seen.write(json.dumps([operation, response.status_code]) + "\n")
