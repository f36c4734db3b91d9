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
  (
    (
      "t0"."known_after" IS NULL
    )
    OR (
      "t0"."known_after" < $as_of
    )
  )
  AND (
    (
      "t0"."known_to" IS NULL
    ) OR (
      "t0"."known_to" >= $as_of
    )
  )
  AND "t0"."started_at" < $cutoff
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
  "t6"."subscription_id",
  "t6"."changed_at",
  "t6"."changed_on",
  "t6"."changed_days_ago",
  "t6"."mrr",
  "t6"."plan",
  "t6"."quantity",
  "t6"."discount_share",
  "t6"."status",
  "t6"."until",
  "t6"."until_on",
  "t6"."until_days_ago",
  "t6"."days_ago",
  "t6"."account_id",
  COALESCE(
    "t6"."status" <> COALESCE(
      LAG("t6"."status") OVER (
        PARTITION BY "t6"."subscription_id", "t6"."status" IS NULL
        ORDER BY "t6"."changed_at" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ),
      'active'
    ),
    FALSE
  ) AS "enters_status"
FROM (
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
      (
        (
          "t0"."known_after" IS NULL
        )
        OR (
          "t0"."known_after" < $as_of
        )
      )
      AND (
        (
          "t0"."known_to" IS NULL
        ) OR (
          "t0"."known_to" >= $as_of
        )
      )
      AND "t0"."changed_at" < $cutoff
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
) AS "t6"
),
"state" AS (
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
  "t7"."freed_days_ago",
  "t7"."discount_share",
  "t7"."discount_end_days_ago",
  "t7"."withdrawn_days_ago",
  "t7"."status_days_ago",
  "t7"."status_until_days_ago",
  "t7"."priced_days_ago",
  COALESCE("t7"."new_status", 'active') AS "status",
  GREATEST("t7"."start_mrr", "t7"."new_highest_mrr") AS "highest_mrr",
  (
    "t7"."ended_at" IS NULL
  )
  AND (
    COALESCE(COALESCE("t7"."new_status", 'active'), 'active') <> 'unpaid'
  ) AS "live",
  NOT (
    (
      "t7"."trial_ends_at" IS NULL
    )
    OR (
      "t7"."trial_ends_at" < $cutoff
    )
  ) AS "in_trial",
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
  ) AS "paying",
  CASE
    WHEN (
      (
        "t7"."trial_ends_at" IS NULL
      )
      OR (
        "t7"."trial_ends_at" < $cutoff
      )
    )
    AND NOT (
      COALESCE("t7"."ended_at" <= "t7"."trial_ends_at", FALSE)
    )
    THEN CASE
      WHEN "t7"."start_mrr" > 0
      THEN COALESCE("t7"."trial_ends_days_ago", "t7"."started_days_ago")
      ELSE CASE
        WHEN "t7"."priced_days_ago" IS NOT NULL
        THEN CASE
          WHEN "t7"."priced_days_ago" < COALESCE("t7"."trial_ends_days_ago", "t7"."started_days_ago")
          THEN "t7"."priced_days_ago"
          ELSE COALESCE("t7"."trial_ends_days_ago", "t7"."started_days_ago")
        END
        ELSE CAST(NULL AS BIGINT)
      END
    END
    ELSE CAST(NULL AS BIGINT)
  END AS "paid_days_ago",
  GREATEST(
    "t7"."ended_days_ago",
    CASE
      WHEN COALESCE("t7"."new_status", 'active') = 'unpaid'
      THEN "t7"."status_days_ago"
      ELSE CAST(NULL AS BIGINT)
    END,
    CASE
      WHEN COALESCE("t7"."new_mrr", "t7"."mrr") = 0
      THEN "t7"."freed_days_ago"
      ELSE CAST(NULL AS BIGINT)
    END
  ) AS "left_days_ago"
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
      "t5"."new_status",
      "t5"."freed_days_ago",
      "t5"."discount_share",
      "t5"."discount_end_days_ago",
      "t5"."withdrawn_days_ago",
      "t5"."status_days_ago",
      "t5"."status_until_days_ago",
      "t5"."priced_days_ago",
      "t5"."new_highest_mrr"
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
        FIRST("t1"."status" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          "t1"."status" IS NOT NULL) AS "new_status",
        CAST(NULL AS BIGINT) AS "freed_days_ago",
        CAST(NULL AS DOUBLE) AS "discount_share",
        CAST(NULL AS BIGINT) AS "discount_end_days_ago",
        CAST(NULL AS BIGINT) AS "withdrawn_days_ago",
        MIN(CASE WHEN "t1"."enters_status" THEN "t1"."days_ago" ELSE NULL END) AS "status_days_ago",
        NULLIF(
          FIRST(COALESCE("t1"."until_days_ago", -1000000) ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            "t1"."status" IS NOT NULL),
          -1000000
        ) AS "status_until_days_ago",
        MAX(CASE WHEN "t1"."mrr" > 0 THEN "t1"."days_ago" ELSE NULL END) AS "priced_days_ago",
        MAX("t1"."mrr") AS "new_highest_mrr"
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
  "t1"."account_id",
  "t1"."mrr_now" AS "mrr_then"
