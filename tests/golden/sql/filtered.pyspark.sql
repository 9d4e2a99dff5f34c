WITH `t2` AS (
  SELECT
    `t1`.`case_id`,
    `t1`.`activity`,
    `t1`.`timestamp`,
    `t1`.`resource`,
    `t1`.`source_row`,
    UNIX_MICROS(`t1`.`timestamp`) AS `us`,
    LPAD(
      CAST(`t1`.`source_row` AS STRING),
      GREATEST(LENGTH(CAST(`t1`.`source_row` AS STRING)), 18),
      '0'
    ) AS `tie`
  FROM (
    SELECT
      *
    FROM `events` AS `t0`
  ) AS `t1`
), `t8` AS (
  SELECT
    *
  FROM `t2` AS `t3`
  WHERE
    `t3`.`case_id` IN (
      SELECT
        `t6`.`case_id`
      FROM (
        SELECT
          `t5`.`case_id`,
          CAST(COALESCE((
            (
              MAX(`t5`.`us`) - MIN(`t5`.`us`)
            ) / 1000000.0
          ) > 432000.0, FALSE) AS BIGINT) AS `flag_0`,
          CAST(COALESCE(
            MIN(IF(`t5`.`activity` IN ('A'), `t5`.`position`, NULL)) < MAX(IF(`t5`.`activity` IN ('B'), `t5`.`position`, NULL)),
            FALSE
          ) AS BIGINT) AS `flag_1`
        FROM (
          SELECT
            `t4`.`case_id`,
            `t4`.`activity`,
            `t4`.`timestamp`,
            `t4`.`resource`,
            `t4`.`source_row`,
            `t4`.`us`,
            `t4`.`tie`,
            `t4`.`position`,
            `t4`.`from_end`,
            `t4`.`occurrence`,
            `t4`.`before`,
            `t4`.`before_us`,
            CONCAT(
              LPAD(
                CAST(`t4`.`position` AS STRING),
                GREATEST(LENGTH(CAST(`t4`.`position` AS STRING)), 9),
                '0'
              ),
              `t4`.`activity`
            ) AS `key`
          FROM (
            SELECT
              `t3`.`case_id`,
              `t3`.`activity`,
              `t3`.`timestamp`,
              `t3`.`resource`,
              `t3`.`source_row`,
              `t3`.`us`,
              `t3`.`tie`,
              ROW_NUMBER() OVER (
                PARTITION BY `t3`.`case_id`
                ORDER BY `t3`.`us` ASC NULLS LAST, `t3`.`tie` ASC NULLS LAST
              ) - 1 AS `position`,
              ROW_NUMBER() OVER (PARTITION BY `t3`.`case_id` ORDER BY `t3`.`us` DESC, `t3`.`tie` DESC) - 1 AS `from_end`,
              ROW_NUMBER() OVER (
                PARTITION BY `t3`.`case_id`, `t3`.`activity`
                ORDER BY `t3`.`us` ASC NULLS LAST, `t3`.`tie` ASC NULLS LAST
              ) - 1 AS `occurrence`,
              LAG(`t3`.`activity`) OVER (
                PARTITION BY `t3`.`case_id`
                ORDER BY `t3`.`us` ASC NULLS LAST, `t3`.`tie` ASC NULLS LAST
              ) AS `before`,
              LAG(`t3`.`us`) OVER (
                PARTITION BY `t3`.`case_id`
                ORDER BY `t3`.`us` ASC NULLS LAST, `t3`.`tie` ASC NULLS LAST
              ) AS `before_us`
            FROM `t2` AS `t3`
          ) AS `t4`
        ) AS `t5`
        GROUP BY
          1
      ) AS `t6`
      WHERE
        `t6`.`flag_0` = 1 AND `t6`.`flag_1` = 1
    )
), `t13` AS (
  SELECT
    `t12`.`case_id`,
    `t12`.`first_tie`,
    IF(
      SIZE(
        TRANSFORM(
          ARRAY_SORT(`t12`.`keys`),
          __ibis_param_key__ -> SUBSTRING(
            __ibis_param_key__,
            IF((
              9 + 1
            ) >= 1, 9 + 1, 9 + 1 + LENGTH(__ibis_param_key__))
          )
        )
      ) > 0,
      CONCAT_WS(
        '\037',
        TRANSFORM(
          ARRAY_SORT(`t12`.`keys`),
          __ibis_param_key__ -> SUBSTRING(
            __ibis_param_key__,
            IF((
              9 + 1
            ) >= 1, 9 + 1, 9 + 1 + LENGTH(__ibis_param_key__))
          )
        )
      ),
      NULL
    ) AS `variant`
  FROM (
    SELECT
      `t11`.`case_id`,
      COLLECT_LIST(`t11`.`key`) AS `keys`,
      MIN(`t11`.`tie`) AS `first_tie`
    FROM (
      SELECT
        `t10`.`case_id`,
        `t10`.`activity`,
        `t10`.`timestamp`,
        `t10`.`resource`,
        `t10`.`source_row`,
        `t10`.`us`,
        `t10`.`tie`,
        `t10`.`position`,
        `t10`.`from_end`,
        `t10`.`occurrence`,
        `t10`.`before`,
        `t10`.`before_us`,
        CONCAT(
          LPAD(
            CAST(`t10`.`position` AS STRING),
            GREATEST(LENGTH(CAST(`t10`.`position` AS STRING)), 9),
            '0'
          ),
          `t10`.`activity`
        ) AS `key`
      FROM (
        SELECT
          `t9`.`case_id`,
          `t9`.`activity`,
          `t9`.`timestamp`,
          `t9`.`resource`,
          `t9`.`source_row`,
          `t9`.`us`,
          `t9`.`tie`,
          ROW_NUMBER() OVER (
            PARTITION BY `t9`.`case_id`
            ORDER BY `t9`.`us` ASC NULLS LAST, `t9`.`tie` ASC NULLS LAST
          ) - 1 AS `position`,
          ROW_NUMBER() OVER (PARTITION BY `t9`.`case_id` ORDER BY `t9`.`us` DESC, `t9`.`tie` DESC) - 1 AS `from_end`,
          ROW_NUMBER() OVER (
            PARTITION BY `t9`.`case_id`, `t9`.`activity`
            ORDER BY `t9`.`us` ASC NULLS LAST, `t9`.`tie` ASC NULLS LAST
          ) - 1 AS `occurrence`,
          LAG(`t9`.`activity`) OVER (
            PARTITION BY `t9`.`case_id`
            ORDER BY `t9`.`us` ASC NULLS LAST, `t9`.`tie` ASC NULLS LAST
          ) AS `before`,
          LAG(`t9`.`us`) OVER (
            PARTITION BY `t9`.`case_id`
            ORDER BY `t9`.`us` ASC NULLS LAST, `t9`.`tie` ASC NULLS LAST
          ) AS `before_us`
        FROM `t8` AS `t9`
      ) AS `t10`
    ) AS `t11`
    GROUP BY
      1
  ) AS `t12`
)
SELECT
  `t24`.`before` AS `source`,
  `t24`.`activity` AS `target`,
  COUNT(*) AS `n`
