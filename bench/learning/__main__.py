"""Train, choose on validation rows, judge once on test rows: ``python -m bench.learning``."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np

import ardens
from ardens.tuning import Trial

from ..settings import DATA
from . import recipes
from .ablation import ablate
from .pictures import samples_figure
from .records import CACHE, keep, mean_and_error, record_of, write
from .report import ablation_tables, met, target_of, write_report
from .run import Choice, choose, judge, set_path

__all__ = ["main"]

OUT = Path("docs/results")


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for.

    Parameters
    ----------
    arguments : list of str, optional
        The command line.

    Returns
    -------
    int
        0, or 2 where the command asks for what is not there.
    """
    options = _parser().parse_args(arguments)
    command = shlex.join(["python", "-m", "bench.learning", *(arguments or sys.argv[1:])])
    try:
        if options.table:
            print(write_report(options.out))
        elif options.samples:
            _samples(options)
        elif options.ablation:
            _ablation(options)
        else:
            name, *models = options.names or [""]
            if not models:
                raise ValueError("a set and at least one model are wanted")
            path = set_path(options.data, name)
            for model in models:
                recipe = recipes.default(model) if options.default else recipes.read(model, name)
                _result(recipe.quick() if options.quick else recipe, path, options, command)
    except (ValueError, FileNotFoundError) as error:
        print(f"bench.learning: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="SET MODEL [MODEL ...]")
    parser.add_argument("--default", action="store_true", help="estimators without options")
    parser.add_argument(
        "--quick", action="store_true", help="two candidates, three epochs; implies --no-test"
    )
    parser.add_argument(
        "--no-test", action="store_true", help="leave the test split closed, keep no record"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="(default: %(default)s)")
    parser.add_argument("--ablation", action="store_true", help="names are sets; see --model")
    parser.add_argument("--model", default="nade", help="of the ablation (default: %(default)s)")
    parser.add_argument(
        "--samples", action="store_true", help="picture of held-out images and a kept model's"
    )
    parser.add_argument("--table", action="store_true", help="write the report from the records")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="folder of SET.npz")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, metavar="DIR", help="rows and models (%(default)s)"
    )
    return parser


def _result(recipe: Any, path: Path, options: argparse.Namespace, command: str) -> None:
    choice = choose(recipe, path, options.seed, _announce)
    _print_choice(choice)
    if options.quick or options.no_test:
        return
    test = judge(choice)
    mode = "default" if options.default else "recipe"
    record = record_of(choice, test, mode=mode, command=command)
    kept = keep(record, choice.model, test, options.out / "records", options.cache)
    target = target_of(record)
    wanted = "" if target is None else f", target {target:.2f}{'' if met(record) else ' missed'}"
    print(f"test        {_nats(record['test'])}{wanted}")
    for other, pair in record["pairs"].items():
        print(f"            {_nats(pair, '+.4f')} against {other}, row by row")
    print(f"machine     {', '.join(f'{k} {v}' for k, v in record['machine'].items())}")
    print(f"command     {command}\nrecord      {kept}\n", flush=True)


def _print_choice(choice: Choice) -> None:
    recipe, model = choice.recipe, choice.model
    settings = recipe.options | choice.trials[0].params
    print(f"{choice.path.stem} {recipe.model}, seed {choice.seed}")
    print(f"candidates  {len(choice.trials)} in {choice.search_seconds:.1f} s")
    print(f"settings    {', '.join(f'{k}={v}' for k, v in settings.items()) or 'none'}")
    print(f"fit         {choice.fit_seconds:.1f} s, {model.n_parameters_:,} parameters")
    print(f"train       {choice.train_nats:.4f}")
    print(f"valid       {_nats(mean_and_error(choice.valid))}", flush=True)


def _ablation(options: argparse.Namespace) -> None:
    if not options.names:
        raise ValueError("at least one set is wanted")
    found = []
    for path in [set_path(options.data, name) for name in options.names]:
        record = ablate(options.model, path, options.seed, quick=options.quick)
        found.append(record)
        if not options.quick:
            file = f"{record['set']}.{record['model']}.json"
            write(record, options.out / "ablations" / file)
    print("\n\n".join(ablation_tables(found)))


def _samples(options: argparse.Namespace) -> None:
    """Draw a hundred validation images beside a hundred of the model that a run kept."""
    name, model = options.names
    mode = ".default" if options.default else ""
    found = ardens.load(options.cache / f"{name}.{model}{mode}.safetensors")
    with np.load(set_path(options.data, name)) as arrays:
        rows = arrays["valid"][:100]
    drawn = found.sample(len(rows), random_state=options.seed)
    path = options.out / f"{name}.samples.png"
    samples_figure(rows, drawn, f"drawn from {model}").savefig(path, dpi=110)
    print(path)


def _announce(trial: Trial) -> None:
    settings = ", ".join(f"{name}={value}" for name, value in trial.params.items())
    text = f"{trial.nats[-1]:.4f} nats, {trial.epochs} epochs, {trial.seconds:.1f} s: {settings}"
    print(text, file=sys.stderr, flush=True)


def _nats(figures: dict[str, Any], form: str = ".4f") -> str:
    return f"{figures['nats']:{form}} ± {figures['error']:.4f} nats"


if __name__ == "__main__":
    raise SystemExit(main())
