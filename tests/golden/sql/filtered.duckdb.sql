WITH "t2" AS (
  SELECT
    "t1"."case_id",
    "t1"."activity",
    "t1"."timestamp",
    "t1"."resource",
    "t1"."source_row",
    EPOCH_US("t1"."timestamp") AS "us",
    CASE
      WHEN 18 <= LENGTH(CAST("t1"."source_row" AS TEXT))
      THEN CAST("t1"."source_row" AS TEXT)
      ELSE REPEAT('0', 18 - LENGTH(CAST("t1"."source_row" AS TEXT))) || CAST("t1"."source_row" AS TEXT)
    END AS "tie"
  FROM (
    SELECT
      *
    FROM "events" AS "t0"
  ) AS "t1"
), "t14" AS (
  SELECT
    "t13"."case_id",
    "t13"."first_tie",
    ARRAY_TO_STRING(
      LIST_APPLY(
        LIST_SORT("t13"."keys"),
        LAMBDA __ibis_param_key__ : SUBSTRING(
          __ibis_param_key__,
          CASE WHEN (
            9 + 1
          ) >= 1 THEN 9 + 1 ELSE 9 + 1 + LENGTH(__ibis_param_key__) END
        )
      ),
      ''
    ) AS "variant"
  FROM (
    SELECT
      "t12"."case_id",
      ARRAY_AGG("t12"."key") FILTER(WHERE
        "t12"."key" IS NOT NULL) AS "keys",
      MIN("t12"."tie") AS "first_tie"
    FROM (
      SELECT
        "t11"."case_id",
        "t11"."activity",
        "t11"."timestamp",
        "t11"."resource",
        "t11"."source_row",
        "t11"."us",
        "t11"."tie",
        "t11"."position",
        "t11"."from_end",
        "t11"."occurrence",
        "t11"."before",
        "t11"."before_us",
        CASE
          WHEN 9 <= LENGTH(CAST("t11"."position" AS TEXT))
          THEN CAST("t11"."position" AS TEXT)
          ELSE REPEAT('0', 9 - LENGTH(CAST("t11"."position" AS TEXT))) || CAST("t11"."position" AS TEXT)
        END || "t11"."activity" AS "key"
      FROM (
        SELECT
          "t10"."case_id",
          "t10"."activity",
          "t10"."timestamp",
          "t10"."resource",
          "t10"."source_row",
          "t10"."us",
          "t10"."tie",
          ROW_NUMBER() OVER (
            PARTITION BY "t10"."case_id"
            ORDER BY "t10"."us" ASC, "t10"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "position",
          ROW_NUMBER() OVER (
            PARTITION BY "t10"."case_id"
            ORDER BY "t10"."us" DESC, "t10"."tie" DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "from_end",
          ROW_NUMBER() OVER (
            PARTITION BY "t10"."case_id", "t10"."activity"
            ORDER BY "t10"."us" ASC, "t10"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "occurrence",
          LAG("t10"."activity") OVER (
            PARTITION BY "t10"."case_id"
            ORDER BY "t10"."us" ASC, "t10"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "before",
          LAG("t10"."us") OVER (
            PARTITION BY "t10"."case_id"
            ORDER BY "t10"."us" ASC, "t10"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "before_us"
        FROM (
          SELECT
            "t4"."case_id",
            "t4"."activity",
            "t4"."timestamp",
            "t4"."resource",
            "t4"."source_row",
            "t4"."us",
            "t4"."tie"
          FROM "t2" AS "t4"
          SEMI JOIN (
            SELECT
              "t7"."case_id"
            FROM (
              SELECT
                "t6"."case_id",
                CAST(COALESCE((
                  (
                    MAX("t6"."us") - MIN("t6"."us")
                  ) / 1000000.0
                ) > 432000.0, FALSE) AS BIGINT) AS "flag_0",
                CAST(COALESCE(
                  MIN("t6"."position") FILTER(WHERE
                    "t6"."activity" IN ('A')) < MAX("t6"."position") FILTER(WHERE
                    "t6"."activity" IN ('B')),
                  FALSE
                ) AS BIGINT) AS "flag_1"
              FROM (
                SELECT
                  "t5"."case_id",
                  "t5"."activity",
                  "t5"."timestamp",
                  "t5"."resource",
                  "t5"."source_row",
                  "t5"."us",
                  "t5"."tie",
                  "t5"."position",
                  "t5"."from_end",
                  "t5"."occurrence",
                  "t5"."before",
                  "t5"."before_us",
                  CASE
                    WHEN 9 <= LENGTH(CAST("t5"."position" AS TEXT))
                    THEN CAST("t5"."position" AS TEXT)
                    ELSE REPEAT('0', 9 - LENGTH(CAST("t5"."position" AS TEXT))) || CAST("t5"."position" AS TEXT)
                  END || "t5"."activity" AS "key"
                FROM (
                  SELECT
                    "t3"."case_id",
                    "t3"."activity",
                    "t3"."timestamp",
                    "t3"."resource",
                    "t3"."source_row",
                    "t3"."us",
                    "t3"."tie",
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
                    LAG("t3"."activity") OVER (
                      PARTITION BY "t3"."case_id"
                      ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                    ) AS "before",
                    LAG("t3"."us") OVER (
                      PARTITION BY "t3"."case_id"
                      ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                    ) AS "before_us"
                  FROM "t2" AS "t3"
                ) AS "t5"
              ) AS "t6"
              GROUP BY
                1
            ) AS "t7"
            WHERE
              "t7"."flag_0" = 1 AND "t7"."flag_1" = 1
          ) AS "t9"
            ON "t4"."case_id" = "t9"."case_id"
        ) AS "t10"
      ) AS "t11"
    ) AS "t12"
    GROUP BY
      1
  ) AS "t13"
)
SELECT
  "t26"."before" AS "source",
  "t26"."activity" AS "target",
  COUNT(*) AS "n"
FROM (
  SELECT
    "t25"."case_id",
    "t25"."activity",
    "t25"."timestamp",
    "t25"."resource",
    "t25"."source_row",
    "t25"."us",
    "t25"."tie",
    "t25"."position",
    "t25"."from_end",
    "t25"."occurrence",
    "t25"."before",
    "t25"."before_us",
    CASE
      WHEN 9 <= LENGTH(CAST("t25"."position" AS TEXT))
      THEN CAST("t25"."position" AS TEXT)
      ELSE REPEAT('0', 9 - LENGTH(CAST("t25"."position" AS TEXT))) || CAST("t25"."position" AS TEXT)
    END || "t25"."activity" AS "key"
  FROM (
    SELECT
      "t24"."case_id",
      "t24"."activity",
      "t24"."timestamp",
      "t24"."resource",
      "t24"."source_row",
      "t24"."us",
      "t24"."tie",
      ROW_NUMBER() OVER (
        PARTITION BY "t24"."case_id"
        ORDER BY "t24"."us" ASC, "t24"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "position",
      ROW_NUMBER() OVER (
        PARTITION BY "t24"."case_id"
        ORDER BY "t24"."us" DESC, "t24"."tie" DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "from_end",
      ROW_NUMBER() OVER (
        PARTITION BY "t24"."case_id", "t24"."activity"
        ORDER BY "t24"."us" ASC, "t24"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "occurrence",
      LAG("t24"."activity") OVER (
        PARTITION BY "t24"."case_id"
        ORDER BY "t24"."us" ASC, "t24"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "before",
      LAG("t24"."us") OVER (
        PARTITION BY "t24"."case_id"
        ORDER BY "t24"."us" ASC, "t24"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "before_us"
    FROM (
      SELECT
        "t4"."case_id",
        "t4"."activity",
        "t4"."timestamp",
        "t4"."resource",
        "t4"."source_row",
        "t4"."us",
        "t4"."tie"
      FROM "t2" AS "t4"
      SEMI JOIN (
        SELECT
          "t7"."case_id"
        FROM (
          SELECT
            "t6"."case_id",
            CAST(COALESCE((
              (
                MAX("t6"."us") - MIN("t6"."us")
              ) / 1000000.0
            ) > 432000.0, FALSE) AS BIGINT) AS "flag_0",
            CAST(COALESCE(
              MIN("t6"."position") FILTER(WHERE
                "t6"."activity" IN ('A')) < MAX("t6"."position") FILTER(WHERE
                "t6"."activity" IN ('B')),
              FALSE
            ) AS BIGINT) AS "flag_1"
          FROM (
            SELECT
              "t5"."case_id",
              "t5"."activity",
              "t5"."timestamp",
              "t5"."resource",
              "t5"."source_row",
              "t5"."us",
              "t5"."tie",
              "t5"."position",
              "t5"."from_end",
              "t5"."occurrence",
              "t5"."before",
              "t5"."before_us",
              CASE
                WHEN 9 <= LENGTH(CAST("t5"."position" AS TEXT))
                THEN CAST("t5"."position" AS TEXT)
                ELSE REPEAT('0', 9 - LENGTH(CAST("t5"."position" AS TEXT))) || CAST("t5"."position" AS TEXT)
              END || "t5"."activity" AS "key"
            FROM (
              SELECT
                "t3"."case_id",
                "t3"."activity",
                "t3"."timestamp",
                "t3"."resource",
                "t3"."source_row",
                "t3"."us",
                "t3"."tie",
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
                LAG("t3"."activity") OVER (
                  PARTITION BY "t3"."case_id"
                  ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ) AS "before",
                LAG("t3"."us") OVER (
                  PARTITION BY "t3"."case_id"
                  ORDER BY "t3"."us" ASC, "t3"."tie" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ) AS "before_us"
              FROM "t2" AS "t3"
            ) AS "t5"
          ) AS "t6"
          GROUP BY
            1
        ) AS "t7"
        WHERE
          "t7"."flag_0" = 1 AND "t7"."flag_1" = 1
      ) AS "t9"
        ON "t4"."case_id" = "t9"."case_id"
      SEMI JOIN (
        SELECT
          "t21"."case_id"
        FROM (
          SELECT
            "t16"."case_id",
            "t16"."first_tie",
            "t16"."variant",
            "t20"."rank",
            "t20"."covered"
          FROM "t14" AS "t16"
          INNER JOIN (
            SELECT
              "t18"."variant",
              "t18"."rank",
              (
                "t18"."upto" - "t18"."n"
              ) / CAST("t18"."total" AS DOUBLE) AS "covered"
            FROM (
              SELECT
                "t17"."variant",
                "t17"."n",
                "t17"."first",
                ROW_NUMBER() OVER (
                  ORDER BY "t17"."n" DESC, "t17"."first" ASC, "t17"."variant" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ) - 1 AS "rank",
                SUM("t17"."n") OVER (
                  ORDER BY "t17"."n" DESC, "t17"."first" ASC, "t17"."variant" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS "upto",
                SUM("t17"."n") OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "total"
              FROM (
                SELECT
                  "t15"."variant",
                  COUNT(*) AS "n",
                  MIN("t15"."first_tie") AS "first"
                FROM "t14" AS "t15"
                GROUP BY
                  1
              ) AS "t17"
            ) AS "t18"
          ) AS "t20"
            ON "t16"."variant" = "t20"."variant"
        ) AS "t21"
        WHERE
          "t21"."rank" < 3
      ) AS "t23"
        ON "t4"."case_id" = "t23"."case_id"
    ) AS "t24"
  ) AS "t25"
  WHERE
    "t25"."before" IS NOT NULL
) AS "t26"
GROUP BY
  1,
  2
