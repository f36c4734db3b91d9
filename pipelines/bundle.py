"""The recorded model as MLflow loads it. This file travels with each model and must not import the project.
MLflow takes annotations for a schema: a plain frame means that the signature says what the columns are.

Belongs here: turning a feature frame into probabilities from the card, and LightGBM's text where there is one, nothing
else.
"""

import json

import mlflow
import numpy as np
import pandas as pd


class Bundle(mlflow.pyfunc.PythonModel):
    """Feature frame in (numbers as float, categories as text), calibrated probabilities of leaving out."""

    def load_context(self, context):
        """Read the card and, for trees, LightGBM's text."""
        with open(context.artifacts["card"], encoding="utf-8") as file:
            self.card = json.load(file)
        if "booster" in context.artifacts:
            import lightgbm as lgb

            self.booster = lgb.Booster(model_file=context.artifacts["booster"])

    def predict(self, context, model_input: pd.DataFrame, params=None) -> np.ndarray:
        """Probability per row."""
        columns = {}
        for each in self.card["inputs"]:
            values = model_input[each["name"]]
            if each["categorical"]:
                codes = {value: float(code) for code, value in enumerate(self.card["categories"][each["name"]])}
                values = values.map(codes)
            # as in training: in double precision a value can fall on the other side of a split
            columns[each["name"]] = values.astype("float32").to_numpy()
        kinds = {"lightgbm": self._trees, "logistic": self._line, "health": self._score}
        raw = kinds[self.card.get("kind", "lightgbm")](columns)
        calibration = self.card["calibration"]
        if calibration.get("x"):
            log_odds = np.interp(raw, calibration["x"], calibration["y"])
        else:
            log_odds = calibration["slope"] * raw + calibration["intercept"]
        return 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))

    def _trees(self, columns):
        return self.booster.predict(np.column_stack(list(columns.values())), raw_score=True)

    def _line(self, columns):
        furthest = self.card["parameters"]["furthest"]
        raw = self.card["intercept"]
        for line, value in zip(self.card["lines"], columns.values(), strict=True):
            known = np.isfinite(value)
            if "values" in line:
                raw = raw + np.array([*line["values"], line["other"]])[np.where(known, value, -1).astype(int)]
                continue
            x = np.where(known, value, 0).astype("float64")
            x = np.sign(x) * np.log1p(np.abs(x)) if line["log"] else x
            z = np.clip((x - line["center"]) / line["scale"], -furthest, furthest)
            raw = raw + np.where(known, line["weight"] * z + line["present"], line["missing"])
        return raw

    def _score(self, columns):
        total, weights = 0.0, 0.0
        for part in self.card["components"]:
            measured = []
            for each in part["measures"]:
                value = columns[each["feature"]].astype("float64")
                health = np.where(np.isnan(value), np.nan, np.interp(value, each["at"], each["health"]))
                if each["silent"]:
                    health = np.where(np.isnan(value) & ~np.isnan(columns[each["silent"]]), 0.0, health)
                measured.append(health)
            known = np.isfinite(measured).sum(axis=0)
            total = total + part["weight"] * np.nansum(measured, axis=0) / np.maximum(known, 1)
            weights = weights + part["weight"] * (known > 0)
        score = np.where(weights > 0, total / np.maximum(weights, 1), 50.0)
        parameters = self.card["parameters"]
        return parameters["middle"] + (50.0 - score) / parameters["points_per_log_odds"]


mlflow.models.set_model(Bundle())
