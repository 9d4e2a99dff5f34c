SELECT
  "t2"."case_id",
  (
    MAX("t2"."us") - MIN("t2"."us")
  ) / 1000000.0 AS "cycle_time_s"
FROM (
  SELECT
    "t1"."case_id",
    "t1"."activity",
    "t1"."timestamp",
    "t1"."resource",
    "t1"."source_row",
    DATE_PART('epoch_microsecond', "t1"."timestamp") AS "us",
    LPAD(
      CAST("t1"."source_row" AS VARCHAR),
      GREATEST(LENGTH(CAST("t1"."source_row" AS VARCHAR)), 18),
      '0'
    ) AS "tie"
  FROM (
    SELECT
      *
    FROM "events" AS "t0"
  ) AS "t1"
) AS "t2"
GROUP BY
  1
