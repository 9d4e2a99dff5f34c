SELECT
  `t4`.`before` AS `source`,
  `t4`.`activity` AS `target`,
  COUNT(*) AS `n`
FROM (
  SELECT
    `t3`.`case_id`,
    `t3`.`activity`,
    `t3`.`timestamp`,
    `t3`.`resource`,
    `t3`.`source_row`,
    `t3`.`us`,
    `t3`.`tie`,
    `t3`.`position`,
    `t3`.`from_end`,
    `t3`.`occurrence`,
    `t3`.`before`,
    `t3`.`before_us`,
    CONCAT(
      LPAD(
        CAST(`t3`.`position` AS STRING),
        GREATEST(LENGTH(CAST(`t3`.`position` AS STRING)), 9),
        '0'
      ),
      `t3`.`activity`
    ) AS `key`
  FROM (
    SELECT
      `t2`.`case_id`,
      `t2`.`activity`,
      `t2`.`timestamp`,
      `t2`.`resource`,
      `t2`.`source_row`,
      `t2`.`us`,
      `t2`.`tie`,
      ROW_NUMBER() OVER (
        PARTITION BY `t2`.`case_id`
        ORDER BY `t2`.`us` ASC NULLS LAST, `t2`.`tie` ASC NULLS LAST
      ) - 1 AS `position`,
      ROW_NUMBER() OVER (PARTITION BY `t2`.`case_id` ORDER BY `t2`.`us` DESC, `t2`.`tie` DESC) - 1 AS `from_end`,
      ROW_NUMBER() OVER (
        PARTITION BY `t2`.`case_id`, `t2`.`activity`
        ORDER BY `t2`.`us` ASC NULLS LAST, `t2`.`tie` ASC NULLS LAST
      ) - 1 AS `occurrence`,
      LAG(`t2`.`activity`) OVER (
        PARTITION BY `t2`.`case_id`
        ORDER BY `t2`.`us` ASC NULLS LAST, `t2`.`tie` ASC NULLS LAST
      ) AS `before`,
      LAG(`t2`.`us`) OVER (
        PARTITION BY `t2`.`case_id`
        ORDER BY `t2`.`us` ASC NULLS LAST, `t2`.`tie` ASC NULLS LAST
      ) AS `before_us`
    FROM (
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
    ) AS `t2`
  ) AS `t3`
  WHERE
    `t3`.`before` IS NOT NULL
) AS `t4`
GROUP BY
  1,
  2
