"""Tables as spreadsheets write them are read, and what is written runs nothing in one."""

import csv
import io

import pytest

from ast_demo.tables import TableError, plain_cell, read_table, table_text, write_table

ROWS = [{"file": "müll.wav", "label": "Straße, laut"}, {"file": "b.wav", "label": "dog"}]


def text_with(delimiter, ending="\n"):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerow(ROWS[0])
    writer.writerows(row.values() for row in ROWS)
    return text.getvalue()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_usual_encoding_and_delimiter_is_read(tmp_path, encoding, delimiter, ending):
    table = tmp_path / "clips.csv"
    table.write_bytes(text_with(delimiter, ending).encode(encoding))
    columns, rows = read_table(table)
    assert columns == ["file", "label"]
    assert [row for _, row in rows] == ROWS


def test_the_delimiter_that_excel_states_is_taken(tmp_path):
    table = tmp_path / "clips.csv"
    table.write_text("sep=;\nfile,name;label\na.wav;dog\n")
    assert read_table(table) == (
        ["file,name", "label"],
        [(3, {"file,name": "a.wav", "label": "dog"})],
    )


def test_empty_lines_are_passed_and_short_ones_filled(tmp_path):
    table = tmp_path / "clips.csv"
    table.write_text("file, label\na.wav,dog\n\n,,\nb.wav\n")
    assert read_table(table)[1] == [
        (2, {"file": "a.wav", "label": "dog"}),
        (5, {"file": "b.wav", "label": ""}),
    ]


@pytest.mark.parametrize(
    "content",
    [b"RIFF\x00\x00\x01\x02\x00WAVE", b"PK\x03\x04\x14\x00\x00\x08", b'file,label\n"a,b\n'],
)
def test_what_is_no_table_is_refused_by_its_name(tmp_path, content):
    table = tmp_path / "clips.csv"
    table.write_bytes(content)
    with pytest.raises(TableError, match=r"clips\.csv is no"):
        read_table(table)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "=", "-a", "+"]
)
def test_no_cell_can_run_as_a_formula(cell):
    assert plain_cell(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["-42.1", "+3", "-1e-05", "-.5", "-", "Speech", "", "a=b", -3, 0.5]
)
def test_numbers_and_words_stay_what_they_are(cell):
    assert plain_cell(cell) == cell


def test_headers_are_cells_too():
    assert table_text(["=cmd", "label"], []) == "'=cmd,label\n"


def test_files_for_people_carry_a_byte_order_mark(tmp_path):
    write_table(tmp_path / "clips.csv", [{"label": "Straße", "score": 0.5}])
    assert (tmp_path / "clips.csv").read_bytes() == "\ufefflabel,score\nStraße,0.5\n".encode()
