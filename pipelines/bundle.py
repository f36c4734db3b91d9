"""The recorded model as MLflow loads it. This file travels with each model and must not import the project.
MLflow takes annotations for a schema: a plain frame means that there is none, so columns come as they were read.

Belongs here: turning a feature frame into probabilities from the card, and LightGBM's text where there is one, nothing
else.
"""

import json

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException


class Bundle(mlflow.pyfunc.PythonModel):
    """Feature frame in, calibrated probabilities of leaving out. Columns may have any type that a reader of CSV takes
    them for: whole numbers, and for categories numbers too, as where all are empty."""

    def load_context(self, context):
        """Read the card and, for trees, LightGBM's text."""
        with open(context.artifacts["card"], encoding="utf-8") as file:
            self.card = json.load(file)
        if "booster" in context.artifacts:
            import lightgbm as lgb

            self.booster = lgb.Booster(model_file=context.artifacts["booster"])

    def predict(self, context, model_input: pd.DataFrame, params=None) -> np.ndarray:
        """Probability per row; MlflowException names columns that are absent, or hold text in place of numbers."""
        frame = pd.DataFrame(model_input)
        absent = [each["name"] for each in self.card["inputs"] if each["name"] not in frame.columns]
        if absent:
            raise _refused(f"the frame lacks {', '.join(absent)}: give every input of the model, empty if unknown")
        columns = {}
        for each in self.card["inputs"]:
            name = each["name"]
            known = self.card["categories"][name] if each["categorical"] else None
            values = _numbers(name, frame[name]) if known is None else _codes(name, frame[name], known)
            # as in training: in double precision a value can fall on the other side of a split
            columns[name] = values.astype("float32")
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


def _numbers(name, values):
    """The column as float64; what is missing is NaN."""
    try:
        return pd.to_numeric(values).to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise _refused(f"column {name} holds values that are not numbers ({error})") from error


def _codes(name, values, categories):
    """Places of the values among the ``categories``, NaN for what is missing or none of them. Where a reader of CSV has
    made numbers of the whole column, categories are met by what it makes of them: 010 by 10.0, true by 1.0."""
    places = {category: float(at) for at, category in enumerate(categories)}
    values = values.convert_dtypes()  # true and false beside an empty one are objects
    if pd.api.types.is_numeric_dtype(values.dtype):
        values, places = values.astype("Float64"), {}
        for at, category in enumerate(categories):
            number = _number(category)
            if number in places and (values == number).any():
                raise _refused(f"column {name} holds {number:g}, as which several categories are read: give it as text")
            if number is not None:
                places[number] = float(at)
    return values.map(places).to_numpy(dtype="float64", na_value=np.nan)


def _number(category):
    """What a reader of CSV takes this text for; None where it is no number."""
    try:
        return {"true": 1.0, "false": 0.0}.get(category.lower()) if category.isalpha() else float(category)
    except ValueError:
        return None


def _refused(message):
    return MlflowException.invalid_parameter_value(message)


mlflow.models.set_model(Bundle())
