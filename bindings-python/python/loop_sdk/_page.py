"""The one page that the Flask glue shows by itself: something did not work, and what to do now."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; box-sizing: border-box;
    font: 1rem/1.6 system-ui, sans-serif; background: light-dark(#f4f6f5, #141817);
    color: light-dark(#1b2422, #e8edeb); }}
  main {{ max-width: 32rem; padding: 2.25rem 2.5rem; border-radius: 1rem; background: light-dark(#fff, #1e2423);
    box-shadow: 0 1px 2px rgb(0 0 0 / .08), 0 12px 32px rgb(0 0 0 / .08); }}
  h1 {{ margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }}
  p {{ margin: 0 0 1.5rem; overflow-wrap: anywhere; }}
  a {{ display: inline-block; padding: .7rem 1.4rem; border-radius: .6rem; font-weight: 600; text-decoration: none;
    background: #0b6b5b; color: #fff; }}
  a:hover {{ background: #095548; }}
  a:focus-visible {{ outline: 3px solid #0b6b5b; outline-offset: 3px; }}
  small {{ display: block; margin-top: 1.5rem; color: light-dark(#5a6663, #a3afac); }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
<a href="{link}">{label}</a>
<small>{note}</small>
</main>
</body>
</html>
"""


def page(*, title: str, text: str, link: str, label: str, note: str) -> str:
    """Returns the HTML; every part is escaped."""
    parts = {"title": title, "text": text, "link": link, "label": label, "note": note}
    return _PAGE.format(**{name: escape(part) for name, part in parts.items()})