FROM (
  SELECT
    "t0"."account_id",
    BOOL_OR(CAST("t0"."paying" AS BOOLEAN)) AS "pays",
    BOOL_AND(
      CAST(CASE WHEN "t0"."paying" THEN "t0"."cancel_requested_at" IS NOT NULL ELSE NULL END AS BOOLEAN)
    ) AS "announced",
    SUM(CASE WHEN "t0"."paying" THEN "t0"."mrr" ELSE NULL END) AS "mrr_now"
  FROM "state" AS "t0"
  GROUP BY
    1
) AS "t1"
WHERE
  "t1"."pays"
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
  (
    (
      "t0"."known_after" IS NULL
    )
    OR (
      "t0"."known_after" < $observed_on
    )
  )
  AND (
    (
      "t0"."known_to" IS NULL
    ) OR (
      "t0"."known_to" >= $observed_on
    )
  )
  AND "t0"."started_at" < $observed
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
  "t6"."subscription_id",
  "t6"."changed_at",
  "t6"."changed_on",
  "t6"."changed_days_ago",
  "t6"."mrr",
  "t6"."plan",
  "t6"."quantity",
  "t6"."discount_share",
  "t6"."status",
  "t6"."until",
  "t6"."until_on",
  "t6"."until_days_ago",
  "t6"."days_ago",
  "t6"."account_id",
  COALESCE(
    "t6"."status" <> COALESCE(
      LAG("t6"."status") OVER (
        PARTITION BY "t6"."subscription_id", "t6"."status" IS NULL
        ORDER BY "t6"."changed_at" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ),
      'active'
    ),
    FALSE
  ) AS "enters_status"
