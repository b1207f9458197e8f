"""Sends the sandbox what its OpenAPI document allows and much that it does not, and checks every answer against it.

`python run.py [--examples N] [--seed N] [--only OPERATION]`, in an environment with requirements.txt, and LOOP_SANDBOX
naming the program (else target/debug/loop-sandbox). Ends with 1 when an answer is not as documented.
"""

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
REDIRECT_URI = "http://localhost:3000/callback"
VERIFIER = "a-verifier-for-schemathesis-that-is-long-enough-for-the-rules"
MACHINE_SCOPES = "admin:identity admin:clinical admin:payments"
# A code works once; and a vendor signs the bytes of its body, which only the last layer knows.
MAY_REFUSE = {"oauth.token", "inbound.stream_webhook"}
# A run takes about a minute; one that hangs must not hold up the others.
LONGEST_SECONDS = 240


class Sandbox:
    """One of its own, that ends with this process."""

    def __init__(self):
        program = os.environ.get("LOOP_SANDBOX", str(ROOT / "target" / "debug" / "loop-sandbox"))
        command = [program, "serve", "--port", "0", "--json", "--exit-with-stdin", "--redirect-uri", REDIRECT_URI]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.app = json.loads(self.process.stdout.readline())
        self.base_url = self.app["base_url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def ask(self, path, *, json_body=None, form=None, token=None):
        """The answer's JSON, whatever its status."""
        headers, data = {}, None
        if json_body is not None:
            headers["content-type"], data = "application/json", json.dumps(json_body).encode()
        elif form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            data = urllib.parse.urlencode(form).encode()
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"{self.base_url}{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path} answers {error.code}: {error.read().decode()}") from error

    def person_token(self, person, scopes):
        """A token of this person for everything, by way of the real pages."""
        app = self.ask(
            "/_sandbox/clients",
            json_body={"client_name": "Schemathesis", "redirect_uris": [REDIRECT_URI], "allowed_scopes": scopes},
        )
        client = {"client_id": app["client"]["client_id"], "client_secret": app["client_secret"]}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": REDIRECT_URI,
            "scope": " ".join(scopes),
            "state": "state",
            "nonce": "nonce",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        url = f"{self.base_url}/identity/v1/oauth/authorize?{urllib.parse.urlencode(query)}"
        done = self.ask("/_sandbox/sign-in", json_body={"authorization_url": url, "person": person})
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(done["callback_url"]).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            **client,
        }
        return self.ask("/identity/v1/oauth/token", form=form)["access_token"], client

    def machine_token(self):
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app["service_client_id"],
            "client_secret": self.app["service_client_secret"],
            "scope": MACHINE_SCOPES,
        }
        return self.ask("/identity/v1/tokens", form=form)["access_token"]

    def known(self):
        """Tokens, and ids of records that there are."""
        document = self.ask("/openapi.json")
        scopes = list(document["components"]["securitySchemes"]["user"]["flows"]["authorizationCode"]["scopes"])
        token, client = self.person_token("ada", scopes)
        machine_token = self.machine_token()
        user_id = next(one["user_id"] for one in self.ask("/_sandbox/people") if one["handle"] == "ada")
        patient_id = self.ask(f"/patient-graph/v1/patients/{user_id}/metrics", token=token)["patient_id"]
        matches = self.ask(
            "/clinical/v1/protocols/match", json_body={"patient_id": patient_id, "brand_id": "loop"}, token=token
        )
        protocol_id = matches["matches"][0]["protocol_id"]
        upload = {
            "patient_id": patient_id,
            "brand_id": "loop",
            "content_type": "application/pdf",
            "source": "patient_upload",
            "file_base64": "JVBERi0xLjQK",
        }
        bloodwork = self.ask("/clinical/v1/bloodwork/upload", json_body=upload, token=token)
        connections = self.ask(f"/integrations/v1/connections?userId={user_id}", token=token)["connections"]
        orders = self.ask("/integrations/v1/labs/orders", token=token)["data"]
        metrics = self.ask(f"/patient-graph/v1/patients/{patient_id}/metrics", token=token)["metrics"]
        membership = self.ask(f"/membership/v1/memberships/{user_id}", token=token)
        # What a call ends or changes belongs to others, or the first one would be the last that is let in.
        leaver_token, left = self.person_token("mei", scopes)
        newcomer_token, _ = self.person_token("nia", scopes)
        newcomer = next(one["user_id"] for one in self.ask("/_sandbox/people") if one["handle"] == "nia")
        values = {
            "patient_id": patient_id,
            "user_id": user_id,
            "userId": user_id,
            "brand_id": "loop",
            "protocol_id": protocol_id,
            "bloodwork_id": bloodwork["id"],
            "membership_id": membership["id"],
            "client_id": left["client_id"],
            "connection_id": connections[0]["id"],
            "order_id": orders[0]["id"],
            "metric_key": metrics[0]["metric_key"],
            "delivery_id": self.delivery(client["client_id"]),
        }
        operations = {
            "oauth.token": {**client, "redirect_uri": REDIRECT_URI},
            "oauth.introspect": {**client, "token": token},
            "oauth.revoke": {**client, "token": "lph_at_none"},
            "oauth.machine_token": {
                "client_id": self.app["service_client_id"],
                "client_secret": self.app["service_client_secret"],
                "grant_type": "client_credentials",
                "scope": MACHINE_SCOPES,
                "audience": "clinical",
            },
            "events.publish": {"name": "clinical.vial.created.v1"},
            "membership.create_membership": {"user_id": newcomer, "tier": "plus"},
            "identity.create_oauth_client": {
                "redirect_uris": [REDIRECT_URI],
                "allowed_scopes": ["openid"],
                "webhook_url": "http://127.0.0.1:9/hook",
                "allowed_origins": ["https://app.example.com"],
                "client_uri": "https://app.example.com",
                "logo_uri": "https://app.example.com/logo.png",
            },
        }
        tokens = {
            "user": token,
            "machine": machine_token,
            "identity.delete_grant": leaver_token,
            "identity.delete_connected_app": leaver_token,
            "membership.create_membership": newcomer_token,
        }
        kept = [client["client_id"], self.app["service_client_id"]]
        return {"tokens": tokens, "values": values, "operations": operations, "kept": kept}

    def delivery(self, client_id):
        """The id of a webhook's delivery to this app."""
        endpoint = {"client_id": client_id, "url": "http://127.0.0.1:9/hook"}
        self.ask("/_sandbox/webhooks/endpoint", json_body=endpoint)
        event = {"client_id": client_id, "type": "clinical.biomarker.parsed.v1", "user_id": "ada"}
        return self.ask("/_sandbox/webhooks/send", json_body=event)["delivery_ids"][0]


