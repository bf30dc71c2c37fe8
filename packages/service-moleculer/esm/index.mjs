// The CommonJS build is the only one: two copies of this package in a process would patch one broker twice.
export * from "../dist/index.js";
