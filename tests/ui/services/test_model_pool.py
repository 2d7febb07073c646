"""The picker's models: what is offered, what is loaded, and what a visitor is told meanwhile."""

import gc
import itertools
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import numpy as np
import pytest

from ast_demo.checkpoint.locate import DEFAULT_MODEL
from ast_demo.ui.header import switch_steps
from ast_demo.ui.services.hub_models import HubModels
from ast_demo.ui.services.limits import MEGABYTE, Limits
from ast_demo.ui.services.model_pool import HUB_MODELS, ModelPool, offered_models
from tests.helpers.models import hearing_classifier, save_checkpoint


class FakeModel:
    """What a fake shelf holds."""

    def __init__(self, name):
        self.name = name


class FakeShelf(ModelPool):
    """A shelf whose models are names alone, loaded slowly and counted."""

    def __init__(self, *names, capacity=2, seconds=0.0, hub=None):
        super().__init__({name: name for name in names}, capacity, hub=hub)
        self.loads = []
        self.seconds = seconds

    def _load(self, name, progress):
        self.loads.append(name)
        time.sleep(self.seconds)
        if name == "broken":
            raise ValueError("the weights of broken do not fit.")
        return FakeModel(name)


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
    assert [model.name for model in found] == ["a"] * 8
    assert len(set(found)) == 1
    assert shelf.loads == ["a"]


def test_loading_one_model_does_not_hold_up_another():
    shelf = FakeShelf("a", "b", seconds=0.0)
    shelf.get("b")
    shelf.seconds = 5.0
    thread = threading.Thread(target=shelf.get, args=("a",), daemon=True)
    thread.start()
    start = time.monotonic()
    assert shelf.get("b").name == "b"
    assert time.monotonic() - start < 2.0


def test_the_model_used_longest_ago_makes_room_and_the_default_never_does():
    shelf = FakeShelf("default", "a", "b", capacity=2)
    for name in ("default", "a", "b"):
        shelf.get(name)
    assert [name for name in shelf.names if shelf.is_loaded(name)] == ["default", "b"]
    shelf.get("a")
    assert shelf.loads == ["default", "a", "b", "a"]


def test_a_model_that_made_room_but_is_held_elsewhere_is_the_one_that_is_found_again():
    shelf = FakeShelf("default", "a", "b", "c", capacity=2)
    held = shelf.get("a")
    for name in ("default", "b", "c"):
        shelf.get(name)
    assert shelf.is_loaded("a"), "get would answer at once"
    assert shelf.get("a") is held
    assert shelf.loads == ["a", "default", "b", "c"]
    del held
    assert shelf.get("a").name == "a"  # the shelf holds it again
    assert shelf.loads == ["a", "default", "b", "c"]


def test_a_model_that_nobody_holds_any_more_is_freed_and_loaded_anew():
    shelf = FakeShelf("default", "a", "b", capacity=2)
    held = shelf.get("a")
    trace = weakref.ref(held)
    for name in ("default", "b"):
        shelf.get(name)
    assert trace() is held
    del held
    assert trace() is None
    assert not shelf.is_loaded("a")
    shelf.get("a")
    assert shelf.loads == ["a", "default", "b", "a"]


def test_no_model_is_ever_there_twice_however_many_ask_for_however_many():
    names = ["default", "a", "b", "c", "d"]
    there = weakref.WeakSet()  # models that anyone holds
    twice = []

    class Watched(FakeShelf):
        def _load(self, name, progress):
            twice.extend(model for model in list(there) if model.name == name)
            model = super()._load(name, progress)
            there.add(model)
            return model

    shelf = Watched(*names, capacity=2, seconds=0.001)

    def visit(number):
        held = []  # as explanations hold theirs
        for name in itertools.islice(itertools.cycle(names), number, number + 60):
            held = [*held[-2:], shelf.get(name)]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(visit, range(6)))
    assert len(shelf.loads) > len(names), "none made room"
    assert twice == []


def test_the_classifier_of_a_kept_explanation_is_found_again_and_freed_with_it(tmp_path):
    folders = {
        name: str(save_checkpoint(hearing_classifier(["Dog", "Rain"]), tmp_path / name))
        for name in ("default", "a", "b")
    }
    pool = ModelPool(folders, capacity=1, device="cpu", dtype="float32")
    kept = pool.get("a").explain(np.zeros(16000, np.float32))
    for name in ("default", "b"):
        pool.get(name)
    assert pool.get("a") is kept.classifier
    trace = weakref.ref(kept.classifier)
    pool.get("b")
    del kept
    gc.collect()
    assert trace() is None


def test_names_that_are_refused_leave_nothing_behind():
    shelf = FakeShelf("a", hub=HubModels(Limits()))
    shelf._load = lambda name, progress: int(name)  # raises a ValueError
    for number in range(100):
        with pytest.raises(ValueError, match="invalid literal"):
            shelf.get(f"someone/model-{number}")
    assert len(shelf._loading) <= 1  # that of the last, which its error may hold


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
    told = [status["text"] for _, status in steps if status["state"] == "busy"]
    assert "Downloading some/model, 5 of 10 MB" in told
    fractions = [status["fraction"] for _, status in steps if status["state"] == "busy"]
    assert fractions == sorted(fractions)
    running, status = steps[-1]
    assert running == status["asked"] == status["running"] == "some/model"
    assert status["state"] == "idle"


def test_a_failed_download_puts_the_picker_back_and_says_why():
    services = FakeServices(ValueError("the Hub is <b>away</b>."))
    seen = []

    def follow():
        seen.extend(switch_steps(services, "some/model", "running"))

    with pytest.raises(gr.Error, match="The Hub is &lt;b&gt;away"):
        follow()
    status = seen[-1][1]
    assert (status["asked"], status["running"]) == ("some/model", "running")
    assert (status["state"], status["text"]) == ("failed", "The Hub is <b>away</b>.")