def summary(seen):
    """What was sent, and which operations never did what they were asked: a run of refusals proves little."""
    answers = [json.loads(line) for line in seen.read_text().splitlines()]
    operations = {name for name, _ in answers}
    done = {name for name, status in answers if status < 400}
    statuses = sorted(Counter(status for _, status in answers).items())
    print(f"{len(operations)} operations, {len(answers)} requests")
    print("answers: " + ", ".join(f"{count} of {status}" for status, count in statuses))
    return sorted(operations - done)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--examples", type=int, default=15, help="made-up requests for each operation and phase")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", help="one operation, such as clinical.list_biomarkers")
    asked = options.parse_args()
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "seen"
        environment = {
            **os.environ,
            "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
            "LOOP_KNOWN": json.dumps(sandbox.known()),
            "LOOP_SEED": str(asked.seed),
            "LOOP_SEEN": str(seen),
        }
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{sandbox.base_url}/openapi.json"]
        command += ["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", str(asked.seed)]
        command += ["--max-examples", str(asked.examples), "--generation-database", "none", "--max-redirects", "0"]
        command += ["--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all", "--no-color"]
        if asked.only:
            command += ["--include-operation-id", asked.only]
        try:
            ended = subprocess.run(command, env=environment, cwd=folder, timeout=LONGEST_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"Not done after {LONGEST_SECONDS} seconds.") from None
        refused = summary(seen)
        if refused:
            print("never done, whatever was sent: " + ", ".join(refused))
        return ended.returncode or int(bool(set(refused) - MAY_REFUSE))


if __name__ == "__main__":
    sys.exit(main())
