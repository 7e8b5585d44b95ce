"""Commands about how mail is understood: evaluate, train."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli import views
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, present
from cli.output import Moment, show_json, show_rows, show_text
from domain.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from flows.settings import Settings

Split = Literal["test", "dev", "train"]
"""Parts of the shipped corpus."""


def evaluate(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="Labelled mails, or JSON lines of {text, kinds}."),
    ] = None,
    split: Annotated[Split, typer.Option("--split", help="Which part of the shipped corpus, without --data.")] = "test",
    errors: Annotated[bool, typer.Option("--errors", help="List the sentences that were read wrongly.")] = False,
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="As in [extraction].")] = "default",
) -> None:
    """Say how well mail is understood: precision, recall, F1 and calibration of every kind.

    With a configuration, the model in use there is evaluated, else the shipped one. The errors of the fixed test split
    are not listed: nobody is to tune to it.

    Example: accountline evaluate --data labelled.jsonl --errors
    """
    if errors and data is None and split == "test":
        raise ConfigError("the errors of the fixed test split are not shown; add --split dev, or --data FILE")
    if data is not None and not data.exists():
        raise NotFoundError(f"no such file: “{data}”")
    weights = None
    if config:
        from flows.composition import model_of
        from flows.settings import load_settings

        model, weights, _ = model_of(load_settings(config))
    from flows.teaching import evaluate as rows_of

    rows = rows_of(data, split, model=model, weights=weights, wrong_only=errors)
    show_rows(rows, views.READ_WRONGLY if errors else views.EVALUATE, form, Moment())


def train(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    corrections: Annotated[
        Path | None,
        typer.Option("--corrections", metavar="FILE", help="JSON lines of {text, kinds, not_kinds, weight}."),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", metavar="FOLDER", help="With train, dev and test; else the shipped corpus."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the shipped model.")] = False,
    now: NowOption = None,
) -> None:
    """Retrain the model from the shipped corpus and your corrections; minutes.

    It learns from flags dismissed with --as not-a-request or --as not-a-complaint, and from the corrections of a file.
    The new model is used from then on, unless it reads the fixed test sentences worse: then it is thrown away and the
    exit code is 1. A model card stands beside it.

    Example: accountline train --corrections corrections.jsonl
    """
    from flows.settings import load_settings

    settings = load_settings(config)
    if undo:
        _undo(settings)
        return
    if corrections is not None and not corrections.is_file():
        raise NotFoundError(f"no such file: “{corrections}”")
    if corpus is not None and not all((corpus / split).is_dir() for split in ("train", "dev", "test")):
        raise NotFoundError(f"no folder with train, dev and test: “{corpus}”")
    from flows.teaching import train as retrain

    moment = present(now, settings.company.timezone)
    result = retrain(settings, corrections, now=moment, corpus_folder=corpus)
    if form is OutputFormat.JSON:
        show_json(
            {
                "model": str(result.path),
                "corrections": result.corrections,
                "dismissed": result.dismissed,
                "f1_before": result.before,
                "f1_after": result.after,
            }
        )
        return
    show_text(
        f"Learned from {result.corrections} corrections, {result.dismissed} of them from dismissed flags: F1 on the "
        f"fixed test sentences {result.before:.3f} before, {result.after:.3f} now. The next ingest reads all mail "
        f"again with the new model ({result.path})."
    )


def _undo(settings: "Settings") -> None:
    from flows.teaching import forget_training

    if forget_training(settings):
        show_text("The shipped model is in use again; the next ingest reads all mail with it.")
    else:
        show_text("Nothing was trained here; the shipped model is in use.")
