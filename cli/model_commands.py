"""Commands about how mail is understood: evaluate, train."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli import views
from cli.options import ConfigOption, FormatOption, OutputFormat
from cli.output import Moment, show_json, show_rows, show_text
from domain.errors import ConfigError, NotFoundError

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
) -> None:
    """Retrain the model from the shipped corpus and your corrections; minutes.

    The new model is used from then on, unless it reads the fixed test sentences worse: then it is thrown away and the
    exit code is 1. A model card stands beside it.

    Example: accountline train --corrections corrections.jsonl
    """
    from flows.settings import load_settings

    settings = load_settings(config)
    if corrections is not None and not corrections.is_file():
        raise NotFoundError(f"no such file: “{corrections}”")
    from flows.teaching import train as retrain

    result = retrain(settings, corrections)
    if form is OutputFormat.JSON:
        show_json(
            {
                "model": str(result.path),
                "corrections": result.corrections,
                "f1_before": result.before,
                "f1_after": result.after,
            }
        )
        return
    show_text(
        f"Learned from {result.corrections} corrections: F1 on the fixed test sentences {result.before:.3f} before, "
        f"{result.after:.3f} now. The next ingest reads all mail again with the new model ({result.path})."
    )
