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
)
SELECT
  COUNT(DISTINCT `t10`.`case_id`) AS `n_cases`,
  COUNT(*) AS `n_events`,
  COUNT(DISTINCT `t10`.`activity`) AS `n_activities`
FROM (
  SELECT
    *
  FROM `t2` AS `t3`
  WHERE
    `t3`.`case_id` IN (
      SELECT
        `t8`.`case_id`
      FROM (
        SELECT
          `t7`.`case_id`,
          CAST(MAX(CAST(`t7`.`gap_0575e022e652` AND `t7`.`activity` IN ('B') AS BIGINT)) = 1 AS BIGINT) AS `flag_0`,
          CAST(MAX(CAST(`t7`.`gap_269b892d521f` AND `t7`.`activity` IN ('C') AS BIGINT)) = 1 AS BIGINT) AS `flag_1`
        FROM (
          SELECT
            `t6`.`case_id`,
            `t6`.`activity`,
            `t6`.`timestamp`,
            `t6`.`resource`,
            `t6`.`source_row`,
            `t6`.`us`,
            `t6`.`tie`,
            `t6`.`position`,
            `t6`.`from_end`,
            `t6`.`occurrence`,
            `t6`.`before`,
            `t6`.`before_us`,
            `t6`.`key`,
            `t6`.`gap_0575e022e652`,
            COALESCE(
              MAX(CAST(`t6`.`activity` IN ('A') AS BIGINT)) OVER (
                PARTITION BY `t6`.`case_id`
                ORDER BY `t6`.`us` ASC NULLS LAST
                RANGE BETWEEN 3600000000 PRECEDING AND 60000000 PRECEDING
              ) = 1,
              FALSE
            ) AS `gap_269b892d521f`
          FROM (
            SELECT
              `t5`.`case_id`,
              `t5`.`activity`,
              `t5`.`timestamp`,
              `t5`.`resource`,
              `t5`.`source_row`,
              `t5`.`us`,
              `t5`.`tie`,
              `t5`.`position`,
              `t5`.`from_end`,
              `t5`.`occurrence`,
              `t5`.`before`,
              `t5`.`before_us`,
              `t5`.`key`,
              COALESCE(
                (
                  `t5`.`us` - MAX(CASE WHEN `t5`.`activity` IN ('A') THEN `t5`.`us` ELSE NULL END) OVER (
                    PARTITION BY `t5`.`case_id`
                    ORDER BY `t5`.`position` ASC NULLS LAST
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                  )
                ) <= 86400000000,
                FALSE
              ) AS `gap_0575e022e652`
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
          ) AS `t6`
        ) AS `t7`
        GROUP BY
          1
      ) AS `t8`
      WHERE
        (
          `t8`.`flag_0` = 1
        ) OR (
          `t8`.`flag_1` = 1
        )
    )
) AS `t10`
