"""Stage ``lists``: scores of all paying accounts, and the list that people act on."""

import dagster as dg

from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config

_DAY_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)


def assets(config: Config) -> list[dg.AssetsDefinition]:
    """Scores and the at-risk list."""
    return [_scores(config), _at_risk(config)]


def _scores(config: Config) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="lists",
        description="The champion's probability of leaving, for every paying account.",
        deps=["features"],
        partitions_def=partitions(config),
        owners=OWNERS,
        kinds={"lightgbm"},
    )
    def scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.champion import require
        from pipelines.scoring import score

        rows = score(config, day(context))
        return dg.MaterializeResult(metadata={"dagster/row_count": rows, "model version": require(config).version})

    return scores


def _at_risk(config: Config) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="lists",
        description="The accounts most worth a contact, with reasons in their own numbers: CSV, Parquet and JSON.",
        # reasons hold on to what the list before told: days of a backfill follow one another
        deps=["scores", dg.AssetDep("at_risk", partition_mapping=_DAY_BEFORE)],
        partitions_def=partitions(config),
        owners=[*OWNERS, "team:customer-success"],
        kinds={"csv", "parquet"},
    )
    def at_risk(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.exports import publish
        from pipelines.lists import at_risk as choose

        chosen = choose(config, day(context))
        published = publish(config, chosen)
        manifest = published.manifest
        preview = [
            [row["rank"], row["account_id"], row["name"], row["owner"], row["mrr"], f"{row['probability']:.0%}",
             "; ".join(reason["text"] for reason in row["reasons"])]
            for row in chosen.rows[:20]
        ]  # fmt: skip
        stakes = [[each["theme"] or "no reason", *list(each.values())[1:]] for each in manifest["by_theme"]]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(chosen.rows),
                "folder": dg.MetadataValue.path(str(published.folder)),
                "expected leavers on the list": manifest["expected_leavers"]["value"],
                "expected monthly loss": manifest["expected_monthly_loss"],
                "at risk by theme": table_md(["theme", "accounts", "MRR", "expected loss", "named for"], stakes),
                "preview": table_md(["rank", "account", "name", "owner", "MRR", "probability", "reasons"], preview),
                "since the list before": ", ".join(f"{n} {what}" for what, n in manifest["changes"].items()),
                "left in peace": ", ".join(f"{n} {why}" for why, n in manifest["suppressed"].items()) or "nobody",
                "manifest": dg.MetadataValue.json(manifest),
            }
        )

    return at_risk
