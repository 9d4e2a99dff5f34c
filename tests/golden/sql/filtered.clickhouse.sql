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
), "t8" AS (
  SELECT
    *
  FROM "t2" AS "t3"
  WHERE
    CAST("t3"."case_id" IN (
      SELECT
        "t6"."case_id" AS "case_id"
      FROM (
        SELECT
          "t5"."case_id" AS "case_id",
          CAST(COALESCE((
            (
              MAX("t5"."us") - MIN("t5"."us")
            ) / 1000000.0
          ) > 432000.0, FALSE) AS Nullable(Int64)) AS "flag_0",
          CAST(COALESCE(
            minIf("t5"."position", "t5"."activity" IN ('A')) < maxIf("t5"."position", "t5"."activity" IN ('B')),
            FALSE
          ) AS Nullable(Int64)) AS "flag_1"
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
        GROUP BY
          "t5"."case_id"
      ) AS "t6"
      WHERE
        "t6"."flag_0" = 1 AND "t6"."flag_1" = 1
    ) AS Nullable(Bool))
), "t13" AS (
  SELECT
    "t12"."case_id" AS "case_id",
    "t12"."first_tie" AS "first_tie",
    CASE
      WHEN length(
        arrayMap(
          __ibis_param_key__ -> SUBSTRING(
            __ibis_param_key__,
            CASE WHEN (
              9 + 1
            ) >= 1 THEN 9 + 1 ELSE 9 + 1 + LENGTH(__ibis_param_key__) END
          ),
          arraySort("t12"."keys")
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
          arraySort("t12"."keys")
        ),
        '\x1f'
      )
      ELSE NULL
    END AS "variant"
  FROM (
    SELECT
      "t11"."case_id" AS "case_id",
      groupArray("t11"."key") AS "keys",
      MIN("t11"."tie") AS "first_tie"
    FROM (
      SELECT
        "t10"."case_id" AS "case_id",
        "t10"."activity" AS "activity",
        "t10"."timestamp" AS "timestamp",
        "t10"."resource" AS "resource",
        "t10"."source_row" AS "source_row",
        "t10"."us" AS "us",
        "t10"."tie" AS "tie",
        "t10"."position" AS "position",
        "t10"."from_end" AS "from_end",
        "t10"."occurrence" AS "occurrence",
        "t10"."before" AS "before",
        "t10"."before_us" AS "before_us",
        CONCAT(
          leftPadUTF8(
            CAST("t10"."position" AS Nullable(String)),
            GREATEST(lengthUTF8(CAST("t10"."position" AS Nullable(String))), 9),
            '0'
          ),
          "t10"."activity"
        ) AS "key"
      FROM (
        SELECT
          "t9"."case_id" AS "case_id",
          "t9"."activity" AS "activity",
          "t9"."timestamp" AS "timestamp",
          "t9"."resource" AS "resource",
          "t9"."source_row" AS "source_row",
          "t9"."us" AS "us",
          "t9"."tie" AS "tie",
          ROW_NUMBER() OVER (
            PARTITION BY "t9"."case_id"
            ORDER BY "t9"."us" ASC, "t9"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "position",
          ROW_NUMBER() OVER (
            PARTITION BY "t9"."case_id"
            ORDER BY "t9"."us" DESC, "t9"."tie" DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "from_end",
          ROW_NUMBER() OVER (
            PARTITION BY "t9"."case_id", "t9"."activity"
            ORDER BY "t9"."us" ASC, "t9"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "occurrence",
          lagInFrame("t9"."activity") OVER (
            PARTITION BY "t9"."case_id"
            ORDER BY "t9"."us" ASC, "t9"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "before",
          lagInFrame("t9"."us") OVER (
            PARTITION BY "t9"."case_id"
            ORDER BY "t9"."us" ASC, "t9"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "before_us"
        FROM "t8" AS "t9"
      ) AS "t10"
    ) AS "t11"
    GROUP BY
      "t11"."case_id"
  ) AS "t12"
)
SELECT
  "t24"."before" AS "source",
  "t24"."activity" AS "target",
  COUNT(*) AS "n"
FROM (
  SELECT
    "t23"."case_id" AS "case_id",
    "t23"."activity" AS "activity",
    "t23"."timestamp" AS "timestamp",
    "t23"."resource" AS "resource",
    "t23"."source_row" AS "source_row",
    "t23"."us" AS "us",
    "t23"."tie" AS "tie",
    "t23"."position" AS "position",
    "t23"."from_end" AS "from_end",
    "t23"."occurrence" AS "occurrence",
    "t23"."before" AS "before",
    "t23"."before_us" AS "before_us",
    CONCAT(
      leftPadUTF8(
        CAST("t23"."position" AS Nullable(String)),
        GREATEST(lengthUTF8(CAST("t23"."position" AS Nullable(String))), 9),
        '0'
      ),
      "t23"."activity"
    ) AS "key"
  FROM (
    SELECT
      "t22"."case_id" AS "case_id",
      "t22"."activity" AS "activity",
      "t22"."timestamp" AS "timestamp",
      "t22"."resource" AS "resource",
      "t22"."source_row" AS "source_row",
      "t22"."us" AS "us",
      "t22"."tie" AS "tie",
      ROW_NUMBER() OVER (
        PARTITION BY "t22"."case_id"
        ORDER BY "t22"."us" ASC, "t22"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "position",
      ROW_NUMBER() OVER (
        PARTITION BY "t22"."case_id"
        ORDER BY "t22"."us" DESC, "t22"."tie" DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "from_end",
      ROW_NUMBER() OVER (
        PARTITION BY "t22"."case_id", "t22"."activity"
        ORDER BY "t22"."us" ASC, "t22"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "occurrence",
      lagInFrame("t22"."activity") OVER (
        PARTITION BY "t22"."case_id"
        ORDER BY "t22"."us" ASC, "t22"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "before",
      lagInFrame("t22"."us") OVER (
        PARTITION BY "t22"."case_id"
        ORDER BY "t22"."us" ASC, "t22"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "before_us"
    FROM (
      SELECT
        *
      FROM "t8" AS "t9"
      WHERE
        CAST("t9"."case_id" IN (
          SELECT
            "t20"."case_id" AS "case_id"
          FROM (
            SELECT
              "t15"."case_id" AS "case_id",
              "t15"."first_tie" AS "first_tie",
              "t15"."variant" AS "variant",
              "t19"."rank" AS "rank",
              "t19"."covered" AS "covered"
            FROM "t13" AS "t15"
            INNER JOIN (
              SELECT
                "t17"."variant" AS "variant",
                "t17"."rank" AS "rank",
                (
                  "t17"."upto" - "t17"."n"
                ) / CAST("t17"."total" AS Nullable(Float64)) AS "covered"
              FROM (
                SELECT
                  "t16"."variant" AS "variant",
                  "t16"."n" AS "n",
                  "t16"."first" AS "first",
                  ROW_NUMBER() OVER (
                    ORDER BY "t16"."n" DESC, "t16"."first" ASC, "t16"."variant" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) - 1 AS "rank",
                  SUM("t16"."n") OVER (
                    ORDER BY "t16"."n" DESC, "t16"."first" ASC, "t16"."variant" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                  ) AS "upto",
                  SUM("t16"."n") OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "total"
                FROM (
                  SELECT
                    "t14"."variant" AS "variant",
                    COUNT(*) AS "n",
                    MIN("t14"."first_tie") AS "first"
                  FROM "t13" AS "t14"
                  GROUP BY
                    "t14"."variant"
                ) AS "t16"
              ) AS "t17"
            ) AS "t19"
              ON "t15"."variant" = "t19"."variant"
          ) AS "t20"
          WHERE
            "t20"."rank" < 3
        ) AS Nullable(Bool))
    ) AS "t22"
  ) AS "t23"
  WHERE
    isNotNull("t23"."before")
) AS "t24"
GROUP BY
  "t24"."before",
  "t24"."activity"
