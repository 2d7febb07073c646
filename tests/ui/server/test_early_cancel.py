"""A run is given up before the page knows its name: the request is answered, and the run ends."""

import threading
import time

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ast_demo.ui.server.early_cancel import EarlyCancel

SESSION = "abcdefg"


async def echo(request: Request) -> Response:
    return Response(await request.body(), headers={"length": request.headers["content-length"]})


@pytest.mark.parametrize(
    ("path", "sent", "told"),
    [
        ("cancel", '{"event_id":null,"fn_index":3}', '{"event_id":""  ,"fn_index":3}'),
        ("reset", '{"event_id": null}', '{"event_id": ""  }'),
        ("cancel", '{"event_id":"abc","fn_index":3}', '{"event_id":"abc","fn_index":3}'),
        ("call/classify", '{"event_id":null}', '{"event_id":null}'),
    ],
)
def test_a_run_without_a_name_gets_an_empty_one(path, sent, told):
    app = Starlette(routes=[Route("/gradio_api/{rest:path}", echo, methods=["POST"])])
    answer = TestClient(EarlyCancel(app)).post(f"/gradio_api/{path}", content=sent)
    assert answer.text == told
    assert int(answer.headers["length"]) == len(told)


def test_gradio_ends_a_run_that_has_no_name_yet():
    begun, ended = threading.Event(), threading.Event()

    def run():
        try:
            for step in range(600):
                begun.set()
                yield str(step)
                time.sleep(0.05)
        finally:
            ended.set()

    with gr.Blocks() as page:
        gr.Button().click(run, None, gr.Textbox())
    app = gr.routes.App.create_app(page.queue())
    with TestClient(EarlyCancel(app)) as visitor:
        visitor.get("/gradio_api/startup-events")  # from then on the queue works
        of_page = {"session_hash": SESSION, "fn_index": 0}
        visitor.post("/gradio_api/queue/join", json={"data": [], **of_page})
        assert begun.wait(20)
        answer = visitor.post("/gradio_api/cancel", json={"event_id": None, **of_page})
        assert answer.status_code == 200
        assert ended.wait(20)
