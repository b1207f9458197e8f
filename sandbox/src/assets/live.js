// Puts each request into the table as it comes. Without this script the page shows the last ones and a link to look again.
"use strict";

const body = document.querySelector("[data-live]");
const most = Number(body.dataset.most);
const state = document.querySelector("[data-live-state]");
const words = document.querySelector("[data-live-words]");

// As Row::markup in src/live.rs.
function line(row) {
  const tr = document.createElement("tr");
  tr.dataset.seq = row.seq;
  const cell = (text) => {
    const td = document.createElement("td");
    td.textContent = text ?? "";
    tr.append(td);
    return td;
  };
  cell(row.time);
  const code = document.createElement("code");
  code.textContent = `${row.method} ${row.path}`;
  cell("").append(code);
  cell(row.app);
  const status = document.createElement("span");
  const tone = row.status === null ? "wait" : row.status >= 200 && row.status < 400 ? "good" : "bad";
  status.className = `status ${tone}`;
  status.textContent = row.status ?? "…";
  cell("").append(status);
  cell(row.note);
  return tr;
}

function show(row) {
  body.querySelector("[data-empty]")?.remove();
  const former = body.querySelector(`[data-seq="${row.seq}"]`);
  const tr = line(row);
  if (former) {
    former.replaceWith(tr);
    return;
  }
  tr.className = "fresh";
  body.prepend(tr);
  while (body.rows.length > most) body.lastElementChild.remove();
}

const source = new EventSource(body.dataset.live);
source.onopen = () => {
  state.classList.remove("off");
  words.textContent = "Live";
};
source.onerror = () => {
  state.classList.add("off");
  words.textContent = "The sandbox does not answer; trying again";
};
source.onmessage = (event) => show(JSON.parse(event.data));
