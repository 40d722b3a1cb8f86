"""Train, choose on validation rows, judge once on test rows: ``python -m bench.learning``.

Table, page and pictures go to an untracked folder, and what is kept of every run to ``kept/``
within it; ``--publish`` writes table, page and pictures in docs/results.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

import ardens

from ..figures import Tables, read
from ..internals import Trial
from ..settings import DATA
from . import recipes, results
from .ablation import ablate
from .literature import met, target_of
from .page import WITHOUT, ablation_tables, write_page
from .pictures import draw_curves, samples_figure
from .run import Choice, choose, judge, set_path

__all__ = ["main"]

OUT = Path("bench-results/learning")
PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "results"


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; 2 where it asks for what is not there."""
    options = _parser().parse_args(arguments)
    options.folder = PUBLISHED if options.publish else options.out
    try:
        if options.render:
            print(write_page(options.folder))
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
                _result(recipe.quick() if options.quick else recipe, path, options)
    except (ValueError, FileNotFoundError) as error:
        print(f"bench.learning: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="SET MODEL [MODEL ...]")
    parser.add_argument("--default", action="store_true", help="estimators without options")
    parser.add_argument(
        "--quick", action="store_true", help="two candidates, three epochs; implies --no-test"
    )
    parser.add_argument(
        "--no-test", action="store_true", help="leave the test split closed, keep no result"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="(default: %(default)s)")
    parser.add_argument("--ablation", action="store_true", help="names are sets; see --model")
    parser.add_argument("--model", default="nade", help="of the ablation (default: %(default)s)")
    parser.add_argument(
        "--samples", action="store_true", help="picture of held-out images and a kept model's"
    )
    parser.add_argument("--render", action="store_true", help="only make the page of the table")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="folder of SET.npz")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    parser.add_argument("--publish", action="store_true", help="write to docs/results instead")
    return parser


def _result(recipe: Any, path: Path, options: argparse.Namespace) -> None:
    """Choose, judge and keep one model."""
    choice = choose(recipe, path, options.seed, _announce)
    _print_choice(choice)
    if options.quick or options.no_test:
        return
    test, kept, tables = judge(choice), options.out / "kept", _tables(options.folder)
    name, figures = results.add(tables, choice, test, kept, default=options.default)
    results.keep(kept, path.stem, name, choice.model, test)
    target = target_of(path.stem, recipe.model)
    missed = "" if met(path.stem, recipe.model, figures) else " missed"
    wanted = "" if target is None else f", target {target:.2f}{missed}"
    print(f"test        {_nats(figures['test'], figures['error'])}{wanted}")
    for pair, (mean, error) in tables[path.stem]["differences"].items():
        if name in pair.split(" − "):
            print(f"            {_nats(mean, error, '+.4f')}: {pair}, row by row")
    print(f"machine     {figures['machine']}")
    _save(tables, options)
    print(f"picture     {draw_curves(tables, path.stem, kept, options.folder)}")
    print(f"page        {write_page(options.folder)}\n", flush=True)


def _tables(folder: Path) -> Tables:
    """The table of a folder, empty if there is none."""
    path = folder / results.FILE
    return read(path) if path.exists() else {}


def _save(tables: Tables, options: argparse.Namespace) -> None:
    """Write the table."""
    results.save(tables, options.folder / results.FILE)


def _print_choice(choice: Choice) -> None:
    """Show what was chosen, before the test rows are read."""
    recipe, model = choice.recipe, choice.model
    settings = recipe.options | choice.trials[0].params
    print(f"{choice.path.stem} {recipe.model}, seed {choice.seed}")
    print(f"candidates  {len(choice.trials)} in {choice.search_seconds:.1f} s")
    print(f"settings    {', '.join(f'{k}={v}' for k, v in settings.items()) or 'none'}")
    print(f"fit         {choice.fit_seconds:.1f} s, {model.n_parameters_:,} parameters")
    print(f"train       {choice.train_nats:.4f}")
    print(f"valid       {_nats(*results.mean_and_error(choice.valid))}", flush=True)


def _ablation(options: argparse.Namespace) -> None:
    """Take the ingredients of a default away, on every set that is named."""
    if not options.names:
        raise ValueError("at least one set is wanted")
    key, found = f"{options.model}{WITHOUT}", {}
    for path in [set_path(options.data, name) for name in options.names]:
        ablation = ablate(options.model, path, options.seed, quick=options.quick)
        found[path.stem] = {key: ablation}
        if not options.quick:
            tables = _tables(options.folder)
            tables.setdefault(path.stem, {})[key] = ablation
            _save(tables, options)
            write_page(options.folder)
    print("\n\n".join(ablation_tables(found)))


def _samples(options: argparse.Namespace) -> None:
    """Draw a hundred validation images beside a hundred of the model that a run kept."""
    set_name, model = options.names
    name = model + results.DEFAULT if options.default else model
    found = ardens.load(results.model_file(options.out / "kept", set_name, name))
    with np.load(set_path(options.data, set_name)) as arrays:
        rows = arrays["valid"][:100]
    drawn = found.sample(len(rows), random_state=options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / f"{set_name}.samples.png"
    samples_figure(rows, drawn, f"drawn from {model}").savefig(path, dpi=110)
    print(path)


def _announce(trial: Trial) -> None:
    """Show how far a candidate came."""
    settings = ", ".join(f"{name}={value}" for name, value in trial.params.items())
    text = f"{trial.nats[-1]:.4f} nats, {trial.epochs} epochs, {trial.seconds:.1f} s: {settings}"
    print(text, file=sys.stderr, flush=True)


def _nats(mean: float, error: float, form: str = ".4f") -> str:
    """A figure with its standard error."""
    return f"{mean:{form}} ± {error:.4f} nats"


if __name__ == "__main__":
    raise SystemExit(main())
