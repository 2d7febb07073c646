"""The bounds of the page."""

import pytest

from ast_demo.ui.services.limits import Limits


def test_limits_are_overridden_by_the_environment_and_refuse_nonsense():
    assert Limits.from_environment({}) == Limits()
    assert Limits.from_environment({"AST_FILE_MEGABYTES": "7"}).file_megabytes == 7
    for nonsense in ("0", "-3", "many", "1.5", ""):
        with pytest.raises(ValueError, match="AST_QUEUE_SIZE"):
            Limits.from_environment({"AST_QUEUE_SIZE": nonsense})
