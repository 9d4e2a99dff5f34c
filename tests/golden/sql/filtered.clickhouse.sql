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
), "t14" AS (
  SELECT
    "t13"."case_id" AS "case_id",
    "t13"."first_tie" AS "first_tie",
    CASE
      WHEN length(
        arrayMap(
          __ibis_param_key__ -> SUBSTRING(
            __ibis_param_key__,
            CASE WHEN (
              9 + 1
            ) >= 1 THEN 9 + 1 ELSE 9 + 1 + LENGTH(__ibis_param_key__) END
          ),
          arraySort("t13"."keys")
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
          arraySort("t13"."keys")
        ),
        '\x1f'
      )
      ELSE NULL
    END AS "variant"
  FROM (
    SELECT
      "t12"."case_id" AS "case_id",
      groupArray("t12"."key") AS "keys",
      MIN("t12"."tie") AS "first_tie"
    FROM (
      SELECT
        "t11"."case_id" AS "case_id",
        "t11"."activity" AS "activity",
        "t11"."timestamp" AS "timestamp",
        "t11"."resource" AS "resource",
        "t11"."source_row" AS "source_row",
        "t11"."us" AS "us",
        "t11"."tie" AS "tie",
        "t11"."position" AS "position",
        "t11"."from_end" AS "from_end",
        "t11"."occurrence" AS "occurrence",
        "t11"."before" AS "before",
        "t11"."before_us" AS "before_us",
        CONCAT(
          leftPadUTF8(
            CAST("t11"."position" AS Nullable(String)),
            GREATEST(lengthUTF8(CAST("t11"."position" AS Nullable(String))), 9),
            '0'
          ),
          "t11"."activity"
        ) AS "key"
      FROM (
        SELECT
          "t10"."case_id" AS "case_id",
          "t10"."activity" AS "activity",
          "t10"."timestamp" AS "timestamp",
          "t10"."resource" AS "resource",
          "t10"."source_row" AS "source_row",
          "t10"."us" AS "us",
          "t10"."tie" AS "tie",
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
          lagInFrame("t10"."activity") OVER (
            PARTITION BY "t10"."case_id"
            ORDER BY "t10"."us" ASC, "t10"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "before",
          lagInFrame("t10"."us") OVER (
            PARTITION BY "t10"."case_id"
            ORDER BY "t10"."us" ASC, "t10"."tie" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "before_us"
        FROM (
          SELECT
            "t4"."case_id" AS "case_id",
            "t4"."activity" AS "activity",
            "t4"."timestamp" AS "timestamp",
            "t4"."resource" AS "resource",
            "t4"."source_row" AS "source_row",
            "t4"."us" AS "us",
            "t4"."tie" AS "tie"
          FROM "t2" AS "t4"
          LEFT SEMI JOIN (
            SELECT
              "t7"."case_id" AS "case_id"
            FROM (
              SELECT
                "t6"."case_id" AS "case_id",
                CAST(COALESCE((
                  (
                    MAX("t6"."us") - MIN("t6"."us")
                  ) / 1000000.0
                ) > 432000.0, FALSE) AS Nullable(Int64)) AS "flag_0",
                CAST(COALESCE(
                  minIf("t6"."position", "t6"."activity" IN ('A')) < maxIf("t6"."position", "t6"."activity" IN ('B')),
                  FALSE
                ) AS Nullable(Int64)) AS "flag_1"
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
                  CONCAT(
                    leftPadUTF8(
                      CAST("t5"."position" AS Nullable(String)),
                      GREATEST(lengthUTF8(CAST("t5"."position" AS Nullable(String))), 9),
                      '0'
                    ),
                    "t5"."activity"
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
                ) AS "t5"
              ) AS "t6"
              GROUP BY
                "t6"."case_id"
            ) AS "t7"
            WHERE
              "t7"."flag_0" = 1 AND "t7"."flag_1" = 1
          ) AS "t9"
            ON "t4"."case_id" = "t9"."case_id"
        ) AS "t10"
      ) AS "t11"
    ) AS "t12"
    GROUP BY
      "t12"."case_id"
  ) AS "t13"
)
SELECT
  "t26"."before" AS "source",
  "t26"."activity" AS "target",
  COUNT(*) AS "n"
FROM (
  SELECT
    "t25"."case_id" AS "case_id",
    "t25"."activity" AS "activity",
    "t25"."timestamp" AS "timestamp",
    "t25"."resource" AS "resource",
    "t25"."source_row" AS "source_row",
    "t25"."us" AS "us",
    "t25"."tie" AS "tie",
    "t25"."position" AS "position",
    "t25"."from_end" AS "from_end",
    "t25"."occurrence" AS "occurrence",
    "t25"."before" AS "before",
    "t25"."before_us" AS "before_us",
    CONCAT(
      leftPadUTF8(
        CAST("t25"."position" AS Nullable(String)),
        GREATEST(lengthUTF8(CAST("t25"."position" AS Nullable(String))), 9),
        '0'
      ),
      "t25"."activity"
    ) AS "key"
  FROM (
    SELECT
      "t24"."case_id" AS "case_id",
      "t24"."activity" AS "activity",
      "t24"."timestamp" AS "timestamp",
      "t24"."resource" AS "resource",
      "t24"."source_row" AS "source_row",
      "t24"."us" AS "us",
      "t24"."tie" AS "tie",
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
      lagInFrame("t24"."activity") OVER (
        PARTITION BY "t24"."case_id"
        ORDER BY "t24"."us" ASC, "t24"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "before",
      lagInFrame("t24"."us") OVER (
        PARTITION BY "t24"."case_id"
        ORDER BY "t24"."us" ASC, "t24"."tie" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "before_us"
    FROM (
      SELECT
        "t4"."case_id" AS "case_id",
        "t4"."activity" AS "activity",
        "t4"."timestamp" AS "timestamp",
        "t4"."resource" AS "resource",
        "t4"."source_row" AS "source_row",
        "t4"."us" AS "us",
        "t4"."tie" AS "tie"
      FROM "t2" AS "t4"
      LEFT SEMI JOIN (
        SELECT
          "t7"."case_id" AS "case_id"
        FROM (
          SELECT
            "t6"."case_id" AS "case_id",
            CAST(COALESCE((
              (
                MAX("t6"."us") - MIN("t6"."us")
              ) / 1000000.0
            ) > 432000.0, FALSE) AS Nullable(Int64)) AS "flag_0",
            CAST(COALESCE(
              minIf("t6"."position", "t6"."activity" IN ('A')) < maxIf("t6"."position", "t6"."activity" IN ('B')),
              FALSE
            ) AS Nullable(Int64)) AS "flag_1"
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
              CONCAT(
                leftPadUTF8(
                  CAST("t5"."position" AS Nullable(String)),
                  GREATEST(lengthUTF8(CAST("t5"."position" AS Nullable(String))), 9),
                  '0'
                ),
                "t5"."activity"
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
            ) AS "t5"
          ) AS "t6"
          GROUP BY
            "t6"."case_id"
        ) AS "t7"
        WHERE
          "t7"."flag_0" = 1 AND "t7"."flag_1" = 1
      ) AS "t9"
        ON "t4"."case_id" = "t9"."case_id"
      LEFT SEMI JOIN (
        SELECT
          "t21"."case_id" AS "case_id"
        FROM (
          SELECT
            "t16"."case_id" AS "case_id",
            "t16"."first_tie" AS "first_tie",
            "t16"."variant" AS "variant",
            "t20"."rank" AS "rank",
            "t20"."covered" AS "covered"
          FROM "t14" AS "t16"
          INNER JOIN (
            SELECT
              "t18"."variant" AS "variant",
              "t18"."rank" AS "rank",
              (
                "t18"."upto" - "t18"."n"
              ) / CAST("t18"."total" AS Nullable(Float64)) AS "covered"
            FROM (
              SELECT
                "t17"."variant" AS "variant",
                "t17"."n" AS "n",
                "t17"."first" AS "first",
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
                  "t15"."variant" AS "variant",
                  COUNT(*) AS "n",
                  MIN("t15"."first_tie") AS "first"
                FROM "t14" AS "t15"
                GROUP BY
                  "t15"."variant"
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
    isNotNull("t25"."before")
) AS "t26"
GROUP BY
  "t26"."before",
  "t26"."activity"
