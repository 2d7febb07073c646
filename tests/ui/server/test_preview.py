"""A link to the page is previewed as the page's, not as Gradio's."""

import re
from pathlib import Path

import gradio
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ast_demo.ui.server.preview import OwnPreview, own_preview

TEMPLATE = (Path(gradio.__file__).parent / "templates/frontend/index.html").read_bytes()
SENTENCE = b"See, hear and question."


def filled():
    """Return the template as Gradio fills it for a page without a picture."""
    values = {b"config['title'] or ''": b"AST Explorer", b"config['thumbnail'] or ''": b""}
    values[b"config['simple_description'] or ''"] = SENTENCE
    page = TEMPLATE
    for expression, value in values.items():
        page = page.replace(b"{{ " + expression + b" }}", value)
    return page


def preview(page):
    """Return names and contents of what a link preview is made of."""
    found = re.findall(rb'<meta\s+(?:property|name)="([^"]+)"\s+content="([^"]*)"', page)
    return [(name.decode(), value.decode()) for name, value in found if b":" in name]


def test_title_and_sentence_are_the_pages_own_and_stand_once():
    page = own_preview(filled())
    assert preview(page) == [
        ("og:type", "website"),
        ("og:title", "AST Explorer"),
        ("og:description", SENTENCE.decode()),
        ("twitter:card", "summary_large_image"),
        ("twitter:title", "AST Explorer"),
        ("twitter:description", SENTENCE.decode()),
    ]


def test_all_else_stays():
    before, after = filled(), own_preview(filled())
    assert re.sub(rb"<meta[^>]*>\s*", b"", after) == re.sub(rb"<meta[^>]*>\s*", b"", before)
    assert b'name="viewport"' in after


def test_a_picture_with_an_address_stays():
    page = filled().replace(b'property="og:image" content=""', b'property="og:image" content="a"')
    assert ("og:image", "a") in preview(own_preview(page))


def test_the_page_alone_is_changed():
    async def page(scope, receive, send):
        await send({"type": "http.response.debug", "info": {}})  # as a template's answer does
        await HTMLResponse(filled())(scope, receive, send)

    routes = [
        Route("/", lambda _: page),
        Route("/config", lambda _: JSONResponse('<meta property="og:url" content="">')),
    ]
    client = TestClient(OwnPreview(Starlette(routes=routes)))
    answer = client.get("/")
    assert answer.content == own_preview(filled())
    assert answer.headers["content-length"] == str(len(answer.content))
    assert client.get("/config").json() == '<meta property="og:url" content="">'
