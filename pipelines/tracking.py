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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import interrupted
from pipelines.card import CHAMPION, contenders, page
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import locked
from pipelines.recorded import card_metrics, metrics, parameters, quality_metrics, training_tags, tuning

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from models.duel import Verdict
    from models.model import Model
    from models.quality import Quality

CHALLENGER = "challenger"


def default_uri(config: Config) -> str:
    """The SQLite file that is used without a server."""
    return f"sqlite:///{config.path(config.state) / 'mlflow.db'}"


@dataclass(frozen=True)
class Tracking:
    """A reachable MLflow store with the company's experiment in it; ``note`` is where ``interrupted`` keeps what is
    under way."""

    uri: str
    name: str
    client: MlflowClient
    note: Path

    @classmethod
    def connect(cls, config: Config) -> Tracking:
        """Open the configured store, creating the experiment on first use; ChurnError if it does not answer."""
        uri = config.tracking.uri or default_uri(config)
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(config.tracking.timeout_seconds)
        # a server that is gone is told within seconds, one that asks for patience is not waited for
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER", "false")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
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
        return cls(uri, name, client, state / "recording.json")

    def reaching(self) -> AbstractContextManager[None]:
        """Raises ChurnError where the store cannot be reached."""
        return _reaching(self.uri)

    def record(
        self,
        model: Model,
        rivals: Mapping[str, Model],
        verdict: Verdict,
        plots: dict[str, bytes],
        tags: dict[str, str],
    ) -> tuple[str, str]:
        """Log a training with the chosen model and register that as challenger; returns its version and run id.

        Every rival that the verdict names has a nested run with its figures and, where it is one of ``rivals``, its
        parameters.
        """
        with self.reaching(), tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
            # it warns of its own type hints when imported, and asks for an input example; the signature is enough
            warnings.simplefilter("ignore", UserWarning)
            import mlflow.pyfunc

            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
            mlflow.set_experiment(self.name)
            folder = Path(scratch)
            told = training_tags(model, verdict, tags)
            with mlflow.start_run(run_name=f"as of {model.card['as_of']}", tags=told) as run:
                interrupted.begin(self, run.info.run_id)
                mlflow.log_params(parameters(model))
                _log_quality(verdict.challenger, metrics(verdict) | card_metrics(model.card))
                for name, picture in plots.items():
                    (folder / f"{name}.png").write_bytes(picture)
                    mlflow.log_artifact(str(folder / f"{name}.png"), "plots")
                mlflow.log_text(page(model.card, verdict), "card.md")
                info = self._log_model(model, folder)
                for name, quality in contenders(verdict).items():
                    chosen = {"chosen": str(name == verdict.chosen).lower()}
                    with mlflow.start_run(run_name=name, nested=True, tags=chosen):
                        if name in rivals:
                            card = rivals[name].card
                            mlflow.log_params({"kind": name, **card["parameters"], **tuning(card)})
                        _log_quality(quality, quality_metrics(quality))
                        _log_backtest(model.card["backtest"], name)
            version = mlflow.register_model(info.model_uri, self.name)
            interrupted.registered(self, str(version.version))
            self.client.set_registered_model_alias(self.name, CHALLENGER, version.version)
        return str(version.version), run.info.run_id

    def _log_model(self, model: Model, folder: Path) -> Any:
        import mlflow
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, DataType, Schema

        artifacts = {"card": folder / "card.json"}
        artifacts["card"].write_text(json.dumps(model.card, sort_keys=True), "utf-8")
        needed = ["mlflow", "numpy", "pandas"]
        if model.text:
            artifacts["booster"] = folder / "booster.txt"
            artifacts["booster"].write_text(model.text, "utf-8")
            needed.append("lightgbm")
        # stated as a signature, types would be enforced: a column that is empty in CSV, or whole numbers, be refused
        columns = {each.name: "text" if each.categorical else "number" for each in model.inputs}
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("bundle.py")),
            artifacts={name: str(path) for name, path in artifacts.items()},
            signature=ModelSignature(outputs=Schema([ColSpec(DataType.double)])),
            metadata={"inputs": columns},
            pip_requirements=[f"{name}=={installed(name)}" for name in sorted(needed)],
        )

    def promote(self, version: str) -> None:
        """Move the alias ``champion``, in one step."""
        with self.reaching():
            self.client.set_registered_model_alias(self.name, CHAMPION, version)
            self.client.set_model_version_tag(self.name, version, "promoted", "true")
            self.client.set_model_version_tag(self.name, version, "withdrawn", "false")

    def withdraw(self, version: str) -> None:
        """Note that a version was given up, so that nobody comes back to it unawares."""
        with self.reaching():
            self.client.set_model_version_tag(self.name, version, "withdrawn", "true")

    def promoted(self) -> dict[str, bool]:
        """Versions that are or were champion, the earliest first, each with whether it still stands: it was not given
        up for an earlier one."""
        found: dict[str, bool] = {}
        with self.reaching():
            token = None
            while token != "":
                some = self.client.search_model_versions(f"name = '{self.name}'", page_token=token)
                found |= {
                    str(each.version): each.tags.get("withdrawn") != "true"
                    for each in some
                    if each.tags.get("promoted") == "true"
                }
                token = some.token or ""
        return dict(sorted(found.items(), key=lambda each: int(each[0])))

    def load(self, version: str) -> Model:
        """The model of a version; ChurnError if what is stored is no model of this program."""
        from models.inputs import ModelError
        from models.model import restore

        with self.reaching(), tempfile.TemporaryDirectory() as scratch:
            import mlflow.artifacts

            mlflow.set_registry_uri(self.uri)
            source = f"models:/{self.name}/{version}"
            folder = Path(mlflow.artifacts.download_artifacts(source, dst_path=scratch, tracking_uri=self.uri))
            text, card = folder / "artifacts" / "booster.txt", folder / "artifacts" / "card.json"
            parts = text.read_text("utf-8") if text.exists() else "", card.read_bytes()
        try:
            return restore(parts[0], json.loads(parts[1]))
        except (ValueError, KeyError, ModelError) as error:
            raise ChurnError(f"version {version} of {self.name} cannot be read", "run: churn train") from error


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
        where, said = (interrupted.without_password(text) for text in (uri, " ".join(str(error).split())))
        raise ChurnError(
            f"MLflow at {where} cannot be used: {said[:300]}",
            "start the tracking server or correct tracking.uri; the champion and published lists are as they were",
        ) from None


def _log_quality(quality: Quality, figures: dict[str, float]) -> None:
    import mlflow

    mlflow.log_metrics(figures)
    _log_by_date("auc_by_date", quality.by_date)


def _log_backtest(backtest: dict[str, Any], name: str) -> None:
    """What the backtest says of a rival, if it took part."""
    import mlflow

    figures = backtest["pooled"].get(name, {})
    mlflow.log_metrics({f"backtest_{key}": float(x) for key, x in figures.items() if isinstance(x, int | float)})
    _log_by_date("backtest_auc_by_date", backtest["by_date"].get(name, []))


def _log_by_date(metric: str, days: Sequence[dict[str, Any]]) -> None:
    import mlflow

    for day in days:
        if day["auc"] is not None:
            mlflow.log_metric(metric, day["auc"], step=int(str(day["as_of"]).replace("-", "")))
