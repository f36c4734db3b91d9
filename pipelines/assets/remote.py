"""The first asset of the stage ``raw`` and the last of the stage ``exports`` with a ``storage.remote``: they bring the
folders of this machine to the latest generation of their home in object storage, and make them the next one.

A step that fails does not keep what is whole from the home: a hook of the jobs pushes it, since what a source said may
not be said again."""

from collections.abc import Sequence

import dagster as dg

from pipelines.assets import OWNERS, RETRIED, no_retry_of_what_stays, partitions
from pipelines.config import Config

WORKING_COPY, REMOTE_COPY = "working_copy", "remote_copy"


def before(config: Config) -> list[str]:
    """What the reading of sources waits for."""
    return [WORKING_COPY] if config.storage.remote else []


def assets(config: Config, after: Sequence[str]) -> list[dg.AssetsDefinition]:
    """The working copy, and the remote copy ``after`` these assets; none where no home is configured."""
    if config.storage.remote is None:
        return []

    @dg.asset(
        name=WORKING_COPY,
        group_name="raw",
        description=f"Lake, lists, receipts and champion on this machine, as the latest generation of "
        f"{config.storage.remote} has them.",
        partitions_def=partitions(config),
        retry_policy=RETRIED,
        owners=OWNERS,
        kinds={"s3"},
    )
    def working_copy(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.remote.pulling import pull

        with no_retry_of_what_stays():
            pulled = pull(config, say=context.log.info)
        return dg.MaterializeResult(
            metadata={
                "generation": pulled.generation,
                "files": pulled.files,
                "files downloaded": pulled.downloaded_files,
                "bytes downloaded": pulled.downloaded_bytes,
                "files removed": pulled.removed,
                "files not pushed yet": pulled.local,
            }
        )

    @dg.asset(
        name=REMOTE_COPY,
        group_name="exports",
        description=f"Lake, lists, receipts and champion of this machine as a generation of {config.storage.remote}.",
        deps=[WORKING_COPY, *after],
        partitions_def=partitions(config),
        retry_policy=RETRIED,
        owners=OWNERS,
        kinds={"s3"},
    )
    def remote_copy(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.remote.pushing import push

        with no_retry_of_what_stays():
            pushed = push(config, say=context.log.info)
        return dg.MaterializeResult(
            metadata={
                "generation": pushed.generation,
                "new": pushed.new,
                "files": pushed.files,
                "bytes": pushed.bytes,
                "files uploaded": pushed.uploaded_files,
                "bytes uploaded": pushed.uploaded_bytes,
            }
        )

    return [working_copy, remote_copy]


def hooks(config: Config) -> set[dg.HookDefinition]:
    """What the jobs do when a step fails."""
    if config.storage.remote is None:
        return set()

    @dg.failure_hook(name="push_what_is_whole")
    def push_what_is_whole(context: dg.HookContext) -> None:
        from pipelines.remote.pushing import push, told

        if context.step_key not in (WORKING_COPY, REMOTE_COPY):
            context.log.info(told(push(config)))

    return {push_what_is_whole}