FROM (
  SELECT
    `t23`.`case_id`,
    `t23`.`activity`,
    `t23`.`timestamp`,
    `t23`.`resource`,
    `t23`.`source_row`,
    `t23`.`us`,
    `t23`.`tie`,
    `t23`.`position`,
    `t23`.`from_end`,
    `t23`.`occurrence`,
    `t23`.`before`,
    `t23`.`before_us`,
    CONCAT(
      LPAD(
        CAST(`t23`.`position` AS STRING),
        GREATEST(LENGTH(CAST(`t23`.`position` AS STRING)), 9),
        '0'
      ),
      `t23`.`activity`
    ) AS `key`
  FROM (
    SELECT
      `t22`.`case_id`,
      `t22`.`activity`,
      `t22`.`timestamp`,
      `t22`.`resource`,
      `t22`.`source_row`,
      `t22`.`us`,
      `t22`.`tie`,
      ROW_NUMBER() OVER (
        PARTITION BY `t22`.`case_id`
        ORDER BY `t22`.`us` ASC NULLS LAST, `t22`.`tie` ASC NULLS LAST
      ) - 1 AS `position`,
      ROW_NUMBER() OVER (PARTITION BY `t22`.`case_id` ORDER BY `t22`.`us` DESC, `t22`.`tie` DESC) - 1 AS `from_end`,
      ROW_NUMBER() OVER (
        PARTITION BY `t22`.`case_id`, `t22`.`activity`
        ORDER BY `t22`.`us` ASC NULLS LAST, `t22`.`tie` ASC NULLS LAST
      ) - 1 AS `occurrence`,
      LAG(`t22`.`activity`) OVER (
        PARTITION BY `t22`.`case_id`
        ORDER BY `t22`.`us` ASC NULLS LAST, `t22`.`tie` ASC NULLS LAST
      ) AS `before`,
      LAG(`t22`.`us`) OVER (
        PARTITION BY `t22`.`case_id`
        ORDER BY `t22`.`us` ASC NULLS LAST, `t22`.`tie` ASC NULLS LAST
      ) AS `before_us`
    FROM (
      SELECT
        *
      FROM `t8` AS `t9`
      WHERE
        `t9`.`case_id` IN (
          SELECT
            `t20`.`case_id`
          FROM (
            SELECT
              `t15`.`case_id`,
              `t15`.`first_tie`,
              `t15`.`variant`,
              `t19`.`rank`,
              `t19`.`covered`
            FROM `t13` AS `t15`
            INNER JOIN (
              SELECT
                `t17`.`variant`,
                `t17`.`rank`,
                (
                  `t17`.`upto` - `t17`.`n`
                ) / CAST(`t17`.`total` AS DOUBLE) AS `covered`
              FROM (
                SELECT
                  `t16`.`variant`,
                  `t16`.`n`,
                  `t16`.`first`,
                  ROW_NUMBER() OVER (
                    ORDER BY `t16`.`n` DESC, `t16`.`first` ASC NULLS LAST, `t16`.`variant` ASC NULLS LAST
                  ) - 1 AS `rank`,
                  SUM(`t16`.`n`) OVER (
                    ORDER BY `t16`.`n` DESC, `t16`.`first` ASC NULLS LAST, `t16`.`variant` ASC NULLS LAST
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                  ) AS `upto`,
                  SUM(`t16`.`n`) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `total`
                FROM (
                  SELECT
                    `t14`.`variant`,
                    COUNT(*) AS `n`,
                    MIN(`t14`.`first_tie`) AS `first`
                  FROM `t13` AS `t14`
                  GROUP BY
                    1
                ) AS `t16`
              ) AS `t17`
            ) AS `t19`
              ON `t15`.`variant` = `t19`.`variant`
          ) AS `t20`
          WHERE
            `t20`.`rank` < 3
        )
    ) AS `t22`
  ) AS `t23`
  WHERE
    `t23`.`before` IS NOT NULL
) AS `t24`
GROUP BY
  1,
  2
