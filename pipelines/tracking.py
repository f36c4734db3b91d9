"""MLflow: where every training is recorded and the registry says which model is champion.

Belongs here: talking to MLflow. Does not belong here: what a good model is. Nothing is pickled: a model is LightGBM's
text, a JSON card and a small Python file that reads both.
"""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import locked

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from models.churn_model import ChurnModel
    from models.duel import Verdict

CHAMPION, CHALLENGER = "champion", "challenger"


def default_uri(config: Config) -> str:
    """The SQLite file that is used without a server."""
    return f"sqlite:///{config.path(config.state) / 'mlflow.db'}"


@dataclass(frozen=True)
class Tracking:
    """A reachable MLflow store with the company's experiment in it."""

    uri: str
    name: str
    client: MlflowClient

    @classmethod
    def connect(cls, config: Config) -> Tracking:
        """Open the configured store, creating the experiment on first use; ChurnError if it does not answer."""
        uri = config.tracking.uri or default_uri(config)
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(config.tracking.timeout_seconds)
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        for logger in ("mlflow", "alembic"):
            logging.getLogger(logger).setLevel(logging.WARNING)
        state = config.path(config.state)
        state.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w .-]", "-", config.tracking.experiment or config.company)
        with _reaching(uri):
            import mlflow

            client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
            # two processes that touch a fresh SQLite store at once leave it half migrated for good
            with locked(state / "mlflow.lock"):
                if client.get_experiment_by_name(name) is None:
                    local = {"artifact_location": str(state / "mlartifacts")} if uri.startswith("sqlite:") else {}
                    client.create_experiment(name, **local)
        return cls(uri, name, client)

    def record(
        self, model: ChurnModel, verdict: Verdict, plots: dict[str, bytes], tags: dict[str, str]
    ) -> tuple[str, str]:
        """Log a training with its model and register it as challenger; returns its version and run id."""
        with _reaching(self.uri), tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
            # it warns of its own type hints when imported, and asks for an input example; the signature is enough
            warnings.simplefilter("ignore", UserWarning)
            import mlflow.pyfunc

            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
            mlflow.set_experiment(self.name)
            folder = Path(scratch)
            with mlflow.start_run(run_name=f"as of {model.card['as_of']}", tags=_tags(model, verdict, tags)) as run:
                mlflow.log_params(_parameters(model))
                mlflow.log_metrics(metrics(verdict))
                for day in verdict.challenger.by_date:
                    if day["auc"] is not None:
                        mlflow.log_metric("auc_by_date", day["auc"], step=int(str(day["as_of"]).replace("-", "")))
                for name, picture in plots.items():
                    (folder / f"{name}.png").write_bytes(picture)
                    mlflow.log_artifact(str(folder / f"{name}.png"), "plots")
                mlflow.log_text(page(model.card, verdict), "card.md")
                info = self._log_model(model, folder)
            version = mlflow.register_model(info.model_uri, self.name)
            self.client.set_registered_model_alias(self.name, CHALLENGER, version.version)
        return str(version.version), run.info.run_id

    def _log_model(self, model: ChurnModel, folder: Path) -> Any:
        import mlflow
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, DataType, Schema

        (folder / "booster.txt").write_text(model.text, "utf-8")
        (folder / "card.json").write_text(json.dumps(model.card, sort_keys=True), "utf-8")
        columns = [
            ColSpec(DataType.string if each.categorical else DataType.double, each.name, required=True)
            for each in model.inputs
        ]
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("bundle.py")),
            artifacts={"booster": str(folder / "booster.txt"), "card": str(folder / "card.json")},
            signature=ModelSignature(Schema(columns), Schema([ColSpec(DataType.double)])),
            pip_requirements=[f"{name}=={installed(name)}" for name in ("lightgbm", "mlflow", "numpy", "pandas")],
        )

    def promote(self, version: str) -> None:
        """Move the alias ``champion``, in one step."""
        with _reaching(self.uri):
            self.client.set_registered_model_alias(self.name, CHAMPION, version)
            self.client.set_model_version_tag(self.name, version, "promoted", "true")


