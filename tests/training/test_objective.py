"""What a step minimizes, beside a teacher."""

import pytest
import torch

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.data.batch import Batch
from ast_demo.training.distillation.soft_targets import ROWS, SoftTargets
from ast_demo.training.objective import Objective
from ast_demo.training.recipe import Recipe

CLIPS, FRAMES, COORDINATES = 3, 64, 5


@pytest.fixture
def batch():
    draw = torch.Generator().manual_seed(0)
    return Batch(
        log_mel=torch.randn(CLIPS, FRAMES, 128, generator=draw),
        targets=torch.eye(CLIPS),
        weight=torch.ones(CLIPS),
        clips=torch.arange(CLIPS),
        first_frames=torch.zeros(CLIPS, dtype=torch.long),
        partners=torch.full((CLIPS,), -1),
        asked=torch.ones(CLIPS),
        partner_frames=torch.zeros(CLIPS, 2, dtype=torch.long),
    )


def losses(batch, **weights):
    """Return the losses of a small model drawn from one seed, beside a teacher drawn from it."""
    torch.manual_seed(0)
    config = ASTConfig(
        hidden_size=12,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=24,
        max_length=FRAMES,
        id2label={number: str(number) for number in range(CLIPS)},
    )
    columns = torch.full((CLIPS,), 2)
    values = torch.randint(-99, 99, (2 * CLIPS, ROWS, COORDINATES), dtype=torch.int8)
    objective = Objective(
        ASTForAudioClassification(config),
        ASTFeatureExtractor(max_length=FRAMES),
        Recipe(**weights),
        torch.full((CLIPS,), FRAMES),
        SoftTargets(values, 0.1, columns, variance=4.0),
        None,
        torch.device("cpu"),
    )
    return objective.losses(batch, tokens=0, step=0)


def test_the_weight_of_the_mean_comes_on_top_of_that_of_the_map(batch):
    once = losses(batch, map_weight=1.0)
    found = losses(batch, map_weight=2.0, mean_weight=10.0)
    assert once["map"] > 0
    assert once["mean"] > 0
    torch.testing.assert_close(found["map"], 2 * once["map"])
    torch.testing.assert_close(found["mean"], 20 * once["mean"])
    torch.testing.assert_close(found["label"], once["label"])
