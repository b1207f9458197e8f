// The quickstart as a web app: connect with Loop, see your biomarkers, log out, disconnect.
import express from "express";
import { LoopClient } from "@platform/sdk";
import { loopAuth } from "@platform/sdk/express";

const loop = new LoopClient(); // LOOP_CLIENT_ID, LOOP_CLIENT_SECRET, LOOP_REDIRECT_URI, LOOP_SCOPES
const auth = loopAuth(loop, { afterLogin: "/biomarkers" });
const app = express();
app.use(auth);

app.get("/", (req, res) => {
  if (req.loop.userId) return res.redirect("/biomarkers");
  res.send(page("Your lab results, in one place", `<p>Connect your Loop account to see your biomarkers here.</p>
    <p><a class="button" href="/login">Connect with Loop</a></p>`));
});

app.get("/biomarkers", auth.requireUser, async (req, res) => {
  const biomarkers = await loop.clinical.listBiomarkers({ userId: auth.userId(req) });
  const rows = biomarkers.map((b) => `<tr class="${escape(b.status)}"><th scope="row">${escape(b.biomarker_name)}</th>
    <td class="number">${b.value}</td><td>${escape(b.unit)}</td>
    <td>${range(b.reference_low, b.reference_high)}</td><td><b>${escape(b.status)}</b></td></tr>`);
  res.send(page("Your biomarkers", `<div class="scroll" tabindex="0"><table>
    <caption>${biomarkers.length} results, newest first</caption>
    <thead><tr><th scope="col">Marker</th><th scope="col">Value</th><th scope="col">Unit</th>
    <th scope="col">Reference</th><th scope="col">Status</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>
    <form method="post" action="/logout"><button>Log out</button></form>
    <form method="post" action="/disconnect"><button>Disconnect Loop</button></form>`));
});

app.use(auth.errors);
const port = process.env.PORT ?? 3000;
app.listen(port, () => console.log(`http://localhost:${port}`));

const range = (low, high) => (low === null ? `≤ ${high ?? ""}` : high === null ? `≥ ${low}` : `${low} – ${high}`);
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; --green: #0b5d4b }
body { max-width: 56rem; margin: 3rem auto; padding: 0 1.25rem }
.scroll { overflow-x: auto } table { width: 100%; border-collapse: collapse } caption { text-align: left; opacity: .75; padding-bottom: .5rem }
th, td { text-align: left; padding: .5rem .6rem; border-bottom: 1px solid #8885 } .number { text-align: right }
td b { font-weight: 500; padding: .1rem .55rem; border-radius: 1rem } .normal b { background: #8882 }
.low b { background: #cfe3ff; color: #0b3a75 } .low b::before { content: "↓ " }
.high b { background: #ffe0c7; color: #7a3300 } .high b::before { content: "↑ " }
.critical b { background: #b3121f; color: #fff } .critical b::before { content: "! " }
.button, button { font: inherit; padding: .6rem 1.1rem; border: 1px solid var(--green); border-radius: .5rem; cursor: pointer }
.button { background: var(--green); color: #fff; text-decoration: none } button { background: none; color: inherit }
form { display: inline-block; margin: 1.5rem .75rem 0 0 } :focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
</style><main><h1>${title}</h1>${body}</main></html>`;
