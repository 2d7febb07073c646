"""The command `export`: any checkpoint as a folder that every tool of the field opens."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers) -> None:
    """Add the command; it sets `run`, a function of the parsed arguments."""
    export = subparsers.add_parser(
        "export",
        help="write a checkpoint as a folder that opens here and in transformers",
        description="Read a checkpoint in any form (a bundled name, a folder, a weights file of "
        "the authors, a Hub id) and write config.json, preprocessor_config.json and "
        "model.safetensors into a folder.",
    )
    export.add_argument("model", help="bundled name, folder, weights file (.pth) or Hub id")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    export.add_argument("--revision", help="branch, tag or commit of a Hub repository")
    export.add_argument(
        "--dtype", default="auto", help="float32, float16, bfloat16; as stored by default"
    )
    export.add_argument("--overwrite", action="store_true", help="replace a checkpoint there")
    export.set_defaults(run=run_export)


def run_export(options: argparse.Namespace) -> None:
    """Write the folder and say what it holds.

    Raises:
        ValueError: if the folder holds a checkpoint already and is not to be overwritten.
        CheckpointError: if the checkpoint cannot be found, read or fitted.
    """
    from ast_demo.checkpoint.checkpoint import find_checkpoint
    from ast_demo.checkpoint.locate import save_preprocessor
    from ast_demo.features.extractor import ASTFeatureExtractor
    from ast_demo.model.transformer import ASTForAudioClassification

    if (options.output / "config.json").exists() and not options.overwrite:
        raise ValueError(
            f"{options.output} holds a checkpoint already: choose another folder or add "
            "--overwrite."
        )
    checkpoint = find_checkpoint(options.model, revision=options.revision)
    model = ASTForAudioClassification.from_checkpoint(checkpoint, options.dtype)
    extractor = ASTFeatureExtractor.from_dict(checkpoint.preprocessor)
    model.save_pretrained(options.output)
    save_preprocessor(options.output, extractor.to_dict())
    weights = options.output / "model.safetensors"
    dtype = str(model.dtype).removeprefix("torch.")
    print(
        f"{options.output}: {model.num_parameters() / 1e6:.1f} M parameters in {dtype}, "
        f"{weights.stat().st_size / 1e6:.1f} MB, {model.config.num_labels} labels"
    )
