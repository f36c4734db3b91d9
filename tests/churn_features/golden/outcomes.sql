WITH "subscriptions_then" AS (
SELECT
  "t0"."subscription_id",
  "t0"."account_id",
  "t0"."plan",
  "t0"."billing_interval",
  "t0"."mrr",
  "t0"."quantity",
  "t0"."started_at",
  "t0"."started_on",
  DATE_DIFF('DAY', "t0"."started_on", $as_of) AS "started_days_ago",
  "t0"."trial_ends_at",
  "t0"."trial_ends_on",
  DATE_DIFF('DAY', "t0"."trial_ends_on", $as_of) AS "trial_ends_days_ago",
  CASE
    WHEN "t0"."cancel_requested_at" < $cutoff
    THEN "t0"."cancel_requested_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "cancel_requested_at",
  CASE
    WHEN "t0"."cancel_requested_at" < $cutoff
    THEN "t0"."cancel_requested_on"
    ELSE CAST(NULL AS DATE)
  END AS "cancel_requested_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."cancel_requested_at" < $cutoff
      THEN "t0"."cancel_requested_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "cancel_requested_days_ago",
  CASE
    WHEN "t0"."cancel_requested_at" < $cutoff
    THEN "t0"."ends_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "ends_at",
  CASE
    WHEN "t0"."cancel_requested_at" < $cutoff
    THEN "t0"."ends_on"
    ELSE CAST(NULL AS DATE)
  END AS "ends_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."cancel_requested_at" < $cutoff
      THEN "t0"."ends_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "ends_days_ago",
  CASE
    WHEN "t0"."ended_at" < $cutoff
    THEN "t0"."ended_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "ended_at",
  CASE
    WHEN "t0"."ended_at" < $cutoff
    THEN "t0"."ended_on"
    ELSE CAST(NULL AS DATE)
  END AS "ended_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."ended_at" < $cutoff
      THEN "t0"."ended_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "ended_days_ago",
  CASE
    WHEN "t0"."ended_at" < $cutoff
    THEN "t0"."end_reason"
    ELSE CAST(NULL AS TEXT)
  END AS "end_reason",
  CASE
    WHEN "t0"."cancel_requested_at" < $cutoff
    THEN "t0"."feedback"
    ELSE CAST(NULL AS TEXT)
  END AS "feedback",
  DATE_DIFF('DAY', "t0"."started_on", $as_of) AS "days_ago"
FROM "subscriptions" AS "t0"
WHERE
  "t0"."started_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"changes_then" AS (
SELECT
  "t5"."subscription_id",
  "t5"."changed_at",
  "t5"."changed_on",
  "t5"."changed_days_ago",
  "t5"."mrr",
  "t5"."plan",
  "t5"."quantity",
  "t5"."discount_share",
  "t5"."status",
  "t5"."until",
  "t5"."until_on",
  "t5"."until_days_ago",
  "t5"."days_ago",
  "t3"."account_id"
FROM (
  SELECT
    "t0"."subscription_id",
    "t0"."changed_at",
    "t0"."changed_on",
    DATE_DIFF('DAY', "t0"."changed_on", $as_of) AS "changed_days_ago",
    "t0"."mrr",
    "t0"."plan",
    "t0"."quantity",
    "t0"."discount_share",
    "t0"."status",
    "t0"."until",
    "t0"."until_on",
    DATE_DIFF('DAY', "t0"."until_on", $as_of) AS "until_days_ago",
    DATE_DIFF('DAY', "t0"."changed_on", $as_of) AS "days_ago"
  FROM "subscription_changes" AS "t0"
  WHERE
    "t0"."changed_at" < $cutoff
    AND (
      (
        "t0"."recorded_at" IS NULL
      )
      OR (
        "t0"."recorded_at" < $cutoff
      )
    )
) AS "t5"
INNER JOIN (
  SELECT
    "t1"."subscription_id",
    "t1"."account_id"
  FROM "subscriptions_then" AS "t1"
) AS "t3"
  ON "t5"."subscription_id" = "t3"."subscription_id"
),
"state_then" AS (
SELECT
  "t7"."subscription_id",
  "t7"."account_id",
  COALESCE("t7"."new_plan", "t7"."plan") AS "plan",
  "t7"."billing_interval",
  COALESCE("t7"."new_mrr", "t7"."mrr") AS "mrr",
  COALESCE("t7"."new_quantity", "t7"."quantity") AS "quantity",
  "t7"."started_at",
  "t7"."started_on",
  "t7"."started_days_ago",
  "t7"."trial_ends_at",
  "t7"."trial_ends_on",
  "t7"."trial_ends_days_ago",
  "t7"."cancel_requested_at",
  "t7"."cancel_requested_on",
  "t7"."cancel_requested_days_ago",
  "t7"."ends_at",
  "t7"."ends_on",
  "t7"."ends_days_ago",
  "t7"."ended_at",
  "t7"."ended_on",
  "t7"."ended_days_ago",
  "t7"."end_reason",
  "t7"."feedback",
  "t7"."days_ago",
  "t7"."start_mrr",
  "t7"."start_quantity",
  "t7"."until_days_ago",
  CASE
    WHEN "t7"."new_status" = 'unpaid'
    THEN "t7"."unpaid_on"
    ELSE CAST(NULL AS DATE)
  END AS "unpaid_on",
  CASE
    WHEN "t7"."new_status" = 'unpaid'
    THEN "t7"."unpaid_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "unpaid_at",
  "t7"."new_discount_share" AS "discount_share",
  COALESCE("t7"."new_status", 'active') AS "status",
  (
    "t7"."ended_at" IS NULL
  )
  AND (
    COALESCE(COALESCE("t7"."new_status", 'active'), 'active') <> 'unpaid'
  ) AS "live",
  (
    "t7"."ended_at" IS NULL
  )
  AND (
    COALESCE(COALESCE("t7"."new_status", 'active'), 'active') <> 'unpaid'
  )
  AND (
    (
      "t7"."trial_ends_at" IS NULL
    )
    OR (
      "t7"."trial_ends_at" < $cutoff
    )
  )
  AND (
    COALESCE("t7"."new_mrr", "t7"."mrr") > 0
  ) AS "paying"
FROM (
  SELECT
    "t6".*
    EXCLUDE ("subscription_id_right")
  FROM (
    SELECT
      "t3"."subscription_id",
      "t3"."account_id",
      "t3"."plan",
      "t3"."billing_interval",
      "t3"."mrr",
      "t3"."quantity",
      "t3"."started_at",
      "t3"."started_on",
      "t3"."started_days_ago",
      "t3"."trial_ends_at",
      "t3"."trial_ends_on",
      "t3"."trial_ends_days_ago",
      "t3"."cancel_requested_at",
      "t3"."cancel_requested_on",
      "t3"."cancel_requested_days_ago",
      "t3"."ends_at",
      "t3"."ends_on",
      "t3"."ends_days_ago",
      "t3"."ended_at",
      "t3"."ended_on",
      "t3"."ended_days_ago",
      "t3"."end_reason",
      "t3"."feedback",
      "t3"."days_ago",
      "t3"."start_mrr",
      "t3"."start_quantity",
      "t5"."subscription_id" AS "subscription_id_right",
      "t5"."new_mrr",
      "t5"."new_plan",
      "t5"."new_quantity",
      "t5"."new_discount_share",
      "t5"."new_status",
      "t5"."until_days_ago",
      "t5"."unpaid_on",
      "t5"."unpaid_at"
    FROM (
      SELECT
        "t0"."subscription_id",
        "t0"."account_id",
        "t0"."plan",
        "t0"."billing_interval",
        "t0"."mrr",
        "t0"."quantity",
        "t0"."started_at",
        "t0"."started_on",
        "t0"."started_days_ago",
        "t0"."trial_ends_at",
        "t0"."trial_ends_on",
        "t0"."trial_ends_days_ago",
        "t0"."cancel_requested_at",
        "t0"."cancel_requested_on",
        "t0"."cancel_requested_days_ago",
        "t0"."ends_at",
        "t0"."ends_on",
        "t0"."ends_days_ago",
        "t0"."ended_at",
        "t0"."ended_on",
        "t0"."ended_days_ago",
        "t0"."end_reason",
        "t0"."feedback",
        "t0"."days_ago",
        "t0"."mrr" AS "start_mrr",
        "t0"."quantity" AS "start_quantity"
      FROM "subscriptions_then" AS "t0"
    ) AS "t3"
    LEFT OUTER JOIN (
      SELECT
        "t1"."subscription_id",
        FIRST("t1"."mrr" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."mrr" IS NOT NULL) AS "new_mrr",
        FIRST("t1"."plan" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."plan" IS NOT NULL) AS "new_plan",
        FIRST("t1"."quantity" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."quantity" IS NOT NULL) AS "new_quantity",
        FIRST("t1"."discount_share" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."discount_share" IS NOT NULL) AS "new_discount_share",
        FIRST("t1"."status" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."status" IS NOT NULL) AS "new_status",
        FIRST("t1"."until_days_ago" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."discount_share" IS NOT NULL) AS "until_days_ago",
        FIRST("t1"."changed_on" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."status" IS NOT NULL) AS "unpaid_on",
        MAX("t1"."changed_at") FILTER(WHERE
          "t1"."status" IS NOT NULL) AS "unpaid_at"
      FROM "changes_then" AS "t1"
      GROUP BY
        1
    ) AS "t5"
      ON "t3"."subscription_id" = "t5"."subscription_id"
  ) AS "t6"
) AS "t7"
),
"eligible" AS (
SELECT
  "t2"."account_id"
FROM (
  SELECT
    "t1"."account_id",
    BOOL_AND(CAST("t1"."cancel_requested_at" IS NOT NULL AS BOOLEAN)) AS "announced",
    SUM("t1"."mrr") AS "mrr_now"
  FROM (
    SELECT
      *
    FROM "state_then" AS "t0"
    WHERE
      "t0"."paying"
  ) AS "t1"
  GROUP BY
    1
) AS "t2"
),
"subscriptions_observed" AS (
SELECT
  "t0"."subscription_id",
  "t0"."account_id",
  "t0"."plan",
  "t0"."billing_interval",
  "t0"."mrr",
  "t0"."quantity",
  "t0"."started_at",
  "t0"."started_on",
  DATE_DIFF('DAY', "t0"."started_on", $observed_on) AS "started_days_ago",
  "t0"."trial_ends_at",
  "t0"."trial_ends_on",
  DATE_DIFF('DAY', "t0"."trial_ends_on", $observed_on) AS "trial_ends_days_ago",
  CASE
    WHEN "t0"."cancel_requested_at" < $observed
    THEN "t0"."cancel_requested_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "cancel_requested_at",
  CASE
    WHEN "t0"."cancel_requested_at" < $observed
    THEN "t0"."cancel_requested_on"
    ELSE CAST(NULL AS DATE)
  END AS "cancel_requested_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."cancel_requested_at" < $observed
      THEN "t0"."cancel_requested_on"
      ELSE CAST(NULL AS DATE)
    END,
    $observed_on
  ) AS "cancel_requested_days_ago",
  CASE
    WHEN "t0"."cancel_requested_at" < $observed
    THEN "t0"."ends_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "ends_at",
  CASE
    WHEN "t0"."cancel_requested_at" < $observed
    THEN "t0"."ends_on"
    ELSE CAST(NULL AS DATE)
  END AS "ends_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."cancel_requested_at" < $observed
      THEN "t0"."ends_on"
      ELSE CAST(NULL AS DATE)
    END,
    $observed_on
  ) AS "ends_days_ago",
  CASE
    WHEN "t0"."ended_at" < $observed
    THEN "t0"."ended_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "ended_at",
  CASE
    WHEN "t0"."ended_at" < $observed
    THEN "t0"."ended_on"
    ELSE CAST(NULL AS DATE)
  END AS "ended_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."ended_at" < $observed
      THEN "t0"."ended_on"
      ELSE CAST(NULL AS DATE)
    END,
    $observed_on
  ) AS "ended_days_ago",
  CASE
    WHEN "t0"."ended_at" < $observed
    THEN "t0"."end_reason"
    ELSE CAST(NULL AS TEXT)
  END AS "end_reason",
  CASE
    WHEN "t0"."cancel_requested_at" < $observed
    THEN "t0"."feedback"
    ELSE CAST(NULL AS TEXT)
  END AS "feedback",
  DATE_DIFF('DAY', "t0"."started_on", $observed_on) AS "days_ago"
