"""Tables of clips: what is understood, and what each mistake is answered with."""

import pytest

from ast_demo.training.data.clips import DataError
from ast_demo.training.data.dataset import read_datasets
from tests.helpers.training_sounds import write_classes, write_table


@pytest.fixture
def classes(tmp_path):
    return write_classes(tmp_path / "sounds")


def test_several_labels_are_separated_by_semicolons(classes):
    table = write_table(
        classes,
        "file,labels,split\nlow/0.wav,low;hum,train\nhigh/0.wav,high,train\nlow/1.wav,low,val\n",
    )
    dataset = read_datasets([table])
    assert dataset.clips[0].labels == ("low", "hum")
    assert dataset.labels == ("high", "hum", "low")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file,klass\nlow/0.wav,low\n", "has the columns file, klass; expected 'file' and 'label'"),
        ("file,label\nlow/0.wav,low\ngone.wav,high\n", "1 files that are not there (gone.wav)"),
        ("file,label\nlow/0.wav,low\nlow/1.wav,low\n", "the one label 'low'"),
        ("file,label\nlow/0.wav,\nlow/1.wav,\n", "no label, expected at least two classes"),
        ("file,label,split\nlow/0.wav,low,test\n", "the split 'test', expected train or"),
        (
            "file,label,split\nlow/0.wav,low,train\nhigh/0.wav,high,\n",
            "names a split for 1 of 2 clips",
        ),
        (
            "file,label,split\nlow/0.wav,low,train\nhigh/0.wav,high,train\n",
            "no labelled clip in the split 'validation'",
        ),
        ("file,label\n,low\n", "line 2 of clips.csv names no file"),
    ],
)
def test_a_faulty_table_is_answered_with_the_fault(classes, text, expected):
    with pytest.raises(DataError) as caught:
        read_datasets([write_table(classes, text)])
    assert expected in str(caught.value)


@pytest.mark.parametrize("column", ["file", "file_name", "filename", "path", "File", " file "])
def test_a_table_may_call_its_files_as_other_tools_do(classes, column):
    rows = [f"{kind}/{i}.wav,{kind}" for kind in ("low", "high") for i in range(6)]
    table = write_table(classes, f"{column},label\n" + "\n".join(rows))
    assert len(read_datasets([table]).clips) == 12


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_of_excel_is_read(classes, encoding):
    (classes / "low").rename(classes / "größe")
    rows = [f"{kind}\\{i}.wav;{kind}" for kind in ("größe", "high") for i in range(6)]
    table = classes / "clips.csv"
    table.write_bytes(("file;label\r\n" + "\r\n".join(rows)).encode(encoding))
    assert read_datasets([table]).labels == ("größe", "high")


def test_a_column_of_lists_as_pandas_writes_it_is_read(classes):
    rows = [f"{i},low/{i}.wav,\"['low', 'hum']\"" for i in range(6)]
    rows += [f"{i},high/{i}.wav,\"['high']\"" for i in range(6)]
    table = write_table(classes, ",file,labels\n" + "\n".join(rows))
    dataset = read_datasets([table])
    assert dataset.labels == ("high", "hum", "low")
    assert dataset.clips[0].labels == ("hum", "low")


@pytest.mark.parametrize("content", [b"\x00\x01\x02binary\xff\xfe\x00", b'file,label\n"x,y\n'])
def test_what_is_no_table_is_refused_by_its_name(classes, content):
    table = classes / "clips.csv"
    table.write_bytes(content)
    with pytest.raises(DataError, match=r"clips\.csv is no"):
        read_datasets([table])


def test_a_name_that_no_system_takes_is_a_missing_file(classes):
    table = write_table(classes, f"file,label\nlow/0.wav,low\n{'x' * 5000}.wav,high\n")
    with pytest.raises(DataError, match="1 files that are not there"):
        read_datasets([table])
