"""`python -m bench.chaos`: one run with its options; ends with a table and one JSON line. Exit code 0 only if nothing
was lost, doubled or stuck, and everything was broken as promised."""

import argparse
import json
import signal
import sys
import time
from dataclasses import replace

from bench.chaos.outcome import print_outcome
from bench.chaos.run import Options, carry_out, say
from bench.chaos.stack import bring_database_back, folder_of_our_own, running_stack
from cli.launcher.state import STATE_DIR_VARIABLE, LauncherError


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--images", type=int, default=2000, help="keys in the client's bucket")
    parser.add_argument("--annotators", type=int, default=20, help="simulated people")
    parser.add_argument("--seed", type=int, default=None, help="of everything that is drawn; a new one if not given")
    parser.add_argument("--faults", type=float, default=0.05, help="share of messages that meet a fault, in [0, 1]")
    parser.add_argument("--deadline-s", type=float, default=570.0, help="after this, what still moves is stuck")
    parser.add_argument("--keep", action="store_true", help="leave PostgreSQL up and the folder there")
    return parser.parse_args(arguments)


def main() -> int:
    given = parse_arguments()
    started = time.monotonic()
    seed = given.seed if given.seed is not None else time.time_ns() % 1_000_000
    options = Options(given.images, given.annotators, seed, given.faults, given.deadline_s)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with folder_of_our_own(keep=given.keep) as state:
        try:
            say(f"seed {seed}: starting the stack in {state.root}")
            with running_stack(state, seed=seed, share=given.faults) as stack:
                outcome = carry_out(stack, options)
            database_url = bring_database_back(state) if given.keep else None
        except LauncherError as error:
            print(f"the run could not be carried out: {error}", file=sys.stderr)
            return 2
        outcome = replace(outcome, database_url=database_url, seconds=time.monotonic() - started)
        print_outcome(outcome)
        if given.keep:
            print(f"\nPostgreSQL stays up: psql '{database_url}'")
            print(f"Stop it with: {STATE_DIR_VARIABLE}={state.root} plumbline down; then remove {state.root.parent}\n")
        print(json.dumps(outcome.to_json()), flush=True)
    return 0 if outcome.holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
