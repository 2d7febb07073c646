"""The line that tells how far a command has come."""

import io

from ast_demo.cli.progress import ERASE, ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_one_line_that_is_written_over():
    stream = Terminal()
    line = ProgressLine("checking", stream)
    line.count(1, 2)
    line.count(2, 2)
    assert stream.getvalue() == f"{ERASE}checking: 1 of 2{ERASE}checking: 2 of 2"


def test_a_log_gets_nothing_unless_lines_are_asked_for():
    stream = io.StringIO()
    line = ProgressLine("checking", stream)
    line.count(2, 2)
    line.clear()
    assert stream.getvalue() == ""


def test_a_log_gets_a_line_when_the_wait_is_over_and_none_before():
    quick, slow = io.StringIO(), io.StringIO()
    for done in (1, 2):
        ProgressLine("checking", quick, log_seconds=0).count(done, 2)
        ProgressLine("checking", slow, log_seconds=3600).count(done, 2)
    assert quick.getvalue() == "checking: 1 of 2\nchecking: 2 of 2\n"
    assert slow.getvalue() == ""
