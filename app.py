"""Serve AST Explorer: `python app.py`, or a Space that finds `demo` here."""

import sys

from ast_demo.ui.launch import create_page, parse_options, serve

options = parse_options(sys.argv[1:] if __name__ == "__main__" else [])
demo = create_page(options)

if __name__ == "__main__":
    serve(demo, options)