FROM "subscriptions" AS "t0"
WHERE
  "t0"."started_at" < $observed
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $observed
    )
  )
),
"changes_observed" AS (
SELECT
  "t5"."subscription_id",
  "t5"."changed_at",
  "t5"."changed_on",
  "t5"."changed_days_ago",
  "t5"."mrr",
  "t5"."plan",
  "t5"."quantity",
  "t5"."discount_share",
  "t5"."status",
  "t5"."until",
  "t5"."until_on",
  "t5"."until_days_ago",
  "t5"."days_ago",
  "t3"."account_id"
FROM (
  SELECT
    "t0"."subscription_id",
    "t0"."changed_at",
    "t0"."changed_on",
    DATE_DIFF('DAY', "t0"."changed_on", $observed_on) AS "changed_days_ago",
    "t0"."mrr",
    "t0"."plan",
    "t0"."quantity",
    "t0"."discount_share",
    "t0"."status",
    "t0"."until",
    "t0"."until_on",
    DATE_DIFF('DAY', "t0"."until_on", $observed_on) AS "until_days_ago",
    DATE_DIFF('DAY', "t0"."changed_on", $observed_on) AS "days_ago"
  FROM "subscription_changes" AS "t0"
  WHERE
    "t0"."changed_at" < $observed
    AND (
      (
        "t0"."recorded_at" IS NULL
      )
      OR (
        "t0"."recorded_at" < $observed
      )
    )
) AS "t5"
INNER JOIN (
  SELECT
    "t1"."subscription_id",
    "t1"."account_id"
  FROM "subscriptions_observed" AS "t1"
) AS "t3"
  ON "t5"."subscription_id" = "t3"."subscription_id"
),
"state_observed" AS (
SELECT
  "t7"."subscription_id",
  "t7"."account_id",
  COALESCE("t7"."new_plan", "t7"."plan") AS "plan",
  "t7"."billing_interval",
  COALESCE("t7"."new_mrr", "t7"."mrr") AS "mrr",
  COALESCE("t7"."new_quantity", "t7"."quantity") AS "quantity",
  "t7"."started_at",
  "t7"."started_on",
  "t7"."started_days_ago",
  "t7"."trial_ends_at",
  "t7"."trial_ends_on",
  "t7"."trial_ends_days_ago",
  "t7"."cancel_requested_at",
  "t7"."cancel_requested_on",
  "t7"."cancel_requested_days_ago",
  "t7"."ends_at",
  "t7"."ends_on",
  "t7"."ends_days_ago",
  "t7"."ended_at",
  "t7"."ended_on",
  "t7"."ended_days_ago",
  "t7"."end_reason",
  "t7"."feedback",
  "t7"."days_ago",
  "t7"."start_mrr",
  "t7"."start_quantity",
  "t7"."until_days_ago",
  CASE
    WHEN "t7"."new_status" = 'unpaid'
    THEN "t7"."unpaid_on"
    ELSE CAST(NULL AS DATE)
  END AS "unpaid_on",
  CASE
    WHEN "t7"."new_status" = 'unpaid'
    THEN "t7"."unpaid_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "unpaid_at",
  "t7"."new_discount_share" AS "discount_share",
  COALESCE("t7"."new_status", 'active') AS "status",
  (
    "t7"."ended_at" IS NULL
  )
  AND (
    COALESCE(COALESCE("t7"."new_status", 'active'), 'active') <> 'unpaid'
  ) AS "live",
  (
    "t7"."ended_at" IS NULL
  )
  AND (
    COALESCE(COALESCE("t7"."new_status", 'active'), 'active') <> 'unpaid'
  )
  AND (
    (
      "t7"."trial_ends_at" IS NULL
    )
    OR (
      "t7"."trial_ends_at" < $observed
    )
  )
  AND (
    COALESCE("t7"."new_mrr", "t7"."mrr") > 0
  ) AS "paying"
FROM (
  SELECT
    "t6".*
    EXCLUDE ("subscription_id_right")
  FROM (
    SELECT
      "t3"."subscription_id",
      "t3"."account_id",
      "t3"."plan",
      "t3"."billing_interval",
      "t3"."mrr",
      "t3"."quantity",
      "t3"."started_at",
      "t3"."started_on",
      "t3"."started_days_ago",
      "t3"."trial_ends_at",
      "t3"."trial_ends_on",
      "t3"."trial_ends_days_ago",
      "t3"."cancel_requested_at",
      "t3"."cancel_requested_on",
      "t3"."cancel_requested_days_ago",
      "t3"."ends_at",
      "t3"."ends_on",
      "t3"."ends_days_ago",
      "t3"."ended_at",
      "t3"."ended_on",
      "t3"."ended_days_ago",
      "t3"."end_reason",
      "t3"."feedback",
      "t3"."days_ago",
      "t3"."start_mrr",
      "t3"."start_quantity",
      "t5"."subscription_id" AS "subscription_id_right",
      "t5"."new_mrr",
      "t5"."new_plan",
      "t5"."new_quantity",
      "t5"."new_discount_share",
      "t5"."new_status",
      "t5"."until_days_ago",
      "t5"."unpaid_on",
      "t5"."unpaid_at"
    FROM (
      SELECT
        "t0"."subscription_id",
        "t0"."account_id",
        "t0"."plan",
        "t0"."billing_interval",
        "t0"."mrr",
        "t0"."quantity",
        "t0"."started_at",
        "t0"."started_on",
        "t0"."started_days_ago",
        "t0"."trial_ends_at",
        "t0"."trial_ends_on",
        "t0"."trial_ends_days_ago",
        "t0"."cancel_requested_at",
        "t0"."cancel_requested_on",
        "t0"."cancel_requested_days_ago",
        "t0"."ends_at",
        "t0"."ends_on",
        "t0"."ends_days_ago",
        "t0"."ended_at",
        "t0"."ended_on",
        "t0"."ended_days_ago",
        "t0"."end_reason",
        "t0"."feedback",
        "t0"."days_ago",
        "t0"."mrr" AS "start_mrr",
        "t0"."quantity" AS "start_quantity"
      FROM "subscriptions_observed" AS "t0"
    ) AS "t3"
    LEFT OUTER JOIN (
      SELECT
        "t1"."subscription_id",
        FIRST("t1"."mrr" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."mrr" IS NOT NULL) AS "new_mrr",
        FIRST("t1"."plan" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."plan" IS NOT NULL) AS "new_plan",
        FIRST("t1"."quantity" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."quantity" IS NOT NULL) AS "new_quantity",
        FIRST("t1"."discount_share" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."discount_share" IS NOT NULL) AS "new_discount_share",
        FIRST("t1"."status" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."status" IS NOT NULL) AS "new_status",
        FIRST("t1"."until_days_ago" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."discount_share" IS NOT NULL) AS "until_days_ago",
        FIRST("t1"."changed_on" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."status" IS NOT NULL) AS "unpaid_on",
        MAX("t1"."changed_at") FILTER(WHERE
          "t1"."status" IS NOT NULL) AS "unpaid_at"
      FROM "changes_observed" AS "t1"
      GROUP BY
        1
    ) AS "t5"
      ON "t3"."subscription_id" = "t5"."subscription_id"
  ) AS "t6"
) AS "t7"
),
"departures" AS (
SELECT
  "t5"."account_id",
  MIN("t5"."left_at") AS "left_at",
  FIRST("t5"."kind" ORDER BY {'left_at': "t5"."left_at", 'kind': "t5"."kind"}) AS "kind"
FROM (
  SELECT
    "t4"."subscription_id",
    "t4"."account_id",
    "t4"."plan",
    "t4"."billing_interval",
    "t4"."mrr",
    "t4"."quantity",
    "t4"."started_at",
    "t4"."started_on",
    "t4"."started_days_ago",
    "t4"."trial_ends_at",
    "t4"."trial_ends_on",
    "t4"."trial_ends_days_ago",
    "t4"."cancel_requested_at",
    "t4"."cancel_requested_on",
    "t4"."cancel_requested_days_ago",
    "t4"."ends_at",
    "t4"."ends_on",
    "t4"."ends_days_ago",
    "t4"."ended_at",
    "t4"."ended_on",
    "t4"."ended_days_ago",
    "t4"."end_reason",
    "t4"."feedback",
    "t4"."days_ago",
    "t4"."start_mrr",
    "t4"."start_quantity",
    "t4"."until_days_ago",
    "t4"."unpaid_on",
    "t4"."unpaid_at",
    "t4"."discount_share",
    "t4"."status",
    "t4"."live",
    "t4"."paying",
    "t4"."paid_on",
    "t4"."paid_at",
    "t4"."left_at",
    "t4"."left_on",
    "t4"."kind"
  FROM (
    SELECT
      "t0"."subscription_id",
      "t0"."account_id",
      "t0"."plan",
      "t0"."billing_interval",
      "t0"."mrr",
      "t0"."quantity",
      "t0"."started_at",
      "t0"."started_on",
      "t0"."started_days_ago",
      "t0"."trial_ends_at",
      "t0"."trial_ends_on",
      "t0"."trial_ends_days_ago",
      "t0"."cancel_requested_at",
      "t0"."cancel_requested_on",
      "t0"."cancel_requested_days_ago",
      "t0"."ends_at",
      "t0"."ends_on",
      "t0"."ends_days_ago",
      "t0"."ended_at",
      "t0"."ended_on",
      "t0"."ended_days_ago",
      "t0"."end_reason",
      "t0"."feedback",
      "t0"."days_ago",
      "t0"."start_mrr",
      "t0"."start_quantity",
      "t0"."until_days_ago",
      "t0"."unpaid_on",
      "t0"."unpaid_at",
      "t0"."discount_share",
      "t0"."status",
      "t0"."live",
      "t0"."paying",
      COALESCE("t0"."trial_ends_on", "t0"."started_on") AS "paid_on",
      COALESCE("t0"."trial_ends_at", "t0"."started_at") AS "paid_at",
      LEAST("t0"."ended_at", "t0"."unpaid_at") AS "left_at",
      LEAST("t0"."ended_on", "t0"."unpaid_on") AS "left_on",
      CASE
        WHEN (
          "t0"."cancel_requested_at" IS NOT NULL
        )
        OR (
          "t0"."end_reason" = 'requested'
        )
        THEN 'voluntary'
        WHEN "t0"."end_reason" IN ('payment_failed', 'disputed')
        OR (
          "t0"."unpaid_at" IS NOT NULL
        )
        THEN 'involuntary'
        ELSE 'unknown'
      END AS "kind"
    FROM "state_observed" AS "t0"
    WHERE
      (
        (
          "t0"."start_mrr" > 0
        ) OR (
          "t0"."mrr" > 0
        )
      )
      AND (
        (
          LEAST("t0"."ended_at", "t0"."unpaid_at") IS NULL
        )
        OR (
          LEAST("t0"."ended_at", "t0"."unpaid_at") > COALESCE("t0"."trial_ends_at", "t0"."started_at")
        )
      )
      AND LEAST("t0"."ended_at", "t0"."unpaid_at") >= $cutoff
  ) AS "t4"
  ANTI JOIN (
    SELECT
      "t0"."account_id",
      COALESCE("t0"."trial_ends_on", "t0"."started_on") AS "paid_on",
      COALESCE(LEAST("t0"."ended_at", "t0"."unpaid_at"), MAKE_TIMESTAMP(9999, 1, 1, 0, 0, 0.0)) AS "next_left_at"
    FROM "state_observed" AS "t0"
    WHERE
      (
        (
          "t0"."start_mrr" > 0
        ) OR (
          "t0"."mrr" > 0
        )
      )
      AND (
        (
          LEAST("t0"."ended_at", "t0"."unpaid_at") IS NULL
        )
        OR (
          LEAST("t0"."ended_at", "t0"."unpaid_at") > COALESCE("t0"."trial_ends_at", "t0"."started_at")
        )
      )
  ) AS "t3"
    ON "t4"."account_id" = "t3"."account_id"
    AND "t3"."paid_on" <= CAST(CAST("t4"."left_on" AS TIMESTAMP) + INTERVAL '7' DAY AS DATE)
    AND "t3"."next_left_at" > "t4"."left_at"
) AS "t5"
GROUP BY
  1
),
"outcomes" AS (
SELECT
  "t4"."account_id",
  $as_of AS "as_of",
  COALESCE("t4"."left_at" < $window_end, FALSE) AS "churned",
  CASE
    WHEN COALESCE("t4"."left_at" < $window_end, FALSE)
    THEN "t4"."kind"
    ELSE CAST(NULL AS TEXT)
  END AS "kind",
  CASE
    WHEN COALESCE("t4"."left_at" < $window_end, FALSE)
    THEN "t4"."left_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "churned_at"
FROM (
  SELECT
    "t2"."account_id",
    "t3"."account_id" AS "account_id_right",
    "t3"."left_at",
    "t3"."kind"
  FROM "eligible" AS "t2"
  LEFT OUTER JOIN "departures" AS "t3"
    ON "t2"."account_id" = "t3"."account_id"
) AS "t4"
WHERE
  (
    "t4"."left_at" IS NULL
  )
  OR (
    "t4"."left_at" >= $window_start
  )
)
SELECT * FROM "outcomes" ORDER BY "account_id"
