"""The quickstart's snippet in Python, as a Flask app has it: type-checked by test_types.py, run by test_flask.py."""

import os

from flask import Flask, request

from loop_sdk import LoopClient

app = Flask(__name__)

loop = LoopClient(
    client_id=os.environ.get("LOOP_CLIENT_ID"),
    client_secret=os.environ.get("LOOP_CLIENT_SECRET"),
    redirect_uri="http://localhost:3000/callback",
)


@app.get("/callback")
def callback() -> dict[str, object]:
    tokens = loop.exchange_code(request.args.get("code"), request.args.get("state"))
    biomarkers = loop.clinical.list_biomarkers(user_id=tokens.user_id)
    return biomarkers.to_dict()
