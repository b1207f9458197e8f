"""A small web app: connect with Loop, see your biomarkers, log out, disconnect."""

import os
import secrets

from flask import Flask, render_template

from loop_sdk import LoopClient
from loop_sdk.flask import LoopAuth

app = Flask(__name__)
# Without a key of your own, a restart signs everybody out of this app (their grants stay).
app.secret_key = os.environ.get("FLASK_SECRET_KEY") or secrets.token_hex(32)
auth = LoopAuth(app, LoopClient())  # LOOP_* from the environment; adds /login, /callback, /logout, /disconnect


@app.get("/")
def home() -> str:
    if auth.user_id is None:
        return render_template("home.html", biomarkers=None)
    return render_template("home.html", biomarkers=auth.user.clinical.list_biomarkers())


@app.template_filter()
def number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


if __name__ == "__main__":
    app.run("localhost", int(os.environ.get("PORT", "5000")))
