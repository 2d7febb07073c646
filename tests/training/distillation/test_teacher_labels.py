"""Labels by the teacher's ear."""

import numpy as np
import torch

from ast_demo.training.data.clips import Clip
from ast_demo.training.distillation.soft_targets import ROWS, SoftTargets
from ast_demo.training.distillation.teacher_labels import TeacherLabels


def teacher_of(means: np.ndarray) -> SoftTargets:
    """Make a teacher whose map of each clip is one column, the same in all rows."""
    scale = np.abs(means).max() / 127
    values = np.repeat(np.rint(means / scale)[:, None], ROWS, axis=1).astype(np.int8)
    return SoftTargets(torch.from_numpy(values), scale, torch.ones(len(means)).long(), 1.0)


def test_the_teacher_judges_a_clip_by_its_sound_and_not_by_the_label_it_was_given():
    rng = np.random.default_rng(4)
    truth = np.arange(80) % 2
    means = rng.normal(0, 0.3, (80, 3))
    means[:, 0] += 4.0 * truth - 2
    targets = np.eye(2, dtype=np.float32)[truth]
    targets[10] = targets[10][::-1]  # a wrong label
    targets[70:] = 0  # no label
    clips = [Clip(None, (), "train", f"recording {i}", f"{i}.wav") for i in range(80)]
    teacher = teacher_of(means)
    judge = TeacherLabels(teacher, clips, torch.from_numpy(targets))
    judged = judge(teacher.means(), torch.arange(80))
    assert torch.allclose(judged.sum(dim=1), torch.ones(80))
    assert judged.argmax(dim=1).tolist() == truth.tolist()