@contextmanager
def _reaching(uri: str) -> Iterator[None]:
    """Name the store and the remedy when MLflow cannot be reached or refuses."""
    import requests
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, requests.RequestException, OSError, ImportError) as error:
        # the client repeats the address, with its password, in what it says
        where, said = (re.sub(r"//[^/@\s]*@", "//***@", text) for text in (uri, " ".join(str(error).split())))
        raise ChurnError(
            f"MLflow at {where} cannot be used: {said[:300]}",
            "start the tracking server or correct tracking.uri; the champion and published lists are as they were",
        ) from None


def _tags(model: ChurnModel, verdict: Verdict, tags: dict[str, str]) -> dict[str, str]:
    return {
        "as_of": model.card["as_of"],
        "fingerprint": model.card["fingerprint"],
        "panel_sha256": model.card["panel_sha256"],
        "verdict": verdict.reason,
        "promoted": str(verdict.promote).lower(),
        "code_version": installed("churn-pipeline"),
        **tags,
    }


def _parameters(model: ChurnModel) -> dict[str, Any]:
    card = model.card
    dates = {
        f"{part}_dates": f"{days[0]}..{days[-1]}" for part, days in card["split"].items() if isinstance(days, list)
    }
    return {
        **card["parameters"], **dates, "seed": card["seed"], "trees": card["trees"], "inputs": len(card["inputs"]),
        **card["outcome"], "calibration": card["calibration"]["method"], "gap_days": card["split"]["gap_days"],
    }  # fmt: skip


def metrics(verdict: Verdict) -> dict[str, float]:
    """All figures of a verdict as flat numbers: the challenger's by name, rivals' with a prefix."""
    flat: dict[str, float] = {}
    for prefix, quality in (("", verdict.challenger), ("baseline_", verdict.baseline), ("champion_", verdict.champion)):
        if quality is not None:
            flat |= {prefix + name: float(x) for name, x in quality.as_dict().items() if isinstance(x, int | float)}
    return flat


def page(card: dict[str, Any], verdict: Verdict) -> str:
    """The model card as a page."""
    quality = verdict.challenger
    parts = "\n".join(
        f"| {part} | {days[0]} to {days[-1]} | {len(days)} | {card['parts'][part]['rows']:,} | "
        f"{card['parts'][part]['leavers']:,} |"
        for part, days in card["split"].items()
        if isinstance(days, list)
    )
    return f"""# Churn model of {card["company"]}, trained on data to the end of {card["as_of"]}

**Verdict: {"promoted" if verdict.promote else "not promoted"}.** {verdict.reason}.

It estimates the probability that an account leaves between {card["outcome"]["lead_days"]} and
{card["outcome"]["lead_days"] + card["outcome"]["window_days"]} days after a day, without returning within
{card["outcome"]["grace_days"]} days. Accounts that have already announced it are left out.

| part | as-of dates | dates | rows | leavers |
|---|---|---|---|---|
{parts}

| on the test dates | value (95 % interval) | for comparison |
|---|---|---|
| ROC AUC | {quality.auc} | recency rule {verdict.baseline.auc} |
| lift at 10 % | {quality.lift_10} | recency rule {verdict.baseline.lift_10} |
| average precision | {quality.average_precision} | base rate {quality.base_rate:.3f} |
| log loss | {quality.log_loss} | base rate {quality.log_loss_base:.4f} |
| Brier score | {quality.brier} | base rate {quality.brier_base:.4f} |
| calibration slope | {quality.calibration_slope} | 1 is perfect |

Intervals are bootstrapped by account. {card["split"]["note"]}
Tables: {", ".join(card["tables"])}. Feature fingerprint {card["fingerprint"]}, {len(card["inputs"])} inputs,
{card["trees"]} trees, calibration {card["calibration"]["method"]}, seed {card["seed"]}.
"""
