// replay_duckdb.mjs - the five questions asked of DuckDB
//
//   node bench/replay_duckdb.mjs MODULES TABLE.csv QUESTIONS.sql RUNS
//
// MODULES is a folder in which `npm install @duckdb/node-api` was run.  The
// table is read into memory, sorted as it is in the file, and the questions
// are asked RUNS times, on all cores.  Prints the seconds of each run, by the
// clock and of all processors, then
// the rows of the answer, with commas.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const [modules, table, questions, runs] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "index.js"));
const { DuckDBInstance } = require("@duckdb/node-api");

const database = await DuckDBInstance.create(":memory:");
const connection = await database.connect();
await connection.run("SET integer_division = true");
await connection.run(`SET temp_directory = '${path.dirname(table)}/duckdb'`);
await connection.run(`CREATE TABLE event AS SELECT account::UINTEGER AS account,
  seq::INTEGER AS seq, month::TINYINT AS month, weekend::TINYINT AS weekend,
  partner::TINYINT AS partner, coffee::TINYINT AS coffee,
  redeem::TINYINT AS redeem, amount::BIGINT AS amount
  FROM read_csv('${table}', header = true)`);
const query = readFileSync(questions, "utf8");
let rows = [];
for (let i = 0; i < Number(runs); i++) {
  const start = process.hrtime.bigint(), before = process.cpuUsage();
  const reader = await connection.runAndReadAll(query);
  rows = reader.getRows();
  const used = process.cpuUsage(before);
  console.log(`seconds,${Number(process.hrtime.bigint() - start) / 1e9},` +
    `${(used.user + used.system) / 1e6}`);
}
for (const row of rows) console.log(row.join(","));
