"""Has items done on Dask: by the workers of a scheduler, or by processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from distributed import CancelledError, Client, KilledWorker, LocalCluster, as_completed

from dockfix.errors import EngineError
from dockfix.fleet.records import Done, Item
from dockfix.fleet.store import digest_of

#: So many items make a batch: much less than a second of work, much more than Dask's own.
_BATCH = 16
#: So many batches for each worker wait or are done, so that neither memory nor time is lost.
_AHEAD = 4

#: Does items, in a worker.
Work = Callable[[Sequence[Item]], list[Done]]


@contextmanager
def connected(scheduler: str | None, processes: int | None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of processes of this machine.

    Raises EngineError if there is no scheduler.
    """
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise EngineError(f"no scheduler at {scheduler}: {error}") from error
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=processes, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def done(client: Client, items: Sequence[Item], work: Work) -> Iterator[list[Done]]:
    """What came of all items, batch by batch, as workers do them.

    What a worker does when it dies is done by another one. An item with which workers die again and
    again is an error of its own. Raises EngineError if the scheduler is lost.
    """
    batches = [items[at : at + _BATCH] for at in range(0, len(items), _BATCH)][::-1]
    running: dict[str, Sequence[Item]] = {}
    futures = as_completed(loop=client.loop)

    def start(batch: Sequence[Item]) -> None:
        """Has a batch done; whoever keeps its future keeps it alive."""
        future = client.submit(work, batch, key=f"dockfix-{digest_of(batch)}", pure=False)
        running[future.key] = batch
        futures.add(future)

    workers = max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
    while batches and len(running) < _AHEAD * workers:
        start(batches.pop())
    for future in futures:
        batch = running.pop(future.key)
        try:
            # A result can be lost with its worker before it is fetched: then this waits until it is
            # made again.
            yield future.result()
        except KilledWorker:
            if len(batch) > 1:
                for item in batch:
                    start([item])
            else:
                yield [Done(batch[0], error="workers died with this file")]
        except CancelledError as error:
            reason = f"the scheduler is lost ({error}); the same command goes on where this ended"
            raise EngineError(reason) from error
        del future
        if batches:
            start(batches.pop())
