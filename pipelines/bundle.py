"""The recorded model as MLflow loads it. This file travels with each model and must not import the project.
MLflow takes annotations for a schema: a plain frame means that the signature says what the columns are.

Belongs here: turning a feature frame into probabilities from LightGBM's text and the card, nothing else.
"""

import json

import mlflow
import numpy as np
import pandas as pd


class Bundle(mlflow.pyfunc.PythonModel):
    """Feature frame in (numbers as float, categories as text), calibrated probabilities of leaving out."""

    def load_context(self, context):
        """Read LightGBM's text and the card."""
        import lightgbm as lgb

        self.booster = lgb.Booster(model_file=context.artifacts["booster"])
        with open(context.artifacts["card"], encoding="utf-8") as file:
            self.card = json.load(file)

    def predict(self, context, model_input: pd.DataFrame, params=None) -> np.ndarray:
        """Probability per row."""
        columns = []
        for each in self.card["inputs"]:
            values = model_input[each["name"]]
            if each["categorical"]:
                codes = {value: float(code) for code, value in enumerate(self.card["categories"][each["name"]])}
                values = values.map(codes)
            # as in training: in double precision a value can fall on the other side of a split
            columns.append(values.astype("float32").to_numpy())
        raw = self.booster.predict(np.column_stack(columns), raw_score=True)
        calibration = self.card["calibration"]
        return 1 / (1 + np.exp(-(calibration["slope"] * raw + calibration["intercept"])))


mlflow.models.set_model(Bundle())
