WITH "t2" AS (
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
)
SELECT
  uniq("t10"."case_id") AS "n_cases",
  COUNT(*) AS "n_events",
  uniq("t10"."activity") AS "n_activities"
FROM (
  SELECT
    *
  FROM "t2" AS "t3"
  WHERE
    CAST("t3"."case_id" IN (
      SELECT
        "t8"."case_id" AS "case_id"
      FROM (
        SELECT
          "t7"."case_id" AS "case_id",
          CAST(MAX(CAST("t7"."gap_0575e022e652" AND "t7"."activity" IN ('B') AS Nullable(Int64))) = 1 AS Nullable(Int64)) AS "flag_0",
          CAST(MAX(CAST("t7"."gap_269b892d521f" AND "t7"."activity" IN ('C') AS Nullable(Int64))) = 1 AS Nullable(Int64)) AS "flag_1"
        FROM (
          SELECT
            "t6"."case_id" AS "case_id",
            "t6"."activity" AS "activity",
            "t6"."timestamp" AS "timestamp",
            "t6"."resource" AS "resource",
            "t6"."source_row" AS "source_row",
            "t6"."us" AS "us",
            "t6"."tie" AS "tie",
            "t6"."position" AS "position",
            "t6"."from_end" AS "from_end",
            "t6"."occurrence" AS "occurrence",
            "t6"."before" AS "before",
            "t6"."before_us" AS "before_us",
            "t6"."key" AS "key",
            "t6"."gap_0575e022e652" AS "gap_0575e022e652",
            COALESCE(
              MAX(CAST("t6"."activity" IN ('A') AS Nullable(Int64))) OVER (
                PARTITION BY "t6"."case_id"
                ORDER BY "t6"."us" ASC
                RANGE BETWEEN 3600000000 preceding AND 60000000 preceding
              ) = 1,
              FALSE
            ) AS "gap_269b892d521f"
          FROM (
            SELECT
              "t5"."case_id" AS "case_id",
              "t5"."activity" AS "activity",
              "t5"."timestamp" AS "timestamp",
              "t5"."resource" AS "resource",
              "t5"."source_row" AS "source_row",
              "t5"."us" AS "us",
              "t5"."tie" AS "tie",
              "t5"."position" AS "position",
              "t5"."from_end" AS "from_end",
              "t5"."occurrence" AS "occurrence",
              "t5"."before" AS "before",
              "t5"."before_us" AS "before_us",
              "t5"."key" AS "key",
              COALESCE(
                (
                  "t5"."us" - MAX(CASE WHEN "t5"."activity" IN ('A') THEN "t5"."us" ELSE NULL END) OVER (
                    PARTITION BY "t5"."case_id"
                    ORDER BY "t5"."position" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 preceding
                  )
                ) <= 86400000000,
                FALSE
              ) AS "gap_0575e022e652"
            FROM (
              SELECT
                "t4"."case_id" AS "case_id",
                "t4"."activity" AS "activity",
                "t4"."timestamp" AS "timestamp",
                "t4"."resource" AS "resource",
                "t4"."source_row" AS "source_row",
                "t4"."us" AS "us",
                "t4"."tie" AS "tie",
                "t4"."position" AS "position",
                "t4"."from_end" AS "from_end",
                "t4"."occurrence" AS "occurrence",
                "t4"."before" AS "before",
                "t4"."before_us" AS "before_us",
                CONCAT(
                  leftPadUTF8(
                    CAST("t4"."position" AS Nullable(String)),
                    GREATEST(lengthUTF8(CAST("t4"."position" AS Nullable(String))), 9),
                    '0'
                  ),
                  "t4"."activity"
                ) AS "key"
              FROM (
                SELECT
                  "t3"."case_id" AS "case_id",
                  "t3"."activity" AS "activity",
                  "t3"."timestamp" AS "timestamp",
                  "t3"."resource" AS "resource",
                  "t3"."source_row" AS "source_row",
                  "t3"."us" AS "us",
                  "t3"."tie" AS "tie",
                  ROW_NUMBER() OVER (
                    PARTITION BY "t3"."case_id"
                    ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) - 1 AS "position",
                  ROW_NUMBER() OVER (
                    PARTITION BY "t3"."case_id"
                    ORDER BY "t3"."us" DESC, "t3"."tie" DESC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) - 1 AS "from_end",
                  ROW_NUMBER() OVER (
                    PARTITION BY "t3"."case_id", "t3"."activity"
                    ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) - 1 AS "occurrence",
                  lagInFrame("t3"."activity") OVER (
                    PARTITION BY "t3"."case_id"
                    ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) AS "before",
                  lagInFrame("t3"."us") OVER (
                    PARTITION BY "t3"."case_id"
                    ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) AS "before_us"
                FROM "t2" AS "t3"
              ) AS "t4"
            ) AS "t5"
          ) AS "t6"
        ) AS "t7"
        GROUP BY
          "t7"."case_id"
      ) AS "t8"
      WHERE
        (
          "t8"."flag_0" = 1
        ) OR (
          "t8"."flag_1" = 1
        )
    ) AS Nullable(Bool))
) AS "t10"
