"""Parts of a file, read like a file."""

import io

from ast_demo.audio.containers.stream import StreamView


def test_a_view_reads_like_the_bytes_it_shows():
    content = bytes(range(256)) * 20
    view = StreamView(io.BytesIO(content), (b"abc", (10, 300), b"", (1000, 1001), b"xyz"))
    whole = b"abc" + content[10:300] + content[1000:1001] + b"xyz"
    assert view.read() == whole
    for place, count in [(0, 1), (2, 5), (292, 9), (len(whole) - 1, 10), (len(whole) + 5, 3)]:
        view.seek(place)
        assert view.read(count) == whole[place : place + count]
    assert view.seek(-2, io.SEEK_END) == len(whole) - 2
    assert view.read() == b"yz"
