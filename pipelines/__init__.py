"""Where the product meets the world: sources, contracts, engines, the lake, tracking, exports, Dagster, the CLI."""

import os
import time

STARTED = time.time()
"""When this process began to load the product."""

# libraries report home, and LightGBM's threads spin while they wait, unless told otherwise before they are imported
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
