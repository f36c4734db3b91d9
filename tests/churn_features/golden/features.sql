WITH "known_accounts" AS (
SELECT
  "t0"."account_id",
  "t0"."created_at",
  "t0"."created_on",
  DATE_DIFF('DAY', "t0"."created_on", $as_of) AS "created_days_ago",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."channel",
  DATE_DIFF('DAY', "t0"."created_on", $as_of) AS "days_ago"
FROM "accounts" AS "t0"
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
  AND "t0"."created_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"known_feedback" AS (
SELECT
  "t0"."account_id",
  "t0"."given_at",
  "t0"."given_on",
  DATE_DIFF('DAY', "t0"."given_on", $as_of) AS "given_days_ago",
  "t0"."kind",
  "t0"."score",
  "t0"."topic",
  CASE
    WHEN "t0"."answered_at" < $cutoff
    THEN "t0"."answered_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "answered_at",
  CASE
    WHEN "t0"."answered_at" < $cutoff
    THEN "t0"."answered_on"
    ELSE CAST(NULL AS DATE)
  END AS "answered_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."answered_at" < $cutoff
      THEN "t0"."answered_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "answered_days_ago",
  DATE_DIFF('DAY', "t0"."given_on", $as_of) AS "days_ago"
FROM "feedback" AS "t0"
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
  AND "t0"."given_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"known_invoices" AS (
SELECT
  "t0"."invoice_id",
  "t0"."account_id",
  "t0"."subscription_id",
  "t0"."issued_at",
  "t0"."issued_on",
  DATE_DIFF('DAY', "t0"."issued_on", $as_of) AS "issued_days_ago",
  "t0"."due_at",
  "t0"."due_on",
  DATE_DIFF('DAY', "t0"."due_on", $as_of) AS "due_days_ago",
  "t0"."amount",
  CASE
    WHEN "t0"."paid_at" < $cutoff
    THEN "t0"."paid_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "paid_at",
  CASE
    WHEN "t0"."paid_at" < $cutoff
    THEN "t0"."paid_on"
    ELSE CAST(NULL AS DATE)
  END AS "paid_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."paid_at" < $cutoff
      THEN "t0"."paid_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "paid_days_ago",
  CASE
    WHEN "t0"."closed_at" < $cutoff
    THEN "t0"."closed_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "closed_at",
  CASE
    WHEN "t0"."closed_at" < $cutoff
    THEN "t0"."closed_on"
    ELSE CAST(NULL AS DATE)
  END AS "closed_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."closed_at" < $cutoff
      THEN "t0"."closed_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "closed_days_ago",
  CASE
    WHEN "t0"."closed_at" < $cutoff
    THEN "t0"."closed_as"
    ELSE CAST(NULL AS TEXT)
  END AS "closed_as",
  DATE_DIFF('DAY', "t0"."issued_on", $as_of) AS "days_ago"
FROM "invoices" AS "t0"
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
  AND "t0"."issued_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"known_outreach" AS (
SELECT
  "t0"."account_id",
  "t0"."contacted_at",
  "t0"."contacted_on",
  DATE_DIFF('DAY', "t0"."contacted_on", $as_of) AS "contacted_days_ago",
  "t0"."play",
  "t0"."list_as_of",
  DATE_DIFF('DAY', "t0"."list_as_of", $as_of) AS "list_as_of_days_ago",
  CASE
    WHEN "t0"."outcome_at" < $cutoff
    THEN "t0"."outcome_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "outcome_at",
  CASE
    WHEN "t0"."outcome_at" < $cutoff
    THEN "t0"."outcome_on"
    ELSE CAST(NULL AS DATE)
  END AS "outcome_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."outcome_at" < $cutoff
      THEN "t0"."outcome_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "outcome_days_ago",
  CASE
    WHEN "t0"."outcome_at" < $cutoff
    THEN "t0"."outcome"
    ELSE CAST(NULL AS TEXT)
  END AS "outcome",
  DATE_DIFF('DAY', "t0"."contacted_on", $as_of) AS "days_ago"
FROM "outreach" AS "t0"
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
  AND "t0"."contacted_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"known_payment_methods" AS (
SELECT
  "t0"."payment_method_id",
  "t0"."account_id",
  "t0"."added_at",
  "t0"."added_on",
  DATE_DIFF('DAY', "t0"."added_on", $as_of) AS "added_days_ago",
  CASE
    WHEN "t0"."removed_at" < $cutoff
    THEN "t0"."removed_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "removed_at",
  CASE
    WHEN "t0"."removed_at" < $cutoff
    THEN "t0"."removed_on"
    ELSE CAST(NULL AS DATE)
  END AS "removed_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."removed_at" < $cutoff
      THEN "t0"."removed_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "removed_days_ago",
  "t0"."kind",
  "t0"."expires_on",
  DATE_DIFF('DAY', "t0"."expires_on", $as_of) AS "expires_days_ago",
  DATE_DIFF('DAY', "t0"."added_on", $as_of) AS "days_ago"
FROM "payment_methods" AS "t0"
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
  AND "t0"."added_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"known_payments" AS (
SELECT
  "t0"."payment_id",
  "t0"."invoice_id",
  "t0"."account_id",
  "t0"."attempted_at",
  "t0"."attempted_on",
  DATE_DIFF('DAY', "t0"."attempted_on", $as_of) AS "attempted_days_ago",
  "t0"."amount",
  "t0"."succeeded",
  "t0"."failure_code",
  DATE_DIFF('DAY', "t0"."attempted_on", $as_of) AS "days_ago"
FROM "payments" AS "t0"
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
  AND "t0"."attempted_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"known_subscription_changes" AS (
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
),
"known_subscriptions" AS (
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
"known_tickets" AS (
SELECT
  "t0"."ticket_id",
  "t0"."account_id",
  "t0"."opened_at",
  "t0"."opened_on",
  DATE_DIFF('DAY', "t0"."opened_on", $as_of) AS "opened_days_ago",
  CASE
    WHEN "t0"."first_reply_at" < $cutoff
    THEN "t0"."first_reply_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "first_reply_at",
  CASE
    WHEN "t0"."first_reply_at" < $cutoff
    THEN "t0"."first_reply_on"
    ELSE CAST(NULL AS DATE)
  END AS "first_reply_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."first_reply_at" < $cutoff
      THEN "t0"."first_reply_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "first_reply_days_ago",
  CASE
    WHEN "t0"."resolved_at" < $cutoff
    THEN "t0"."resolved_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "resolved_at",
  CASE
    WHEN "t0"."resolved_at" < $cutoff
    THEN "t0"."resolved_on"
    ELSE CAST(NULL AS DATE)
  END AS "resolved_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."resolved_at" < $cutoff
      THEN "t0"."resolved_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "resolved_days_ago",
  CASE
    WHEN "t0"."reopened_at" < $cutoff
    THEN "t0"."reopened_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "reopened_at",
  CASE
    WHEN "t0"."reopened_at" < $cutoff
    THEN "t0"."reopened_on"
    ELSE CAST(NULL AS DATE)
  END AS "reopened_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."reopened_at" < $cutoff
      THEN "t0"."reopened_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "reopened_days_ago",
  "t0"."channel",
  "t0"."severity",
  CASE
    WHEN "t0"."rated_at" < $cutoff
    THEN "t0"."rated_at"
    ELSE CAST(NULL AS TIMESTAMP)
  END AS "rated_at",
  CASE
    WHEN "t0"."rated_at" < $cutoff
    THEN "t0"."rated_on"
    ELSE CAST(NULL AS DATE)
  END AS "rated_on",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN "t0"."rated_at" < $cutoff
      THEN "t0"."rated_on"
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "rated_days_ago",
  CASE
    WHEN "t0"."rated_at" < $cutoff
    THEN "t0"."satisfaction"
    ELSE CAST(NULL AS DOUBLE)
  END AS "satisfaction",
  DATE_DIFF('DAY', "t0"."opened_on", $as_of) AS "days_ago"
FROM "tickets" AS "t0"
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
  AND "t0"."opened_at" < $cutoff
  AND (
    (
      "t0"."recorded_at" IS NULL
    )
    OR (
      "t0"."recorded_at" < $cutoff
    )
  )
),
"known_usage" AS (
SELECT
  "t0"."account_id",
  "t0"."day",
  "t0"."event",
  "t0"."quantity",
  "t0"."users",
  DATE_DIFF('DAY', "t0"."day", $as_of) AS "days_ago"
FROM "usage" AS "t0"
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
  AND "t0"."day" <= $as_of
),
"account_changes" AS (
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
  "t5"."account_id",
  COALESCE(
    "t5"."status" <> COALESCE(
      LAG("t5"."status") OVER (
        PARTITION BY "t5"."subscription_id", "t5"."status" IS NULL
        ORDER BY "t5"."changed_at" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ),
      'active'
    ),
    FALSE
  ) AS "enters_status"
FROM (
  SELECT
    "t2"."subscription_id",
    "t2"."changed_at",
    "t2"."changed_on",
    "t2"."changed_days_ago",
    "t2"."mrr",
    "t2"."plan",
    "t2"."quantity",
    "t2"."discount_share",
    "t2"."status",
    "t2"."until",
    "t2"."until_on",
    "t2"."until_days_ago",
    "t2"."days_ago",
    "t4"."account_id"
  FROM "known_subscription_changes" AS "t2"
  INNER JOIN (
    SELECT
      "t1"."subscription_id",
      "t1"."account_id"
    FROM "known_subscriptions" AS "t1"
  ) AS "t4"
    ON "t2"."subscription_id" = "t4"."subscription_id"
) AS "t5"
),
"changes_and_before" AS (
SELECT
  "t2"."subscription_id",
  "t2"."changed_at",
  "t2"."changed_on",
  "t2"."changed_days_ago",
  "t2"."mrr",
  "t2"."plan",
  "t2"."quantity",
  "t2"."discount_share",
  "t2"."status",
  "t2"."until",
  "t2"."until_on",
  "t2"."until_days_ago",
  "t2"."days_ago",
  "t2"."account_id",
  "t2"."enters_status",
  "t11"."mrr_before",
  "t11"."same_size",
  "t11"."discount_before"
FROM "account_changes" AS "t2"
LEFT OUTER JOIN (
  SELECT
    "t9"."subscription_id" AS "of_subscription",
    "t9"."changed_at" AS "at",
    CASE
      WHEN "t9"."mrr" IS NOT NULL
      THEN COALESCE(
        LAG("t9"."mrr") OVER (
          PARTITION BY "t9"."subscription_id", "t9"."mrr" IS NULL
          ORDER BY "t9"."changed_at" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        "t9"."start_mrr"
      )
      ELSE CAST(NULL AS BIGINT)
    END AS "mrr_before",
    "t9"."plan_now" IS NOT DISTINCT FROM CASE
      WHEN "t9"."mrr" IS NOT NULL
      THEN COALESCE(
        LAG("t9"."plan_now") OVER (
          PARTITION BY "t9"."subscription_id", "t9"."mrr" IS NULL
          ORDER BY "t9"."changed_at" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        "t9"."start_plan"
      )
      ELSE CAST(NULL AS TEXT)
    END
    AND "t9"."quantity_now" IS NOT DISTINCT FROM CASE
      WHEN "t9"."mrr" IS NOT NULL
      THEN COALESCE(
        LAG("t9"."quantity_now") OVER (
          PARTITION BY "t9"."subscription_id", "t9"."mrr" IS NULL
          ORDER BY "t9"."changed_at" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        "t9"."start_quantity"
      )
      ELSE CAST(NULL AS BIGINT)
    END AS "same_size",
    LAG("t9"."discount_share") OVER (
      PARTITION BY "t9"."subscription_id", "t9"."discount_share" IS NULL
      ORDER BY "t9"."changed_at" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "discount_before"
  FROM (
    SELECT
      "t8"."subscription_id",
      "t8"."changed_at",
      "t8"."changed_on",
      "t8"."changed_days_ago",
      "t8"."mrr",
      "t8"."plan",
      "t8"."quantity",
      "t8"."discount_share",
      "t8"."status",
      "t8"."until",
      "t8"."until_on",
      "t8"."until_days_ago",
      "t8"."days_ago",
      "t8"."account_id",
      "t8"."enters_status",
      "t8"."start_mrr",
      "t8"."start_plan",
      "t8"."start_quantity",
      "t8"."plans",
      "t8"."quantities",
      COALESCE(
        MAX("t8"."plan") OVER (
          PARTITION BY "t8"."subscription_id", "t8"."plans"
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        "t8"."start_plan"
      ) AS "plan_now",
      COALESCE(
        MAX("t8"."quantity") OVER (
          PARTITION BY "t8"."subscription_id", "t8"."quantities"
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        "t8"."start_quantity"
      ) AS "quantity_now"
    FROM (
      SELECT
        "t7"."subscription_id",
        "t7"."changed_at",
        "t7"."changed_on",
        "t7"."changed_days_ago",
        "t7"."mrr",
        "t7"."plan",
        "t7"."quantity",
        "t7"."discount_share",
        "t7"."status",
        "t7"."until",
        "t7"."until_on",
        "t7"."until_days_ago",
        "t7"."days_ago",
        "t7"."account_id",
        "t7"."enters_status",
        "t7"."start_mrr",
        "t7"."start_plan",
        "t7"."start_quantity",
        COUNT("t7"."plan") OVER (
          PARTITION BY "t7"."subscription_id"
          ORDER BY "t7"."changed_at" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "plans",
        COUNT("t7"."quantity") OVER (
          PARTITION BY "t7"."subscription_id"
          ORDER BY "t7"."changed_at" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "quantities"
      FROM (
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
          "t6"."enters_status",
          "t4"."start_mrr",
          "t4"."start_plan",
          "t4"."start_quantity"
        FROM (
          SELECT
            *
          FROM "account_changes" AS "t0"
          WHERE
            (
              "t0"."mrr" IS NOT NULL
            )
            OR (
              "t0"."plan" IS NOT NULL
            )
            OR (
              "t0"."quantity" IS NOT NULL
            )
            OR (
              "t0"."discount_share" IS NOT NULL
            )
        ) AS "t6"
        INNER JOIN (
          SELECT
            "t1"."subscription_id",
            "t1"."mrr" AS "start_mrr",
            "t1"."plan" AS "start_plan",
            "t1"."quantity" AS "start_quantity"
          FROM "known_subscriptions" AS "t1"
        ) AS "t4"
          ON "t6"."subscription_id" = "t4"."subscription_id"
      ) AS "t7"
    ) AS "t8"
  ) AS "t9"
) AS "t11"
  ON "t2"."subscription_id" = "t11"."of_subscription"
  AND "t2"."changed_at" = "t11"."at"
),
"state" AS (
SELECT
  "t8"."subscription_id",
  "t8"."account_id",
  "t8"."plan",
  "t8"."billing_interval",
  "t8"."mrr",
  "t8"."quantity",
  "t8"."started_at",
  "t8"."started_on",
  "t8"."started_days_ago",
  "t8"."trial_ends_at",
  "t8"."trial_ends_on",
  "t8"."trial_ends_days_ago",
  "t8"."cancel_requested_at",
  "t8"."cancel_requested_on",
  "t8"."cancel_requested_days_ago",
  "t8"."ends_at",
  "t8"."ends_on",
  "t8"."ends_days_ago",
  "t8"."ended_at",
  "t8"."ended_on",
  "t8"."ended_days_ago",
  "t8"."end_reason",
  "t8"."feedback",
  "t8"."days_ago",
  "t8"."start_mrr",
  "t8"."start_quantity",
  "t8"."freed_days_ago",
  "t8"."discount_share",
  "t8"."discount_end_days_ago",
  "t8"."withdrawn_days_ago",
  "t8"."status_days_ago",
  "t8"."status_until_days_ago",
  "t8"."priced_days_ago",
  "t8"."status",
  "t8"."highest_mrr",
  CASE
    WHEN (
      "t8"."paid_days_ago" >= 28
    )
    AND (
      (
        "t8"."ended_days_ago" IS NULL
      ) OR (
        "t8"."ended_days_ago" < 28
      )
    )
    AND (
      COALESCE("t8"."status_28d_ago", 'active') <> 'unpaid'
    )
    AND (
      "t8"."mrr_28d_ago" > 0
    )
    THEN "t8"."mrr_28d_ago"
    ELSE CAST(NULL AS BIGINT)
  END AS "mrr_28d_ago",
  CASE
    WHEN (
      "t8"."paid_days_ago" >= 28
    )
    AND (
      (
        "t8"."ended_days_ago" IS NULL
      ) OR (
        "t8"."ended_days_ago" < 28
      )
    )
    AND (
      COALESCE("t8"."status_28d_ago", 'active') <> 'unpaid'
    )
    AND (
      "t8"."mrr_28d_ago" > 0
    )
    THEN "t8"."quantity_28d_ago"
    ELSE CAST(NULL AS BIGINT)
  END AS "quantity_28d_ago",
  "t8"."status_28d_ago",
  CASE
    WHEN (
      "t8"."paid_days_ago" >= 91
    )
    AND (
      (
        "t8"."ended_days_ago" IS NULL
      ) OR (
        "t8"."ended_days_ago" < 91
      )
    )
    AND (
      COALESCE("t8"."status_91d_ago", 'active') <> 'unpaid'
    )
    AND (
      "t8"."mrr_91d_ago" > 0
    )
    THEN "t8"."mrr_91d_ago"
    ELSE CAST(NULL AS BIGINT)
  END AS "mrr_91d_ago",
  CASE
    WHEN (
      "t8"."paid_days_ago" >= 91
    )
    AND (
      (
        "t8"."ended_days_ago" IS NULL
      ) OR (
        "t8"."ended_days_ago" < 91
      )
    )
    AND (
      COALESCE("t8"."status_91d_ago", 'active') <> 'unpaid'
    )
    AND (
      "t8"."mrr_91d_ago" > 0
    )
    THEN "t8"."quantity_91d_ago"
    ELSE CAST(NULL AS BIGINT)
  END AS "quantity_91d_ago",
  "t8"."status_91d_ago",
  "t8"."live",
  "t8"."in_trial",
  "t8"."paying",
  "t8"."paid_days_ago",
  "t8"."left_days_ago"
FROM (
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
    COALESCE("t7"."new_mrr_28d_ago", "t7"."start_mrr") AS "mrr_28d_ago",
    COALESCE("t7"."new_quantity_28d_ago", "t7"."start_quantity") AS "quantity_28d_ago",
    "t7"."new_status_28d_ago" AS "status_28d_ago",
    COALESCE("t7"."new_mrr_91d_ago", "t7"."start_mrr") AS "mrr_91d_ago",
    COALESCE("t7"."new_quantity_91d_ago", "t7"."start_quantity") AS "quantity_91d_ago",
    "t7"."new_status_91d_ago" AS "status_91d_ago",
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
        "t5"."new_highest_mrr",
        "t5"."new_mrr_28d_ago",
        "t5"."new_quantity_28d_ago",
        "t5"."new_status_28d_ago",
        "t5"."new_mrr_91d_ago",
        "t5"."new_quantity_91d_ago",
        "t5"."new_status_91d_ago"
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
        FROM "known_subscriptions" AS "t0"
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
          MIN(
            CASE
              WHEN (
                "t1"."mrr" = 0
              ) AND (
                "t1"."mrr_before" > 0
              )
              THEN "t1"."days_ago"
              ELSE NULL
            END
          ) AS "freed_days_ago",
          FIRST("t1"."discount_share" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            "t1"."discount_share" IS NOT NULL) AS "discount_share",
          NULLIF(
            FIRST(COALESCE("t1"."until_days_ago", -1000000) ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
              "t1"."discount_share" > 0),
            -1000000
          ) AS "discount_end_days_ago",
          MIN(
            CASE
              WHEN (
                "t1"."discount_share" = 0
              ) AND (
                "t1"."discount_before" > 0
              )
              THEN "t1"."days_ago"
              ELSE NULL
            END
          ) AS "withdrawn_days_ago",
          MIN(CASE WHEN "t1"."enters_status" THEN "t1"."days_ago" ELSE NULL END) AS "status_days_ago",
          NULLIF(
            FIRST(COALESCE("t1"."until_days_ago", -1000000) ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
              "t1"."status" IS NOT NULL),
            -1000000
          ) AS "status_until_days_ago",
          MAX(CASE WHEN "t1"."mrr" > 0 THEN "t1"."days_ago" ELSE NULL END) AS "priced_days_ago",
          MAX("t1"."mrr") AS "new_highest_mrr",
          FIRST("t1"."mrr" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            (
              "t1"."mrr" IS NOT NULL
            ) AND (
              "t1"."days_ago" >= 28
            )) AS "new_mrr_28d_ago",
          FIRST("t1"."quantity" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            (
              "t1"."quantity" IS NOT NULL
            ) AND (
              "t1"."days_ago" >= 28
            )) AS "new_quantity_28d_ago",
          FIRST("t1"."status" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            (
              "t1"."status" IS NOT NULL
            ) AND (
              "t1"."days_ago" >= 28
            )) AS "new_status_28d_ago",
          FIRST("t1"."mrr" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            (
              "t1"."mrr" IS NOT NULL
            ) AND (
              "t1"."days_ago" >= 91
            )) AS "new_mrr_91d_ago",
          FIRST("t1"."quantity" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            (
              "t1"."quantity" IS NOT NULL
            ) AND (
              "t1"."days_ago" >= 91
            )) AS "new_quantity_91d_ago",
          FIRST("t1"."status" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
            (
              "t1"."status" IS NOT NULL
            ) AND (
              "t1"."days_ago" >= 91
            )) AS "new_status_91d_ago"
        FROM "changes_and_before" AS "t1"
        GROUP BY
          1
      ) AS "t5"
        ON "t3"."subscription_id" = "t5"."subscription_id"
    ) AS "t6"
  ) AS "t7"
) AS "t8"
),
"state_and_renewal" AS (
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
  "t0"."freed_days_ago",
  "t0"."discount_share",
  "t0"."discount_end_days_ago",
  "t0"."withdrawn_days_ago",
  "t0"."status_days_ago",
  "t0"."status_until_days_ago",
  "t0"."priced_days_ago",
  "t0"."status",
  "t0"."highest_mrr",
  "t0"."mrr_28d_ago",
  "t0"."quantity_28d_ago",
  "t0"."status_28d_ago",
  "t0"."mrr_91d_ago",
  "t0"."quantity_91d_ago",
  "t0"."status_91d_ago",
  "t0"."live",
  "t0"."in_trial",
  "t0"."paying",
  "t0"."paid_days_ago",
  "t0"."left_days_ago",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN COALESCE("t0"."trial_ends_on", "t0"."started_on") <= $as_of
      THEN COALESCE(
        CASE
          WHEN CAST(CAST(COALESCE("t0"."trial_ends_on", "t0"."started_on") AS TIMESTAMP) + TO_MONTHS(
            CAST(FLOOR(
              (
                (
                  (
                    (
                      EXTRACT(year FROM $as_of) - EXTRACT(year FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                    ) * 12
                  ) + EXTRACT(month FROM $as_of)
                ) - EXTRACT(month FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
              ) / (
                CASE "t0"."billing_interval"
                  WHEN 'month'
                  THEN 1
                  WHEN 'quarter'
                  THEN 3
                  WHEN 'half_year'
                  THEN 6
                  WHEN 'year'
                  THEN 12
                  ELSE CAST(NULL AS TINYINT)
                END
              )
            ) AS BIGINT) * CASE "t0"."billing_interval"
              WHEN 'month'
              THEN 1
              WHEN 'quarter'
              THEN 3
              WHEN 'half_year'
              THEN 6
              WHEN 'year'
              THEN 12
              ELSE CAST(NULL AS TINYINT)
            END
          ) AS DATE) <= $as_of
          THEN CAST(CAST(COALESCE("t0"."trial_ends_on", "t0"."started_on") AS TIMESTAMP) + TO_MONTHS(
            CAST(FLOOR(
              (
                (
                  (
                    (
                      EXTRACT(year FROM $as_of) - EXTRACT(year FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                    ) * 12
                  ) + EXTRACT(month FROM $as_of)
                ) - EXTRACT(month FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
              ) / (
                CASE "t0"."billing_interval"
                  WHEN 'month'
                  THEN 1
                  WHEN 'quarter'
                  THEN 3
                  WHEN 'half_year'
                  THEN 6
                  WHEN 'year'
                  THEN 12
                  ELSE CAST(NULL AS TINYINT)
                END
              )
            ) AS BIGINT) * CASE "t0"."billing_interval"
              WHEN 'month'
              THEN 1
              WHEN 'quarter'
              THEN 3
              WHEN 'half_year'
              THEN 6
              WHEN 'year'
              THEN 12
              ELSE CAST(NULL AS TINYINT)
            END
          ) AS DATE)
          ELSE CAST(CAST(COALESCE("t0"."trial_ends_on", "t0"."started_on") AS TIMESTAMP) + TO_MONTHS(
            (
              CAST(FLOOR(
                (
                  (
                    (
                      (
                        EXTRACT(year FROM $as_of) - EXTRACT(year FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                      ) * 12
                    ) + EXTRACT(month FROM $as_of)
                  ) - EXTRACT(month FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                ) / (
                  CASE "t0"."billing_interval"
                    WHEN 'month'
                    THEN 1
                    WHEN 'quarter'
                    THEN 3
                    WHEN 'half_year'
                    THEN 6
                    WHEN 'year'
                    THEN 12
                    ELSE CAST(NULL AS TINYINT)
                  END
                )
              ) AS BIGINT) * CASE "t0"."billing_interval"
                WHEN 'month'
                THEN 1
                WHEN 'quarter'
                THEN 3
                WHEN 'half_year'
                THEN 6
                WHEN 'year'
                THEN 12
                ELSE CAST(NULL AS TINYINT)
              END
            ) - CASE "t0"."billing_interval"
              WHEN 'month'
              THEN 1
              WHEN 'quarter'
              THEN 3
              WHEN 'half_year'
              THEN 6
              WHEN 'year'
              THEN 12
              ELSE CAST(NULL AS TINYINT)
            END
          ) AS DATE)
        END,
        CAST(CAST($as_of AS TIMESTAMP) + TO_DAYS(
          -(
            DATE_DIFF('DAY', COALESCE("t0"."trial_ends_on", "t0"."started_on"), $as_of) % CASE "t0"."billing_interval"
              WHEN 'day'
              THEN 1
              WHEN 'week'
              THEN 7
              ELSE CAST(NULL AS TINYINT)
            END
          )
        ) AS DATE)
      )
      ELSE CAST(NULL AS DATE)
    END,
    $as_of
  ) AS "renewed_days_ago",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN (
        COALESCE("t0"."trial_ends_on", "t0"."started_on") > $as_of
      )
      AND "t0"."billing_interval" IN ('month', 'quarter', 'half_year', 'year', 'day', 'week')
      THEN COALESCE("t0"."trial_ends_on", "t0"."started_on")
      ELSE COALESCE(
        CASE
          WHEN CAST(CAST(COALESCE("t0"."trial_ends_on", "t0"."started_on") AS TIMESTAMP) + TO_MONTHS(
            CAST(FLOOR(
              (
                (
                  (
                    (
                      EXTRACT(year FROM $as_of) - EXTRACT(year FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                    ) * 12
                  ) + EXTRACT(month FROM $as_of)
                ) - EXTRACT(month FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
              ) / (
                CASE "t0"."billing_interval"
                  WHEN 'month'
                  THEN 1
                  WHEN 'quarter'
                  THEN 3
                  WHEN 'half_year'
                  THEN 6
                  WHEN 'year'
                  THEN 12
                  ELSE CAST(NULL AS TINYINT)
                END
              )
            ) AS BIGINT) * CASE "t0"."billing_interval"
              WHEN 'month'
              THEN 1
              WHEN 'quarter'
              THEN 3
              WHEN 'half_year'
              THEN 6
              WHEN 'year'
              THEN 12
              ELSE CAST(NULL AS TINYINT)
            END
          ) AS DATE) > $as_of
          THEN CAST(CAST(COALESCE("t0"."trial_ends_on", "t0"."started_on") AS TIMESTAMP) + TO_MONTHS(
            CAST(FLOOR(
              (
                (
                  (
                    (
                      EXTRACT(year FROM $as_of) - EXTRACT(year FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                    ) * 12
                  ) + EXTRACT(month FROM $as_of)
                ) - EXTRACT(month FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
              ) / (
                CASE "t0"."billing_interval"
                  WHEN 'month'
                  THEN 1
                  WHEN 'quarter'
                  THEN 3
                  WHEN 'half_year'
                  THEN 6
                  WHEN 'year'
                  THEN 12
                  ELSE CAST(NULL AS TINYINT)
                END
              )
            ) AS BIGINT) * CASE "t0"."billing_interval"
              WHEN 'month'
              THEN 1
              WHEN 'quarter'
              THEN 3
              WHEN 'half_year'
              THEN 6
              WHEN 'year'
              THEN 12
              ELSE CAST(NULL AS TINYINT)
            END
          ) AS DATE)
          ELSE CAST(CAST(COALESCE("t0"."trial_ends_on", "t0"."started_on") AS TIMESTAMP) + TO_MONTHS(
            (
              CAST(FLOOR(
                (
                  (
                    (
                      (
                        EXTRACT(year FROM $as_of) - EXTRACT(year FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                      ) * 12
                    ) + EXTRACT(month FROM $as_of)
                  ) - EXTRACT(month FROM COALESCE("t0"."trial_ends_on", "t0"."started_on"))
                ) / (
                  CASE "t0"."billing_interval"
                    WHEN 'month'
                    THEN 1
                    WHEN 'quarter'
                    THEN 3
                    WHEN 'half_year'
                    THEN 6
                    WHEN 'year'
                    THEN 12
                    ELSE CAST(NULL AS TINYINT)
                  END
                )
              ) AS BIGINT) * CASE "t0"."billing_interval"
                WHEN 'month'
                THEN 1
                WHEN 'quarter'
                THEN 3
                WHEN 'half_year'
                THEN 6
                WHEN 'year'
                THEN 12
                ELSE CAST(NULL AS TINYINT)
              END
            ) + CASE "t0"."billing_interval"
              WHEN 'month'
              THEN 1
              WHEN 'quarter'
              THEN 3
              WHEN 'half_year'
              THEN 6
              WHEN 'year'
              THEN 12
              ELSE CAST(NULL AS TINYINT)
            END
          ) AS DATE)
        END,
        CAST(CAST($as_of AS TIMESTAMP) + TO_DAYS(
          CASE "t0"."billing_interval"
            WHEN 'day'
            THEN 1
            WHEN 'week'
            THEN 7
            ELSE CAST(NULL AS TINYINT)
          END - (
            DATE_DIFF('DAY', COALESCE("t0"."trial_ends_on", "t0"."started_on"), $as_of) % CASE "t0"."billing_interval"
              WHEN 'day'
              THEN 1
              WHEN 'week'
              THEN 7
              ELSE CAST(NULL AS TINYINT)
            END
          )
        ) AS DATE)
      )
    END,
    $as_of
  ) AS "renewal_days_ago"
FROM "state" AS "t0"
),
"subscription_state" AS (
WITH "t2" AS (
  SELECT
    *
  FROM "state_and_renewal" AS "t0"
  WHERE
    "t0"."paid_days_ago" IS NOT NULL
)
SELECT
  "t11".*
  EXCLUDE ("of_subscription")
FROM (
  SELECT
    "t1"."subscription_id",
    "t1"."account_id",
    "t1"."plan",
    "t1"."billing_interval",
    "t1"."mrr",
    "t1"."quantity",
    "t1"."started_at",
    "t1"."started_on",
    "t1"."started_days_ago",
    "t1"."trial_ends_at",
    "t1"."trial_ends_on",
    "t1"."trial_ends_days_ago",
    "t1"."cancel_requested_at",
    "t1"."cancel_requested_on",
    "t1"."cancel_requested_days_ago",
    "t1"."ends_at",
    "t1"."ends_on",
    "t1"."ends_days_ago",
    "t1"."ended_at",
    "t1"."ended_on",
    "t1"."ended_days_ago",
    "t1"."end_reason",
    "t1"."feedback",
    "t1"."days_ago",
    "t1"."start_mrr",
    "t1"."start_quantity",
    "t1"."freed_days_ago",
    "t1"."discount_share",
    "t1"."discount_end_days_ago",
    "t1"."withdrawn_days_ago",
    "t1"."status_days_ago",
    "t1"."status_until_days_ago",
    "t1"."priced_days_ago",
    "t1"."status",
    "t1"."highest_mrr",
    "t1"."mrr_28d_ago",
    "t1"."quantity_28d_ago",
    "t1"."status_28d_ago",
    "t1"."mrr_91d_ago",
    "t1"."quantity_91d_ago",
    "t1"."status_91d_ago",
    "t1"."live",
    "t1"."in_trial",
    "t1"."paying",
    "t1"."paid_days_ago",
    "t1"."left_days_ago",
    "t1"."renewed_days_ago",
    "t1"."renewal_days_ago",
    "t10"."of_subscription",
    "t10"."gap_days"
  FROM "state_and_renewal" AS "t1"
  LEFT OUTER JOIN (
    SELECT
      *
    FROM (
      SELECT
        "t4"."subscription_id" AS "of_subscription",
        MIN(COALESCE("t4"."left_days_ago", -1)) OVER (
          PARTITION BY "t4"."account_id"
          ORDER BY "t4"."paid_days_ago" DESC, "t4"."subscription_id" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 preceding
        ) - "t4"."paid_days_ago" AS "gap_days"
      FROM "t2" AS "t4"
      SEMI JOIN (
        SELECT
          *
        FROM (
          SELECT
            "t3"."account_id",
            COUNT(*) AS "number"
          FROM "t2" AS "t3"
          GROUP BY
            1
        ) AS "t5"
        WHERE
          "t5"."number" > 1
      ) AS "t7"
        ON "t4"."account_id" = "t7"."account_id"
    ) AS "t8"
    WHERE
      "t8"."gap_days" > 0
  ) AS "t10"
    ON "t1"."subscription_id" = "t10"."of_subscription"
) AS "t11"
),
"recent_invoices" AS (
SELECT
  "t7".*
  EXCLUDE ("of_invoice")
FROM (
  SELECT
    "t4"."invoice_id",
    "t4"."account_id",
    "t4"."subscription_id",
    "t4"."issued_at",
    "t4"."issued_on",
    "t4"."issued_days_ago",
    "t4"."due_at",
    "t4"."due_on",
    "t4"."due_days_ago",
    "t4"."amount",
    "t4"."paid_at",
    "t4"."paid_on",
    "t4"."paid_days_ago",
    "t4"."closed_at",
    "t4"."closed_on",
    "t4"."closed_days_ago",
    "t4"."closed_as",
    "t4"."days_ago",
    "t4"."open",
    "t4"."charged",
    "t6"."of_invoice",
    "t6"."failed_attempts",
    "t6"."last_failed_days_ago"
  FROM (
    SELECT
      "t0"."invoice_id",
      "t0"."account_id",
      "t0"."subscription_id",
      "t0"."issued_at",
      "t0"."issued_on",
      "t0"."issued_days_ago",
      "t0"."due_at",
      "t0"."due_on",
      "t0"."due_days_ago",
      "t0"."amount",
      "t0"."paid_at",
      "t0"."paid_on",
      "t0"."paid_days_ago",
      "t0"."closed_at",
      "t0"."closed_on",
      "t0"."closed_days_ago",
      "t0"."closed_as",
      "t0"."days_ago",
      (
        "t0"."paid_at" IS NULL
      )
      AND (
        "t0"."closed_at" IS NULL
      )
      AND (
        "t0"."amount" > 0
      ) AS "open",
      COALESCE("t0"."closed_as" <> 'void', TRUE) AND (
        "t0"."amount" > 0
      ) AS "charged"
    FROM "known_invoices" AS "t0"
    WHERE
      "t0"."days_ago" < 365
  ) AS "t4"
  LEFT OUTER JOIN (
    SELECT
      "t2"."invoice_id" AS "of_invoice",
      COUNT(*) AS "failed_attempts",
      MIN("t2"."days_ago") AS "last_failed_days_ago"
    FROM (
      SELECT
        *
      FROM "known_payments" AS "t1"
      WHERE
        NOT (
          "t1"."succeeded"
        ) AND "t1"."days_ago" < 91
    ) AS "t2"
    GROUP BY
      1
  ) AS "t6"
    ON "t4"."invoice_id" = "t6"."of_invoice"
) AS "t7"
),
"recent_payments" AS (
SELECT
  *
FROM "known_payments" AS "t0"
WHERE
  "t0"."days_ago" < 365
),
"usage_by_event" AS (
SELECT
  "t2"."account_id",
  "t2"."event",
  "t2"."quantity_7d",
  "t2"."quantity_28d",
  "t2"."quantity_previous_28d",
  "t2"."quantity_91d",
  "t2"."last_days_ago",
  "t2"."first_days_ago",
  "t2"."users_28d",
  "t2"."users_previous_28d",
  "t2"."days",
  CASE "t2"."event" WHEN 'signed_in' THEN 'login' ELSE CAST(NULL AS TEXT) END AS "role",
  0 AS "setup_events"
FROM (
  SELECT
    "t1"."account_id",
    "t1"."event",
    SUM(CASE WHEN "t1"."days_ago" BETWEEN 0 AND 6 THEN "t1"."quantity" ELSE 0.0 END) AS "quantity_7d",
    SUM(CASE WHEN "t1"."days_ago" BETWEEN 0 AND 27 THEN "t1"."quantity" ELSE 0.0 END) AS "quantity_28d",
    SUM(CASE WHEN "t1"."days_ago" BETWEEN 28 AND 55 THEN "t1"."quantity" ELSE 0.0 END) AS "quantity_previous_28d",
    SUM("t1"."quantity") AS "quantity_91d",
    MIN(CAST("t1"."days_ago" AS SMALLINT)) AS "last_days_ago",
    MAX(CAST("t1"."days_ago" AS SMALLINT)) AS "first_days_ago",
    MAX(
      CASE
        WHEN "t1"."days_ago" BETWEEN 0 AND 27
        THEN "t1"."users"
        ELSE CAST(NULL AS BIGINT)
      END
    ) AS "users_28d",
    MAX(
      CASE
        WHEN "t1"."days_ago" BETWEEN 28 AND 55
        THEN "t1"."users"
        ELSE CAST(NULL AS BIGINT)
      END
    ) AS "users_previous_28d",
    BIT_OR(
      CASE
        WHEN "t1"."days_ago" < 62
        THEN CAST(1 AS BIGINT) << LEAST("t1"."days_ago", 61)
        ELSE 0
      END
    ) AS "days"
  FROM (
    SELECT
      *
    FROM "known_usage" AS "t0"
    WHERE
      "t0"."days_ago" < 91
  ) AS "t1"
  GROUP BY
    1,
    2
) AS "t2"
),
"ordered_tickets" AS (
SELECT
  "t4"."ticket_id",
  "t4"."account_id",
  "t4"."opened_at",
  "t4"."opened_on",
  "t4"."opened_days_ago",
  "t4"."first_reply_at",
  "t4"."first_reply_on",
  "t4"."first_reply_days_ago",
  "t4"."resolved_at",
  "t4"."resolved_on",
  "t4"."resolved_days_ago",
  "t4"."reopened_at",
  "t4"."reopened_on",
  "t4"."reopened_days_ago",
  "t4"."channel",
  "t4"."severity",
  "t4"."rated_at",
  "t4"."rated_on",
  "t4"."rated_days_ago",
  "t4"."satisfaction",
  "t4"."days_ago",
  (
    "t4"."resolved_at" IS NULL
  )
  OR COALESCE("t4"."reopened_at" > "t4"."resolved_at", FALSE) AS "open",
  "t7"."start_days_ago" - "t4"."days_ago" AS "days_after_start"
FROM (
  SELECT
    *
  FROM "known_tickets" AS "t0"
  WHERE
    "t0"."days_ago" < 365
) AS "t4"
LEFT OUTER JOIN (
  SELECT
    *
  FROM (
    SELECT
      "t3"."account_id" AS "started_by",
      MAX("t3"."started_days_ago") AS "start_days_ago"
    FROM (
      SELECT
        *
      FROM "known_subscriptions" AS "t1"
      WHERE
        "t1"."mrr" > 0
    ) AS "t3"
    GROUP BY
      1
  ) AS "t5"
  WHERE
    "t5"."start_days_ago" < 91
) AS "t7"
  ON "t4"."account_id" = "t7"."started_by"
),
"ordered_feedback" AS (
SELECT
  "t3"."account_id",
  "t3"."given_at",
  "t3"."given_on",
  "t3"."given_days_ago",
  "t3"."kind",
  "t3"."score",
  "t3"."topic",
  "t3"."answered_at",
  "t3"."answered_on",
  "t3"."answered_days_ago",
  "t3"."days_ago",
  (
    "t3"."kind" = 'request'
  )
  AND (
    (
      "t5"."last_answer" IS NULL
    ) OR (
      "t3"."given_at" > "t5"."last_answer"
    )
  ) AS "silent"
FROM (
  SELECT
    *
  FROM "known_feedback" AS "t0"
  WHERE
    "t0"."days_ago" < 365
) AS "t3"
LEFT OUTER JOIN (
  SELECT
    "t2"."account_id" AS "answered_by",
    MAX("t2"."given_at") AS "last_answer"
  FROM (
    SELECT
      *
    FROM "known_feedback" AS "t0"
    WHERE
      "t0"."days_ago" < 365 AND "t0"."kind" <> 'request'
  ) AS "t2"
  GROUP BY
    1
) AS "t5"
  ON "t3"."account_id" = "t5"."answered_by"
),
"outreach_with_success" AS (
SELECT
  "t0"."account_id",
  "t0"."contacted_at",
  "t0"."contacted_on",
  "t0"."contacted_days_ago",
  "t0"."play",
  "t0"."list_as_of",
  "t0"."list_as_of_days_ago",
  "t0"."outcome_at",
  "t0"."outcome_on",
  "t0"."outcome_days_ago",
  "t0"."outcome",
  "t0"."days_ago",
  NOT (
    "t0"."outcome" IN ('no_answer', 'no_show')
  ) AS "reached",
  "t0"."outcome" IN ('no_answer', 'no_show')
  AND (
    (
      MAX(
        CASE
          WHEN NOT (
            "t0"."outcome" IN ('no_answer', 'no_show')
          )
          THEN "t0"."contacted_at"
          ELSE CAST(NULL AS TIMESTAMP)
        END
      ) OVER (
        PARTITION BY "t0"."account_id"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) IS NULL
    )
    OR (
      "t0"."contacted_at" > MAX(
        CASE
          WHEN NOT (
            "t0"."outcome" IN ('no_answer', 'no_show')
          )
          THEN "t0"."contacted_at"
          ELSE CAST(NULL AS TIMESTAMP)
        END
      ) OVER (
        PARTITION BY "t0"."account_id"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      )
    )
  ) AS "in_vain"
FROM "known_outreach" AS "t0"
),
"from_subscriptions" AS (
SELECT
  "t0"."account_id",
  BOOL_OR(CAST("t0"."paying" AS BOOLEAN)) AS "pays",
  BOOL_AND(
    CAST(CASE WHEN "t0"."paying" THEN "t0"."cancel_requested_at" IS NOT NULL ELSE NULL END AS BOOLEAN)
  ) AS "announced",
  SUM(CASE WHEN "t0"."paying" THEN "t0"."mrr" ELSE NULL END) AS "mrr_now",
  MAX("t0"."paid_days_ago") AS "tenure_days",
  SUM(CASE WHEN "t0"."paying" THEN "t0"."quantity" ELSE NULL END) AS "seats",
  MAX(CASE WHEN "t0"."start_mrr" > 0 THEN "t0"."started_days_ago" ELSE NULL END) AS "first_start_days_ago",
  FIRST(
    "t0"."plan" ORDER BY {'started_at': "t0"."started_at", 'subscription_id': "t0"."subscription_id"} DESC
  ) FILTER(WHERE
    "t0"."paying") AS "plan",
  SUM("t0"."quantity_91d_ago") AS "seats_91d_ago",
  COUNT(CASE WHEN "t0"."paying" THEN 1 ELSE NULL END) AS "subscriptions_active",
  FIRST(
    "t0"."billing_interval" ORDER BY {'started_at': "t0"."started_at", 'subscription_id': "t0"."subscription_id"} DESC
  ) FILTER(WHERE
    "t0"."paying") AS "billing_interval",
  FIRST(
    CASE "t0"."billing_interval"
      WHEN 'day'
      THEN 1
      WHEN 'week'
      THEN 7
      WHEN 'month'
      THEN 30
      WHEN 'quarter'
      THEN 90
      WHEN 'half_year'
      THEN 180
      WHEN 'year'
      THEN 360
      ELSE CAST(NULL AS SMALLINT)
    END ORDER BY {'ended_at': "t0"."ended_at", 'subscription_id': "t0"."subscription_id"} DESC
  ) FILTER(WHERE
    (
      "t0"."ended_at" IS NOT NULL
    ) AND (
      "t0"."paid_days_ago" IS NOT NULL
    )) AS "interval_days_before",
  -(
    MAX(
      CASE
        WHEN "t0"."paying"
        AND NOT (
          COALESCE("t0"."ends_days_ago" >= "t0"."renewal_days_ago", FALSE)
        )
        THEN "t0"."renewal_days_ago"
        ELSE NULL
      END
    )
  ) AS "days_to_renewal",
  MIN(CASE WHEN "t0"."paying" THEN "t0"."renewed_days_ago" ELSE NULL END) AS "days_since_renewal",
  COALESCE(
    MAX(
      CASE
        WHEN "t0"."paid_days_ago" IS NOT NULL
        THEN "t0"."started_days_ago" - "t0"."trial_ends_days_ago"
        ELSE NULL
      END
    ),
    0
  ) AS "trial_days",
  CAST(COALESCE(BOOL_OR(CAST("t0"."live" AND "t0"."in_trial" AS BOOLEAN)), FALSE) AS TINYINT) AS "in_trial",
  COUNT(CASE WHEN "t0"."gap_days" > 7 THEN 1 ELSE NULL END) AS "earlier_spells",
  MIN(CASE WHEN "t0"."gap_days" > 7 THEN "t0"."paid_days_ago" ELSE NULL END) AS "days_since_return",
  CAST(BOOL_OR(
    CAST(CASE WHEN "t0"."paying" THEN "t0"."status" = 'paused' ELSE NULL END AS BOOLEAN)
  ) AS TINYINT) AS "paused",
  MAX(
    CASE
      WHEN "t0"."paying" AND (
        "t0"."status" = 'paused'
      )
      THEN "t0"."status_days_ago"
      ELSE NULL
    END
  ) AS "paused_days",
  -(
    MAX(
      CASE
        WHEN "t0"."paying"
        AND (
          "t0"."status" = 'paused'
        )
        AND (
          "t0"."status_until_days_ago" < 0
        )
        THEN "t0"."status_until_days_ago"
        ELSE NULL
      END
    )
  ) AS "days_to_pause_end",
  COALESCE(
    SUM(
      CASE
        WHEN "t0"."paying" AND (
          "t0"."cancel_requested_at" IS NOT NULL
        )
        THEN "t0"."mrr"
        ELSE NULL
      END
    ),
    0
  ) AS "mrr_requested",
  SUM(CASE WHEN "t0"."paying" THEN "t0"."mrr" ELSE NULL END) AS "mrr",
  -(
    MAX(
      CASE
        WHEN "t0"."paying" AND (
          "t0"."ends_days_ago" < 0
        )
        THEN "t0"."ends_days_ago"
        ELSE NULL
      END
    )
  ) AS "days_to_announced_end",
  SUM("t0"."mrr_28d_ago") AS "mrr_28d_ago",
  SUM("t0"."mrr_91d_ago") AS "mrr_91d_ago",
  SUM(CASE WHEN "t0"."paying" THEN "t0"."highest_mrr" ELSE NULL END) AS "highest_mrr",
  MAX(
    CASE
      WHEN "t0"."paying"
      THEN CASE WHEN "t0"."discount_end_days_ago" >= 0 THEN 0.0 ELSE "t0"."discount_share" END
      ELSE NULL
    END
  ) AS "discount_share",
  -(
    MAX(
      CASE
        WHEN "t0"."paying"
        AND (
          "t0"."discount_share" > 0
        )
        AND (
          "t0"."discount_end_days_ago" < 0
        )
        THEN "t0"."discount_end_days_ago"
        ELSE NULL
      END
    )
  ) AS "days_to_discount_end",
  MIN(
    CASE
      WHEN "t0"."paying"
      THEN GREATEST(
        CASE
          WHEN "t0"."discount_end_days_ago" >= 0
          THEN "t0"."discount_end_days_ago"
          ELSE CAST(NULL AS BIGINT)
        END,
        CASE
          WHEN "t0"."discount_share" = 0
          THEN "t0"."withdrawn_days_ago"
          ELSE CAST(NULL AS BIGINT)
        END
      )
      ELSE NULL
    END
  ) AS "days_since_discount_end",
  CAST(BOOL_OR(
    CAST(CASE WHEN "t0"."paying" THEN "t0"."status" = 'past_due' ELSE NULL END AS BOOLEAN)
  ) AS TINYINT) AS "past_due",
  MAX(
    CASE
      WHEN "t0"."paying" AND (
        "t0"."status" = 'past_due'
      )
      THEN "t0"."status_days_ago"
      ELSE NULL
    END
  ) AS "past_due_days"
FROM "subscription_state" AS "t0"
GROUP BY
  1
),
"paying_accounts" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  "t0"."tenure_days",
  "t0"."seats",
  "t0"."first_start_days_ago",
  "t0"."plan",
  "t0"."seats_91d_ago",
  "t0"."subscriptions_active",
  "t0"."billing_interval",
  "t0"."interval_days_before",
  "t0"."days_to_renewal",
  "t0"."days_since_renewal",
  "t0"."trial_days",
  "t0"."in_trial",
  "t0"."earlier_spells",
  "t0"."days_since_return",
  "t0"."paused",
  "t0"."paused_days",
  "t0"."days_to_pause_end",
  "t0"."mrr_requested",
  "t0"."mrr",
  "t0"."days_to_announced_end",
  "t0"."mrr_28d_ago",
  "t0"."mrr_91d_ago",
  "t0"."highest_mrr",
  "t0"."discount_share",
  "t0"."days_to_discount_end",
  "t0"."days_since_discount_end",
  "t0"."past_due",
  "t0"."past_due_days"
FROM "from_subscriptions" AS "t0"
WHERE
  "t0"."pays"
),
"from_accounts" AS (
SELECT
  "t1"."account_id" AS "accounts_account_id",
  "t1"."created_days_ago",
  "t1"."industry",
  "t1"."country",
  "t1"."size",
  "t1"."acquisition_channel"
FROM (
  SELECT
    "t0"."account_id",
    MAX("t0"."created_days_ago") AS "created_days_ago",
    MAX("t0"."industry") AS "industry",
    MAX("t0"."country") AS "country",
    MAX("t0"."size") AS "size",
    MAX("t0"."channel") AS "acquisition_channel"
  FROM "known_accounts" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_feedback" AS (
SELECT
  "t1"."account_id" AS "feedback_account_id",
  "t1"."days_since_feedback",
  "t1"."feedback_answers_365d",
  "t1"."nps_last",
  "t1"."nps_points",
  "t1"."nps_answers",
  "t1"."csat_last",
  "t1"."csat_points",
  "t1"."csat_answers",
  "t1"."feedback_unanswered_days",
  "t1"."survey_requests_unanswered",
  "t1"."survey_silence_days",
  "t1"."feedback_topic_repeats_365d"
FROM (
  SELECT
    "t0"."account_id",
    MIN(CASE WHEN "t0"."kind" <> 'request' THEN "t0"."days_ago" ELSE NULL END) AS "days_since_feedback",
    COUNT(CASE WHEN "t0"."kind" <> 'request' THEN 1 ELSE NULL END) AS "feedback_answers_365d",
    FIRST("t0"."score" ORDER BY "t0"."given_at" DESC) FILTER(WHERE
      "t0"."kind" = 'nps') AS "nps_last",
    CAST(SUM(
      CASE
        WHEN "t0"."kind" = 'nps'
        THEN TRY_CAST("t0"."score" AS DECIMAL(18, 4))
        ELSE NULL
      END
    ) AS DOUBLE) AS "nps_points",
    COUNT(
      CASE
        WHEN "t0"."kind" = 'nps'
        THEN TRY_CAST("t0"."score" AS DECIMAL(18, 4))
        ELSE NULL
      END
    ) AS "nps_answers",
    FIRST("t0"."score" ORDER BY "t0"."given_at" DESC) FILTER(WHERE
      "t0"."kind" = 'csat') AS "csat_last",
    CAST(SUM(
      CASE
        WHEN "t0"."kind" = 'csat'
        THEN TRY_CAST("t0"."score" AS DECIMAL(18, 4))
        ELSE NULL
      END
    ) AS DOUBLE) AS "csat_points",
    COUNT(
      CASE
        WHEN "t0"."kind" = 'csat'
        THEN TRY_CAST("t0"."score" AS DECIMAL(18, 4))
        ELSE NULL
      END
    ) AS "csat_answers",
    MAX(
      CASE
        WHEN (
          "t0"."kind" = 'survey'
        )
        AND (
          "t0"."answered_at" IS NULL
        )
        AND (
          "t0"."days_ago" < 182
        )
        THEN "t0"."days_ago"
        ELSE NULL
      END
    ) AS "feedback_unanswered_days",
    COUNT(CASE WHEN "t0"."silent" THEN 1 ELSE NULL END) AS "survey_requests_unanswered",
    MAX(CASE WHEN "t0"."silent" THEN "t0"."days_ago" ELSE NULL END) AS "survey_silence_days",
    COUNT(CASE WHEN "t0"."kind" <> 'request' THEN "t0"."topic" ELSE NULL END) - COUNT(DISTINCT "t0"."topic") FILTER(WHERE
      "t0"."kind" <> 'request') AS "feedback_topic_repeats_365d"
  FROM "ordered_feedback" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_invoices" AS (
SELECT
  "t1"."account_id" AS "invoices_account_id",
  "t1"."last_invoice_365d",
  "t1"."invoiced_365d",
  "t1"."invoices_365d",
  "t1"."credits_365d",
  "t1"."open_invoices",
  "t1"."overdue_amount",
  "t1"."days_overdue",
  "t1"."late_payment_days_182d",
  "t1"."uncollectible_invoices_365d",
  "t1"."failed_attempts_on_open",
  "t1"."failed_lately_on_open"
FROM (
  SELECT
    "t0"."account_id",
    FIRST(
      "t0"."amount" ORDER BY {'issued_at': "t0"."issued_at", 'invoice_id': "t0"."invoice_id"} DESC
    ) FILTER(WHERE
      "t0"."charged") AS "last_invoice_365d",
    SUM(CASE WHEN "t0"."charged" THEN "t0"."amount" ELSE NULL END) AS "invoiced_365d",
    COUNT(CASE WHEN "t0"."charged" THEN 1 ELSE NULL END) AS "invoices_365d",
    COUNT(CASE WHEN "t0"."amount" < 0 THEN 1 ELSE NULL END) AS "credits_365d",
    COUNT(CASE WHEN "t0"."open" THEN 1 ELSE NULL END) AS "open_invoices",
    COALESCE(
      SUM(
        CASE
          WHEN "t0"."open" AND (
            "t0"."due_days_ago" > 0
          )
          THEN "t0"."amount"
          ELSE NULL
        END
      ),
      0
    ) AS "overdue_amount",
    COALESCE(
      MAX(
        CASE
          WHEN "t0"."open" AND (
            "t0"."due_days_ago" > 0
          )
          THEN "t0"."due_days_ago"
          ELSE NULL
        END
      ),
      0
    ) AS "days_overdue",
    AVG(
      CASE
        WHEN (
          "t0"."paid_at" IS NOT NULL
        ) AND (
          "t0"."days_ago" < 182
        )
        THEN CASE
          WHEN (
            "t0"."due_days_ago" - "t0"."paid_days_ago"
          ) IS NULL
          THEN "t0"."due_days_ago" - "t0"."paid_days_ago"
          ELSE GREATEST(0, "t0"."due_days_ago" - "t0"."paid_days_ago")
        END
        ELSE NULL
      END
    ) AS "late_payment_days_182d",
    COUNT(CASE WHEN "t0"."closed_as" = 'uncollectible' THEN 1 ELSE NULL END) AS "uncollectible_invoices_365d",
    COALESCE(SUM(CASE WHEN "t0"."open" THEN "t0"."failed_attempts" ELSE NULL END), 0) AS "failed_attempts_on_open",
    COUNT(
      CASE
        WHEN "t0"."open" AND (
          "t0"."last_failed_days_ago" < 28
        )
        THEN 1
        ELSE NULL
      END
    ) AS "failed_lately_on_open"
  FROM "recent_invoices" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_outreach" AS (
SELECT
  "t1"."account_id" AS "outreach_account_id",
  "t1"."contacts_28d",
  "t1"."contacts_91d",
  "t1"."days_since_contact",
  "t1"."days_since_reached",
  "t1"."reached_share_182d",
  "t1"."contacts_in_vain",
  "t1"."no_shows_182d"
FROM (
  SELECT
    "t0"."account_id",
    COUNT(CASE WHEN "t0"."days_ago" < 28 THEN 1 ELSE NULL END) AS "contacts_28d",
    COUNT(CASE WHEN "t0"."days_ago" < 91 THEN 1 ELSE NULL END) AS "contacts_91d",
    MIN("t0"."days_ago") AS "days_since_contact",
    MIN(CASE WHEN "t0"."reached" THEN "t0"."days_ago" ELSE NULL END) AS "days_since_reached",
    COUNT(CASE WHEN (
      "t0"."days_ago" < 182
    ) AND "t0"."reached" THEN 1 ELSE NULL END) / NULLIF(COUNT(CASE WHEN "t0"."days_ago" < 182 THEN "t0"."reached" ELSE NULL END), 0) AS "reached_share_182d",
    COUNT(CASE WHEN "t0"."in_vain" AND (
      "t0"."days_ago" < 365
    ) THEN 1 ELSE NULL END) AS "contacts_in_vain",
    COUNT(
      CASE
        WHEN (
          "t0"."outcome" = 'no_show'
        ) AND (
          "t0"."days_ago" < 182
        )
        THEN 1
        ELSE NULL
      END
    ) AS "no_shows_182d"
  FROM "outreach_with_success" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_payment_methods" AS (
SELECT
  "t1"."account_id" AS "payment_methods_account_id",
  "t1"."payment_method",
  "t1"."no_payment_method",
  "t1"."payment_method_changes_182d",
  "t1"."days_since_payment_method_added",
  "t1"."days_to_card_expiry"
FROM (
  SELECT
    "t0"."account_id",
    FIRST(
      "t0"."kind" ORDER BY {'added_at': "t0"."added_at", 'payment_method_id': "t0"."payment_method_id"} DESC
    ) FILTER(WHERE
      "t0"."removed_at" IS NULL) AS "payment_method",
    CAST(NOT (
      BOOL_OR(CAST("t0"."removed_at" IS NULL AS BOOLEAN))
    ) AS TINYINT) AS "no_payment_method",
    COUNT(CASE WHEN "t0"."days_ago" < 182 THEN 1 ELSE NULL END) - CAST(MAX("t0"."days_ago") < 182 AS BIGINT) AS "payment_method_changes_182d",
    MIN("t0"."days_ago") AS "days_since_payment_method_added",
    -(
      NULLIF(
        FIRST(
          COALESCE("t0"."expires_days_ago", -1000000) ORDER BY {'added_at': "t0"."added_at", 'payment_method_id': "t0"."payment_method_id"} DESC
        ) FILTER(WHERE
          "t0"."removed_at" IS NULL),
        -1000000
      )
    ) AS "days_to_card_expiry"
  FROM "known_payment_methods" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_payments" AS (
SELECT
  "t1"."account_id" AS "payments_account_id",
  "t1"."failed_payments_91d",
  "t1"."hard_declines_91d",
  "t1"."payment_success_rate_182d",
  "t1"."days_since_failed_payment",
  "t1"."payment_failing"
FROM (
  SELECT
    "t0"."account_id",
    COUNT(
      CASE
        WHEN NOT (
          "t0"."succeeded"
        ) AND (
          "t0"."days_ago" < 91
        )
        THEN 1
        ELSE NULL
      END
    ) AS "failed_payments_91d",
    COUNT(
      CASE
        WHEN COALESCE(
          CASE
            WHEN NOT (
              "t0"."succeeded"
            ) AND (
              "t0"."days_ago" < 91
            )
            THEN "t0"."failure_code" IN (
              'account_closed',
              'bank_account_closed',
              'card_not_supported',
              'currency_not_supported',
              'debit_not_authorized',
              'do_not_try_again',
              'expired_card',
              'incorrect_number',
              'invalid_account',
              'invalid_number',
              'lost_card',
              'pickup_card',
              'restricted_card',
              'revocation_of_all_authorizations',
              'revocation_of_authorization',
              'stolen_card',
              'stop_payment_order',
              'transaction_not_allowed'
            )
            ELSE FALSE
          END,
          FALSE
        )
        THEN 1
        ELSE NULL
      END
    ) AS "hard_declines_91d",
    AVG(
      CASE WHEN "t0"."days_ago" < 182 THEN CAST("t0"."succeeded" AS BIGINT) ELSE NULL END
    ) AS "payment_success_rate_182d",
    MIN(CASE WHEN NOT (
      "t0"."succeeded"
    ) THEN "t0"."days_ago" ELSE NULL END) AS "days_since_failed_payment",
    CASE
      WHEN (
        MAX(CASE WHEN NOT (
          "t0"."succeeded"
        ) THEN "t0"."attempted_at" ELSE NULL END) IS NOT NULL
      )
      OR (
        MAX(CASE WHEN "t0"."succeeded" THEN "t0"."attempted_at" ELSE NULL END) IS NOT NULL
      )
      THEN CAST(COALESCE(
        MAX(CASE WHEN NOT (
          "t0"."succeeded"
        ) THEN "t0"."attempted_at" ELSE NULL END) > MAX(CASE WHEN "t0"."succeeded" THEN "t0"."attempted_at" ELSE NULL END),
        MAX(CASE WHEN NOT (
          "t0"."succeeded"
        ) THEN "t0"."attempted_at" ELSE NULL END) IS NOT NULL
      ) AS DOUBLE)
      ELSE CAST(NULL AS DOUBLE)
    END AS "payment_failing"
  FROM "recent_payments" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_subscription_changes" AS (
SELECT
  "t1"."account_id" AS "subscription_changes_account_id",
  "t1"."plan_changes_182d",
  "t1"."pauses_365d",
  "t1"."days_since_price_rise",
  "t1"."upgrades_182d",
  "t1"."downgrades_182d",
  "t1"."days_since_change",
  "t1"."past_dues_365d"
FROM (
  SELECT
    "t0"."account_id",
    COUNT(
      CASE
        WHEN (
          "t0"."plan" IS NOT NULL
        ) AND (
          "t0"."days_ago" < 182
        )
        THEN 1
        ELSE NULL
      END
    ) AS "plan_changes_182d",
    COUNT(
      CASE
        WHEN "t0"."enters_status"
        AND (
          "t0"."status" = 'paused'
        )
        AND (
          "t0"."days_ago" < 365
        )
        THEN 1
        ELSE NULL
      END
    ) AS "pauses_365d",
    MIN(
      CASE
        WHEN (
          "t0"."mrr" > "t0"."mrr_before"
        ) AND "t0"."same_size"
        THEN "t0"."days_ago"
        ELSE NULL
      END
    ) AS "days_since_price_rise",
    COUNT(
      CASE
        WHEN (
          "t0"."mrr" > "t0"."mrr_before"
        )
        AND NOT (
          "t0"."same_size"
        )
        AND (
          "t0"."days_ago" < 182
        )
        THEN 1
        ELSE NULL
      END
    ) AS "upgrades_182d",
    COUNT(
      CASE
        WHEN (
          "t0"."mrr" < "t0"."mrr_before"
        ) AND (
          "t0"."days_ago" < 182
        )
        THEN 1
        ELSE NULL
      END
    ) AS "downgrades_182d",
    MIN(
      CASE
        WHEN (
          "t0"."mrr" IS NOT NULL
        )
        OR (
          "t0"."plan" IS NOT NULL
        )
        OR (
          "t0"."quantity" IS NOT NULL
        )
        THEN "t0"."days_ago"
        ELSE NULL
      END
    ) AS "days_since_change",
    COUNT(
      CASE
        WHEN "t0"."enters_status"
        AND (
          "t0"."status" = 'past_due'
        )
        AND (
          "t0"."days_ago" < 365
        )
        THEN 1
        ELSE NULL
      END
    ) AS "past_dues_365d"
  FROM "changes_and_before" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_tickets" AS (
SELECT
  "t1"."account_id" AS "tickets_account_id",
  "t1"."tickets_28d",
  "t1"."tickets_after_start",
  "t1"."tickets_91d",
  "t1"."tickets_previous_91d",
  "t1"."days_since_ticket",
  "t1"."severe_tickets_91d",
  "t1"."phone_tickets_91d",
  "t1"."chat_tickets_91d",
  "t1"."open_tickets",
  "t1"."oldest_open_ticket_days",
  "t1"."unreplied_tickets",
  "t1"."oldest_unreplied_ticket_days",
  "t1"."first_reply_hours_91d",
  "t1"."resolution_hours_91d",
  "t1"."earlier_resolution_hours",
  "t1"."reopened_tickets_91d",
  "t1"."tickets_182d",
  "t1"."ticket_days_0",
  "t1"."ticket_days_62",
  "t1"."ticket_days_124",
  "t1"."ticket_days_186",
  "t1"."support_satisfaction_182d",
  "t1"."support_satisfaction_last",
  "t1"."rating_points_365d",
  "t1"."ratings_365d"
FROM (
  SELECT
    "t0"."account_id",
    COUNT(CASE WHEN "t0"."days_ago" < 28 THEN 1 ELSE NULL END) AS "tickets_28d",
    COUNT(CASE WHEN "t0"."days_after_start" BETWEEN 0 AND 27 THEN 1 ELSE NULL END) AS "tickets_after_start",
    COUNT(CASE WHEN "t0"."days_ago" < 91 THEN 1 ELSE NULL END) AS "tickets_91d",
    COUNT(CASE WHEN "t0"."days_ago" BETWEEN 91 AND 181 THEN 1 ELSE NULL END) AS "tickets_previous_91d",
    MIN("t0"."days_ago") AS "days_since_ticket",
    COUNT(
      CASE
        WHEN "t0"."severity" IN ('high', 'urgent') AND (
          "t0"."days_ago" < 91
        )
        THEN 1
        ELSE NULL
      END
    ) AS "severe_tickets_91d",
    COUNT(
      CASE
        WHEN (
          "t0"."channel" = 'phone'
        ) AND (
          "t0"."days_ago" < 91
        )
        THEN 1
        ELSE NULL
      END
    ) AS "phone_tickets_91d",
    COUNT(
      CASE
        WHEN (
          "t0"."channel" = 'chat'
        ) AND (
          "t0"."days_ago" < 91
        )
        THEN 1
        ELSE NULL
      END
    ) AS "chat_tickets_91d",
    COUNT(CASE WHEN "t0"."open" AND (
      "t0"."days_ago" < 182
    ) THEN 1 ELSE NULL END) AS "open_tickets",
    MAX(
      CASE
        WHEN "t0"."open" AND (
          "t0"."days_ago" < 182
        )
        THEN "t0"."days_ago"
        ELSE NULL
      END
    ) AS "oldest_open_ticket_days",
    COUNT(
      CASE
        WHEN "t0"."open"
        AND (
          "t0"."days_ago" < 182
        )
        AND (
          "t0"."first_reply_at" IS NULL
        )
        THEN 1
        ELSE NULL
      END
    ) AS "unreplied_tickets",
    MAX(
      CASE
        WHEN "t0"."open"
        AND (
          "t0"."days_ago" < 182
        )
        AND (
          "t0"."first_reply_at" IS NULL
        )
        THEN "t0"."days_ago"
        ELSE NULL
      END
    ) AS "oldest_unreplied_ticket_days",
    AVG(
      CASE
        WHEN "t0"."days_ago" < 91
        THEN DATE_DIFF('SECOND', "t0"."opened_at", "t0"."first_reply_at")
        ELSE NULL
      END
    ) / 3600.0 AS "first_reply_hours_91d",
    AVG(
      CASE
        WHEN "t0"."days_ago" < 91
        THEN DATE_DIFF('SECOND', "t0"."opened_at", "t0"."resolved_at")
        ELSE NULL
      END
    ) / 3600.0 AS "resolution_hours_91d",
    AVG(
      CASE
        WHEN "t0"."days_ago" BETWEEN 91 AND 364
        THEN DATE_DIFF('SECOND', "t0"."opened_at", "t0"."resolved_at")
        ELSE NULL
      END
    ) / 3600.0 AS "earlier_resolution_hours",
    COUNT(CASE WHEN "t0"."reopened_days_ago" < 91 THEN 1 ELSE NULL END) AS "reopened_tickets_91d",
    COUNT(CASE WHEN "t0"."days_ago" < 182 THEN 1 ELSE NULL END) AS "tickets_182d",
    BIT_OR(
      CASE
        WHEN "t0"."days_ago" BETWEEN 0 AND 61
        THEN CAST(1 AS BIGINT) << CASE
          WHEN CASE
            WHEN (
              "t0"."days_ago" - 0
            ) IS NULL
            THEN "t0"."days_ago" - 0
            ELSE LEAST(61, "t0"."days_ago" - 0)
          END IS NULL
          THEN CASE
            WHEN (
              "t0"."days_ago" - 0
            ) IS NULL
            THEN "t0"."days_ago" - 0
            ELSE LEAST(61, "t0"."days_ago" - 0)
          END
          ELSE GREATEST(
            0,
            CASE
              WHEN (
                "t0"."days_ago" - 0
              ) IS NULL
              THEN "t0"."days_ago" - 0
              ELSE LEAST(61, "t0"."days_ago" - 0)
            END
          )
        END
        ELSE 0
      END
    ) AS "ticket_days_0",
    BIT_OR(
      CASE
        WHEN "t0"."days_ago" BETWEEN 62 AND 123
        THEN CAST(1 AS BIGINT) << CASE
          WHEN CASE
            WHEN (
              "t0"."days_ago" - 62
            ) IS NULL
            THEN "t0"."days_ago" - 62
            ELSE LEAST(61, "t0"."days_ago" - 62)
          END IS NULL
          THEN CASE
            WHEN (
              "t0"."days_ago" - 62
            ) IS NULL
            THEN "t0"."days_ago" - 62
            ELSE LEAST(61, "t0"."days_ago" - 62)
          END
          ELSE GREATEST(
            0,
            CASE
              WHEN (
                "t0"."days_ago" - 62
              ) IS NULL
              THEN "t0"."days_ago" - 62
              ELSE LEAST(61, "t0"."days_ago" - 62)
            END
          )
        END
        ELSE 0
      END
    ) AS "ticket_days_62",
    BIT_OR(
      CASE
        WHEN "t0"."days_ago" BETWEEN 124 AND 185
        THEN CAST(1 AS BIGINT) << CASE
          WHEN CASE
            WHEN (
              "t0"."days_ago" - 124
            ) IS NULL
            THEN "t0"."days_ago" - 124
            ELSE LEAST(61, "t0"."days_ago" - 124)
          END IS NULL
          THEN CASE
            WHEN (
              "t0"."days_ago" - 124
            ) IS NULL
            THEN "t0"."days_ago" - 124
            ELSE LEAST(61, "t0"."days_ago" - 124)
          END
          ELSE GREATEST(
            0,
            CASE
              WHEN (
                "t0"."days_ago" - 124
              ) IS NULL
              THEN "t0"."days_ago" - 124
              ELSE LEAST(61, "t0"."days_ago" - 124)
            END
          )
        END
        ELSE 0
      END
    ) AS "ticket_days_124",
    BIT_OR(
      CASE
        WHEN "t0"."days_ago" BETWEEN 186 AND 247
        THEN CAST(1 AS BIGINT) << CASE
          WHEN CASE
            WHEN (
              "t0"."days_ago" - 186
            ) IS NULL
            THEN "t0"."days_ago" - 186
            ELSE LEAST(61, "t0"."days_ago" - 186)
          END IS NULL
          THEN CASE
            WHEN (
              "t0"."days_ago" - 186
            ) IS NULL
            THEN "t0"."days_ago" - 186
            ELSE LEAST(61, "t0"."days_ago" - 186)
          END
          ELSE GREATEST(
            0,
            CASE
              WHEN (
                "t0"."days_ago" - 186
              ) IS NULL
              THEN "t0"."days_ago" - 186
              ELSE LEAST(61, "t0"."days_ago" - 186)
            END
          )
        END
        ELSE 0
      END
    ) AS "ticket_days_186",
    CAST(SUM(
      CASE
        WHEN "t0"."days_ago" < 182
        THEN TRY_CAST("t0"."satisfaction" AS DECIMAL(18, 4))
        ELSE NULL
      END
    ) AS DOUBLE) / NULLIF(
      COUNT(
        CASE
          WHEN "t0"."days_ago" < 182
          THEN TRY_CAST("t0"."satisfaction" AS DECIMAL(18, 4))
          ELSE NULL
        END
      ),
      0
    ) AS "support_satisfaction_182d",
    FIRST(
      "t0"."satisfaction" ORDER BY {'rated_at': "t0"."rated_at", 'ticket_id': "t0"."ticket_id"} DESC
    ) FILTER(WHERE
      "t0"."satisfaction" IS NOT NULL) AS "support_satisfaction_last",
    CAST(SUM(
      CASE
        WHEN "t0"."satisfaction" IS NOT NULL
        THEN TRY_CAST("t0"."satisfaction" AS DECIMAL(18, 4))
        ELSE NULL
      END
    ) AS DOUBLE) AS "rating_points_365d",
    COUNT(
      CASE
        WHEN "t0"."satisfaction" IS NOT NULL
        THEN TRY_CAST("t0"."satisfaction" AS DECIMAL(18, 4))
        ELSE NULL
      END
    ) AS "ratings_365d"
  FROM "ordered_tickets" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_usage" AS (
SELECT
  "t1"."account_id" AS "usage_account_id",
  "t1"."activity_28d",
  "t1"."activity_7d",
  "t1"."activity_previous_28d",
  "t1"."logins_7d",
  "t1"."logins_28d",
  "t1"."logins_previous_28d",
  "t1"."login_day_bits",
  "t1"."active_day_bits",
  "t1"."first_activity_days_ago",
  "t1"."days_since_activity",
  "t1"."days_since_login",
  "t1"."events_28d",
  "t1"."events_previous_28d",
  "t1"."events_not_in_28d",
  "t1"."users_28d",
  "t1"."users_previous_28d",
  "t1"."functions_91d"
FROM (
  SELECT
    "t0"."account_id",
    SUM("t0"."quantity_28d") AS "activity_28d",
    SUM("t0"."quantity_7d") AS "activity_7d",
    SUM("t0"."quantity_previous_28d") AS "activity_previous_28d",
    SUM(CASE WHEN "t0"."role" = 'login' THEN "t0"."quantity_7d" ELSE 0.0 END) AS "logins_7d",
    SUM(CASE WHEN "t0"."role" = 'login' THEN "t0"."quantity_28d" ELSE 0.0 END) AS "logins_28d",
    SUM(CASE WHEN "t0"."role" = 'login' THEN "t0"."quantity_previous_28d" ELSE 0.0 END) AS "logins_previous_28d",
    BIT_OR(CASE WHEN "t0"."role" = 'login' THEN "t0"."days" ELSE CAST(0 AS BIGINT) END) AS "login_day_bits",
    BIT_OR("t0"."days") AS "active_day_bits",
    MAX("t0"."first_days_ago") AS "first_activity_days_ago",
    MIN("t0"."last_days_ago") AS "days_since_activity",
    MIN(
      CASE
        WHEN "t0"."role" = 'login'
        THEN "t0"."last_days_ago"
        ELSE CAST(NULL AS BIGINT)
      END
    ) AS "days_since_login",
    SUM(
      CASE
        WHEN (
          (
            "t0"."role" IS NULL
          )
          OR NOT (
            "t0"."role" IN (
              'error',
              'search_failed',
              'setup_step',
              'setup_skip',
              'cancel_page',
              'downgrade_page',
              'export',
              'integration_removed',
              'help_view'
            )
          )
        )
        AND (
          "t0"."quantity_28d" > 0
        )
        THEN 1
        ELSE 0
      END
    ) AS "events_28d",
    SUM(
      CASE
        WHEN (
          (
            "t0"."role" IS NULL
          )
          OR NOT (
            "t0"."role" IN (
              'error',
              'search_failed',
              'setup_step',
              'setup_skip',
              'cancel_page',
              'downgrade_page',
              'export',
              'integration_removed',
              'help_view'
            )
          )
        )
        AND (
          "t0"."quantity_previous_28d" > 0
        )
        THEN 1
        ELSE 0
      END
    ) AS "events_previous_28d",
    SUM(
      CASE
        WHEN (
          (
            "t0"."role" IS NULL
          )
          OR NOT (
            "t0"."role" IN (
              'error',
              'search_failed',
              'setup_step',
              'setup_skip',
              'cancel_page',
              'downgrade_page',
              'export',
              'integration_removed',
              'help_view'
            )
          )
        )
        AND (
          "t0"."last_days_ago" >= 28
        )
        THEN 1
        ELSE 0
      END
    ) AS "events_not_in_28d",
    COALESCE(
      MAX("t0"."users_28d"),
      CASE
        WHEN (
          SUM("t0"."quantity_28d") = 0
        )
        AND (
          MAX("t0"."users_previous_28d") IS NOT NULL
        )
        THEN 0
        ELSE CAST(NULL AS BIGINT)
      END
    ) AS "users_28d",
    MAX("t0"."users_previous_28d") AS "users_previous_28d",
    SUM(
      CASE
        WHEN (
          "t0"."role" IS NULL
        )
        OR NOT (
          "t0"."role" IN (
            'error',
            'search_failed',
            'setup_step',
            'setup_skip',
            'cancel_page',
            'downgrade_page',
            'export',
            'integration_removed',
            'help_view'
          )
        )
        THEN 1
        ELSE 0
      END
    ) AS "functions_91d"
  FROM "usage_by_event" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"account" AS (
SELECT
  "t20"."account_id",
  "t20"."announced",
  "t20"."mrr_now",
  "t20"."tenure_days",
  "t20"."seats",
  "t20"."first_start_days_ago",
  "t20"."plan",
  "t20"."seats_91d_ago",
  "t20"."subscriptions_active",
  "t20"."billing_interval",
  "t20"."interval_days_before",
  "t20"."days_to_renewal",
  "t20"."days_since_renewal",
  "t20"."trial_days",
  "t20"."in_trial",
  "t20"."earlier_spells",
  "t20"."days_since_return",
  "t20"."paused",
  "t20"."paused_days",
  "t20"."days_to_pause_end",
  "t20"."mrr_requested",
  "t20"."mrr",
  "t20"."days_to_announced_end",
  "t20"."mrr_28d_ago",
  "t20"."mrr_91d_ago",
  "t20"."highest_mrr",
  "t20"."discount_share",
  "t20"."days_to_discount_end",
  "t20"."days_since_discount_end",
  "t20"."past_due",
  "t20"."past_due_days",
  "t20"."created_days_ago",
  "t20"."industry",
  "t20"."country",
  "t20"."size",
  "t20"."acquisition_channel",
  "t20"."days_since_feedback",
  "t20"."feedback_answers_365d",
  "t20"."nps_last",
  "t20"."nps_points",
  "t20"."nps_answers",
  "t20"."csat_last",
  "t20"."csat_points",
  "t20"."csat_answers",
  "t20"."feedback_unanswered_days",
  "t20"."survey_requests_unanswered",
  "t20"."survey_silence_days",
  "t20"."feedback_topic_repeats_365d",
  "t20"."last_invoice_365d",
  "t20"."invoiced_365d",
  "t20"."invoices_365d",
  "t20"."credits_365d",
  "t20"."open_invoices",
  "t20"."overdue_amount",
  "t20"."days_overdue",
  "t20"."late_payment_days_182d",
  "t20"."uncollectible_invoices_365d",
  "t20"."failed_attempts_on_open",
  "t20"."failed_lately_on_open",
  "t20"."contacts_28d",
  "t20"."contacts_91d",
  "t20"."days_since_contact",
  "t20"."days_since_reached",
  "t20"."reached_share_182d",
  "t20"."contacts_in_vain",
  "t20"."no_shows_182d",
  "t20"."payment_method",
  "t20"."no_payment_method",
  "t20"."payment_method_changes_182d",
  "t20"."days_since_payment_method_added",
  "t20"."days_to_card_expiry",
  "t20"."failed_payments_91d",
  "t20"."hard_declines_91d",
  "t20"."payment_success_rate_182d",
  "t20"."days_since_failed_payment",
  "t20"."payment_failing",
  "t20"."plan_changes_182d",
  "t20"."pauses_365d",
  "t20"."days_since_price_rise",
  "t20"."upgrades_182d",
  "t20"."downgrades_182d",
  "t20"."days_since_change",
  "t20"."past_dues_365d",
  "t20"."tickets_28d",
  "t20"."tickets_after_start",
  "t20"."tickets_91d",
  "t20"."tickets_previous_91d",
  "t20"."days_since_ticket",
  "t20"."severe_tickets_91d",
  "t20"."phone_tickets_91d",
  "t20"."chat_tickets_91d",
  "t20"."open_tickets",
  "t20"."oldest_open_ticket_days",
  "t20"."unreplied_tickets",
  "t20"."oldest_unreplied_ticket_days",
  "t20"."first_reply_hours_91d",
  "t20"."resolution_hours_91d",
  "t20"."earlier_resolution_hours",
  "t20"."reopened_tickets_91d",
  "t20"."tickets_182d",
  "t20"."ticket_days_0",
  "t20"."ticket_days_62",
  "t20"."ticket_days_124",
  "t20"."ticket_days_186",
  "t20"."support_satisfaction_182d",
  "t20"."support_satisfaction_last",
  "t20"."rating_points_365d",
  "t20"."ratings_365d",
  "t20"."activity_28d",
  "t20"."activity_7d",
  "t20"."activity_previous_28d",
  "t20"."logins_7d",
  "t20"."logins_28d",
  "t20"."logins_previous_28d",
  "t20"."login_day_bits",
  "t20"."active_day_bits",
  "t20"."first_activity_days_ago",
  "t20"."days_since_activity",
  "t20"."days_since_login",
  "t20"."events_28d",
  "t20"."events_previous_28d",
  "t20"."events_not_in_28d",
  "t20"."users_28d",
  "t20"."users_previous_28d",
  "t20"."functions_91d",
  DATE_DIFF('DAY', $usage_from, $as_of) + 1 AS "days_of_usage_on_record"
FROM (
  SELECT
    "t10"."account_id",
    "t10"."announced",
    "t10"."mrr_now",
    "t10"."tenure_days",
    "t10"."seats",
    "t10"."first_start_days_ago",
    "t10"."plan",
    "t10"."seats_91d_ago",
    "t10"."subscriptions_active",
    "t10"."billing_interval",
    "t10"."interval_days_before",
    "t10"."days_to_renewal",
    "t10"."days_since_renewal",
    "t10"."trial_days",
    "t10"."in_trial",
    "t10"."earlier_spells",
    "t10"."days_since_return",
    "t10"."paused",
    "t10"."paused_days",
    "t10"."days_to_pause_end",
    "t10"."mrr_requested",
    "t10"."mrr",
    "t10"."days_to_announced_end",
    "t10"."mrr_28d_ago",
    "t10"."mrr_91d_ago",
    "t10"."highest_mrr",
    "t10"."discount_share",
    "t10"."days_to_discount_end",
    "t10"."days_since_discount_end",
    "t10"."past_due",
    "t10"."past_due_days",
    "t11"."created_days_ago",
    "t11"."industry",
    "t11"."country",
    "t11"."size",
    "t11"."acquisition_channel",
    "t12"."days_since_feedback",
    COALESCE("t12"."feedback_answers_365d", 0) AS "feedback_answers_365d",
    "t12"."nps_last",
    "t12"."nps_points",
    "t12"."nps_answers",
    "t12"."csat_last",
    "t12"."csat_points",
    "t12"."csat_answers",
    "t12"."feedback_unanswered_days",
    COALESCE("t12"."survey_requests_unanswered", 0) AS "survey_requests_unanswered",
    "t12"."survey_silence_days",
    COALESCE("t12"."feedback_topic_repeats_365d", 0) AS "feedback_topic_repeats_365d",
    "t13"."last_invoice_365d",
    "t13"."invoiced_365d",
    "t13"."invoices_365d",
    COALESCE("t13"."credits_365d", 0) AS "credits_365d",
    COALESCE("t13"."open_invoices", 0) AS "open_invoices",
    COALESCE("t13"."overdue_amount", 0) AS "overdue_amount",
    COALESCE("t13"."days_overdue", 0) AS "days_overdue",
    "t13"."late_payment_days_182d",
    COALESCE("t13"."uncollectible_invoices_365d", 0) AS "uncollectible_invoices_365d",
    COALESCE("t13"."failed_attempts_on_open", 0) AS "failed_attempts_on_open",
    COALESCE("t13"."failed_lately_on_open", 0) AS "failed_lately_on_open",
    COALESCE("t14"."contacts_28d", 0) AS "contacts_28d",
    COALESCE("t14"."contacts_91d", 0) AS "contacts_91d",
    "t14"."days_since_contact",
    "t14"."days_since_reached",
    "t14"."reached_share_182d",
    COALESCE("t14"."contacts_in_vain", 0) AS "contacts_in_vain",
    COALESCE("t14"."no_shows_182d", 0) AS "no_shows_182d",
    "t15"."payment_method",
    COALESCE("t15"."no_payment_method", 1) AS "no_payment_method",
    COALESCE("t15"."payment_method_changes_182d", 0) AS "payment_method_changes_182d",
    "t15"."days_since_payment_method_added",
    "t15"."days_to_card_expiry",
    COALESCE("t16"."failed_payments_91d", 0) AS "failed_payments_91d",
    COALESCE("t16"."hard_declines_91d", 0) AS "hard_declines_91d",
    "t16"."payment_success_rate_182d",
    "t16"."days_since_failed_payment",
    "t16"."payment_failing",
    COALESCE("t17"."plan_changes_182d", 0) AS "plan_changes_182d",
    COALESCE("t17"."pauses_365d", 0) AS "pauses_365d",
    "t17"."days_since_price_rise",
    COALESCE("t17"."upgrades_182d", 0) AS "upgrades_182d",
    COALESCE("t17"."downgrades_182d", 0) AS "downgrades_182d",
    "t17"."days_since_change",
    COALESCE("t17"."past_dues_365d", 0) AS "past_dues_365d",
    COALESCE("t18"."tickets_28d", 0) AS "tickets_28d",
    COALESCE("t18"."tickets_after_start", 0) AS "tickets_after_start",
    COALESCE("t18"."tickets_91d", 0) AS "tickets_91d",
    COALESCE("t18"."tickets_previous_91d", 0) AS "tickets_previous_91d",
    "t18"."days_since_ticket",
    COALESCE("t18"."severe_tickets_91d", 0) AS "severe_tickets_91d",
    COALESCE("t18"."phone_tickets_91d", 0) AS "phone_tickets_91d",
    COALESCE("t18"."chat_tickets_91d", 0) AS "chat_tickets_91d",
    COALESCE("t18"."open_tickets", 0) AS "open_tickets",
    "t18"."oldest_open_ticket_days",
    COALESCE("t18"."unreplied_tickets", 0) AS "unreplied_tickets",
    "t18"."oldest_unreplied_ticket_days",
    "t18"."first_reply_hours_91d",
    "t18"."resolution_hours_91d",
    "t18"."earlier_resolution_hours",
    COALESCE("t18"."reopened_tickets_91d", 0) AS "reopened_tickets_91d",
    COALESCE("t18"."tickets_182d", 0) AS "tickets_182d",
    COALESCE("t18"."ticket_days_0", 0) AS "ticket_days_0",
    COALESCE("t18"."ticket_days_62", 0) AS "ticket_days_62",
    COALESCE("t18"."ticket_days_124", 0) AS "ticket_days_124",
    COALESCE("t18"."ticket_days_186", 0) AS "ticket_days_186",
    "t18"."support_satisfaction_182d",
    "t18"."support_satisfaction_last",
    "t18"."rating_points_365d",
    COALESCE("t18"."ratings_365d", 0) AS "ratings_365d",
    COALESCE("t19"."activity_28d", 0) AS "activity_28d",
    COALESCE("t19"."activity_7d", 0) AS "activity_7d",
    COALESCE("t19"."activity_previous_28d", 0) AS "activity_previous_28d",
    COALESCE("t19"."logins_7d", 0) AS "logins_7d",
    COALESCE("t19"."logins_28d", 0) AS "logins_28d",
    COALESCE("t19"."logins_previous_28d", 0) AS "logins_previous_28d",
    COALESCE("t19"."login_day_bits", 0) AS "login_day_bits",
    COALESCE("t19"."active_day_bits", 0) AS "active_day_bits",
    "t19"."first_activity_days_ago",
    "t19"."days_since_activity",
    "t19"."days_since_login",
    COALESCE("t19"."events_28d", 0) AS "events_28d",
    COALESCE("t19"."events_previous_28d", 0) AS "events_previous_28d",
    COALESCE("t19"."events_not_in_28d", 0) AS "events_not_in_28d",
    "t19"."users_28d",
    "t19"."users_previous_28d",
    COALESCE("t19"."functions_91d", 0) AS "functions_91d"
  FROM "paying_accounts" AS "t10"
  LEFT OUTER JOIN "from_accounts" AS "t11"
    ON "t10"."account_id" = "t11"."accounts_account_id"
  LEFT OUTER JOIN "from_feedback" AS "t12"
    ON "t10"."account_id" = "t12"."feedback_account_id"
  LEFT OUTER JOIN "from_invoices" AS "t13"
    ON "t10"."account_id" = "t13"."invoices_account_id"
  LEFT OUTER JOIN "from_outreach" AS "t14"
    ON "t10"."account_id" = "t14"."outreach_account_id"
  LEFT OUTER JOIN "from_payment_methods" AS "t15"
    ON "t10"."account_id" = "t15"."payment_methods_account_id"
  LEFT OUTER JOIN "from_payments" AS "t16"
    ON "t10"."account_id" = "t16"."payments_account_id"
  LEFT OUTER JOIN "from_subscription_changes" AS "t17"
    ON "t10"."account_id" = "t17"."subscription_changes_account_id"
  LEFT OUTER JOIN "from_tickets" AS "t18"
    ON "t10"."account_id" = "t18"."tickets_account_id"
  LEFT OUTER JOIN "from_usage" AS "t19"
    ON "t10"."account_id" = "t19"."usage_account_id"
) AS "t20"
),
"level_0" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  "t0"."tenure_days",
  "t0"."seats",
  "t0"."first_start_days_ago",
  "t0"."plan",
  "t0"."seats_91d_ago",
  "t0"."subscriptions_active",
  "t0"."billing_interval",
  "t0"."interval_days_before",
  "t0"."days_to_renewal",
  "t0"."days_since_renewal",
  "t0"."trial_days",
  "t0"."in_trial",
  "t0"."earlier_spells",
  "t0"."days_since_return",
  "t0"."paused",
  "t0"."paused_days",
  "t0"."days_to_pause_end",
  "t0"."mrr_requested",
  "t0"."mrr",
  "t0"."days_to_announced_end",
  "t0"."mrr_28d_ago",
  "t0"."mrr_91d_ago",
  "t0"."highest_mrr",
  "t0"."discount_share",
  "t0"."days_to_discount_end",
  "t0"."days_since_discount_end",
  "t0"."past_due",
  "t0"."past_due_days",
  "t0"."created_days_ago",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."acquisition_channel",
  "t0"."days_since_feedback",
  "t0"."feedback_answers_365d",
  "t0"."nps_last",
  "t0"."nps_points",
  "t0"."nps_answers",
  "t0"."csat_last",
  "t0"."csat_points",
  "t0"."csat_answers",
  "t0"."feedback_unanswered_days",
  "t0"."survey_requests_unanswered",
  "t0"."survey_silence_days",
  "t0"."feedback_topic_repeats_365d",
  "t0"."last_invoice_365d",
  "t0"."invoiced_365d",
  "t0"."invoices_365d",
  "t0"."credits_365d",
  "t0"."open_invoices",
  "t0"."overdue_amount",
  "t0"."days_overdue",
  "t0"."late_payment_days_182d",
  "t0"."uncollectible_invoices_365d",
  "t0"."failed_attempts_on_open",
  "t0"."failed_lately_on_open",
  "t0"."contacts_28d",
  "t0"."contacts_91d",
  "t0"."days_since_contact",
  "t0"."days_since_reached",
  "t0"."reached_share_182d",
  "t0"."contacts_in_vain",
  "t0"."no_shows_182d",
  "t0"."payment_method",
  "t0"."no_payment_method",
  "t0"."payment_method_changes_182d",
  "t0"."days_since_payment_method_added",
  "t0"."days_to_card_expiry",
  "t0"."failed_payments_91d",
  "t0"."hard_declines_91d",
  "t0"."payment_success_rate_182d",
  "t0"."days_since_failed_payment",
  "t0"."payment_failing",
  "t0"."plan_changes_182d",
  "t0"."pauses_365d",
  "t0"."days_since_price_rise",
  "t0"."upgrades_182d",
  "t0"."downgrades_182d",
  "t0"."days_since_change",
  "t0"."past_dues_365d",
  "t0"."tickets_28d",
  "t0"."tickets_after_start",
  "t0"."tickets_91d",
  "t0"."tickets_previous_91d",
  "t0"."days_since_ticket",
  "t0"."severe_tickets_91d",
  "t0"."phone_tickets_91d",
  "t0"."chat_tickets_91d",
  "t0"."open_tickets",
  "t0"."oldest_open_ticket_days",
  "t0"."unreplied_tickets",
  "t0"."oldest_unreplied_ticket_days",
  "t0"."first_reply_hours_91d",
  "t0"."resolution_hours_91d",
  "t0"."earlier_resolution_hours",
  "t0"."reopened_tickets_91d",
  "t0"."tickets_182d",
  "t0"."ticket_days_0",
  "t0"."ticket_days_62",
  "t0"."ticket_days_124",
  "t0"."ticket_days_186",
  "t0"."support_satisfaction_182d",
  "t0"."support_satisfaction_last",
  "t0"."rating_points_365d",
  "t0"."ratings_365d",
  "t0"."activity_28d",
  "t0"."activity_7d",
  "t0"."activity_previous_28d",
  "t0"."logins_7d",
  "t0"."logins_28d",
  "t0"."logins_previous_28d",
  "t0"."login_day_bits",
  "t0"."active_day_bits",
  "t0"."first_activity_days_ago",
  "t0"."days_since_activity",
  "t0"."days_since_login",
  "t0"."events_28d",
  "t0"."events_previous_28d",
  "t0"."events_not_in_28d",
  "t0"."users_28d",
  "t0"."users_previous_28d",
  "t0"."functions_91d",
  "t0"."days_of_usage_on_record",
  LEAST("t0"."tenure_days", "t0"."days_of_usage_on_record") AS "usage_known_days",
  BIT_COUNT((
    "t0"."login_day_bits" >> 0
  ) & 268435455) AS "login_days_28d",
  BIT_COUNT((
    "t0"."active_day_bits" >> 0
  ) & 127) AS "active_days_7d",
  BIT_COUNT((
    "t0"."active_day_bits" >> 0
  ) & 268435455) AS "active_days_28d",
  BIT_COUNT((
    "t0"."active_day_bits" >> 28
  ) & 268435455) AS "active_days_previous_28d",
  BIT_COUNT("t0"."active_day_bits" & ~"t0"."active_day_bits" + 1) AS "active_streak_days",
  CAST(NULL AS BIGINT) AS "key_actions_28d",
  CAST(NULL AS BIGINT) AS "key_actions_previous_28d",
  CAST(NULL AS BIGINT) AS "key_action_day_bits",
  CAST(NULL AS BIGINT) AS "days_since_key_action",
  CAST(NULL AS BIGINT) AS "exports_7d",
  CAST(NULL AS BIGINT) AS "exports_91d",
  CAST(NULL AS BIGINT) AS "cancel_page_views_7d",
  CAST(NULL AS BIGINT) AS "cancel_page_views_28d",
  CAST(NULL AS BIGINT) AS "days_since_cancel_page",
  CAST(NULL AS BIGINT) AS "downgrade_page_views_28d",
  CAST(NULL AS BIGINT) AS "integrations_removed_91d",
  CAST(NULL AS BIGINT) AS "help_views_28d",
  CAST(NULL AS BIGINT) AS "help_views_previous_28d",
  CAST(NULL AS BIGINT) AS "failed_searches_28d",
  CAST(NULL AS BIGINT) AS "errors_28d",
  CAST(NULL AS BIGINT) AS "errors_previous_28d",
  CAST(NULL AS BIGINT) AS "key_functions_28d",
  CAST(NULL AS BIGINT) AS "goals_reached_91d",
  CAST(NULL AS BIGINT) AS "days_since_goal",
  "t0"."users_28d" / NULLIF("t0"."seats", 0) AS "seats_used_share",
  "t0"."activity_28d" / NULLIF("t0"."users_28d", 0) AS "activity_per_user_28d",
  CAST(NULL AS BIGINT) AS "invites_91d",
  CAST(NULL AS BIGINT) AS "customizations_91d",
  CAST(NULL AS BIGINT) AS "training_91d",
  CAST(NULL AS BIGINT) AS "days_since_training",
  CAST(NULL AS BIGINT) AS "community_posts_91d",
  CAST(NULL AS BIGINT) AS "days_since_community_post",
  CAST(NULL AS BIGINT) AS "referrals_91d",
  CAST(NULL AS BIGINT) AS "beta_91d",
  CAST(NULL AS BIGINT) AS "release_notes_91d",
  CAST(NULL AS BIGINT) AS "setup_steps_91d",
  CAST(NULL AS BIGINT) AS "setup_share_91d",
  CAST(NULL AS BIGINT) AS "setup_skips_91d",
  CAST(NULL AS BIGINT) AS "last_setup_step_days_ago",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."first_start_days_ago"
    )
    THEN CAST("t0"."functions_91d" AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "functions_tried",
  CAST(NULL AS BIGINT) AS "first_key_action_days_ago",
  CASE
    WHEN "t0"."first_start_days_ago" < 91
    THEN CAST("t0"."tickets_after_start" > 0 AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "early_support_contact",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."feedback_answers_365d" IS NOT NULL
    )
    THEN CAST(COALESCE("t0"."days_since_feedback" <= "t0"."first_start_days_ago", FALSE) AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "early_feedback",
  (
    "t0"."seats" / NULLIF("t0"."seats_91d_ago", 0)
  ) - 1 AS "seats_change_91d",
  CASE "t0"."billing_interval"
    WHEN 'day'
    THEN 1
    WHEN 'week'
    THEN 7
    WHEN 'month'
    THEN 30
    WHEN 'quarter'
    THEN 90
    WHEN 'half_year'
    THEN 180
    WHEN 'year'
    THEN 360
    ELSE CAST(NULL AS SMALLINT)
  END AS "interval_days",
  "t0"."mrr_requested" / NULLIF("t0"."mrr", 0) AS "cancel_requested_share",
  "t0"."mrr" / NULLIF("t0"."seats", 0) AS "mrr_per_seat",
  "t0"."mrr" / NULLIF("t0"."users_28d", 0) AS "mrr_per_user_28d",
  (
    "t0"."mrr" / NULLIF("t0"."mrr_28d_ago", 0)
  ) - 1 AS "mrr_change_28d",
  (
    "t0"."mrr" / NULLIF("t0"."mrr_91d_ago", 0)
  ) - 1 AS "mrr_change_91d",
  1 - (
    "t0"."mrr" / NULLIF("t0"."highest_mrr", 0)
  ) AS "mrr_below_highest_share",
  (
    (
      "t0"."mrr" / NULLIF("t0"."mrr_91d_ago", 0)
    ) / NULLIF(COALESCE("t0"."seats" / NULLIF("t0"."seats_91d_ago", 0), 1.0), 0)
  ) - 1 AS "price_change_91d",
  (
    "t0"."last_invoice_365d" / NULLIF(
      (
        "t0"."invoiced_365d" - "t0"."last_invoice_365d"
      ) / NULLIF("t0"."invoices_365d" - 1, 0),
      0
    )
  ) - 1 AS "last_invoice_change_365d",
  CASE
    WHEN "t0"."failed_payments_91d" IS NOT NULL
    THEN "t0"."failed_attempts_on_open"
    ELSE CAST(NULL AS BIGINT)
  END AS "failed_attempts_open",
  CASE
    WHEN "t0"."failed_payments_91d" IS NOT NULL
    THEN CAST("t0"."failed_lately_on_open" > 0 AS BIGINT)
    ELSE CAST(NULL AS BIGINT)
  END AS "in_retry",
  CAST("t0"."days_to_card_expiry" < "t0"."days_to_renewal" AS DOUBLE) AS "card_expires_before_renewal",
  CASE
    WHEN "t0"."tenure_days" >= 182
    THEN (
      "t0"."tickets_91d" / NULLIF("t0"."tickets_previous_91d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "tickets_change_91d",
  "t0"."open_tickets" * CAST("t0"."days_to_renewal" <= 28 AS BIGINT) AS "open_tickets_near_renewal",
  (
    "t0"."resolution_hours_91d" / NULLIF("t0"."earlier_resolution_hours", 0)
  ) - 1 AS "resolution_change_91d",
  (
    "t0"."tickets_182d" - (
      (
        BIT_COUNT("t0"."ticket_days_0" & 4611686018427387903) - BIT_COUNT(
          "t0"."ticket_days_0" & 4611686018427387903 & (
            (
              "t0"."ticket_days_0" >> 1
            ) | (
              (
                "t0"."ticket_days_62" & 1
              ) << 61
            ) | (
              (
                "t0"."ticket_days_0" >> 2
              ) | (
                (
                  "t0"."ticket_days_62" & 3
                ) << 60
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 3
              ) | (
                (
                  "t0"."ticket_days_62" & 7
                ) << 59
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 4
              ) | (
                (
                  "t0"."ticket_days_62" & 15
                ) << 58
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 5
              ) | (
                (
                  "t0"."ticket_days_62" & 31
                ) << 57
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 6
              ) | (
                (
                  "t0"."ticket_days_62" & 63
                ) << 56
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 7
              ) | (
                (
                  "t0"."ticket_days_62" & 127
                ) << 55
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 8
              ) | (
                (
                  "t0"."ticket_days_62" & 255
                ) << 54
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 9
              ) | (
                (
                  "t0"."ticket_days_62" & 511
                ) << 53
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 10
              ) | (
                (
                  "t0"."ticket_days_62" & 1023
                ) << 52
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 11
              ) | (
                (
                  "t0"."ticket_days_62" & 2047
                ) << 51
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 12
              ) | (
                (
                  "t0"."ticket_days_62" & 4095
                ) << 50
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 13
              ) | (
                (
                  "t0"."ticket_days_62" & 8191
                ) << 49
              )
            ) | (
              (
                "t0"."ticket_days_0" >> 14
              ) | (
                (
                  "t0"."ticket_days_62" & 16383
                ) << 48
              )
            )
          )
        )
      ) + (
        BIT_COUNT("t0"."ticket_days_62" & 4611686018427387903) - BIT_COUNT(
          "t0"."ticket_days_62" & 4611686018427387903 & (
            (
              "t0"."ticket_days_62" >> 1
            ) | (
              (
                "t0"."ticket_days_124" & 1
              ) << 61
            ) | (
              (
                "t0"."ticket_days_62" >> 2
              ) | (
                (
                  "t0"."ticket_days_124" & 3
                ) << 60
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 3
              ) | (
                (
                  "t0"."ticket_days_124" & 7
                ) << 59
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 4
              ) | (
                (
                  "t0"."ticket_days_124" & 15
                ) << 58
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 5
              ) | (
                (
                  "t0"."ticket_days_124" & 31
                ) << 57
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 6
              ) | (
                (
                  "t0"."ticket_days_124" & 63
                ) << 56
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 7
              ) | (
                (
                  "t0"."ticket_days_124" & 127
                ) << 55
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 8
              ) | (
                (
                  "t0"."ticket_days_124" & 255
                ) << 54
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 9
              ) | (
                (
                  "t0"."ticket_days_124" & 511
                ) << 53
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 10
              ) | (
                (
                  "t0"."ticket_days_124" & 1023
                ) << 52
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 11
              ) | (
                (
                  "t0"."ticket_days_124" & 2047
                ) << 51
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 12
              ) | (
                (
                  "t0"."ticket_days_124" & 4095
                ) << 50
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 13
              ) | (
                (
                  "t0"."ticket_days_124" & 8191
                ) << 49
              )
            ) | (
              (
                "t0"."ticket_days_62" >> 14
              ) | (
                (
                  "t0"."ticket_days_124" & 16383
                ) << 48
              )
            )
          )
        )
      ) + (
        BIT_COUNT("t0"."ticket_days_124" & 288230376151711743) - BIT_COUNT(
          "t0"."ticket_days_124" & 288230376151711743 & (
            (
              "t0"."ticket_days_124" >> 1
            ) | (
              (
                "t0"."ticket_days_186" & 1
              ) << 61
            ) | (
              (
                "t0"."ticket_days_124" >> 2
              ) | (
                (
                  "t0"."ticket_days_186" & 3
                ) << 60
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 3
              ) | (
                (
                  "t0"."ticket_days_186" & 7
                ) << 59
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 4
              ) | (
                (
                  "t0"."ticket_days_186" & 15
                ) << 58
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 5
              ) | (
                (
                  "t0"."ticket_days_186" & 31
                ) << 57
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 6
              ) | (
                (
                  "t0"."ticket_days_186" & 63
                ) << 56
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 7
              ) | (
                (
                  "t0"."ticket_days_186" & 127
                ) << 55
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 8
              ) | (
                (
                  "t0"."ticket_days_186" & 255
                ) << 54
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 9
              ) | (
                (
                  "t0"."ticket_days_186" & 511
                ) << 53
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 10
              ) | (
                (
                  "t0"."ticket_days_186" & 1023
                ) << 52
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 11
              ) | (
                (
                  "t0"."ticket_days_186" & 2047
                ) << 51
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 12
              ) | (
                (
                  "t0"."ticket_days_186" & 4095
                ) << 50
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 13
              ) | (
                (
                  "t0"."ticket_days_186" & 8191
                ) << 49
              )
            ) | (
              (
                "t0"."ticket_days_124" >> 14
              ) | (
                (
                  "t0"."ticket_days_186" & 16383
                ) << 48
              )
            )
          )
        )
      )
    )
  ) / NULLIF("t0"."tickets_182d", 0) AS "repeat_tickets_share_182d",
  "t0"."support_satisfaction_last" - (
    (
      "t0"."rating_points_365d" - CAST(TRY_CAST("t0"."support_satisfaction_last" AS DECIMAL(18, 4)) AS DOUBLE)
    ) / NULLIF("t0"."ratings_365d" - 1, 0)
  ) AS "support_satisfaction_change",
  "t0"."nps_last" - (
    (
      "t0"."nps_points" - CAST(TRY_CAST("t0"."nps_last" AS DECIMAL(18, 4)) AS DOUBLE)
    ) / NULLIF("t0"."nps_answers" - 1, 0)
  ) AS "nps_change",
  "t0"."csat_last" - (
    (
      "t0"."csat_points" - CAST(TRY_CAST("t0"."csat_last" AS DECIMAL(18, 4)) AS DOUBLE)
    ) / NULLIF("t0"."csat_answers" - 1, 0)
  ) AS "csat_change",
  CASE
    WHEN (
      "t0"."created_days_ago" - "t0"."tenure_days"
    ) IS NULL
    THEN "t0"."created_days_ago" - "t0"."tenure_days"
    ELSE GREATEST(0, "t0"."created_days_ago" - "t0"."tenure_days")
  END AS "days_to_first_subscription"
FROM "account" AS "t0"
),
"level_1" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  "t0"."tenure_days",
  "t0"."seats",
  "t0"."first_start_days_ago",
  "t0"."plan",
  "t0"."seats_91d_ago",
  "t0"."subscriptions_active",
  "t0"."billing_interval",
  "t0"."interval_days_before",
  "t0"."days_to_renewal",
  "t0"."days_since_renewal",
  "t0"."trial_days",
  "t0"."in_trial",
  "t0"."earlier_spells",
  "t0"."days_since_return",
  "t0"."paused",
  "t0"."paused_days",
  "t0"."days_to_pause_end",
  "t0"."mrr_requested",
  "t0"."mrr",
  "t0"."days_to_announced_end",
  "t0"."mrr_28d_ago",
  "t0"."mrr_91d_ago",
  "t0"."highest_mrr",
  "t0"."discount_share",
  "t0"."days_to_discount_end",
  "t0"."days_since_discount_end",
  "t0"."past_due",
  "t0"."past_due_days",
  "t0"."created_days_ago",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."acquisition_channel",
  "t0"."days_since_feedback",
  "t0"."feedback_answers_365d",
  "t0"."nps_last",
  "t0"."nps_points",
  "t0"."nps_answers",
  "t0"."csat_last",
  "t0"."csat_points",
  "t0"."csat_answers",
  "t0"."feedback_unanswered_days",
  "t0"."survey_requests_unanswered",
  "t0"."survey_silence_days",
  "t0"."feedback_topic_repeats_365d",
  "t0"."last_invoice_365d",
  "t0"."invoiced_365d",
  "t0"."invoices_365d",
  "t0"."credits_365d",
  "t0"."open_invoices",
  "t0"."overdue_amount",
  "t0"."days_overdue",
  "t0"."late_payment_days_182d",
  "t0"."uncollectible_invoices_365d",
  "t0"."failed_attempts_on_open",
  "t0"."failed_lately_on_open",
  "t0"."contacts_28d",
  "t0"."contacts_91d",
  "t0"."days_since_contact",
  "t0"."days_since_reached",
  "t0"."reached_share_182d",
  "t0"."contacts_in_vain",
  "t0"."no_shows_182d",
  "t0"."payment_method",
  "t0"."no_payment_method",
  "t0"."payment_method_changes_182d",
  "t0"."days_since_payment_method_added",
  "t0"."days_to_card_expiry",
  "t0"."failed_payments_91d",
  "t0"."hard_declines_91d",
  "t0"."payment_success_rate_182d",
  "t0"."days_since_failed_payment",
  "t0"."payment_failing",
  "t0"."plan_changes_182d",
  "t0"."pauses_365d",
  "t0"."days_since_price_rise",
  "t0"."upgrades_182d",
  "t0"."downgrades_182d",
  "t0"."days_since_change",
  "t0"."past_dues_365d",
  "t0"."tickets_28d",
  "t0"."tickets_after_start",
  "t0"."tickets_91d",
  "t0"."tickets_previous_91d",
  "t0"."days_since_ticket",
  "t0"."severe_tickets_91d",
  "t0"."phone_tickets_91d",
  "t0"."chat_tickets_91d",
  "t0"."open_tickets",
  "t0"."oldest_open_ticket_days",
  "t0"."unreplied_tickets",
  "t0"."oldest_unreplied_ticket_days",
  "t0"."first_reply_hours_91d",
  "t0"."resolution_hours_91d",
  "t0"."earlier_resolution_hours",
  "t0"."reopened_tickets_91d",
  "t0"."tickets_182d",
  "t0"."ticket_days_0",
  "t0"."ticket_days_62",
  "t0"."ticket_days_124",
  "t0"."ticket_days_186",
  "t0"."support_satisfaction_182d",
  "t0"."support_satisfaction_last",
  "t0"."rating_points_365d",
  "t0"."ratings_365d",
  "t0"."activity_28d",
  "t0"."activity_7d",
  "t0"."activity_previous_28d",
  "t0"."logins_7d",
  "t0"."logins_28d",
  "t0"."logins_previous_28d",
  "t0"."login_day_bits",
  "t0"."active_day_bits",
  "t0"."first_activity_days_ago",
  "t0"."days_since_activity",
  "t0"."days_since_login",
  "t0"."events_28d",
  "t0"."events_previous_28d",
  "t0"."events_not_in_28d",
  "t0"."users_28d",
  "t0"."users_previous_28d",
  "t0"."functions_91d",
  "t0"."days_of_usage_on_record",
  "t0"."usage_known_days",
  "t0"."login_days_28d",
  "t0"."active_days_7d",
  "t0"."active_days_28d",
  "t0"."active_days_previous_28d",
  "t0"."active_streak_days",
  "t0"."key_actions_28d",
  "t0"."key_actions_previous_28d",
  "t0"."key_action_day_bits",
  "t0"."days_since_key_action",
  "t0"."exports_7d",
  "t0"."exports_91d",
  "t0"."cancel_page_views_7d",
  "t0"."cancel_page_views_28d",
  "t0"."days_since_cancel_page",
  "t0"."downgrade_page_views_28d",
  "t0"."integrations_removed_91d",
  "t0"."help_views_28d",
  "t0"."help_views_previous_28d",
  "t0"."failed_searches_28d",
  "t0"."errors_28d",
  "t0"."errors_previous_28d",
  "t0"."key_functions_28d",
  "t0"."goals_reached_91d",
  "t0"."days_since_goal",
  "t0"."seats_used_share",
  "t0"."activity_per_user_28d",
  "t0"."invites_91d",
  "t0"."customizations_91d",
  "t0"."training_91d",
  "t0"."days_since_training",
  "t0"."community_posts_91d",
  "t0"."days_since_community_post",
  "t0"."referrals_91d",
  "t0"."beta_91d",
  "t0"."release_notes_91d",
  "t0"."setup_steps_91d",
  "t0"."setup_share_91d",
  "t0"."setup_skips_91d",
  "t0"."last_setup_step_days_ago",
  "t0"."functions_tried",
  "t0"."first_key_action_days_ago",
  "t0"."early_support_contact",
  "t0"."early_feedback",
  "t0"."seats_change_91d",
  "t0"."interval_days",
  "t0"."cancel_requested_share",
  "t0"."mrr_per_seat",
  "t0"."mrr_per_user_28d",
  "t0"."mrr_change_28d",
  "t0"."mrr_change_91d",
  "t0"."mrr_below_highest_share",
  "t0"."price_change_91d",
  "t0"."last_invoice_change_365d",
  "t0"."failed_attempts_open",
  "t0"."in_retry",
  "t0"."card_expires_before_renewal",
  "t0"."tickets_change_91d",
  "t0"."open_tickets_near_renewal",
  "t0"."resolution_change_91d",
  "t0"."repeat_tickets_share_182d",
  "t0"."support_satisfaction_change",
  "t0"."nps_change",
  "t0"."csat_change",
  "t0"."days_to_first_subscription",
  CASE
    WHEN "t0"."usage_known_days" >= 28
    THEN (
      (
        "t0"."activity_7d" * 3
      ) / NULLIF("t0"."activity_28d" - "t0"."activity_7d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "activity_change_7d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."activity_28d" / NULLIF("t0"."activity_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "activity_change_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."logins_28d" / NULLIF("t0"."logins_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "logins_change_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."active_days_28d" / NULLIF("t0"."active_days_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "active_days_change_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN CAST((
      (
        "t0"."active_day_bits" >> 0
      ) & 127
    ) <> 0 AS BIGINT) + CAST((
      (
        "t0"."active_day_bits" >> 7
      ) & 127
    ) <> 0 AS BIGINT) + CAST((
      (
        "t0"."active_day_bits" >> 14
      ) & 127
    ) <> 0 AS BIGINT) + CAST((
      (
        "t0"."active_day_bits" >> 21
      ) & 127
    ) <> 0 AS BIGINT) + CAST((
      (
        "t0"."active_day_bits" >> 28
      ) & 127
    ) <> 0 AS BIGINT) + CAST((
      (
        "t0"."active_day_bits" >> 35
      ) & 127
    ) <> 0 AS BIGINT) + CAST((
      (
        "t0"."active_day_bits" >> 42
      ) & 127
    ) <> 0 AS BIGINT) + CAST((
      (
        "t0"."active_day_bits" >> 49
      ) & 127
    ) <> 0 AS BIGINT)
    ELSE CAST(NULL AS BIGINT)
  END AS "active_weeks_56d",
  CASE
    WHEN "t0"."usage_known_days" >= 35
    THEN CAST((
      "t0"."active_day_bits" & (
        (
          ~"t0"."active_day_bits" & (
            ~"t0"."active_day_bits" >> 1
          ) & (
            (
              ~"t0"."active_day_bits" & (
                ~"t0"."active_day_bits" >> 1
              )
            ) >> 2
          ) & (
            (
              ~"t0"."active_day_bits" & (
                ~"t0"."active_day_bits" >> 1
              ) & (
                (
                  ~"t0"."active_day_bits" & (
                    ~"t0"."active_day_bits" >> 1
                  )
                ) >> 2
              )
            ) >> 4
          ) & (
            (
              ~"t0"."active_day_bits" & (
                ~"t0"."active_day_bits" >> 1
              ) & (
                (
                  ~"t0"."active_day_bits" & (
                    ~"t0"."active_day_bits" >> 1
                  )
                ) >> 2
              ) & (
                (
                  ~"t0"."active_day_bits" & (
                    ~"t0"."active_day_bits" >> 1
                  ) & (
                    (
                      ~"t0"."active_day_bits" & (
                        ~"t0"."active_day_bits" >> 1
                      )
                    ) >> 2
                  )
                ) >> 4
              )
            ) >> 8
          ) & (
            (
              ~"t0"."active_day_bits" & (
                ~"t0"."active_day_bits" >> 1
              ) & (
                (
                  ~"t0"."active_day_bits" & (
                    ~"t0"."active_day_bits" >> 1
                  )
                ) >> 2
              ) & (
                (
                  ~"t0"."active_day_bits" & (
                    ~"t0"."active_day_bits" >> 1
                  ) & (
                    (
                      ~"t0"."active_day_bits" & (
                        ~"t0"."active_day_bits" >> 1
                      )
                    ) >> 2
                  )
                ) >> 4
              ) & (
                (
                  ~"t0"."active_day_bits" & (
                    ~"t0"."active_day_bits" >> 1
                  ) & (
                    (
                      ~"t0"."active_day_bits" & (
                        ~"t0"."active_day_bits" >> 1
                      )
                    ) >> 2
                  ) & (
                    (
                      ~"t0"."active_day_bits" & (
                        ~"t0"."active_day_bits" >> 1
                      ) & (
                        (
                          ~"t0"."active_day_bits" & (
                            ~"t0"."active_day_bits" >> 1
                          )
                        ) >> 2
                      )
                    ) >> 4
                  )
                ) >> 8
              )
            ) >> 12
          )
        ) >> 1
      ) & 127
    ) <> 0 AS BIGINT) * CAST(COALESCE("t0"."first_activity_days_ago" >= 7, FALSE) AS BIGINT)
    ELSE CAST(NULL AS BIGINT)
  END AS "returned_after_gap",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."key_actions_28d" / NULLIF("t0"."key_actions_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "key_actions_change_28d",
  BIT_COUNT((
    "t0"."key_action_day_bits" >> 0
  ) & 268435455) AS "key_action_days_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 91
    THEN "t0"."exports_7d" / NULLIF("t0"."exports_91d", 0)
    ELSE CAST(NULL AS DOUBLE)
  END AS "exports_burst_7d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."help_views_28d" / NULLIF("t0"."help_views_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "help_views_change_28d",
  "t0"."help_views_28d" / NULLIF("t0"."help_views_28d" + "t0"."tickets_28d", 0) AS "self_help_share_28d",
  "t0"."help_views_28d" / NULLIF("t0"."help_views_28d" + "t0"."key_actions_28d", 0) AS "help_share_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."errors_28d" / NULLIF("t0"."errors_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "errors_change_28d",
  "t0"."errors_28d" / NULLIF("t0"."activity_28d", 0) AS "error_share_28d",
  "t0"."key_actions_28d" / NULLIF("t0"."activity_28d", 0) AS "key_action_share_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."events_28d" / NULLIF("t0"."events_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "events_change_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN "t0"."events_not_in_28d"
    ELSE CAST(NULL AS BIGINT)
  END AS "events_dropped_28d",
  CASE
    WHEN "t0"."usage_known_days" >= 56
    THEN (
      "t0"."users_28d" / NULLIF("t0"."users_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "users_change_28d",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."first_start_days_ago"
    )
    THEN CAST("t0"."setup_steps_91d" AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "setup_steps_done",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."first_start_days_ago"
    )
    THEN CAST("t0"."setup_share_91d" AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "setup_share_done",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."first_start_days_ago"
    )
    THEN CAST("t0"."setup_skips_91d" AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "setup_steps_skipped",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."first_start_days_ago"
    )
    THEN CAST(COALESCE(
      "t0"."last_setup_step_days_ago",
      CASE
        WHEN "t0"."setup_steps_91d" IS NOT NULL
        THEN "t0"."first_start_days_ago"
        ELSE CAST(NULL AS BIGINT)
      END
    ) AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "days_since_setup_step",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."first_start_days_ago"
    )
    THEN CAST(CASE
      WHEN (
        "t0"."first_start_days_ago" - "t0"."first_key_action_days_ago"
      ) IS NULL
      THEN "t0"."first_start_days_ago" - "t0"."first_key_action_days_ago"
      ELSE GREATEST(0, "t0"."first_start_days_ago" - "t0"."first_key_action_days_ago")
    END AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "days_to_key_action",
  CASE
    WHEN (
      "t0"."first_start_days_ago" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."first_start_days_ago"
    )
    THEN CAST(CASE
      WHEN (
        "t0"."first_key_action_days_ago" IS NULL
      )
      AND (
        "t0"."key_actions_28d" IS NOT NULL
      )
      THEN "t0"."first_start_days_ago"
      ELSE CAST(NULL AS BIGINT)
    END AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "days_without_key_action",
  CAST(COALESCE("t0"."interval_days" < "t0"."interval_days_before", FALSE) AS TINYINT) AS "billed_more_often",
  "t0"."mrr" / NULLIF("t0"."key_actions_28d", 0) AS "mrr_per_key_action_28d"
FROM "level_0" AS "t0"
),
"features" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  $as_of AS "as_of",
  "t0"."activity_28d",
  "t0"."activity_change_7d",
  "t0"."activity_change_28d",
  "t0"."logins_7d",
  "t0"."logins_28d",
  "t0"."logins_change_28d",
  CAST("t0"."login_days_28d" AS DOUBLE) AS "login_days_28d",
  CAST("t0"."active_days_7d" AS DOUBLE) AS "active_days_7d",
  CAST("t0"."active_days_28d" AS DOUBLE) AS "active_days_28d",
  "t0"."active_days_change_28d",
  CAST("t0"."active_weeks_56d" AS DOUBLE) AS "active_weeks_56d",
  CAST("t0"."active_streak_days" AS DOUBLE) AS "active_streak_days",
  CAST("t0"."returned_after_gap" AS DOUBLE) AS "returned_after_gap",
  CAST("t0"."days_since_activity" AS DOUBLE) AS "days_since_activity",
  CAST("t0"."days_since_login" AS DOUBLE) AS "days_since_login",
  CAST("t0"."key_actions_28d" AS DOUBLE) AS "key_actions_28d",
  "t0"."key_actions_change_28d",
  CAST("t0"."key_action_days_28d" AS DOUBLE) AS "key_action_days_28d",
  CAST("t0"."days_since_key_action" AS DOUBLE) AS "days_since_key_action",
  CAST("t0"."exports_7d" AS DOUBLE) AS "exports_7d",
  "t0"."exports_burst_7d",
  CAST("t0"."cancel_page_views_7d" AS DOUBLE) AS "cancel_page_views_7d",
  CAST("t0"."cancel_page_views_28d" AS DOUBLE) AS "cancel_page_views_28d",
  CAST("t0"."days_since_cancel_page" AS DOUBLE) AS "days_since_cancel_page",
  CAST("t0"."downgrade_page_views_28d" AS DOUBLE) AS "downgrade_page_views_28d",
  CAST("t0"."integrations_removed_91d" AS DOUBLE) AS "integrations_removed_91d",
  CAST("t0"."help_views_28d" AS DOUBLE) AS "help_views_28d",
  "t0"."help_views_change_28d",
  "t0"."self_help_share_28d",
  "t0"."help_share_28d",
  CAST("t0"."failed_searches_28d" AS DOUBLE) AS "failed_searches_28d",
  CAST("t0"."errors_28d" AS DOUBLE) AS "errors_28d",
  "t0"."errors_change_28d",
  "t0"."error_share_28d",
  "t0"."key_action_share_28d",
  CAST("t0"."key_functions_28d" AS DOUBLE) AS "key_functions_28d",
  CAST("t0"."goals_reached_91d" AS DOUBLE) AS "goals_reached_91d",
  CAST("t0"."days_since_goal" AS DOUBLE) AS "days_since_goal",
  CAST("t0"."events_28d" AS DOUBLE) AS "events_28d",
  "t0"."events_change_28d",
  CAST("t0"."events_dropped_28d" AS DOUBLE) AS "events_dropped_28d",
  CAST("t0"."users_28d" AS DOUBLE) AS "users_28d",
  "t0"."users_change_28d",
  "t0"."seats_used_share",
  "t0"."activity_per_user_28d",
  CAST("t0"."invites_91d" AS DOUBLE) AS "invites_91d",
  CAST("t0"."customizations_91d" AS DOUBLE) AS "customizations_91d",
  CAST("t0"."training_91d" AS DOUBLE) AS "training_91d",
  CAST("t0"."days_since_training" AS DOUBLE) AS "days_since_training",
  CAST("t0"."community_posts_91d" AS DOUBLE) AS "community_posts_91d",
  CAST("t0"."days_since_community_post" AS DOUBLE) AS "days_since_community_post",
  CAST("t0"."referrals_91d" AS DOUBLE) AS "referrals_91d",
  CAST("t0"."beta_91d" AS DOUBLE) AS "beta_91d",
  CAST("t0"."release_notes_91d" AS DOUBLE) AS "release_notes_91d",
  "t0"."setup_steps_done",
  "t0"."setup_share_done",
  "t0"."setup_steps_skipped",
  "t0"."days_since_setup_step",
  "t0"."functions_tried",
  "t0"."days_to_key_action",
  "t0"."days_without_key_action",
  "t0"."early_support_contact",
  "t0"."early_feedback",
  CAST("t0"."tenure_days" AS DOUBLE) AS "tenure_days",
  "t0"."plan",
  CAST("t0"."seats" AS DOUBLE) AS "seats",
  "t0"."seats_change_91d",
  CAST("t0"."subscriptions_active" AS DOUBLE) AS "subscriptions_active",
  "t0"."billing_interval",
  CAST("t0"."billed_more_often" AS DOUBLE) AS "billed_more_often",
  CAST("t0"."days_to_renewal" AS DOUBLE) AS "days_to_renewal",
  CAST("t0"."days_since_renewal" AS DOUBLE) AS "days_since_renewal",
  CAST("t0"."trial_days" AS DOUBLE) AS "trial_days",
  CAST("t0"."in_trial" AS DOUBLE) AS "in_trial",
  CAST("t0"."earlier_spells" AS DOUBLE) AS "earlier_spells",
  CAST("t0"."days_since_return" AS DOUBLE) AS "days_since_return",
  CAST("t0"."plan_changes_182d" AS DOUBLE) AS "plan_changes_182d",
  CAST("t0"."paused" AS DOUBLE) AS "paused",
  CAST("t0"."paused_days" AS DOUBLE) AS "paused_days",
  CAST("t0"."days_to_pause_end" AS DOUBLE) AS "days_to_pause_end",
  CAST("t0"."pauses_365d" AS DOUBLE) AS "pauses_365d",
  "t0"."cancel_requested_share",
  CAST("t0"."days_to_announced_end" AS DOUBLE) AS "days_to_announced_end",
  CAST("t0"."mrr" AS DOUBLE) AS "mrr",
  "t0"."mrr_per_seat",
  "t0"."mrr_per_user_28d",
  "t0"."mrr_per_key_action_28d",
  "t0"."mrr_change_28d",
  "t0"."mrr_change_91d",
  "t0"."mrr_below_highest_share",
  "t0"."price_change_91d",
  CAST("t0"."days_since_price_rise" AS DOUBLE) AS "days_since_price_rise",
  CAST("t0"."upgrades_182d" AS DOUBLE) AS "upgrades_182d",
  CAST("t0"."downgrades_182d" AS DOUBLE) AS "downgrades_182d",
  CAST("t0"."days_since_change" AS DOUBLE) AS "days_since_change",
  "t0"."discount_share",
  CAST("t0"."days_to_discount_end" AS DOUBLE) AS "days_to_discount_end",
  CAST("t0"."days_since_discount_end" AS DOUBLE) AS "days_since_discount_end",
  "t0"."last_invoice_change_365d",
  CAST("t0"."credits_365d" AS DOUBLE) AS "credits_365d",
  CAST("t0"."past_due" AS DOUBLE) AS "past_due",
  CAST("t0"."past_due_days" AS DOUBLE) AS "past_due_days",
  CAST("t0"."past_dues_365d" AS DOUBLE) AS "past_dues_365d",
  CAST("t0"."open_invoices" AS DOUBLE) AS "open_invoices",
  CAST("t0"."overdue_amount" AS DOUBLE) AS "overdue_amount",
  CAST("t0"."days_overdue" AS DOUBLE) AS "days_overdue",
  "t0"."late_payment_days_182d",
  CAST("t0"."uncollectible_invoices_365d" AS DOUBLE) AS "uncollectible_invoices_365d",
  CAST("t0"."failed_attempts_open" AS DOUBLE) AS "failed_attempts_open",
  CAST("t0"."in_retry" AS DOUBLE) AS "in_retry",
  CAST("t0"."failed_payments_91d" AS DOUBLE) AS "failed_payments_91d",
  CAST("t0"."hard_declines_91d" AS DOUBLE) AS "hard_declines_91d",
  "t0"."payment_success_rate_182d",
  CAST("t0"."days_since_failed_payment" AS DOUBLE) AS "days_since_failed_payment",
  "t0"."payment_failing",
  "t0"."payment_method",
  CAST("t0"."no_payment_method" AS DOUBLE) AS "no_payment_method",
  CAST("t0"."payment_method_changes_182d" AS DOUBLE) AS "payment_method_changes_182d",
  CAST("t0"."days_since_payment_method_added" AS DOUBLE) AS "days_since_payment_method_added",
  CAST("t0"."days_to_card_expiry" AS DOUBLE) AS "days_to_card_expiry",
  "t0"."card_expires_before_renewal",
  CAST("t0"."tickets_28d" AS DOUBLE) AS "tickets_28d",
  CAST("t0"."tickets_91d" AS DOUBLE) AS "tickets_91d",
  "t0"."tickets_change_91d",
  CAST("t0"."days_since_ticket" AS DOUBLE) AS "days_since_ticket",
  CAST("t0"."severe_tickets_91d" AS DOUBLE) AS "severe_tickets_91d",
  CAST("t0"."phone_tickets_91d" AS DOUBLE) AS "phone_tickets_91d",
  CAST("t0"."chat_tickets_91d" AS DOUBLE) AS "chat_tickets_91d",
  CAST("t0"."open_tickets" AS DOUBLE) AS "open_tickets",
  CAST("t0"."oldest_open_ticket_days" AS DOUBLE) AS "oldest_open_ticket_days",
  CAST("t0"."open_tickets_near_renewal" AS DOUBLE) AS "open_tickets_near_renewal",
  CAST("t0"."unreplied_tickets" AS DOUBLE) AS "unreplied_tickets",
  CAST("t0"."oldest_unreplied_ticket_days" AS DOUBLE) AS "oldest_unreplied_ticket_days",
  "t0"."first_reply_hours_91d",
  "t0"."resolution_hours_91d",
  "t0"."resolution_change_91d",
  CAST("t0"."reopened_tickets_91d" AS DOUBLE) AS "reopened_tickets_91d",
  "t0"."repeat_tickets_share_182d",
  "t0"."support_satisfaction_182d",
  "t0"."support_satisfaction_last",
  "t0"."support_satisfaction_change",
  "t0"."nps_last",
  "t0"."nps_change",
  "t0"."csat_last",
  "t0"."csat_change",
  CAST("t0"."feedback_answers_365d" AS DOUBLE) AS "feedback_answers_365d",
  CAST("t0"."days_since_feedback" AS DOUBLE) AS "days_since_feedback",
  CAST("t0"."feedback_unanswered_days" AS DOUBLE) AS "feedback_unanswered_days",
  CAST("t0"."survey_requests_unanswered" AS DOUBLE) AS "survey_requests_unanswered",
  CAST("t0"."survey_silence_days" AS DOUBLE) AS "survey_silence_days",
  CAST("t0"."feedback_topic_repeats_365d" AS DOUBLE) AS "feedback_topic_repeats_365d",
  CAST("t0"."contacts_28d" AS DOUBLE) AS "contacts_28d",
  CAST("t0"."contacts_91d" AS DOUBLE) AS "contacts_91d",
  CAST("t0"."days_since_contact" AS DOUBLE) AS "days_since_contact",
  CAST("t0"."days_since_reached" AS DOUBLE) AS "days_since_reached",
  "t0"."reached_share_182d",
  CAST("t0"."contacts_in_vain" AS DOUBLE) AS "contacts_in_vain",
  CAST("t0"."no_shows_182d" AS DOUBLE) AS "no_shows_182d",
  CAST("t0"."days_to_first_subscription" AS DOUBLE) AS "days_to_first_subscription",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."acquisition_channel"
FROM "level_1" AS "t0"
)
SELECT * FROM "features" ORDER BY "account_id"
