import { openRedisList } from "../../test/support/job-brokers.ts";
import { killDuringJobs } from "../killed-jobs.ts";

export default killDuringJobs("a Redis list", openRedisList);
