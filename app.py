"""Serve AST Explorer: `python app.py`, or a Space that finds `demo` here."""

import sys

from ast_demo.ui.launch import create_page, one_sentence, parse_options, prepare_start, serve

with one_sentence():
    options = parse_options(sys.argv[1:] if __name__ == "__main__" else [])
    if __name__ == "__main__":
        prepare_start(options)
    demo = create_page(options)
    if __name__ == "__main__":
        serve(demo, options)
