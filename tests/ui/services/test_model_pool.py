"""The picker's models: what is offered, what is loaded, and what a visitor is told meanwhile."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest

from ast_demo.checkpoint.locate import DEFAULT_MODEL
from ast_demo.ui.header import switch_steps
from ast_demo.ui.services.limits import MEGABYTE
from ast_demo.ui.services.model_pool import HUB_MODELS, ModelPool, offered_models


class FakeShelf(ModelPool):
    """A shelf whose models are strings, loaded slowly and counted."""

    def __init__(self, *names, capacity=2, seconds=0.0):
        super().__init__({name: name for name in names}, capacity)
        self.loads = []
        self.seconds = seconds

    def _load(self, name, progress):
        self.loads.append(name)
        time.sleep(self.seconds)
        if name == "broken":
            raise ValueError("the weights of broken do not fit.")
        return f"model {name}"


@pytest.fixture
def assets(tmp_path):
    for name in ("another", DEFAULT_MODEL, "examples"):
        (tmp_path / name).mkdir()
        if name != "examples":
            (tmp_path / name / "config.json").write_text("{}")
    return tmp_path


def test_the_bundled_models_come_first_and_the_default_before_them(assets):
    assert list(offered_models(None, assets)) == [DEFAULT_MODEL, "another", *HUB_MODELS]


def test_the_hosts_choice_is_the_default_and_listed_once(assets):
    assert list(offered_models("another", assets))[:2] == ["another", DEFAULT_MODEL]
    assert next(iter(offered_models("some/model", assets))) == "some/model"


def test_a_folder_of_the_host_is_shown_by_its_name_alone(assets, tmp_path):
    folder = tmp_path / "private" / "mine"
    folder.mkdir(parents=True)
    offered = offered_models(str(folder), assets)
    assert next(iter(offered)) == "mine"
    assert offered["mine"] == str(folder)


def test_a_model_is_loaded_once_however_many_ask_at_once():
    shelf = FakeShelf("a", seconds=0.1)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shelf.get("a"), range(8)))
    assert found == ["model a"] * 8
    assert shelf.loads == ["a"]


def test_loading_one_model_does_not_hold_up_another():
    shelf = FakeShelf("a", "b", seconds=0.0)
    shelf.get("b")
    shelf.seconds = 5.0
    thread = threading.Thread(target=shelf.get, args=("a",), daemon=True)
    thread.start()
    start = time.monotonic()
    assert shelf.get("b") == "model b"
    assert time.monotonic() - start < 2.0


def test_the_model_used_longest_ago_makes_room_and_the_default_never_does():
    shelf = FakeShelf("default", "a", "b", capacity=2)
    for name in ("default", "a", "b"):
        shelf.get(name)
    assert [name for name in shelf.names if shelf.is_loaded(name)] == ["default", "b"]
    shelf.get("a")
    assert shelf.loads == ["default", "a", "b", "a"]


def test_nothing_is_loaded_that_was_not_offered():
    shelf = FakeShelf("a")
    with pytest.raises(ValueError, match="'evil/model', expected one of: a"):
        shelf.get("evil/model")
    assert shelf.loads == []


def test_a_model_that_failed_to_load_is_tried_again():
    shelf = FakeShelf("a", "broken")
    for _ in range(2):
        with pytest.raises(ValueError, match="do not fit"):
            shelf.get("broken")
    assert shelf.loads == ["broken", "broken"]


class FakeServices:
    """Services whose only model takes a while and tells how far it is."""

    def __init__(self, error=None):
        self.models = self
        self.error = error

    def get(self, name, progress):
        for done in (1, 5, 10):
            progress(done * MEGABYTE, 10 * MEGABYTE)
            time.sleep(0.4)
        if self.error:
            raise self.error


def test_a_download_tells_how_much_has_arrived():
    steps = list(switch_steps(FakeServices(), "some/model", "running"))
    told = [status["text"] for _, _, status in steps if status["state"] == "busy"]
    assert "Downloading some/model, 5 of 10 MB" in told
    fractions = [status["fraction"] for _, _, status in steps if status["state"] == "busy"]
    assert fractions == sorted(fractions)
    assert steps[-1][1] == "some/model"
    assert steps[-1][2]["state"] == "idle"


def test_a_failed_download_puts_the_picker_back_and_says_why():
    services = FakeServices(ValueError("the Hub is <b>away</b>."))
    seen = []

    def follow():
        seen.extend(switch_steps(services, "some/model", "running"))

    with pytest.raises(gr.Error, match="The Hub is &lt;b&gt;away"):
        follow()
    assert seen[-1][0] == "running"
    assert seen[-1][2] == {"state": "failed", "text": "The Hub is <b>away</b>.", "fraction": None}
