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
  "t0"."created_at" < $cutoff
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
  "t0"."given_at" < $cutoff
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
  DATE_DIFF('DAY', "t0"."issued_on", $as_of) AS "days_ago"
FROM "invoices" AS "t0"
WHERE
  "t0"."issued_at" < $cutoff
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
  DATE_DIFF('DAY', "t0"."contacted_on", $as_of) AS "days_ago"
FROM "outreach" AS "t0"
WHERE
  "t0"."contacted_at" < $cutoff
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
  "t0"."added_at" < $cutoff
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
  "t0"."attempted_at" < $cutoff
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
  "t0"."changed_at" < $cutoff
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
  "t0"."channel",
  "t0"."severity",
  CASE
    WHEN "t0"."resolved_at" < $cutoff
    THEN "t0"."satisfaction"
    ELSE CAST(NULL AS DOUBLE)
  END AS "satisfaction",
  DATE_DIFF('DAY', "t0"."opened_on", $as_of) AS "days_ago"
FROM "tickets" AS "t0"
WHERE
  "t0"."opened_at" < $cutoff
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
  "t0"."day" <= $as_of
),
"account_changes" AS (
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
      FROM "account_changes" AS "t1"
      GROUP BY
        1
    ) AS "t5"
      ON "t3"."subscription_id" = "t5"."subscription_id"
  ) AS "t6"
) AS "t7"
),
"state_and_past" AS (
SELECT
  "t6"."subscription_id",
  "t6"."account_id",
  "t6"."plan",
  "t6"."billing_interval",
  "t6"."mrr",
  "t6"."quantity",
  "t6"."started_at",
  "t6"."started_on",
  "t6"."started_days_ago",
  "t6"."trial_ends_at",
  "t6"."trial_ends_on",
  "t6"."trial_ends_days_ago",
  "t6"."cancel_requested_at",
  "t6"."cancel_requested_on",
  "t6"."cancel_requested_days_ago",
  "t6"."ends_at",
  "t6"."ends_on",
  "t6"."ends_days_ago",
  "t6"."ended_at",
  "t6"."ended_on",
  "t6"."ended_days_ago",
  "t6"."end_reason",
  "t6"."feedback",
  "t6"."days_ago",
  "t6"."start_mrr",
  "t6"."start_quantity",
  "t6"."until_days_ago",
  "t6"."unpaid_on",
  "t6"."unpaid_at",
  "t6"."discount_share",
  "t6"."status",
  "t6"."live",
  "t6"."paying",
  "t6"."old_mrr",
  "t6"."old_quantity",
  CASE
    WHEN "t6"."started_days_ago" >= 91
    THEN COALESCE("t6"."old_mrr", "t6"."start_mrr")
    ELSE CAST(NULL AS BIGINT)
  END AS "mrr_91d_ago",
  CASE
    WHEN "t6"."started_days_ago" >= 91
    THEN COALESCE("t6"."old_quantity", "t6"."start_quantity")
    ELSE CAST(NULL AS BIGINT)
  END AS "quantity_91d_ago"
FROM (
  SELECT
    "t5".*
    EXCLUDE ("subscription_id_right")
  FROM (
    SELECT
      "t2"."subscription_id",
      "t2"."account_id",
      "t2"."plan",
      "t2"."billing_interval",
      "t2"."mrr",
      "t2"."quantity",
      "t2"."started_at",
      "t2"."started_on",
      "t2"."started_days_ago",
      "t2"."trial_ends_at",
      "t2"."trial_ends_on",
      "t2"."trial_ends_days_ago",
      "t2"."cancel_requested_at",
      "t2"."cancel_requested_on",
      "t2"."cancel_requested_days_ago",
      "t2"."ends_at",
      "t2"."ends_on",
      "t2"."ends_days_ago",
      "t2"."ended_at",
      "t2"."ended_on",
      "t2"."ended_days_ago",
      "t2"."end_reason",
      "t2"."feedback",
      "t2"."days_ago",
      "t2"."start_mrr",
      "t2"."start_quantity",
      "t2"."until_days_ago",
      "t2"."unpaid_on",
      "t2"."unpaid_at",
      "t2"."discount_share",
      "t2"."status",
      "t2"."live",
      "t2"."paying",
      "t4"."subscription_id" AS "subscription_id_right",
      "t4"."old_mrr",
      "t4"."old_quantity"
    FROM "state" AS "t2"
    LEFT OUTER JOIN (
      SELECT
        "t1"."subscription_id",
        FIRST("t1"."mrr" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          (
            "t1"."days_ago" >= 91
          ) AND (
            "t1"."mrr" IS NOT NULL
          )) AS "old_mrr",
        FIRST("t1"."quantity" ORDER BY "t1"."changed_at" DESC) FILTER(WHERE
          (
            "t1"."days_ago" >= 91
          ) AND (
            "t1"."quantity" IS NOT NULL
          )) AS "old_quantity"
      FROM "account_changes" AS "t1"
      GROUP BY
        1
    ) AS "t4"
      ON "t2"."subscription_id" = "t4"."subscription_id"
  ) AS "t5"
) AS "t6"
),
"subscription_state" AS (
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
  "t0"."old_mrr",
  "t0"."old_quantity",
  "t0"."mrr_91d_ago",
  "t0"."quantity_91d_ago",
  DATE_DIFF(
    'DAY',
    CASE
      WHEN CASE "t0"."billing_interval"
        WHEN 'month'
        THEN 1
        WHEN 'quarter'
        THEN 3
        WHEN 'half_year'
        THEN 6
        WHEN 'year'
        THEN 12
        ELSE 0
      END > 0
      THEN CASE
        WHEN CAST(CAST("t0"."started_on" AS TIMESTAMP) + TO_MONTHS(
          (
            CAST(FLOOR(
              (
                (
                  (
                    (
                      EXTRACT(year FROM $as_of) - EXTRACT(year FROM "t0"."started_on")
                    ) * 12
                  ) + EXTRACT(month FROM $as_of)
                ) - EXTRACT(month FROM "t0"."started_on")
              ) / (
                NULLIF(
                  CASE "t0"."billing_interval"
                    WHEN 'month'
                    THEN 1
                    WHEN 'quarter'
                    THEN 3
                    WHEN 'half_year'
                    THEN 6
                    WHEN 'year'
                    THEN 12
                    ELSE 0
                  END,
                  0
                )
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
              ELSE 0
            END
          ) + 0
        ) AS DATE) > $as_of
        THEN CAST(CAST("t0"."started_on" AS TIMESTAMP) + TO_MONTHS(
          (
            CAST(FLOOR(
              (
                (
                  (
                    (
                      EXTRACT(year FROM $as_of) - EXTRACT(year FROM "t0"."started_on")
                    ) * 12
                  ) + EXTRACT(month FROM $as_of)
                ) - EXTRACT(month FROM "t0"."started_on")
              ) / (
                NULLIF(
                  CASE "t0"."billing_interval"
                    WHEN 'month'
                    THEN 1
                    WHEN 'quarter'
                    THEN 3
                    WHEN 'half_year'
                    THEN 6
                    WHEN 'year'
                    THEN 12
                    ELSE 0
                  END,
                  0
                )
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
              ELSE 0
            END
          ) + 0
        ) AS DATE)
        ELSE CAST(CAST("t0"."started_on" AS TIMESTAMP) + TO_MONTHS(
          (
            CAST(FLOOR(
              (
                (
                  (
                    (
                      EXTRACT(year FROM $as_of) - EXTRACT(year FROM "t0"."started_on")
                    ) * 12
                  ) + EXTRACT(month FROM $as_of)
                ) - EXTRACT(month FROM "t0"."started_on")
              ) / (
                NULLIF(
                  CASE "t0"."billing_interval"
                    WHEN 'month'
                    THEN 1
                    WHEN 'quarter'
                    THEN 3
                    WHEN 'half_year'
                    THEN 6
                    WHEN 'year'
                    THEN 12
                    ELSE 0
                  END,
                  0
                )
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
              ELSE 0
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
            ELSE 0
          END
        ) AS DATE)
      END
      ELSE CAST(CAST($as_of AS TIMESTAMP) + TO_DAYS(
        CASE "t0"."billing_interval"
          WHEN 'day'
          THEN 1
          WHEN 'week'
          THEN 7
          ELSE CAST(NULL AS TINYINT)
        END - (
          DATE_DIFF('DAY', "t0"."started_on", $as_of) % CASE "t0"."billing_interval"
            WHEN 'day'
            THEN 1
            WHEN 'week'
            THEN 7
            ELSE CAST(NULL AS TINYINT)
          END
        )
      ) AS DATE)
    END,
    $as_of
  ) AS "renewal_days_ago"
FROM "state_and_past" AS "t0"
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
  "t2"."days",
  CASE "t2"."event" WHEN 'signed_in' THEN 'login' ELSE CAST(NULL AS TEXT) END AS "role"
FROM (
  SELECT
    "t1"."account_id",
    "t1"."event",
    COALESCE(
      SUM(
        CASE
          WHEN "t1"."days_ago" BETWEEN 0 AND 6
          THEN "t1"."quantity"
          ELSE CAST(NULL AS DOUBLE)
        END
      ),
      0.0
    ) AS "quantity_7d",
    COALESCE(
      SUM(
        CASE
          WHEN "t1"."days_ago" BETWEEN 0 AND 27
          THEN "t1"."quantity"
          ELSE CAST(NULL AS DOUBLE)
        END
      ),
      0.0
    ) AS "quantity_28d",
    COALESCE(
      SUM(
        CASE
          WHEN "t1"."days_ago" BETWEEN 28 AND 55
          THEN "t1"."quantity"
          ELSE CAST(NULL AS DOUBLE)
        END
      ),
      0.0
    ) AS "quantity_previous_28d",
    SUM("t1"."quantity") AS "quantity_91d",
    MIN("t1"."days_ago") AS "last_days_ago",
    MAX("t1"."days_ago") AS "first_days_ago",
    MAX(CASE WHEN "t1"."days_ago" < 28 THEN "t1"."users" ELSE CAST(NULL AS BIGINT) END) AS "users_28d",
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
"ordered_feedback" AS (
SELECT
  "t1"."account_id",
  "t1"."given_at",
  "t1"."given_on",
  "t1"."given_days_ago",
  "t1"."kind",
  "t1"."score",
  "t1"."topic",
  "t1"."answered_at",
  "t1"."answered_on",
  "t1"."answered_days_ago",
  "t1"."days_ago",
  ROW_NUMBER() OVER (
    PARTITION BY "t1"."account_id", "t1"."kind"
    ORDER BY "t1"."given_at" DESC
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
  ) - 1 AS "answers_later"
FROM (
  SELECT
    *
  FROM "known_feedback" AS "t0"
  WHERE
    "t0"."days_ago" < 365
) AS "t1"
),
"paying_accounts" AS (
SELECT
  "t1"."account_id",
  BOOL_AND(CAST("t1"."cancel_requested_at" IS NOT NULL AS BOOLEAN)) AS "announced",
  SUM("t1"."mrr") AS "mrr_now"
FROM (
  SELECT
    *
  FROM "subscription_state" AS "t0"
  WHERE
    "t0"."paying"
) AS "t1"
GROUP BY
  1
),
"from_accounts" AS (
SELECT
  "t1"."account_id" AS "accounts_account_id",
  "t1"."industry",
  "t1"."country",
  "t1"."size",
  "t1"."acquisition_channel"
FROM (
  SELECT
    "t0"."account_id",
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
  "t1"."nps_last",
  "t1"."nps_before_last",
  "t1"."feedback_unanswered_days"
FROM (
  SELECT
    "t0"."account_id",
    AVG("t0"."score") FILTER(WHERE
      (
        "t0"."kind" = 'nps'
      ) AND (
        "t0"."answers_later" = 0
      )) AS "nps_last",
    AVG("t0"."score") FILTER(WHERE
      (
        "t0"."kind" = 'nps'
      ) AND (
        "t0"."answers_later" > 0
      )) AS "nps_before_last",
    MAX("t0"."days_ago") FILTER(WHERE
      (
        "t0"."kind" = 'survey'
      )
      AND (
        "t0"."answered_at" IS NULL
      )
      AND (
        "t0"."days_ago" < 182
      )) AS "feedback_unanswered_days"
  FROM "ordered_feedback" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_invoices" AS (
SELECT
  "t1"."account_id" AS "invoices_account_id",
  "t1"."overdue_amount",
  "t1"."days_overdue"
FROM (
  SELECT
    "t0"."account_id",
    COALESCE(
      SUM("t0"."amount") FILTER(WHERE
        (
          "t0"."paid_at" IS NULL
        )
        AND (
          "t0"."due_days_ago" > 0
        )
        AND (
          "t0"."days_ago" < 365
        )),
      0
    ) AS "overdue_amount",
    COALESCE(
      MAX("t0"."due_days_ago") FILTER(WHERE
        (
          "t0"."paid_at" IS NULL
        )
        AND (
          "t0"."due_days_ago" > 0
        )
        AND (
          "t0"."days_ago" < 365
        )),
      0
    ) AS "days_overdue"
  FROM "known_invoices" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_outreach" AS (
SELECT
  "t1"."account_id" AS "outreach_account_id",
  "t1"."days_since_contact"
FROM (
  SELECT
    "t0"."account_id",
    MIN("t0"."days_ago") AS "days_since_contact"
  FROM "known_outreach" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_payment_methods" AS (
SELECT
  "t1"."account_id" AS "payment_methods_account_id",
  "t1"."days_to_card_expiry"
FROM (
  SELECT
    "t0"."account_id",
    -(
      MIN("t0"."expires_days_ago") FILTER(WHERE
        (
          "t0"."removed_at" IS NULL
        ) AND (
          "t0"."expires_on" IS NOT NULL
        ))
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
  "t1"."days_since_failed_payment",
  "t1"."payment_failing"
FROM (
  SELECT
    "t0"."account_id",
    COUNT(*) FILTER(WHERE
      NOT (
        "t0"."succeeded"
      ) AND (
        "t0"."days_ago" < 91
      )) AS "failed_payments_91d",
    MIN("t0"."days_ago") FILTER(WHERE
      NOT (
        "t0"."succeeded"
      ) AND (
        "t0"."days_ago" < 365
      )) AS "days_since_failed_payment",
    CASE
      WHEN (
        MAX("t0"."attempted_at") FILTER(WHERE
          NOT (
            "t0"."succeeded"
          ) AND (
            "t0"."days_ago" < 365
          )) IS NOT NULL
      )
      OR (
        MAX("t0"."attempted_at") FILTER(WHERE
          "t0"."succeeded" AND (
            "t0"."days_ago" < 365
          )) IS NOT NULL
      )
      THEN CAST(COALESCE(
        MAX("t0"."attempted_at") FILTER(WHERE
          NOT (
            "t0"."succeeded"
          ) AND (
            "t0"."days_ago" < 365
          )) > MAX("t0"."attempted_at") FILTER(WHERE
          "t0"."succeeded" AND (
            "t0"."days_ago" < 365
          )),
        MAX("t0"."attempted_at") FILTER(WHERE
          NOT (
            "t0"."succeeded"
          ) AND (
            "t0"."days_ago" < 365
          )) IS NOT NULL
      ) AS DOUBLE)
      ELSE CAST(NULL AS DOUBLE)
    END AS "payment_failing"
  FROM "known_payments" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_subscription_changes" AS (
SELECT
  "t1"."account_id" AS "subscription_changes_account_id",
  "t1"."days_since_change"
FROM (
  SELECT
    "t0"."account_id",
    MIN("t0"."days_ago") FILTER(WHERE
      (
        "t0"."mrr" IS NOT NULL
      )
      OR (
        "t0"."plan" IS NOT NULL
      )
      OR (
        "t0"."quantity" IS NOT NULL
      )) AS "days_since_change"
  FROM "account_changes" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_subscriptions" AS (
SELECT
  "t1"."account_id" AS "subscriptions_account_id",
  "t1"."first_started_days_ago",
  "t1"."seats",
  "t1"."mrr",
  "t1"."plan",
  "t1"."billing_interval",
  "t1"."days_to_renewal",
  "t1"."mrr_91d_ago",
  "t1"."seats_91d_ago",
  "t1"."discount_share",
  "t1"."days_to_discount_end",
  "t1"."past_due",
  "t1"."paused"
FROM (
  SELECT
    "t0"."account_id",
    MAX("t0"."started_days_ago") FILTER(WHERE
      "t0"."start_mrr" > 0) AS "first_started_days_ago",
    SUM("t0"."quantity") FILTER(WHERE
      "t0"."paying") AS "seats",
    SUM("t0"."mrr") FILTER(WHERE
      "t0"."paying") AS "mrr",
    FIRST(
      "t0"."plan" ORDER BY {'started_at': "t0"."started_at", 'subscription_id': "t0"."subscription_id"} DESC
    ) FILTER(WHERE
      "t0"."paying") AS "plan",
    FIRST(
      "t0"."billing_interval" ORDER BY {'started_at': "t0"."started_at", 'subscription_id': "t0"."subscription_id"} DESC
    ) FILTER(WHERE
      "t0"."paying") AS "billing_interval",
    -(
      MAX("t0"."renewal_days_ago") FILTER(WHERE
        "t0"."paying")
    ) AS "days_to_renewal",
    SUM("t0"."mrr_91d_ago") FILTER(WHERE
      "t0"."paying") AS "mrr_91d_ago",
    SUM("t0"."quantity_91d_ago") FILTER(WHERE
      "t0"."paying") AS "seats_91d_ago",
    MAX(CASE WHEN "t0"."until_days_ago" >= 0 THEN 0.0 ELSE "t0"."discount_share" END) FILTER(WHERE
      "t0"."paying") AS "discount_share",
    -(
      MAX("t0"."until_days_ago") FILTER(WHERE
        "t0"."paying"
        AND (
          "t0"."discount_share" > 0
        )
        AND (
          "t0"."until_days_ago" < 0
        ))
    ) AS "days_to_discount_end",
    CAST(BOOL_OR(CAST("t0"."status" = 'past_due' AS BOOLEAN)) FILTER(WHERE
      "t0"."paying") AS TINYINT) AS "past_due",
    CAST(BOOL_OR(CAST("t0"."status" = 'paused' AS BOOLEAN)) FILTER(WHERE
      "t0"."paying") AS TINYINT) AS "paused"
  FROM "subscription_state" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_tickets" AS (
SELECT
  "t1"."account_id" AS "tickets_account_id",
  "t1"."tickets_28d",
  "t1"."tickets_91d",
  "t1"."open_tickets",
  "t1"."oldest_open_ticket_days",
  "t1"."severe_tickets_91d",
  "t1"."first_reply_hours_91d",
  "t1"."resolution_hours_91d",
  "t1"."support_satisfaction_182d"
FROM (
  SELECT
    "t0"."account_id",
    COUNT(*) FILTER(WHERE
      "t0"."days_ago" < 28) AS "tickets_28d",
    COUNT(*) FILTER(WHERE
      "t0"."days_ago" < 91) AS "tickets_91d",
    COUNT(*) FILTER(WHERE
      (
        "t0"."resolved_at" IS NULL
      ) AND (
        "t0"."days_ago" < 182
      )) AS "open_tickets",
    MAX("t0"."days_ago") FILTER(WHERE
      (
        "t0"."resolved_at" IS NULL
      ) AND (
        "t0"."days_ago" < 182
      )) AS "oldest_open_ticket_days",
    COUNT(*) FILTER(WHERE
      "t0"."severity" IN ('high', 'urgent') AND (
        "t0"."days_ago" < 91
      )) AS "severe_tickets_91d",
    AVG(DATE_DIFF('SECOND', "t0"."opened_at", "t0"."first_reply_at")) FILTER(WHERE
      "t0"."days_ago" < 91) / 3600.0 AS "first_reply_hours_91d",
    AVG(DATE_DIFF('SECOND', "t0"."opened_at", "t0"."resolved_at")) FILTER(WHERE
      "t0"."days_ago" < 91) / 3600.0 AS "resolution_hours_91d",
    AVG("t0"."satisfaction") FILTER(WHERE
      "t0"."days_ago" < 182) AS "support_satisfaction_182d"
  FROM "known_tickets" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"from_usage" AS (
SELECT
  "t1"."account_id" AS "usage_account_id",
  "t1"."activity_28d",
  "t1"."activity_previous_28d",
  "t1"."logins_7d",
  "t1"."logins_28d",
  "t1"."logins_previous_28d",
  "t1"."active_day_bits",
  "t1"."days_since_activity",
  "t1"."days_since_login",
  "t1"."events_28d",
  "t1"."users_28d"
FROM (
  SELECT
    "t0"."account_id",
    SUM("t0"."quantity_28d") AS "activity_28d",
    SUM("t0"."quantity_previous_28d") AS "activity_previous_28d",
    COALESCE(SUM("t0"."quantity_7d") FILTER(WHERE
      "t0"."role" = 'login'), 0.0) AS "logins_7d",
    COALESCE(SUM("t0"."quantity_28d") FILTER(WHERE
      "t0"."role" = 'login'), 0.0) AS "logins_28d",
    COALESCE(SUM("t0"."quantity_previous_28d") FILTER(WHERE
      "t0"."role" = 'login'), 0.0) AS "logins_previous_28d",
    BIT_OR("t0"."days") AS "active_day_bits",
    MIN("t0"."last_days_ago") AS "days_since_activity",
    MIN("t0"."last_days_ago") FILTER(WHERE
      "t0"."role" = 'login') AS "days_since_login",
    COUNT(DISTINCT "t0"."event") FILTER(WHERE
      "t0"."quantity_28d" > 0) AS "events_28d",
    MAX("t0"."users_28d") AS "users_28d"
  FROM "usage_by_event" AS "t0"
  GROUP BY
    1
) AS "t1"
),
"account" AS (
SELECT
  "t22"."account_id",
  "t22"."announced",
  "t22"."mrr_now",
  "t22"."industry",
  "t22"."country",
  "t22"."size",
  "t22"."acquisition_channel",
  "t22"."nps_last",
  "t22"."nps_before_last",
  "t22"."feedback_unanswered_days",
  "t22"."overdue_amount",
  "t22"."days_overdue",
  "t22"."days_since_contact",
  "t22"."days_to_card_expiry",
  "t22"."failed_payments_91d",
  "t22"."days_since_failed_payment",
  "t22"."payment_failing",
  "t22"."days_since_change",
  "t22"."first_started_days_ago",
  "t22"."seats",
  "t22"."mrr",
  "t22"."plan",
  "t22"."billing_interval",
  "t22"."days_to_renewal",
  "t22"."mrr_91d_ago",
  "t22"."seats_91d_ago",
  "t22"."discount_share",
  "t22"."days_to_discount_end",
  "t22"."past_due",
  "t22"."paused",
  "t22"."tickets_28d",
  "t22"."tickets_91d",
  "t22"."open_tickets",
  "t22"."oldest_open_ticket_days",
  "t22"."severe_tickets_91d",
  "t22"."first_reply_hours_91d",
  "t22"."resolution_hours_91d",
  "t22"."support_satisfaction_182d",
  "t22"."activity_28d",
  "t22"."activity_previous_28d",
  "t22"."logins_7d",
  "t22"."logins_28d",
  "t22"."logins_previous_28d",
  "t22"."active_day_bits",
  "t22"."days_since_activity",
  "t22"."days_since_login",
  "t22"."events_28d",
  "t22"."users_28d",
  DATE_DIFF('DAY', $usage_from, $as_of) + 1 AS "days_of_usage_on_record"
FROM (
  SELECT
    "t11"."account_id",
    "t11"."announced",
    "t11"."mrr_now",
    "t12"."industry",
    "t12"."country",
    "t12"."size",
    "t12"."acquisition_channel",
    "t13"."nps_last",
    "t13"."nps_before_last",
    "t13"."feedback_unanswered_days",
    COALESCE("t14"."overdue_amount", 0) AS "overdue_amount",
    COALESCE("t14"."days_overdue", 0) AS "days_overdue",
    "t15"."days_since_contact",
    "t16"."days_to_card_expiry",
    COALESCE("t17"."failed_payments_91d", 0) AS "failed_payments_91d",
    "t17"."days_since_failed_payment",
    "t17"."payment_failing",
    "t18"."days_since_change",
    "t19"."first_started_days_ago",
    "t19"."seats",
    "t19"."mrr",
    "t19"."plan",
    "t19"."billing_interval",
    "t19"."days_to_renewal",
    "t19"."mrr_91d_ago",
    "t19"."seats_91d_ago",
    "t19"."discount_share",
    "t19"."days_to_discount_end",
    "t19"."past_due",
    "t19"."paused",
    COALESCE("t20"."tickets_28d", 0) AS "tickets_28d",
    COALESCE("t20"."tickets_91d", 0) AS "tickets_91d",
    COALESCE("t20"."open_tickets", 0) AS "open_tickets",
    "t20"."oldest_open_ticket_days",
    COALESCE("t20"."severe_tickets_91d", 0) AS "severe_tickets_91d",
    "t20"."first_reply_hours_91d",
    "t20"."resolution_hours_91d",
    "t20"."support_satisfaction_182d",
    COALESCE("t21"."activity_28d", 0) AS "activity_28d",
    COALESCE("t21"."activity_previous_28d", 0) AS "activity_previous_28d",
    COALESCE("t21"."logins_7d", 0) AS "logins_7d",
    COALESCE("t21"."logins_28d", 0) AS "logins_28d",
    COALESCE("t21"."logins_previous_28d", 0) AS "logins_previous_28d",
    COALESCE("t21"."active_day_bits", 0) AS "active_day_bits",
    "t21"."days_since_activity",
    "t21"."days_since_login",
    COALESCE("t21"."events_28d", 0) AS "events_28d",
    "t21"."users_28d"
  FROM "paying_accounts" AS "t11"
  LEFT OUTER JOIN "from_accounts" AS "t12"
    ON "t11"."account_id" = "t12"."accounts_account_id"
  LEFT OUTER JOIN "from_feedback" AS "t13"
    ON "t11"."account_id" = "t13"."feedback_account_id"
  LEFT OUTER JOIN "from_invoices" AS "t14"
    ON "t11"."account_id" = "t14"."invoices_account_id"
  LEFT OUTER JOIN "from_outreach" AS "t15"
    ON "t11"."account_id" = "t15"."outreach_account_id"
  LEFT OUTER JOIN "from_payment_methods" AS "t16"
    ON "t11"."account_id" = "t16"."payment_methods_account_id"
  LEFT OUTER JOIN "from_payments" AS "t17"
    ON "t11"."account_id" = "t17"."payments_account_id"
  LEFT OUTER JOIN "from_subscription_changes" AS "t18"
    ON "t11"."account_id" = "t18"."subscription_changes_account_id"
  LEFT OUTER JOIN "from_subscriptions" AS "t19"
    ON "t11"."account_id" = "t19"."subscriptions_account_id"
  LEFT OUTER JOIN "from_tickets" AS "t20"
    ON "t11"."account_id" = "t20"."tickets_account_id"
  LEFT OUTER JOIN "from_usage" AS "t21"
    ON "t11"."account_id" = "t21"."usage_account_id"
) AS "t22"
),
"level_0" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."acquisition_channel",
  "t0"."nps_last",
  "t0"."nps_before_last",
  "t0"."feedback_unanswered_days",
  "t0"."overdue_amount",
  "t0"."days_overdue",
  "t0"."days_since_contact",
  "t0"."days_to_card_expiry",
  "t0"."failed_payments_91d",
  "t0"."days_since_failed_payment",
  "t0"."payment_failing",
  "t0"."days_since_change",
  "t0"."first_started_days_ago",
  "t0"."seats",
  "t0"."mrr",
  "t0"."plan",
  "t0"."billing_interval",
  "t0"."days_to_renewal",
  "t0"."mrr_91d_ago",
  "t0"."seats_91d_ago",
  "t0"."discount_share",
  "t0"."days_to_discount_end",
  "t0"."past_due",
  "t0"."paused",
  "t0"."tickets_28d",
  "t0"."tickets_91d",
  "t0"."open_tickets",
  "t0"."oldest_open_ticket_days",
  "t0"."severe_tickets_91d",
  "t0"."first_reply_hours_91d",
  "t0"."resolution_hours_91d",
  "t0"."support_satisfaction_182d",
  "t0"."activity_28d",
  "t0"."activity_previous_28d",
  "t0"."logins_7d",
  "t0"."logins_28d",
  "t0"."logins_previous_28d",
  "t0"."active_day_bits",
  "t0"."days_since_activity",
  "t0"."days_since_login",
  "t0"."events_28d",
  "t0"."users_28d",
  "t0"."days_of_usage_on_record",
  "t0"."first_started_days_ago" AS "tenure_days",
  BIT_COUNT("t0"."active_day_bits" & 127) AS "active_days_7d",
  BIT_COUNT("t0"."active_day_bits" & 268435455) AS "active_days_28d",
  BIT_COUNT((
    "t0"."active_day_bits" >> 28
  ) & 268435455) AS "active_days_previous_28d",
  BIT_COUNT("t0"."active_day_bits" & ~"t0"."active_day_bits" + 1) AS "active_streak_days",
  CAST(NULL AS BIGINT) AS "key_actions_28d",
  CAST(NULL AS BIGINT) AS "key_actions_previous_28d",
  CAST(NULL AS BIGINT) AS "exports_7d",
  CAST(NULL AS BIGINT) AS "exports_91d",
  CAST(NULL AS BIGINT) AS "cancel_page_views_28d",
  CAST(NULL AS BIGINT) AS "downgrade_page_views_28d",
  CAST(NULL AS BIGINT) AS "help_views_28d",
  CAST(NULL AS BIGINT) AS "errors_28d",
  "t0"."users_28d" / NULLIF("t0"."seats", 0) AS "seats_used_share",
  CAST(NULL AS BIGINT) AS "invites_91d",
  CAST(NULL AS BIGINT) AS "community_posts_91d",
  CAST(NULL AS BIGINT) AS "setup_steps_91d",
  CAST(NULL AS BIGINT) AS "first_key_action_days_ago",
  (
    "t0"."mrr" / NULLIF("t0"."mrr_91d_ago", 0)
  ) - 1 AS "mrr_change_91d",
  (
    (
      "t0"."mrr" / NULLIF("t0"."mrr_91d_ago", 0)
    ) / NULLIF(COALESCE("t0"."seats" / NULLIF("t0"."seats_91d_ago", 0), 1.0), 0)
  ) - 1 AS "price_change_91d",
  (
    "t0"."seats" / NULLIF("t0"."seats_91d_ago", 0)
  ) - 1 AS "seats_change_91d",
  CAST("t0"."days_to_card_expiry" < "t0"."days_to_renewal" AS DOUBLE) AS "card_expires_before_renewal",
  "t0"."nps_last" - "t0"."nps_before_last" AS "nps_change"
FROM "account" AS "t0"
),
"level_1" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."acquisition_channel",
  "t0"."nps_last",
  "t0"."nps_before_last",
  "t0"."feedback_unanswered_days",
  "t0"."overdue_amount",
  "t0"."days_overdue",
  "t0"."days_since_contact",
  "t0"."days_to_card_expiry",
  "t0"."failed_payments_91d",
  "t0"."days_since_failed_payment",
  "t0"."payment_failing",
  "t0"."days_since_change",
  "t0"."first_started_days_ago",
  "t0"."seats",
  "t0"."mrr",
  "t0"."plan",
  "t0"."billing_interval",
  "t0"."days_to_renewal",
  "t0"."mrr_91d_ago",
  "t0"."seats_91d_ago",
  "t0"."discount_share",
  "t0"."days_to_discount_end",
  "t0"."past_due",
  "t0"."paused",
  "t0"."tickets_28d",
  "t0"."tickets_91d",
  "t0"."open_tickets",
  "t0"."oldest_open_ticket_days",
  "t0"."severe_tickets_91d",
  "t0"."first_reply_hours_91d",
  "t0"."resolution_hours_91d",
  "t0"."support_satisfaction_182d",
  "t0"."activity_28d",
  "t0"."activity_previous_28d",
  "t0"."logins_7d",
  "t0"."logins_28d",
  "t0"."logins_previous_28d",
  "t0"."active_day_bits",
  "t0"."days_since_activity",
  "t0"."days_since_login",
  "t0"."events_28d",
  "t0"."users_28d",
  "t0"."days_of_usage_on_record",
  "t0"."tenure_days",
  "t0"."active_days_7d",
  "t0"."active_days_28d",
  "t0"."active_days_previous_28d",
  "t0"."active_streak_days",
  "t0"."key_actions_28d",
  "t0"."key_actions_previous_28d",
  "t0"."exports_7d",
  "t0"."exports_91d",
  "t0"."cancel_page_views_28d",
  "t0"."downgrade_page_views_28d",
  "t0"."help_views_28d",
  "t0"."errors_28d",
  "t0"."seats_used_share",
  "t0"."invites_91d",
  "t0"."community_posts_91d",
  "t0"."setup_steps_91d",
  "t0"."first_key_action_days_ago",
  "t0"."mrr_change_91d",
  "t0"."price_change_91d",
  "t0"."seats_change_91d",
  "t0"."card_expires_before_renewal",
  "t0"."nps_change",
  LEAST("t0"."tenure_days", "t0"."days_of_usage_on_record") AS "usage_known_days",
  "t0"."exports_7d" / NULLIF("t0"."exports_91d", 0) AS "exports_burst_7d",
  CASE
    WHEN (
      "t0"."tenure_days" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."tenure_days"
    )
    THEN CAST("t0"."setup_steps_91d" AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "setup_steps_done",
  CASE
    WHEN (
      "t0"."tenure_days" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."tenure_days"
    )
    THEN CAST(CASE
      WHEN (
        "t0"."tenure_days" - "t0"."first_key_action_days_ago"
      ) IS NULL
      THEN "t0"."tenure_days" - "t0"."first_key_action_days_ago"
      ELSE GREATEST(0, "t0"."tenure_days" - "t0"."first_key_action_days_ago")
    END AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "days_to_key_action",
  CASE
    WHEN (
      "t0"."tenure_days" < 91
    )
    AND (
      "t0"."days_of_usage_on_record" > "t0"."tenure_days"
    )
    THEN CAST(CASE
      WHEN (
        "t0"."first_key_action_days_ago" IS NULL
      )
      AND (
        "t0"."key_actions_28d" IS NOT NULL
      )
      THEN "t0"."tenure_days"
      ELSE CAST(NULL AS BIGINT)
    END AS DOUBLE)
    ELSE CAST(NULL AS DOUBLE)
  END AS "days_without_key_action"
FROM "level_0" AS "t0"
),
"level_2" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."acquisition_channel",
  "t0"."nps_last",
  "t0"."nps_before_last",
  "t0"."feedback_unanswered_days",
  "t0"."overdue_amount",
  "t0"."days_overdue",
  "t0"."days_since_contact",
  "t0"."days_to_card_expiry",
  "t0"."failed_payments_91d",
  "t0"."days_since_failed_payment",
  "t0"."payment_failing",
  "t0"."days_since_change",
  "t0"."first_started_days_ago",
  "t0"."seats",
  "t0"."mrr",
  "t0"."plan",
  "t0"."billing_interval",
  "t0"."days_to_renewal",
  "t0"."mrr_91d_ago",
  "t0"."seats_91d_ago",
  "t0"."discount_share",
  "t0"."days_to_discount_end",
  "t0"."past_due",
  "t0"."paused",
  "t0"."tickets_28d",
  "t0"."tickets_91d",
  "t0"."open_tickets",
  "t0"."oldest_open_ticket_days",
  "t0"."severe_tickets_91d",
  "t0"."first_reply_hours_91d",
  "t0"."resolution_hours_91d",
  "t0"."support_satisfaction_182d",
  "t0"."activity_28d",
  "t0"."activity_previous_28d",
  "t0"."logins_7d",
  "t0"."logins_28d",
  "t0"."logins_previous_28d",
  "t0"."active_day_bits",
  "t0"."days_since_activity",
  "t0"."days_since_login",
  "t0"."events_28d",
  "t0"."users_28d",
  "t0"."days_of_usage_on_record",
  "t0"."tenure_days",
  "t0"."active_days_7d",
  "t0"."active_days_28d",
  "t0"."active_days_previous_28d",
  "t0"."active_streak_days",
  "t0"."key_actions_28d",
  "t0"."key_actions_previous_28d",
  "t0"."exports_7d",
  "t0"."exports_91d",
  "t0"."cancel_page_views_28d",
  "t0"."downgrade_page_views_28d",
  "t0"."help_views_28d",
  "t0"."errors_28d",
  "t0"."seats_used_share",
  "t0"."invites_91d",
  "t0"."community_posts_91d",
  "t0"."setup_steps_91d",
  "t0"."first_key_action_days_ago",
  "t0"."mrr_change_91d",
  "t0"."price_change_91d",
  "t0"."seats_change_91d",
  "t0"."card_expires_before_renewal",
  "t0"."nps_change",
  "t0"."usage_known_days",
  "t0"."exports_burst_7d",
  "t0"."setup_steps_done",
  "t0"."days_to_key_action",
  "t0"."days_without_key_action",
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
    THEN (
      "t0"."key_actions_28d" / NULLIF("t0"."key_actions_previous_28d", 0)
    ) - 1
    ELSE CAST(NULL AS DOUBLE)
  END AS "key_actions_change_28d"
FROM "level_1" AS "t0"
),
"features" AS (
SELECT
  "t0"."account_id",
  "t0"."announced",
  "t0"."mrr_now",
  $as_of AS "as_of",
  "t0"."activity_28d",
  "t0"."activity_change_28d",
  "t0"."logins_7d",
  "t0"."logins_28d",
  "t0"."logins_change_28d",
  CAST("t0"."active_days_7d" AS DOUBLE) AS "active_days_7d",
  CAST("t0"."active_days_28d" AS DOUBLE) AS "active_days_28d",
  "t0"."active_days_change_28d",
  CAST("t0"."active_streak_days" AS DOUBLE) AS "active_streak_days",
  CAST("t0"."days_since_activity" AS DOUBLE) AS "days_since_activity",
  CAST("t0"."days_since_login" AS DOUBLE) AS "days_since_login",
  CAST("t0"."key_actions_28d" AS DOUBLE) AS "key_actions_28d",
  "t0"."key_actions_change_28d",
  CAST("t0"."exports_7d" AS DOUBLE) AS "exports_7d",
  "t0"."exports_burst_7d",
  CAST("t0"."cancel_page_views_28d" AS DOUBLE) AS "cancel_page_views_28d",
  CAST("t0"."downgrade_page_views_28d" AS DOUBLE) AS "downgrade_page_views_28d",
  CAST("t0"."help_views_28d" AS DOUBLE) AS "help_views_28d",
  CAST("t0"."errors_28d" AS DOUBLE) AS "errors_28d",
  CAST("t0"."events_28d" AS DOUBLE) AS "events_28d",
  CAST("t0"."users_28d" AS DOUBLE) AS "users_28d",
  "t0"."seats_used_share",
  CAST("t0"."invites_91d" AS DOUBLE) AS "invites_91d",
  CAST("t0"."community_posts_91d" AS DOUBLE) AS "community_posts_91d",
  "t0"."setup_steps_done",
  "t0"."days_to_key_action",
  "t0"."days_without_key_action",
  CAST("t0"."tenure_days" AS DOUBLE) AS "tenure_days",
  CAST("t0"."mrr" AS DOUBLE) AS "mrr",
  CAST("t0"."seats" AS DOUBLE) AS "seats",
  "t0"."plan",
  "t0"."billing_interval",
  CAST("t0"."days_to_renewal" AS DOUBLE) AS "days_to_renewal",
  "t0"."mrr_change_91d",
  "t0"."price_change_91d",
  "t0"."seats_change_91d",
  CAST("t0"."days_since_change" AS DOUBLE) AS "days_since_change",
  "t0"."discount_share",
  CAST("t0"."days_to_discount_end" AS DOUBLE) AS "days_to_discount_end",
  CAST("t0"."past_due" AS DOUBLE) AS "past_due",
  CAST("t0"."paused" AS DOUBLE) AS "paused",
  CAST("t0"."failed_payments_91d" AS DOUBLE) AS "failed_payments_91d",
  CAST("t0"."days_since_failed_payment" AS DOUBLE) AS "days_since_failed_payment",
  "t0"."payment_failing",
  CAST("t0"."overdue_amount" AS DOUBLE) AS "overdue_amount",
  CAST("t0"."days_overdue" AS DOUBLE) AS "days_overdue",
  CAST("t0"."days_to_card_expiry" AS DOUBLE) AS "days_to_card_expiry",
  "t0"."card_expires_before_renewal",
  CAST("t0"."tickets_28d" AS DOUBLE) AS "tickets_28d",
  CAST("t0"."tickets_91d" AS DOUBLE) AS "tickets_91d",
  CAST("t0"."open_tickets" AS DOUBLE) AS "open_tickets",
  CAST("t0"."oldest_open_ticket_days" AS DOUBLE) AS "oldest_open_ticket_days",
  CAST("t0"."severe_tickets_91d" AS DOUBLE) AS "severe_tickets_91d",
  "t0"."first_reply_hours_91d",
  "t0"."resolution_hours_91d",
  "t0"."support_satisfaction_182d",
  "t0"."nps_last",
  "t0"."nps_change",
  CAST("t0"."feedback_unanswered_days" AS DOUBLE) AS "feedback_unanswered_days",
  CAST("t0"."days_since_contact" AS DOUBLE) AS "days_since_contact",
  "t0"."industry",
  "t0"."country",
  "t0"."size",
  "t0"."acquisition_channel"
FROM "level_2" AS "t0"
)
SELECT * FROM "features" ORDER BY "account_id"