FROM (
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
      (
        (
          "t0"."known_after" IS NULL
        )
        OR (
          "t0"."known_after" < $observed_on
        )
      )
      AND (
        (
          "t0"."known_to" IS NULL
        ) OR (
          "t0"."known_to" >= $observed_on
        )
      )
      AND "t0"."changed_at" < $observed
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
) AS "t6"
),
"stretches" AS (
SELECT
  "t12"."account_id",
  "t12"."subscription_id",
  "t12"."mrr",
  "t12"."from_at",
  "t12"."from_on",
  "t12"."to_at",
  "t12"."to_on",
  CASE
    WHEN (
      (
        "t12"."cancel_requested_at" IS NOT NULL
      )
      AND CASE
        WHEN "t12"."ends"
        THEN NOT (
          COALESCE("t12"."end_reason" IN ('payment_failed', 'disputed'), FALSE)
        )
        OR (
          "t12"."cancel_requested_at" < "t12"."to_at"
        )
        ELSE (
          "t12"."cancel_requested_at" < "t12"."to_at"
        )
        OR (
          "t12"."cancel_requested_at" = "t12"."to_at"
        )
      END
    )
    OR (
      (
        "t12"."cancel_requested_at" IS NULL
      )
      AND COALESCE("t12"."end_reason" = 'requested', FALSE)
    )
    THEN 'voluntary'
    WHEN COALESCE("t12"."next_status" = 'unpaid', FALSE) AND NOT (
      "t12"."ends"
    )
    THEN 'involuntary'
    WHEN "t12"."ends"
    AND COALESCE("t12"."end_reason" IN ('payment_failed', 'disputed'), FALSE)
    THEN 'involuntary'
    WHEN "t12"."ends"
    THEN 'unknown'
    WHEN "t12"."status" = 'past_due'
    THEN 'involuntary'
    ELSE 'voluntary'
  END AS "kind"
FROM (
  SELECT
    "t11"."subscription_id",
    "t11"."is_change",
    "t11"."at",
    "t11"."on",
    "t11"."mrr",
    "t11"."status",
    "t11"."mrr_known",
    "t11"."status_known",
    "t11"."next_at",
    "t11"."next_on",
    "t11"."next_status",
    "t11"."account_id",
    "t11"."cancel_requested_at",
    "t11"."end_reason",
    "t11"."ended_at",
    "t11"."ended_on",
    "t11"."paid_at",
    "t11"."paid_on",
    CASE WHEN "t11"."at" > "t11"."paid_at" THEN "t11"."at" ELSE "t11"."paid_at" END AS "from_at",
    CASE WHEN "t11"."at" > "t11"."paid_at" THEN "t11"."on" ELSE "t11"."paid_on" END AS "from_on",
    CASE
      WHEN COALESCE("t11"."ended_at" <= "t11"."next_at", FALSE)
      THEN "t11"."ended_at"
      ELSE "t11"."next_at"
    END AS "to_at",
    CASE
      WHEN COALESCE("t11"."ended_at" <= "t11"."next_at", FALSE)
      THEN "t11"."ended_on"
      ELSE "t11"."next_on"
    END AS "to_on",
    COALESCE("t11"."ended_at" <= "t11"."next_at", FALSE) AS "ends"
  FROM (
    SELECT
      "t10"."subscription_id",
      "t10"."is_change",
      "t10"."at",
      "t10"."on",
      "t10"."mrr",
      "t10"."status",
      "t10"."mrr_known",
      "t10"."status_known",
      "t10"."next_at",
      "t10"."next_on",
      "t10"."next_status",
      "t6"."account_id",
      "t6"."cancel_requested_at",
      "t6"."end_reason",
      "t6"."ended_at",
      "t6"."ended_on",
      "t6"."paid_at",
      "t6"."paid_on"
    FROM (
      SELECT
        "t8"."subscription_id",
        "t8"."is_change",
        "t8"."at",
        "t8"."on",
        "t8"."mrr",
        "t8"."status",
        "t8"."mrr_known",
        "t8"."status_known",
        COALESCE(
          LEAD("t8"."at") OVER (
            PARTITION BY "t8"."subscription_id"
            ORDER BY "t8"."is_change" ASC, "t8"."at" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
          ),
          MAKE_TIMESTAMP(9999, 1, 1, 0, 0, 0.0)
        ) AS "next_at",
        COALESCE(
          LEAD("t8"."on") OVER (
            PARTITION BY "t8"."subscription_id"
            ORDER BY "t8"."is_change" ASC, "t8"."at" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
          ),
          MAKE_DATE(9999, 1, 1)
        ) AS "next_on",
        LEAD("t8"."status") OVER (
          PARTITION BY "t8"."subscription_id"
          ORDER BY "t8"."is_change" ASC, "t8"."at" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "next_status"
      FROM (
        SELECT
          "t7"."subscription_id",
          "t7"."is_change",
          "t7"."at",
          "t7"."on",
          MAX("t7"."mrr") OVER (
            PARTITION BY "t7"."subscription_id", "t7"."mrr_known"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "mrr",
          MAX("t7"."status") OVER (
            PARTITION BY "t7"."subscription_id", "t7"."status_known"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "status",
          "t7"."mrr_known",
          "t7"."status_known"
        FROM (
          SELECT
            "t5"."subscription_id",
            "t5"."is_change",
            "t5"."at",
            "t5"."on",
            "t5"."mrr",
            "t5"."status",
            COUNT("t5"."mrr") OVER (
              PARTITION BY "t5"."subscription_id"
              ORDER BY "t5"."is_change" ASC, "t5"."at" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS "mrr_known",
            COUNT("t5"."status") OVER (
              PARTITION BY "t5"."subscription_id"
              ORDER BY "t5"."is_change" ASC, "t5"."at" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS "status_known"
          FROM (
            SELECT
              *
            FROM (
              SELECT
                "t0"."subscription_id",
                0 AS "is_change",
                "t0"."started_at" AS "at",
                "t0"."started_on" AS "on",
                "t0"."mrr",
                'active' AS "status"
              FROM "subscriptions_observed" AS "t0"
            ) AS "t2"
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                "t1"."subscription_id",
                1 AS "is_change",
                "t1"."changed_at" AS "at",
                "t1"."changed_on" AS "on",
                "t1"."mrr",
                "t1"."status"
              FROM "changes_observed" AS "t1"
            ) AS "t3"
          ) AS "t5"
        ) AS "t7"
      ) AS "t8"
    ) AS "t10"
    INNER JOIN (
      SELECT
        "t0"."subscription_id",
        "t0"."account_id",
        "t0"."cancel_requested_at",
        "t0"."end_reason",
        "t0"."ended_at",
        "t0"."ended_on",
        COALESCE("t0"."trial_ends_at", "t0"."started_at") AS "paid_at",
        COALESCE("t0"."trial_ends_on", "t0"."started_on") AS "paid_on"
      FROM "subscriptions_observed" AS "t0"
    ) AS "t6"
      ON "t10"."subscription_id" = "t6"."subscription_id"
  ) AS "t11"
  WHERE
    "t11"."mrr" > 0
    AND "t11"."status" <> 'unpaid'
    AND CASE WHEN "t11"."at" > "t11"."paid_at" THEN "t11"."at" ELSE "t11"."paid_at" END < CASE
      WHEN COALESCE("t11"."ended_at" <= "t11"."next_at", FALSE)
      THEN "t11"."ended_at"
      ELSE "t11"."next_at"
    END
) AS "t12"
),
"stretches_in_spells" AS (
SELECT
  "t2"."account_id",
  "t2"."subscription_id",
  "t2"."mrr",
  "t2"."from_at",
  "t2"."from_on",
  "t2"."to_at",
  "t2"."to_on",
  "t2"."kind",
  SUM("t2"."starts") OVER (
    PARTITION BY "t2"."account_id"
    ORDER BY "t2"."from_at" ASC, "t2"."subscription_id" ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS "number"
FROM (
  SELECT
    "t1"."account_id",
    "t1"."subscription_id",
    "t1"."mrr",
    "t1"."from_at",
    "t1"."from_on",
    "t1"."to_at",
    "t1"."to_on",
    "t1"."kind",
    "t1"."last_on",
    CAST((
      "t1"."last_on" IS NULL
    )
    OR (
      "t1"."from_on" > CAST(CAST("t1"."last_on" AS TIMESTAMP) + INTERVAL '7' DAY AS DATE)
    ) AS BIGINT) AS "starts"
  FROM (
    SELECT
      "t0"."account_id",
      "t0"."subscription_id",
      "t0"."mrr",
      "t0"."from_at",
      "t0"."from_on",
      "t0"."to_at",
      "t0"."to_on",
      "t0"."kind",
      MAX("t0"."to_on") OVER (
        PARTITION BY "t0"."account_id"
        ORDER BY "t0"."from_at" ASC, "t0"."subscription_id" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 preceding
      ) AS "last_on"
    FROM "stretches" AS "t0"
  ) AS "t1"
) AS "t2"
),
"spells" AS (
SELECT
  "t0"."account_id",
  "t0"."number",
  MIN("t0"."from_at") AS "from_at",
  MAX("t0"."to_at") AS "to_at",
  FIRST(
    "t0"."kind" ORDER BY {'to_at': "t0"."to_at", 'rank': CASE
      WHEN "t0"."kind" = 'involuntary'
      THEN 2
      WHEN "t0"."kind" = 'unknown'
      THEN 1
      ELSE 0
    END} DESC
  ) AS "kind"
FROM "stretches_in_spells" AS "t0"
GROUP BY
  1,
  2
),
"later" AS (
WITH "t7" AS (
  SELECT
    "t3"."account_id",
    SUM("t3"."mrr") AS "mrr"
  FROM (
    SELECT
      *
    FROM "stretches_in_spells" AS "t0"
    WHERE
      "t0"."from_at" < $window_end
      AND "t0"."to_at" >= $window_end
  ) AS "t3"
  GROUP BY
    1
)
SELECT
  "t16"."account_id",
  "t16"."mrr" AS "mrr_later"
FROM (
  SELECT
    *
  FROM "t7" AS "t8"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t14"."account_id",
      SUM("t14"."mrr") AS "mrr"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t12"."account_id",
          "t12"."subscription_id",
          "t12"."mrr",
          "t12"."from_at",
          "t12"."from_on",
          "t12"."to_at",
          "t12"."to_on",
          "t12"."kind",
          "t12"."number",
          MIN("t12"."from_at") OVER (
            PARTITION BY "t12"."account_id"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "first_at"
        FROM (
          SELECT
            "t5"."account_id",
            "t5"."subscription_id",
            "t5"."mrr",
            "t5"."from_at",
            "t5"."from_on",
            "t5"."to_at",
            "t5"."to_on",
            "t5"."kind",
            "t5"."number"
          FROM (
            SELECT
              *
            FROM "stretches_in_spells" AS "t0"
            WHERE
              "t0"."from_at" >= $window_end
          ) AS "t5"
          SEMI JOIN (
            SELECT
              "t6"."account_id",
              "t6"."number"
            FROM (
              SELECT
                "t1"."account_id",
                "t1"."number"
              FROM "spells" AS "t1"
              WHERE
                "t1"."from_at" < $window_end
                AND "t1"."to_at" >= $window_end
            ) AS "t6"
            ANTI JOIN "t7" AS "t9"
              ON "t6"."account_id" = "t9"."account_id"
          ) AS "t11"
            ON "t5"."account_id" = "t11"."account_id" AND "t5"."number" = "t11"."number"
        ) AS "t12"
      ) AS "t13"
      WHERE
        "t13"."from_at" = "t13"."first_at"
    ) AS "t14"
    GROUP BY
      1
  ) AS "t15"
) AS "t16"
),
"contacts_observed" AS (
SELECT
  "t1"."account_id",
  MIN("t1"."contacted_at") AS "first_contact_at"
FROM (
  SELECT
    "t0"."account_id",
    "t0"."contacted_at",
    "t0"."contacted_on",
    DATE_DIFF('DAY', "t0"."contacted_on", $observed_on) AS "contacted_days_ago",
    "t0"."play",
    "t0"."list_as_of",
    DATE_DIFF('DAY', "t0"."list_as_of", $observed_on) AS "list_as_of_days_ago",
    CASE
      WHEN "t0"."outcome_at" < $observed
      THEN "t0"."outcome_at"
      ELSE CAST(NULL AS TIMESTAMP)
    END AS "outcome_at",
    CASE
      WHEN "t0"."outcome_at" < $observed
      THEN "t0"."outcome_on"
      ELSE CAST(NULL AS DATE)
    END AS "outcome_on",
    DATE_DIFF(
      'DAY',
      CASE
        WHEN "t0"."outcome_at" < $observed
        THEN "t0"."outcome_on"
        ELSE CAST(NULL AS DATE)
      END,
      $observed_on
    ) AS "outcome_days_ago",
    CASE
      WHEN "t0"."outcome_at" < $observed
      THEN "t0"."outcome"
      ELSE CAST(NULL AS TEXT)
    END AS "outcome",
    DATE_DIFF('DAY', "t0"."contacted_on", $observed_on) AS "days_ago"
  FROM "outreach" AS "t0"
  WHERE
    (
      (
        "t0"."known_after" IS NULL
      )
      OR (
        "t0"."known_after" < $observed_on
      )
    )
    AND (
      (
        "t0"."known_to" IS NULL
      ) OR (
        "t0"."known_to" >= $observed_on
      )
    )
    AND "t0"."contacted_at" < $observed
    AND (
      (
        "t0"."recorded_at" IS NULL
      )
      OR (
        "t0"."recorded_at" < $observed
      )
    )
    AND "t0"."contacted_at" >= $cutoff
    AND "t0"."contacted_at" < $window_end
) AS "t1"
GROUP BY
  1
),
"outcomes" AS (
SELECT
  "t13"."account_id",
  $as_of AS "as_of",
  "t13"."to_at" < $window_end AS "churned",
  CASE
    WHEN "t13"."to_at" < $window_end
    THEN "t13"."kind"
    ELSE CAST(NULL AS TEXT)
  END AS "kind",
  CASE
    WHEN "t13"."to_at" < $window_end
    THEN "t13"."to_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "churned_at",
  "t13"."mrr_then",
  COALESCE("t13"."mrr_later", 0) AS "mrr_later",
  CASE
    WHEN "t13"."to_at" < $window_end
    THEN CAST(NULL AS BOOLEAN)
    ELSE COALESCE("t13"."mrr_later", 0) < "t13"."mrr_then"
  END AS "contracted",
  COALESCE("t13"."first_contact_at" < "t13"."to_at", FALSE) AS "contacted"
FROM (
  SELECT
    "t12".*
    EXCLUDE ("account_id_right")
  FROM (
    SELECT
      "t11"."account_id",
      "t11"."mrr_then",
      "t11"."number",
      "t11"."from_at",
      "t11"."to_at",
      "t11"."kind",
      "t11"."mrr_later",
      "t4"."account_id" AS "account_id_right",
      "t4"."first_contact_at"
    FROM (
      SELECT
        "t9".*
        EXCLUDE ("account_id_right")
      FROM (
        SELECT
          "t5"."account_id",
          "t5"."mrr_then",
          "t8"."number",
          "t8"."from_at",
          "t8"."to_at",
          "t8"."kind",
          "t6"."account_id" AS "account_id_right",
          "t6"."mrr_later"
        FROM "eligible" AS "t5"
        INNER JOIN (
          SELECT
            *
          FROM "spells" AS "t3"
          WHERE
            "t3"."from_at" < $cutoff
            AND "t3"."to_at" >= $cutoff
            AND "t3"."to_at" >= $window_start
        ) AS "t8"
          ON "t5"."account_id" = "t8"."account_id"
        LEFT OUTER JOIN "later" AS "t6"
          ON "t5"."account_id" = "t6"."account_id"
      ) AS "t9"
    ) AS "t11"
    LEFT OUTER JOIN "contacts_observed" AS "t4"
      ON "t11"."account_id" = "t4"."account_id"
  ) AS "t12"
) AS "t13"
)
SELECT * FROM "outcomes" ORDER BY "account_id"
