SELECT
  uniq("t2"."case_id") AS "n_cases",
  COUNT(*) AS "n_events",
  uniq("t2"."activity") AS "n_activities"
FROM (
  SELECT
    "t1"."case_id" AS "case_id",
    "t1"."activity" AS "activity",
    "t1"."timestamp" AS "timestamp",
    "t1"."resource" AS "resource",
    "t1"."source_row" AS "source_row",
    toUnixTimestamp64Micro("t1"."timestamp") AS "us",
    leftPadUTF8(
      CAST("t1"."source_row" AS Nullable(String)),
      GREATEST(lengthUTF8(CAST("t1"."source_row" AS Nullable(String))), 18),
      '0'
    ) AS "tie"
  FROM (
    SELECT
      *
    FROM "events" AS "t0"
  ) AS "t1"
) AS "t2"
