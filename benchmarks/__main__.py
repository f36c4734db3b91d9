"""``python -m benchmarks`` is ``python -m benchmarks.nightly``."""

from benchmarks.nightly import main

main()
