SELECT
  COUNT(DISTINCT `t2`.`case_id`) AS `n_cases`,
  COUNT(*) AS `n_events`,
  COUNT(DISTINCT `t2`.`activity`) AS `n_activities`
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
