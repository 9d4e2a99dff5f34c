SELECT
  *
FROM (
  SELECT
    "t6"."variant" AS "variant",
    COUNT(*) AS "n"
  FROM (
    SELECT
      "t5"."case_id" AS "case_id",
      "t5"."keys" AS "keys",
      CASE
        WHEN length(
          arrayMap(
            __ibis_param_key__ -> SUBSTRING(
              __ibis_param_key__,
              CASE WHEN (
                9 + 1
              ) >= 1 THEN 9 + 1 ELSE 9 + 1 + LENGTH(__ibis_param_key__) END
            ),
            arraySort("t5"."keys")
          )
        ) > 0
        THEN arrayStringConcat(
          arrayMap(
            __ibis_param_key__ -> SUBSTRING(
              __ibis_param_key__,
              CASE WHEN (
                9 + 1
              ) >= 1 THEN 9 + 1 ELSE 9 + 1 + LENGTH(__ibis_param_key__) END
            ),
            arraySort("t5"."keys")
          ),
          '\x1f'
        )
        ELSE NULL
      END AS "variant"
    FROM (
      SELECT
        "t4"."case_id" AS "case_id",
        groupArray("t4"."key") AS "keys"
      FROM (
        SELECT
          "t3"."case_id" AS "case_id",
          "t3"."activity" AS "activity",
          "t3"."timestamp" AS "timestamp",
          "t3"."resource" AS "resource",
          "t3"."source_row" AS "source_row",
          "t3"."us" AS "us",
          "t3"."tie" AS "tie",
          "t3"."position" AS "position",
          "t3"."from_end" AS "from_end",
          "t3"."occurrence" AS "occurrence",
          "t3"."before" AS "before",
          "t3"."before_us" AS "before_us",
          CONCAT(
            leftPadUTF8(
              CAST("t3"."position" AS Nullable(String)),
              GREATEST(lengthUTF8(CAST("t3"."position" AS Nullable(String))), 9),
              '0'
            ),
            "t3"."activity"
          ) AS "key"
        FROM (
          SELECT
            "t2"."case_id" AS "case_id",
            "t2"."activity" AS "activity",
            "t2"."timestamp" AS "timestamp",
            "t2"."resource" AS "resource",
            "t2"."source_row" AS "source_row",
            "t2"."us" AS "us",
            "t2"."tie" AS "tie",
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."case_id"
              ORDER BY "t2"."us" ASC, "t2"."tie" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1 AS "position",
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."case_id"
              ORDER BY "t2"."us" DESC, "t2"."tie" DESC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1 AS "from_end",
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."case_id", "t2"."activity"
              ORDER BY "t2"."us" ASC, "t2"."tie" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1 AS "occurrence",
            lagInFrame("t2"."activity") OVER (
              PARTITION BY "t2"."case_id"
              ORDER BY "t2"."us" ASC, "t2"."tie" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS "before",
            lagInFrame("t2"."us") OVER (
              PARTITION BY "t2"."case_id"
              ORDER BY "t2"."us" ASC, "t2"."tie" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS "before_us"
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
        ) AS "t3"
      ) AS "t4"
      GROUP BY
        "t4"."case_id"
    ) AS "t5"
  ) AS "t6"
  GROUP BY
    "t6"."variant"
) AS "t7"
ORDER BY
  "t7"."n" DESC,
  "t7"."variant" ASC
