"""Which addresses are open: those that the page uses, and no other that Gradio brings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ast_demo.ui.server.health import LIVENESS, READINESS
from ast_demo.ui.server.routes import AGENTS_ROUTE, OPEN_ROUTES, OpenRoutes

# What else the installed Gradio serves; each was judged, and the page has no use for it. A route
# that stands neither here nor in OPEN_ROUTES is new: find out what it does before it is listed.
CLOSED_ROUTES = {
    "/svelte/{path:path}",
    "/gradio_api/deep_link",
    "/pwa_icon/{size}",
    "/monitoring",
    "/monitoring/summary",
    "/monitoring/{key}",
    "/openapi.json",
    "/docs",
    "/redoc",
    "/docs/oauth2-redirect",
    "/gradio_api/user",
    "/gradio_api/login_check",
    "/gradio_api/token",
    "/gradio_api/app_id",
    "/gradio_api/dev/reload",
    "/gradio_api/theme.css",
    "/gradio_api/runs",
    "/gradio_api/openapi.json",
    "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}",
    "/gradio_api/proxy={url_path:path}",
    "/gradio_api/file/{path:path}",
    "/gradio_api/stream/{event_id}",
    "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    "/gradio_api/run/{api_name}",
    "/gradio_api/api/{api_name}",
    "/gradio_api/call/v2/{api_name}",
    "/gradio_api/call/v2/{api_name}/{event_id}",
    "/gradio_api/queue/status",
    "/gradio_api/upload_progress",
    "/gradio_api/process_recording",
    "/gradio_api/vibe-edit",
    "/gradio_api/undo-vibe-edit",
    "/gradio_api/vibe-code",
    "/gradio_api/vibe-starter-queries",
    "/gradio_api/run-history/connect",
    "/gradio_api/run-history/buckets",
    "/gradio_api/run-history/records",
    "/gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}",
    "/gradio_api/profiling/traces",
    "/gradio_api/profiling/summary",
    "/gradio_api/profiling/clear",
}
OPEN_TEMPLATES = {
    "/",
    "/config",
    "/theme.css",
    "/assets/{path:path}",
    "/static/{path:path}",
    "/favicon.ico",
    "/robots.txt",
    "/manifest.json",
    "/pwa_icon",
    "/login",
    "/logout",
    "/gradio_api/info",
    "/gradio_api/startup-events",
    "/gradio_api/upload",
    "/gradio_api/file={path_or_url:path}",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/call/{api_name}",
    "/gradio_api/call/{api_name}/{event_id}",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/gradio_api/heartbeat/{session_hash}",
    "/gradio_api/component_server",
}


def served_routes(routes) -> set[tuple[str, str]]:
    """List (method, template) of an app's routes, those of included routers among them."""
    found = set()
    for route in routes:
        if hasattr(route, "original_router"):
            found |= served_routes(route.original_router.routes)
        else:
            methods = getattr(route, "methods", None) or {"any"}
            found |= {(method, route.path) for method in methods}
    return found


@pytest.fixture(scope="module")
def gradio_routes():
    """Every route of the installed Gradio, with all that environment variables switch on."""
    import gradio as gr
    from gradio.routes import App

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradio.profiling.PROFILING_ENABLED", True)
        patch.setattr("gradio.routes.PROFILING_ENABLED", True, raising=False)
        with gr.Blocks() as page:
            gr.Button()
        page.run_history = True
        return served_routes(App.create_app(page).routes)


def shape(template: str) -> str:
    return template.rstrip("/") or "/"


def test_every_route_of_the_installed_gradio_was_judged(gradio_routes):
    judged = CLOSED_ROUTES | OPEN_TEMPLATES
    assert {shape(path) for _, path in gradio_routes} - judged == set()


def example(template: str) -> str:
    """Return an address that a template takes."""
    for name, value in {"{path:path}": "a/b.js", "{path_or_url:path}": "/tmp/a.wav"}.items():
        template = template.replace(name, value)
    while "{" in template:
        before, _, rest = template.partition("{")
        template = f"{before}abc123{rest.partition('}')[2]}"
    return template


def test_of_gradios_routes_only_the_open_ones_are_let_through(gradio_routes):
    gate = OpenRoutes(None, guarded=True)
    for method, template in gradio_routes:
        judged_open = shape(template) in OPEN_TEMPLATES
        if not judged_open:
            assert not gate.is_open(method, example(template)), (method, template)


def test_every_open_route_is_one_that_gradio_serves_by_that_method(gradio_routes):
    served = {(method, example(shape(path))) for method, path in gradio_routes}
    for route in (r for r in OPEN_ROUTES if not r.path.startswith("/v1")):  # our own
        gate = OpenRoutes(None, guarded=True)
        gate._routes = [(route.methods, route.form())]
        for method in route.methods:
            assert any(m == method and gate.is_open(m, path) for m, path in served), (method, route)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/process_recording",
        "/gradio_api/vibe-edit/",
        "/gradio_api/file",
        "/gradio_api/file/x",
        "/gradio_api/upload/x",
        "/gradio_api/upload//",
        "/gradio_api/upload\n",
        "//gradio_api/proxy=http://127.0.0.1",
        "/x/gradio_api/upload",
        "/login",
        "/logout",
        "/staticx/a",
        "/assets/",
    ],
)
def test_what_only_looks_like_an_open_address_is_closed(path):
    gate = OpenRoutes(None)
    assert not any(gate.is_open(method, path) for method in ("GET", "POST", "HEAD", "PUT"))


def ask(app, scope) -> list[dict]:
    """Send a request without a body to an ASGI app; return what it sends."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(app({"headers": [], "root_path": "", **scope}, receive, send))
    return sent


async def answer_fine(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_closed_address_is_answered_404_with_a_sentence():
    path = "/gradio_api/process_recording"
    sent = ask(OpenRoutes(answer_fine), {"type": "http", "method": "POST", "path": path})
    assert sent[0]["status"] == 404
    assert b"There is nothing here." in sent[1]["body"]


def test_websockets_are_not_taken():
    sent = ask(OpenRoutes(answer_fine), {"type": "websocket", "path": "/gradio_api/queue/join"})
    assert sent == [{"type": "websocket.close", "code": 1000}]


def test_a_page_that_is_mounted_deeper_has_the_same_open_addresses():
    scope = {"type": "http", "method": "GET", "root_path": "/sub", "path": "/sub/config"}
    assert ask(OpenRoutes(answer_fine), scope)[0]["status"] == 200
    scope["path"] = "/sub/monitoring"
    assert ask(OpenRoutes(answer_fine), scope)[0]["status"] == 404


def test_the_documentation_names_every_open_route_with_its_reason_and_no_other():
    text = (Path(__file__).parents[3] / "docs" / "HOSTING.md").read_text(encoding="utf-8")
    section = text.partition("\n## Open routes\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    open_ones = [
        f"| `{', '.join(route.methods)} {route.path}` | {route.reason} |"
        for route in (*OPEN_ROUTES, AGENTS_ROUTE)
    ]
    health = f"| `GET {LIVENESS}`, `GET {READINESS}` | for whoever watches the server |"
    assert rows == [*open_ones, health]


def test_a_server_can_open_more_for_what_it_offers():
    assert not OpenRoutes(None).is_open("POST", "/mcp")
    gate = OpenRoutes(None, more=[AGENTS_ROUTE])
    assert gate.is_open("POST", "/mcp")
    assert not gate.is_open("POST", "/gradio_api/mcp")  # Gradio's own
