"""The process that `bench.reconcile` measures: reconciles one source with a bucket of any size, a generator behind the
listing port, and tells how long it took and how much memory. Also the formula of what lies in bucket and table."""

import argparse
import json
import resource
import time
from collections.abc import Iterator
from typing import Final

import psutil

from domain.ports import BucketAccess, ListedKey
from runtime.database import WORKER_TIMEOUT_S, Database
from runtime.logs import configure_logging
from workers.reconciler import Turn, reconcile_next

# Of each so many keys one is new to us, one has other bytes, one is gone, and one is back that we took for deleted.
EVERY: Final = 5_000
NEW, CHANGED, GONE, BACK = 1, 2, 3, 4
WARM_KEYS: Final = 10_000


def key_of(number: int) -> str:
    return f"{number:010d}.jpg"


def number_of(key: str) -> int:
    return int(key[:10])


class Generated:
    """A bucket of `count` keys that nobody stores. Notes the memory in use after the first pages and after the last."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.listed = 0
        self.warm_mb = self.last_mb = 0.0

    def list_keys(self, access: BucketAccess, prefix: str, *, after: str = "") -> Iterator[ListedKey]:
        for number in range(number_of(after) + 1 if after else 0, self._count):
            if number % EVERY == GONE:
                continue
            self.listed += 1
            if self.listed == WARM_KEYS:
                self.warm_mb = used_mb()
            yield ListedKey(key_of(number), f"{number:032x}", 1)
        self.last_mb = used_mb()

    def find_refusal(self, access: BucketAccess, key: str) -> str | None:
        return None


def used_mb() -> float:
    """Return the memory that this process holds now, in MB."""
    return float(psutil.Process().memory_info().rss) / 1e6


def peak_mb() -> float:
    """Return the most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", required=True, help="URL of the database as plumbline_app")
    parser.add_argument("--relay", required=True, help="URL of the database as plumbline_relay")
    parser.add_argument("--keys", type=int, required=True)
    arguments = parser.parse_args()
    configure_logging(format="json", level="WARNING", process="reconciling")
    relay = Database(arguments.relay, pool_size=1, timeout_s=WORKER_TIMEOUT_S)
    app = Database(arguments.app, pool_size=1, timeout_s=WORKER_TIMEOUT_S)
    bucket = Generated(arguments.keys)
    started, turns = time.perf_counter(), 1
    while (turn := reconcile_next(relay, app, bucket, pause_s=3600.0)) is Turn.LEFT:
        turns += 1
    assert turn is Turn.ENDED, turn
    figures = {
        "keys": arguments.keys,
        "seconds": time.perf_counter() - started,
        "turns": turns,
        "rss_peak_mb": peak_mb(),
        "rss_grown_mb": bucket.last_mb - bucket.warm_mb,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
