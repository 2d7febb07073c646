"""What tests of whole runs share."""

import pytest
import torch


@pytest.fixture
def one_thread():
    """Sums in a fixed order: runs that are compared bit by bit need it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
