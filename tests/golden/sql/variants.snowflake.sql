SELECT
  *
FROM (
  SELECT
    "t6"."variant",
    COUNT(*) AS "n"
  FROM (
    SELECT
      "t5"."case_id",
      "t5"."keys",
      ARRAY_TO_STRING(
        NULLIF(
          TRANSFORM(
            ARRAY_SORT("t5"."keys"),
            __ibis_param_key__ -> SUBSTRING(
              __ibis_param_key__,
              IFF((
                9 + 1
              ) >= 1, 9 + 1, 9 + 1 + LENGTH(__ibis_param_key__))
            )
          ),
          []
        ),
        '\x1f'
      ) AS "variant"
    FROM (
      SELECT
        "t4"."case_id",
        ARRAY_AGG("t4"."key") AS "keys"
      FROM (
        SELECT
          "t3"."case_id",
          "t3"."activity",
          "t3"."timestamp",
          "t3"."resource",
          "t3"."source_row",
          "t3"."us",
          "t3"."tie",
          "t3"."position",
          "t3"."from_end",
          "t3"."occurrence",
          "t3"."before",
          "t3"."before_us",
          CONCAT(
            LPAD(
              CAST("t3"."position" AS VARCHAR),
              GREATEST(LENGTH(CAST("t3"."position" AS VARCHAR)), 9),
              '0'
            ),
            "t3"."activity"
          ) AS "key"
        FROM (
          SELECT
            "t2"."case_id",
            "t2"."activity",
            "t2"."timestamp",
            "t2"."resource",
            "t2"."source_row",
            "t2"."us",
            "t2"."tie",
            ROW_NUMBER() OVER (PARTITION BY "t2"."case_id" ORDER BY "t2"."us" ASC, "t2"."tie" ASC) - 1 AS "position",
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."case_id"
              ORDER BY "t2"."us" DESC NULLS LAST, "t2"."tie" DESC NULLS LAST
            ) - 1 AS "from_end",
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."case_id", "t2"."activity"
              ORDER BY "t2"."us" ASC, "t2"."tie" ASC
            ) - 1 AS "occurrence",
            LAG("t2"."activity") OVER (PARTITION BY "t2"."case_id" ORDER BY "t2"."us" ASC, "t2"."tie" ASC) AS "before",
            LAG("t2"."us") OVER (PARTITION BY "t2"."case_id" ORDER BY "t2"."us" ASC, "t2"."tie" ASC) AS "before_us"
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
        ) AS "t3"
      ) AS "t4"
      GROUP BY
        1
    ) AS "t5"
  ) AS "t6"
  GROUP BY
    1
) AS "t7"
ORDER BY
  "t7"."n" DESC NULLS LAST,
  "t7"."variant" ASC
