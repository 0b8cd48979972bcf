"""Many repositories at once: what `dockfix fleet` reads, has done on Dask, and writes.

`sources.py` reads what there is to do, `run.py` has it done, `store.py` keeps what is done,
`results.py` makes patches and the page of it. Dask and Arrow are installed by the extra `fleet`.
"""
