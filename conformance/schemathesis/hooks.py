"""What schemathesis sends beside what it makes up: the right kind of token, and ids of records that there are.

Loaded by schemathesis (SCHEMATHESIS_HOOKS); run.py gives the tokens and ids in LOOP_KNOWN.
"""

import json
import os
import random

import schemathesis

KNOWN = json.loads(os.environ["LOOP_KNOWN"])
# Most requests name what exists, else nearly all answers would be 404; the others keep what was made up.
CHANCE = random.Random(int(os.environ["LOOP_SEED"]))
# These end the grant of whoever calls, so somebody else calls them.
ENDING = {"identity.delete_grant", "identity.delete_connected_app"}


@schemathesis.auth(refresh_interval=None)
class Token:
    """A person's token where a person may call, else a machine's."""

    def get(self, case, context):
        operation = case.operation.definition.raw
        kinds = {kind for entry in operation.get("security", []) for kind in entry}
        if "user" in kinds:
            return KNOWN["other_token" if operation["operationId"] in ENDING else "token"]
        return KNOWN["machine_token"] if "machine" in kinds else None

    def set(self, case, data, context):
        if data:
            case.headers["Authorization"] = f"Bearer {data}"


def with_known(values, operation):
    if not isinstance(values, dict):
        return values
    known = {**KNOWN["values"], **KNOWN["operations"].get(operation, {})}
    changed = dict(values)
    for name in values:
        if name in known and CHANCE.random() < 0.8:
            changed[name] = known[name]
    return changed


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
