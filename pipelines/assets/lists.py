"""Stage ``lists``: scores of all paying accounts, and the lists that people act on."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config
from pipelines.lists import AT_RISK, enabled, goes_on_from

if TYPE_CHECKING:
    from pipelines.freshness import Freshness
    from pipelines.lists.day import Day

_DAY_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)

ABOUT = {
    "at_risk": "The accounts most worth a contact because they may leave, with reasons in their own numbers.",
    "payment_recovery": "Accounts with a payment that fails or will, for billing.",
    "save": "Accounts that have announced to leave and still pay.",
    "onboarding": "New accounts that have not got to what the product is for.",
    "win_back": "Accounts that left lately.",
    "rewards": "Loyal and active accounts that are worth a word of thanks.",
    "triggers": "Accounts at which something happened that calls for a word now, whatever the model says.",
}


def assets(config: Config) -> list[dg.AssetsDefinition]:
    """Scores, and one asset per list."""

    @lru_cache(maxsize=1)
    def day_of(run: str, as_of: date) -> "Day":
        """What the lists of a run read of its day, once for those that are made in one process."""
        from pipelines.lists.day import Day

        return Day(config, as_of)

    return [_scores(config), *(_list(config, name, day_of) for name in enabled(config))]


def _scores(config: Config) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="lists",
        description="The champion's probability of leaving, for every paying account; none without a champion.",
        deps=["features"],
        partitions_def=partitions(config),
        owners=OWNERS,
        kinds={"lightgbm"},
    )
    def scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines import champion
        from pipelines.scoring import score

        present = champion.find(config)
        if present is None:
            # lists that need no model go on without
            context.log.warning("there is no champion: nothing is scored")
            return dg.MaterializeResult(metadata={"dagster/row_count": 0, "model version": "none: no champion"})
        rows = score(config, day(context))
        return dg.MaterializeResult(metadata={"dagster/row_count": rows, "model version": present.version})

    return scores


def _list(config: Config, name: str, day_of: "Callable[[str, date], Day]") -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        group_name="lists",
        description=f"{ABOUT[name]} CSV, Parquet and JSON.",
        # a list goes on from those before: days of a backfill follow one another
        deps=["scores", *(dg.AssetDep(each, partition_mapping=_DAY_BEFORE) for each in goes_on_from(config, name))],
        partitions_def=partitions(config),
        owners=[*OWNERS, "team:customer-success"],
        kinds={"csv", "parquet"},
    )
    def published_list(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.nightly import publish_list

        as_of = day(context)
        published = publish_list(config, name, as_of, day_of(context.run.run_id, as_of))
        if isinstance(published, str):
            context.log.warning(published)
            return dg.MaterializeResult(metadata={"dagster/row_count": 0, "withheld": published})
        return dg.MaterializeResult(metadata=_told(published.manifest, published.rows(), str(published.folder)))

    return published_list


def checks(config: Config) -> list[dg.AssetChecksDefinition]:
    """Whether the newest of each list is of the day that is due, by the day that it names, not by when it was written.
    The sensor ``absent_lists`` looks again when the alert hour is over."""
    return [_fresh(config, name) for name in enabled(config)]


def _fresh(config: Config, name: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=name, name="fresh", description="The newest list is of the day that is due.")
    def fresh() -> dg.AssetCheckResult:
        from datetime import datetime

        from pipelines.freshness import freshness

        evaluated = fresh_check(freshness(config, name, datetime.now(config.zone)))
        return dg.AssetCheckResult(
            passed=evaluated.passed, severity=evaluated.severity, description=evaluated.description,
            metadata=evaluated.metadata,
        )  # fmt: skip

    return fresh


def fresh_check(found: "Freshness") -> dg.AssetCheckEvaluation:
    """The outcome of a list's check ``fresh``."""
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(found.name),
        check_name="fresh",
        passed=found.fresh,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if found.fresh else str(found),
        metadata={"newest": str(found.newest), "due": str(found.due)},
    )


def _told(manifest: dict[str, Any], rows: list[dict[str, Any]], folder: str) -> dict[str, Any]:
    told = {
        "dagster/row_count": len(rows),
        "folder": dg.MetadataValue.path(folder),
        "preview": table_md(
            ["rank", "account", "name", "owner", "MRR", "probability", "play", "reasons"],
            [[row["rank"], row["account_id"], row["name"], row["owner"], row["mrr"],
              "" if row["probability"] is None else f"{row['probability']:.0%}", row["play"],
              "; ".join(reason["text"] for reason in row["reasons"])] for row in rows[:20]],
        ),
        "since the list before": ", ".join(f"{n} {what}" for what, n in manifest["changes"].items()),
        "left in peace": ", ".join(f"{n} {why}" for why, n in manifest["suppressed"].items()) or "nobody",
        "held out at random": manifest["held_out"],
        "plays": ", ".join(f"{play} {n}" for play, n in manifest["plays"].items()) or "none",
        "manifest": dg.MetadataValue.json(manifest),
    }  # fmt: skip
    if manifest["expected_leavers"]:
        told["expected leavers on the list"] = manifest["expected_leavers"]["value"]
    if manifest["expected_monthly_loss"] is not None:
        told["expected monthly loss"] = manifest["expected_monthly_loss"]
    if manifest["list"] == AT_RISK:
        stakes = [[each["theme"] or "no reason", *list(each.values())[1:]] for each in manifest["by_theme"]]
        told["at risk by theme"] = table_md(["theme", "accounts", "MRR", "expected loss", "named for"], stakes)
    return told
