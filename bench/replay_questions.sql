-- The five questions of replay_sums.h as one query that DuckDB (with
-- integer_division) and SQLite both understand, over the table event(account,
-- seq, month, weekend, partner, coffee, redeem, amount) of replay_loop.h.
-- Answers with rows (side, figure, month, partner, value).
--
-- First in, first out needs no loop in SQL: what is gone of the points of an
-- account by the beginning of month t is the greatest of (gained up to month
-- s - 7) - (redeemed before month s) over all s <= t, or nothing.
WITH spent AS (
  SELECT *, CASE WHEN redeem = 0 THEN amount ELSE 0 END AS spend,
    CASE WHEN redeem = 1 THEN amount ELSE 0 END AS taken
  FROM event
), windowed AS (
  SELECT *,
    sum(spend) OVER (PARTITION BY account ORDER BY seq
      ROWS UNBOUNDED PRECEDING)
    - coalesce(sum(spend) OVER (PARTITION BY account ORDER BY month
        RANGE BETWEEN UNBOUNDED PRECEDING AND 12 PRECEDING), 0) AS spent_12
  FROM spent
), reached AS (
  SELECT *, CASE WHEN redeem = 1 THEN 0 WHEN spent_12 >= 150000 THEN 2
    WHEN spent_12 >= 50000 THEN 1 ELSE 0 END AS reaches
  FROM windowed
), levelled AS (
  SELECT *, coalesce(max(reaches) OVER (PARTITION BY account ORDER BY seq
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS level
  FROM reached
), gained AS MATERIALIZED (
  SELECT account, seq, month, partner, taken, reaches,
    CASE WHEN redeem = 1 THEN 0 ELSE amount / 100 + weekend * (amount / 100)
      + coffee * (amount * 2 / 100) + amount * level * 250 / 100000
      END AS gain_a,
    CASE WHEN redeem = 1 THEN 0 ELSE amount * 2 / 100
      + weekend * (amount * 2 / 100) + coffee * (amount * 4 / 100)
      + amount * 2 * level * 250 / 100000 END AS gain_b
  FROM levelled
), monthly AS (
  SELECT account, month, sum(gain_a) AS gain_a, sum(gain_b) AS gain_b,
    sum(taken) AS taken
  FROM gained GROUP BY account, month
), grid AS (
  SELECT a.account, m.month, coalesce(gain_a, 0) AS gain_a,
    coalesce(gain_b, 0) AS gain_b, coalesce(taken, 0) AS taken
  FROM (SELECT DISTINCT account FROM event) a
  CROSS JOIN (SELECT 0 AS month UNION ALL SELECT 1 UNION ALL SELECT 2
    UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5
    UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8
    UNION ALL SELECT 9 UNION ALL SELECT 10 UNION ALL SELECT 11
    UNION ALL SELECT 12) m
  LEFT JOIN monthly ON monthly.account = a.account AND monthly.month = m.month
), summed AS (
  SELECT account, month,
    coalesce(sum(gain_a) OVER (PARTITION BY account ORDER BY month
      ROWS BETWEEN UNBOUNDED PRECEDING AND 7 PRECEDING), 0)
    - coalesce(sum(taken) OVER before, 0) AS late_a,
    coalesce(sum(gain_b) OVER (PARTITION BY account ORDER BY month
      ROWS BETWEEN UNBOUNDED PRECEDING AND 7 PRECEDING), 0)
    - coalesce(sum(taken) OVER before, 0) AS late_b
  FROM grid
  WINDOW before AS (PARTITION BY account ORDER BY month
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), gone AS MATERIALIZED (
  SELECT account, month,
    max(CASE WHEN late_a > 0 THEN late_a ELSE 0 END) OVER so_far AS gone_a,
    max(CASE WHEN late_b > 0 THEN late_b ELSE 0 END) OVER so_far AS gone_b
  FROM summed
  WINDOW so_far AS (PARTITION BY account ORDER BY month
    ROWS UNBOUNDED PRECEDING)
), held AS (
  SELECT gained.taken,
    sum(gain_a) OVER so_far - sum(gained.taken) OVER so_far + gained.taken
      - gone_a AS held_a,
    sum(gain_b) OVER so_far - sum(gained.taken) OVER so_far + gained.taken
      - gone_b AS held_b
  FROM gained JOIN gone
    ON gone.account = gained.account AND gone.month = gained.month
  WINDOW so_far AS (PARTITION BY gained.account ORDER BY seq
    ROWS UNBOUNDED PRECEDING)
), missed AS (
  SELECT
    sum(CASE WHEN held_a <= 0 THEN taken WHEN held_a >= taken THEN 0
      ELSE taken - held_a END) AS missing_a,
    sum(CASE WHEN held_b <= 0 THEN taken WHEN held_b >= taken THEN 0
      ELSE taken - held_b END) AS missing_b
  FROM held
), settled AS MATERIALIZED (
  SELECT month, partner, sum(gain_a) AS gain_a, sum(gain_b) AS gain_b,
    sum(taken) AS taken
  FROM gained GROUP BY month, partner
), ended AS MATERIALIZED (
  SELECT a.gain_a, a.gain_b, a.level, gone_a, gone_b,
    a.gain_a - a.taken - gone_a AS left_a,
    a.gain_b - a.taken - gone_b AS left_b
  FROM (SELECT account, sum(gain_a) AS gain_a, sum(gain_b) AS gain_b,
      sum(taken) AS taken, max(reaches) AS level
    FROM gained GROUP BY account) a
  JOIN gone ON gone.account = a.account AND gone.month = 12
)
SELECT 0 AS side, 'issued' AS figure, month, partner, gain_a AS value
  FROM settled
UNION ALL SELECT 1, 'issued', month, partner, gain_b FROM settled
UNION ALL SELECT 0, 'redeemed', month, partner, taken FROM settled
UNION ALL SELECT 1, 'redeemed', month, partner, taken FROM settled
UNION ALL SELECT 0, 'levels', level, 0, count(*) FROM ended GROUP BY level
UNION ALL SELECT 1, 'levels', level, 0, count(*) FROM ended GROUP BY level
UNION ALL SELECT 0, 'overdrawn', 0, 0, missing_a FROM missed
UNION ALL SELECT 1, 'overdrawn', 0, 0, missing_b FROM missed
UNION ALL SELECT 0, 'expired', 0, 0, sum(gone_a) FROM ended
UNION ALL SELECT 1, 'expired', 0, 0, sum(gone_b) FROM ended
UNION ALL SELECT 0, 'outstanding', 0, 0,
  sum(CASE WHEN left_a > 0 THEN left_a ELSE 0 END) FROM ended
UNION ALL SELECT 1, 'outstanding', 0, 0,
  sum(CASE WHEN left_b > 0 THEN left_b ELSE 0 END) FROM ended
UNION ALL SELECT 0, 'debt', 0, 0,
  sum(CASE WHEN left_a < 0 THEN -left_a ELSE 0 END) FROM ended
UNION ALL SELECT 1, 'debt', 0, 0,
  sum(CASE WHEN left_b < 0 THEN -left_b ELSE 0 END) FROM ended
UNION ALL SELECT 0, 'up', 0, 0,
  sum(CASE WHEN gain_b > gain_a THEN 1 ELSE 0 END) FROM ended;
