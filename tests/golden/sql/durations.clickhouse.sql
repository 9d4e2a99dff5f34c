SELECT
  "t2"."case_id" AS "case_id",
  (
    MAX("t2"."us") - MIN("t2"."us")
  ) / 1000000.0 AS "cycle_time_s"
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
GROUP BY
  "t2"."case_id"
